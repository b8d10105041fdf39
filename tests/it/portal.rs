//! The donor's area, from outside: what is shown, to whom, and with how many queries.

use almoner::sandbox::TestMethod;
use almoner::services::accounts;
use almoner::store::db::meter;
use almoner::web::{AppState, Policy, router, routes};
use axum::body::Body;
use axum::http::Request;
use secrecy::SecretString;
use tower::ServiceExt;

use crate::support::app::location;
use crate::support::browser::Browser;
use crate::support::{Database, TestApp, story};

const ADA: &str = "ada@donors.example";
const BO: &str = "bo@donors.example";
const PASSWORD: &str = "correct-heron-bicycle-soup";

/// The one gift of a donor, as the address of its page.
async fn gift_page(app: &TestApp) -> String {
    format!(
        "/portal/gifts/{}",
        app.text("SELECT id FROM gift ORDER BY received_at DESC, id DESC LIMIT 1").await
    )
}

/// A gift given by somebody who is signed in.
async fn give(browser: &Browser<'_>, fields: &[(&str, &str)], method: TestMethod) -> String {
    let app = browser.app;
    let page = browser.open("/give").await;
    app.deps.clock.advance(std::time::Duration::from_secs(30));
    let mut typed = vec![("frequency", "once")];
    typed.extend(fields);
    let away = browser.fill(&page, "/give", &typed).await;
    assert!(away.path.starts_with(&app.sandbox.api_base()), "{} {:?}", away.path, away.errors());
    let session = away.path.rsplit('/').next().expect("a session").to_owned();
    app.pay(&session, method).await
}

story! {
    async fn every_page_of_the_area_asks_strangers_to_sign_in(app: &TestApp) {
        for route in routes().filter(|r| r.policy == Policy::Donor) {
            let path = route.path.replace("{gift}", "gift_01").replace("{part}", "name");
            let response = app.get(&path).await;
            if response.status() != 405 {
                assert_eq!(response.status(), 303, "{path}");
                assert!(location(&response).starts_with("/sign-in?"), "{path}");
            }
            let posted = app.http.post(app.url(&path)).header("Content-Type", "application/x-www-form-urlencoded");
            let posted = posted.body("").send().await.expect("an answer");
            assert!([303, 405].contains(&posted.status().as_u16()), "{path}: {}", posted.status());
        }
    }
}

story! {
    async fn what_belongs_to_another_donor_is_not_there(app: &TestApp) {
        app.gift("25").await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = gift_page(app).await;
        assert_eq!(ada.open(&page).await.status, 200);
        let bo = app.account(BO, PASSWORD).await;
        let absent = bo.open("/portal/gifts/gift_01m81b5h80v1ydw5w7db2hbks6").await;
        assert_eq!(absent.status, 404);
        let mails = app.mails().len();
        for id in [page.clone(), page.to_uppercase().replace("/PORTAL/GIFTS/", "/portal/gifts/"), format!("{page}%00")] {
            for path in [id.clone(), format!("{id}/receipt")] {
                let foreign = bo.open(&path).await;
                assert_eq!(foreign.status, 404, "{path}");
                let strip = |html: &str| html.split("quote").next().unwrap_or_default().to_owned();
                assert_eq!(strip(&foreign.html), strip(&absent.html), "{path}: as if it were not there");
            }
        }
        let overview = bo.open("/portal").await;
        assert!(!overview.html.contains("25.00"));
        let own = ada.open(&page).await;
        let fields = own.form(&format!("{page}/receipt"));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(bo.post(&format!("{page}/receipt"), &fields).await.status, 404);
        let again = own.form("/portal/again");
        let again: Vec<(&str, &str)> = again.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(bo.post("/portal/again", &again).await.status, 404);
        let csv = bo.open("/portal/gifts.csv").await;
        assert_eq!(csv.html.lines().count(), 1, "{}", csv.html);
        app.settle().await;
        assert_eq!(app.mails().len(), mails);
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 1);
    }
}

story! {
    async fn a_gift_shows_what_became_of_it(app: &TestApp) {
        let intent = app.gift("60").await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = gift_page(app).await;
        let gift = ada.open(&page).await;
        assert!(gift.has("£60.00") && gift.has("Received") && gift.has("Visa ending 4242"), "{}", gift.words());
        app.sandbox.refund(&intent, Some(2_000)).await.expect("a refund");
        app.settle().await;
        let gift = ada.open(&page).await;
        assert!(gift.has("Part refunded") && gift.has("−£20.00"), "{}", gift.words());
        assert!(gift.has("£20.00 of £60.00 went back to you. £40.00 remains given."), "{}", gift.words());
        let overview = ada.open("/portal").await;
        assert!(overview.has("£40.00 in one gift"), "{}", overview.words());
        let list = ada.open("/portal/gifts").await;
        assert!(list.has("£40.00 remains"), "{}", list.words());
        let csv = ada.open("/portal/gifts.csv").await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        assert!(csv.headers["content-disposition"].to_str().expect("text").starts_with("attachment"));
        let line = csv.html.lines().nth(1).expect("a row");
        assert!(line.contains(",GBP,60.00,0.00,20.00,40.00,Part refunded,Visa ending 4242,"), "{line}");
        app.sandbox.refund(&intent, None).await.expect("a refund");
        app.settle().await;
        let gift = ada.open(&page).await;
        assert!(gift.has("The whole gift went back to you."), "{}", gift.words());
    }
}

story! {
    async fn the_receipt_is_shown_as_issued_and_sent_again_as_a_copy(app: &TestApp) {
        app.gift("25").await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let page = gift_page(app).await;
        let number = app.text("SELECT number FROM receipt").await;
        let receipt = ada.open(&format!("{page}/receipt")).await;
        assert!(receipt.has(&number) && receipt.has("Ada Example"), "{}", receipt.words());
        // A new name changes what comes, not what was issued.
        let edit = ada.open("/portal/profile/name").await;
        ada.fill(&edit, "/portal/profile/name", &[("family_name", "Newname")]).await;
        assert!(ada.open(&format!("{page}/receipt")).await.has("Ada Example"));
        let gift = ada.open(&page).await;
        for _ in 0..2 {
            let sent = ada.fill(&gift, &format!("{page}/receipt"), &[]).await;
            assert!(sent.has("A copy of the receipt is on its way to you."), "{}", sent.words());
        }
        app.settle().await;
        let mails = app.mails();
        let copies: Vec<_> = mails.iter().filter(|m| m.text.starts_with("COPY")).collect();
        assert_eq!(copies.len(), 1, "a form sent twice sends one copy");
        assert!(copies[0].text.contains(&number) && copies[0].to == ADA);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1, "no second receipt");
    }
}

story! {
    async fn giving_while_signed_in_is_kept_in_the_account(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let form = ada.open("/give").await;
        let filled = form.form("/give");
        assert!(filled.contains(&("email".to_owned(), ADA.to_owned())), "{filled:?}");
        assert!(form.html.contains("Sign out"));
        let thanks = give(&ada, &[("amount_other", "30")], TestMethod::CardSuccess).await;
        let thanks = ada.open(&thanks).await;
        assert!(thanks.links().contains(&"/portal".to_owned()), "{:?}", thanks.links());
        assert!(ada.open("/portal").await.has("£30.00"));
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1, "no guest was made");
        // By Direct Debit it is on its way first.
        give(&ada, &[("amount_other", "45")], TestMethod::BacsSuccess).await;
        let overview = ada.open("/portal").await;
        assert!(overview.has("On its way") && overview.has("£45.00"), "{}", overview.words());
        app.advance_days(10).await;
        ada.sign_in(ADA, PASSWORD).await;
        let overview = ada.open("/portal").await;
        assert!(!overview.has("On its way") && overview.has("£75.00 in 2 gifts"), "{}", overview.words());
    }
}

story! {
    async fn the_same_again_takes_two_presses(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        give(&ada, &[("amount_other", "30")], TestMethod::CardSuccess).await;
        let customer = app.text("SELECT stripe_customer FROM payment").await;
        let overview = ada.open("/portal").await;
        let away = ada.fill(&overview, "/portal/again", &[]).await;
        assert!(away.path.starts_with(&app.sandbox.api_base()), "{}", away.path);
        let twice = ada.fill(&overview, "/portal/again", &[]).await;
        assert_eq!(twice.path, away.path, "pressed twice, one page");
        let session = away.path.rsplit('/').next().expect("a session");
        let open = app.sandbox.object(session).await.expect("a session");
        assert_eq!(open["customer"].as_str(), Some(customer.as_str()));
        assert_eq!(open["amount_total"].as_i64(), Some(3_000));
        app.pay(session, TestMethod::CardSuccess).await;
        assert!(ada.open("/portal").await.has("£60.00 in 2 gifts"));
        let old = ada.post("/portal/again", &[("gift", "gift_01m81b5h80v1ydw5w7db2hbks6"), ("token", "forged")]).await;
        assert_eq!(old.path, "/portal");
    }
}

story! {
    async fn a_strangers_card_is_never_offered(app: &TestApp) {
        // Somebody gives every month and types Ada's address: her mailbox is not their card.
        let form = app.form("").await.filled("20").set("frequency", "monthly");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM payment WHERE stripe_customer IS NOT NULL").await, 1);
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let overview = ada.open("/portal").await;
        let away = ada.fill(&overview, "/portal/again", &[]).await;
        let open = app.sandbox.object(away.path.rsplit('/').next().expect("a session")).await.expect("a session");
        assert!(open["customer"].is_null(), "{open}");
    }
}

story! {
    async fn a_customer_that_is_gone_at_stripe_does_not_stand_in_the_way(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        give(&ada, &[("amount_other", "30")], TestMethod::CardSuccess).await;
        app.damage("UPDATE payment SET stripe_customer = 'cus_gone'").await.expect("damage");
        let overview = ada.open("/portal").await;
        let away = ada.fill(&overview, "/portal/again", &[]).await;
        assert!(away.path.starts_with(&app.sandbox.api_base()), "{} {}", away.path, away.words());
        app.damage("UPDATE payment SET stripe_customer = 'cus_gone' WHERE state = 'paid'").await.expect("damage");
        give(&ada, &[("amount_other", "35")], TestMethod::CardSuccess).await;
    }
}

story! {
    async fn a_left_payment_page_with_saved_cards_opens_for_the_donor_alone(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        give(&ada, &[("amount_other", "30")], TestMethod::CardSuccess).await;
        let overview = ada.open("/portal").await;
        ada.fill(&overview, "/portal/again", &[]).await;
        let reference = app.text("SELECT reference FROM payment WHERE state = 'open'").await;
        let left = format!("/give/thanks/{reference}");
        let stranger = app.browser().post(&left, &[]).await;
        assert!(stranger.path.starts_with("/sign-in?why=needed"), "{}", stranger.path);
        assert!(ada.post(&left, &[]).await.path.starts_with(&app.sandbox.api_base()));
    }
}

story! {
    async fn a_guest_is_invited_and_one_press_leads_to_the_account(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        let thanks = app.pay(&session, TestMethod::CardSuccess).await;
        let guest = app.browser();
        let page = guest.open(&thanks).await;
        assert!(page.has("Keep your giving in one place"), "{}", page.words());
        let receipt = &app.mails()[0];
        assert!(receipt.text.contains("/portal"), "{}", receipt.text);
        let waiting = guest.fill(&page, &format!("{thanks}/link"), &[]).await;
        assert_eq!(waiting.path, "/sign-in/link");
        assert!(!waiting.html.contains(ADA), "who holds the page need not know the address");
        app.settle().await;
        let code = app.code_to(ADA);
        let inside = guest.fill(&waiting, "/sign-in/code", &[("code", &code)]).await;
        assert!(inside.has("£25.00") && inside.path.starts_with("/portal"), "{}", inside.words());
    }
}

story! {
    async fn details_are_changed_one_at_a_time_and_addresses_remembered(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let address = ada.open("/portal/profile/address").await;
        let first = [("line1", "1 Example Street"), ("city", "Exampleton"), ("postcode", "sw1a 1aa"), ("country", "GB")];
        let wrong = ada.fill(&address, "/portal/profile/address", &[("line1", "c/o Someone"), ("city", ""), ("postcode", "XX"), ("country", "GB")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.errors().len(), 3, "{:?}", wrong.errors());
        assert!(wrong.html.contains("value=\"c/o Someone\""), "what was typed is kept");
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_address").await, 0);
        let saved = ada.fill(&address, "/portal/profile/address", &first).await;
        assert!(saved.has("Your address is saved.") && saved.has("SW1A 1AA"), "{}", saved.words());
        ada.fill(&address, "/portal/profile/address", &first).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_address").await, 1, "the same again is no move");
        let moved = [("line1", "Łąkowa 5"), ("city", "Łódź"), ("postcode", "90-001"), ("country", "PL")];
        let saved = ada.fill(&address, "/portal/profile/address", &moved).await;
        assert!(saved.has("Until 22 November 2026") && saved.has("Łąkowa 5"), "{}", saved.words());

        let name = ada.open("/portal/profile/name").await;
        for family in ["محمد عبد الرحمن", "王小明", "O'Neil-Łęcka", "<script>alert(1)</script>", "{{7*7}}"] {
            let saved = ada.fill(&name, "/portal/profile/name", &[("family_name", family)]).await;
            assert!(saved.has(family), "{family}: {}", saved.words());
        }
        let wrong = ada.fill(&name, "/portal/profile/name", &[("given_name", " "), ("donor_kind", "organisation")]).await;
        assert_eq!(wrong.errors(), ["Enter your first name", "Enter the organisation's name"]);
        let two = ada.fill(&name, "/portal/profile/name", &[("given_name", "Ada\r\nBcc: x@evil.example")]).await;
        assert_eq!(two.errors(), ["Write this on one line"]);

        let contact = ada.open("/portal/profile/contact").await;
        let wrong = ada.fill(&contact, "/portal/profile/contact", &[("telephone", "call me"), ("language", "xx")]).await;
        assert_eq!(wrong.errors().len(), 2, "{:?}", wrong.errors());
        let typed = [("telephone", "+44 20 7946 0000"), ("language", "en-US")];
        let saved = ada.fill(&contact, "/portal/profile/contact", &typed).await;
        assert!(saved.has("+44 20 7946 0000") && saved.has("Until November 22, 2026"), "{}", saved.words());
        assert_eq!(ada.open("/portal/profile/password").await.status, 404);
    }
}

story! {
    async fn e_mail_choices_are_kept_with_the_words_shown(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        let page = ada.open("/portal/preferences").await;
        let saved = ada.fill(&page, "/portal/preferences", &[("updates_stories", "yes"), ("updates_help", "yes"), ("way", "save")]).await;
        assert!(saved.has("Your choices are saved.") && saved.has("You last changed this on 22 November 2026."), "{}", saved.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry WHERE basis = 'consent' AND source = 'portal' AND length(wording_sha256) = 64").await, 2);
        ada.fill(&saved, "/portal/preferences", &[("way", "save")]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry").await, 2, "nothing changed, nothing written");
        let stopped = ada.fill(&saved, "/portal/preferences", &[("way", "stop")]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry WHERE basis = 'withdrawn'").await, 2);
        let fields = stopped.form("/portal/preferences");
        assert!(!fields.iter().any(|(n, _)| n.starts_with("updates_")), "{fields:?}");
        let old = ada.fill(&page, "/portal/preferences", &[("updates_events", "yes"), ("consent_wording", "1999-01"), ("way", "save")]).await;
        assert_eq!(old.status, 422);
        assert!(old.has("The words have changed since you opened this page."));
    }
}

story! {
    async fn the_sign_in_address_moves_only_when_the_new_mailbox_answers(app: &TestApp) {
        let new = "ada.new@donors.example";
        let ada = app.account(ADA, PASSWORD).await;
        app.deps.clock.advance(std::time::Duration::from_secs(1200));
        let phone = app.browser();
        assert_eq!(phone.sign_in(ADA, PASSWORD).await.path, "/portal");
        let page = ada.open("/portal/security/email").await;
        let wrong = ada.fill(&page, "/portal/security/email", &[("new_email", new), ("current_password", "no")]).await;
        assert_eq!(wrong.errors(), ["That is not your present password. Try again"]);
        let same = ada.fill(&page, "/portal/security/email", &[("new_email", " ADA@donors.example"), ("current_password", PASSWORD)]).await;
        assert_eq!(same.errors(), ["This is your present address. Enter the new one"]);
        let waiting = ada.fill(&page, "/portal/security/email", &[("new_email", new), ("current_password", PASSWORD)]).await;
        assert_eq!(waiting.path, "/sign-in/link");
        app.settle().await;
        assert!(ada.open("/portal/security").await.has("Until you open it, the address above stays."));
        let link = app.link_to(new);
        // The link is worth nothing in the hands of somebody who is not signed in as Ada.
        let thief = app.browser();
        let code = app.code_to(new);
        let opened = thief.open(&link).await;
        assert_eq!(thief.fill(&opened, &link, &[("code", &code)]).await.status, 410);
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE email_norm = 'ada@donors.example'").await, 1);
        let opened = ada.open(&link).await;
        let moved = ada.fill(&opened, &link, &[]).await;
        assert_eq!(moved.path, "/portal/security?done=email", "{}", moved.words());
        assert!(phone.open("/portal").await.path.starts_with("/sign-in"), "who came by the old mailbox is out");
        app.settle().await;
        let told = app.mails_about("Your e-mail address was changed");
        assert_eq!((told.len(), told[0].to.as_str()), (1, ADA));
        assert!(!told[0].text.contains(new), "the new address is shown in part");
        assert_eq!(app.browser().sign_in(ADA, PASSWORD).await.status, 422);
        assert_eq!(app.browser().sign_in(new, PASSWORD).await.path, "/portal");
    }
}

story! {
    async fn other_browsers_can_be_signed_out(app: &TestApp) {
        let desk = app.account(ADA, PASSWORD).await;
        let phone = Browser { agent: crate::support::browser::IPHONE, ..app.browser() };
        phone.sign_in(ADA, PASSWORD).await;
        let page = desk.open("/portal/security").await;
        assert!(page.has("Safari on iPhone") && page.has("Firefox on Linux"), "{}", page.words());
        let done = desk.fill(&page, "/portal/security/sign-out-others", &[]).await;
        assert!(done.has("You are signed out everywhere else."));
        assert!(phone.open("/portal").await.path.starts_with("/sign-in"));
        let password = desk.open("/portal/security/password").await;
        let wrong = desk.fill(&password, "/portal/security/password", &[("current_password", "x"), ("new_password", "ada.marsh-ada.marsh")]).await;
        assert_eq!(wrong.errors().len(), 2, "{:?}", wrong.errors());
        let typed = [("current_password", PASSWORD), ("new_password", "seven brass kettles sing")];
        let set = desk.fill(&password, "/portal/security/password", &typed).await;
        assert_eq!(set.path, "/portal/security?done=password", "{:?}", set.errors());
        assert_eq!(app.browser().sign_in(ADA, "seven brass kettles sing").await.path, "/portal");
    }
}

story! {
    async fn of_two_changes_of_a_password_that_race_the_first_counts(app: &TestApp) {
        app.account(ADA, PASSWORD).await;
        let seen = {
            let mut read = app.deps.store.read().await.expect("a transaction");
            almoner::store::accounts::by_mailbox(&mut read, ADA).await.expect("reads").expect("an account")
        };
        let set = |password: &'static str| {
            let seen = &seen;
            async move { accounts::set_password(&app.deps, seen, &SecretString::from(password), "").await.expect("sets") }
        };
        assert!(set("seven brass kettles sing").await.is_some());
        assert!(set("eight tin whistles wail").await.is_none(), "it was read before the first change");
        assert_eq!(app.browser().sign_in(ADA, "eight tin whistles wail").await.status, 422);
        assert_eq!(app.browser().sign_in(ADA, "seven brass kettles sing").await.path, "/portal");
    }
}

story! {
    async fn lists_are_filtered_and_paged(app: &TestApp) {
        let ada = app.account(ADA, PASSWORD).await;
        for n in 0..27 {
            give(&ada, &[("amount_other", &format!("{}", 10 + n))], TestMethod::CardSuccess).await;
        }
        let first = ada.open("/portal/gifts").await;
        assert!(first.has("Showing 1–25 of 27") && first.has("£36.00"), "{}", first.words());
        let second = ada.open("/portal/gifts?from=25").await;
        assert!(second.has("Showing 26–27 of 27") && second.has("£10.00") && second.has("£11.00"));
        let none = ada.open("/portal/gifts?kind=monthly").await;
        assert!(none.has("No gift matches"));
        let year = ada.open("/portal/gifts?year=2026-27&fund=&kind=once").await;
        assert!(year.has("2026–27, One-off gifts") && year.has("in 27 gifts"), "{}", year.words());
        for odd in ["from=-5", "from=99999999999", "year=%27%20OR%201%3D1", "fund=nothing", "kind=%00", "from=x"] {
            let shown = ada.open(&format!("/portal/gifts?{odd}")).await;
            assert!([200, 400].contains(&shown.status), "{odd}: {}", shown.status);
        }
        let csv = ada.open("/portal/gifts.csv?year=2026-27").await;
        assert_eq!(csv.html.lines().count(), 28);
    }
}

story! {
    async fn reading_writes_nothing(app: &TestApp) {
        app.gift("25").await;
        let ada = app.browser();
        ada.sign_in_by_link(ADA).await;
        let gift = gift_page(app).await;
        let dump = "SELECT (SELECT COUNT(*) FROM audit_line) + (SELECT COUNT(*) FROM mailbox_proof) \
            + (SELECT COUNT(*) FROM web_session) + (SELECT COUNT(*) FROM mail_outbox) + (SELECT COUNT(*) FROM payment) \
            + (SELECT COUNT(*) FROM job) + (SELECT COUNT(*) FROM known_browser) + (SELECT COUNT(*) FROM donor_address)";
        let before = app.count(dump).await;
        for path in ["/portal", "/portal/gifts", "/portal/gifts.csv", "/portal/profile", "/portal/profile/name",
            "/portal/profile/contact", "/portal/profile/address", "/portal/preferences", "/portal/security",
            "/portal/security/password", "/portal/security/email", "/sign-in", "/sign-up", "/password/forgot",
            "/password/new", "/sign-in/link", "/give", gift.as_str(), &format!("{gift}/receipt")] {
            let shown = ada.open(path).await;
            assert_eq!(shown.status, 200, "{path}");
            assert_eq!(shown.headers["cache-control"], "no-store", "{path}");
            assert!(!shown.headers.contains_key("set-cookie"), "{path}");
        }
        assert_eq!(app.count(dump).await, before);
    }
}

/// Copies of the one gift there is, past the application.
const COPIES: &str = "INSERT INTO gift (id, payment_id, pledge_id, donor_id, entity_id, fund_id, campaign_id, currency, \
    amount_minor, fee_cover_minor, instalment, received_at, received_on, tax_year, method_kind, method_label, \
    method_last4, declaration_id, donor_details, note, tribute_kind, tribute_name, stripe_payment_intent, \
    stripe_charge, stripe_invoice, created_at) \
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
    SELECT 'gift_' || substr(CAST(10000000000 + i AS TEXT) || '000000000000000', 1, 26), payment_id, pledge_id, \
    donor_id, entity_id, fund_id, campaign_id, currency, amount_minor, fee_cover_minor, instalment, received_at, \
    received_on, tax_year, method_kind, method_label, method_last4, declaration_id, donor_details, note, tribute_kind, \
    tribute_name, stripe_payment_intent || CAST(i AS TEXT), stripe_charge || CAST(i AS TEXT), NULL, created_at \
    FROM gift, n WHERE gift.id = (SELECT MAX(id) FROM gift)";

async fn queries(app: &TestApp, cookie: &str, path: &str) -> u32 {
    let pages = router(AppState::new(app.deps.clone(), None), None);
    let host = app.base.trim_start_matches("http://");
    let request = Request::get(path).header("Cookie", format!("almoner={cookie}")).header("Host", host);
    let request = request.body(Body::empty()).expect("a request");
    let (response, count) = meter::counting(pages.oneshot(request)).await;
    assert_eq!(response.expect("an answer").status(), 200, "{path}");
    count
}

async fn queries_stay_few(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    app.gift("25").await;
    let ada = app.browser();
    ada.sign_in_by_link(ADA).await;
    let cookie = ada.cookie("almoner").expect("a session");
    let gift = gift_page(&app).await;
    let receipt = format!("{gift}/receipt");
    let paths = [
        "/portal",
        "/portal/gifts",
        "/portal/gifts?year=2026-27",
        "/portal/profile",
        "/portal/preferences",
        "/portal/security",
        "/portal/monthly",
        "/portal/statements",
        "/portal/statements/year/uk/2026-27",
        "/portal/gift-aid",
        "/portal/profile/address",
        "/give",
        &gift,
        &receipt,
    ];
    let mut few = Vec::new();
    for path in paths {
        few.push(queries(&app, &cookie, path).await);
    }
    assert!(app.damage(COPIES).await.expect("copies") == 10_000);
    for (path, before) in paths.iter().zip(few) {
        let after = queries(&app, &cookie, path).await;
        assert!(after <= 6, "{path}: {after} queries");
        assert_eq!(after, before, "{path}: as many for 10,001 gifts as for one");
    }
    let overview = ada.open("/portal").await;
    assert!(overview.has("£250,025.00 in 10,001 gifts"), "{}", overview.words());
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_ask_at_most_six_queries_however_much_was_given() {
    queries_stay_few(Database::Sqlite).await;
    queries_stay_few(Database::Postgres).await;
}
