//! What Stripe tells us, and what the books make of it.

use almoner::sandbox::{PayOutcome, TestMethod};

use crate::support::form::text_of;
use crate::support::{Database, TestApp, story};

story! {
    async fn a_declined_card_can_be_followed_by_a_good_one(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        let outcome = app.sandbox.pay(&session, TestMethod::CardDeclined).await;
        assert!(matches!(outcome, Ok(PayOutcome::Declined { .. })), "{outcome:?}");
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM payment").await, "open");
        assert_eq!(app.mails().len(), 0, "a declined card on the page is no mail");
        app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.mails().len(), 1);
    }
}

story! {
    async fn three_d_secure_approved_and_refused(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, TestMethod::Card3ds).await.expect("asks the bank");
        app.sandbox.confirm_3ds(&session, false).await.expect("refused");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        app.sandbox.pay(&session, TestMethod::Card3ds).await.expect("asks the bank");
        app.sandbox.confirm_3ds(&session, true).await.expect("approved");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    }
}

story! {
    async fn a_direct_debit_is_confirmed_first_and_receipted_when_it_settles(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25").with_gift_aid()).await;
        let thanks = app.pay(&session, TestMethod::BacsSuccess).await;
        let page = app.html(&thanks).await;
        assert!(text_of(&page, "h1").contains("with your bank"));
        assert_eq!(app.mails_about("instruction").len(), 1);
        assert_eq!(app.mails_about("Receipt").len(), 0, "processing is not received (RC-3)");
        assert_eq!(app.text("SELECT state FROM payment").await, "processing");

        app.advance_days(7).await;
        assert_eq!(app.mails_about("instruction").len(), 1);
        let receipts = app.mails_about("Receipt");
        assert_eq!(receipts.len(), 1);
        assert!(receipts[0].text.contains("Bacs Direct Debit ending"));
        let received = app.text("SELECT CAST(received_on AS TEXT) FROM gift").await;
        assert!(received.as_str() > "2026-11-25", "received when collected (UK-34), not {received}");
        assert!(text_of(&app.html(&thanks).await, "h1").starts_with("Thank you. Your gift of £25.00 has arrived"));
    }
}

story! {
    async fn a_direct_debit_that_fails_takes_nothing_and_says_so(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        let thanks = app.pay(&session, TestMethod::BacsFailure).await;
        app.advance_days(7).await;
        assert_eq!(app.text("SELECT state FROM payment").await, "failed");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        assert_eq!(app.mails().len(), 2, "one that it is with the bank, one that it was not collected");
        assert!(text_of(&app.html(&thanks).await, "h1").contains("Nothing was taken"));
    }
}

story! {
    async fn a_monthly_gift_renews_with_a_gift_and_a_receipt_each_month(app: &TestApp) {
        let form = app.form("?frequency=monthly").await.filled("25").set("frequency", "monthly").with_gift_aid();
        let session = app.to_checkout(&form.set("cover_fee", "yes")).await;
        let thanks = app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.text("SELECT state FROM pledge").await, "active");
        assert!(app.html(&thanks).await.contains("22 December 2026"));
        app.advance_days(31).await;
        app.advance_days(31).await;

        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 3);
        assert_eq!(app.count("SELECT MAX(instalment) FROM gift").await, 3);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE amount_minor = 2559 AND fee_cover_minor = 59").await, 3);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 3);
        let receipts = app.mails_about("Receipt");
        assert_eq!(receipts.len(), 3);
        assert!(receipts[1].text.contains("Gift 2 of your monthly gift"), "{}", receipts[1].text);
        assert!(app.mails()[2].text.contains("LFT-2027-00000001"), "the number follows the year of receipt");
        assert!(!receipts[0].text.to_lowercase().contains("subscription"));
    }
}

story! {
    async fn quarterly_and_yearly_gifts_keep_their_rhythm(app: &TestApp) {
        for (frequency, amount) in [("quarterly", "60"), ("yearly", "120")] {
            let form = app.form("").await.filled(amount).set("frequency", frequency);
            let session = app.to_checkout(&form).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        app.advance_days(95).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE amount_minor = 6000").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE amount_minor = 12000").await, 1);
    }
}

story! {
    async fn a_renewal_that_fails_and_is_never_paid_ends_the_plan(app: &TestApp) {
        let form = app.form("").await.filled("25").set("frequency", "monthly");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardFailsOnRenewal).await;
        app.advance_days(32).await;
        assert_eq!(app.text("SELECT state FROM pledge").await, "retrying");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1, "a failed charge is no gift");
        app.advance_days(20).await;
        assert_eq!(app.text("SELECT state FROM pledge").await, "ended");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    }
}

story! {
    async fn a_plan_stopped_in_the_dashboard_is_ended_here(app: &TestApp) {
        let form = app.form("").await.filled("25").set("frequency", "monthly");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let plan = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.cancel_subscription(&plan).await;
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM pledge").await, "ended");
        app.advance_days(40).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    }
}

story! {
    async fn a_sum_changed_in_the_dashboard_is_the_plans_sum(app: &TestApp) {
        let form = app.form("?frequency=monthly").await.filled("25").set("frequency", "monthly");
        let session = app.to_checkout(&form.set("cover_fee", "yes")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let plan = app.text("SELECT stripe_subscription FROM pledge").await;
        let sums = "SELECT CAST(amount_minor AS TEXT) || ' + ' || CAST(fee_cover_minor AS TEXT) || ' ' || currency FROM pledge";
        app.advance_days(31).await;
        assert_eq!(app.text(sums).await, "2500 + 59 GBP", "while the sum is the same, so is its split");

        app.sandbox.change_amount(&plan, 4000).await.expect("changed");
        app.settle().await;
        assert_eq!(app.text(sums).await, "4059 + 0 GBP", "how much of it is for the fee, nobody knows now");
        let detail = app.text("SELECT detail FROM audit_line WHERE action = 'pledge.sum_changed'").await;
        let detail: serde_json::Value = serde_json::from_str(&detail).expect("JSON");
        assert_eq!(detail, serde_json::json!({ "from": 2559, "from_currency": "GBP", "to": 4059, "to_currency": "GBP" }));

        app.advance_days(31).await;
        assert_eq!(app.count("SELECT amount_minor FROM gift WHERE instalment = 3").await, 4059);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'pledge.sum_changed'").await, 1, "said once");
    }
}

story! {
    async fn refunds_in_part_and_in_full_are_entries_and_mails(app: &TestApp) {
        let intent = app.gift("50").await;
        app.sandbox.refund(&intent, Some(2000)).await.expect("refunded");
        app.settle().await;
        let mails = app.mails_about("on its way back");
        assert_eq!(mails.len(), 1);
        for part in ["£20.00", "£50.00", "£30.00", "LFT-2026-00000001"] {
            assert!(mails[0].text.contains(part), "{part} in {}", mails[0].text);
        }
        app.sandbox.refund(&intent, None).await.expect("refunded");
        app.settle().await;
        assert_eq!(app.mails_about("on its way back").len(), 2);
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind IN ('gift', 'refund')").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1, "the gift itself is never changed");
    }
}

story! {
    async fn a_refund_that_comes_back_is_an_entry_too(app: &TestApp) {
        let intent = app.gift("50").await;
        let refund = app.sandbox.refund(&intent, None).await.expect("refunded");
        app.settle().await;
        app.sandbox.fail_refund(&refund).await;
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM refund").await, "failed");
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind <> 'fee'").await, 5000);
    }
}

story! {
    async fn a_dispute_lost_and_one_won_keep_sum_and_fee_apart(app: &TestApp) {
        let lost = app.gift("250").await;
        let won = app.gift("100").await;
        let first = app.sandbox.dispute(&lost, "fraudulent").await.expect("disputed");
        let second = app.sandbox.dispute(&won, "fraudulent").await.expect("disputed");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM dispute WHERE state = 'open'").await, 2);
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind = 'dispute_withdrawn'").await, -35000);
        assert_eq!(app.count("SELECT COUNT(*) FROM ledger_entry WHERE kind = 'dispute_fee'").await, 2);
        app.sandbox.close_dispute(&first, false).await;
        app.sandbox.close_dispute(&second, true).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM dispute WHERE state = 'lost'").await, 1);
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind = 'dispute_reinstated'").await, 10000);
    }
}

story! {
    async fn payouts_are_followed_until_they_are_reconciled(app: &TestApp) {
        app.gift("50").await;
        app.advance_days(8).await;
        assert!(app.count("SELECT COUNT(*) FROM payout WHERE state = 'paid'").await >= 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM payout WHERE reconciled = TRUE AND automatic = TRUE").await, app.count("SELECT COUNT(*) FROM payout").await);
    }
}

story! {
    async fn many_waiting_looks_share_list_calls(app: &TestApp) {
        let mut sessions = Vec::new();
        for _ in 0..12 {
            sessions.push(app.to_checkout(&app.form("").await.filled("25")).await);
        }
        for session in &sessions {
            app.sandbox.pay(session, TestMethod::CardSuccess).await.expect("paid");
        }
        for delivery in app.hold_deliveries().await {
            assert_eq!(app.sandbox.deliver(&delivery).await, Ok(200));
        }
        app.sandbox.clear_requests().await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 12);
        let calls = app.sandbox.requests().await;
        let lists = calls.iter().filter(|c| c.path == "/v1/payment_intents" || c.path == "/v1/checkout/sessions").count();
        assert!(lists >= 2, "lists were used");
        assert!(calls.len() < 24, "{} calls for 12 gifts", calls.len());
    }
}

story! {
    async fn two_refunds_seen_at_once_are_told_with_the_right_remainder(app: &TestApp) {
        let intent = app.gift("50").await;
        app.sandbox.refund(&intent, Some(1000)).await.expect("refunded");
        app.sandbox.refund(&intent, Some(1500)).await.expect("refunded");
        app.settle().await;
        let mails = app.mails_about("on its way back");
        assert_eq!(mails.len(), 2);
        for mail in mails {
            assert!(mail.text.contains("£25.00"), "both say what stays given: {}", mail.text);
            assert!(!mail.text.contains("£40.00") && !mail.text.contains("£35.00"));
        }
    }
}

/// Ends without the harness's last look: that money is in Stripe's balance and rightly not in our books.
async fn not_ours(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    {
        // Another program on the same Stripe account sells something.
        let form = [
            ("mode", "payment"),
            ("success_url", "https://shop.example/done"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "gbp"),
            ("line_items[0][price_data][unit_amount]", "900"),
            ("line_items[0][price_data][product_data][name]", "Mug"),
            ("metadata[almoner_payment]", "mug"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let made = app
            .http
            .post(format!("{}/v1/checkout/sessions", app.sandbox.api_base()))
            .bearer_auth(crate::support::app::STRIPE_KEY)
            .header("Idempotency-Key", "a-mug")
            .header("Stripe-Version", almoner::payments::API_VERSION)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .expect("an answer");
        let session: serde_json::Value =
            serde_json::from_slice(&made.bytes().await.expect("a body")).expect("JSON");
        app.sandbox.pay(session["id"].as_str().expect("an id"), TestMethod::CardSuccess).await.expect("paid");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'done'").await, 0);
        assert_eq!(app.mails().len(), 0);
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_is_not_ours_is_left_alone() {
    not_ours(Database::Sqlite).await;
    not_ours(Database::Postgres).await;
}
