//! The door for callbacks: forged, stale, broken, strange and doubled ones.

use std::time::Duration;

use almoner::sandbox::Sandbox;

use crate::support::app::WEBHOOK_SECRET;
use crate::support::{TestApp, story};

fn event(id: &str, kind: &str, object: &str) -> String {
    format!(
        r#"{{"id":"{id}","object":"event","api_version":"2026-09-30.endive","created":1795341600,"livemode":false,"pending_webhooks":1,"request":null,"type":"{kind}","data":{{"object":{object}}}}}"#
    )
}

async fn post(app: &TestApp, body: impl Into<reqwest::Body>, signature: Option<String>) -> u16 {
    let mut request = app.http.post(app.url("/webhooks/stripe")).body(body);
    if let Some(value) = signature {
        request = request.header("Stripe-Signature", value);
    }
    request.send().await.expect("an answer").status().as_u16()
}

async fn kept(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM webhook_event").await
}

story! {
    async fn what_stripe_did_not_sign_is_refused_and_not_kept(app: &TestApp) {
        let now = app.deps.clock.now().as_unix();
        let body = event("evt_forged", "customer.created", r#"{"id":"cus_1","object":"customer"}"#);
        let good = Sandbox::sign(WEBHOOK_SECRET, &body, now);
        let forgeries = [
            None,
            Some(String::new()),
            Some("t=,v1=".to_owned()),
            Some(Sandbox::sign("", &body, now)),
            Some(Sandbox::sign("whsec_wrong_0123456789abcdef0123456789ab", &body, now)),
            Some(Sandbox::sign(WEBHOOK_SECRET, &body.replace("cus_1", "cus_2"), now)),
            Some(Sandbox::sign(WEBHOOK_SECRET, &body, now - 301)),
            Some(Sandbox::sign(WEBHOOK_SECRET, &body, now + 301)),
            Some(good.replace("v1=", "v0=")),
        ];
        for signature in forgeries {
            assert_eq!(post(app, body.clone(), signature.clone()).await, 400, "{signature:?}");
        }
        let live = body.replace("\"livemode\":false", "\"livemode\":true");
        assert_eq!(post(app, live.clone(), Some(Sandbox::sign(WEBHOOK_SECRET, &live, now))).await, 400);
        assert_eq!(kept(app).await, 0);
        assert_eq!(post(app, body, Some(good)).await, 200);
        assert_eq!(kept(app).await, 1);
    }
}

story! {
    async fn broken_oversized_and_strange_bodies_never_break_the_door(app: &TestApp) {
        let now = app.deps.clock.now().as_unix();
        let whole = event("evt_cut", "customer.created", r#"{"id":"cus_1"}"#);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let long_id = format!("evt_{}", "x".repeat(300));
        for body in [
            whole[..whole.len() / 2].to_owned(),
            String::new(),
            "null".to_owned(),
            deep,
            event(&long_id, "customer.created", "{}"),
            event("not_an_event_id", "customer.created", "{}"),
        ] {
            let signature = Sandbox::sign(WEBHOOK_SECRET, &body, now);
            assert_eq!(post(app, body.clone(), Some(signature)).await, 400, "{:.60}", body);
        }
        assert_eq!(post(app, vec![b'x'; 3 * 1024 * 1024], Some("t=1,v1=00".to_owned())).await, 413);
        assert_eq!(kept(app).await, 0);

        let padding = "x".repeat(1024 * 1024);
        let big = event("evt_big", "customer.created", &format!(r#"{{"id":"cus_1","pad":"{padding}"}}"#));
        assert_eq!(post(app, big.clone(), Some(Sandbox::sign(WEBHOOK_SECRET, &big, now))).await, 200);
        let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let odd = event("evt_odd", "brand.new.type", &format!(r#"{{"id":"x_1","payment_intent":{nested}}}"#));
        assert_eq!(post(app, odd.clone(), Some(Sandbox::sign(WEBHOOK_SECRET, &odd, now))).await, 200);
        assert_eq!(app.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'ignored'").await, 2);
    }
}

story! {
    async fn a_doubled_event_is_kept_once_and_answered_each_time(app: &TestApp) {
        let now = app.deps.clock.now().as_unix();
        let body = event("evt_twice", "customer.created", r#"{"id":"cus_1"}"#);
        for _ in 0..3 {
            assert_eq!(post(app, body.clone(), Some(Sandbox::sign(WEBHOOK_SECRET, &body, now))).await, 200);
        }
        let signature = || Some(Sandbox::sign(WEBHOOK_SECRET, &body, now));
        let (a, b, c) = tokio::join!(
            post(app, body.clone(), signature()), post(app, body.clone(), signature()), post(app, body.clone(), signature())
        );
        assert_eq!((a, b, c), (200, 200, 200));
        assert_eq!(kept(app).await, 1);
        assert_eq!(app.text("SELECT payload FROM webhook_event").await, body, "kept byte for byte");
    }
}

story! {
    async fn both_secrets_count_while_one_is_rolled(app: &TestApp) {
        let now = app.deps.clock.now().as_unix();
        let body = event("evt_roll", "customer.created", r#"{"id":"cus_1"}"#);
        let right = Sandbox::sign(WEBHOOK_SECRET, &body, now);
        let wrong = Sandbox::sign("whsec_retired_0123456789abcdef012345678", &body, now);
        let wrong_v1 = wrong.split(',').nth(1).expect("a signature");
        assert_eq!(post(app, body.clone(), Some(format!("{right},{wrong_v1}"))).await, 200);
        assert_eq!(post(app, body, Some(wrong)).await, 400);
    }
}

story! {
    async fn a_callback_before_its_row_and_one_from_an_old_api_converge(app: &TestApp) {
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await.expect("paid");
        let now = app.deps.clock.now().as_unix();
        for mut delivery in app.hold_deliveries().await {
            // An older account: other version, other fields, some missing, the object reduced to its id.
            let whole: serde_json::Value = serde_json::from_str(&delivery.body).expect("an event");
            let object = &whole["data"]["object"];
            delivery.body = serde_json::json!({
                "id": whole["id"], "object": "event", "api_version": "2015-10-16", "created": whole["created"],
                "livemode": false, "type": whole["type"], "user_id": "acct_old",
                "data": { "object": { "id": object["id"], "object": object["object"] } },
            })
            .to_string();
            let signature = Sandbox::sign(WEBHOOK_SECRET, &delivery.body, now);
            assert_eq!(post(app, delivery.body, Some(signature)).await, 200);
        }
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.mails().len(), 1);
    }
}

story! {
    async fn many_deliveries_at_once_are_all_kept(app: &TestApp) {
        let now = app.deps.clock.now().as_unix();
        let mut posts = tokio::task::JoinSet::new();
        for n in 0..200 {
            let body = event(&format!("evt_many{n}"), "customer.created", r#"{"id":"cus_1"}"#);
            let signature = Sandbox::sign(WEBHOOK_SECRET, &body, now);
            let request = app.http.post(app.url("/webhooks/stripe")).header("Stripe-Signature", signature).body(body);
            posts.spawn(async move { request.send().await.expect("an answer").status().as_u16() });
        }
        while let Some(status) = posts.join_next().await {
            assert_eq!(status.expect("a post"), 200);
        }
        assert_eq!(kept(app).await, 200);
        app.deps.clock.advance(Duration::from_secs(1));
    }
}
