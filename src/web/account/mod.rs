//! The donor's door: signing in, creating an account, choosing a password, signing out.

pub mod link;
pub mod password;
pub mod sign_in;
pub mod sign_up;

use std::net::IpAddr;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use secrecy::SecretString;

use super::AppState;
use super::errors::AppError;
use super::visitor::{Held, Pending, Visitor};
use crate::config::Brand;
use crate::domain::ids::{DonorId, unguessable};
use crate::domain::password::{AT_LEAST, AT_MOST, PasswordProblem};
use crate::domain::states::ProofPurpose;
use crate::services::accounts::{self, Ask, Outcome, Told};
use crate::store::accounts::Account;
use crate::web::pages::{Notice, Tone};

/// What a mailbox is to be asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// The address as typed and checked.
    pub email: &'a str,
    /// What the answer is good for.
    pub purpose: ProofPurpose,
    /// What was typed with it.
    pub told: Told,
    /// Whose account moves.
    pub donor: Option<&'a DonorId>,
    /// The reference of the thank-you page it is asked from.
    pub thanks: Option<&'a str>,
}

/// Asks a mailbox and leads to the page that waits for its answer; `None` when that was asked too often.
///
/// # Errors
/// When the database refuses.
pub async fn ask(
    state: &AppState,
    visitor: &Visitor,
    from: IpAddr,
    question: Question<'_>,
) -> Result<Option<Response>, AppError> {
    // One mark for as long as the session asks: the link of an earlier mail is still this browser's.
    let mark = visitor.mark().map_or_else(|| unguessable(&state.deps.random), str::to_owned);
    let next = question.told.next.clone();
    let asked = Ask {
        email: question.email,
        purpose: question.purpose,
        browser: &mark,
        knock: visitor.knock(from),
        told: question.told,
        donor: question.donor,
        for_donor: None,
    };
    let Outcome::Done(proof) = accounts::ask(&state.deps, asked).await? else { return Ok(None) };
    let pending = Pending {
        proof,
        mark,
        email: question.email.to_owned(),
        purpose: question.purpose.as_str().to_owned(),
        next,
        thanks: question.thanks.map(str::to_owned),
    };
    let before = visitor.held.pending.as_ref().filter(|p| p.thanks.is_none());
    let again = before.is_some_and(|p| p.email == pending.email);
    visitor.keep(&Held { pending: Some(pending), ..visitor.held.clone() }).await?;
    let to = if again { "/sign-in/link?done=again" } else { "/sign-in/link" };
    Ok(Some(Redirect::to(to).into_response()))
}

/// A rendered page with a status.
pub fn page(status: StatusCode, page: &impl askama::Template) -> Result<Response, AppError> {
    Ok((status, Html(page.render()?)).into_response())
}

/// A page that says "not now": 429 with the time to wait.
pub fn held_back(page_: &impl askama::Template) -> Result<Response, AppError> {
    let mut response = page(StatusCode::TOO_MANY_REQUESTS, page_)?;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("180"));
    Ok(response)
}

/// The notice of [`held_back`] when passwords were tried too often.
pub fn too_many_passwords() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "Too many tries for now.".to_owned(),
        text: "Wait a quarter of an hour, or have a sign-in link sent to your e-mail.".to_owned(),
    }
}

/// The notice of [`held_back`] when mails were asked for too often.
pub fn too_many_mails() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "We have sent several e-mails already.".to_owned(),
        text:
            "Look for them first, also among the unwanted ones. In a quarter of an hour we can send another."
                .to_owned(),
    }
}

/// A redirect that also sets cookies.
pub fn go(to: &str, cookie: Option<String>) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(value) = cookie.and_then(|c| HeaderValue::from_str(&c).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// How to put a password right.
pub fn password_words(problem: PasswordProblem, brand: &Brand) -> String {
    match problem {
        PasswordProblem::TooShort => format!("Make it longer: {AT_LEAST} characters or more"),
        PasswordProblem::TooLong => format!("Make it shorter: {AT_MOST} characters or fewer"),
        PasswordProblem::Guessable => format!(
            "This one is easy to guess: it is common, repeats itself, or has your name or that of {} in it. \
             Three or four random words work well",
            brand.name
        ),
    }
}

/// What an attacker knows of a donor.
pub fn known_of(account: &Account) -> Vec<&str> {
    vec![&account.email, &account.given_name, &account.family_name]
}

/// A typed password, kept out of logs from here on.
pub fn secret(typed: String) -> SecretString {
    SecretString::from(typed)
}
