//! Gift Aid declarations over time, on the donor's pages and in the office (§1.2; cases 15 and 23 to 30).

use almoner::domain::ids::DonorId;
use almoner::sandbox::TestMethod;
use almoner::services::gift_aid::overview;
use almoner::store::db::meter;

use crate::office_offline::{OWEN, enter};
use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

const HERE: &str = "/portal/gift-aid";
const SIGN: &str = "/portal/gift-aid/sign/uk";
const ADA: &str = "ada@donors.example";
const PASSWORD: &str = "correct-heron-bicycle-soup";
const HOME: [(&str, &str); 4] =
    [("line1", "1 Example Street"), ("city", "Exampleton"), ("postcode", "sw1a1aa"), ("country", "GB")];

/// Signs a declaration on the donor's page, with some fields otherwise.
async fn sign(browser: &Browser<'_>, typed: &[(&str, &str)]) -> Shown {
    let page = browser.open(SIGN).await;
    let mut all = vec![("scope", "future"), ("agree", "yes")];
    all.extend(HOME);
    all.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
    all.extend_from_slice(typed);
    browser.fill(&page, SIGN, &all).await
}

/// Gives while signed in, without a tick.
async fn give(browser: &Browser<'_>, amount: &str) {
    let app = browser.app;
    let page = browser.open("/give").await;
    app.deps.clock.advance(std::time::Duration::from_secs(30));
    let away = browser.fill(&page, "/give", &[("frequency", "once"), ("amount_other", amount)]).await;
    let session = away.path.rsplit('/').next().expect("a session").to_owned();
    app.pay(&session, TestMethod::CardSuccess).await;
}

/// A cheque of Owen's.
async fn cheque(office: &Browser<'_>, amount: &str, day: &str) {
    let typed = [OWEN, &[("amount", amount), ("received_on", day)]].concat();
    let done = enter(office, "", &typed).await;
    assert!(done.has("is entered."), "{}", done.words());
}

/// What of the first declaration's page address comes after the portal's or the office's part.
async fn first_declaration(app: &TestApp) -> String {
    app.text("SELECT id FROM declaration ORDER BY made_at, id LIMIT 1").await
}

story! {
    async fn case_23_signing_for_the_past_adds_what_four_years_hold(app: &TestApp) {
        let office = app.staff("finance").await;
        cheque(&office, "100", "2022-11-21").await;
        cheque(&office, "1248", "2022-11-22").await;
        let owen = app.browser();
        owen.sign_in_by_link("owen@donor.example").await;
        let before = owen.open(HERE).await;
        assert!(before.has("£312.00 more is claimable if you sign") && before.has("Not on"), "{}", before.words());
        assert!(before.links().contains(&format!("{SIGN}?scope=past")), "{:?}", before.links());
        let page = owen.open(&format!("{SIGN}?scope=past")).await;
        assert!(page.form(SIGN).contains(&("scope".to_owned(), "past".to_owned())), "chosen beforehand");
        assert!(page.form(SIGN).contains(&("full_name".to_owned(), "Owen Reed".to_owned())), "prefilled");
        let typed = [HOME.as_slice(), &[("agree", "yes")]].concat();
        for _ in 0..2 {
            let done = owen.fill(&page, SIGN, &typed).await;
            assert!(done.has("It adds £312.00 of Gift Aid to gifts you have made already"), "{}", done.words());
            assert!(!done.has("more is claimable") && done.has("Every gift from 22 November 2022"), "{}", done.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 1, "a form sent twice is one declaration");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 0, "gifts stay as they are");
        let shown = app.text("SELECT words_shown FROM declaration").await;
        for words in ["in the four years before", "it is my responsibility to pay any difference", "in the past four years", "Tell us if you want to cancel"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration WHERE length(wording_sha256) = 64 AND channel = 'web'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'declaration.made'").await, 1);
    }
}

story! {
    async fn case_25_and_26_it_covers_from_its_day_until_the_day_we_are_told(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        give(&ada, "40").await;
        app.advance_days(1).await;
        ada.sign_in(ADA, PASSWORD).await;
        let signed = sign(&ada, &[]).await;
        assert!(signed.has("Every gift from today on is covered"), "{}", signed.words());
        assert!(signed.has("£10.00 more is claimable"), "the gift of the day before is not: {}", signed.words());
        give(&ada, "20").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 1, "without a tick");
        // Case 29: who moves keeps the declaration as it was made.
        let address = ada.open("/portal/profile/address").await;
        let moved = [("line1", "5 New Row"), ("city", "Newton"), ("postcode", "BT1 1AA"), ("country", "GB")];
        ada.fill(&address, "/portal/profile/address", &moved).await;
        let page = ada.open(HERE).await;
        assert!(page.has("1 Example Street") && page.has("On") && page.has("£5.00"), "{}", page.words());

        app.advance_days(1).await;
        ada.sign_in(ADA, PASSWORD).await;
        let end = format!("{HERE}/end/{}", first_declaration(app).await);
        let page = ada.open(&end).await;
        assert!(page.has("We no longer claim Gift Aid on gifts you make from that day on"), "{}", page.words());
        for (date, says) in [("", "Enter the day from which it ends"), ("2026-11-01", "still to come")] {
            let again = ada.fill(&page, &end, &[("when", "later"), ("date", date)]).await;
            assert!(again.status == 422 && again.errors()[0].contains(says), "{date}: {:?}", again.errors());
        }
        for _ in 0..2 {
            let done = ada.fill(&page, &end, &[("when", "today")]).await;
            assert!(done.has("Your declaration ends on 24 November 2026") && done.has("Not on"), "{}", done.words());
        }
        give(&ada, "60").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 1);
        let page = ada.open(HERE).await;
        assert!(page.has("£5.00") && page.has("Ended on 24 November 2026"), "what was covered stays: {}", page.words());
        app.settle().await;
        assert_eq!(app.mails_about("The end of your Gift Aid declaration").len(), 1);
    }
}

story! {
    async fn case_30_and_15_a_person_with_a_home_declares(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let wrong: [(&[(&str, &str)], &str); 7] = [
            (&[("line1", "c/o Acme Ltd")], "a c/o address cannot be used"),
            (&[("line1", "")], "first line of your address"),
            (&[("postcode", "12345")], "full UK postcode"),
            (&[("full_name", "Ada")], "your first name and your surname"),
            (&[("agree", "")], "Tick the box"),
            (&[("scope", "single")], "Choose which gifts"),
            (&[("country", "")], "Choose your country"),
        ];
        for (typed, says) in wrong {
            let again = sign(&ada, typed).await;
            assert_eq!(again.status, 422, "{typed:?}");
            assert!(again.errors().iter().any(|e| e.contains(says)), "{typed:?}: {:?}", again.errors());
            assert!(again.html.contains("value=\"Exampleton\""), "what was typed stays");
        }
        let changed = sign(&ada, &[("words", "others")]).await;
        assert!(changed.status == 422 && changed.has("The words have changed"), "{}", changed.words());
        let old = sign(&ada, &[("token", "made up")]).await;
        assert!(old.status == 422 && old.has("open for a long time"), "{}", old.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 0);
        assert_eq!(ada.open("/portal/gift-aid/sign/us").await.status, 404, "no Gift Aid there");

        let form = ada.open(SIGN).await;
        let name = ada.open("/portal/profile/name").await;
        let body = [("donor_kind", "organisation"), ("organisation", "Stone & Sons Bakery")];
        ada.fill(&name, "/portal/profile/name", &body).await;
        assert!(ada.open(HERE).await.has("An organisation cannot declare it"));
        let typed = [HOME.as_slice(), &[("scope", "past"), ("agree", "yes")]].concat();
        assert_eq!(ada.fill(&form, SIGN, &typed).await.status, 404);
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 0);
    }
}

story! {
    async fn who_lives_abroad_declares_too(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let abroad = [("line1", "12 rue Neuve"), ("city", "Lyon"), ("postcode", "69001"), ("country", "FR")];
        assert_eq!(sign(&ada, &abroad).await.status, 200);
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration WHERE non_uk_resident").await, 1, "UK-12");
    }
}

story! {
    async fn gift_aid_is_off_when_every_declaration_has_ended(app: &TestApp) {
        for amount in ["25", "30"] {
            let session = app.to_checkout(&app.form("").await.filled(amount).with_gift_aid()).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        assert_eq!(app.count("SELECT COUNT(DISTINCT declaration_id) FROM gift").await, 2, "each by its own form");
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let owner: DonorId = app.text("SELECT donor_id FROM account").await.parse().expect("an id");
        let (stands, queries) = meter::counting(overview::overview(&app.deps, &owner)).await;
        assert!(stands.expect("reads").iter().any(|s| s.stands && s.all.minor() == 1_375));
        assert_eq!(queries, 2, "however much was given");
        let end = format!("{HERE}/end/{}", first_declaration(app).await);
        let page = ada.open(&end).await;
        assert!(page.has("Another declaration of yours still holds"), "{}", page.words());
        let done = ada.fill(&page, &end, &[("when", "today")]).await;
        assert!(done.has("Not on"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration_event WHERE kind = 'ended'").await, 2);
        app.settle().await;
        assert_eq!(app.mails_about("The end of your Gift Aid declaration").len(), 1, "one letter");
    }
}

/// The address of Owen's declarations in the office.
async fn declarations(app: &TestApp) -> String {
    let donor = app.text("SELECT id FROM donor WHERE email = 'owen@donor.example'").await;
    format!("/staff/donors/{donor}/declarations")
}

/// Writes one down in the office.
async fn write_down(office: &Browser<'_>, typed: &[(&str, &str)]) -> Shown {
    let here = declarations(office.app).await;
    let page = office.open(&here).await;
    let mut all = vec![("channel", "oral"), ("scope", "future"), ("made_on", "2026-11-22")];
    all.extend(HOME);
    all.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
    all.extend_from_slice(typed);
    office.fill(&page, &here, &all).await
}

const TOLD: [(&str, &str); 2] = [("via", "oral"), ("words", "No longer pays tax")];

story! {
    async fn case_27_and_28_an_oral_one_holds_by_its_record_and_can_be_undone_for_thirty_days(app: &TestApp) {
        cheque(&app.staff("finance").await, "100", "2026-11-22").await;
        app.settle().await;
        let support = app.staff("support").await;
        let first = write_down(&support, &[]).await;
        assert!(first.has("Waits for its letter") && first.has("Send the written record"), "{}", first.words());
        let (first, _) = first.path.split_once('?').expect("an address");
        let first = first.to_owned();
        for says in ["The written record is sent", "That was done already"] {
            let done = support.post(&format!("{first}/record"), &[]).await;
            assert!(done.has(says) && done.has("Holds"), "{says}: {}", done.words());
        }
        app.settle().await;
        let mails = app.mails_about("Your Gift Aid declaration, in writing");
        assert_eq!(mails.iter().map(|m| m.to.as_str()).collect::<Vec<_>>(), ["owen@donor.example"]);
        // Everything the donor said, the tax, the right to undo it, the day it was given and the day this is sent (UK-20).
        for words in ["Owen Reed", "1 Example Street, Exampleton, SW1A 1AA", "Every gift from 22 November 2026", "Capital Gains Tax", "within 30 days", "Declared on: 22 November 2026", "This record sent on: 22 November 2026"] {
            assert!(mails[0].text.contains(words), "{words}: {}", mails[0].text);
        }
        let second = write_down(&support, &[]).await;
        let (second, _) = second.path.split_once('?').expect("an address");
        let second = second.to_owned();
        let page = support.open(&second).await;
        let posted = format!("{second}/posted");
        for (day, says) in [("", "Enter the day on which it was posted"), ("2026-11-30", "not in the future"), ("2026-11-21", "on or after the declaration")] {
            let again = support.fill(&page, &posted, &[("posted_on", day)]).await;
            assert!(again.status == 422 && again.errors()[0].contains(says), "{day}: {:?}", again.errors());
        }
        assert!(support.fill(&page, &posted, &[("posted_on", "2026-11-22")]).await.has("Holds"));

        app.advance_days(20).await;
        let later = app.staff_named("later@staff.example", "support").await;
        let page = later.open(&first).await;
        let typed = [TOLD.as_slice(), &[("told_on", "2026-12-12")]].concat();
        let undone = later.fill(&page, &format!("{first}/end"), &typed).await;
        assert!(undone.has("counts as never made") && undone.has("As if never made"), "{}", undone.words());
        let page = later.open(&second).await;
        let end = format!("{second}/end");
        let cases = [("told_on", "2027-01-31", "not in the future"), ("told_on", "2026-11-21", "on or after the declaration"), ("from", "2026-12-01", "on or after the one"), ("words", "", "what the donor said"), ("via", "web", "how the donor told us")];
        for (name, value, says) in cases {
            let mut wrong = typed.clone();
            wrong.retain(|(n, _)| *n != name);
            wrong.push((name, value));
            let again = later.fill(&page, &end, &wrong).await;
            assert!(again.status == 422 && again.errors()[0].contains(says), "{name}={value}: {:?}", again.errors());
        }
        app.advance_days(25).await;
        let last = app.staff_named("last@staff.example", "support").await;
        let page = last.open(&second).await;
        let typed = [TOLD.as_slice(), &[("told_on", "2027-01-06")]].concat();
        let ended = last.fill(&page, &end, &typed).await;
        assert!(ended.has("The declaration is ended") && ended.has("Ended on 6 January 2027"), "{}", ended.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration_event WHERE kind = 'ended' AND void").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration_event WHERE kind = 'record_sent'").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE detail LIKE '%Owen%' OR detail LIKE '%Example Street%' OR detail LIKE '%pays tax%'").await, 0);
        app.settle().await;
    }
}

story! {
    async fn case_24_a_paper_for_one_gift_covers_that_gift(app: &TestApp) {
        let office = app.staff("finance").await;
        cheque(&office, "100", "2026-11-20").await;
        cheque(&office, "60", "2026-11-20").await;
        app.settle().await;
        let gift = app.text("SELECT id FROM gift WHERE amount_minor = 10000").await;
        let paper = [("channel", "paper"), ("scope", "single"), ("gift", gift.as_str()), ("evidence_ref", "Box 12, 118"), ("made_on", "2026-11-20")];
        let cases = [
            ("evidence_ref", "", "shelf mark"),
            ("gift", "", "Choose the gift"),
            ("made_on", "2026-11-23", "not in the future"),
            ("made_on", "1999-12-31", "since the year 2000"),
            ("made_on", "2019-05-01", "no words of its own on that day"),
            ("line1", "c/o Acme Ltd", "a c/o address cannot be used"),
            ("channel", "web", "Choose how it came"),
        ];
        for (name, value, says) in cases {
            let mut typed = paper.to_vec();
            typed.retain(|(n, _)| *n != name);
            typed.push((name, value));
            let again = write_down(&office, &typed).await;
            assert_eq!(again.status, 422, "{name}={value}: {}", again.words());
            assert!(again.errors().iter().any(|e| e.contains(says)), "{name}={value}: {:?}", again.errors());
        }
        let done = write_down(&office, &paper).await;
        for words in ["The declaration is written down", "Box 12, 118", "One gift", "Holds", "Sam Office", "SHA-256"] {
            assert!(done.has(words), "{words}: {}", done.words());
        }
        assert!(done.has("Claim Gift Aid on one gift I made to Lantern Freedom Trust"), "{}", done.words());
        assert!(!done.has("Send the written record"), "paper needs none");
        let own = [("channel", "email"), ("made_on", "2019-05-01"), ("words", "Yes to Gift Aid,\r\nI pay enough tax.")];
        assert!(write_down(&office, &own).await.has("Yes to Gift Aid,"));
        let details = office.open(&declarations(app).await.replace("/declarations", "/details")).await;
        assert!(details.has("One gift") && details.has("Every gift from 1 May 2019"), "{}", details.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'declaration.entered'").await, 2);
        assert!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.read' AND detail LIKE '%declarations%'").await > 2);
    }
}

story! {
    async fn a_declaration_of_another_donor_is_not_there(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        sign(&ada, &[]).await;
        let declaration = first_declaration(app).await;
        let bo = app.account("bo@donors.example", PASSWORD).await;
        let end = format!("{HERE}/end/{declaration}");
        assert_eq!(bo.open(&end).await.status, 404);
        assert_eq!(bo.post(&end, &[("when", "today")]).await.status, 404);
        assert!(!bo.open(&format!("{HERE}?done=ended&by={declaration}")).await.has("Your declaration"));
        let other = app.text("SELECT donor_id FROM account WHERE email = 'bo@donors.example'").await;
        let support = app.staff("support").await;
        let foreign = format!("/staff/donors/{other}/declarations/{declaration}");
        assert_eq!(support.open(&foreign).await.status, 404);
        for act in ["record", "posted", "end"] {
            let told = [("told_on", "2026-11-22"), ("posted_on", "2026-11-22"), ("via", "oral"), ("words", "x")];
            assert_eq!(support.post(&format!("{foreign}/{act}"), &told).await.status, 404, "{act}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration_event").await, 0);
        let admin = app.staff("admin").await;
        let refused = admin.open(&format!("/staff/donors/{other}/declarations")).await;
        assert_eq!(refused.status, 403, "who manages staff keeps no declarations");
    }
}
