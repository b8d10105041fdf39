//! One-off gifts: paid, declined, refunded, disputed.

use almoner::sandbox::{PayOutcome, TestMethod};

use super::{Bench, DAY, START, has, text};

#[tokio::test]
async fn a_card_gift_from_session_to_payout() {
    let bench = Bench::new().await;
    let session = bench
        .session(&[("client_reference_id", "gift_1"), ("payment_intent_data[metadata][gift]", "gift_1")])
        .await;
    let id = text(&session, "id");
    assert!(id.starts_with("cs_test_") && id.len() > 60);
    assert!(session["payment_intent"].is_null() && session["url"].as_str().unwrap().ends_with(&id));
    let outcome = bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
    assert_eq!(outcome, PayOutcome::Paid { return_url: format!("https://charity.example/thanks?s={id}") });
    has(
        &bench.events().await,
        &[
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
            "charge.updated",
        ],
    );
    let path =
        format!("/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge.balance_transaction");
    let done = bench.get(&path).await;
    assert_eq!((&done["status"], &done["payment_status"]), (&"complete".into(), &"paid".into()));
    assert!(done["customer"].is_null() && done["url"].is_null());
    assert_eq!(done["customer_details"]["email"], "donor@example.org");
    let charge = &done["payment_intent"]["latest_charge"];
    assert_eq!(charge["metadata"]["gift"], "gift_1");
    assert_eq!(charge["balance_transaction"]["fee"], 58);
    assert_eq!(charge["balance_transaction"]["net"], 2442);
    assert!(bench.sandbox.pay(&id, TestMethod::CardSuccess).await.is_err());
    bench.go(START + 7 * DAY).await;
    has(&bench.events().await, &["payout.created", "payout.paid", "payout.reconciliation_completed"]);
    let payouts = bench.get("/v1/payouts?limit=100").await;
    assert_eq!(
        (&payouts["data"][0]["amount"], &payouts["data"][0]["status"]),
        (&2442.into(), &"paid".into())
    );
    let path =
        format!("/v1/balance_transactions?payout={}&expand[]=data.source", text(&payouts["data"][0], "id"));
    let lines = bench.get(&path).await;
    let kinds: Vec<_> =
        lines["data"].as_array().unwrap().iter().map(|line| text(&line["source"], "object")).collect();
    assert_eq!(kinds, ["payout", "charge"]);
    bench.balanced().await;
    assert!(bench.sandbox.violations().await.is_empty());
}

#[tokio::test]
async fn declines_and_three_d_secure() {
    let bench = Bench::new().await;
    let id = text(&bench.session(&[]).await, "id");
    for method in [TestMethod::CardDeclined, TestMethod::CardInsufficientFunds, TestMethod::CardExpired] {
        let outcome = bench.sandbox.pay(&id, method).await.unwrap();
        assert!(matches!(outcome, PayOutcome::Declined { .. }), "{outcome:?}");
    }
    assert!(matches!(bench.sandbox.pay(&id, TestMethod::Card3ds).await, Ok(PayOutcome::Needs3ds { .. })));
    assert!(matches!(bench.sandbox.confirm_3ds(&id, false).await, Ok(PayOutcome::Declined { .. })));
    assert!(bench.get(&format!("/v1/checkout/sessions/{id}")).await["payment_intent"].is_null());
    has(
        &bench.events().await,
        &["charge.failed", "payment_intent.payment_failed", "payment_intent.requires_action"],
    );
    bench.get("/v1/payment_intents").await;
    assert!(matches!(bench.sandbox.pay(&id, TestMethod::Card3ds).await, Ok(PayOutcome::Needs3ds { .. })));
    assert!(matches!(bench.sandbox.confirm_3ds(&id, true).await, Ok(PayOutcome::Paid { .. })));
    let charges = bench.get("/v1/charges?limit=10&expand[]=data.payment_intent").await;
    let states: Vec<_> =
        charges["data"].as_array().unwrap().iter().map(|charge| text(charge, "status")).collect();
    assert_eq!(states, ["succeeded", "failed", "failed", "failed"]);
    assert_eq!(charges["data"][1]["failure_code"], "expired_card");
}

#[tokio::test]
async fn bacs_settles_or_comes_back_after_four_working_days() {
    let bench = Bench::new().await;
    let good = bench.gift(TestMethod::BacsSuccess).await;
    let bad = bench.gift(TestMethod::BacsFailure).await;
    has(
        &bench.events().await,
        &["payment_intent.processing", "charge.pending", "checkout.session.completed"],
    );
    let sessions = bench.get(&format!("/v1/checkout/sessions?payment_intent={good}")).await;
    assert_eq!(sessions["data"][0]["status"], "complete");
    assert_eq!(sessions["data"][0]["payment_status"], "unpaid");
    bench.go(START + 6 * DAY - 1).await;
    assert_eq!(bench.get(&format!("/v1/payment_intents/{good}")).await["status"], "processing");
    bench.go(START + 6 * DAY).await;
    has(
        &bench.events().await,
        &[
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
            "payment_intent.succeeded",
            "payment_intent.payment_failed",
            "charge.failed",
        ],
    );
    let path = format!("/v1/payment_intents/{good}?expand[]=latest_charge.balance_transaction");
    let paid = bench.get(&path).await;
    assert_eq!(paid["status"], "succeeded");
    assert_eq!(paid["latest_charge"]["balance_transaction"]["amount"], 2500);
    let failed = bench.get(&format!("/v1/payment_intents/{bad}")).await;
    assert_eq!(failed["status"], "requires_payment_method");
    let refund = bench.ok("/v1/refunds", &[("payment_intent", &good), ("amount", "500")]).await;
    assert_eq!(refund["status"], "pending");
    bench.go(START + 12 * DAY).await;
    assert_eq!(bench.get(&format!("/v1/refunds/{}", text(&refund, "id"))).await["status"], "succeeded");
    let dispute = bench.sandbox.dispute(&good, "debit_not_authorized").await.unwrap();
    let dispute = bench.get(&format!("/v1/disputes/{dispute}")).await;
    assert_eq!((&dispute["status"], &dispute["amount"]), (&"lost".into(), &2000.into()), "Bacs asks nobody");
    bench.events().await;
    bench.balanced().await;
}

#[tokio::test]
async fn refunds_whole_partial_excessive_and_failed() {
    let bench = Bench::new().await;
    let intent = bench.gift(TestMethod::CardSuccess).await;
    bench.events().await;
    let refund = bench
        .ok("/v1/refunds", &[("payment_intent", &intent), ("amount", "1000"), ("metadata[by]", "staff")])
        .await;
    assert_eq!(refund["metadata"]["by"], "staff");
    has(&bench.events().await, &["refund.created", "charge.refunded", "refund.updated"]);
    assert_eq!(
        bench.refused("/v1/refunds", &[("payment_intent", &intent), ("amount", "1501")]).await,
        "- amount"
    );
    let rest = bench.sandbox.refund(&intent, None).await.unwrap();
    let again = bench.refused("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!(again, "charge_already_refunded -");
    bench.sandbox.fail_refund(&rest).await;
    has(&bench.events().await, &["refund.failed"]);
    let path = format!("/v1/charges?payment_intent={intent}&expand[]=data.refunds");
    let charge = bench.get(&path).await["data"][0].clone();
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&1000.into(), &false.into()));
    assert_eq!(charge["refunds"]["data"].as_array().unwrap().len(), 2);
    bench.get(&format!("/v1/refunds?payment_intent={intent}&expand[]=data.balance_transaction")).await;
    let ledger = bench.sandbox.ledger().await;
    let lines: Vec<_> = ledger.iter().map(|line| (line.reporting_category.as_str(), line.net)).collect();
    assert_eq!(lines, [("charge", 2442), ("refund", -1000), ("refund", -1500), ("refund_failure", 1500)]);
}

#[tokio::test]
async fn disputes_won_and_lost() {
    let bench = Bench::new().await;
    let won = bench.gift(TestMethod::CardSuccess).await;
    let lost = bench.gift(TestMethod::CardDisputed).await;
    let dispute = bench.sandbox.dispute(&won, "fraudulent").await.unwrap();
    has(&bench.events().await, &["charge.dispute.created", "charge.dispute.funds_withdrawn"]);
    assert_eq!(bench.refused("/v1/refunds", &[("payment_intent", &won)]).await, "charge_disputed -");
    bench.sandbox.close_dispute(&dispute, true).await;
    has(&bench.events().await, &["charge.dispute.funds_reinstated", "charge.dispute.closed"]);
    let body = bench.get(&format!("/v1/disputes/{dispute}?expand[]=charge")).await;
    assert_eq!((&body["status"], body["balance_transactions"].as_array().unwrap().len()), (&"won".into(), 2));
    let list = bench.get(&format!("/v1/disputes?payment_intent={lost}")).await;
    bench.sandbox.close_dispute(&text(&list["data"][0], "id"), false).await;
    let ledger = bench.sandbox.ledger().await;
    assert_eq!(ledger.iter().map(|line| line.net).sum::<i64>(), 2 * 2442 - 4500 - 4500 + 2500);
    bench.go(START + 30 * DAY).await;
    bench.balanced().await;
}
