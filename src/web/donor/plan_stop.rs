//! Stopping a plan in two presses, the page after it, and beginning one again.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::plan_acts::{plan_of, to, word_of};
use super::plan_panel::href;
use super::plan_words::PlanWords;
use crate::domain::states::{ChangeOrigin, PauseKind, PledgeState};
use crate::domain::terms::{Act, Terms};
use crate::services::pledges::links::{self, Purpose};
use crate::services::pledges::restart::{self, Restarted};
use crate::services::pledges::{self as plans, Asked, Wish};
use crate::store::pledges::Pledge;
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{
    Act as Button, Choice, Confirm, Field, Link, PlanActPage, PlanChoice, PlanStoppedPage, Row,
};
use crate::web::visitor::Donor;

/// Own words about stopping.
const WORDS_AT_MOST: usize = 500;
/// Why people stop, as they would say it.
const REASONS: [(&str, &str); 6] = [
    ("money", "I cannot afford it at the moment"),
    ("other_cause", "I want to give to something else"),
    ("once", "I would rather give once in a while"),
    ("contact", "You write to me too often, or about the wrong things"),
    ("mistake", "I never meant it to repeat"),
    ("other", "Another reason"),
];

/// A form of one button, and of the reason.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    token: String,
    reason: String,
    words: String,
}

/// Shows what stopping does, with skipping, pausing and giving less beside it.
///
/// # Errors
/// Not found for a plan that is not there.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let words = PlanWords::of(&state, &donor.account.locale, &pledge)?;
    if pledge.state == PledgeState::Ended {
        return Ok(Redirect::to(&href(&pledge, "stopped")).into_response());
    }
    let terms = pledge.terms_or_begun();
    let title = "Stop your gift";
    let mut layout = account_frame(&state, &donor.visitor, title, "/portal/monthly");
    layout.wide = false;
    let built = PlanActPage {
        layout,
        title: title.to_owned(),
        now: vec![Row::figure("Gift", words.sum(&terms))],
        confirm: Some(Confirm {
            heading: "What will happen".to_owned(),
            changes: vec![Row::new("From now on", "Nothing more is taken")],
            stays: pledge
                .is_paid_by_debit()
                .then(|| "A Direct Debit that is with your bank already can still arrive.".to_owned())
                .into_iter()
                .chain(["Your receipts stay in your account.".to_owned()])
                .collect(),
            undo: "You can begin it again later, with the same card or account.".to_owned(),
            act: button(&state, "Stop my gift", href(&pledge, "stop")),
            cancel: Link::new("Keep it as it is", "/portal/monthly"),
            ..Confirm::default()
        }),
        beside_title: "Or instead".to_owned(),
        beside: if pledge.state == PledgeState::Pending || pledge.terms().is_none() {
            Vec::new()
        } else {
            beside(&words, &pledge, &terms)
        },
        back: Link::new("Your monthly gift", "/portal/monthly"),
        ..PlanActPage::default()
    };
    page(StatusCode::OK, &built)
}

fn button(state: &AppState, label: &str, action: String) -> Button {
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    Button::new(label, action).with("token", token)
}

fn beside(words: &PlanWords<'_>, pledge: &Pledge, terms: &Terms) -> Vec<PlanChoice> {
    let other = |title: &str, text: String, label: &str, act: &str| PlanChoice {
        title: title.to_owned(),
        text,
        link: Link::new(label, href(pledge, act)),
    };
    let mut all = Vec::new();
    if terms.pause == PauseKind::No
        && let Some(next) = terms.schedule().first()
    {
        let text = format!("No gift on {}; the one after it comes as usual.", words.day(next));
        all.push(other("Skip one gift", text, "Skip the next gift", "skip"));
    }
    all.push(other(
        "Pause",
        "For one to twelve months. It goes on by itself.".to_owned(),
        "Choose how long",
        "pause",
    ));
    all.push(other("Give less", "Any amount helps.".to_owned(), "Choose the amount", "amount"));
    all
}

/// Stops a plan. It is only said to be stopped when Stripe confirms it.
///
/// # Errors
/// Not found for a plan that is not there; when Stripe cannot be asked, nothing was changed.
pub async fn submit(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let stopped = Redirect::to(&href(&pledge, "stopped")).into_response();
    let Ok(nonce) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        return Ok(to("plan_old"));
    };
    let wish = Wish { pledge: &pledge.id, act: Act::Stop, nonce: &nonce, origin: ChangeOrigin::Portal };
    Ok(match plans::ask(&state.deps, wish).await? {
        // A plan that is over by now is what was wanted.
        Asked::Done(_) | Asked::BeingConfirmed(_) | Asked::Unknown => stopped,
        other @ (Asked::OneAtATime | Asked::Overtaken | Asked::Refused(_) | Asked::StripeRefused) => {
            to(word_of(&other))
        }
    })
}

/// Shows that a plan is stopped, or that this is being confirmed, and asks why; nobody has to say.
///
/// # Errors
/// Not found for a plan that is not there.
pub async fn stopped(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    page(StatusCode::OK, &stopped_page(&state, &donor, &pledge, Field::default())?)
}

fn stopped_page(
    state: &AppState,
    donor: &Donor,
    pledge: &Pledge,
    typed: Field,
) -> Result<PlanStoppedPage, AppError> {
    let words = PlanWords::of(state, &donor.account.locale, pledge)?;
    let confirmed = pledge.state == PledgeState::Ended;
    let title = if confirmed { "Your gift is stopped" } else { "Being confirmed" };
    let mut layout = account_frame(state, &donor.visitor, title, "/portal/monthly");
    layout.wide = false;
    let mut rows: Vec<Row> = pledge.terms().map(|t| Row::figure("Gift", words.sum(&t))).into_iter().collect();
    rows.extend(pledge.ended_at.map(|at| Row::new("Stopped on", words.day(at))));
    let can_restart = restart::first_charge(pledge, state.deps.clock.now()).is_some();
    Ok(PlanStoppedPage {
        layout,
        confirmed,
        title: title.to_owned(),
        lead: if confirmed {
            "Nothing more will be taken. Thank you for every one of your gifts. An e-mail with the proof is on its way.".to_owned()
        } else {
            "We have asked for your gift to be stopped and wait for the answer. You get an e-mail as soon as it is there.".to_owned()
        },
        rows,
        reason_action: href(pledge, "stopped"),
        reasons: REASONS
            .iter()
            .map(|(value, label)| Choice {
                value: (*value).to_owned(),
                label: (*label).to_owned(),
                selected: false,
            })
            .collect(),
        words: typed,
        thanked: pledge.ended_words.is_some(),
        restart: can_restart.then(|| Link::new("Begin it again", href(pledge, "restart"))),
        back: Link::new("Your giving", "/portal"),
        ..PlanStoppedPage::default()
    })
}

/// Keeps why somebody stopped.
///
/// # Errors
/// Not found for a plan that is not there.
pub async fn say_why(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let words = raw.words.trim();
    if words.chars().count() > WORDS_AT_MOST {
        let field = Field::wrong(words, format!("Shorten this to {WORDS_AT_MOST} characters or fewer"));
        return page(StatusCode::UNPROCESSABLE_ENTITY, &stopped_page(&state, &donor, &pledge, field)?);
    }
    let reason = REASONS.iter().find(|(value, _)| *value == raw.reason).map(|(value, _)| *value);
    if pledge.state == PledgeState::Ended && (reason.is_some() || !words.is_empty()) {
        let text = format!("{}: {words}", reason.unwrap_or("other"));
        plans::keep_reason(&state.deps, &pledge.id, &text).await?;
    }
    Ok(Redirect::to(&href(&pledge, "stopped")).into_response())
}

/// Shows what beginning again does.
///
/// # Errors
/// Not found for a plan that is not there.
pub async fn again(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let words = PlanWords::of(&state, &donor.account.locale, &pledge)?;
    let Some(confirm) = restart_confirm(&state, &words, &pledge, href(&pledge, "restart")) else {
        return Ok(to("plan_choose"));
    };
    let title = "Begin it again";
    let mut layout = account_frame(&state, &donor.visitor, title, "/portal/monthly");
    layout.wide = false;
    let built = PlanActPage {
        layout,
        title: title.to_owned(),
        confirm: Some(confirm),
        back: Link::new("Your monthly gift", "/portal/monthly"),
        ..PlanActPage::default()
    };
    page(StatusCode::OK, &built)
}

/// What beginning again does; `None` when it cannot be done with what is there.
pub fn restart_confirm(
    state: &AppState,
    words: &PlanWords<'_>,
    pledge: &Pledge,
    action: String,
) -> Option<Confirm> {
    let first = restart::first_charge(pledge, state.deps.clock.now())?;
    let terms = pledge.terms()?;
    Some(Confirm {
        heading: "What will happen".to_owned(),
        changes: vec![
            Row::figure("Gift", words.sum(&terms)),
            Row::new("Goes to", words.fund(&pledge.fund_id)),
            Row::new("Paid with", words.method(pledge)),
            Row::figure("First gift", words.day(first)),
        ],
        stays: vec!["Nothing is charged today.".to_owned()],
        undo: "You can stop it again at any time.".to_owned(),
        act: button(state, &format!("Give {} again", words.sum(&terms)), action),
        cancel: Link::new("Not now", "/portal/monthly"),
        ..Confirm::default()
    })
}

/// Begins a plan again.
///
/// # Errors
/// Not found for a plan that is not there; when Stripe cannot be asked, nothing was begun.
pub async fn begin_again(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    if state.form_key.nonce_of(&raw.token, state.deps.clock.now()).is_err() {
        return Ok(to("plan_old"));
    }
    Ok(to(match restart::restart(&state.deps, &pledge, ChangeOrigin::Portal).await? {
        Restarted::Done => "plan_restart",
        Restarted::BeingConfirmed => "plan_asked",
        Restarted::ChooseAnew => "plan_choose",
    }))
}

/// Leads to the page where a failed charge is put right, or another card or account is left: the same that mails lead to.
///
/// # Errors
/// Not found for a plan that is not there.
pub async fn fix(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let address = links::address(&state.deps, &Purpose::Fix(pledge.id.clone()));
    Ok(Redirect::to(&address).into_response())
}
