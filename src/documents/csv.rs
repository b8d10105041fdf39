//! Spreadsheets as CSV: RFC 4180, and no cell that a spreadsheet program would run as a formula.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::cell::{Cell, push_decimal};

/// A sheet that grows row by row, in memory or in whatever else takes bytes.
#[derive(Debug)]
pub struct Sheet<W: Write = Vec<u8>> {
    rows: csv::Writer<W>,
    scratch: String,
}

/// Read as a formula by one program or another when a cell begins with it (ASVS 1.2.10).
const TRIGGERS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Without it, Excel takes UTF-8 for something else.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Sheet {
    /// A sheet with its head.
    pub fn new(head: &[&str]) -> Sheet {
        let mut sheet = Sheet::continued(BYTE_ORDER_MARK.to_vec());
        sheet.row(head);
        sheet
    }

    /// Adds a row. Every row needs as many cells as the head.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let harmless = cells.iter().map(|c| harmless(c.as_ref()).into_owned());
        // Writing to memory cannot fail; a row of another length would, and a test of each sheet would see it missing.
        if let Err(error) = self.rows.write_record(harmless) {
            tracing::error!(%error, "row left out of a spreadsheet");
        }
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.rows.into_inner().unwrap_or_default()
    }
}

impl<W: Write> Sheet<W> {
    /// More rows of a sheet whose head was written before: one sheet can be written in pieces.
    pub fn continued(writer: W) -> Sheet<W> {
        let rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(writer);
        Sheet { rows, scratch: String::new() }
    }

    /// Adds a row of cells.
    ///
    /// # Errors
    /// When the writer takes no more bytes.
    pub fn cells<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> io::Result<()> {
        for cell in cells {
            self.scratch.clear();
            let out = &mut self.scratch;
            // Writing to a string cannot fail.
            let field: Cow<'_, str> = match &cell {
                Cell::Text(words) => harmless(words),
                other => {
                    let _ = match other {
                        Cell::Empty | Cell::Text(_) => Ok(()),
                        Cell::Whole(number) => write!(out, "{number}"),
                        Cell::Day(day) => write!(out, "{day}"),
                        Cell::Instant(at) => write!(out, "{at}Z"),
                        Cell::Decimal(minor, decimals) => {
                            push_decimal(out, *minor, *decimals);
                            Ok(())
                        }
                    };
                    Cow::Borrowed(out.as_str())
                }
            };
            self.rows.write_field(field.as_bytes())?;
        }
        self.rows.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Hands everything on to the writer and gives it back.
    ///
    /// # Errors
    /// When the writer takes no more bytes.
    pub fn into_writer(self) -> io::Result<W> {
        self.rows.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// A cell that begins like a formula gets an apostrophe before it; a plain negative number does not need one.
fn harmless(cell: &str) -> Cow<'_, str> {
    let risky = cell.trim_start_matches(' ').starts_with(TRIGGERS);
    let number = cell
        .strip_prefix('-')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if risky && !number { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "-"] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        for cell in ["25.00", "-25.00", "Ada", "O'Neil", ""] {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn cells_keep_their_kind() {
        let mut sheet = Sheet::continued(Vec::new());
        let at = jiff::civil::date(2026, 4, 5).at(22, 59, 59, 1_000);
        let cells = [
            Cell::text("=1+1"),
            Cell::Empty,
            Cell::Whole(-3),
            Cell::Decimal(-2550, 2),
            Cell::Decimal(1000, 0),
            Cell::Day(jiff::civil::date(2026, 4, 5)),
            Cell::Instant(at),
            Cell::text("a \"b\", c"),
        ];
        sheet.cells(cells.into_iter()).expect("memory takes bytes");
        let text = String::from_utf8(sheet.into_writer().expect("memory takes bytes")).expect("UTF-8");
        let row = "'=1+1,,-3,-25.50,1000,2026-04-05,2026-04-05T22:59:59.000001Z,\"a \"\"b\"\", c\"\r\n";
        assert_eq!(text, row);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(cells in prop::collection::vec("\\PC{0,20}", 3)) {
            let mut sheet = Sheet::new(&["a", "b", "c"]);
            sheet.row(&cells);
            let bytes = sheet.finish();
            let mut reader = csv::Reader::from_reader(&bytes[3..]);
            let row = reader.records().next().expect("a row").expect("readable");
            for (cell, read) in cells.iter().zip(row.iter()) {
                prop_assert_eq!(read.strip_prefix('\'').filter(|r| *r == cell).unwrap_or(read), cell);
                prop_assert!(!read.starts_with(['=', '@', '\t']));
            }
        }
    }
}
