//! Two records of one donor become one, and two again (giving.md §3.10): subscriptions, statements and sign-in included.

use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

const PASSWORD: &str = "vq8 mulberry seven k";

/// Gives from another mailbox under the same name.
async fn gift_from(app: &TestApp, email: &str, amount: &str) {
    let form = app.form("").await.filled(amount).set("email", email).set("family_name", "Marsh");
    let session = app.to_checkout(&form).await;
    app.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await;
    app.settle().await;
}

async fn merge(office: &Browser<'_>, kept: &str, other: &str, why: &str) -> Shown {
    let here = format!("/staff/donors/{kept}/merge");
    let page = office.open(&format!("{here}?donor={other}")).await;
    office.fill(&page, &here, &[("why", why)]).await
}

async fn undo(office: &Browser<'_>, kept: &str, why: &str) -> Shown {
    let here = format!("/staff/donors/{kept}/merge");
    let page = office.open(&here).await;
    let link = page.links().into_iter().find(|l| l.contains("merge=mrg_")).expect("a link to undo it");
    let page = office.open(&link).await;
    office.fill(&page, &format!("/staff/donors/{kept}/unmerge"), &[("why", why)]).await
}

/// Moves the account that a browser is signed in to, to another mailbox.
async fn move_mailbox(app: &TestApp, browser: &Browser<'_>, to: &str) {
    const PAGE: &str = "/portal/security/email";
    let page = browser.open(PAGE).await;
    browser.fill(&page, PAGE, &[("new_email", to)]).await;
    app.settle().await;
    let link = app.link_to(to);
    let opened = browser.open(&link).await;
    browser.fill(&opened, &link, &[]).await;
}

async fn record(app: &TestApp, sql: &'static str) -> String {
    app.text(sql).await
}

const ADA: &str = "SELECT id FROM donor WHERE email = 'ada@donors.example'";
const WORK: &str = "SELECT id FROM donor WHERE email = 'ada.marsh@work.example'";

story! {
    async fn a_guest_joins_an_account_and_takes_along_what_came_since_when_undone(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let ada = app.account("ada@donors.example", PASSWORD).await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        // Found by rule: the same name. Nothing happens by itself.
        let list = office.open("/staff/duplicates").await;
        assert!(list.has("ada.marsh@work.example") && list.has("Only the name"), "{}", list.words());
        let page = office.open(&format!("/staff/donors/{kept}/merge")).await;
        assert!(page.has("May be the same") && page.has("ada.marsh@work.example"), "{}", page.words());
        // The account stays, whoever it is begun from.
        let wrong_way = office.open(&format!("/staff/donors/{other}/merge?donor={kept}")).await;
        assert!(wrong_way.has("Begin from the other one"), "{}", wrong_way.words());
        let pair = office.open(&format!("/staff/donors/{kept}/merge?donor={other}")).await;
        assert!(pair.has("Whoever signs in as ada@donors.example sees what was given through both"), "{}", pair.words());
        let unsaid = merge(&office, &kept, &other, " ").await;
        assert_eq!((unsaid.status, unsaid.errors()), (422, vec!["Say why, in a few words".to_owned()]));
        let receipts = app.text("SELECT MIN(content_sha256) || MAX(content_sha256) FROM receipt").await;
        let done = merge(&office, &kept, &other, "By telephone").await;
        assert!(done.has("The two are one") && done.has("£40.00") && done.has("£25.00"), "{}", done.words());
        assert!(ada.open("/portal/gifts").await.has("£40.00"), "the donor sees both");
        assert!(office.open(&format!("/staff/donors/{other}")).await.path.ends_with(&kept));
        assert_eq!(app.text("SELECT MIN(content_sha256) || MAX(content_sha256) FROM receipt").await, receipts);
        // What is given through the old mailbox counts, too, and goes back with it.
        gift_from(app, "ada.marsh@work.example", "60").await;
        assert!(ada.open("/portal/gifts").await.has("£60.00"));
        let undone = undo(&office, &kept, "It was her daughter").await;
        assert!(undone.has("They are two again") && undone.path.contains(&other), "{}", undone.words());
        assert!(undone.has("£60.00") && undone.has("£40.00") && !undone.has("£25.00"), "{}", undone.words());
        assert!(ada.open("/portal/gifts").await.path.starts_with("/sign-in"), "both are signed out");
        let again = ada.sign_in("ada@donors.example", PASSWORD).await;
        assert!(again.path.starts_with("/portal"), "{}", again.words());
        let gifts = ada.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && !gifts.has("£40.00") && !gifts.has("£60.00"), "{}", gifts.words());
        for action in ["donor.merged", "donor.merge_undone"] {
            let lines = match action {
                "donor.merged" => app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.merged'").await,
                _ => app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.merge_undone'").await,
            };
            assert_eq!(lines, 2, "{action}: a line on each");
        }
    }
}

story! {
    async fn two_accounts_become_one_that_both_mailboxes_sign_in_to(app: &TestApp) {
        app.gift("25").await;
        let _home = app.account("ada@donors.example", PASSWORD).await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let work = app.account("ada.marsh@work.example", PASSWORD).await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        let pair = office.open(&format!("/staff/donors/{kept}/merge?donor={other}")).await;
        assert!(pair.has("leads to the same account from then on"), "{}", pair.words());
        assert!(merge(&office, &kept, &other, "A letter").await.has("The two are one"));
        assert!(work.open("/portal").await.path.starts_with("/sign-in"), "who was signed in is out");
        let there = work.sign_in_by_link("ada.marsh@work.example").await;
        assert!(there.path.starts_with("/portal"), "{}", there.words());
        let gifts = work.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && gifts.has("£40.00"), "{}", gifts.words());
        let security = work.open("/portal/security").await;
        assert!(security.has("ada@donors.example") && security.has("ada.marsh@work.example signs in here, too"), "{}", security.words());
        assert!(undo(&office, &kept, "A mistake").await.has("They are two again"));
        let alone = work.sign_in("ada.marsh@work.example", PASSWORD).await;
        assert!(alone.path.starts_with("/portal"), "with its own password again: {}", alone.words());
        let gifts = work.open("/portal/gifts").await;
        assert!(gifts.has("£40.00") && !gifts.has("£25.00"), "{}", gifts.words());
        let twice = office.post(&format!("/staff/donors/{kept}/unmerge"), &[("merge", &record(app, "SELECT id FROM donor_merge").await), ("why", "Again")]).await;
        assert!(twice.has("They were two already"), "{}", twice.words());
    }
}

story! {
    async fn a_merged_guest_who_answers_signs_in_where_it_counts(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        assert!(merge(&office, &kept, &other, "By telephone").await.has("The two are one"));
        // The merged one's mailbox answers first: the account is opened for who stayed.
        let work = app.browser();
        let inside = work.sign_in_by_link("ada.marsh@work.example").await;
        assert!(inside.path.starts_with("/portal"), "{}", inside.words());
        assert!(work.open("/portal/gifts").await.has("£25.00"));
        assert_eq!(app.text("SELECT donor_id FROM account").await, kept);
        assert!(undo(&office, &kept, "Two people").await.has("They are two again"));
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        let gifts = work.open("/portal/gifts").await;
        assert!(gifts.has("£40.00") && !gifts.has("£25.00"), "{}", gifts.words());
        let home = app.browser();
        home.sign_in_by_link("ada@donors.example").await;
        let gifts = home.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && !gifts.has("£40.00"), "{}", gifts.words());
    }
}

story! {
    async fn a_second_mailbox_leads_to_the_account_and_back(app: &TestApp) {
        app.gift("25").await;
        let _home = app.account("ada@donors.example", PASSWORD).await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        assert!(work.open("/portal/gifts").await.has("£25.00"), "one account");
        assert_eq!(app.count("SELECT COUNT(*) FROM account").await, 1);
        undo(&office, &kept, "Two people").await;
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        let gifts = work.open("/portal/gifts").await;
        assert!(gifts.has("£40.00") && !gifts.has("£25.00"), "an account of its own: {}", gifts.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM account").await, 2);
    }
}

story! {
    async fn whoever_signed_in_by_a_wrong_merge_keeps_no_key_to_it(app: &TestApp) {
        app.gift("25").await;
        let home = app.account("ada@donors.example", PASSWORD).await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        let page = work.open("/portal/security/password").await;
        let typed = [("current_password", PASSWORD), ("new_password", "another mulberry 8 k")];
        let set = work.fill(&page, "/portal/security/password", &typed).await;
        assert_eq!(set.path, "/portal/security?done=password", "{}", set.words());
        undo(&office, &kept, "Two people").await;
        let refused = work.sign_in("ada@donors.example", "another mulberry 8 k").await;
        assert!(refused.path.starts_with("/sign-in"), "{}", refused.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE password_hash IS NOT NULL").await, 0);
        home.sign_in_by_link("ada@donors.example").await;
        assert!(home.open("/portal/gifts").await.has("£25.00"), "a link lets the right one in");
    }
}

story! {
    async fn who_asked_to_be_forgotten_is_merged_no_more(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support finance").await;
        let page = office.open(&format!("/staff/donors/{kept}/merge?donor={other}")).await;
        let here = format!("/staff/donors/{other}/rights");
        let rights = office.open(&here).await;
        office.fill(&rights, &format!("{here}/erase"), &[("why", "By letter"), ("sure", "yes")]).await;
        let refused = office.fill(&page, &format!("/staff/donors/{kept}/merge"), &[("why", "A letter")]).await;
        assert!(refused.status == 409 && refused.has("asked to be forgotten"), "{}", refused.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_merge").await, 0);
    }
}

story! {
    async fn what_cannot_be_one_stays_apart(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        let own = office.open(&format!("/staff/donors/{kept}/merge?donor={kept}")).await;
        assert!(own.has("These are one record already"), "{}", own.words());
        let page = office.open(&format!("/staff/donors/{kept}/merge?donor={other}")).await;
        app.damage("UPDATE donor SET kind = 'organisation', organisation = 'Marsh Ltd' WHERE email = 'ada.marsh@work.example'").await.expect("changes");
        let here = format!("/staff/donors/{kept}/merge");
        let refused = office.fill(&page, &here, &[("why", "A letter")]).await;
        assert!(refused.status == 409 && refused.has("One is a person, the other an organisation"), "{}", refused.words());
        app.damage("UPDATE donor SET kind = 'individual' WHERE email = 'ada.marsh@work.example'").await.expect("changes back");
        let old = office.post(&here, &[("donor", &other), ("why", "A letter"), ("token", "made up")]).await;
        assert!(old.has("open for too long"), "{}", old.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_merge").await, 0);
        // Two who press at once, each the other way round: one of them is first.
        let page_back = office.open(&format!("/staff/donors/{other}/merge?donor={kept}")).await;
        let there = format!("/staff/donors/{other}/merge");
        let (typed, page) = ([("why", "A letter")], office.open(&format!("{here}?donor={other}")).await);
        let (one, two) = tokio::join!(office.fill(&page, &here, &typed), office.fill(&page_back, &there, &typed));
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_merge").await, 1, "{} {}", one.words(), two.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE owner_id <> id").await, 1);
        for nobody in ["/staff/donors/dnr_00000000000000000000000000/merge", "/staff/donors/x/merge"] {
            assert_eq!(office.open(nobody).await.status, 404, "{nobody}");
        }
    }
}

story! {
    async fn both_mailboxes_of_two_guests_sign_in_to_one_account_and_part_again(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        let (work, home) = (app.browser(), app.browser());
        // The account is opened by the mailbox of the one that was merged; that of who stayed leads to it, too.
        work.sign_in_by_link("ada.marsh@work.example").await;
        let inside = home.sign_in_by_link("ada@donors.example").await;
        assert!(inside.path.starts_with("/portal"), "{}", inside.words());
        let gifts = home.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && gifts.has("£40.00"), "{}", gifts.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM account").await, 1);
        undo(&office, &kept, "Two people").await;
        for (mailbox, theirs, not) in [("ada.marsh@work.example", "£40.00", "£25.00"), ("ada@donors.example", "£25.00", "£40.00")] {
            let browser = app.browser();
            browser.sign_in_by_link(mailbox).await;
            let gifts = browser.open("/portal/gifts").await;
            assert!(gifts.has(theirs) && !gifts.has(not), "{mailbox}: {}", gifts.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 2, "nobody became a third one");
    }
}

story! {
    async fn a_mailbox_that_was_set_by_a_wrong_merge_goes_with_it(app: &TestApp) {
        app.gift("25").await;
        app.browser().sign_in_by_link("ada@donors.example").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        move_mailbox(app, &work, "elsewhere@donors.example").await;
        assert_eq!(app.text("SELECT email FROM account").await, "elsewhere@donors.example");
        undo(&office, &kept, "Two people").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE email_norm = 'elsewhere@donors.example'").await, 0);
        let home = app.browser();
        home.sign_in_by_link("ada@donors.example").await;
        let gifts = home.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && !gifts.has("£40.00"), "{}", gifts.words());
    }
}

story! {
    async fn merges_of_merges_part_one_by_one_and_each_mailbox_goes_along(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        gift_from(app, "ada.marsh@club.example", "55").await;
        for mailbox in ["ada@donors.example", "ada.marsh@work.example", "ada.marsh@club.example"] {
            app.account(mailbox, PASSWORD).await;
        }
        let (home, work) = (record(app, ADA).await, record(app, WORK).await);
        let club = record(app, "SELECT id FROM donor WHERE email = 'ada.marsh@club.example'").await;
        let office = app.staff("support").await;
        merge(&office, &work, &club, "A card").await;
        merge(&office, &home, &work, "By telephone").await;
        let browser = app.browser();
        browser.sign_in_by_link("ada.marsh@club.example").await;
        assert!(browser.open("/portal/gifts").await.has("£25.00"), "all three are one");
        undo(&office, &home, "Two people").await;
        let browser = app.browser();
        browser.sign_in_by_link("ada.marsh@club.example").await;
        let gifts = browser.open("/portal/gifts").await;
        assert!(gifts.has("£40.00") && gifts.has("£55.00") && !gifts.has("£25.00"), "{}", gifts.words());
        undo(&office, &work, "Three people").await;
        let browser = app.browser();
        browser.sign_in_by_link("ada.marsh@club.example").await;
        let gifts = browser.open("/portal/gifts").await;
        assert!(gifts.has("£55.00") && !gifts.has("£40.00"), "{}", gifts.words());
    }
}

story! {
    async fn whoever_opened_the_account_and_moved_it_elsewhere_keeps_no_way_in(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        // Nobody had an account. The one that was merged opens it, and moves it to a mailbox of their own.
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        move_mailbox(app, &work, "elsewhere@donors.example").await;
        undo(&office, &kept, "Two people").await;
        let elsewhere = app.browser();
        elsewhere.sign_in_by_link("elsewhere@donors.example").await;
        let gifts = elsewhere.open("/portal/gifts").await;
        assert!(!gifts.has("£25.00"), "{}", gifts.words());
        for (mailbox, theirs, not) in [("ada.marsh@work.example", "£40.00", "£25.00"), ("ada@donors.example", "£25.00", "£40.00")] {
            let browser = app.browser();
            browser.sign_in_by_link(mailbox).await;
            let gifts = browser.open("/portal/gifts").await;
            assert!(gifts.has(theirs) && !gifts.has(not), "{mailbox}: {}", gifts.words());
        }
    }
}

story! {
    async fn who_signed_in_by_their_own_mailbox_and_found_nothing_has_everything_again(app: &TestApp) {
        app.gift("25").await;
        app.browser().sign_in_by_link("ada@donors.example").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        let (kept, other) = (record(app, ADA).await, record(app, WORK).await);
        let office = app.staff("support").await;
        merge(&office, &kept, &other, "By telephone").await;
        let work = app.browser();
        work.sign_in_by_link("ada.marsh@work.example").await;
        move_mailbox(app, &work, "elsewhere@donors.example").await;
        // Ada comes, and her mailbox knows of nothing: that is why it is found out.
        let home = app.browser();
        home.sign_in_by_link("ada@donors.example").await;
        assert!(!home.open("/portal/gifts").await.has("£25.00"));
        undo(&office, &kept, "Two people").await;
        let home = app.browser();
        home.sign_in_by_link("ada@donors.example").await;
        let gifts = home.open("/portal/gifts").await;
        assert!(gifts.has("£25.00") && !gifts.has("£40.00"), "{}", gifts.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE email_norm = 'elsewhere@donors.example'").await, 0);
        let mailbox = app.text("SELECT email FROM donor WHERE id = (SELECT donor_id FROM gift WHERE amount_minor = 2500)").await;
        assert_eq!(mailbox, "ada@donors.example", "the record is hers again, too");
    }
}

story! {
    async fn merges_into_one_part_from_the_last_one_back(app: &TestApp) {
        app.gift("25").await;
        gift_from(app, "ada.marsh@work.example", "40").await;
        gift_from(app, "ada.marsh@club.example", "55").await;
        let (home, work) = (record(app, ADA).await, record(app, WORK).await);
        let club = record(app, "SELECT id FROM donor WHERE email = 'ada.marsh@club.example'").await;
        let office = app.staff("support").await;
        merge(&office, &home, &work, "A card").await;
        let first = record(app, "SELECT id FROM donor_merge").await;
        merge(&office, &home, &club, "By telephone").await;
        let refused = office.post(&format!("/staff/donors/{home}/unmerge"), &[("merge", &first), ("why", "Two people")]).await;
        assert!(refused.has("first"), "{}", refused.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_merge WHERE undone_at IS NOT NULL").await, 0);
        undo(&office, &home, "Three people").await;
        undo(&office, &home, "Two people").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE owner_id = id").await, 3);
    }
}
