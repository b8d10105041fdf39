//! Stripe stumbles over a refund, refuses it, or says nothing for a day: exactly one refund, or none and a reason.

use std::time::Duration;

use almoner::sandbox::{Fault, FaultKind};

use super::{FINANCE, give_back, look, refund_path, the_gift};
use crate::support::{TestApp, story};

async fn fault(app: &TestApp, method: &str, times: u32, kind: FaultKind) {
    let path_prefix = "/v1/refunds".to_owned();
    app.sandbox.fault(Fault { method: Some(method.to_owned()), path_prefix, times, kind }).await;
}

/// Lets an hour pass, try by try, until no job is left.
async fn until_it_is_known(app: &TestApp) {
    for _ in 0..60 {
        if app.count("SELECT COUNT(*) FROM job").await == 0 {
            return;
        }
        app.deps.clock.advance(Duration::from_secs(4_600));
        app.settle().await;
    }
    panic!("never known");
}

story! {
    async fn an_answer_that_was_lost_is_one_refund(app: &TestApp) {
        let stumbles = [
            (2, FaultKind::Reset { before_effect: false }),
            (2, FaultKind::Reset { before_effect: true }),
            (1, FaultKind::Status { code: 500, retry_after: None, should_retry: Some(false), before_effect: false }),
            (2, FaultKind::Status { code: 429, retry_after: None, should_retry: None, before_effect: true }),
            (2, FaultKind::Html502),
        ];
        app.staff("finance").await;
        for (n, (times, kind)) in stumbles.into_iter().enumerate() {
            app.gift("25").await;
            let gift = the_gift(app).await;
            let finance = app.browser();
            finance.sign_in_to_office(FINANCE).await;
            give_back(&finance, &gift, "10").await;
            fault(app, "POST", times, kind).await;
            // What Stripe tells of it by itself must not be needed.
            app.hold_deliveries().await;
            app.settle().await;
            until_it_is_known(app).await;
            assert_eq!(app.sandbox.all("refund").await.len(), n + 1, "{kind:?}");
            assert_eq!(app.count("SELECT COUNT(*) FROM refund_request WHERE state = 'made'").await, n as i64 + 1, "{kind:?}");
            assert_eq!(app.mails_about("is on its way back to you").len(), n + 1, "{kind:?}");
        }
    }
}

story! {
    async fn after_a_day_of_silence_it_is_looked_for_and_never_asked_again(app: &TestApp) {
        app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        give_back(&finance, &gift, "10").await;
        fault(app, "POST", 10_000, FaultKind::Reset { before_effect: true }).await;
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM refund_request").await, "asked", "unknown is not refused");
        assert!(finance.open(&refund_path(&gift)).await.has("Another refund of this gift is under way"));
        until_it_is_known(app).await;
        assert_eq!(app.text("SELECT state FROM refund_request").await, "refused");
        assert_eq!(app.sandbox.all("refund").await.len(), 0);
        finance.sign_in_to_office(FINANCE).await;
        let list = finance.open("/staff/refunds").await;
        assert!(list.has("Stripe gave no answer for most of a day, and no refund was made."), "{}", list.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM refund").await, 0, "the gift is untouched");
    }
}

story! {
    async fn what_stripe_refuses_is_said_in_words_and_the_gift_stays(app: &TestApp) {
        let intent = app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look(&finance, &gift, "20").await;
        finance.fill(&page, &refund_path(&gift), &[]).await;
        app.sandbox.refund(&intent, Some(1_000)).await.expect("somebody was quicker in the dashboard");
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM refund_request").await, "refused");
        assert!(finance.open("/staff/refunds").await.has("Stripe says that this is more than is left of the payment."));
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM refund").await, 1_000);
        let today = finance.open("/staff").await;
        assert!(today.has("£20.00 was not given back"), "{}", today.words());
        let again = look(&finance, &gift, "15").await;
        assert!(again.has("£0.00 instead of £15.00"), "{}", again.words());
        finance.fill(&again, &refund_path(&gift), &[]).await;
        app.sandbox.dispute(&intent, "fraudulent").await.expect("a dispute");
        app.settle().await;
        let list = finance.open("/staff/refunds").await;
        assert!(list.has("The donor's bank has opened a dispute."), "{}", list.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request WHERE state = 'refused'").await, 2);
    }
}

story! {
    async fn a_refund_that_fails_can_be_made_again(app: &TestApp) {
        app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        give_back(&finance, &gift, "25").await;
        app.settle().await;
        let refund = app.text("SELECT stripe_refund FROM refund").await;
        app.sandbox.fail_refund(&refund).await;
        app.settle().await;
        let today = finance.open("/staff").await;
        assert!(today.has("£25.00 was not given back") && today.has("The donor’s bank sent it back."), "{}", today.words());
        let again = give_back(&finance, &gift, "25").await;
        assert!(again.ends_with("?done=refund_asked"), "{again}");
        app.settle().await;
        assert!(!finance.open("/staff").await.has("was not given back"), "somebody has tried again");
    }
}
