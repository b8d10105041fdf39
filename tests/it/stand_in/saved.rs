//! Ways to pay that are kept and offered again.

use almoner::sandbox::{PayOutcome, Payer};

use super::*;

const ALL: [(&str, &str); 3] = [
    ("saved_payment_method_options[allow_redisplay_filters][0]", "always"),
    ("saved_payment_method_options[allow_redisplay_filters][1]", "limited"),
    ("saved_payment_method_options[allow_redisplay_filters][2]", "unspecified"),
];
const SAVE: (&str, &str) = ("saved_payment_method_options[payment_method_save]", "enabled");

async fn page(bench: &Bench, session: &Value) -> String {
    bench.client.get(text(session, "url")).send().await.unwrap().text().await.unwrap()
}

async fn customer_of(bench: &Bench, session: &str) -> String {
    text(&bench.get(&format!("/v1/checkout/sessions/{session}")).await, "customer")
}

#[tokio::test]
async fn a_card_of_a_monthly_gift_pays_the_next_gift_with_one_press() {
    let bench = Bench::new().await;
    let first = text(&bench.monthly().await, "id");
    bench.sandbox.pay(&first, TestMethod::CardSuccess).await.unwrap();
    let customer = customer_of(&bench, &first).await;
    let kept = bench.get(&format!("/v1/customers/{customer}/payment_methods?type=card")).await;
    assert_eq!(kept["data"][0]["allow_redisplay"], "limited", "kept for the plan, not to be shown");

    let plain = bench.session(&[("customer", &customer)]).await;
    assert_eq!(
        plain["saved_payment_method_options"]["allow_redisplay_filters"],
        serde_json::json!(["always"])
    );
    assert!(!page(&bench, &plain).await.contains("saved"), "Stripe shows what the donor asked to be shown");
    assert!(bench.sandbox.pay_saved(&text(&plain, "id")).await.is_err());

    let again = bench.session(&[&ALL[..], &[("customer", &customer)]].concat()).await;
    let html = page(&bench, &again).await;
    assert!(html.contains("Visa ending 4242, saved"), "{html}");
    let saved = text(&kept["data"][0], "id");
    assert!(html.contains(&format!("value=\"{saved}\" checked")), "chosen beforehand: {html}");
    let pressed = bench
        .client
        .post(text(&again, "url"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("method={saved}"));
    assert_eq!(
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .execute(pressed.build().unwrap())
            .await
            .unwrap()
            .status(),
        303
    );
    let done = bench.get(&format!("/v1/checkout/sessions/{}", text(&again, "id"))).await;
    assert_eq!((&done["payment_status"], &done["customer"]), (&"paid".into(), &customer.as_str().into()));
    let intent = bench.get(&format!("/v1/payment_intents/{}", text(&done, "payment_intent"))).await;
    assert_eq!((&intent["payment_method"], &intent["customer"]), (&saved.into(), &customer.into()));
    bench.events().await;
    bench.balanced().await;
}

#[tokio::test]
async fn a_ticked_box_keeps_the_card_and_an_empty_one_does_not() {
    let bench = Bench::new().await;
    let extra = [SAVE, ("customer_creation", "if_required")];
    let session = bench.session(&extra).await;
    assert!(page(&bench, &session).await.contains("Save this card for next time"));
    let id = text(&session, "id");
    bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
    let done = bench.get(&format!("/v1/checkout/sessions/{id}")).await;
    assert!(done["customer"].is_null(), "nothing is kept, so nobody is needed to keep it for");

    let id = text(&bench.session(&extra).await, "id");
    let ann =
        Payer { email: Some("ann@donors.example".to_owned()), name: Some("Ann".to_owned()), save: true };
    bench.sandbox.pay_as(&id, TestMethod::CardSuccess, &ann).await.unwrap();
    let customer = customer_of(&bench, &id).await;
    let path = format!("/v1/customers/{customer}/payment_methods?allow_redisplay=always");
    assert_eq!(bench.get(&path).await["data"].as_array().unwrap().len(), 1);
    let next = text(&bench.session(&[("customer", &customer)]).await, "id");
    assert!(matches!(bench.sandbox.pay_saved(&next).await, Ok(PayOutcome::Paid { .. })));

    // The same card saved again is offered once, the newest first.
    for method in [TestMethod::CardSuccess, TestMethod::BacsSuccess] {
        let id = text(&bench.session(&[SAVE, ("customer", &customer)]).await, "id");
        bench.sandbox.pay_as(&id, method, &ann).await.unwrap();
    }
    let html = page(&bench, &bench.session(&[("customer", &customer)]).await).await;
    assert_eq!(html.matches(", saved").count(), 2, "{html}");
    assert!(html.find("Bacs Direct Debit ending 2345, saved") < html.find("Visa ending 4242, saved"));
    bench.events().await;
}

#[tokio::test]
async fn a_saved_card_still_asks_its_bank_and_names_are_brought_up_to_date() {
    let bench = Bench::new().await;
    let usage = [("payment_intent_data[setup_future_usage]", "off_session"), ("customer_creation", "always")];
    let id = text(&bench.session(&usage).await, "id");
    let old = Payer {
        email: Some("ann@donors.example".to_owned()),
        name: Some("Ann Reed".to_owned()),
        save: false,
    };
    bench.sandbox.pay_as(&id, TestMethod::Card3ds, &old).await.unwrap();
    bench.sandbox.confirm_3ds(&id, true).await.unwrap();
    let customer = customer_of(&bench, &id).await;

    let id = text(&bench.session(&[&ALL[..], &[("customer", &customer)]].concat()).await, "id");
    assert!(matches!(bench.sandbox.pay_saved(&id).await, Ok(PayOutcome::Needs3ds { .. })));
    assert!(matches!(bench.sandbox.confirm_3ds(&id, true).await, Ok(PayOutcome::Paid { .. })));

    let update = [
        ("customer", customer.as_str()),
        ("customer_update[name]", "auto"),
        ("customer_update[address]", "never"),
    ];
    let id = text(&bench.session(&update).await, "id");
    let married = Payer { name: Some("Ann Marsh".to_owned()), ..Payer::default() };
    bench.sandbox.pay_as(&id, TestMethod::CardSuccess, &married).await.unwrap();
    assert_eq!(bench.get(&format!("/v1/customers/{customer}")).await["name"], "Ann Marsh");
    has(&bench.events().await, &["payment_method.attached", "customer.updated"]);
}

#[tokio::test]
async fn what_does_not_go_together_is_refused() {
    let bench = Bench::new().await;
    let id = text(&bench.monthly().await, "id");
    bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
    let customer = customer_of(&bench, &id).await;
    let base = [("success_url", "https://charity.example/thanks"), ("currency", "gbp")];
    let line = [
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "gbp"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "Gift"),
    ];
    let wrong: [(&[(&str, &str)], &str); 6] = [
        (&[("mode", "setup"), SAVE], "- saved_payment_method_options"),
        (&[("mode", "subscription"), ("customer_creation", "always")], "- customer_creation"),
        (&[("mode", "payment"), ("customer", &customer), ("customer_email", "a@b.example")], "- customer"),
        (&[("mode", "payment"), ("customer", &customer), ("customer_creation", "always")], "- customer"),
        (&[("mode", "payment"), ("customer_update[name]", "auto")], "- customer_update"),
        (&[("mode", "payment"), ("customer", "cus_nobody")], "resource_missing customer"),
    ];
    for (extra, refusal) in wrong {
        let lines = if extra[0].1 == "setup" { &[][..] } else { &line[..] };
        assert_eq!(
            bench.refused("/v1/checkout/sessions", &[&base[..], lines, extra].concat()).await,
            refusal
        );
    }
}
