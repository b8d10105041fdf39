//! The reports of the office: each figure leads to what it is made of, and that comes to the figure (AC-8).

use almoner::sandbox::TestMethod;
use almoner::store::db::meter;
use scraper::Html;

use crate::monthly::{act, ada_with_a_plan, back, begin};
use crate::support::browser::{Browser, Shown};
use crate::support::form::selector;
use crate::support::story;

/// The figures of a page that lead somewhere below `path`: where, what is written, and what is written beneath.
fn figures(page: &Shown, path: &str) -> Vec<(String, String, String)> {
    let html = Html::parse_document(&page.html);
    let mut found = Vec::new();
    for cell in html.select(&selector("main td, main th, main dd")) {
        let link = cell.select(&selector("a")).next();
        let Some(link) = link.filter(|a| a.value().attr("href").is_some_and(|h| h.starts_with(path))) else {
            continue;
        };
        let words = |e: scraper::ElementRef<'_>| {
            e.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (text, all) = (words(link), words(cell));
        let href = link.value().attr("href").unwrap_or_default().to_owned();
        let rest = all.replacen(&text, "", 1).trim().to_owned();
        found.push((href, text, rest));
    }
    found
}

/// Opens every figure of the monthly programme and holds it against the plans behind it.
async fn check_programme(office: &Browser<'_>, page: &Shown) -> usize {
    let all = figures(page, "/staff/reports/programme/plans");
    for (href, text, beneath) in &all {
        let plans = office.open(href).await;
        assert_eq!(plans.status, 200, "{href}");
        if text.bytes().all(|b| b.is_ascii_digit()) {
            assert!(plans.has(&format!("{text} in all")), "{href}: {text}; {}", plans.words());
            assert!(beneath.is_empty() || plans.has(beneath), "{href}: {beneath}; {}", plans.words());
        } else {
            assert!(plans.has(text), "{href}: {text}; {}", plans.words());
        }
    }
    all.len()
}

story! {
    async fn the_monthly_programme_is_told_month_by_month_and_explains_itself(app: &TestApp) {
        let (ada, plan) = ada_with_a_plan(app).await;
        begin(&ada, "10", TestMethod::CardSuccess).await;
        app.advance_days(20).await;
        act(&back(app).await, &plan, "amount", &[("amount", "35")]).await;
        app.advance_days(25).await;
        let other = app.text("SELECT id FROM pledge WHERE amount_minor = 1000").await;
        act(&back(app).await, &other, "stop", &[]).await;
        let subscription = app.text("SELECT stripe_subscription FROM pledge WHERE amount_minor = 3500").await;
        app.sandbox.method_becomes(&subscription, TestMethod::CardInsufficientFunds).await;
        app.advance_days(20).await;
        let office = app.staff("finance").await;
        let page = office.open("/staff/reports/programme?entity=uk").await;
        assert_eq!(page.status, 200);
        for said in ["Plans that go on", "Month by month", "Why plans were lost", "Who stayed", "To come, by the plans’ own schedules",
            "£420.00", "£120.00", "Donor stopped"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        assert!(check_programme(&office, &page).await >= 10, "{}", page.words());
        let (_, statements) = meter::counting(office.open("/staff/reports/programme")).await;
        assert!(statements <= 10, "{statements}: signing in 4, writing down 3, the report 3");
        let earlier = office.open("/staff/reports/programme?entity=uk&to=2026-11").await;
        assert!(earlier.has("£420.00"), "as it was at the end of November: {}", earlier.words());
        check_programme(&office, &earlier).await;
        for odd in ["?entity=nobody", "?to=2999-01", "?to=x", "?entity=us"] {
            assert_eq!(office.open(&format!("/staff/reports/programme{odd}")).await.status, 200, "{odd}");
        }
        for nowhere in ["", "?entity=uk", "?entity=uk&currency=GBP&month=2026-11&what=magic", "?entity=uk&currency=XXX&month=2026-11&what=began"] {
            assert_eq!(office.open(&format!("/staff/reports/programme/plans{nowhere}")).await.status, 404, "{nowhere}");
        }
        let file = office.send(app.http.get(app.url("/staff/reports/programme.csv?entity=uk&to=2027-01"))).await;
        let text = file.text().await.expect("a sheet");
        let rows: Vec<Vec<&str>> = text.trim_start_matches('\u{feff}').lines().map(|l| l.split(',').collect()).collect();
        let at = |name: &str| rows[0].iter().position(|h| *h == name).expect(name);
        let number = |row: &[&str], name: &str| row[at(name)].parse::<rust_decimal::Decimal>().expect(name);
        assert_eq!(rows.len(), 13, "twelve months");
        for row in &rows[1..] {
            let moved: rust_decimal::Decimal = ["began", "raised", "lowered", "stopped_by_donor", "lost_to_failed_charges",
                "reached_last_day", "ended_elsewhere"].iter().map(|m| number(row, &format!("{m}_worth"))).sum();
            assert_eq!(number(row, "opening_worth") + moved, number(row, "closing_worth"), "{row:?}");
        }
        app.settle().await;
    }
}

story! {
    async fn gift_aid_to_claim_is_told_by_its_last_day(app: &TestApp) {
        let office = app.staff("finance").await;
        assert!(office.open("/staff/reports/gift-aid").await.has("Nothing waits to be claimed"));
        let form = app.form("").await.filled("25").with_gift_aid();
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        app.settle().await;
        app.gift("10").await;
        app.advance_days(60).await;
        let office = app.staff_named("later@staff.example", "finance").await;
        let page = office.open("/staff/reports/gift-aid").await;
        assert!(page.has("Claim by") && page.has("£35.00") && page.has("£8.75") && page.has("31 December 2030"), "{}", page.words());
        let leads = figures(&page, "/staff/reports/gift-aid/gifts");
        assert_eq!(leads.len(), 1, "{leads:?}");
        for (href, sum, _) in leads {
            let gifts = office.open(&href).await;
            assert!(gifts.has(&sum) && gifts.has("2 in all"), "{}", gifts.words());
        }
        for nowhere in ["", "?entity=us&by=2030-12-31", "?entity=uk&by=x"] {
            assert_eq!(office.open(&format!("/staff/reports/gift-aid/gifts{nowhere}")).await.status, 404, "{nowhere}");
        }
        let empty = office.open("/staff/reports/gift-aid/gifts?entity=uk&by=2030-12-30").await;
        assert!(empty.has("No gift has this last day"), "{}", empty.words());
        let support = app.staff_named("other@staff.example", "support").await;
        assert_eq!(support.open("/staff/reports/gift-aid").await.status, 403);
    }
}

story! {
    async fn receipts_and_refused_mail_are_told_by_month(app: &TestApp) {
        app.gift("25").await;
        let second = app.gift("10").await;
        app.sandbox.refund(&second, None).await.expect("refunded");
        app.settle().await;
        app.damage("UPDATE mail_outbox SET state = 'failed', last_error = '550 no such user' WHERE kind = 'receipt' AND id = \
            (SELECT MIN(id) FROM mail_outbox WHERE kind = 'receipt')").await.expect("refused");
        let office = app.staff("finance").await;
        let page = office.open("/staff/reports/receipts").await;
        for said in ["2 in twelve months", "Void since", "550 no such user", "Refused"] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        let issued = app.count("SELECT COUNT(*) FROM receipt").await;
        assert!(page.has(&format!("{issued} in twelve months")), "{}", page.words());
        let (_, statements) = meter::counting(office.open("/staff/reports/receipts")).await;
        assert!(statements <= 10, "{statements}");
        app.damage("UPDATE mail_outbox SET state = 'sent' WHERE state = 'failed'").await.expect("mended");
    }
}
