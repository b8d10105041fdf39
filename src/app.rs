//! The composition root: configuration becomes services, a router and a worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::mail::Mailer;
use crate::payments::StripeClient;
use crate::random::Random;
use crate::services::Deps;
use crate::services::papers::Papers;
use crate::services::passwords::Passwords;
use crate::services::throttle::Throttle;
use crate::store::Store;

/// Wait before the second try of a call to Stripe.
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// What is under way at a stop may take this long.
const DRAIN: Duration = Duration::from_secs(10);

/// Opens the configured database.
///
/// # Errors
/// When it is away, not writable, or unfit (see [`Store::open_postgres`]).
pub async fn open_store(url: &DatabaseUrl) -> anyhow::Result<Store> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => Store::open_sqlite(path).await?,
        DatabaseUrl::Postgres(url) => Store::open_postgres(url.expose_secret()).await?,
    })
}

/// Puts the services together on an open store.
///
/// # Errors
/// When mail or TLS cannot be set up, or the charity file lacks a text that is needed today.
pub fn assemble(config: Config, store: Store, clock: Clock, random: Random) -> anyhow::Result<Deps> {
    let first_day = clock.now().date_in(&jiff::tz::TimeZone::UTC);
    let missing = config.charity.missing_wording(first_day);
    anyhow::ensure!(missing.is_empty(), "the charity file lacks: {}", missing.join("; "));
    let key = config.stripe.secret_key.clone();
    let stripe = StripeClient::new(&config.stripe.api_base, key, random.clone(), FIRST_WAIT)?;
    let mailer = Mailer::new(&config.mail)?;
    Ok(Deps {
        store,
        stripe,
        mailer,
        passwords: Passwords::start(&random)?,
        papers: Papers::start(),
        throttle: Throttle::new(&clock),
        clock,
        random,
        config: Arc::new(config),
        work: Arc::new(Notify::new()),
    })
}

/// As [`assemble`], for a stand-in on this machine: calls are not held back to Stripe's limits.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_demo(config: Config, store: Store, clock: Clock, random: Random) -> anyhow::Result<Deps> {
    let deps = assemble(config, store, clock, random)?;
    Ok(Deps { stripe: deps.stripe.without_limits(), ..deps })
}

/// Serves `router` until `stop`, then lets running requests end (ten seconds at most).
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
    let stopping = stop.clone();
    // Answers are small: waiting to fill a packet only delays them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { stopping.cancelled().await });
    let mut running = tokio::spawn(server.into_future());
    tokio::select! {
        ended = &mut running => ended??,
        () = stop.cancelled() => match tokio::time::timeout(DRAIN, &mut running).await {
            Ok(ended) => ended??,
            Err(_) => running.abort(),
        },
    }
    Ok(())
}

/// Cancelled a while after `stop` is.
pub fn later(stop: &CancellationToken, wait: Duration) -> CancellationToken {
    let (stop, after) = (stop.clone(), CancellationToken::new());
    let token = after.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        tokio::time::sleep(wait).await;
        token.cancel();
    });
    after
}

/// Cancelled by Ctrl-C or SIGTERM.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        token.cancel();
        // Said once it is so: whoever reads it finds /readyz saying no.
        tracing::info!("stopping");
    });
    stop
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut term) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
