//! A gift was another's, for something else, on another day, of another sum.

use almoner::config::StaffRules;
use almoner::sandbox::TestMethod;

use super::{cheque, correct_path, give_back, look_at, the_gift};
use crate::support::{Database, TestApp, story};

const OLD: &str = "LFT-2026-00000001";

story! {
    async fn another_donor_gets_the_gift_and_the_first_hears_that_the_receipt_is_void(app: &TestApp) {
        app.account("bo@donors.example", "vq8 mulberry seven k").await;
        let bo = app.text("SELECT id FROM donor WHERE email_norm = 'bo@donors.example' AND standing = 'account'").await;
        let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let path = correct_path(&gift);
        let found = finance.open(&format!("{path}?kind=donor&q=Bo%40donors.example")).await;
        let pick = found.links().into_iter().find(|l| l.contains(&bo)).unwrap_or_else(|| panic!("{}", found.words()));
        assert!(found.has("b…@donors.example") && finance.open(&pick).await.has("It was from Ada Marsh"), "{}", found.words());
        assert!(finance.open(&format!("{path}?kind=donor&q=nobody%40donors.example")).await.has("Nobody was found."));
        let page = look_at(&finance, &gift, "donor", &[("donor", &bo)]).await;
        for said in [
            "DonorAda Marsh instead of Ada Example", "Remains given£100.00, as before", "Gift Aid£25.00 lost: £0.00 instead of £25.00",
            "ReceiptLFT-2026-00000001 is void; a new one", "The new receipt, to b…@donors.example",
            "That the old receipt is void, to a…@donors.example",
        ] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        let done = finance.fill(&page, &path, &[]).await;
        assert_eq!(done.path, format!("/staff/gifts/{gift}?done=corrected"), "{}", done.words());
        let twice = finance.fill(&page, &path, &[]).await;
        assert_eq!(twice.path, format!("/staff/gifts/{gift}?done=corrected"), "a double click corrects once");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction").await, 1);
        assert_eq!(app.text("SELECT donor_id FROM gift").await, bo);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NOT NULL").await, 0, "the declaration was Ada's");
        let void = app.mails_about("is void").pop().expect("a letter");
        assert_eq!((void.to.as_str(), void.subject.as_str()), ("ada@donors.example", "Receipt LFT-2026-00000001 is void"));
        assert!(!void.text.contains("bo@") && !void.text.contains("Marsh"), "whose it was is not said: {}", void.text);
        let new = app.mails_about("New receipt for your gift").pop().expect("a receipt");
        assert_eq!(new.to, "bo@donors.example");
        for part in [&new.text, &new.html] {
            let words = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("This replaces receipt LFT-2026-00000001, which is void."), "{words}");
        }
        let browser = app.browser();
        browser.sign_in("bo@donors.example", "vq8 mulberry seven k").await;
        let receipt = browser.open(&format!("/portal/gifts/{gift}/receipt")).await;
        assert!(receipt.has("This replaces receipt LFT-2026-00000001, which is void.") && receipt.has("Ada Marsh"), "{}", receipt.words());
        assert!(browser.open(&format!("/portal/gifts/{gift}")).await.has("This replaces receipt"));
        assert!(browser.open("/portal").await.has("£100.00"));
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        assert_eq!(ada.open(&format!("/portal/gifts/{gift}")).await.status, 404);
    }
}

story! {
    async fn another_fund_and_campaign(app: &TestApp) {
        app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let path = correct_path(&gift);
        assert!(!finance.open(&path).await.has("The sum"), "what came through Stripe has Stripe's sum");
        let page = look_at(&finance, &gift, "fund", &[("fund", "justice"), ("campaign", "winter-light")]).await;
        assert!(page.has("Goes to") && page.has("instead of none") && page.has("Tax year2026–27, as before"), "{}", page.words());
        finance.fill(&page, &path, &[]).await;
        app.settle().await;
        assert_eq!(app.text("SELECT fund_id || ' ' || campaign_id FROM gift").await, "justice winter-light");
        assert_eq!(app.mails_about("New receipt").len(), 1);
        assert_eq!(app.text("SELECT number FROM receipt WHERE version = 2").await, "LFT-2026-00000002");
        assert_eq!(app.text("SELECT number FROM receipt WHERE version = 1").await, OLD, "the void one stays");
        for (fund, campaign) in [("no-such-fund", ""), ("justice", "no-such-campaign"), ("", "")] {
            let back = look_at(&finance, &gift, "fund", &[("fund", fund), ("campaign", campaign)]).await;
            assert_eq!(back.status, 422, "{fund} {campaign}: {}", back.words());
        }
        let same = look_at(&finance, &gift, "fund", &[("fund", "justice"), ("campaign", "winter-light")]).await;
        assert!(same.errors()[0].contains("It is so already"), "{:?}", same.errors());
        let amount = finance.post(&path, &[("kind", "amount"), ("amount", "5"), ("why", "x")]).await;
        assert!(amount.status == 409 && amount.has("its sum is what Stripe took"), "{}", amount.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction").await, 1);
    }
}

story! {
    async fn another_day_can_be_another_tax_year(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        for (day, said) in [("2026-11-23", "not in the future"), ("1999-12-31", "since the year 2000"), ("22.11.2026", "Enter a day like"), ("", "Enter a day like"), ("2026-11-22", "It is so already")] {
            let back = look_at(&finance, &gift, "date", &[("day", day)]).await;
            assert!(back.status == 422 && back.errors()[0].contains(said), "{day}: {:?}", back.errors());
        }
        let page = look_at(&finance, &gift, "date", &[("day", "2026-04-05")]).await;
        for said in ["Received on5 April 2026 instead of 22 November 2026", "Tax year2025–26 instead of 2026–27", "Gift Aid£25.00 lost"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        finance.fill(&page, &correct_path(&gift), &[]).await;
        app.settle().await;
        assert_eq!(app.text("SELECT tax_year FROM gift").await, "2025-26");
        assert_eq!(app.text("SELECT CAST(received_on AS TEXT) FROM gift").await, "2026-04-05");
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE declaration_id IS NULL").await, 1, "before the declaration begins to cover");
        let mail = app.mails_about("New receipt").pop().expect("a receipt");
        assert!(mail.subject.ends_with("on 5 April 2026"), "{}", mail.subject);
        assert!(mail.text.contains("LFT-2026-00000002"), "{}", mail.text);
    }
}

story! {
    async fn another_sum_is_an_entry_of_its_own(app: &TestApp) {
        let finance = app.staff("finance").await;
        let gift = cheque(app, 2_500, "cyril@donors.example").await;
        let page = look_at(&finance, &gift, "amount", &[("amount", "52")]).await;
        for said in ["The gift£52.00 instead of £25.00", "Remains given£52.00 instead of £25.00", "None on this gift", "to c…@donors.example"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        finance.fill(&page, &correct_path(&gift), &[]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT amount_minor FROM gift").await, 5_200);
        assert_eq!(app.count("SELECT amount_minor FROM ledger_entry WHERE kind = 'correction'").await, 2_700);
        let back = give_back(&finance, &gift, "30").await;
        assert!(back.ends_with("?done=refund_made"), "{back}");
        let low = look_at(&finance, &gift, "amount", &[("amount", "30")]).await;
        assert!(low.errors()[0].contains("Enter more than £30.00"), "{:?}", low.errors());
        let page = look_at(&finance, &gift, "amount", &[("amount", "40")]).await;
        assert!(page.has("Remains given£10.00 instead of £22.00"), "{}", page.words());
        finance.fill(&page, &correct_path(&gift), &[]).await;
        app.settle().await;
        let mail = app.mails_about("New receipt").pop().expect("a receipt");
        assert!(mail.subject.contains("£10.00"), "it is for what remains: {}", mail.subject);
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await, 1_000);
        give_back(&finance, &gift, "10").await;
        assert!(finance.open(&correct_path(&gift)).await.has("Nothing of this gift remains given"));
    }
}

story! {
    async fn what_a_bank_decides_on_is_not_corrected(app: &TestApp) {
        let intent = app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look_at(&finance, &gift, "fund", &[("fund", "justice")]).await;
        let dispute = app.sandbox.dispute(&intent, "general").await.expect("a dispute");
        app.settle().await;
        for shown in [finance.open(&correct_path(&gift)).await, finance.fill(&page, &correct_path(&gift), &[]).await] {
            assert!(shown.has("has opened a dispute about this gift"), "{}", shown.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction").await, 0);
        app.sandbox.close_dispute(&dispute, true).await;
        app.settle().await;
        let page = look_at(&finance, &gift, "fund", &[("fund", "justice")]).await;
        let done = finance.fill(&page, &correct_path(&gift), &[]).await;
        assert!(done.path.ends_with("?done=corrected"), "{}", done.words());
    }
}

story! {
    async fn two_people_cannot_correct_past_each_other(app: &TestApp) {
        app.gift("25").await;
        let (gift, one) = (the_gift(app).await, app.staff("finance").await);
        let two = app.staff_named("second@staff.example", "finance").await;
        let path = correct_path(&gift);
        let fund = look_at(&one, &gift, "fund", &[("fund", "justice")]).await;
        let day = look_at(&two, &gift, "date", &[("day", "2026-11-20")]).await;
        one.fill(&fund, &path, &[]).await;
        let stale = two.fill(&day, &path, &[]).await;
        assert_eq!(stale.status, 409);
        assert!(stale.has("The gift has changed since you opened this page."), "{}", stale.words());
        assert_eq!(app.count("SELECT corrections FROM gift").await, 1, "nothing was done");
        let now = two.fill(&stale, &path, &[]).await;
        assert!(now.path.ends_with("?done=corrected"), "{}", now.words());
        assert_eq!(app.text("SELECT fund_id FROM gift").await, "justice", "the first correction stands");
        let (a, b) = (look_at(&one, &gift, "date", &[("day", "2026-11-19")]).await, look_at(&two, &gift, "date", &[("day", "2026-11-18")]).await);
        let both = tokio::join!(one.fill(&a, &path, &[]), two.fill(&b, &path, &[]));
        let done = [&both.0, &both.1].iter().filter(|s| s.path.ends_with("?done=corrected")).count();
        assert_eq!(done, 1, "{} {}", both.0.path, both.1.path);
        assert_eq!(app.count("SELECT corrections FROM gift").await, 3);
        app.settle().await;
    }
}

story! {
    async fn the_database_lets_a_gift_change_in_one_way_only(app: &TestApp) {
        app.gift("25").await;
        for sql in [
            "UPDATE gift SET fund_id = 'justice'", "UPDATE gift SET amount_minor = 1", "UPDATE gift SET corrections = 1",
            "UPDATE gift SET corrections = 1, fund_id = 'justice'", "DELETE FROM gift",
        ] {
            assert!(app.damage(sql).await.is_err(), "{sql}");
        }
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look_at(&finance, &gift, "fund", &[("fund", "justice")]).await;
        app.damage("UPDATE staff SET roles = 'admin' WHERE email_norm = 'finance@staff.example'").await.expect("other roles");
        assert_eq!(finance.fill(&page, &correct_path(&gift), &[]).await.status, 403);
        assert_eq!(app.count("SELECT COUNT(*) FROM gift_correction").await, 0);
    }
}

async fn four_eyes(database: Database) {
    let rules = StaffRules { two_people_for_corrections: true, ..StaffRules::default() };
    let Some(app) = TestApp::spawn_with(database, |c| c.charity.staff = rules).await else { return };
    let app = &app;
    let other = app.staff_named("second@staff.example", "finance").await;
    let entered = app.staff("finance").await;
    let gift = cheque(app, 2_500, "cyril@donors.example").await;
    let path = correct_path(&gift);
    let refused = entered.open(&path).await;
    assert!(refused.has("You entered this gift.") && refused.has("ask a colleague"), "{}", refused.words());
    let posted = entered.post(&path, &[("kind", "amount"), ("amount", "52"), ("why", "x")]).await;
    assert_eq!(posted.status, 409, "{}", posted.words());
    let page = look_at(&other, &gift, "amount", &[("amount", "52")]).await;
    let done = other.fill(&page, &path, &[]).await;
    assert!(done.path.ends_with("?done=corrected"), "{}", done.words());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_entered_a_cheque_does_not_correct_it_on_sqlite() {
    four_eyes(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_entered_a_cheque_does_not_correct_it_on_postgres() {
    four_eyes(Database::Postgres).await;
}
