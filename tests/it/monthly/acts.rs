//! Each small act: what it says will happen, what happens, and the mail about it.

use almoner::sandbox::TestMethod;

use super::{ADA, BO, PASSWORD, act, ada_with_a_plan, at_stripe, back, begin, gifts, link_in, look, mail};
use crate::support::story;

story! {
    async fn the_plan_shows_what_comes(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = ada.open("/portal/monthly").await;
        for words in ["£25.00", "every month", "22nd", "Visa ending 4242", "Active", "22 December 2026", "22 November 2027", "Give more", "Skip the next gift", "Pause", "Stop"] {
            assert!(page.has(words), "{words}: {}", page.words());
        }
        assert!(!page.html.to_lowercase().contains("subscription") && !page.html.to_lowercase().contains("membership"));
        assert!(ada.open("/portal").await.links().iter().any(|l| l == &format!("/portal/monthly#{plan}")));
        let bo = app.account(BO, PASSWORD).await;
        for path in ["amount", "stop", "skip", "fix", "stopped", "restart"] {
            assert_eq!(bo.open(&format!("/portal/monthly/{plan}/{path}")).await.status, 404, "{path}");
        }
        assert!(bo.open("/portal/monthly").await.has("No monthly gift yet"));
        let own = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        let fields = own.form(&format!("/portal/monthly/{plan}/amount"));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(bo.post(&format!("/portal/monthly/{plan}/amount"), &fields).await.status, 404);
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge_change").await, 0);
    }
}

story! {
    async fn the_amount_changes_from_the_next_gift_on_and_can_be_taken_back(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        for (typed, error) in [("1", "or more"), ("abc", "in figures"), ("", "Choose an amount"), ("10,50", "full stop")] {
            let page = look(&ada, &plan, "amount", &[("amount", typed)]).await;
            assert_eq!(page.status, 422, "{typed}");
            assert!(page.errors().concat().contains(error), "{typed}: {:?}", page.errors());
        }
        let page = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        assert!(page.has("£30.00 a month instead of £25.00") && page.has("£30.00 on 22 December 2026"), "{}", page.words());
        let done = act(&ada, &plan, "amount", &[("amount", "30")]).await;
        assert_eq!(done.path, "/portal/monthly?done=plan", "{}", done.words());
        let told = mail(app, "You changed your monthly gift from £25.00 to £30.00 from 22 December 2026");
        assert!(told.text.contains("Take this change back"), "{}", told.text);
        app.advance_days(30).await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 3000"]);
        assert_eq!(ada.open(&link_in(&told.text)).await.status, 410, "a week is enough to notice");
        let ada = back(app).await;
        act(&ada, &plan, "amount", &[("amount", "35")]).await;
        let told = mail(app, "from £30.00 to £35.00 from 22 January 2027");
        let back = ada.open(&link_in(&told.text)).await;
        assert!(back.has("£30.00 a month instead of £35.00"), "{}", back.words());
        let action = link_in(&told.text);
        let taken = app.browser().fill(&back, &action, &[]).await;
        assert!(taken.has("Your change is confirmed"), "{}", taken.words());
        app.settle().await;
        assert_eq!(app.count("SELECT amount_minor FROM pledge").await, 3_000);
        let again = ada.open(&action).await;
        assert!(again.has("can no longer be taken back"), "{}", again.words());
        app.advance_days(31).await;
        assert_eq!(gifts(app).await.last().map(String::as_str), Some("2027-01-22 3000"));
    }
}

story! {
    async fn the_fee_the_fund_and_the_day_change_each_alone(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        act(&ada, &plan, "fee", &[("cover_fee", "yes")]).await;
        let cover = app.count("SELECT fee_cover_minor FROM pledge").await;
        assert!(cover > 0);
        assert_eq!(at_stripe(app).await["items"]["data"][0]["price"]["unit_amount"], 2_500 + cover);
        let fund = app.deps.config.charity.funds_of("uk").nth(1).expect("another fund").id.clone();
        let done = act(&ada, &plan, "fund", &[("fund", &fund)]).await;
        assert_eq!(done.path, "/portal/monthly?done=plan");
        mail(app, "Your monthly gift now goes to");
        let page = look(&ada, &plan, "day", &[("day", "5")]).await;
        assert!(page.has("5 December 2026") && page.has("5 January 2027"), "{}", page.words());
        act(&ada, &plan, "day", &[("day", "5")]).await;
        mail(app, "Your monthly gift moves to another day from 5 December 2026");
        app.advance_days(50).await;
        let total = 2_500 + cover;
        assert_eq!(gifts(app).await, ["2026-11-22 2500".to_owned(), format!("2026-12-05 {total}"), format!("2027-01-05 {total}")]);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE fee_cover_minor > 0").await, 2);
        let last = app.text("SELECT fund_id FROM gift ORDER BY received_at DESC LIMIT 1").await;
        assert_eq!(last, fund, "gifts go where the plan goes now");
        let ada = back(app).await;
        assert_eq!(look(&ada, &plan, "day", &[("day", "29")]).await.status, 422);
        assert_eq!(look(&ada, &plan, "fund", &[("fund", "nowhere")]).await.status, 422);
    }
}

story! {
    async fn a_gift_is_skipped_and_given_after_all(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = look(&ada, &plan, "skip", &[]).await;
        assert!(page.has("Skip 22 December 2026"), "{}", page.words());
        act(&ada, &plan, "skip", &[]).await;
        mail(app, "Your gift of 22 December 2026 is left out");
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("Skipping one") && page.has("Nothing is taken on 22 December 2026") && page.has("22 January 2027"), "{}", page.words());
        act(&ada, &plan, "resume", &[]).await;
        mail(app, "Your monthly gift goes on from 22 December 2026");
        assert!(ada.open("/portal/monthly").await.has("Active"));
        act(&ada, &plan, "skip", &[]).await;
        app.advance_days(65).await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2027-01-22 2500"]);
        assert!(back(app).await.open("/portal/monthly").await.has("Active"), "it went on by itself");
        assert_eq!(app.mails_about("changed").len(), 0, "what ends by itself is no news");
    }
}

story! {
    async fn a_pause_ends_by_itself_and_an_end_is_kept(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = look(&ada, &plan, "pause", &[("months", "3")]).await;
        assert!(page.has("22 December 2026, 22 January 2027, 22 February 2027"), "{}", page.words());
        act(&ada, &plan, "pause", &[("months", "3")]).await;
        assert!(ada.open("/portal/monthly").await.has("Paused"));
        let wrong = look(&ada, &plan, "until", &[("date", "2027-03-21")]).await;
        assert!(wrong.errors().concat().contains("after the next gift, which is on 22 March 2027"), "{:?}", wrong.errors());
        act(&ada, &plan, "until", &[("date", "2027-05-31")]).await;
        mail(app, "Your monthly gift ends with the one of 22 May 2027");
        app.advance_days(190).await;
        let all = ["2026-11-22 2500", "2027-03-22 2500", "2027-04-22 2500", "2027-05-22 2500"];
        assert_eq!(gifts(app).await, all);
        let given = back(app).await.open("/portal/monthly").await;
        assert!(given.has("Nothing more is taken.") && given.has("Go on with it") && !given.has("Skip"), "{}", given.words());
        app.advance_days(25).await;
        assert_eq!(gifts(app).await, all);
        let over = back(app).await.open("/portal/monthly").await;
        assert!(over.has("on the day you had chosen"), "{}", over.words());
        mail(app, "Your monthly gift has ended as planned");
    }
}

story! {
    async fn how_often_changes_without_a_charge_today(app: &TestApp) {
        let (_, plan) = ada_with_a_plan(app).await;
        app.advance_days(10).await;
        let ada = back(app).await;
        act(&ada, &plan, "frequency", &[("frequency", "quarterly")]).await;
        assert_eq!(gifts(app).await.len(), 1, "nothing is charged today");
        app.advance_days(130).await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2026-12-22 2500", "2027-03-22 2500"]);
        let mails = app.mails_about("You now give £25.00 every three months from 22 December 2026");
        assert_eq!(mails.len(), 1);
    }
}

story! {
    async fn stopping_takes_two_presses_and_beginning_again_no_card(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        for words in ["Nothing more is taken", "Skip one gift", "Pause", "Give less"] {
            assert!(page.has(words), "{words}: {}", page.words());
        }
        let stopped = ada.fill(&page, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        assert_eq!(stopped.heading(), "Your gift is stopped", "{}", stopped.words());
        assert_eq!(at_stripe(app).await["status"], "canceled");
        app.settle().await;
        let proof = mail(app, "Your monthly gift is stopped");
        assert!(proof.text.contains("nothing more will be taken"), "{}", proof.text);
        let thanked = ada.fill(&stopped, &format!("/portal/monthly/{plan}/stopped"), &[("reason", "money"), ("words", "Rent went up")]).await;
        assert!(!thanked.has("Rent went up") && thanked.status == 200);
        assert_eq!(app.text("SELECT ended_words FROM pledge").await, "money: Rent went up");
        app.advance_days(40).await;
        assert_eq!(gifts(app).await.len(), 1, "nothing after the stop");

        let ada = back(app).await;
        let again = ada.open(&format!("/portal/monthly/{plan}/restart")).await;
        assert!(again.has("22 January 2027") && again.has("Nothing is charged today"), "{}", again.words());
        let begun = ada.fill(&again, &format!("/portal/monthly/{plan}/restart"), &[]).await;
        assert!(begun.has("Your gift goes on. Thank you."), "{}", begun.words());
        let twice = ada.fill(&again, &format!("/portal/monthly/{plan}/restart"), &[]).await;
        assert!(twice.has("Your gift goes on. Thank you."), "{}", twice.words());
        let link = link_in(&proof.text);
        let by_mail = app.browser().open(&link).await;
        assert_eq!(by_mail.heading(), "Your gift goes on", "the mail's link begins nothing more: {}", by_mail.words());
        assert_eq!(ada.open(&format!("/portal/monthly/{plan}/restart")).await.path, "/portal/monthly?done=plan_choose");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge WHERE state <> 'ended'").await, 1, "begun once");
        mail(app, "Your monthly gift goes on");
        app.advance_days(60).await;
        assert_eq!(gifts(app).await, ["2026-11-22 2500", "2027-01-22 2500", "2027-02-22 2500"]);
        assert!(back(app).await.open("/portal/gifts").await.has("22 February 2027"));
    }
}

story! {
    async fn several_plans_keep_apart(app: &TestApp) {
        let (ada, first) = ada_with_a_plan(app).await;
        let second = begin(&ada, "40", TestMethod::BacsSuccess).await;
        assert_ne!(first, second);
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("£25.00") && page.has("£40.00") && page.has("Bacs Direct Debit ending 2345"), "{}", page.words());
        let stop = ada.open(&format!("/portal/monthly/{first}/stop")).await;
        ada.fill(&stop, &format!("/portal/monthly/{first}/stop"), &[]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge WHERE state = 'ended' AND amount_minor = 2500").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge WHERE state <> 'ended' AND amount_minor = 4000").await, 1);
        assert_eq!(mail(app, "is stopped").to, ADA);
    }
}

story! {
    async fn a_debit_on_its_way_stays_for_what_it_was_made_for(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let plan = begin(&ada, "25", TestMethod::BacsSuccess).await;
        app.advance_days(31).await;
        let before = app.text("SELECT fund_id FROM pledge").await;
        let fund = app.deps.config.charity.funds_of("uk").find(|f| f.id != before).expect("another fund").id.clone();
        let ada = back(app).await;
        act(&ada, &plan, "fund", &[("fund", &fund)]).await;
        act(&ada, &plan, "amount", &[("amount", "40")]).await;
        app.advance_days(10).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 2);
        assert_eq!(app.count("SELECT COUNT(DISTINCT fund_id) FROM gift").await, 1, "it was on its way already");
        app.advance_days(31).await;
        let last = app.text("SELECT fund_id FROM gift ORDER BY received_at DESC LIMIT 1").await;
        assert_eq!(last, fund);
        assert_eq!(app.count("SELECT MAX(amount_minor) FROM gift").await, 4_000);
    }
}

story! {
    async fn gift_aid_goes_on_when_a_plan_begins_again(app: &TestApp) {
        let session = app.to_checkout(&app.form("?frequency=monthly").await.filled("25").set("frequency", "monthly").with_gift_aid()).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let plan = app.text("SELECT id FROM pledge").await;
        let stop = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        ada.fill(&stop, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        let again = ada.open(&format!("/portal/monthly/{plan}/restart")).await;
        ada.fill(&again, &format!("/portal/monthly/{plan}/restart"), &[]).await;
        app.advance_days(31).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 2);
    }
}

story! {
    async fn a_plan_in_another_currency_is_changed_in_its_own(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let page = ada.open("/give?currency=EUR").await;
        app.deps.clock.advance(std::time::Duration::from_secs(30));
        let away = ada.fill(&page, "/give", &[("frequency", "monthly"), ("amount_other", "30")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.pay(&session, TestMethod::CardSuccess).await;
        let euros = app.text("SELECT id FROM pledge").await;
        begin(&ada, "25", TestMethod::CardSuccess).await;
        let list = ada.open("/portal/monthly").await;
        assert!(list.has("€30.00") && list.has("£25.00"), "{}", list.words());
        act(&ada, &euros, "amount", &[("amount", "40")]).await;
        mail(app, "from €30.00 to €40.00");
        app.advance_days(31).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE currency = 'EUR' AND amount_minor = 4000").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE currency = 'GBP' AND amount_minor = 2500").await, 2);
    }
}
