//! P6: the reports of a million gifts, against the same sums by the database's own tool. And a month of 100,000 gifts: how long
//! it takes to hold everything that Stripe listed against the books, and to close it.

use std::time::Instant;

use almoner::clock::{Clock, Ts};
use almoner::domain::ids::PayoutId;
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::PayoutState;
use almoner::random::Random;
use almoner::store::balance::{self, NewLine};
use almoner::store::payouts::{self, Payout};
use almoner::store::{Day, Store};
use jiff::tz::TimeZone;

use crate::cores::Cores;
use crate::million::Size;
use crate::office::Office;
use crate::pg::{Postgres, block_on};
use crate::report::{Goal, Report, Turn};
use crate::takeout::{ask, tool};
use crate::{Bench, place, rounds};

/// December 2023, counted from the first hour of the books: where it begins, and how long it is.
const DECEMBER: (u64, u64) = (9 * 24, 31 * 24);
const MANY: u64 = 1_000_000;
const IN_A_MONTH: u64 = 100_000;
/// Lines that Stripe lists on a page are kept in one transaction by the walk.
const AT_ONCE: usize = 500;
const SPACE_NEEDED: u64 = 16 << 30;

/// The sums of the report, as anybody would ask for them.
const BARE_SQLITE: &str = "SELECT substr(e.occurred_at, 1, 7), g.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, COUNT(*), \
    SUM(e.amount_minor) FROM ledger_entry e JOIN gift g ON g.id = e.gift_id GROUP BY 1, 2, 3, 4, 5, 6";
const BARE_POSTGRES: &str = "SELECT date_trunc('month', e.occurred_at), g.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, \
    COUNT(*), SUM(e.amount_minor) FROM ledger_entry e JOIN gift g ON g.id = e.gift_id GROUP BY 1, 2, 3, 4, 5, 6";

/// Runs both on SQLite, and on PostgreSQL when it is here. `ALMONER_BENCH_GIFTS` may ask for fewer than a million.
pub fn run(bench: &mut Bench) {
    let wanted = std::env::var("ALMONER_BENCH_GIFTS").ok().and_then(|text| text.parse().ok());
    let many = Size::of(wanted.unwrap_or(MANY));
    let Bench { cores, report } = bench;
    if many.gifts < MANY {
        report.note(format!("reports: with {} gifts only: NOT the figures of the goals.", many.gifts));
    }
    let folder = place::on_disk();
    if place::free_bytes(folder.path()) < SPACE_NEEDED {
        report.note("reports: NOT MEASURED, less than 16 GiB are free.".to_owned());
        return;
    }
    let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    both(cores, report, "SQLite", &file, many, None);
    match Postgres::start(cores) {
        Some(postgres) => {
            both(cores, report, "PostgreSQL", &|name| postgres.database(name), many, Some(&postgres));
        }
        None => report.note("reports: PostgreSQL SKIPPED, its binaries are not here.".to_owned()),
    }
}

fn both(
    cores: &Cores,
    report: &mut Report,
    label: &str,
    database: &dyn Fn(&str) -> String,
    many: Size,
    postgres: Option<&Postgres>,
) {
    cores.hold_load();
    let large = Office::open(cores, database("reports"), many);
    reports(cores, report, label, &large, postgres);
    drop(large);
    let month = Office::open(cores, database("month"), Size { gifts: IN_A_MONTH, hours: DECEMBER });
    a_month(report, label, &month);
    cores.release();
}

/// Seconds until a page is there.
fn seconds(office: &Office, path: &str) -> f64 {
    let began = Instant::now();
    let answer = ask(office.address(), "GET", path, &office.cookie, None);
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    began.elapsed().as_secs_f64()
}

fn reports(cores: &Cores, report: &mut Report, label: &str, office: &Office, postgres: Option<&Postgres>) {
    let bare = if postgres.is_some() { BARE_POSTGRES } else { BARE_SQLITE };
    let whole = "/staff/reports?from=2023-11&to=2026-10";
    for (what, path) in [
        ("what came in, by month", whole.to_owned()),
        ("what came in, by fund", format!("{whole}&by=fund")),
        ("what came in, by campaign", format!("{whole}&by=campaign")),
    ] {
        office.prove();
        seconds(office, &path);
        let mut turns = Vec::<Turn>::new();
        for _ in 0..rounds() {
            let own = seconds(office, &path);
            if let Some(yard) = tool(cores, office, postgres, bare) {
                turns.push((own, yard));
            }
        }
        let yard =
            if postgres.is_some() { "s of psql, the same sums" } else { "s of sqlite3, the same sums" };
        if turns.is_empty() {
            report.note(format!("P6 {label}, {what}: the database's own tool is not here: NO YARDSTICK."));
        } else {
            report.ratio(&format!("P6 {label}, {what}"), "s", yard, &turns, Goal::AtMost(2.0));
        }
    }
    for (what, path) in [
        ("the monthly programme", "/staff/reports/programme"),
        ("Gift Aid to claim", "/staff/reports/gift-aid"),
        ("receipts and mail", "/staff/reports/receipts"),
    ] {
        let own: Vec<f64> = (0..rounds()).map(|_| seconds(office, path)).collect();
        report.plain(&format!("P6 {label}, {what}"), "s", &own, Goal::None);
    }
}

/// What Stripe would have listed for every entry of the books.
async fn lines(store: &Store) -> Vec<NewLine> {
    let sql = "SELECT e.balance_transaction, MIN(e.stripe_object), MIN(e.currency), CAST(SUM(CASE WHEN e.kind IN \
        ('fee', 'dispute_fee') THEN 0 ELSE e.amount_minor END) AS BIGINT), CAST(SUM(CASE WHEN e.kind IN ('fee', 'dispute_fee') \
        THEN -e.amount_minor ELSE 0 END) AS BIGINT), MIN(CASE e.kind WHEN 'gift' THEN 'charge' WHEN 'fee' THEN 'charge' \
        WHEN 'refund' THEN 'refund' ELSE 'dispute' END), MIN(e.occurred_at) FROM ledger_entry e GROUP BY e.balance_transaction";
    type Row = (String, String, Currency, i64, i64, String, Ts);
    let rows: Vec<Row> = match store {
        Store::Sqlite { write, .. } => sqlx::query_as(sql).fetch_all(write).await.expect("the books"),
        Store::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.expect("the books"),
    };
    rows.into_iter()
        .map(|(id, source, currency, minor, fee, category, at)| NewLine {
            payout: Some(format!("po_{}_{}", currency.code(), at.date_in(&TimeZone::UTC))),
            id,
            kind: category.clone(),
            category,
            source: Some(source),
            amount: Money::new(minor, currency),
            fee_minor: fee,
            net_minor: minor - fee,
            exchange_rate: None,
            words: String::new(),
            available_at: at,
            made_at: at,
        })
        .collect()
}

/// The payouts that carried these lines: one a day and currency.
fn carried(lines: &[NewLine]) -> Vec<Payout> {
    let mut sums = std::collections::BTreeMap::<String, (Money, Ts)>::new();
    for line in lines {
        let Some(payout) = &line.payout else { continue };
        let sum = sums.entry(payout.clone()).or_insert((Money::new(0, line.amount.currency()), line.made_at));
        sum.0 = Money::new(sum.0.minor() + line.net_minor, sum.0.currency());
    }
    let random = Random::system();
    sums.into_iter()
        .map(|(stripe_payout, (amount, at))| Payout {
            id: PayoutId::new(at, &random),
            stripe_payout,
            amount,
            state: PayoutState::Paid,
            automatic: true,
            reconciled: true,
            arrives_on: Day(at.date_in(&TimeZone::UTC)),
            made_at: at,
            method: "standard".to_owned(),
            failure_code: None,
            bank_trace: None,
            listed_at: Some(at),
        })
        .collect()
}

fn a_month(report: &mut Report, label: &str, office: &Office) {
    let (kept, payouts) = block_on(async {
        let store = match office.database.strip_prefix("sqlite://") {
            Some(path) => Store::open_sqlite(path.as_ref()).await,
            None => Store::open_postgres(&office.database).await,
        };
        let store = store.expect("the database opens");
        let lines = lines(&store).await;
        let carried = carried(&lines);
        let began = Instant::now();
        for some in lines.chunks(AT_ONCE) {
            let mut tx = store.write().await.expect("a transaction");
            balance::keep(&mut tx, some).await.expect("keeps");
            tx.commit().await.expect("commits");
        }
        let mut tx = store.write().await.expect("a transaction");
        for payout in &carried {
            payouts::upsert(&mut tx, payout, Clock::System.now()).await.expect("keeps");
        }
        tx.commit().await.expect("commits");
        let kept = began.elapsed().as_secs_f64();
        store.close().await;
        (kept, carried.into_iter().map(|p| p.stripe_payout).collect::<Vec<_>>())
    });
    office.prove();
    let explained: f64 = payouts.iter().map(|p| seconds(office, &format!("/staff/payouts/{p}"))).sum();
    let month = "/staff/months/uk/2023-12";
    let looked = seconds(office, month);
    let page = ask(office.address(), "GET", month, &office.cookie, None);
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let began = Instant::now();
    let token = html.split('<').find(|t| t.starts_with("input") && t.contains("name=\"token\""));
    let token = token.and_then(|t| t.split("value=\"").nth(1)?.split('"').next()).unwrap_or_default();
    let closed = ask(
        office.address(),
        "POST",
        &format!("{month}/close"),
        &office.cookie,
        Some(&format!("token={token}")),
    );
    let closing = began.elapsed().as_secs_f64();
    report.note(format!(
        "A month of {IN_A_MONTH} gifts on {label}: {} payouts; keeping Stripe's lines took {kept:.2} s, explaining every payout \
         {explained:.2} s, looking at the month {looked:.2} s, asking to close it {closing:.2} s (answer {}, {}).",
        payouts.len(),
        closed.status,
        closed.location.unwrap_or_default()
    ));
    let whole = kept + explained + looked + closing;
    report.plain(
        &format!("A month of 100,000 gifts on {label}, reconciled"),
        "s",
        &[whole],
        Goal::AtMost(10.0),
    );
}
