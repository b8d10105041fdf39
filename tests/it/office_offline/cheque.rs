//! A cheque that came back.

use super::{OWEN, TILDA, enter};
use crate::support::story;

story! {
    async fn a_cheque_that_came_back_counts_as_nothing_everywhere(app: &TestApp) {
        let office = app.staff("finance").await;
        enter(&office, "", &[OWEN, &[("amount", "80")]].concat()).await;
        app.settle().await;
        let path = format!("/staff/gifts/{}/returned", app.text("SELECT id FROM gift").await);
        let page = office.open(&path).await;
        assert!(page.has("£80.00") && page.has("LFT-2026-00000001") && page.has("o…@donor.example"), "{}", page.words());
        let silent = office.fill(&page, &path, &[("why", " ")]).await;
        assert!(silent.status == 422 && silent.errors()[0].contains("what the bank says"), "{:?}", silent.errors());
        assert_eq!(app.count("SELECT COUNT(*) FROM ledger_entry WHERE kind = 'returned'").await, 0);
        let (a, b) = tokio::join!(
            office.fill(&page, &path, &[("why", "refer to drawer")]),
            office.fill(&page, &path, &[("why", "refer to drawer")]),
        );
        assert!(a.has("written down as returned") && b.has("written down as returned"), "{}", a.words());
        app.settle().await;
        assert_eq!(app.count("SELECT amount_minor FROM ledger_entry WHERE kind = 'returned'").await, -8000);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'gift.returned'").await, 1);
        let mails = app.mails_about("came back to us");
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("nothing was collected") && mails[0].text.contains("LFT-2026-00000001 is void"), "{}", mails[0].text);
        let owen = app.browser();
        owen.sign_in_by_link("owen@donor.example").await;
        let gifts = owen.open("/portal/gifts").await;
        assert!(gifts.has("Returned") && gifts.has("£0.00"), "{}", gifts.words());
        assert!(!owen.open("/portal").await.has("£80.00 in"), "the year's sum");
        let link = gifts.links().into_iter().find(|l| l.starts_with("/portal/gifts/gift_")).expect("a gift");
        let gift = owen.open(&link).await;
        assert!(gift.has("came back to us unpaid") && gift.has("void") && !gift.html.contains("E-mail me a copy"), "{}", gift.words());
        assert!(owen.open(&format!("{link}/receipt")).await.has("This receipt is void"));
    }
}

story! {
    async fn only_cheques_come_back(app: &TestApp) {
        app.gift("25").await;
        let office = app.staff("finance").await;
        let card = app.text("SELECT id FROM gift").await;
        assert_eq!(office.open(&format!("/staff/gifts/{card}/returned")).await.status, 404);
        assert_eq!(office.post(&format!("/staff/gifts/{card}/returned"), &[("why", "x")]).await.status, 404);
        enter(&office, "", &[TILDA, &[("kind", "cash")]].concat()).await;
        let cash = app.text("SELECT gift_id FROM offline_gift").await;
        assert_eq!(office.open(&format!("/staff/gifts/{cash}/returned")).await.status, 404);
        enter(&office, "", TILDA).await;
        let cheque = app.text("SELECT gift_id FROM offline_gift WHERE kind = 'cheque'").await;
        let path = format!("/staff/gifts/{cheque}/returned");
        let page = office.open(&path).await;
        assert!(page.has("the donor has no mailbox"), "{}", page.words());
        office.fill(&page, &path, &[("why", "no funds")]).await;
        app.settle().await;
        assert_eq!(app.mails_about("came back").len(), 0);
    }
}
