//! Many at once: writers, workers, serials, schedules.

use std::collections::BTreeSet;
use std::time::Duration;

use almoner::clock::Ts;
use almoner::domain::ids::{AuditId, JobId};
use almoner::payments::{Effort, requests};
use almoner::random::Random;
use almoner::store::audit::Note;
use almoner::store::inbox::{self, NewEvent, Work};
use almoner::store::jobs::{self, NewJob};
use almoner::store::{Store, StoreError, receipts};
use tokio::task::JoinSet;

use crate::support::{Database, TestApp, story};

/// Reads, then writes: what a transaction that began as a reader could not do beside another writer.
async fn write_once(store: Store, random: Random, now: Ts) -> Result<i64, StoreError> {
    let mut tx = store.write().await?;
    receipts::number_of_gift(&mut tx, &almoner::domain::ids::GiftId::new(now, &random)).await?;
    let serial = receipts::next_serial(&mut tx, "writers", 2030).await?;
    tx.note(Note {
        id: AuditId::new(now, &random),
        at: now,
        actor: "test".to_owned(),
        action: "wrote",
        subject: "nothing".to_owned(),
        detail: "{}".to_owned(),
    });
    tx.commit().await?;
    Ok(serial)
}

story! {
    async fn fifty_writers_at_once_are_all_served(app: &TestApp) {
        // On SQLite also from a second process's point of view: another pool on the same file.
        let other = match app.database {
            Database::Sqlite => Store::open_sqlite(&app.dir.path().join("almoner.db")).await.expect("opens"),
            Database::Postgres => app.deps.store.clone(),
        };
        let mut writers = JoinSet::new();
        for n in 0..50 {
            let store = if n % 2 == 0 { app.deps.store.clone() } else { other.clone() };
            writers.spawn(write_once(store, app.deps.random.clone(), app.deps.clock.now()));
        }
        let mut serials = BTreeSet::new();
        while let Some(written) = writers.join_next().await {
            let serial = written.expect("no panic").expect("no writer is turned away");
            assert!(serials.insert(serial), "{serial} twice");
        }
        assert_eq!(serials, (1..=50).collect());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'wrote'").await, 50);
        app.damage("DELETE FROM receipt_counter WHERE entity_id = 'writers'").await.expect("tidied");
        if app.database == Database::Sqlite {
            other.close().await;
        }
    }
}

story! {
    async fn serials_run_without_gap_or_repeat_beside_roll_backs(app: &TestApp) {
        let mut takers = JoinSet::new();
        for n in 0..50 {
            let store = app.deps.store.clone();
            takers.spawn(async move {
                let mut tx = store.write().await.expect("a transaction");
                let serial = receipts::next_serial(&mut tx, "serials", 2030).await.expect("a serial");
                if n % 5 == 0 {
                    return None;
                }
                tx.commit().await.expect("commits");
                Some(serial)
            });
        }
        let mut kept = Vec::new();
        while let Some(taken) = takers.join_next().await {
            kept.extend(taken.expect("no panic"));
        }
        kept.sort_unstable();
        assert_eq!(kept, (1..=40).collect::<Vec<i64>>(), "none reused, none missing");
        assert_eq!(app.count("SELECT last FROM receipt_counter WHERE entity_id = 'serials'").await, 40);

        let mut tx = app.deps.store.write().await.expect("a transaction");
        assert_eq!(receipts::next_serial(&mut tx, "serials", 2031).await.expect("a serial"), 1, "each year its own");
        assert_eq!(receipts::next_serial(&mut tx, "other", 2030).await.expect("a serial"), 1, "each entity its own");
        drop(tx);
        app.damage("DELETE FROM receipt_counter WHERE entity_id = 'serials'").await.expect("tidied");
    }
}

async fn claim_all(store: Store, owner: &'static str, now: Ts) -> Vec<JobId> {
    let mut mine = Vec::new();
    loop {
        let mut tx = store.write().await.expect("a transaction");
        let claimed =
            jobs::claim(&mut tx, owner, super::any(Duration::from_secs(60), 7), now).await.expect("claims");
        tx.commit().await.expect("commits");
        if claimed.is_empty() {
            return mine;
        }
        assert!(claimed.len() <= 7, "no more than asked for");
        mine.extend(claimed.into_iter().map(|job| job.id));
    }
}

story! {
    async fn two_workers_never_get_the_same_job_and_together_get_all(app: &TestApp) {
        let now = app.deps.clock.now();
        let new = |n: u32| NewJob {
            id: JobId::new(now, &app.deps.random),
            kind: "look",
            subject: format!("pi_{n}"),
            hint: None,
            run_at: now,
        };
        let all: Vec<NewJob> = (0..200).map(new).collect();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        jobs::enqueue_batch(&mut tx, &all).await.expect("writes");
        tx.commit().await.expect("commits");

        let first = tokio::spawn(claim_all(app.deps.store.clone(), "first", now));
        let second = tokio::spawn(claim_all(app.deps.store.clone(), "second", now));
        let (first, second) = (first.await.expect("no panic"), second.await.expect("no panic"));
        let together: BTreeSet<&JobId> = first.iter().chain(&second).collect();
        assert_eq!(first.len() + second.len(), 200, "{} and {}", first.len(), second.len());
        assert_eq!(together.len(), 200, "none twice");
        assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state = 'running' AND attempts = 1").await, 200);
        app.damage("DELETE FROM job").await.expect("tidied");
    }
}

story! {
    async fn a_period_belongs_to_the_first_who_takes_it(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut takers = JoinSet::new();
        for _ in 0..10 {
            let store = app.deps.store.clone();
            takers.spawn(async move {
                let mut tx = store.write().await.expect("a transaction");
                let first = jobs::begin_period(&mut tx, "yearly", "2030", now).await.expect("answers");
                tx.commit().await.expect("commits");
                first
            });
        }
        let mut winners = 0;
        while let Some(first) = takers.join_next().await {
            winners += u32::from(first.expect("no panic"));
        }
        assert_eq!(winners, 1);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        assert!(!jobs::begin_period(&mut tx, "yearly", "2030", now).await.expect("answers"));
        assert!(jobs::begin_period(&mut tx, "yearly", "2031", now).await.expect("answers"), "another period");
        assert!(jobs::begin_period(&mut tx, "monthly", "2030", now).await.expect("answers"), "another kind");
    }
}

fn events(app: &TestApp, name: &str, subjects: impl Iterator<Item = u32>) -> Vec<NewEvent> {
    let now = app.deps.clock.now();
    let one = |(n, subject): (usize, u32)| NewEvent {
        id: format!("evt_{name}_{n:04}"),
        kind: "invoice.paid".to_owned(),
        object_id: format!("in_{subject:04}"),
        work: Some(Work { job_kind: "look_invoice", subject: format!("in_{subject:04}"), hint: None }),
        api_version: None,
        payload: "{}".to_owned(),
        event_created: now,
        received_at: now,
    };
    subjects.enumerate().map(one).collect()
}

story! {
    async fn two_batches_about_the_same_things_in_any_order_are_both_kept(app: &TestApp) {
        let keep = |batch: Vec<NewEvent>| {
            let (store, random) = (app.deps.store.clone(), app.deps.random.clone());
            tokio::spawn(async move {
                let mut tx = store.write().await?;
                let new = inbox::insert_batch(&mut tx, &batch, |at| JobId::new(at, &random)).await?;
                tx.commit().await?;
                Ok::<usize, StoreError>(new)
            })
        };
        for round in 0..5 {
            let up = keep(events(app, &format!("{round}up"), 0..250));
            let down = keep(events(app, &format!("{round}down"), (0..250).rev()));
            assert_eq!(up.await.expect("no panic").expect("kept"), 250);
            assert_eq!(down.await.expect("no panic").expect("kept"), 250);
            assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 250, "one look for each");
            app.damage("DELETE FROM job").await.expect("tidied");
        }
        app.damage("DELETE FROM webhook_event").await.expect("tidied");
    }
}

story! {
    async fn no_network_call_while_a_write_is_open(app: &TestApp) {
        let ask = |hold: bool| {
            let deps = app.deps.clone();
            tokio::spawn(async move {
                let open = deps.store.write().await.expect("a transaction");
                let open = hold.then_some(open);
                let asked = deps.stripe.get::<serde_json::Value>(requests::session("cs_test_none"), Effort::Background);
                let answer = asked.await;
                drop(open);
                answer
            })
        };
        let answer = ask(false).await.expect("once it is closed, no harm");
        assert!(answer.is_err(), "there is no such page");
        if cfg!(debug_assertions) {
            let caught = ask(true).await.expect_err("caught in the act");
            assert!(caught.is_panic(), "{caught}");
            assert_eq!(app.sandbox.requests().await.len(), 1, "and nothing was sent");
        }
        let mut tx = app.deps.store.write().await.expect("what panicked gave its connection back");
        assert!(jobs::begin_period(&mut tx, "after", "1", app.deps.clock.now()).await.expect("answers"));
    }
}
