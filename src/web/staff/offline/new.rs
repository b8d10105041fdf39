//! `/staff/offline/new`: one gift.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::offered::{Offered, offered};
use super::pick::{self, Picked, Refused};
use super::{
    HERE, LINE_AT_MOST, charity, checked_amount, checked_day, day_hint, kind_choices, locale, store, success,
    to_choices, to_of, token,
};
use crate::domain::offline::KINDS;
use crate::domain::states::OfflineKind;
use crate::services::offline_gifts::{self, Entering, Facts, Giver};
use crate::store::offline;
use crate::store::offline_donors::Found;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{FieldKind, FormField, Hidden, Link, Notice, Section, StaffForm, StaffPage};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

const PATH: &str = "/staff/offline/new";
const NOTE_AT_MOST: usize = 500;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    #[serde(flatten)]
    picked: Picked,
}

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    token: String,
    kind: String,
    to: String,
    amount: String,
    fund: String,
    campaign: String,
    received_on: String,
    reference: String,
    note: String,
    #[serde(flatten)]
    picked: Picked,
}

/// Shows the search, and the form once it is known where to look.
///
/// # Errors
/// When the database refuses.
pub async fn show_form(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let mut raw = Raw { picked: asked.picked, ..Raw::default() };
    let offered = offered(&state).await?;
    let first = charity(&state).entities.first();
    let today = first.map(|e| state.deps.clock.now().date_in(&e.time_zone));
    raw.fund = first.map(|e| offered.usual_fund(&e.id, today)).unwrap_or_default();
    let found = pick::found(&state, &staff, &raw.picked).await?;
    let mut shown = form_page(&state, &staff, &raw, &offered, &found, &Mistakes::new());
    shown.notice = entered(&state, &asked.done).await?;
    show(&shown)
}

async fn entered(state: &AppState, done: &str) -> Result<Option<Notice>, AppError> {
    if done.is_empty() || done.contains(char::is_control) {
        return Ok(None);
    }
    let mut read = state.deps.store.read().await.map_err(store)?;
    let Some(gift) = offline::by_nonce(&mut read, done).await.map_err(store)? else { return Ok(None) };
    let number = gift.receipt.as_deref().unwrap_or_default();
    let receipt = match gift.delivery.as_deref() {
        Some("paper") => format!("Receipt {number} waits to be printed: the donor has no mailbox."),
        _ => format!("Receipt {number} goes out by e-mail."),
    };
    Ok(success(format!("{} is entered.", gift.amount().display(locale(state))), receipt))
}

fn form_page(
    state: &AppState,
    staff: &Staff,
    raw: &Raw,
    offered: &Offered<'_>,
    found: &[Found],
    wrong: &Mistakes,
) -> StaffPage {
    let mut shown = blank(state, staff, "Enter a gift", HERE);
    shown.back = Some(Link::new("Enter gifts", HERE));
    shown.problems = problems(wrong);
    shown.sections.push(Section::Form(Box::new(pick::search(PATH, &raw.picked, found))));
    if raw.picked.is_new() || !found.is_empty() {
        shown.sections.push(Section::Form(Box::new(gift_form(state, raw, offered, found, wrong))));
    }
    shown
}

fn gift_form(
    state: &AppState,
    raw: &Raw,
    offered: &Offered<'_>,
    found: &[Found],
    wrong: &Mistakes,
) -> StaffForm {
    let charity = charity(state);
    // Until a day is typed, it may be one on which any of them was open.
    let on = raw.received_on.trim().parse().ok();
    let mut fields = pick::fields(charity, &raw.picked, found, wrong);
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    fields.extend([
        FormField::new(
            "kind",
            "How it came",
            FieldKind::Select(kind_choices(&KINDS, &raw.kind)),
            at("kind", &raw.kind),
        ),
        FormField::new("to", "To", FieldKind::Select(to_choices(charity, &raw.to)), at("to", &raw.to)),
        FormField::new("amount", "Sum", FieldKind::Money(String::new()), at("amount", &raw.amount)),
        FormField::new(
            "fund",
            "Fund",
            FieldKind::Select(offered.fund_choices(None, on, &raw.fund)),
            at("fund", &raw.fund),
        ),
        FormField::new(
            "campaign",
            "Campaign",
            FieldKind::Select(offered.campaign_choices(None, on, &raw.campaign)),
            at("campaign", &raw.campaign),
        ),
        FormField::new("received_on", "Day received", FieldKind::Day, at("received_on", &raw.received_on))
            .hinted(day_hint(charity)),
        FormField::new("reference", "Reference", FieldKind::Text, at("reference", &raw.reference))
            .hinted("Cheque number, paying-in slip")
            .optional(),
        FormField::new("note", "Note", FieldKind::Area(NOTE_AT_MOST), at("note", &raw.note))
            .hinted("The donor's words with the gift; they stand on the receipt")
            .optional(),
    ]);
    let mut hidden = pick::hidden(&raw.picked);
    hidden.push(Hidden::new("token", token(state)));
    StaffForm {
        heading: "The gift".to_owned(),
        action: PATH.to_owned(),
        fields,
        hidden,
        button: "Enter this gift".to_owned(),
        cancel: Some(Link::new("Leave it", HERE)),
        ..StaffForm::default()
    }
}

fn check(state: &AppState, raw: &Raw, offered: &Offered<'_>, wrong: &mut Mistakes) -> Option<(Giver, Facts)> {
    let charity = charity(state);
    let kind = raw.kind.parse::<OfflineKind>().ok();
    if kind.is_none() {
        wrong.insert("kind", "Choose how it came".to_owned());
    }
    let to = to_of(charity, &raw.to);
    let giver = pick::check(&raw.picked, to.map(|(e, _)| e), wrong);
    let Some((entity, currency)) = to else {
        wrong.insert("to", "Choose who received it, and in which currency".to_owned());
        return None;
    };
    let amount = checked_amount(wrong, "amount", &raw.amount, currency);
    let received_on = checked_day(wrong, state, entity, &raw.received_on);
    let note = raw.note.trim();
    if note.chars().count() > NOTE_AT_MOST || note.contains(|c: char| c.is_control() && !"\r\n\t".contains(c))
    {
        wrong.insert("note", format!("Shorten this to {NOTE_AT_MOST} characters or fewer"));
    }
    let fund_id = offered.checked_fund(wrong, &entity.id, received_on, &raw.fund);
    let campaign_id = offered.checked_campaign(wrong, &entity.id, received_on, &raw.campaign);
    let reference = forms::line(wrong, "reference", &raw.reference, LINE_AT_MOST, None);
    let facts = Facts {
        kind: kind?,
        entity_id: entity.id.clone(),
        amount: amount?,
        fund_id,
        campaign_id,
        received_on: received_on?,
        reference,
        note: (!note.is_empty()).then(|| note.to_owned()),
    };
    Some((giver?, facts))
}

/// Enters the gift, once a form.
///
/// # Errors
/// When the database refuses.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let offered = offered(&state).await?;
    let checked = check(&state, &raw, &offered, &mut wrong);
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now());
    if nonce.is_err() {
        wrong.insert(
            "amount",
            "This page was open for too long. Look at it once more, then send it".to_owned(),
        );
    }
    if let (Some((giver, facts)), Ok(nonce), true) = (checked, nonce, wrong.is_empty()) {
        match offline_gifts::enter(&state.deps, &staff.actor, &nonce, &giver, facts).await? {
            Entering::Done(_) => return Ok(Redirect::to(&format!("{PATH}?done={nonce}")).into_response()),
            Entering::NoDonor => pick::refuse(&raw.picked, &mut wrong, Refused::Gone),
            Entering::NoAddress => pick::refuse(&raw.picked, &mut wrong, Refused::NoAddress),
            Entering::Forgotten => pick::refuse(&raw.picked, &mut wrong, Refused::Forgotten),
        }
    }
    let found = pick::found(&state, &staff, &raw.picked).await?;
    another_look(&form_page(&state, &staff, &raw, &offered, &found, &wrong))
}
