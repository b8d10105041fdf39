//! `/sign-up`: an account is opened once its mailbox has answered.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Question, ask, held_back, page, password_words, secret, too_many_mails, too_many_passwords};
use crate::domain::states::ProofPurpose;
use crate::services::ServiceError;
use crate::services::accounts::{self, Told};
use crate::web::AppState;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, NAME_AT_MOST, field, line};
use crate::web::layout::account_frame;
use crate::web::pages::SignUpPage;
use crate::web::visitor::{Visitor, safe_next};

/// The form as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    given_name: String,
    family_name: String,
    email: String,
    password: String,
    next: String,
}

/// What a link to the page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
}

fn blank(state: &AppState, visitor: &Visitor, next: &str) -> SignUpPage {
    let mut form = SignUpPage::new(account_frame(state, visitor, "Create an account", ""));
    form.next = next.to_owned();
    form
}

/// Shows the form.
///
/// # Errors
/// When the page cannot be made.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    if visitor.account.is_some() {
        return Ok(Redirect::to("/portal").into_response());
    }
    page(StatusCode::OK, &blank(&state, &visitor, &safe_next(&asked.next).unwrap_or_default()))
}

/// Takes the form and asks the mailbox. Whether it has an account already is told to nobody but the mailbox's owner.
///
/// # Errors
/// When the database refuses, or more passwords wait than can be hashed.
pub async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let next = safe_next(&raw.next).unwrap_or_default();
    let mut wrong = Mistakes::new();
    let given_name =
        line(&mut wrong, "given_name", &raw.given_name, NAME_AT_MOST, Some("Enter your first name"));
    let family_name =
        line(&mut wrong, "family_name", &raw.family_name, NAME_AT_MOST, Some("Enter your last name"));
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter your e-mail address");
    if !raw.password.is_empty() && state.deps.throttle.hash(from).is_err() {
        let mut form = filled(&state, &visitor, &raw, &next, &wrong);
        form.notice = Some(too_many_passwords());
        return held_back(&form);
    }
    let password = (!raw.password.is_empty()).then(|| secret(raw.password.clone()));
    let known = [email.as_str(), &given_name, &family_name];
    if let Some(Err(problem)) = password.as_ref().map(|p| accounts::check_password(&state.deps, p, &known)) {
        wrong.insert("password", password_words(problem, &state.deps.config.charity.brand));
    }
    if !wrong.is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &filled(&state, &visitor, &raw, &next, &wrong));
    }
    let password_hash = match &password {
        Some(password) => Some(state.deps.passwords.hash(password).await.map_err(ServiceError::from)?),
        None => None,
    };
    let told = Told { given_name, family_name, password_hash, next: next.clone() };
    let question = Question { email: &email, purpose: ProofPurpose::SignUp, told, donor: None, thanks: None };
    match ask(&state, &visitor, from, question).await? {
        Some(response) => Ok(response),
        None => {
            let mut form = filled(&state, &visitor, &raw, &next, &wrong);
            form.notice = Some(too_many_mails());
            held_back(&form)
        }
    }
}

fn filled(state: &AppState, visitor: &Visitor, raw: &Raw, next: &str, wrong: &Mistakes) -> SignUpPage {
    SignUpPage {
        given_name: field(wrong, "given_name", &raw.given_name),
        family_name: field(wrong, "family_name", &raw.family_name),
        email: field(wrong, "email", &raw.email),
        password: field(wrong, "password", ""),
        ..blank(state, visitor, next)
    }
}
