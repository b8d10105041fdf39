//! The monthly gift in the donor's hands, from outside: what is shown is what happens, and nothing is said to be done that
//! Stripe has not confirmed.

mod acts;
mod links;
mod recovery;
mod schedule;
mod script;
mod truth;

use almoner::sandbox::TestMethod;

use crate::support::TestApp;
use crate::support::browser::{Browser, Shown};

pub const ADA: &str = "ada@donors.example";
pub const BO: &str = "bo@donors.example";
pub const PASSWORD: &str = "correct-heron-bicycle-soup";

/// Begins a monthly gift for somebody who is signed in.
pub async fn begin(browser: &Browser<'_>, amount: &str, method: TestMethod) -> String {
    let app = browser.app;
    let page = browser.open("/give").await;
    app.deps.clock.advance(std::time::Duration::from_secs(30));
    let typed = [("frequency", "monthly"), ("amount_other", amount)];
    let away = browser.fill(&page, "/give", &typed).await;
    assert!(away.path.starts_with(&app.sandbox.api_base()), "{} {:?}", away.path, away.errors());
    let session = away.path.rsplit('/').next().expect("a session").to_owned();
    app.pay(&session, method).await;
    app.text("SELECT id FROM pledge ORDER BY started_at DESC, id DESC LIMIT 1").await
}

/// Somebody with an account and a monthly gift of £25; the plan's id.
pub async fn ada_with_a_plan(app: &TestApp) -> (Browser<'_>, String) {
    let ada = app.account(ADA, PASSWORD).await;
    let plan = begin(&ada, "25", TestMethod::CardSuccess).await;
    (ada, plan)
}

/// The same person, weeks later: signed in anew.
pub async fn back(app: &TestApp) -> Browser<'_> {
    let browser = app.browser();
    let page = browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(page.path, "/portal", "{}", page.words());
    browser
}

/// The page of an act once something was typed into it.
pub async fn look(browser: &Browser<'_>, plan: &str, act: &str, typed: &[(&str, &str)]) -> Shown {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("look", "yes").extend_pairs(typed);
    browser.open(&format!("/portal/monthly/{plan}/{act}?{}", query.finish())).await
}

/// Does an act: looks at what will happen, presses the button.
pub async fn act(browser: &Browser<'_>, plan: &str, act: &str, typed: &[(&str, &str)]) -> Shown {
    let page = look(browser, plan, act, typed).await;
    assert_eq!(page.status, 200, "{act}: {} {:?}", page.words(), page.errors());
    assert!(page.has("What will happen"), "{}", page.words());
    let done = browser.fill(&page, &format!("/portal/monthly/{plan}/{act}"), &[]).await;
    browser.app.settle().await;
    done
}

/// The subscription at the stand-in.
pub async fn at_stripe(app: &TestApp) -> serde_json::Value {
    let id =
        app.text("SELECT stripe_subscription FROM pledge ORDER BY started_at DESC, id DESC LIMIT 1").await;
    app.sandbox.object(&id).await.expect("a subscription")
}

/// The last mail to a mailbox whose subject has `part`.
pub fn mail(app: &TestApp, part: &str) -> crate::support::app::Mail {
    let mails = app.mails_about(part);
    let all: Vec<String> = app.mails().into_iter().map(|m| m.subject).collect();
    mails.last().unwrap_or_else(|| panic!("no mail about {part}: {all:?}")).clone()
}

/// The path of the one-task link in a mail.
pub fn link_in(text: &str) -> String {
    let at = text.find("/monthly/").unwrap_or_else(|| panic!("no link in {text}"));
    text[at..].split_whitespace().next().expect("a link").to_owned()
}

/// The sums of the gifts of every plan, with their days, oldest first.
pub async fn gifts(app: &TestApp) -> Vec<String> {
    let text = app
        .text("SELECT COALESCE(MAX(line), '') FROM (SELECT 1 AS one, CAST(COUNT(*) AS TEXT) AS line FROM gift) t")
        .await;
    let count: usize = text.parse().unwrap_or_default();
    let mut lines = Vec::new();
    for gift in app.sandbox.all("charge").await {
        if gift["status"] == "succeeded" {
            let at = jiff::Timestamp::from_second(gift["created"].as_i64().expect("a time")).expect("a time");
            lines.push(format!("{} {}", &at.to_string()[..10], gift["amount"]));
        }
    }
    lines.sort();
    assert_eq!(lines.len(), count, "every charge is a gift");
    lines
}
