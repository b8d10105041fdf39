//! The office: who gets in, and how.

use std::time::Duration;

use almoner::domain::role::Right;
use almoner::web::{Policy, routes};

use crate::support::app::location;
use crate::support::staff::STAFF_PASSWORD;
use crate::support::story;

const FINANCE: &str = "finance@staff.example";

story! {
    async fn an_invitation_sets_somebody_up_once(app: &TestApp) {
        assert_eq!(app.count("SELECT COUNT(*) FROM staff").await, 0, "no default accounts");
        let path = app.invitation(FINANCE, "finance").await;
        let first = app.browser();
        let page = first.open(&path).await;
        assert!(page.html.contains("<svg viewBox"), "the square code");
        let short = first.fill(&page, &path, &[("name", "Fin"), ("password", "short"), ("code", "000000")]).await;
        assert_eq!(short.status, 422);
        assert!(short.errors()[0].contains("15 characters"), "{:?}", short.errors());
        let wrong = first.fill(&page, &path, &[("name", "Fin"), ("password", STAFF_PASSWORD), ("code", "000000")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.errors()[0].contains("does not fit"), "{:?}", wrong.errors());
        let code = app.invited_code(&path).await;
        let typed = [("name", "Fin"), ("password", STAFF_PASSWORD), ("code", code.as_str())];
        let inside = first.fill(&page, &path, &typed).await;
        assert_eq!(inside.heading(), "You are set up", "{}", inside.words());
        assert_eq!(first.open("/staff").await.heading(), "Today");
        let second = app.browser();
        assert_eq!(second.open(&path).await.status, 410, "used");
        let again = app.browser().post(&path, &typed).await;
        assert_eq!((again.status, again.heading().as_str()), (410, "This invitation no longer works"));
        let late = app.invitation("late@staff.example", "support").await;
        app.deps.clock.advance(Duration::from_secs(48 * 3600));
        assert_eq!(app.browser().open(&late).await.status, 410, "two days old");
    }
}

story! {
    async fn a_password_alone_opens_nothing(app: &TestApp) {
        app.staff("finance").await;
        let browser = app.browser();
        let page = browser.open("/staff/sign-in").await;
        let typed = [("email", FINANCE), ("password", STAFF_PASSWORD)];
        let asked = browser.fill(&page, "/staff/sign-in", &typed).await;
        let halfway = browser.cookie("almoner-staff").expect("a cookie");
        assert_eq!(browser.open("/staff").await.heading(), "Sign in to the office");
        let code = app.next_code(FINANCE).await;
        let inside = browser.fill(&asked, "/staff/second-factor", &[("code", &code)]).await;
        assert_eq!(inside.heading(), "Today", "{}", inside.words());
        let whole = browser.cookie("almoner-staff").expect("a cookie");
        assert_ne!(halfway, whole, "a new session with every step");
        let other = app.browser();
        let page = other.open("/staff/sign-in").await;
        let asked = other.fill(&page, "/staff/sign-in", &typed).await;
        let used = other.fill(&asked, "/staff/second-factor", &[("code", &code)]).await;
        assert_eq!(used.status, 422, "no code works twice");
        let stranger = other.fill(&page, "/staff/sign-in", &[("email", "no@staff.example"), ("password", STAFF_PASSWORD)]).await;
        let wrong = other.fill(&page, "/staff/sign-in", &[("email", FINANCE), ("password", "not this one at all")]).await;
        assert_eq!((stranger.status, stranger.errors()), (wrong.status, wrong.errors()));
    }
}

story! {
    async fn sessions_are_short_and_end_for_good(app: &TestApp) {
        let browser = app.staff("support").await;
        app.deps.clock.advance(Duration::from_secs(29 * 60));
        assert_eq!(browser.open("/staff").await.heading(), "Today");
        app.deps.clock.advance(Duration::from_secs(31 * 60));
        assert_eq!(browser.open("/staff").await.heading(), "Sign in to the office", "idle");
        browser.sign_in_to_office("support@staff.example").await;
        let kept = browser.cookie("almoner-staff").expect("a cookie");
        browser.post("/staff/sign-out", &[]).await;
        browser.cookies.lock().expect("cookies").insert("almoner-staff".to_owned(), kept);
        assert_eq!(browser.open("/staff").await.heading(), "Sign in to the office", "a cookie played again");
    }
}

story! {
    async fn whoever_guesses_passwords_locks_nobody_out(app: &TestApp) {
        app.staff("finance").await;
        let desk = app.browser();
        desk.sign_in_to_office(FINANCE).await;
        desk.post("/staff/sign-out", &[]).await;
        let stranger = app.browser();
        let page = stranger.open("/staff/sign-in").await;
        let guess = [("email", FINANCE), ("password", "not this one at all")];
        let mut last = 0;
        for _ in 0..6 {
            last = stranger.fill(&page, "/staff/sign-in", &guess).await.status;
        }
        assert_eq!(last, 429, "five tries");
        let inside = desk.sign_in_to_office(FINANCE).await;
        assert_eq!(inside.heading(), "Today", "the browser at the desk has tries of its own: {}", inside.words());
        let new = app.browser();
        new.cookies.lock().expect("cookies").insert("almoner-staff-known".to_owned(), "0".repeat(26));
        let page = new.open("/staff/sign-in").await;
        let held = new.fill(&page, "/staff/sign-in", &[("email", FINANCE), ("password", STAFF_PASSWORD)]).await;
        assert_eq!(held.status, 429, "a mark that was made up is none");
    }
}

story! {
    async fn a_recovery_code_works_once_in_place_of_the_telephone(app: &TestApp) {
        let path = app.invitation(FINANCE, "finance").await;
        let browser = app.browser();
        let page = browser.open(&path).await;
        let code = app.invited_code(&path).await;
        let typed = [("name", "Fin"), ("password", STAFF_PASSWORD), ("code", code.as_str())];
        let inside = browser.fill(&page, &path, &typed).await;
        let recovery = inside.html.split("<code>").nth(1).and_then(|t| t.split('<').next()).expect("a code").to_owned();
        for (round, expected) in [(0, 200), (1, 422)] {
            let other = app.browser();
            let page = other.open("/staff/sign-in").await;
            let asked = other.fill(&page, "/staff/sign-in", &[("email", FINANCE), ("password", STAFF_PASSWORD)]).await;
            let shown = other.fill(&asked, "/staff/second-factor", &[("code", &recovery)]).await;
            assert_eq!(shown.status, expected, "round {round}: {}", shown.words());
        }
    }
}

story! {
    async fn every_page_of_the_office_asks_strangers_and_donors_to_sign_in(app: &TestApp) {
        let ada = app.account("ada@donor.example", "vq8 mulberry seven k").await;
        let mut pages = 0;
        for route in routes().filter(|r| matches!(r.policy, Policy::Staff(_))) {
            pages += 1;
            let response = ada.send(app.http.get(app.url(route.path))).await;
            if response.status() != 405 {
                assert_eq!(response.status(), 303, "{}", route.path);
                assert!(location(&response).starts_with("/staff/sign-in?"), "{}", route.path);
            }
        }
        assert!(pages > 1);
        assert!(routes().any(|r| r.policy == Policy::Staff(Right::BeInside)));
    }
}
