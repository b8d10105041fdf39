//! Permutations and duplications of a payment's events always end in one state.

use almoner::random::Random;
use almoner::sandbox::{Delivery, TestMethod};

use crate::support::{Database, TestApp};

/// Shuffles in place, the same way for the same source.
fn shuffle<T>(items: &mut [T], random: &Random) {
    for i in (1..items.len()).rev() {
        let j = usize::try_from(random.below(i as u64 + 1)).unwrap_or(0);
        items.swap(i, j);
    }
}

/// A single gift with a part refund and a lost dispute on another, a monthly gift with two renewals, a debit: all of
/// it happens at Stripe before the first callback arrives.
async fn live_through(app: &TestApp) -> Vec<Delivery> {
    let mut events = Vec::new();
    let single = app.to_checkout(&app.form("").await.filled("50")).await;
    let disputed = app.to_checkout(&app.form("").await.filled("70")).await;
    let monthly = app.to_checkout(&app.form("").await.filled("25").set("frequency", "monthly")).await;
    let debit = app.to_checkout(&app.form("").await.filled("40")).await;
    for (session, method) in [
        (&single, TestMethod::CardSuccess),
        (&disputed, TestMethod::CardSuccess),
        (&monthly, TestMethod::CardSuccess),
        (&debit, TestMethod::BacsSuccess),
    ] {
        app.sandbox.pay(session, method).await.expect("paid");
    }
    let intent = app.intent_of(&single).await;
    app.sandbox.refund(&intent, Some(1500)).await.expect("refunded");
    let intent = app.intent_of(&disputed).await;
    let dispute = app.sandbox.dispute(&intent, "fraudulent").await.expect("disputed");
    app.sandbox.close_dispute(&dispute, false).await;
    events.extend(app.hold_deliveries().await);
    for _ in 0..62 {
        app.deps.clock.advance(std::time::Duration::from_secs(86_400));
        events.extend(app.hold_deliveries().await);
    }
    events
}

async fn one_storm(database: Database, seed: u64, drain_between: bool) -> Option<Vec<String>> {
    let app = TestApp::spawn(database).await?;
    let random = Random::seeded(seed);
    let mut events = live_through(&app).await;
    let copies: Vec<Delivery> = events.iter().filter(|_| random.below(3) == 0).cloned().collect();
    events.extend(copies);
    if seed > 0 {
        shuffle(&mut events, &random);
    }
    for delivery in &events {
        assert_eq!(app.sandbox.deliver(delivery).await, Ok(200), "seed {seed}: {}", delivery.event_type);
        if drain_between && random.below(4) == 0 {
            app.worker.drain().await.expect("jobs run");
        }
    }
    app.settle().await;
    let books = app.books().await;
    app.finish().await;
    Some(without_order(books))
}

/// Mails are left out: which letters were sent goes by what was known when.
fn without_order(books: Vec<String>) -> Vec<String> {
    books.into_iter().filter(|l| !l.starts_with("mail")).collect()
}

async fn storms(database: Database) {
    let Some(calm) = one_storm(database, 0, true).await else { return };
    assert_eq!(calm.iter().filter(|l| l.starts_with("gift")).count(), 6, "{calm:#?}");
    // The one whose gift the bank took back counts no longer.
    assert_eq!(calm.iter().filter(|l| l.starts_with("receipt")).count(), 5);
    for seed in 1..=8 {
        let stormy = one_storm(database, seed, seed % 2 == 0).await.expect("the same database");
        assert_eq!(stormy, calm, "seed {seed} ended elsewhere");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_ends_in_one_state_on_sqlite() {
    storms(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_ends_in_one_state_on_postgres() {
    storms(Database::Postgres).await;
}

/// Every order of the callbacks of one refunded gift, the refund before the success included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_permutation_of_a_refunded_gift_ends_in_one_state() {
    let mut seen = std::collections::BTreeSet::new();
    for order in permutations(4) {
        let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
        let session = app.to_checkout(&app.form("").await.filled("50")).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        let intent = app.intent_of(&session).await;
        app.sandbox.refund(&intent, None).await.expect("refunded");
        let events = app.hold_deliveries().await;
        let wanted =
            ["checkout.session.completed", "payment_intent.succeeded", "charge.refunded", "refund.created"];
        let four: Vec<&Delivery> =
            wanted.iter().filter_map(|w| events.iter().find(|e| e.event_type == *w)).collect();
        assert_eq!(four.len(), 4);
        for index in order {
            assert_eq!(app.sandbox.deliver(four[index]).await, Ok(200));
            app.worker.drain().await.expect("jobs run");
        }
        app.settle().await;
        seen.insert(app.books().await);
        app.finish().await;
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let smaller = permutations(n - 1);
    let insert = |p: &Vec<usize>| {
        (0..n)
            .map(|at| {
                let mut whole = p.clone();
                whole.insert(at, n - 1);
                whole
            })
            .collect::<Vec<_>>()
    };
    smaller.iter().flat_map(insert).collect()
}
