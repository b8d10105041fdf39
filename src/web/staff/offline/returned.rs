//! `/staff/gifts/{id}/returned`: a cheque came back unpaid.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{LINE_AT_MOST, id, locale, store, success};
use crate::domain::dates;
use crate::domain::ids::GiftId;
use crate::domain::money::Money;
use crate::services::offline_gifts::returned::{self, Cheque};
use crate::services::staff::{record, record_read};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Chip, ChipTone, Fact, Facts, FieldKind, FormField, Link, Section, StaffForm, StaffPage,
};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    why: String,
}

async fn load(state: &AppState, staff: &Staff, text: &str) -> Result<Cheque, AppError> {
    let id: GiftId = id(text)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    let cheque = returned::cheque(&mut read, &id).await?.ok_or_else(AppError::not_found)?;
    drop(read);
    record_read(&state.deps, &staff.actor, &cheque.gift.donor_id, "cheque that came back").await?;
    Ok(cheque)
}

/// Shows what changes, or what has changed.
///
/// # Errors
/// 404 when there is no such gift, or it came another way.
pub async fn show_cheque(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let cheque = load(&state, &staff, &gift).await?;
    let mut shown = cheque_page(&state, &staff, &cheque, &Raw::default(), &Mistakes::new());
    if asked.done == "yes" && cheque.is_returned {
        shown.notice =
            success("The cheque is written down as returned.", "The gift counts as nothing from now on.");
    }
    show(&shown)
}

fn cheque_page(state: &AppState, staff: &Staff, cheque: &Cheque, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let gift = &cheque.gift;
    let locale = locale(state);
    let amount = gift.amount.display(locale);
    let mut shown = blank(state, staff, &format!("Cheque of {amount} that came back"), "");
    shown.back = Some(Link::new("The gift", format!("/staff/gifts/{}", gift.id)));
    shown.problems = problems(wrong);
    shown.sections.push(Section::Facts(facts(cheque, locale)));
    if cheque.is_returned {
        shown.chip = Some(Chip::new(ChipTone::Problem, "Returned"));
        return shown;
    }
    shown.lead = "A cheque that comes back unpaid was never a donation.".to_owned();
    let why = field(wrong, "why", &raw.why);
    shown.sections.push(Section::Form(Box::new(StaffForm {
        heading: "Write it down as returned".to_owned(),
        lead: "This cannot be undone. If the cheque is paid later, enter that as a new gift.".to_owned(),
        action: format!("/staff/gifts/{}/returned", gift.id),
        fields: vec![
            FormField::new("why", "What the bank says", FieldKind::Text, why)
                .hinted("Like \"refer to drawer\""),
        ],
        button: "The cheque came back".to_owned(),
        look: "grave",
        cancel: Some(Link::new("Keep the gift", format!("/staff/gifts/{}", gift.id))),
        ..StaffForm::default()
    })));
    shown
}

fn facts(cheque: &Cheque, locale: &str) -> Facts {
    let gift = &cheque.gift;
    let nothing = Money::zero(gift.amount.currency()).display(locale);
    let (counts, void, mail) = match cheque.is_returned {
        true => ("Counts as", "Void receipt", "Told"),
        false => ("Will count as", "Receipt that becomes void", "Will be told"),
    };
    let told = match cheque.mailbox.as_str() {
        "" => {
            "Nobody by e-mail: the donor has no mailbox. Write to them, and ask for the printed receipt back"
                .to_owned()
        }
        email => format!("The donor, by e-mail to {}", record::masked(email)),
    };
    Facts {
        rows: vec![
            Fact::new("Donor", gift.donor.receipt_name()),
            Fact::new("Received on", dates::long(gift.received_on.0, locale)),
            Fact::new("Reference", cheque.reference.as_str()),
            Fact::new("Counted as", gift.amount.display(locale)),
            Fact::new(counts, nothing),
            Fact::new(void, cheque.receipt.as_str()),
            Fact::new(mail, told),
        ],
        ..Facts::default()
    }
}

/// Writes down that the cheque came back, once.
///
/// # Errors
/// 404 when there is no such gift, or it came another way.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &raw.why, LINE_AT_MOST, Some("Enter what the bank says"));
    if !wrong.is_empty() {
        let cheque = load(&state, &staff, &gift).await?;
        return another_look(&cheque_page(&state, &staff, &cheque, &raw, &wrong));
    }
    let id: GiftId = id(&gift)?;
    if !returned::came_back(&state.deps, &staff.actor, &id, &why).await? {
        return Err(AppError::not_found());
    }
    Ok(Redirect::to(&format!("/staff/gifts/{id}/returned?done=yes")).into_response())
}
