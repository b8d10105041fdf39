//! `/staff/months/{entity}/{month}/journal`: a month as debits and credits, for accounting programs (AC-9, AC-10, AC-12).

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::guard::{Staff, prove_first};
use super::look::{Look, column, figures};
use super::month::which;
use super::months::{HERE, href as month_href, named};
use super::{blank, show};
use crate::config::Entity;
use crate::domain::closing::Month;
use crate::domain::journal::Line;
use crate::domain::money::{Currency, Money};
use crate::domain::role::Right;
use crate::services::journals::{self, Format, Journal};
use crate::services::staff::record_list;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Link, Section, TableSection, Words};
use crate::web::router::{Policy, Route};

/// The routes of journals.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/staff/months/{entity}/{month}/journal",
        policy: Policy::Staff(Right::ExportData),
        methods: || get(page),
    },
    Route {
        path: "/staff/months/{entity}/{month}/journal/{file}",
        policy: Policy::Staff(Right::ExportData),
        methods: || get(file),
    },
];

/// The page of a month's journals.
pub fn href(entity: &str, month: Month) -> String {
    format!("{}/journal", month_href(entity, month))
}

/// Shows the journals of a month, one for each currency.
///
/// # Errors
/// 404 when there is no such entity or month.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    let made = journals::of_month(&state.deps, entity, month).await?;
    let lines = made.iter().map(|j| j.lines.len()).sum();
    record_list(&state.deps, &staff.actor, &format!("journal {} {month}", entity.id), lines).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, &format!("Journal of {}", named(look, month)), HERE);
    shown.back = Some(Link::new(named(look, month), month_href(&entity.id, month)));
    shown.lead = "Gifts gross, fees as a cost, what went back by itself; debits equal credits. What Stripe paid out is not in it: \
                  the bank’s own feed brings that, against the account for Stripe."
        .to_owned();
    if state.deps.config.charity.accounts.is_none() {
        shown.sections.push(Section::Words(Words {
            heading: "No accounts are named yet".to_owned(),
            paragraphs: vec![
                "The charity file can name them in [accounts]: income, stripe, by_hand and fees. Until then the lines below say what \
                 an account is for, and only the file for any program is offered."
                    .to_owned(),
            ],
            ..Words::default()
        }));
    }
    for journal in &made {
        shown.sections.push(Section::Table(table(look, entity, journal)?));
    }
    if made.is_empty() {
        shown.sections.push(Section::Words(Words {
            paragraphs: vec!["Nothing moved.".to_owned()],
            ..Words::default()
        }));
    }
    show(&shown)
}

fn table(look: Look<'_>, entity: &Entity, journal: &Journal) -> Result<TableSection, AppError> {
    let deps = &look.state.deps;
    let money = |minor: i64| match minor {
        0 => Cell::new(""),
        minor => Cell::new(look.money(Money::new(minor, journal.currency))),
    };
    let row = |l: &Line| {
        let fund = if l.fund_id.is_empty() { String::new() } else { look.fund(&l.fund_id) };
        vec![
            Cell::new(l.account.as_str()),
            Cell::new(l.what),
            Cell::new(fund),
            money(l.debit()),
            money(l.credit()),
        ]
    };
    let offered = |f: &Format| *f == Format::Plain || deps.config.charity.accounts.is_some();
    let mut links = Vec::new();
    for format in Format::ALL.into_iter().filter(offered) {
        let at = format!("{}/{}", href(&entity.id, journal.month), file_name(journal.currency, format));
        links.push(Link::new(format!("{} (CSV)", format.in_words()), at));
    }
    Ok(TableSection {
        heading: format!("In {}", journal.currency.code()),
        lead: format!(
            "Batch {}: {} lines. The same content always has this number; another one says that something changed.",
            journal.batch,
            journal.lines.len()
        ),
        table: DataTable {
            caption: format!("The journal in {}", journal.currency.code()),
            quiet_caption: true,
            columns: vec![
                column("Account"),
                column("What"),
                column("Fund"),
                figures("Debit"),
                figures("Credit"),
            ],
            rows: journal.lines.iter().map(row).collect(),
            totals: vec![
                Cell::new("In all"),
                Cell::new(""),
                Cell::new(""),
                money(journal.debits()),
                money(journal.credits()),
            ],
        },
        links,
        ..TableSection::default()
    })
}

/// `GBP-xero.csv`.
fn file_name(currency: Currency, format: Format) -> String {
    format!("{}-{}.csv", currency.code(), format.as_str())
}

/// Downloads a journal.
///
/// # Errors
/// 404 when there is no such entity, month, currency or format.
pub async fn file(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month, file)): Path<(String, String, String)>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    let (code, word) =
        file.strip_suffix(".csv").and_then(|name| name.split_once('-')).ok_or_else(AppError::not_found)?;
    let format = Format::named(word).ok_or_else(AppError::not_found)?;
    let named_accounts = format == Format::Plain || state.deps.config.charity.accounts.is_some();
    if !named_accounts {
        return Err(AppError::not_found());
    }
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&entity.id, month)));
    }
    let made = journals::of_month(&state.deps, entity, month).await?;
    let journal = made.iter().find(|j| j.currency.code() == code).ok_or_else(AppError::not_found)?;
    let (bytes, hash) = journals::file(&state.deps, entity, journal, format)?;
    let what = format!("journal {} {month} {code} {word} batch {} sha256 {hash}", entity.id, journal.batch);
    record_list(&state.deps, &staff.actor, &what, journal.lines.len()).await?;
    let name = format!("journal-{}-{month}-{code}-{word}-{}.csv", entity.id, journal.batch);
    Ok(downloads::attachment("text/csv; charset=utf-8", &name, bytes))
}
