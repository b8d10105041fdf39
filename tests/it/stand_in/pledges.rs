//! Monthly gifts: begun, renewed, changed, unpaid, stopped.

use almoner::sandbox::TestMethod;

use super::{Bench, DAY, START, has, text};

#[tokio::test]
async fn a_pledge_begins_and_renews_at_month_ends() {
    // 31 January 2027, 10:00 UTC.
    let bench = Bench::at(1_801_389_600).await;
    let subscription = bench.pledge(TestMethod::CardSuccess).await;
    has(
        &bench.events().await,
        &[
            "customer.created",
            "payment_method.attached",
            "customer.subscription.created",
            "customer.subscription.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.completed",
        ],
    );
    let path =
        format!("/v1/subscriptions/{subscription}?expand[]=default_payment_method&expand[]=latest_invoice");
    let first = bench.get(&path).await;
    assert_eq!((&first["status"], &first["metadata"]["pledge"]), (&"active".into(), &"pledge_1".into()));
    assert_eq!(first["latest_invoice"]["billing_reason"], "subscription_create");
    bench.go(bench.now() + 400 * DAY).await;
    let path = format!("/v1/invoices?subscription={subscription}&limit=100&expand[]=data.payments");
    let invoices = bench.get(&path).await;
    let invoices = invoices["data"].as_array().unwrap();
    let days: Vec<String> =
        invoices.iter().rev().map(|invoice| day(invoice["created"].as_i64().unwrap())).collect();
    assert_eq!(days[..4], ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]);
    assert_eq!((days[12].as_str(), days[13].as_str(), days.len()), ("2028-01-31", "2028-02-29", 14));
    let newest = &invoices[0];
    assert!(newest.get("charge").is_none() && newest.get("payment_intent").is_none());
    assert_eq!(newest["parent"]["subscription_details"]["metadata"]["pledge"], "pledge_1");
    let intent = text(&newest["payments"]["data"][0]["payment"], "payment_intent");
    assert_eq!(bench.get(&format!("/v1/payment_intents/{intent}")).await["metadata"], serde_json::json!({}));
    let path = format!(
        "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]={intent}&expand[]=data.invoice"
    );
    assert_eq!(bench.get(&path).await["data"][0]["invoice"]["id"], newest["id"]);
    bench.balanced().await;
    let lines = bench.sandbox.ledger().await;
    assert_eq!(
        lines.iter().filter(|line| line.kind == "charge").map(|line| line.amount).sum::<i64>(),
        14 * 2500
    );
}

fn day(at: i64) -> String {
    jiff::Timestamp::from_second(at).unwrap().to_string()[..10].to_owned()
}

#[tokio::test]
async fn a_failing_card_is_retried_and_then_ends_the_pledge() {
    let bench = Bench::new().await;
    let subscription = bench.pledge(TestMethod::CardFailsOnRenewal).await;
    let path = format!("/v1/subscriptions/{subscription}");
    let renewal = bench.get(&path).await["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    bench.events().await;
    bench.go(renewal).await;
    has(&bench.events().await, &["invoice.payment_failed", "customer.subscription.updated", "charge.failed"]);
    assert_eq!(bench.get(&path).await["status"], "past_due");
    let invoice =
        bench.get(&format!("/v1/invoices?subscription={subscription}&status=open")).await["data"][0].clone();
    assert_eq!(invoice["next_payment_attempt"], renewal + 3 * DAY);
    let (status, declined) = bench.post(&format!("/v1/invoices/{}/pay", text(&invoice, "id")), &[]).await;
    assert_eq!((status, &declined["error"]["code"]), (402, &"card_declined".into()));
    bench.go(renewal + 7 * DAY - 1).await;
    assert_eq!(bench.get(&path).await["status"], "past_due");
    bench.go(renewal + 7 * DAY).await;
    has(&bench.events().await, &["customer.subscription.deleted"]);
    let ended = bench.get(&path).await;
    assert_eq!(
        (&ended["status"], &ended["cancellation_details"]["reason"]),
        (&"canceled".into(), &"payment_failed".into())
    );
    assert!(bench.get("/v1/subscriptions").await["data"].as_array().unwrap().is_empty());
    assert_eq!(bench.get("/v1/subscriptions?status=all").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_card_saves_a_failing_pledge() {
    let bench = Bench::new().await;
    let subscription = bench.pledge(TestMethod::CardFailsOnRenewal).await;
    let path = format!("/v1/subscriptions/{subscription}");
    bench.go(START + 32 * DAY).await;
    let customer = text(&bench.get(&path).await, "customer");
    let setup = bench
        .ok(
            "/v1/checkout/sessions",
            &[
                ("mode", "setup"),
                ("currency", "gbp"),
                ("customer", &customer),
                ("success_url", "https://charity.example/saved"),
                ("setup_intent_data[metadata][pledge]", "pledge_1"),
            ],
        )
        .await;
    let setup = text(&setup, "id");
    bench.sandbox.pay(&setup, TestMethod::CardSuccess).await.unwrap();
    let setup = bench.get(&format!("/v1/checkout/sessions/{setup}?expand[]=setup_intent")).await;
    let method = text(&setup["setup_intent"], "payment_method");
    bench.get(&format!("/v1/setup_intents/{}", text(&setup["setup_intent"], "id"))).await;
    assert_eq!(
        bench.get(&format!("/v1/payment_methods?customer={customer}")).await["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    bench.ok(&path, &[("default_payment_method", &method)]).await;
    bench
        .ok(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &method)])
        .await;
    let invoice = text(&bench.get(&path).await, "latest_invoice");
    let paid = bench.ok(&format!("/v1/invoices/{invoice}/pay"), &[]).await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(bench.get(&path).await["status"], "active");
    has(&bench.events().await, &["setup_intent.succeeded", "customer.updated", "invoice.paid"]);
}

#[tokio::test]
async fn changing_pausing_skipping_and_stopping_a_pledge() {
    let bench = Bench::new().await;
    let subscription = bench.pledge(TestMethod::CardSuccess).await;
    let path = format!("/v1/subscriptions/{subscription}");
    let body = bench.get(&path).await;
    let item = text(&body["items"]["data"][0], "id");
    let product = text(&body["items"]["data"][0]["price"], "product");
    let raise = [
        ("items[0][id]", item.as_str()),
        ("items[0][price_data][currency]", "gbp"),
        ("items[0][price_data][product]", &product),
        ("items[0][price_data][recurring][interval]", "month"),
        ("items[0][price_data][unit_amount]", "3000"),
    ];
    assert_eq!(bench.refused(&path, &raise).await, "- proration_behavior");
    let mut none = raise.to_vec();
    none.push(("proration_behavior", "none"));
    assert_eq!(bench.ok(&path, &none).await["items"]["data"][0]["price"]["unit_amount"], 3000);
    bench.ok(&path, &[("pause_collection[behavior]", "void"), ("metadata[why]", "moving")]).await;
    bench.go(START + 35 * DAY).await;
    assert_eq!(bench.get("/v1/invoices?status=void").await["data"].as_array().unwrap().len(), 1);
    let resumed = bench.ok(&path, &[("pause_collection", "")]).await;
    assert!(resumed["pause_collection"].is_null());
    let skip = (START + 120 * DAY).to_string();
    let skipped = bench.ok(&path, &[("trial_end", &skip), ("proration_behavior", "none")]).await;
    assert_eq!(skipped["status"], "trialing");
    bench.go(START + 120 * DAY).await;
    let billed =
        bench.get(&format!("/v1/invoices?subscription={subscription}&limit=1")).await["data"][0].clone();
    assert_eq!((&billed["total"], &billed["created"]), (&3000.into(), &(START + 120 * DAY).into()));
    bench.ok(&path, &[("cancel_at_period_end", "true")]).await;
    bench.events().await;
    bench.go(START + 160 * DAY).await;
    has(&bench.events().await, &["customer.subscription.deleted"]);
    let other = bench.pledge(TestMethod::CardSuccess).await;
    let (status, gone) = bench.send("DELETE", &format!("/v1/subscriptions/{other}"), &[], None).await;
    assert_eq!((status, &gone["status"]), (200, &"canceled".into()));
    bench.contract("DELETE", &format!("/v1/subscriptions/{other}"), &[], status, &gone);
}

#[tokio::test]
async fn a_bacs_pledge_is_paid_when_it_settles() {
    let bench = Bench::new().await;
    let subscription = bench.pledge(TestMethod::BacsSuccess).await;
    let invoice = text(&bench.get(&format!("/v1/subscriptions/{subscription}")).await, "latest_invoice");
    assert_eq!(bench.get(&format!("/v1/invoices/{invoice}")).await["status"], "open");
    bench.go(START + 6 * DAY).await;
    let paid =
        bench.get(&format!("/v1/invoices/{invoice}?expand[]=payments.data.payment.payment_intent")).await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["payments"]["data"][0]["payment"]["payment_intent"]["status"], "succeeded");
    has(&bench.events().await, &["checkout.session.async_payment_succeeded", "invoice.paid"]);
}

#[tokio::test]
async fn a_pledge_may_begin_later() {
    let bench = Bench::new().await;
    let begin = (START + 10 * DAY).to_string();
    let base = [("mode", "subscription"), ("line_items[0][price_data][recurring][interval]", "month")];
    let anchor = [
        ("subscription_data[billing_cycle_anchor]", begin.as_str()),
        ("subscription_data[proration_behavior]", "none"),
    ];
    let trial = [("subscription_data[trial_end]", begin.as_str())];
    for (extra, status) in [(&anchor[..], "active"), (&trial[..], "trialing")] {
        let session = bench.session(&[&base[..], extra].concat()).await;
        assert_eq!(session["amount_total"], 0);
        let id = text(&session, "id");
        bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
        let done =
            bench.get(&format!("/v1/checkout/sessions/{id}?expand[]=subscription&expand[]=invoice")).await;
        assert_eq!(done["payment_status"], "no_payment_required");
        assert_eq!((&done["subscription"]["status"], &done["invoice"]["total"]), (&status.into(), &0.into()));
    }
    assert!(bench.sandbox.ledger().await.is_empty());
    bench.go(START + 10 * DAY).await;
    assert_eq!(bench.sandbox.ledger().await.len(), 2);
    let all = bench.get("/v1/subscriptions?status=active").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    bench.events().await;
}

#[tokio::test]
async fn a_renewal_invoice_may_stay_a_draft_for_an_hour() {
    let bench = Bench::new().await;
    bench.sandbox.set_renewal_hold(3_600).await;
    let subscription = bench.pledge(TestMethod::CardSuccess).await;
    let path = format!("/v1/subscriptions/{subscription}?expand[]=latest_invoice");
    let renewal = bench.get(&path).await["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    bench.go(renewal).await;
    let draft = bench.get(&path).await["latest_invoice"].clone();
    assert_eq!(
        (&draft["status"], &draft["automatically_finalizes_at"]),
        (&"draft".into(), &(renewal + 3_600).into())
    );
    bench.go(renewal + 3_600).await;
    assert_eq!(bench.get(&path).await["latest_invoice"]["status"], "paid");
}

#[tokio::test]
async fn known_products_prices_and_customers() {
    let bench = Bench::new().await;
    let product =
        text(&bench.ok("/v1/products", &[("name", "Fund"), ("metadata[fund]", "general")]).await, "id");
    let price = [
        ("currency", "gbp"),
        ("unit_amount", "1000"),
        ("recurring[interval]", "month"),
        ("product", product.as_str()),
    ];
    let price = text(&bench.ok("/v1/prices", &price).await, "id");
    let customer =
        bench.ok("/v1/customers", &[("email", "ann@example.org"), ("address[country]", "GB")]).await;
    let customer = text(&customer, "id");
    let session = bench
        .ok(
            "/v1/checkout/sessions",
            &[
                ("mode", "subscription"),
                ("success_url", "https://charity.example/"),
                ("customer", &customer),
                ("line_items[0][price]", &price),
                ("line_items[0][quantity]", "2"),
                ("expand[0]", "line_items.data.price.product"),
                ("expand[1]", "customer"),
            ],
        )
        .await;
    assert_eq!(session["amount_total"], 2000);
    assert_eq!(session["line_items"]["data"][0]["price"]["product"]["metadata"]["fund"], "general");
    bench.sandbox.pay(&text(&session, "id"), TestMethod::CardSuccess).await.unwrap();
    let found = bench.get("/v1/customers?email=ann%40example.org&expand[]=data.subscriptions").await;
    assert_eq!(found["data"][0]["subscriptions"]["data"][0]["items"]["data"][0]["quantity"], 2);
    bench.get(&format!("/v1/prices?product={product}")).await;
    bench.get(&format!("/v1/products/{product}")).await;
    let intent = bench.get(&format!("/v1/payment_intents?customer={customer}")).await["data"][0].clone();
    let method = bench.get(&format!("/v1/payment_methods/{}", text(&intent, "payment_method"))).await;
    assert_eq!((&method["customer"], &method["card"]["last4"]), (&customer.as_str().into(), &"4242".into()));
}

#[tokio::test]
async fn a_pledge_of_two_lines() {
    let bench = Bench::new().await;
    let session = bench
        .session(&[
            ("mode", "subscription"),
            ("line_items[0][price_data][recurring][interval]", "month"),
            ("line_items[0][price_data][recurring][interval_count]", "3"),
            ("line_items[1][quantity]", "1"),
            ("line_items[1][price_data][currency]", "gbp"),
            ("line_items[1][price_data][unit_amount]", "58"),
            ("line_items[1][price_data][product_data][name]", "Card fee"),
            ("line_items[1][price_data][recurring][interval]", "month"),
            ("line_items[1][price_data][recurring][interval_count]", "3"),
        ])
        .await;
    let id = text(&session, "id");
    bench.sandbox.pay(&id, TestMethod::CardSuccess).await.unwrap();
    let path = format!("/v1/checkout/sessions/{id}?expand[]=subscription");
    let subscription = bench.get(&path).await["subscription"].clone();
    let path = format!("/v1/subscriptions/{}", text(&subscription, "id"));
    let fee = text(&subscription["items"]["data"][1], "id");
    let product = text(&subscription["items"]["data"][1]["price"], "product");
    let added = [
        ("items[0][id]", fee.as_str()),
        ("items[0][deleted]", "true"),
        ("items[1][price_data][currency]", "gbp"),
        ("items[1][price_data][product]", &product),
        ("items[1][price_data][unit_amount]", "70"),
        ("items[1][price_data][recurring][interval]", "month"),
        ("items[1][price_data][recurring][interval_count]", "3"),
        ("proration_behavior", "none"),
    ];
    let changed = bench.ok(&path, &added).await;
    let amounts: Vec<_> = changed["items"]["data"].as_array().unwrap().iter().collect();
    assert_eq!((amounts.len(), &amounts[1]["price"]["unit_amount"]), (2, &70.into()));
    bench.go(START + 100 * DAY).await;
    let invoices = bench.get("/v1/invoices?expand[]=data.payments").await;
    let totals: Vec<_> =
        invoices["data"].as_array().unwrap().iter().map(|one| one["total"].as_i64()).collect();
    assert_eq!(totals, [Some(2570), Some(2558)]);
    assert_eq!(day(invoices["data"][0]["created"].as_i64().unwrap()), "2027-01-02");
}
