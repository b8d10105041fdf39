//! Every page and every answer: headers, labels, headings, errors, weight, number of queries.

use almoner::mail::views;
use almoner::services::status;
use almoner::store::db::meter;
use almoner::web::pages::{ErrorPage, GiveClosedPage, GivePage, HomeDemoPage, Layout, ThanksPage};
use almoner::web::{Policy, routes};
use askama::Template;
use scraper::Html;

use crate::support::form::{selector, text_of};
use crate::support::{Database, TestApp, story};

fn check_page(name: &str, html: &str) {
    let page = Html::parse_document(html);
    let count = |css: &str| page.select(&selector(css)).count();
    assert_eq!(count("html[lang]"), 1, "{name}: language");
    assert_eq!(count("h1"), 1, "{name}: one heading");
    assert_eq!(count("main"), 1, "{name}: one main part");
    assert_eq!(count("title"), 1, "{name}: a title");
    assert_eq!(
        count("script:not([src])") + count("style") + count("[style]") + count("[onclick]"),
        0,
        "{name}: inline"
    );
    for input in page.select(&selector("input:not([type=hidden]):not([aria-hidden]), select, textarea")) {
        let id = input.value().attr("id").unwrap_or_default();
        let labelled = count(&format!("label[for=\"{id}\"]")) > 0
            || input.ancestors().any(|a| a.value().as_element().is_some_and(|e| e.name() == "label"));
        assert!(labelled, "{name}: {} has no label", input.html());
        if let Some(ids) = input.value().attr("aria-describedby") {
            for id in ids.split_whitespace() {
                assert_eq!(
                    count(&format!("[id=\"{id}\"]")),
                    1,
                    "{name}: described by {id}, which is not there"
                );
            }
        }
    }
    let mut ids: Vec<_> = page.select(&selector("[id]")).filter_map(|e| e.value().attr("id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}: an id twice");
}

#[test]
fn every_sample_of_every_page_is_sound() {
    for (name, page) in GivePage::samples() {
        check_page(name, &page.render().expect(name));
    }
    for (name, page) in GiveClosedPage::samples() {
        check_page(name, &page.render().expect(name));
    }
    for (name, page) in ThanksPage::samples() {
        check_page(name, &page.render().expect(name));
    }
    for (name, page) in HomeDemoPage::samples() {
        check_page(name, &page.render().expect(name));
    }
    macro_rules! sound {
        ($($page:ident),* $(,)?) => {$(
            let samples = almoner::web::pages::$page::samples();
            assert!(!samples.is_empty(), "{} has no samples", stringify!($page));
            for (name, page) in samples {
                check_page(&format!("{} {name}", stringify!($page)), &page.render().expect(name));
            }
        )*};
    }
    sound!(
        SignInPage,
        CheckMailPage,
        OpenLinkPage,
        SignUpPage,
        ForgotPage,
        NewPasswordPage,
        OverviewPage,
        GiftsPage,
        GiftPage,
        GiftAidPage,
        GiftAidSignPage,
        GiftAidEndPage,
        StatementsPage,
        StatementYearPage,
        CheckPage,
        ReceiptPage,
        ProfilePage,
        ProfileEditPage,
        PreferencesPage,
        SecurityPage,
        SecurityPasswordPage,
        SecurityEmailPage,
        MonthlyPage,
        PlanActPage,
        PlanStoppedPage,
        PlanLinkPage,
        StyleguidePage,
        StaffPage,
    );
    for status in [400, 403, 404, 405, 413, 422, 429, 500, 503] {
        let page = ErrorPage::for_status(Layout::sample(""), status, "ref");
        check_page("error", &page.render().expect("renders"));
    }
}

#[test]
fn every_sample_of_every_mail_says_the_same_in_both_parts() {
    for (name, mail) in views::Receipt::samples() {
        let (html, text) = (mail.html().expect(name), mail.text().expect(name));
        assert!(html.contains(&mail.number) && text.contains(&mail.number), "{name}");
        assert!(!mail.subject().contains(['\r', '\n']), "{name}");
    }
    for (name, mail) in almoner::mail::views_letter::Letter::samples() {
        let (html, text) = (mail.html().expect(name), mail.text().expect(name));
        assert!(html.contains(&mail.heading) && text.contains(&mail.heading), "{name}");
        assert!(html.contains(&mail.code) && text.contains(&mail.code), "{name}");
        if let Some(link) = &mail.link {
            assert!(
                text.lines().any(|line| line.trim() == link.href),
                "{name}: the link stands on a line of its own"
            );
        }
    }
    for (name, mail) in views::Refund::samples() {
        assert!(mail.text().expect(name).contains(&mail.receipt_number), "{name}");
    }
}

story! {
    async fn every_answer_carries_its_guards(app: &TestApp) {
        for route in routes() {
            let path = route.path.replace("{reference}", "nobody").replace("{*path}", "almoner.css");
            let response = app.get(&path).await;
            let header = |name: &str| {
                response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
            };
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            assert_eq!(header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
            let csp = header("content-security-policy");
            assert!(csp.contains("default-src 'none'") && csp.contains("base-uri 'none'"), "{path}: {csp}");
            assert!(!csp.contains("unsafe"), "{path}: {csp}");
            assert!(response.headers().get("server").is_none(), "{path}");
            if !path.starts_with("/assets") {
                assert_eq!(header("cache-control"), "no-store", "{path}");
            }
        }
    }
}

story! {
    async fn a_form_from_another_site_is_refused(app: &TestApp) {
        let form = app.form("").await.filled("25");
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")] {
            for route in routes().filter(|r| r.policy == Policy::Public) {
                let path = route.path.replace("{reference}", "nobody").replace("{*path}", "x");
                let request = app.http.post(app.url(&path)).header(name, value).body(body.clone());
                let request = request.header("Content-Type", "application/x-www-form-urlencoded");
                assert_eq!(request.send().await.expect("an answer").status(), 403, "{path} {name}: {value}");
            }
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 0);
    }
}

story! {
    async fn errors_are_pages_with_a_next_step_and_a_reference(app: &TestApp) {
        let missing = app.get("/nowhere").await;
        assert_eq!(missing.status(), 404);
        let page = missing.text().await.expect("a page");
        check_page("404", &page);
        assert_eq!(text_of(&page, "h1"), "We could not find that page");
        let wrong_method = app.http.put(app.url("/give")).send().await.expect("an answer");
        assert_eq!(wrong_method.status(), 405);
        let twice = app.http.post(app.url("/give")).header("Content-Type", "application/x-www-form-urlencoded");
        let twice = twice.body("fund=a&fund=b").send().await.expect("an answer");
        assert!(twice.status().is_client_error());
        check_page("a field twice", &twice.text().await.expect("a page"));
        let huge = app.http.post(app.url("/give")).header("Content-Type", "application/x-www-form-urlencoded");
        let huge = huge.body("note=".to_owned() + &"x".repeat(100_000)).send().await.expect("an answer");
        assert_eq!(huge.status(), 413);
        let other = app.http.post(app.url("/give")).header("Content-Type", "application/json").body("{}");
        assert_eq!(other.send().await.expect("an answer").status(), 415);
    }
}

story! {
    async fn the_giving_page_is_light(app: &TestApp) {
        let mut total = 0;
        let page = app.html("/give").await;
        let mut paths = vec!["/give".to_owned(), "/assets/fonts/almoner-sans.woff2".to_owned()];
        let parsed = Html::parse_document(&page);
        for (css, attr) in [("link[rel=stylesheet]", "href"), ("script[src]", "src"), ("header img", "src")] {
            paths.extend(parsed.select(&selector(css)).filter_map(|e| e.value().attr(attr)).map(str::to_owned));
        }
        for path in &paths {
            assert!(path.starts_with('/'), "a third party: {path}");
            let response = app.http.get(app.url(path)).header("Accept-Encoding", "gzip").send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{path}");
            total += response.bytes().await.expect("a body").len();
        }
        assert!(total <= 60 * 1024, "{total} bytes over the wire (P12)");
    }
}

async fn queries_do_not_grow(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    app.gift("25").await;
    let reference = app.text("SELECT reference FROM payment LIMIT 1").await;
    let (_, first) = meter::counting(status::of_reference(&app.deps, &reference)).await;
    for _ in 0..10 {
        app.gift("25").await;
    }
    let (_, later) = meter::counting(status::of_reference(&app.deps, &reference)).await;
    assert_eq!(first, later);
    assert!(later <= 6, "{later} queries");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_thank_you_page_asks_the_same_number_of_queries_however_much_was_given() {
    queries_do_not_grow(Database::Sqlite).await;
    queries_do_not_grow(Database::Postgres).await;
}
