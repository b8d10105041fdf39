//! The browser's session: tower-sessions over our own store, our own clock and hashed ids.

use std::collections::HashMap;

use async_trait::async_trait;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

use super::AppState;
use super::errors::AppError;
use super::visitor::{HELD, Held};
use crate::services::sessions::{self, Beginning};
use crate::services::{Deps, ServiceError};
use crate::store::accounts::Account;

/// Keeps sessions through the services. When one ends is decided there, by our clock: tower-sessions' own end is told
/// to be tomorrow, always.
#[derive(Clone, Debug)]
pub struct BrowserSessions {
    deps: Deps,
}

fn backend(error: &ServiceError) -> Error {
    Error::Backend(error.to_string())
}

fn held(record: &Record) -> Option<Held> {
    record.data.get(HELD).and_then(|v| serde_json::from_value(v.clone()).ok())
}

/// What is kept: everything but how the browser arrived, which is told once.
fn to_text(record: &Record) -> Result<String> {
    let held = held(record).map(|h| (HELD, Held { arrival: None, ..h }));
    let kept: HashMap<&str, Held> = held.into_iter().collect();
    serde_json::to_string(&kept).map_err(|e| Error::Encode(e.to_string()))
}

/// What the session of a cookie holds, with the account of whoever is signed in: read at once, where tower-sessions would
/// read the one and leave the other to a second connection.
///
/// # Errors
/// When the database refuses, or the session cannot be read.
pub async fn held_by(
    state: &AppState,
    cookie: &str,
) -> std::result::Result<(Held, Option<Account>), AppError> {
    let Some((session, account)) = sessions::load_with_account(&state.deps, cookie).await? else {
        return Ok((Held::default(), None));
    };
    let data: HashMap<String, Held> =
        serde_json::from_str(&session.data).map_err(|e| ServiceError::Unexpected(format!("session: {e}")))?;
    Ok((data.get(HELD).cloned().unwrap_or_default(), account))
}

#[async_trait]
impl SessionStore for BrowserSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let held = held(record).unwrap_or_default();
        let Held { donor, agent, arrival, .. } = held;
        let beginning = Beginning { donor, agent, arrival, data: to_text(record)? };
        loop {
            let cookie = record.id.to_string();
            let new = sessions::create(&self.deps, &cookie, beginning.clone());
            if new.await.map_err(|e| backend(&e))? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = to_text(record)?;
        sessions::save(&self.deps, &record.id.to_string(), &data).await.map_err(|e| backend(&e))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tower-sessions wants an end; ours is decided by our clock"
    )]
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = sessions::load(&self.deps, &id.to_string()).await.map_err(|e| backend(&e))?;
        let Some(session) = found else { return Ok(None) };
        let data: HashMap<String, serde_json::Value> =
            serde_json::from_str(&session.data).map_err(|e| Error::Decode(e.to_string()))?;
        let tomorrow = OffsetDateTime::now_utc().saturating_add(time::Duration::days(1));
        Ok(Some(Record { id: *id, data, expiry_date: tomorrow }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sessions::end(&self.deps, &id.to_string()).await.map_err(|e| backend(&e))
    }
}

/// The name of a cookie. `__Host-` binds it to this host and to HTTPS; plain HTTP is served on loopback alone.
pub fn cookie_name(secure: bool, name: &str) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// Completes the cookie that ends a session: a browser takes a `__Host-` cookie, even one that is to go, only with `Secure`
/// and a path.
pub async fn complete_removal(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let complete = |value: &HeaderValue| {
        let text = value.to_str().ok()?;
        let ends = text.starts_with("__Host-") && text.contains("Max-Age=0") && !text.contains("Secure");
        ends.then(|| HeaderValue::from_str(&format!("{text}; Secure; HttpOnly; SameSite=Lax")).ok()).flatten()
    };
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let cookies: Vec<HeaderValue> = cookies.map(|v| complete(v).unwrap_or_else(|| v.clone())).collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Lax, not strict: a donor comes back from the payment page by a redirect from another site and must still be signed
/// in.
pub fn layer(state: &AppState) -> SessionManagerLayer<BrowserSessions> {
    let secure = state.deps.config.base_url.is_secure();
    SessionManagerLayer::new(BrowserSessions { deps: state.deps.clone() })
        .with_name(cookie_name(secure, "almoner"))
        .with_secure(secure)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnSessionEnd)
}
