//! What happens when something breaks: Stripe, the mail host, the database, a job. Nothing is lost, nothing doubled,
//! and whoever waits is told the truth.

mod house;
pub mod mail;
mod stripe;

use std::time::Duration;

use almoner::sandbox::{Delivery, Fault, FaultKind};
use almoner::services::verify;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Runs a story that ends the application itself on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            use crate::support::Database;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Database::Postgres).await;
            }
        }
    )*};
}
use on_both;

/// The longest wait after the given number of tries, and a second.
fn wait_after(attempts: u32) -> Duration {
    Duration::from_secs(2_u64.pow(attempts).min(3_600) * 5 / 4 + 1)
}

/// Lets time pass as hours would, try by try, until no job is left.
async fn until_no_job_is_left(app: &TestApp) {
    for _ in 0..30 {
        if app.count("SELECT COUNT(*) FROM job").await == 0 {
            return;
        }
        app.deps.clock.advance(wait_after(12));
        app.settle().await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0, "jobs that never end");
}

/// What `verify` finds wrong, in its words.
async fn wrong(app: &TestApp) -> Vec<String> {
    let checks = verify::of(&app.deps).await.expect("verify runs");
    checks.into_iter().filter(|check| !check.problems.is_empty()).map(|check| check.holds).collect()
}

fn status(code: u16) -> FaultKind {
    FaultKind::Status { code, retry_after: None, should_retry: None, before_effect: true }
}

async fn fault(app: &TestApp, method: &str, path: &str, times: u32, kind: FaultKind) {
    let fault = Fault { method: Some(method.to_owned()), path_prefix: path.to_owned(), times, kind };
    app.sandbox.fault(fault).await;
}

/// An event that the stand-in never made, to be signed and posted like any other.
fn event(app: &TestApp, id: &str, kind: &str, object: Value) -> Delivery {
    let body = json!({
        "id": id,
        "object": "event",
        "api_version": almoner::payments::API_VERSION,
        "created": app.deps.clock.now().as_unix(),
        "livemode": false,
        "pending_webhooks": 1,
        "type": kind,
        "data": { "object": object },
    });
    Delivery { event_id: id.to_owned(), event_type: kind.to_owned(), body: body.to_string() }
}
