//! Exports in words.

use jiff::tz::TimeZone;

use crate::clock::Ts;
use crate::domain::dates;
use crate::domain::export::{ExportFilter, Total};
use crate::domain::states::{ExportFormat, ExportKind, ExportState};
use crate::store::exports::batches::Batch;
use crate::web::AppState;
use crate::web::donor::view::grouped;
use crate::web::pages::{Chip, ChipTone, Fact};

/// Dates of the office are British: what staff compare is the same for all of them.
const LOCALE: &str = "en-GB";

/// "Gifts".
pub fn kind(kind: ExportKind) -> &'static str {
    match kind {
        ExportKind::Gifts => "Gifts",
        ExportKind::Donors => "Donors",
        ExportKind::Plans => "Plans",
        ExportKind::Refunds => "Refunds and disputes",
        ExportKind::Receipts => "Register of receipts",
        ExportKind::Statements => "Annual statements",
        ExportKind::Declarations => "Gift Aid declarations",
        ExportKind::Consents => "Choices about e-mail",
        ExportKind::Npsp => "Gifts for Salesforce",
    }
}

/// "CSV".
fn format(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "CSV",
        ExportFormat::Xlsx => "XLSX",
        ExportFormat::Zip => "ZIP",
        ExportFormat::Pdf => "PDF",
    }
}

/// How an export stands.
pub fn chip(batch: &Batch) -> Chip {
    let changed = batch.problem.is_some();
    match (batch.state, batch.format) {
        (ExportState::Done, _) if changed => Chip::new(ChipTone::Attention, "Changed since"),
        (ExportState::Done, format) if format.is_kept() && batch.file.is_none() => {
            Chip::new(ChipTone::Info, "File deleted")
        }
        (ExportState::Done, _) => Chip::new(ChipTone::Success, "Complete"),
        (ExportState::Asked, ExportFormat::Csv) => Chip::new(ChipTone::Wait, "To download"),
        (ExportState::Running, ExportFormat::Csv) => Chip::new(ChipTone::Wait, "Being downloaded"),
        (ExportState::Asked | ExportState::Running, _) => Chip::new(ChipTone::Wait, "Being written"),
        (ExportState::Failed, _) => Chip::new(ChipTone::Problem, "Not written"),
    }
}

/// "Gifts as CSV."
pub fn lead(batch: &Batch) -> String {
    let what = format!("{} as {}.", kind(batch.kind), format(batch.format));
    match (batch.format, batch.state) {
        (format, ExportState::Asked | ExportState::Running) if format.is_kept() => {
            format!("{what} It is being written: you can leave this page and come back.")
        }
        (ExportFormat::Csv, ExportState::Asked) => format!("{what} It is written while you download it."),
        _ => what,
    }
}

/// The words on the link to the file.
pub fn download(batch: &Batch) -> String {
    let again =
        if batch.state == ExportState::Done && batch.format == ExportFormat::Csv { " again" } else { "" };
    format!("Download the {}{again}", format(batch.format))
}

/// `1,000`.
pub fn count(count: i64) -> String {
    grouped(count)
}

/// "25 November 2026".
pub fn day(at: Ts) -> String {
    dates::long(at.date_in(&TimeZone::UTC), LOCALE)
}

/// "25 November 2026, 10:04 UTC".
pub fn when(at: Ts) -> String {
    format!("{}, {}", day(at), at.clock_time_in(&TimeZone::UTC))
}

/// The totals of an export that is complete.
pub fn totals(batch: &Batch) -> Vec<Total> {
    batch.totals.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// "£25.00; €3.00".
pub fn totals_line(state: &AppState, batch: &Batch) -> String {
    let locale = &state.deps.config.charity.brand.locale;
    let sums = totals(batch);
    let sums = sums.iter().filter_map(Total::sums).map(|(amount, _)| amount.display(locale));
    sums.collect::<Vec<_>>().join("; ")
}

/// What an export is narrowed to.
pub fn filter(state: &AppState, filter: &ExportFilter) -> Vec<Fact> {
    let charity = &state.deps.config.charity;
    let mut facts = Vec::new();
    if let Some(id) = &filter.entity {
        facts.push(Fact::new("Given to", charity.entity(id).map_or(id.as_str(), |e| e.legal_name.as_str())));
    }
    if let Some(id) = &filter.fund {
        facts.push(Fact::new("Given for", charity.fund(id).map_or(id.as_str(), |f| f.name.as_str())));
    }
    if let Some(currency) = filter.currency {
        facts.push(Fact::new("In", currency.code()));
    }
    if let Some(state) = &filter.state {
        facts.push(Fact::new("State", state));
    }
    if let Some(year) = &filter.tax_year {
        facts.push(Fact::new("Tax year", year));
    }
    if let Some(from) = filter.from {
        facts.push(Fact::new("From", dates::long(from, LOCALE)));
    }
    if let Some(to) = filter.to {
        facts.push(Fact::new("To", dates::long(to, LOCALE)));
    }
    if facts.is_empty() {
        facts.push(Fact::new("Narrowed to", "Nothing: everything there was when it was asked for"));
    }
    facts
}
