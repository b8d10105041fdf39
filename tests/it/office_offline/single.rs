//! One by one.

use super::{OWEN, TILDA, enter, first_choice, post_form, send};
use crate::support::{Database, TestApp, story};

story! {
    async fn a_cheque_becomes_a_gift_with_its_receipt(app: &TestApp) {
        let office = app.staff("finance").await;
        let typed = [OWEN, &[("reference", "000118"), ("amount", "1,250.50")]].concat();
        let done = enter(&office, "", &typed).await;
        assert!(done.has("£1,250.50 is entered.") && done.has("goes out by e-mail"), "{}", done.words());
        app.settle().await;
        let mails = app.mails();
        assert_eq!((mails.len(), mails[0].to.as_str()), (1, "owen@donor.example"));
        assert!(mails[0].text.contains("Cheque") && mails[0].text.contains("20 November 2026"), "{}", mails[0].text);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift g JOIN ledger_entry e ON e.gift_id = g.id AND e.kind = 'gift' \
            AND e.stripe_object = g.id AND e.amount_minor = 125050 WHERE g.stripe_charge IS NULL \
            AND g.tax_year = '2026-27'").await, 1);
        assert_eq!(app.text("SELECT kind || ' ' || reference FROM offline_gift").await, "cheque 000118");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action IN ('gift.entered', 'donor.entered')").await, 2);
        let owen = app.browser();
        owen.sign_in_by_link("owen@donor.example").await;
        let gifts = owen.open("/portal/gifts").await;
        assert!(gifts.has("Cheque") && gifts.has("£1,250.50"), "{}", gifts.words());
    }
}

story! {
    async fn a_donor_without_a_mailbox_gets_paper(app: &TestApp) {
        let office = app.staff("finance").await;
        let typed = [TILDA, &[("kind", "cash"), ("telephone", "020 7946 0001"), ("line1", "4 Fern Lane"),
            ("city", "Exampleton"), ("postcode", "sw1a1aa"), ("country", "GB")]].concat();
        let done = enter(&office, "", &typed).await;
        assert!(done.has("waits to be printed"), "{}", done.words());
        app.settle().await;
        assert_eq!(app.mails().len(), 0);
        assert_eq!(app.text("SELECT standing || ' ' || email || telephone FROM donor").await, "offline 020 7946 0001");
        assert_eq!(app.text("SELECT delivery FROM receipt").await, "paper");
        assert_eq!(app.text("SELECT postcode FROM donor_address").await, "SW1A 1AA");
        let again = enter(&office, "fern", &[]).await;
        assert!(again.errors()[0].contains("Choose who gave"), "{:?}", again.errors());
        let page = office.open("/staff/offline/new?q=til+FERN").await;
        assert!(page.has("Tilda Fern, no mailbox, Exampleton SW1A 1AA"), "{}", page.words());
        let donor = first_choice(&page, "donor");
        let done = enter(&office, "fern", &[("donor", &donor)]).await;
        assert!(done.has("is entered"), "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donors.listed'").await, 4);
    }
}

story! {
    async fn the_details_of_a_known_mailbox_stay(app: &TestApp) {
        app.gift("25").await;
        let email = app.text("SELECT email FROM donor").await;
        let name = app.text("SELECT given_name || ' ' || family_name FROM donor").await;
        let office = app.staff("finance").await;
        let done = enter(&office, "", &[("given_name", "Other"), ("family_name", "Name"), ("email", &email)]).await;
        assert_eq!(done.status, 200, "{}", done.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1);
        assert_eq!(app.text("SELECT given_name || ' ' || family_name FROM donor").await, name);
        let found = office.open(&format!("/staff/offline/new?q={email}")).await;
        assert!(found.has(&name), "{}", found.words());
        let none = office.open("/staff/offline/new?q=zzz").await;
        assert!(none.has("Nobody was found"), "{}", none.words());
    }
}

story! {
    async fn one_form_is_one_gift_even_at_once(app: &TestApp) {
        let office = app.staff("finance").await;
        let page = office.open("/staff/offline/new?new_donor=yes").await;
        let fields = post_form(&page, "/staff/offline/new");
        let typed = [OWEN, &[("kind", "cheque"), ("to", "uk:GBP"), ("amount", "25"), ("received_on", "2026-11-20")]].concat();
        let (a, b) = tokio::join!(
            send(&office, "/staff/offline/new", fields.clone(), &typed),
            send(&office, "/staff/offline/new", fields.clone(), &typed),
        );
        let later = send(&office, "/staff/offline/new", fields, &typed).await;
        for shown in [&a, &b, &later] {
            assert!(shown.has("£25.00 is entered."), "{}", shown.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1);
    }
}

story! {
    async fn what_is_typed_wrong_changes_nothing_and_is_kept(app: &TestApp) {
        let office = app.staff("finance").await;
        let cases: [(&str, &str, &str); 14] = [
            ("received_on", "2026-11-23", "still to come"),
            ("received_on", "31/12/2025", "Enter the day"),
            ("received_on", "1066-10-14", "long ago"),
            ("amount", "", "Enter the sum"),
            ("amount", "-5", "above nothing"),
            ("amount", "10.005", "2 decimals"),
            ("amount", "10,00", "full stop"),
            ("amount", "ten", "in figures"),
            ("amount", "9999999999.99", "larger than any gift"),
            ("fund", "no-such-fund", "Choose a fund"),
            ("campaign", "no-such", "Choose a campaign"),
            ("to", "uk:USD", "Choose who received it"),
            ("kind", "card", "Choose how it came"),
            ("email", "not an address", "with an @"),
        ];
        for (name, value, words) in cases {
            let shown = enter(&office, "", &[TILDA, &[(name, value), ("reference", "kept 118")]].concat()).await;
            assert_eq!(shown.status, 422, "{name}={value}: {}", shown.words());
            assert!(shown.errors().iter().any(|e| e.contains(words)), "{name}={value}: {:?}", shown.errors());
            assert!(shown.html.contains("value=\"kept 118\"") && shown.html.contains("value=\"Tilda\""), "{name}");
        }
        let nameless = enter(&office, "", &[]).await;
        assert_eq!(nameless.errors().len(), 2, "{:?}", nameless.errors());
        let body = enter(&office, "", &[("donor_kind", "organisation")]).await;
        assert!(body.errors()[0].contains("name of the organisation"), "{:?}", body.errors());
        let forged = enter(&office, "", &[TILDA, &[("token", "AAAA")]].concat()).await;
        assert!(forged.errors()[0].contains("open for too long"), "{:?}", forged.errors());
        let canada = enter(&office, "", &[TILDA, &[("to", "ca:CAD")]].concat()).await;
        assert!(canada.errors().iter().any(|e| e.contains("first line")), "an official receipt needs it: {:?}", canada.errors());
        let foreign = enter(&office, "", &[("new_donor", ""), ("donor", "dnr_00000000000000000000000000")]).await;
        assert!(foreign.errors()[0].contains("not there any more"), "{:?}", foreign.errors());
        assert_eq!(app.count("SELECT (SELECT COUNT(*) FROM gift) + (SELECT COUNT(*) FROM donor)").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt_counter").await, 0);
    }
}

story! {
    async fn a_closed_fund_is_for_money_of_its_days(app: &TestApp) {
        let mut of_uk = app.deps.config.charity.funds_of("uk");
        let bound = of_uk.find(|f| f.restriction != almoner::config::Restriction::Unrestricted);
        let id = bound.expect("a restricted fund").id.clone();
        let admin = app.staff("admin").await;
        let path = format!("/staff/settings/fund/{id}");
        let page = admin.open(&path).await;
        let set = admin.fill(&page, &path, &[("closes_on", "2026-11-19"), ("why", "The appeal is over")]).await;
        assert_eq!(set.path, "/staff/settings?done=set", "{}", set.words());
        let office = app.staff("finance").await;
        let late = enter(&office, "", &[TILDA, &[("fund", id.as_str())]].concat()).await;
        assert!(late.status == 422 && late.errors()[0].contains("open on 20 November 2026"), "{:?}", late.errors());
        let typed = [TILDA, &[("fund", id.as_str()), ("received_on", "2026-11-19")]].concat();
        let early = enter(&office, "", &typed).await;
        assert!(early.has("is entered"), "its last day counts: {}", early.words());
        app.settle().await;
    }
}

story! {
    async fn a_donor_is_found_by_letters_that_keys_lack(app: &TestApp) {
        let office = app.staff("finance").await;
        enter(&office, "", &[("given_name", "Søren"), ("family_name", "Weiß-Łódź")]).await;
        for q in ["weiss", "soren+lodz", "WEISSLODZ", "s%C3%B8ren"] {
            let found = office.open(&format!("/staff/offline/new?q={q}")).await;
            assert!(found.has("Søren Weiß-Łódź, no mailbox"), "{q}: {}", found.words());
        }
        app.settle().await;
    }
}

story! {
    async fn only_who_may_enter_gifts_does(app: &TestApp) {
        for roles in ["support", "admin"] {
            let other = app.staff(roles).await;
            assert!(!other.open("/staff").await.html.contains("/staff/offline"), "{roles}: not in the menu");
            for path in ["", "/new", "/batches/new", "/bank"] {
                assert_eq!(other.open(&format!("/staff/offline{path}")).await.status, 403, "{roles} {path}");
            }
            assert_eq!(other.post("/staff/offline/new", &[("amount", "25")]).await.status, 403);
            assert_eq!(other.open("/staff/gifts/gift_00000000000000000000000000/returned").await.status, 403);
        }
        let office = app.staff("finance").await;
        for path in ["batches/x", "batches/bat_00000000000000000000000000", "imports/x", "lines/x"] {
            assert_eq!(office.open(&format!("/staff/offline/{path}")).await.status, 404, "{path}");
        }
        let overview = office.open("/staff/offline").await;
        assert!(overview.has("No batch is open") && overview.has("No file was read yet"), "{}", overview.words());
    }
}

/// Yen have no decimals: neither on the form nor in the books.
async fn yen(database: Database) {
    let app = TestApp::spawn_with(database, |config| {
        let entity = &mut config.charity.entities[0];
        entity.currencies.push("JPY".parse().expect("yen"));
    });
    let Some(app) = app.await else { return };
    let office = app.staff("finance").await;
    let half = enter(&office, "", &[TILDA, &[("to", "uk:JPY"), ("amount", "1000.5")]].concat()).await;
    assert!(half.errors()[0].contains("whole JPY"), "{:?}", half.errors());
    let whole = enter(&office, "", &[TILDA, &[("to", "uk:JPY"), ("amount", "1,000")]].concat()).await;
    assert!(whole.has("¥1,000 is entered."), "{}", whole.words());
    assert_eq!(app.count("SELECT amount_minor FROM gift WHERE currency = 'JPY'").await, 1000);
    drop(office);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yen_on_sqlite() {
    yen(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yen_on_postgres() {
    yen(Database::Postgres).await;
}
