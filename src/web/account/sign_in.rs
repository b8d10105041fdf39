//! `/sign-in` and `/sign-out`.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Question, ask, go, held_back, page, secret, too_many_mails, too_many_passwords};
use crate::domain::states::ProofPurpose;
use crate::services::accounts::{self, Outcome, Told};
use crate::web::AppState;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::layout::account_frame;
use crate::web::pages::{Notice, SignInPage, Tone};
use crate::web::visitor::{By, Visitor, safe_next, storage};

/// What a link to the page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
    why: String,
}

/// The form as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    email: String,
    password: String,
    next: String,
    way: String,
}

/// Shows the form; who is signed in already is led on.
///
/// # Errors
/// When the page cannot be made.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let next = safe_next(&asked.next).unwrap_or_default();
    if visitor.account.is_some() {
        return Ok(Redirect::to(if next.is_empty() { "/portal" } else { &next }).into_response());
    }
    let notice =
        |tone, title: &str, text: &str| Some(Notice { tone, title: title.to_owned(), text: text.to_owned() });
    let mut form = blank(&state, &visitor, &next);
    form.notice = match asked.why.as_str() {
        "needed" => notice(Tone::Info, "Sign in to see this page.", ""),
        "ended" => notice(
            Tone::Attention,
            "You are no longer signed in.",
            "What you sent was not kept, and nothing was changed.",
        ),
        "out" => notice(Tone::Success, "You are signed out.", ""),
        _ => None,
    };
    page(StatusCode::OK, &form)
}

fn blank(state: &AppState, visitor: &Visitor, next: &str) -> SignInPage {
    let mut form = SignInPage::new(account_frame(state, visitor, "Sign in", ""));
    form.next = next.to_owned();
    form
}

/// Takes the form: a link by mail, or a password.
///
/// # Errors
/// When the database refuses, or more sign in at once than can be served.
pub async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let next = safe_next(&raw.next).unwrap_or_default();
    let mut wrong = Mistakes::new();
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter your e-mail address");
    let by_link = raw.way == "link" || (raw.way != "password" && raw.password.is_empty());
    if !by_link && raw.password.is_empty() {
        wrong.insert("password", "Enter your password, or have a sign-in link sent to you".to_owned());
    }
    if !wrong.is_empty() {
        return again(&state, &visitor, &raw.email, &next, &wrong);
    }
    if by_link {
        return start_link(&state, &visitor, from, &email, &next).await;
    }
    match accounts::sign_in(&state.deps, &email, &secret(raw.password), visitor.knock(from)).await? {
        Outcome::TooOften => {
            let mut form = blank(&state, &visitor, &next);
            form.email.value = email;
            form.notice = Some(too_many_passwords());
            held_back(&form)
        }
        Outcome::Done(None) => {
            let words =
                "That address and password do not belong together. Try again, or have a link sent to you";
            wrong.insert("password", words.to_owned());
            again(&state, &visitor, &raw.email, &next, &wrong)
        }
        Outcome::Done(Some(account)) => {
            let cookie = visitor.sign_in(&state, &account, By::Password).await?;
            Ok(go(if next.is_empty() { "/portal" } else { &next }, cookie))
        }
    }
}

fn again(
    state: &AppState,
    visitor: &Visitor,
    email: &str,
    next: &str,
    wrong: &Mistakes,
) -> Result<Response, AppError> {
    let mut form = blank(state, visitor, next);
    form.email = field(wrong, "email", email);
    form.password = field(wrong, "password", "");
    page(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

/// Sends a sign-in link.
///
/// # Errors
/// When the database refuses.
pub async fn start_link(
    state: &AppState,
    visitor: &Visitor,
    from: std::net::IpAddr,
    email: &str,
    next: &str,
) -> Result<Response, AppError> {
    let told = Told { next: next.to_owned(), ..Told::default() };
    let question = Question { email, purpose: ProofPurpose::SignIn, told, donor: None, thanks: None };
    match ask(state, visitor, from, question).await? {
        Some(response) => Ok(response),
        None => {
            let mut form = blank(state, visitor, next);
            form.email.value = email.to_owned();
            form.notice = Some(too_many_mails());
            held_back(&form)
        }
    }
}

/// Signs out: the session ends on the server, and the browser forgets what it kept of us.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(visitor: Visitor) -> Result<Response, AppError> {
    if visitor.session.id().is_some() {
        visitor.session.flush().await.map_err(|e| storage(&e))?;
    }
    let mut response = Redirect::to("/sign-in?why=out").into_response();
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}
