//! `almoner serve`, `worker`, `migrate`

use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::jobs::Worker;
use crate::random::Random;
use crate::services::Deps;
use crate::web::{AppState, metrics_router, router};

/// A stop is told by `/readyz` for this long before the door closes.
const UNREADY_FOR: Duration = Duration::from_secs(2);

/// The services on the configured database.
pub(super) async fn deps(migrate: bool) -> anyhow::Result<Deps> {
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    if migrate {
        store.migrate().await?;
    }
    app::assemble(config, store, Clock::System, Random::system())
}

/// Serves the web application, with the worker unless told otherwise.
pub async fn run(with_worker: bool, migrate: bool) -> anyhow::Result<ExitCode> {
    let stop = app::stop_on_signal();
    let deps = deps(migrate).await?;
    let listener = TcpListener::bind(deps.config.listen).await?;
    tracing::info!(address = %listener.local_addr()?, database = deps.store.name(), "serving");
    let store = deps.store.clone();
    let worker = with_worker.then(|| Worker::new(deps.clone()).run(stop.clone()));
    let metrics = serve_metrics(&deps, &stop).await?;
    let pages = router(AppState::new(deps, None).until(stop.clone()), None);
    // Whoever sends visitors here reads from /readyz that no more are wanted, before the door closes.
    let closing = app::later(&stop, UNREADY_FOR);
    let web = app::serve(listener, pages, closing);
    match worker {
        None => web.await?,
        Some(worker) => {
            // A worker that dies takes the process with it: taking gifts that nobody settles would look healthy.
            let mut worker = tokio::spawn(worker);
            tokio::pin!(web);
            tokio::select! {
                ended = &mut worker => {
                    ended?;
                    stop.cancel();
                    // Told to stop, it is through before the door closes: whoever is here is served, with the books open.
                    web.await?;
                }
                served = &mut web => {
                    served?;
                    stop.cancel();
                    worker.await?;
                }
            }
        }
    }
    if let Some(metrics) = metrics {
        metrics.await??;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The listener of `METRICS_ADDR`, when there is one.
async fn serve_metrics(
    deps: &Deps,
    stop: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<anyhow::Result<()>>>> {
    let Some(at) = deps.config.operations.metrics else { return Ok(None) };
    let listener = TcpListener::bind(at).await?;
    tracing::info!(address = %listener.local_addr()?, "metrics");
    Ok(Some(tokio::spawn(app::serve(listener, metrics_router(deps.clone()), stop.clone()))))
}

/// Runs the worker alone.
pub async fn worker() -> anyhow::Result<ExitCode> {
    let stop = app::stop_on_signal();
    let deps = deps(false).await?;
    tracing::info!(database = deps.store.name(), "working");
    let store = deps.store.clone();
    let metrics = serve_metrics(&deps, &stop).await?;
    Worker::new(deps).run(stop).await;
    if let Some(metrics) = metrics {
        metrics.await??;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Applies pending migrations.
pub async fn migrate() -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    store.migrate().await?;
    println!("{} is up to date.", store.name());
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
