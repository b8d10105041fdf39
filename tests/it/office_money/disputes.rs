//! What banks ask back, in its order.

use std::time::Duration;

use super::FINANCE;
use crate::support::story;

story! {
    async fn the_next_deadline_comes_first_and_the_decided_ones_after(app: &TestApp) {
        let finance = app.staff("finance").await;
        assert!(finance.open("/staff/disputes").await.has("No dispute is open."));
        let mut disputes = Vec::new();
        for (amount, reason) in [("11", "fraudulent"), ("12", "duplicate"), ("13", "general"), ("14", "unheard_of")] {
            let intent = app.gift(amount).await;
            disputes.push(app.sandbox.dispute(&intent, reason).await.expect("a dispute"));
            app.settle().await;
            app.deps.clock.advance(Duration::from_secs(3_600));
        }
        app.sandbox.close_dispute(&disputes[0], true).await;
        app.settle().await;
        app.sandbox.close_dispute(&disputes[1], false).await;
        app.settle().await;
        finance.sign_in_to_office(FINANCE).await;
        let page = finance.open("/staff/disputes").await;
        let words = page.words();
        let at = |what: &str| words.find(what).unwrap_or_else(|| panic!("{what}: {words}"));
        assert!(at("£13.00") < at("£14.00") && at("£14.00") < at("£12.00") && at("£12.00") < at("£11.00"), "{words}");
        for said in ["Other: unheard of", "No reason given", "in 9 days", "−£13.00 withdrawn", "Fee −£20.00", "came back £11.00", "Won", "Lost", "The money is held"] {
            assert!(page.has(said), "{said}: {words}");
        }
        assert!(page.links().iter().any(|l| *l == format!("https://dashboard.stripe.com/test/disputes/{}", disputes[2])));
        assert_eq!(app.staff("support").await.open("/staff/disputes").await.status, 403);
    }
}

story! {
    async fn pages_neither_repeat_nor_leave_out(app: &TestApp) {
        let finance = app.staff("finance").await;
        app.gift("10").await;
        const MANY: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) \
            INSERT INTO dispute (id, gift_id, stripe_dispute, currency, amount_minor, state, reason, evidence_due, made_at, \
            updated_at) SELECT 'dsp_00000000000000000000000' || CAST(100 + i AS TEXT), g.id, 'dp_' || CAST(100 + i AS TEXT), 'GBP', i, \
            CASE WHEN i <= 30 THEN 'won' ELSE 'open' END, 'general', CASE WHEN i > 55 THEN NULL ELSE g.received_at END, \
            g.received_at, g.received_at FROM n JOIN gift g ON g.id = g.id";
        app.damage(MANY).await.expect("many disputes");
        let (mut path, mut seen) = ("/staff/disputes".to_owned(), Vec::new());
        for _ in 0..5 {
            let page = finance.open(&path).await;
            seen.extend(page.links().into_iter().filter_map(|l| l.split_once("/disputes/dp_").map(|(_, n)| n.to_owned())));
            let Some(older) = page.links().into_iter().find(|l| l.contains("after=")) else { break };
            path = older;
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (60, 60));
        app.damage("DELETE FROM dispute").await.expect("gone again");
        for garbled in ["x", "open_", "open_1", "decided_z.dsp", "open_999999999999999999999.x", "open_1.'"] {
            assert_eq!(finance.open(&format!("/staff/disputes?after={garbled}")).await.status, 200, "{garbled}");
        }
    }
}
