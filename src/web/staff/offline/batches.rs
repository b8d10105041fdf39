//! `/staff/offline/batches/new`: a batch is opened with what was counted by hand.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{
    HERE, LINE_AT_MOST, charity, checked_amount, checked_day, day_hint, kind_choices, to_choices, to_of,
    token,
};
use crate::domain::offline::KINDS;
use crate::domain::states::OfflineKind;
use crate::services::offline_gifts::batches::{self, LINES_AT_MOST};
use crate::store::Day;
use crate::store::offline_batches::NewBatch;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{FieldKind, FormField, Hidden, Link, Section, StaffForm, StaffPage};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

const PATH: &str = "/staff/offline/batches/new";

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    token: String,
    name: String,
    kind: String,
    to: String,
    received_on: String,
    control_count: String,
    amount: String,
}

/// Shows the form.
///
/// # Errors
/// When the page cannot be made.
pub async fn show_form(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    show(&form_page(&state, &staff, &Raw::default(), &Mistakes::new()))
}

fn form_page(state: &AppState, staff: &Staff, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let charity = charity(state);
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let fields = vec![
        FormField::new("name", "Name of the batch", FieldKind::Text, at("name", &raw.name))
            .hinted("As you find it again, like \"Paying-in slip 118\""),
        FormField::new(
            "kind",
            "How they came",
            FieldKind::Select(kind_choices(&KINDS, &raw.kind)),
            at("kind", &raw.kind),
        ),
        FormField::new("to", "To", FieldKind::Select(to_choices(charity, &raw.to)), at("to", &raw.to)),
        FormField::new("received_on", "Day received", FieldKind::Day, at("received_on", &raw.received_on))
            .hinted(day_hint(charity)),
        FormField::new(
            "control_count",
            "How many gifts you counted",
            FieldKind::Text,
            at("control_count", &raw.control_count),
        ),
        FormField::new("amount", "Their sum", FieldKind::Money(String::new()), at("amount", &raw.amount))
            .hinted("Counted by hand or as on the paying-in slip"),
    ];
    let mut shown = blank(state, staff, "Open a batch", HERE);
    shown.back = Some(Link::new("Enter gifts", HERE));
    shown.lead =
        "Nothing becomes a gift until the lines agree with what you counted, and you post them.".to_owned();
    shown.problems = problems(wrong);
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        action: PATH.to_owned(),
        fields,
        hidden: vec![Hidden::new("token", token(state))],
        button: "Open the batch".to_owned(),
        cancel: Some(Link::new("Leave it", HERE)),
        ..StaffForm::default()
    }))];
    shown
}

fn check(
    state: &AppState,
    raw: &Raw,
    nonce: &str,
    wrong: &mut Mistakes,
) -> Result<Option<NewBatch>, AppError> {
    let name = forms::line(wrong, "name", &raw.name, LINE_AT_MOST, Some("Enter a name for the batch"));
    let kind = raw.kind.parse::<OfflineKind>().ok();
    if kind.is_none() {
        wrong.insert("kind", "Choose how they came".to_owned());
    }
    let count = raw.control_count.trim().parse::<i64>().ok().filter(|n| (1..=LINES_AT_MOST).contains(n));
    if count.is_none() {
        wrong.insert("control_count", format!("Enter how many gifts there are, from 1 to {LINES_AT_MOST}"));
    }
    let Some((entity, currency)) = to_of(charity(state), &raw.to) else {
        wrong.insert("to", "Choose who received them, and in which currency".to_owned());
        return Ok(None);
    };
    let control = checked_amount(wrong, "amount", &raw.amount, currency);
    let received_on = checked_day(wrong, state, entity, &raw.received_on);
    let (Some(kind), Some(control_count), Some(control), Some(day)) = (kind, count, control, received_on)
    else {
        return Ok(None);
    };
    let (id, entity_id, received_on) = (batches::id_of(nonce)?, entity.id.clone(), Day(day));
    Ok(Some(NewBatch { id, kind, entity_id, name, control_count, control, received_on }))
}

/// Opens the batch, once a form.
///
/// # Errors
/// When the database refuses.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let Ok(nonce) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        wrong
            .insert("name", "This page was open for too long. Look at it once more, then send it".to_owned());
        return another_look(&form_page(&state, &staff, &raw, &wrong));
    };
    let new = check(&state, &raw, &nonce, &mut wrong)?;
    match new.filter(|_| wrong.is_empty()) {
        None => another_look(&form_page(&state, &staff, &raw, &wrong)),
        Some(new) => {
            batches::open(&state.deps, &staff.actor, &new).await?;
            Ok(Redirect::to(&format!("/staff/offline/batches/{}", new.id)).into_response())
        }
    }
}
