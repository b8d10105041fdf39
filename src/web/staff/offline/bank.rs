//! `/staff/offline/bank`: a file of the bank is sent in, its columns named once for each bank. The file is not kept: where
//! another look is needed, it is chosen once more.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::upload::{Upload, receive};
use super::{FIELDS, HERE, LINE_AT_MOST, charity, choice, column, locale, store, to_choices, to_of, token};
use crate::domain::dates;
use crate::domain::ids::MappingId;
use crate::services::offline_gifts::bank::import::{self, Asked, How, Importing};
use crate::services::offline_gifts::bank::{DATE_FORMATS, FILE_AT_MOST, Mapping, Preview};
use crate::store::bank::{self, Import};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Cell, DataTable, FieldKind, FormField, Hidden, Lines, Link, Notice, Section, StaffForm, StaffPage,
    TableSection, Tone,
};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

const PATH: &str = "/staff/offline/bank";
const TOO_LARGE: &str = "This file is larger than 20 MB. Take a shorter time from your bank";

/// The form as sent: its fields, and the file.
#[derive(Debug, Default)]
struct Sent {
    fields: HashMap<String, String>,
    file_name: String,
    bytes: Arc<Vec<u8>>,
}

impl From<Upload> for Sent {
    fn from(upload: Upload) -> Sent {
        Sent { fields: upload.fields, file_name: upload.file_name, bytes: upload.bytes }
    }
}

impl Sent {
    fn get(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    fn is_ticked(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    /// The headings of the file whose columns are being named.
    fn headings(&self) -> Vec<String> {
        serde_json::from_str(self.get("headings")).unwrap_or_default()
    }
}

/// Shows the form.
///
/// # Errors
/// When the database refuses.
pub async fn show_form(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    show(&form_page(&state, &staff, &Sent::default(), &Mistakes::new()).await?)
}

async fn form_page(
    state: &AppState,
    staff: &Staff,
    sent: &Sent,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let mut read = state.deps.store.read().await.map_err(store)?;
    let kept = bank::mappings(&mut read).await.map_err(store)?;
    drop(read);
    let mut how = vec![choice("", "CAMT.053, or a CSV file whose columns nobody has named", sent.get("how"))];
    how.extend(
        kept.iter().map(|m| choice(m.id.as_str(), format!("CSV as from {}", m.name), sent.get("how"))),
    );
    let mut shown = bank_page(state, staff, wrong);
    let mut fields = common(state, sent, wrong);
    let field = field(wrong, "how", sent.get("how"));
    fields.insert(2, FormField::new("how", "How it is read", FieldKind::Select(how), field));
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        action: PATH.to_owned(),
        has_file: true,
        fields,
        hidden: vec![Hidden::new("token", token(state))],
        button: "Read the file".to_owned(),
        cancel: Some(Link::new("Leave it", HERE)),
        ..StaffForm::default()
    }))];
    Ok(shown)
}

fn bank_page(state: &AppState, staff: &Staff, wrong: &Mistakes) -> StaffPage {
    let mut shown = blank(state, staff, "Read a bank file", HERE);
    shown.back = Some(Link::new("Enter gifts", HERE));
    shown.lead =
        "What came in is listed; you say which of it are gifts. The file itself is not kept.".to_owned();
    shown.problems = problems(wrong);
    shown
}

/// Whose account it is, and the file.
fn common(state: &AppState, sent: &Sent, wrong: &Mistakes) -> Vec<FormField> {
    let mut to = vec![choice("", "Choose whose account it is", sent.get("to"))];
    to.extend(to_choices(charity(state), sent.get("to")));
    vec![
        FormField::new("to", "Whose account", FieldKind::Select(to), field(wrong, "to", sent.get("to"))),
        FormField::new(
            "account",
            "Which account",
            FieldKind::Text,
            field(wrong, "account", sent.get("account")),
        )
        .hinted("Its number or IBAN, always written alike. CAMT.053 files say it themselves")
        .optional(),
        FormField::new("file", "The file", FieldKind::File(".csv,.txt,.xml"), field(wrong, "file", ""))
            .hinted("As your bank gives it, up to 20 MB"),
    ]
}

/// The page that names the columns of a file.
fn columns_page(
    state: &AppState,
    staff: &Staff,
    sent: &Sent,
    preview: &Preview,
    wrong: &Mistakes,
) -> StaffPage {
    let mut shown = bank_page(state, staff, wrong);
    if !preview.rows.is_empty() {
        shown.sections.push(Section::Table(TableSection {
            heading: "The first rows of the file".to_owned(),
            table: DataTable {
                caption: "First rows".to_owned(),
                quiet_caption: true,
                columns: preview.headings.iter().map(|h| column(h, false)).collect(),
                rows: preview
                    .rows
                    .iter()
                    .map(|r| r.iter().map(|c| Cell::new(c.as_str())).collect())
                    .collect(),
                totals: Vec::new(),
            },
            ..TableSection::default()
        }));
    }
    let mut fields = column_fields(sent, &preview.headings, wrong);
    fields.extend(common(state, sent, wrong));
    let headings = serde_json::to_string(&preview.headings).unwrap_or_default();
    shown.sections.push(Section::Form(Box::new(StaffForm {
        heading: "Name the columns".to_owned(),
        lead: "This is kept for the next file of this bank. Choose the file once more: it was not kept."
            .to_owned(),
        action: PATH.to_owned(),
        has_file: true,
        fields,
        hidden: vec![Hidden::new("token", token(state)), Hidden::new("headings", headings)],
        button: "Keep this and read the file".to_owned(),
        cancel: Some(Link::new("Leave it", HERE)),
        ..StaffForm::default()
    })));
    shown
}

fn column_fields(sent: &Sent, headings: &[String], wrong: &Mistakes) -> Vec<FormField> {
    let which = |name: &'static str, label: &str| {
        let mut choices = vec![choice("", "Choose a column", sent.get(name))];
        choices.extend(headings.iter().map(|h| choice(h, h.as_str(), sent.get(name))));
        FormField::new(name, label, FieldKind::Select(choices), field(wrong, name, sent.get(name)))
    };
    let formats = DATE_FORMATS.iter().map(|(f, words)| choice(f, *words, sent.get("date_format"))).collect();
    vec![
        FormField::new("name", "Name of the bank", FieldKind::Text, field(wrong, "name", sent.get("name")))
            .hinted("Under which you find this again"),
        which("date", "The day of booking"),
        FormField::new(
            "date_format",
            "How the day is written",
            FieldKind::Select(formats),
            field(wrong, "date_format", ""),
        ),
        which("amount", "The sum"),
        FormField::new(
            "only_credits",
            "This column holds only what came in",
            FieldKind::Tick(sent.is_ticked("only_credits")),
            field(wrong, "only_credits", ""),
        )
        .hinted("Else a minus before the sum says that it went out"),
        FormField::new(
            "decimal_comma",
            "Decimals follow a comma, like 1.234,50",
            FieldKind::Tick(sent.is_ticked("decimal_comma")),
            field(wrong, "decimal_comma", ""),
        ),
        which("payer", "Who paid"),
        which("reference", "What they wrote"),
    ]
}

/// Takes a file in, once.
///
/// # Errors
/// When the database refuses.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    headers: HeaderMap,
    parts: Multipart,
) -> Result<Response, AppError> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let too_large = said.is_some_and(|n| n > FILE_AT_MOST + FIELDS);
    let sent = if too_large { None } else { receive(parts, FILE_AT_MOST, FIELDS).await? };
    let Some(sent) = sent.map(Sent::from) else {
        let mut wrong = Mistakes::new();
        wrong.insert("file", TOO_LARGE.to_owned());
        let shown = form_page(&state, &staff, &Sent::default(), &wrong).await?;
        return page(StatusCode::PAYLOAD_TOO_LARGE, &shown);
    };
    let mut wrong = Mistakes::new();
    let to = to_of(charity(&state), sent.get("to"));
    if to.is_none() {
        wrong.insert("to", "Choose whose account it is".to_owned());
    }
    let account = forms::line(&mut wrong, "account", sent.get("account"), 60, None);
    if sent.bytes.is_empty() {
        wrong.insert("file", "Choose the file".to_owned());
    }
    if state.form_key.nonce_of(sent.get("token"), state.deps.clock.now()).is_err() {
        wrong.insert("file", "This page was open for too long. Choose the file once more".to_owned());
    }
    let how = how(&sent, &mut wrong);
    let Some((entity, currency)) = to.filter(|_| wrong.is_empty()) else {
        return again(&state, &staff, &sent, &wrong).await;
    };
    let asked = Asked {
        entity_id: &entity.id,
        currency,
        account: &account,
        file_name: if sent.file_name.is_empty() { "bank file" } else { &sent.file_name },
        bytes: Arc::clone(&sent.bytes),
        how,
    };
    let became = import::take(&state.deps, &staff.actor, asked).await?;
    answer(&state, &staff, &sent, became).await
}

/// How the file is to be read, as the form says.
fn how(sent: &Sent, wrong: &mut Mistakes) -> How {
    if sent.get("headings").is_empty() {
        return sent.get("how").parse::<MappingId>().map_or(How::Unsaid, How::Kept);
    }
    let name = forms::line(wrong, "name", sent.get("name"), LINE_AT_MOST, Some("Enter the name of the bank"));
    let mut column = |name: &'static str| {
        if sent.get(name).is_empty() {
            wrong.insert(name, "Choose the column".to_owned());
        }
        sent.get(name).to_owned()
    };
    let mapping = Mapping {
        date: column("date"),
        amount: column("amount"),
        payer: column("payer"),
        reference: column("reference"),
        date_format: sent.get("date_format").to_owned(),
        only_credits: sent.is_ticked("only_credits"),
        decimal_comma: sent.is_ticked("decimal_comma"),
    };
    if !DATE_FORMATS.iter().any(|(format, _)| *format == mapping.date_format) {
        wrong.insert("date_format", "Choose how the day is written".to_owned());
    }
    How::New { name, mapping }
}

/// The form once more, as it was: with or without the naming of columns.
async fn again(state: &AppState, staff: &Staff, sent: &Sent, wrong: &Mistakes) -> Result<Response, AppError> {
    another_look(&again_page(state, staff, sent, wrong).await?)
}

async fn again_page(
    state: &AppState,
    staff: &Staff,
    sent: &Sent,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let headings = sent.headings();
    if headings.is_empty() {
        return form_page(state, staff, sent, wrong).await;
    }
    let preview = Preview { headings, rows: Vec::new() };
    Ok(columns_page(state, staff, sent, &preview, wrong))
}

async fn answer(
    state: &AppState,
    staff: &Staff,
    sent: &Sent,
    became: Importing,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    match became {
        Importing::Done(id) => {
            return Ok(Redirect::to(&format!("/staff/offline/imports/{id}?done=read")).into_response());
        }
        Importing::Columns(preview) => {
            return another_look(&columns_page(state, staff, sent, &preview, &wrong));
        }
        Importing::Before(before) => {
            wrong.insert("file", before_words(state, &before));
            let mut shown = again_page(state, staff, sent, &wrong).await?;
            shown.actions =
                vec![Link::new("See what it held", format!("/staff/offline/imports/{}", before.id))];
            return another_look(&shown);
        }
        Importing::Refused(refusal) => {
            let first = refusal.0.first().cloned().unwrap_or_default();
            wrong.insert("file", first);
            let mut shown = again_page(state, staff, sent, &wrong).await?;
            shown.notice = Some(Notice {
                tone: Tone::Problem,
                title: "The file was not taken: none of its lines are kept.".to_owned(),
                text: String::new(),
            });
            let lines =
                Lines { heading: "What is wrong with it".to_owned(), lead: String::new(), lines: refusal.0 };
            shown.sections.insert(0, Section::Lines(lines));
            return another_look(&shown);
        }
        Importing::NoAccount => {
            wrong.insert("account", "Enter which account it is: a CSV file does not say".to_owned());
        }
        Importing::NameTaken => {
            wrong.insert(
                "name",
                "This name is taken. Enter another, or choose it on the first page".to_owned(),
            );
        }
    }
    again(state, staff, sent, &wrong).await
}

fn before_words(state: &AppState, before: &Import) -> String {
    let entity = charity(state).entity(&before.entity_id);
    let zone = entity.map_or(jiff::tz::TimeZone::UTC, |e| e.time_zone.clone());
    let day = dates::long(before.imported_at.date_in(&zone), locale(state));
    format!("This file was read before, as {} by {} on {day}", before.file_name, before.imported_by)
}
