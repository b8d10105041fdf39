//! Our own small client: pooled connections, a persisted idempotency key on every attempt, retries that honour
//! `Stripe-Should-Retry` and `Retry-After`, a pinned version, request ids in errors.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::API_VERSION;
use super::shaping::Shaper;
use crate::failpoints::{self, Point};
use crate::guard;
use crate::random::Random;

/// How long to insist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A donor waits: three tries, five seconds each.
    Interactive,
    /// Nobody waits, the job comes back: two tries, twenty seconds each.
    Background,
}

impl Effort {
    fn attempts(self) -> u32 {
        match self {
            Effort::Interactive => 3,
            Effort::Background => 2,
        }
    }

    fn timeout(self) -> Duration {
        match self {
            Effort::Interactive => Duration::from_secs(5),
            Effort::Background => Duration::from_secs(20),
        }
    }
}

/// Why a call gave no answer we can use. Carries no personal data: Stripe's own message may, so it is left out.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// Stripe refused: trying again with the same parameters gives the same.
    #[error("Stripe refused ({status} {code}, parameter {param}, request {request_id})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stripe's error code or type.
        code: String,
        /// The parameter at fault, or `-`.
        param: String,
        /// Stripe's request id, or `-`.
        request_id: String,
    },
    /// We do not know whether it was done: *unknown*, never *failed*. Ask again with the same key.
    #[error("no certain answer from Stripe ({0})")]
    Unknown(String),
    /// There is no such object.
    #[error("Stripe has no such object ({0})")]
    NotFound(String),
    /// The answer could not be read.
    #[error("unreadable answer from Stripe: {0}")]
    Unreadable(String),
}

/// Talks to Stripe, or to whatever answers at the base URL.
#[derive(Clone)]
pub struct StripeClient {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for StripeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StripeClient")
    }
}

struct Inner {
    http: reqwest::Client,
    base: String,
    key: SecretString,
    shaper: Option<Shaper>,
    random: Random,
    first_wait: Duration,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
}

enum Attempt {
    Answer(Vec<u8>),
    Final(StripeError),
    Again { why: String, wait: Option<Duration> },
}

impl StripeClient {
    /// A client for `base` (no trailing slash, without `/v1`). `first_wait` is the wait before the second try,
    /// doubled after each.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        base: &str,
        key: SecretString,
        random: Random,
        first_wait: Duration,
    ) -> anyhow::Result<StripeClient> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(3))
            .pool_max_idle_per_host(16)
            .build()?;
        let shaper = Some(Shaper::default());
        let base = base.trim_end_matches('/').to_owned();
        Ok(StripeClient { inner: Arc::new(Inner { http, base, key, shaper, random, first_wait }) })
    }

    /// The same client without Stripe's limits on calls a second, for the stand-in on this machine.
    pub fn without_limits(self) -> StripeClient {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => StripeClient { inner: Arc::new(Inner { shaper: None, ..inner }) },
            // Somebody calls with it already: then it stays as it is.
            Err(inner) => StripeClient { inner },
        }
    }

    /// Reads something.
    ///
    /// # Errors
    /// See [`StripeError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        effort: Effort,
    ) -> Result<T, StripeError> {
        self.send(request, None, effort).await
    }

    /// Does something, under an idempotency key that was committed before this call.
    ///
    /// # Errors
    /// See [`StripeError`]; after [`StripeError::Unknown`] call again with the same key and parameters.
    pub async fn post<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        idempotency_key: &str,
        effort: Effort,
    ) -> Result<T, StripeError> {
        self.send(request, Some(idempotency_key), effort).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        key: Option<&str>,
        effort: Effort,
    ) -> Result<T, StripeError> {
        guard::assert_no_open_write("Stripe");
        let mut wait = self.inner.first_wait;
        let mut last = String::new();
        for attempt in 1..=effort.attempts() {
            match self.attempt(&request, key, effort.timeout()).await {
                Attempt::Answer(bytes) => {
                    return serde_json::from_slice(&bytes).map_err(|e| {
                        // Not serde's own text: that may quote a value.
                        StripeError::Unreadable(format!("{:?} error at byte {}", e.classify(), e.column()))
                    });
                }
                Attempt::Final(error) => return Err(error),
                Attempt::Again { why, wait: asked } => {
                    last = why;
                    if attempt < effort.attempts() {
                        let jitter = self.inner.random.below(wait.as_millis().max(1) as u64);
                        let pause = asked.unwrap_or(wait + Duration::from_millis(jitter));
                        tokio::time::sleep(pause.min(effort.timeout())).await;
                        wait *= 2;
                    }
                }
            }
        }
        Err(StripeError::Unknown(last))
    }

    async fn attempt(&self, request: &RequestBuilder, key: Option<&str>, timeout: Duration) -> Attempt {
        let (method, name) = match request.method {
            StripeMethod::Get => (reqwest::Method::GET, "GET"),
            StripeMethod::Post => (reqwest::Method::POST, "POST"),
            StripeMethod::Delete => (reqwest::Method::DELETE, "DELETE"),
        };
        if let Some(shaper) = &self.inner.shaper {
            shaper.turn(name, &request.path).await;
        }
        let mut url = format!("{}/v1{}", self.inner.base, request.path);
        if let Some(query) = request.query.as_deref().filter(|q| !q.is_empty()) {
            url.push('?');
            url.push_str(query);
        }
        let mut call = self
            .inner
            .http
            .request(method, url)
            .bearer_auth(self.inner.key.expose_secret())
            .header("Stripe-Version", API_VERSION)
            .timeout(timeout);
        if let Some(key) = key {
            call = call.header("Idempotency-Key", key);
        }
        if name == "POST" {
            call = call
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(request.body.clone().unwrap_or_default());
        }
        failpoints::reach(Point::BeforeCall).await;
        let sent = call.send().await;
        failpoints::reach(Point::AfterCall).await;
        match sent {
            Err(e) => Attempt::Again { why: transport_reason(&e), wait: None },
            Ok(answer) => {
                let status = answer.status().as_u16();
                let headers = answer.headers().clone();
                match answer.bytes().await {
                    Err(e) => Attempt::Again { why: transport_reason(&e), wait: None },
                    Ok(body) => judge(status, &headers, body.to_vec()),
                }
            }
        }
    }
}

/// Says what happened without the URL, which may carry ids.
fn transport_reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "time-out".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "connection broke".to_owned()
    }
}

fn judge(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Attempt {
    if (200..300).contains(&status) {
        return Attempt::Answer(body);
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let request_id = text("request-id").unwrap_or_else(|| "-".to_owned());
    let detail = serde_json::from_slice::<ErrorBody>(&body).ok().map(|b| b.error);
    let code = detail
        .as_ref()
        .and_then(|d| d.code.clone().or_else(|| d.kind.clone()))
        .unwrap_or_else(|| "no code".to_owned());
    let retry = match text("stripe-should-retry").as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(status, 409 | 429 | 500 | 502 | 503 | 504),
    };
    if retry {
        let asked = text(RETRY_AFTER.as_str()).and_then(|v| v.parse().ok()).map(Duration::from_secs);
        return Attempt::Again { why: format!("{status} {code}, request {request_id}"), wait: asked };
    }
    Attempt::Final(match status {
        404 => StripeError::NotFound(request_id),
        // A server error that will not change by asking: what it did is not known.
        500..=599 => StripeError::Unknown(format!("{status} {code}, request {request_id}")),
        _ => {
            let param = detail.and_then(|d| d.param).unwrap_or_else(|| "-".to_owned());
            StripeError::Refused { status, code, param, request_id }
        }
    })
}
