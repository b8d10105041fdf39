//! What the pages print, ready to print: the seam between frozen content and the templates, in their field names.

use serde::Serialize;

use super::fonts::{BREAK, advance};
use super::labels::{Labels, fill, pattern};
use super::{PaperStanding, PdfError, Stamp, long_date};
use crate::domain::donor::DonorDetails;
use crate::domain::receipt::{LawLine, ReceiptEntity, ReceiptForm, Signatory};

/// A word longer than this may be broken anywhere, so that no name leaves the page.
const LONGEST_WORD: usize = 30;
/// The same in a table.
const LONGEST_IN_TABLE: usize = 16;

#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) title: String,
    pub(super) author: String,
    pub(super) paper: &'static str,
    pub(super) lang: String,
    pub(super) region: String,
    /// Copy, cancelled, superseded: above everything else.
    pub(super) marks: Vec<String>,
    /// At the head of every page but the first.
    pub(super) running: String,
    pub(super) footer: Footer,
    pub(super) check: Check,
    pub(super) entity: Head,
    pub(super) donor_label: String,
    pub(super) donor: Vec<String>,
    pub(super) references: Vec<LawLine>,
    pub(super) heading: String,
    pub(super) lead: String,
    pub(super) sums: Vec<Sum>,
    /// Whether what the law says comes in bold.
    pub(super) official: bool,
    pub(super) statements: Vec<String>,
    pub(super) facts: Vec<LawLine>,
    pub(super) changes: Option<Changes>,
    pub(super) tables: Vec<Table>,
    pub(super) wording: Vec<String>,
    pub(super) signature: Option<Signature>,
    /// Only on the German pattern (DE-1).
    pub(super) pattern: Option<Form>,
    /// Printed when letters had to be replaced.
    pub(super) lost_letters: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Footer {
    pub(super) code_label: String,
    pub(super) code: String,
    pub(super) number: String,
    /// `Page {page} of {pages}`: the template counts.
    pub(super) page: String,
}

/// How to find out whether it is genuine: the words before the address, the address, the words after it.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) before: String,
    pub(super) url: String,
    pub(super) after: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) registrations: Vec<String>,
    pub(super) address: Vec<String>,
}

/// What was given in one currency: the figure the reader wants, and what it is made of.
#[derive(Debug, Serialize)]
pub(super) struct Sum {
    /// Empty where there is one currency only.
    pub(super) title: String,
    pub(super) main: LawLine,
    pub(super) rest: Vec<LawLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct Changes {
    pub(super) heading: String,
    pub(super) lead: String,
    pub(super) list: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) heading: String,
    /// Begins a page (DE-2).
    pub(super) own_page: bool,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// Its label, and the sums of the columns at the right.
    pub(super) total: String,
    pub(super) totals: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) head: String,
    /// A share of what is left over; none: as wide as it needs.
    pub(super) share: Option<f64>,
    /// What it needs, in em.
    pub(super) width: f64,
    /// Money: at the right.
    pub(super) number: bool,
}

impl Table {
    /// The table with every column as wide as the longest of its texts, and the shares so that every text has one line where
    /// there is room for that. Reckoned here: measuring every cell takes the typesetter as long as setting it.
    pub(super) fn measured(mut self) -> Table {
        let first_sum = self.columns.len().saturating_sub(self.totals.len());
        for (i, column) in self.columns.iter_mut().enumerate() {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(i)).map(|text| width(text, false));
            let total = i.checked_sub(first_sum).and_then(|n| self.totals.get(n));
            let bold = total.into_iter().chain([&column.head]).map(|text| width(text, true));
            column.width = cells.chain(bold).fold(0.0, f64::max);
        }
        self.share_out();
        let rooms: Vec<Option<f64>> = self.columns.iter().map(|c| c.share.map(|s| self.room(s))).collect();
        for row in &mut self.rows {
            let fits = |(room, text): (&Option<f64>, &String)| {
                advance(text, false).is_some_and(|_| room.is_none_or(|room| width(text, false) <= room))
            };
            row.one_line = row.notes.is_empty() && rooms.iter().zip(&row.cells).all(fits);
        }
        self
    }

    /// What the columns without a share leave over, in em.
    fn left_over(&self) -> f64 {
        let fixed = self.columns.iter().filter(|c| c.share.is_none());
        PAPER_WIDTH - fixed.map(|c| c.width + COLUMN_GAP).sum::<f64>()
    }

    /// Where there is room for all, each gets what it needs and as much as the others of the rest.
    fn share_out(&mut self) {
        let left = self.left_over();
        let shared = || self.columns.iter().filter(|c| c.share.is_some());
        let (count, need) = (shared().count(), shared().map(|c| c.width + COLUMN_GAP).sum::<f64>());
        if count == 0 || need > left {
            return;
        }
        let more = (left - need) / count as f64;
        for column in self.columns.iter_mut().filter(|c| c.share.is_some()) {
            column.share = Some(column.width + COLUMN_GAP + more);
        }
    }

    /// How wide the text of a column with so many shares can be, in em.
    fn room(&self, share: f64) -> f64 {
        let shares: f64 = self.columns.iter().filter_map(|c| c.share).sum();
        self.left_over() * share / shares.max(f64::MIN_POSITIVE) - COLUMN_GAP + TOLERANCE
    }
}

/// Between the margins of A4, the narrower of the two papers, in em of a table: 166 mm.
const PAPER_WIDTH: f64 = 55.3;
/// What a column takes beside its text, in em: 3.2 mm.
const COLUMN_GAP: f64 = 1.07;
/// What kerning may add to a text.
const KERNING: f64 = 1.015;
/// Sums of these figures are not exact.
const TOLERANCE: f64 = 0.001;

/// How wide a text is at most, in em.
fn width(text: &str, bold: bool) -> f64 {
    advance(text, bold).map_or_else(|| text.chars().map(em).sum(), |wide| wide * KERNING)
}

/// About how wide a letter of the typeface is, rather too wide than too narrow.
fn em(c: char) -> f64 {
    match c {
        ' ' | '\u{a0}' | '\u{202f}' | '.' | ',' => 0.27,
        '-' => 0.33,
        '0'..='9' => 0.575,
        'm' | 'w' | 'M' | 'W' => 0.95,
        c if c.is_lowercase() => 0.58,
        _ => 0.66,
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Below the second cell.
    pub(super) notes: Vec<String>,
    /// Whether every cell fits on one line: then the typesetter need not find out how high it is, which takes it as long as
    /// setting it.
    pub(super) one_line: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) title: String,
    /// Below the line, where the pattern wants it.
    pub(super) place: String,
}

/// What the German pattern has beside the rest.
#[derive(Debug, Serialize)]
pub(super) struct Form {
    pub(super) issuer: &'static str,
    pub(super) under_law: &'static str,
    pub(super) purpose: &'static str,
    pub(super) hint: &'static str,
    pub(super) hints: &'static [String],
}

/// What every document has.
pub(super) struct Common<'a> {
    pub(super) entity: &'a ReceiptEntity,
    pub(super) donor: &'a DonorDetails,
    /// "Receipt", "Statement".
    pub(super) what: &'a str,
    pub(super) number: &'a str,
    pub(super) issued_on: &'a str,
    pub(super) form: ReceiptForm,
}

/// The locale of a document: the German pattern is German wherever its entity is at home (DE-1).
pub(super) fn locale_of(entity: &ReceiptEntity, form: ReceiptForm) -> &str {
    if form == ReceiptForm::Zuwendungsbestaetigung { "de-DE" } else { entity.locale.as_str() }
}

/// A page with its frame and nothing in it yet.
pub(super) fn frame(common: &Common<'_>, stamp: &Stamp<'_>, labels: &Labels) -> Result<View, PdfError> {
    let Common { entity, number, .. } = *common;
    let locale = locale_of(entity, common.form);
    let (lang, region) = locale.split_once('-').unwrap_or((locale, ""));
    let issued = long_date(common.issued_on, locale)?;
    let title = format!("{} {number}", common.what);
    Ok(View {
        author: entity.legal_name.clone(),
        // Paper is what the donor's printer holds, and that goes by the country.
        paper: if matches!(entity.country.as_str(), "US" | "CA") { "us-letter" } else { "a4" },
        lang: lang.to_owned(),
        region: region.to_owned(),
        marks: marks(stamp, labels),
        running: format!("{title} · {}", entity.legal_name),
        footer: Footer {
            code_label: labels.code.clone(),
            code: stamp.code.to_owned(),
            number: title.clone(),
            page: labels.page.clone(),
        },
        title,
        check: check(stamp, labels),
        entity: Head {
            name: entity.legal_name.clone(),
            registrations: entity.registrations.clone(),
            address: entity.address.clone(),
        },
        donor_label: String::new(),
        donor: addressee(common.donor),
        references: vec![fact(&labels.number, number), fact(&labels.issued_on, issued)],
        heading: String::new(),
        lead: String::new(),
        sums: Vec::new(),
        official: is_official(common.form),
        statements: Vec::new(),
        facts: Vec::new(),
        changes: None,
        tables: Vec::new(),
        wording: Vec::new(),
        signature: None,
        pattern: None,
        lost_letters: labels.lost_letters.clone(),
    })
}

/// Whether the form is prescribed by law.
pub(super) fn is_official(form: ReceiptForm) -> bool {
    match form {
        ReceiptForm::OfficialDonationReceipt | ReceiptForm::Zuwendungsbestaetigung => true,
        ReceiptForm::Plain
        | ReceiptForm::Acknowledgment
        | ReceiptForm::DgrReceipt
        | ReceiptForm::NotOfficial => false,
    }
}

fn check(stamp: &Stamp<'_>, labels: &Labels) -> Check {
    let (before, after) = labels.check.split_once("{url}").unwrap_or((labels.check.as_str(), ""));
    Check { before: before.to_owned(), url: stamp.check_url.to_owned(), after: after.to_owned() }
}

fn marks(stamp: &Stamp<'_>, labels: &Labels) -> Vec<String> {
    let mut marks = match stamp.standing {
        PaperStanding::Current => Vec::new(),
        PaperStanding::Superseded { by } => vec![fill(&labels.superseded, &[("by", by)])],
        PaperStanding::Cancelled => vec![labels.cancelled.clone()],
    };
    if stamp.copy {
        marks.push(labels.copy.clone());
    }
    marks
}

fn addressee(donor: &DonorDetails) -> Vec<String> {
    let address = donor.address.iter().filter(|a| !a.is_blank()).flat_map(|a| a.lines());
    let lines = std::iter::once(donor.receipt_name()).chain(address);
    lines.filter(|line| !line.trim().is_empty()).map(|line| breakable(&line)).collect()
}

/// A line of facts.
pub(super) fn fact(label: &str, value: impl Into<String>) -> LawLine {
    LawLine { label: label.to_owned(), value: value.into() }
}

/// Words that somebody typed, with places where an endless one may be broken.
pub(super) fn breakable(text: &str) -> String {
    broken(text, LONGEST_WORD)
}

/// The same for the narrow columns of a table.
pub(super) fn breakable_in_table(text: &str) -> String {
    broken(text, LONGEST_IN_TABLE)
}

fn broken(text: &str, longest: usize) -> String {
    let (mut out, mut run) = (String::with_capacity(text.len()), 0_usize);
    for c in text.chars() {
        run = if c.is_whitespace() { 0 } else { run + 1 };
        if run > longest {
            out.push(BREAK);
            run = 1;
        }
        out.push(c);
    }
    out
}

/// Makes a page the German pattern: its own title, no thanks, no wording, and its notes at the end (DE-1, DE-2, DE-5).
pub(super) fn after_pattern(view: &mut View, labels: &Labels, signatory: Option<&Signatory>, year: bool) {
    let words = pattern();
    view.donor_label.clone_from(&labels.donor);
    view.lead = String::new();
    view.sums = Vec::new();
    // The day of issue is a line of the law's.
    view.references.truncate(1);
    view.wording = Vec::new();
    view.signature = Some(match signatory {
        Some(s) => Signature { name: s.name.clone(), title: s.title.clone(), place: words.sign_here.clone() },
        None => Signature { name: String::new(), title: String::new(), place: words.machine.clone() },
    });
    view.pattern = Some(Form {
        issuer: &words.issuer,
        under_law: &words.under_law,
        purpose: if year { &words.purpose_year } else { &words.purpose },
        hint: &words.hint,
        hints: &words.hints,
    });
}

/// The signature of other documents.
pub(super) fn signature(signatory: Option<&Signatory>) -> Option<Signature> {
    signatory.map(|s| Signature { name: s.name.clone(), title: s.title.clone(), place: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_text() {
        let column = |head: &str| Column { head: head.to_owned(), share: None, width: 0.0, number: true };
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let table = Table {
            heading: String::new(),
            own_page: false,
            columns: vec![column("Date"), column("Sum")],
            rows: vec![Row { cells: cells(["1 May 2026", "1"]), notes: Vec::new(), one_line: false }],
            total: "Total".to_owned(),
            totals: vec!["10000000".to_owned()],
        };
        let widths: Vec<f64> = table.measured().columns.iter().map(|c| c.width).collect();
        assert!(widths[0] > 4.5 && widths[0] < 6.0, "{widths:?}");
        assert!(widths[1] > 4.5 && widths[1] < 5.0, "{widths:?}");
    }

    #[test]
    fn a_row_is_one_line_when_all_of_it_surely_fits() {
        let column = |head: &str, share| Column { head: head.to_owned(), share, width: 0.0, number: false };
        let row = |fund: &str, notes: &[&str]| Row {
            cells: vec!["1 May 2026".to_owned(), fund.to_owned()],
            notes: notes.iter().map(|n| (*n).to_owned()).collect(),
            one_line: false,
        };
        let table = Table {
            heading: String::new(),
            own_page: false,
            columns: vec![column("Date", None), column("Fund", Some(1.0))],
            rows: vec![
                row("Where needed most", &[]),
                row("Where needed most", &["Confirmed apart"]),
                row(&"Where needed most ".repeat(5), &[]),
                row("קרן כללית", &[]),
            ],
            total: "Total".to_owned(),
            totals: Vec::new(),
        };
        let fits: Vec<bool> = table.measured().rows.iter().map(|r| r.one_line).collect();
        assert_eq!(fits, [true, false, false, false]);
    }

    #[test]
    fn an_endless_word_can_be_broken_and_others_are_left_alone() {
        assert_eq!(breakable("Ada Marsh"), "Ada Marsh");
        let long = breakable(&"x".repeat(70));
        assert_eq!(long.chars().filter(|c| *c == BREAK).count(), 2);
        assert_eq!(long.replace(BREAK, ""), "x".repeat(70));
    }
}
