//! Spreadsheets as CSV: RFC 4180, and no cell that a spreadsheet program would run as a formula.

/// A sheet that grows row by row.
#[derive(Debug)]
pub struct Sheet(csv::Writer<Vec<u8>>);

/// Read as a formula by one program or another when a cell begins with it (ASVS 1.2.10).
const TRIGGERS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

impl Sheet {
    /// A sheet with its head. Begins with a byte order mark: without one, Excel takes UTF-8 for something else.
    pub fn new(head: &[&str]) -> Sheet {
        let mut sheet = Sheet(
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec()),
        );
        sheet.row(head);
        sheet
    }

    /// Adds a row. Every row needs as many cells as the head.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let harmless = cells.iter().map(|c| harmless(c.as_ref()));
        // Writing to memory cannot fail; a row of another length would, and a test of each sheet would see it missing.
        if let Err(error) = self.0.write_record(harmless) {
            tracing::error!(%error, "row left out of a spreadsheet");
        }
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// A cell that begins like a formula gets an apostrophe before it; a plain negative number does not need one.
fn harmless(cell: &str) -> String {
    let risky = cell.trim_start_matches(' ').starts_with(TRIGGERS);
    let number = cell
        .strip_prefix('-')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if risky && !number { format!("'{cell}") } else { cell.to_owned() }
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
