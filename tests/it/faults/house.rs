//! Our own house: jobs that cannot work, a database that is locked or away, several workers at once.

use almoner::domain::ids::JobId;
use almoner::jobs::Worker;
use almoner::sandbox::{Sandbox, TestMethod};
use almoner::services::job_kinds;
use almoner::services::settle::{self, apply, look};
use almoner::store::Store;
use almoner::store::jobs::{self, NewJob};
use serde_json::json;

use super::{event, on_both, until_no_job_is_left, wait_after, wrong};
use crate::support::app::WEBHOOK_SECRET;
use crate::support::form::text_of;
use crate::support::{Database, TestApp, story};

async fn poisoned_items_stop_nobody_else(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let now = app.deps.clock.now();
    let new = |kind, subject: &str| {
        let id = JobId::new(now, &app.deps.random);
        NewJob { id, kind, subject: subject.to_owned(), hint: Some("not a number".to_owned()), run_at: now }
    };
    let poison = [
        new("no_such_kind", "x"),
        new(job_kinds::SEND_MAIL, "not a mail"),
        new(job_kinds::SEND_MAIL, "mail_00000000000000000000000000"),
        new(job_kinds::LOOK_PAYMENT, "pi_1?x=#\u{e9} /../.."),
    ];
    let mut tx = app.deps.store.write().await.expect("a transaction");
    jobs::enqueue_batch(&mut tx, &poison).await.expect("writes");
    tx.commit().await.expect("commits");
    let nameless = event(&app, "evt_nameless", "payment_intent.succeeded", json!({ "id": "" }));
    assert_eq!(app.sandbox.deliver(&nameless).await, Ok(200));

    app.gift("25").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    assert_eq!(app.mails().len(), 1);
    for attempts in 1..14 {
        app.deps.clock.advance(wait_after(attempts));
        app.settle().await;
    }
    app.gift("30").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 2);
    assert_eq!(app.mails().len(), 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state = 'failed' AND attempts = 14").await, 3);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM job WHERE kind NOT LIKE 'look%' AND state <> 'failed'").await,
        0
    );
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state IN ('waiting', 'running')").await, 0);
    assert!(wrong(&app).await.contains(&"no job was given up".to_owned()));
    app.close().await;
}

/// Posts a callback while `store` holds a write, and lets go once readers have been served meanwhile.
async fn post_while_held(app: &TestApp, store: &Store, delivery: &almoner::sandbox::Delivery) {
    let held = store.write().await.expect("a transaction");
    let post = app.sandbox.deliver(delivery);
    tokio::pin!(post);
    let readers = async {
        for _ in 0..20 {
            assert_eq!(app.get("/give").await.status(), 200);
            assert_eq!(app.get("/readyz").await.status(), 200);
        }
    };
    let early = tokio::select! {
        answer = &mut post => Some(answer),
        () = readers => None,
    };
    if app.database == Database::Sqlite {
        assert_eq!(early, None, "answered before it was durable");
    }
    drop(held);
    let answer = match early {
        Some(answer) => answer,
        None => post.await,
    };
    assert_eq!(answer, Ok(200));
}

story! {
    async fn a_callback_waits_for_a_locked_database_and_is_kept(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        let held = app.hold_deliveries().await;
        assert!(held.len() >= 2);
        post_while_held(app, &app.deps.store, &held[0]).await;
        if app.database == Database::Sqlite {
            // Another process holds the file.
            let other = Store::open_sqlite(&app.dir.path().join("almoner.db")).await.expect("opens");
            post_while_held(app, &other, &held[1]).await;
            other.close().await;
        }
        for delivery in &held {
            assert_eq!(app.sandbox.deliver(delivery).await, Ok(200));
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event").await, held.len() as i64);
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    }
}

async fn a_database_that_is_away_is_said_plainly(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let form = app.form("").await.filled("25");
    let session = app.to_checkout(&app.form("").await.filled("30")).await;
    app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
    let held = app.hold_deliveries().await;
    app.sandbox.clear_requests().await;
    app.deps.store.close().await;

    let answer = app.submit(&form).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let reference = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let page = answer.text().await.expect("a page");
    assert_eq!(text_of(&page, "h1"), "We are away for a moment");
    assert_eq!(text_of(&page, ".reference b"), reference);
    for leaked in ["sqlx", "closed pool", "PoolClosed", "database:", "SELECT", "src/"] {
        assert!(!page.contains(leaked), "{leaked}");
    }
    assert!(app.sandbox.requests().await.is_empty(), "no row, no call");

    assert_eq!(app.get("/readyz").await.status(), 503);
    assert_eq!(app.get("/healthz").await.status(), 200);
    let body = held[0].body.clone();
    let signature = Sandbox::sign(WEBHOOK_SECRET, &body, app.deps.clock.now().as_unix());
    let post = app.http.post(app.url("/webhooks/stripe")).header("Stripe-Signature", signature);
    let answer = post.body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    let retry_after = answer.headers()["retry-after"].to_str().expect("text");
    assert!(retry_after.parse::<u32>().is_ok(), "{retry_after}");
    assert!(app.worker.drain().await.is_err(), "the worker says so too");
    app.close().await;
}

story! {
    async fn workers_of_two_processes_settle_each_gift_once(app: &TestApp) {
        let other = Worker::new(app.deps.clone()).unwatched();
        for _ in 0..12 {
            let session = app.to_checkout(&app.form("").await.filled("25")).await;
            app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        }
        for delivery in app.hold_deliveries().await {
            assert_eq!(app.sandbox.deliver(&delivery).await, Ok(200));
        }
        loop {
            let (first, second) = tokio::join!(app.worker.drain(), other.drain());
            if first.expect("jobs run") + second.expect("jobs run") == 0 {
                break;
            }
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0, "none had to be put back");
        until_no_job_is_left(app).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 12);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 12);
        assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE state = 'paid'").await, 12);
        let mut ids: Vec<String> = app.mails().into_iter().map(|mail| mail.message_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((app.mails().len(), ids.len()), (12, 12));
    }
}

story! {
    async fn a_page_and_its_payment_settled_at_once_end_paid(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        let intent = app.intent_of(&session).await;
        let known = settle::prefetch(&app.deps, &[]).await;
        let page = look::look(&app.deps, job_kinds::LOOK_SESSION, &session, &known).await.expect("seen");
        let money = look::look(&app.deps, job_kinds::LOOK_PAYMENT, &intent, &known).await.expect("seen");
        let now = app.deps.clock.now();

        // One worker has written the gift and not yet committed when another comes with the page.
        let mut first = app.deps.store.write().await.expect("a transaction");
        assert!(apply::apply(&app.deps, &mut first, &money, now, now).await.expect("applies"));
        let deps = app.deps.clone();
        let second = tokio::spawn(async move {
            let mut tx = deps.store.write().await.expect("a transaction");
            assert!(apply::apply(&deps, &mut tx, &page, now, now).await.expect("applies"));
            tx.commit().await.expect("commits");
        });
        if app.database == Database::Postgres {
            let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while app.count(waiting).await == 0 && !second.is_finished() {
                tokio::task::yield_now().await;
            }
        }
        first.commit().await.expect("commits");
        second.await.expect("no panic");
        assert_eq!(app.text("SELECT state FROM payment").await, "paid", "nothing goes backwards");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1);
    }
}

on_both! {
    poisoned_items_stop_nobody_else
    a_database_that_is_away_is_said_plainly
}
