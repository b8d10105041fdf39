//! Refunds that staff ask for: written before Stripe is asked, closed with what became of them.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt, scalar};
use super::paging::{COUNTED, From, Listed};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, RefundRequestId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{RefundReason, RefundRequestState};

/// A refund that somebody asks for.
#[derive(Clone, Debug)]
pub struct NewRequest<'a> {
    /// Its id, and Stripe's idempotency key.
    pub id: &'a RefundRequestId,
    /// Of which gift.
    pub gift_id: &'a GiftId,
    /// The form's own random mark: a double click asks once.
    pub nonce: &'a str,
    /// How much.
    pub amount: Money,
    /// Stripe's code.
    pub reason: RefundReason,
    /// The reason in words.
    pub why: &'a str,
    /// Waiting for a second person, or asked.
    pub state: RefundRequestState,
    /// Who asks.
    pub asked_by: &'a StaffId,
    /// When.
    pub asked_at: Ts,
}

/// Writes a request; `false` when its form was sent before, or another one of the gift is open.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, r: &NewRequest<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO refund_request (id, gift_id, nonce, currency, amount_minor, reason, why, state, asked_by, asked_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        r.id,
        r.gift_id,
        r.nonce,
        r.amount.currency(),
        r.amount.minor(),
        r.reason,
        r.why,
        r.state,
        r.asked_by,
        r.asked_at
    )?;
    Ok(changed == 1)
}

/// A request as it stands, with the names that pages show beside it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RefundRequest {
    /// Its id.
    pub id: RefundRequestId,
    /// Of which gift.
    pub gift_id: GiftId,
    currency: Currency,
    amount_minor: i64,
    /// Stripe's code.
    pub reason: RefundReason,
    /// The reason in words.
    pub why: String,
    /// Where it stands.
    pub state: RefundRequestState,
    /// Who asked.
    pub asked_by: StaffId,
    /// When.
    pub asked_at: Ts,
    /// Who agreed, when it took two.
    pub approved_by: Option<StaffId>,
    /// When.
    pub approved_at: Option<Ts>,
    /// Stripe's refund, once made.
    pub stripe_refund: Option<String>,
    /// Why it was refused, in words.
    pub problem: Option<String>,
    /// When it was closed.
    pub closed_at: Option<Ts>,
    /// The name of who asked.
    pub asker: String,
    /// The name of who agreed.
    pub approver: Option<String>,
    /// Whose gift it is.
    pub donor_id: DonorId,
    /// The donor as they described themselves, JSON.
    pub donor_details: String,
}

impl RefundRequest {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// The name on the gift's receipt.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub fn donor_name(&self) -> Result<String> {
        super::office_money::receipt_name(&self.donor_details)
    }
}

macro_rules! requests {
    ($($rest:literal)*) => {
        concat!(
            "SELECT q.id, q.gift_id, q.currency, q.amount_minor, q.reason, q.why, q.state, q.asked_by, q.asked_at, \
             q.approved_by, q.approved_at, q.stripe_refund, q.problem, q.closed_at, s.name AS asker, \
             t.name AS approver, g.donor_id, g.donor_details FROM refund_request q JOIN staff s ON s.id = q.asked_by \
             LEFT JOIN staff t ON t.id = q.approved_by JOIN gift g ON g.id = q.gift_id ",
            $($rest),*
        )
    };
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &RefundRequestId) -> Result<Option<RefundRequest>> {
    opt!(conn, RefundRequest, requests!("WHERE q.id = $1"), id)
}

/// By the mark of its form.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<RefundRequest>> {
    opt!(conn, RefundRequest, requests!("WHERE q.nonce = $1"), nonce)
}

/// Requests that wait for a second person, longest waiting first.
///
/// # Errors
/// When the database refuses.
pub async fn awaiting(conn: &mut Conn, limit: i64) -> Result<Vec<RefundRequest>> {
    all!(
        conn,
        RefundRequest,
        requests!(
            "WHERE q.state IN ('awaiting', 'asked') AND q.state = 'awaiting' ORDER BY q.asked_at, q.id \
             LIMIT CAST($1 AS BIGINT)"
        ),
        limit
    )
}

/// A page of the requests that wait for nobody, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn page(conn: &mut Conn, from: &From, size: i64) -> Result<Listed<RefundRequest>> {
    let rows = match from.is_upward() {
        false => {
            let (at, id) = from.place().map_or((Ts::from_micros(i64::MAX), ""), |p| (p.at, p.id.as_str()));
            all!(
                conn,
                RefundRequest,
                requests!(
                    "WHERE q.asked_at <= $1 AND (q.asked_at < $1 OR q.id < $2) AND q.state <> 'awaiting' \
                     ORDER BY q.asked_at DESC, q.id DESC LIMIT CAST($3 AS BIGINT)"
                ),
                at,
                id,
                size + 1
            )?
        }
        true => {
            let (at, id) = from.place().map_or((Ts::from_micros(i64::MIN), ""), |p| (p.at, p.id.as_str()));
            all!(
                conn,
                RefundRequest,
                requests!(
                    "WHERE q.asked_at >= $1 AND (q.asked_at > $1 OR q.id > $2) AND q.state <> 'awaiting' \
                     ORDER BY q.asked_at, q.id LIMIT CAST($3 AS BIGINT)"
                ),
                at,
                id,
                size + 1
            )?
        }
    };
    Ok(Listed::of(rows, size, from))
}

/// How many requests wait for nobody, as far as lists count.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT id FROM refund_request WHERE state <> 'awaiting' \
         LIMIT CAST($1 AS BIGINT)) counted",
        COUNTED + 1
    )
}

/// A second person agrees; `false` when it waits no longer.
///
/// # Errors
/// When the database refuses.
pub async fn approve(tx: &mut WriteTx, id: &RefundRequestId, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE refund_request SET state = 'asked', approved_by = $2, approved_at = $3 \
         WHERE id = $1 AND state = 'awaiting'",
        id,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// `made`, `refused` or `dropped`.
    pub state: RefundRequestState,
    /// Stripe's refund.
    pub stripe_refund: Option<&'a str>,
    /// Why not, in words.
    pub problem: Option<&'a str>,
}

/// Closes a request that stands at `from`; `false` when it does no longer.
///
/// # Errors
/// When the database refuses.
pub async fn close(
    tx: &mut WriteTx,
    id: &RefundRequestId,
    from: RefundRequestState,
    end: End<'_>,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE refund_request SET state = $3, stripe_refund = $4, problem = $5, closed_at = $6 \
         WHERE id = $1 AND state = $2",
        id,
        from,
        end.state,
        end.stripe_refund,
        end.problem,
        at
    )?;
    match changed {
        0 | 1 => Ok(changed == 1),
        _ => Err(StoreError::NotOneRow { what: "refund request", changed }),
    }
}
