//! The stand-in for Stripe, driven over plain HTTP and held against Stripe's own document.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicI64, AtomicU32, Ordering},
};

use almoner::sandbox::{DeliveryMode, Options, Sandbox, TestMethod, Webhook};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::openapi::Spec;

#[path = "stand_in/beginnings.rs"]
mod beginnings;
#[path = "stand_in/changes.rs"]
mod changes;
#[path = "stand_in/dunning.rs"]
mod dunning;
#[path = "stand_in/gifts.rs"]
mod gifts;
#[path = "stand_in/pledges.rs"]
mod pledges;
#[path = "stand_in/protocol.rs"]
mod protocol;
#[path = "stand_in/saved.rs"]
mod saved;
#[path = "stand_in/setup.rs"]
mod setup;
#[path = "stand_in/world.rs"]
mod world;

static SPEC: LazyLock<Option<Spec>> = LazyLock::new(|| {
    let spec = Spec::load();
    if spec.is_none() {
        eprintln!("skipped: ../shared/stripe/openapi.json is not here, answers are not held against it");
    }
    spec
});

/// 2 October 2026, 09:00 UTC, a Friday.
const START: i64 = 1_790_931_600;
const DAY: i64 = 86_400;
const KEY: &str = "sk_test_stand_in";

/// A stand-in with a clock of its own and a client that checks everything it sees.
struct Bench {
    sandbox: Sandbox,
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
    keys: AtomicU32,
}

fn options(clock: &Arc<AtomicI64>, snapshot: Option<std::path::PathBuf>) -> Options {
    let clock = Arc::clone(clock);
    let now = Arc::new(move || clock.load(Ordering::SeqCst) * 1_000_000);
    Options { now, seed: 7, snapshot, secret_key: KEY.to_owned(), limits: None, country: "GB".to_owned() }
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    pairs
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl Bench {
    async fn new() -> Self {
        Self::at(START).await
    }

    async fn at(start: i64) -> Self {
        Self::with(start, None).await
    }

    async fn with(start: i64, snapshot: Option<std::path::PathBuf>) -> Self {
        let clock = Arc::new(AtomicI64::new(start));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(listener, options(&clock, snapshot)).await.unwrap();
        drop(rustls::crypto::ring::default_provider().install_default());
        let bench = Bench { sandbox, clock, client: reqwest::Client::new(), keys: AtomicU32::new(0) };
        let hook = Webhook {
            url: "http://127.0.0.1:9/hook".to_owned(),
            secrets: vec!["whsec_a".to_owned()],
            api_version: None,
            mode: DeliveryMode::Manual,
        };
        bench.sandbox.set_webhook(Some(hook)).await;
        bench
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    async fn go(&self, to: i64) {
        self.clock.store(to, Ordering::SeqCst);
        self.sandbox.tick().await;
    }

    async fn send(&self, method: &str, path: &str, body: &[(&str, &str)], key: Option<&str>) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.api_base());
        let method: reqwest::Method = method.parse().unwrap();
        let mut request = self.client.request(method, url).bearer_auth(KEY).body(encoded(body));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(answer.headers()["request-id"].to_str().unwrap().starts_with("req_"));
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        (status, body)
    }

    fn contract(&self, method: &str, path: &str, sent: &[(&str, &str)], status: u16, body: &Value) {
        let Some(spec) = SPEC.as_ref() else { return };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let mut wrong = spec.check_response(method, path, status, body);
        if status == 200 {
            wrong.extend(spec.check_request(method, path, &query, &owned(sent)));
        }
        assert!(wrong.is_empty(), "{method} {path}: {wrong:#?}\n{body:#}");
    }

    async fn post(&self, path: &str, body: &[(&str, &str)]) -> (u16, Value) {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::SeqCst));
        let (status, answer) = self.send("POST", path, body, Some(&key)).await;
        self.contract("POST", path, body, status, &answer);
        (status, answer)
    }

    async fn ok(&self, path: &str, body: &[(&str, &str)]) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    async fn refused(&self, path: &str, body: &[(&str, &str)]) -> String {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 400, "{answer:#}");
        let text = |name: &str| answer["error"][name].as_str().unwrap_or("-").to_owned();
        format!("{} {}", text("code"), text("param"))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, &[], None).await;
        assert_eq!(status, 200, "{path}: {answer:#}");
        self.contract("GET", path, &[], status, &answer);
        answer
    }

    /// The types of the events since the last look; their objects are held against the document.
    async fn events(&self) -> Vec<String> {
        let deliveries = self.sandbox.take_deliveries().await;
        for delivery in &deliveries {
            let event: Value = serde_json::from_str(&delivery.body).unwrap();
            assert_eq!(event["id"], delivery.event_id.as_str());
            if let Some(spec) = SPEC.as_ref() {
                let mut wrong = spec.check_object(&event);
                wrong.extend(spec.check_object(&event["data"]["object"]));
                assert!(wrong.is_empty(), "{}: {wrong:#?}", delivery.event_type);
            }
        }
        deliveries.into_iter().map(|delivery| delivery.event_type).collect()
    }

    async fn session(&self, extra: &[(&str, &str)]) -> Value {
        let mut body = vec![
            ("mode", "payment"),
            ("success_url", "https://charity.example/thanks?s={CHECKOUT_SESSION_ID}"),
            ("cancel_url", "https://charity.example/give"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "gbp"),
            ("line_items[0][price_data][unit_amount]", "2500"),
            ("line_items[0][price_data][product_data][name]", "Rescue & Aftercare"),
        ];
        for (name, value) in extra {
            match body.iter_mut().find(|(own, _)| own == name) {
                Some(own) => own.1 = value,
                None => body.push((name, value)),
            }
        }
        self.ok("/v1/checkout/sessions", &body).await
    }

    async fn monthly(&self) -> Value {
        self.session(&[
            ("mode", "subscription"),
            ("line_items[0][price_data][recurring][interval]", "month"),
            ("subscription_data[metadata][pledge]", "pledge_1"),
        ])
        .await
    }

    /// A one-off gift paid by this method; the payment intent.
    async fn gift(&self, method: TestMethod) -> String {
        let session = self.session(&[("payment_intent_data[metadata][gift]", "gift_1")]).await;
        let id = text(&session, "id");
        self.sandbox.pay(&id, method).await.unwrap();
        text(&self.get(&format!("/v1/checkout/sessions/{id}")).await, "payment_intent")
    }

    /// A monthly gift begun by this method; the subscription.
    async fn pledge(&self, method: TestMethod) -> String {
        let id = text(&self.monthly().await, "id");
        self.sandbox.pay(&id, method).await.unwrap();
        text(&self.get(&format!("/v1/checkout/sessions/{id}")).await, "subscription")
    }

    async fn balanced(&self) {
        let ledger = self.sandbox.ledger().await;
        for line in &ledger {
            assert_eq!(line.net, line.amount - line.fee, "{line:?}");
        }
        for payout in self.sandbox.all("payout").await {
            let of = text(&payout, "id");
            let sum: i64 =
                ledger.iter().filter(|line| line.payout.as_ref() == Some(&of)).map(|line| line.net).sum();
            assert_eq!(sum, 0, "what a payout carries and the payout itself cancel out");
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value:#}")).to_owned()
}

fn has(events: &[String], wanted: &[&str]) {
    for name in wanted {
        assert!(events.iter().any(|event| event == name), "no {name} in {events:?}");
    }
}
