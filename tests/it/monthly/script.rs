//! Many failed charges at once (R15): every giver gets exactly the mails of the script, none after it came through, and the
//! books say how many came through and how many did not.

use std::collections::BTreeMap;

use almoner::sandbox::TestMethod;
use sqlx::Row;

use super::link_in;
use crate::support::{TestApp, story};

/// What becomes of a giver's charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It comes through at once.
    Fine,
    /// The money is there when Stripe tries again.
    PaysLater,
    /// Another card is left, by the mail's link.
    NewCard,
    /// The bank wants to see the donor, who leaves a card by the link.
    Authenticates,
    /// It never comes through.
    Never,
}

const FATES: [Fate; 5] = [Fate::Fine, Fate::PaysLater, Fate::NewCard, Fate::Authenticates, Fate::Never];
const OF_EACH: usize = 5;

fn mailbox(n: usize) -> String {
    format!("giver{n}@donors.example")
}

/// Begins a monthly gift as a guest; the subscription.
async fn begin(app: &TestApp, n: usize, method: TestMethod) -> String {
    let form = app
        .form("?frequency=monthly")
        .await
        .filled("20")
        .set("frequency", "monthly")
        .set("email", &mailbox(n));
    let session = app.to_checkout(&form).await;
    app.sandbox.pay(&session, method).await.expect("it is taken");
    let session = app.sandbox.object(&session).await.expect("a session");
    session["subscription"].as_str().expect("a subscription").to_owned()
}

fn letters(app: &TestApp) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in app.mails_about("come through") {
        *counts.entry(mail.to).or_default() += 1;
    }
    counts
}

/// Leaves another card by the link of the last mail to a giver.
async fn leave_a_card(app: &TestApp, n: usize) {
    let mails = app.mails_about("come through");
    let mail = mails.iter().rev().find(|m| m.to == mailbox(n)).expect("a mail");
    let (browser, link) = (app.browser(), link_in(&mail.text));
    let page = browser.open(&link).await;
    let away = browser.fill(&page, &link, &[("do", "method")]).await;
    let session = away.path.rsplit('/').next().expect("a session").to_owned();
    app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("it is taken");
}

async fn states(app: &TestApp, sql: &'static str) -> Vec<(String, i64)> {
    match &app.deps.store {
        almoner::store::Store::Sqlite { read, .. } => {
            let rows = sqlx::query(sql).fetch_all(read).await.expect(sql);
            rows.iter().map(|r| (r.get(0), r.get(1))).collect()
        }
        almoner::store::Store::Postgres(pool) => {
            let rows = sqlx::query(sql).fetch_all(pool).await.expect(sql);
            rows.iter().map(|r| (r.get(0), r.get(1))).collect()
        }
    }
}

story! {
    async fn every_giver_gets_the_mails_of_the_script_and_no_more(app: &TestApp) {
        let mut plans = Vec::new();
        for n in 0..FATES.len() * OF_EACH {
            let fate = FATES[n % FATES.len()];
            let method = match fate {
                Fate::Authenticates => TestMethod::CardAuthenticatesOnRenewal,
                _ => TestMethod::CardSuccess,
            };
            plans.push((n, fate, begin(app, n, method).await));
        }
        app.settle().await;
        for (_, fate, plan) in &plans {
            match fate {
                Fate::PaysLater => app.sandbox.method_becomes(plan, TestMethod::CardInsufficientFunds).await,
                Fate::NewCard => app.sandbox.method_becomes(plan, TestMethod::CardDeclined).await,
                Fate::Never => app.sandbox.method_becomes(plan, TestMethod::CardExpired).await,
                Fate::Fine | Fate::Authenticates => {}
            }
        }
        app.advance_days(30).await;
        let first = letters(app);
        assert_eq!(first.len(), 4 * OF_EACH, "who failed is told on the first day: {first:?}");
        for (n, fate, plan) in &plans {
            match fate {
                Fate::PaysLater => app.sandbox.method_becomes(plan, TestMethod::CardSuccess).await,
                Fate::NewCard | Fate::Authenticates => leave_a_card(app, *n).await,
                Fate::Fine | Fate::Never => {}
            }
        }
        app.settle().await;
        app.advance_days(20).await;
        let told = letters(app);
        for (n, fate, _) in &plans {
            let expected = match fate {
                Fate::Fine => None,
                Fate::PaysLater | Fate::NewCard | Fate::Authenticates => Some(&1),
                // Days 0 and 3; Stripe ends the plan on the seventh, before the next is due.
                Fate::Never => Some(&2),
            };
            assert_eq!(told.get(&mailbox(*n)), expected, "giver {n}: {fate:?}");
        }
        let each = i64::try_from(OF_EACH).expect("few");
        let became = states(app, "SELECT state, COUNT(*) FROM recovery GROUP BY state ORDER BY state").await;
        assert_eq!(became, [("ended".to_owned(), each), ("recovered".to_owned(), 3 * each)]);
        assert_eq!(app.mails_about("Your monthly gift has ended").len(), OF_EACH);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 5 * each + 4 * each);
    }
}
