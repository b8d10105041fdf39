//! Taking data out: what is in the files is what the books hold, and nobody takes it out unseen.

mod papers;
mod stage;

use std::io::Cursor;
use std::time::Duration;

use almoner::domain::export::ExportFilter;
use almoner::domain::states::{ExportFormat, ExportKind};
use almoner::services::exports::{Wish, to_file};
use almoner::store::invariants::{INVARIANTS, offenders};
use calamine::{Data, Reader, Xlsx};
use sha2::{Digest, Sha256};

use crate::support::{TestApp, story};
use stage::{HOSTILE, ask, books, csv_rows, donor_id, email, file, gift, gift_id, name, staged};

const FINANCE: &str = "finance@staff.example";

staged! {
    async fn staged_books_are_sound(app: &TestApp) {
        books(app, 3_000).await;
        let mut read = app.deps.store.read().await.expect("a connection");
        for invariant in INVARIANTS {
            let count = offenders(&mut read, invariant).await.expect("a count");
            assert_eq!(count, 0, "{} {}", invariant.id, invariant.holds);
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM ledger_entry").await, 6_000 + 120 + 6);
        assert_eq!(app.count("SELECT COUNT(*) FROM pledge").await, 60);
    }
}

staged! {
    async fn gifts_come_out_as_the_books_hold_them(app: &TestApp) {
        books(app, 3_000).await;
        let browser = app.staff("finance").await;
        let page = ask(&browser, &[("kind", "gifts")]).await;
        assert_eq!(page.heading(), "EXP-2026-000001", "{}", page.words());
        assert!(page.has("To download") && page.has("0 of 3,000"), "{}", page.words());
        let bytes = file(&browser, &page).await;
        let rows = csv_rows(&bytes);
        assert_eq!(rows.len(), 3_000);
        for (number, row) in (0_u64..).zip(&rows) {
            assert_eq!(row["Gift"], gift_id(number), "each once, in order");
        }
        let minor = |text: &str| text.replace('.', "").parse::<i64>().expect("a sum");
        let sum = |column: &str, code: &str| -> i64 {
            rows.iter().filter(|r| r["Currency"] == code).map(|r| minor(&r[column])).sum()
        };
        let gbp = "SELECT CAST(SUM(amount_minor) AS BIGINT) FROM gift WHERE currency = 'GBP'";
        assert_eq!(sum("Gross", "GBP"), app.count(gbp).await);
        let back = "SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind = 'refund' AND currency = 'GBP'";
        assert_eq!(sum("Refunded", "GBP"), app.count(back).await);
        let fees = "SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind IN ('fee', 'dispute_fee') AND currency = 'USD'";
        assert_eq!(sum("Fee", "USD"), app.count(fees).await);
        let held = "SELECT CAST(SUM(-amount_minor) AS BIGINT) FROM dispute WHERE currency = 'GBP'";
        assert_eq!(sum("Disputed", "GBP"), app.count(held).await);
        let seventh = &rows[7];
        assert_eq!((seventh["State"].as_str(), seventh["Net"].as_str()), ("Refunded", "0.00"));
        assert_eq!(seventh["Refunded"], format!("-{}", seventh["Gross"]), "a plain negative number, not a text");
        assert_eq!(seventh["Received at (UTC)"], "2023-11-24T13:00:00Z");
        assert_eq!(seventh["Received on"], "2023-11-24");
        assert_eq!(seventh["Payment intent"], "pi_bench000000007");
        assert_eq!(seventh["Balance transaction"], "txn_ch000000007");
        assert_eq!(seventh["Receipt"], "LFT-2023-00000007");
        assert_eq!(seventh["Address line 1"], "7 Lantern Street");
        // 7 x 31: see the stage.
        assert_eq!((seventh["Donor"].as_str(), seventh["E-mail"].as_str()), (donor_id(217).as_str(), email(217).as_str()));
        let (given, family) = name(217);
        assert_eq!(seventh["Name"], format!("{given} {family}"));
        let done = browser.open(&page.path).await;
        assert!(done.has("Complete") && done.has("3,000 of 3,000"), "{}", done.words());
        let hash = hex::encode(Sha256::digest(&bytes));
        assert!(done.has(&hash), "{}", done.words());
        assert_eq!(app.text("SELECT sha256 FROM export_batch").await, hash);
        assert_eq!(app.count("SELECT bytes FROM export_batch").await, bytes.len() as i64);
        assert_eq!(app.count("SELECT done_rows FROM export_batch").await, 3_000);
        let net = rows.iter().filter(|r| r["Currency"] == "GBP").map(|r| minor(&r["Net"])).sum::<i64>();
        let told: serde_json::Value = serde_json::from_str(&app.text("SELECT totals FROM export_batch").await).expect("totals");
        assert_eq!(told[0]["net_minor"], net, "{told}");
        assert_eq!((told[0]["rows"].as_u64(), told[1]["rows"].as_u64()), (Some(2_850), Some(150)));
        assert_eq!(file(&browser, &page).await, bytes, "the same data gives the same bytes");
        assert!(browser.open(&page.path).await.has("Complete"));
    }
}

staged! {
    async fn no_name_becomes_a_formula(app: &TestApp) {
        let browser = app.staff("finance").await;
        let long = "N".repeat(120);
        let mut names: Vec<&str> = HOSTILE.to_vec();
        names.push(&long);
        for name in &names {
            gift(app, name, 2_500, "GBP", false).await;
        }
        let csv = file(&browser, &ask(&browser, &[("kind", "gifts")]).await).await;
        let rows = csv_rows(&csv);
        for (name, row) in names.iter().zip(&rows) {
            for column in ["Name", "Donor's words"] {
                let read = row[column].as_str();
                assert!(!read.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{read:?}");
                assert_eq!(read.strip_prefix('\'').unwrap_or(read), *name);
            }
        }
        assert_eq!(rows.len(), names.len());
        let donors = csv_rows(&file(&browser, &ask(&browser, &[("kind", "donors")]).await).await);
        let read: Vec<&str> = donors.iter().map(|d| d["Name"].strip_prefix('\'').unwrap_or(&d["Name"])).collect();
        assert_eq!(read, names);
        let page = ask(&browser, &[("kind", "gifts"), ("format", "xlsx")]).await;
        app.settle().await;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file(&browser, &page).await)).expect("a workbook");
        assert!(book.worksheet_formula("Gifts").expect("a sheet").is_empty(), "no formulas");
        let sheet = book.worksheet_range("Gifts").expect("a sheet");
        let place = sheet.headers().expect("a head").iter().position(|h| h == "Name").expect("the column");
        for (name, row) in names.iter().zip(sheet.rows().skip(1)) {
            // XML knows no carriage return of its own: what is read back may be a line feed.
            let (read, name) = (row[place].to_string().replace('\r', "\n"), name.replace('\r', "\n"));
            assert_eq!(read, name);
        }
    }
}

staged! {
    async fn sums_have_the_decimals_of_their_currency(app: &TestApp) {
        let browser = app.staff("finance").await;
        gift(app, "Pound", 999_999_999, "GBP", false).await;
        gift(app, "Yen", 5_000, "JPY", true).await;
        gift(app, "Dinar", 1_234_567, "KWD", false).await;
        gift(app, "Penny", 1, "GBP", true).await;
        let csv = csv_rows(&file(&browser, &ask(&browser, &[("kind", "gifts")]).await).await);
        let column = |name: &str| csv.iter().map(|r| r[name].clone()).collect::<Vec<_>>();
        assert_eq!(column("Gross"), ["9999999.99", "5000", "1234.567", "0.01"]);
        assert_eq!(column("Refunded"), ["0.00", "-5000", "0.000", "-0.01"]);
        assert_eq!(column("Net after fees"), ["9999999.79", "-20", "1234.547", "-0.20"]);
        let page = ask(&browser, &[("kind", "gifts"), ("format", "xlsx")]).await;
        assert!(page.has("Being written"), "{}", page.words());
        app.settle().await;
        let page = browser.open(&page.path).await;
        assert!(page.has("Complete") && page.has("The file is deleted on 29 November 2026."), "{}", page.words());
        let bytes = file(&browser, &page).await;
        assert!(page.has(&hex::encode(Sha256::digest(&bytes))), "{}", page.words());
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert_eq!(book.sheet_names(), ["Gifts", "Columns", "Totals"]);
        let sheet = book.worksheet_range("Gifts").expect("a sheet");
        let head = sheet.headers().expect("a head");
        let place = |name: &str| head.iter().position(|h| h == name).expect("the column");
        let gross: Vec<&Data> = sheet.rows().skip(1).map(|r| &r[place("Gross")]).collect();
        let numbers = [9_999_999.99, 5000.0, 1234.567, 0.01].map(Data::Float);
        assert_eq!(gross, numbers.iter().collect::<Vec<_>>());
        let first = sheet.rows().nth(1).expect("a row");
        let day = |name: &str| match &first[place(name)] {
            Data::DateTime(at) => at.as_f64(),
            other => panic!("{other:?} is no day"),
        };
        // Days since 1900, as Excel counts them: 22 November 2026 is 46348.
        assert_eq!(day("Received on"), 46_348.0);
        assert_eq!(day("Received at (UTC)").floor(), 46_348.0);
        let columns = book.worksheet_range("Columns").expect("a sheet");
        assert_eq!(columns.height(), head.len() + 1, "every column is explained");
        let totals = book.worksheet_range("Totals").expect("a sheet");
        let figures: Vec<String> = totals.rows().map(|r| format!("{} {}", r[0], r[1])).collect();
        assert!(figures.contains(&"Net in JPY 0".to_owned()), "{figures:?}");
        assert!(figures.contains(&"Gross in GBP 10000000".to_owned()), "{figures:?}");
    }
}

staged! {
    async fn what_arrives_while_it_is_read_changes_nothing(app: &TestApp) {
        books(app, 3_000).await;
        let browser = app.staff("finance").await;
        let page = ask(&browser, &[("kind", "gifts")]).await;
        let mut response = browser.send(app.http.get(app.url(&format!("{}/file", page.path)))).await;
        let mut bytes = response.chunk().await.expect("bytes").expect("the head").to_vec();
        for _ in 0..5 {
            gift(app, "Late", 100, "GBP", false).await;
        }
        while let Some(more) = response.chunk().await.expect("bytes") {
            bytes.extend_from_slice(&more);
        }
        let rows = csv_rows(&bytes);
        assert_eq!(rows.len(), 3_000, "none left out, none twice, none of the new");
        assert_eq!(file(&browser, &page).await, bytes, "nor in a later download");
        let refunded = "INSERT INTO ledger_entry (id, gift_id, kind, currency, amount_minor, occurred_at, stripe_object, created_at) \
            SELECT 'ent_late', gift_id, 'refund', currency, -amount_minor, occurred_at, 're_late', created_at \
            FROM ledger_entry WHERE kind = 'gift' AND stripe_object = 'ch_bench000000001'";
        app.damage(refunded).await.expect("a refund");
        assert_ne!(file(&browser, &page).await, bytes);
        let changed = browser.open(&page.path).await;
        assert!(changed.has("Changed since") && changed.has("the data has changed since"), "{}", changed.words());
        assert!(changed.has(&hex::encode(Sha256::digest(&bytes))), "the first hash stays");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'export.found_changed'").await, 1);
    }
}

staged! {
    async fn a_download_that_is_left_can_be_begun_again(app: &TestApp) {
        books(app, 12_000).await;
        let browser = app.staff("finance").await;
        let page = ask(&browser, &[("kind", "gifts")]).await;
        let mut response = browser.send(app.http.get(app.url(&format!("{}/file", page.path)))).await;
        response.chunk().await.expect("bytes").expect("the head");
        drop(response);
        let left = async {
            while app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'export.left'").await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), left).await.expect("it is noticed");
        let shown = browser.open(&page.path).await;
        assert!(shown.has("The download was left after") && shown.has("To download"), "{}", shown.words());
        assert_eq!(app.text("SELECT state FROM export_batch").await, "asked");
        let bytes = file(&browser, &page).await;
        assert_eq!(csv_rows(&bytes).len(), 12_000);
        assert_eq!(app.text("SELECT state FROM export_batch").await, "done");
    }
}

story! {
    async fn only_who_may_and_has_just_proved_it_takes_data_out(app: &TestApp) {
        app.gift("25").await;
        let support = app.staff("support").await;
        assert_eq!(support.open("/staff/exports").await.status, 403);
        let refused = support.post("/staff/exports", &[("kind", "gifts"), ("format", "csv"), ("why", "x")]).await;
        assert_eq!(refused.status, 403);
        let finance = app.staff("finance").await;
        let page = finance.open("/staff/exports").await;
        assert!(page.has("No exports yet"), "{}", page.words());
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        let typed = [("kind", "gifts"), ("format", "csv"), ("why", "For the auditors")];
        let asked = finance.fill(&page, "/staff/exports", &typed).await;
        assert_eq!(asked.heading(), "Prove that it is you", "{}", asked.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM export_batch").await, 0);
        let code = app.next_code(FINANCE).await;
        let back = finance.fill(&asked, "/staff/prove", &[("code", &code)]).await;
        assert_eq!(back.heading(), "Exports");
        let kept = back.form("/staff/exports");
        assert!(kept.contains(&("why".to_owned(), "For the auditors".to_owned())), "nothing typed is lost: {kept:?}");
        let done = finance.fill(&back, "/staff/exports", &[]).await;
        assert_eq!(done.heading(), "EXP-2026-000001", "{}", done.words());
        let again = finance.fill(&back, "/staff/exports", &[]).await;
        assert_eq!(again.path, done.path, "the same form gives the same export");
        assert_eq!(app.count("SELECT COUNT(*) FROM export_batch").await, 1);
        let path = format!("{}/file", done.path);
        let response = finance.send(app.http.get(app.url(&path))).await;
        let header = |name: &str| response.headers()[name].to_str().expect("a header").to_owned();
        assert_eq!(header("content-disposition"), "attachment; filename=\"EXP-2026-000001-gifts.csv\"");
        assert_eq!((header("cache-control").as_str(), header("x-content-type-options").as_str()), ("no-store", "nosniff"));
        assert_eq!(csv_rows(&response.bytes().await.expect("the file")).len(), 1);
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        assert_eq!(finance.open(&path).await.heading(), "Prove that it is you", "the file, too");
        assert_eq!(support.open(&path).await.status, 403);
        for wrong in ["/staff/exports/exp_01", "/staff/exports/x/file", "/staff/exports/exp_00000000000000000000000000"] {
            assert_eq!(finance.open(wrong).await.status, 404, "{wrong}");
        }
        let lines = "SELECT COUNT(*) FROM audit_line WHERE action IN ('export.asked', 'export.download_begun', 'export.downloaded')";
        assert_eq!(app.count(lines).await, 3);
        let detail = app.text("SELECT detail FROM audit_line WHERE action = 'export.asked'").await;
        assert!(detail.contains("For the auditors") && detail.contains("EXP-2026-000001"), "{detail}");
    }
}

story! {
    async fn a_form_that_is_wrong_comes_back_with_everything_typed(app: &TestApp) {
        let browser = app.staff("finance").await;
        let page = ask(&browser, &[("format", ""), ("why", " "), ("from", "2026-13-01"), ("entity", "mars")]).await;
        assert_eq!(page.status, 422);
        let errors = page.errors().join("; ");
        for words in ["Choose what to take out", "Choose CSV or XLSX", "Say what the export is for", "like 2026-04-05", "Choose an entity"] {
            assert!(errors.contains(words), "{words} is not in {errors}");
        }
        assert!(page.form("/staff/exports").contains(&("from".to_owned(), "2026-13-01".to_owned())));
        let page = ask(&browser, &[("kind", "gifts"), ("from", "2026-04-05"), ("to", "2026-04-04"), ("state", "plans:active")]).await;
        assert_eq!(page.errors().len(), 2, "{:?}", page.errors());
        let page = ask(&browser, &[("kind", "gifts"), ("token", "AAAA")]).await;
        assert!(page.errors()[0].contains("open for too long"), "{:?}", page.errors());
        let long = "w".repeat(301);
        assert_eq!(ask(&browser, &[("kind", "gifts"), ("why", &long)]).await.status, 422);
        assert_eq!(app.count("SELECT COUNT(*) FROM export_batch").await, 0);
    }
}

story! {
    async fn a_gift_and_its_refund_come_out_with_every_id(app: &TestApp) {
        let intent = app.gift("25").await;
        let plan = app.form("").await.filled("10").set("frequency", "monthly").with_gift_aid();
        let session = app.to_checkout(&plan).await;
        app.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await;
        let charge = app.text("SELECT stripe_charge FROM gift WHERE pledge_id IS NULL").await;
        app.sandbox.refund(&intent, Some(500)).await.expect("a refund");
        app.settle().await;
        let browser = app.staff("finance").await;
        let rows = csv_rows(&file(&browser, &ask(&browser, &[("kind", "gifts")]).await).await);
        let gift = rows.iter().find(|r| r["Payment intent"] == intent).expect("the gift");
        assert_eq!((gift["Gross"].as_str(), gift["Refunded"].as_str(), gift["Net"].as_str()), ("25.00", "-5.00", "20.00"));
        assert_eq!((gift["State"].as_str(), gift["Gift Aid"].as_str()), ("Part refunded", "no"));
        assert_eq!(gift["Charge"], charge);
        assert!(gift["Balance transaction"].starts_with("txn_") && gift["Fee"].starts_with('-'), "{gift:?}");
        assert_eq!((gift["Name"].as_str(), gift["E-mail"].as_str()), ("Ada Example", "ada@donors.example"));
        assert_eq!(gift["Fund id"], "where-needed-most");
        let charge = rows.iter().find(|r| r["Frequency"] == "monthly").expect("the first charge");
        assert_eq!((charge["Charge number"].as_str(), charge["Gift Aid"].as_str()), ("1", "yes"));
        assert_eq!((charge["Postcode"].as_str(), charge["Town or city"].as_str()), ("SW1A 1AA", "Exampleton"));
        assert!(charge["Invoice"].starts_with("in_"), "{charge:?}");
        let refunds = csv_rows(&file(&browser, &ask(&browser, &[("kind", "refunds")]).await).await);
        assert_eq!(refunds.len(), 1);
        assert_eq!((refunds[0]["Amount"].as_str(), refunds[0]["State"].as_str()), ("5.00", "succeeded"));
        assert_eq!(refunds[0]["Gift"], gift["Gift"]);
        let plans = csv_rows(&file(&browser, &ask(&browser, &[("kind", "plans"), ("state", "plans:active")]).await).await);
        assert_eq!((plans.len(), plans[0]["Charges received"].as_str(), plans[0]["Received"].as_str()), (1, "1", charge["Gross"].as_str()));
        let none = ask(&browser, &[("kind", "plans"), ("state", "plans:ended")]).await;
        assert_eq!(csv_rows(&file(&browser, &none).await).len(), 0);
        let receipts = csv_rows(&file(&browser, &ask(&browser, &[("kind", "receipts")]).await).await);
        assert_eq!(receipts.len(), 3, "a part refund issues another");
        assert!(receipts.iter().any(|r| r["Receipt"] == gift["Receipt"] && r["Amount"] == "20.00" && r["State"] == "Counts"));
        let donors = csv_rows(&file(&browser, &ask(&browser, &[("kind", "donors")]).await).await);
        assert_eq!((donors.len(), donors[0]["Gifts"].as_str()), (1, "2"));
        assert_eq!(donors[0]["Name"], "Ada Example");
        let euros = ask(&browser, &[("kind", "donors"), ("currency", "EUR")]).await;
        assert_eq!(csv_rows(&file(&browser, &euros).await).len(), 0, "nobody gave euros");
        let early = ask(&browser, &[("kind", "gifts"), ("from", "2026-11-22"), ("to", "2026-11-22"), ("fund", "where-needed-most"), ("entity", "uk"), ("currency", "GBP")]).await;
        assert_eq!(csv_rows(&file(&browser, &early).await).len(), 2);
        let later = ask(&browser, &[("kind", "receipts"), ("from", "2026-11-23")]).await;
        assert_eq!(csv_rows(&file(&browser, &later).await).len(), 0);
    }
}

story! {
    async fn a_workbook_waits_for_a_week(app: &TestApp) {
        app.gift("25").await;
        let browser = app.staff("finance").await;
        for kind in ["gifts", "donors", "plans", "refunds", "receipts"] {
            let page = ask(&browser, &[("kind", kind), ("format", "xlsx")]).await;
            let waiting = browser.open(&format!("{}/file", page.path)).await;
            assert!(waiting.has("Being written"), "{}", waiting.words());
            app.settle().await;
            let bytes = file(&browser, &page).await;
            assert_eq!(bytes, file(&browser, &page).await);
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
            assert_eq!(book.sheet_names().len(), 3);
            let rows = book.worksheet_range_at(0).expect("a sheet").expect("a sheet").height() - 1;
            assert_eq!(rows, usize::from(!matches!(kind, "plans" | "refunds")), "{kind}");
        }
        let folder = app.deps.config.export_dir.clone();
        let files = || std::fs::read_dir(&folder).expect("the folder").count();
        assert_eq!(files(), 5, "no half files");
        app.advance_days(6).await;
        assert_eq!(files(), 5);
        app.advance_days(2).await;
        assert_eq!(files(), 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM export_batch WHERE state = 'done' AND sha256 IS NOT NULL").await, 5);
        browser.sign_in_to_office(FINANCE).await;
        let list = browser.open("/staff/exports").await;
        assert!(list.has("File deleted"), "{}", list.words());
        let id = app.text("SELECT id FROM export_batch ORDER BY id LIMIT 1").await;
        assert_eq!(browser.open(&format!("/staff/exports/{id}/file")).await.status, 404);
    }
}

/// A day or an instant as Excel counts: days since the end of 1899.
fn excel(text: &str) -> f64 {
    let whole =
        if text.contains('T') { text.trim_end_matches('Z').to_owned() } else { format!("{text}T00:00:00") };
    let at: jiff::civil::DateTime = whole.parse().expect("a day or an instant");
    let since = at.duration_since(jiff::civil::date(1899, 12, 30).at(0, 0, 0, 0));
    since.as_secs_f64() / 86_400.0
}

staged! {
    async fn the_command_writes_the_same_bytes(app: &TestApp) {
        books(app, 2_500).await;
        let browser = app.staff("finance").await;
        let typed = [("kind", "gifts"), ("entity", "us"), ("from", "2024-01-01"), ("to", "2025-12-31")];
        let download = file(&browser, &ask(&browser, &typed).await).await;
        let filter = ExportFilter {
            entity: Some("us".to_owned()),
            from: Some(jiff::civil::date(2024, 1, 1)),
            to: Some(jiff::civil::date(2025, 12, 31)),
            ..ExportFilter::default()
        };
        let wish = |format| Wish { kind: ExportKind::Gifts, format, filter: filter.clone(), why: "Backup".to_owned() };
        let to = app.dir.path().join("gifts.csv");
        let mut heard = Vec::new();
        let outcome = to_file(&app.deps, wish(ExportFormat::Csv), &to, &mut |done, all| heard.push((done, all))).await;
        let outcome = outcome.expect("a file");
        let bytes = std::fs::read(&to).expect("the file");
        assert!(bytes == download, "other bytes than the download's");
        assert_eq!((outcome.bytes, outcome.sha256.as_str()), (bytes.len() as u64, &*hex::encode(Sha256::digest(&bytes))));
        let rows = outcome.totals.rows();
        assert!((1..125).contains(&rows), "{rows} rows of two years of three");
        assert_eq!(heard.last(), Some(&(rows, rows)));
        let to = app.dir.path().join("gifts.xlsx");
        let book = to_file(&app.deps, wish(ExportFormat::Xlsx), &to, &mut |_, _| {}).await.expect("a file");
        assert_eq!(book.totals, outcome.totals);
        let mut sheet: Xlsx<_> = Xlsx::new(Cursor::new(std::fs::read(&to).expect("the file"))).expect("a workbook");
        let sheet = sheet.worksheet_range("Gifts").expect("a sheet");
        // Cell for cell: what is a number in one is the same number in the other.
        for (row, csv) in sheet.rows().skip(1).zip(csv_rows(&bytes)) {
            for (head, cell) in sheet.headers().expect("a head").iter().zip(row) {
                match cell {
                    Data::Float(number) => assert_eq!(Ok(*number), csv[head].parse::<f64>(), "{head}"),
                    Data::DateTime(at) => assert!((at.as_f64() - excel(&csv[head])).abs() < 1e-6, "{head}: {at}"),
                    other => assert_eq!(other.to_string(), csv[head], "{head}"),
                }
            }
        }
        let commands = "SELECT COUNT(*) FROM audit_line WHERE actor = 'command' AND action LIKE 'export.%'";
        assert_eq!(app.count(commands).await, 4);
    }
}

staged! {
    async fn a_workbook_that_cannot_be_written_is_tried_again(app: &TestApp) {
        let browser = app.staff("finance").await;
        gift(app, "Ada", 2_500, "GBP", false).await;
        let folder = app.deps.config.export_dir.clone();
        std::fs::write(&folder, "in the way").expect("a file");
        let page = ask(&browser, &[("kind", "gifts"), ("format", "xlsx")]).await;
        app.settle().await;
        let failed = browser.open(&page.path).await;
        assert!(failed.has("Not written") && failed.has("tried again by itself"), "{}", failed.words());
        std::fs::remove_file(&folder).expect("gone");
        app.deps.clock.advance(Duration::from_secs(60));
        app.settle().await;
        let done = browser.open(&page.path).await;
        assert!(done.has("Complete") && done.has("1 of 1"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0);
    }
}
