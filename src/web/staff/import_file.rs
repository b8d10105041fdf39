//! A file of another system as it is sent, whatever is in it.

use axum::extract::Multipart;
use axum::response::{IntoResponse, Redirect, Response};

use super::donors::choice;
use super::guard::Staff;
use super::imports::HERE;
use super::offline::upload::{Upload, receive};
use crate::documents::csv::Sheet;
use crate::domain::import::{DATE_FORMATS, Field};
use crate::services::import::{self, Asked};
use crate::services::offline_gifts::bank::FILE_AT_MOST;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::Choice;

/// Bytes of the fields beside the file.
pub(super) const FIELDS: usize = 64 * 1024;

/// The ways in which the days of a file may be written.
pub(super) fn ways_of_days(chosen: &str) -> Vec<Choice> {
    let mut ways = vec![choice("", "Find out", chosen)];
    ways.extend(DATE_FORMATS.map(|(format, example)| choice(format, example, chosen)));
    ways
}

/// A template: the headings and one invented row.
pub(super) fn one_row(name: &str, headings: &[(Field, &str)], row: &[&str]) -> Response {
    let mut sheet = Sheet::new(&headings.iter().map(|(_, h)| *h).collect::<Vec<_>>());
    sheet.row(row);
    downloads::attachment("text/csv; charset=utf-8", name, sheet.finish())
}

/// A file as it was sent.
pub(super) struct Sent {
    pub(super) upload: Upload,
    pub(super) nonce: String,
}

impl Sent {
    /// A field of the form beside it.
    pub(super) fn get(&self, name: &str) -> &str {
        self.upload.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// How its days are written, where somebody chose.
    pub(super) fn dates(&self) -> Option<&str> {
        Some(self.get("dates")).filter(|d| !d.is_empty())
    }

    /// How it is called.
    pub(super) fn file_name(&self) -> &str {
        if self.upload.file_name.is_empty() { "file" } else { &self.upload.file_name }
    }
}

/// Receives a file; what is wrong with the sending is said at its field. `None`: it is too large.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn sent(
    state: &AppState,
    parts: Multipart,
    wrong: &mut Mistakes,
) -> Result<Option<Sent>, AppError> {
    let Some(upload) = receive(parts, FILE_AT_MOST, FIELDS).await? else {
        wrong.insert("file", "This file is larger than 20 MB: split it".to_owned());
        return Ok(None);
    };
    if upload.bytes.is_empty() {
        wrong.insert("file", "Choose the file".to_owned());
    }
    let mut sent = Sent { upload, nonce: String::new() };
    match state.form_key.nonce_of(sent.get("token"), state.deps.clock.now()) {
        Ok(nonce) => sent.nonce = nonce,
        Err(_) => {
            wrong.insert("file", "This page was open for too long. Choose the file once more".to_owned());
        }
    }
    Ok(Some(sent))
}

/// Looks at a file and leads to its page; what cannot be read is said at its field.
///
/// # Errors
/// When the database refuses.
pub(super) async fn look_at(
    state: &AppState,
    staff: &Staff,
    asked: Asked<'_>,
    wrong: &mut Mistakes,
) -> Result<Option<Response>, AppError> {
    match import::look(&state.deps, &staff.actor, asked).await? {
        Ok(id) => Ok(Some(Redirect::to(&format!("{HERE}/{id}")).into_response())),
        Err(unknown) => {
            let about_dates = unknown.0.contains("days");
            wrong.insert(if about_dates { "dates" } else { "file" }, unknown.0);
            Ok(None)
        }
    }
}
