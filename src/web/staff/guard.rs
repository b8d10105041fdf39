//! Who is inside the office: a session of its own under a cookie of its own, and the rights of the roles as they are now.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::clock::Ts;
use crate::domain::role::Right;
use crate::domain::states::StaffStage;
use crate::services::ServiceError;
use crate::services::staff::Actor;
use crate::services::staff::door::{self, Caller, FRESH_FOR};
use crate::store::staff_sessions::StaffSession;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::session::cookie_name;
use crate::web::visitor::cookie;
use crate::web::{AppState, agent};

const COOKIE: &str = "almoner-staff";
/// Kept by a browser after its session: see [`door::browser_mark`].
const MARK_COOKIE: &str = "almoner-staff-known";
/// Half a year.
const MARK_SECONDS: u32 = 180 * 24 * 3600;

/// A browser at the staff door or inside.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Its session, if it has one that works.
    pub session: Option<StaffSession>,
    /// Where it is, on the network.
    pub from: std::net::IpAddr,
    agent: String,
    mark: Option<String>,
}

impl Browser {
    /// As the services see it.
    pub fn caller(&self) -> Caller<'_> {
        Caller { from: self.from, agent: &self.agent, mark: self.mark.as_deref() }
    }

    /// The session, when it has come as far as `stage`.
    pub fn at(&self, stage: StaffStage) -> Option<&StaffSession> {
        self.session.as_ref().filter(|s| s.stage == stage)
    }
}

impl FromRequestParts<AppState> for Browser {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Browser, AppError> {
        if let Some(browser) = parts.extensions.get::<Browser>() {
            return Ok(browser.clone());
        }
        let Ok(Client(from)) = Client::from_request_parts(parts, state).await;
        let secure = state.deps.config.base_url.is_secure();
        let session = match cookie(parts, &cookie_name(secure, COOKIE)) {
            None => None,
            Some(value) => door::load(&state.deps, &value).await?,
        };
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        let mark = cookie(parts, &cookie_name(secure, MARK_COOKIE));
        Ok(Browser { session, from, agent: agent::in_words(user_agent.unwrap_or_default()), mark })
    }
}

/// A member of staff who is inside and may be on this page.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Who acts.
    pub actor: Actor,
    /// Their mailbox.
    pub email: String,
    /// Their session.
    pub session: StaffSession,
}

impl Staff {
    /// Whether they may.
    pub fn may(&self, right: Right) -> bool {
        self.actor.may(right)
    }

    /// Whether they have proved just now who they are.
    pub fn is_fresh(&self, now: Ts) -> bool {
        now < self.session.proven_at.plus(FRESH_FOR)
    }
}

impl FromRequestParts<AppState> for Staff {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Staff, AppError> {
        let staff = parts.extensions.get::<Staff>().cloned();
        Ok(staff.ok_or_else(|| ServiceError::Unexpected("a staff page without a staff policy".to_owned()))?)
    }
}

impl OptionalFromRequestParts<AppState> for Staff {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Option<Staff>, Infallible> {
        Ok(parts.extensions.get::<Staff>().cloned())
    }
}

/// Lets staff with the right through. Who is not inside is asked to sign in; who may not is told so.
pub async fn require(
    State((state, right)): State<(AppState, Right)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let browser = match Browser::from_request_parts(&mut parts, &state).await {
        Ok(browser) => browser,
        Err(error) => return error.into_response(),
    };
    let Some(session) = browser.at(StaffStage::Inside).cloned() else { return ask_to_sign_in(&parts) };
    let actor = door::actor(&session, browser.from);
    if !actor.may(right) {
        tracing::warn!(staff = %actor.id, path = parts.uri.path(), ?right, "refused");
        return StatusCode::FORBIDDEN.into_response();
    }
    parts.extensions.insert(Staff { actor, email: session.email.clone(), session });
    parts.extensions.insert(browser);
    next.run(Request::from_parts(parts, body)).await
}

fn ask_to_sign_in(parts: &Parts) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if parts.method == Method::GET || parts.method == Method::HEAD {
        let wanted = parts.uri.path_and_query().map_or("/staff", |p| p.as_str());
        query.append_pair("next", safe_next(wanted).as_deref().unwrap_or("/staff"));
        query.append_pair("why", "needed");
    } else {
        query.append_pair("why", "ended");
    }
    Redirect::to(&format!("/staff/sign-in?{}", query.finish())).into_response()
}

/// Leads to the page that asks for a fresh proof, and from there back to `back`, a page of the office.
pub fn prove_first(back: &str) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", safe_next(back).as_deref().unwrap_or("/staff"));
    Redirect::to(&format!("/staff/prove?{}", query.finish())).into_response()
}

/// A path of the office, and nothing that a browser could read as another site.
pub fn safe_next(wanted: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.?=&%+~".contains(c);
    let rest = wanted.strip_prefix("/staff")?;
    let ours = rest.is_empty() || rest.starts_with(['/', '?']);
    let fits = ours && wanted.len() <= 500 && wanted.chars().all(plain);
    (fits && !wanted.contains("//") && !wanted.contains("..")).then(|| wanted.to_owned())
}

/// The cookie that names a session. Strict: nobody comes into the office from another site.
pub fn cookie_line(state: &AppState, value: &str) -> String {
    let secure = state.deps.config.base_url.is_secure();
    let name = cookie_name(secure, COOKIE);
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// The cookie by which a browser is known again at the door.
pub fn mark_line(state: &AppState, mailbox: &str) -> String {
    let secure = state.deps.config.base_url.is_secure();
    let name = cookie_name(secure, MARK_COOKIE);
    let value = door::browser_mark(&state.deps, mailbox);
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={MARK_SECONDS}; HttpOnly; SameSite=Strict{secure}")
}

/// The cookie that ends a session.
pub fn cookie_gone(state: &AppState) -> String {
    format!("{}; Max-Age=0", cookie_line(state, ""))
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn nobody_is_led_out_of_the_office() {
        for good in ["/staff", "/staff/gifts?after=1_2&fund=x", "/staff/donors/dnr_1"] {
            assert_eq!(safe_next(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "/portal",
            "//evil.example",
            "/staffx",
            "/staff/../portal",
            "/staff//evil.example",
            "/staff\\@e",
        ] {
            assert_eq!(safe_next(bad), None, "{bad}");
        }
    }
}
