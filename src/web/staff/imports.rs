//! `/staff/imports`: files of another system are looked at, brought in and taken back.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::donors::choice;
use super::door::problems;
use super::guard::{Staff, prove_first};
use super::import_file::{FIELDS, look_at, one_row, sent, ways_of_days};
use super::import_view as view;
use super::look::{Look, column};
use super::{another_look, blank, effects, show};
use crate::config::Entity;
use crate::domain::ids::ImportId;
use crate::domain::import::TEMPLATE;
use crate::domain::money::Currency;
use crate::domain::role::Right;
use crate::services::import::{self, Asked};
use crate::services::offline_gifts::bank::FILE_AT_MOST;
use crate::services::staff::record_list;
use crate::store::imports::Batch;
use crate::web::AppState;
use crate::web::account::page as answer;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Cell, DataTable, Empty, FieldKind, FormField, Link, Section, StaffForm, StaffPage, TableSection,
};
use crate::web::router::{Policy, Route};

/// The list and the form.
pub(super) const HERE: &str = "/staff/imports";
pub(super) const IMPORTS: Policy = Policy::Staff(Right::EnterGifts);

/// The routes of imports.
pub const ROUTES: &[Route] = &[
    Route {
        path: HERE,
        policy: IMPORTS,
        methods: || get(list).post(submit).layer(DefaultBodyLimit::max(FILE_AT_MOST + FIELDS)),
    },
    Route { path: "/staff/imports/template.csv", policy: IMPORTS, methods: || get(template) },
    Route { path: "/staff/imports/{id}", policy: IMPORTS, methods: || get(one) },
    Route { path: "/staff/imports/{id}/bring-in", policy: IMPORTS, methods: || post(bring_in) },
    Route { path: "/staff/imports/{id}/drop", policy: IMPORTS, methods: || post(drop_file) },
    Route { path: "/staff/imports/{id}/take-back", policy: IMPORTS, methods: || post(take_back) },
];

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    pub(super) done: String,
}

/// Why a file is taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Why {
    pub(super) why: String,
}

/// Shows the files so far, and the form that reads one.
///
/// # Errors
/// When the database refuses.
pub async fn list(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    show(&list_page(&state, &staff, &HashMap::new(), &Mistakes::new()).await?)
}

async fn list_page(
    state: &AppState,
    staff: &Staff,
    typed: &HashMap<String, String>,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let look = Look { state, staff };
    let batches = import::latest(&state.deps).await?;
    let mut page = blank(state, staff, "Bring gifts in from another system", "/staff/offline");
    page.back = Some(Link::new("Enter gifts", "/staff/offline"));
    page.lead = "What donors gave before, from the template or from GiveWP’s or Donorbox’s own export. A file is looked at first; \
                 no receipt is issued: the other system did that. Nobody is written to, unless a statement they hold says less than \
                 the books then do."
        .to_owned();
    page.problems = problems(wrong);
    page.actions = vec![
        Link::new("Download the template (CSV)", "/staff/imports/template.csv"),
        Link::new("Bring declarations in", super::import_declarations::HERE),
    ];
    page.sections.push(Section::Form(Box::new(form(look, typed, wrong))));
    page.sections.push(Section::Table(list_table(look, &batches)));
    Ok(page)
}

fn list_table(look: Look<'_>, batches: &[Batch]) -> TableSection {
    let row = |b: &Batch| {
        vec![
            Cell {
                note: view::source_words(b.source).to_owned(),
                ..Cell::link(b.file_name.as_str(), format!("{HERE}/{}", b.id))
            },
            Cell::chip(view::chip(b.state)),
            Cell::new(look.entity(&b.entity_id)),
            Cell { note: b.by_name.clone(), ..Cell::new(look.day_of(b.read_at)) },
        ]
    };
    TableSection {
        heading: "Files so far".to_owned(),
        table: DataTable {
            caption: "Files so far".to_owned(),
            quiet_caption: true,
            columns: ["File", "State", "Given to", "Read"].map(column).to_vec(),
            rows: batches.iter().map(row).collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "No file was read yet".to_owned(),
            text: "Begin with a small one: it can be taken back.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

fn form(look: Look<'_>, typed: &HashMap<String, String>, wrong: &Mistakes) -> StaffForm {
    let charity = &look.state.deps.config.charity;
    let get = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    let to = charity.entities.iter().flat_map(|e| e.currencies.iter().map(move |c| (e, *c)));
    let mut whose = vec![choice("", "Choose to whom it was given", get("to"))];
    whose.extend(
        to.map(|(e, c)| choice(&format!("{}:{c}", e.id), format!("{}, {c}", e.legal_name), get("to"))),
    );
    let mut funds = vec![choice("", "Choose a fund", get("fund"))];
    funds.extend(charity.funds.iter().map(|f| choice(&f.id, f.name.as_str(), get("fund"))));
    let dates = ways_of_days(get("dates"));
    let claimed = vec![
        choice(
            "yes",
            "It was claimed there, or is not to be",
            if get("claimed") == "no" { "no" } else { "yes" },
        ),
        choice("no", "It was not claimed yet", get("claimed")),
    ];
    let receipted = vec![
        choice("yes", "The other system issued them", if get("receipted") == "no" { "no" } else { "yes" }),
        choice("no", "None was issued: your annual documents name these gifts", get("receipted")),
    ];
    StaffForm {
        heading: "Look at a file".to_owned(),
        action: HERE.to_owned(),
        has_file: true,
        fields: vec![
            FormField::new("to", "Given to", FieldKind::Select(whose), field(wrong, "to", get("to")))
                .hinted("The currency is for rows that name none"),
            FormField::new("fund", "Given for", FieldKind::Select(funds), field(wrong, "fund", get("fund")))
                .hinted("For rows that name no fund of yours"),
            FormField::new(
                "dates",
                "How days are written",
                FieldKind::Select(dates),
                field(wrong, "dates", ""),
            ),
            FormField::new(
                "claimed",
                "Gift Aid on these gifts",
                FieldKind::Radios(claimed),
                field(wrong, "claimed", ""),
            )
            .hinted("For rows that do not say"),
            FormField::new(
                "receipted",
                "Receipts for these gifts",
                FieldKind::Radios(receipted),
                field(wrong, "receipted", ""),
            )
            .hinted("A gift is on one official document, never on two"),
            FormField::new("file", "The file", FieldKind::File(".csv,.txt"), field(wrong, "file", ""))
                .hinted("CSV, up to 20 MB and 100,000 rows"),
        ],
        hidden: vec![look.token()],
        button: "Look at it".to_owned(),
        cancel: Some(Link::new("Leave it", "/staff/offline")),
        ..StaffForm::default()
    }
}

/// The entity and currency of a choice `uk:GBP`.
fn to_of<'a>(state: &'a AppState, chosen: &str) -> Option<(&'a Entity, Currency)> {
    let (entity, currency) = chosen.split_once(':')?;
    let entity = state.deps.config.charity.entity(entity)?;
    let currency: Currency = currency.parse().ok()?;
    entity.currencies.contains(&currency).then_some((entity, currency))
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
        let shown = list_page(&state, &staff, &HashMap::new(), &wrong).await?;
        return answer(StatusCode::PAYLOAD_TOO_LARGE, &shown);
    };
    let to = to_of(&state, sent.get("to"));
    if to.is_none() {
        wrong.insert("to", "Choose to whom it was given".to_owned());
    }
    let fund = state.deps.config.charity.fund(sent.get("fund"));
    let offered = fund.is_some_and(|f| to.is_none_or(|(e, _)| f.is_offered_by(&e.id)));
    if !offered {
        wrong.insert("fund", "Choose a fund of this legal entity".to_owned());
    }
    if let (Some((entity, currency)), Some(fund), true) = (to, fund, wrong.is_empty()) {
        let asked = Asked {
            entity,
            currency,
            fund: &fund.id,
            claimed: sent.get("claimed") != "no",
            receipted: sent.get("receipted") != "no",
            declarations: false,
            dates: sent.dates(),
            file_name: sent.file_name(),
            bytes: Arc::clone(&sent.upload.bytes),
            nonce: &sent.nonce,
        };
        if let Some(there) = look_at(&state, &staff, asked, &mut wrong).await? {
            return Ok(there);
        }
    }
    another_look(&list_page(&state, &staff, &sent.upload.fields, &wrong).await?)
}

/// Downloads the template: the headings and one invented row.
///
/// # Errors
/// Never.
pub async fn template(State(state): State<AppState>, _: Staff) -> Result<Response, AppError> {
    let fund = state.deps.config.charity.funds.first().map_or("", |f| f.id.as_str());
    let currency = state.deps.config.charity.entities.first().and_then(|e| e.currencies.first());
    let row = [
        "gift-1001",
        "2025-12-24",
        "25.00",
        currency.map_or("GBP", |c| c.code()),
        fund,
        "",
        "Card",
        "Ada",
        "Example",
        "",
        "ada@donors.example",
        "",
        "1 Example Street",
        "",
        "Exampleton",
        "",
        "EX1 1AA",
        "GB",
        "",
        "yes",
    ];
    Ok(one_row("import-template.csv", TEMPLATE, &row))
}

/// Shows a file: what it says, what is wrong with it, what became of it.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    show(&one_page(&state, &staff, &id, &done, &Why::default(), &Mistakes::new()).await?)
}

async fn one_page(
    state: &AppState,
    staff: &Staff,
    id: &str,
    done: &Done,
    why: &Why,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let id: ImportId = id.parse().map_err(|_| AppError::not_found())?;
    let shown = import::shown(&state.deps, &id).await?.ok_or_else(AppError::not_found)?;
    record_list(&state.deps, &staff.actor, "import", shown.parity.len()).await?;
    let look = Look { state, staff };
    let mut page = blank(state, staff, &shown.batch.file_name, "/staff/offline");
    page.back = Some(Link::new("Files of other systems", HERE));
    page.chip = Some(view::chip(shown.batch.state));
    page.notice = view::notice(&done.done);
    page.problems = problems(wrong);
    page.lead = format!(
        "{}, to {}. Read on {} by {}.",
        view::source_words(shown.batch.source),
        look.entity(&shown.batch.entity_id),
        look.moment(shown.batch.read_at),
        shown.batch.by_name
    );
    page.sections = view::sections(look, &shown, why, wrong);
    Ok(page)
}

async fn act(state: &AppState, staff: &Staff, id: &str) -> Result<Result<ImportId, Response>, AppError> {
    let id: ImportId = id.parse().map_err(|_| AppError::not_found())?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(Err(prove_first(&format!("{HERE}/{id}"))));
    }
    if !import::is_there(&state.deps, &id).await? {
        return Err(AppError::not_found());
    }
    Ok(Ok(id))
}

fn back(id: &ImportId, done: &str) -> Response {
    Redirect::to(&format!("{HERE}/{id}?done={done}")).into_response()
}

/// Brings a file in.
///
/// # Errors
/// 404 when there is none.
pub async fn bring_in(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id = match act(&state, &staff, &id).await? {
        Ok(id) => id,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let begun = import::bring_in(&state.deps, &staff.actor, &id).await?;
    Ok(back(&id, if begun { "begun" } else { "before" }))
}

/// Lets a file go.
///
/// # Errors
/// 404 when there is none.
pub async fn drop_file(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id = match act(&state, &staff, &id).await? {
        Ok(id) => id,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let dropped = import::drop_file(&state.deps, &staff.actor, &id).await?;
    Ok(back(&id, if dropped { "dropped" } else { "before" }))
}

/// Takes a file back.
///
/// # Errors
/// 404 when there is none.
pub async fn take_back(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Result<Response, AppError> {
    let id = match act(&state, &staff, &id).await? {
        Ok(id) => id,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut wrong = Mistakes::new();
    let said = effects::reason(&mut wrong, &why.why);
    if !wrong.is_empty() {
        return another_look(&one_page(&state, &staff, id.as_str(), &Done::default(), &why, &wrong).await?);
    }
    let taken = import::take_back(&state.deps, &staff.actor, &id, &said).await?;
    Ok(back(&id, if taken { "taking" } else { "built_on" }))
}
