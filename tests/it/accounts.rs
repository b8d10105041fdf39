//! The donor's door, from outside: signing up, signing in, links, codes, passwords, signing out.

use std::time::Duration;

use crate::support::browser::{Browser, IPHONE};
use crate::support::{Database, TestApp, story};

const ADA: &str = "ada.marsh@donors.example";
const PASSWORD: &str = "correct-heron-bicycle-soup";

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

story! {
    async fn an_account_opens_once_its_mailbox_has_answered(app: &TestApp) {
        let browser = app.account(ADA, PASSWORD).await;
        let overview = browser.open("/portal").await;
        assert_eq!(overview.status, 200);
        assert!(overview.heading().ends_with("Ada"), "{}", overview.heading());
        assert!(overview.has("Your giving will be shown here"));
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'").await, 1);

        let out = browser.sign_out().await;
        assert!(out.has("You are signed out."), "{}", out.words());
        let again = browser.open("/portal").await;
        assert!(again.path.starts_with("/sign-in?next=%2Fportal"), "{}", again.path);
        let inside = browser.sign_in(ADA, PASSWORD).await;
        assert_eq!((inside.status, inside.path.as_str()), (200, "/portal"));
    }
}

story! {
    async fn a_link_signs_in_without_a_password_and_brings_what_was_given_before(app: &TestApp) {
        app.gift("25").await;
        let email = app.text("SELECT email FROM donor LIMIT 1").await;
        let browser = app.browser();
        let inside = browser.sign_in_by_link(&email).await;
        assert_eq!((inside.status, inside.path.as_str()), (200, "/portal?done=opened_with_gifts"));
        assert!(inside.has("The gifts given with your address are here already."));
        assert!(inside.has("£25.00"), "{}", inside.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE standing = 'guest'").await, 0);

        // Given once more without signing in: it waits until the mailbox is proven again.
        app.account_with_password(&email, PASSWORD).await;
        app.gift("40").await;
        let known = app.browser();
        known.sign_in(&email, PASSWORD).await;
        let overview = known.open("/portal").await;
        assert!(overview.has("There may be more gifts of yours."), "{}", overview.words());
        assert!(!overview.has("£40.00"));
        let sent = known.fill(&overview, "/sign-in/link", &[]).await;
        assert_eq!(sent.path, "/sign-in/link");
        app.settle().await;
        let link = app.link_to(&email);
        let opened = known.open(&link).await;
        let joined = known.fill(&opened, &link, &[]).await;
        assert!(joined.has("£40.00") && joined.has("£25.00"), "{}", joined.words());
    }
}

story! {
    async fn a_scanner_that_opens_the_link_spends_nothing(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let link = app.link_to(ADA);
        let scanner = app.browser();
        for _ in 0..5 {
            let seen = scanner.open(&link).await;
            assert_eq!(seen.status, 200);
            assert_eq!(seen.heading(), "Type the code from your e-mail");
            assert!(!seen.html.contains(ADA), "the address is masked");
            // Some run scripts and press buttons, too: without the code that is no answer.
            assert_eq!(scanner.fill(&seen, &link, &[]).await.status, 422);
        }
        assert!(scanner.open("/portal").await.path.starts_with("/sign-in"));
        let opened = browser.open(&link).await;
        assert_eq!(opened.heading(), "Sign in");
        let inside = browser.fill(&opened, &link, &[]).await;
        assert_eq!(inside.path, "/portal?done=opened");
        assert_eq!(browser.open(&link).await.status, 410, "a link works once");
        assert_eq!(browser.post(&link, &[]).await.status, 410);
    }
}

story! {
    async fn in_another_browser_the_code_is_asked_for(app: &TestApp) {
        let desk = app.browser();
        let page = desk.open("/sign-in").await;
        desk.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let (link, code) = (app.link_to(ADA), app.code_to(ADA));
        let phone = Browser { agent: IPHONE, ..app.browser() };
        let opened = phone.open(&link).await;
        let wrong = phone.fill(&opened, &link, &[("code", "0000 0000")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.errors(), ["That is not the code. Look at the newest e-mail; you have 4 more tries"]);
        let inside = phone.fill(&opened, &link, &[("code", &code)]).await;
        assert_eq!((inside.status, inside.path.as_str()), (200, "/portal?done=opened"));
        assert!(desk.open("/portal").await.path.starts_with("/sign-in"), "only the phone is in");

        // And the other way round: read on the phone, typed at the desk.
        let page = desk.open("/sign-in").await;
        let waiting = desk.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let code = app.code_to(ADA);
        let inside = desk.fill(&waiting, "/sign-in/code", &[("code", &code)]).await;
        assert_eq!(inside.path, "/portal");
        assert_eq!(desk.fill(&waiting, "/sign-in/code", &[("code", &code)]).await.path, "/portal", "spent, and signed in already");
    }
}

story! {
    async fn five_wrong_codes_end_a_question(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        let waiting = browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let code = app.code_to(ADA);
        for left in (1..5).rev() {
            let wrong = browser.fill(&waiting, "/sign-in/code", &[("code", "12345678")]).await;
            assert_eq!(wrong.status, 422, "{left} left");
        }
        assert_eq!(browser.fill(&waiting, "/sign-in/code", &[("code", "12345678")]).await.status, 410);
        assert_eq!(browser.fill(&waiting, "/sign-in/code", &[("code", &code)]).await.status, 410);
    }
}

story! {
    async fn a_link_dies_after_ten_minutes(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let link = app.link_to(ADA);
        app.deps.clock.advance(minutes(9));
        assert_eq!(browser.open(&link).await.status, 200);
        app.deps.clock.advance(minutes(1));
        let gone = browser.open(&link).await;
        assert_eq!((gone.status, gone.heading().as_str()), (410, "This link no longer works"));
        assert_eq!(browser.post(&link, &[]).await.status, 410);
        assert_eq!(browser.post(&link, &[("code", "1")]).await.status, 410);
        assert_eq!(app.count("SELECT COUNT(*) FROM account").await, 0);
    }
}

story! {
    async fn garbled_links_are_gone_and_nothing_more(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let link = app.link_to(ADA);
        let (id, secret) = link.rsplit('/').next().expect("a token").split_once('.').expect("two halves");
        for token in [
            "x".to_owned(),
            format!("{id}."),
            format!("{id}.{}", "0".repeat(secret.len())),
            format!("{id}.{}", secret.to_uppercase()),
            format!("{}.{secret}", "0".repeat(id.len())),
            "%00".to_owned(),
            "a".repeat(3000),
        ] {
            assert_eq!(browser.open(&format!("/sign-in/link/{token}")).await.status, 410, "{token}");
        }
        assert_eq!(browser.open(&link).await.status, 200);
    }
}

story! {
    async fn nothing_secret_waits_in_the_database(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let (link, code) = (app.link_to(ADA), app.code_to(ADA));
        let secret = link.rsplit('.').next().expect("a secret").to_owned();
        let cookie = browser.cookie("almoner").expect("a session");
        let kept = app.text("SELECT text_body || html_body FROM mail_outbox LIMIT 1").await
            + &app.text("SELECT id || browser_sha256 || detail FROM mailbox_proof LIMIT 1").await
            + &app.text("SELECT id_sha256 || data FROM web_session LIMIT 1").await;
        for hidden in [secret.as_str(), &code, cookie.as_str()] {
            assert!(!kept.contains(hidden), "{hidden} is kept");
        }
    }
}

story! {
    async fn a_password_chosen_by_somebody_else_does_not_come_with_the_account(app: &TestApp) {
        let thief = app.browser();
        let page = thief.open("/sign-up").await;
        let typed = [("given_name", "T"), ("family_name", "T"), ("email", ADA), ("password", PASSWORD)];
        thief.fill(&page, "/sign-up", &typed).await;
        app.settle().await;
        let (link, code) = (app.link_to(ADA), app.code_to(ADA));
        // The owner of the mailbox confirms in a browser of their own.
        let owner = app.browser();
        let opened = owner.open(&link).await;
        assert_eq!(owner.fill(&opened, &link, &[("code", &code)]).await.status, 200);
        let tried = thief.sign_in(ADA, PASSWORD).await;
        assert_eq!(tried.status, 422, "the thief's password opens nothing");
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE password_hash IS NULL").await, 1);
    }
}

story! {
    async fn a_forgotten_password_is_replaced_by_way_of_the_mailbox(app: &TestApp) {
        let old = app.account(ADA, PASSWORD).await;
        let browser = app.browser();
        let page = browser.open("/password/forgot").await;
        browser.fill(&page, "/password/forgot", &[("email", ADA)]).await;
        app.settle().await;
        let link = app.link_to(ADA);
        let opened = browser.open(&link).await;
        let choose = browser.fill(&opened, &link, &[]).await;
        assert_eq!((choose.status, choose.path.as_str()), (200, "/password/new"));
        let short = browser.fill(&choose, "/password/new", &[("password", "x")]).await;
        assert_eq!(short.errors(), ["Make it longer: 15 characters or more"]);
        let before = browser.cookie("almoner");
        let set = browser.fill(&choose, "/password/new", &[("password", "seven brass kettles sing")]).await;
        assert_eq!((set.status, set.path.as_str()), (200, "/portal/security?done=password"));
        assert_ne!(browser.cookie("almoner"), before, "a new id");
        assert!(old.open("/portal").await.path.starts_with("/sign-in"), "signed out elsewhere");
        assert_eq!(app.browser().sign_in(ADA, PASSWORD).await.status, 422);
        assert_eq!(app.browser().sign_in(ADA, "seven brass kettles sing").await.path, "/portal");
        app.settle().await;
        assert_eq!(app.mails_about("Your password was changed").len(), 1);
        assert_eq!(browser.open("/password/new").await.path, "/password/forgot", "once");
    }
}

story! {
    async fn sessions_end_by_the_clock(app: &TestApp) {
        let browser = app.account(ADA, PASSWORD).await;
        app.deps.clock.advance(minutes(23 * 60));
        assert_eq!(browser.open("/portal").await.path, "/portal");
        app.deps.clock.advance(minutes(23 * 60));
        assert_eq!(browser.open("/portal").await.path, "/portal", "use keeps it open");
        app.deps.clock.advance(minutes(24 * 60 + 1));
        assert!(browser.open("/portal").await.path.starts_with("/sign-in"), "idle for a day");
        assert_eq!(browser.sign_in(ADA, PASSWORD).await.path, "/portal");
        for _ in 0..40 {
            app.deps.clock.advance(minutes(18 * 60));
            browser.open("/portal").await;
        }
        assert!(browser.open("/portal").await.path.starts_with("/sign-in"), "open for a month");
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM web_session").await, 0, "swept");
    }
}

story! {
    async fn a_session_made_by_somebody_else_is_never_signed_in(app: &TestApp) {
        app.account(ADA, PASSWORD).await;
        let fixed = "AAAAAAAAAAAAAAAAAAAAAA";
        let browser = app.browser();
        browser.cookies.lock().expect("cookies").insert("almoner".to_owned(), fixed.to_owned());
        assert_eq!(browser.sign_in(ADA, PASSWORD).await.path, "/portal");
        assert_ne!(browser.cookie("almoner").as_deref(), Some(fixed));
        // A real session of a stranger, begun before the sign-in.
        let thief = app.browser();
        let page = thief.open("/sign-in").await;
        thief.fill(&page, "/sign-in", &[("email", "thief@donors.example"), ("way", "link")]).await;
        let planted = thief.cookie("almoner").expect("a session");
        let victim = app.browser();
        victim.cookies.lock().expect("cookies").insert("almoner".to_owned(), planted.clone());
        assert_eq!(victim.sign_in(ADA, PASSWORD).await.path, "/portal");
        assert_ne!(victim.cookie("almoner"), Some(planted));
        assert!(thief.open("/portal").await.path.starts_with("/sign-in"));
    }
}

story! {
    async fn signing_out_ends_the_session_on_the_server(app: &TestApp) {
        let browser = app.account(ADA, PASSWORD).await;
        let kept = browser.cookie("almoner").expect("a session");
        let response = browser.send(app.http.post(app.url("/sign-out"))).await;
        assert_eq!(response.headers()["clear-site-data"], "\"cache\", \"storage\"");
        browser.cookies.lock().expect("cookies").insert("almoner".to_owned(), kept);
        let late = browser.post("/portal/profile/contact", &[("telephone", "020 7946 0000")]).await;
        assert!(late.has("You are no longer signed in.") && late.has("nothing was changed"), "{}", late.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE telephone IS NOT NULL").await, 0);
    }
}

story! {
    async fn a_new_browser_is_told_to_the_donor(app: &TestApp) {
        app.account(ADA, PASSWORD).await;
        let phone = Browser { agent: IPHONE, ..app.browser() };
        assert_eq!(phone.sign_in(ADA, PASSWORD).await.path, "/portal");
        app.settle().await;
        let mails = app.mails_about("A new browser signed in");
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("Safari on iPhone"), "{}", mails[0].text);
        phone.sign_out().await;
        assert_eq!(phone.sign_in(ADA, PASSWORD).await.path, "/portal");
        app.settle().await;
        assert_eq!(app.mails_about("A new browser signed in").len(), 1, "known by now");
    }
}

story! {
    async fn guessing_is_held_back_and_the_owner_still_gets_in(app: &TestApp) {
        app.account(ADA, PASSWORD).await;
        let guesser = app.browser();
        for n in 0..5 {
            assert_eq!(guesser.sign_in(ADA, "not the right password").await.status, 422, "try {n}");
        }
        let held = guesser.sign_in(ADA, PASSWORD).await;
        assert_eq!(held.status, 429);
        assert!(held.has("Too many tries for now.") && held.headers.contains_key("retry-after"));
        assert_eq!(held.form("/sign-in").iter().find(|(n, _)| n == "email").map(|(_, v)| v.as_str()), Some(ADA));
        // Nobody is locked out: the mailbox opens the door.
        let owner = app.browser();
        assert_eq!(owner.sign_in_by_link(ADA).await.path, "/portal");
        app.deps.clock.advance(minutes(3));
        assert_eq!(app.browser().sign_in(ADA, PASSWORD).await.path, "/portal");
    }
}

story! {
    async fn known_and_unknown_addresses_get_the_same_answers(app: &TestApp) {
        app.account(ADA, PASSWORD).await;
        let nobody = "nobody.here@donors.example";
        for (action, path, extra) in [
            ("/sign-in", "/sign-in", vec![("way", "link")]),
            ("/sign-in", "/sign-in", vec![("way", "password"), ("password", "some password of no use")]),
            ("/password/forgot", "/password/forgot", vec![]),
            ("/sign-up", "/sign-up", vec![("given_name", "A"), ("family_name", "B"), ("password", PASSWORD)]),
        ] {
            let mut answers = Vec::new();
            for email in [ADA, nobody] {
                let browser = app.browser();
                let page = browser.open(path).await;
                let mut typed = extra.clone();
                typed.push(("email", email));
                let shown = browser.fill(&page, action, &typed).await;
                let names: Vec<String> = browser.cookies.lock().expect("cookies").keys().cloned().collect();
                let headers: Vec<String> = shown.headers.keys().map(ToString::to_string).collect();
                answers.push((shown.status, shown.path.clone(), shown.html.replace(email, "it"), names, headers));
            }
            assert_eq!(answers[0], answers[1], "{action} {extra:?}");
        }
        app.settle().await;
    }
}

story! {
    async fn links_come_from_our_own_address_whatever_the_request_says(app: &TestApp) {
        let body = format!("email={}&way=link", ADA.replace('@', "%40"));
        for (name, value) in [
            ("Host", "evil.example"),
            ("X-Forwarded-Host", "evil.example"),
            ("Forwarded", "host=evil.example"),
            ("Host", "127.0.0.1@evil.example"),
        ] {
            let request = app.http.post(app.url("/sign-in")).header(name, value).body(body.clone());
            let request = request.header("Content-Type", "application/x-www-form-urlencoded");
            let status = request.send().await.expect("an answer").status();
            assert_eq!(status, if name == "Host" { 421 } else { 303 }, "{name}: {value}");
        }
        app.settle().await;
        let mails = app.mails();
        assert_eq!(mails.len(), 2);
        for mail in mails {
            assert!(!mail.raw.contains("evil.example"));
            assert!(mail.text.contains(&format!("{}/sign-in/link/", app.base)));
        }
    }
}

story! {
    async fn what_is_typed_wrong_is_said_at_its_field_and_changes_nothing(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-up").await;
        let long = "x7 Lk".repeat(201);
        for (password, words) in [
            ("k", "Make it longer: 15 characters or more"),
            ("fourteen chars", "Make it longer: 15 characters or more"),
            ("passwordpassword", "This one is easy to guess"),
            ("lantern-freedom-2026", "This one is easy to guess"),
            (long.as_str(), "Make it shorter: 1000 characters or fewer"),
        ] {
            let typed = [("given_name", "Ada"), ("family_name", "Marsh"), ("email", ADA), ("password", password)];
            let wrong = browser.fill(&page, "/sign-up", &typed).await;
            assert_eq!(wrong.status, 422, "{password}");
            assert!(wrong.errors()[0].starts_with(words), "{password}: {:?}", wrong.errors());
            assert!(password == "k" || !wrong.html.contains(password), "a password is never sent back");
            assert!(wrong.html.contains("value=\"Marsh\"") && wrong.html.contains(ADA), "the rest is kept");
        }
        let empty = browser.fill(&page, "/sign-up", &[("email", "ada(at)donors")]).await;
        assert_eq!(empty.errors().len(), 3, "{:?}", empty.errors());
        let sign_in = browser.open("/sign-in").await;
        let none = browser.fill(&sign_in, "/sign-in", &[("email", ADA), ("way", "password")]).await;
        assert_eq!(none.errors(), ["Enter your password, or have a sign-in link sent to you"]);
        app.settle().await;
        assert_eq!(app.mails().len(), 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM mailbox_proof").await, 0);
    }
}

story! {
    async fn long_and_foreign_passwords_work_to_the_last_letter(app: &TestApp) {
        for (n, password) in [
            "vq8-mulberry-7k".to_owned(),
            "лошадь и скрепка в саду".to_owned(),
            format!("{}a", "velvet otter 9 ".repeat(66)),
        ].iter().enumerate() {
            let email = format!("donor{n}@donors.example");
            app.account(&email, password).await;
            assert_eq!(app.browser().sign_in(&email, password).await.path, "/portal", "{n}");
            let mut shorter = password.clone();
            shorter.pop();
            assert_eq!(app.browser().sign_in(&email, &shorter).await.status, 422, "{n}");
        }
    }
}

story! {
    async fn one_link_pressed_fifty_times_at_once_opens_one_door(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-in").await;
        browser.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        app.settle().await;
        let link = app.link_to(ADA);
        let cookie = format!("almoner={}", browser.cookie("almoner").expect("a session"));
        let presses = (0..50).map(|_| {
            let request = app.http.post(app.url(&link)).header("Cookie", &cookie).body("");
            request.header("Content-Type", "application/x-www-form-urlencoded").send()
        });
        let answers = futures::future::join_all(presses).await;
        let opened = answers.iter().filter(|a| a.as_ref().is_ok_and(|a| a.status() == 303)).count();
        assert_eq!(opened, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM account").await, 1);
    }
}

story! {
    async fn a_mail_sent_again_keeps_what_was_told(app: &TestApp) {
        let browser = app.browser();
        let page = browser.open("/sign-up").await;
        let typed = [("given_name", "Ada"), ("family_name", "Marsh"), ("email", ADA), ("password", PASSWORD)];
        let waiting = browser.fill(&page, "/sign-up", &typed).await;
        app.settle().await;
        let first = app.link_to(ADA);
        let again = browser.fill(&waiting, "/sign-in/link", &[]).await;
        assert!(again.has("We have sent another e-mail."), "{}", again.words());
        app.settle().await;
        assert_ne!(app.link_to(ADA), first);
        // The earlier mail is as good as the later one, in the browser that asked.
        let opened = browser.open(&first).await;
        let inside = browser.fill(&opened, &first, &[]).await;
        assert!(inside.heading().ends_with("Ada"), "{}", inside.heading());
        assert_eq!(app.browser().sign_in(ADA, PASSWORD).await.path, "/portal");
    }
}

story! {
    async fn a_browser_that_was_in_before_is_not_locked_out_by_others(app: &TestApp) {
        let own = app.account(ADA, PASSWORD).await;
        own.sign_out().await;
        let other = app.browser();
        for _ in 0..6 {
            other.sign_in(ADA, "not the right password").await;
            let page = other.open("/sign-in").await;
            other.fill(&page, "/sign-in", &[("email", ADA), ("way", "link")]).await;
        }
        assert_eq!(other.sign_in(ADA, PASSWORD).await.status, 429);
        assert_eq!(own.sign_in(ADA, PASSWORD).await.path, "/portal");
        own.sign_out().await;
        assert_eq!(own.sign_in_by_link(ADA).await.path, "/portal");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_https_cookies_are_bound_to_the_host() {
    let app = TestApp::spawn_with(Database::Sqlite, |c| {
        c.base_url = "https://give.example".parse().expect("an origin")
    });
    let app = app.await.expect("SQLite is always there");
    let post = |path: &str, cookie: Option<&str>| {
        let request = app.http.post(app.url(path)).header("Host", "give.example");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let request = if let Some(c) = cookie { request.header("Cookie", c) } else { request };
        request.body("email=ada%40donors.example&way=link").send()
    };
    let asked = post("/sign-in", None).await.expect("an answer");
    let cookie = asked.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("__Host-almoner="), "{cookie}");
    for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(asked.headers().contains_key("strict-transport-security"));
    let out = post("/sign-out", cookie.split(';').next()).await.expect("an answer");
    let gone = out.headers()["set-cookie"].to_str().expect("text");
    assert!(
        gone.starts_with("__Host-almoner=;") && gone.contains("Max-Age=0") && gone.contains("Secure"),
        "{gone}"
    );
    app.settle().await;
    app.finish().await;
}
