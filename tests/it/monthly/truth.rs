//! Two tabs, double clicks, answers that were lost, callbacks that came first: all end in one truth.

use almoner::sandbox::{Fault, FaultKind};

use super::{ADA, PASSWORD, act, ada_with_a_plan, at_stripe, link_in, look, mail};
use crate::support::{TestApp, story};

async fn fault(app: &TestApp, times: u32, kind: FaultKind) {
    let path_prefix = "/v1/subscriptions".to_owned();
    app.sandbox.fault(Fault { method: Some("POST".to_owned()), path_prefix, times, kind }).await;
}

async fn sum(app: &TestApp) -> i64 {
    at_stripe(app).await["items"]["data"][0]["price"]["unit_amount"].as_i64().expect("a sum")
}

story! {
    async fn a_double_click_is_one_change(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        let action = format!("/portal/monthly/{plan}/amount");
        let (one, two) = tokio::join!(ada.fill(&page, &action, &[]), ada.fill(&page, &action, &[]));
        for shown in [&one, &two] {
            assert!(shown.path.starts_with("/portal/monthly?done=plan"), "{}", shown.path);
        }
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge_change").await, 1);
        assert_eq!(app.mails_about("You changed your monthly gift").len(), 1);
    }
}

story! {
    async fn a_second_tab_that_is_out_of_date_says_so(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let (raise, lower) = (look(&ada, &plan, "amount", &[("amount", "30")]).await, look(&ada, &plan, "amount", &[("amount", "20")]).await);
        let action = format!("/portal/monthly/{plan}/amount");
        ada.fill(&raise, &action, &[]).await;
        let late = ada.fill(&lower, &action, &[]).await;
        assert_eq!(late.status, 409);
        assert!(late.has("Your gift has changed since you opened this page.") && late.has("£20.00 a month instead of £30.00"), "{}", late.words());
        assert_eq!(sum(app).await, 3_000, "nothing was done");
        let now = ada.fill(&late, &action, &[]).await;
        assert_eq!(now.path, "/portal/monthly?done=plan");
        assert_eq!(sum(app).await, 2_000);
        let skip = look(&ada, &plan, "skip", &[]).await;
        act(&ada, &plan, "skip", &[]).await;
        let twice = ada.fill(&skip, &format!("/portal/monthly/{plan}/skip"), &[]).await;
        assert_eq!(twice.status, 409, "it would skip another one: {}", twice.words());
    }
}

story! {
    async fn an_answer_that_was_lost_is_being_confirmed_until_it_is(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        fault(app, 3, FaultKind::Reset { before_effect: false }).await;
        let page = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        let done = ada.fill(&page, &format!("/portal/monthly/{plan}/amount"), &[]).await;
        assert_eq!(done.path, "/portal/monthly?done=plan", "the plan, read again, agrees: {}", done.words());
        app.settle().await;
        assert_eq!((sum(app).await, app.mails_about("You changed your monthly gift").len()), (3_000, 1));
    }
}

story! {
    async fn a_request_that_was_lost_is_made_by_the_worker(app: &TestApp) {
        for (n, kind) in [
            FaultKind::Reset { before_effect: true },
            FaultKind::Status { code: 429, retry_after: None, should_retry: None, before_effect: true },
            FaultKind::Status { code: 500, retry_after: None, should_retry: Some(false), before_effect: true },
            FaultKind::Html502,
        ]
        .into_iter()
        .enumerate()
        {
            let (ada, plan) = match n {
                0 => ada_with_a_plan(app).await,
                _ => {
                    let ada = app.browser();
                    ada.sign_in(ADA, PASSWORD).await;
                    (ada, app.text("SELECT id FROM pledge").await)
                }
            };
            let amount = (30 + n).to_string();
            let page = look(&ada, &plan, "amount", &[("amount", &amount)]).await;
            // A refusal to be asked again is one answer; the others are asked for three times.
            let times = if matches!(kind, FaultKind::Status { code: 500, .. }) { 1 } else { 3 };
            fault(app, times, kind).await;
            let asked = ada.fill(&page, &format!("/portal/monthly/{plan}/amount"), &[]).await;
            assert_eq!(asked.path, "/portal/monthly?done=plan_asked", "{kind:?}");
            assert!(asked.has("Being confirmed."), "{}", asked.words());
            let busy = look(&ada, &plan, "amount", &[("amount", "99")]).await;
            let busy = ada.fill(&busy, &format!("/portal/monthly/{plan}/amount"), &[]).await;
            assert!(busy.has("One change at a time."), "{}", busy.words());
            app.deps.clock.advance(std::time::Duration::from_secs(120));
            app.settle().await;
            assert_eq!(sum(app).await, 3_000 + n as i64 * 100, "{kind:?}");
            let page = ada.open("/portal/monthly").await;
            assert!(!page.has("Being confirmed."), "{kind:?}: {}", page.words());
        }
        assert_eq!(app.mails_about("You changed your monthly gift").len(), 4);
    }
}

story! {
    async fn to_stop_no_other_change_has_to_be_over(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        fault(app, 3, FaultKind::Reset { before_effect: true }).await;
        let asked = ada.fill(&page, &format!("/portal/monthly/{plan}/amount"), &[]).await;
        assert_eq!(asked.path, "/portal/monthly?done=plan_asked");
        let stop = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        let stopped = ada.fill(&stop, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        assert_eq!(stopped.heading(), "Your gift is stopped", "{}", stopped.words());
        app.deps.clock.advance(std::time::Duration::from_secs(120));
        app.settle().await;
        mail(app, "Your monthly gift is stopped");
        assert_eq!(app.mails_about("You changed").len(), 0);
    }
}

story! {
    async fn a_stop_whose_answer_was_lost_is_not_said_to_be_done(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let stop = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        let kind = FaultKind::Reset { before_effect: true };
        app.sandbox.fault(Fault { method: Some("DELETE".to_owned()), path_prefix: "/v1/subscriptions".to_owned(), times: 3, kind }).await;
        let asked = ada.fill(&stop, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        assert_eq!(asked.heading(), "Being confirmed", "{}", asked.words());
        assert!(!asked.has("is stopped"));
        assert_eq!(app.mails_about("is stopped").len(), 0);
        app.deps.clock.advance(std::time::Duration::from_secs(60));
        app.settle().await;
        assert_eq!(ada.open(&format!("/portal/monthly/{plan}/stopped")).await.heading(), "Your gift is stopped");
        mail(app, "Your monthly gift is stopped");
    }
}

story! {
    async fn what_is_changed_in_stripes_dashboard_is_followed_and_told(app: &TestApp) {
        let (ada, _) = ada_with_a_plan(app).await;
        let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.change_amount(&subscription, 5_000).await.expect("changed");
        app.settle().await;
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("£50.00") && page.has("Changed by us"), "{}", page.words());
        let told = mail(app, "Your monthly gift goes from £25.00 to £50.00");
        assert!(told.text.contains("We changed it for you."), "{}", told.text);
        app.sandbox.cancel_subscription(&subscription).await;
        app.settle().await;
        assert!(mail(app, "Your monthly gift is stopped").text.contains("has stopped it"));
    }
}

/// Makes a subscription as staff do in Stripe's dashboard.
async fn in_the_dashboard(app: &TestApp, marks: &[(&str, &str)]) -> String {
    let known = at_stripe(app).await;
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let product = text(&known["items"]["data"][0]["price"]["product"]);
    let mut form = vec![
        ("customer".to_owned(), text(&known["customer"])),
        ("default_payment_method".to_owned(), text(&known["default_payment_method"])),
        ("items[0][price_data][currency]".to_owned(), "gbp".to_owned()),
        ("items[0][price_data][product]".to_owned(), product),
        ("items[0][price_data][recurring][interval]".to_owned(), "month".to_owned()),
        ("items[0][price_data][unit_amount]".to_owned(), "1200".to_owned()),
    ];
    if marks.iter().all(|(name, _)| *name != "almoner_fund") {
        // Money that is not ours would not be in our ledger.
        let later = app.deps.clock.now().plus(std::time::Duration::from_secs(300 * 86_400));
        form.push(("trial_end".to_owned(), later.as_unix().to_string()));
    }
    form.extend(marks.iter().map(|(name, value)| (format!("metadata[{name}]"), (*value).to_owned())));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let url = format!("{}/v1/subscriptions", app.sandbox.api_base());
    let call = app.http.post(url).bearer_auth(crate::support::app::STRIPE_KEY).body(body);
    let call = call
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Idempotency-Key", format!("dashboard-{}", marks[0].0))
        .header("Stripe-Version", almoner::payments::API_VERSION);
    let answer = call.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let made: serde_json::Value =
        serde_json::from_str(&answer.text().await.expect("a text")).expect("an object");
    text(&made["id"])
}

story! {
    async fn a_plan_made_in_stripes_dashboard_is_taken_over_when_it_names_a_fund(app: &TestApp) {
        ada_with_a_plan(app).await;
        let fund = app.deps.config.charity.funds_of("uk").nth(1).expect("a fund").id.clone();
        in_the_dashboard(app, &[("order", "7")]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge").await, 1, "what is not handed over is not ours");
        in_the_dashboard(app, &[("almoner_fund", &fund), ("almoner_entity", "uk")]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE amount_minor = 1200").await, 1, "its first charge is a gift");
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("£12.00") && page.has("£25.00"), "{}", page.words());
        let plan = app.text("SELECT id FROM pledge WHERE amount_minor = 1200").await;
        let done = act(&ada, &plan, "amount", &[("amount", "14")]).await;
        assert_eq!(done.path, "/portal/monthly?done=plan", "{}", done.words());
        app.advance_days(31).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE amount_minor = 1400").await, 1);
    }
}

story! {
    async fn running_subscriptions_of_another_system_are_taken_over_by_a_file(app: &TestApp) {
        use almoner::services::import::plans::{Became, lines, take_over};
        ada_with_a_plan(app).await;
        let fund = app.deps.config.charity.funds_of("uk").nth(1).expect("a fund").id.clone();
        let elsewhere = in_the_dashboard(app, &[("order", "7")]).await;
        app.settle().await;
        let ours = app.text("SELECT stripe_subscription FROM pledge").await;
        let file = format!("subscription,fund,entity\n{elsewhere},{fund},uk\n{ours},{fund},uk\nsub_nobody,{fund},uk\ncus_1,{fund},uk\n\
            {elsewhere}x,nowhere,uk\n");
        let read = lines(&file).expect("reads");
        let mut became = Vec::new();
        for line in &read {
            became.push(take_over(&app.deps, line, true).await.expect("looks"));
        }
        assert!(matches!(&became[0], Became::Ready(charge) if charge.minor() == 1_200), "{became:?}");
        assert_eq!(became[1], Became::Known);
        assert!(became[2..].iter().all(|b| matches!(b, Became::Problem(_))), "{became:?}");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge").await, 1, "looking changes nothing");
        assert!(matches!(take_over(&app.deps, &read[0], false).await.expect("hands over"), Became::HandedOver(_)));
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge").await, 2);
        assert_eq!(app.text("SELECT fund_id FROM pledge WHERE amount_minor = 1200").await, fund);
        assert_eq!(take_over(&app.deps, &read[0], false).await.expect("looks"), Became::Known);
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = ada.open("/portal/monthly").await;
        assert!(page.has("£12.00"), "{}", page.words());
    }
}

story! {
    async fn a_stop_is_kept_while_stripe_is_away_and_never_given_up(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let stop = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        let refused = FaultKind::Status { code: 403, retry_after: None, should_retry: Some(false), before_effect: true };
        for (method, times, kind) in [("DELETE", 2, refused), ("GET", 2, FaultKind::Html502)] {
            let path_prefix = "/v1/subscriptions".to_owned();
            app.sandbox.fault(Fault { method: Some(method.to_owned()), path_prefix, times, kind }).await;
        }
        let asked = ada.fill(&stop, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        assert_eq!(asked.heading(), "Being confirmed", "{}", asked.words());
        for _ in 0..4 {
            app.deps.clock.advance(std::time::Duration::from_secs(120));
            app.settle().await;
        }
        assert_eq!(at_stripe(app).await["status"], "canceled");
        mail(app, "Your monthly gift is stopped");
    }
}

story! {
    async fn a_change_that_stripe_refuses_is_told(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = look(&ada, &plan, "amount", &[("amount", "30")]).await;
        fault(app, 1, FaultKind::Status { code: 400, retry_after: None, should_retry: Some(false), before_effect: true }).await;
        let refused = ada.fill(&page, &format!("/portal/monthly/{plan}/amount"), &[]).await;
        assert!(refused.has("That could not be done, and nothing was changed."), "{}", refused.words());
        app.settle().await;
        mail(app, "Your monthly gift could not be changed");
        assert_eq!(sum(app).await, 2_500);
        assert!(ada.open("/portal/monthly").await.has("A change could not be made"));
    }
}

story! {
    async fn a_foreign_page_of_another_card_changes_nothing(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let page = ada.open(&format!("/portal/monthly/{plan}/fix")).await;
        let away = ada.fill(&page, &page.path, &[("do", "method")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.sandbox.pay(&session, almoner::sandbox::TestMethod::BacsSuccess).await.expect("it is taken");
        let change = app.text("SELECT id FROM method_change").await;
        let anybody = app.browser();
        assert_eq!(anybody.open(&format!("/monthly/x?back={change}")).await.status, 404);
        assert_eq!(app.text("SELECT state FROM method_change").await, "open", "a link that is none does nothing");
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM method_change").await, "done");
    }
}

story! {
    async fn a_restart_is_not_said_to_be_done_before_it_is(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        let stop = ada.open(&format!("/portal/monthly/{plan}/stop")).await;
        ada.fill(&stop, &format!("/portal/monthly/{plan}/stop"), &[]).await;
        app.settle().await;
        let link = link_in(&mail(app, "is stopped").text);
        let page = app.browser().open(&link).await;
        fault(app, 3, FaultKind::Reset { before_effect: true }).await;
        let asked = app.browser().fill(&page, &link, &[]).await;
        assert_eq!(asked.heading(), "Being confirmed", "{}", asked.words());
        let list = ada.open("/portal/monthly").await;
        assert!(list.has("That it begins again is being confirmed.") && !list.has("It has begun again."), "{}", list.words());
        app.deps.clock.advance(std::time::Duration::from_secs(120));
        app.settle().await;
        assert_eq!(app.browser().open(&link).await.heading(), "Your gift goes on");
        assert!(ada.open("/portal/monthly").await.has("It has begun again."));
        mail(app, "Your monthly gift goes on");
    }
}
