//! CSV files: the mark between columns is found, the columns are those of a mapping, each row is whole or named.

use csv::{ReaderBuilder, StringRecord};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::figures::{DATE_FORMATS, Sum, day, sum};
use super::{Credit, LINES_AT_MOST, Refusal, quoted, text, tidy};
use crate::domain::money::Currency;

/// How the files of one bank are read: which heading is which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The day of booking.
    pub date: String,
    /// One of [`DATE_FORMATS`].
    pub date_format: String,
    /// The sum, or what came in when that has a column of its own.
    pub amount: String,
    /// The column holds only what came in; an empty cell is a row of something else. Else a minus says that it went out.
    pub only_credits: bool,
    /// Decimals follow a comma.
    pub decimal_comma: bool,
    /// Who paid.
    pub payer: String,
    /// What they wrote.
    pub reference: String,
}

/// The headings and the first rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The headings.
    pub headings: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

const PREVIEWED: usize = 5;
const COLUMNS_AT_MOST: usize = 60;

struct Table {
    headings: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
}

/// Shows what a file holds, so that its columns can be named.
///
/// # Errors
/// When it cannot be read as a table.
pub fn preview(bytes: &[u8]) -> Result<Preview, Refusal> {
    let table = read(bytes, PREVIEWED)?;
    let cells = |row: &StringRecord| row.iter().map(tidy).collect();
    Ok(Preview { headings: table.headings, rows: table.rows.iter().map(|(_, row)| cells(row)).collect() })
}

fn read(bytes: &[u8], most: usize) -> Result<Table, Refusal> {
    let mut text = text::decode(bytes)?;
    let mark = mark_of(&text)?;
    // A cell that is still open at the end of the file then holds a line break, like any other that does not end.
    text.push('\n');
    let mut reader =
        ReaderBuilder::new().delimiter(mark).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let unreadable = |e: csv::Error| Refusal::of(format!("The file cannot be read: {e}"));
    let first = records.next().transpose().map_err(unreadable)?.unwrap_or_default();
    check_shape(1, &first)?;
    let headings: Vec<String> = first.iter().map(tidy).collect();
    let mut rows = Vec::new();
    for record in records {
        if rows.len() >= most {
            break;
        }
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        check_shape(line, &record)?;
        rows.push((line, record));
    }
    Ok(Table { headings, rows })
}

/// A cell ends on its line: one that goes on has swallowed the rows up to the next quotation mark, and their sums with them.
fn check_shape(line: u64, row: &StringRecord) -> Result<(), Refusal> {
    if row.iter().any(|cell| cell.contains(['\n', '\r'])) {
        return Err(Refusal::of(format!(
            "Row {line}: a quotation mark opens a cell that does not end on its line"
        )));
    }
    if row.len() > COLUMNS_AT_MOST {
        return Err(Refusal::of(format!("Row {line}: more than {COLUMNS_AT_MOST} columns")));
    }
    Ok(())
}

/// The mark between columns: the one of comma, semicolon and tab that the headings have most of.
fn mark_of(text: &str) -> Result<u8, Refusal> {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    if first.is_empty() {
        return Err(Refusal::of("The file is empty"));
    }
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for c in first.chars() {
        quoted ^= c == '"';
        if let Some(count) = counts.iter_mut().find(|(mark, _)| !quoted && char::from(*mark) == c) {
            count.1 += 1;
        }
    }
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    match counts {
        [(_, 0), ..] => Err(Refusal::of(
            "The first row has one column only. It must hold the headings, with commas, semicolons or tabs between them",
        )),
        [(_, a), (_, b), _] if a == b => Err(Refusal::of(
            "The first row has as many of one mark as of another, so we cannot tell which stands between the columns",
        )),
        [(mark, _), ..] => Ok(mark),
    }
}

struct Columns {
    date: usize,
    amount: usize,
    payer: usize,
    reference: usize,
}

fn columns(headings: &[String], mapping: &Mapping) -> Result<Columns, Refusal> {
    let mut wrong = Refusal::default();
    let mut find = |what: &str, heading: &str| {
        let places: Vec<usize> =
            headings.iter().enumerate().filter(|(_, h)| *h == heading).map(|(at, _)| at).collect();
        match places.as_slice() {
            [one] => *one,
            [] => {
                wrong.add(format!("There is no column {} for {what}", quoted(heading)));
                0
            }
            _ => {
                wrong.add(format!("More than one column is headed {} ({what})", quoted(heading)));
                0
            }
        }
    };
    let found = Columns {
        date: find("the day", &mapping.date),
        amount: find("the sum", &mapping.amount),
        payer: find("who paid", &mapping.payer),
        reference: find("the reference", &mapping.reference),
    };
    wrong.or(found)
}

/// The sums that came in. `today`: no later day is a day of booking.
///
/// # Errors
/// Names every row that is not whole, has a day or sum that cannot be read, or a day to come.
pub(super) fn credits(
    bytes: &[u8],
    mapping: &Mapping,
    currency: Currency,
    today: Date,
) -> Result<Vec<Credit>, Refusal> {
    if !DATE_FORMATS.iter().any(|(format, _)| *format == mapping.date_format) {
        return Err(Refusal::of("This way of reading has no form of the day that we know"));
    }
    let table = read(bytes, LINES_AT_MOST + 1)?;
    if table.rows.len() > LINES_AT_MOST {
        return Err(Refusal::of(format!("The file has more than {LINES_AT_MOST} rows. Take a shorter time")));
    }
    let columns = columns(&table.headings, mapping)?;
    let (mut wrong, mut found) = (Refusal::default(), Vec::new());
    for (line, row) in &table.rows {
        if row.len() != table.headings.len() {
            let (has, needs) = (row.len(), table.headings.len());
            wrong.add(format!("Row {line}: {has} columns, but the headings have {needs}"));
            continue;
        }
        match credit(*line, row, &columns, mapping, currency, today) {
            Ok(credit) => found.extend(credit),
            Err(words) => wrong.add(format!("Row {line}: {words}")),
        }
    }
    wrong.or(found)
}

fn credit(
    line: u64,
    row: &StringRecord,
    columns: &Columns,
    mapping: &Mapping,
    currency: Currency,
    today: Date,
) -> Result<Option<Credit>, String> {
    let cell = |at: usize| row.get(at).unwrap_or_default();
    let amount = match sum(cell(columns.amount), currency, mapping.decimal_comma)? {
        Sum::In(money) => Some(money),
        Sum::Out if mapping.only_credits => {
            let written = quoted(cell(columns.amount));
            return Err(format!("{written} is less than nothing in a column of what came in"));
        }
        Sum::Nothing if cell(columns.amount).trim().is_empty() && !mapping.only_credits => {
            return Err("there is no sum".to_owned());
        }
        Sum::Out | Sum::Nothing => None,
    };
    let written = cell(columns.date);
    let booked_on = day(written, &mapping.date_format).ok_or_else(|| match written.trim() {
        "" => "there is no day".to_owned(),
        _ => format!("{} is not a day in the form that was chosen", quoted(written)),
    })?;
    if booked_on > today {
        return Err(format!("{} is still to come", written.trim()));
    }
    Ok(amount.map(|amount| Credit {
        position: line,
        booked_on,
        amount,
        payer: tidy(cell(columns.payer)),
        reference: tidy(cell(columns.reference)),
        bank_id: String::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Mapping {
        Mapping {
            date: "Date".into(),
            date_format: "%d/%m/%Y".into(),
            amount: "Amount".into(),
            payer: "Name".into(),
            reference: "Text".into(),
            ..Mapping::default()
        }
    }

    fn of(text: &str, mapping: &Mapping) -> Result<Vec<Credit>, Refusal> {
        credits(text.as_bytes(), mapping, Currency::GBP, jiff::civil::date(2026, 11, 22))
    }

    #[test]
    fn only_what_came_in_is_taken() {
        let read =
            of("Date,Name,Text,Amount\n01/11/2026,A MARSH,hello,25.00\n02/11/2026,SHOP,,-9.99\n", &mapping());
        let read = read.unwrap();
        assert_eq!((read.len(), read[0].position, read[0].amount.minor()), (1, 2, 2500));
        let credit =
            Mapping { amount: "Paid in".into(), only_credits: true, decimal_comma: true, ..mapping() };
        let read =
            of("Date;Name;Text;Paid out;Paid in\n01/11/2026;A;x;;1.000,50\n02/11/2026;B;y;5,00;\n", &credit);
        assert_eq!(read.unwrap()[0].amount.minor(), 100_050);
    }

    #[test]
    fn a_quotation_mark_swallows_no_rows() {
        let head = "Date,Name,Text,Amount\n01/11/2026,A,x,1.00\n";
        let words = "a quotation mark opens a cell that does not end on its line";
        for (rows, line) in [
            ("01/11/2026,\"B,x,1.00\n01/11/2026,C,x,1.00\n01/11/2026,\"D,x,1.00\n", 3),
            ("01/11/2026,B,\"x\r\ny\",1.00\r\n", 3),
            ("01/11/2026,B,x,1.00\n01/11/2026,C,\"x,1.00\n", 4),
            ("01/11/2026,B,x,\"1.00", 3),
        ] {
            let refused = of(&format!("{head}{rows}"), &mapping()).unwrap_err().0;
            assert_eq!(refused, [format!("Row {line}: {words}")], "{rows:?}");
        }
        let closed = of(&format!("{head}01/11/2026,\"B, of C\",\"\",\"2.00\""), &mapping()).unwrap();
        assert_eq!((closed.len(), closed[1].payer.as_str()), (2, "B, of C"));
        assert!(preview(b"A,B\n1,\"2\n").is_err() && preview(b"\"A,B\n1,2\n").is_err());
    }

    #[test]
    fn a_row_of_too_many_cells_is_refused_at_once() {
        let wide = format!("Date,Name,Text,Amount\n{}\n", ",".repeat(COLUMNS_AT_MOST));
        assert_eq!(of(&wide, &mapping()).unwrap_err().0, ["Row 2: more than 60 columns"]);
        let long = format!("Date,Name,Text,Amount\n01/11/2026,A,,{}\n", "x".repeat(10_000));
        assert!(of(&long, &mapping()).unwrap_err().0[0].chars().count() < 100);
    }

    #[test]
    fn every_bad_row_is_named() {
        let text = "Date,Name,Text,Amount\n32/11/2026,A,,1.00\n01/11/2026,B,,one\n01/11/2026,C,1.00\n\
                    23/11/2026,D,,1.00\n01/11/2026,E,,\n";
        let refused = of(text, &mapping()).unwrap_err().0;
        let rows: Vec<&str> = refused.iter().map(|w| w.split(':').next().unwrap()).collect();
        assert_eq!(rows, ["Row 2", "Row 3", "Row 4", "Row 5", "Row 6"], "{refused:?}");
        let missing = of("Day,Name,Text,Amount\n", &mapping()).unwrap_err().0;
        assert!(missing[0].contains("no column \"Date\""), "{missing:?}");
        let twice = of("Date,Name,Name,Text,Amount\n", &mapping()).unwrap_err().0;
        assert!(twice[0].contains("More than one"), "{twice:?}");
        assert!(of("", &mapping()).is_err() && of("Date\n1\n", &mapping()).is_err());
        assert!(of("Date,Name;Text\n", &mapping()).unwrap_err().0[0].contains("cannot tell"));
    }
}
