//! Receipts and annual statements as PDF: tagged, PDF/UA-1 and PDF/A-2a, typefaces embedded, no reach beyond what is given.
//! The same content and stamp give the same bytes. Blocking: some milliseconds a page; call it on a thread of its own.

pub mod bound;
mod fonts;
mod labels;
mod receipt;
mod statement;
mod view;
mod world;

use jiff::civil::Date;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::domain::dates;
use crate::domain::jurisdiction::receipts::{missing_elements, missing_in_statement};
use crate::domain::receipt::ReceiptContent;
use crate::domain::statement::StatementContent;
use fonts::{Letters, make_printable};
use view::View;
use world::{Sheet, Template};

/// Where a document stands now; what it says was frozen when it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaperStanding {
    /// It counts.
    Current,
    /// Another took its place.
    Superseded {
        /// The other's number.
        by: String,
    },
    /// It counts no longer.
    Cancelled,
}

/// What is stamped on a document beside what was frozen.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The check code, in groups of four.
    pub code: &'a str,
    /// Where the code can be checked.
    pub check_url: &'a str,
    /// Where the document stands.
    pub standing: &'a PaperStanding,
    /// It was given out before (RC-8).
    pub copy: bool,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The law wants what it lacks (CA-1).
    #[error("the receipt lacks {0}")]
    Missing(String),
    /// A day that is none.
    #[error("not a day: {0:?}")]
    Day(String),
    /// It could not be set.
    #[error("setting the document: {0}")]
    Setting(String),
}

/// The PDF of a receipt.
///
/// # Errors
/// [`PdfError`]; an official receipt without what the law wants is refused (CA-1, case 83).
pub fn receipt(content: &ReceiptContent, stamp: &Stamp<'_>) -> Result<Vec<u8>, PdfError> {
    whole(&missing_elements(content))?;
    print(&receipt::view(content, stamp)?, day(&content.issued_on)?)
}

/// The PDF of a statement, or of the one official document for a year.
///
/// # Errors
/// [`PdfError`]; as for a receipt (CA-7).
pub fn statement(content: &StatementContent, stamp: &Stamp<'_>) -> Result<Vec<u8>, PdfError> {
    whole(&missing_in_statement(content))?;
    print(&statement::view(content, stamp)?, day(&content.issued_on)?)
}

fn whole(missing: &[&str]) -> Result<(), PdfError> {
    if missing.is_empty() { Ok(()) } else { Err(PdfError::Missing(missing.join(", "))) }
}

fn day(text: &str) -> Result<Date, PdfError> {
    text.parse().map_err(|_| PdfError::Day(text.to_owned()))
}

fn long_date(text: &str, locale: &str) -> Result<String, PdfError> {
    // A date is read as one word, and breaks as one.
    day(text).map(|day| dates::long(day, locale).replace(' ', "\u{a0}"))
}

fn print(view: &View, on: Date) -> Result<Vec<u8>, PdfError> {
    // A text that asks for a glyph no typeface has is refused by the standards. Whatever somebody called themselves, they get
    // their receipt: then with letters that stand alone.
    set(view, on, Letters::All).or_else(|_| set(view, on, Letters::Single))
}

fn set(view: &View, on: Date, letters: Letters) -> Result<Vec<u8>, PdfError> {
    let template = if view.pattern.is_some() { Template::Pattern } else { Template::Letter };
    let facts = facts(view, letters)?;
    let sheet = Sheet::new(template, facts, on).ok_or_else(|| PdfError::Day(on.to_string()))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {}", view.footer.number, view.footer.code)),
        creator: Smart::Custom(Some("Almoner".to_owned())),
        timestamp: Some(Timestamp::new_utc(sheet.bears())),
        standards: standards.map_err(|e| PdfError::Setting(e.message().to_string()))?,
        ..PdfOptions::default()
    };
    let document = typst::compile::<PagedDocument>(&sheet).output;
    let printed = document.and_then(|document| typst_pdf::pdf(&document, &options)).map_err(|e| told(&e));
    // What is remembered of one document is of little use to the next, and would grow without end.
    comemo::evict(0);
    printed
}

fn facts(view: &View, letters: Letters) -> Result<Vec<u8>, PdfError> {
    let failed = |e: serde_json::Error| PdfError::Setting(e.to_string());
    let mut facts = serde_json::to_value(view).map_err(failed)?;
    let lost = make_printable(&mut facts, letters);
    if let Some(fields) = facts.as_object_mut() {
        fields.insert("lost".to_owned(), lost.into());
    }
    serde_json::to_vec(&facts).map_err(failed)
}

/// What went wrong, without a word of what was to be printed.
fn told(problems: &[SourceDiagnostic]) -> PdfError {
    // A message quotes the text between backticks.
    let words: Vec<&str> =
        problems.iter().map(|p| p.message.split('`').next().unwrap_or_default().trim()).collect();
    PdfError::Setting(words.join("; "))
}
