//! A charge that failed: mails by the script and no more, the true reason, one link that puts it right (R15).

use almoner::sandbox::TestMethod;

use super::{ADA, PASSWORD, ada_with_a_plan, back, begin, gifts, link_in, mail};
use crate::support::{TestApp, story};

/// A plan whose renewal of 22 December has just failed.
async fn failed(app: &TestApp, method: TestMethod) -> (crate::support::browser::Browser<'_>, String) {
    let (_, plan) = ada_with_a_plan(app).await;
    let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
    app.sandbox.method_becomes(&subscription, method).await;
    app.advance_days(30).await;
    (back(app).await, plan)
}

fn letters(app: &TestApp) -> usize {
    app.mails_about("come through").len()
}

story! {
    async fn the_reason_is_named_and_the_script_kept(app: &TestApp) {
        let (ada, _) = failed(app, TestMethod::CardInsufficientFunds).await;
        let first = mail(app, "Your gift of £25.00 did not come through");
        assert!(first.text.contains("There was not enough money in the account."), "{}", first.text);
        assert!(first.text.contains("22 December 2026"), "{}", first.text);
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("Not collected") && page.has("did not come through") && page.has("Put it right"), "{}", page.words());
        assert!(ada.open("/portal").await.has("Your last gift did not come through."));
        assert_eq!(letters(app), 1);
        app.advance_days(2).await;
        assert_eq!(letters(app), 1);
        app.advance_days(1).await;
        assert_eq!(letters(app), 2, "the third day");
        mail(app, "Your gift of £25.00 still has not come through");
        app.advance_days(6).await;
        assert_eq!(letters(app), 2, "the plan ended on the seventh day, after the last try");
        let ended = mail(app, "Your monthly gift has ended");
        assert!(ended.text.replace('\n', " ").contains("you owe us nothing"), "{}", ended.text);
        app.advance_days(30).await;
        assert_eq!(letters(app), 2, "nothing after the end");
        assert_eq!(app.text("SELECT state FROM recovery").await, "ended");
        let ada = back(app).await;
        assert!(ada.open("/portal/monthly").await.has("after your bank had not sent it several times"));
        assert_eq!(gifts(app).await.len(), 1);
    }
}

story! {
    async fn stripes_own_retry_ends_the_letters(app: &TestApp) {
        let (_, _) = failed(app, TestMethod::CardExpired).await;
        assert!(mail(app, "did not come through").text.contains("Your card has expired."));
        let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.method_becomes(&subscription, TestMethod::CardSuccess).await;
        app.advance_days(20).await;
        assert_eq!(letters(app), 1, "none after it came through");
        assert_eq!(app.text("SELECT state FROM recovery").await, "recovered");
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-25 2500"]);
        let page = back(app).await.open("/portal/monthly").await;
        assert!(page.has("Active") && page.has("came through after all"), "{}", page.words());
    }
}

story! {
    async fn the_link_takes_another_card_and_pays_what_is_owed(app: &TestApp) {
        let (_, _) = failed(app, TestMethod::CardDeclined).await;
        let link = link_in(&mail(app, "did not come through").text);
        let anybody = app.browser();
        let page = anybody.open(&link).await;
        for words in ["Your gift did not come through", "£25.00", "22 December 2026", "Visa ending 4242", "Use another card or account", "Try the same one again"] {
            assert!(page.has(words), "{words}: {}", page.words());
        }
        let same = anybody.fill(&page, &link, &[("do", "retry")]).await;
        assert!(same.has("Your bank said no again."), "{}", same.words());
        let away = anybody.fill(&page, &link, &[("do", "method")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("it is taken");
        let change = app.text("SELECT id FROM method_change").await;
        let back = anybody.open(&format!("{link}?back={change}")).await;
        assert!(back.has("Your new card or account is in use"), "{}", back.words());
        app.settle().await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 2500"]);
        assert_eq!(app.text("SELECT state FROM recovery").await, "recovered");
        assert_eq!(app.text("SELECT state FROM pledge").await, "active");
        app.advance_days(20).await;
        assert_eq!(letters(app), 1);
    }
}

story! {
    async fn the_same_card_is_tried_again_without_typing(app: &TestApp) {
        let (_, _) = failed(app, TestMethod::CardInsufficientFunds).await;
        let link = link_in(&mail(app, "did not come through").text);
        let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.method_becomes(&subscription, TestMethod::CardSuccess).await;
        let anybody = app.browser();
        let page = anybody.open(&link).await;
        let paid = anybody.fill(&page, &link, &[("do", "retry")]).await;
        assert!(paid.has("It came through. Thank you."), "{}", paid.words());
        let twice = anybody.fill(&page, &link, &[("do", "retry")]).await;
        assert!(twice.has("It came through. Thank you."), "a second press takes nothing: {}", twice.words());
        app.settle().await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 2500"]);
    }
}

story! {
    async fn stopping_ends_what_is_owed(app: &TestApp) {
        let (ada, plan) = failed(app, TestMethod::CardDeclined).await;
        let page = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        let stopped = ada.fill(&page, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        assert_eq!(stopped.heading(), "Your gift is stopped");
        app.advance_days(20).await;
        assert_eq!(letters(app), 1);
        assert_eq!(app.text("SELECT state FROM recovery").await, "dropped");
        assert_eq!(gifts(app).await.len(), 1);
    }
}

story! {
    async fn a_returned_direct_debit_is_named(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        begin(&ada, "25", TestMethod::BacsSuccess).await;
        app.advance_days(10).await;
        let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.method_becomes(&subscription, TestMethod::BacsFailure).await;
        app.advance_days(28).await;
        let told = mail(app, "did not come through");
        assert!(told.text.contains("Your bank returned the Direct Debit unpaid."), "{}", told.text);
    }
}

story! {
    async fn a_card_is_warned_of_once_and_a_renewed_one_is_shown(app: &TestApp) {
        ada_with_a_plan(app).await;
        let method = app.text("SELECT stripe_method FROM pledge").await;
        app.sandbox.card_expires(&method, 2027, 1).await;
        app.damage("UPDATE pledge SET method_expires = '2027-01'").await.expect("a card that ends");
        app.advance_days(39).await;
        assert_eq!(app.mails_about("Your card expires in").len(), 0, "31 December");
        app.advance_days(5).await;
        let warned = mail(app, "Your card expires in January 2027");
        assert_eq!(app.mails_about("Your card expires in").len(), 1);
        let ada = back(app).await;
        assert!(ada.open("/portal/monthly").await.has("expires in January 2027"), "it is said on the page too");
        let page = app.browser().open(&link_in(&warned.text)).await;
        assert_eq!(page.heading(), "Use another card or account");
        app.sandbox.card_renewed(&method).await;
        app.settle().await;
        let told = mail(app, "Your monthly gift is now paid with");
        assert!(told.text.contains("Your bank has sent us the details"), "{}", told.text);
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("Your bank sent us your new card's details"), "{}", page.words());
        app.advance_days(40).await;
        assert_eq!(app.mails_about("Your card expires in").len(), 1);
    }
}

story! {
    async fn a_bank_that_wants_to_see_the_donor_is_named(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let plan = begin(&ada, "25", TestMethod::CardAuthenticatesOnRenewal).await;
        app.advance_days(30).await;
        let told = mail(app, "did not come through");
        assert!(told.text.contains("Your bank wants you to confirm it yourself."), "{}", told.text);
        let link = link_in(&told.text);
        let anybody = app.browser();
        let page = anybody.open(&link).await;
        let away = anybody.fill(&page, &link, &[("do", "method")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.sandbox.pay(&session, TestMethod::Card3ds).await.expect("the bank asks");
        app.sandbox.confirm_3ds(&session, true).await.expect("confirmed");
        app.settle().await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 2500"]);
        assert_eq!(app.text("SELECT state FROM recovery").await, "recovered");
        assert!(plan.starts_with("plg_"));
    }
}
