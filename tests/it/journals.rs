//! A month as debits and credits: they balance, say the same twice, and change only when the books do (AC-4, AC-9, AC-10, AC-12).

use crate::months::{a_november, rows_of};
use crate::office_offline::{TILDA, enter};
use crate::support::browser::{Browser, Shown};
use crate::support::{Database, TestApp, story};

const NOVEMBER: &str = "/staff/months/uk/2026-11/journal";
const DECEMBER: &str = "/staff/months/uk/2026-12/journal";

async fn download(office: &Browser<'_>, path: &str) -> (u16, String, Vec<u8>) {
    let answer = office.send(office.app.http.get(office.app.url(path))).await;
    let name = answer
        .headers()
        .get("content-disposition")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    (answer.status().as_u16(), name, answer.bytes().await.expect("a body").to_vec())
}

/// The batch that a page tells of.
fn batch(page: &Shown) -> String {
    let words = page.words();
    let at = words.find("Batch ").unwrap_or_else(|| panic!("{words}"));
    words[at + 6..].chars().take(12).collect()
}

/// A decimal of a cell, in minor units; nothing is nothing.
fn minor(cell: &str) -> i64 {
    if cell.is_empty() {
        return 0;
    }
    let (whole, rest) = cell.split_once('.').expect("two decimals");
    let sign = if cell.starts_with('-') { -1 } else { 1 };
    sign * (whole.trim_start_matches('-').parse::<i64>().expect("digits") * 100
        + rest.parse::<i64>().expect("digits"))
}

story! {
    async fn a_month_is_a_journal_that_balances_in_each_programs_shape(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        enter(&office, "", &[TILDA, &[("amount", "100"), ("received_on", "2026-11-20")]].concat()).await;
        let page = office.open(NOVEMBER).await;
        for said in ["In GBP", "200", "610", "611", "404", "Stripe's fees", "Given back", "£165.00", "Xero (CSV)"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        let batch = batch(&page);
        let plain = download(&office, &format!("{NOVEMBER}/GBP-plain.csv")).await;
        assert_eq!(plain.0, 200);
        assert!(plain.1.contains(&batch), "{}", plain.1);
        let rows = rows_of(&plain.2);
        let sum = |rows: &[std::collections::HashMap<String, String>], column: &str| rows.iter().map(|r| minor(&r[column])).sum::<i64>();
        assert_eq!(sum(&rows, "debit"), sum(&rows, "credit"));
        assert!(rows.iter().all(|r| r["batch"] == batch && r["date"] == "2026-11-30" && r["currency"] == "GBP"));
        let of = |account: &str, column: &str| -> i64 {
            rows.iter().filter(|r| r["account"] == account).map(|r| minor(&r[column])).sum()
        };
        // Gross is income, the fee a cost, and what is left at Stripe is what Stripe has.
        assert_eq!((of("200", "credit"), of("200", "debit")), (16_500, 1_500));
        assert_eq!(of("611", "debit"), 10_000);
        assert_eq!(of("404", "debit"), app.count("SELECT CAST(-SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind = 'fee'").await);
        let at_stripe = app.count("SELECT CAST(SUM(e.amount_minor) AS BIGINT) FROM ledger_entry e JOIN gift g ON g.id = e.gift_id \
            WHERE g.stripe_charge IS NOT NULL").await;
        assert_eq!(of("610", "debit") - of("610", "credit"), at_stripe);
        // Xero: one signed column, British days; QuickBooks: debits and credits by number.
        let (status, _, xero) = download(&office, &format!("{NOVEMBER}/GBP-xero.csv")).await;
        let rows = rows_of(&xero);
        assert_eq!((status, rows.iter().map(|r| minor(&r["*Amount"])).sum::<i64>()), (200, 0));
        assert!(rows.iter().all(|r| r["*Date"] == "30/11/2026" && r["*Narration"].ends_with(&batch) && r["*TaxRate"] == "No VAT"));
        let (status, _, quick) = download(&office, &format!("{NOVEMBER}/GBP-quickbooks.csv")).await;
        let rows = rows_of(&quick);
        assert_eq!((status, sum(&rows, "Debits")), (200, sum(&rows, "Credits")));
        assert!(rows.iter().all(|r| r["Journal No."] == batch));
        // Said twice, it is the same to the byte.
        assert_eq!(download(&office, &format!("{NOVEMBER}/GBP-xero.csv")).await.2, xero);
        // Sage 50: debits and credits by type, sums without a sign.
        let (status, _, sage) = download(&office, &format!("{NOVEMBER}/GBP-sage.csv")).await;
        let rows = rows_of(&sage);
        let of_type = |kind: &str| rows.iter().filter(|r| r["Type"] == kind).map(|r| minor(&r["Net Amount"])).sum::<i64>();
        assert_eq!((status, of_type("JD")), (200, of_type("JC")));
        assert!(of_type("JD") > 0 && rows.iter().all(|r| r["Tax Code"] == "T9" && r["Date"] == "30/11/2026" && r["Reference"] == batch));
        for nowhere in ["GBP-reckon.csv", "USD-plain.csv", "GBP-plain", "x"] {
            assert_eq!(download(&office, &format!("{NOVEMBER}/{nowhere}")).await.0, 404, "{nowhere}");
        }
        assert_eq!(app.staff("support").await.open(NOVEMBER).await.status, 403);
    }
}

story! {
    async fn what_comes_after_the_close_is_in_the_next_journal_only(app: &TestApp) {
        a_november(app).await;
        let office = app.staff("finance").await;
        office.post("/staff/months/uk/2026-11/close", &[]).await;
        let before = batch(&office.open(NOVEMBER).await);
        assert!(office.open(DECEMBER).await.has("Nothing moved."));
        enter(&office, "", &[TILDA, &[("amount", "100"), ("received_on", "2026-11-20")]].concat()).await;
        assert_eq!(batch(&office.open(NOVEMBER).await), before, "nothing changed in a closed month");
        let december = office.open(DECEMBER).await;
        assert!(december.has("£100.00") && !december.has("£65.00"), "{}", december.words());
    }
}

async fn without_accounts(database: Database) {
    let none = |config: &mut almoner::config::Config| config.charity.accounts = None;
    let Some(app) = TestApp::spawn_with(database, none).await else { return };
    a_november(&app).await;
    let office = app.staff("finance").await;
    let page = office.open(NOVEMBER).await;
    assert!(
        page.has("No accounts are named yet") && page.has("income") && !page.has("Xero (CSV)"),
        "{}",
        page.words()
    );
    assert_eq!(download(&office, &format!("{NOVEMBER}/GBP-plain.csv")).await.0, 200);
    assert_eq!(download(&office, &format!("{NOVEMBER}/GBP-xero.csv")).await.0, 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_accounts_the_page_says_what_to_add() {
    without_accounts(Database::Sqlite).await;
    without_accounts(Database::Postgres).await;
}
