//! R1: the process is killed at random moments while callbacks come shuffled, doubled and late. R5: every connection to
//! PostgreSQL is cut, again and again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use almoner::random::Random;
use almoner::sandbox::Delivery;
use almoner::store::Store;

use super::{Serving, below, call_back, catch_up, come_to_rest, is_full, paid, seed, shuffled};
use crate::support::{Database, TestApp};

/// Callbacks that are on their way at once.
const AT_ONCE: usize = 16;

/// Delivers some at once; those that were not taken come back.
async fn deliver(app: &TestApp, some: Vec<Delivery>) -> Vec<Delivery> {
    let outcomes = futures::future::join_all(some.iter().map(|d| app.sandbox.deliver(d))).await;
    some.into_iter().zip(outcomes).filter(|(_, outcome)| *outcome != Ok(200)).map(|(d, _)| d).collect()
}

async fn killed_again_and_again(database: Database) {
    let (gifts, kills) = if is_full() { (4_000, 300) } else { (40, 12) };
    let seed = seed();
    let Some(app) = TestApp::spawn(database).await else { return };
    let app = Arc::new(app);
    let random = Random::seeded(seed);
    let told = paid(&app, gifts, &random).await;
    let events = told.len();
    let mut queue: VecDeque<Delivery> = shuffled(told, &random).into();
    let (wanted, each) = (queue.len(), (queue.len() / kills).max(2));
    let at = Serving::free_port();
    call_back(&app, &format!("http://{at}")).await;
    let (mut killed, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    while !queue.is_empty() {
        let mut serving = Serving::start(&app, at).await;
        slowest = slowest.max(serving.ready_after);
        catch_up(&app);
        let mut left = 1 + below(&random, 2 * each);
        while left > 0 && !queue.is_empty() {
            let some: Vec<Delivery> = queue.drain(..AT_ONCE.min(left).min(queue.len())).collect();
            left -= some.len();
            let last = left == 0 || queue.is_empty();
            let delivering = tokio::spawn({
                let app = Arc::clone(&app);
                async move { deliver(&app, some).await }
            });
            if last {
                // In the middle of these, or just after: what was answered is durable, the rest comes again.
                tokio::time::sleep(Duration::from_micros(random.below(40_000))).await;
                serving.kill();
                killed += 1;
            }
            let back = delivering.await.expect("delivers");
            refused += back.len();
            queue.extend(back);
        }
    }
    println!(
        "R1 on {database:?}: seed {seed}: {killed} kills, {gifts} gifts, {events} events, {wanted} deliveries, {refused} of them cut \
         off and sent again; ready again after {:.2} s at the most",
        slowest.as_secs_f64()
    );
    assert!(killed * 10 >= kills * 6, "{killed} kills only");
    let app = Arc::into_inner(app).expect("nobody else has it");
    whole(app, gifts).await;
}

/// Everything is there, once.
async fn whole(app: TestApp, gifts: usize) {
    call_back(&app, &app.base.clone()).await;
    catch_up(&app);
    come_to_rest(&app).await;
    let gifts = i64::try_from(gifts).expect("few");
    for (sql, wanted) in [
        ("SELECT COUNT(*) FROM gift", gifts),
        ("SELECT COUNT(DISTINCT stripe_payment_intent) FROM gift", gifts),
        ("SELECT COUNT(*) FROM receipt WHERE version = 1", gifts),
        ("SELECT COUNT(*) FROM webhook_event WHERE state NOT IN ('done', 'ignored')", 0),
        ("SELECT COUNT(*) FROM mail_outbox WHERE state <> 'sent'", 0),
    ] {
        assert_eq!(app.count(sql).await, wanted, "{sql}");
    }
    let sent: BTreeSet<String> = app.mails().into_iter().map(|m| m.message_id).collect();
    let mails = app.count("SELECT COUNT(*) FROM mail_outbox").await;
    assert_eq!(i64::try_from(sent.len()).expect("few"), mails, "each mail arrived, under one Message-ID");
    app.sandbox.clear_requests().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_nothing_is_lost_and_nothing_doubled() {
    killed_again_and_again(Database::Sqlite).await;
    killed_again_and_again(Database::Postgres).await;
}

/// Ends every other connection to the database.
async fn cut(app: &TestApp) {
    let Store::Postgres(pool) = &app.deps.store else { return };
    let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid()";
    // Our own pool loses connections, too: the next one is new.
    for _ in 0..20 {
        if sqlx::query(sql).execute(pool).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no connection to cut others with");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_to_postgres_is_cut_again_and_again_and_nothing_is_lost() {
    let (gifts, cuts) = if is_full() { (1_000, 50) } else { (30, 4) };
    let seed = seed();
    let Some(app) = TestApp::spawn(Database::Postgres).await else { return };
    let app = Arc::new(app);
    let random = Random::seeded(seed);
    let told = paid(&app, gifts, &random).await;
    let mut queue: VecDeque<Delivery> = shuffled(told, &random).into();
    let (wanted, each) = (queue.len(), (queue.len() / cuts).max(1));
    let at = Serving::free_port();
    call_back(&app, &format!("http://{at}")).await;
    let mut serving = Serving::start(&app, at).await;
    catch_up(&app);
    let (mut done, mut made, mut refused, mut longest) = (0, 0, 0, Duration::ZERO);
    let mut last_cut = Instant::now();
    while !queue.is_empty() {
        let some: Vec<Delivery> = queue.drain(..AT_ONCE.min(queue.len())).collect();
        done += some.len();
        let delivering = tokio::spawn({
            let app = Arc::clone(&app);
            async move { deliver(&app, some).await }
        });
        if done / each > made && made < cuts {
            tokio::time::sleep(Duration::from_micros(random.below(5_000))).await;
            cut(&app).await;
            (made, last_cut) = (made + 1, Instant::now());
        }
        let back = delivering.await.expect("delivers");
        if let Some(ended) = serving.child.try_wait().expect("a process") {
            panic!("the server ended: {ended}");
        }
        if !back.is_empty() {
            refused += back.len();
            longest = longest.max(last_cut.elapsed());
            queue.extend(back);
        }
    }
    println!(
        "R5 on Postgres: seed {seed}: {made} cuts, {gifts} gifts, {wanted} deliveries, {refused} refused and sent again; the last \
         refusal {:.2} s after a cut",
        longest.as_secs_f64()
    );
    assert!(longest < Duration::from_secs(10), "it recovers by itself");
    drop(serving);
    let app = Arc::into_inner(app).expect("nobody else has it");
    whole(app, gifts).await;
}
