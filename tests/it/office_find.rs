//! The office: finding donors and gifts, and looking at them.

use std::net::SocketAddr;

use almoner::services::finding;
use almoner::store::db::meter;
use almoner::store::office_donors::{self, DonorFilter};
use almoner::store::office_gifts::{self, GiftFilter};
use almoner::store::paging::From;
use almoner::web::{AppState, router};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use tower::ServiceExt;

use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};
use almoner::sandbox::TestMethod;

/// A gift by card of somebody; gives the payment intent.
async fn gift_of(app: &TestApp, given: &str, family: &str, email: &str, amount: &str) -> String {
    let form = app.form("").await.filled(amount);
    let form = form.set("given_name", given).set("family_name", family).set("email", email);
    let session = app.to_checkout(&form).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    app.intent_of(&session).await
}

async fn search(browser: &Browser<'_>, q: &str) -> Shown {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
    browser.open(&format!("/staff/find?{query}")).await
}

story! {
    async fn whatever_names_a_gift_or_a_donor_leads_straight_there(app: &TestApp) {
        let intent = gift_of(app, "Zoë", "O’Brien", "zoe@donors.example", "25").await;
        let support = app.staff("support").await;
        let gift = format!("/staff/gifts/{}", app.text("SELECT id FROM gift").await);
        let donor = format!("/staff/donors/{}", app.text("SELECT id FROM donor").await);
        let receipt = app.text("SELECT number FROM receipt").await;
        let mut to_gift = vec![intent, receipt.to_lowercase(), receipt];
        for sql in [
            "SELECT stripe_charge FROM gift",
            "SELECT id FROM gift",
            "SELECT id FROM payment",
            "SELECT reference FROM payment",
            "SELECT stripe_session FROM payment",
            "SELECT balance_transaction FROM ledger_entry WHERE kind = 'fee'",
        ] {
            to_gift.push(app.text(sql).await);
        }
        for q in to_gift {
            assert_eq!(search(&support, &q).await.path, gift, "{q}");
        }
        for q in ["zoe@donors.example", " ZOE@Donors.example ", donor.rsplit('/').next().expect("an id")] {
            assert_eq!(search(&support, q).await.path, donor, "{q}");
        }
        for q in ["zoe", "Zoë O'Brien", "obrien", "brien zo", "O’BRI", "zoe@don"] {
            let shown = search(&support, q).await;
            assert!(shown.status == 200 && shown.links().contains(&donor), "{q}: {}", shown.words());
        }
        for q in ["£25", "25.00", "22 November 2026", "2026-11-22", "22/11/2026"] {
            let shown = search(&support, q).await;
            assert!(shown.status == 200 && shown.links().contains(&gift), "{q}: {}", shown.words());
        }
        for q in ["nobody", "£26", "zoe marsh", "LFT-2026-99999999", "pi_doesnotexist", "po_doesnotexist", "a@b.example"] {
            assert!(search(&support, q).await.has("Nothing found"), "{q}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donors.listed' AND detail LIKE '%rien%'").await, 0);
    }
}

story! {
    async fn no_text_breaks_the_search_or_the_lists(app: &TestApp) {
        gift_of(app, "Ada", "Marsh", "ada@donors.example", "25").await;
        let support = app.staff("support").await;
        let long = "x".repeat(10_000);
        let texts = [
            "", " ", "\0", "a\0b", "%", "_", "'", "%_'", "\\", "''; DROP TABLE donor;--", "\u{202e}abc", "عائشة", "王小明",
            "🦊", "é\u{301}\u{301}", "\u{10ffff}", "-1", "99999999999999999999999", "0", "£0", "31/02/2026", "9999-12-31",
            "gift_", "dnr_zzzzzzzzzzzzzzzzzzzzzzzzzz", "pi_%", "@", "@@", "a@", "\r\nSet-Cookie: x", "<script>", &long,
        ];
        for text in texts {
            let shown = search(&support, text).await;
            assert_eq!(shown.status, 200, "{text:?}");
            let value = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            for name in ["fund", "campaign", "entity", "currency", "method", "state", "from", "to", "least", "most", "donor", "older", "newer", "oldest"] {
                let shown = support.open(&format!("/staff/gifts?{name}={value}")).await;
                assert!([200, 422].contains(&shown.status), "gifts {name} {text:?}: {}", shown.status);
            }
            for name in ["kind", "standing", "plan", "since", "older", "newer", "oldest"] {
                let shown = support.open(&format!("/staff/donors?{name}={value}")).await;
                assert!([200, 422].contains(&shown.status), "donors {name} {text:?}: {}", shown.status);
            }
        }
        let bad = support.open("/staff/gifts?from=soon&least=much&fund=rescue").await;
        assert_eq!((bad.status, bad.errors().len()), (422, 2), "{:?}", bad.errors());
        assert!(bad.html.contains("value=\"soon\""), "what was typed stays");
        assert!(support.open("/staff/gifts?from=2026-11-23&to=2026-11-22").await.errors()[0].contains("not before"));
    }
}

story! {
    async fn the_lists_are_filtered_and_paged_without_losing_or_repeating_a_row(app: &TestApp) {
        for n in 0..7 {
            gift_of(app, "Ada", &format!("Marsh{n}"), &format!("ada{n}@donors.example"), &format!("{}", 20 + n)).await;
        }
        let mut read = app.deps.store.read().await.expect("a connection");
        let all = office_gifts::page(&mut read, &GiftFilter::default(), &From::Newest, 100).await.expect("reads").rows;
        assert_eq!(all.len(), 7);
        let place = |n: usize| almoner::store::paging::Place { at: all[n].received_at, id: all[n].id.to_string() };
        let ids = |rows: &[office_gifts::GiftRow]| rows.iter().map(|r| r.id.to_string()).collect::<Vec<_>>();
        let expected = ids(&all);
        let filter = GiftFilter::default();
        let older = office_gifts::page(&mut read, &filter, &From::Older(place(1)), 3).await.expect("reads");
        assert_eq!((ids(&older.rows), older.newer, older.older), (expected[2..5].to_vec(), true, true));
        let newer = office_gifts::page(&mut read, &filter, &From::Newer(place(5)), 3).await.expect("reads");
        assert_eq!((ids(&newer.rows), newer.newer, newer.older), (expected[2..5].to_vec(), true, true));
        let oldest = office_gifts::page(&mut read, &filter, &From::Oldest, 3).await.expect("reads");
        assert_eq!((ids(&oldest.rows), oldest.newer, oldest.older), (expected[4..].to_vec(), true, false));
        for (least, most, count) in [(Some(2200), None, 5), (None, Some(2200), 3), (Some(2100), Some(2300), 3), (Some(2200), Some(2200), 1)] {
            let filter = GiftFilter { at_least: least, at_most: most, ..GiftFilter::default() };
            assert_eq!(office_gifts::count(&mut read, &filter).await.expect("counts"), count, "{least:?} {most:?}");
            assert_eq!(office_gifts::page(&mut read, &filter, &From::Newest, 100).await.expect("reads").rows.len() as i64, count);
        }
        let donors = office_donors::page(&mut read, &DonorFilter::default(), &From::Newest, 100).await.expect("reads").rows;
        assert_eq!(donors.len(), 7);
        assert!(donors.windows(2).all(|w| (w[0].created_at, &w[0].id) > (w[1].created_at, &w[1].id)));
        drop(read);
        let support = app.staff("support").await;
        for (query, words) in [
            ("", "7 gifts"), ("?from=2026-11-22&to=2026-11-22", "7 gifts"), ("?from=2026-11-23", "0 gifts"),
            ("?method=card", "7 gifts"), ("?method=cheque", "0 gifts"), ("?state=received", "7 gifts"), ("?state=refunded", "0 gifts"),
            ("?least=25", "2 gifts"), ("?currency=GBP&least=25&most=25", "1 gift"), ("?currency=EUR", "0 gifts"),
            ("?fund=nowhere", "0 gifts"),
        ] {
            let shown = support.open(&format!("/staff/gifts{query}")).await;
            assert!(shown.status == 200 && shown.has(words), "{query}: {}", shown.words());
        }
        for (query, words) in [
            ("", "7 donors"), ("?kind=individual", "7 donors"), ("?kind=organisation", "0 donors"), ("?standing=guest", "7 donors"),
            ("?standing=account", "0 donors"), ("?plan=yes", "0 donors"), ("?since=2026-11-22", "7 donors"), ("?since=2026-11-23", "0 donors"),
        ] {
            let shown = support.open(&format!("/staff/donors{query}")).await;
            assert!(shown.status == 200 && shown.has(words), "{query}: {}", shown.words());
        }
    }
}

story! {
    async fn each_state_is_found_by_its_filter_and_by_no_other(app: &TestApp) {
        let refunded = app.gift("30").await;
        let part = app.gift("31").await;
        app.gift("32").await;
        let session = app.to_checkout(&app.form("").await.filled("33")).await;
        app.pay(&session, TestMethod::CardDisputed).await;
        app.sandbox.refund(&refunded, None).await.expect("refunds");
        app.sandbox.refund(&part, Some(500)).await.expect("refunds");
        app.settle().await;
        let finance = app.staff("finance").await;
        for (state, sum) in [("received", "£32.00"), ("refunded", "£30.00"), ("part_refunded", "£31.00"), ("disputed", "£33.00")] {
            let shown = finance.open(&format!("/staff/gifts?state={state}")).await;
            assert!(shown.has("1 gift") && shown.has(sum), "{state}: {}", shown.words());
        }
        let shown = search(&finance, &part).await;
        assert!(shown.has("£26.00 of it remains given") && shown.has("Part refunded"), "{}", shown.words());
        assert!(shown.links().iter().any(|l| l.starts_with("https://dashboard.stripe.com/test/payments/pi_")));
        assert!(shown.links().iter().any(|l| l.ends_with("/refund")) && shown.links().iter().any(|l| l.ends_with("/correct")));
        let disputed = finance.open("/staff/gifts?state=disputed").await;
        let gift = disputed.links().into_iter().find(|l| l.starts_with("/staff/gifts/gift_")).expect("a gift");
        assert!(finance.open(&gift).await.has("Answer at Stripe by"), "its deadline");
    }
}

story! {
    async fn a_gift_shows_its_whole_chain(app: &TestApp) {
        let form = app.form("").await.filled("25").with_gift_aid();
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let support = app.staff("support").await;
        let shown = search(&support, &app.text("SELECT number FROM receipt").await).await;
        for words in ["Form sent", "Payment", "Charged", "In Stripe's balance", "Paid out to the bank", "Receipt LFT-", "Statement", "Gift Aid claim", "Nothing: it stands as it was given"] {
            assert!(shown.has(words), "{words}: {}", shown.words());
        }
        assert!(shown.has("Ada Example") && shown.has("ada@donors.example"));
        assert!(!shown.links().iter().any(|l| l.ends_with("/refund") || l.ends_with("/correct")), "support moves no money");
        let donor = app.text("SELECT id FROM donor").await;
        let details = support.open(&format!("/staff/donors/{donor}/details")).await;
        assert!(details.has("Every gift from"), "{}", details.words());
        let mail = support.open(&format!("/staff/donors/{donor}/mail")).await;
        assert!(mail.has("Sent"), "{}", mail.words());
    }
}

story! {
    async fn a_donor_is_the_account_that_others_joined(app: &TestApp) {
        app.gift("25").await;
        let guest = app.text("SELECT id FROM donor").await;
        app.account("marsh@donors.example", "vq8 mulberry seven k").await;
        let support = app.staff("support").await;
        assert!(search(&support, "example").await.links().contains(&format!("/staff/donors/{guest}")));
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        app.gift("30").await;
        let second = app.text("SELECT d.id FROM donor d JOIN gift g ON g.donor_id = d.id WHERE g.amount_minor = 3000").await;
        assert_ne!(second, guest, "not proven since");
        app.browser().sign_in_by_link("ada@donors.example").await;
        let shown = support.open(&format!("/staff/donors/{second}")).await;
        assert_eq!(shown.path, format!("/staff/donors/{guest}"));
        assert!(shown.has("£55.00") && shown.has("in 2 gifts"), "{}", shown.words());
        let all = support.open(&format!("/staff/gifts?donor={guest}")).await;
        assert!(all.has("2 gifts") && all.heading().contains("Ada Example"), "{}", all.words());
    }
}

story! {
    async fn admins_see_masked_mailboxes_and_every_look_is_written_down(app: &TestApp) {
        app.gift("25").await;
        let donor = app.text("SELECT id FROM donor").await;
        let gift = app.text("SELECT id FROM gift").await;
        let admin = app.staff("admin").await;
        let pages = ["", "/monthly", "/details", "/mail", "/notes", "/history"];
        for page in pages {
            let shown = admin.open(&format!("/staff/donors/{donor}{page}")).await;
            assert_eq!(shown.status, 200, "{page}");
            assert!(!shown.html.contains("ada@donors.example"), "{page}");
            assert!(!shown.has("Write a note") && !shown.has("Send a sign-in link"), "{page}");
        }
        for path in ["/staff/donors".to_owned(), "/staff/gifts".to_owned(), format!("/staff/gifts/{gift}"), "/staff/find?q=example".to_owned()] {
            let shown = admin.open(&path).await;
            assert!(shown.status == 200 && !shown.html.contains("ada@donors.example"), "{path}");
        }
        let looks = app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.read'").await;
        assert_eq!(looks, 7, "six pages and the gift");
        let history = admin.open(&format!("/staff/donors/{donor}/history")).await;
        assert!(history.has("Donor: read") && history.has("Sam Office") && history.has("Gift: received"), "{}", history.words());
        for act in ["link", "mailbox", "pause", "notes/add"] {
            assert_eq!(admin.post(&format!("/staff/donors/{donor}/{act}"), &[("words", "x")]).await.status, 403, "{act}");
        }
        assert_eq!(admin.post(&format!("/staff/gifts/{gift}/receipt/again"), &[]).await.status, 403);
    }
}

story! {
    async fn what_is_not_there_is_not_found(app: &TestApp) {
        app.gift("25").await;
        let support = app.staff("support").await;
        let gift = app.text("SELECT id FROM gift").await;
        let absent = "01hzy3k9q7v5w2x8m4n6p0r1st";
        for id in [format!("dnr_{absent}"), gift.clone(), "dnr_".to_owned(), "%00".to_owned(), "x".repeat(300)] {
            for tab in ["", "/monthly", "/details", "/mail", "/notes", "/history", "/link", "/mailbox", "/pause"] {
                assert_eq!(support.open(&format!("/staff/donors/{id}{tab}")).await.status, 404, "{id}{tab}");
            }
            for act in ["/link", "/mailbox", "/pause", "/notes/add"] {
                let typed = [("words", "x"), ("email", "new@donors.example"), ("why", "x")];
                assert_eq!(support.post(&format!("/staff/donors/{id}{act}"), &typed).await.status, 404, "{id}{act}");
            }
        }
        for id in [format!("gift_{absent}"), "gift_".to_owned(), format!("dnr_{absent}")] {
            assert_eq!(support.open(&format!("/staff/gifts/{id}")).await.status, 404, "{id}");
        }
        let other = gift_of(app, "Bo", "Lee", "bo@donors.example", "30").await;
        assert!(!other.is_empty());
        let bo = app.text("SELECT id FROM donor WHERE email = 'bo@donors.example'").await;
        let mail = app.text("SELECT id FROM mail_outbox WHERE recipient = 'ada@donors.example' ORDER BY id LIMIT 1").await;
        assert_eq!(support.open(&format!("/staff/donors/{bo}/mail/{mail}")).await.status, 404, "another's mail");
    }
}

story! {
    async fn donors_that_nobody_indexed_are_indexed_by_the_clock(app: &TestApp) {
        app.gift("25").await;
        app.damage("DELETE FROM donor_term").await.expect("deletes");
        app.damage("UPDATE donor SET terms_at = NULL").await.expect("forgets");
        let support = app.staff("support").await;
        assert!(search(&support, "example").await.has("Nothing found"));
        finding::index(&app.deps).await.expect("indexes");
        assert!(search(&support, "example").await.has("Ada Example"));
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE terms_at IS NULL").await, 0);
        let ada = app.account_with_password("ada@donors.example", "vq8 mulberry seven k").await;
        let page = ada.open("/portal/profile/name").await;
        ada.fill(&page, "/portal/profile/name", &[("given_name", "Ådne"), ("family_name", "Søndergård")]).await;
        assert!(search(&support, "sondergard adne").await.has("Søndergård"));
        assert!(search(&support, "example ada").await.has("Nothing found"), "the old name is gone");
    }
}

async fn statements(app: &TestApp, browser: &Browser<'_>, path: &str) -> u32 {
    let application = router(AppState::new(app.deps.clone(), None), None);
    let cookies =
        browser.cookies.lock().expect("cookies").iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
    let host = app.base.trim_start_matches("http://");
    let request = Request::get(path).header("Host", host).header("Cookie", cookies.join("; "));
    let mut request = request.body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
    let (answer, count) = meter::counting(application.oneshot(request)).await;
    assert_eq!(answer.expect("an answer").status(), 200, "{path}");
    count
}

story! {
    async fn no_page_asks_more_the_more_there_is(app: &TestApp) {
        app.gift("25").await;
        let support = app.staff("support").await;
        let donor = app.text("SELECT id FROM donor").await;
        let gift = app.text("SELECT id FROM gift").await;
        let mut pages: Vec<String> =
            ["", "/monthly", "/details", "/mail", "/notes", "/history"].iter().map(|t| format!("/staff/donors/{donor}{t}")).collect();
        pages.push(format!("/staff/gifts/{gift}"));
        for path in ["/staff/gifts", "/staff/gifts?least=10&most=90", "/staff/donors", "/staff/donors?plan=yes", "/staff/find?q=example", "/staff/find?q=25", "/staff"] {
            pages.push(path.to_owned());
        }
        let mut before = Vec::new();
        for path in &pages {
            before.push(statements(app, &support, path).await);
        }
        for n in 0..12 {
            gift_of(app, "Ada", "Example", "ada@donors.example", &format!("{}", 20 + n)).await;
            gift_of(app, "Bo", "Example", &format!("bo{n}@donors.example"), "25").await;
        }
        support.open("/staff").await;
        for (path, before) in pages.iter().zip(before) {
            let now = statements(app, &support, path).await;
            assert_eq!(now, before, "{path}");
            // The session, six questions, and the line that says who looked.
            assert!(now <= 1 + 6 + 3, "{path}: {now} statements");
        }
    }
}
