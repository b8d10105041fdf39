//! `almoner serve`, `worker`, `migrate`

use std::process::ExitCode;

use tokio::net::TcpListener;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::jobs::Worker;
use crate::random::Random;
use crate::services::Deps;
use crate::web::{AppState, router};

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
    let web = app::serve(listener, router(AppState::new(deps, None), None), stop.clone());
    match worker {
        None => web.await?,
        Some(worker) => {
            // A worker that dies takes the process with it: taking gifts that nobody settles would look healthy.
            let mut worker = tokio::spawn(worker);
            tokio::pin!(web);
            tokio::select! {
                ended = &mut worker => ended?,
                served = &mut web => served?,
            }
            stop.cancel();
            if !worker.is_finished() {
                worker.await?;
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Runs the worker alone.
pub async fn worker() -> anyhow::Result<ExitCode> {
    let stop = app::stop_on_signal();
    let deps = deps(false).await?;
    tracing::info!(database = deps.store.name(), "working");
    let store = deps.store.clone();
    Worker::new(deps).run(stop).await;
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
