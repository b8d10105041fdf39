//! Giving back: through Stripe, by hand, with one person and with two.

use std::time::Duration;

use almoner::config::StaffRules;
use almoner::sandbox::TestMethod;
use futures::future::join_all;

use super::{FINANCE, cheque, give_back, look, refund_path, the_gift};
use crate::support::{Database, TestApp, story};

story! {
    async fn part_of_a_gift_goes_back_as_the_page_said(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look(&finance, &gift, "40").await;
        for said in [
            "Give £40.00 back to Ada Example?", "Remains given£60.00 instead of £100.00", "Tax year2026–27, as before",
            "Gift Aid£10.00 lost: £15.00 instead of £25.00", "is void; a new one that names it takes its place",
            "That the money is on its way, to a…@donors.example", "Closed monthsThe gift is in none", "Stripe keeps its fee of",
        ] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0, "looking does nothing");
        let done = finance.fill(&page, &refund_path(&gift), &[]).await;
        assert_eq!(done.path, format!("/staff/gifts/{gift}?done=refund_asked"));
        assert_eq!(app.sandbox.all("refund").await.len(), 0, "the row comes first, the call after");
        app.settle().await;
        let refunds = app.sandbox.all("refund").await;
        assert_eq!((refunds.len(), refunds[0]["amount"].as_i64(), refunds[0]["reason"].as_str()), (1, Some(4_000), Some("requested_by_customer")));
        assert_eq!(refunds[0]["metadata"]["almoner_refund"].as_str().expect("our mark"), app.text("SELECT id FROM refund_request").await);
        assert_eq!(app.text("SELECT state FROM refund_request").await, "made");
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE kind IN ('gift', 'refund')").await, 6_000);
        let mails = app.mails_about("is on its way back to you");
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("Claim tax relief on £60.00 only.") && mails[0].text.contains("We return the Gift Aid"), "{}", mails[0].text);
        let list = finance.open("/staff/refunds").await;
        assert!(list.has("Made") && list.has("Asked for by letter") && list.has("Sam Office"), "{}", list.words());
        let keys: Vec<_> = app.sandbox.requests().await.into_iter().filter(|r| r.method == "POST" && r.path == "/v1/refunds").collect();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].idempotency_key.as_deref(), Some(app.text("SELECT id FROM refund_request").await.as_str()));
        give_back(&finance, &gift, "60").await;
        app.settle().await;
        let nothing = finance.open(&refund_path(&gift)).await;
        assert!(nothing.has("All of this gift went back already."), "{}", nothing.words());
        assert_eq!(app.mails_about("is on its way back to you").len(), 2);
    }
}

story! {
    async fn bad_input_is_said_at_the_field_and_what_was_typed_stays(app: &TestApp) {
        app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let path = refund_path(&gift);
        let page = finance.open(&path).await;
        assert_eq!(page.form(&path).iter().find(|(n, _)| n == "amount").map(|(_, v)| v.as_str()), Some("25.00"), "what is left");
        for (amount, said) in [
            ("25.01", "Enter £25.00 or less"), ("0", "more than nothing"), ("-5", "more than nothing"), ("ten", "in figures"),
            ("10,00", "full stop"), ("1.005", "at most 2 decimals"), ("99999999999999999999", "smaller amount"), ("", "in figures"),
        ] {
            let typed = [("amount", amount), ("reason", "duplicate"), ("why", "Twice")];
            let back = finance.fill(&page, &path, &typed).await;
            assert_eq!(back.status, 422, "{amount}: {}", back.words());
            assert!(back.errors()[0].contains(said), "{amount}: {:?}", back.errors());
            assert!(back.form(&path).contains(&("why".to_owned(), "Twice".to_owned())));
        }
        let empty = finance.fill(&page, &path, &[("reason", "because"), ("why", " ")]).await;
        assert_eq!((empty.status, empty.errors().len()), (422, 2), "{:?}", empty.errors());
        for foreign in ["gift_00000000000000000000000000", "nonsense", "pay_00000000000000000000000000"] {
            assert_eq!(finance.open(&refund_path(foreign)).await.status, 404, "{foreign}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0);
        let support = app.staff("support").await;
        assert_eq!(support.open(&path).await.status, 403);
    }
}

story! {
    async fn two_browsers_and_twenty_presses_give_back_once(app: &TestApp) {
        app.gift("25").await;
        let (gift, one) = (the_gift(app).await, app.staff("finance").await);
        let two = app.staff_named("fin@staff.example", "finance").await;
        let path = refund_path(&gift);
        let (first, second) = (look(&one, &gift, "25").await, look(&two, &gift, "20").await);
        let presses = (0..20).map(|n| {
            let (browser, page) = if n % 2 == 0 { (&one, &first) } else { (&two, &second) };
            browser.fill(page, &path, &[])
        });
        let answers = join_all(presses).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 1, "{:?}", answers.iter().map(|a| a.path.as_str()).collect::<Vec<_>>());
        let through = answers.iter().filter(|a| a.path.ends_with("?done=refund_asked")).count();
        assert_eq!(through, 10, "the same form twice is one wish; the other is told");
        assert!(answers.iter().filter(|a| a.path == path).all(|a| a.status == 409 && a.has("Another refund of this gift is under way")));
        app.settle().await;
        assert_eq!(app.sandbox.all("refund").await.len(), 1);
        let late = two.fill(&second, &path, &[]).await;
        let told = matches!(late.status, 409 | 422) || late.path.contains("?done=refund");
        assert!(told, "{} {}", late.path, late.words());
        app.settle().await;
        assert_eq!(app.sandbox.all("refund").await.len(), 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 1);
    }
}

story! {
    async fn what_changed_since_the_page_was_shown_is_shown_first(app: &TestApp) {
        let intent = app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look(&finance, &gift, "5").await;
        app.sandbox.refund(&intent, Some(1_000)).await.expect("refunded in the dashboard");
        app.settle().await;
        let told = finance.fill(&page, &refund_path(&gift), &[]).await;
        assert_eq!(told.status, 409);
        assert!(told.has("The gift has changed since you opened this page.") && told.has("£10.00 instead of £15.00"), "{}", told.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0);
        let done = finance.fill(&told, &refund_path(&gift), &[]).await;
        assert!(done.path.ends_with("?done=refund_asked"), "{}", done.words());
        app.settle().await;
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM refund").await, 1_500);
    }
}

story! {
    async fn money_that_is_held_or_not_there_yet_is_not_given_back(app: &TestApp) {
        let intent = app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look(&finance, &gift, "25").await;
        let dispute = app.sandbox.dispute(&intent, "fraudulent").await.expect("a dispute");
        app.settle().await;
        for shown in [finance.open(&refund_path(&gift)).await, finance.fill(&page, &refund_path(&gift), &[]).await] {
            assert!(shown.has("The donor’s bank has opened a dispute"), "{}", shown.words());
        }
        app.sandbox.close_dispute(&dispute, false).await;
        app.settle().await;
        assert!(finance.open(&refund_path(&gift)).await.has("The donor’s bank has taken this gift back."));
        let session = app.to_checkout(&app.form("").await.filled("30")).await;
        app.pay(&session, TestMethod::BacsSuccess).await;
        let payment = app.text("SELECT id FROM payment WHERE state = 'processing'").await;
        let waiting = finance.open(&refund_path(&payment)).await;
        assert_eq!(waiting.status, 409);
        assert!(waiting.has("The bank is still confirming this payment."), "{}", waiting.words());
        let pressed = finance.post(&refund_path(&payment), &[("amount", "30"), ("reason", "duplicate"), ("why", "x")]).await;
        assert_eq!(pressed.status, 409);
        app.advance_days(8).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0);
    }
}

story! {
    async fn a_refund_of_a_cheque_is_written_down(app: &TestApp) {
        let finance = app.staff("finance").await;
        let gift = cheque(app, 5_000, "cyril@donors.example").await;
        let page = look(&finance, &gift, "20").await;
        assert!(page.has("The money you send yourself.") && page.has("to c…@donors.example"), "{}", page.words());
        let done = finance.fill(&page, &refund_path(&gift), &[]).await;
        assert!(done.path.ends_with("?done=refund_made"), "{}", done.path);
        app.settle().await;
        let twice = finance.fill(&page, &refund_path(&gift), &[]).await;
        assert!(twice.path.ends_with("?done=refund_made"), "the same form again: {}", twice.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM refund WHERE stripe_refund IS NULL AND state = 'succeeded'").await, 1);
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry").await, 3_000);
        let mail = app.mails_about("£20.00 is on its way back to you").pop().expect("a mail");
        assert!(!mail.text.contains("working days"), "{}", mail.text);
        let nobody = cheque(app, 1_000, "").await;
        let page = look(&finance, &nobody, "10").await;
        assert!(page.has("None: no mailbox is known."), "{}", page.words());
        finance.fill(&page, &refund_path(&nobody), &[]).await;
        app.settle().await;
        assert_eq!(app.mails_about("is on its way back to you").len(), 1);
    }
}

story! {
    async fn a_large_refund_asks_for_a_fresh_proof_and_keeps_what_was_typed(app: &TestApp) {
        app.gift("150").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let fresh = look(&finance, &gift, "150").await;
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        let asked = finance.fill(&fresh, &refund_path(&gift), &[]).await;
        assert_eq!(asked.heading(), "Prove that it is you", "{}", asked.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0);
        let code = app.next_code(FINANCE).await;
        let back = finance.fill(&asked, "/staff/prove", &[("code", &code)]).await;
        assert!(back.path.starts_with(&refund_path(&gift)), "{}", back.path);
        assert!(back.form(&refund_path(&gift)).contains(&("why".to_owned(), "Asked for by letter".to_owned())), "{}", back.words());
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        assert!(look(&finance, &gift, "100").await.has("What changes"), "not above the limit");
        assert_eq!(look(&finance, &gift, "100.01").await.heading(), "Prove that it is you");
    }
}

story! {
    async fn who_loses_the_right_meanwhile_gives_nothing_back(app: &TestApp) {
        app.gift("25").await;
        let (gift, finance) = (the_gift(app).await, app.staff("finance").await);
        let page = look(&finance, &gift, "25").await;
        app.damage("UPDATE staff SET roles = 'support' WHERE email_norm = 'finance@staff.example'").await.expect("other roles");
        assert_eq!(finance.fill(&page, &refund_path(&gift), &[]).await.status, 403);
        assert_eq!(app.count("SELECT COUNT(*) FROM refund_request").await, 0);
        let audit = app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.read'").await;
        assert!(audit >= 2, "each look was written down");
    }
}

async fn a_second_person(database: Database) {
    let rules = StaffRules { two_people_for_refunds_above: Some(20), ..StaffRules::default() };
    let Some(app) = TestApp::spawn_with(database, |c| c.charity.staff = rules).await else { return };
    let app = &app;
    app.gift("50").await;
    let (gift, one) = (the_gift(app).await, app.staff("finance").await);
    let two = app.staff_named("second@staff.example", "finance").await;
    let small = give_back(&one, &gift, "20").await;
    assert!(small.ends_with("?done=refund_asked"), "{small}");
    app.settle().await;
    let rest = look(&one, &gift, "1").await;
    assert!(
        rest.has("A second member of staff has to agree"),
        "nobody gets past the limit in parts: {}",
        rest.words()
    );
    let page = look(&one, &gift, "25").await;
    assert!(page.has("A second member of staff has to agree"), "{}", page.words());
    let asked = one.fill(&page, &refund_path(&gift), &[]).await;
    assert!(asked.path.ends_with("?done=refund_awaiting"), "{}", asked.path);
    app.settle().await;
    assert_eq!(app.sandbox.all("refund").await.len(), 1, "nothing before somebody agrees");
    assert!(one.open(&refund_path(&gift)).await.has("Another refund of this gift is under way"));
    let request = app.text("SELECT id FROM refund_request WHERE state = 'awaiting'").await;
    let (path, approve) = (format!("/staff/refunds/{request}"), format!("/staff/refunds/{request}/approve"));
    let own = one.open(&path).await;
    assert!(own.has("nobody agrees to their own request") && own.has("Take it back"), "{}", own.words());
    assert_eq!(one.post(&approve, &[]).await.status, 409);
    assert_eq!(app.staff("support").await.post(&approve, &[]).await.status, 403);
    assert_eq!(two.post(&approve, &[("seen", "something else")]).await.status, 409, "not what was shown");
    let list = two.open("/staff/refunds").await;
    assert!(list.has("Waits for a second person") && list.links().contains(&path), "{}", list.words());
    let shown = two.open(&path).await;
    assert!(shown.has("£5.00 instead of £30.00"), "{}", shown.words());
    let (done, again) = tokio::join!(two.fill(&shown, &approve, &[]), two.fill(&shown, &approve, &[]));
    let paths = [done.path.as_str(), again.path.as_str()];
    assert!(paths.contains(&format!("/staff/gifts/{gift}?done=refund_asked").as_str()), "{paths:?}");
    assert!(paths.contains(&"/staff/refunds?done=over"), "{paths:?}");
    app.settle().await;
    assert_eq!(app.sandbox.all("refund").await.len(), 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM refund_request WHERE state = 'made' AND approved_by IS NOT NULL AND approved_by <> asked_by").await, 1);
    app.gift("30").await;
    let other = the_gift(app).await;
    give_back(&one, &other, "30").await;
    let request = app.text("SELECT id FROM refund_request WHERE state = 'awaiting'").await;
    let dropped = two.post(&format!("/staff/refunds/{request}/drop"), &[]).await;
    assert_eq!(dropped.path, "/staff/refunds?done=dropped", "{}", dropped.words());
    assert!(dropped.has("Sam Office did not agree."), "{}", dropped.words());
    assert!(look(&one, &other, "30").await.has("What changes"), "it can be asked for again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_limit_it_takes_two_people_on_sqlite() {
    a_second_person(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_limit_it_takes_two_people_on_postgres() {
    a_second_person(Database::Postgres).await;
}
