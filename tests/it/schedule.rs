//! Our Gift Aid schedule beside HMRC's own samples, and read back by another program's reader.

use std::io::Cursor;
use std::path::PathBuf;

use almoner::documents::ods::{Sheet, read_schedule, schedule};
use almoner::domain::gift_aid::schedule::Cells;
use almoner::domain::gift_aid::schedule::rules::{self, Route};
use calamine::{Ods, Reader};

/// One of HMRC's samples, where they lie beside the project.
fn sample(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/hmrc").join(name);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("left out: HMRC's samples are not here");
    }
    bytes
}

#[test]
fn hmrcs_samples_are_read_as_hmrc_reads_them() {
    let Some(bytes) = sample("Gift-Aid-Schedule-Excel-GoodData.ods") else { return };
    let sheet = read_schedule(&bytes).expect("reads");
    assert_eq!((sheet.box_1.as_str(), sheet.box_2.as_str()), ("10/11/17", ""));
    let first = sheet.rows.first().expect("a row");
    assert_eq!(
        first.texts(),
        ["Prof", "Henry", "House Martin", "152A", "M99 2QD", "", "", "24/03/15", "240.00"]
    );
    let today = jiff::civil::date(2026, 11, 26);
    for row in &sheet.rows {
        assert!(rules::check(row, Route::Ods, today).is_empty(), "{row:?}");
    }
    let Some(bytes) = sample("Gift-Aid-Schedule-Excel-EmptyData.ods") else { return };
    assert!(read_schedule(&bytes).expect("reads").rows.is_empty());
}

#[test]
fn what_hmrc_reads_in_its_sample_it_reads_in_ours() {
    let Some(bytes) = sample("Gift-Aid-Schedule-Excel-GoodData.ods") else { return };
    let theirs = read_schedule(&bytes).expect("reads");
    let ours = read_schedule(&schedule(&theirs).expect("written")).expect("reads");
    assert_eq!(ours, theirs);
}

#[test]
fn another_reader_finds_every_cell_where_it_belongs() {
    let row = Cells {
        first_name: "Ada & <Bea>".into(),
        last_name: "O'Brien".into(),
        house: "7 Mill Lane".into(),
        postcode: "SW1A 1AA".into(),
        date: "03/04/26".into(),
        amount: "240.00".into(),
        ..Cells::default()
    };
    let sheet =
        Sheet { box_1: "03/04/26".into(), box_2: "25.00".into(), total: "480.00".into(), rows: vec![row; 2] };
    let mut book = Ods::new(Cursor::new(schedule(&sheet).expect("written"))).expect("opens");
    assert_eq!(book.sheet_names().first().map(String::as_str), Some("R68GAD_V1_00_0_EN"));
    let range = book.worksheet_range_at(0).expect("a sheet").expect("cells");
    let at = |row: u32, column: u32| {
        range.get_value((row - 1, column)).map(ToString::to_string).unwrap_or_default()
    };
    assert_eq!((at(13, 3), at(17, 3)), ("03/04/26".to_owned(), "25.00".to_owned()));
    for (number, gift) in [(25, "1"), (26, "2")] {
        assert_eq!(at(number, 1), gift);
        for (column, text) in (2..).zip(sheet.rows[0].texts()) {
            assert_eq!(at(number, column), text, "row {number}, column {column}");
        }
    }
    assert_eq!((at(1024, 1), at(27, 3)), ("1000".to_owned(), String::new()));
}
