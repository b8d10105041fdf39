//! `/portal/statements`: what was given in each tax year, the statements that were issued, the receipts of a year.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::view::View;
use crate::config::Entity;
use crate::documents::archive;
use crate::documents::pdf::PaperStanding;
use crate::domain::dates;
use crate::domain::ids::StatementId;
use crate::domain::money::{Currency, Money};
use crate::domain::statement::{CurrencyBlock, Line, StatementContent, Totals};
use crate::services::statements::{self, Year, YearView};
use crate::services::{ServiceError, papers};
use crate::store::receipts;
use crate::store::statements::Head;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::statements::{StatementYearPage, StatementsPage, Version, YearCard};
use crate::web::pages::{Cell, Chip, ChipTone, Column, DataTable, Empty, Link, Notice, Row, Tone};
use crate::web::visitor::Donor;
use crate::web::{AppState, downloads};

const HERE: &str = "/portal/statements";
/// Gifts shown of a year; the statement has them all.
const SHOWN: usize = 200;
/// Receipts put into one archive.
const RECEIPTS: i64 = 400;

/// Shows every year.
///
/// # Errors
/// When the database refuses.
pub async fn show(State(state): State<AppState>, donor: Donor) -> Result<Response, AppError> {
    let years = statements::years(&state.deps, donor.id()).await?;
    let view = View { state: &state, locale: &donor.account.locale };
    let mut entities: Vec<&str> = years.iter().map(|y| y.entity_id.as_str()).collect();
    entities.sort_unstable();
    entities.dedup();
    let several = entities.len() > 1;
    let empty = years.is_empty().then(|| Empty {
        title: "No statements yet".to_owned(),
        text: "Once a gift has reached us, its tax year stands here.".to_owned(),
        action: Some(Link::new("Give", "/give")),
    });
    page(
        StatusCode::OK,
        &StatementsPage {
            layout: account_frame(&state, &donor.visitor, "Tax statements", HERE),
            heading: "Tax statements".to_owned(),
            lead: "What you gave in each tax year, and what of it counts for tax.".to_owned(),
            years: years.iter().map(|y| card(view, y, several)).collect(),
            empty,
        },
    )
}

fn card(view: View<'_>, year: &YearView, several: bool) -> YearCard {
    let entity = view.state.deps.config.charity.entity(&year.entity_id);
    let name = entity.map_or(year.entity_id.as_str(), |e| e.legal_name.as_str());
    let last = view.day(year.to);
    let (chip, note) = match (&year.issued, year.over) {
        (Some(_), _) => (Chip::new(ChipTone::Success, "Issued"), String::new()),
        (None, true) => (
            Chip::new(ChipTone::Wait, "Not issued yet"),
            "We send you an e-mail when your statement is ready.".to_owned(),
        ),
        (None, false) => {
            (Chip::new(ChipTone::Info, "The year so far"), format!("Your statement comes after {last}."))
        }
    };
    let number = |head: &Head| Link::new("Download statement (PDF)", format!("{HERE}/document/{}", head.id));
    YearCard {
        heading: if several { format!("{}, {name}", year.tax_year) } else { year.tax_year.clone() },
        chip,
        period: format!("{} to {last}", view.day(year.from)),
        figures: year.totals.iter().flat_map(|(c, t)| figures(view, *c, t)).collect(),
        link: Link::new(
            format!("See {}", year.tax_year),
            format!("{HERE}/year/{}/{}", year.entity_id, year.tax_year),
        ),
        pdf: year.issued.as_ref().map(number),
        note,
    }
}

fn figures(view: View<'_>, currency: Currency, totals: &Totals) -> Vec<Row> {
    let money = |minor| Money::new(minor, currency).display(view.locale);
    let mut rows = vec![Row::figure("You gave", money(totals.counts))];
    if totals.returned > 0 {
        rows.push(Row::figure("Went back to you", money(totals.returned)));
    }
    if totals.gift_aided > 0 {
        rows.push(Row::figure("Under Gift Aid", money(totals.gift_aided)));
    }
    if totals.grossed_up > totals.gift_aided {
        rows.push(Row::figure("Under Gift Aid, with basic-rate tax", money(totals.grossed_up)));
    }
    rows
}

fn entity_of<'a>(state: &'a AppState, id: &str) -> Result<&'a Entity, AppError> {
    state.deps.config.charity.entity(id).ok_or_else(AppError::not_found)
}

/// Shows one year.
///
/// # Errors
/// 404 when nothing was given in it.
pub async fn year(
    State(state): State<AppState>,
    donor: Donor,
    Path((entity_id, tax_year)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let entity = entity_of(&state, &entity_id)?;
    let found = statements::year(&state.deps, donor.id(), &entity_id, &tax_year).await?;
    let found = found.ok_or_else(AppError::not_found)?;
    let view = View { state: &state, locale: &donor.account.locale };
    let content = &found.content;
    let title = format!("Your giving in {}", content.tax_year);
    let gifts: usize = content.blocks.iter().map(|b| b.lines.len()).sum();
    let receipted = content.blocks.iter().flat_map(|b| &b.lines).any(|l| !l.receipt.is_empty());
    let path = format!("{HERE}/year/{entity_id}/{}", content.tax_year);
    page(
        StatusCode::OK,
        &StatementYearPage {
            layout: account_frame(&state, &donor.visitor, &title, HERE),
            back: Link::new("Tax statements", HERE),
            notice: notice(view, &found),
            heading: title,
            lead: format!("{}, {}", entity.legal_name, period(content, view.locale)),
            figures: content.blocks.iter().flat_map(|b| figures(view, b.currency, &b.totals)).collect(),
            versions: versions(view, entity, &found.versions),
            changes: found.changes.clone(),
            tables: content.blocks.iter().flat_map(|b| tables(view, b, entity.gift_aid)).collect(),
            more: if gifts > SHOWN {
                format!(
                    "The latest {SHOWN} gifts of each kind are shown. All of them are under Giving, and on the statement."
                )
            } else {
                String::new()
            },
            wording: content.wording.clone(),
            receipts: receipted.then(|| {
                Link::new("Download every receipt of the year (ZIP)", format!("{path}/receipts.zip"))
            }),
        },
    )
}

fn long(text: &str, locale: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |day| dates::long(day, locale))
}

fn period(content: &StatementContent, locale: &str) -> String {
    format!("{} to {}", long(&content.from, locale), long(&content.to, locale))
}

fn notice(view: View<'_>, year: &Year) -> Option<Notice> {
    let last = long(&year.content.to, view.locale);
    match (year.versions.is_empty(), year.over) {
        (true, false) => Some(Notice {
            tone: Tone::Info,
            title: "The year so far.".to_owned(),
            text: format!(
                "It ends on {last}. Your statement comes after that, and may still change until then."
            ),
        }),
        (true, true) => Some(Notice {
            tone: Tone::Info,
            title: "The year has ended; your statement is not issued yet.".to_owned(),
            text: "We send you an e-mail when it is ready.".to_owned(),
        }),
        (false, _) => None,
    }
}

fn versions(view: View<'_>, entity: &Entity, heads: &[Head]) -> Vec<Version> {
    let version = |(nth, head): (usize, &Head)| Version {
        number: head.number.clone(),
        chip: if nth == 0 {
            Chip::new(ChipTone::Success, "Counts")
        } else {
            Chip::new(ChipTone::Info, "Superseded")
        },
        issued: format!("Issued on {}", view.day(head.issued_at.date_in(&entity.time_zone))),
        pdf: Link::new("Download (PDF)", format!("{HERE}/document/{}", head.id)),
    };
    heads.iter().enumerate().map(version).collect()
}

fn tables(view: View<'_>, block: &CurrencyBlock, aid: bool) -> Vec<DataTable> {
    let (aided, other): (Vec<&Line>, Vec<&Line>) = block.lines.iter().partition(|l| aid && l.gift_aided);
    let kinds =
        [("Gifts under Gift Aid", aided), (if aid { "Gifts without Gift Aid" } else { "Your gifts" }, other)];
    kinds
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(name, lines)| table(view, block, name, &lines))
        .collect()
}

fn table(view: View<'_>, block: &CurrencyBlock, name: &str, lines: &[&Line]) -> DataTable {
    let money = |minor| Money::new(minor, block.currency).display(view.locale);
    let some = |minor: i64| if minor == 0 { String::new() } else { money(minor) };
    let column = |label: &str, figure| Column { label: label.to_owned(), figure, ..Column::default() };
    // Nothing went back of most gifts: then the column would be empty.
    let back = lines.iter().any(|l| l.returned != 0);
    let row = |line: &&Line| {
        let mut what = Cell::new(line.fund.as_str());
        what.note = format!("{}, {}", line.kind, line.method);
        if line.disputed {
            what.note.push_str(". Your bank is looking at it");
        }
        let mut cells = vec![
            Cell::link(long(&line.received_on, view.locale), format!("/portal/gifts/{}", line.gift)),
            what,
        ];
        if back {
            cells.extend([Cell::new(money(line.given)), Cell::new(some(line.returned))]);
        }
        cells.push(Cell::new(money(line.counts())));
        cells
    };
    let sum = |of: fn(&Line) -> i64| lines.iter().map(|l| of(l)).sum::<i64>();
    let mut columns = vec![column("Date", false), column("For", false)];
    let mut totals = vec![Cell::new("Total"), Cell::default()];
    if back {
        columns.extend([column("Given", true), column("Went back", true)]);
        totals.extend([Cell::new(money(sum(|l| l.given))), Cell::new(some(sum(|l| l.returned)))]);
    }
    columns.push(column(if back { "Counts" } else { "Given" }, true));
    totals.push(Cell::new(money(sum(Line::counts))));
    DataTable {
        caption: format!("{name}, {}", block.currency),
        quiet_caption: false,
        columns,
        rows: lines.iter().rev().take(SHOWN).map(row).collect(),
        totals,
    }
}

/// Downloads a statement.
///
/// # Errors
/// 404 when there is none, or it is somebody else's.
pub async fn document(
    State(state): State<AppState>,
    donor: Donor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id: StatementId = id.parse().map_err(|_| AppError::not_found())?;
    let stored = statements::stored(&state.deps, donor.id(), &id).await?;
    let stored = stored.ok_or_else(AppError::not_found)?;
    let standing = statements::standing(&stored);
    let bytes = papers::statement_pdf(&state.deps, &stored.content, &stored.sha256, standing).await?;
    Ok(downloads::pdf(&stored.number, bytes))
}

/// Downloads the counting receipts of a year in one archive.
///
/// # Errors
/// 404 when there is none; 413 when there are more than fit into one.
pub async fn archive(
    State(state): State<AppState>,
    donor: Donor,
    Path((entity_id, tax_year)): Path<(String, String)>,
) -> Result<Response, AppError> {
    entity_of(&state, &entity_id)?;
    if tax_year.contains(char::is_control) {
        return Err(AppError::not_found());
    }
    let found = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let found = receipts::of_year(&mut read, donor.id(), &entity_id, &tax_year, RECEIPTS + 1).await;
        found.map_err(ServiceError::from)?
    };
    if found.is_empty() {
        return Err(AppError::not_found());
    }
    if i64::try_from(found.len()).unwrap_or(i64::MAX) > RECEIPTS {
        return Err(AppError::status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let mut files = Vec::with_capacity(found.len());
    for receipt in &found {
        let bytes =
            papers::receipt_pdf(&state.deps, &receipt.content, &receipt.sha256, PaperStanding::Current, true)
                .await?;
        files.push((format!("{}.pdf", receipt.number), bytes));
    }
    let bytes = archive::zip(&files).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    Ok(downloads::attachment("application/zip", &format!("receipts-{entity_id}-{tax_year}.zip"), bytes))
}
