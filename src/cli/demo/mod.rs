//! `almoner demo`: the whole system on one machine, with a stand-in for Stripe, a mailbox and a clock to move.

mod mailbox;
mod pages;
mod seed;
mod state;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app;
use crate::clock::Clock;
use crate::config::{Charity, Config, DatabaseUrl, MailConfig, MailTransport, StripeConfig};
use crate::jobs::Worker;
use crate::random::Random;
use crate::sandbox::{DeliveryMode, Options, Sandbox, Webhook};
use crate::services::Deps;
use crate::web::pages::{DemoBar, Link};
use crate::web::{AppState, router};
use state::Saved;

/// What the demo's pages and its seeding move.
#[derive(Clone)]
struct World {
    deps: Deps,
    sandbox: Sandbox,
    worker: Worker,
    offset: Arc<AtomicI64>,
    folder: Arc<Path>,
}

impl World {
    /// Moves time and lets everything happen that is due on the way.
    async fn advance(&self, by: Duration) -> anyhow::Result<()> {
        self.deps.clock.advance(by);
        self.settle().await?;
        let mut saved = Saved::load_or_new(&self.folder, &self.deps.random)?;
        saved.offset_micros = self.offset.load(Ordering::SeqCst);
        saved.save(&self.folder)
    }

    /// Lets Stripe's stand-in act, its callbacks arrive, and the jobs they ask for run.
    async fn settle(&self) -> anyhow::Result<()> {
        self.sandbox.tick().await;
        self.sandbox.settle_deliveries().await;
        while self.worker.drain().await? > 0 {}
        Ok(())
    }
}

/// Runs the demo until it is stopped.
pub async fn run(folder: &Path, port: u16) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(folder)?;
    let stop = app::stop_on_signal();
    let random = Random::system();
    let mut saved = Saved::load_or_new(folder, &random)?;
    let listener = bind(port).await?;
    let address = listener.local_addr()?;
    let stripe_listener = bind(if port == 0 { 0 } else { port.saturating_add(1) }).await?;
    let fresh = !saved.seeded;
    let start = if fresh { -seed::SPAN_MICROS } else { saved.offset_micros };
    let offset = Arc::new(AtomicI64::new(start));
    let clock = Clock::Shifted(offset.clone());
    let sandbox = start_sandbox(stripe_listener, &clock, &saved, folder).await?;
    let base = format!("http://{address}");
    let config = config(folder, &base, &sandbox.api_base(), &saved)?;
    let store = app::open_store(&config.database).await?;
    store.migrate().await?;
    let deps = app::assemble(config, store, clock, random)?;
    let hook = Webhook {
        url: format!("{base}/webhooks/stripe"),
        secrets: vec![saved.webhook_secret.clone()],
        api_version: None,
        mode: DeliveryMode::Auto,
    };
    sandbox.set_webhook(Some(hook)).await;
    let worker = Worker::new(deps.clone());
    let world = World { deps: deps.clone(), sandbox, worker: worker.clone(), offset, folder: folder.into() };
    let state = AppState::new(deps, Some(bar()));
    let application = router(state, Some(pages::routes(world.clone())));
    let server = tokio::spawn(app::serve(listener, application, stop.clone()));
    if fresh {
        eprintln!("Setting up some giving to look at …");
        seed::run(&world).await?;
        saved.seeded = true;
        saved.offset_micros = 0;
        world.offset.store(0, Ordering::SeqCst);
        saved.save(folder)?;
        world.settle().await?;
    }
    print_welcome(&base, port != 0 && port != address.port(), folder);
    let ticking = tokio::spawn(keep_ticking(world.clone(), stop.clone()));
    worker.run(stop.clone()).await;
    ticking.await?;
    server.await??;
    world.sandbox.shutdown().await;
    world.deps.store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The wanted port, or a free one when it is taken.
async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?),
    }
}

async fn start_sandbox(
    listener: TcpListener,
    clock: &Clock,
    saved: &Saved,
    folder: &Path,
) -> anyhow::Result<Sandbox> {
    let clock = clock.clone();
    let options = Options {
        now: Arc::new(move || clock.now().as_micros()),
        seed: saved.seed,
        snapshot: Some(folder.join("stripe.json")),
        secret_key: saved.stripe_key.clone(),
        limits: None,
        country: "GB".to_owned(),
    };
    Ok(Sandbox::start(listener, options).await?)
}

fn config(folder: &Path, base: &str, stripe: &str, saved: &Saved) -> anyhow::Result<Config> {
    Ok(Config {
        database: DatabaseUrl::Sqlite(folder.join("almoner.db")),
        base_url: base.parse().map_err(|e: String| anyhow::anyhow!(e))?,
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        stripe: StripeConfig {
            secret_key: SecretString::from(saved.stripe_key.clone()),
            webhook_secrets: vec![SecretString::from(saved.webhook_secret.clone())],
            api_base: stripe.to_owned(),
            livemode: false,
        },
        mail: MailConfig {
            transport: MailTransport::Folder(folder.join("mail")),
            from: "Lantern Freedom Trust <giving@lantern.example>".to_owned(),
        },
        session_secret: SecretString::from(saved.session_secret.clone()),
        trusted_proxies: Vec::new(),
        charity: Charity::example(),
    })
}

fn bar() -> DemoBar {
    DemoBar {
        text: "Demo: no money moves".to_owned(),
        links: vec![
            Link::new("Start", "/demo"),
            Link::new("Mailbox", "/demo/mail"),
            Link::new("Move time", "/demo/clock"),
        ],
    }
}

fn print_welcome(base: &str, moved: bool, folder: &Path) {
    if moved {
        println!("The usual port is in use, so this demo took another one.");
    }
    println!("Start here:  {base}/demo");
    println!("Giving form: {base}/give");
    println!("Mailbox:     {base}/demo/mail");
    println!("Clock:       {base}/demo/clock");
    println!("Data:        {} (delete it to begin afresh)", folder.display());
    println!("Nothing here moves money. Press Ctrl-C to stop.");
}

/// Real time passes too: what falls due while the demo is open happens.
async fn keep_ticking(world: World, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(2)) => world.sandbox.tick().await,
        }
    }
}
