//! A file is brought in, or taken back: in small steps that a restart does not repeat.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::row::Waiting;
use super::{declared, look};
use crate::clock::Ts;
use crate::domain::donor::{DonorDetails, normalise_email};
use crate::domain::ids::{AddressId, AuditId, DonorId, ImportId, JobId};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{ImportRowState, ImportSource, ImportState, OfflineKind};
use crate::services::offline_gifts::{self, Facts, Imported};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, compose, job_kinds, rights, statements};
use crate::store::audit::Note;
use crate::store::imports::{self, Batch, Became, Ready};
use crate::store::jobs::{self, NewJob};
use crate::store::{
    WriteTx, accounts, closings, donors, imports_back, offline_donors, profile, statements as issued,
};

/// Why a row is not brought in whose month was open when the file was looked at.
const SHUT_SINCE: &str = "Its month was closed since the file was looked at";
/// Rows of one step.
const STEP: i64 = 200;
/// A job ends before its lease does; the next one goes on.
const AT_MOST: Duration = Duration::from_secs(150);

/// Brings a file in. `false`: it is not waiting for that any more.
///
/// # Errors
/// When the database refuses.
pub async fn bring_in(deps: &Deps, actor: &Actor, id: &ImportId) -> Result<bool> {
    let tx = deps.store.write().await?;
    begin(deps, tx, actor, id, (ImportState::Checked, ImportState::Running), ("import.begun", "")).await
}

/// Takes a file back. `false`: it is not in the books, or something is built on one of its gifts.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(deps: &Deps, actor: &Actor, id: &ImportId, why: &str) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    if imports_back::built_on(&mut tx, id).await? > 0 {
        return Ok(false);
    }
    begin(deps, tx, actor, id, (ImportState::Done, ImportState::RollingBack), ("import.taken_back", why))
        .await
}

async fn begin(
    deps: &Deps,
    mut tx: WriteTx,
    actor: &Actor,
    id: &ImportId,
    (from, to): (ImportState, ImportState),
    (action, why): (&'static str, &str),
) -> Result<bool> {
    let now = deps.clock.now();
    if !imports::advance(&mut tx, id, from, to, now).await? {
        return Ok(false);
    }
    if !why.is_empty() {
        imports::set_why(&mut tx, id, why).await?;
    }
    enqueue(deps, &mut tx, id, now).await?;
    let act = Act { action, subject: id.as_str(), before: Value::Null, after: Value::Null, why };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(true)
}

/// Lets a file go that was only looked at, with all that its rows said. `false`: it is not waiting any more.
///
/// # Errors
/// When the database refuses.
pub async fn drop_file(deps: &Deps, actor: &Actor, id: &ImportId) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !imports::advance(&mut tx, id, ImportState::Checked, ImportState::Dropped, now).await? {
        return Ok(false);
    }
    imports::forget_payloads(&mut tx, id).await?;
    let act = Act {
        action: "import.dropped",
        subject: id.as_str(),
        before: Value::Null,
        after: Value::Null,
        why: "",
    };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(true)
}

async fn enqueue(deps: &Deps, tx: &mut WriteTx, id: &ImportId, run_at: Ts) -> Result<()> {
    let job = NewJob {
        id: JobId::new(run_at, &deps.random),
        kind: job_kinds::RUN_IMPORT,
        subject: id.to_string(),
        hint: None,
        run_at,
    };
    jobs::enqueue_batch(tx, &[job]).await?;
    Ok(())
}

/// Goes on with a file that is being brought in or taken back, step by step.
///
/// # Errors
/// When the database refuses; the steps that are done stay done.
pub async fn run(deps: &Deps, subject: &str) -> Result<()> {
    let id: ImportId =
        subject.parse().map_err(|_| ServiceError::Unexpected(format!("{subject:?} is no import")))?;
    let began = Instant::now();
    loop {
        let batch = {
            let mut read = deps.store.read().await?;
            imports::by_id(&mut read, &id).await?
        };
        let Some(batch) = batch else { return Ok(()) };
        let more = match batch.state {
            ImportState::Running => bring_in_some(deps, &batch).await?,
            ImportState::RollingBack => take_out_some(deps, &batch).await?,
            ImportState::Reading
            | ImportState::Checked
            | ImportState::Done
            | ImportState::RolledBack
            | ImportState::Dropped => false,
        };
        if !more {
            return Ok(());
        }
        if began.elapsed() > AT_MOST {
            let mut tx = deps.store.write().await?;
            enqueue(deps, &mut tx, &id, deps.clock.now()).await?;
            return Ok(tx.commit().await?);
        }
    }
}

fn note(deps: &Deps, tx: &mut WriteTx, action: &'static str, id: &ImportId, detail: &Value) {
    let at = deps.clock.now();
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: "worker".to_owned(),
        action,
        subject: id.to_string(),
        detail: detail.to_string(),
    });
}

async fn bring_in_some(deps: &Deps, batch: &Batch) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    imports::hold_entity(&mut tx, &batch.entity_id).await?;
    let rows = imports::ready(&mut tx, &batch.id, STEP).await?;
    if rows.is_empty() {
        imports::forget_payloads(&mut tx, &batch.id).await?;
        imports::advance(&mut tx, &batch.id, ImportState::Running, ImportState::Done, now).await?;
        note(deps, &mut tx, "import.done", &batch.id, &json!({}));
        tx.commit().await?;
        return Ok(false);
    }
    let rows = set_aside(deps, &mut tx, batch, rows, now).await?;
    let mut made: Vec<(Ready, DonorId, bool)> = Vec::with_capacity(rows.len());
    let mut givers: HashMap<String, DonorId> = HashMap::new();
    for row in rows {
        let (donor_id, new) = match givers.get(&row.giver) {
            Some(known) => (known.clone(), false),
            None => donor(deps, &mut tx, batch, &row, now).await?,
        };
        givers.insert(row.giver.clone(), donor_id.clone());
        made.push((row, donor_id, new));
    }
    match batch.source {
        ImportSource::Declarations => declared::write(deps, &mut tx, batch, &made, now).await?,
        ImportSource::Template | ImportSource::GiveWp | ImportSource::Donorbox => {
            write_gifts(deps, &mut tx, batch, &made, now).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// Writes the gifts of rows whose donors are known by now. A statement that was issued for one of their years is looked at
/// again: it would no longer say what the books say.
async fn write_gifts(
    deps: &Deps,
    tx: &mut WriteTx,
    batch: &Batch,
    made: &[(Ready, DonorId, bool)],
    now: Ts,
) -> Result<()> {
    let item =
        |(row, donor, _): &(Ready, DonorId, bool)| Ok(imported(batch, row, waiting_of(row)?, donor.clone()));
    let items = made.iter().map(item).collect::<Result<Vec<_>>>()?;
    if items.is_empty() {
        return Ok(());
    }
    let Some(gifts) = offline_gifts::write_imported(deps, tx, items, now).await? else {
        return Err(ServiceError::Unexpected("a gift of the file was brought in meanwhile".to_owned()));
    };
    for ((row, donor, new), gift) in made.iter().zip(&gifts) {
        imports::done(tx, &batch.id, row.line, Became::Gift(&gift.id), donor, *new).await?;
    }
    let records: BTreeSet<DonorId> = gifts.iter().map(|g| g.donor_id.clone()).collect();
    let given: BTreeSet<&str> = gifts.iter().map(|g| g.tax_year.as_str()).collect();
    let records: Vec<DonorId> = records.into_iter().collect();
    for (owner, year) in issued::years_issued(tx, &batch.entity_id, &records).await? {
        if given.contains(year.as_str()) {
            statements::touch(deps, tx, &owner, &batch.entity_id, &year, now).await?;
        }
    }
    Ok(())
}

/// Leaves the rows that became gifts by another file since this one was looked at, those of donors who were forgotten
/// since, and those of months that were closed since; gives the others.
async fn set_aside(
    deps: &Deps,
    tx: &mut WriteTx,
    batch: &Batch,
    rows: Vec<Ready>,
    now: Ts,
) -> Result<Vec<Ready>> {
    let entity = compose::entity(deps, &batch.entity_id)?;
    let shut_until = closings::latest_shut(tx, &batch.entity_id).await?.map(|(_, at)| at);
    let ids: Vec<&str> = rows.iter().map(|r| r.external_id.as_str()).collect();
    let known: HashSet<String> = imports::known(tx, &batch.entity_id, &ids).await?.into_iter().collect();
    let read = rows.into_iter().map(|row| Ok((who_of(&row)?, row))).collect::<Result<Vec<_>>>()?;
    let gone = rights::forgotten(tx, read.iter().map(|(w, _)| w.donor.email.as_str())).await?;
    let mut left = Vec::with_capacity(read.len());
    for (waiting, row) in read {
        let at = waiting.received_on.and_then(|on| offline_gifts::moment_of(entity, on, now).ok());
        let is_shut = shut_until.is_some_and(|shut| at.is_some_and(|at| at < shut));
        let (state, words) = if known.contains(&row.external_id) {
            (ImportRowState::Known, look::KNOWN)
        } else if gone.contains(&normalise_email(&waiting.donor.email)) {
            (ImportRowState::LeftOut, look::FORGOTTEN)
        } else if is_shut {
            (ImportRowState::Problem, SHUT_SINCE)
        } else {
            left.push(row);
            continue;
        };
        imports::set_aside(tx, &batch.id, row.line, state, words).await?;
    }
    Ok(left)
}

/// What every row says: who, and when it counts in the books, if it does.
#[derive(Deserialize)]
struct Who {
    donor: DonorDetails,
    telephone: Option<String>,
    received_on: Option<Date>,
}

fn who_of(row: &Ready) -> Result<Who> {
    let payload = row.payload.as_deref().unwrap_or_default();
    serde_json::from_str(payload)
        .map_err(|e| ServiceError::Unexpected(format!("line {} of an import: {e}", row.line)))
}

fn waiting_of(row: &Ready) -> Result<Waiting> {
    let payload = row.payload.as_deref().unwrap_or_default();
    serde_json::from_str(payload)
        .map_err(|e| ServiceError::Unexpected(format!("line {} of an import: {e}", row.line)))
}

fn imported(batch: &Batch, row: &Ready, waiting: Waiting, donor_id: DonorId) -> Imported {
    Imported {
        nonce: sha256_hex(&format!("import:{}:{}", batch.entity_id, row.external_id)),
        donor_id,
        donor: waiting.donor,
        facts: Facts {
            kind: OfflineKind::Imported,
            entity_id: batch.entity_id.clone(),
            amount: waiting.amount,
            fund_id: waiting.fund_id,
            campaign_id: waiting.campaign_id,
            received_on: waiting.received_on,
            reference: waiting.reference,
            note: waiting.note,
        },
        method: waiting.method,
        entered_by: batch.read_by.clone(),
    }
}

/// The donor of a row, and whether it is new: the guest of its mailbox, else who an earlier row of the same name made.
async fn donor(
    deps: &Deps,
    tx: &mut WriteTx,
    batch: &Batch,
    row: &Ready,
    now: Ts,
) -> Result<(DonorId, bool)> {
    let who = who_of(row)?;
    let details = &who.donor;
    let new_id = DonorId::new(now, &deps.random);
    let id = if details.email.is_empty() {
        if let Some(known) = imports::donor_of(tx, &batch.id, &row.giver).await? {
            return Ok((known, false));
        }
        offline_donors::insert_without_mailbox(tx, &new_id, details, now).await?;
        new_id.clone()
    } else if let (ImportSource::Declarations, Some(account)) =
        (batch.source, accounts::by_mailbox(tx, &normalise_email(&details.email)).await?)
    {
        // A declaration covers what its donor gave signed in. A gift is put down to a guest until the mailbox answers.
        account.donor_id
    } else {
        donors::guest_of(tx, &new_id, details, now).await?
    };
    let new = id == new_id;
    if new {
        if let Some(address) = &details.address {
            profile::move_address(tx, &AddressId::new(now, &deps.random), &id, Some(address), now).await?;
        }
        if who.telephone.is_some() {
            profile::set_contact(tx, &id, who.telephone.as_deref(), &details.locale, now).await?;
        }
    }
    Ok((id, new))
}

async fn take_out_some(deps: &Deps, batch: &Batch) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let gone = match batch.source {
        ImportSource::Declarations => declared::take_back(deps, &mut tx, batch, STEP, now).await?,
        ImportSource::Template | ImportSource::GiveWp | ImportSource::Donorbox => {
            imports_back::take_out(&mut tx, &batch.id, STEP).await?
        }
    };
    if gone > 0 {
        tx.commit().await?;
        return Ok(true);
    }
    let donors = imports_back::take_out_donors(&mut tx, &batch.id, STEP).await?;
    if donors > 0 {
        tx.commit().await?;
        return Ok(true);
    }
    // A gift on which something was built while the others left stays, and the file with it.
    let stayed = imports_back::built_on(&mut tx, &batch.id).await?;
    let to = if stayed > 0 { ImportState::Done } else { ImportState::RolledBack };
    imports::advance(&mut tx, &batch.id, ImportState::RollingBack, to, now).await?;
    note(deps, &mut tx, "import.rolled_back", &batch.id, &json!({ "stayed": stayed }));
    tx.commit().await?;
    Ok(false)
}
