//! A file is looked at: read whole, each row understood or told what is wrong with it. Nothing is in the books yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::row::Reading;
use crate::config::Entity;
use crate::domain::donor::{DonorDetails, normalise_email};
use crate::domain::ids::ImportId;
use crate::domain::import::{Columns, DATE_FORMATS, Field, Unknown, format_of};
use crate::domain::money::Currency;
use crate::domain::states::{ImportRowState, ImportSource, ImportState};
use crate::services::offline_gifts::bank::decode_file;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, rights};
use crate::store::imports::{self, NewBatch, NewRow};
use crate::store::{Conn, closings};

/// Why a row is not brought in a second time.
pub(super) const KNOWN: &str = "It was brought in before";
/// Why a row of somebody who was forgotten is not brought in.
pub(super) const FORGOTTEN: &str = "The donor asked to be forgotten";

/// Why the same form cannot be read twice at once, nor after it was broken off.
const AT_IT: &str =
    "This file is being read, or reading it was broken off: look at the list, or choose it once more";

/// Rows that are written down in one transaction.
const ROWS_AT_ONCE: usize = 2_000;
/// Rows of one file.
pub const ROWS_AT_MOST: usize = 100_000;

/// A file to look at.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// To which entity its gifts were.
    pub entity: &'a Entity,
    /// The currency of gifts whose row names none.
    pub currency: Currency,
    /// The fund of gifts whose row names none.
    pub fund: &'a str,
    /// Gift Aid was claimed on gifts whose row says nothing of it.
    pub claimed: bool,
    /// The other system issued receipts for these gifts: no official document of ours confirms them again (DE-6, CA-6).
    pub receipted: bool,
    /// How days are written; `None`: found out.
    pub dates: Option<&'a str>,
    /// It is a file of declarations, not of gifts.
    pub declarations: bool,
    /// How the file is called.
    pub file_name: &'a str,
    /// What is in it.
    pub bytes: Arc<Vec<u8>>,
    /// Of the form.
    pub nonce: &'a str,
}

struct File {
    columns: Columns,
    format: &'static str,
    rows: Vec<(i64, std::result::Result<csv::StringRecord, String>)>,
}

/// The rows of a file, with the lines they begin on.
fn read(bytes: &[u8], dates: Option<&str>) -> std::result::Result<File, Unknown> {
    let text = decode_file(bytes).map_err(Unknown)?;
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|s| text.lines().next().unwrap_or_default().bytes().filter(|b| b == s).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|_| Unknown("Its first row cannot be read".to_owned()))?;
    let headings: Vec<String> = headings.iter().map(str::to_owned).collect();
    let columns = Columns::of(&headings)?;
    let mut rows = Vec::new();
    let mut row = csv::StringRecord::new();
    loop {
        let line = i64::try_from(reader.position().line()).unwrap_or(i64::MAX);
        match reader.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) if row.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(true) => rows.push((line, Ok(row.clone()))),
            Err(_) => rows.push((line, Err("It has more or fewer cells than the headings".to_owned()))),
        }
        if rows.len() > ROWS_AT_MOST {
            return Err(Unknown(format!("It has more than {ROWS_AT_MOST} rows: split it")));
        }
    }
    if rows.is_empty() {
        return Err(Unknown("It has no row under its headings".to_owned()));
    }
    let format = match dates.and_then(|wanted| DATE_FORMATS.into_iter().find(|(f, _)| *f == wanted)) {
        Some((format, _)) => format,
        None => format_of(
            rows.iter().filter_map(|(_, r)| r.as_ref().ok()).map(|r| columns.get(r, Field::ReceivedOn)),
        )?,
    };
    Ok(File { columns, format, rows })
}

/// Looks at a file and keeps its rows until somebody brings them in or lets them go. The same form looks once.
///
/// # Errors
/// When the database refuses; inside, why the file cannot be read.
pub async fn look(
    deps: &Deps,
    actor: &Actor,
    asked: Asked<'_>,
) -> Result<std::result::Result<ImportId, Unknown>> {
    let now = deps.clock.now();
    let mut conn = deps.store.read().await?;
    match imports::by_nonce(&mut conn, asked.nonce).await? {
        None => {}
        Some(before) if before.state == ImportState::Reading => return Ok(Err(Unknown(AT_IT.to_owned()))),
        Some(before) => return Ok(Ok(before.id)),
    }
    let shut_until = closings::latest_shut(&mut conn, &asked.entity.id).await?.map(|(_, at)| at);
    drop(conn);
    let (bytes, dates) = (Arc::clone(&asked.bytes), asked.dates.map(str::to_owned));
    let read = tokio::task::spawn_blocking(move || (read(&bytes, dates.as_deref()), sha256_of(&bytes)));
    let (file, sha256) = read.await.map_err(|e| ServiceError::Unexpected(format!("reading a file: {e}")))?;
    let file = match file {
        Ok(file) => file,
        Err(unknown) => return Ok(Err(unknown)),
    };
    match (asked.declarations, file.columns.source == ImportSource::Declarations) {
        (true, false) => return Ok(Err(Unknown("This is a file of gifts, not of declarations".to_owned()))),
        (false, true) => return Ok(Err(Unknown("This is a file of declarations, not of gifts".to_owned()))),
        (true, true) | (false, false) => {}
    }
    let mut reading = Reading {
        columns: &file.columns,
        charity: &deps.config.charity,
        entity: asked.entity,
        fund: asked.fund,
        currency: asked.currency,
        claimed: asked.claimed,
        format: file.format,
        now,
        shut_until,
        seen: HashMap::new(),
        alike: HashMap::new(),
    };
    let mut rows: Vec<NewRow> = file
        .rows
        .iter()
        .map(|(line, row)| match row {
            Ok(row) => reading.read(*line, row),
            Err(words) => unreadable(*line, words),
        })
        .collect();
    let mut conn = deps.store.read().await?;
    leave_out_known(&mut conn, &asked.entity.id, &mut rows).await?;
    leave_out_forgotten(&mut conn, &mut rows).await?;
    drop(conn);
    let id = ImportId::new(now, &deps.random);
    let new = NewBatch {
        id: &id,
        nonce: asked.nonce,
        source: file.columns.source,
        entity: &asked.entity.id,
        fund: asked.fund,
        claimed: asked.claimed,
        receipted: asked.receipted,
        file_name: asked.file_name,
        sha256: &sha256,
        by: &actor.id,
        at: now,
    };
    if !keep_rows(deps, &new, &rows).await? {
        return Ok(Err(Unknown(AT_IT.to_owned())));
    }
    let mut tx = deps.store.write().await?;
    imports::advance(&mut tx, &id, ImportState::Reading, ImportState::Checked, now).await?;
    let after = json!({ "source": file.columns.source, "rows": rows.len(), "sha256": sha256, "entity": asked.entity.id });
    let act = Act { action: "import.looked_at", subject: id.as_str(), before: Value::Null, after, why: "" };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(Ok(id))
}

/// Writes a file and its rows down in steps: who gives meanwhile does not wait for all of them. `false`: the same form is
/// being read already.
async fn keep_rows(deps: &Deps, new: &NewBatch<'_>, rows: &[NewRow]) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    if !imports::insert_if_new(&mut tx, new).await? {
        return Ok(false);
    }
    tx.commit().await?;
    for step in rows.chunks(ROWS_AT_ONCE) {
        let mut tx = deps.store.write().await?;
        imports::insert_rows(&mut tx, new.id, step).await?;
        tx.commit().await?;
    }
    Ok(true)
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}

fn unreadable(line: i64, words: &str) -> NewRow {
    NewRow {
        line,
        state: ImportRowState::Problem,
        external_id: String::new(),
        giver: String::new(),
        tax_year: String::new(),
        currency: String::new(),
        amount_minor: 0,
        words: words.to_owned(),
        payload: None,
        claimed: false,
    }
}

/// What an earlier file brought in is not brought in again.
async fn leave_out_known(conn: &mut Conn, entity: &str, rows: &mut [NewRow]) -> Result<()> {
    let ready = |r: &&NewRow| r.state == ImportRowState::Ready;
    let ids: Vec<&str> = rows.iter().filter(ready).map(|r| r.external_id.as_str()).collect();
    let known: HashSet<String> = imports::known(conn, entity, &ids).await?.into_iter().collect();
    for row in rows.iter_mut().filter(|r| known.contains(&r.external_id)) {
        row.state = ImportRowState::Known;
        row.words = KNOWN.to_owned();
        row.payload = None;
    }
    Ok(())
}

/// What every row says.
#[derive(Deserialize)]
struct Named {
    donor: DonorDetails,
}

/// Who asked to be forgotten stays so (PR-6, PR-11).
async fn leave_out_forgotten(conn: &mut Conn, rows: &mut [NewRow]) -> Result<()> {
    let mailbox_of = |row: &NewRow| {
        let named: Named = row.payload.as_deref().and_then(|p| serde_json::from_str(p).ok())?;
        Some(normalise_email(&named.donor.email))
    };
    let mailboxes: Vec<Option<String>> = rows.iter().map(mailbox_of).collect();
    let gone = rights::forgotten(conn, mailboxes.iter().flatten().map(String::as_str)).await?;
    for (row, mailbox) in rows.iter_mut().zip(mailboxes) {
        if mailbox.is_some_and(|m| gone.contains(&m)) {
            row.state = ImportRowState::LeftOut;
            row.words = FORGOTTEN.to_owned();
            row.payload = None;
        }
    }
    Ok(())
}
