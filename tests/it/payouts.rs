//! What Stripe pays out is explained to the penny (AC-6, AC-7): gift, line of the balance, payout, line of the bank.

use std::time::Duration;

use almoner::sandbox::TestMethod;
use almoner::services::payouts;
use almoner::store::db::meter;
use jiff::tz::TimeZone;

use crate::office_offline::bank::send_new;
use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

const HERE: &str = "/staff/payouts";

/// Days go by, and the walk over Stripe's objects with them.
pub async fn days(app: &TestApp, count: u64) {
    for _ in 0..count {
        app.deps.clock.advance(Duration::from_secs(86_400));
        app.settle_watched().await;
    }
    for seconds in [301, 601, 31] {
        app.deps.clock.advance(Duration::from_secs(seconds));
        app.settle_watched().await;
    }
}

/// Gifts, a refund in part, and a dispute that is lost, all paid out; the payouts' pages, the newest first.
async fn paid_out(app: &TestApp) -> Vec<String> {
    app.gift("25").await;
    let part = app.gift("40").await;
    let lost = app.gift("60").await;
    app.gift("100").await;
    let bacs = app.to_checkout(&app.form("").await.filled("33").set("email", "bo@donors.example")).await;
    app.pay(&bacs, TestMethod::BacsSuccess).await;
    app.sandbox.refund(&part, Some(1_500)).await.expect("refunded");
    let dispute = app.sandbox.dispute(&lost, "fraudulent").await.expect("disputed");
    app.sandbox.close_dispute(&dispute, false).await;
    app.settle().await;
    days(app, 14).await;
    pages(app).await
}

async fn pages(app: &TestApp) -> Vec<String> {
    let list = app.staff("finance").await.open(HERE).await;
    list.links().into_iter().filter(|l| l.starts_with("/staff/payouts/")).collect()
}

/// The page of the payout that carried most.
async fn largest(app: &TestApp, office: &Browser<'_>) -> (String, Shown) {
    let id = app.text("SELECT id FROM payout ORDER BY amount_minor DESC LIMIT 1").await;
    let path = format!("{HERE}/{id}");
    let page = office.open(&path).await;
    (path, page)
}

story! {
    async fn every_penny_of_a_payout_is_explained_and_every_figure_opens_its_lines(app: &TestApp) {
        assert!(app.staff("finance").await.open(HERE).await.has("No payout yet"));
        assert!(!paid_out(app).await.is_empty());
        let office = app.staff("finance").await;
        let list = office.open(HERE).await;
        assert!(list.has("To the penny") && !list.has("Not all of it"), "{}", list.words());
        let (path, page) = largest(app, &office).await;
        for said in ["Every penny of it is explained.", "In the books", "lines agree to the penny", "Remainder", "£0.00The payout, less all of that", "Gifts", "Disputes", "Refunds"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        assert!(!page.has("Not gifts of the books"), "{}", page.words());
        // Every line is shown, and each kind opens its own.
        let carried = app.count("SELECT COUNT(*) FROM balance_transaction WHERE payout = (SELECT stripe_payout FROM payout \
            ORDER BY amount_minor DESC LIMIT 1) AND category <> 'payout'").await;
        let gifts = |page: &Shown| page.links().iter().filter(|l| l.starts_with("/staff/gifts/")).count() as i64;
        assert_eq!(gifts(&page), carried);
        let only = office.open(&format!("{path}?of=refund")).await;
        assert!(only.has("Line by line: Refunds") && gifts(&only) == 1, "{}", only.words());
        let (_, statements) = meter::counting(office.open(&path)).await;
        assert!(statements <= 9, "{statements}: signing in 4, the reading and writing down 3, the payout 2");
        // From the gift to the payout, and from Stripe's id.
        let gift = page.links().into_iter().find(|l| l.starts_with("/staff/gifts/")).expect("a gift");
        let chain = office.open(&gift).await;
        assert!(chain.links().contains(&path), "{}", chain.words());
        assert!(chain.has("At the bank on"), "{}", chain.words());
        let stripe = app.text("SELECT stripe_payout FROM payout ORDER BY amount_minor DESC LIMIT 1").await;
        let found = office.open(&format!("/staff/find?q={stripe}")).await;
        assert!(found.links().contains(&format!("{HERE}/{stripe}")), "{}", found.words());
        assert_eq!(office.open(&format!("{HERE}/{stripe}")).await.status, 200);
        assert_eq!(office.open(&format!("{HERE}/po_nowhere")).await.status, 404);
        let support = app.staff("support").await;
        assert_eq!((support.open(HERE).await.status, support.open(&path).await.status), (403, 403));
    }
}

story! {
    async fn the_sums_of_every_payout_and_month_are_the_sums_of_their_lines(app: &TestApp) {
        paid_out(app).await;
        let ids = app.text("SELECT MIN(stripe_payout) || ' ' || MAX(stripe_payout) FROM payout").await;
        for id in ids.split(' ') {
            let wanted = payouts::Wanted { category: "", after: None, most: 1_000 };
            let e = payouts::explain(&app.deps, id, wanted).await.expect("reads").expect("a payout");
            let drilled: i64 = e.page.iter().map(|l| l.traced.net).sum();
            assert_eq!((drilled, e.sums.iter().map(|s| s.net).sum::<i64>(), e.remainder()), (e.payout.amount_minor, drilled, 0));
            assert_eq!(e.in_books + e.of_stripe + e.astray, drilled);
            let (count, sheet) = payouts::lines_csv(&app.deps, id).await.expect("reads").expect("a payout");
            let mut rows = csv::Reader::from_reader(sheet.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&sheet));
            let net = rows.records().map(|r| r.expect("a row")[9].replace('.', "").parse::<i64>().expect("a sum"));
            let net: Vec<i64> = net.collect();
            assert_eq!((net.len(), net.iter().sum::<i64>()), (count, drilled), "the spreadsheet has every line");
            for sum in &e.sums {
                let wanted = payouts::Wanted { category: &sum.category, after: None, most: 1_000 };
                let only = payouts::explain(&app.deps, id, wanted).await.expect("reads").expect("a payout");
                assert_eq!(only.page.iter().map(|l| l.traced.net).sum::<i64>(), sum.net, "{}", sum.category);
            }
        }
        // Month by month the balance rolls on without a gap, and ends at what Stripe has.
        let month = app.deps.clock.now().date_in(&TimeZone::UTC).first_of_month();
        let before = payouts::roll(&app.deps, payouts::month_before(month), &TimeZone::UTC).await.expect("rolls");
        let now = payouts::roll(&app.deps, month, &TimeZone::UTC).await.expect("rolls");
        assert_eq!((before.len(), now.len()), (1, 1));
        assert_eq!(before[0].closing, now[0].opening);
        assert_eq!((before[0].remainder(), now[0].remainder()), (0, 0));
        let at_stripe: i64 = app.sandbox.ledger().await.iter().map(|l| l.net).sum();
        assert_eq!(now[0].closing.minor(), at_stripe);
        assert_eq!(now[0].waiting.1, now[0].closing, "all of it waits for the next payout");
        let office = app.staff("finance").await;
        let page = office.open("/staff/balance").await;
        for said in ["At the beginning", "Moved in all", "Payouts", "At the end", "Unexplained", "Lines known since"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        for garbled in ["x", "2026-13", "9999-12", "0000-01", "'"] {
            assert_eq!(office.open(&format!("/staff/balance?month={garbled}")).await.status, 200, "{garbled}");
        }
    }
}

async fn damaged(app: &TestApp, sql: &'static str) -> Shown {
    assert!(app.damage(sql).await.expect("damaged") > 0, "{sql}");
    let office = app.staff("finance").await;
    largest(app, &office).await.1
}

async fn trouble(database: crate::support::Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let app = &app;
    paid_out(app).await;
    // Stripe's list lacks a line.
    let page = damaged(
        app,
        "UPDATE balance_transaction SET payout = NULL WHERE id = (SELECT MIN(id) FROM balance_transaction \
        WHERE category = 'refund')",
    )
    .await;
    assert!(page.has("Stripe’s list lacks something") && page.has("−£15.00"), "{}", page.words());
    assert!(page.has("Not all of it is in the books"), "{}", page.words());
    // A charge that nobody here knows.
    let page = damaged(app, "UPDATE balance_transaction SET source = 'ch_of_another_shop', id = 'txn_foreign' \
        WHERE id = (SELECT MAX(id) FROM balance_transaction WHERE category = 'charge' AND amount_minor = 10000)").await;
    assert!(page.has("Not gifts of the books") && page.has("Not given through Almoner"), "{}", page.words());
    // A fee that Stripe gave back in part, later.
    let page = damaged(
        app,
        "UPDATE balance_transaction SET fee_minor = fee_minor - 3, net_minor = net_minor + 3 \
        WHERE category = 'charge' AND amount_minor = 2500",
    )
    .await;
    assert!(page.has("Stripe has £0.03 more than the books."), "{}", page.words());
    let problems = almoner::services::verify::of(&app.deps).await.expect("verifies");
    let broken: Vec<&str> =
        problems.iter().filter(|c| !c.problems.is_empty()).map(|c| c.holds.as_str()).collect();
    assert!(broken.iter().any(|b| b.contains("payout whose lines were read")), "{broken:?}");
    assert!(broken.iter().any(|b| b.contains("line of Stripe's balance is that line")), "{broken:?}");
    let office = app.staff("finance").await;
    assert!(office.open(HERE).await.has("Not all of it"));
    // Manual, instant, refused.
    app.damage("UPDATE payout SET automatic = FALSE, method = 'instant', listed_at = NULL")
        .await
        .expect("damaged");
    let (_, page) = largest(app, &office).await;
    assert!(page.has("Only automatic payouts can be traced") && page.has("Instant"), "{}", page.words());
    assert!(office.open(HERE).await.has("Cannot be traced"));
    app.damage("UPDATE payout SET automatic = TRUE, state = 'failed', failure_code = 'account_closed'")
        .await
        .expect("damaged");
    let (_, page) = largest(app, &office).await;
    assert!(page.has("Refused by the bank") && page.has("account closed"), "{}", page.words());
    let today = office.open("/staff").await;
    assert!(
        today.has("Payouts that the bank refused") && today.has("The bank refused £"),
        "{}",
        today.words()
    );
    app.deps.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_add_up_is_named_line_by_line() {
    trouble(crate::support::Database::Sqlite).await;
    trouble(crate::support::Database::Postgres).await;
}

story! {
    async fn the_bank_s_line_is_tied_to_its_payout(app: &TestApp) {
        paid_out(app).await;
        let office = app.staff("finance").await;
        let sum = app.text("SELECT CAST(MAX(amount_minor) AS TEXT) FROM payout").await;
        let (pounds, pence) = sum.split_at(sum.len() - 2);
        let day = app.text("SELECT CAST(arrives_on AS TEXT) FROM payout ORDER BY amount_minor DESC LIMIT 1").await;
        let dated: Vec<&str> = day.split('-').rev().collect();
        let file = format!("Date,Amount,Name,Memo\n{0},{pounds}.{pence},STRIPE PAYMENTS,STRIPE FP\n{0},12.00,Tilda,Gift\n", dated.join("/"));
        let read = send_new(&office, "fern.csv", file.as_bytes(), &[]).await;
        let import = read.path.split('?').next().expect("a path").to_owned();
        let lines = office.open(&import).await;
        let mut tied = Vec::new();
        for line in lines.links().into_iter().filter(|l| l.starts_with("/staff/offline/lines/")) {
            let page = office.open(&line).await;
            if page.has("It is a payout from Stripe") {
                let done = office.fill(&page, &format!("{line}/payout"), &[]).await;
                assert!(done.has("The line is a payout from Stripe."), "{}", done.words());
                tied.push(line);
            }
        }
        assert_eq!(tied.len(), 1, "the other line is no payout's sum");
        let (path, page) = largest(app, &office).await;
        assert!(page.links().contains(&tied[0]) && !page.has("Not matched"), "{}", page.words());
        assert!(office.open(&tied[0]).await.links().contains(&path));
        // Once; and it can be taken back.
        let again = office.post(&format!("{}/payout", tied[0]), &[("payout", "po_other")]).await;
        assert!(again.has("Nothing was changed."), "{}", again.words());
        let line = office.open(&tied[0]).await;
        office.fill(&line, &format!("{}/reopen", tied[0]), &[]).await;
        assert!(largest(app, &office).await.1.has("Not matched"));
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'bank.line_is_payout'").await, 1);
    }
}

story! {
    async fn pages_of_payouts_and_of_lines_neither_repeat_nor_leave_out(app: &TestApp) {
        app.gift("10").await;
        const PAYOUTS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45) \
            INSERT INTO payout (id, stripe_payout, currency, amount_minor, state, automatic, reconciled, arrives_on, made_at, \
            updated_at, listed_at) SELECT 'pyt_00000000000000000000000' || CAST(100 + i AS TEXT), 'po_many' || CAST(100 + i AS TEXT), \
            'GBP', CASE WHEN i = 1 THEN 120 ELSE 0 END, 'paid', TRUE, TRUE, g.received_on, g.received_at, g.received_at, \
            g.received_at FROM n JOIN gift g ON g.id = g.id";
        const LINES: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) \
            INSERT INTO balance_transaction (id, payout, kind, category, source, currency, amount_minor, fee_minor, net_minor, \
            words, available_at, made_at) SELECT 'txn_many' || CAST(100 + i AS TEXT), 'po_many101', 'adjustment', \
            'other_adjustment', NULL, 'GBP', 1, 0, 1, 'Line', g.received_at, g.received_at FROM n JOIN gift g ON g.id = g.id";
        assert_eq!(app.damage(PAYOUTS).await.expect("payouts"), 45);
        assert_eq!(app.damage(LINES).await.expect("lines"), 120);
        let office = app.staff("finance").await;
        let (mut path, mut seen) = (HERE.to_owned(), Vec::new());
        for _ in 0..4 {
            let page = office.open(&path).await;
            seen.extend(page.links().into_iter().filter(|l| l.starts_with("/staff/payouts/pyt_")));
            let Some(older) = page.links().into_iter().find(|l| l.contains("after=")) else { break };
            path = older;
        }
        let once: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), once.len()), (45, 45));
        let (mut path, mut lines) = (format!("{HERE}/po_many101"), 0);
        for _ in 0..4 {
            let page = office.open(&path).await;
            assert!(page.has("Every penny of it is explained."), "{}", page.words());
            // Each is named twice: among those that are no gift, and line by line.
            lines += page.html.matches("<small>txn_many").count() - 120;
            let Some(older) = page.links().into_iter().find(|l| l.contains("after=")) else { break };
            path = older;
        }
        assert_eq!(lines, 120);
        for garbled in ["x", "1.", "999999999999999999999.x", "1.'"] {
            for page in [HERE.to_owned(), format!("{HERE}/po_many101")] {
                assert_eq!(office.open(&format!("{page}?after={garbled}&of='")).await.status, 200, "{page} {garbled}");
            }
        }
        app.damage("DELETE FROM balance_transaction WHERE payout = 'po_many101'").await.expect("gone again");
        app.damage("DELETE FROM payout WHERE stripe_payout LIKE 'po_many%'").await.expect("gone again");
    }
}
