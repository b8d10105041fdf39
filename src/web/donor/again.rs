//! `/portal/again`: the same gift once more, in two presses.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::services::again::{self, Again};
use crate::services::give::Started;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::form_token::TokenProblem;
use crate::web::visitor::Donor;

/// The form as sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    gift: String,
    token: String,
}

/// Starts the gift and leads to the payment page. A form that is too old leads back to the page it came from.
///
/// # Errors
/// When there is no such gift of this donor, or Stripe gives no page.
pub async fn submit(
    State(state): State<AppState>,
    donor: Donor,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let gift = raw.gift.parse().map_err(|_| AppError::not_found())?;
    // Pressing one button takes no time, and only who is signed in gets here.
    let nonce = match state.form_key.nonce_of(&raw.token, state.deps.clock.now()) {
        Ok(nonce) => nonce,
        Err(TokenProblem::TooFast | TokenProblem::TooOld | TokenProblem::Forged) => {
            return Ok(Redirect::to("/portal").into_response());
        }
    };
    let to = match again::start(&state.deps, &donor.account, &gift, nonce).await? {
        None => return Err(AppError::not_found()),
        Some(Again::ChooseAnew) => "/give".to_owned(),
        Some(Again::Started(Started::Checkout(url))) => url,
        Some(Again::Started(Started::Already(reference))) => format!("/give/thanks/{reference}"),
    };
    Ok(Redirect::to(&to).into_response())
}
