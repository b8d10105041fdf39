//! `/portal/security`: sign-in address, password, and the browsers that are signed in.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::view::View;
use super::{Done, flash};
use crate::domain::donor::normalise_email;
use crate::domain::states::ProofPurpose;
use crate::services::accounts::{self, FRESH_FOR, Outcome, Told};
use crate::services::sessions;
use crate::store::sessions::WebSession;
use crate::web::AppState;
use crate::web::account::{
    Question, ask, go, held_back, known_of, page, password_words, secret, too_many_mails, too_many_passwords,
};
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::layout::account_frame;
use crate::web::pages::{
    Act, Browser, Field, Hidden, Link, OpenLinkPage, SecurityEmailPage, SecurityPage, SecurityPasswordPage,
};
use crate::web::visitor::{By, Donor};

const HERE: &str = "/portal/security";

/// Shows the three.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let mut open = sessions::of_donor(&state.deps, donor.id()).await?;
    let others = sessions::mailboxes_of(&state.deps, donor.id()).await?;
    let this = donor.visitor.session_hash();
    open.sort_by_key(|s| s.id_sha256 != this);
    let view = View { state: &state, locale: &donor.account.locale };
    let account = &donor.account;
    let zone = zone(&state);
    let pending = donor.visitor.held.pending.as_ref().filter(|p| p.purpose == "change_email");
    page(
        StatusCode::OK,
        &SecurityPage {
            layout: account_frame(&state, &donor.visitor, "Security", HERE),
            notice: flash(&done),
            heading: "Signing in".to_owned(),
            email: account.email.clone(),
            email_pending: pending
                .map(|p| {
                    format!("We have sent a link to {}. Until you open it, the address above stays.", p.email)
                })
                .unwrap_or_default(),
            email_others: match others.as_slice() {
                [] => String::new(),
                [one] => format!("{one} signs in here, too."),
                others => format!("{} sign in here, too.", others.join(", ")),
            },
            email_change: Link::new("Change", "/portal/security/email"),
            password_line: match account.password_set_at {
                Some(at) => format!("Set on {}", view.day(at.date_in(&zone))),
                None => "You have none. You sign in by e-mail link.".to_owned(),
            },
            password_change: Link::new(
                if account.password_hash.is_some() { "Change" } else { "Choose a password" },
                "/portal/security/password",
            ),
            sign_out_others: (open.len() > 1)
                .then(|| Act::new("Sign out everywhere else", "/portal/security/sign-out-others")),
            browsers: open.iter().map(|s| browser(view, s, s.id_sha256 == this, &zone)).collect(),
        },
    )
}

fn zone(state: &AppState) -> TimeZone {
    state.deps.config.charity.entities.first().map_or(TimeZone::UTC, |e| e.time_zone.clone())
}

fn browser(view: View<'_>, session: &WebSession, here: bool, zone: &TimeZone) -> Browser {
    let today = view.state.deps.clock.now().date_in(zone);
    let seen = session.seen_at.date_in(zone);
    Browser {
        name: if session.agent.is_empty() { "A browser".to_owned() } else { session.agent.clone() },
        signed_in: format!("Signed in on {}", view.day(session.created_at.date_in(zone))),
        last_used: match (here, seen == today) {
            (true, _) => "In use now".to_owned(),
            (false, true) => "Last used today".to_owned(),
            (false, false) => format!("Last used on {}", view.day(seen)),
        },
        here,
        sign_out: None,
    }
}

/// Ends every other session.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out_others(State(state): State<AppState>, donor: Donor) -> Result<Response, AppError> {
    accounts::sign_out_others(&state.deps, donor.id(), &donor.visitor.session_hash()).await?;
    Ok(Redirect::to("/portal/security?done=others").into_response())
}

/// A change of password as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawPassword {
    current_password: String,
    new_password: String,
}

fn password_form(state: &AppState, donor: &Donor) -> SecurityPasswordPage {
    let ask_current = donor.account.password_hash.is_some();
    let title = if ask_current { "Change your password" } else { "Choose a password" };
    let layout = account_frame(state, &donor.visitor, title, HERE);
    SecurityPasswordPage::new(layout, &donor.account.email, ask_current)
}

/// Whether the mailbox was proven in this session a short while ago (ASVS 7.5.1).
fn is_fresh(state: &AppState, donor: &Donor) -> bool {
    let proven = donor.visitor.held.proven_at;
    proven.is_some_and(|at| state.deps.clock.now() < at.plus(FRESH_FOR))
}

/// Without a password, only who has just come by mail may choose one; others are sent a mail first.
fn needs_mail(state: &AppState, donor: &Donor) -> bool {
    donor.account.password_hash.is_none() && !is_fresh(state, donor)
}

/// The form for the password.
///
/// # Errors
/// When the page cannot be made.
pub async fn password(State(state): State<AppState>, donor: Donor) -> Result<Response, AppError> {
    if needs_mail(&state, &donor) {
        return Ok(Redirect::to("/password/forgot").into_response());
    }
    page(StatusCode::OK, &password_form(&state, &donor))
}

/// Changes it: the present one is asked for, the others are signed out, the session gets a new id.
///
/// # Errors
/// When the database refuses, or more passwords wait than can be hashed.
pub async fn set_password(
    State(state): State<AppState>,
    donor: Donor,
    Client(from): Client,
    Form(raw): Form<RawPassword>,
) -> Result<Response, AppError> {
    if needs_mail(&state, &donor) {
        return Ok(Redirect::to("/password/forgot").into_response());
    }
    let account = &donor.account;
    let mut form = password_form(&state, &donor);
    let new = secret(raw.new_password);
    if let Err(problem) = accounts::check_password(&state.deps, &new, &known_of(account)) {
        form.new_password = Field::wrong("", password_words(problem, &state.deps.config.charity.brand));
    }
    if account.password_hash.is_some() {
        match accounts::is_password(
            &state.deps,
            account,
            &secret(raw.current_password),
            donor.visitor.knock(from),
        )
        .await?
        {
            Outcome::TooOften => {
                form.notice = Some(too_many_passwords());
                return held_back(&form);
            }
            Outcome::Done(false) => {
                form.current_password = Field::wrong("", "That is not your present password. Try again");
            }
            Outcome::Done(true) => {}
        }
    }
    if !form.problems().is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    let changed = accounts::set_password(&state.deps, account, &new, &donor.visitor.session_hash()).await?;
    let account = changed.ok_or_else(AppError::changed_meanwhile)?;
    let cookie = donor.visitor.sign_in(&state, &account, By::NewPassword).await?;
    Ok(go("/portal/security?done=password", cookie))
}

/// A change of address as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RawEmail {
    new_email: String,
    current_password: String,
}

fn email_form(state: &AppState, donor: &Donor) -> SecurityEmailPage {
    let layout = account_frame(state, &donor.visitor, "Your sign-in address", HERE);
    let ask_password = donor.account.password_hash.is_some() && !is_fresh(state, donor);
    SecurityEmailPage::new(layout, &donor.account.email, ask_password)
}

/// Without a password, the present mailbox is asked before anything about signing in is changed.
fn mailbox_first(state: &AppState, donor: &Donor) -> OpenLinkPage {
    let layout = account_frame(state, &donor.visitor, "Your sign-in address", HERE);
    let mut form = OpenLinkPage::gone(layout);
    form.heading = "First, show us that it is you".to_owned();
    form.lead = vec![
        "You sign in without a password, so we ask your present mailbox. Open the link we send, and you can change the address."
            .to_owned(),
    ];
    form.email.value.clone_from(&donor.account.email);
    form.hidden = vec![Hidden::new("next", "/portal/security/email")];
    form.button = "E-mail me the link".to_owned();
    form.other = Some(Link::new("Back without changing", HERE));
    form
}

/// The form for the address.
///
/// # Errors
/// When the page cannot be made.
pub async fn email(State(state): State<AppState>, donor: Donor) -> Result<Response, AppError> {
    if needs_mail(&state, &donor) {
        return page(StatusCode::OK, &mailbox_first(&state, &donor));
    }
    page(StatusCode::OK, &email_form(&state, &donor))
}

/// Asks the new mailbox. Nothing changes until it answers.
///
/// # Errors
/// When the database refuses.
pub async fn change_email(
    State(state): State<AppState>,
    donor: Donor,
    Client(from): Client,
    Form(raw): Form<RawEmail>,
) -> Result<Response, AppError> {
    if needs_mail(&state, &donor) {
        return page(StatusCode::OK, &mailbox_first(&state, &donor));
    }
    let mut wrong = Mistakes::new();
    let new = forms::email(&mut wrong, "new_email", &raw.new_email, "Enter your new e-mail address");
    if normalise_email(&new) == normalise_email(&donor.account.email) {
        wrong.insert("new_email", "This is your present address. Enter the new one".to_owned());
    }
    let mut form = email_form(&state, &donor);
    form.new_email = field(&wrong, "new_email", &raw.new_email);
    if form.ask_password {
        let typed = secret(raw.current_password);
        match accounts::is_password(&state.deps, &donor.account, &typed, donor.visitor.knock(from)).await? {
            Outcome::TooOften => {
                form.notice = Some(too_many_passwords());
                return held_back(&form);
            }
            Outcome::Done(false) => {
                form.current_password = Field::wrong("", "That is not your present password. Try again");
            }
            Outcome::Done(true) => {}
        }
    }
    if !form.problems().is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    let question = Question {
        email: &new,
        purpose: ProofPurpose::ChangeEmail,
        told: Told::default(),
        donor: Some(donor.id()),
        thanks: None,
    };
    match ask(&state, &donor.visitor, from, question).await? {
        Some(response) => Ok(response),
        None => {
            form.notice = Some(too_many_mails());
            held_back(&form)
        }
    }
}
