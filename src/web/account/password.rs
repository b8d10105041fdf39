//! `/password/…`: a new password by way of the mailbox.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Question, ask, go, held_back, known_of, page, password_words, secret, too_many_mails};
use crate::domain::states::ProofPurpose;
use crate::services::accounts::{self, Told};
use crate::store::accounts::Account;
use crate::web::AppState;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::layout::account_frame;
use crate::web::pages::{Field, ForgotPage, NewPasswordPage};
use crate::web::visitor::{By, Visitor};

/// An address as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawEmail {
    email: String,
}

/// A password as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawPassword {
    password: String,
}

fn forgot_page(state: &AppState, visitor: &Visitor) -> ForgotPage {
    ForgotPage::new(account_frame(state, visitor, "Forgot your password?", ""))
}

/// Asks for the address.
///
/// # Errors
/// When the page cannot be made.
pub async fn forgot(State(state): State<AppState>, visitor: Visitor) -> Result<Response, AppError> {
    page(StatusCode::OK, &forgot_page(&state, &visitor))
}

/// Sends the mail.
///
/// # Errors
/// When the database refuses.
pub async fn send(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Form(raw): Form<RawEmail>,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter your e-mail address");
    let mut form = forgot_page(&state, &visitor);
    form.email = field(&wrong, "email", &raw.email);
    if !wrong.is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    let question = Question {
        email: &email,
        purpose: ProofPurpose::Reset,
        told: Told::default(),
        donor: None,
        thanks: None,
    };
    match ask(&state, &visitor, from, question).await? {
        Some(response) => Ok(response),
        None => {
            form.notice = Some(too_many_mails());
            held_back(&form)
        }
    }
}

/// The account that may choose a password now: its mailbox has just answered.
fn may_choose<'a>(state: &AppState, visitor: &'a Visitor) -> Option<&'a Account> {
    let until = visitor.held.may_choose_password_until?;
    visitor.account.as_ref().filter(|_| state.deps.clock.now() < until)
}

/// The form for the new password.
///
/// # Errors
/// When the page cannot be made.
pub async fn new(State(state): State<AppState>, visitor: Visitor) -> Result<Response, AppError> {
    match may_choose(&state, &visitor) {
        Some(account) => page(StatusCode::OK, &new_page(&state, &visitor, account)),
        None => Ok(Redirect::to("/password/forgot").into_response()),
    }
}

fn new_page(state: &AppState, visitor: &Visitor, account: &Account) -> NewPasswordPage {
    NewPasswordPage::new(account_frame(state, visitor, "Choose a new password", ""), &account.email)
}

/// Sets it.
///
/// # Errors
/// When the database refuses, or more passwords wait than can be hashed.
pub async fn set(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(raw): Form<RawPassword>,
) -> Result<Response, AppError> {
    let Some(account) = may_choose(&state, &visitor) else {
        return Ok(Redirect::to("/password/forgot").into_response());
    };
    let password = secret(raw.password);
    if let Err(problem) = accounts::check_password(&state.deps, &password, &known_of(account)) {
        let mut form = new_page(&state, &visitor, account);
        form.password = Field::wrong("", password_words(problem, &state.deps.config.charity.brand));
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    let changed = accounts::set_password(&state.deps, account, &password, &visitor.session_hash()).await?;
    let account = changed.ok_or_else(AppError::changed_meanwhile)?;
    let cookie = visitor.sign_in(&state, &account, By::NewPassword).await?;
    Ok(go("/portal/security?done=password", cookie))
}
