//! Failed charges of plans, and the mails about them.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, PledgeId, RecoveryId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{FailureReason, RecoveryState};

/// A failed charge.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Of which plan.
    pub pledge_id: PledgeId,
    /// Stripe's invoice.
    pub stripe_invoice: String,
    /// In which currency.
    pub currency: Currency,
    /// What is owed, in minor units.
    pub amount_minor: i64,
    /// Why the last try failed.
    pub reason: FailureReason,
    /// Where it stands.
    pub state: RecoveryState,
    /// When the charge was due.
    pub due_at: Ts,
    /// When the first try failed.
    pub began_at: Ts,
    /// Mails so far.
    pub mails_sent: i64,
    /// When the next mail is due; none when the script is at its end.
    pub next_mail_at: Option<Ts>,
    /// When it was over.
    pub closed_at: Option<Ts>,
}

impl Recovery {
    /// What is owed.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

/// Writes a failed charge; `false` when it is known.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, r: &Recovery) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO recovery (id, pledge_id, stripe_invoice, currency, amount_minor, reason, state, due_at, began_at, \
         mails_sent, next_mail_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        &r.id,
        &r.pledge_id,
        r.stripe_invoice.as_str(),
        r.currency,
        r.amount_minor,
        r.reason,
        r.state,
        r.due_at,
        r.began_at,
        r.mails_sent,
        r.next_mail_at
    )?;
    Ok(changed == 1)
}

/// By Stripe's invoice.
///
/// # Errors
/// When the database refuses.
pub async fn by_invoice(conn: &mut Conn, invoice: &str) -> Result<Option<Recovery>> {
    opt!(conn, Recovery, "SELECT * FROM recovery WHERE stripe_invoice = $1", invoice)
}

/// By its id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &RecoveryId) -> Result<Option<Recovery>> {
    opt!(conn, Recovery, "SELECT * FROM recovery WHERE id = $1", id)
}

/// The charges of a plan that are still owed, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn open_of(conn: &mut Conn, pledge: &PledgeId) -> Result<Vec<Recovery>> {
    all!(
        conn,
        Recovery,
        "SELECT * FROM recovery WHERE pledge_id = $1 AND state = 'open' ORDER BY due_at",
        pledge
    )
}

/// The failed charges of a donor's plans, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Recovery>> {
    all!(
        conn,
        Recovery,
        "SELECT r.* FROM recovery r JOIN pledge p ON p.id = r.pledge_id JOIN donor d ON d.id = p.donor_id \
         WHERE d.owner_id = $1 ORDER BY CASE WHEN r.state = 'open' THEN 0 ELSE 1 END, r.began_at DESC LIMIT 60",
        owner
    )
}

/// Puts the next mail off.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(tx: &mut WriteTx, id: &RecoveryId, until: Ts) -> Result<()> {
    exec!(tx, "UPDATE recovery SET next_mail_at = $2 WHERE id = $1 AND state = 'open'", id, until)?;
    Ok(())
}

/// Failed charges whose next mail is due; five thousand.
///
/// # Errors
/// When the database refuses.
pub async fn due(conn: &mut Conn, now: Ts) -> Result<Vec<Recovery>> {
    all!(
        conn,
        Recovery,
        "SELECT * FROM recovery WHERE state = 'open' AND next_mail_at <= $1 ORDER BY next_mail_at LIMIT 5000",
        now
    )
}

/// A later try failed for another reason.
///
/// # Errors
/// When the database refuses.
pub async fn set_reason(tx: &mut WriteTx, id: &RecoveryId, reason: FailureReason) -> Result<()> {
    exec!(tx, "UPDATE recovery SET reason = $2 WHERE id = $1 AND state = 'open'", id, reason)?;
    Ok(())
}

/// Counts a mail; `false` when another worker was first.
///
/// # Errors
/// When the database refuses.
pub async fn count_mail(tx: &mut WriteTx, id: &RecoveryId, so_far: i64, next: Option<Ts>) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE recovery SET mails_sent = mails_sent + 1, next_mail_at = $3 \
         WHERE id = $1 AND state = 'open' AND mails_sent = $2",
        id,
        so_far,
        next
    )?;
    Ok(changed == 1)
}

/// Closes a failed charge that is open; `false` when it was closed before.
///
/// # Errors
/// When the database refuses.
pub async fn close(tx: &mut WriteTx, id: &RecoveryId, state: RecoveryState, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE recovery SET state = $2, closed_at = $3, next_mail_at = NULL WHERE id = $1 AND state = 'open'",
        id,
        state,
        at
    )?;
    Ok(changed == 1)
}
