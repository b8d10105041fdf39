//! Journals of a month for accounting programs: Xero (AC-9), QuickBooks Online (AC-10), Sage 50, and a plain one for any other.

use super::{Deps, Result, ServiceError, compose};
use crate::config::{Accounts, Entity};
use crate::documents::cell::Cell;
use crate::documents::csv::Sheet;
use crate::domain::audit::ACTOR_COMMAND;
use crate::domain::closing::Month;
use crate::domain::ids::AuditId;
use crate::domain::journal::{self, Chart, Line, Moved};
use crate::domain::money::Currency;
use crate::domain::receipt::sha256_hex;
use crate::store::audit::Note;
use crate::store::journals;

/// For which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Every column by its plain name, ISO days.
    Plain,
    /// Xero's manual journals.
    Xero,
    /// QuickBooks Online's journal entries.
    QuickBooks,
    /// Sage 50's import of audit trail transactions.
    Sage,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Plain, Format::Xero, Format::QuickBooks, Format::Sage];

    /// The word in addresses and file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Plain => "plain",
            Format::Xero => "xero",
            Format::QuickBooks => "quickbooks",
            Format::Sage => "sage",
        }
    }

    /// The program's name.
    pub fn in_words(self) -> &'static str {
        match self {
            Format::Plain => "Any program",
            Format::Xero => "Xero",
            Format::QuickBooks => "QuickBooks Online",
            Format::Sage => "Sage 50",
        }
    }

    /// By its word.
    pub fn named(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|f| f.as_str() == word)
    }
}

/// The journal of a month in one currency.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Of which month.
    pub month: Month,
    /// In which currency.
    pub currency: Currency,
    /// Its lines; they sum up to nothing.
    pub lines: Vec<Line>,
    /// Named by what it says.
    pub batch: String,
}

impl Journal {
    /// What is debited, in minor units.
    pub fn debits(&self) -> i64 {
        self.lines.iter().map(Line::debit).sum()
    }

    /// What is credited, in minor units.
    pub fn credits(&self) -> i64 {
        self.lines.iter().map(Line::credit).sum()
    }
}

/// The journals of a month of an entity, one for each currency. Without accounts in the charity file they name what an account is
/// for instead.
///
/// # Errors
/// When there is no such entity, or the database refuses.
pub async fn of_month(deps: &Deps, entity: &Entity, month: Month) -> Result<Vec<Journal>> {
    let rows = {
        let mut read = deps.store.read().await?;
        journals::moved(&mut read, &entity.id, month, month.bounds(&entity.time_zone)).await?
    };
    let mut currencies: Vec<Currency> = Vec::new();
    for (currency, _) in &rows {
        if !currencies.contains(currency) {
            currencies.push(*currency);
        }
    }
    let usual = |c: &Currency| entity.currencies.iter().position(|u| u == c).unwrap_or(usize::MAX);
    currencies.sort_by_key(|c| (usual(c), c.code()));
    let journal = |currency: Currency| {
        let moved: Vec<Moved> = rows.iter().filter(|(c, _)| *c == currency).map(|(_, m)| m.clone()).collect();
        let lines = lines(deps, &moved);
        let batch = journal::batch_id(&entity.id, &month.to_string(), currency, &lines);
        Journal { month, currency, lines, batch }
    };
    Ok(currencies.into_iter().map(journal).collect())
}

fn lines(deps: &Deps, moved: &[Moved]) -> Vec<Line> {
    let charity = &deps.config.charity;
    let own = |fund: &str| charity.funds.iter().find(|f| f.id == fund).and_then(|f| f.account.clone());
    match &charity.accounts {
        Some(Accounts { income, stripe, by_hand, fees, back, .. }) => {
            let chart = Chart { online: stripe, by_hand, fees, back: back.as_deref() };
            journal::lines(moved, &chart, |fund| own(fund).unwrap_or_else(|| income.clone()))
        }
        None => {
            let chart = Chart { online: "stripe", by_hand: "by_hand", fees: "fees", back: None };
            journal::lines(moved, &chart, |fund| own(fund).unwrap_or_else(|| "income".to_owned()))
        }
    }
}

/// A journal as a file: its bytes and their SHA-256. The same journal gives the same bytes.
///
/// # Errors
/// Never in memory.
pub fn file(deps: &Deps, entity: &Entity, journal: &Journal, format: Format) -> Result<(Vec<u8>, String)> {
    let bytes = match format {
        Format::Plain => plain(deps, entity, journal),
        Format::Xero => xero(deps, entity, journal),
        Format::QuickBooks => quick_books(deps, entity, journal),
        Format::Sage => sage(deps, entity, journal),
    };
    let bytes = bytes.map_err(|e| ServiceError::Unexpected(format!("journal: {e}")))?;
    let hash = sha256_hex(&String::from_utf8_lossy(&bytes));
    Ok((bytes, hash))
}

/// Writes down that a journal was written to a file by the command.
///
/// # Errors
/// When the database refuses.
pub async fn note_written(deps: &Deps, entity: &str, detail: &serde_json::Value) -> Result<()> {
    let at = deps.clock.now();
    let mut tx = deps.store.write().await?;
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: ACTOR_COMMAND.to_owned(),
        action: "journal.written",
        subject: entity.to_owned(),
        detail: detail.to_string(),
    });
    Ok(tx.commit().await?)
}

/// What a journal is called in the books: which month, currency and batch it is.
pub fn narration(entity: &Entity, journal: &Journal) -> String {
    let Journal { month, currency, batch, .. } = journal;
    format!("{} {month} {} {batch}", entity.receipt_prefix, currency.code())
}

/// What a line's fund is called on the other side: its name for tracking, or its own.
fn tracking(deps: &Deps, line: &Line) -> String {
    let fund = deps.config.charity.funds.iter().find(|f| f.id == line.fund_id);
    match fund {
        Some(fund) => fund.tracking.clone().unwrap_or_else(|| fund.name.clone()),
        None => String::new(),
    }
}

fn described(deps: &Deps, line: &Line) -> String {
    match line.fund_id.as_str() {
        "" => line.what.to_owned(),
        fund => format!("{}: {}", line.what, compose::fund_name(deps, fund)),
    }
}

fn money(minor: i64, currency: Currency) -> Cell<'static> {
    Cell::Decimal(minor, u8::try_from(currency.exponent()).unwrap_or(2))
}

/// `dd/mm/yyyy`, the last day of the month.
fn british_day(month: Month) -> String {
    let day = month.last_day();
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

fn plain(deps: &Deps, entity: &Entity, journal: &Journal) -> std::io::Result<Vec<u8>> {
    let mut sheet = Sheet::new(&[
        "batch",
        "entity",
        "date",
        "account",
        "fund",
        "description",
        "currency",
        "debit",
        "credit",
    ]);
    for line in &journal.lines {
        let some = |minor| if minor == 0 { Cell::Empty } else { money(minor, journal.currency) };
        let cells = [
            Cell::text(journal.batch.as_str()),
            Cell::text(entity.id.as_str()),
            Cell::Day(journal.month.last_day()),
            Cell::text(line.account.as_str()),
            Cell::text(line.fund_id.as_str()),
            Cell::text(described(deps, line)),
            Cell::text(journal.currency.code()),
            some(line.debit()),
            some(line.credit()),
        ];
        sheet.cells(cells.into_iter())?;
    }
    Ok(sheet.finish())
}

/// One journal: lines of one narration and day balance. A debit is positive, a credit negative.
fn xero(deps: &Deps, entity: &Entity, journal: &Journal) -> std::io::Result<Vec<u8>> {
    let tax = deps.config.charity.accounts.as_ref().map_or("No VAT", |a| a.tax_rate.as_str());
    let mut sheet = Sheet::new(&[
        "*Narration",
        "*Date",
        "Description",
        "*AccountCode",
        "*TaxRate",
        "*Amount",
        "TrackingName1",
        "TrackingOption1",
    ]);
    let (narration, day) = (narration(entity, journal), british_day(journal.month));
    for line in &journal.lines {
        let tracking = tracking(deps, line);
        let cells = [
            Cell::text(narration.as_str()),
            Cell::text(day.as_str()),
            Cell::text(described(deps, line)),
            Cell::text(line.account.as_str()),
            Cell::text(tax),
            money(line.minor, journal.currency),
            Cell::text(if tracking.is_empty() { "" } else { "Fund" }),
            Cell::text(tracking),
        ];
        sheet.cells(cells.into_iter())?;
    }
    Ok(sheet.finish())
}

/// One journal: lines of one number balance.
fn quick_books(deps: &Deps, entity: &Entity, journal: &Journal) -> std::io::Result<Vec<u8>> {
    let mut sheet = Sheet::new(&[
        "Journal No.",
        "Journal Date",
        "Account Name",
        "Description",
        "Debits",
        "Credits",
        "Currency",
        "Class",
    ]);
    let (day, number) = (british_day(journal.month), journal.batch.as_str());
    let memo = narration(entity, journal);
    for line in &journal.lines {
        let some = |minor| if minor == 0 { Cell::Empty } else { money(minor, journal.currency) };
        let cells = [
            Cell::text(number),
            Cell::text(day.as_str()),
            Cell::text(line.account.as_str()),
            Cell::text(format!("{} ({memo})", described(deps, line))),
            some(line.debit()),
            some(line.credit()),
            Cell::text(journal.currency.code()),
            Cell::text(tracking(deps, line)),
        ];
        sheet.cells(cells.into_iter())?;
    }
    Ok(sheet.finish())
}

/// Letters that Sage 50 keeps of a transaction's details.
const SAGE_DETAILS: usize = 60;

/// Journal debits and credits of one reference and day, which balance; sums without a sign.
fn sage(deps: &Deps, entity: &Entity, journal: &Journal) -> std::io::Result<Vec<u8>> {
    let tax = deps.config.charity.accounts.as_ref().map_or("T9", |a| a.sage_tax_code.as_str());
    let mut sheet = Sheet::new(&[
        "Type",
        "Account Reference",
        "Nominal A/C Ref",
        "Department Code",
        "Date",
        "Reference",
        "Details",
        "Net Amount",
        "Tax Code",
        "Tax Amount",
    ]);
    let (day, reference) = (british_day(journal.month), journal.batch.as_str());
    for line in &journal.lines {
        let details: String = format!("{} {}", entity.receipt_prefix, described(deps, line))
            .chars()
            .take(SAGE_DETAILS)
            .collect();
        let cells = [
            Cell::text(if line.debit() > 0 { "JD" } else { "JC" }),
            Cell::Empty,
            Cell::text(line.account.as_str()),
            Cell::Whole(0),
            Cell::text(day.as_str()),
            Cell::text(reference),
            Cell::text(details),
            money(line.debit().max(line.credit()), journal.currency),
            Cell::text(tax),
            money(0, journal.currency),
        ];
        sheet.cells(cells.into_iter())?;
    }
    Ok(sheet.finish())
}
