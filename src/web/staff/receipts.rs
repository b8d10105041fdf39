//! `/staff/receipts`: the register, with every number and what became of it (RC-6, RC-7).

use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column, figures};
use super::{blank, show};
use crate::clock::Ts;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::services::staff::{record_list, record_read};
use crate::services::{ServiceError, papers};
use crate::store::receipt_register::{self as register, Entry, Series, Wanted};
use crate::store::{donors, gifts, receipts};
use crate::web::donor::gift::standing_of_receipt;
use crate::web::errors::AppError;
use crate::web::pages::{
    Cell, Chip, ChipTone, Choice, DataTable, Empty, FilterBar, FilterSelect, Pager, Section, TableSection,
};
use crate::web::router::{Policy, Route};
use crate::web::{AppState, downloads};

const HERE: &str = "/staff/receipts";
const PAGE: i64 = 50;

/// The routes of the register.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/receipts", policy: Policy::Staff(Right::SeeMoney), methods: || get(list) },
    Route {
        path: "/staff/receipts/{number}/pdf",
        policy: Policy::Staff(Right::SeeMoney),
        methods: || get(pdf),
    },
];

const STATES: &[(&str, &str)] = &[
    ("", "All"),
    ("counts", "Count"),
    ("replaced", "Replaced"),
    ("cancelled", "Cancelled"),
    ("paper", "To print"),
];

/// Which receipts, as the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    entity: String,
    state: String,
    at: String,
    number: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let plain =
            |text: &str| (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned());
        let before = Ts::parse(&self.at).zip(plain(&self.number));
        let state = STATES.iter().map(|(word, _)| *word).find(|word| !word.is_empty() && *word == self.state);
        Wanted { entity: plain(&self.entity), state, before }
    }
}

/// Shows the register.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let wanted = asked.wanted();
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let found = register::page(&mut read, &wanted, PAGE + 1).await.map_err(ServiceError::from)?;
    let series = register::series(&mut read).await.map_err(ServiceError::from)?;
    drop(read);
    let (shown, more) = found.split_at(found.len().min(PAGE as usize));
    record_list(&state.deps, &staff.actor, "receipts", shown.len()).await?;
    let look = Look { state: &state, staff: &staff };
    let mut page = blank(&state, &staff, "Receipts", HERE);
    page.lead =
        "Every number that was given out, and what became of it. None is used twice and none is deleted."
            .to_owned();
    page.filter = Some(filter(&state, &asked));
    page.sections = vec![
        Section::Table(TableSection {
            heading: "Register".to_owned(),
            table: table(&look, shown),
            empty: Some(Empty { title: "No receipt here".to_owned(), text: String::new(), action: None }),
            ..TableSection::default()
        }),
        Section::Table(TableSection {
            heading: "Numbers".to_owned(),
            lead: "A number belongs to the act that issues its receipt: were that undone, the number would be free again. So \
                   a series without gaps is one in which nothing is missing."
                .to_owned(),
            table: series_table(&look, &series),
            ..TableSection::default()
        }),
    ];
    page.pager = shown.last().filter(|_| !more.is_empty()).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("entity", &asked.entity).append_pair("state", &asked.state);
        query.append_pair("at", &last.issued_at.to_fixed_text()).append_pair("number", &last.number);
        Pager { older: format!("{HERE}?{}", query.finish()), ..Pager::default() }
    });
    show(&page)
}

fn filter(state: &AppState, asked: &Asked) -> FilterBar {
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == chosen,
    };
    let mut entities = vec![choice("", "All", &asked.entity)];
    let charity = &state.deps.config.charity;
    entities.extend(charity.entities.iter().map(|e| choice(&e.id, &e.legal_name, &asked.entity)));
    FilterBar {
        action: HERE.to_owned(),
        label: "Filter the receipts".to_owned(),
        button: "Show".to_owned(),
        selects: vec![
            FilterSelect { name: "entity".to_owned(), label: "Issued by".to_owned(), choices: entities },
            FilterSelect {
                name: "state".to_owned(),
                label: "State".to_owned(),
                choices: STATES.iter().map(|(v, l)| choice(v, l, &asked.state)).collect(),
            },
        ],
        ..FilterBar::default()
    }
}

fn chip(e: &Entry) -> Chip {
    match e.fate.as_deref() {
        Some("cancelled") => Chip::new(ChipTone::Problem, "Cancelled"),
        Some("replaced") => Chip::new(ChipTone::Info, "Replaced"),
        Some(_) => Chip::new(ChipTone::Success, "Counts again"),
        None => Chip::new(ChipTone::Success, "Counts"),
    }
}

fn why(e: &Entry) -> String {
    let reason = match e.why.as_deref() {
        Some("refund") => "The gift, or part of it, went back",
        Some("dispute") => "The donor's bank decided",
        Some("returned") => "The cheque came back",
        Some("correction") => "Something on it was wrong",
        Some("benefit") => "What the donor got for it was written down",
        Some(_) | None => "",
    };
    match &e.replaced_by {
        Some(number) => format!("{reason}: {number} counts instead"),
        None => reason.to_owned(),
    }
}

fn table(look: &Look<'_>, entries: &[Entry]) -> DataTable {
    let row = |e: &Entry| {
        let how = if e.delivery == "paper" { "On paper" } else { "By e-mail" };
        vec![
            Cell {
                note: look.entity(&e.entity_id),
                ..Cell::link(&e.number, format!("{HERE}/{}/pdf", e.number))
            },
            Cell { note: how.to_owned(), ..Cell::new(look.day_of(e.issued_at)) },
            Cell::link(
                look.money(Money::new(e.amount_minor, e.currency)),
                format!("/staff/gifts/{}", e.gift_id),
            ),
            Cell::chip(chip(e)),
            Cell::new(why(e)),
        ]
    };
    DataTable {
        caption: "Receipts".to_owned(),
        quiet_caption: true,
        columns: vec![column("Number"), column("Issued"), figures("Gift"), column("State"), column("Why")],
        rows: entries.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

fn series_table(look: &Look<'_>, series: &[Series]) -> DataTable {
    let row = |s: &Series| {
        let missing = s.last - s.issued;
        vec![
            Cell::new(look.entity(&s.entity_id)),
            Cell::new(s.year.to_string()),
            Cell::new(s.issued.to_string()),
            Cell::new(s.last.to_string()),
            Cell::new(s.void.to_string()),
            if missing == 0 {
                Cell::chip(Chip::new(ChipTone::Success, "None"))
            } else {
                Cell::chip(Chip::new(ChipTone::Problem, format!("{missing} missing")))
            },
        ]
    };
    DataTable {
        caption: "Numbers".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Issued by"),
            column("Year"),
            figures("Given out"),
            figures("Last number"),
            figures("Void"),
            column("Gaps"),
        ],
        rows: series.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Downloads a receipt as a copy; who did is written down.
///
/// # Errors
/// 404 when there is none.
pub async fn pdf(
    State(state): State<AppState>,
    staff: Staff,
    Path(number): Path<String>,
) -> Result<Response, AppError> {
    if number.contains(char::is_control) {
        return Err(AppError::not_found());
    }
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let stored = receipts::by_number(&mut read, &number).await.map_err(ServiceError::from)?;
    let stored = stored.ok_or_else(AppError::not_found)?;
    let gift = gifts::by_id(&mut read, &stored.gift_id).await.map_err(ServiceError::from)?;
    let owner = match &gift {
        Some(gift) => donors::owner_of(&mut read, &gift.donor_id).await.map_err(ServiceError::from)?,
        None => None,
    };
    drop(read);
    let owner = owner.ok_or_else(AppError::not_found)?;
    record_read(&state.deps, &staff.actor, &owner, "receipt").await?;
    let standing = standing_of_receipt(&stored);
    let bytes = papers::receipt_pdf(&state.deps, &stored.content, &stored.sha256, standing, true).await?;
    Ok(downloads::pdf(&stored.number, bytes))
}
