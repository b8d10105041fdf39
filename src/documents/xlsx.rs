//! Workbooks as XLSX, row by row, with memory that does not grow with the rows. Numbers are numbers, days are days,
//! and words stay words: no text is ever taken for a formula (ASVS 1.2.10).

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::cell::Cell;

/// Rows of one sheet, its head included: Excel takes no more.
pub const ROWS_OF_A_SHEET: u32 = 1_048_576;
/// Characters of one cell: Excel takes no more.
const CHARACTERS_OF_A_CELL: usize = 32_767;
/// The first year Excel counts days from.
const FIRST_YEAR: i16 = 1900;

/// A workbook that grows row by row.
pub struct Book {
    book: Workbook,
    name: String,
    head: Vec<String>,
    rows_of_a_sheet: u32,
    full: Vec<Worksheet>,
    sheet: Worksheet,
    next_row: u32,
    looks: Looks,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Book({:?}, sheet {}, row {})", self.name, self.full.len() + 1, self.next_row)
    }
}

/// A small sheet at the end: a head and its rows.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// The name of the sheet.
    pub name: &'a str,
    /// The head.
    pub head: &'a [&'a str],
    /// The rows.
    pub rows: Vec<Vec<Cell<'a>>>,
}

/// How cells look.
struct Looks {
    bold: Format,
    day: Format,
    instant: Format,
    decimals: BTreeMap<u8, Format>,
}

impl Looks {
    fn new() -> Looks {
        let shaped = |shape: &str| Format::new().set_num_format(shape);
        let decimals =
            |n: u8| if n == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(usize::from(n))) };
        Looks {
            bold: Format::new().set_bold(),
            day: shaped("yyyy-mm-dd"),
            instant: shaped("yyyy-mm-dd hh:mm:ss"),
            decimals: (0..=4).map(|n| (n, shaped(&decimals(n)))).collect(),
        }
    }
}

impl Book {
    /// A workbook whose rows go to sheets of this name, each with this head. While it grows, its rows lie in a file without
    /// a name in `folder`. `made_on`: the day the file says it was made, so that the same rows give the same bytes.
    ///
    /// # Errors
    /// When the folder takes no files.
    pub fn new(
        folder: &Path,
        name: &str,
        head: &[&str],
        made_on: jiff::civil::Date,
    ) -> Result<Book, XlsxError> {
        Book::with_sheets_of(ROWS_OF_A_SHEET, folder, name, head, made_on)
    }

    fn with_sheets_of(
        rows_of_a_sheet: u32,
        folder: &Path,
        name: &str,
        head: &[&str],
        made_on: jiff::civil::Date,
    ) -> Result<Book, XlsxError> {
        let mut book = Workbook::new();
        book.set_tempdir(folder)?;
        book.set_properties(
            &DocProperties::new().set_title(name).set_creation_datetime(&excel_day(made_on)?),
        );
        let sheet = book.new_worksheet_with_constant_memory()?;
        let head = head.iter().map(|&h| h.to_owned()).collect();
        let (name, looks) = (name.to_owned(), Looks::new());
        let mut book =
            Book { book, name, head, rows_of_a_sheet, full: Vec::new(), sheet, next_row: 0, looks };
        book.begin_sheet()?;
        Ok(book)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        match self.full.len() {
            0 => self.sheet.set_name(&self.name)?,
            before => self.sheet.set_name(format!("{} {}", self.name, before + 1))?,
        };
        self.sheet.set_freeze_panes(1, 0)?;
        for (column, words) in (0_u16..).zip(&self.head) {
            self.sheet.set_column_width(column, 18)?;
            self.sheet.write_string_with_format(0, column, words, &self.looks.bold)?;
        }
        self.next_row = 1;
        Ok(())
    }

    /// Adds a row; a sheet that is full is continued on another.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), XlsxError> {
        if self.next_row == self.rows_of_a_sheet {
            let next = self.book.new_worksheet_with_constant_memory()?;
            self.full.push(std::mem::replace(&mut self.sheet, next));
            self.begin_sheet()?;
        }
        for (column, cell) in (0_u16..).zip(cells) {
            write_cell(&mut self.sheet, self.next_row, column, &cell, &self.looks)?;
        }
        self.next_row += 1;
        Ok(())
    }

    /// Adds the small sheets after the first and writes the whole workbook.
    ///
    /// # Errors
    /// When the writer takes no more bytes.
    pub fn finish<W: Write + Seek + Send>(self, leaves: &[Leaf<'_>], to: W) -> Result<(), XlsxError> {
        let Book { mut book, full, sheet, looks, .. } = self;
        let mut sheets = full.into_iter().chain([sheet]);
        sheets.next().into_iter().for_each(|first| book.push_worksheet(first));
        for leaf in leaves {
            let sheet = book.add_worksheet().set_name(leaf.name)?.set_freeze_panes(1, 0)?;
            for (column, words) in (0_u16..).zip(leaf.head) {
                sheet.set_column_width(column, 24)?;
                sheet.write_string_with_format(0, column, *words, &looks.bold)?;
            }
            for (row, cells) in (1_u32..).zip(&leaf.rows) {
                for (column, cell) in (0_u16..).zip(cells) {
                    write_cell(sheet, row, column, cell, &looks)?;
                }
            }
        }
        sheets.for_each(|more| book.push_worksheet(more));
        book.save_to_writer(to)
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell<'_>,
    looks: &Looks,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(words) => {
            sheet.write_string(row, column, shortened(words))?;
        }
        Cell::Whole(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Decimal(minor, decimals) => {
            let number = *minor as f64 / 10_f64.powi(i32::from(*decimals));
            match looks.decimals.get(decimals) {
                Some(look) => sheet.write_number_with_format(row, column, number, look)?,
                None => sheet.write_number(row, column, number)?,
            };
        }
        Cell::Day(day) if day.year() >= FIRST_YEAR => {
            sheet.write_datetime_with_format(row, column, excel_day(*day)?, &looks.day)?;
        }
        Cell::Instant(at) if at.year() >= FIRST_YEAR => {
            let seconds = f64::from(at.second()) + f64::from(at.subsec_nanosecond()) / 1e9;
            let time = excel_day(at.date())?.and_hms(
                u16::from(at.hour().unsigned_abs()),
                at.minute().unsigned_abs(),
                seconds,
            )?;
            sheet.write_datetime_with_format(row, column, time, &looks.instant)?;
        }
        // Before Excel's first day there are only words.
        Cell::Day(day) => {
            sheet.write_string(row, column, day.to_string())?;
        }
        Cell::Instant(at) => {
            sheet.write_string(row, column, at.to_string())?;
        }
    }
    Ok(())
}

fn excel_day(day: jiff::civil::Date) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(day.year().unsigned_abs(), day.month().unsigned_abs(), day.day().unsigned_abs())
}

fn shortened(words: &str) -> &str {
    // A character of UTF-8 has one byte at least, so most need not be counted.
    match words.len() > CHARACTERS_OF_A_CELL {
        true => words.char_indices().nth(CHARACTERS_OF_A_CELL).map_or(words, |(end, _)| &words[..end]),
        false => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use std::io::Cursor;

    fn written(rows: i64) -> Vec<u8> {
        let day = jiff::civil::date(2026, 11, 22);
        let folder = std::env::temp_dir();
        let mut book = Book::with_sheets_of(4, &folder, "Gifts", &["Id", "Words"], day).expect("a workbook");
        for number in 0..rows {
            book.row([Cell::Whole(number), Cell::text("=1+1")].into_iter()).expect("a row");
        }
        let leaf = Leaf { name: "Columns", head: &["Column"], rows: vec![vec![Cell::text("Id")]] };
        let mut out = Cursor::new(Vec::new());
        book.finish(&[leaf], &mut out).expect("a file");
        out.into_inner()
    }

    #[test]
    fn a_full_sheet_goes_on_in_the_next_and_the_same_rows_give_the_same_bytes() {
        let bytes = written(7);
        assert!(bytes == written(7), "another file for the same rows");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert_eq!(book.sheet_names(), ["Gifts", "Columns", "Gifts 2", "Gifts 3"]);
        let heights =
            ["Gifts", "Gifts 2", "Gifts 3"].map(|s| book.worksheet_range(s).expect("a sheet").height());
        assert_eq!(heights, [4, 4, 2]);
        let third = book.worksheet_range("Gifts 3").expect("a sheet");
        assert_eq!(third.get((1, 0)), Some(&Data::Float(6.0)));
        assert_eq!(third.get((1, 1)), Some(&Data::String("=1+1".to_owned())));
        assert!(book.worksheet_formula("Gifts").expect("a sheet").is_empty());
    }
}
