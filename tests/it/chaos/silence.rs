//! R12: Stripe calls for nothing for three days and an hour, or for a month; one walk finds everything, a second nothing.

use std::time::Duration;

use almoner::random::Random;
use almoner::sandbox::TestMethod;
use almoner::services::reconcile::{self, By};

use super::{come_to_rest, is_full, seed};
use crate::support::{Database, TestApp};

async fn in_silence(database: Database, hours: u64) {
    let (gifts, plans) = if is_full() { (5_000, 300) } else { (60, 6) };
    let seed = seed();
    let Some(app) = TestApp::spawn(database).await else { return };
    let random = Random::seeded(seed);
    for n in 0..plans {
        let email = format!("monthly{n}@donors.example");
        let form = app
            .form("?frequency=monthly")
            .await
            .filled("25")
            .set("frequency", "monthly")
            .set("email", &email);
        let session = app.to_checkout(&form).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
    }
    app.settle().await;
    // They renew within the silence.
    app.deps.clock.advance(Duration::from_secs(29 * 86_400));
    app.settle().await;
    let before = app.count("SELECT COUNT(*) FROM gift").await;
    let (mut refunds, mut disputes) = (0, 0);
    for n in 0..gifts {
        let email = format!("giver{n}@donors.example");
        let session = app.to_checkout(&app.form("").await.filled("25").set("email", &email)).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        if n % 100 == 7 {
            app.sandbox.refund(&app.intent_of(&session).await, Some(500)).await.expect("refunded");
            refunds += 1;
        }
        if n % 1_000 == 9 {
            app.sandbox.dispute(&app.intent_of(&session).await, "fraudulent").await.expect("disputed");
            disputes += 1;
        }
        app.hold_deliveries().await;
    }
    let rest = hours.saturating_sub(gifts * 30 / 3600);
    for _ in 0..rest.div_ceil(24).max(1) {
        app.deps.clock.advance(Duration::from_secs(rest.min(24) * 3600 + random.below(60)));
        app.hold_deliveries().await;
    }
    let walk = reconcile::walk(&app.deps, By::Command, None).await.expect("walks");
    app.worker.drain_looks().await.expect("looks");
    let seen: usize = walk.seen.values().sum();
    app.hold_deliveries().await;
    let kept = app.count("SELECT COUNT(*) FROM gift").await;
    println!(
        "R12 on {database:?}: seed {seed}: {hours} h without an event, {gifts} gifts, {} renewals, {refunds} refunds, {disputes} \
         disputes; one walk saw {seen} objects",
        kept - before - i64::try_from(gifts).expect("few")
    );
    let there = app.sandbox.all("charge").await.iter().filter(|c| c["status"] == "succeeded").count();
    assert_eq!(usize::try_from(kept).expect("few"), there, "one walk finds all");
    let books = app.books().await;
    reconcile::walk(&app.deps, By::Command, None).await.expect("walks");
    app.worker.drain_looks().await.expect("looks");
    assert_eq!(app.books().await, books, "a second one changes nothing");
    come_to_rest(&app).await;
    app.sandbox.clear_requests().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_days_and_an_hour_without_an_event() {
    in_silence(Database::Sqlite, 73).await;
    in_silence(Database::Postgres, 73).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_without_an_event() {
    in_silence(Database::Sqlite, 31 * 24).await;
    in_silence(Database::Postgres, 31 * 24).await;
}
