//! `/portal/preferences`: what we may write about.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::view::View;
use super::{Done, flash};
use crate::config::Entity;
use crate::domain::states::ConsentPurpose;
use crate::services::{ServiceError, profile as words};
use crate::store::profile::{ConsentNow, consents};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Check, Notice, PreferencesPage, Tone};
use crate::web::visitor::Donor;

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    updates_stories: String,
    updates_events: String,
    updates_help: String,
    consent_wording: String,
    way: String,
}

impl Raw {
    fn wanted(&self) -> Vec<ConsentPurpose> {
        if self.way == "stop" {
            return Vec::new();
        }
        let boxes = [
            (ConsentPurpose::Stories, &self.updates_stories),
            (ConsentPurpose::Events, &self.updates_events),
            (ConsentPurpose::Help, &self.updates_help),
        ];
        boxes.into_iter().filter(|(_, ticked)| !ticked.is_empty()).map(|(purpose, _)| purpose).collect()
    }
}

/// The entity whose words are shown: that of the donor's language, else the first.
fn entity<'a>(state: &'a AppState, donor: &Donor) -> Result<&'a Entity, AppError> {
    let entities = &state.deps.config.charity.entities;
    let own = entities.iter().find(|e| e.locale == donor.account.locale).or_else(|| entities.first());
    Ok(own.ok_or_else(|| ServiceError::Unexpected("the charity file has no entity".to_owned()))?)
}

/// Shows the choices.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let now = consents(&mut read, donor.id()).await.map_err(ServiceError::from)?;
    drop(read);
    let given: Vec<ConsentPurpose> = now.iter().filter(|c| c.given).map(|c| c.purpose).collect();
    let mut form = build(&state, &donor, &given, &now)?;
    form.notice = flash(&done);
    page(StatusCode::OK, &form)
}

fn build(
    state: &AppState,
    donor: &Donor,
    given: &[ConsentPurpose],
    now: &[ConsentNow],
) -> Result<PreferencesPage, AppError> {
    let entity = entity(state, donor)?;
    let wording = words::consent_words(&state.deps, entity)?;
    let view = View { state, locale: &donor.account.locale };
    let check = |purpose: ConsentPurpose, name: &str, label: &str, hint: &str| Check {
        name: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        checked: given.contains(&purpose),
    };
    let changed = now.iter().map(|c| c.made_at).max();
    Ok(PreferencesPage {
        layout: account_frame(state, &donor.visitor, "E-mail choices", "/portal/preferences"),
        notice: None,
        heading: "E-mail choices".to_owned(),
        lead: String::new(),
        action: "/portal/preferences".to_owned(),
        hidden: Vec::new(),
        question: "What may we write to you about?".to_owned(),
        items: vec![
            check(
                ConsentPurpose::Stories,
                "updates_stories",
                "Stories from the field",
                "What your gifts have made possible, in the words of those who were there.",
            ),
            check(
                ConsentPurpose::Events,
                "updates_events",
                "Events in your area",
                "Talks, walks and services near you.",
            ),
            check(
                ConsentPurpose::Help,
                "updates_help",
                "Ways to help",
                "Appeals, petitions and times when a gift matters most.",
            ),
        ],
        statement: wording.text(),
        wording_id: wording.version,
        changed: changed
            .map(|at| format!("You last changed this on {}.", view.day(at.date_in(&entity.time_zone))))
            .unwrap_or_default(),
        always: "Receipts and news about your own gifts always come.".to_owned(),
    })
}

/// Saves the choices. When the words have changed since the page was opened, they are shown anew first.
///
/// # Errors
/// When the database refuses.
pub async fn save(
    State(state): State<AppState>,
    donor: Donor,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let entity = entity(&state, &donor)?;
    let wanted = raw.wanted();
    let wording = words::consent_words(&state.deps, entity)?;
    if !wanted.is_empty() && wording.version != raw.consent_wording {
        let mut form = build(&state, &donor, &wanted, &[])?;
        form.notice = Some(Notice {
            tone: Tone::Attention,
            title: "The words have changed since you opened this page.".to_owned(),
            text: "Read them again, then save.".to_owned(),
        });
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    }
    words::set_consents(&state.deps, donor.id(), &entity.id, &wanted).await?;
    Ok(Redirect::to("/portal/preferences?done=choices").into_response())
}
