//! Takes a file in: whole or not at all, the same file once, the same line of overlapping files once.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::table::{self, Mapping, Preview, preview};
use super::{Credit, Refusal, camt};
use crate::domain::ids::{BankImportId, BankLineId, MappingId};
use crate::domain::money::{Currency, Money};
use crate::domain::offline::payer_norm;
use crate::domain::receipt::sha256_hex;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, compose};
use crate::store::bank::{self, Import, NewBankLine, NewImport};
use crate::store::{Day, WriteTx};

/// How the columns of a CSV file are named.
#[derive(Clone, Debug)]
pub enum How {
    /// As somebody has said before.
    Kept(MappingId),
    /// As is said now; kept under this name.
    New {
        /// What staff call it.
        name: String,
        /// The columns.
        mapping: Mapping,
    },
    /// Nobody has said.
    Unsaid,
}

/// A file to take in.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Whose account.
    pub entity_id: &'a str,
    /// In which currency it is held.
    pub currency: Currency,
    /// Which account, for a CSV file; CAMT.053 says so itself.
    pub account: &'a str,
    /// The file's name.
    pub file_name: &'a str,
    /// The file.
    pub bytes: Arc<Vec<u8>>,
    /// How it is read, for a CSV file.
    pub how: How,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub enum Importing {
    /// It is taken in.
    Done(BankImportId),
    /// It was taken in before.
    Before(Box<Import>),
    /// It is not taken.
    Refused(Refusal),
    /// Its columns have to be named first.
    Columns(Preview),
    /// It does not say which account it is of: that has to be told.
    NoAccount,
    /// Another mapping has this name.
    NameTaken,
}

/// One file is read at a time: what the largest of them takes of memory is taken once.
static READING: Semaphore = Semaphore::const_new(1);

struct Read {
    kind: &'static str,
    account: String,
    credits: Vec<Credit>,
    mapping: Option<(bank::Mapping, bool)>,
}

/// Takes a file in.
///
/// # Errors
/// When the database refuses.
pub async fn take(deps: &Deps, actor: &Actor, asked: Asked<'_>) -> Result<Importing> {
    let hash = sha256_of(&asked.bytes);
    {
        let mut read = deps.store.read().await?;
        if let Some(before) = bank::import_by_hash(&mut read, &hash).await? {
            return Ok(Importing::Before(Box::new(before)));
        }
    }
    let read = match read_file(deps, &asked).await? {
        Ok(read) => read,
        Err(other) => return Ok(other),
    };
    let mut sum = Money::zero(asked.currency);
    for credit in &read.credits {
        sum = sum.checked_add(credit.amount).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    }
    if read.credits.is_empty() {
        return Ok(Importing::Refused(Refusal::of("Nothing came in by this file: it holds no credits")));
    }
    write(deps, actor, &asked, read, sum, hash).await
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// What the file says; the outer error is the database's, the inner one an answer.
async fn read_file(deps: &Deps, asked: &Asked<'_>) -> Result<std::result::Result<Read, Importing>> {
    let entity = compose::entity(deps, asked.entity_id)?;
    let today = deps.clock.now().date_in(&entity.time_zone);
    let row = match &asked.how {
        How::Unsaid => None,
        How::Kept(id) => {
            let mut read = deps.store.read().await?;
            let kept = bank::mappings(&mut read).await?.into_iter().find(|m| m.id == *id);
            kept.map(|kept| (kept, false))
        }
        How::New { name, mapping } => {
            let json = serde_json::to_string(mapping).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
            let id = MappingId::new(deps.clock.now(), &deps.random);
            Some((bank::Mapping { id, name: name.clone(), mapping: json }, true))
        }
    };
    let (bytes, currency, account) = (Arc::clone(&asked.bytes), asked.currency, asked.account.to_owned());
    let zone = entity.time_zone.clone();
    let turn = READING.acquire().await;
    let turn = turn.map_err(|e| ServiceError::Unexpected(format!("waiting to read a bank file: {e}")))?;
    // Megabytes are read apart from the threads that answer pages. The turn ends with the reading, whoever waits for it.
    let reading = tokio::task::spawn_blocking(move || {
        let read = parse(&bytes, currency, zone, today, account, row);
        drop(turn);
        read
    });
    reading.await.map_err(|e| ServiceError::Unexpected(format!("reading a bank file: {e}")))?
}

fn parse(
    bytes: &[u8],
    currency: Currency,
    zone: TimeZone,
    today: Date,
    account: String,
    row: Option<(bank::Mapping, bool)>,
) -> Result<std::result::Result<Read, Importing>> {
    if camt::is_xml(bytes) {
        return Ok(match camt::read(bytes, currency, zone, today) {
            Err(refusal) => Err(Importing::Refused(refusal)),
            Ok(s) => Ok(Read { kind: "camt053", account: s.account, credits: s.credits, mapping: None }),
        });
    }
    let Some((row, is_new)) = row else {
        return Ok(Err(preview(bytes).map_or_else(Importing::Refused, Importing::Columns)));
    };
    if account.is_empty() {
        return Ok(Err(Importing::NoAccount));
    }
    let mapping: Mapping = serde_json::from_str(&row.mapping)
        .map_err(|e| ServiceError::Unexpected(format!("mapping {}: {e}", row.id)))?;
    Ok(match table::credits(bytes, &mapping, currency, today) {
        Err(refusal) => Err(Importing::Refused(refusal)),
        Ok(credits) => Ok(Read { kind: "csv", account, credits, mapping: Some((row, is_new)) }),
    })
}

async fn write(
    deps: &Deps,
    actor: &Actor,
    asked: &Asked<'_>,
    read: Read,
    sum: Money,
    hash: String,
) -> Result<Importing> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if let Some((mapping, true)) = &read.mapping {
        if !bank::insert_mapping(&mut tx, mapping, &actor.id, now).await? {
            return Ok(Importing::NameTaken);
        }
        let after: Value = serde_json::from_str(&mapping.mapping).unwrap_or_default();
        let (before, subject) = (Value::Null, mapping.id.as_str());
        record(deps, &mut tx, actor, Act { action: "bank.mapping_kept", subject, before, after, why: "" });
    }
    let import = NewImport {
        id: BankImportId::new(now, &deps.random),
        file_name: asked.file_name.to_owned(),
        file_sha256: hash,
        kind: read.kind,
        mapping_id: read.mapping.map(|(m, _)| m.id),
        entity_id: asked.entity_id.to_owned(),
        account: read.account,
        lines: i64::try_from(read.credits.len()).unwrap_or(i64::MAX),
        sum,
    };
    if !bank::insert_import(&mut tx, &import, &actor.id, now).await? {
        drop(tx);
        let mut read = deps.store.read().await?;
        let before = bank::import_by_hash(&mut read, &import.file_sha256).await?;
        let before =
            before.ok_or_else(|| ServiceError::Unexpected("file neither new nor known".to_owned()))?;
        return Ok(Importing::Before(Box::new(before)));
    }
    let known = insert(deps, &mut tx, &import, read.credits).await?;
    let after = json!({
        "kind": import.kind, "file": import.file_sha256, "lines": import.lines, "known": known,
        "sum": sum.minor(), "currency": sum.currency(), "entity": import.entity_id,
    });
    let (before, subject) = (Value::Null, import.id.as_str());
    record(deps, &mut tx, actor, Act { action: "bank.file_read", subject, before, after, why: "" });
    tx.commit().await?;
    Ok(Importing::Done(import.id))
}

/// What is the same of the same sum, whichever file holds it and however the account was typed.
fn sameness(entity_id: &str, account: &str, credit: &Credit) -> String {
    let account: String =
        account.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    [
        entity_id,
        &account,
        &credit.booked_on.to_string(),
        &format!("{} {}", credit.amount.minor(), credit.amount.currency()),
        &payer_norm(&credit.payer),
        &payer_norm(&credit.reference),
        &credit.bank_id,
    ]
    .join("\u{1f}")
}

/// Writes the lines; gives how many were known.
async fn insert(deps: &Deps, tx: &mut WriteTx, import: &NewImport, credits: Vec<Credit>) -> Result<i64> {
    let now = deps.clock.now();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut lines: Vec<NewBankLine> = Vec::with_capacity(credits.len());
    for credit in credits {
        let same = sameness(&import.entity_id, &import.account, &credit);
        let nth = seen.entry(same.clone()).or_default();
        *nth += 1;
        lines.push(NewBankLine {
            id: BankLineId::new(now, &deps.random),
            fingerprint: sha256_hex(&format!("{same}\u{1f}{nth}")),
            position: i64::try_from(credit.position).unwrap_or(i64::MAX),
            amount: credit.amount,
            booked_on: Day(credit.booked_on),
            payer_norm: payer_norm(&credit.payer),
            payer: credit.payer,
            reference: credit.reference,
        });
    }
    // In one order, whatever the file's: two files with the same lines, taken in at once, then wait for each other.
    lines.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
    let new = bank::insert_lines(tx, &import.id, &lines).await?;
    let known = import.lines - i64::try_from(new).unwrap_or(import.lines);
    bank::set_known(tx, &import.id, known).await?;
    Ok(known)
}

/// Takes a file back with all its lines; `false` when one of them is a gift, or the file is gone.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(deps: &Deps, actor: &Actor, import: &Import, why: &str) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    if !bank::delete_import(&mut tx, &import.id).await? {
        return Ok(false);
    }
    let before = json!({
        "kind": import.kind, "lines": import.lines, "known": import.known, "sum": import.sum().minor(),
        "currency": import.currency, "entity": import.entity_id,
    });
    let (after, subject) = (Value::Null, import.id.as_str());
    record(deps, &mut tx, actor, Act { action: "bank.file_taken_back", subject, before, after, why });
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_the_same_however_its_account_is_typed_unless_the_bank_says_otherwise() {
        let credit = |bank_id: &str| Credit {
            position: 2,
            booked_on: jiff::civil::date(2026, 11, 2),
            amount: Money::new(500, Currency::GBP),
            payer: "Weiß".to_owned(),
            reference: "x".to_owned(),
            bank_id: bank_id.to_owned(),
        };
        let same = |account: &str, bank_id: &str| sameness("uk", account, &credit(bank_id));
        assert_eq!(same("gb00 lant 01", ""), same("GB00-LANT.01", ""));
        assert_ne!(same("GB00LANT01", ""), same("GB00LANT02", ""));
        assert_ne!(same("GB00LANT01", "B-1"), same("GB00LANT01", "B-2"));
    }
}
