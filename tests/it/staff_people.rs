//! The office: who works there, what they may do, what is written down, what is offered.

use std::time::Duration;

use almoner::sandbox::TestMethod;

use crate::support::story;

const ADMIN: &str = "admin@staff.example";
const FINANCE: &str = "finance@staff.example";

story! {
    async fn an_admin_invites_changes_and_ends_access(app: &TestApp) {
        let admin = app.staff("admin").await;
        let form = admin.open("/staff/people/invite").await;
        let none = admin.fill(&form, "/staff/people/invite", &[("email", "new@staff.example")]).await;
        assert_eq!((none.status, none.errors()), (422, vec!["Choose one role or more".to_owned()]));
        let made = admin.fill(&form, "/staff/people/invite", &[("email", "new@staff.example"), ("support", "yes")]).await;
        assert!(made.html.contains("/staff/welcome/"), "{}", made.words());
        let fin = app.staff("finance").await;
        assert_eq!(fin.open("/staff/people").await.status, 403);
        let person = app.text("SELECT id FROM staff WHERE email_norm = 'finance@staff.example'").await;
        let path = format!("/staff/people/{person}");
        let page = admin.open(&path).await;
        let unsaid = admin.fill(&page, &path, &[("support", "yes")]).await;
        assert_eq!(unsaid.errors(), vec!["Say why".to_owned()]);
        let typed = [("support", "yes"), ("finance", ""), ("why", "Moved to the support desk")];
        let saved = admin.fill(&page, &path, &typed).await;
        assert_eq!(saved.path, "/staff/people?done=changed", "{}", saved.words());
        assert_eq!(fin.open("/staff/audit").await.status, 403, "the next click knows");
        assert_eq!(fin.open("/staff").await.status, 200);
        let page = admin.open(&path).await;
        admin.fill(&page, &path, &[("ended", "yes"), ("why", "Has left")]).await;
        assert_eq!(fin.open("/staff").await.heading(), "Sign in to the office", "ended at once");
        let own = app.text("SELECT id FROM staff WHERE email_norm = 'admin@staff.example'").await;
        let own = format!("/staff/people/{own}");
        let page = admin.open(&own).await;
        let refused = admin.fill(&page, &own, &[("finance", "yes"), ("why", "I would like to")]).await;
        assert_eq!(refused.status, 422, "nobody gives themselves a role");
        assert_eq!(admin.open("/staff/people/stf_00000000000000000000000000").await.status, 404);
    }
}

story! {
    async fn roles_and_invitations_want_a_fresh_proof(app: &TestApp) {
        let admin = app.staff("admin").await;
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        let asked = admin.open("/staff/people/invite").await;
        assert_eq!(asked.heading(), "Prove that it is you");
        let posted = admin.post("/staff/people/invite", &[("email", "new@staff.example"), ("admin", "yes")]).await;
        assert_eq!(posted.heading(), "Prove that it is you");
        assert_eq!(app.count("SELECT COUNT(*) FROM staff").await, 1, "nothing was done");
        let code = app.next_code(ADMIN).await;
        let back = admin.fill(&asked, "/staff/prove", &[("code", &code)]).await;
        assert_eq!(back.heading(), "Invite somebody");
    }
}

story! {
    async fn somebody_who_lost_everything_is_set_up_anew(app: &TestApp) {
        let before = app.staff("finance").await;
        let path = app.invitation(FINANCE, "finance").await;
        assert_eq!(before.open("/staff").await.heading(), "Sign in to the office", "every session ends");
        let page = before.open("/staff/sign-in").await;
        let typed = [("email", FINANCE), ("password", crate::support::staff::STAFF_PASSWORD)];
        assert_eq!(before.fill(&page, "/staff/sign-in", &typed).await.status, 422, "the old password is worth nothing");
        let browser = app.browser();
        let page = browser.open(&path).await;
        let code = app.invited_code(&path).await;
        let typed = [("name", "Fin"), ("password", "another four words here"), ("code", code.as_str())];
        assert_eq!(browser.fill(&page, &path, &typed).await.heading(), "You are set up");
        app.settle().await;
        let told = app.mails_about("was reset");
        assert_eq!((told.len(), told[0].to.as_str()), (1, FINANCE));
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&told[0].text).contains("Somebody at the server"), "{}", told[0].text);
        let admin = app.staff("admin").await;
        let form = admin.open("/staff/people/invite").await;
        let made = admin.fill(&form, "/staff/people/invite", &[("email", FINANCE), ("finance", "yes")]).await;
        assert!(made.has("Their access was reset.") && made.has("Sam Office did it"), "{}", made.words());
        app.settle().await;
        assert!(app.mails_about("was reset").iter().any(|m| words(&m.text).contains("ask Sam Office")));
        let link = made.html.split("/staff/welcome/").nth(1).and_then(|t| t.split(['<', '"']).next()).expect("a link");
        let welcome = format!("/staff/welcome/{}", link.trim());
        let person = app.text("SELECT id FROM staff WHERE email_norm = 'finance@staff.example'").await;
        let page = admin.open(&format!("/staff/people/{person}")).await;
        let ended = [("finance", "yes"), ("ended", "yes"), ("why", "Has left")];
        admin.fill(&page, &format!("/staff/people/{person}"), &ended).await;
        assert_eq!(app.browser().open(&welcome).await.status, 410, "an invitation ends with the access");
        assert_eq!(app.count("SELECT COUNT(*) FROM staff_invitation WHERE closed_at IS NULL").await, 0);
    }
}

story! {
    async fn ones_own_sign_in_is_in_order(app: &TestApp) {
        let fin = app.staff("finance").await;
        let other = app.browser();
        other.sign_in_to_office(FINANCE).await;
        let you = fin.open("/staff/you").await;
        assert!(you.has("Recovery codes left") && you.has("10"), "{}", you.words());
        let codes = fin.fill(&you, "/staff/you/recovery-codes", &[]).await;
        assert_eq!(codes.html.matches("<code>").count(), 10);
        let ended = fin.fill(&you, "/staff/you/sign-out-others", &[]).await;
        assert!(ended.has("Every other browser is signed out."), "{}", ended.words());
        assert_eq!(other.open("/staff").await.heading(), "Sign in to the office");
    }
}

story! {
    async fn what_is_done_is_written_down_and_found_again(app: &TestApp) {
        app.gift("25").await;
        let admin = app.staff("admin").await;
        let all = admin.open("/staff/audit").await;
        assert!(all.has("gift.received") && all.has("staff.invited") && all.has("staff.signed_in"), "{}", all.words());
        let some = admin.open("/staff/audit?what=staff.").await;
        assert!(!some.has("gift.received") && some.has("staff.invited"), "{}", some.words());
        let by = admin.open("/staff/audit?who=stripe").await;
        assert!(by.has("gift.received") && !by.has("staff.invited"));
        let day = admin.open("/staff/audit?from=2026-11-23").await;
        assert!(day.has("No line fits"), "{}", day.words());
        let bad = admin.open("/staff/audit?from=yesterday&before=x&what=%00").await;
        assert_eq!((bad.status, bad.errors().len()), (422, 2), "{:?}", bad.errors());
        assert_eq!(app.staff("support").await.open("/staff/audit").await.status, 403);
    }
}

story! {
    async fn long_chains_are_paged_both_ways(app: &TestApp) {
        let admin = app.staff("admin").await;
        for _ in 0..60 {
            admin.post("/staff/you/recovery-codes", &[]).await;
        }
        let first = admin.open("/staff/audit").await;
        let older = first.links().into_iter().find(|l| l.contains("before=")).expect("older lines");
        let second = admin.open(&older).await;
        let newer = second.links().into_iter().find(|l| l.contains("after=")).expect("newer lines");
        let back = admin.open(&newer).await;
        let lines = |words: &str| words.split("Lines ").nth(1).map(|w| w.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
        assert_eq!(lines(&back.words()), lines(&first.words()));
    }
}

story! {
    async fn a_fund_is_closed_and_opened_by_date(app: &TestApp) {
        let admin = app.staff("admin").await;
        let funds: Vec<_> = app.deps.config.charity.funds_of("uk").map(|f| (f.id.clone(), f.name.clone())).collect();
        let free = app.deps.config.charity.funds_of("uk").find(|f| f.restriction == almoner::config::Restriction::Unrestricted).expect("a free fund").id.clone();
        let (id, name) = funds.iter().find(|(id, _)| *id != free).expect("another fund").clone();
        let path = format!("/staff/settings/fund/{id}");
        let page = admin.open(&path).await;
        let wrong = admin.fill(&page, &path, &[("opens_on", "2026-12-24"), ("closes_on", "2026-12-01"), ("why", "")]).await;
        assert_eq!(wrong.errors(), vec!["The last day must not be before the first".to_owned(), "Say why".to_owned()]);
        let set = admin.fill(&page, &path, &[("closes_on", "2026-11-21"), ("why", "The appeal is over")]).await;
        assert_eq!(set.path, "/staff/settings?done=set", "{}", set.words());
        let give = app.html("/give").await;
        assert!(!give.contains(&format!("value=\"{id}\"")), "{name} is closed");
        let form = app.form("").await.filled("25").set("fund", &id);
        let refused = app.submit(&form).await;
        assert_eq!(refused.status(), 422, "nor can it be sent");
        let open = admin.open(&path).await;
        admin.fill(&open, &path, &[("closes_on", "2026-11-22"), ("why", "One day more")]).await;
        assert!(app.html("/give").await.contains(&format!("value=\"{id}\"")), "its last day counts");
        let last = format!("/staff/settings/fund/{free}");
        let page = admin.open(&last).await;
        let kept = admin.fill(&page, &last, &[("closes_on", "2026-12-31"), ("why", "A slip")]).await;
        assert_eq!(kept.status, 422, "{}", kept.words());
        assert!(kept.errors()[0].contains("without a fund"), "{:?}", kept.errors());
        assert_eq!(app.staff("finance").await.open("/staff/settings").await.status, 403);
    }
}

story! {
    async fn what_was_given_up_is_named_and_tried_again(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        let fin = app.staff("finance").await;
        assert!(fin.open("/staff").await.has("Nothing was given up."));
        app.damage("INSERT INTO job (id, kind, subject, state, run_at, attempts, created_at, last_error) \
            SELECT 'job_00000000000000000000000000', 'sweep_sessions', 'by hand', 'failed', created_at, 14, created_at, 'the job panicked' FROM gift").await.expect("a failed job");
        let today = fin.open("/staff").await;
        assert!(today.has("the job panicked"), "{}", today.words());
        let done = fin.fill(&today, "/staff/jobs/again", &[]).await;
        assert!(done.has("It is tried once more, now."), "{}", done.words());
        app.settle().await;
        assert!(fin.open("/staff").await.has("Nothing was given up."));
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'job.replayed'").await, 1);
        let twice = fin.post("/staff/jobs/again", &[("job", "job_00000000000000000000000000")]).await;
        assert!(twice.has("not given up any more"), "{}", twice.words());
    }
}
