//! Gifts of another system: looked at, brought in to the penny, taken back; nobody is written to.

use crate::office_offline::send_form;
use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

const HERE: &str = "/staff/imports";

const TEMPLATE: &str = "external_id,received_on,amount,currency,fund,campaign,method,given_name,family_name,organisation,email,\
    telephone,address_line1,address_line2,city,region,postcode,country,note,gift_aid_claimed\r\n\
    a-1,2025-12-24,25.00,GBP,,,Card,Ada,Marsh,,ada@donors.example,,1 Lantern Lane,,Exampleton,,EX1 1AA,GB,For Grace,yes\r\n\
    a-2,2026-01-24,25.00,GBP,,,Card,Ada,Marsh,,ada@donors.example,,,,,,,,,no\r\n\
    a-3,2026-02-03,\"1,000.50\",GBP,,,PayPal,,,Tidemill Ltd,,,2 Lantern Lane,,Exampleton,,EX1 1AB,United Kingdom,,\r\n\
    a-4,2026-02-04,10.00,GBP,,,Cash,Bo,Tidemill,,,,,,,,EX1 1AC,,,\r\n\
    a-5,2026-03-04,10.00,GBP,,,Cash,Bo,Tidemill,,,,,,,,ex1 1ac,,,\r\n";

async fn send(office: &Browser<'_>, name: &str, bytes: &[u8], typed: &[(&str, &str)]) -> Shown {
    let mut fields = office.open(HERE).await.form(HERE);
    for (name, value) in [("to", "uk:GBP"), ("fund", "where-most-needed")].iter().chain(typed) {
        fields.retain(|(n, _)| n != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    send_form(office, HERE, &fields, name, bytes).await
}

async fn press(
    app: &TestApp,
    office: &Browser<'_>,
    page: &Shown,
    act: &str,
    typed: &[(&str, &str)],
) -> Shown {
    let here = page.path.split('?').next().expect("a path").to_owned();
    office.post(&format!("{here}/{act}"), typed).await;
    app.settle().await;
    office.open(&here).await
}

async fn fund(app: &TestApp) -> String {
    app.deps.config.charity.funds_of("uk").next().expect("a fund").id.clone()
}

story! {
    async fn a_file_is_looked_at_brought_in_to_the_penny_and_taken_back(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let template = office.open("/staff/imports/template.csv").await;
        assert!(template.html.contains("external_id,received_on,amount"), "{}", template.html);
        let looked = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        assert!(looked.has("Nothing is in the books yet") && looked.has("Bring 5 gifts in") && looked.has("£1,070.50"), "{}", looked.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        let done = press(app, &office, &looked, "bring-in", &[]).await;
        assert!(done.has("In the books") && done.has("No difference.") && done.has("£1,000.50"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE method_kind = 'imported'").await, 5);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 3, "Ada, the body, and Bo once");
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await + app.count("SELECT COUNT(*) FROM mail_outbox WHERE donor_id IS NOT NULL").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM import_row WHERE payload IS NOT NULL").await, 0, "what rows said is not kept twice");
        let before = app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await;
        assert_eq!(before, 107_050);
        // The same file again brings nothing in.
        let again = send(&office, "history again.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        assert!(again.has("Brought in before, left out") && !again.has("Bring 5"), "{}", again.words());
        press(app, &office, &again, "drop", &[]).await;
        // A donor finds what they gave before once their mailbox answers.
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        let gifts = ada.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && gifts.status == 200, "{}", gifts.words());
        let gift = app.text("SELECT id FROM gift WHERE received_on = '2025-12-24'").await;
        let one = ada.open(&format!("/portal/gifts/{gift}")).await;
        assert!(one.status == 200 && one.has("Card") && !one.links().iter().any(|l| l.contains("receipt")), "{}", one.words());
        assert_eq!(office.open(&format!("/staff/gifts/{gift}")).await.status, 200);
        for report in ["/staff/reports?entity=uk&to=2026-03", "/staff/months/uk/2026-02", "/portal/statements"] {
            let browser = if report.starts_with("/portal") { &ada } else { &office };
            assert_eq!(browser.open(report).await.status, 200, "{report}");
        }
        let page = looked.path.clone();
        let unsaid = office.post(&format!("{page}/take-back"), &[("why", "")]).await;
        assert_eq!(unsaid.status, 422, "{}", unsaid.words());
        let back = press(app, &office, &looked, "take-back", &[("why", "The wrong file")]).await;
        assert!(back.has("Taken back"), "{}", back.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await + app.count("SELECT COUNT(*) FROM ledger_entry").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1, "Ada has an account now: she stays");
        // And in again.
        let third = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        let done = press(app, &office, &third, "bring-in", &[]).await;
        assert!(done.has("No difference."), "{}", done.words());
    }
}

story! {
    async fn what_is_built_on_is_not_taken_back_and_the_ledger_is_as_append_only_as_before(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let looked = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        press(app, &office, &looked, "bring-in", &[]).await;
        for sql in ["DELETE FROM gift", "DELETE FROM ledger_entry", "DELETE FROM offline_gift", "UPDATE ledger_entry SET amount_minor = 1"] {
            assert!(app.damage(sql).await.is_err(), "{sql}");
        }
        let gift = app.text("SELECT id FROM gift WHERE amount_minor = 100050").await;
        let asked = [("step", "look"), ("amount", "10"), ("reason", "requested_by_customer"), ("why", "They asked")];
        let here = format!("/staff/gifts/{gift}/refund");
        let page = office.post(&here, &asked).await;
        let done = office.fill(&page, &here, &[]).await;
        assert!(done.has("written down"), "{}", done.words());
        app.settle().await;
        let shown = office.open(&looked.path).await;
        assert!(shown.has("It can no longer be taken back"), "{}", shown.words());
        let back = office.post(&format!("{}/take-back", looked.path), &[("why", "The wrong file")]).await;
        assert!(back.has("It cannot be taken back"), "{}", back.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 5);
    }
}

story! {
    async fn rows_that_cannot_be_brought_in_say_why(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let bad = "external_id,received_on,amount,currency,email,family_name,country,postcode,gift_aid_claimed\n\
            b-1,2026-01-01,25,GBP,ada@donors.example,Marsh,,,\n\
            b-1,2026-01-02,25,GBP,ada@donors.example,Marsh,,,\n\
            b-3,2026-13-02,25,GBP,ada@donors.example,Marsh,,,\n\
            b-4,2099-01-02,25,GBP,ada@donors.example,Marsh,,,\n\
            b-5,2026-01-02,lots,GBP,ada@donors.example,Marsh,,,\n\
            b-6,2026-01-02,25,USD,ada@donors.example,Marsh,,,\n\
            b-7,2026-01-02,25,GBP,not one,Marsh,,,\n\
            b-8,2026-01-02,25,GBP,,,,,\n\
            b-9,2026-01-02,25,GBP,,Marsh,Atlantis,EX1 1AA,\n\
            b-10,2026-01-02,25,GBP,,Marsh,,,perhaps\n\
            b-11,2026-01-02,-5,GBP,,Marsh,,,\n\
            b-12,2026-01-02,25\n";
        let looked = send(&office, "bad.csv", bad.as_bytes(), &[("fund", &fund), ("dates", "%Y-%m-%d")]).await;
        for said in ["Bring 1 gift in", "Its id stands on line 2 already", "is no day", "in the future", "is no sum", "takes no USD",
            "is no e-mail address", "does not say who gave", "Atlantis is no country", "yes or no, not “perhaps”", "or went back", "more or fewer cells"] {
            assert!(looked.has(said), "{said}: {}", looked.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM import_row WHERE state = 'problem'").await, 10);
        press(app, &office, &looked, "drop", &[]).await;
        for (bytes, field) in [
            (&b"a,b,c\n1,2,3\n"[..], "neither the template"),
            (b"received_on,amount,email\n", "no row under its headings"),
            (b"received_on,amount,email\n01/02/2026,5,a@donors.example\n", "more than one way"),
            (b"", "Choose the file"),
            (b"\xff\xfe\x00\xd8\x00", "encoding"),
        ] {
            let again = send(&office, "odd.csv", bytes, &[("fund", &fund)]).await;
            assert_eq!(again.status, 422, "{field}");
            assert!(again.errors().concat().contains(field), "{field}: {:?}", again.errors());
        }
        let nobody = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("to", ""), ("fund", "")]).await;
        assert_eq!((nobody.status, nobody.errors().len()), (422, 2), "{:?}", nobody.errors());
        let support = app.staff_named("other@staff.example", "support").await;
        assert_eq!(support.open(HERE).await.status, 403);
    }
}

story! {
    async fn exports_of_givewp_and_donorbox_are_known_by_their_headings(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let givewp = "Donation ID,Donation Date,Donation Total,Currency Code,Donation Status,Form Title,Payment Gateway,First Name,Last Name,Email Address\n\
            301,\"December 24, 2025\",25.00,GBP,Complete,Christmas,Stripe,Ada,Marsh,ada@donors.example\n\
            302,\"December 25, 2025\",25.00,GBP,Refunded,Christmas,Stripe,Ada,Marsh,ada@donors.example\n";
        let looked = send(&office, "givewp.csv", givewp.as_bytes(), &[("fund", &fund)]).await;
        assert!(looked.has("An export of GiveWP") && looked.has("Bring 1 gift in") && looked.has("calls it “Refunded”"), "{}", looked.words());
        press(app, &office, &looked, "bring-in", &[]).await;
        assert_eq!(app.text("SELECT reference FROM offline_gift").await, "Christmas", "what is no fund of ours is kept as a reference");
        let donorbox = "Name,Donor's First Name,Donor's Last Name,Donor Email,Amount,Currency,Donated At,Country,Receipt Id,Donation Type\n\
            Bo Tidemill,Bo,Tidemill,bo@donors.example,40.00,GBP,12/31/25 23:10:00,United Kingdom,9001,stripe\n";
        let looked = send(&office, "donorbox.csv", donorbox.as_bytes(), &[("fund", &fund)]).await;
        assert!(looked.has("An export of Donorbox") && looked.has("£40.00"), "{}", looked.words());
        let done = press(app, &office, &looked, "bring-in", &[]).await;
        assert!(done.has("No difference."), "{}", done.words());
        assert_eq!(app.text("SELECT CAST(received_on AS TEXT) FROM gift WHERE amount_minor = 4000").await, "2025-12-31");
    }
}

story! {
    async fn what_was_claimed_elsewhere_is_not_claimed_again(app: &TestApp) {
        let fund = fund(app).await;
        let form = app.form("").await.filled("25").with_gift_aid();
        let session = app.to_checkout(&form).await;
        app.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await;
        app.settle().await;
        let office = app.staff("finance").await;
        let file = "external_id,received_on,amount,email,family_name,given_name,gift_aid_claimed\n\
            c-1,2026-11-22,30,ada@donors.example,Example,Ada,yes\n\
            c-2,2026-11-22,40,ada@donors.example,Example,Ada,no\n";
        let looked = send(&office, "claims.csv", file.as_bytes(), &[("fund", &fund)]).await;
        press(app, &office, &looked, "bring-in", &[]).await;
        app.advance_days(60).await;
        let office = app.staff_named("later@staff.example", "finance").await;
        let report = office.open("/staff/reports/gift-aid").await;
        assert!(report.has("£65.00") && report.has("£16.25"), "25 and 40, not 30: {}", report.words());
    }
}

story! {
    async fn two_files_that_share_rows_are_both_brought_in_and_each_row_once(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let one = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        let more = format!("{TEMPLATE}a-6,2026-03-05,11.00,GBP,,,Cash,Cy,Tidemill,,,,,,,,ex1 1ac,,,\r\n");
        let two = send(&office, "history and more.csv", more.as_bytes(), &[("fund", &fund)]).await;
        assert!(two.has("Bring 6 gifts in"), "looked at before the first is in the books: {}", two.words());
        press(app, &office, &one, "bring-in", &[]).await;
        let done = press(app, &office, &two, "bring-in", &[]).await;
        assert!(done.has("In the books") && done.has("Brought in before"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 6);
    }
}

story! {
    async fn a_file_that_is_half_brought_in_goes_on_where_it_was(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let mut file = "external_id,received_on,amount,email,family_name\n".to_owned();
        for n in 0..450 {
            file.push_str(&format!("d-{n},2026-01-{:02},{}.10,donor{}@donors.example,Number {n}\n", 1 + n % 28, 1 + n, n % 50));
        }
        let looked = send(&office, "many.csv", file.as_bytes(), &[("fund", &fund), ("dates", "%Y-%m-%d")]).await;
        let here = looked.path.clone();
        office.post(&format!("{here}/bring-in"), &[]).await;
        // Two workers at once, as after a restart that left the job behind.
        let subject = app.text("SELECT id FROM import_batch").await;
        let (one, two) = tokio::join!(almoner::services::import::run(&app.deps, &subject), almoner::services::import::run(&app.deps, &subject));
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 450);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 50);
        let done = office.open(&here).await;
        assert!(done.has("No difference."), "{}", done.words());
    }
}

story! {
    async fn a_month_that_closes_after_the_look_keeps_its_rows_out(app: &TestApp) {
        crate::months::a_november(app).await;
        let before = app.count("SELECT COUNT(*) FROM gift").await;
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let file = format!("{TEMPLATE}a-6,2026-12-02,10.00,GBP,,,Cash,Bo,Tidemill,,,,,,,,ex1 1ac,,,\r\n");
        let looked = send(&office, "history.csv", file.as_bytes(), &[("fund", &fund)]).await;
        assert!(looked.has("Bring 6 gifts in"), "{}", looked.words());
        let closed = office.post("/staff/months/uk/2026-11/close", &[]).await;
        assert!(closed.has("November 2026 is closed"), "{}", closed.words());
        let done = press(app, &office, &looked, "bring-in", &[]).await;
        assert!(done.has("Its month was closed since") && done.has("In the books"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, before + 1, "that of December");
    }
}

story! {
    async fn what_is_built_on_while_a_file_is_taken_back_stays(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let looked = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        press(app, &office, &looked, "bring-in", &[]).await;
        // Somebody writes down what the donor got for one of its gifts while it is being taken back.
        app.damage("UPDATE import_batch SET state = 'rolling_back'").await.expect("begins");
        app.damage(
            "INSERT INTO gift_benefit (id, gift_id, nonce, currency, description, value_minor, recorded_by, recorded_at) \
             SELECT 'ben_1', g.id, 'n', 'GBP', 'Dinner', 100, s.id, '2026-11-20T00:00:00.000000Z' FROM gift g, staff s WHERE g.amount_minor = 100050",
        )
        .await
        .expect("writes");
        let id = app.text("SELECT id FROM import_batch").await;
        almoner::services::import::run(&app.deps, &id).await.expect("runs to its end");
        let left = app.count("SELECT COUNT(*) FROM gift").await;
        assert_eq!((left, app.text("SELECT state FROM import_batch").await.as_str()), (1, "done"));
        assert!(app.damage("DELETE FROM gift").await.is_err(), "and is as append-only as before");
    }
}

story! {
    async fn a_file_that_nobody_brings_in_is_let_go(app: &TestApp) {
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let looked = send(&office, "history.csv", TEMPLATE.as_bytes(), &[("fund", &fund)]).await;
        assert!(looked.has("Nothing is in the books yet"), "{}", looked.words());
        app.deps.clock.advance(std::time::Duration::from_secs(31 * 24 * 3600));
        almoner::services::rights::keep::run(&app.deps).await.expect("runs");
        assert_eq!(app.text("SELECT state FROM import_batch").await, "dropped");
        assert_eq!(app.count("SELECT COUNT(*) FROM import_row WHERE payload IS NOT NULL").await, 0);
    }
}

story! {
    async fn a_gift_that_was_receipted_elsewhere_is_on_no_second_official_document(app: &TestApp) {
        let fund = app.deps.config.charity.funds_of("ca").next().expect("a fund").id.clone();
        let office = app.staff("finance").await;
        let heading = TEMPLATE.split_once("\r\n").expect("headings").0;
        for (id, receipted) in [("c-1", "yes"), ("c-2", "no")] {
            let row = format!("{heading}\r\n{id},2025-06-01,50.00,CAD,,,Card,Ada,Marsh,,ada@donors.example,,1 Lantern Lane,,Exampleton,ON,K1A 0B1,CA,,no\r\n");
            let looked = send(&office, "canada.csv", row.as_bytes(), &[("to", "ca:CAD"), ("fund", &fund), ("receipted", receipted)]).await;
            press(app, &office, &looked, "bring-in", &[]).await;
        }
        let owner = app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await;
        let entity = app.deps.config.charity.entity("ca").expect("the entity");
        let mut read = app.deps.store.read().await.expect("reads");
        let now = app.deps.clock.now();
        let year = almoner::services::statements::compose::compose(&app.deps, &mut read, &owner.parse().expect("an id"), entity, "2025", now).await;
        let year = year.expect("composes");
        let confirmed: Vec<bool> = year.blocks.iter().flat_map(|b| &b.lines).map(|l| l.confirmed).collect();
        assert_eq!(confirmed.iter().filter(|c| **c).count(), 1, "one of two: {confirmed:?}");
        assert_eq!(confirmed.len(), 2);
    }
}

const DECLARED: &str = "external_id,declared_on,covers,made_by,evidence,words,ended_on,given_name,family_name,email,address_line1,city,postcode,country\r\n\
    d-1,2024-05-01,past_4y_and_future,paper,\"Binder 12, sheet 4\",,,Ada,Marsh,ada@donors.example,1 Lantern Lane,Exampleton,EX1 1AA,GB\r\n\
    d-2,2023-01-02,future,web,Old system 77,I want Gift Aid,2024-06-30,Bo,Tidemill,,2 Lantern Lane,Exampleton,EX1 1AB,GB\r\n\
    d-3,2023-01-02,future,web,,,,Cy,Tidemill,,2 Lantern Lane,Exampleton,EX1 1AB,GB\r\n\
    d-4,2023-01-02,future,web,Old system 78,,,Di,Tidemill,,c/o Acme,Exampleton,EX1 1AB,GB\r\n\
    d-5,2023-01-02,single,web,Old system 79,,,Di,Tidemill,,2 Lantern Lane,Exampleton,EX1 1AB,GB\r\n";

story! {
    async fn declarations_are_brought_in_with_their_evidence_and_taken_back(app: &TestApp) {
        const PAGE: &str = "/staff/imports/declarations";
        let fund = fund(app).await;
        let office = app.staff("finance").await;
        let template = office.open("/staff/imports/declarations.csv").await;
        assert!(template.html.contains("declared_on,covers,made_by,evidence"), "{}", template.html);
        // Gifts that were not claimed elsewhere, from the same mailbox.
        let gifts = TEMPLATE.replace(",yes\r\n", ",no\r\n");
        let looked = send(&office, "history.csv", gifts.as_bytes(), &[("fund", &fund), ("claimed", "no")]).await;
        press(app, &office, &looked, "bring-in", &[]).await;
        let of_gifts = send_form(&office, PAGE, &office.open(PAGE).await.form(PAGE), "history.csv", TEMPLATE.as_bytes()).await;
        assert_eq!((of_gifts.status, of_gifts.has("a file of gifts, not of declarations")), (422, true), "{}", of_gifts.words());
        let looked = send_form(&office, PAGE, &office.open(PAGE).await.form(PAGE), "declared.csv", DECLARED.as_bytes()).await;
        for said in ["Nothing holds yet", "Bring 2 declarations in", "a row in a file is none", "not a c/o address", "not “single”"] {
            assert!(looked.has(said), "{said}: {}", looked.words());
        }
        let done = press(app, &office, &looked, "bring-in", &[]).await;
        assert!(done.has("In the books") && done.has("Take it back"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration WHERE evidence_ref IS NOT NULL AND made_at < '2024-05-02T00:00:00.000000Z'").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration_event WHERE kind = 'ended'").await, 1, "Bo’s ended");
        let gift = app.text("SELECT id FROM gift WHERE received_on = '2025-12-24'").await;
        let why = office.open(&format!("/staff/gifts/{gift}/gift-aid")).await;
        assert!(why.has("Binder 12") || why.has("covered") || why.has("can be claimed"), "{}", why.words());
        let ada = app.text("SELECT id FROM donor WHERE email = 'ada@donors.example'").await;
        let one = app.text("SELECT id FROM declaration WHERE channel = 'paper'").await;
        let shown = office.open(&format!("/staff/donors/{ada}/declarations/{one}")).await;
        assert!(shown.has("Binder 12, sheet 4"), "{}", shown.words());
        // Once more: both are known by their ids.
        let again = send_form(&office, PAGE, &office.open(PAGE).await.form(PAGE), "declared.csv", DECLARED.as_bytes()).await;
        assert!(again.has("Brought in before, left out") && !again.has("Bring 2"), "{}", again.words());
        let back = press(app, &office, &looked, "take-back", &[("why", "The wrong file")]).await;
        assert!(back.has("Taken back"), "{}", back.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 2, "they stay on record");
        let why = office.open(&format!("/staff/gifts/{gift}/gift-aid")).await;
        assert!(!why.has("Binder 12"), "{}", why.words());
        // One that had ended counts as never made, too.
        let bo = app.text("SELECT donor_id FROM declaration WHERE channel = 'web'").await;
        let mut read = app.deps.store.read().await.expect("reads");
        let all = almoner::store::declarations::of_owner(&mut read, &bo.parse().expect("an id")).await.expect("declarations");
        drop(read);
        assert!(all.iter().all(|d| d.ended.is_some_and(|e| e.void) && !d.is_valid()), "{all:?}");
    }
}

story! {
    async fn a_statement_that_was_issued_says_what_the_books_say_after_an_import(app: &TestApp) {
        app.gift("100").await;
        let fund = fund(app).await;
        crate::statements::next_spring(app).await;
        let office = app.staff("finance").await;
        crate::statements::issue(app, &office).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 1);
        let heading = TEMPLATE.split_once("\r\n").expect("headings").0;
        let row = format!("{heading}\r\ns-1,2026-12-01,40.00,GBP,,,Card,Ada,Marsh,,ada@donors.example,,1 Lantern Lane,,Exampleton,,EX1 1AA,GB,,no\r\n");
        let looked = send(&office, "late.csv", row.as_bytes(), &[("fund", &fund)]).await;
        press(app, &office, &looked, "bring-in", &[]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2, "a second version");
        let kept = office.open(&looked.path).await;
        assert!(kept.has("It can no longer be taken back"), "{}", kept.words());
    }
}

story! {
    async fn a_declaration_is_put_down_to_nobody_of_another_name(app: &TestApp) {
        const PAGE: &str = "/staff/imports/declarations";
        app.gift("25").await;
        let office = app.staff("finance").await;
        let head = DECLARED.split_once("\r\n").expect("headings").0;
        let rows = format!(
            "{head}\r\nn-1,2024-05-01,future,paper,Binder 1,,,Una,Reed,ada@donors.example,1 Lantern Lane,Exampleton,EX1 1AA,GB\r\n\
             n-2,2024-05-01,future,paper,Binder 2,,,Ada,Example,ada@donors.example,1 Lantern Lane,Exampleton,EX1 1AA,GB\r\n"
        );
        let looked = send_form(&office, PAGE, &office.open(PAGE).await.form(PAGE), "declared.csv", rows.as_bytes()).await;
        let done = press(app, &office, &looked, "bring-in", &[]).await;
        assert!(done.has("somebody’s of another name"), "{}", done.words());
        assert_eq!(app.text("SELECT full_name FROM declaration").await, "Ada Example");
    }
}
