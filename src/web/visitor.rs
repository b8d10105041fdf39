//! Who is at the other end: anybody, or a donor who has signed in.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::errors::AppError;
use super::{AppState, agent, session};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, ProofId, unguessable};
use crate::services::ServiceError;
use crate::services::accounts::{Arrival, FRESH_FOR, Knock, secrets};
use crate::store::accounts::Account;

/// Under this key a session holds everything.
pub const HELD: &str = "held";
const BROWSER_COOKIE: &str = "almoner-browser";
/// A browser is remembered for two years.
const BROWSER_SECONDS: u32 = 63_072_000;

/// What a session holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    /// Who is signed in.
    pub donor: Option<DonorId>,
    /// Browser and system in plain words.
    pub agent: String,
    /// When the mailbox was last proven in this session.
    pub proven_at: Option<Ts>,
    /// When the account's password had been chosen as this session began: another one ends it.
    pub password_set_at: Option<Ts>,
    /// A new password may be chosen without the old one until then.
    pub may_choose_password_until: Option<Ts>,
    /// The question that a mailbox has yet to answer.
    pub pending: Option<Pending>,
    /// The browser in which this session begins; told to the services once, never kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
}

/// A question that a mailbox has yet to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Which.
    pub proof: ProofId,
    /// The mark of this browser.
    pub mark: String,
    /// The address as typed.
    pub email: String,
    /// `sign_in`, `sign_up`, `reset`, `change_email`.
    pub purpose: String,
    /// Where to go afterwards.
    pub next: String,
    /// The thank-you page it was asked from: who holds that page need not know the whole address.
    #[serde(default)]
    pub thanks: Option<String>,
}

/// How somebody got in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The mailbox answered.
    Mailbox,
    /// The mailbox answered, and a new password may be chosen.
    Reset,
    /// With the password.
    Password,
    /// They were in, and have chosen a new password.
    NewPassword,
}

/// Anybody; with an account when one is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The browser's session.
    pub session: Session,
    /// What it holds.
    pub held: Held,
    /// Who is signed in.
    pub account: Option<Account>,
    browser: Option<String>,
    agent: String,
}

impl Visitor {
    /// Reads who is there; a visitor without a cookie costs no query.
    ///
    /// # Errors
    /// When the database refuses.
    async fn read(state: &AppState, parts: &Parts) -> Result<Visitor, AppError> {
        let session = parts.extensions.get::<Session>().cloned();
        let session =
            session.ok_or_else(|| ServiceError::Unexpected("this route has no session".to_owned()))?;
        let (held, account) = match session.id() {
            None => (Held::default(), None),
            Some(id) => session::held_by(state, &id.to_string()).await?,
        };
        let account = account.filter(|a| a.password_set_at == held.password_set_at);
        let secure = state.deps.config.base_url.is_secure();
        let browser = cookie(parts, &session::cookie_name(secure, BROWSER_COOKIE));
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        Ok(Visitor {
            session,
            held,
            account,
            browser,
            agent: agent::in_words(user_agent.unwrap_or_default()),
        })
    }

    /// Writes what the session holds.
    ///
    /// # Errors
    /// When the session cannot be read.
    pub async fn keep(&self, held: &Held) -> Result<(), AppError> {
        self.session.insert(HELD, held).await.map_err(|e| storage(&e))?;
        Ok(())
    }

    /// The hash under which this session is kept.
    pub fn session_hash(&self) -> String {
        self.session.id().map(|id| crate::services::sessions::hash(&id.to_string())).unwrap_or_default()
    }

    /// As the services see who knocks.
    pub fn knock(&self, from: IpAddr) -> Knock<'_> {
        Knock { from, browser: self.browser.as_deref() }
    }

    /// The mark of this browser in the question it asked.
    pub fn mark(&self) -> Option<&str> {
        self.held.pending.as_ref().map(|p| p.mark.as_str())
    }

    /// Signs a donor in: under a new session id, so that whoever knew the old one is left behind (ASVS 7.2.4). Gives the
    /// cookie that remembers the browser, when it has none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sign_in(
        &self,
        state: &AppState,
        account: &Account,
        by: By,
    ) -> Result<Option<String>, AppError> {
        let now = state.deps.clock.now();
        let known = self.browser.clone();
        let browser = known.clone().unwrap_or_else(|| unguessable(&state.deps.random));
        self.session.cycle_id().await.map_err(|e| storage(&e))?;
        self.keep(&Held {
            donor: Some(account.donor_id.clone()),
            agent: self.agent.clone(),
            proven_at: match by {
                By::Mailbox | By::Reset => Some(now),
                By::Password => None,
                By::NewPassword => self.held.proven_at,
            },
            password_set_at: account.password_set_at,
            may_choose_password_until: (by == By::Reset).then(|| now.plus(FRESH_FOR)),
            pending: None,
            arrival: Some(Arrival {
                browser_sha256: secrets::browser_hash(&browser),
                by_password: by == By::Password,
            }),
        })
        .await?;
        tracing::info!(donor = %account.donor_id, ?by, "signed in");
        Ok(known.is_none().then(|| remember(state, &browser)))
    }
}

/// A problem with the session's store.
pub fn storage(error: &tower_sessions::session::Error) -> AppError {
    ServiceError::Unexpected(format!("session: {error}")).into()
}

fn remember(state: &AppState, browser: &str) -> String {
    let secure = state.deps.config.base_url.is_secure();
    let name = session::cookie_name(secure, BROWSER_COOKIE);
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={browser}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; SameSite=Lax{secure}")
}

/// The value of a cookie that has the shape of ours.
pub fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let lines = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.find(|(n, v)| *n == name && v.len() == 26).map(|(_, value)| value.to_owned())
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Visitor, AppError> {
        match parts.extensions.get::<Visitor>() {
            Some(visitor) => Ok(visitor.clone()),
            None => Visitor::read(state, parts).await,
        }
    }
}

/// A donor who has signed in; only routes with the donor's policy have one.
#[derive(Clone, Debug)]
pub struct Donor {
    /// Who.
    pub account: Account,
    /// From where.
    pub visitor: Visitor,
}

impl Donor {
    /// Under which every query asks.
    pub fn id(&self) -> &DonorId {
        &self.account.donor_id
    }
}

impl FromRequestParts<AppState> for Donor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Donor, AppError> {
        let donor = parts.extensions.get::<Donor>().cloned();
        Ok(donor
            .ok_or_else(|| ServiceError::Unexpected("a donor's page without a donor's policy".to_owned()))?)
    }
}

impl OptionalFromRequestParts<AppState> for Donor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Option<Donor>, Infallible> {
        Ok(parts.extensions.get::<Donor>().cloned())
    }
}

/// Lets a signed-in donor through; anybody else is asked to sign in, and led back to the page they wanted.
pub async fn require_donor(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = match Visitor::read(&state, &parts).await {
        Ok(visitor) => visitor,
        Err(error) => return error.into_response(),
    };
    let Some(account) = visitor.account.clone() else {
        tracing::debug!(path = parts.uri.path(), "asked to sign in");
        return ask_to_sign_in(&parts);
    };
    parts.extensions.insert(Donor { account, visitor: visitor.clone() });
    parts.extensions.insert(visitor);
    next.run(Request::from_parts(parts, body)).await
}

fn ask_to_sign_in(parts: &Parts) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if parts.method == Method::GET || parts.method == Method::HEAD {
        let wanted = parts.uri.path_and_query().map_or("/portal", |p| p.as_str());
        query.append_pair("next", safe_next(wanted).as_deref().unwrap_or("/portal"));
        query.append_pair("why", "needed");
    } else {
        // What was sent is not kept: nothing was changed, and the page says so.
        query.append_pair("why", "ended");
    }
    (StatusCode::SEE_OTHER, Redirect::to(&format!("/sign-in?{}", query.finish()))).1.into_response()
}

/// A path of the portal or of the giving form, and nothing that a browser could read as another site.
pub fn safe_next(wanted: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.?=&%".contains(c);
    let ours = ["/portal", "/give"].iter().any(|start| {
        wanted.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    let fits = ours && wanted.len() <= 300 && wanted.chars().all(plain);
    (fits && !wanted.contains("//") && !wanted.contains("..")).then(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn nobody_is_led_to_another_site() {
        for good in ["/portal", "/portal/gifts?year=2026-27", "/give?frequency=monthly&amount=20"] {
            assert_eq!(safe_next(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "/portal//evil.example",
            "/portal\\@evil.example",
            "https://evil.example/portal",
            "javascript:alert(1)",
            "/portal\r\nSet-Cookie: a=b",
            "/portalx",
            "/portal/../sign-out",
            "/sign-out",
            "/portal@evil.example",
            "%2f%2fevil.example",
        ] {
            assert_eq!(safe_next(bad), None, "{bad}");
        }
    }
}
