//! The ledger, and the refunds and disputes whose movements it holds.

use super::db::{Conn, Result, StoreError, WriteTx, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::ids::{DisputeId, EntryId, GiftId, RefundId};
use crate::domain::money::Money;
use crate::domain::states::{DisputeState, EntryKind, RefundState};

/// One movement of money, signed from the charity's side.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its id.
    pub id: EntryId,
    /// The gift it belongs to.
    pub gift_id: &'a GiftId,
    /// What it is.
    pub kind: EntryKind,
    /// How much; negative when money leaves.
    pub amount: Money,
    /// When it happened at Stripe.
    pub occurred_at: Ts,
    /// Stripe's charge, refund or dispute; our own id for what Stripe knows nothing of.
    pub stripe_object: &'a str,
    /// Stripe's balance transaction, when known.
    pub balance_transaction: Option<&'a str>,
    /// When we wrote it down.
    pub created_at: Ts,
}

/// Writes a movement unless it is known; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, e: &Entry<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO ledger_entry (id, gift_id, kind, currency, amount_minor, occurred_at, stripe_object, \
         balance_transaction, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (kind, stripe_object) DO NOTHING",
        &e.id,
        e.gift_id,
        e.kind,
        e.amount.currency(),
        e.amount.minor(),
        e.occurred_at,
        e.stripe_object,
        e.balance_transaction,
        e.created_at
    )?;
    Ok(changed == 1)
}

/// What goes or went back to the donor of a gift, in minor units: refunds under way and done, not those that failed.
///
/// # Errors
/// When the database refuses.
pub async fn going_back(conn: &mut Conn, gift: &GiftId) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM refund \
         WHERE gift_id = $1 AND state IN ('pending', 'succeeded')",
        gift
    )
}

/// Whether a cheque is known to have come back unpaid.
///
/// # Errors
/// When the database refuses.
pub async fn is_returned(conn: &mut Conn, gift: &GiftId) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM ledger_entry WHERE gift_id = $1 AND kind = 'returned'";
    Ok(scalar!(conn, i64, sql, gift)? > 0)
}

/// A refund of a gift.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// Stripe's refund; none when the charity sent the money itself.
    pub stripe_refund: Option<String>,
    /// How much goes back.
    pub amount: Money,
    /// Where it stands.
    pub state: RefundState,
    /// Stripe's reason code.
    pub reason: Option<String>,
    /// When it was made at Stripe.
    pub made_at: Ts,
}

/// The state of a refund as we know it.
///
/// # Errors
/// When the database refuses.
pub async fn refund_state(conn: &mut Conn, stripe_refund: &str) -> Result<Option<RefundState>> {
    let row = opt!(conn, (RefundState,), "SELECT state FROM refund WHERE stripe_refund = $1", stripe_refund)?;
    Ok(row.map(|(s,)| s))
}

/// Writes a refund, or its new state when it is known.
///
/// # Errors
/// When the database refuses.
pub async fn upsert_refund(tx: &mut WriteTx, r: &Refund, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "INSERT INTO refund (id, gift_id, stripe_refund, currency, amount_minor, state, reason, made_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (stripe_refund) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        &r.id,
        &r.gift_id,
        r.stripe_refund.as_deref(),
        r.amount.currency(),
        r.amount.minor(),
        r.state,
        r.reason.as_deref(),
        r.made_at,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "refund", changed }) }
}

/// A dispute of a gift.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// Stripe's dispute.
    pub stripe_dispute: String,
    /// How much is contested.
    pub amount: Money,
    /// Where it stands.
    pub state: DisputeState,
    /// Stripe's reason code.
    pub reason: String,
    /// Last day for evidence.
    pub evidence_due: Option<Ts>,
    /// When it was opened.
    pub made_at: Ts,
}

/// The state of a dispute as we know it.
///
/// # Errors
/// When the database refuses.
pub async fn dispute_state(conn: &mut Conn, stripe_dispute: &str) -> Result<Option<DisputeState>> {
    let row =
        opt!(conn, (DisputeState,), "SELECT state FROM dispute WHERE stripe_dispute = $1", stripe_dispute)?;
    Ok(row.map(|(s,)| s))
}

/// Writes a dispute, or its new state when it is known.
///
/// # Errors
/// When the database refuses.
pub async fn upsert_dispute(tx: &mut WriteTx, d: &Dispute, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "INSERT INTO dispute (id, gift_id, stripe_dispute, currency, amount_minor, state, reason, evidence_due, \
         made_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (stripe_dispute) DO UPDATE SET state = excluded.state, evidence_due = excluded.evidence_due, \
         updated_at = excluded.updated_at",
        &d.id,
        &d.gift_id,
        d.stripe_dispute.as_str(),
        d.amount.currency(),
        d.amount.minor(),
        d.state,
        d.reason.as_str(),
        d.evidence_due,
        d.made_at,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "dispute", changed }) }
}
