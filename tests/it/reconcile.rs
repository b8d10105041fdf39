//! The mirror heals itself (R12, R13): what no event told is found at Stripe, once, and a second walk changes nothing.

use std::time::Duration;

use almoner::sandbox::{Fault, FaultKind, TestMethod};
use almoner::services::reconcile::{self, By, Report, Walk};

use crate::support::{Database, TestApp, story};

const DAY: Duration = Duration::from_secs(86_400);

/// Everything Stripe would tell is lost.
async fn lose_events(app: &TestApp) -> usize {
    app.hold_deliveries().await.len()
}

/// As the command does it.
async fn reconcile(app: &TestApp) -> (Walk, Report) {
    let walk = reconcile::walk(&app.deps, By::Command, None).await.expect("walks");
    app.worker.drain_looks().await.expect("looks");
    let report = reconcile::report(&app.deps, &walk).await.expect("reports");
    (walk, report)
}

/// Walks once more: nothing is otherwise.
async fn again(app: &TestApp) {
    let before = app.books().await;
    let (walk, report) = reconcile(app).await;
    assert!(report.is_unchanged() && report.left == 0, "{walk:?} {report:?}");
    assert_eq!(app.books().await, before);
}

/// How many charges have brought money at Stripe.
async fn paid_at_stripe(app: &TestApp) -> usize {
    app.sandbox.all("charge").await.iter().filter(|c| c["status"] == "succeeded").count()
}

/// What happens at Stripe while no event comes: `rounds` days with gifts, refunds, disputes and plans that change.
async fn live_in_silence(app: &TestApp, plan: &str, days: u32) -> usize {
    let mut lost = 0;
    let mut paid = Vec::new();
    for day in 0..days {
        for n in 0..3 {
            let mailbox = format!("d{day}n{n}@donors.example");
            let form = app.form("").await.filled("20").set("email", &mailbox);
            let session = app.to_checkout(&form).await;
            let method = if n == 2 { TestMethod::BacsSuccess } else { TestMethod::CardSuccess };
            app.sandbox.pay(&session, method).await.expect("paid");
            if n < 2 {
                paid.push(app.intent_of(&session).await);
            }
        }
        lost += lose_events(app).await;
        app.deps.clock.advance(DAY);
    }
    for (nth, intent) in paid.iter().enumerate() {
        match nth % 10 {
            1 => drop(app.sandbox.refund(intent, None).await.expect("refunded")),
            2 => drop(app.sandbox.refund(intent, Some(500)).await.expect("refunded")),
            3 => drop(app.sandbox.dispute(intent, "fraudulent").await.expect("disputed")),
            4 => {
                let dispute = app.sandbox.dispute(intent, "general").await.expect("disputed");
                app.sandbox.close_dispute(&dispute, false).await;
            }
            _ => {}
        }
    }
    app.sandbox.change_amount(plan, 4_000).await.expect("changed");
    lost + lose_events(app).await
}

/// A monthly gift that the books know; its subscription.
async fn plan(app: &TestApp, email: &str) -> String {
    let form =
        app.form("?frequency=monthly").await.filled("25").set("frequency", "monthly").set("email", email);
    let session = app.to_checkout(&form).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    let session = app.sandbox.object(&session).await.expect("a session");
    session["subscription"].as_str().expect("a subscription").to_owned()
}

async fn silence_of(app: &TestApp, days: u32) {
    let kept = plan(app, "kept@donors.example").await;
    let ended = plan(app, "ended@donors.example").await;
    let failing = plan(app, "failing@donors.example").await;
    app.gift("50").await;
    let early = app.text("SELECT stripe_payment_intent FROM gift WHERE amount_minor = 5000").await;
    app.sandbox.method_becomes(&failing, TestMethod::CardInsufficientFunds).await;
    app.sandbox.cancel_subscription(&ended).await;
    app.sandbox.refund(&early, Some(1_000)).await.expect("refunded");
    let lost = live_in_silence(app, &kept, days).await;
    assert!(lost > usize::try_from(days).expect("few") * 6, "{lost} events were lost");
    app.deps.clock.advance(Duration::from_secs(600));
    lose_events(app).await;

    let (walk, report) = reconcile(app).await;
    assert_eq!((report.left, report.foreign), (0, 0), "{report:?}");
    assert!(walk.seen["charge"] >= usize::try_from(days).expect("few") * 3, "{walk:?}");
    let gifts = app.count("SELECT COUNT(*) FROM gift").await;
    assert_eq!(usize::try_from(gifts).expect("few"), paid_at_stripe(app).await, "{report:?}");
    for (ours, theirs) in
        [("SELECT COUNT(*) FROM refund", "refund"), ("SELECT COUNT(*) FROM dispute", "dispute")]
    {
        let there = app.sandbox.all(theirs).await.len();
        assert_eq!(usize::try_from(app.count(ours).await).expect("few"), there, "{theirs}");
    }
    let states =
        "SELECT state || ' ' || CAST(amount_minor AS TEXT) FROM pledge ORDER BY started_at, id LIMIT 1";
    assert_eq!(app.text(states).await, "active 4000");
    assert_eq!(app.count("SELECT COUNT(*) FROM pledge WHERE state = 'ended'").await, 1);
    again(app).await;
    // The letters go out, once.
    app.settle().await;
    let receipts = "SELECT COUNT(*) FROM mail_outbox WHERE kind = 'receipt' AND dedupe_key NOT LIKE '%:%:%'";
    assert_eq!(app.count(receipts).await, gifts);
    again(app).await;
}

story! {
    async fn three_days_and_an_hour_without_an_event_are_closed_by_one_walk(app: &TestApp) {
        silence_of(app, 3).await;
    }
}

story! {
    async fn a_month_without_an_event_is_closed_by_one_walk(app: &TestApp) {
        silence_of(app, 31).await;
    }
}

story! {
    async fn the_clock_s_own_walk_finds_what_stripe_never_made_an_event_of(app: &TestApp) {
        let mut paid = 0;
        for n in 0..20 {
            let session = app.to_checkout(&app.form("").await.filled("20").set("email", &format!("n{n}@donors.example"))).await;
            app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
            // One in twenty is never told of (R13).
            if n == 7 { lose_events(app).await; } else { app.settle().await; }
            paid += 1;
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, paid - 1);
        app.deps.clock.advance(Duration::from_secs(601));
        app.settle_watched().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, paid);
        assert_eq!(app.mails_about("Receipt").len(), 20);
        app.deps.clock.advance(Duration::from_secs(601));
        app.settle_watched().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM drift WHERE outcome = 'healed'").await, app.count("SELECT COUNT(*) FROM drift").await);
        again(app).await;
    }
}

story! {
    async fn a_walk_that_is_cut_short_loses_nothing_and_the_next_goes_on(app: &TestApp) {
        app.gift("10").await;
        let session = app.to_checkout(&app.form("").await.filled("30").set("email", "bo@donors.example")).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        lose_events(app).await;
        app.deps.clock.advance(DAY);
        let fault = |path: &str, times, code| Fault {
            method: Some("GET".to_owned()),
            path_prefix: path.to_owned(),
            times,
            kind: FaultKind::Status { code, retry_after: None, should_retry: None, before_effect: true },
        };
        app.sandbox.fault(fault("/v1/charges", 10, 500)).await;
        reconcile::walk(&app.deps, By::Command, None).await.expect_err("Stripe is away");
        app.worker.drain_looks().await.expect("looks");
        assert_eq!(app.count("SELECT COUNT(*) FROM reconcile_run WHERE finished_at IS NULL").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 2, "what was found before that is repaired");
        for _ in 0..12 {
            app.deps.clock.advance(Duration::from_secs(3_600));
            app.settle_watched().await;
        }
        let (_, report) = reconcile(app).await;
        assert_eq!(report.left, 0, "{report:?}");
        again(app).await;
    }
}

/// A payment page of another shop on the same Stripe account.
async fn anothers_session(app: &TestApp) -> String {
    let form = [
        ("mode", "payment"),
        ("success_url", "https://shop.example/thanks"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "gbp"),
        ("line_items[0][price_data][unit_amount]", "1900"),
        ("line_items[0][price_data][product_data][name]", "A mug"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let call = app.http.post(format!("{}/v1/checkout/sessions", app.sandbox.api_base()));
    let call = call.bearer_auth(crate::support::app::STRIPE_KEY).body(body);
    let call = call
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Idempotency-Key", "another-shop")
        .header("Stripe-Version", almoner::payments::API_VERSION);
    let answer = call.send().await.expect("an answer").text().await.expect("a text");
    let made: serde_json::Value = serde_json::from_str(&answer).expect("an object");
    made["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Another shop's money stands in no ledger of ours: the books are not compared with the whole account at the end.
async fn anothers_money_is_left_alone(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    app.gift("10").await;
    let session = anothers_session(&app).await;
    app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
    lose_events(&app).await;
    app.deps.clock.advance(DAY);
    let (_, report) = reconcile(&app).await;
    assert_eq!((report.foreign, report.left, report.healed.len()), (1, 0, 0), "{report:?}");
    // The balance is the whole account's: its lines are mirrored, and nothing of the books changes by them.
    assert_eq!((report.gained.gifts, report.gained.entries, report.gained.lines), (0, 0, 2), "{report:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    assert_eq!(app.text("SELECT outcome FROM drift").await, "foreign");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_is_left_alone() {
    anothers_money_is_left_alone(Database::Sqlite).await;
    anothers_money_is_left_alone(Database::Postgres).await;
}
