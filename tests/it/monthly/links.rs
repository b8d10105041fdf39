//! Links in mails: one task each, without a sign-in.

use std::time::Duration;

use almoner::sandbox::TestMethod;
use almoner::services::pledges::links::{Purpose, address};

use super::{ADA, PASSWORD, ada_with_a_plan, at_stripe, back, begin, gifts, link_in, mail};
use crate::support::{TestApp, story};

fn path_of(app: &TestApp, purpose: &Purpose) -> String {
    address(&app.deps, purpose).strip_prefix(&app.base).expect("an address of ours").to_owned()
}

story! {
    async fn a_raise_link_raises_and_nothing_else(app: &TestApp) {
        let (_, plan) = ada_with_a_plan(app).await;
        let link = path_of(app, &Purpose::Raise(plan.parse().expect("an id")));
        let anybody = app.browser();
        let page = anybody.open(&link).await;
        for words in ["£25.00 a month", "Add £5", "£30.00 a month", "Add £20", "22 December 2026"] {
            assert!(page.has(words), "{words}: {}", page.words());
        }
        assert!(!page.html.contains("ada@"), "who holds the link need not know whose it is");
        for (typed, error) in [("24", "Enter more than the £25 you give now"), ("25", "Enter more than"), ("", "Choose an amount"), ("-5", "or more")] {
            let wrong = anybody.fill(&page, &link, &[("add", "own"), ("own", typed)]).await;
            assert_eq!(wrong.status, 422, "{typed}");
            assert!(wrong.errors().concat().contains(error), "{typed}: {:?}", wrong.errors());
        }
        let done = anybody.fill(&page, &link, &[("add", "10")]).await;
        assert!(done.has("Your change is confirmed"), "{}", done.words());
        app.settle().await;
        assert_eq!(at_stripe(app).await["items"]["data"][0]["price"]["unit_amount"], 3_500);
        mail(app, "from £25.00 to £35.00");
        for what in ["method", "retry", "undo", "restart", "stop"] {
            let other = anybody.fill(&page, &link, &[("do", what), ("own", "1")]).await;
            assert_eq!(other.status, 409, "{what}: the page is from before the raise");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge_change").await, 1);
        app.deps.clock.advance(Duration::from_secs(61 * 86_400));
        let old = anybody.open(&link).await;
        assert_eq!((old.status, old.heading().as_str()), (410, "This link is too old"));
        assert_eq!(anybody.post(&link, &[("do", "raise"), ("add", "5")]).await.status, 410);
        assert_eq!(anybody.open(&format!("{link}0")).await.status, 404);
        assert_eq!(anybody.open("/monthly/x").await.status, 404);
    }
}

story! {
    async fn another_card_moves_every_plan_and_is_read_back(app: &TestApp) {
        let (ada, first) = ada_with_a_plan(app).await;
        begin(&ada, "40", TestMethod::CardSuccess).await;
        let customers = app.count("SELECT COUNT(DISTINCT stripe_customer) FROM pledge").await;
        assert_eq!(customers, 1, "given while signed in: one customer");
        let page = ada.open(&format!("/portal/monthly/{first}/fix")).await;
        assert!(page.has("Use another card or account"), "{}", page.words());
        let link = page.path.clone();
        let away = ada.fill(&page, &link, &[("do", "method")]).await;
        assert!(away.path.starts_with(&app.sandbox.api_base()), "{}", away.path);
        let left = ada.open(&format!("{link}?back={}", app.text("SELECT id FROM method_change").await)).await;
        assert!(left.has("You left the page without"), "{}", left.words());
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.sandbox.pay(&session, TestMethod::BacsSuccess).await.expect("it is taken");
        let back = ada.open(&format!("{link}?back={}", app.text("SELECT id FROM method_change").await)).await;
        assert!(back.has("Your new card or account is in use"), "{}", back.words());
        for plan in app.sandbox.all("subscription").await {
            let method = app.sandbox.object(plan["default_payment_method"].as_str().expect("a method")).await.expect("it");
            assert_eq!(method["type"], "bacs_debit");
        }
        let customer = app.text("SELECT stripe_customer FROM pledge LIMIT 1").await;
        let customer = app.sandbox.object(&customer).await.expect("a customer");
        assert!(customer["invoice_settings"]["default_payment_method"].is_string());
        app.settle().await;
        assert_eq!(app.mails_about("is now paid with Bacs Direct Debit ending 2345").len(), 2, "one for each plan");
        assert_eq!(app.text("SELECT state FROM method_change").await, "done");
        assert!(ada.open("/portal/monthly").await.has("Bacs Direct Debit ending 2345"));
    }
}

story! {
    async fn the_worker_puts_a_new_card_to_use_when_nobody_comes_back(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = ada.open(&format!("/portal/monthly/{plan}/fix")).await;
        let away = ada.fill(&page, &page.path, &[("do", "method")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.sandbox.pay(&session, TestMethod::BacsSuccess).await.expect("it is taken");
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM method_change").await, "done");
        assert_eq!(app.text("SELECT method_label FROM pledge").await, "Bacs Direct Debit");
    }
}

story! {
    async fn an_ended_plan_begins_again_by_its_mail(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        ada.fill(&page, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        app.settle().await;
        let link = link_in(&mail(app, "is stopped").text);
        let anybody = app.browser();
        let page = anybody.open(&link).await;
        assert!(page.has("22 December 2026"), "{}", page.words());
        let done = anybody.fill(&page, &link, &[]).await;
        assert!(done.has("Your gift goes on. Thank you."), "{}", done.words());
        app.advance_days(31).await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 2500"]);
    }
}

story! {
    async fn who_wants_to_hear_of_ways_to_help_is_asked_once_a_year(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        begin(&ada, "25", TestMethod::CardSuccess).await;
        app.advance_days(366).await;
        assert_eq!(app.mails_about("what a little more would do").len(), 0, "who did not agree is not asked");
        let ada = back(app).await;
        let choices = ada.open("/portal/preferences").await;
        ada.fill(&choices, "/portal/preferences", &[("updates_help", "yes")]).await;
        app.advance_days(3).await;
        let asked = app.mails_about("what a little more would do");
        assert_eq!(asked.len(), 1, "once she has agreed");
        let link = link_in(&asked[0].text);
        let page = app.browser().open(&link).await;
        assert_eq!(page.heading(), "Give a little more");
        app.advance_days(300).await;
        assert_eq!(app.mails_about("what a little more would do").len(), 1);
        app.advance_days(70).await;
        assert_eq!(app.mails_about("what a little more would do").len(), 2, "and a year later");
    }
}
