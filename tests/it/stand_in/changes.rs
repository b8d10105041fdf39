//! Monthly gifts paused, moved, changed and ended: after each change the next boundaries are Stripe's.

use super::*;

/// A monthly gift by a card that works, begun on 2 October 2026: its path and its first period's end.
async fn running(bench: &Bench) -> (String, i64) {
    let path = format!("/v1/subscriptions/{}", bench.pledge(TestMethod::CardSuccess).await);
    let end = period(bench, &path).await.1;
    bench.events().await;
    (path, end)
}

async fn period(bench: &Bench, path: &str) -> (i64, i64) {
    let item = bench.get(path).await["items"]["data"][0].clone();
    let at = |name: &str| item[name].as_i64().unwrap();
    (at("current_period_start"), at("current_period_end"))
}

/// Every invoice so far, oldest first: when it was made, its total, its status.
async fn invoices(bench: &Bench, path: &str) -> Vec<(i64, i64, String)> {
    let id = path.rsplit('/').next().unwrap();
    let all = bench.get(&format!("/v1/invoices?limit=100&subscription={id}")).await;
    let all = all["data"].as_array().unwrap().clone();
    let line =
        |one: &Value| (one["created"].as_i64().unwrap(), one["total"].as_i64().unwrap(), text(one, "status"));
    all.iter().rev().map(line).collect()
}

fn invoice(at: i64, total: i64, status: &str) -> (i64, i64, String) {
    (at, total, status.to_owned())
}

/// What turns the first line into another price: its id, currency, product, interval and amount.
async fn price(bench: &Bench, path: &str, interval: &str, amount: &str) -> Vec<(&'static str, String)> {
    let item = bench.get(path).await["items"]["data"][0].clone();
    vec![
        ("items[0][id]", text(&item, "id")),
        ("items[0][price_data][currency]", "gbp".to_owned()),
        ("items[0][price_data][product]", text(&item["price"], "product")),
        ("items[0][price_data][recurring][interval]", interval.to_owned()),
        ("items[0][price_data][unit_amount]", amount.to_owned()),
        ("proration_behavior", "none".to_owned()),
    ]
}

fn borrowed<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_pause_voids_its_boundaries_and_ends_by_itself() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let past = (bench.now() - 1).to_string();
    let pause = |at: &str| {
        vec![
            ("pause_collection[behavior]", "void".to_owned()),
            ("pause_collection[resumes_at]", at.to_owned()),
        ]
    };
    assert_eq!(bench.refused(&path, &borrowed(&pause(&past))).await, "- pause_collection[resumes_at]");
    assert_eq!(bench.get(&path).await["pause_collection"], Value::Null);
    let back = end + 40 * DAY;
    let paused = bench.ok(&path, &borrowed(&pause(&back.to_string()))).await;
    assert_eq!(
        (&paused["status"], &paused["pause_collection"]["resumes_at"]),
        (&"active".into(), &back.into())
    );
    bench.events().await;
    bench.go(end).await;
    let events = bench.events().await;
    has(
        &events,
        &["invoice.created", "invoice.finalized", "invoice.voided", "customer.subscription.updated"],
    );
    assert!(
        events.iter().all(|event| !event.starts_with("charge") && !event.starts_with("payment")),
        "{events:?}"
    );
    bench.go(back).await;
    assert_eq!(bench.get(&path).await["pause_collection"], Value::Null);
    bench.go(end + 61 * DAY).await;
    // 2 October, then voided on 2 November and 2 December, and taken again on 2 January.
    let wanted = [
        invoice(START, 2500, "paid"),
        invoice(end, 2500, "void"),
        invoice(end + 30 * DAY, 2500, "void"),
        invoice(end + 61 * DAY, 2500, "paid"),
    ];
    assert_eq!(invoices(&bench, &path).await, wanted);
    bench.balanced().await;
}

#[tokio::test]
async fn a_boundary_at_the_instant_of_resumption_is_collected() {
    let bench = Bench::new().await;
    for periods in [0, 1] {
        let (path, end) = running(&bench).await;
        // The second begins on 2 November, so its boundaries are 2 December and 2 January.
        let back = end + periods * 31 * DAY;
        let pause =
            [("pause_collection[behavior]", "void"), ("pause_collection[resumes_at]", &back.to_string())];
        let start = bench.now();
        bench.ok(&path, &pause).await;
        bench.go(back).await;
        let mut wanted = vec![invoice(start, 2500, "paid")];
        wanted.extend((0..periods).map(|_| invoice(end, 2500, "void")));
        wanted.push(invoice(back, 2500, "paid"));
        assert_eq!(invoices(&bench, &path).await, wanted);
    }
}

#[tokio::test]
async fn a_trial_moves_the_next_charge_and_the_anchor() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let moved = end + 13 * DAY;
    bench.go(START + 5 * DAY).await;
    let trial = |at: i64| [("trial_end", at.to_string()), ("proration_behavior", "none".to_owned())];
    assert_eq!(bench.refused(&path, &[("trial_end", &moved.to_string())]).await, "- proration_behavior");
    let past = trial(START);
    assert_eq!(bench.refused(&path, &borrowed(&past)).await, "- trial_end");
    let now = bench.ok(&path, &borrowed(&trial(moved))).await;
    assert_eq!((&now["status"], &now["billing_cycle_anchor"]), (&"trialing".into(), &moved.into()));
    assert_eq!(period(&bench, &path).await, (START + 5 * DAY, moved));
    bench.events().await;
    bench.go(end).await;
    assert!(
        bench.events().await.iter().all(|event| !event.starts_with("invoice")),
        "the old boundary is no more"
    );
    bench.go(moved).await;
    assert_eq!(bench.get(&path).await["status"], "active");
    bench.go(moved + 30 * DAY).await;
    let wanted = [
        invoice(START, 2500, "paid"),
        invoice(START + 5 * DAY, 0, "paid"),
        invoice(moved, 2500, "paid"),
        invoice(moved + 30 * DAY, 2500, "paid"),
    ];
    assert_eq!(invoices(&bench, &path).await, wanted, "15 November and 15 December");
}

#[tokio::test]
async fn a_trial_may_be_moved_both_ways() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let mut ends = Vec::new();
    for days in [60, 90, 20, 60, 20] {
        let at = end + days * DAY;
        let now = bench.ok(&path, &[("trial_end", &at.to_string()), ("proration_behavior", "none")]).await;
        assert_eq!((&now["trial_end"], &now["trial_start"]), (&at.into(), &START.into()), "one trial, moved");
        assert_eq!(now["items"]["data"][0]["current_period_end"], at);
        ends.push(at);
    }
    bench.go(end + 51 * DAY).await;
    let mut wanted = vec![invoice(START, 2500, "paid")];
    wanted.extend(ends.iter().map(|_| invoice(START, 0, "paid")));
    wanted.push(invoice(end + 20 * DAY, 2500, "paid"));
    wanted.push(invoice(end + 50 * DAY, 2500, "paid"));
    assert_eq!(invoices(&bench, &path).await, wanted, "only the last one counts, and it counts once");
    let now = bench.ok(&path, &[("trial_end", "now"), ("proration_behavior", "none")]).await;
    assert_eq!((&now["status"], &now["billing_cycle_anchor"]), (&"active".into(), &bench.now().into()));
    assert_eq!(invoices(&bench, &path).await.last().unwrap().clone(), invoice(end + 51 * DAY, 2500, "paid"));
}

#[tokio::test]
async fn another_amount_waits_for_the_boundary_and_other_lines_go() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let mut two = price(&bench, &path, "month", "60").await;
    two.remove(0);
    let two = bench.ok(&path, &borrowed(&two)).await;
    assert_eq!(two["items"]["data"].as_array().unwrap().len(), 2);
    let other = text(&two["items"]["data"][1], "id");
    let mut change = price(&bench, &path, "month", "4000").await;
    change.extend([("items[1][id]", other), ("items[1][deleted]", "true".to_owned())]);
    let now = bench.ok(&path, &borrowed(&change)).await;
    assert_eq!(now["items"]["data"].as_array().unwrap().len(), 1);
    assert_eq!(now["billing_cycle_anchor"], START);
    assert_eq!(period(&bench, &path).await, (START, end));
    bench.go(end).await;
    assert_eq!(invoices(&bench, &path).await, [invoice(START, 2500, "paid"), invoice(end, 4000, "paid")]);
    let item = text(&now["items"]["data"][0], "id");
    let last =
        [("items[0][id]", item.as_str()), ("items[0][deleted]", "true"), ("proration_behavior", "none")];
    assert_eq!(bench.refused(&path, &last).await, "- -", "one line must stay");
}

#[tokio::test]
async fn another_interval_with_a_trial_is_billed_when_the_trial_ends() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    bench.go(START + 9 * DAY).await;
    let mut change = price(&bench, &path, "year", "30000").await;
    change.push(("trial_end", end.to_string()));
    let now = bench.ok(&path, &borrowed(&change)).await;
    assert_eq!((&now["status"], &now["billing_cycle_anchor"]), (&"trialing".into(), &end.into()));
    bench.go(end + 364 * DAY).await;
    let mut wanted =
        vec![invoice(START, 2500, "paid"), invoice(START + 9 * DAY, 0, "paid"), invoice(end, 30000, "paid")];
    assert_eq!(invoices(&bench, &path).await, wanted);
    bench.go(end + 365 * DAY).await;
    wanted.push(invoice(end + 365 * DAY, 30000, "paid"));
    assert_eq!(invoices(&bench, &path).await, wanted);
}

#[tokio::test]
async fn another_interval_within_a_trial_waits_and_alone_it_bills_at_once() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let until = end + 10 * DAY;
    bench.ok(&path, &[("trial_end", &until.to_string()), ("proration_behavior", "none")]).await;
    let change = price(&bench, &path, "week", "700").await;
    let now = bench.ok(&path, &borrowed(&change)).await;
    assert_eq!((&now["status"], &now["billing_cycle_anchor"]), (&"trialing".into(), &until.into()));
    assert_eq!(period(&bench, &path).await.1, until);
    assert_eq!(bench.refused(&path, &[("billing_cycle_anchor", "now")]).await, "- billing_cycle_anchor");
    bench.go(until + 7 * DAY).await;
    let mut wanted = vec![
        invoice(START, 2500, "paid"),
        invoice(START, 0, "paid"),
        invoice(until, 700, "paid"),
        invoice(until + 7 * DAY, 700, "paid"),
    ];
    assert_eq!(invoices(&bench, &path).await, wanted);
    bench.go(until + 8 * DAY).await;
    let change = price(&bench, &path, "month", "900").await;
    bench.ok(&path, &borrowed(&change)).await;
    wanted.push(invoice(until + 8 * DAY, 900, "paid"));
    bench.go(until + 20 * DAY).await;
    assert_eq!(invoices(&bench, &path).await, wanted, "billed at once, and no longer every week");
}

#[tokio::test]
async fn an_end_falls_on_a_boundary_and_may_be_taken_back() {
    let bench = Bench::new().await;
    let (path, end) = running(&bench).await;
    let at = |at: i64| at.to_string();
    assert_eq!(bench.refused(&path, &[("cancel_at", &at(START))]).await, "- cancel_at", "not in the past");
    assert_eq!(
        bench.refused(&path, &[("cancel_at", &at(end + DAY))]).await,
        "- cancel_at",
        "a part of a period"
    );
    assert_eq!(bench.refused(&path, &[("cancel_at", &at(end - DAY))]).await, "- proration_behavior");
    let both = [("cancel_at", at(end)), ("cancel_at_period_end", "true".to_owned())];
    assert_eq!(bench.refused(&path, &borrowed(&both)).await, "- cancel_at");
    let ends = bench.ok(&path, &[("cancel_at", &at(end + 30 * DAY))]).await;
    assert_eq!((&ends["cancel_at"], &ends["canceled_at"]), (&(end + 30 * DAY).into(), &START.into()));
    let stays = bench.ok(&path, &[("cancel_at", "")]).await;
    assert_eq!((&stays["cancel_at"], &stays["canceled_at"]), (&Value::Null, &Value::Null));
    bench.go(end + 30 * DAY).await;
    assert_eq!(invoices(&bench, &path).await.len(), 3, "it went on");
    let last = period(&bench, &path).await.1;
    bench.ok(&path, &[("cancel_at", &at(last))]).await;
    let off = [("trial_end", at(last + 5 * DAY)), ("proration_behavior", "none".to_owned())];
    bench.ok(&path, &borrowed(&off)).await;
    bench.go(last).await;
    let over = bench.get(&path).await;
    assert_eq!((&over["status"], &over["ended_at"]), (&"canceled".into(), &last.into()));

    let (path, end) = running(&bench).await;
    bench.ok(&path, &[("cancel_at", &at(end))]).await;
    let apart = [("trial_end", at(end - 5 * DAY)), ("proration_behavior", "none".to_owned())];
    assert_eq!(
        bench.refused(&path, &borrowed(&apart)).await,
        "- cancel_at",
        "the boundaries would move off it"
    );
    bench.go(end).await;
    assert_eq!(bench.get(&path).await["status"], "canceled");
    assert_eq!(invoices(&bench, &path).await.len(), 1, "the boundary it ends on takes nothing");
}
