//! `/staff/exports`: taking data out, on record.

mod file;
mod form;
mod words;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::guard::{Staff, prove_first, safe_next};
use super::{another_look, blank, show};
use crate::domain::export::Total;
use crate::domain::ids::ExportId;
use crate::domain::role::Right;
use crate::domain::states::{ExportFormat, ExportState};
use crate::services::ServiceError;
use crate::services::exports::{self, Asked};
use crate::store::exports::batches::{self, Batch};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{
    Cell, Column, DataTable, Empty, Fact, Facts, Lines, Link, Notice, Pager, Section, StaffPage,
    TableSection, Tone,
};
use crate::web::router::{Policy, Route};
use form::Raw;

/// The routes of exports.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/staff/exports",
        policy: Policy::Staff(Right::ExportData),
        methods: || get(list).post(ask),
    },
    Route { path: "/staff/exports/{id}", policy: Policy::Staff(Right::ExportData), methods: || get(one) },
    Route {
        path: "/staff/exports/{id}/file",
        policy: Policy::Staff(Right::ExportData),
        methods: || get(file::download),
    },
];

const HERE: &str = "/staff/exports";
const PAGE: i64 = 25;

/// Which exports are listed: those asked for before this one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    before: String,
}

/// Shows the exports so far, and the form for another.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    show(&list_page(&state, &staff, &wanted, &raw, &Mistakes::new()).await?)
}

async fn list_page(
    state: &AppState,
    staff: &Staff,
    wanted: &Wanted,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let before: Option<ExportId> = wanted.before.parse().ok();
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let batches = batches::latest(&mut read, before.as_ref(), PAGE + 1).await.map_err(ServiceError::from)?;
    drop(read);
    let (shown, more) = batches.split_at(batches.len().min(PAGE as usize));
    let older = match (more.is_empty(), shown.last()) {
        (false, Some(last)) => format!("{HERE}?before={}", last.id),
        _ => String::new(),
    };
    let mut page = blank(state, staff, "Exports", HERE);
    page.lead = "Every export is on record, with the reason you give.".to_owned();
    page.problems = super::door::problems(wrong);
    page.sections = vec![
        Section::Form(Box::new(form::form(state, raw, wrong))),
        Section::Table(TableSection {
            heading: "Exports so far".to_owned(),
            table: table(state, shown),
            empty: Some(Empty {
                title: "No exports yet".to_owned(),
                text: "What is taken out stands here, with who asked, why, and what it came to.".to_owned(),
                action: None,
            }),
            ..TableSection::default()
        }),
    ];
    let newer = if before.is_some() { HERE.to_owned() } else { String::new() };
    page.pager = (!older.is_empty() || !newer.is_empty()).then(|| Pager { newer, older, ..Pager::default() });
    Ok(page)
}

fn column(label: &str, figure: bool) -> Column {
    Column { label: label.to_owned(), figure, ..Column::default() }
}

fn table(state: &AppState, batches: &[Batch]) -> DataTable {
    let row = |b: &Batch| {
        vec![
            Cell {
                note: words::kind(b.kind).to_owned(),
                ..Cell::link(&b.number, format!("{HERE}/{}", b.id))
            },
            Cell::chip(words::chip(b)),
            Cell::new(words::count(b.done_rows)),
            Cell::new(words::totals_line(state, b)),
            Cell::new(b.sha256.as_deref().map(|h| format!("{}…", &h[..12.min(h.len())])).unwrap_or_default()),
            Cell { note: words::when(b.asked_at), ..Cell::new(&b.asked_by_name) },
            Cell::new(&b.why),
        ]
    };
    DataTable {
        caption: "Exports so far".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Export", false),
            column("State", false),
            column("Rows", true),
            column("Totals", false),
            column("SHA-256", false),
            column("Asked by", false),
            column("Why", false),
        ],
        rows: batches.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Takes the form. What is wrong comes back with everything that was typed.
///
/// # Errors
/// When the database refuses.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let now = state.deps.clock.now();
    if !staff.is_fresh(now) {
        let back = raw.address();
        return Ok(prove_first(safe_next(&back).as_deref().unwrap_or(HERE)));
    }
    let mut wrong = Mistakes::new();
    let wish = raw.wish(&state, &mut wrong);
    let nonce = state.form_key.nonce_of(&raw.token, now);
    if nonce.is_err() {
        wrong.insert("why", "This page was open for too long. Look it over and export again".to_owned());
    }
    if let (Some(wish), Ok(nonce)) = (wish, nonce) {
        match exports::ask(&state.deps, &staff.actor, &nonce, wish).await? {
            Asked::Batch(id) => return Ok(Redirect::to(&format!("{HERE}/{id}")).into_response()),
            Asked::TooLong(rows) => {
                let rows = words::count(rows);
                wrong.insert("format", format!("{rows} rows fit no workbook: choose CSV, or take out less"));
            }
        }
    }
    another_look(&list_page(&state, &staff, &Wanted::default(), &raw, &wrong).await?)
}

/// The export of an address; absent and garbled ones are the same.
async fn batch(state: &AppState, id: &str) -> Result<Batch, AppError> {
    let id: ExportId = id.parse().map_err(|_| AppError::not_found())?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    batches::by_id(&mut read, &id).await.map_err(ServiceError::from)?.ok_or_else(AppError::not_found)
}

/// Shows one export: how far it is, what it came to, what its columns mean.
///
/// # Errors
/// When there is none, or the database refuses.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let batch = batch(&state, &id).await?;
    let here = format!("{HERE}/{}", batch.id);
    let mut page = blank(&state, &staff, &batch.number, HERE);
    page.back = Some(Link::new("Exports", HERE));
    page.chip = Some(words::chip(&batch));
    page.lead = words::lead(&batch);
    page.notice = batch.problem.as_ref().map(|problem| Notice {
        tone: Tone::Attention,
        title: problem.clone(),
        text: String::new(),
    });
    let at_work = batch.format.is_kept() && batch.state != ExportState::Done;
    page.actions = match (batch.format, &batch.file) {
        (ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf, None) if at_work => {
            vec![Link::new("See how far it is", here)]
        }
        (ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf, None) => Vec::new(),
        (ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf, Some(_)) | (ExportFormat::Csv, _) => {
            vec![Link::new(words::download(&batch), format!("{here}/file"))]
        }
    };
    page.sections.push(Section::Facts(facts(&state, &batch)?));
    let totals = words::totals(&batch);
    if !totals.is_empty() {
        page.sections.push(Section::Table(totals_table(&state, &batch, &totals)));
    }
    if let Some(hash) = &batch.sha256 {
        page.sections.push(Section::Lines(Lines {
            heading: "SHA-256 of the file".to_owned(),
            lead: "A file with another one is not this export.".to_owned(),
            lines: vec![hash.clone()],
        }));
    }
    page.sections.push(Section::Table(columns_table(&batch)));
    show(&page)
}

fn facts(state: &AppState, batch: &Batch) -> Result<Facts, AppError> {
    let expected = batch.expected.map_or_else(|| "an unknown number".to_owned(), words::count);
    let mut rows = vec![Fact::new("Rows", format!("{} of {expected}", words::count(batch.done_rows)))];
    if let Some(bytes) = batch.bytes {
        rows.push(Fact::new("Size", format!("{} bytes", words::count(bytes))));
    }
    rows.extend(words::filter(state, &exports::filter_of(batch)?));
    rows.push(Fact::new("Asked by", &batch.asked_by_name).noted(words::when(batch.asked_at)));
    rows.push(Fact::new("Why", &batch.why));
    if let Some(at) = batch.finished_at {
        let kept = match (batch.format, &batch.file) {
            (ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf, Some(_)) => {
                format!("The file is deleted on {}.", words::day(at.plus(exports::KEPT_FOR)))
            }
            (ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf, None) => {
                "The file is deleted. Export again if you need it.".to_owned()
            }
            (ExportFormat::Csv, _) => "We keep no copy: each download is made anew.".to_owned(),
        };
        rows.push(Fact::new("Complete since", words::when(at)).noted(kept));
    }
    Ok(Facts { heading: "This export".to_owned(), rows, links: Vec::new() })
}

fn totals_table(state: &AppState, batch: &Batch, totals: &[Total]) -> TableSection {
    let locale = &state.deps.config.charity.brand.locale;
    let called = exports::sums_are_called(batch.kind);
    let mut columns = vec![column("Currency", false), column("Rows", true)];
    if let Some((first, second)) = called {
        columns.extend([column(first, true), column(second, true)]);
    }
    let row = |t: &Total| {
        let count = Cell::new(words::count(i64::try_from(t.rows).unwrap_or(i64::MAX)));
        match t.sums().filter(|_| called.is_some()) {
            None => vec![Cell::new("All"), count],
            Some((amount, net)) => vec![
                Cell::new(amount.currency().code()),
                count,
                Cell::new(amount.display(locale)),
                Cell::new(net.display(locale)),
            ],
        }
    };
    TableSection {
        heading: "Control totals".to_owned(),
        lead: "Held against these, a file shows whether it is whole.".to_owned(),
        table: DataTable {
            caption: "Control totals".to_owned(),
            quiet_caption: true,
            columns,
            rows: totals.iter().map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}

fn columns_table(batch: &Batch) -> TableSection {
    let explained = exports::explained(batch.kind);
    TableSection {
        heading: "What its columns mean".to_owned(),
        table: DataTable {
            caption: "What its columns mean".to_owned(),
            quiet_caption: true,
            columns: vec![column("Column", false), column("What it means", false)],
            rows: explained.iter().map(|c| vec![Cell::new(c.heading), Cell::new(c.explanation)]).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}
