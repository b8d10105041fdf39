//! What becomes of a line of a bank's file: a gift, or none with a reason.

use serde_json::{Value, json};

use crate::domain::donor::DonorDetails;
use crate::domain::ids::{BankLineId, DonorId, GiftId};
use crate::domain::states::{BankLineState, OfflineKind};
use crate::services::offline_gifts::{
    Facts, Giver, Item, can_have_receipt, is_forgotten, record_gift, who, write,
};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, compose};
use crate::store::bank::{self, BankLine};
use crate::store::payouts::{self, Candidate};
use crate::store::{Conn, Day, WriteTx, offline_donors};

/// What a line is said to be.
#[derive(Clone, Debug)]
pub struct Said {
    /// How it came: by transfer or standing order.
    pub kind: OfflineKind,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It is a gift.
    Done(GiftId),
    /// Somebody has said before what it is.
    Closed,
    /// There is no such donor.
    NoDonor,
    /// The mailbox is that of somebody who asked to be forgotten (PR-6).
    Forgotten,
    /// An official receipt needs the donor's address (CA-1), and none is known.
    NoAddress,
}

fn item(actor: &Actor, line: &BankLine, said: &Said, donor_id: DonorId, donor: DonorDetails) -> Item {
    let facts = Facts {
        kind: said.kind,
        entity_id: line.entity_id.clone(),
        amount: line.amount(),
        fund_id: said.fund_id.clone(),
        campaign_id: said.campaign_id.clone(),
        received_on: line.booked_on.0,
        reference: line.reference.clone(),
        note: None,
    };
    let (nonce, bank_line) = (line.id.to_string(), Some(line.id.clone()));
    let entered_by = actor.id.clone();
    Item { nonce, donor_id, donor, facts, batch_id: None, bank_line, entered_by, method: None }
}

/// Makes a line the gift of a donor, received on the day the bank booked it (UK-34); once.
///
/// # Errors
/// When the charity file lacks the words of a receipt, or the database refuses.
pub async fn take(deps: &Deps, actor: &Actor, line: &BankLine, giver: &Giver, said: &Said) -> Result<Taking> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !bank::close_line(&mut tx, &line.id, BankLineState::Matched, None, &actor.id, now).await? {
        return Ok(Taking::Closed);
    }
    if is_forgotten(&mut tx, giver).await? {
        return Ok(Taking::Forgotten);
    }
    let Some((donor_id, donor)) = who(deps, &mut tx, actor, giver, now).await? else {
        return Ok(Taking::NoDonor);
    };
    if !can_have_receipt(compose::entity(deps, &line.entity_id)?, &donor) {
        return Ok(Taking::NoAddress);
    }
    let items = vec![item(actor, line, said, donor_id, donor)];
    let gifts = write_matched(deps, &mut tx, actor, items).await?;
    let id = gifts.into_iter().next().ok_or_else(|| ServiceError::Unexpected("no gift".to_owned()))?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Taking::Done(id))
}

async fn write_matched(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &Actor,
    items: Vec<Item>,
) -> Result<Vec<GiftId>> {
    let mut lines = std::collections::HashMap::new();
    for item in &items {
        lines.insert(item.nonce.clone(), item.bank_line.clone());
    }
    let wanted = items.len();
    let Some(gifts) = write(deps, tx, items, deps.clock.now()).await? else {
        return Err(ServiceError::Unexpected("a line of the bank is a gift already".to_owned()));
    };
    let named = bank::name_gifts(tx, &lines.into_values().flatten().collect::<Vec<_>>()).await?;
    if named != wanted as u64 {
        return Err(ServiceError::Unexpected("a line of the bank lost its gift".to_owned()));
    }
    for gift in &gifts {
        record_gift(deps, tx, actor, gift);
    }
    Ok(gifts.into_iter().map(|g| g.id).collect())
}

/// A line taken with others.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Which.
    pub line: BankLineId,
    /// Whose.
    pub donor: DonorId,
    /// What it is.
    pub said: Said,
}

/// Makes lines gifts, in one transaction; gives how many were still open. Those whose donor is gone, or has no address
/// where a receipt needs one, stay open.
///
/// # Errors
/// When the charity file lacks the words of a receipt, or the database refuses.
pub async fn take_all(deps: &Deps, actor: &Actor, lines: &[BankLine], choices: &[Choice]) -> Result<usize> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let ids: Vec<DonorId> = choices.iter().map(|c| c.donor.clone()).collect();
    let donors = offline_donors::described(&mut tx, &ids).await?;
    let mut items = Vec::new();
    for choice in choices {
        let Some(line) = lines.iter().find(|l| l.id == choice.line) else { continue };
        let Some(donor) = donors.iter().find(|d| d.id == choice.donor) else { continue };
        let entity = compose::entity(deps, &line.entity_id)?;
        if can_have_receipt(entity, &donor.details)
            && bank::close_line(&mut tx, &line.id, BankLineState::Matched, None, &actor.id, now).await?
        {
            items.push(item(actor, line, &choice.said, donor.id.clone(), donor.details.clone()));
        }
    }
    if items.is_empty() {
        return Ok(0);
    }
    let taken = write_matched(deps, &mut tx, actor, items).await?.len();
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(taken)
}

/// Says that a line is no gift, and why; `false` when somebody was first.
///
/// # Errors
/// When the database refuses.
pub async fn ignore(deps: &Deps, actor: &Actor, line: &BankLine, why: &str) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !bank::close_line(&mut tx, &line.id, BankLineState::Ignored, Some(why), &actor.id, now).await? {
        return Ok(false);
    }
    let (before, after) = (json!({ "state": "open" }), json!({ "state": "ignored" }));
    let act = Act { action: "bank.line_ignored", subject: line.id.as_str(), before, after, why };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(true)
}

/// A bank books a payout within so many days of the one Stripe expects.
const BOOKED_WITHIN: i64 = 7;

/// The payouts that a line may be: of the same sum, expected about that day, and no other line's.
///
/// # Errors
/// When the database refuses.
pub async fn payouts_like(conn: &mut Conn, line: &BankLine) -> Result<Vec<Candidate>> {
    let about = |days: i64| line.booked_on.0.saturating_add(jiff::Span::new().days(days));
    let (from, to) = (Day(about(-BOOKED_WITHIN)), Day(about(BOOKED_WITHIN)));
    Ok(payouts::candidates(conn, line.amount(), from, to).await?)
}

/// Says that a line is a payout of Stripe's; `false` when somebody was first, or it cannot be that one.
///
/// # Errors
/// When the database refuses.
pub async fn is_payout(deps: &Deps, actor: &Actor, line: &BankLine, payout: &str) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let like = payouts_like(&mut tx, line).await?;
    let Some(found) = like.into_iter().find(|c| c.stripe_payout == payout) else { return Ok(false) };
    let why = format!("Stripe’s payout {}", found.stripe_payout);
    if !bank::close_line(&mut tx, &line.id, BankLineState::Ignored, Some(&why), &actor.id, now).await?
        || !bank::set_payout(&mut tx, &line.id, &found.id).await?
    {
        return Ok(false);
    }
    let (before, after) =
        (json!({ "state": "open" }), json!({ "state": "ignored", "payout": found.stripe_payout }));
    let act = Act { action: "bank.line_is_payout", subject: line.id.as_str(), before, after, why: "" };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(true)
}

/// Opens a line again that was said to be no gift; `false` when it is not in that state.
///
/// # Errors
/// When the database refuses.
pub async fn reopen(deps: &Deps, actor: &Actor, line: &BankLine) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    if !bank::reopen_line(&mut tx, &line.id).await? {
        return Ok(false);
    }
    let (before, after): (Value, Value) = (json!({ "state": "ignored" }), json!({ "state": "open" }));
    let act = Act { action: "bank.line_opened_again", subject: line.id.as_str(), before, after, why: "" };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(true)
}
