//! The tax year as a donor and the office see it: so far, issued once, issued again when it is no longer true.

use std::time::Duration;

use almoner::clock::Ts;
use almoner::config::Config;
use almoner::domain::ids::StatementRunId;
use almoner::sandbox::TestMethod;
use almoner::services::statements::run;

use crate::office_money::{FINANCE, give_back, the_gift};
use crate::support::browser::{Browser, Shown};
use crate::support::{Database, TestApp, story};

const ADA: &str = "ada@donors.example";
const PASSWORD: &str = "vq8 mulberry seven k";
const YEAR: &str = "/portal/statements/year/uk/2026-27";

/// A gift of £100 with Gift Aid; whoever gave it.
async fn aided(app: &TestApp) -> String {
    let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    the_gift(app).await
}

/// To the spring after: the tax year of the stories has ended.
pub async fn next_spring(app: &TestApp) {
    app.deps.clock.advance(Duration::from_secs(140 * 24 * 3600));
    app.settle().await;
}

/// The office looks at a year.
async fn look<'a>(finance: &Browser<'a>, which: &str) -> Shown {
    finance.open(&format!("/staff/statements?which={}", which.replace(' ', "+"))).await
}

/// The office issues the statements of the stories' year.
pub async fn issue(app: &TestApp, finance: &Browser<'_>) -> Shown {
    let page = look(finance, "uk 2026-27").await;
    assert!(page.has("Issue the statements"), "{}", page.words());
    let begun = finance.fill(&page, "/staff/statements/begin", &[]).await;
    app.settle().await;
    begun
}

/// The bytes of a download, and what it says it is.
async fn download(browser: &Browser<'_>, path: &str) -> (u16, String, Vec<u8>) {
    let response = browser.send(browser.app.http.get(browser.app.url(path))).await;
    let status = response.status().as_u16();
    let header = |name: &str| {
        response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    };
    let said = format!(
        "{} | {} | {}",
        header("content-type"),
        header("content-disposition"),
        header("cache-control")
    );
    (status, said, response.bytes().await.expect("a body").to_vec())
}

story! {
    async fn a_year_is_seen_while_it_runs_and_issued_once_when_it_has_ended(app: &TestApp) {
        aided(app).await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let years = ada.open("/portal/statements").await;
        assert!(years.has("The year so far") && years.has("£100.00") && years.has("£125.00"), "{}", years.words());
        let year = ada.open(YEAR).await;
        assert!(year.has("Gifts under Gift Aid") && year.has("It ends on 5 April 2027"), "{}", year.words());
        let finance = app.staff("finance").await;
        let early = look(&finance, "uk 2026-27").await;
        assert!(early.has("Statements are issued after that") && !early.has("Issue the statements"), "{}", early.words());
        next_spring(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let page = look(&finance, "uk 2026-27").await;
        assert!(page.has("New statements1") && page.has("£100.00"), "{}", page.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 0, "looking issues nothing");
        let begun = finance.fill(&page, "/staff/statements/begin", &[]).await;
        let twice = finance.fill(&page, "/staff/statements/begin", &[]).await;
        assert_eq!(begun.path, twice.path, "a double click begins one run: {}", twice.words());
        app.settle().await;
        let done = finance.open(&begun.path).await;
        assert!(done.has("Done") && done.has("LFT-S-2026-27-000001") && done.has("Sent"), "{}", done.words());
        assert!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donors.listed' AND detail LIKE '%statements str_%'").await > 0, "who looked at whom is on record");
        let told = app.mails_about("giving statement for 2026-27 is ready");
        assert_eq!((told.len(), told[0].to.as_str()), (1, ADA));
        assert!(told[0].text.contains("/portal/statements/year/uk/2026-27"), "{}", told[0].text);
        issue_again_changes_nothing(app, &finance).await;
        ada.sign_in_by_link(ADA).await;
        let year = ada.open(YEAR).await;
        assert!(year.has("LFT-S-2026-27-000001") && year.has("Counts"), "{}", year.words());
        let path = year.links().into_iter().find(|l| l.contains("/document/")).expect("a document");
        let (status, said, bytes) = download(&ada, &path).await;
        assert_eq!((status, bytes.get(..5)), (200, Some(b"%PDF-".as_slice())), "{said}");
        assert_eq!(said, "application/pdf | attachment; filename=\"LFT-S-2026-27-000001.pdf\" | no-store");
        assert_eq!(bytes, download(&ada, &path).await.2, "the same bytes");
        let bo = app.account("bo@donors.example", PASSWORD).await;
        assert_eq!(download(&bo, &path).await.0, 404, "another's statement is not there");
        assert_eq!(bo.open(YEAR).await.status, 404);
        assert!(bo.open("/portal/statements").await.has("No statements yet"));
    }
}

async fn issue_again_changes_nothing(app: &TestApp, finance: &Browser<'_>) {
    let page = look(finance, "uk 2026-27").await;
    assert!(page.has("Stay as they are1") && !page.has("Issue the statements"), "{}", page.words());
    let before = app.count("SELECT COUNT(*) FROM statement").await;
    let nonce = "another run of the same year";
    run::begin(&app.deps, "uk", "2026-27", nonce, None).await.expect("begins");
    app.settle().await;
    assert_eq!(
        app.count("SELECT COUNT(*) FROM statement").await,
        before,
        "nothing changed, nothing is issued"
    );
}

story! {
    async fn case_65_a_refund_after_the_statement_gives_version_two_and_says_why(app: &TestApp) {
        let gift = aided(app).await;
        next_spring(app).await;
        let finance = app.staff("finance").await;
        issue(app, &finance).await;
        give_back(&finance, &gift, "40").await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2);
        assert_eq!(app.text("SELECT number FROM statement WHERE version = 2").await, "LFT-S-2026-27-000001 v2");
        let told = app.mails_about("giving statement for 2026-27 has changed");
        assert_eq!(told.len(), 1);
        let words = told[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("£40.00 of it went back to you"), "{words}");
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let year = ada.open(YEAR).await;
        for said in ["Superseded", "What has changed", "£60.00", "£75.00"] {
            assert!(year.has(said), "{said}: {}", year.words());
        }
        let old = app.text("SELECT id FROM statement WHERE version = 1").await;
        assert_eq!(download(&ada, &format!("/portal/statements/document/{old}")).await.0, 200, "the old one stays");
        // Looked at again and again: the same figures give no third.
        run::begin(&app.deps, "uk", "2026-27", "once more", None).await.expect("begins");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2);
    }
}

story! {
    async fn a_run_that_was_held_or_killed_goes_on_and_numbers_nobody_twice(app: &TestApp) {
        for n in 0..5 {
            let session = app.to_checkout(&app.form("").await.filled("20").set("email", &format!("d{n}@donors.example"))).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        next_spring(app).await;
        let finance = app.staff("finance").await;
        let page = look(&finance, "uk 2026-27").await;
        let begun = finance.fill(&page, "/staff/statements/begin", &[]).await;
        let id: StatementRunId = begun.path.rsplit('/').next().expect("an id").parse().expect("a run");
        // Two donors are done, then the process dies: what was begun and not committed is not there.
        let donors = [0, 1].map(|n| format!("SELECT donor_id FROM statement_item ORDER BY donor_id LIMIT 1 OFFSET {n}"));
        for sql in donors {
            let donor = app.text(Box::leak(sql.into_boxed_str())).await;
            run::run_item(&app.deps, &format!("{id}|{donor}")).await.expect("done");
            run::run_item(&app.deps, &format!("{id}|{donor}")).await.expect("done once");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2);
        let page = finance.open(&begun.path).await;
        let held = finance.fill(&page, &format!("{}/pause", begun.path), &[]).await;
        assert!(held.has("Held") && held.has("Waiting3"), "{}", held.words());
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2, "nothing begins while it is held");
        let going = finance.fill(&held, &format!("{}/resume", begun.path), &[]).await;
        assert!(going.has("Running"), "{}", going.words());
        app.settle().await;
        assert!(finance.open(&begun.path).await.has("Done"));
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 5);
        assert_eq!(app.count("SELECT COUNT(DISTINCT number) FROM statement").await, 5);
        assert_eq!(app.text("SELECT MAX(number) FROM statement").await, "LFT-S-2026-27-000005");
        assert_eq!(app.mails_about("statement for 2026-27 is ready").len(), 5);
    }
}

story! {
    async fn case_01_to_04_gifts_at_the_turn_of_the_year_stand_in_their_own(app: &TestApp) {
        // 5 April 2027, 22:59 and 23:01 UTC: one minute before and after midnight in London.
        let before = Ts::parse("2027-04-05T22:59:00Z").expect("an instant");
        let gap = before.as_micros() - app.deps.clock.now().as_micros();
        app.deps.clock.advance(Duration::from_micros(u64::try_from(gap).expect("ahead")));
        app.gift("11").await;
        let late = Ts::parse("2027-04-05T23:01:00Z").expect("an instant");
        let gap = late.as_micros() - app.deps.clock.now().as_micros();
        app.deps.clock.advance(Duration::from_micros(u64::try_from(gap).expect("ahead")));
        app.gift("22").await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let old = ada.open(YEAR).await;
        assert!(old.has("£11.00") && !old.has("£22.00"), "{}", old.words());
        let new = ada.open("/portal/statements/year/uk/2027-28").await;
        assert!(new.has("£22.00") && !new.has("£11.00"), "{}", new.words());
        for none in ["2025-26", "2026-28", "..", "2026-27%00", "99999999"] {
            assert_eq!(ada.open(&format!("/portal/statements/year/uk/{none}")).await.status, 404, "{none}");
        }
    }
}

story! {
    async fn receipts_come_one_by_one_and_all_at_once_and_can_be_checked_by_anybody(app: &TestApp) {
        let gift = app.gift("25").await;
        app.gift("30").await;
        let gift = if gift.starts_with("gift_") { gift } else { the_gift(app).await };
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let (status, said, bytes) = download(&ada, &format!("/portal/gifts/{gift}/receipt.pdf")).await;
        assert_eq!((status, bytes.get(..5)), (200, Some(b"%PDF-".as_slice())), "{said}");
        assert!(said.starts_with("application/pdf | attachment; filename=\"LFT-2026-"), "{said}");
        let (status, said, bytes) = download(&ada, &format!("{YEAR}/receipts.zip")).await;
        assert_eq!((status, bytes.get(..2)), (200, Some(b"PK".as_slice())), "{said}");
        let hash = app.text("SELECT content_sha256 FROM receipt ORDER BY number LIMIT 1").await;
        let code = almoner::domain::receipt::check_code(&hash);
        let stranger = app.browser();
        let shown = stranger.open(&format!("/check/{code}")).await;
        assert!(shown.has("This document is genuine, and it counts.") && shown.has("LFT-2026-00000001"), "{}", shown.words());
        for personal in ["Ada", "25.00", "30.00", "@"] {
            assert!(!shown.html.split("<main").nth(1).expect("a main").split("</main").next().expect("its end").contains(personal), "{personal}");
        }
        let other = stranger.open("/check?code=0000-0000-0000-0000-0000").await;
        assert!(other.has("We know of no document with this code."), "{}", other.words());
        assert_eq!(stranger.open("/check?code=3F9A").await.status, 422);
        assert_eq!(stranger.open("/check").await.status, 200);
    }
}

story! {
    async fn case_64_what_remains_has_a_receipt_of_its_own_and_the_register_shows_both(app: &TestApp) {
        let gift = aided(app).await;
        let finance = app.staff("finance").await;
        give_back(&finance, &gift, "40").await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 2);
        let mail = app.mails_about("£40.00").pop().expect("a mail about the refund");
        assert!(mail.text.contains("LFT-2026-00000002"), "the new number is told: {}", mail.text);
        let register = finance.open("/staff/receipts").await;
        for said in ["Replaced", "LFT-2026-00000002 counts instead", "None"] {
            assert!(register.has(said), "{said}: {}", register.words());
        }
        let hash = app.text("SELECT content_sha256 FROM receipt WHERE version = 1").await;
        let code = almoner::domain::receipt::check_code(&hash);
        assert!(app.browser().open(&format!("/check/{code}")).await.has("another has taken its place"));
        // All of it: nothing is left to be receipted (case 62).
        give_back(&finance, &gift, "60").await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 2);
        let cancelled = finance.open("/staff/receipts?state=cancelled").await;
        assert!(cancelled.has("LFT-2026-00000002") && cancelled.has("Cancelled"), "{}", cancelled.words());
        let (status, said, _) = download(&finance, "/staff/receipts/LFT-2026-00000002/pdf").await;
        assert_eq!(status, 200, "{said}");
        assert_eq!(download(&finance, "/staff/receipts/LFT-2026-99999999/pdf").await.0, 404);
    }
}

story! {
    async fn what_a_donor_got_for_a_gift_stands_on_the_receipt(app: &TestApp) {
        let gift = aided(app).await;
        let finance = app.staff("finance").await;
        let path = format!("/staff/gifts/{gift}/benefit");
        let page = finance.open(&path).await;
        let wrong = finance.fill(&page, &path, &[("value", "100.01"), ("what", "A dinner")]).await;
        assert_eq!((wrong.status, wrong.errors().len()), (422, 1), "{}", wrong.words());
        let kept = finance.fill(&page, &path, &[("value", "40.00"), ("what", "A dinner")]).await;
        assert!(kept.has("Kept: the donor got something worth £40.00"), "{}", kept.words());
        finance.fill(&page, &path, &[("value", "40.00"), ("what", "A dinner")]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_benefit").await, 1, "a double click keeps one");
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 2);
        assert!(app.text("SELECT content FROM receipt WHERE version = 2").await.contains("£40.00"));
        // More than a quarter of the gift: it does not count for Gift Aid any more (UK-10).
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let year = ada.open(YEAR).await;
        assert!(year.has("Gifts without Gift Aid") && !year.has("Gifts under Gift Aid"), "{}", year.words());
    }
}

story! {
    async fn an_official_canadian_receipt_has_every_element_wherever_it_is_read(app: &TestApp) {
        let form = app.form("?entity=ca").await.filled("100").set("address_line1", "1 Example Street");
        let form = form.set("city", "Exampleton").set("postcode", "K1A 0B1");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let gift = the_gift(app).await;
        let mail = app.mails_about("CA$100.00").pop().expect("a receipt");
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = ada.open(&format!("/portal/gifts/{gift}/receipt")).await;
        assert_eq!(page.heading(), "Official donation receipt");
        let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in [
            "official receipt for income tax purposes",
            "000000000RR0000",
            "Exampleville, Ontario",
            "Eligible amount",
            "canada.ca/charities-giving",
        ] {
            assert!(page.has(said), "{said}: {}", page.words());
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(page.has("Noor Haddad"), "who signs: {}", page.words());
    }
}

story! {
    async fn what_was_given_as_a_guest_beside_an_account_comes_into_its_statement(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let page = ada.open("/give").await;
        app.deps.clock.advance(Duration::from_secs(30));
        let away = ada.fill(&page, "/give", &[("frequency", "once"), ("amount_other", "30")]).await;
        let session = away.path.rsplit('/').next().expect("a session").to_owned();
        app.pay(&session, TestMethod::CardSuccess).await;
        // The same mailbox on the form, signed out: a guest's gift until the mailbox is proven again.
        app.gift("12").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 2);
        next_spring(app).await;
        let finance = app.staff("finance").await;
        issue(app, &finance).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2);
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 3, "one for both");
        let year = ada.open(YEAR).await;
        for said in ["£42.00", "£30.00", "£12.00", "Counts", "Superseded"] {
            assert!(year.has(said), "{said}: {}", year.words());
        }
        let old = app.text("SELECT id FROM statement WHERE version = 1 ORDER BY number LIMIT 1").await;
        let other = app.text("SELECT id FROM statement WHERE version = 1 ORDER BY number DESC LIMIT 1").await;
        for id in [old, other] {
            assert_eq!(download(&ada, &format!("/portal/statements/document/{id}")).await.0, 200);
        }
    }
}

async fn a_statement_goes_with_its_mail(database: Database) {
    let attach = |config: &mut Config| config.charity.statements.attach = true;
    let Some(app) = TestApp::spawn_with(database, attach).await else { return };
    aided(&app).await;
    next_spring(&app).await;
    let finance = app.staff("finance").await;
    issue(&app, &finance).await;
    app.settle().await;
    let mail = app.mails_about("statement for 2026-27 is ready").pop().expect("a mail");
    let message = mail_parser::MessageParser::default().parse(mail.raw.as_bytes()).expect("a mail");
    assert!(mail.text.contains("/portal/statements/") && mail.html.contains("/portal/statements/"));
    let files: Vec<_> = message.attachments().collect();
    assert_eq!(files.len(), 1, "{}", mail.raw);
    let name = mail_parser::MimeHeaders::attachment_name(files[0]).unwrap_or_default();
    assert_eq!(name, "LFT-S-2026-27-000001.pdf");
    assert!(files[0].contents().starts_with(b"%PDF-"), "the statement itself");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_charity_asks_for_it_the_statement_itself_goes_with_its_mail() {
    a_statement_goes_with_its_mail(Database::Sqlite).await;
    a_statement_goes_with_its_mail(Database::Postgres).await;
}
