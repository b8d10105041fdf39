//! The files of a claim: HMRC's schedule, written from the frozen rows, read back as HMRC reads it and held against HMRC's
//! rules before it leaves (case 59).

use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::preview::{Preview, PreviewRow};
use super::report::FileFigures;
use super::{By, count, report_of};
use crate::documents::ods::{self, Sheet};
use crate::domain::gift_aid::schedule::Cells;
use crate::domain::gift_aid::schedule::parts::ROWS;
use crate::domain::gift_aid::schedule::rows::hmrc_date;
use crate::domain::gift_aid::schedule::rules::{self, Route};
use crate::domain::money::{Currency, Money};
use crate::services::{Deps, Result, ServiceError};
use crate::store::claim_rows::{self, Frozen};
use crate::store::claims::{Claim, ClaimState};

/// A file of a claim.
#[derive(Clone, Debug)]
pub struct ClaimFile {
    /// `GA-LFT-0001-part-1.ods`.
    pub name: String,
    /// What is uploaded to HMRC.
    pub bytes: Vec<u8>,
    /// SHA-256 of it.
    pub sha256: String,
}

/// What HMRC reads of a donor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// First and last name.
    pub name: String,
    /// House name or number; abroad the address.
    pub house: String,
    /// The postcode; `X` abroad.
    pub postcode: String,
}

fn cells_of(row: &Frozen) -> Result<Cells> {
    serde_json::from_str(&row.cells)
        .map_err(|e| ServiceError::Unexpected(format!("the cells of {}: {e}", row.gift_id)))
}

/// What HMRC reads in a frozen row.
///
/// # Errors
/// When it cannot be read.
pub fn told(row: &Frozen) -> Result<Told> {
    let cells = cells_of(row)?;
    Ok(Told {
        name: format!("{} {}", cells.first_name, cells.last_name),
        house: cells.house,
        postcode: cells.postcode,
    })
}

/// `250.75`; empty for nothing: HMRC refuses a zero in Box 2 (case 58).
fn box_text(minor: i64) -> String {
    if minor == 0 { String::new() } else { Money::new(minor, Currency::GBP).to_plain() }
}

fn sheet(figures: &FileFigures, rows: Vec<Cells>) -> Sheet {
    Sheet {
        box_1: hmrc_date(figures.earliest),
        box_2: box_text(figures.adjustment_minor),
        total: box_text(figures.gifts_minor),
        rows,
    }
}

/// Writes a schedule and reads it back. `today`: no gift is later.
async fn written(sheet: Sheet, today: Date) -> Result<(Vec<u8>, String)> {
    let work = tokio::task::spawn_blocking(move || {
        let bytes = ods::schedule(&sheet).map_err(|e| e.to_string())?;
        let read = ods::read_schedule(&bytes).map_err(|e| e.to_string())?;
        check(&sheet, &read, today)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok::<_, String>((bytes, sha256))
    });
    let done = work.await.map_err(|e| ServiceError::Unexpected(format!("a schedule: {e}")))?;
    done.map_err(|e| ServiceError::Unexpected(format!("a schedule that HMRC would refuse: {e}")))
}

fn check(sheet: &Sheet, read: &Sheet, today: Date) -> std::result::Result<(), String> {
    if (&read.box_1, &read.box_2, &read.rows) != (&sheet.box_1, &sheet.box_2, &sheet.rows) {
        return Err("it reads otherwise than it was written".to_owned());
    }
    let days: Vec<Option<Date>> = read.rows.iter().map(|row| rules::date(&row.date, today)).collect();
    if rules::date(&read.box_1, today) != days.into_iter().min().flatten() {
        return Err("Box 1 is not the day of its earliest gift".to_owned());
    }
    if !read.box_2.is_empty() && rules::amount(&read.box_2).is_none() {
        return Err("Box 2".to_owned());
    }
    for (item, row) in (1_i64..).zip(&read.rows) {
        if let Some(wrong) = rules::check(row, Route::Ods, today).first() {
            return Err(format!("row {item}: {wrong}"));
        }
    }
    Ok(())
}

/// The figures of every file of a claim that is being made, each written once.
pub(super) async fn all(found: &Preview, today: Date) -> Result<Vec<FileFigures>> {
    let mut all = found.figures();
    for (figures, rows) in all.iter_mut().zip(found.parts()) {
        let cells = rows.iter().map(|r: &PreviewRow| r.cells.clone()).collect();
        let (bytes, sha256) = written(sheet(figures, cells), today).await?;
        figures.bytes = count(bytes.len());
        figures.sha256 = sha256;
    }
    Ok(all)
}

/// A file of a claim, from its frozen rows: the same rows give the same bytes. `None`: it has no such file.
///
/// # Errors
/// When the database refuses, or the file would not stand HMRC's checks.
pub async fn file(deps: &Deps, claim: &Claim, part: i64) -> Result<Option<ClaimFile>> {
    let report = report_of(claim)?;
    let figures = report.files.iter().find(|f| f.part == part).filter(|_| claim.state != ClaimState::Dropped);
    let Some(figures) = figures else { return Ok(None) };
    let rows = {
        let mut read = deps.store.read().await?;
        claim_rows::rows(&mut read, &claim.id, (part, 0), count(ROWS)).await?
    };
    let cells = rows.iter().filter(|r| r.part == part).map(cells_of).collect::<Result<Vec<Cells>>>()?;
    if count(cells.len()) != figures.rows {
        let words = format!("{} part {part}: {} rows instead of {}", claim.number, cells.len(), figures.rows);
        return Err(ServiceError::Unexpected(words));
    }
    let zone = deps.config.charity.entity(&claim.entity_id).map(|e| e.time_zone.clone());
    let made_on = zone.map_or(claim.up_to.0, |zone| claim.made_at.date_in(&zone));
    let (bytes, sha256) = written(sheet(figures, cells), made_on).await?;
    Ok(Some(ClaimFile { name: format!("{}-part-{part}.ods", claim.number), bytes, sha256 }))
}

/// As [`file`], on record.
///
/// # Errors
/// The same.
pub async fn download(deps: &Deps, by: By<'_>, claim: &Claim, part: i64) -> Result<Option<ClaimFile>> {
    let Some(file) = file(deps, claim, part).await? else { return Ok(None) };
    let mut tx = deps.store.write().await?;
    let after = json!({ "number": claim.number, "file": file.name, "sha256": file.sha256 });
    by.note(deps, &mut tx, "claim.downloaded", &claim.id, after);
    tx.commit().await?;
    Ok(Some(file))
}
