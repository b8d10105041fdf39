//! The pages of an annual statement (UK-36, UK-37, RC-12), or of the one official document for a year (CA-7, DE-2).

use super::labels::{self, Labels, fill, pattern};
use super::view::{self, Changes, Column, Common, Row, Sum, Table, View, breakable_in_table, fact, frame};
use super::{PdfError, Stamp, long_date};
use crate::domain::money::Money;
use crate::domain::receipt::ReceiptForm;
use crate::domain::statement::{CurrencyBlock, Line, StatementContent};

/// What the parts of a statement need to know of the whole.
struct Whole<'a> {
    content: &'a StatementContent,
    labels: &'static Labels,
    locale: &'a str,
    /// Whether Gift Aid tells the gifts apart.
    aid: bool,
}

impl Whole<'_> {
    fn money(&self, block: &CurrencyBlock, minor: i64) -> String {
        Money::new(minor, block.currency).display(self.locale)
    }
}

/// The pages of a statement.
pub(super) fn view(content: &StatementContent, stamp: &Stamp<'_>) -> Result<View, PdfError> {
    let locale = view::locale_of(&content.entity, content.form);
    let labels = labels::of(locale);
    let whole = Whole { content, labels, locale, aid: content.basic_rate.is_some() };
    let common = Common {
        entity: &content.entity,
        donor: &content.donor,
        what: if view::is_official(content.form) { &labels.receipt } else { &labels.statement },
        number: &content.number,
        issued_on: &content.issued_on,
        form: content.form,
    };
    let mut view = frame(&common, stamp, labels)?;
    let heading = if view.official { &labels.official_year } else { &labels.statement_heading };
    view.heading = fill(heading, &[("year", &content.tax_year)]);
    let (from, to) = (long_date(&content.from, whole.locale)?, long_date(&content.to, whole.locale)?);
    view.lead = fill(&labels.period, &[("from", &from), ("to", &to)]);
    view.sums = content.blocks.iter().filter(|b| !b.lines.is_empty()).map(|b| sum(&whole, b)).collect();
    if let [only] = view.sums.as_mut_slice() {
        only.title = String::new();
    }
    view.statements.clone_from(&content.statements);
    if content.is_empty() {
        view.statements.push(labels.nothing.clone());
    }
    view.facts.clone_from(&content.law);
    view.changes = changes(&whole)?;
    view.wording.clone_from(&content.wording);
    view.signature = view::signature(content.signatory.as_ref());
    let german = content.form == ReceiptForm::Zuwendungsbestaetigung;
    if german {
        view::after_pattern(&mut view, labels, content.signatory.as_ref(), true);
    }
    for block in content.blocks.iter().filter(|b| !b.lines.is_empty()) {
        if german {
            view.tables.extend(annex(&whole, block)?);
        } else {
            tables(&whole, block, &mut view.tables)?;
        }
    }
    Ok(view)
}

fn changes(whole: &Whole<'_>) -> Result<Option<Changes>, PdfError> {
    let Some(old) = &whole.content.replaces else { return Ok(None) };
    let date = long_date(&old.issued_on, whole.locale)?;
    Ok(Some(Changes {
        heading: whole.labels.changed.clone(),
        lead: fill(&whole.labels.instead_of, &[("number", &old.number), ("date", &date)]),
        list: old.changes.clone(),
    }))
}

fn sum(whole: &Whole<'_>, block: &CurrencyBlock) -> Sum {
    let (labels, totals) = (whole.labels, &block.totals);
    let mut rest = Vec::new();
    if whole.aid {
        let rate = whole.content.basic_rate.as_deref().unwrap_or_default();
        rest.push(fact(&labels.aided, whole.money(block, totals.gift_aided)));
        rest.push(fact(&fill(&labels.grossed_up, &[("rate", rate)]), whole.money(block, totals.grossed_up)));
        rest.push(fact(&labels.other, whole.money(block, totals.other)));
    }
    if totals.returned != 0 {
        rest.push(fact(&labels.given_in_all, whole.money(block, totals.given)));
        rest.push(fact(&labels.returned_in_all, whole.money(block, totals.returned)));
    }
    Sum {
        title: fill(&labels.in_currency, &[("currency", block.currency.code())]),
        main: fact(&labels.you_gave, whole.money(block, totals.counts)),
        rest,
    }
}

/// The gifts under Gift Aid and the others, each in a table of its own (UK-37).
fn tables(whole: &Whole<'_>, block: &CurrencyBlock, tables: &mut Vec<Table>) -> Result<(), PdfError> {
    let labels = whole.labels;
    let (aided, other): (Vec<&Line>, Vec<&Line>) =
        block.lines.iter().partition(|l| whole.aid && l.gift_aided);
    let others = if whole.aid { &labels.other_gifts } else { &labels.all_gifts };
    for (heading, lines) in [(&labels.aided_gifts, aided), (others, other)] {
        if !lines.is_empty() {
            tables.push(table(whole, block, heading, &lines)?);
        }
    }
    Ok(())
}

/// Three columns of money where something went back, as what was given is then not what counts; else one.
fn table(
    whole: &Whole<'_>,
    block: &CurrencyBlock,
    heading: &str,
    lines: &[&Line],
) -> Result<Table, PdfError> {
    let back = lines.iter().any(|l| l.returned != 0);
    let sums = |given: i64, returned: i64, counts: i64| {
        let money = |minor| whole.money(block, minor);
        if back {
            vec![money(given), if returned == 0 { String::new() } else { money(returned) }, money(counts)]
        } else {
            vec![money(counts)]
        }
    };
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let mut row = row(whole, block, line, back)?;
        row.cells.extend(sums(line.given, line.returned, line.counts()));
        rows.push(row);
    }
    let total = |of: fn(&Line) -> i64| lines.iter().map(|l| of(l)).sum::<i64>();
    let table = Table {
        heading: titled(whole, block, heading),
        own_page: false,
        columns: columns(whole.labels, back),
        rows,
        total: whole.labels.total.clone(),
        totals: sums(total(|l| l.given), total(|l| l.returned), total(Line::counts)),
    };
    Ok(table.measured())
}

fn columns(labels: &Labels, back: bool) -> Vec<Column> {
    let date = text(&labels.date, None);
    let receipt = text(&labels.receipt_number, None);
    if back {
        let money = [&labels.given, &labels.returned, &labels.counts].map(|head| number(head));
        return [date, text(&labels.gift, Some(1.0)), receipt].into_iter().chain(money).collect();
    }
    vec![date, text(&labels.fund, Some(5.0)), text(&labels.gift, Some(6.0)), receipt, number(&labels.given)]
}

/// A gift without its sums. What it was for and how it came share a column where money needs three.
fn row(whole: &Whole<'_>, block: &CurrencyBlock, line: &Line, back: bool) -> Result<Row, PdfError> {
    let labels = whole.labels;
    let how = format!("{}, {}", line.kind, breakable_in_table(&line.method));
    let mut notes = Vec::new();
    let mut cells = vec![long_date(&line.received_on, whole.locale)?, breakable_in_table(&line.fund)];
    if back {
        notes.push(how)
    } else {
        cells.push(how)
    }
    cells.push(if line.receipt.is_empty() { labels.no_receipt.clone() } else { line.receipt.clone() });
    if line.benefit != 0 {
        notes.push(fill(&labels.in_return, &[("value", &whole.money(block, line.benefit))]));
    }
    if line.confirmed && view::is_official(whole.content.form) {
        notes.push(labels.confirmed.clone());
    }
    if line.disputed {
        notes.push(labels.disputed.clone());
    }
    Ok(Row { cells, notes, one_line: false })
}

/// Names the currency where there are several.
fn titled(whole: &Whole<'_>, block: &CurrencyBlock, heading: &str) -> String {
    if whole.content.blocks.iter().filter(|b| !b.lines.is_empty()).count() < 2 {
        return heading.to_owned();
    }
    format!("{heading} ({})", block.currency.code())
}

fn text(head: &str, share: Option<f64>) -> Column {
    Column { head: head.to_owned(), share, width: 0.0, number: false }
}

fn number(head: &str) -> Column {
    Column { head: head.to_owned(), share: None, width: 0.0, number: true }
}

/// The annex of a collective confirmation: every gift in its sum, and below them those that are not, as another confirmation
/// names them or there was something in return (DE-2, DE-6).
fn annex(whole: &Whole<'_>, block: &CurrencyBlock) -> Result<Vec<Table>, PdfError> {
    let words = pattern();
    let counts = block.lines.iter().filter(|l| l.counts() != 0);
    let (out, within): (Vec<&Line>, Vec<&Line>) = counts.partition(|l| l.confirmed || l.benefit != 0);
    let issued = long_date(&whole.content.issued_on, whole.locale)?;
    let heading = fill(&words.annex, &[("date", &issued)]);
    let mut tables = vec![annexed(whole, block, heading, &within)?];
    if !out.is_empty() {
        tables.push(annexed(whole, block, words.left_out.clone(), &out)?);
    }
    if let Some(first) = tables.first_mut() {
        first.own_page = true;
    }
    Ok(tables)
}

fn annexed(
    whole: &Whole<'_>,
    block: &CurrencyBlock,
    heading: String,
    lines: &[&Line],
) -> Result<Table, PdfError> {
    let words = pattern();
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let mut cells =
            vec![long_date(&line.received_on, whole.locale)?, words.money_gift.clone(), words.no.clone()];
        cells.push(whole.money(block, line.counts()));
        rows.push(Row { cells, notes: Vec::new(), one_line: false });
    }
    let table = Table {
        heading,
        own_page: false,
        columns: vec![
            text(&whole.labels.received_on, None),
            text(&whole.labels.kind, Some(4.0)),
            text(&words.waiver, Some(5.0)),
            number(&words.amount),
        ],
        rows,
        total: whole.labels.total.clone(),
        totals: vec![whole.money(block, lines.iter().map(|l| l.counts()).sum())],
    };
    Ok(table.measured())
}
