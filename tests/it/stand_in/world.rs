//! What lasts and what goes out: snapshot, webhooks, the hosted page.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use almoner::sandbox::{DeliveryMode, Sandbox, TestMethod, Webhook};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Bench, DAY, START, text};

#[tokio::test]
async fn a_snapshot_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let bench = Bench::with(START, Some(file.clone())).await;
    let pledge = bench.pledge(TestMethod::CardSuccess).await;
    let gift = bench.gift(TestMethod::BacsSuccess).await;
    bench.events().await;
    let refunded = bench.gift(TestMethod::CardSuccess).await;
    bench.sandbox.refund(&refunded, Some(100)).await.unwrap();
    bench.sandbox.shutdown().await;
    let again = Bench::with(START + 1, Some(file.clone())).await;
    for kind in ["charge", "invoice", "event", "balance_transaction", "checkout.session"] {
        assert_eq!(again.sandbox.all(kind).await, bench.sandbox.all(kind).await);
    }
    assert!(again.events().await.contains(&"charge.refunded".to_owned()), "the queue is kept");
    again.go(START + 40 * DAY).await;
    bench.go(START + 40 * DAY).await;
    assert_eq!(again.get(&format!("/v1/payment_intents/{gift}")).await["status"], "succeeded");
    assert_eq!(
        again.get(&format!("/v1/invoices?subscription={pledge}")).await["data"].as_array().unwrap().len(),
        2
    );
    let ids = |all: Vec<Value>| all.iter().map(|one| text(one, "id")).collect::<Vec<_>>();
    // Events are forgotten after thirty days, but not those that wait to be posted: the older ones may differ.
    let (ours, theirs) = (ids(again.sandbox.all("event").await), ids(bench.sandbox.all("event").await));
    assert!(ours.len() > 10 && theirs.len() > 10);
    assert!(ours.ends_with(&theirs) || theirs.ends_with(&ours), "the same ids follow: {ours:?} {theirs:?}");
    again.balanced().await;
}

#[tokio::test]
async fn posting_events_until_they_are_taken() {
    let bench = Bench::new().await;
    let seen = Arc::new(std::sync::Mutex::new(Vec::<(String, String)>::new()));
    let failures = Arc::new(AtomicU32::new(3));
    let (log, left) = (Arc::clone(&seen), Arc::clone(&failures));
    let handler = move |headers: axum::http::HeaderMap, body: String| {
        let (log, left) = (Arc::clone(&log), Arc::clone(&left));
        async move {
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            }
            let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
            log.lock().unwrap().push((signature, body));
            axum::http::StatusCode::OK
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", axum::routing::post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let hook = Webhook {
        url,
        secrets: vec!["whsec_new".to_owned(), "whsec_old".to_owned()],
        api_version: Some("2024-06-20".to_owned()),
        mode: DeliveryMode::Auto,
    };
    bench.sandbox.set_webhook(Some(hook)).await;
    bench.gift(TestMethod::CardSuccess).await;
    bench.sandbox.settle_deliveries().await;
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), bench.sandbox.all("event").await.len());
    for (signature, body) in &seen {
        let event: Value = serde_json::from_str(body).unwrap();
        assert_eq!(event["api_version"], "2024-06-20");
        let old = Sandbox::sign("whsec_old", body, START);
        let new = Sandbox::sign("whsec_new", body, START);
        assert_eq!(*signature, format!("{new},{}", old.split_once(',').unwrap().1));
    }
    assert_eq!(bench.get("/v1/events?delivery_success=false").await["data"], serde_json::json!([]));
}

#[tokio::test]
async fn the_hosted_page_works_with_nothing_but_forms() {
    let bench = Bench::new().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let session = bench.session(&[]).await;
    let url = text(&session, "url");
    let page = client.get(&url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("style-src 'self'") && policy.contains("form-action 'self' https://charity.example")
    );
    let html = page.text().await.unwrap();
    for wanted in
        ["lang=\"en-GB\"", "<h1>Test payment page</h1>", "Rescue &#38; Aftercare", "Pay £25.00", "4242"]
    {
        assert!(html.contains(wanted), "no {wanted} in {html}");
    }
    let post =
        |url: String, body: &'static str| client.post(url).body(body).header("content-type", FORM).send();
    let declined = post(url.clone(), "method=card-declined&email=a%40b.example&name=Ann").await.unwrap();
    let html = declined.text().await.unwrap();
    assert!(
        html.contains("role=\"alert\">Your card was declined.") && html.contains("value=\"a@b.example\"")
    );
    let asked = post(url.clone(), "method=card-3ds&email=a%40b.example&name=Ann").await.unwrap();
    assert_eq!(asked.status(), 303);
    let confirm = format!("{}{}", bench.sandbox.api_base(), asked.headers()["location"].to_str().unwrap());
    assert!(client.get(&confirm).send().await.unwrap().text().await.unwrap().contains("Approve"));
    for _ in 0..2 {
        let done = post(confirm.clone(), "answer=approve").await.unwrap();
        let to = done.headers()["location"].to_str().unwrap();
        assert_eq!(to, format!("https://charity.example/thanks?s={}", text(&session, "id")));
    }
    assert_eq!(post(url.clone(), "method=card-success").await.unwrap().status(), 303);
    assert_eq!(bench.sandbox.ledger().await.len(), 1, "paid once");
    let details = bench.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
    assert_eq!(details["customer_details"]["email"], "a@b.example");
    assert!(client.get(&url).send().await.unwrap().text().await.unwrap().contains("made already"));
    let css = client.get(format!("{}/pay/assets/page.css", bench.sandbox.api_base())).send().await.unwrap();
    assert_eq!(css.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(client.get(format!("{url}x")).send().await.unwrap().status(), 404);
}

const FORM: &str = "application/x-www-form-urlencoded";
