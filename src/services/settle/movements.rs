//! What follows a gift: Stripe's fee, refunds, disputes. Each movement of money is an entry of the ledger, once.

use super::apply::note;
use super::look::SeenPayment;
use crate::clock::Ts;
use crate::domain::ids::{DisputeId, EntryId, RefundId};
use crate::domain::money::Money;
use crate::domain::states::{DisputeState, EntryKind, RefundState};
use crate::payments::objects::{self, BalanceTransaction, Ref};
use crate::payments::requests::from_stripe;
use crate::services::refunds::tell::{Told, tell};
use crate::services::{Deps, Result, ServiceError, receipts};
use crate::store::WriteTx;
use crate::store::gifts::Gift;
use crate::store::ledger::{self, Dispute, Entry, Refund};
use crate::store::receipts::Why;

/// Writes the fee, the refunds and the disputes that were seen.
pub(super) async fn apply(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    seen: &SeenPayment,
    now: Ts,
) -> Result<()> {
    if let Some(charge) = seen.intent.charge()
        && let Some(balance) = charge.balance_transaction.as_ref().and_then(Ref::object)
    {
        let fee = amount(balance.fee, &balance.currency)?.checked_neg().map_err(overflow)?;
        enter(deps, tx, gift, EntryKind::Fee, fee, &charge.id, balance, now).await?;
    }
    // Stripe lists the newest first; a mail about one must know them all.
    let mut going_back = Vec::new();
    for refund in seen.refunds.iter().rev() {
        going_back.extend(apply_refund(deps, tx, gift, refund, now).await?);
    }
    for dispute in &seen.disputes {
        apply_dispute(deps, tx, gift, dispute, now).await?;
    }
    if seen.refunds.is_empty() && seen.disputes.is_empty() {
        return Ok(());
    }
    let why = if seen.disputes.is_empty() { Why::Refund } else { Why::Dispute };
    let settled = receipts::settle_up(deps, tx, gift, why, now).await?;
    for refund in &going_back {
        let key = refund.stripe_refund.as_deref().unwrap_or(refund.id.as_str());
        tell(
            deps,
            tx,
            gift,
            Told { amount: refund.amount, made_at: refund.made_at, key, receipt: &settled },
            now,
        )
        .await?;
    }
    if going_back.is_empty() {
        receipts::tell_change(deps, tx, gift, &settled.outcome, now).await?;
    }
    Ok(())
}

fn amount(minor: i64, currency: &str) -> Result<Money> {
    from_stripe(minor, currency)
        .map_err(|_| ServiceError::Unexpected(format!("unknown currency {currency:?}")))
}

fn overflow(_: crate::domain::money::MoneyError) -> ServiceError {
    ServiceError::Unexpected("amount too large".to_owned())
}

async fn enter(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    kind: EntryKind,
    amount: Money,
    object: &str,
    balance: &BalanceTransaction,
    now: Ts,
) -> Result<()> {
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind,
        amount,
        occurred_at: Ts::from_unix(balance.created),
        stripe_object: object,
        balance_transaction: Some(&balance.id),
        created_at: now,
    };
    ledger::insert_if_new(tx, &entry).await?;
    Ok(())
}

/// Writes a refund and what it moved; gives it back when money goes to the donor.
async fn apply_refund(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    seen: &objects::Refund,
    now: Ts,
) -> Result<Option<Refund>> {
    let seen_state = match seen.status.as_deref() {
        Some("succeeded") => RefundState::Succeeded,
        Some("failed") => RefundState::Failed,
        Some("canceled") => RefundState::Canceled,
        _ => RefundState::Pending,
    };
    let known = ledger::refund_state(tx, &seen.id).await?;
    let state = known.map_or(seen_state, |k| k.apply(seen_state));
    let back = amount(seen.amount, &seen.currency)?;
    let row = Refund {
        id: RefundId::new(now, &deps.random),
        gift_id: gift.id.clone(),
        stripe_refund: Some(seen.id.clone()),
        amount: back,
        state,
        reason: seen.reason.clone(),
        made_at: Ts::from_unix(seen.created),
    };
    ledger::upsert_refund(tx, &row, now).await?;
    if let Some(balance) = seen.balance_transaction.as_ref().and_then(Ref::object) {
        let out = back.checked_neg().map_err(overflow)?;
        enter(deps, tx, gift, EntryKind::Refund, out, &seen.id, balance, now).await?;
        if balance.fee != 0 {
            let fee = amount(balance.fee, &balance.currency)?.checked_neg().map_err(overflow)?;
            enter(deps, tx, gift, EntryKind::RefundFee, fee, &seen.id, balance, now).await?;
        }
    }
    if let Some(balance) = seen.failure_balance_transaction.as_ref().and_then(Ref::object) {
        enter(deps, tx, gift, EntryKind::RefundFailed, back, &seen.id, balance, now).await?;
    }
    if known != Some(state) {
        let detail = serde_json::json!({ "gift": gift.id, "state": state.as_str(), "amount": back.minor(), "currency": back.currency() });
        note(deps, tx, now, "refund.changed", &seen.id, detail);
    }
    let goes_back = matches!(state, RefundState::Pending | RefundState::Succeeded);
    Ok(goes_back.then_some(row))
}

async fn apply_dispute(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    seen: &objects::Dispute,
    now: Ts,
) -> Result<()> {
    let seen_state = match seen.status.as_str() {
        "won" | "warning_closed" | "prevented" => DisputeState::Won,
        "lost" => DisputeState::Lost,
        _ => DisputeState::Open,
    };
    let known = ledger::dispute_state(tx, &seen.id).await?;
    let state = known.map_or(seen_state, |k| k.apply(seen_state));
    let contested = amount(seen.amount, &seen.currency)?;
    let row = Dispute {
        id: DisputeId::new(now, &deps.random),
        gift_id: gift.id.clone(),
        stripe_dispute: seen.id.clone(),
        amount: contested,
        state,
        reason: seen.reason.clone(),
        evidence_due: seen.evidence_details.as_ref().and_then(|e| e.due_by).map(Ts::from_unix),
        made_at: Ts::from_unix(seen.created),
    };
    ledger::upsert_dispute(tx, &row, now).await?;
    for balance in &seen.balance_transactions {
        enter_dispute_movement(deps, tx, gift, balance, now).await?;
    }
    if known != Some(state) {
        let detail = serde_json::json!({ "gift": gift.id, "state": state.as_str(), "amount": contested.minor(), "currency": contested.currency() });
        note(deps, tx, now, "dispute.changed", &seen.id, detail);
    }
    Ok(())
}

/// The sum and the fee are lines of their own (AC-7).
async fn enter_dispute_movement(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    balance: &BalanceTransaction,
    now: Ts,
) -> Result<()> {
    let moved = amount(balance.amount, &balance.currency)?;
    let kind = if moved.minor() < 0 { EntryKind::DisputeWithdrawn } else { EntryKind::DisputeReinstated };
    if !moved.is_zero() {
        enter(deps, tx, gift, kind, moved, &balance.id, balance, now).await?;
    }
    if balance.fee != 0 {
        let fee = amount(balance.fee, &balance.currency)?.checked_neg().map_err(overflow)?;
        let kind = if fee.minor() < 0 { EntryKind::DisputeFee } else { EntryKind::DisputeFeeReturned };
        enter(deps, tx, gift, kind, fee, &balance.id, balance, now).await?;
    }
    Ok(())
}
