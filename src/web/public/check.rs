//! `/check`: whether a receipt or statement is genuine, and whether it still counts. Nothing personal is shown.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::domain::dates;
use crate::domain::receipt::typed_code;
use crate::services::ServiceError;
use crate::store::statements::{self, CodeHit};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::client::Client;
use crate::web::errors::AppError;
use crate::web::layout::{frame, portal_css};
use crate::web::pages::check::CheckPage;
use crate::web::pages::{Field, Notice, Row, Tone};

/// A code as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
}

/// Shows the form, and the answer when a code was typed.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    client: Client,
    Query(typed): Query<Typed>,
) -> Result<Response, AppError> {
    if typed.code.trim().is_empty() {
        return page(StatusCode::OK, &blank(&state));
    }
    answer(&state, client, &typed.code).await
}

/// Answers for the code in the address, as printed on a document.
///
/// # Errors
/// When the database refuses.
pub async fn of_code(
    State(state): State<AppState>,
    client: Client,
    Path(code): Path<String>,
) -> Result<Response, AppError> {
    answer(&state, client, &code).await
}

fn blank(state: &AppState) -> CheckPage {
    let heading = "Is this document genuine?";
    let mut layout = frame(state, None, heading);
    layout.noindex = true;
    layout.css.insert(1, portal_css(state));
    CheckPage { layout, heading: heading.to_owned(), ..CheckPage::default() }
}

async fn answer(state: &AppState, client: Client, typed: &str) -> Result<Response, AppError> {
    let mut shown = blank(state);
    let Some(prefix) = typed_code(typed) else {
        let typed: String = typed.chars().take(200).collect();
        shown.code = Field::wrong(typed, "Enter all twenty letters and digits of the code");
        return page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    };
    if state.deps.throttle.code(client.0).is_err() {
        return Ok(AppError::status(StatusCode::TOO_MANY_REQUESTS).into_response());
    }
    let hit = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        statements::by_code(&mut read, &prefix).await.map_err(ServiceError::from)?
    };
    shown.code = Field::of(typed);
    let (tone, title, text) = match hit.as_ref().map(|h| h.fate.as_deref()) {
        None => (
            Tone::Problem,
            "We know of no document with this code.",
            "Look at it again: a letter may have been misread. If it is as you typed it, the document is not ours.",
        ),
        Some(None) => (Tone::Success, "This document is genuine, and it counts.", ""),
        Some(Some("replaced")) => (
            Tone::Attention,
            "This document is genuine, but another has taken its place.",
            "It counts no longer.",
        ),
        Some(Some(_)) => {
            (Tone::Attention, "This document is genuine, but it was cancelled.", "It counts no longer.")
        }
    };
    shown.answer = Some(Notice { tone, title: title.to_owned(), text: text.to_owned() });
    shown.facts = hit.map(|h| facts(state, &h)).unwrap_or_default();
    page(StatusCode::OK, &shown)
}

fn facts(state: &AppState, hit: &CodeHit) -> Vec<Row> {
    let entity = state.deps.config.charity.entity(&hit.entity_id);
    let kind = if hit.kind == "statement" { "Annual statement" } else { "Receipt" };
    let mut rows = vec![Row::new("Document", kind), Row::new("Number", hit.number.as_str())];
    if let Some(entity) = entity {
        let day = hit.issued_at.date_in(&entity.time_zone);
        rows.push(Row::new("Issued by", entity.legal_name.as_str()));
        rows.push(Row::new("Issued on", dates::long(day, &entity.locale)));
    }
    rows
}
