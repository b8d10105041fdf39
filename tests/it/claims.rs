//! Gift Aid claims: what stands in the schedules is what the books hold, nothing is claimed twice, and what goes back is
//! given back once (§1.4, §1.6; cases 31, 44, 45, 50, 57 and 63 to 69).

use almoner::documents::ods::{Sheet, read_schedule};
use almoner::domain::donor::DonorDetails;
use almoner::domain::ids::{DonorId, EntryId, GiftId};
use almoner::domain::money::Money;
use almoner::domain::states::{DonorKind, EntryKind};
use almoner::sandbox::TestMethod;
use almoner::services::gift_aid::claims::{self, By, Drafted};
use almoner::store::gifts::Gift;
use almoner::store::ledger::{self, Entry};
use almoner::store::{Day, Store, donors, gifts};
use sha2::{Digest, Sha256};

use crate::office_money::{FINANCE, give_back, the_gift};
use crate::support::browser::{Browser, Shown};
use crate::support::form::PageForm;
use crate::support::{Database, TestApp, story};

const HERE: &str = "/staff/gift-aid";

/// A gift with Gift Aid; its payment intent.
async fn declared(app: &TestApp, amount: &str) -> String {
    declared_by(app, amount, |form| form).await
}

/// A gift with Gift Aid by somebody else, from elsewhere.
async fn declared_by(app: &TestApp, amount: &str, change: impl FnOnce(PageForm) -> PageForm) -> String {
    let form = change(app.form("").await.filled(amount).with_gift_aid());
    let session = app.to_checkout(&form).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    app.intent_of(&session).await
}

/// Three weeks pass: nothing given before is held back any more.
pub async fn ripe(app: &TestApp) {
    app.advance_days(21).await;
}

/// Makes a claim with everything up to today; the page it leads to.
async fn draft(finance: &Browser<'_>) -> Shown {
    finance.prove(FINANCE).await;
    let page = finance.open(HERE).await;
    finance.fill(&page, HERE, &[]).await
}

/// The address of a claim's page, without what has just happened.
fn claim_path(page: &Shown) -> String {
    let path = page.path.split('?').next().expect("a path").to_owned();
    assert!(path.starts_with("/staff/gift-aid/gac_"), "{}: {}", page.path, page.words());
    path
}

/// The bytes of a file of a claim.
async fn file(browser: &Browser<'_>, claim: &str, part: u32) -> Vec<u8> {
    let url = browser.app.url(&format!("{claim}/{part}/schedule.ods"));
    let response = browser.send(browser.app.http.get(url)).await;
    assert_eq!(response.status(), 200, "part {part}");
    let kind = response.headers().get("content-type").expect("a kind").clone();
    assert_eq!(kind, "application/vnd.oasis.opendocument.spreadsheet");
    response.bytes().await.expect("all of it").to_vec()
}

async fn mark_sent(finance: &Browser<'_>, claim: &str) -> Shown {
    let (page, action) = (finance.open(claim).await, format!("{claim}/sent"));
    finance.fill(&page, &action, &[("reference", "HMRC-0001")]).await
}

/// Makes a claim, and marks it as sent; its page.
pub async fn claimed(finance: &Browser<'_>) -> String {
    let page = draft(finance).await;
    let claim = claim_path(&page);
    let sent = mark_sent(finance, &claim).await;
    assert!(sent.has("Marked as sent."), "{}", sent.words());
    claim
}

/// What was done about claims, by the audit chain.
async fn acts(app: &TestApp) -> Vec<String> {
    const SQL: &str = "SELECT action FROM audit_line WHERE action LIKE 'claim.%' ORDER BY seq";
    match &app.deps.store {
        Store::Sqlite { read, .. } => sqlx::query_scalar(SQL).fetch_all(read).await.expect(SQL),
        Store::Postgres(pool) => sqlx::query_scalar(SQL).fetch_all(pool).await.expect(SQL),
    }
}

/// What HMRC reads in a file of a claim.
pub async fn sheet(browser: &Browser<'_>, claim: &str, part: u32) -> Sheet {
    read_schedule(&file(browser, claim, part).await).expect("HMRC reads it")
}

story! {
    async fn a_gift_each_side_of_the_hold_from_draft_to_money(app: &TestApp) {
        declared(app, "100").await;
        app.advance_days(10).await;
        declared(app, "40").await;
        let bo = app.form("").await.filled("7").set("email", "bo@donors.example");
        let session = app.to_checkout(&bo).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        app.advance_days(5).await;
        let finance = app.staff("finance").await;
        let page = finance.open(HERE).await;
        for words in ["£100.00 in one gift", "£25.00", "£40.00 in one gift", "16 December 2026", "£7.00 in one gift", "31 December 2030"] {
            assert!(page.has(words), "{words}: {}", page.words());
        }
        let made = draft(&finance).await;
        let claim = claim_path(&made);
        assert_eq!((made.heading().as_str(), made.status), ("GA-LFT-0001", 200), "{}", made.words());
        let bytes = file(&finance, &claim, 1).await;
        assert_eq!(bytes, file(&finance, &claim, 1).await, "the same rows give the same bytes");
        assert!(made.has(&hex::encode(Sha256::digest(&bytes))), "{}", made.words());
        let read = read_schedule(&bytes).expect("HMRC reads it");
        assert_eq!((read.box_1.as_str(), read.box_2.as_str(), read.rows.len()), ("22/11/26", "", 1));
        let row = read.rows[0].texts().join("|");
        assert_eq!(row, "|Ada|Example|1 Example Street|SW1A 1AA|||22/11/26|100.00");

        let (sent, paid) = (format!("{claim}/sent"), format!("{claim}/paid"));
        for (field, value, says) in [
            ("reference", "", "Enter the reference HMRC shows"),
            ("sent_on", "2026-12-08", "Choose today or an earlier day"),
            ("sent_on", "2026-11-01", "choose a later day"),
        ] {
            let mut typed = vec![("reference", "HMRC-0001"), ("sent_on", "2026-12-07")];
            typed.retain(|(name, _)| *name != field);
            typed.push((field, value));
            let again = finance.fill(&finance.open(&claim).await, &sent, &typed).await;
            assert_eq!(again.status, 422, "{field}");
            assert!(again.errors().iter().any(|e| e.contains(says)), "{field}: {:?}", again.errors());
        }
        assert!(mark_sent(&finance, &claim).await.has("Sent to HMRC"));
        assert!(finance.open(HERE).await.has("Nothing to claim"), "what is sent is claimed");
        let shown = finance.open(&claim).await;
        assert!(shown.has("£25.00 is expected"), "{}", shown.words());
        let again = finance.fill(&shown, &paid, &[("paid", "lots")]).await;
        assert_eq!(again.status, 422, "{}", again.words());
        let done = finance.fill(&shown, &paid, &[("paid", "24.99"), ("words", "By BACS")]).await;
        assert!(done.has("Paid") && done.has("−£0.01") && done.has("Rounding"), "{}", done.words());
        let twice = finance.fill(&shown, &paid, &[("paid", "1")]).await;
        assert!(twice.has("nothing was done"), "{}", twice.words());
        assert_eq!(app.count("SELECT paid_minor FROM gift_aid_claim").await, 2_499);
        for action in ["drafted", "downloaded", "sent", "paid"] {
            let lines = format!("claim.{action}");
            assert!(acts(app).await.contains(&lines), "{lines}");
        }
        app.advance_days(10).await;
        finance.sign_in_to_office(FINANCE).await;
        assert!(finance.open(HERE).await.has("£40.00 in one gift"));
    }
}

story! {
    async fn case_63_64_and_69_what_went_back_is_given_back_once(app: &TestApp) {
        declared(app, "100").await;
        let first = the_gift(app).await;
        app.advance_days(1).await;
        let second = declared(app, "100").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let claim = claimed(&finance).await;
        let before = file(&finance, &claim, 1).await;
        finance.prove(FINANCE).await;
        assert!(give_back(&finance, &first, "100").await.ends_with("?done=refund_asked"));
        app.settle().await;
        // The same callback twice (case 69).
        app.sandbox.refund(&second, Some(4_000)).await.expect("refunded in the dashboard");
        for delivery in app.hold_deliveries().await {
            for _ in 0..2 {
                assert_eq!(app.sandbox.deliver(&delivery).await, Ok(200), "{}", delivery.event_type);
            }
        }
        app.settle().await;
        let alone = finance.open(HERE).await;
        assert!(alone.has("Contact HMRC") && alone.has("£35.00"), "there is nothing to take it off yet: {}", alone.words());

        declared(app, "400").await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let next = claim_path(&draft(&finance).await);
        let read = sheet(&finance, &next, 1).await;
        assert_eq!((read.box_2.as_str(), read.rows.len()), ("35.00", 1), "25.00 and 10.00");
        let words = "Gift Aid claimed before on 2 gifts is given back: refunded to the donor 2, tax 35.00.";
        let page = finance.open(&next).await;
        assert!(page.has(words) && page.has("£65.00"), "{}", page.words());
        let taxes = "SELECT CAST(SUM(tax_minor * amount_minor) AS BIGINT) FROM gift_aid_adjustment";
        assert_eq!(app.count(taxes).await, 2_500 * 10_000 + 1_000 * 4_000);
        assert!(mark_sent(&finance, &next).await.has("Marked as sent."));
        let after = finance.open(HERE).await;
        assert!(after.has("Nothing to claim") && !after.has("Contact HMRC"), "given back once: {}", after.words());
        assert_eq!(before, file(&finance, &claim, 1).await, "what HMRC was told stays");
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM gift_aid_row").await, 60_000);
    }
}

story! {
    async fn case_62_a_refunded_gift_is_in_no_claim_and_a_draft_with_it_is_not_sent(app: &TestApp) {
        let gone = declared(app, "50").await;
        app.sandbox.refund(&gone, None).await.expect("refunded");
        app.settle().await;
        let intent = declared(app, "80").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let claim = claim_path(&draft(&finance).await);
        assert_eq!(sheet(&finance, &claim, 1).await.rows.len(), 1, "only what remains given");
        let other = draft(&finance).await;
        assert!(other.path.starts_with(&claim) || other.has("A draft is open"), "one at a time: {}", other.words());
        app.sandbox.refund(&intent, Some(3_000)).await.expect("refunded");
        app.settle().await;
        let told = mark_sent(&finance, &claim).await;
        assert_eq!(told.status, 409);
        assert!(told.has("One gift has changed since this draft was made."), "{}", told.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_aid_claim WHERE state = 'draft'").await, 1);
        let dropped = finance.fill(&finance.open(&claim).await, &format!("{claim}/drop"), &[]).await;
        assert!(dropped.has("The draft is dropped."), "{}", dropped.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_aid_row").await, 0);
        let gone = finance.send(app.http.get(app.url(&format!("{claim}/1/schedule.ods")))).await;
        assert_eq!(gone.status(), 404);
        let next = draft(&finance).await;
        assert_eq!(next.heading(), "GA-LFT-0002", "a number is used once: {}", next.words());
        assert_eq!(sheet(&finance, &claim_path(&next), 1).await.rows[0].amount, "50.00");
    }
}

story! {
    async fn a_form_sent_twice_and_two_people_at_once_make_one_claim(app: &TestApp) {
        declared(app, "100").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let other = app.staff_named("second@staff.example", "finance").await;
        let (mine, theirs) = (finance.open(HERE).await, other.open(HERE).await);
        let (one, two, three) = tokio::join!(
            finance.fill(&mine, HERE, &[]),
            finance.fill(&mine, HERE, &[]),
            other.fill(&theirs, HERE, &[])
        );
        let made = app.text("SELECT id FROM gift_aid_claim").await;
        for page in [&one, &two, &three] {
            assert!(page.path.starts_with(&format!("{HERE}/{made}")), "{}: {}", page.path, page.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_aid_row").await, 1);
        assert_eq!(acts(app).await, ["claim.drafted"]);
        let late = finance.fill(&mine, HERE, &[("token", "made up")]).await;
        assert!(late.status == 409 && late.has("open for too long"), "{}", late.words());
        assert_eq!(app.staff("support").await.open(HERE).await.status, 403);
    }
}

story! {
    async fn what_hmrc_was_told_is_frozen(app: &TestApp) {
        declared(app, "100").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let claim = claimed(&finance).await;
        for sql in [
            "UPDATE gift_aid_row SET amount_minor = 1",
            "UPDATE gift_aid_row SET cells = '{}'",
            "DELETE FROM gift_aid_row",
            "INSERT INTO gift_aid_row (id, claim_id, part, item, gift_id, declaration_id, given_on, amount_minor, cells) \
             SELECT 'gar_x', claim_id, 2, 1, gift_id, declaration_id, given_on, 1, cells FROM gift_aid_row",
            "INSERT INTO gift_aid_adjustment (id, claim_id, gift_id, why, amount_minor, tax_minor) \
             SELECT 'gaa_x', claim_id, gift_id, 'refund', 4, 1 FROM gift_aid_row",
        ] {
            assert!(app.damage(sql).await.is_err(), "{sql}");
        }
        let dropped = finance.post(&format!("{claim}/drop"), &[]).await;
        assert!(dropped.has("nothing was done"), "{}", dropped.words());
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM gift_aid_row").await, 10_000);
    }
}

story! {
    async fn case_44_45_and_50_names_and_homes_as_hmrc_reads_them(app: &TestApp) {
        let by = |given: &'static str, family: &'static str, email: &'static str| {
            move |form: PageForm| form.set("given_name", given).set("family_name", family).set("email", email)
        };
        declared_by(app, "10", by("Maeve", "O’Brien", "maeve@donors.example")).await;
        declared_by(app, "20", by("明", "李", "li@donors.example")).await;
        declared_by(app, "30", |form| {
            let form = by("Chloé", "Petit-Jean", "chloe@donors.example")(form);
            let form = form.set("address_line1", "100 Champs Elysees").set("city", "Paris");
            form.set("postcode", "75008").set("country", "FR")
        })
        .await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let page = finance.open(HERE).await;
        assert!(page.has("not in Latin letters"), "{}", page.words());
        let li = app.text("SELECT g.id FROM gift g WHERE g.amount_minor = 2000").await;
        assert!(page.links().contains(&format!("/staff/gifts/{li}")), "{:?}", page.links());
        let claim = claim_path(&draft(&finance).await);
        let rows = sheet(&finance, &claim, 1).await.rows;
        assert_eq!(rows.len(), 2, "the claim goes on without what is to be put right");
        assert_eq!((rows[0].first_name.as_str(), rows[0].last_name.as_str()), ("Maeve", "O'Brien"));
        assert_eq!((rows[1].first_name.as_str(), rows[1].last_name.as_str()), ("Chloé", "Petit Jean"));
        assert_eq!(rows[1].postcode, "X");
        assert!(rows[1].house.starts_with("100 Champs Elysees, Paris"), "{}", rows[1].house);
        assert!(finance.open(&claim).await.has("Left out: to put right"));
    }
}

story! {
    async fn case_66_more_to_give_back_than_to_claim_is_for_hmrc_to_settle(app: &TestApp) {
        let intent = declared(app, "1200").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        claimed(&finance).await;
        app.sandbox.refund(&intent, None).await.expect("refunded");
        app.settle().await;
        declared(app, "800").await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let page = finance.open(HERE).await;
        assert!(page.has("Contact HMRC") && page.has("£300.00 is to be given back") && page.has("£200.00"), "{}", page.words());
        let now = app.deps.clock.now().date_in(&app.deps.config.charity.entities[0].time_zone);
        let refused = claims::draft(&app.deps, "uk", now, "a mark", By::Command).await.expect("works");
        assert!(matches!(refused, Drafted::TooMuchBack { back, tax } if (back.minor(), tax.minor()) == (30_000, 20_000)), "{refused:?}");
        declared(app, "500").await;
        ripe(app).await;
        let now = app.deps.clock.now().date_in(&app.deps.config.charity.entities[0].time_zone);
        let made = claims::draft(&app.deps, "uk", now, "a mark", By::Command).await.expect("works");
        let again = claims::draft(&app.deps, "uk", now, "a mark", By::Command).await.expect("works");
        assert!(matches!(&made, Drafted::Done(_)) && made == again, "{made:?} {again:?}");
        assert_eq!(app.count("SELECT tax_minor - adjustment_minor FROM gift_aid_claim WHERE state = 'draft'").await, 2_500);
        let other = claims::draft(&app.deps, "uk", now, "another mark", By::Command).await.expect("works");
        assert!(matches!(other, Drafted::Open(_)), "{other:?}");
        assert_eq!(claims::draft(&app.deps, "us", now, "x", By::Command).await.expect("works"), Drafted::NoGiftAid);
    }
}

/// A gift by cheque in any currency, received today.
async fn by_hand(app: &TestApp, minor: i64, currency: &str, details: DonorDetails) -> GiftId {
    let (deps, now) = (&app.deps, app.deps.clock.now());
    let mut tx = deps.store.write().await.expect("a transaction");
    let donor_id = DonorId::new(now, &deps.random);
    let donor_id = donors::upsert_guest(&mut tx, &donor_id, &details, now).await.expect("a donor");
    let currency = currency.parse().expect("a currency");
    let received_on = now.date_in(&deps.config.charity.entities[0].time_zone);
    let gift = Gift {
        id: GiftId::new(now, &deps.random),
        payment_id: None,
        pledge_id: None,
        donor_id,
        entity_id: "uk".to_owned(),
        fund_id: "justice".to_owned(),
        campaign_id: None,
        amount: Money::new(minor, currency),
        fee_cover: Money::zero(currency),
        instalment: None,
        received_at: now,
        received_on: Day(received_on),
        tax_year: "2026-27".to_owned(),
        method_kind: "cheque".to_owned(),
        method_label: "Cheque".to_owned(),
        method_last4: None,
        declaration_id: None,
        donor: details,
        note: None,
        tribute: None,
        stripe_payment_intent: None,
        stripe_charge: None,
        stripe_invoice: None,
        created_at: now,
        corrections: 0,
    };
    gifts::insert_if_new(&mut tx, &gift).await.expect("a gift");
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind: EntryKind::Gift,
        amount: gift.amount,
        occurred_at: now,
        stripe_object: gift.id.as_str(),
        balance_transaction: None,
        created_at: now,
    };
    ledger::insert_if_new(&mut tx, &entry).await.expect("an entry");
    tx.commit().await.expect("commits");
    gift.id
}

fn ada(kind: DonorKind) -> DonorDetails {
    DonorDetails {
        kind,
        given_name: "Ada".to_owned(),
        family_name: "Example".to_owned(),
        organisation: (kind == DonorKind::Organisation).then(|| "Stone & Sons Bakery".to_owned()),
        email: "ada@donors.example".to_owned(),
        address: None,
        locale: "en-GB".to_owned(),
    }
}

/// A story that touches the books past the application: the invariants are not asked at its end.
macro_rules! rough {
    ($(async fn $name:ident($app:ident: &TestApp) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn tell($app: &TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
                tell(&app).await;
                app.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let Some(app) = TestApp::spawn(Database::Postgres).await else { return };
                tell(&app).await;
                app.close().await;
            }
        }
    )*};
}

rough! {
    async fn case_15_and_31_a_body_gives_without_and_dollars_count_at_their_rate(app: &TestApp) {
        declared(app, "10").await;
        let dollars = by_hand(app, 13_000, "USD", ada(DonorKind::Individual)).await;
        by_hand(app, 50_000, "GBP", ada(DonorKind::Organisation)).await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        let page = finance.open(HERE).await;
        assert!(page.has("£10.00 in one gift") && page.has("rate"), "{}", page.words());
        assert!(page.links().contains(&format!("/staff/gifts/{dollars}")), "{:?}", page.links());
        let path = format!("/staff/gifts/{dollars}/rate");
        let form = finance.open(&path).await;
        for (rate, source, says) in [
            ("", "HMRC", "Enter how much there was for one pound"),
            ("1,3", "HMRC", "Enter how much there was for one pound"),
            ("0", "HMRC", "comes to nothing"),
            ("1.3000", "", "Say where the rate is from"),
        ] {
            let again = finance.fill(&form, &path, &[("rate", rate), ("source", source)]).await;
            assert!(again.status == 422 && again.errors()[0].contains(says), "{rate}: {:?}", again.errors());
        }
        for _ in 0..2 {
            let kept = finance.fill(&form, &path, &[("rate", "1.3000"), ("source", "HMRC, November 2026")]).await;
            assert!(kept.has("For Gift Aid the gift comes to £100.00."), "{}", kept.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_rate").await, 1, "once for a form");
        let page = draft(&finance).await;
        let rows = sheet(&finance, &claim_path(&page), 1).await.rows;
        assert_eq!(rows.iter().map(|r| r.amount.as_str()).collect::<Vec<_>>(), ["10.00", "100.00"]);
        assert!(page.has("£27.50"), "{}", page.words());
        let pounds = app.text("SELECT id FROM gift WHERE amount_minor = 1000").await;
        assert_eq!(finance.open(&format!("/staff/gifts/{pounds}/rate")).await.status, 409);
    }

    async fn case_57_a_thousand_and_one_gifts_are_two_files(app: &TestApp) {
        declared(app, "10.03").await;
        const MANY: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
            INSERT INTO gift (id, donor_id, entity_id, fund_id, currency, amount_minor, fee_cover_minor, received_at, received_on, \
            tax_year, method_kind, method_label, donor_details, created_at) \
            SELECT 'gift_7zzzzzzzzzzzzzzzzzzzzz' || CAST(1000 + n.i AS TEXT), g.donor_id, g.entity_id, g.fund_id, g.currency, 1003, 0, \
            g.received_at, g.received_on, g.tax_year, 'cheque', 'Cheque', g.donor_details, g.created_at FROM n CROSS JOIN gift g";
        assert_eq!(app.damage(MANY).await.expect("many gifts"), 1_000);
        ripe(app).await;
        let finance = app.staff("finance").await;
        let page = draft(&finance).await;
        let claim = claim_path(&page);
        // 1,001 × £10.03 = £10,040.03; a quarter of it, rounded down once (case 38).
        assert!(page.has("£10,040.03 in 1,001 gifts") && page.has("£2,510.00"), "{}", page.words());
        let (first, second) = (sheet(&finance, &claim, 1).await, sheet(&finance, &claim, 2).await);
        assert_eq!((first.rows.len(), second.rows.len()), (1_000, 1));
        assert_eq!((first.box_1.as_str(), second.box_1.as_str()), ("22/11/26", "22/11/26"), "each with its own Box 1");
        assert!(first.rows.iter().chain(&second.rows).all(|r| r.amount == "10.03"));
        let mut seen = 0;
        let mut path = claim.clone();
        loop {
            let rows = finance.open(&path).await;
            seen += rows.html.matches(">File ").count();
            match rows.links().into_iter().find(|l| l.contains("?after=")) {
                Some(older) => path = older,
                None => break,
            }
        }
        assert_eq!(seen, 1_001, "each row once");
        let absent = finance.send(app.http.get(app.url(&format!("{claim}/3/schedule.ods")))).await;
        assert_eq!(absent.status(), 404);
    }

    async fn case_67_a_dispute_lost_and_won_after_all_is_claimed_once_more(app: &TestApp) {
        let intent = declared(app, "100").await;
        app.advance_days(1).await;
        declared(app, "300").await;
        ripe(app).await;
        let finance = app.staff("finance").await;
        claimed(&finance).await;
        let dispute = app.sandbox.dispute(&intent, "fraudulent").await.expect("a dispute");
        app.settle().await;
        declared(app, "60").await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let open = finance.open(HERE).await;
        assert!(!open.has("Contact HMRC") && open.has("£60.00 in one gift"), "nothing while the bank decides: {}", open.words());
        app.sandbox.close_dispute(&dispute, false).await;
        app.settle().await;
        declared(app, "140").await;
        ripe(app).await;
        finance.sign_in_to_office(FINANCE).await;
        let lost = claimed(&finance).await;
        assert_eq!(sheet(&finance, &lost, 1).await.box_2, "25.00");
        assert!(finance.open(&lost).await.has("Taken back by the donor’s bank"));
        // The bank reverses itself long after.
        app.damage("UPDATE dispute SET state = 'won'").await.expect("won");
        let won = claimed(&finance).await;
        let read = sheet(&finance, &won, 1).await;
        assert_eq!((read.box_2.as_str(), read.rows.len()), ("", 1));
        assert_eq!((read.rows[0].date.as_str(), read.rows[0].amount.as_str()), ("22/11/26", "100.00"), "its own day");
        assert!(finance.open(HERE).await.has("Nothing to claim"), "once");
    }
}
