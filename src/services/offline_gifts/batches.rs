//! Batches: lines entered against sums counted by hand, posted as gifts when both agree, once.

use serde_json::{Value, json};

use super::{Facts, Giver, Item, can_have_receipt, is_forgotten, who, write};
use crate::domain::ids::{BatchId, BatchLineId};
use crate::domain::money::Money;
use crate::domain::states::BatchState;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, compose};
use crate::store::offline_batches::{self, Batch, NewBatch, NewLine};
use crate::store::{WriteTx, offline_donors};

/// A batch holds no more: what is counted by hand in one go is less.
pub const LINES_AT_MOST: i64 = 500;

/// The id of the batch that a form opens.
///
/// # Errors
/// When the mark is not one of ours.
pub fn id_of(nonce: &str) -> Result<BatchId> {
    let body = nonce.get(..26).unwrap_or_default();
    format!("{}{body}", BatchId::PREFIX)
        .parse()
        .map_err(|_| ServiceError::Unexpected("a form's mark that is none".to_owned()))
}

/// Opens a batch, once a form.
///
/// # Errors
/// When the database refuses.
pub async fn open(deps: &Deps, actor: &Actor, new: &NewBatch) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if offline_batches::open_batch(&mut tx, new, &actor.id, now).await? {
        let after = json!({
            "kind": new.kind.as_str(), "entity": new.entity_id, "count": new.control_count,
            "sum": new.control.minor(), "currency": new.control.currency(),
        });
        let (before, subject) = (Value::Null, new.id.as_str());
        record(deps, &mut tx, actor, Act { action: "batch.opened", subject, before, after, why: "" });
        tx.commit().await?;
    }
    Ok(())
}

/// A line as it was typed.
#[derive(Clone, Debug)]
pub struct Line {
    /// The mark of its form.
    pub nonce: String,
    /// Who gave.
    pub giver: Giver,
    /// How much.
    pub amount: Money,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
    /// Cheque number and the like; may be empty.
    pub reference: String,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adding {
    /// It is there, now or since the form was sent before.
    Done,
    /// The batch is not open any more.
    Closed,
    /// The batch is full.
    Full,
    /// There is no such donor.
    NoDonor,
    /// The mailbox is that of somebody who asked to be forgotten (PR-6).
    Forgotten,
    /// An official receipt needs the donor's address (CA-1), and none is known.
    NoAddress,
}

/// Adds a line to an open batch, once a form.
///
/// # Errors
/// When the database refuses.
pub async fn add(deps: &Deps, actor: &Actor, batch: &Batch, line: Line) -> Result<Adding> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !offline_batches::hold_open(&mut tx, &batch.id).await? {
        return Ok(Adding::Closed);
    }
    if batch.entered >= LINES_AT_MOST {
        return Ok(Adding::Full);
    }
    if is_forgotten(&mut tx, &line.giver).await? {
        return Ok(Adding::Forgotten);
    }
    let Some((donor_id, donor)) = who(deps, &mut tx, actor, &line.giver, now).await? else {
        return Ok(Adding::NoDonor);
    };
    if !can_have_receipt(compose::entity(deps, &batch.entity_id)?, &donor) {
        return Ok(Adding::NoAddress);
    }
    let new = NewLine {
        id: BatchLineId::new(now, &deps.random),
        nonce: line.nonce,
        donor_id,
        amount_minor: line.amount.minor(),
        fund_id: line.fund_id,
        campaign_id: line.campaign_id,
        reference: line.reference,
    };
    if offline_batches::insert_line(&mut tx, &batch.id, &new, &actor.id, now).await? {
        let after = json!({ "line": new.id, "donor": new.donor_id, "amount": new.amount_minor });
        let (before, subject) = (Value::Null, batch.id.as_str());
        record(deps, &mut tx, actor, Act { action: "batch.line_added", subject, before, after, why: "" });
        tx.commit().await?;
    }
    Ok(Adding::Done)
}

/// Takes a line out of an open batch; `false` when the batch is closed or the line is gone.
///
/// # Errors
/// When the database refuses.
pub async fn remove(deps: &Deps, actor: &Actor, batch: &BatchId, line: &BatchLineId) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    let gone = offline_batches::hold_open(&mut tx, batch).await?
        && offline_batches::remove_line(&mut tx, batch, line).await?;
    if gone {
        let (before, subject) = (json!({ "line": line }), batch.as_str());
        let after = Value::Null;
        record(deps, &mut tx, actor, Act { action: "batch.line_removed", subject, before, after, why: "" });
        tx.commit().await?;
    }
    Ok(gone)
}

/// What became of posting a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// Its lines are gifts.
    Done,
    /// Somebody posted or dropped it before.
    Closed,
    /// Lines and count do not agree.
    Differs,
}

/// Makes every line of a batch a gift, in one transaction, when their number and sum are exactly those counted by hand.
/// Who comes second finds it closed.
///
/// # Errors
/// When the charity file lacks the words of a receipt, or the database refuses.
pub async fn post(deps: &Deps, actor: &Actor, id: &BatchId) -> Result<Posting> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !offline_batches::close(&mut tx, id, BatchState::Posted, &actor.id, now).await? {
        return Ok(Posting::Closed);
    }
    let batch = offline_batches::batch(&mut tx, id).await?;
    let batch = batch.ok_or_else(|| ServiceError::Unexpected(format!("no batch {id}")))?;
    if !batch.agrees() {
        return Ok(Posting::Differs);
    }
    let items = items(&mut tx, &batch).await?;
    if write(deps, &mut tx, items, now).await?.is_none() {
        return Err(ServiceError::Unexpected(format!("{id}: a line is a gift already")));
    }
    offline_batches::name_gifts(&mut tx, id).await?;
    let after = json!({
        "state": "posted", "gifts": batch.entered, "sum": batch.sum().minor(), "currency": batch.currency,
    });
    let (before, subject) = (json!({ "state": "open" }), id.as_str());
    record(deps, &mut tx, actor, Act { action: "batch.posted", subject, before, after, why: "" });
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Posting::Done)
}

async fn items(tx: &mut WriteTx, batch: &Batch) -> Result<Vec<Item>> {
    let lines = offline_batches::lines(tx, &batch.id).await?;
    let mut ids: Vec<_> = lines.iter().map(|l| l.donor_id.clone()).collect();
    ids.sort();
    ids.dedup();
    let donors = offline_donors::described(tx, &ids).await?;
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        let donor = donors.iter().find(|d| d.id == line.donor_id);
        let donor = donor.ok_or_else(|| ServiceError::Unexpected(format!("no donor {}", line.donor_id)))?;
        let facts = Facts {
            kind: batch.kind,
            entity_id: batch.entity_id.clone(),
            amount: Money::new(line.amount_minor, batch.currency),
            fund_id: line.fund_id,
            campaign_id: line.campaign_id,
            received_on: batch.received_on.0,
            reference: line.reference,
            note: None,
        };
        items.push(Item {
            nonce: line.nonce,
            donor_id: donor.id.clone(),
            donor: donor.details.clone(),
            facts,
            batch_id: Some(batch.id.clone()),
            bank_line: None,
            entered_by: line.entered_by,
            method: None,
        });
    }
    Ok(items)
}

/// Gives an open batch up; `false` when it is not open any more.
///
/// # Errors
/// When the database refuses.
pub async fn drop_batch(deps: &Deps, actor: &Actor, id: &BatchId, why: &str) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    let dropped =
        offline_batches::close(&mut tx, id, BatchState::Dropped, &actor.id, deps.clock.now()).await?;
    if dropped {
        let (before, after) = (json!({ "state": "open" }), json!({ "state": "dropped" }));
        let act = Act { action: "batch.dropped", subject: id.as_str(), before, after, why };
        record(deps, &mut tx, actor, act);
        tx.commit().await?;
    }
    Ok(dropped)
}
