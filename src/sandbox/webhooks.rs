//! Signing and posting events.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::{
    inner::Inner,
    state::World,
    types::{Delivery, Webhook},
};

/// Posts at once.
const WIDTH: usize = 16;
/// Tries before an event is given up; Stripe goes on for three days, here it is seconds.
const TRIES: u32 = 10;

/// The value of `Stripe-Signature`: one `v1` for each secret.
pub(super) fn sign(secrets: &[String], body: &str, at: i64) -> String {
    let mut value = format!("t={at}");
    for secret in secrets {
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
            mac.update(format!("{at}.{body}").as_bytes());
            value.push_str(",v1=");
            value.push_str(&hex::encode(mac.finalize().into_bytes()));
        }
    }
    value
}

impl World {
    /// An event, ready to be posted.
    pub fn delivery(&self, id: &str) -> Delivery {
        Delivery {
            event_id: id.to_owned(),
            event_type: self.text(id, "type").unwrap_or_default(),
            body: self.event_text(id),
        }
    }
}

async fn post(inner: &Inner, hook: &Webhook, body: &str) -> Result<u16, String> {
    let client = inner.client.get_or_init(reqwest::Client::new);
    let sent = client
        .post(&hook.url)
        .timeout(Duration::from_secs(20))
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (stand-in)")
        .header("stripe-signature", sign(&hook.secrets, body, inner.now()))
        .body(body.to_owned())
        .send()
        .await;
    sent.map(|answer| answer.status().as_u16()).map_err(|error| error.to_string())
}

/// Posts once.
pub(super) async fn deliver(inner: &Inner, delivery: &Delivery) -> Result<u16, String> {
    let hook = inner.hook().ok_or_else(|| "no webhook is set".to_owned())?;
    let outcome = post(inner, &hook, &delivery.body).await;
    let ok = matches!(outcome, Ok(200..=299));
    inner.with(|world| world.delivered(&delivery.event_id, ok));
    outcome
}

/// The background task of auto mode.
pub(super) fn spawn(inner: &Arc<Inner>) {
    let inner = Arc::clone(inner);
    let places = Arc::new(Semaphore::new(WIDTH));
    tokio::spawn(async move {
        while !inner.is_stopped() {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let next = inner.auto_hook().and_then(|_| inner.with(take));
            let Some(delivery) = next else {
                drop(place);
                inner.wake.notified().await;
                continue;
            };
            let worker = Arc::clone(&inner);
            tokio::spawn(async move {
                persist(&worker, &delivery).await;
                worker.idle.notify_waiters();
                drop(place);
            });
        }
    });
}

fn take(world: &mut World) -> Option<Delivery> {
    let id = world.outbox.pop_front()?;
    world.sending.insert(id.clone());
    Some(world.delivery(&id))
}

/// Posts until answered with 2xx, given up or stopped.
async fn persist(inner: &Inner, delivery: &Delivery) {
    for attempt in 0..TRIES {
        if inner.is_stopped() {
            return;
        }
        let Some(hook) = inner.auto_hook() else { break };
        if matches!(post(inner, &hook, &delivery.body).await, Ok(200..=299)) {
            return done(inner, &delivery.event_id, true);
        }
        tokio::time::sleep(Duration::from_millis((50 << attempt).min(2_000))).await;
    }
    tracing::warn!(event = %delivery.event_id, "the stand-in gave up posting an event");
    done(inner, &delivery.event_id, false);
}

fn done(inner: &Inner, id: &str, ok: bool) {
    inner.with(|world| {
        world.revision += 1;
        world.sending.remove(id);
        world.delivered(id, ok);
    });
}

/// Waits until nothing is queued or being posted; at once where nobody posts.
pub(super) async fn settle(inner: &Inner) {
    loop {
        let changed = inner.idle.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let quiet = inner.with(|world| world.outbox.is_empty() && world.sending.is_empty());
        if quiet || inner.auto_hook().is_none() || inner.is_stopped() {
            return;
        }
        changed.await;
    }
}
