//! Where the seeding happens: the real services, pages' router and worker on the demo's database, with a clock that
//! stands still between two deeds. One thing is done after the other, so that the same seed ends in the same books.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::future::join_all;
use tower::ServiceExt;

use crate::jobs::Worker;
use crate::sandbox::{Delivery, Sandbox};
use crate::services::Deps;
use crate::web::{AppState, router};

/// Callbacks handed over together; so many share a commit.
const AT_ONCE: usize = 256;

/// The parts that are moved.
pub struct Stage {
    /// The services.
    pub deps: Deps,
    /// The stand-in, in manual mode.
    pub sandbox: Sandbox,
    at: Arc<AtomicI64>,
    worker: Worker,
    app: Router,
    webhook_secret: String,
}

impl Stage {
    /// On services whose clock is frozen at `at`, in microseconds; the stand-in's clock is the same.
    pub fn new(deps: Deps, sandbox: Sandbox, at: Arc<AtomicI64>, webhook_secret: String) -> Stage {
        let worker = Worker::in_order(deps.clone());
        let app = router(AppState::new(deps.clone(), None), None);
        Stage { deps, sandbox, at, worker, app, webhook_secret }
    }

    /// Moves the clock on, never back, and lets the stand-in do what falls due on the way.
    pub async fn go(&self, to: i64) {
        self.at.fetch_max(to * 1_000_000, Ordering::SeqCst);
        self.sandbox.tick().await;
    }

    /// Callbacks arrive and jobs run until there is nothing left.
    pub async fn settle(&self) -> anyhow::Result<()> {
        loop {
            let deliveries = self.sandbox.take_deliveries().await;
            if deliveries.is_empty() {
                break;
            }
            for some in deliveries.chunks(AT_ONCE) {
                for posted in join_all(some.iter().map(|d| self.post(d))).await {
                    posted?;
                }
            }
            self.worker.drain().await?;
        }
        self.sandbox.clear_requests().await;
        Ok(())
    }

    /// As Stripe posts it, without the wire.
    async fn post(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let now = self.at.load(Ordering::SeqCst).div_euclid(1_000_000);
        let request = Request::post("/webhooks/stripe")
            .header("host", "localhost")
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", Sandbox::sign(&self.webhook_secret, &delivery.body, now))
            .body(Body::from(delivery.body.clone()))?;
        let answer = self.app.clone().oneshot(request).await?;
        anyhow::ensure!(answer.status() == StatusCode::OK, "a callback was refused: {}", answer.status());
        self.sandbox.delivered(delivery).await;
        Ok(())
    }
}
