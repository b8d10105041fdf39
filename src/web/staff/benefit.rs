//! `/staff/gifts/{id}/benefit`: what the donor got for a gift (UK-10, US-5, CA-9).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::effects::{self, gift_href, sum};
use super::guard::Staff;
use super::{another_look, blank, show};
use crate::domain::money::Money;
use crate::domain::receipt::Advantage;
use crate::domain::role::Right;
use crate::services::corrections::effects::Known;
use crate::services::{ServiceError, benefits};
use crate::store::benefits as rows;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{FieldKind, FormField, Hidden, Link, Notice, Section, StaffForm, StaffPage, Tone};
use crate::web::router::{Policy, Route};

/// The routes of benefits.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gifts/{id}/benefit",
    policy: Policy::Staff(Right::ManageTax),
    methods: || get(ask).post(submit),
}];

const WORDS_AT_MOST: usize = 120;

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    value: String,
    what: String,
    token: String,
}

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Shows the form with what is known.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &id, "benefit").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let benefit = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        rows::latest(&mut read, &known.gift.id).await.map_err(ServiceError::from)?
    };
    let raw = Raw {
        value: benefit.as_ref().map(|b| b.value.to_plain()).unwrap_or_default(),
        what: benefit.as_ref().map(|b| b.description.clone()).unwrap_or_default(),
        token: String::new(),
    };
    let mut shown = form_page(&state, &staff, &known, &raw, &Mistakes::new());
    if let (true, Some(benefit)) = (done.done == "kept", &benefit) {
        let title = if benefit.value.is_zero() {
            "Kept: the donor got nothing for it.".to_owned()
        } else {
            format!("Kept: the donor got something worth {}.", sum(&state, benefit.value))
        };
        let text = "The receipt says so; where it was issued before, another takes its place.".to_owned();
        shown.notice = Some(Notice { tone: Tone::Success, title, text });
    }
    show(&shown)
}

fn form_page(state: &AppState, staff: &Staff, known: &Known, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let mut shown = blank(state, staff, "What the donor got for it", "");
    shown.back = Some(Link::new("The gift", gift_href(&known.gift.id)));
    shown.problems = super::door::problems(wrong);
    let currency = known.gift.amount.currency();
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    shown.sections = vec![
        effects::facts(state, known),
        Section::Form(Box::new(StaffForm {
            lead: "Like a dinner at a gala. Tax offices want its value on the receipt, and too large a benefit means \
                   that the gift does not count for tax."
                .to_owned(),
            action: format!("{}/benefit", gift_href(&known.gift.id)),
            fields: vec![
                FormField::new("value", "Its fair value", FieldKind::Money(currency.symbol()), field(wrong, "value", &raw.value))
                    .hinted("0 when the donor got nothing after all"),
                FormField::new("what", "What it was", FieldKind::Text, field(wrong, "what", &raw.what))
                    .hinted("As it stands on the receipt"),
            ],
            hidden: vec![Hidden::new("token", token)],
            button: "Keep it".to_owned(),
            cancel: Some(Link::new("Leave it", gift_href(&known.gift.id))),
            ..StaffForm::default()
        })),
    ];
    shown
}

/// The value as typed: nought is one.
fn typed_value(wrong: &mut Mistakes, raw: &Raw, known: &Known) -> Option<Money> {
    let currency = known.gift.amount.currency();
    let typed = raw.value.trim();
    let nought = !typed.is_empty() && typed.chars().all(|c| c == '0' || c == '.') && typed.contains('0');
    let value = if nought { Ok(Money::zero(currency)) } else { Money::parse_typed(typed, currency) };
    match value {
        Ok(value) if value.minor() <= known.gift.amount.minor() => Some(value),
        Ok(_) => {
            wrong.insert("value", "It cannot be worth more than the gift: then it was no gift".to_owned());
            None
        }
        Err(_) => {
            wrong.insert("value", "Enter a sum in figures, like 40.00".to_owned());
            None
        }
    }
}

/// Keeps it.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &id, "benefit").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let mut wrong = Mistakes::new();
    let value = typed_value(&mut wrong, &raw, &known);
    let what = forms::line(&mut wrong, "what", &raw.what, WORDS_AT_MOST, Some("Say what it was"));
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now());
    if nonce.is_err() {
        wrong.insert("value", "This page was open for too long. Look it over and keep it again".to_owned());
    }
    if let (Some(value), Ok(nonce), true) = (value, nonce, wrong.is_empty()) {
        let advantage = Advantage { description: what, value };
        let kept =
            benefits::write_down(&state.deps, &staff.actor, &known.gift.id, &nonce, &advantage).await?;
        kept.ok_or_else(AppError::not_found)?;
        let to = format!("{}/benefit?done=kept", gift_href(&known.gift.id));
        return Ok(Redirect::to(&to).into_response());
    }
    another_look(&form_page(&state, &staff, &known, &raw, &wrong))
}
