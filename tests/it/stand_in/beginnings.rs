//! Monthly gifts begun over the API, without the page.

use super::{
    setup::{customer, kept},
    *,
};

/// The parameters of a monthly gift of 25 pounds, with others.
pub(super) async fn gift(bench: &Bench, customer: &str, extra: &[(&str, &str)]) -> (u16, Value) {
    let product = text(&bench.ok("/v1/products", &[("name", "Rescue")]).await, "id");
    let mut body = vec![
        ("customer", customer),
        ("items[0][price_data][currency]", "gbp"),
        ("items[0][price_data][product]", &product),
        ("items[0][price_data][recurring][interval]", "month"),
        ("items[0][price_data][unit_amount]", "2500"),
        ("items[0][metadata][part]", "gift"),
        ("metadata[pledge]", "pledge_1"),
        ("description", "Monthly gift"),
    ];
    body.extend(extra);
    bench.post("/v1/subscriptions", &body).await
}

fn refusal(answer: &(u16, Value)) -> (u16, String, String) {
    let part = |name: &str| answer.1["error"][name].as_str().unwrap_or("-").to_owned();
    (answer.0, part("code"), part("param"))
}

#[tokio::test]
async fn the_first_money_is_taken_at_once() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let method = kept(&bench, &customer, TestMethod::CardSuccess).await;
    bench.events().await;
    let extra = [("default_payment_method", method.as_str()), ("expand[]", "latest_invoice.payments")];
    let (status, begun) = gift(&bench, &customer, &extra).await;
    assert_eq!((status, &begun["status"]), (200, &"active".into()), "{begun:#}");
    let invoice = &begun["latest_invoice"];
    assert_eq!(
        (&invoice["billing_reason"], &invoice["status"]),
        (&"subscription_create".into(), &"paid".into())
    );
    assert_eq!(begun["items"]["data"][0]["metadata"]["part"], "gift");
    assert_eq!(begun["items"]["data"][0]["current_period_end"], START + 31 * DAY);
    let intent = text(&invoice["payments"]["data"][0]["payment"], "payment_intent");
    let intent = bench.get(&format!("/v1/payment_intents/{intent}")).await;
    assert_eq!(intent["description"], "Subscription creation");
    let wanted = [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "customer.subscription.updated",
    ];
    has(&bench.events().await, &wanted);
    bench.go(START + 31 * DAY).await;
    assert_eq!(bench.sandbox.ledger().await.iter().filter(|line| line.kind == "charge").count(), 2);
    bench.balanced().await;
}

#[tokio::test]
async fn a_trial_is_billed_when_it_ends() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let method = kept(&bench, &customer, TestMethod::CardSuccess).await;
    bench.events().await;
    let end = START + 12 * DAY;
    let until = end.to_string();
    let extra =
        [("default_payment_method", method.as_str()), ("trial_end", &until), ("expand[]", "latest_invoice")];
    let (_, begun) = gift(&bench, &customer, &extra).await;
    assert_eq!(
        (&begun["status"], &begun["billing_cycle_anchor"]),
        (&"trialing".into(), &end.into()),
        "{begun:#}"
    );
    assert_eq!((&begun["trial_start"], &begun["trial_end"]), (&START.into(), &end.into()));
    assert_eq!(begun["items"]["data"][0]["current_period_end"], end);
    assert_eq!(
        (&begun["latest_invoice"]["total"], &begun["latest_invoice"]["status"]),
        (&0.into(), &"paid".into())
    );
    let events = bench.events().await;
    let wanted = ["customer.subscription.created", "invoice.created", "invoice.finalized", "invoice.paid"];
    has(&events, &wanted);
    assert!(!events.contains(&"customer.subscription.updated".to_owned()), "trialing from the first");
    bench.go(end - 1).await;
    assert!(bench.sandbox.ledger().await.is_empty());
    bench.go(end + 31 * DAY).await;
    let ledger = bench.sandbox.ledger().await;
    let taken: Vec<_> = ledger.iter().filter(|line| line.kind == "charge").map(|line| line.created).collect();
    assert_eq!(taken, [end, end + 31 * DAY], "from 14 October to 14 November");
    assert_eq!(bench.get(&format!("/v1/subscriptions/{}", text(&begun, "id"))).await["status"], "active");
}

#[tokio::test]
async fn the_customers_own_default_pays_where_the_gift_names_none() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let nothing = gift(&bench, &customer, &[]).await;
    assert_eq!(refusal(&nothing), (400, "resource_missing".to_owned(), "-".to_owned()));
    let until = (START + 12 * DAY).to_string();
    assert_eq!(gift(&bench, &customer, &[("trial_end", &until)]).await.0, 200, "there is time to add one");
    let method = kept(&bench, &customer, TestMethod::CardSuccess).await;
    bench
        .ok(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &method)])
        .await;
    let (_, begun) = gift(&bench, &customer, &[]).await;
    assert_eq!((&begun["status"], &begun["default_payment_method"]), (&"active".into(), &Value::Null));
    let (_, begun) = gift(&bench, &customer, &[("trial_end", "now")]).await;
    assert_eq!((&begun["status"], &begun["trial_end"]), (&"active".into(), &Value::Null));
    let direct = kept(&bench, &customer, TestMethod::BacsSuccess).await;
    let (_, begun) = gift(&bench, &customer, &[("default_payment_method", &direct)]).await;
    assert_eq!(begun["status"], "active", "Bacs is given credit until it settles");
    bench.go(START + 6 * DAY).await;
    let invoice = bench.get(&format!("/v1/invoices/{}", text(&begun, "latest_invoice"))).await;
    assert_eq!(invoice["status"], "paid");
    bench.events().await;
}

#[tokio::test]
async fn a_first_charge_that_fails_leaves_the_gift_incomplete() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let bad = kept(&bench, &customer, TestMethod::CardFailsOnRenewal).await;
    let base = [("default_payment_method", bad.as_str()), ("off_session", "true")];
    let before = bench.sandbox.all("subscription").await.len();
    let strict = [&base[..], &[("payment_behavior", "error_if_incomplete")]].concat();
    let declined = gift(&bench, &customer, &strict).await;
    assert_eq!(refusal(&declined), (402, "card_declined".to_owned(), "-".to_owned()));
    assert_eq!(bench.sandbox.all("subscription").await.len(), before, "and nothing is made");
    assert!(bench.sandbox.all("invoice").await.is_empty());
    bench.events().await;

    let (status, begun) = gift(&bench, &customer, &base).await;
    assert_eq!((status, &begun["status"]), (200, &"incomplete".into()));
    has(&bench.events().await, &["customer.subscription.created", "charge.failed", "invoice.payment_failed"]);
    let path = format!("/v1/subscriptions/{}", text(&begun, "id"));
    let invoice = format!("/v1/invoices/{}", text(&begun, "latest_invoice"));
    let open = bench.get(&invoice).await;
    assert_eq!((&open["status"], &open["next_payment_attempt"]), (&"open".into(), &Value::Null));
    assert_eq!(bench.refused(&path, &[("pause_collection[behavior]", "void")]).await, "- -");
    let good = kept(&bench, &customer, TestMethod::CardSuccess).await;
    bench.ok(&path, &[("default_payment_method", &good)]).await;
    assert_eq!(bench.ok(&format!("{invoice}/pay"), &[]).await["status"], "paid");
    assert_eq!(bench.get(&path).await["status"], "active");

    let (_, left) = gift(&bench, &customer, &base).await;
    bench.go(START + 23 * 3_600).await;
    let over = bench.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", text(&left, "id"))).await;
    assert_eq!(
        (&over["status"], &over["latest_invoice"]["status"]),
        (&"incomplete_expired".into(), &"void".into())
    );
    assert_eq!(bench.get(&path).await["status"], "active");
    bench.events().await;
    bench.go(START + 40 * DAY).await;
    bench.balanced().await;
}

#[tokio::test]
async fn a_bank_that_asks_needs_the_donor() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let asks = kept(&bench, &customer, TestMethod::Card3ds).await;
    let base = [("default_payment_method", asks.as_str())];
    let strict = [base[0], ("payment_behavior", "error_if_incomplete")];
    let refused = refusal(&gift(&bench, &customer, &strict).await);
    assert_eq!((refused.0, refused.1.as_str()), (402, "subscription_payment_intent_requires_action"));
    let (_, waits) = gift(&bench, &customer, &base).await;
    assert_eq!(waits["status"], "incomplete");
    has(&bench.events().await, &["payment_intent.requires_action", "invoice.payment_action_required"]);
    let (_, begun) = gift(&bench, &customer, &[base[0], ("off_session", "true")]).await;
    assert_eq!(
        begun["status"], "active",
        "confirmed when it was kept, so it may be charged without the donor"
    );
}

/// What is added to the usual parameters, and the code and parameter it is refused with.
type Refused<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[tokio::test]
async fn what_cannot_begin_is_refused() {
    let bench = Bench::new().await;
    let customer = customer(&bench).await;
    let stranger = setup::customer(&bench).await;
    let method = kept(&bench, &stranger, TestMethod::CardSuccess).await;
    let (past, far) = ((START - 1).to_string(), (START + 800 * DAY).to_string());
    let (soon, between) = ((START + 10 * DAY).to_string(), (START + 60 * DAY).to_string());
    let wrong: [Refused<'_>; 9] = [
        (&[("default_payment_method", &method)], "resource_missing", "default_payment_method"),
        (&[("trial_end", &past)], "-", "trial_end"),
        (&[("trial_end", &far)], "-", "trial_end"),
        (&[("trial_end", "tomorrow")], "-", "trial_end"),
        (&[("billing_cycle_anchor", &soon)], "-", "proration_behavior"),
        (&[("cancel_at", &between)], "-", "cancel_at"),
        (&[("trial_period_days", "3")], "parameter_unknown", "trial_period_days"),
        (&[("payment_behavior", "default_incomplete")], "-", "payment_behavior"),
        (&[("items[1][quantity]", "1")], "parameter_missing", "items[1][price]"),
    ];
    for (extra, code, param) in wrong {
        let answer = refusal(&gift(&bench, &customer, extra).await);
        assert_eq!(answer, (400, code.to_owned(), param.to_owned()), "{extra:?}");
    }
    assert_eq!(
        bench.refused("/v1/subscriptions", &[("customer", &customer)]).await,
        "parameter_missing items"
    );
    let nobody = refusal(&gift(&bench, "cus_nobody", &[]).await);
    assert_eq!(nobody, (400, "resource_missing".to_owned(), "customer".to_owned()));
    assert!(bench.sandbox.all("subscription").await.is_empty());

    let own = kept(&bench, &customer, TestMethod::CardSuccess).await;
    let limited = [
        ("default_payment_method", own.as_str()),
        ("billing_cycle_anchor", &soon),
        ("proration_behavior", "none"),
    ];
    let (_, later) = gift(&bench, &customer, &limited).await;
    assert_eq!(
        (&later["status"], &later["billing_cycle_anchor"]),
        (&"active".into(), &(START + 10 * DAY).into())
    );
    assert!(bench.sandbox.ledger().await.is_empty());
    // From 2 October to 2 December: two gifts, and the third boundary ends it.
    let until = (START + 61 * DAY).to_string();
    let (_, ends) = gift(&bench, &customer, &[("default_payment_method", &own), ("cancel_at", &until)]).await;
    assert_eq!(ends["cancel_at"], START + 61 * DAY);
    bench.go(START + 100 * DAY).await;
    let path = format!("/v1/invoices?subscription={}", text(&ends, "id"));
    assert_eq!(bench.get(&path).await["data"].as_array().unwrap().len(), 2);
}
