//! Headers that every answer carries, and the reference id of every request.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use crate::domain::ids::unguessable;

/// Names one request in logs and on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

const STRIPE_PAGE: &str = "https://checkout.stripe.com";

/// Where a form may lead: to us, and on to the payment page.
fn content_security_policy(state: &AppState) -> String {
    let api = &state.deps.config.stripe.api_base;
    let pay = if api == "https://api.stripe.com" { STRIPE_PAGE } else { api };
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
         form-action 'self' {pay}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Gives the request its id, runs it, and sets the headers.
pub async fn headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = unguessable(&state.deps.random)[..12].to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    let policy = content_security_policy(&state);
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        // Not `no-referrer`: browsers then send forms with `Origin: null`. Nothing leaves this origin either way.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];
    let map = response.headers_mut();
    for (name, value) in fixed {
        map.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&policy) {
        map.entry(header::CONTENT_SECURITY_POLICY).or_insert(value);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        map.insert(HeaderName::from_static("x-request-id"), value);
    }
    map.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if state.deps.config.base_url.is_secure() {
        map.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    response
}

/// Refuses pages asked for under a name that is not ours: whatever a poisoned `Host` leads to, it is not our page. The
/// demo and tests answer to any name of this machine.
pub async fn known_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let base = &state.deps.config.base_url;
    let asked = request.headers().get(header::HOST).and_then(|v| v.to_str().ok());
    let asked = asked.or_else(|| request.uri().authority().map(|a| a.as_str())).unwrap_or_default();
    let ours = base.as_str().split("://").nth(1).unwrap_or_default();
    let same = asked.eq_ignore_ascii_case(ours);
    if same || (is_loopback(ours) && is_loopback(asked)) {
        return next.run(request).await;
    }
    StatusCode::MISDIRECTED_REQUEST.into_response()
}

fn is_loopback(authority: &str) -> bool {
    let name = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => authority.split(':').next(),
    };
    matches!(name, Some("localhost" | "127.0.0.1" | "::1")) && !authority.contains('@')
}
