//! R7: Stripe stumbles at four calls in ten, before and after it did what was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use almoner::random::Random;
use almoner::sandbox::{Fault, FaultKind, TestMethod};

use super::{below, come_to_rest, is_full, seed};
use crate::support::app::location;
use crate::support::{Database, TestApp};

const SESSIONS: &str = "/v1/checkout/sessions";

fn any_fault(random: &Random) -> FaultKind {
    let status = |code, before_effect| FaultKind::Status {
        code,
        retry_after: (code == 429).then_some(0),
        should_retry: None,
        before_effect,
    };
    match below(random, 8) {
        0 => status(429, true),
        1 => FaultKind::LockConflict,
        2 => status(500, false),
        3 => status(503, true),
        4 => FaultKind::Reset { before_effect: true },
        // The page is open, and nobody was told.
        5 => FaultKind::Reset { before_effect: false },
        6 => FaultKind::Html502,
        _ => status(500, true),
    }
}

async fn stumbling(database: Database) {
    let gifts = if is_full() { 1_000 } else { 40 };
    let seed = seed();
    let Some(app) = TestApp::spawn(database).await else { return };
    let random = Random::seeded(seed);
    let (mut stumbles, mut told_later, mut paid) = (0, 0, 0);
    for n in 0..gifts {
        let form = app.form("").await.filled("25").set("email", &format!("giver{n}@donors.example"));
        for path in [SESSIONS, "/v1/payment_intents", "/v1/charges"] {
            if random.below(10) < 4 {
                stumbles += 1;
                let method = if path == SESSIONS { "POST" } else { "GET" };
                let times = 1 + u32::try_from(random.below(4)).unwrap_or(0);
                let (method, path_prefix) = (Some(method.to_owned()), path.to_owned());
                app.sandbox.fault(Fault { method, path_prefix, times, kind: any_fault(&random) }).await;
            }
        }
        // Who is told that nothing is known yet sends the same form again.
        for again in 0..4 {
            let answer = app.submit(&form).await;
            let to = location(&answer);
            if answer.status() == 303 && to.starts_with(&app.sandbox.api_base()) {
                let session = to.rsplit('/').next().unwrap_or_default().to_owned();
                if app.sandbox.pay(&session, TestMethod::CardSuccess).await.is_ok() {
                    paid += 1;
                }
                break;
            }
            assert_eq!(answer.status(), 503, "the truth, and no other error");
            let page = answer.text().await.expect("a page");
            assert!(page.contains("Nothing was taken"), "{page}");
            told_later += usize::from(again == 0);
        }
        if n % 50 == 0 {
            app.settle().await;
        }
    }
    app.sandbox.clear_faults().await;
    // What nobody knows of is looked for once the key is forgotten.
    app.deps.clock.advance(Duration::from_secs(26 * 3600));
    come_to_rest(&app).await;
    println!(
        "R7 on {database:?}: seed {seed}: {gifts} forms, {stumbles} stumbles, {told_later} donors told to try again, {paid} paid"
    );
    let mut pages = BTreeMap::<String, usize>::new();
    for session in app.sandbox.all("checkout.session").await {
        let form =
            session["client_reference_id"].as_str().or(session["metadata"]["almoner_payment"].as_str());
        *pages.entry(form.unwrap_or_default().to_owned()).or_default() += 1;
    }
    let doubled: Vec<_> = pages.iter().filter(|(_, pages)| **pages > 1).collect();
    assert!(doubled.is_empty(), "one page for a form: {doubled:?}");
    let gifts_kept = app.count("SELECT COUNT(*) FROM gift").await;
    assert_eq!(gifts_kept, i64::from(paid), "every payment is a gift, once");
    assert_eq!(
        app.count("SELECT COUNT(*) FROM payment WHERE state IN ('started', 'open', 'processing')").await,
        0
    );
    app.sandbox.clear_requests().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripe_stumbles_at_four_calls_in_ten_and_each_form_is_one_payment() {
    stumbling(Database::Sqlite).await;
    stumbling(Database::Postgres).await;
}
