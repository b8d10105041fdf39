//! `almoner demo`: the whole system on one machine, with a stand-in for Stripe, a mailbox and a clock to move.

mod desk;
mod mailbox;
mod pages;
mod say;
pub mod seed;
pub mod sign_ins;
pub mod staff;
mod state;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
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
        let mut saved = Saved::load_or_new(&self.folder, &self.deps.random, seed::DEFAULT_SEED)?;
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

/// How the demo is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Folder of its data.
    pub folder: PathBuf,
    /// Port of its pages.
    pub port: u16,
    /// How many donors give.
    pub donors: Option<usize>,
    /// Over how many years.
    pub years: Option<u8>,
    /// Which world.
    pub seed: Option<u64>,
}

impl Asked {
    fn wanted(&self, until: jiff::civil::Date) -> seed::Wanted {
        seed::Wanted {
            donors: self.donors.unwrap_or(seed::DEFAULT_DONORS),
            years: self.years.unwrap_or(seed::DEFAULT_YEARS),
            seed: self.seed.unwrap_or(seed::DEFAULT_SEED),
            until,
        }
    }
}

/// Which clock the stand-in looks at: the seeding's hand, or the machine's with the demo's offset.
#[derive(Clone)]
pub(crate) struct Times {
    frozen: Arc<AtomicI64>,
    live: Clock,
    offset: Arc<AtomicI64>,
    is_live: Arc<AtomicBool>,
}

impl Times {
    /// Still in the hand of the seeding.
    fn seeding() -> Times {
        Times::new(0, false)
    }

    fn new(offset: i64, is_live: bool) -> Times {
        let offset = Arc::new(AtomicI64::new(offset));
        let live = Clock::Shifted(offset.clone());
        Times { frozen: Arc::default(), live, offset, is_live: Arc::new(AtomicBool::new(is_live)) }
    }

    /// From now on time passes by itself.
    fn go_live(&self) {
        self.is_live.store(true, Ordering::SeqCst);
    }

    fn now(&self) -> i64 {
        match self.is_live.load(Ordering::SeqCst) {
            true => self.live.now().as_micros(),
            false => self.frozen.load(Ordering::SeqCst),
        }
    }
}

/// Runs the demo until it is stopped.
///
/// # Errors
/// Whatever keeps it from running.
pub async fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let folder = asked.folder.as_path();
    std::fs::create_dir_all(folder)?;
    let stop = app::stop_on_signal();
    let random = Random::system();
    let wanted = asked.wanted(Clock::System.now().date_in(&jiff::tz::TimeZone::UTC));
    let mut saved = Saved::load_or_new(folder, &random, wanted.seed)?;
    let fresh = !saved.seeded;
    if fresh {
        saved.begin_afresh(folder, wanted.seed)?;
    } else if asked.donors.is_some() || asked.years.is_some() || asked.seed.is_some() {
        say::line("The data is there already: --donors, --years and --seed are for a new folder.", &stop);
    }
    let listener = bind(asked.port).await?;
    let address = listener.local_addr()?;
    let stripe_listener = bind(if asked.port == 0 { 0 } else { asked.port.saturating_add(1) }).await?;
    // A name, not an address: browsers keep passkeys for names alone.
    let base = format!("http://localhost:{}", address.port());
    let times = Times::new(saved.offset_micros, !fresh);
    let sandbox = start_sandbox(stripe_listener, &times, &saved, folder).await?;
    if fresh && !set_up(folder, &base, &mut saved, wanted, &sandbox, &times, &stop).await? {
        return Ok(ExitCode::SUCCESS);
    }
    times.go_live();
    let moved = asked.port != 0 && asked.port != address.port();
    serve(folder, listener, &base, moved, &saved, sandbox, times, stop).await
}

/// The first giving; `false` when stopped on the way: the next start begins anew.
async fn set_up(
    folder: &Path,
    base: &str,
    saved: &mut Saved,
    wanted: seed::Wanted,
    sandbox: &Sandbox,
    times: &Times,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    let years = if wanted.years == 1 { "a year".to_owned() } else { format!("{} years", wanted.years) };
    say::line(&format!("Setting up {years} of giving by {} invented donors.", wanted.donors), stop);
    let mut progress = say::Progress::printed(stop);
    let dots = tokio::spawn(say::dots(stop.clone()));
    let done = seed::run(folder, base, saved, wanted, sandbox, times, stop, &mut progress).await;
    dots.abort();
    if !done? {
        return Ok(false);
    }
    sandbox.save().await;
    saved.seeded = true;
    saved.save(folder)?;
    Ok(true)
}

#[allow(clippy::too_many_arguments, reason = "what `run` has opened, used once")]
async fn serve(
    folder: &Path,
    listener: TcpListener,
    base: &str,
    moved: bool,
    saved: &Saved,
    sandbox: Sandbox,
    times: Times,
    stop: CancellationToken,
) -> anyhow::Result<ExitCode> {
    let config = demo_config(folder, base, &sandbox.api_base(), saved)?;
    let store = app::open_store(&config.database).await?;
    store.migrate().await?;
    let deps = app::assemble_demo(config, store, times.live.clone(), Random::system())?;
    let hook = Webhook {
        url: format!("http://{}/webhooks/stripe", listener.local_addr()?),
        secrets: vec![saved.webhook_secret.clone()],
        api_version: None,
        mode: DeliveryMode::Auto,
    };
    sandbox.set_webhook(Some(hook)).await;
    sandbox.enable_events(seed::EVENTS).await;
    let worker = Worker::new(deps.clone());
    let offset = times.offset.clone();
    let world = World { deps: deps.clone(), sandbox, worker: worker.clone(), offset, folder: folder.into() };
    let application = router(AppState::new(deps, Some(bar())), Some(pages::routes(world.clone())));
    let server = tokio::spawn(app::serve(listener, application, stop.clone()));
    // What fell due while nobody looked, or since midnight of the day it was set up.
    sign_ins::create(&world.deps).await?;
    staff::create(&world.deps).await?;
    desk::lay(&world.deps).await?;
    world.settle().await?;
    print_welcome(base, moved, folder, &stop);
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
    times: &Times,
    saved: &Saved,
    folder: &Path,
) -> anyhow::Result<Sandbox> {
    let times = times.clone();
    let options = Options {
        now: Arc::new(move || times.now()),
        seed: saved.seed,
        snapshot: Some(folder.join("stripe.json")),
        secret_key: saved.stripe_key.clone(),
        limits: None,
        country: "GB".to_owned(),
    };
    Ok(Sandbox::start(listener, options).await?)
}

fn demo_config(folder: &Path, base: &str, stripe: &str, saved: &Saved) -> anyhow::Result<Config> {
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
        operations: crate::config::OperationsConfig::default(),
        export_dir: folder.join("exports"),
        charity: Charity::example(),
    })
}

fn bar() -> DemoBar {
    DemoBar {
        text: "Demo: no money moves".to_owned(),
        links: vec![
            Link::new("Start", "/demo"),
            Link::new("Mailbox", "/demo/mail"),
            Link::new("Office codes", "/demo/codes"),
            Link::new("Move time", "/demo/clock"),
        ],
    }
}

fn print_welcome(base: &str, moved: bool, folder: &Path, stop: &CancellationToken) {
    if moved {
        say::line("The usual port is in use, so this demo took another one.", stop);
    }
    for text in [
        format!("Start here:  {base}/demo"),
        format!("Giving form: {base}/give"),
        format!("Mailbox:     {base}/demo/mail"),
        format!("Clock:       {base}/demo/clock"),
        format!("Data:        {} (delete it to begin afresh)", folder.display()),
    ] {
        say::line(&text, stop);
    }
    say::line(&format!("Sign in at {base}/sign-in with the password \"{}\":", sign_ins::PASSWORD), stop);
    for s in sign_ins::SIGN_INS {
        say::line(&format!("  {:<28} {}", s.email, s.says), stop);
    }
    say::line(&format!("The office is at {base}/staff; codes for it at {base}/demo/codes:"), stop);
    for s in staff::STAFF {
        say::line(&format!("  {:<28} {}", s.email, s.says), stop);
    }
    for text in [
        format!(
            "Try: sign in as {}, look at a gift, download the list, give again.",
            sign_ins::SIGN_INS[0].email
        ),
        "     Move the clock a month and see the next monthly gift and its receipt arrive.".to_owned(),
        "Nothing here moves money. Press Ctrl-C to stop.".to_owned(),
    ] {
        say::line(&text, stop);
    }
}

/// Real time passes too: what falls due while the demo is open happens.
async fn keep_ticking(world: World, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(2)) => {
                world.sandbox.tick().await;
                world.sandbox.clear_requests().await;
            }
        }
    }
}
