//! A month is closed when everything in it is explained, and stays as it was (AC-7, AC-8).

use std::collections::BTreeSet;
use std::time::Duration;

use almoner::clock::Ts;
use almoner::domain::closing::{Item, Month, Share};
use almoner::domain::ids::{EntryId, GiftId, StaffId};
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::EntryKind;
use almoner::random::Random;
use almoner::services::closing::{self, Closed, Reopening, Wish};
use almoner::services::staff::Actor;
use almoner::store::closings;
use almoner::store::db::meter;
use almoner::store::ledger::{self, Entry};

use crate::office_offline::{TILDA, enter};
use crate::payouts::days;
use crate::support::browser::{Browser, Shown};
use crate::support::{Database, TestApp, story};

const NOVEMBER: &str = "/staff/months/uk/2026-11";
const DECEMBER: &str = "/staff/months/uk/2026-12";

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

/// A November with gifts, a part refund and payouts, looked at in the middle of December.
pub async fn a_november(app: &TestApp) {
    app.gift("25").await;
    let part = app.gift("40").await;
    app.sandbox.refund(&part, Some(1_500)).await.expect("refunded");
    app.settle().await;
    days(app, 22).await;
}

async fn close(office: &Browser<'_>, path: &str) -> Shown {
    office.post(&format!("{path}/close"), &[]).await
}

async fn actor(app: &TestApp, email: &str) -> Actor {
    app.staff_named(email, "finance").await;
    let id = app.text("SELECT id FROM staff ORDER BY created_at DESC, id DESC LIMIT 1").await;
    let id: StaffId = id.parse().expect("an id");
    Actor {
        id,
        name: email.to_owned(),
        roles: "finance".parse().expect("roles"),
        from: [127, 0, 0, 1].into(),
    }
}

story! {
    async fn a_month_in_order_is_closed_and_what_comes_later_is_booked_in_the_open_one(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        let list = office.open("/staff/months").await;
        assert!(list.has("November 2026") && list.has("December 2026") && !list.has("October 2026"), "{}", list.words());
        let page = office.open(NOVEMBER).await;
        assert!(page.has("Before November 2026 is closed") && !page.has("Not yet"), "{}", page.words());
        assert!(page.has("£65.00") && page.has("−£15.00"), "{}", page.words());
        let running = office.open(DECEMBER).await;
        assert!(running.has("It still runs") && !running.has("Close December 2026"), "{}", running.words());
        let (_, statements) = meter::counting(office.open(NOVEMBER)).await;
        assert!(statements <= 13, "{statements}: signing in 4, writing down 3, the month 6");
        let closed = close(&office, NOVEMBER).await;
        assert!(closed.has("November 2026 is closed") && closed.has("Fingerprint"), "{}", closed.words());
        assert!(office.open("/staff/months").await.has("£65.00"));
        assert!(office.open("/staff").await.has("No month waits to be closed."));
        assert!(close(&office, NOVEMBER).await.has("was closed already"));
        // A cheque of November is found in December.
        let entered = enter(&office, "", &[TILDA, &[("amount", "100"), ("received_on", "2026-11-20")]].concat()).await;
        assert_eq!(entered.status, 200, "{}", entered.words());
        assert_eq!(app.text("SELECT happened_month || ' ' || booked_month FROM late_posting").await, "2026-11 2026-12");
        let november = office.open(NOVEMBER).await;
        for said in ["£65.00", "Belongs to November 2026, and is booked later", "£100.00"] {
            assert!(november.has(said), "{said}: {}", november.words());
        }
        let december = office.open(DECEMBER).await;
        assert!(december.has("though it belongs to a closed month") && december.has("Of November 2026, booked in December 2026"), "{}", december.words());
        let movements = office.open(&format!("{DECEMBER}/entries?late=1")).await;
        assert!(movements.has("£100.00") && !movements.has("£65.00"), "{}", movements.words());
        // What is done to a gift of November says where it is booked.
        let gift = app.text("SELECT id FROM gift WHERE amount_minor = 2500").await;
        let refund = office.open(&format!("/staff/gifts/{gift}/refund")).await;
        let asked = [("step", "look"), ("amount", "10"), ("reason", "requested_by_customer"), ("why", "They asked")];
        assert_eq!(refund.status, 200);
        let shown = office.post(&format!("/staff/gifts/{gift}/refund"), &asked).await;
        assert!(shown.has("Closed months") && shown.has("booked in December 2026"), "{}", shown.words());
        // For another fund: the figures of November stay.
        let support = app.staff("support").await;
        assert_eq!((support.open(NOVEMBER).await.status, close(&support, NOVEMBER).await.status), (403, 403));
        let late = app.text("SELECT e.gift_id FROM late_posting l JOIN ledger_entry e ON e.id = l.entry_id").await;
        let late = office.open(&format!("/staff/gifts/{late}")).await;
        assert!(late.has("Booked in") && late.has("December 2026"), "{}", late.words());
        app.deps.clock.advance(Duration::from_secs(30 * 86_400));
        let finance = app.staff_named("later@staff.example", "finance").await;
        let today = finance.open("/staff").await;
        assert!(today.has("December 2026 is over and not closed"), "{}", today.words());
        for nowhere in ["/staff/months/uk/2026-13", "/staff/months/nowhere/2026-11", "/staff/months/uk/x/entries"] {
            assert_eq!(finance.open(nowhere).await.status, 404, "{nowhere}");
        }
    }
}

story! {
    async fn a_month_that_is_not_in_order_stays_open(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        // A charge that no line of the balance tells of.
        app.damage("DELETE FROM balance_transaction WHERE category = 'charge' AND source = (SELECT stripe_charge FROM gift \
            WHERE amount_minor = 2500)").await.expect("damaged");
        let page = office.open(NOVEMBER).await;
        for said in ["Not yet", "One has none yet", "One is not"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        assert!(!page.has("Once it is closed"), "{}", page.words());
        assert!(close(&office, NOVEMBER).await.has("November 2026 is not closed"));
        assert!(close(&office, "/staff/months/uk/2026-12").await.has("is not closed"), "it still runs");
        assert_eq!(app.count("SELECT COUNT(*) FROM month_close").await, 0);
        let standing = closing::look(&app.deps, "uk", month("2026-11")).await.expect("reads");
        let wrong: Vec<Item> = standing.checklist.iter().filter(|c| !c.is_green()).map(|c| c.item).collect();
        assert_eq!(wrong, [Item::Payouts, Item::Gifts]);
        // The walk reads it again.
        let walk = almoner::services::reconcile::walk(&app.deps, almoner::services::reconcile::By::Command, Ts::parse("2026-11-01T00:00:00Z"))
            .await.expect("walks");
        app.settle().await;
        almoner::services::reconcile::report(&app.deps, &walk).await.expect("reports");
        app.deps.clock.advance(Duration::from_secs(301));
        let settled = closing::look(&app.deps, "uk", month("2026-11")).await.expect("reads");
        let wrong: Vec<Item> = settled.checklist.iter().filter(|c| !c.is_green()).map(|c| c.item).collect();
        assert_eq!(wrong, [Item::Payouts], "its payout had carried the line");
        app.damage("UPDATE balance_transaction SET payout = (SELECT stripe_payout FROM payout p WHERE p.amount_minor <> \
            (SELECT SUM(b.net_minor) FROM balance_transaction b WHERE b.payout = p.stripe_payout AND b.category <> 'payout')) \
            WHERE payout IS NULL AND source = (SELECT stripe_charge FROM gift WHERE amount_minor = 2500)").await.expect("mended");
        assert!(close(&office, NOVEMBER).await.has("November 2026 is closed"));
    }
}

story! {
    async fn a_closed_month_is_opened_by_two_people_and_closed_again(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        close(&office, NOVEMBER).await;
        let reopen = format!("{NOVEMBER}/reopen");
        let no_reason = office.post(&reopen, &[("act", "ask"), ("why", " ")]).await;
        assert_eq!(no_reason.status, 422, "{}", no_reason.words());
        assert!(no_reason.has("Say why, in a few words"));
        let asked = office.post(&reopen, &[("act", "ask"), ("why", "A cheque is missing")]).await;
        assert!(asked.has("You asked to open it again") && !asked.has("Agree, and open"), "{}", asked.words());
        assert!(office.post(&reopen, &[("act", "agree")]).await.has("A second person has to agree"));
        // Asked for, it is still closed.
        enter(&office, "", &[TILDA, &[("amount", "7"), ("received_on", "2026-11-21")]].concat()).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM late_posting").await, 1);
        let second = app.staff_named("second@staff.example", "finance").await;
        assert!(second.open(NOVEMBER).await.has("A cheque is missing"));
        assert!(second.post(&reopen, &[("act", "agree")]).await.has("November 2026 is open again"));
        // Now it counts where it belongs; what was booked later stays there.
        enter(&office, "", &[TILDA, &[("amount", "100"), ("received_on", "2026-11-20")]].concat()).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM late_posting").await, 1);
        let again = close(&second, NOVEMBER).await;
        for said in ["November 2026 is closed", "Version", "Closed before, and opened again", "£165.00", "£100.00"] {
            assert!(again.has(said), "{said}: {}", again.words());
        }
        // What was closed stays as it was closed.
        for damage in [
            "UPDATE month_close SET figures = '[]' WHERE version = 2",
            "UPDATE month_close SET state = 'closed' WHERE version = 1",
            "DELETE FROM month_close",
            "DELETE FROM late_posting",
            "UPDATE late_posting SET booked_month = '2027-01'",
        ] {
            assert!(app.damage(damage).await.is_err(), "{damage}");
        }
        let chain = app.count("SELECT COUNT(*) FROM audit_line WHERE action LIKE 'month.%'").await;
        assert_eq!(chain, 4, "closed, asked, opened, closed");
    }
}

story! {
    async fn of_two_who_close_at_once_one_is_first(app: &TestApp) {
        a_november(app).await;
        let (one, two) = (actor(app, "one@staff.example").await, actor(app, "two@staff.example").await);
        let november = month("2026-11");
        let (first, second) = tokio::join!(
            closing::close(&app.deps, &one, "uk", november),
            closing::close(&app.deps, &two, "uk", november)
        );
        let done = [&first, &second].iter().filter(|r| matches!(r, Ok(Closed::Done(1)))).count();
        assert_eq!(done, 1, "{first:?} {second:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM month_close").await, 1);
        // The months follow each other: only the last can be opened.
        app.deps.clock.advance(Duration::from_secs(20 * 86_400));
        days(app, 1).await;
        assert_eq!(closing::close(&app.deps, &one, "uk", month("2026-12")).await.expect("answers"), Closed::Done(1));
        let opened = closing::reopen(&app.deps, &one, "uk", november, Wish::Ask("why")).await.expect("answers");
        assert_eq!(opened, Reopening::NotTheLatest);
        assert_eq!(closing::close(&app.deps, &one, "uk", month("2026-10")).await.expect("answers"), Closed::NotYet);
    }
}

/// Whatever comes in whatever order, frozen figures stay, every movement is in one month, and each figure is the sum of its list.
async fn any_order(database: Database, seed: u64) {
    let Some(app) = TestApp::spawn(database).await else { return };
    a_november(&app).await;
    let (one, two) = (actor(&app, "one@staff.example").await, actor(&app, "two@staff.example").await);
    let gift: GiftId =
        app.text("SELECT id FROM gift WHERE amount_minor = 2500").await.parse().expect("an id");
    let (random, gbp) = (Random::seeded(seed), "GBP".parse::<Currency>().expect("a currency"));
    let mut seen = BTreeSet::new();
    for step in 0..40 {
        let latest = {
            let mut read = app.deps.store.read().await.expect("a connection");
            closings::latest_shut(&mut read, "uk").await.expect("reads").map(|(month, _)| month)
        };
        match random.below(5) {
            0 => {
                let wanted = latest.map_or(month("2026-11"), Month::next);
                let closed = closing::close(&app.deps, &one, "uk", wanted).await.expect("answers");
                seen.insert(format!("{closed:?}").split('(').next().unwrap_or_default().to_owned());
                app.deps.clock.advance(Duration::from_secs(random.below(20) * 86_400));
            }
            1 if latest.is_some() => {
                let last = latest.expect("a month");
                let asked = closing::reopen(&app.deps, &one, "uk", last, Wish::Ask("because")).await;
                let agreed = closing::reopen(&app.deps, &two, "uk", last, Wish::Agree).await;
                assert_eq!(
                    (asked.expect("answers"), agreed.expect("answers")),
                    (Reopening::Asked, Reopening::Done)
                );
                seen.insert("reopened".to_owned());
            }
            _ => {
                let now = app.deps.clock.now();
                let at = now.minus(Duration::from_secs(random.below(120 * 86_400)));
                let kinds = [EntryKind::Correction, EntryKind::Refund, EntryKind::Fee];
                let entry = Entry {
                    id: EntryId::new(now, &random),
                    gift_id: &gift,
                    kind: kinds[random.below(3) as usize],
                    amount: Money::new(random.below(9_000) as i64 - 4_500, gbp),
                    occurred_at: at,
                    stripe_object: &format!("damage_{step}"),
                    balance_transaction: None,
                    created_at: now,
                };
                let mut tx = app.deps.store.write().await.expect("a transaction");
                ledger::insert_if_new(&mut tx, &entry).await.expect("writes");
                tx.commit().await.expect("commits");
            }
        }
        hold(&app, seed, step, gbp).await;
    }
    assert!(seen.contains("Done") && seen.contains("reopened"), "seed {seed}: {seen:?}");
    assert!(app.count("SELECT COUNT(*) FROM late_posting").await > 0, "seed {seed}");
    app.close().await;
}

async fn hold(app: &TestApp, seed: u64, step: u64, gbp: Currency) {
    let mut read = app.deps.store.read().await.expect("a connection");
    let broken = closing::broken(&mut read).await.expect("reads");
    assert!(broken.is_empty(), "seed {seed} step {step}: {broken:?}");
    let zone = &app.deps.config.charity.entity("uk").expect("an entity").time_zone;
    let (mut at, last, mut total) = (month("2026-01"), month("2028-12"), 0);
    while at <= last {
        let figures = closings::figures(&mut read, "uk", at, at.bounds(zone)).await.expect("reads");
        total += figures.sum(gbp, None, None);
        if !figures.0.is_empty() && step % 10 == 9 {
            let wanted = closings::Wanted { currency: "GBP".to_owned(), ..closings::Wanted::default() };
            let rows =
                closings::entries(&mut read, "uk", at, at.bounds(zone), &wanted, 1_000).await.expect("reads");
            for share in [Share::Gross, Share::Fees, Share::Back] {
                let of: i64 =
                    rows.iter().filter(|r| Share::of(r.kind) == share).map(|r| r.amount_minor).sum();
                assert_eq!(of, figures.sum(gbp, None, Some(share)), "seed {seed} step {step} {at} {share:?}");
            }
        }
        at = at.next();
    }
    let all = app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await;
    assert_eq!(total, all, "seed {seed} step {step}: every movement is in one month");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_any_order_what_was_frozen_stays_and_nothing_is_counted_twice() {
    for seed in 1..=3 {
        any_order(Database::Sqlite, seed).await;
    }
    any_order(Database::Postgres, 4).await;
}

/// The rows of a CSV, each with its head's names.
pub fn rows_of(bytes: &[u8]) -> Vec<std::collections::HashMap<String, String>> {
    let text = std::str::from_utf8(bytes).expect("UTF-8").trim_start_matches('\u{feff}');
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

story! {
    async fn what_came_in_is_the_ledgers_sum_however_it_is_told_apart(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        close(&office, NOVEMBER).await;
        enter(&office, "", &[TILDA, &[("amount", "100"), ("received_on", "2026-11-20")]].concat()).await;
        let page = office.open("/staff/reports?entity=uk&to=2026-12").await;
        for said in ["Given by month", "In GBP", "November 2026", "£65.00", "£100.00", "December 2026 had the most, £100.00.", "£165.00"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        let movements = page.links().into_iter().find(|l| l.contains("2026-11/entries") && l.contains("share=back")).expect("a figure");
        let movements = office.open(&movements).await;
        assert!(movements.has("Refund") && movements.has("−£15.00") && !movements.has("£25.00"), "{}", movements.words());
        let funds = office.open("/staff/reports?entity=uk&by=fund").await;
        let fund = funds.links().into_iter().find(|l| l.contains("fund=")).expect("a fund");
        assert!(office.open(&fund).await.has("Given by month"), "{fund}");
        let campaigns = office.open("/staff/reports?by=campaign").await;
        assert!(campaigns.has("No campaign"), "{}", campaigns.words());
        let none = campaigns.links().into_iter().find(|l| l.contains("campaign=")).expect("no campaign");
        assert!(office.open(&none).await.has("£165.00"), "{none}");
        assert!(office.open("/staff/reports?by=entity").await.has("Lantern"));
        assert!(office.open("/staff/reports?entity=us").await.has("Nothing came in"));
        assert_eq!(office.open("/staff/reports?from=x&to=2026-99&by=nonsense&entity=nobody").await.status, 200);
        // The spreadsheet adds up to the ledger, column by column.
        let file = office.send(app.http.get(app.url("/staff/reports/income.csv?from=2026-01&to=2026-12"))).await;
        let rows = rows_of(&file.bytes().await.expect("a file"));
        let minor = |name: &str| -> i64 { rows.iter().map(|r| (r[name].parse::<f64>().expect("a sum") * 100.0).round() as i64).sum() };
        assert_eq!(minor("net"), app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await);
        assert_eq!(minor("given") + minor("fees") + minor("went_back"), minor("net"));
        assert_eq!(rows.iter().map(|r| r["gifts"].parse::<i64>().expect("a count")).sum::<i64>(), 3);
        let months: Vec<&str> = rows.iter().map(|r| r["month"].as_str()).collect();
        assert_eq!(months, ["2026-11", "2026-12"]);
        let (_, statements) = meter::counting(office.open("/staff/reports")).await;
        assert!(statements <= 9, "{statements}: signing in 4, writing down 3, the report 1");
    }
}
