//! The manner of speaking: refusals, keys, faults, pages of lists.

use std::sync::{Arc, atomic::AtomicI64};

use almoner::sandbox::{Fault, FaultKind, Limits, Options, Sandbox};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Bench, DAY, KEY, START, text};

#[tokio::test]
async fn unfit_parameters_are_refused() {
    let bench = Bench::new().await;
    let base = [
        ("mode", "payment"),
        ("success_url", "https://charity.example/"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "gbp"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "Gift"),
    ];
    let cases: [(&str, &str, &str); 14] = [
        ("payment_method_types[0]", "card", "parameter_unknown payment_method_types[0]"),
        ("0[0]", "pause_collection", "parameter_unknown 0[0]"),
        ("mode", "subscription", "- line_items[0][price_data]"),
        ("mode", "gift", "- mode"),
        ("success_url", "", "parameter_invalid_empty success_url"),
        ("line_items[0][price_data][unit_amount]", "29", "amount_too_small line_items"),
        (
            "line_items[0][price_data][unit_amount]",
            "25.00",
            "parameter_invalid_integer line_items[0][price_data][unit_amount]",
        ),
        (
            "line_items[0][price_data][currency]",
            "GBP",
            "parameter_invalid_currency line_items[0][price_data][currency]",
        ),
        ("subscription_data[metadata][a]", "b", "- subscription_data"),
        ("line_items[0][price_data][recurring][interval]", "month", "- line_items[0][price_data]"),
        ("customer", "cus_none", "resource_missing customer"),
        ("expires_at", "1", "- expires_at"),
        ("metadata[a]", LONG, "- metadata[a]"),
        ("expand[0]", "nothing_such", "- expand"),
    ];
    for (name, value, wanted) in cases {
        let mut body = base.to_vec();
        match body.iter_mut().find(|(own, _)| *own == name) {
            Some(own) => own.1 = value,
            None => body.push((name, value)),
        }
        assert_eq!(bench.refused("/v1/checkout/sessions", &body).await, wanted, "{name}={value}");
    }
    assert_eq!(bench.refused("/v1/checkout/sessions", &base[1..]).await, "parameter_missing mode");
    assert_eq!(
        bench.refused("/v1/checkout/sessions", &base[..5]).await,
        "parameter_missing line_items[0][price_data][product]"
    );
    let allowed =
        [&base[..], &[("allowed_payment_method_types[0]", "card"), ("submit_type", "donate")]].concat();
    assert_eq!(
        bench.ok("/v1/checkout/sessions", &allowed).await["payment_method_types"],
        serde_json::json!(["card"])
    );
    assert_eq!(bench.sandbox.violations().await.len(), 2);
}

const LONG: &str = include_str!("protocol.rs");

#[tokio::test]
async fn idempotency_keys() {
    let bench = Bench::new().await;
    let body = [("name", "Fund")];
    let first = bench.send("POST", "/v1/products", &body, Some("k")).await;
    assert_eq!(bench.send("POST", "/v1/products", &body, Some("k")).await, first);
    let (status, other) = bench.send("POST", "/v1/products", &[("name", "Other")], Some("k")).await;
    assert_eq!((status, &other["error"]["type"]), (400, &"idempotency_error".into()));
    // A refused parameter is not remembered; a server error after the effect is.
    assert_eq!(bench.send("POST", "/v1/products", &[("nome", "Fund")], Some("k2")).await.0, 400);
    assert_eq!(bench.send("POST", "/v1/products", &body, Some("k2")).await.0, 200);
    let kind = FaultKind::Status { code: 500, retry_after: None, should_retry: None, before_effect: false };
    bench.sandbox.fault(Fault { method: None, path_prefix: "/v1/products".into(), times: 1, kind }).await;
    for _ in 0..2 {
        assert_eq!(bench.send("POST", "/v1/products", &body, Some("k3")).await.0, 500);
    }
    assert_eq!(bench.get("/v1/products").await["data"].as_array().unwrap().len(), 3);
    bench.go(START + DAY + 1).await;
    assert_ne!(bench.send("POST", "/v1/products", &body, Some("k")).await.1["id"], first.1["id"]);
    bench.send("POST", "/v1/products", &body, None).await;
    let violations = bench.sandbox.violations().await;
    assert!(violations.iter().any(|line| line.contains("without an Idempotency-Key")), "{violations:?}");
}

#[tokio::test]
async fn faults_on_the_line() {
    let bench = Bench::new().await;
    let fault =
        |kind| Fault { method: Some("POST".into()), path_prefix: "/v1/products".into(), times: 1, kind };
    let url = format!("{}/v1/products", bench.sandbox.api_base());
    let post = |key: &'static str| {
        let request = bench.client.post(&url).bearer_auth(KEY).header("idempotency-key", key);
        request.body("name=Fund").send()
    };
    bench.sandbox.fault(fault(FaultKind::Reset { before_effect: true })).await;
    assert!(post("a").await.is_err());
    assert!(bench.sandbox.all("product").await.is_empty());
    bench.sandbox.fault(fault(FaultKind::Reset { before_effect: false })).await;
    assert!(post("a").await.is_err());
    assert_eq!(bench.sandbox.all("product").await.len(), 1);
    let replay = post("a").await.unwrap();
    assert_eq!(
        (replay.status().as_u16(), replay.headers()["idempotent-replayed"].to_str().unwrap()),
        (200, "true")
    );
    bench.sandbox.fault(fault(FaultKind::Html502)).await;
    assert_eq!(post("b").await.unwrap().status(), 502);
    bench.sandbox.fault(fault(FaultKind::LockConflict)).await;
    assert_eq!(post("b").await.unwrap().status(), 409);
    let kind =
        FaultKind::Status { code: 429, retry_after: Some(2), should_retry: Some(true), before_effect: true };
    bench.sandbox.fault(fault(kind)).await;
    let limited = post("b").await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    bench.sandbox.fault(fault(FaultKind::Hang { millis: 300, before_effect: true })).await;
    let (slow, locked) = futures::future::join(post("c"), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        post("c").await
    })
    .await;
    assert_eq!((slow.unwrap().status().as_u16(), locked.unwrap().status().as_u16()), (200, 409));
    let log = bench.sandbox.requests().await;
    assert_eq!(
        log.iter().map(|request| request.status).collect::<Vec<_>>(),
        [0, 0, 200, 502, 409, 429, 409, 200]
    );
    let stranger = bench.client.get(&url).bearer_auth("sk_test_other").send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn lists_page_newest_first() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for step in 0..7 {
        bench.go(START + step * 10).await;
        ids.push(text(&bench.session(&[]).await, "id"));
    }
    ids.reverse();
    let page =
        |list: &Value| list["data"].as_array().unwrap().iter().map(|one| text(one, "id")).collect::<Vec<_>>();
    let first = bench.get("/v1/checkout/sessions?limit=3").await;
    assert_eq!((page(&first), &first["has_more"]), (ids[..3].to_vec(), &true.into()));
    let next = bench.get(&format!("/v1/checkout/sessions?limit=3&starting_after={}", ids[2])).await;
    assert_eq!(page(&next), ids[3..6]);
    let back = bench.get(&format!("/v1/checkout/sessions?limit=3&ending_before={}", ids[6])).await;
    assert_eq!((page(&back), &back["has_more"]), (ids[3..6].to_vec(), &true.into()));
    let path = format!("/v1/checkout/sessions?created[gt]={}&created[lte]={}", START + 10, START + 30);
    assert_eq!(page(&bench.get(&path).await), ids[3..5]);
    bench.ok(&format!("/v1/checkout/sessions/{}/expire", ids[0]), &[]).await;
    assert_eq!(page(&bench.get("/v1/checkout/sessions?status=expired").await), ids[..1]);
    bench.go(START + 2 * DAY).await;
    assert_eq!(bench.get("/v1/checkout/sessions?status=open").await["data"], serde_json::json!([]));
    let types = "types[0]=checkout.session.expired&types[1]=charge.succeeded";
    assert_eq!(
        bench.get(&format!("/v1/events?{types}&limit=100")).await["data"].as_array().unwrap().len(),
        7
    );
    bench.go(START + 40 * DAY).await;
    assert_eq!(bench.get("/v1/events").await["data"], serde_json::json!([]));
}

#[tokio::test]
async fn too_many_requests() {
    let clock = Arc::new(AtomicI64::new(START));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = Some(Limits { global_per_second: 3, endpoint_per_second: 2 });
    let sandbox = Sandbox::start(listener, Options { limits, ..super::options(&clock, None) }).await.unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::new();
    let mut statuses = Vec::new();
    for name in ["charges", "charges", "charges", "refunds", "payouts"] {
        let url = format!("{}/v1/{name}", sandbox.api_base());
        statuses.push(client.get(url).bearer_auth(KEY).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 200, 429]);
}
