//! Monthly gifts whose money does not come, and cards that change.

use super::{
    setup::{customer, kept},
    *,
};

/// A monthly gift by this method, moved on to its first renewal: its path, that instant, and the invoice's path.
async fn renewed(bench: &Bench, method: TestMethod) -> (String, i64, String) {
    let path = format!("/v1/subscriptions/{}", bench.pledge(method).await);
    let end = bench.get(&path).await["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    bench.events().await;
    bench.go(end).await;
    let invoice = text(&bench.get(&path).await, "latest_invoice");
    (path, end, format!("/v1/invoices/{invoice}"))
}

async fn intent(bench: &Bench, invoice: &str) -> Value {
    let expanded = bench.get(&format!("{invoice}?expand[]=payments.data.payment.payment_intent")).await;
    expanded["payments"]["data"][0]["payment"]["payment_intent"].clone()
}

#[tokio::test]
async fn each_reason_stands_on_the_intent() {
    let cases = [
        (TestMethod::CardFailsOnRenewal, "card_declined", "generic_decline"),
        (TestMethod::CardNoFundsOnRenewal, "card_declined", "insufficient_funds"),
        (TestMethod::CardExpiresOnRenewal, "expired_card", "expired_card"),
    ];
    for (method, code, decline) in cases {
        let bench = Bench::new().await;
        let (path, _, invoice) = renewed(&bench, method).await;
        let failed = intent(&bench, &invoice).await;
        let error = &failed["last_payment_error"];
        assert_eq!((&error["code"], &error["decline_code"]), (&code.into(), &decline.into()));
        assert_eq!(
            (&error["type"], &failed["status"]),
            (&"card_error".into(), &"requires_payment_method".into())
        );
        assert!(
            text(error, "message").starts_with("Your card") && error["payment_method"]["card"].is_object()
        );
        assert_eq!(bench.get(&path).await["status"], "past_due");
        has(&bench.events().await, &["payment_intent.payment_failed", "invoice.payment_failed"]);
        let charge = bench.get(&format!("/v1/charges/{}", text(error, "charge"))).await;
        assert_eq!((&charge["failure_code"], &charge["status"]), (&code.into(), &"failed".into()));
    }
}

#[tokio::test]
async fn a_bank_that_wants_the_donor_is_not_asked_in_vain() {
    let bench = Bench::new().await;
    let (path, end, invoice) = renewed(&bench, TestMethod::CardAuthenticatesOnRenewal).await;
    let wanted = [
        "payment_intent.requires_action",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "customer.subscription.updated",
    ];
    has(&bench.events().await, &wanted);
    assert_eq!(bench.get(&path).await["status"], "past_due");
    let waiting = intent(&bench, &invoice).await;
    let error = &waiting["last_payment_error"];
    assert_eq!(
        (&waiting["status"], &error["code"]),
        (&"requires_action".into(), &"authentication_required".into())
    );
    assert_eq!(error["decline_code"], "authentication_required");
    let charges = bench.sandbox.all("charge").await.len();
    bench.go(end + 3 * DAY).await;
    let open = bench.get(&invoice).await;
    assert_eq!((&open["attempt_count"], &open["next_payment_attempt"]), (&2.into(), &(end + 5 * DAY).into()));
    assert_eq!(bench.sandbox.all("charge").await.len(), charges, "nothing new was tried");
    let same = text(&bench.get(&path).await, "default_payment_method");
    for present in ["false", "true"] {
        let asked = [("payment_method", same.as_str()), ("off_session", present)];
        let (status, answer) = bench.post(&format!("{invoice}/pay"), &asked).await;
        let code = answer["error"]["code"].clone();
        assert_eq!((status, code), (402, "invoice_payment_intent_requires_action".into()));
    }
    assert_eq!(bench.get(&invoice).await["attempt_count"], 2, "only the schedule's own tries count");
    let customer = text(&bench.get(&path).await, "customer");
    let other = kept(&bench, &customer, TestMethod::Card3ds).await;
    let (status, _) =
        bench.post(&format!("{invoice}/pay"), &[("payment_method", &other), ("off_session", "false")]).await;
    assert_eq!(status, 402, "with the donor said to be there this bank asks as well");
    bench.ok(&path, &[("default_payment_method", &other)]).await;
    bench.events().await;
    bench.go(end + 5 * DAY).await;
    assert_eq!(bench.get(&invoice).await["status"], "paid", "the schedule tries the new card");
    assert_eq!(intent(&bench, &invoice).await["last_payment_error"], Value::Null);
    assert_eq!(bench.get(&path).await["status"], "active");
    bench.balanced().await;
}

#[tokio::test]
async fn a_new_default_waits_until_the_invoice_is_paid() {
    let bench = Bench::new().await;
    let (path, end, invoice) = renewed(&bench, TestMethod::CardNoFundsOnRenewal).await;
    let owner = text(&bench.get(&path).await, "customer");
    let good = kept(&bench, &owner, TestMethod::CardSuccess).await;
    bench.events().await;
    bench.ok(&path, &[("default_payment_method", &good)]).await;
    assert_eq!(bench.events().await, ["customer.subscription.updated"], "and nothing is tried");
    let open = bench.get(&invoice).await;
    assert_eq!((&open["status"], &open["next_payment_attempt"]), (&"open".into(), &(end + 3 * DAY).into()));
    assert_eq!(bench.get(&path).await["status"], "past_due");
    let stranger = customer(&bench).await;
    let foreign = kept(&bench, &stranger, TestMethod::CardSuccess).await;
    let refused = bench.refused(&format!("{invoice}/pay"), &[("payment_method", &foreign)]).await;
    assert_eq!(refused, "resource_missing payment_method");
    assert_eq!(bench.ok(&format!("{invoice}/pay"), &[]).await["status"], "paid");
    assert_eq!(bench.get(&path).await["status"], "active");
    assert_eq!(bench.refused(&format!("{invoice}/pay"), &[]).await, "invoice_already_paid -");
    bench.go(end + 8 * DAY).await;
    let charges = bench.sandbox.ledger().await.iter().filter(|line| line.kind == "charge").count();
    assert_eq!(charges, 2, "the retries left on the calendar find it paid");
}

#[tokio::test]
async fn stopping_an_unpaid_gift_stops_the_retries() {
    let bench = Bench::new().await;
    let (path, end, invoice) = renewed(&bench, TestMethod::CardFailsOnRenewal).await;
    let (status, _) = bench.send("DELETE", &path, &[], None).await;
    assert_eq!(status, 200);
    let charges = bench.sandbox.all("charge").await.len();
    bench.go(end + 40 * DAY).await;
    let open = bench.get(&invoice).await;
    assert_eq!((&open["status"], &open["auto_advance"]), (&"open".into(), &false.into()));
    assert_eq!((&open["next_payment_attempt"], &open["attempt_count"]), (&Value::Null, &1.into()));
    assert_eq!(bench.sandbox.all("charge").await.len(), charges);
}

#[tokio::test]
async fn the_days_of_dunning_are_the_charitys_own() {
    let bench = Bench::new().await;
    bench.sandbox.set_retry_days(vec![14, 1]).await;
    let (path, end, invoice) = renewed(&bench, TestMethod::CardFailsOnRenewal).await;
    assert_eq!(bench.get(&invoice).await["next_payment_attempt"], end + DAY);
    bench.go(end + DAY).await;
    assert_eq!(bench.get(&invoice).await["next_payment_attempt"], end + 14 * DAY);
    bench.go(end + 14 * DAY - 1).await;
    assert_eq!(bench.get(&path).await["status"], "past_due");
    bench.go(end + 14 * DAY).await;
    assert_eq!(bench.get(&path).await["status"], "canceled");
    assert_eq!(bench.get(&invoice).await["attempt_count"], 3);

    bench.sandbox.set_retry_days(Vec::new()).await;
    let (path, ..) = renewed(&bench, TestMethod::CardFailsOnRenewal).await;
    assert_eq!(bench.get(&path).await["status"], "canceled", "no second try");
}

#[tokio::test]
async fn cards_run_for_years_and_their_banks_renew_them() {
    let bench = Bench::new().await;
    let (path, _, invoice) = renewed(&bench, TestMethod::CardExpiresOnRenewal).await;
    let method = text(&bench.get(&path).await, "default_payment_method");
    let own = format!("/v1/payment_methods/{method}");
    let card = |body: &Value| {
        (body["card"]["exp_year"].clone(), body["card"]["exp_month"].clone(), body["card"]["last4"].clone())
    };
    let old = bench.get(&own).await;
    assert_eq!(
        card(&old),
        (2026.into(), 10.into(), "0069".into()),
        "good to the end of the month it was used in"
    );
    bench.events().await;
    bench.sandbox.card_renewed(&method).await;
    let new = bench.get(&own).await;
    assert_eq!((&new["card"]["exp_year"], &new["card"]["exp_month"]), (&2029.into(), &11.into()));
    assert!(
        new["card"]["last4"] != old["card"]["last4"]
            && new["card"]["fingerprint"] != old["card"]["fingerprint"]
    );
    let told = bench.sandbox.take_deliveries().await;
    let event: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!((told.len(), told[0].event_type.as_str()), (1, "payment_method.automatically_updated"));
    assert_eq!(event["data"]["previous_attributes"]["card"]["last4"], "0069");
    assert_eq!(bench.ok(&format!("{invoice}/pay"), &[]).await["status"], "paid", "it works again");
    bench.events().await;
    bench.sandbox.card_expires(&method, 2027, 2).await;
    assert_eq!(bench.get(&own).await["card"]["exp_year"], 2027);
    assert!(bench.events().await.is_empty(), "only a change over the API is told");

    let owner = customer(&bench).await;
    let usual = kept(&bench, &owner, TestMethod::CardSuccess).await;
    let usual = bench.get(&format!("/v1/payment_methods/{usual}")).await;
    assert_eq!(card(&usual), (2030.into(), 11.into(), "4242".into()));
    let bacs = kept(&bench, &owner, TestMethod::BacsSuccess).await;
    bench.events().await;
    bench.sandbox.card_renewed(&bacs).await;
    assert!(bench.events().await.is_empty(), "an account is not a card");
}
