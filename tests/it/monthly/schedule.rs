//! The twelve charges that are shown are the charges that happen.

use std::time::Duration;

use almoner::domain::ids::PledgeId;
use almoner::domain::states::{ChangeOrigin, PledgeState};
use almoner::domain::terms::Act;
use almoner::random::Random;
use almoner::services::pledges::{Asked, Wish, ask};
use almoner::store::pledges::{self, Pledge};
use serde_json::Value;

use super::{ada_with_a_plan, gifts};
use crate::support::{TestApp, story};

async fn plan(app: &TestApp, id: &PledgeId) -> Pledge {
    let mut read = app.deps.store.read().await.expect("a connection");
    pledges::by_id(&mut read, id).await.expect("reads").expect("there")
}

/// What is shown to come: days and sums.
fn shown(plan: &Pledge) -> Vec<String> {
    let Some(terms) = plan.terms().filter(|t| !t.ended) else { return Vec::new() };
    let coming = terms.schedule().coming(12).into_iter().filter(|c| !c.skipped);
    coming
        .map(|c| format!("{} {}", c.at.to_fixed_text().get(..16).expect("a time"), terms.total().minor()))
        .collect()
}

/// Every charge that happened, in the same words.
async fn charged(app: &TestApp) -> Vec<String> {
    let mut all: Vec<(i64, i64)> = Vec::new();
    for charge in app.sandbox.all("charge").await {
        let figure = |name: &str| charge[name].as_i64().expect("a figure");
        all.push((figure("created"), figure("amount")));
    }
    all.sort_unstable();
    let line = |(at, amount): (i64, i64)| {
        format!("{} {amount}", almoner::clock::Ts::from_unix(at).to_fixed_text().get(..16).expect("a time"))
    };
    all.into_iter().map(line).collect()
}

async fn to(app: &TestApp, at: &str) {
    let at = almoner::clock::Ts::parse(at).expect("an instant");
    let by = at.as_unix() - app.deps.clock.now().as_unix();
    app.deps.clock.advance(Duration::from_secs(u64::try_from(by).expect("ahead")));
    app.settle().await;
}

story! {
    async fn three_years_on_the_thirty_first(app: &TestApp) {
        to(app, "2027-01-31T09:00:00Z").await;
        let (_, id) = ada_with_a_plan(app).await;
        let id: PledgeId = id.parse().expect("an id");
        let mut expected = Vec::new();
        for year in 0..3 {
            let coming = shown(&plan(app, &id).await);
            assert_eq!(coming.len(), 12);
            expected.extend(coming);
            to(app, &format!("{}-02-01T00:00:00Z", 2028 + year)).await;
        }
        let happened = charged(app).await;
        assert_eq!(happened.get(1..).expect("the first is today's"), expected);
        let days: Vec<&str> = expected.iter().map(|l| &l[..10]).collect();
        for day in ["2027-02-28", "2027-03-31", "2028-02-29", "2029-02-28", "2030-01-31"] {
            assert!(days.contains(&day), "{day}: {days:?}");
        }
        assert_eq!(gifts(app).await.len(), 37);
    }
}

/// One random wish.
fn wish(random: &Random, plan: &Pledge) -> Option<Act> {
    let terms = plan.terms()?;
    let zone = jiff::tz::TimeZone::get("Europe/London").expect("a zone");
    let first = terms.schedule().first();
    let day = |days: u64| first.map(|at| at.plus(Duration::from_secs(days * 86_400)).date_in(&zone));
    let money = |minor| almoner::domain::money::Money::new(minor, terms.currency);
    Some(match random.below(12) {
        0 | 1 => Act::Amount { amount: money(500 + 100 * random.below(60) as i64), fee_cover: money(0) },
        2 => Act::Frequency(
            ["monthly", "quarterly", "yearly"][random.below(3) as usize].parse().expect("a word"),
        ),
        3 | 4 => Act::Day(1 + random.below(28) as i8),
        5 | 6 => Act::Skip(first?),
        7 => Act::PauseMonths(1 + random.below(12) as u32),
        8 => Act::PauseUntil(day(random.below(200))?),
        9 => Act::Resume,
        10 => Act::EndAfter(day(200 + random.below(400))?),
        _ => Act::NoEnd,
    })
}

/// One life: random wishes and moves of the clock. After each, what was shown to come up to then is what came.
async fn live(app: &TestApp, seed: u64) {
    let random = Random::seeded(seed);
    to(
        app,
        &format!(
            "2027-{:02}-{:02}T09:{:02}:00Z",
            1 + random.below(12),
            1 + random.below(28),
            random.below(60)
        ),
    )
    .await;
    app.deps.clock.advance(Duration::from_secs(86_400 * random.below(4)));
    let (_, id) = ada_with_a_plan(app).await;
    let id: PledgeId = id.parse().expect("an id");
    for n in 0..24 {
        let before = plan(app, &id).await;
        if before.state == PledgeState::Ended {
            break;
        }
        if let Some(act) = wish(&random, &before) {
            let nonce = format!("{seed}-{n}");
            let asked = Wish { pledge: &id, act: act.clone(), nonce: &nonce, origin: ChangeOrigin::Portal };
            let became = ask(&app.deps, asked).await.expect("an answer");
            assert!(matches!(became, Asked::Done(_) | Asked::Refused(_)), "seed {seed}: {act:?}: {became:?}");
            app.settle().await;
        }
        let (coming, so_far) = (shown(&plan(app, &id).await), charged(app).await.len());
        app.deps.clock.advance(Duration::from_secs(random.below(100 * 86_400)));
        app.settle().await;
        let now = app.deps.clock.now().to_fixed_text();
        let due: Vec<&String> = coming.iter().filter(|line| **line <= now).collect();
        let came = charged(app).await;
        let came: Vec<&String> = came.iter().skip(so_far).collect();
        assert_eq!(came, due, "seed {seed}, step {n}: shown and charged differ");
    }
    let open: Vec<Value> =
        app.sandbox.all("invoice").await.into_iter().filter(|i| i["status"] == "open").collect();
    assert!(open.is_empty(), "seed {seed}: nothing is owed");
}

macro_rules! lives {
    ($($name:ident: $seeds:expr;)*) => {$(
        story! {
            async fn $name(app: &TestApp) {
                live(app, $seeds).await;
            }
        }
    )*};
}

lives! {
    what_is_shown_is_what_happens_1: 1;
    what_is_shown_is_what_happens_2: 2;
    what_is_shown_is_what_happens_3: 3;
    what_is_shown_is_what_happens_4: 4;
    what_is_shown_is_what_happens_5: 5;
    what_is_shown_is_what_happens_6: 6;
    what_is_shown_is_what_happens_7: 7;
    what_is_shown_is_what_happens_8: 8;
}
