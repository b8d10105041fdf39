//! Giving on the form: what a donor types, and what becomes of it.

use almoner::sandbox::TestMethod;

use crate::support::app::location;
use crate::support::form::{PageForm, text_of};
use crate::support::story;

story! {
    async fn a_single_gift_travels_from_the_form_to_the_receipt(app: &TestApp) {
        let form = app.form("?frequency=once").await.filled("25").with_gift_aid();
        let form = form.set("cover_fee", "yes").set("tribute_kind", "memory").set("tribute_name", "Grace");
        let session = app.to_checkout(&form.set("note", "For the team")).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0, "nothing is a gift before it is paid");
        let thanks = app.pay(&session, TestMethod::CardSuccess).await;

        let page = app.html(&thanks).await;
        assert!(text_of(&page, "h1").starts_with("Thank you. Your gift of £25.59 has arrived"), "{}", text_of(&page, "h1"));
        assert!(page.contains("a•••@donors.example"));
        assert!(page.contains("Visa ending 4242"));

        let mails = app.mails();
        assert_eq!(mails.len(), 1);
        let receipt = &mails[0];
        assert_eq!(receipt.to, "ada@donors.example");
        for part in ["LFT-2026-00000001", "25.59", "Visa ending 4242", "22 November 2026", "In memory of Grace", "For the team"] {
            assert!(receipt.text.contains(part), "{part} in {}", receipt.text);
            assert!(receipt.html.contains(part), "{part} in the HTML part");
        }
        assert!(receipt.text.contains("Gift Aid"));
        assert!(receipt.text.contains("0000000"), "the charity's registration");
        assert!(!receipt.raw.contains("4242424242424242"));
        assert_eq!(receipt.message_id, app.text("SELECT message_id FROM mail_outbox").await, "the same on every try");
        assert_eq!(app.count("SELECT fee_cover_minor FROM gift").await, 59);
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration WHERE scope = 'future'").await, 1);
        assert_eq!(app.text("SELECT tax_year FROM gift").await, "2026-27");
        let address = app.text("SELECT home_address FROM declaration").await;
        assert!(address.contains("SW1A 1AA"), "the postcode is put right: {address}");
    }
}

story! {
    async fn a_double_submit_leads_to_one_payment_page(app: &TestApp) {
        let form = app.form("").await.filled("25");
        let (first, second) = tokio::join!(app.submit(&form), app.submit(&form));
        assert_eq!(location(&first), location(&second));
        let third = app.submit(&form).await;
        assert_eq!(location(&first), location(&third));
        assert_eq!(app.sandbox.all("checkout.session").await.len(), 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 1);
    }
}

story! {
    async fn a_changed_mind_closes_the_first_page(app: &TestApp) {
        let form = app.form("").await.filled("25");
        let first = app.to_checkout(&form).await;
        let second = app.to_checkout(&form.set("amount_other", "30")).await;
        assert_ne!(first, second);
        assert!(app.sandbox.pay(&first, TestMethod::CardSuccess).await.is_err(), "the first page is closed");
        app.pay(&second, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM gift").await, 3000);
        assert_eq!(app.mails().len(), 1);
    }
}

story! {
    async fn the_back_button_after_paying_gives_nothing_twice(app: &TestApp) {
        let form = app.form("").await.filled("25");
        let session = app.to_checkout(&form).await;
        let thanks = app.pay(&session, TestMethod::CardSuccess).await;
        let again = app.submit(&form).await;
        assert_eq!(location(&again), thanks);
        let changed = app.submit(&form.set("amount_other", "40")).await;
        assert_eq!(location(&changed), thanks, "a new gift needs a new form");
        assert_eq!(app.sandbox.all("checkout.session").await.len(), 1);
    }
}

story! {
    async fn paid_but_not_told_yet_the_form_does_not_open_a_second_page(app: &TestApp) {
        let form = app.form("").await.filled("25");
        let session = app.to_checkout(&form).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        let held = app.hold_deliveries().await;
        let changed = app.submit(&form.set("amount_other", "40")).await;
        assert!(location(&changed).starts_with("/give/thanks/"), "Stripe was asked before opening another page");
        assert_eq!(app.sandbox.all("checkout.session").await.len(), 1);
        for delivery in held {
            app.sandbox.deliver(&delivery).await.expect("delivered");
        }
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    }
}

story! {
    async fn an_abandoned_page_takes_nothing_and_can_be_resumed(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25").with_gift_aid()).await;
        let back = app.sandbox.object(&session).await.expect("a session")["cancel_url"].as_str().unwrap_or_default().to_owned();
        let path = back.strip_prefix(&app.base).expect("back to us").to_owned();
        let page = app.html(&path).await;
        assert_eq!(text_of(&page, "h1"), "Your gift was not completed. Nothing was taken.");
        let resumed = app.submit(&PageForm::read(&page)).await;
        assert!(location(&resumed).ends_with(&session), "the same page, not a second one");

        app.advance_days(2).await;
        assert_eq!(app.text("SELECT state FROM payment").await, "expired");
        let page = app.html(&path).await;
        let fresh = app.submit(&PageForm::read(&page)).await;
        let fresh = location(&fresh).rsplit('/').next().unwrap_or_default().to_owned();
        assert_ne!(fresh, session);
        app.pay(&fresh, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert!(app.mails()[0].text.contains("under the declaration you made"), "the declaration comes along");
        let old = app.html(&path).await;
        assert_eq!(text_of(&old, "h1"), "You have already given with this form");
        let shown = app.text("SELECT words_shown FROM declaration").await;
        assert!(shown.contains("every gift I make to Lantern Freedom Trust from today"), "UK-13c");
        assert_eq!(app.mails().len(), 1);
    }
}

story! {
    async fn opening_the_thank_you_page_without_paying_settles_nothing(app: &TestApp) {
        app.to_checkout(&app.form("").await.filled("25")).await;
        let reference = app.text("SELECT reference FROM payment").await;
        for _ in 0..3 {
            app.html(&format!("/give/thanks/{reference}")).await;
        }
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        assert_eq!(app.mails().len(), 0);
        assert_eq!(app.get("/give/thanks/0123456789abcdefghjkmnpqrs").await.status(), 404);
    }
}

story! {
    async fn the_thank_you_page_knows_before_the_callback_does(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        let reference = app.text("SELECT reference FROM payment").await;
        let page = app.html(&format!("/give/thanks/{reference}")).await;
        assert!(text_of(&page, "h1").starts_with("Thank you. Your gift of £25.00 has arrived"));
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0, "a GET writes nothing");
    }
}

story! {
    async fn bad_amounts_get_a_clear_answer_and_change_nothing(app: &TestApp) {
        let cases = [
            ("-1", "Enter an amount of £2 or more"),
            ("0", "Enter an amount of £2 or more"),
            ("1.99", "Enter an amount of £2 or more"),
            ("0.005", "at most 2 decimals"),
            ("1e309", "in figures"),
            ("10,00", "Use a full stop"),
            ("NaN", "in figures"),
            ("25000.01", "£25,000 or less"),
            ("9223372036854775808", "or less"),
            ("٢٥", "in figures"),
        ];
        for (typed, words) in cases {
            let form = app.form("").await.filled(typed).set("note", "kept <b>words</b>");
            let response = app.submit(&form).await;
            assert_eq!(response.status(), 422, "{typed}");
            let page = response.text().await.expect("a page");
            let summary = text_of(&page, ".error-summary");
            assert!(summary.contains(words), "{typed}: {summary}");
            let kept = PageForm::read(&page);
            assert_eq!(kept.get("amount_other"), typed);
            assert_eq!(kept.get("email"), "ada@donors.example");
            assert_eq!(kept.get("note"), "kept <b>words</b>");
            assert!(!page.contains("<b>words</b>"), "markup stays text");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 0);
    }
}

story! {
    async fn every_missing_field_is_named_at_once(app: &TestApp) {
        let form = app.form("?entity=ca").await.set("given_name", "").set("email", "ada.example.org").without("fund");
        let response = app.submit(&form).await;
        assert_eq!(response.status(), 422);
        let summary = text_of(&response.text().await.expect("a page"), ".error-summary");
        for words in ["where your gift should go", "first name", "last name", "an @ and a dot", "first line of your address", "town or city", "postcode"] {
            assert!(summary.contains(words), "{words} in {summary}");
        }
    }
}

story! {
    async fn what_the_form_claims_is_not_believed(app: &TestApp) {
        let refused = [("fund", "treasury"), ("frequency", "weekly"), ("frequency", "")];
        for (field, value) in refused {
            let response = app.submit(&app.form("").await.filled("25").set(field, value)).await;
            assert_eq!(response.status(), 422, "{field}={value}");
        }
        let other_money = app.submit(&app.form("").await.filled("25").set("currency", "JPY")).await;
        assert_eq!(other_money.status(), 422);
        let other_entity = app.submit(&app.form("").await.filled("25").set("entity", "zz")).await;
        assert_eq!(other_entity.status(), 422);
        let forged = app.submit(&app.form("").await.filled("25").set("token", "AAAA")).await;
        assert_eq!(forged.status(), 422);
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 0);

        let extra = app.form("").await.filled("25").set("donor_id", "dnr_x").set("price", "price_1").set("state", "paid");
        app.to_checkout(&extra.set("fee_cover_minor", "1")).await;
        assert_eq!(app.count("SELECT amount_minor + fee_cover_minor FROM payment").await, 2500);
        assert_eq!(app.text("SELECT state FROM payment").await, "open");
    }
}

story! {
    async fn a_robot_that_is_too_quick_is_asked_again(app: &TestApp) {
        let form = PageForm::read(&app.html("/give").await).filled("25");
        let response = app.submit(&form).await;
        assert_eq!(response.status(), 422);
        let again = PageForm::read(&response.text().await.expect("a page"));
        assert_eq!(again.get("amount_other"), "25");
        app.deps.clock.advance(std::time::Duration::from_secs(5));
        app.to_checkout(&again).await;
    }
}

story! {
    async fn line_breaks_and_markup_in_names_reach_no_header_and_no_page(app: &TestApp) {
        for field in ["given_name", "family_name", "tribute_name"] {
            let form = app.form("").await.filled("25").set("tribute_kind", "honour").set("tribute_name", "Grace");
            let response = app.submit(&form.set(field, "Ada\r\nBcc: all@example.org")).await;
            assert_eq!(response.status(), 422, "{field}");
        }
        let bad_mail = app.submit(&app.form("").await.filled("25").set("email", "a@example.org\r\nBcc: b@example.org")).await;
        assert_eq!(bad_mail.status(), 422);

        let name = r#""><script>alert(1)</script>{{7*7}}"#;
        let form = app.form("").await.filled("25").set("given_name", name).set("family_name", "محمد 李明");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let mail = &app.mails()[0];
        assert!(mail.text.contains("{{7*7}}"), "shown as typed");
        assert!(!mail.html.contains("<script>"));
        assert!(mail.html.contains("محمد"));
    }
}

story! {
    async fn an_organisation_gives_in_its_own_name_and_cannot_declare_gift_aid(app: &TestApp) {
        let form = app.form("").await.filled("500").with_gift_aid();
        let form = form.set("donor_kind", "organisation").set("organisation", "Stone & Sons Bakery");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        assert!(app.mails()[0].text.contains("Stone & Sons Bakery"));
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 0);
    }
}

story! {
    async fn gift_aid_needs_a_home_address_and_the_words_that_were_shown(app: &TestApp) {
        let form = app.form("").await.filled("25").with_gift_aid();
        for (field, value, words) in [
            ("address_line1", "c/o Acme Ltd", "c/o address cannot be used"),
            ("postcode", "12345", "full UK postcode"),
            ("gift_aid_wording", "1999-01", "words of the declaration have changed"),
        ] {
            let response = app.submit(&form.clone().set(field, value)).await;
            assert_eq!(response.status(), 422);
            let page = response.text().await.expect("a page");
            assert!(text_of(&page, ".error-summary").contains(words), "{words}");
        }
        let no_aid_in_america = app.html("/give?entity=us").await;
        assert!(!no_aid_in_america.contains("name=\"gift_aid\""));
        let form = app.form("?entity=us").await.filled("25").set("gift_aid", "yes");
        app.to_checkout(&form).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM declaration").await, 0);
    }
}

story! {
    async fn each_entity_has_its_own_money_numbers_and_year(app: &TestApp) {
        for (query, amount) in [("?entity=us", "40"), ("?entity=uk&currency=EUR", "30"), ("?entity=uk", "20")] {
            let session = app.to_checkout(&app.form(query).await.filled(amount)).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE currency = 'USD' AND tax_year = '2026'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE currency = 'EUR' AND tax_year = '2026-27'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt WHERE serial = 1").await, 2, "a series for each entity");
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt WHERE serial = 2").await, 1);
        let american = app.mails_about("$40.00");
        assert!(american[0].text.contains("No goods or services"), "US-4");
        let gift = app.text("SELECT id FROM gift WHERE currency = 'USD'").await;
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        let page = ada.open(&format!("/portal/gifts/{gift}/receipt")).await;
        assert!(page.has("No goods or services"), "US-4: {}", page.words());
    }
}

story! {
    async fn e_mail_choices_are_kept_with_the_words_that_were_shown(app: &TestApp) {
        let page = app.html("/give").await;
        assert!(!page.contains("name=\"updates_stories\" checked"), "nothing is ticked beforehand (PR-1)");
        let ticked = app.form("").await.filled("25").set("updates_stories", "yes").set("updates_help", "yes");
        app.to_checkout(&ticked.clone().set("updates_events", "yes")).await;
        let session = app.to_checkout(&ticked).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry").await, 0, "a form that was left agrees to nothing");
        app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry WHERE basis = 'consent'").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM consent_entry WHERE length(wording_sha256) = 64").await, 2);
    }
}

story! {
    async fn a_link_fills_in_the_form(app: &TestApp) {
        let form = app.form("?frequency=once&amount=33.50").await;
        assert_eq!(form.get("frequency"), "once");
        assert_eq!(form.get("amount_other"), "33.50");
        let form = app.form("?frequency=nonsense&amount=nonsense&fund=nonsense&campaign=nonsense&entity=nonsense").await;
        assert_eq!(form.get("entity"), "uk");
        assert_eq!(form.get("frequency"), "monthly");
    }
}

story! {
    async fn guests_share_a_row_for_a_mailbox_but_gifts_keep_the_name_of_the_day(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let form = app.form("").await.filled("30").set("family_name", "Newname").set("email", "ADA@donors.example");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1);
        let named = "SELECT COUNT(*) FROM gift WHERE donor_details LIKE '%\"family_name\":\"Example\"%'";
        assert_eq!(app.count(named).await, 1);
        let named = "SELECT COUNT(*) FROM gift WHERE donor_details LIKE '%\"family_name\":\"Newname\"%'";
        assert_eq!(app.count(named).await, 1);
    }
}

story! {
    async fn a_campaign_has_its_words_and_fund_and_ends_on_its_day(app: &TestApp) {
        let page = app.html("/give?campaign=winter-light").await;
        assert_eq!(text_of(&page, "h1"), "A light in the window");
        assert!(page.contains("Until 31 January 2027"));
        let form = app.form("?campaign=winter-light").await.filled("25");
        assert_eq!(form.get("fund"), "rescue-aftercare");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        assert_eq!(app.text("SELECT campaign_id FROM gift").await, "winter-light");
        app.deps.clock.advance(std::time::Duration::from_secs(71 * 86_400));
        let page = app.html("/give?campaign=winter-light").await;
        assert_eq!(text_of(&page, "h1"), "This appeal has ended");
        let elsewhere = app.html("/give?campaign=freedom-walk&entity=ca").await;
        assert_eq!(text_of(&elsewhere, "h1"), "Bring someone home", "a campaign of other entities is left aside");
    }
}
