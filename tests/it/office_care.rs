//! The office: care for donors. What went astray is sent again, and nobody's sign-in is touched.

use std::time::Duration;

use crate::support::{TestApp, story};

async fn donor_of(app: &TestApp) -> String {
    format!("/staff/donors/{}", app.text("SELECT id FROM donor ORDER BY created_at LIMIT 1").await)
}

story! {
    async fn a_receipt_is_sent_again_as_a_copy_once_for_each_press(app: &TestApp) {
        app.gift("25").await;
        let support = app.staff("support").await;
        let gift = format!("/staff/gifts/{}", app.text("SELECT id FROM gift").await);
        let page = support.open(&gift).await;
        let action = format!("{gift}/receipt/again");
        let done = support.fill(&page, &action, &[]).await;
        assert!(done.has("A copy of the receipt is on its way"), "{}", done.words());
        let twice = support.fill(&page, &action, &[]).await;
        assert!(twice.has("That was sent already"), "{}", twice.words());
        app.settle().await;
        let copies = app.mails_about("Copy");
        assert_eq!(copies.len(), 1, "{:?}", app.mails().iter().map(|m| m.subject.clone()).collect::<Vec<_>>());
        assert_eq!(copies[0].to, "ada@donors.example");
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 1, "no new number");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'receipt.resent'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE detail LIKE '%ada@donors%'").await, 0, "masked");
        let forged = support.post(&action, &[("token", "made up")]).await;
        assert!(forged.has("open for a long time"), "{}", forged.words());
        for _ in 0..25 {
            let page = support.open(&gift).await;
            if support.fill(&page, &action, &[]).await.has("That was a lot for now") {
                app.settle().await;
                return;
            }
        }
        panic!("nobody is sent twenty-five copies");
    }
}

story! {
    async fn a_mistyped_mailbox_is_mended_and_what_was_refused_goes_there(app: &TestApp) {
        app.gift("25").await;
        app.damage("UPDATE mail_outbox SET state = 'failed', last_error = '550 no such user'").await.expect("refused");
        let support = app.staff("support").await;
        let donor = donor_of(app).await;
        assert!(support.open(&format!("{donor}/mail")).await.has("550 no such user"));
        let action = format!("{donor}/mailbox");
        let page = support.open(&action).await;
        for (typed, says) in [("", "Enter the donor's"), ("not one", "with an @"), ("a\0@b.example", "one line"), ("ada@", "with an @")] {
            let again = support.fill(&page, &action, &[("email", typed), ("why", "By telephone")]).await;
            assert!(again.status == 422 && again.errors()[0].contains(says), "{typed}: {:?}", again.errors());
        }
        let unsaid = support.fill(&page, &action, &[("email", "ada.marsh@donors.example")]).await;
        assert_eq!((unsaid.status, unsaid.errors()), (422, vec!["Say why".to_owned()]));
        let same = support.fill(&page, &action, &[("email", "ada@donors.example"), ("why", "By telephone")]).await;
        assert!(same.has("That is the mailbox already"), "{}", same.words());
        let typed = [("email", "ada.marsh@donors.example"), ("why", "By telephone")];
        let done = support.fill(&page, &action, &typed).await;
        assert!(done.has("The mailbox is mended"), "{}", done.words());
        app.settle().await;
        let to_new: Vec<_> = app.mails().into_iter().filter(|m| m.to == "ada.marsh@donors.example").collect();
        assert_eq!(to_new.len(), 1, "the receipt");
        assert!(support.open("/staff/find?q=ada.marsh@donors.example").await.path.starts_with("/staff/donors/dnr_"));
        assert!(support.open("/staff/find?q=ada@donors.example").await.has("Nothing found"));
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.mailbox_mended' AND detail LIKE '%a…@donors.example%'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE detail LIKE '%By telephone%'").await, 1);
        let told = app.mails_about("The address we write to has changed");
        assert_eq!(told.iter().map(|m| m.to.as_str()).collect::<Vec<_>>(), ["ada@donors.example"]);
        assert!(!told[0].text.contains("marsh") && !told[0].text.contains("Ada"), "it may be a stranger's: {}", told[0].text);
        // The gift's receipt still says what it said.
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt WHERE content LIKE '%ada@donors.example%'").await, 1);
    }
}

story! {
    async fn nobody_is_moved_to_anothers_mailbox_and_accounts_move_themselves(app: &TestApp) {
        app.gift("25").await;
        let guest = donor_of(app).await;
        app.account("marsh@donors.example", "vq8 mulberry seven k").await;
        let support = app.staff("support").await;
        let action = format!("{guest}/mailbox");
        let page = support.open(&action).await;
        let taken = support.fill(&page, &action, &[("email", "Marsh@donors.example"), ("why", "A letter")]).await;
        assert!(taken.status == 422 && taken.errors()[0].contains("Another donor has this mailbox"), "{:?}", taken.errors());
        assert!(taken.html.contains("value=\"Marsh@donors.example\""), "what was typed stays");
        let account = format!("/staff/donors/{}", app.text("SELECT donor_id FROM account").await);
        let action = format!("{account}/mailbox");
        let page = support.open(&action).await;
        assert!(page.has("This donor has an account") && !page.html.contains("name=\"email\""), "{}", page.words());
        let refused = support.post(&action, &[("email", "new@donors.example"), ("why", "A letter")]).await;
        assert_eq!(refused.status, 422);
        assert_eq!(app.count("SELECT COUNT(*) FROM account WHERE email = 'marsh@donors.example'").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE email = 'new@donors.example'").await, 0);
    }
}

story! {
    async fn a_mailbox_is_moved_after_a_proof_and_gets_no_link_from_the_office_for_a_week(app: &TestApp) {
        const SUPPORT: &str = "support@staff.example";
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let (action, link) = (format!("{donor}/mailbox"), format!("{donor}/link"));
        let typed = [("email", "other@donors.example"), ("why", "By telephone")];
        app.deps.clock.advance(Duration::from_secs(11 * 60));
        assert_eq!(support.open(&action).await.heading(), "Prove that it is you");
        assert_eq!(support.post(&action, &typed).await.heading(), "Prove that it is you");
        assert_eq!(app.count("SELECT COUNT(*) FROM donor WHERE email = 'other@donors.example'").await, 0);
        support.prove(SUPPORT).await;
        assert!(support.post(&action, &typed).await.has("The mailbox is mended"));
        app.settle().await;
        let before = app.mails().len();
        for shown in [support.open(&link).await, support.post(&link, &[]).await] {
            assert!(shown.has("No sign-in link from here") && shown.has("can ask for one"), "{}", shown.words());
        }
        app.settle().await;
        assert_eq!(app.mails().len(), before, "nothing was sent");
        let own = app.browser();
        let page = own.open("/sign-in").await;
        own.fill(&page, "/sign-in", &[("email", "other@donors.example"), ("way", "link")]).await;
        app.settle().await;
        assert!(app.mails().iter().any(|m| m.to == "other@donors.example"), "the donor can ask for one");
        app.advance_days(8).await;
        support.sign_in_to_office(SUPPORT).await;
        let shown = support.open(&link).await;
        assert!(shown.has("Send a sign-in link?"), "{}", shown.words());
    }
}

story! {
    async fn what_came_back_is_not_sent_again_and_mail_goes_where_the_donor_is(app: &TestApp) {
        let office = app.staff("support finance").await;
        let gift = crate::office_money::cheque(app, 2_500, "cyril@donors.example").await;
        let moved = [("email", "cyril.new@donors.example"), ("why", "A letter")];
        assert!(office.post(&format!("{}/mailbox", donor_of(app).await), &moved).await.has("The mailbox is mended"));
        let here = format!("/staff/gifts/{gift}");
        let shown = office.open(&here).await;
        assert!(shown.links().contains(&format!("{here}/returned")) && shown.has("Send the receipt again"), "{}", shown.words());
        let returned = office.open(&format!("{here}/returned")).await;
        office.fill(&returned, &format!("{here}/returned"), &[("why", "refer to drawer")]).await;
        app.settle().await;
        assert_eq!(app.mails_about("came back to us")[0].to, "cyril.new@donors.example");
        let after = office.open(&here).await;
        assert!(!after.links().contains(&format!("{here}/returned")) && !after.has("Send the receipt again"), "{}", after.words());
        let copy = office.fill(&shown, &format!("{here}/receipt/again"), &[]).await;
        assert!(copy.has("not sent again"), "{}", copy.words());
        app.settle().await;
        assert_eq!(app.mails_about("Copy").len(), 0);
    }
}

story! {
    async fn a_sign_in_link_asks_for_the_code_and_staff_see_neither(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let page = support.open(&format!("{donor}/link")).await;
        let sent = support.fill(&page, &format!("{donor}/link"), &[]).await;
        assert!(sent.has("A sign-in link is on its way"), "{}", sent.words());
        app.settle().await;
        let link = app.link_to("ada@donors.example");
        let code = app.code_to("ada@donors.example");
        assert!(!sent.html.contains("/sign-in/link/"));
        assert!(!support.open(&format!("{donor}/mail")).await.html.contains("/sign-in/link/"));
        for browser in [app.browser(), support] {
            let opened = browser.open(&link).await;
            assert!(opened.html.contains("name=\"code\""), "{}", opened.words());
        }
        let ada = app.browser();
        let opened = ada.open(&link).await;
        let form = opened.html.split("action=\"").skip(1).filter_map(|t| t.split('"').next());
        let action = form.into_iter().find(|a| a.starts_with("/sign-in")).expect("a form").to_owned();
        let inside = ada.fill(&opened, &action, &[("code", &code)]).await;
        assert!(inside.path.starts_with("/portal"), "{}: {}", inside.path, inside.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'donor.link_sent' AND detail NOT LIKE '%ada@%'").await, 1);
    }
}

story! {
    async fn sign_in_links_are_held_back_and_offline_donors_get_none(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let mut held = false;
        for _ in 0..7 {
            held |= support.post(&format!("{donor}/link"), &[]).await.has("That was a lot for now");
        }
        assert!(held, "seven at once");
        app.damage("UPDATE donor SET standing = 'offline'").await.expect("changes");
        assert_eq!(support.open(&format!("{donor}/link")).await.status, 404);
        assert_eq!(support.post(&format!("{donor}/link"), &[]).await.status, 404);
        app.damage("UPDATE donor SET standing = 'guest'").await.expect("changes back");
        app.settle().await;
    }
}

story! {
    async fn mail_rests_and_begins_again(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let action = format!("{donor}/pause");
        let page = support.open(&action).await;
        assert_eq!(support.fill(&page, &action, &[("why", " ")]).await.status, 422);
        assert_eq!(support.fill(&page, &action, &[("why", &"x".repeat(300))]).await.status, 422);
        let paused = support.fill(&page, &action, &[("why", "A daughter wrote")]).await;
        assert!(paused.has("Mail to this donor rests"), "{}", paused.words());
        support.post(&action, &[("why", "again")]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_mail_pause").await, 1, "one at a time");
        let before = app.mails().len();
        app.gift("30").await;
        assert_eq!(app.mails().len(), before, "the receipt waits");
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'held'").await, 1);
        let gift = app.text("SELECT id FROM gift WHERE amount_minor = 2500").await;
        let page = support.open(&format!("/staff/gifts/{gift}")).await;
        let copy = support.fill(&page, &format!("/staff/gifts/{gift}/receipt/again"), &[]).await;
        assert!(copy.has("It waits"), "{}", copy.words());
        support.post(&format!("{donor}/link"), &[]).await;
        app.settle().await;
        assert_eq!(app.mails().len(), before + 1, "a link is no letter");
        let mail = support.open(&format!("{donor}/mail")).await;
        assert!(mail.has("Rests"), "{}", mail.words());
        let page = support.open(&action).await;
        let begun = support.fill(&page, &action, &[]).await;
        assert!(begun.has("sent again"), "{}", begun.words());
        app.settle().await;
        assert_eq!(app.mails().len(), before + 3, "the receipt and the copy");
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state <> 'sent'").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE detail LIKE '%daughter%'").await, 0);
    }
}

story! {
    async fn what_waits_already_rests_too_and_nothing_is_forgotten(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let gift = format!("/staff/gifts/{}", app.text("SELECT id FROM gift").await);
        let page = support.open(&gift).await;
        support.fill(&page, &format!("{gift}/receipt/again"), &[]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'queued'").await, 1);
        support.post(&format!("{donor}/pause"), &[("why", "Returned letter")]).await;
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'held' AND kind = 'receipt_copy'").await, 1);
        // As if the pause had ended in the very moment in which the mail was held.
        app.damage("UPDATE donor_mail_pause SET ended_at = paused_at, ended_by = paused_by").await.expect("ends");
        app.deps.clock.advance(Duration::from_secs(3600));
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'held'").await, 0);
        assert_eq!(app.mails_about("Copy").len(), 1);
    }
}

story! {
    async fn mails_are_sent_again_to_where_the_donor_is_now(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let support = app.staff("support").await;
        let list = support.open(&format!("{donor}/mail")).await;
        let one = list.links().into_iter().find(|l| l.contains("/mail/mail_")).expect("a mail");
        let page = support.open(&one).await;
        let done = support.fill(&page, &format!("{one}/again"), &[]).await;
        assert!(done.has("The mail is on its way again"), "{}", done.words());
        app.settle().await;
        assert_eq!(app.mails_about("Copy").len(), 1, "a receipt goes as a copy");
        app.damage("UPDATE mail_outbox SET state = 'failed', last_error = '550' WHERE kind = 'receipt'").await.expect("refused");
        let page = support.open(&one).await;
        support.fill(&page, &format!("{one}/again"), &[]).await;
        let twice = support.fill(&page, &format!("{one}/again"), &[]).await;
        assert!(twice.has("not sent again") || twice.has("sent already"), "{}", twice.words());
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'failed'").await, 0);
    }
}

story! {
    async fn notes_are_kept_once_and_removed_by_who_wrote_them(app: &TestApp) {
        app.gift("25").await;
        let donor = donor_of(app).await;
        let gift = format!("/staff/gifts/{}", app.text("SELECT id FROM gift").await);
        let support = app.staff("support").await;
        let page = support.open(&format!("{donor}/notes")).await;
        let add = format!("{donor}/notes/add");
        assert_eq!(support.fill(&page, &add, &[("words", " \r\n ")]).await.status, 422);
        let long = "x".repeat(2001);
        let again = support.fill(&page, &add, &[("words", &long)]).await;
        assert!(again.status == 422 && again.html.contains(&long), "what was typed stays");
        let words = "Prefers the telephone.\r\nAsks for <b>Sam</b>\0.";
        for _ in 0..2 {
            let kept = support.fill(&page, &add, &[("words", words)]).await;
            assert!(kept.has("The note is kept") && kept.has("Asks for <b>Sam</b>."), "{}", kept.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM donor_note").await, 1, "one form, one note");
        let page = support.open(&gift).await;
        let kept = support.fill(&page, &format!("{gift}/notes/add"), &[("words", "A legacy?")]).await;
        assert!(kept.path.starts_with(&gift) && kept.has("A legacy?"), "{}", kept.words());
        assert_eq!(support.fill(&page, &format!("{gift}/notes/add"), &[("words", "")]).await.status, 422);
        let notes = support.open(&format!("{donor}/notes")).await;
        assert!(notes.has("A legacy?") && notes.links().contains(&gift), "{}", notes.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE detail LIKE '%legacy%' OR detail LIKE '%telephone%'").await, 0);
        let other = app.staff_named("other@staff.example", "finance").await;
        let seen = other.open(&format!("{donor}/notes")).await;
        assert!(seen.has("A legacy?") && !seen.has("Remove this note"), "{}", seen.words());
        let note = app.text("SELECT id FROM donor_note WHERE gift_id IS NULL").await;
        let remove = format!("{donor}/notes/{note}/remove");
        assert_eq!(other.post(&remove, &[]).await.status, 404, "another's");
        let gone = support.post(&remove, &[]).await;
        assert!(gone.has("The note is removed") && !gone.has("telephone"), "{}", gone.words());
        assert_eq!(support.post(&remove, &[]).await.status, 404);
    }
}
