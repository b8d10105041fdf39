//! `/portal/gift-aid/end/{declaration}`: what ending it means, and from when.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::gift_aid::HERE;
use super::gift_aid_view::rows;
use super::view::View;
use crate::config::{Entity, WordingKey};
use crate::domain::gift_aid::declaration::{Channel, Declaration, Scope};
use crate::domain::ids::DeclarationId;
use crate::services::gift_aid::end::{self, End, Ending, Refusal};
use crate::services::gift_aid::words::scope_words;
use crate::services::{ServiceError, compose};
use crate::store::declarations;
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::layout::account_frame;
use crate::web::pages::{Choice, GiftAidEndPage, Link, Row};
use crate::web::visitor::Donor;

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    when: String,
    date: String,
}

/// A declaration of this donor, and how many others end with it.
struct Found {
    declaration: Declaration,
    others: usize,
}

async fn find(state: &AppState, donor: &Donor, id: &str) -> Result<Found, AppError> {
    let id: DeclarationId = id.parse().map_err(|_| AppError::not_found())?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let known = declarations::of_owner(&mut read, donor.id()).await.map_err(ServiceError::from)?;
    drop(read);
    let declaration = known.iter().find(|d| d.id == id && d.scope != Scope::Single);
    let declaration = declaration.cloned().ok_or_else(AppError::not_found)?;
    let others = known.iter().filter(|d| d.id != id && end::also_ends(d, &declaration)).count();
    Ok(Found { declaration, others })
}

fn to(declaration: &Declaration) -> Response {
    Redirect::to(&format!("{HERE}?done=ended&by={}", declaration.id)).into_response()
}

/// Says what ending it means. One that has ended leads back to the others.
///
/// # Errors
/// 404 when there is no such declaration of this donor.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let found = find(&state, &donor, &id).await?;
    if found.declaration.ended.is_some() {
        return Ok(to(&found.declaration));
    }
    page(StatusCode::OK, &build(&state, &donor, &found, &Raw::default(), &Mistakes::new())?)
}

fn build(
    state: &AppState,
    donor: &Donor,
    found: &Found,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<GiftAidEndPage, AppError> {
    let view = View { state, locale: &donor.account.locale };
    let d = &found.declaration;
    let entity = compose::entity(&state.deps, &d.entity_id)?;
    let heading = "End Gift Aid?";
    let choice = |value: &str, label: &str, selected: bool| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected,
    };
    let later = raw.when == "later";
    let mut all = vec![
        Row::new("To", entity.legal_name.as_str()),
        Row::new("Gift Aid on", scope_words(d, view.locale)),
    ];
    all.extend(rows(view, entity, d));
    Ok(GiftAidEndPage {
        layout: account_frame(state, &donor.visitor, heading, HERE),
        back: Link::new("Gift Aid", HERE),
        notice: None,
        heading: heading.to_owned(),
        lead: String::new(),
        rows: all,
        meaning: meaning(state, entity, found),
        action: format!("{HERE}/end/{}", d.id),
        choice: field(wrong, "when", ""),
        choices: vec![choice("today", "From today", !later), choice("later", "From a later day", later)],
        date: field(wrong, "date", &raw.date),
        button: "End Gift Aid".to_owned(),
        cancel: Link::new("Keep it", HERE),
    })
}

fn meaning(state: &AppState, entity: &Entity, found: &Found) -> Vec<String> {
    let today = state.deps.clock.now().date_in(&entity.time_zone);
    let mut all = Vec::new();
    let made_on = found.declaration.made_at.date_in(&entity.time_zone);
    match end::outcome(&found.declaration, (made_on, today), today, None) {
        Ok(ended) if ended.void => all.push(
            "You made it by word of mouth not long ago: if it ends today, it counts as never made."
                .to_owned(),
        ),
        Ok(_) | Err(Refusal::InFuture | Refusal::BeforeItWasMade | Refusal::BeforeWeWereTold) => {}
    }
    let wording = state.deps.config.charity.wording.current(WordingKey::GiftAidEnded, entity, today);
    all.extend(wording.map(|w| w.paragraphs).unwrap_or_default());
    match found.others {
        0 => {}
        1 => all.push("Another declaration of yours still holds. It ends with this one.".to_owned()),
        n => all.push(format!("{n} other declarations of yours still hold. They end with this one.")),
    }
    all
}

/// Ends it, from today or a later day.
///
/// # Errors
/// 404 when there is no such declaration of this donor.
pub async fn submit(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let found = find(&state, &donor, &id).await?;
    let mut wrong = Mistakes::new();
    let from = match raw.when.as_str() {
        "today" => None,
        "later" => {
            let day = forms::day(&mut wrong, "date", &raw.date);
            if day.is_none() {
                wrong.entry("date").or_insert_with(|| "Enter the day from which it ends".to_owned());
            }
            day
        }
        _ => {
            wrong.insert("when", "Choose from when it ends".to_owned());
            None
        }
    };
    if wrong.is_empty() {
        let wish = End {
            owner: donor.id(),
            declaration: &found.declaration.id,
            with_others: true,
            notified_on: None,
            from,
            via: Channel::Web,
            words: "Ended in the donor portal",
            ended_by: None,
        };
        match end::end(&state.deps, &wish).await? {
            Ending::Done(_) | Ending::Before(_) => return Ok(to(&found.declaration)),
            Ending::Unknown => return Err(AppError::not_found()),
            Ending::Refused(Refusal::InFuture | Refusal::BeforeItWasMade | Refusal::BeforeWeWereTold) => {
                wrong.insert("date", "Choose a day that is still to come".to_owned());
            }
        }
    }
    page(StatusCode::UNPROCESSABLE_ENTITY, &build(&state, &donor, &found, &raw, &wrong)?)
}
