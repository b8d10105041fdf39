//! A way to pay kept without paying, and what keeps pointing at it.

use almoner::sandbox::PayOutcome;

use super::*;

/// A customer with nothing kept.
pub(super) async fn customer(bench: &Bench) -> String {
    text(&bench.ok("/v1/customers", &[("email", "ann@donors.example"), ("name", "Ann")]).await, "id")
}

pub(super) async fn session(bench: &Bench, customer: &str) -> String {
    let body = [
        ("mode", "setup"),
        ("currency", "gbp"),
        ("customer", customer),
        ("success_url", "https://charity.example/saved?s={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "https://charity.example/monthly"),
        ("metadata[pledge]", "pledge_1"),
        ("setup_intent_data[metadata][pledge]", "pledge_1"),
    ];
    text(&bench.ok("/v1/checkout/sessions", &body).await, "id")
}

/// A method of this customer, kept at the page.
pub(super) async fn kept(bench: &Bench, customer: &str, method: TestMethod) -> String {
    let id = session(bench, customer).await;
    if let Ok(PayOutcome::Needs3ds { .. }) = bench.sandbox.pay(&id, method).await {
        bench.sandbox.confirm_3ds(&id, true).await.unwrap();
    }
    let done = bench.get(&format!("/v1/checkout/sessions/{id}?expand[]=setup_intent")).await;
    text(&done["setup_intent"], "payment_method")
}

#[tokio::test]
async fn a_card_is_kept_and_shown_with_the_session() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let id = session(&bench, &customer).await;
    let open = bench.get(&format!("/v1/checkout/sessions/{id}?expand[]=setup_intent")).await;
    assert_eq!(open["setup_intent"]["status"], "requires_payment_method", "made with the session");
    has(&bench.events().await, &["setup_intent.created"]);
    let paid = bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
    let return_url = format!("https://charity.example/saved?s={id}");
    assert_eq!(paid, PayOutcome::Paid { return_url });
    let expand = "expand[]=setup_intent&expand[]=setup_intent.payment_method";
    let done = bench.get(&format!("/v1/checkout/sessions/{id}?{expand}")).await;
    assert_eq!(
        (&done["status"], &done["payment_status"]),
        (&"complete".into(), &"no_payment_required".into())
    );
    assert_eq!(done["metadata"]["pledge"], "pledge_1");
    let intent = &done["setup_intent"];
    assert_eq!((&intent["status"], &intent["metadata"]["pledge"]), (&"succeeded".into(), &"pledge_1".into()));
    assert_eq!(
        (&intent["payment_method"]["card"]["last4"], &intent["customer"]),
        (&"4242".into(), &customer.as_str().into())
    );
    assert_eq!(intent["payment_method"]["customer"], customer.as_str());
    let events = bench.events().await;
    assert_eq!(events, ["payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"]);
}

#[tokio::test]
async fn the_bank_may_ask_before_a_card_is_kept() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let id = session(&bench, &customer).await;
    let path = format!("/v1/checkout/sessions/{id}?expand[]=setup_intent");
    bench.events().await;
    assert!(matches!(bench.sandbox.pay(&id, TestMethod::Card3ds).await, Ok(PayOutcome::Needs3ds { .. })));
    assert_eq!(bench.get(&path).await["setup_intent"]["status"], "requires_action");
    assert!(matches!(bench.sandbox.confirm_3ds(&id, false).await, Ok(PayOutcome::Declined { .. })));
    let error = bench.get(&path).await["setup_intent"]["last_setup_error"]["code"].clone();
    assert_eq!(error, "setup_intent_authentication_failure");
    assert!(matches!(
        bench.sandbox.pay(&id, TestMethod::CardDeclined).await,
        Ok(PayOutcome::Declined { .. })
    ));
    assert_eq!(
        bench.events().await,
        ["setup_intent.requires_action", "setup_intent.setup_failed", "setup_intent.setup_failed"]
    );
    bench.sandbox.pay(&id, TestMethod::Card3ds).await.unwrap();
    assert!(matches!(bench.sandbox.confirm_3ds(&id, true).await, Ok(PayOutcome::Paid { .. })));
    let intent = bench.get(&path).await["setup_intent"].clone();
    assert_eq!((&intent["status"], &intent["last_setup_error"]), (&"succeeded".into(), &Value::Null));
    assert_eq!(
        bench.get("/v1/setup_intents").await["data"].as_array().unwrap().len(),
        1,
        "one for all tries"
    );
}

#[tokio::test]
async fn a_page_left_alone_gives_its_setup_up() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let id = session(&bench, &customer).await;
    bench.go(START + DAY).await;
    let path = format!("/v1/checkout/sessions/{id}?expand[]=setup_intent");
    let over = bench.get(&path).await;
    assert_eq!((&over["status"], &over["setup_intent"]["status"]), (&"expired".into(), &"canceled".into()));
    has(&bench.events().await, &["setup_intent.canceled", "checkout.session.expired"]);
}

#[tokio::test]
async fn the_kept_method_is_seen_from_customer_and_subscription() {
    let bench = Bench::new().await;
    let subscription = bench.pledge(TestMethod::CardSuccess).await;
    let path = format!("/v1/subscriptions/{subscription}");
    let customer = text(&bench.get(&path).await, "customer");
    let method = kept(&bench, &customer, TestMethod::BacsSuccess).await;
    let default = [("invoice_settings[default_payment_method]", method.as_str())];
    bench.ok(&format!("/v1/customers/{customer}"), &default).await;
    bench.ok(&path, &[("default_payment_method", &method)]).await;
    let whole = bench.get(&format!("{path}?expand[]=default_payment_method&expand[]=latest_invoice")).await;
    assert_eq!(whole["default_payment_method"]["bacs_debit"]["last4"], "2345");
    assert_eq!(whole["latest_invoice"]["status"], "paid");
    let list = format!("/v1/subscriptions?customer={customer}&expand[]=data.default_payment_method");
    assert_eq!(bench.get(&list).await["data"][0]["default_payment_method"]["id"], method.as_str());
    let whole = format!("/v1/customers/{customer}?expand[]=invoice_settings.default_payment_method");
    let whole = bench.get(&whole).await;
    assert_eq!(whole["invoice_settings"]["default_payment_method"]["type"], "bacs_debit");
    let stranger = self::customer(&bench).await;
    let refused = bench.refused(&format!("/v1/customers/{stranger}"), &default).await;
    assert_eq!(refused, "resource_missing invoice_settings[default_payment_method]");
}
