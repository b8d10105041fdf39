//! Stripe answers badly, late or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use almoner::sandbox::{FaultKind, LoggedRequest, TestMethod};
use serde_json::{Value, json};

use super::{event, fault, on_both, status, until_no_job_is_left, wait_after, wrong};
use crate::support::app::STRIPE_KEY;
use crate::support::form::{PageForm, text_of};
use crate::support::{Database, TestApp, story};

const SESSIONS: &str = "/v1/checkout/sessions";
const INTENTS: &str = "/v1/payment_intents";

async fn posts(app: &TestApp) -> Vec<LoggedRequest> {
    let all = app.sandbox.requests().await;
    all.into_iter().filter(|r| r.method == "POST" && r.path == SESSIONS).collect()
}

/// The one key that every try to open a page used.
fn one_key(posts: &[LoggedRequest]) -> &str {
    let keys: BTreeSet<Option<&str>> = posts.iter().map(|r| r.idempotency_key.as_deref()).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.into_iter().next().flatten().expect("a key")
}

story! {
    async fn a_stumble_while_opening_the_page_still_leads_to_exactly_one(app: &TestApp) {
        let told = |code, retry_after, should_retry| FaultKind::Status { code, retry_after, should_retry, before_effect: true };
        let stumbles = [
            told(429, Some(0), None),
            told(500, None, None),
            told(503, None, Some(true)),
            // Not a code to try again on, but Stripe says so.
            told(400, None, Some(true)),
            FaultKind::Reset { before_effect: true },
            FaultKind::Reset { before_effect: false },
            FaultKind::LockConflict,
            FaultKind::Html502,
        ];
        let mut keys = BTreeSet::new();
        for (n, kind) in stumbles.into_iter().enumerate() {
            app.sandbox.clear_requests().await;
            fault(app, "POST", SESSIONS, 2, kind).await;
            let session = app.to_checkout(&app.form("").await.filled("25")).await;
            let tries = posts(app).await;
            assert_eq!(tries.len(), 3, "{kind:?}");
            assert!(keys.insert(one_key(&tries).to_owned()), "each payment has its own key");
            assert_eq!(app.sandbox.all("checkout.session").await.len(), n + 1, "{kind:?}");
            app.pay(&session, TestMethod::CardSuccess).await;
            assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, n as i64 + 1, "{kind:?}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 8);
        assert_eq!(app.mails().len(), 8);
    }
}

story! {
    async fn silence_is_said_to_the_donor_and_the_same_form_goes_on_with_the_same_payment(app: &TestApp) {
        for (n, kind) in [status(500), FaultKind::Reset { before_effect: true }, FaultKind::Reset { before_effect: false }].into_iter().enumerate() {
            app.sandbox.clear_requests().await;
            fault(app, "POST", SESSIONS, 3, kind).await;
            let form = app.form("").await.filled("25").with_gift_aid().set("note", "For <b>the</b> team").set("updates_stories", "yes");
            let away = app.submit(&form).await;
            assert_eq!(away.status(), 503, "{kind:?}");
            let page = away.text().await.expect("a page");
            assert!(text_of(&page, "main").contains("Nothing was taken"), "{}", text_of(&page, "main"));
            for leaked in ["no certain answer", "connection broke", "Idempotency", "req_"] {
                assert!(!page.contains(leaked), "{leaked}");
            }
            let kept = PageForm::read(&page);
            for field in ["token", "amount_other", "given_name", "family_name", "email", "frequency", "note", "gift_aid", "address_line1", "city", "updates_stories"] {
                assert_eq!(kept.get(field), form.get(field), "{field}");
            }
            assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE state = 'started'").await, 1);

            let session = app.to_checkout(&kept).await;
            let tries = posts(app).await;
            assert_eq!(tries.len(), 4);
            assert_eq!(one_key(&tries), app.text("SELECT id FROM payment ORDER BY created_at DESC, id DESC LIMIT 1").await);
            assert_eq!(app.sandbox.all("checkout.session").await.len(), n + 1, "{kind:?}");
            app.pay(&session, TestMethod::CardSuccess).await;
            assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, n as i64 + 1);
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 3);
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry").await, 3, "nothing was written down twice");
    }
}

story! {
    async fn an_error_kept_under_the_key_is_cleared_up_by_the_sweep(app: &TestApp) {
        fault(app, "POST", SESSIONS, 1, FaultKind::Status { code: 500, retry_after: None, should_retry: None, before_effect: false }).await;
        let form = app.form("").await.filled("25");
        assert_eq!(app.submit(&form).await.status(), 503);
        assert_eq!(app.submit(&form).await.status(), 503, "Stripe repeats what it answered under this key");
        assert_eq!(one_key(&posts(app).await), app.text("SELECT id FROM payment").await);
        assert_eq!(app.sandbox.all("checkout.session").await.len(), 1, "never a new key");
        assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE state = 'started' AND stripe_session IS NULL").await, 1);

        app.settle().await;
        assert_eq!(app.text("SELECT state FROM payment").await, "started", "not yet: the key is still good");
        app.deps.clock.advance(Duration::from_secs(26 * 3600));
        // That the page closed is told to nobody: only the sweep can find out.
        app.hold_deliveries().await;
        app.sandbox.clear_requests().await;
        app.settle().await;
        let lists = app.sandbox.requests().await.iter().filter(|r| r.method == "GET" && r.path == SESSIONS).count();
        assert_eq!(lists, 1, "looked for by its mark");
        assert!(posts(app).await.is_empty());
        assert_eq!(app.text("SELECT state FROM payment").await, "expired");
        assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE stripe_session IS NOT NULL").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        assert_eq!(app.mails().len(), 0);
    }
}

story! {
    async fn a_page_that_was_never_opened_is_closed_by_the_sweep(app: &TestApp) {
        fault(app, "POST", SESSIONS, 3, status(500)).await;
        assert_eq!(app.submit(&app.form("").await.filled("25")).await.status(), 503);
        app.deps.clock.advance(Duration::from_secs(26 * 3600));
        fault(app, "GET", SESSIONS, 2, status(500)).await;
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM payment").await, "started", "unknown is not closed");
        app.advance_days(2).await;
        assert_eq!(app.text("SELECT state FROM payment").await, "expired");
        assert_eq!(app.sandbox.all("checkout.session").await.len(), 0);
    }
}

story! {
    async fn faults_while_settling_delay_the_gift_and_never_double_it(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        let busy = FaultKind::Status { code: 429, retry_after: Some(0), should_retry: None, before_effect: true };
        for kind in [status(500), busy, FaultKind::Reset { before_effect: true }, FaultKind::Html502] {
            fault(app, "GET", INTENTS, 6, kind).await;
        }
        let thanks = app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0, "not before Stripe has said so");
        assert!(app.count("SELECT COUNT(*) FROM job WHERE state = 'retrying'").await > 0);
        assert!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'pending'").await > 0);
        assert!(text_of(&app.html(&thanks).await, "h1").starts_with("Thank you."), "the donor is told the truth meanwhile");
        until_no_job_is_left(app).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1);
        assert_eq!(app.mails().len(), 1);
    }
}

async fn what_stripe_does_not_know_is_asked_again_and_shown_in_the_end(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let unknown = [
        ("checkout.session.completed", "cs_test_nobody"),
        ("payment_intent.succeeded", "pi_nobody"),
        ("charge.updated", "ch_nobody"),
        ("refund.created", "re_nobody"),
        ("charge.dispute.created", "dp_nobody"),
        ("invoice.paid", "in_nobody"),
        ("customer.subscription.updated", "sub_nobody"),
        ("payout.paid", "po_nobody"),
    ];
    for (n, (kind, object)) in unknown.into_iter().enumerate() {
        let object = json!({ "id": object, "new_field": [null, { "deep": true }] });
        let nobodys = event(&app, &format!("evt_nobody{n}"), kind, object);
        assert_eq!(app.sandbox.deliver(&nobodys).await, Ok(200), "{kind}");
    }
    let unheard = event(&app, "evt_unheard", "treasury.robot.awoke", json!({ "object": "robot" }));
    assert_eq!(app.sandbox.deliver(&unheard).await, Ok(200));
    app.settle().await;
    assert_eq!(app.text("SELECT state FROM webhook_event WHERE id = 'evt_unheard'").await, "ignored");
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'pending'").await, 8);
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state = 'retrying'").await, 8);
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_line").await, 0, "nothing came of it");

    app.gift("25").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1, "nobody else waits");
    app.damage("UPDATE job SET attempts = 104").await.expect("days later");
    app.deps.clock.advance(wait_after(12));
    app.settle().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE state = 'failed'").await, 8);
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'dead'").await, 8);
    assert_eq!(wrong(&app).await, ["no event is dead", "no job was given up"]);
    app.close().await;
}

async fn what_others_sell_on_the_same_account_is_nobodys_concern(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let fields = [
        ("mode", "payment"),
        ("success_url", "https://shop.example/thanks"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "gbp"),
        ("line_items[0][price_data][unit_amount]", "500"),
        ("line_items[0][price_data][product_data][name]", "Mug"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let post = app.http.post(format!("{}{SESSIONS}", app.sandbox.api_base())).bearer_auth(STRIPE_KEY);
    let post = post.header("Content-Type", "application/x-www-form-urlencoded");
    let answer = post.header("Idempotency-Key", "shop-1").body(body).send().await.expect("an answer");
    let answer: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    let session = answer["id"].as_str().unwrap_or_else(|| panic!("{answer}"));
    app.sandbox.pay(session, TestMethod::CardSuccess).await.expect("paid");
    app.settle().await;
    let intent = app.intent_of(session).await;
    app.sandbox.refund(&intent, None).await.expect("refunded");
    app.settle().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state <> 'ignored'").await, 0);
    assert!(app.count("SELECT COUNT(*) FROM webhook_event WHERE job_kind IS NOT NULL").await >= 3);
    assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_line").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
    assert_eq!(wrong(&app).await, Vec::<String>::new());
    app.close().await;
}

/// Asks the stand-in until its fault is used up.
async fn use_up_the_fault(app: &TestApp) {
    loop {
        let ask = app.http.get(format!("{}{INTENTS}", app.sandbox.api_base())).bearer_auth(STRIPE_KEY);
        if ask.send().await.expect("an answer").status() != 500 {
            return;
        }
    }
}

async fn a_job_given_up_is_there_for_all_to_see_and_the_gift_is_not_lost(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let session = app.to_checkout(&app.form("").await.filled("25")).await;
    fault(&app, "GET", INTENTS, 600, status(500)).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    for attempts in 1..20 {
        app.deps.clock.advance(wait_after(attempts));
        app.settle().await;
    }
    assert_eq!(
        app.count("SELECT COUNT(*) FROM job WHERE state = 'failed'").await,
        0,
        "half a day is not the end"
    );
    let waiting = app.count("SELECT COUNT(*) FROM job WHERE state = 'retrying' AND attempts = 20").await;
    assert!(waiting >= 2, "{waiting}");
    app.damage("UPDATE job SET attempts = 104").await.expect("days later");
    app.deps.clock.advance(wait_after(12));
    app.settle().await;

    let failed = app.count("SELECT COUNT(*) FROM job WHERE state = 'failed' AND attempts = 105").await;
    assert_eq!(failed, waiting);
    assert_eq!(app.count("SELECT COUNT(*) FROM job").await, failed, "nothing else hangs about");
    assert_eq!(app.count("SELECT COUNT(*) FROM job WHERE last_error LIKE '%500%'").await, failed);
    let personal = app.count("SELECT COUNT(*) FROM job WHERE last_error LIKE '%@%'").await;
    assert_eq!(personal, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'pending'").await, 0);
    let dead = app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'dead'").await;
    assert!(dead >= 2, "{dead}");
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
    assert_eq!(wrong(&app).await, ["no event is dead", "no job was given up"]);
    assert_eq!(app.submit(&app.form("").await.filled("30")).await.status(), 303, "giving goes on");

    // Stripe is back. Nobody comes to the given-up jobs, but the sweep looks at what is still open.
    use_up_the_fault(&app).await;
    app.deps.clock.advance(Duration::from_secs(26 * 3600));
    app.settle().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE state = 'paid'").await, 1);
    assert_eq!(app.mails().len(), 1);
    assert!(
        app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'dead'").await < dead,
        "seen after all"
    );
    let left = app.count("SELECT COUNT(*) FROM job WHERE state = 'failed'").await;
    assert_eq!(
        left,
        failed - 1,
        "the look that was made after all is no longer given up; the others still show"
    );
    app.close().await;
}

on_both! {
    a_job_given_up_is_there_for_all_to_see_and_the_gift_is_not_lost
    what_others_sell_on_the_same_account_is_nobodys_concern
    what_stripe_does_not_know_is_asked_again_and_shown_in_the_end
}
