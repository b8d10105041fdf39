//! Worked cases of the law, each by its number, that no other story tells: what was received when, from whom, and what of it
//! counts.

use std::time::Duration;

use almoner::clock::Ts;
use almoner::sandbox::TestMethod;
use almoner::store::receipts;

use crate::claims::{claimed, ripe, sheet};
use crate::office_money::{correct_path, give_back, look_at, the_gift};
use crate::office_offline::enter;
use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

const FINANCE: &str = crate::office_money::FINANCE;
const HERE: &str = "/staff/gift-aid";

/// To an instant that is still to come.
async fn until(app: &TestApp, instant: &str) {
    let to = Ts::parse(instant).expect("an instant").as_micros();
    let gap = to - app.deps.clock.now().as_micros();
    app.deps.clock.advance(Duration::from_micros(u64::try_from(gap).expect("ahead")));
    app.settle().await;
}

/// The days of receipt and tax years of every gift, in order.
async fn received(app: &TestApp) -> Vec<String> {
    let count = app.count("SELECT COUNT(*) FROM gift").await;
    let mut all = Vec::new();
    for n in 0..count {
        let sql = format!(
            "SELECT CAST(received_on AS TEXT) || ' ' || tax_year FROM gift ORDER BY received_at, id LIMIT 1 OFFSET {n}"
        );
        all.push(app.text(Box::leak(sql.into_boxed_str())).await);
    }
    all
}

/// A declaration on paper, written down in the office for somebody with a home.
async fn on_paper(app: &TestApp, email: &str, day: &str) -> Shown {
    let support = app.staff("support").await;
    let sql = format!("SELECT id FROM donor WHERE email = '{email}'");
    let donor = app.text(Box::leak(sql.into_boxed_str())).await;
    let path = format!("/staff/donors/{donor}/declarations");
    let page = support.open(&path).await;
    let typed = [
        ("channel", "paper"),
        ("scope", "future"),
        ("made_on", day),
        ("evidence_ref", "Scan 12"),
        ("line1", "1 Example Street"),
        ("city", "Exampleton"),
        ("postcode", "SW1A 1AA"),
        ("country", "GB"),
    ];
    let done = support.fill(&page, &path, &typed).await;
    assert!(done.status == 200 && done.errors().is_empty(), "{:?} {}", done.errors(), done.words());
    done
}

/// A cheque, entered by the office.
async fn cheque(office: &Browser<'_>, person: &[(&str, &str)], amount: &str, day: &str) {
    let done = enter(office, "", &[person, &[("amount", amount), ("received_on", day)]].concat()).await;
    assert!(done.has("is entered."), "{} {:?}", done.words(), done.errors());
}

const ALMA: &[(&str, &str)] =
    &[("given_name", "Alma"), ("family_name", "Mason"), ("email", "alma@donors.example")];
const BERT: &[(&str, &str)] =
    &[("given_name", "Bert"), ("family_name", "Mason"), ("email", "bert@donors.example")];

story! {
    async fn case_10_a_charge_that_failed_in_the_old_year_and_came_through_in_the_new_is_of_the_new(app: &TestApp) {
        until(app, "2027-03-05T10:00:00Z").await;
        let session = app.to_checkout(&app.form("?frequency=monthly").await.filled("25").set("frequency", "monthly")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let receipts = app.mails_about("Receipt").len();
        let subscription = app.text("SELECT stripe_subscription FROM pledge").await;
        app.sandbox.method_becomes(&subscription, TestMethod::CardDeclined).await;
        app.advance_days(31).await;
        assert_eq!(app.mails_about("did not come through").len(), 1, "on 5 April");
        assert_eq!(app.mails_about("Receipt").len(), receipts, "nothing for a charge that failed");
        app.sandbox.method_becomes(&subscription, TestMethod::CardSuccess).await;
        app.advance_days(5).await;
        let gifts = received(app).await;
        assert_eq!(gifts.len(), 2, "{gifts:?}");
        assert_eq!(gifts[0], "2027-03-05 2026-27");
        assert!(gifts[1].ends_with(" 2027-28") && gifts[1].as_str() > "2027-04-06", "{gifts:?}");
    }
}

story! {
    async fn case_11_a_direct_debit_is_received_when_it_is_collected(app: &TestApp) {
        until(app, "2027-04-02T09:00:00Z").await;
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.pay(&session, TestMethod::BacsSuccess).await;
        app.advance_days(3).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0, "on 5 April it is with the bank");
        assert_eq!(app.mails_about("Receipt").len(), 0);
        app.advance_days(5).await;
        let gifts = received(app).await;
        assert!(gifts.len() == 1 && gifts[0].ends_with(" 2027-28"), "{gifts:?}");
        assert_eq!(app.mails_about("Receipt").len(), 1, "only once it is there (RC-3)");
    }
}

story! {
    async fn case_12_a_cheque_that_bounced_was_no_gift(app: &TestApp) {
        until(app, "2027-04-03T10:00:00Z").await;
        let finance = app.staff("finance").await;
        cheque(&finance, ALMA, "100", "2027-04-03").await;
        app.settle().await;
        on_paper(app, "alma@donors.example", "2027-04-03").await;
        app.advance_days(6).await;
        finance.sign_in_to_office(FINANCE).await;
        let path = format!("/staff/gifts/{}/returned", the_gift(app).await);
        let page = finance.open(&path).await;
        let done = finance.fill(&page, &path, &[("why", "refer to drawer")]).await;
        assert!(done.has("written down as returned"), "{}", done.words());
        app.settle().await;
        assert_eq!(app.text("SELECT kind FROM receipt_event ORDER BY seq DESC LIMIT 1").await, "cancelled");
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        assert!(finance.open(HERE).await.has("Nothing to claim"));
        let alma = app.browser();
        alma.sign_in_by_link("alma@donors.example").await;
        let year = alma.open("/portal/statements/year/uk/2026-27").await;
        assert!(year.has("Went back to you£100.00") && year.has("You gave£0.00"), "{}", year.words());
    }
}

story! {
    async fn case_16_a_sole_trader_gives_as_the_person_they_are(app: &TestApp) {
        let form = app.form("").await.filled("100").with_gift_aid();
        let form = form.set("given_name", "John").set("family_name", "Smith").set("email", "plumbing@donors.example");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let claim = claimed(&finance).await;
        let rows = sheet(&finance, &claim, 1).await.rows;
        let row = &rows[0];
        assert_eq!(rows.len(), 1);
        assert_eq!((row.first_name.as_str(), row.last_name.as_str(), row.postcode.as_str()), ("John", "Smith", "SW1A 1AA"));
        assert!(row.house.starts_with('1'), "the home: {}", row.house);
    }
}

story! {
    async fn case_17_each_partner_is_claimed_for_alone(app: &TestApp) {
        let finance = app.staff("finance").await;
        cheque(&finance, ALMA, "400", "2026-11-20").await;
        cheque(&finance, BERT, "400", "2026-11-20").await;
        app.settle().await;
        on_paper(app, "alma@donors.example", "2026-11-01").await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let page = finance.open(HERE).await;
        assert!(page.has("£400.00 in one gift"), "{}", page.words());
        let claim = claimed(&finance).await;
        let rows = sheet(&finance, &claim, 1).await.rows;
        assert_eq!(rows.iter().map(|r| (r.first_name.as_str(), r.amount.as_str())).collect::<Vec<_>>(), [("Alma", "400.00")]);
        assert!(finance.open(&claim).await.has("£100.00"), "and Bert’s half is in none");
        for (name, says) in [("Alma", "Claimed"), ("Bert", "No declaration covers it.")] {
            let sql = format!("SELECT g.id FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.given_name = '{name}'");
            let gift = app.text(Box::leak(sql.into_boxed_str())).await;
            let page = finance.open(&format!("/staff/gifts/{gift}")).await;
            assert!(page.links().contains(&format!("/staff/gifts/{gift}/gift-aid")), "{:?}", page.links());
            let why = finance.open(&format!("/staff/gifts/{gift}/gift-aid")).await;
            assert!(why.has(says), "{name}: {}", why.words());
            assert_eq!(why.has("Part 1, row 1, with £400.00"), name == "Alma", "{}", why.words());
        }
    }
}

story! {
    async fn case_18_a_charity_voucher_is_its_issuers_gift_and_not_claimed(app: &TestApp) {
        let finance = app.staff("finance").await;
        let issuer: &[(&str, &str)] = &[
            ("donor_kind", "organisation"), ("organisation", "Example Charity Vouchers"), ("email", "vouchers@donors.example"),
            ("reference", "Voucher 000741"),
        ];
        cheque(&finance, issuer, "500", "2026-11-20").await;
        app.settle().await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        assert!(finance.open(HERE).await.has("Nothing to claim"));
        let donor = app.text("SELECT id FROM donor WHERE email = 'vouchers@donors.example'").await;
        let page = finance.open(&format!("/staff/donors/{donor}/declarations")).await;
        assert!(!page.has("Write a declaration down"), "a body declares nothing: {}", page.words());
    }
}

story! {
    async fn case_33_a_waived_refund_is_given_on_the_day_it_was_waived(app: &TestApp) {
        until(app, "2027-05-03T10:00:00Z").await;
        let finance = app.staff("finance").await;
        let waived: &[(&str, &str)] = &[("kind", "bank_transfer"), ("reference", "Waiver of a ticket of 1 February, letter 77")];
        cheque(&finance, &[ALMA, waived].concat(), "40", "2027-05-03").await;
        app.settle().await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let before = finance.open(HERE).await;
        assert!(before.has("Without a declaration£40.00 in one gift"), "{}", before.words());
        on_paper(app, "alma@donors.example", "2027-05-01").await;
        let claim = claimed(&finance).await;
        let rows = sheet(&finance, &claim, 1).await.rows;
        assert_eq!((rows[0].date.as_str(), rows[0].amount.as_str()), ("03/05/27", "40.00"));
    }
}

story! {
    async fn case_60_gifts_each_side_of_a_year_end_are_never_rolled_up(app: &TestApp) {
        for instant in ["2026-12-15T10:00:00Z", "2027-01-15T10:00:00Z"] {
            until(app, instant).await;
            let session = app.to_checkout(&app.form("").await.filled("20").with_gift_aid()).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        ripe(app).await;
        let finance = app.staff("finance").await;
        let claim = claimed(&finance).await;
        let read = sheet(&finance, &claim, 1).await;
        assert_eq!(read.rows.iter().map(|r| r.date.as_str()).collect::<Vec<_>>(), ["15/12/26", "15/01/27"]);
    }
}

story! {
    async fn case_68_a_direct_debit_taken_back_after_fourteen_months_is_given_back(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
        app.pay(&session, TestMethod::BacsSuccess).await;
        app.advance_days(8).await;
        let intent = app.intent_of(&session).await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        claimed(&finance).await;
        app.deps.clock.advance(Duration::from_secs(425 * 24 * 3_600));
        app.settle().await;
        let dispute = app.sandbox.dispute(&intent, "bank_cannot_process").await.expect("an indemnity claim");
        app.settle().await;
        app.sandbox.close_dispute(&dispute, false).await;
        app.settle().await;
        assert_eq!(app.text("SELECT kind FROM receipt_event ORDER BY seq DESC LIMIT 1").await, "cancelled");
        let session = app.to_checkout(&app.form("").await.filled("300").with_gift_aid()).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let next = claimed(&finance).await;
        assert_eq!(sheet(&finance, &next, 1).await.box_2, "25.00");
    }
}

story! {
    async fn case_76_an_american_refund_in_the_next_year_cancels_the_acknowledgment_and_says_so(app: &TestApp) {
        until(app, "2026-12-20T15:00:00Z").await;
        let session = app.to_checkout(&app.form("?entity=us").await.filled("500")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let (gift, number) = (the_gift(app).await, app.text("SELECT number FROM receipt").await);
        until(app, "2027-01-05T15:00:00Z").await;
        let finance = app.staff("finance").await;
        let page = finance.open("/staff/statements?which=us+2026").await;
        finance.fill(&page, "/staff/statements/begin", &[]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 1);
        until(app, "2027-01-10T15:00:00Z").await;
        finance.sign_in_to_office(FINANCE).await;
        give_back(&finance, &gift, "500").await;
        app.settle().await;
        assert_eq!(app.text("SELECT kind FROM receipt_event ORDER BY seq DESC LIMIT 1").await, "cancelled");
        let letters = app.mails_about("$500.00");
        let mut letter = letters.iter().map(|m| m.text.split_whitespace().collect::<Vec<_>>().join(" "));
        let letter = letter.rfind(|text| text.contains("on its way")).expect("a letter about the refund");
        for said in [number.as_str(), "$500.00", "December 20, 2026"] {
            assert!(letter.contains(said), "{said}: {letter}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM statement").await, 2);
        assert!(app.text("SELECT number FROM statement WHERE version = 2").await.ends_with(" v2"));
    }
}

story! {
    async fn case_77_a_misspelt_name_on_a_canadian_receipt_gives_a_new_serial_that_names_the_old(app: &TestApp) {
        let form = app.form("?entity=ca").await.filled("100").set("family_name", "Exmaple");
        let form = form.set("address_line1", "1 Example Street").set("city", "Exampleton").set("postcode", "K1A 0B1");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let (gift, old) = (the_gift(app).await, app.text("SELECT number FROM receipt").await);
        let donor = app.text("SELECT donor_id FROM gift").await;
        let finance = app.staff("finance").await;
        let same = look_at(&finance, &gift, "donor", &[("donor", &donor)]).await;
        assert!(same.errors()[0].contains("It is so already"), "{:?}", same.errors());
        let path = format!("/staff/donors/{donor}/put-right");
        let page = finance.open(&path).await;
        let wrong = finance.fill(&page, &path, &[("family_name", " "), ("why", "")]).await;
        assert_eq!((wrong.status, wrong.errors().len()), (422, 2), "{:?}", wrong.errors());
        let saved = finance.fill(&page, &path, &[("family_name", "Example"), ("why", "By letter of 20 November")]).await;
        assert!(saved.has("The details are put right."), "{}", saved.words());
        let again = finance.open(&path).await;
        let nothing = finance.fill(&again, &path, &[("why", "By letter of 20 November")]).await;
        assert!(nothing.has("The details were so already."), "{}", nothing.words());
        assert!(app.text("SELECT content FROM receipt").await.contains("Exmaple"), "what was issued stays");
        let shown = look_at(&finance, &gift, "donor", &[("donor", &donor)]).await;
        assert!(shown.has("Ada Example, 1 Example Street") && shown.has("instead of Ada Exmaple"), "{}", shown.words());
        finance.fill(&shown, &correct_path(&gift), &[]).await;
        app.settle().await;
        let new = app.text("SELECT number FROM receipt WHERE version = 2").await;
        assert_ne!(new, old);
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        let receipt = ada.open(&format!("/portal/gifts/{gift}/receipt")).await;
        for said in ["Ada Example", new.as_str(), old.as_str(), "cancels and replaces"] {
            assert!(receipt.has(said), "{said}: {}", receipt.words());
        }
        let register = finance.open("/staff/receipts").await;
        assert!(register.has(&old) && register.has("Replaced"), "{}", register.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.put_right'").await, 1);
    }
}

story! {
    async fn an_official_receipt_that_is_held_back_is_put_before_the_office(app: &TestApp) {
        let form = app.form("?entity=ca").await.filled("100").set("address_line1", "1 Example Street");
        let session = app.to_checkout(&form.set("city", "Exampleton").set("postcode", "K1A 0B1")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let finance = app.staff("finance").await;
        assert!(finance.open("/staff").await.has("Every official receipt is issued."));
        let path = format!("/staff/gifts/{}/benefit", the_gift(app).await);
        for (worth, said) in [("90", "has no official receipt"), ("10", "Every official receipt is issued.")] {
            let page = finance.open(&path).await;
            finance.fill(&page, &path, &[("value", worth), ("what", "A dinner")]).await;
            app.settle().await;
            let today = finance.open("/staff").await;
            assert!(today.has(said), "{worth}: {}", today.words());
        }
    }
}

story! {
    async fn the_receipt_of_a_cheque_says_that_a_declaration_covers_it(app: &TestApp) {
        let finance = app.staff("finance").await;
        cheque(&finance, ALMA, "10", "2026-11-20").await;
        app.settle().await;
        assert!(app.text("SELECT content FROM receipt").await.contains("\"gift_aid\":false"));
        on_paper(app, "alma@donors.example", "2026-11-01").await;
        cheque(&finance, ALMA, "20", "2026-11-21").await;
        app.settle().await;
        let told = app.mails_about("£20.00").pop().expect("a receipt");
        assert!(told.text.contains("Gift Aid"), "{}", told.text);
    }
}

story! {
    async fn case_82_fifty_numbers_at_once_are_fifty_and_one_that_was_not_issued_is_not_missing(app: &TestApp) {
        let mut taking = tokio::task::JoinSet::new();
        for n in 0..50 {
            let store = app.deps.store.clone();
            taking.spawn(async move {
                let mut tx = store.write().await.expect("a transaction");
                let serial = receipts::next_serial(&mut tx, "ca", 2026).await.expect("a serial");
                // One of them rolls back: its number was never issued.
                if n == 25 { None } else { tx.commit().await.map(|()| Some(serial)).expect("commits") }
            });
        }
        let mut serials: Vec<i64> = taking.join_all().await.into_iter().flatten().collect();
        serials.sort_unstable();
        assert_eq!(serials, (1..=49).collect::<Vec<i64>>(), "each once, in a row, none used twice");
        // These numbers stand on no receipt: the books would rightly ask after them.
        app.damage("DELETE FROM receipt_counter").await.expect("forgotten");
    }
}
