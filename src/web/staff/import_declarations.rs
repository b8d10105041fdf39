//! `/staff/imports/declarations`: Gift Aid declarations of another system are looked at; they are brought in and taken back
//! like any other file.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::donors::choice;
use super::door::problems;
use super::guard::Staff;
use super::import_file::{FIELDS, look_at, one_row, sent, ways_of_days};
use super::imports::{self, IMPORTS};
use super::look::Look;
use super::{another_look, blank, show};
use crate::config::Entity;
use crate::domain::import::DECLARATIONS;
use crate::services::import::Asked;
use crate::services::offline_gifts::bank::FILE_AT_MOST;
use crate::web::AppState;
use crate::web::account::page as answer;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{FieldKind, FormField, Link, Section, StaffForm, StaffPage};
use crate::web::router::Route;

/// The form.
pub(super) const HERE: &str = "/staff/imports/declarations";

/// The routes of imports of declarations.
pub const ROUTES: &[Route] = &[
    Route {
        path: HERE,
        policy: IMPORTS,
        methods: || get(open).post(submit).layer(DefaultBodyLimit::max(FILE_AT_MOST + FIELDS)),
    },
    Route { path: "/staff/imports/declarations.csv", policy: IMPORTS, methods: || get(template) },
];

/// Shows the form.
///
/// # Errors
/// When a template refuses.
pub async fn open(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    show(&page(&state, &staff, &HashMap::new(), &Mistakes::new()))
}

fn entities(state: &AppState) -> Vec<&Entity> {
    state.deps.config.charity.entities.iter().filter(|e| e.gift_aid).collect()
}

fn page(state: &AppState, staff: &Staff, typed: &HashMap<String, String>, wrong: &Mistakes) -> StaffPage {
    let look = Look { state, staff };
    let mut page = blank(state, staff, "Bring declarations in from another system", "/staff/offline");
    page.back = Some(Link::new("Files of other systems", imports::HERE));
    page.lead = "Gift Aid declarations that donors made elsewhere. Each row says where the form, the mail or the recording is kept: \
                 HMRC asks for that, and a row in a file is no evidence. Nobody is written to."
        .to_owned();
    page.problems = problems(wrong);
    page.actions = vec![Link::new("Download the template (CSV)", "/staff/imports/declarations.csv")];
    let get = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    let to =
        entities(state).into_iter().map(|e| choice(&e.id, e.legal_name.as_str(), get("entity"))).collect();
    page.sections.push(Section::Form(Box::new(StaffForm {
        heading: "Look at a file".to_owned(),
        action: HERE.to_owned(),
        has_file: true,
        fields: vec![
            FormField::new("entity", "Made to", FieldKind::Select(to), field(wrong, "entity", get("entity"))),
            FormField::new(
                "dates",
                "How days are written",
                FieldKind::Select(ways_of_days(get("dates"))),
                field(wrong, "dates", ""),
            ),
            FormField::new("file", "The file", FieldKind::File(".csv,.txt"), field(wrong, "file", "")).hinted(
                "CSV, up to 20 MB and 100,000 rows. covers: future or past_4y_and_future. made_by: web, email, sms, paper or oral",
            ),
        ],
        hidden: vec![look.token()],
        button: "Look at it".to_owned(),
        cancel: Some(Link::new("Leave it", imports::HERE)),
        ..StaffForm::default()
    })));
    page
}

/// Looks at a file.
///
/// # Errors
/// When the database refuses.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    parts: Multipart,
) -> Result<Response, AppError> {
    let mut wrong = Mistakes::new();
    let Some(sent) = sent(&state, parts, &mut wrong).await? else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, &page(&state, &staff, &HashMap::new(), &wrong));
    };
    let entity = entities(&state).into_iter().find(|e| e.id == sent.get("entity"));
    if entity.is_none() {
        wrong.insert("entity", "Choose to whom they were made".to_owned());
    }
    if let (Some(entity), true) = (entity, wrong.is_empty()) {
        let asked = Asked {
            entity,
            currency: entity.default_currency(),
            fund: "",
            claimed: false,
            receipted: true,
            declarations: true,
            dates: sent.dates(),
            file_name: sent.file_name(),
            bytes: Arc::clone(&sent.upload.bytes),
            nonce: &sent.nonce,
        };
        if let Some(there) = look_at(&state, &staff, asked, &mut wrong).await? {
            return Ok(there);
        }
    }
    another_look(&page(&state, &staff, &sent.upload.fields, &wrong))
}

/// Downloads the template: the headings and one invented row.
///
/// # Errors
/// Never.
pub async fn template(State(_): State<AppState>, _: Staff) -> Result<Response, AppError> {
    let row = [
        "declaration-1001",
        "2024-05-01",
        "past_4y_and_future",
        "paper",
        "Binder 12, sheet 4",
        "",
        "",
        "Ada",
        "Example",
        "ada@donors.example",
        "",
        "1 Example Street",
        "",
        "Exampleton",
        "",
        "EX1 1AA",
        "GB",
    ];
    Ok(one_row("declarations-template.csv", DECLARATIONS, &row))
}
