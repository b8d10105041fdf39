//! `/staff/gifts/{id}/rate`: what a gift in another currency comes to in sterling, for Gift Aid (UK-8).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::effects::{self, gift_href, sum};
use super::guard::Staff;
use super::{another_look, blank, show, view};
use crate::domain::money::Currency;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::corrections::effects::Known;
use crate::services::gift_aid::rates::{self, Recorded, Wish};
use crate::store::rates::{Rate, latest};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Fact, Facts, FieldKind, FormField, Hidden, Link, Notice, Section, StaffForm, StaffPage, Tone,
};
use crate::web::router::{Policy, Route};

/// The routes of rates.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gifts/{id}/rate",
    policy: Policy::Staff(Right::ManageTax),
    methods: || get(ask).post(submit),
}];

const SOURCE_AT_MOST: usize = 120;
/// Decimals of a rate.
const DECIMALS_AT_MOST: u32 = 10;

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    rate: String,
    source: String,
    token: String,
}

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

async fn known_rate(state: &AppState, known: &Known) -> Result<Option<Rate>, AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    Ok(latest(&mut read, &known.gift.id).await.map_err(ServiceError::from)?)
}

/// Shows the form, and the rate that counts.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &id, "rate").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    if known.gift.amount.currency() == Currency::GBP {
        return in_sterling(&state, &staff, &known);
    }
    let rate = known_rate(&state, &known).await?;
    let raw = Raw {
        rate: rate.as_ref().map(|r| r.rate.clone()).unwrap_or_default(),
        source: rate.as_ref().map(|r| r.source.clone()).unwrap_or_default(),
        token: String::new(),
    };
    let mut shown = form_page(&state, &staff, &known, rate.as_ref(), (&raw, &Mistakes::new()));
    if let (true, Some(rate)) = (done.done == "kept", &rate) {
        shown.notice = Some(Notice {
            tone: Tone::Success,
            title: format!("For Gift Aid the gift comes to {}.", sum(&state, rate.sterling())),
            text: String::new(),
        });
    }
    show(&shown)
}

fn empty_page(state: &AppState, staff: &Staff, known: &Known) -> StaffPage {
    let mut shown = blank(state, staff, "The gift in sterling", "");
    shown.back = Some(Link::new("The gift", gift_href(&known.gift.id)));
    shown.sections = vec![effects::facts(state, known)];
    shown
}

fn in_sterling(state: &AppState, staff: &Staff, known: &Known) -> Result<Response, AppError> {
    let words = "This gift was given in pounds: it needs no rate.";
    let links = vec![Link::new("See the gift", gift_href(&known.gift.id))];
    page(StatusCode::CONFLICT, &effects::refused_page(empty_page(state, staff, known), words, links))
}

fn form_page(
    state: &AppState,
    staff: &Staff,
    known: &Known,
    rate: Option<&Rate>,
    (raw, wrong): (&Raw, &Mistakes),
) -> StaffPage {
    let mut shown = empty_page(state, staff, known);
    shown.problems = super::door::problems(wrong);
    if let Some(rate) = rate {
        let by = format!("{}, {}", rate.recorded_by, view::moment(state, rate.recorded_at));
        let rows = vec![
            Fact::new("Rate", rate.rate.as_str()).noted(rate.source.as_str()),
            Fact::new("The gift comes to", sum(state, rate.sterling())),
            Fact::new("Written down by", by),
        ];
        let heading = "The rate that counts".to_owned();
        shown.sections.push(Section::Facts(Facts { heading, rows, links: Vec::new() }));
    }
    let (deps, code) = (&state.deps, known.gift.amount.currency().code());
    let token = state.form_key.issue(deps.clock.now(), &deps.random);
    shown.sections.push(Section::Form(Box::new(StaffForm {
        lead: "HMRC takes claims in pounds, at the rate of the day the gift was received.".to_owned(),
        action: format!("{}/rate", gift_href(&known.gift.id)),
        fields: vec![
            FormField::new(
                "rate",
                &format!("{code} for £1"),
                FieldKind::Text,
                field(wrong, "rate", &raw.rate),
            )
            .hinted("In figures, like 1.3000"),
            FormField::new(
                "source",
                "Where the rate is from",
                FieldKind::Text,
                field(wrong, "source", &raw.source),
            )
            .hinted("Like “HMRC monthly rates, November 2026”. Kept with the gift"),
        ],
        hidden: vec![Hidden::new("token", token)],
        button: "Keep the rate".to_owned(),
        cancel: Some(Link::new("Leave it", gift_href(&known.gift.id))),
        ..StaffForm::default()
    })));
    shown
}

/// A rate as typed.
fn typed_rate(wrong: &mut Mistakes, typed: &str) -> Option<Decimal> {
    let text = typed.trim();
    let figures =
        text.len() <= 20 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let rate = text.parse::<Decimal>().ok().filter(|r| figures && r.scale() <= DECIMALS_AT_MOST);
    if rate.is_none() {
        wrong.insert("rate", "Enter how much there was for one pound, in figures, like 1.3000".to_owned());
    }
    rate
}

/// Keeps a rate.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &id, "rate").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let mut wrong = Mistakes::new();
    let rate = typed_rate(&mut wrong, &raw.rate);
    let source =
        forms::line(&mut wrong, "source", &raw.source, SOURCE_AT_MOST, Some("Say where the rate is from"));
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now());
    if nonce.is_err() {
        wrong.insert("rate", "This page was open for too long. Look it over and keep it again".to_owned());
    }
    if let (Some(rate), Ok(nonce), true) = (rate, nonce, wrong.is_empty()) {
        let wish = Wish { gift: &known.gift.id, rate, source: &source, nonce: &nonce };
        match rates::record_rate(&state.deps, &staff.actor, &wish).await? {
            Recorded::Done(_) => {
                let to = format!("{}/rate?done=kept", gift_href(&known.gift.id));
                return Ok(Redirect::to(&to).into_response());
            }
            Recorded::InSterling => return in_sterling(&state, &staff, &known),
            Recorded::Unknown => return Err(AppError::not_found()),
            Recorded::NoRate => {
                wrong.insert("rate", "At this rate the gift comes to nothing: look at it again".to_owned());
            }
        }
    }
    let counts = known_rate(&state, &known).await?;
    another_look(&form_page(&state, &staff, &known, counts.as_ref(), (&raw, &wrong)))
}
