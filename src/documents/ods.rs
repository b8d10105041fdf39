//! HMRC's Gift Aid schedule as an OpenDocument spreadsheet (§1.4): written by us with the cells that HMRC reads, and read back
//! the way HMRC reads it before it leaves.
//!
//! HMRC takes the displayed text of a cell and, in the rows of the two boxes, the fourth cell as it stands in the file: so no
//! cell is merged or repeated, and every date and sum is text.

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::Event;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::domain::gift_aid::schedule::Cells;

/// What the first sheet's name begins with, so that HMRC knows it.
const KNOWN_BY: &str = "R68GAD_V1_00_0";
const SHEET: &str = "R68GAD_V1_00_0_EN";
const MIME: &str = "application/vnd.oasis.opendocument.spreadsheet";
const COLUMNS: usize = 11;
const BOX_1_ROW: usize = 13;
const BOX_2_ROW: usize = 17;
const FIRST_ROW: usize = 25;
const LAST_ROW: usize = 1024;
/// A sheet that unpacks to more than this is not one of ours.
const LARGEST: u64 = 64 * 1024 * 1024;

/// One schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Box 1: the earliest day, `DD/MM/YY`.
    pub box_1: String,
    /// Box 2: tax to give back, `25.00`; empty: none.
    pub box_2: String,
    /// What the rows come to, `1450.00`; for people.
    pub total: String,
    /// The rows, a thousand at most.
    pub rows: Vec<Cells>,
}

/// Why there is no schedule.
#[derive(Debug, thiserror::Error)]
pub enum OdsError {
    /// More rows than the sheet has.
    #[error("{0} rows: the schedule has 1000")]
    TooManyRows(usize),
    /// It is no package that HMRC's reader opens.
    #[error("not a spreadsheet that HMRC reads: {0}")]
    Package(String),
    /// The first sheet has another name.
    #[error("the first sheet is {0:?}, and must begin with R68GAD_V1_00_0")]
    Name(String),
}

fn package(error: impl std::fmt::Display) -> OdsError {
    OdsError::Package(error.to_string())
}

/// The file. The same sheet gives the same bytes.
///
/// # Errors
/// When there are more rows than fit.
pub fn schedule(sheet: &Sheet) -> Result<Vec<u8>, OdsError> {
    if sheet.rows.len() > LAST_ROW + 1 - FIRST_ROW {
        return Err(OdsError::TooManyRows(sheet.rows.len()));
    }
    let manifest = format!(
        "{HEAD}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" \
         manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{MIME}\"/>\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\
         <manifest:file-entry manifest:full-path=\"styles.xml\" manifest:media-type=\"text/xml\"/>\
         <manifest:file-entry manifest:full-path=\"meta.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    let styles = format!(
        "{HEAD}<office:document-styles {SPACES} office:version=\"1.2\"><office:styles/></office:document-styles>"
    );
    let meta = format!(
        "{HEAD}<office:document-meta {SPACES} office:version=\"1.2\"><office:meta>\
         <meta:generator>Almoner</meta:generator></office:meta></office:document-meta>"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    // Stored and first, with its size in its own header: a reader that streams knows the kind of file by it.
    zip.start_file("mimetype", plain).map_err(package)?;
    zip.write_all(MIME.as_bytes()).map_err(package)?;
    let packed = plain.compression_method(CompressionMethod::Deflated);
    let content = content(sheet);
    for (name, text) in [
        ("META-INF/manifest.xml", &manifest),
        ("content.xml", &content),
        ("styles.xml", &styles),
        ("meta.xml", &meta),
    ] {
        zip.start_file(name, packed).map_err(package)?;
        zip.write_all(text.as_bytes()).map_err(package)?;
    }
    Ok(zip.finish().map_err(package)?.into_inner())
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const SPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
    xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
    xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
    xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" \
    xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\"";

fn content(sheet: &Sheet) -> String {
    let mut out = format!(
        "{HEAD}<office:document-content {SPACES} office:version=\"1.2\"><office:automatic-styles>\
         <style:style style:name=\"co1\" style:family=\"table-column\"><style:table-column-properties \
         style:column-width=\"3.4cm\"/></style:style><style:style style:name=\"b\" style:family=\"table-cell\">\
         <style:text-properties fo:font-weight=\"bold\"/></style:style></office:automatic-styles>\
         <office:body><office:spreadsheet><table:table table:name=\"{SHEET}\">"
    );
    for _ in 0..COLUMNS {
        out.push_str("<table:table-column table:style-name=\"co1\"/>");
    }
    for number in 1..FIRST_ROW {
        row(&mut out, &heading(number, sheet), number == FIRST_ROW - 2);
    }
    for number in FIRST_ROW..=LAST_ROW {
        let item = number + 1 - FIRST_ROW;
        let mut cells = [const { String::new() }; COLUMNS];
        cells[1] = item.to_string();
        if let Some(gift) = sheet.rows.get(item - 1) {
            for (cell, text) in cells.iter_mut().skip(2).zip(gift.texts()) {
                text.clone_into(cell);
            }
        }
        row(&mut out, &cells, false);
    }
    out.push_str("</table:table></office:spreadsheet></office:body></office:document-content>");
    out
}

/// The rows above the gifts: our words, where HMRC's form has its own; the two boxes where HMRC looks for them.
fn heading(number: usize, sheet: &Sheet) -> [String; COLUMNS] {
    let mut cells = [const { String::new() }; COLUMNS];
    let mut put = |column: usize, text: &str| {
        if let Some(cell) = cells.get_mut(column) {
            text.clone_into(cell);
        }
    };
    match number {
        1 => put(1, "Gift Aid donations schedule"),
        2 => put(
            1,
            "Written by Almoner. Send it to HMRC as it is: change nothing, and keep it as an .ods file.",
        ),
        12 => put(1, "Earliest donation date in the period of claim (DD/MM/YY)"),
        BOX_1_ROW => {
            put(2, "Box 1");
            put(3, &sheet.box_1);
        }
        16 => put(1, "Tax claimed too much before, to be taken off this claim; blank if none"),
        BOX_2_ROW => {
            put(2, "Box 2");
            put(3, &sheet.box_2);
        }
        20 => {
            put(1, "Total donations");
            put(3, &sheet.total);
        }
        21 => put(1, "Donations schedule table"),
        23 => {
            let names = [
                "Item",
                "Title",
                "First name",
                "Last name",
                "House name or number",
                "Postcode",
                "Aggregated donations",
                "Sponsored event",
                "Donation date",
                "Amount",
            ];
            for (at, name) in names.into_iter().enumerate() {
                put(at + 1, name);
            }
        }
        _ => {}
    }
    cells
}

fn row(out: &mut String, cells: &[String; COLUMNS], bold: bool) {
    out.push_str("<table:table-row>");
    for text in cells {
        if text.is_empty() {
            out.push_str("<table:table-cell/>");
        } else {
            let style = if bold { " table:style-name=\"b\"" } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "<table:table-cell{style} office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
                escape(text.as_str())
            );
        }
    }
    out.push_str("</table:table-row>");
}

/// What HMRC reads in a file: the self-check before it leaves, and the comparison with HMRC's samples.
///
/// # Errors
/// When HMRC's reader would refuse it (case 59).
pub fn read_schedule(bytes: &[u8]) -> Result<Sheet, OdsError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(package)?;
    let mut kind = String::new();
    zip.by_name("mimetype").map_err(package)?.take(200).read_to_string(&mut kind).map_err(package)?;
    if kind.trim() != MIME {
        return Err(OdsError::Package(format!("it says that it is {kind:?}")));
    }
    let mut content = String::new();
    let mut entry = zip.by_name("content.xml").map_err(package)?.take(LARGEST);
    entry.read_to_string(&mut content).map_err(package)?;
    let (name, rows) = first_table(&content)?;
    if !name.starts_with(KNOWN_BY) {
        return Err(OdsError::Name(name));
    }
    let cell = |row: usize, column: usize| {
        rows.iter()
            .find(|r| r.number == row)
            .and_then(|r| r.cells.get(column))
            .map(|c| c.0.clone())
            .unwrap_or_default()
    };
    let gifts = rows.iter().filter(|r| (FIRST_ROW..=LAST_ROW).contains(&r.number)).map(Row::gift);
    let gifts: Vec<Cells> = gifts.take_while(|g| g.texts().iter().any(|t| !t.is_empty())).collect();
    Ok(Sheet { box_1: cell(BOX_1_ROW, 3), box_2: cell(BOX_2_ROW, 3), total: String::new(), rows: gifts })
}

/// A row with the cells as they stand in the file, each with how often it is repeated.
struct Row {
    number: usize,
    cells: Vec<(String, usize)>,
}

impl Row {
    /// The texts of columns C to K, repeats counted.
    fn gift(&self) -> Cells {
        let mut texts =
            self.cells.iter().flat_map(|(text, n)| std::iter::repeat_n(text.as_str(), *n)).skip(2);
        let mut next = || texts.next().unwrap_or_default().trim().to_owned();
        Cells {
            title: next(),
            first_name: next(),
            last_name: next(),
            house: next(),
            postcode: next(),
            aggregated: next(),
            sponsored: next(),
            date: next(),
            amount: next(),
        }
    }
}

/// The name and rows of the first table. Covered cells vanish, as they do for HMRC.
fn first_table(content: &str) -> Result<(String, Vec<Row>), OdsError> {
    let mut reader = Reader::from_str(content);
    let (mut name, mut rows, mut number) = (None, Vec::new(), 1_usize);
    let mut cells: Vec<(String, usize)> = Vec::new();
    let (mut repeats, mut row_repeats, mut in_text) = (1, 1, false);
    let mut text = String::new();
    loop {
        let event = reader.read_event().map_err(package)?;
        let opens = |e: &quick_xml::events::BytesStart<'_>, what: &str| -> Option<String> {
            let found = e.attributes().flatten().find(|a| a.key.as_ref() == what)?;
            Some(found.value.to_string())
        };
        let count = |e: &quick_xml::events::BytesStart<'_>, what: &str| {
            opens(e, what).and_then(|n| n.parse().ok()).unwrap_or(1_usize).min(LAST_ROW)
        };
        match &event {
            Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                "table:table" if name.is_none() => name = opens(e, "table:name"),
                "table:table-row" => {
                    row_repeats =
                        opens(e, "table:number-rows-repeated").and_then(|n| n.parse().ok()).unwrap_or(1);
                    cells.clear();
                }
                "table:table-cell" => {
                    repeats = count(e, "table:number-columns-repeated");
                    text.clear();
                    if matches!(event, Event::Empty(_)) {
                        cells.push((String::new(), repeats));
                    }
                }
                "text:p" => in_text = matches!(event, Event::Start(_)),
                "text:s" => text.push(' '),
                _ => {}
            },
            Event::Text(t) if in_text => text.push_str(&t.xml10_content()),
            Event::GeneralRef(r) if in_text => {
                match (r.resolve_char_ref().map_err(package)?, resolve_xml_entity(r)) {
                    (Some(c), _) => text.push(c),
                    (None, known) => text.push_str(known.unwrap_or_default()),
                }
            }
            Event::End(e) => match e.name().as_ref() {
                "text:p" => in_text = false,
                "table:table-cell" => cells.push((std::mem::take(&mut text), repeats)),
                "table:table-row" => {
                    rows.push(Row { number, cells: std::mem::take(&mut cells) });
                    number = number.saturating_add(row_repeats);
                }
                "table:table" => break,
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    Ok((name.unwrap_or_default(), rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let row = Cells {
            first_name: "Ada & <Bea>".into(),
            last_name: "O'Brien".into(),
            house: "7 Mill Lane".into(),
            postcode: "SW1A 1AA".into(),
            date: "03/04/26".into(),
            amount: "240.00".into(),
            ..Cells::default()
        };
        Sheet {
            box_1: "03/04/26".into(),
            box_2: "25.00".into(),
            total: String::new(),
            rows: vec![row.clone(), row],
        }
    }

    #[test]
    fn what_is_written_is_what_hmrc_reads() {
        let bytes = schedule(&sheet()).expect("written");
        assert_eq!(read_schedule(&bytes).expect("reads"), sheet());
        assert_eq!(bytes, schedule(&sheet()).expect("written"), "the same bytes");
        // The kind of file stands at a fixed place, uncompressed.
        assert_eq!(bytes.get(30..38), Some(b"mimetype".as_slice()));
        assert_eq!(bytes.get(38..38 + MIME.len()), Some(MIME.as_bytes()));
        // Its sizes are in its own header, not behind it.
        assert_eq!(bytes.get(6).map(|flags| flags & 8), Some(0));
    }

    #[test]
    fn case_58_an_empty_box_2_is_blank() {
        let none = Sheet { box_2: String::new(), ..sheet() };
        assert_eq!(read_schedule(&schedule(&none).expect("written")).expect("reads").box_2, "");
    }

    #[test]
    fn case_59_what_hmrc_refuses_does_not_leave() {
        assert!(matches!(read_schedule(b"PK"), Err(OdsError::Package(_))));
        let renamed = first_table("<table:table table:name=\"Sheet1\"></table:table>").expect("reads").0;
        assert!(!renamed.starts_with(KNOWN_BY));
        let too_many = Sheet { rows: vec![Cells::default(); 1001], ..sheet() };
        assert!(matches!(schedule(&too_many), Err(OdsError::TooManyRows(1001))));
    }
}
