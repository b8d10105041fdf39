//! `/sign-in/link`: waiting for a mailbox to answer, and where the link of its mail lands.

use std::net::IpAddr;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Question, ask, go, held_back, page, too_many_mails, too_many_passwords};
use crate::domain::donor::mask_email;
use crate::domain::states::ProofPurpose;
use crate::services::accounts::{self, Answer, Proven, Told, secrets};
use crate::web::AppState;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes};
use crate::web::layout::account_frame;
use crate::web::pages::{Act, CheckMailPage, Field, Link, Notice, OpenLinkPage, Purpose, Tone};
use crate::web::visitor::{By, Pending, Visitor, safe_next};

/// A code as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawCode {
    code: String,
}

/// An address as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawEmail {
    email: String,
    next: String,
}

/// What has just happened.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

fn purpose(pending: &Pending) -> Purpose {
    match pending.purpose.parse() {
        Ok(ProofPurpose::SignUp) => Purpose::SignUp,
        Ok(ProofPurpose::Reset) => Purpose::Reset,
        Ok(ProofPurpose::ChangeEmail) => Purpose::ChangeEmail,
        Ok(ProofPurpose::SignIn) | Err(_) => Purpose::SignIn,
    }
}

fn waiting(state: &AppState, visitor: &Visitor, pending: &Pending) -> CheckMailPage {
    let layout = account_frame(state, visitor, purpose(pending).heading(), "");
    let mut form = CheckMailPage::new(layout, purpose(pending), &pending.email, &pending.next);
    form.again = Act::new("Send it again", "/sign-in/link").with("email", pending.email.as_str());
    if let Some(reference) = &pending.thanks {
        form.email = mask_email(&pending.email);
        form.again = Act::new("Send it again", format!("/give/thanks/{reference}/link"));
        form.other = Link::new("Back to your gift", format!("/give/thanks/{reference}"));
    }
    form.lead = match purpose(pending) {
        Purpose::SignIn | Purpose::SignUp | Purpose::Reset => {
            "We have sent an e-mail with a link and a code to:"
        }
        Purpose::ChangeEmail => Purpose::ChangeEmail.lead(),
    }
    .to_owned();
    form
}

/// The page that waits for the answer, with the place for the code.
///
/// # Errors
/// When the page cannot be made.
pub async fn wait(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let Some(pending) = &visitor.held.pending else { return Ok(Redirect::to("/sign-in").into_response()) };
    let mut form = waiting(&state, &visitor, pending);
    if done.done == "again" {
        let title = "We have sent another e-mail.".to_owned();
        form.notice = Some(Notice {
            tone: Tone::Success,
            title,
            text: "The newest code is the one to type.".to_owned(),
        });
    }
    page(StatusCode::OK, &form)
}

/// Sends a link, again or for the first time.
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
    if let Some(words) = wrong.remove("email") {
        let mut form = gone(&state, &visitor);
        form.email = Field::wrong(raw.email, words);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    let next = safe_next(&raw.next).unwrap_or_default();
    match &visitor.held.pending {
        Some(pending) if pending.email == email && pending.thanks.is_none() => {
            once_more(&state, &visitor, from, pending).await
        }
        _ => super::sign_in::start_link(&state, &visitor, from, &email, &next).await,
    }
}

/// The question that waits, asked again with everything that was told with it.
async fn once_more(
    state: &AppState,
    visitor: &Visitor,
    from: IpAddr,
    pending: &Pending,
) -> Result<Response, AppError> {
    let told = accounts::told_with(&state.deps, &pending.proof).await?;
    let purpose: ProofPurpose = pending.purpose.parse().unwrap_or(ProofPurpose::SignIn);
    let donor = visitor.account.as_ref().map(|a| &a.donor_id);
    let question = Question {
        email: &pending.email,
        purpose,
        told: Told { next: pending.next.clone(), ..told },
        donor: donor.filter(|_| purpose == ProofPurpose::ChangeEmail),
        thanks: None,
    };
    match ask(state, visitor, from, question).await? {
        Some(response) => Ok(response),
        None => {
            let mut form = waiting(state, visitor, pending);
            form.notice = Some(too_many_mails());
            held_back(&form)
        }
    }
}

/// The code, typed in the browser that asked.
///
/// # Errors
/// When the database refuses.
pub async fn code(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Form(raw): Form<RawCode>,
) -> Result<Response, AppError> {
    let Some(pending) = visitor.held.pending.clone() else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let mut form = waiting(&state, &visitor, &pending);
    if state.deps.throttle.code(from).is_err() {
        form.notice = Some(too_many_passwords());
        return held_back(&form);
    }
    let signed_in = visitor.account.as_ref().map(|a| &a.donor_id);
    let answer =
        accounts::by_code(&state.deps, &pending.proof, &raw.code, Some(&pending.mark), signed_in).await?;
    match answer {
        Answer::Proven(proven) => admit(&state, &visitor, &proven).await,
        Answer::WrongCode(left) => {
            form.code = Field::wrong(raw.code, wrong_code(left));
            page(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Answer::Taken => taken(&state, &visitor),
        Answer::NeedsCode | Answer::Gone => page(StatusCode::GONE, &gone(&state, &visitor)),
    }
}

fn wrong_code(left: i64) -> String {
    let tries = if left == 1 { "one more try".to_owned() } else { format!("{left} more tries") };
    format!("That is not the code. Look at the newest e-mail; you have {tries}")
}

/// Where the link of a mail lands. Opening it does nothing: mail scanners open links, too.
///
/// # Errors
/// When the page cannot be made.
pub async fn open(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let proof = accounts::question_of_link(&state.deps, &token).await?;
    let Some(proof) = proof.filter(|p| accounts::is_open(p, state.deps.clock.now())) else {
        return page(StatusCode::GONE, &gone(&state, &visitor));
    };
    // The address of this page is half a key: it goes to nobody, not even to our own log of assets.
    let here = visitor.mark().map(secrets::browser_hash).as_deref() == Some(proof.browser_sha256.as_str());
    let masked = mask_email(&proof.email);
    let mut response = page(StatusCode::OK, &opened(&state, &visitor, proof.purpose, &masked, &token, here))?;
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    Ok(response)
}

fn opened(
    state: &AppState,
    visitor: &Visitor,
    purpose: ProofPurpose,
    masked: &str,
    token: &str,
    here: bool,
) -> OpenLinkPage {
    let (title, button) = match purpose {
        ProofPurpose::SignIn => ("Sign in", "Sign in"),
        ProofPurpose::SignUp => ("Confirm your address", "Confirm and sign in"),
        ProofPurpose::Reset => ("Choose a new password", "Go on"),
        ProofPurpose::ChangeEmail => ("Confirm your new address", "Confirm this address"),
    };
    let action = format!("/sign-in/link/{token}");
    let layout = account_frame(state, visitor, title, "");
    let mut form = if here {
        let mut form = OpenLinkPage::here(layout, masked, &action);
        form.heading = title.to_owned();
        form
    } else {
        OpenLinkPage::elsewhere(layout, masked, &action)
    };
    form.button = button.to_owned();
    form
}

/// Answers by the button on that page, or by the code when it was opened in another browser.
///
/// # Errors
/// When the database refuses.
pub async fn answer(
    State(state): State<AppState>,
    visitor: Visitor,
    Client(from): Client,
    Path(token): Path<String>,
    Form(raw): Form<RawCode>,
) -> Result<Response, AppError> {
    let signed_in = visitor.account.as_ref().map(|a| &a.donor_id);
    let proof = accounts::question_of_link(&state.deps, &token).await?;
    let Some(proof) = proof else { return page(StatusCode::GONE, &gone(&state, &visitor)) };
    let mut form = opened(&state, &visitor, proof.purpose, &mask_email(&proof.email), &token, false);
    let answer = if raw.code.trim().is_empty() {
        accounts::by_link(&state.deps, &token, visitor.mark(), signed_in).await?
    } else {
        if state.deps.throttle.code(from).is_err() {
            form.code = Field::wrong(raw.code, "Too many tries for now. Wait a few minutes");
            return held_back(&form);
        }
        accounts::by_code(&state.deps, &proof.id, &raw.code, visitor.mark(), signed_in).await?
    };
    match answer {
        Answer::Proven(proven) => admit(&state, &visitor, &proven).await,
        Answer::NeedsCode => {
            form.code = Field::wrong("", "Enter the code from the e-mail: eight digits");
            page(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Answer::WrongCode(left) => {
            form.code = Field::wrong(raw.code, wrong_code(left));
            page(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Answer::Taken => taken(&state, &visitor),
        Answer::Gone => page(StatusCode::GONE, &gone(&state, &visitor)),
    }
}

fn gone(state: &AppState, visitor: &Visitor) -> OpenLinkPage {
    let mut form = OpenLinkPage::gone(account_frame(state, visitor, "This link no longer works", ""));
    form.lead = vec![
        "A link and its code work once, for 10 minutes. Have new ones sent: it takes a moment.".to_owned(),
    ];
    form
}

fn taken(state: &AppState, visitor: &Visitor) -> Result<Response, AppError> {
    let mut form = gone(state, visitor);
    form.heading = "This address has an account of its own".to_owned();
    form.lead = vec![
        "Nothing was changed. Sign in with that address to see its giving, or write to us and we bring the two together."
            .to_owned(),
    ];
    page(StatusCode::CONFLICT, &form)
}

async fn admit(state: &AppState, visitor: &Visitor, proven: &Proven) -> Result<Response, AppError> {
    let by = if proven.purpose == ProofPurpose::Reset { By::Reset } else { By::Mailbox };
    let cookie = visitor.sign_in(state, &proven.account, by).await?;
    let to = match proven.purpose {
        ProofPurpose::Reset => "/password/new".to_owned(),
        ProofPurpose::ChangeEmail => "/portal/security?done=email".to_owned(),
        ProofPurpose::SignIn | ProofPurpose::SignUp => match safe_next(&proven.next) {
            Some(next) => next,
            None if proven.purpose == ProofPurpose::SignUp && !proven.opened => {
                "/portal?done=had_account".to_owned()
            }
            None if proven.opened && proven.joined => "/portal?done=opened_with_gifts".to_owned(),
            None if proven.opened => "/portal?done=opened".to_owned(),
            None if proven.joined => "/portal?done=joined".to_owned(),
            None => "/portal".to_owned(),
        },
    };
    Ok(go(&to, cookie))
}
