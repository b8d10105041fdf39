//! What a donor may ask for: a copy of everything that is held about them (PR-10), and to be forgotten (PR-11; threats.md S24).

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::time::Duration;

use almoner::store::copy::tables;
use almoner::store::personal::{HOLDINGS, NOT_ABOUT_DONORS};
use serde_json::Value;

use crate::monthly::{ADA, ada_with_a_plan, at_stripe};
use crate::office_money::look_at;
use crate::office_offline::enter;
use crate::support::browser::Browser;
use crate::support::{TestApp, story};

async fn download(browser: &Browser<'_>, path: &str) -> Vec<u8> {
    let response = browser.send(browser.app.http.get(browser.app.url(path))).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/zip");
    response.bytes().await.expect("an archive").to_vec()
}

fn file(archive: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut text = String::new();
    archive.by_name(name).expect(name).read_to_string(&mut text).expect("reads");
    text
}

/// Gives £25 with words that nobody but the charity reads.
async fn gift_with_words(app: &TestApp) {
    let form =
        app.form("").await.filled("25").set("tribute_kind", "memory").set("tribute_name", "Quagga Tidemill");
    let session = app.to_checkout(&form).await;
    app.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await;
    app.settle().await;
}

async fn erase(office: &Browser<'_>, donor: &str) {
    let here = format!("/staff/donors/{donor}/rights");
    let page = office.open(&here).await;
    let asked =
        office.fill(&page, &format!("{here}/erase"), &[("why", "By letter of 3 May"), ("sure", "yes")]).await;
    assert!(asked.has("They are being forgotten"), "{}", asked.words());
}

story! {
    async fn no_table_is_forgotten(app: &TestApp) {
        let mut read = app.deps.store.read().await.expect("reads");
        let there: BTreeSet<String> = tables(&mut read).await.expect("tables").into_iter().map(|t| t.name).collect();
        let listed: BTreeSet<String> =
            HOLDINGS.iter().map(|h| h.table).chain(NOT_ABOUT_DONORS.iter().copied()).map(str::to_owned).collect();
        assert_eq!(there, listed, "a table holds something about donors, or does not: say which in src/store/personal.rs");
        assert_eq!(HOLDINGS.len() + NOT_ABOUT_DONORS.len(), listed.len(), "each once");
    }
}

story! {
    async fn a_donor_takes_a_copy_of_everything_that_is_held_about_them(app: &TestApp) {
        gift_with_words(app).await;
        let ada = app.account("ada@donors.example", "vq8 mulberry seven k").await;
        let _bo = app.account("bo@donors.example", "vq8 mulberry seven k").await;
        let office = app.staff("support finance").await;
        let donor = app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await;
        let page = office.open(&format!("/staff/donors/{donor}/notes")).await;
        office.fill(&page, &format!("/staff/donors/{donor}/notes/add"), &[("words", "Rang about her daughter")]).await;
        assert!(ada.open("/portal/profile").await.has("Everything we hold about you"));
        let own = download(&ada, "/portal/data.zip").await;
        let machine: Value = serde_json::from_str(&file(&own, "what-is-held-about-you.json")).expect("JSON");
        assert_eq!(machine["donor"]["rows"][0]["email"], "ada@donors.example");
        assert_eq!(machine["gift"]["rows"][0]["amount_minor"], "2500");
        assert_eq!(machine["gift"]["rows"][0]["tribute_name"], "Quagga Tidemill");
        assert!(machine["mail_outbox"]["rows"].as_array().is_some_and(|m| !m.is_empty()));
        for guarded in ["password_hash", "argon2", "id_sha256", "browser_sha256", "bo@donors.example"] {
            assert!(!machine.to_string().contains(guarded), "{guarded}");
        }
        assert_eq!(machine["donor_note"], Value::Null, "somebody reads the notes first");
        let page = file(&own, "what-is-held-about-you.html");
        assert!(page.contains("Quagga Tidemill") && page.contains("<html lang=\"en-GB\">"), "{page}");
        let whole = download(&office, &format!("/staff/donors/{donor}/rights/copy.zip")).await;
        let machine: Value = serde_json::from_str(&file(&whole, "what-is-held-about-you.json")).expect("JSON");
        assert_eq!(machine["donor_note"]["rows"][0]["words"], "Rang about her daughter");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.copy_taken'").await, 2);
        let support = app.staff_named("other@staff.example", "support").await;
        assert_eq!(support.open(&format!("/staff/donors/{donor}/rights")).await.status, 403);
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        assert_eq!(office.open(&format!("/staff/donors/{donor}/rights/copy.zip")).await.heading(), "Prove that it is you");
    }
}

story! {
    async fn case_96_a_donor_is_forgotten_but_for_what_the_law_wants_kept(app: &TestApp) {
        gift_with_words(app).await;
        let ada = app.account("ada@donors.example", "vq8 mulberry seven k").await;
        let contact = ada.open("/portal/profile/contact").await;
        ada.fill(&contact, "/portal/profile/contact", &[("telephone", "020 7946 0999")]).await;
        let office = app.staff("support finance").await;
        let donor = app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await;
        let notes = office.open(&format!("/staff/donors/{donor}/notes")).await;
        office.fill(&notes, &format!("/staff/donors/{donor}/notes/add"), &[("words", "Rang about Zebedee")]).await;
        let (books, receipt) = (app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await, app.text("SELECT content_sha256 FROM receipt").await);
        let here = format!("/staff/donors/{donor}/rights");
        let page = office.open(&here).await;
        assert!(page.has("1 goes") && page.has("1 gift stays in the books"), "{}", page.words());
        let unsure = office.fill(&page, &format!("{here}/erase"), &[("why", "By letter")]).await;
        assert_eq!((unsure.status, unsure.errors()), (422, vec!["Tick it once you are sure".to_owned()]));
        assert_eq!(app.count("SELECT COUNT(*) FROM erasure").await, 0);
        erase(&office, &donor).await;
        app.settle().await;
        let done = office.open(&here).await;
        assert!(done.has("Forgotten") && done.has("Kept for the law") && done.has("2033"), "{}", done.words());
        assert!(ada.open("/portal").await.path.starts_with("/sign-in"), "the doors are closed");
        // What goes.
        for (table, left) in [
            ("account", app.count("SELECT COUNT(*) FROM account").await),
            ("addresses", app.count("SELECT COUNT(*) FROM donor_address").await),
            ("notes", app.count("SELECT COUNT(*) FROM donor_note").await),
            ("mails", app.count("SELECT COUNT(*) FROM mail_outbox WHERE recipient = 'ada@donors.example'").await),
            ("questions", app.count("SELECT COUNT(*) FROM mailbox_proof WHERE email = 'ada@donors.example'").await),
            ("browsers", app.count("SELECT COUNT(*) FROM known_browser").await),
            ("words", app.count("SELECT COUNT(*) FROM donor_term WHERE term LIKE 'ada%'").await),
            ("names", app.count("SELECT COUNT(*) FROM donor WHERE given_name = 'Ada' OR telephone IS NOT NULL OR email <> ''").await),
            ("forms", app.count("SELECT COUNT(*) FROM payment WHERE donor_details LIKE '%Marsh%' OR checkout_request LIKE '%ada@%' OR tribute_name IS NOT NULL").await),
            ("dedication", app.count("SELECT COUNT(*) FROM gift WHERE tribute_name IS NOT NULL").await),
            ("notices", app.count("SELECT COUNT(*) FROM webhook_event WHERE payload LIKE '%ada@donors.example%'").await),
        ] {
            assert_eq!(left, 0, "{table}");
        }
        // What stays.
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await, books, "the books");
        assert_eq!(app.text("SELECT content_sha256 FROM receipt").await, receipt);
        assert_eq!(app.count("SELECT COUNT(*) FROM suppression").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM erasure WHERE state = 'done' AND held_until IS NOT NULL").await, 1);
        let mut read = app.deps.store.read().await.expect("reads");
        let until = almoner::store::exports::Wanted { until: vec!["~".to_owned()], ..Default::default() };
        let rows = almoner::store::exports::gifts::chunk(&mut read, &until, "", 10).await.expect("gifts");
        assert_eq!((rows.len(), rows[0].donor.receipt_name().as_str(), rows[0].donor.email.as_str()), (1, "Erased donor", ""));
        let year = rows[0].row.tax_year.clone();
        let owed = almoner::store::statement_lines::donors_of_year(&mut read, "uk", &year).await.expect("donors");
        assert_eq!(owed, [], "no statement is sent after them");
        drop(read);
        let gift = app.text("SELECT id FROM gift").await;
        assert_eq!(office.open(&format!("/staff/gifts/{gift}")).await.status, 200);
        let list = office.open("/staff/donors").await;
        assert!(list.has("Erased donor") && !list.has("ada@donors.example"), "{}", list.words());
        assert!(office.open("/staff/find?q=ada@donors.example").await.has("Nothing found"));
        assert!(app.damage("UPDATE gift SET note = 'back'").await.is_err(), "a gift is as append-only as before");
        // Not a byte of it in the file.
        if let almoner::store::Store::Sqlite { write, .. } = &app.deps.store {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.expect("checkpoints");
            let path = app.database_address();
            let path = path.trim_start_matches("sqlite://").trim_start_matches("sqlite:").split('?').next().expect("a path").to_owned();
            let bytes = std::fs::read(&path).expect("the file");
            // The receipt keeps the dedication it was issued with.
            for gone in ["Zebedee", "7946 0999"] {
                let found = bytes.windows(gone.len()).any(|w| w == gone.as_bytes());
                assert!(!found, "{gone} is still in the file");
            }
        }
        // Asked again, and tried again by the worker: it is done once.
        let again = office.post(&format!("{here}/erase"), &[("why", "Once more"), ("sure", "yes"), ("token", "x")]).await;
        assert!(again.has("open for too long"), "{}", again.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM erasure").await, 1);
    }
}

story! {
    async fn a_monthly_gift_is_stopped_before_its_donor_is_forgotten(app: &TestApp) {
        let (_ada, _plan) = ada_with_a_plan(app).await;
        let office = app.staff("support finance").await;
        let donor = app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await;
        let page = office.open(&format!("/staff/donors/{donor}/rights")).await;
        assert!(page.has("1 is stopped first"), "{}", page.words());
        erase(&office, &donor).await;
        app.settle().await;
        assert_eq!(at_stripe(app).await["status"], "canceled");
        assert_eq!(app.text("SELECT state FROM pledge").await, "ended");
        let waiting = office.open(&format!("/staff/donors/{donor}/rights")).await;
        assert!(waiting.has("Being forgotten") || waiting.has("Forgotten"), "{}", waiting.words());
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM erasure").await, "done");
        let told: Vec<_> = app.mails().into_iter().filter(|m| m.to == ADA).collect();
        assert!(told.iter().any(|m| m.subject.contains("stopped") || m.subject.contains("ended")), "the letter about the plan left first: {:?}",
            told.iter().map(|m| m.subject.clone()).collect::<Vec<_>>());
        // Who gives again from the same mailbox is somebody new.
        app.gift("10").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE email = 'ada@donors.example'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 2);
    }
}

story! {
    async fn a_refund_after_all_reaches_the_books_of_somebody_forgotten(app: &TestApp) {
        let intent = app.gift("25").await;
        let office = app.staff("support finance").await;
        let donor = app.text("SELECT id FROM donor").await;
        erase(&office, &donor).await;
        app.settle().await;
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM erasure").await, "done");
        let before = app.mails().len();
        app.sandbox.refund(&intent, None).await.expect("refunded");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM refund WHERE state = 'succeeded'").await, 1);
        assert_eq!(app.mails().len(), before, "there is nobody to write to");
    }
}

story! {
    async fn a_gift_that_was_first_anothers_forgets_that_one_too(app: &TestApp) {
        app.gift("25").await;
        let form = app.form("").await.filled("40").set("email", "bo@donors.example").set("family_name", "Tidemill");
        let session = app.to_checkout(&form).await;
        app.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await;
        app.settle().await;
        let (ada, bo) = (
            app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await,
            app.text("SELECT id FROM donor WHERE email = 'bo@donors.example'").await,
        );
        let office = app.staff("support finance").await;
        let gift = app.text("SELECT id FROM gift WHERE amount_minor = 4000").await;
        let looked = look_at(&office, &gift, "donor", &[("donor", &ada)]).await;
        let done = office.fill(&looked, &format!("/staff/gifts/{gift}/correct"), &[]).await;
        assert!(done.status == 200, "{}", done.words());
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction WHERE was LIKE '%Tidemill%'").await, 1, "{}", done.words());
        let copy = String::from_utf8_lossy(&download(&app.account("bo@donors.example", "vq8 mulberry seven k").await, "/portal/data.zip").await).into_owned();
        assert!(!copy.contains("Marsh"), "what is Ada's is not in it");
        erase(&office, &bo).await;
        app.settle().await;
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM erasure").await, "done");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction WHERE was LIKE '%Tidemill%'").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction WHERE donor_details LIKE '%Tidemill%'").await, 0);
        assert!(app.damage("UPDATE gift_correction SET was = '{}'").await.is_err(), "a correction is as append-only as before");
        assert!(app.damage("UPDATE gift_correction SET why = 'other'").await.is_err());
    }
}

story! {
    async fn a_copy_of_everything_is_taken_a_few_times_an_hour(app: &TestApp) {
        app.gift("25").await;
        let ada = app.account("ada@donors.example", "vq8 mulberry seven k").await;
        for _ in 0..3 {
            assert_eq!(ada.open("/portal/data.zip").await.status, 200);
        }
        let refused = ada.open("/portal/data.zip").await;
        assert_eq!(refused.status, 429, "{}", refused.words());
        app.deps.clock.advance(Duration::from_secs(3601));
        assert_eq!(ada.open("/portal/data.zip").await.status, 200);
    }
}

story! {
    async fn who_was_forgotten_is_not_entered_again_by_their_mailbox(app: &TestApp) {
        app.gift("25").await;
        let office = app.staff("support finance").await;
        let donor = app.text("SELECT id FROM donor").await;
        erase(&office, &donor).await;
        app.settle().await;
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle().await;
        assert_eq!(app.text("SELECT state FROM erasure").await, "done");
        let fund = app.deps.config.charity.funds_of("uk").next().expect("a fund").id.clone();
        let typed = [("given_name", "Ada"), ("family_name", "Marsh"), ("email", "Ada@Donors.example"), ("fund", &fund)];
        let refused = enter(&office, "", &typed).await;
        assert_eq!(refused.status, 422, "{}", refused.words());
        assert!(refused.has("asked to be forgotten"), "{}", refused.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1, "nothing was entered");
    }
}

story! {
    async fn the_words_of_old_notices_are_let_go(app: &TestApp) {
        app.gift("25").await;
        let kept = "SELECT COUNT(*) FROM webhook_event WHERE payload <> '{}'";
        assert!(app.count(kept).await > 0);
        almoner::services::rights::keep::run(&app.deps).await.expect("runs");
        assert!(app.count(kept).await > 0, "they are young");
        app.deps.clock.advance(Duration::from_secs(91 * 24 * 3600));
        almoner::services::rights::keep::run(&app.deps).await.expect("runs");
        assert_eq!(app.count(kept).await, 0);
        assert!(app.count("SELECT COUNT(*) FROM webhook_event WHERE object_id <> ''").await > 0, "that they came stays");
    }
}
