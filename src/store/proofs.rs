//! Questions sent to a mailbox: the row, never the link or the code.

use super::db::{Conn, Result, WriteTx, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, ProofId};
use crate::domain::states::ProofPurpose;

/// A question sent to a mailbox.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Proof {
    /// Its id; the public half of the link.
    pub id: ProofId,
    /// What the answer is good for.
    pub purpose: ProofPurpose,
    /// The mailbox, as typed.
    pub email: String,
    /// The mailbox, normalised.
    pub email_norm: String,
    /// Whose account moves, for a change of address.
    pub donor_id: Option<DonorId>,
    /// Hash of the mark in the browser that asked.
    pub browser_sha256: String,
    /// What was typed with it, as JSON.
    pub detail: String,
    /// Wrong codes so far.
    pub code_tries: i64,
    /// When it was asked.
    pub created_at: Ts,
    /// From when on it is worth nothing.
    pub expires_at: Ts,
    /// When it was answered.
    pub used_at: Option<Ts>,
}

/// Writes a question.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut WriteTx, p: &Proof) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO mailbox_proof (id, purpose, email, email_norm, donor_id, browser_sha256, detail, code_tries, \
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
        &p.id,
        p.purpose,
        p.email.as_str(),
        p.email_norm.as_str(),
        p.donor_id.as_ref(),
        p.browser_sha256.as_str(),
        p.detail.as_str(),
        p.created_at,
        p.expires_at
    )?;
    Ok(())
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ProofId) -> Result<Option<Proof>> {
    opt!(
        conn,
        Proof,
        "SELECT id, purpose, email, email_norm, donor_id, browser_sha256, detail, code_tries, created_at, \
         expires_at, used_at FROM mailbox_proof WHERE id = $1",
        id
    )
}

/// Spends a question; `true` for exactly one of those who try.
///
/// # Errors
/// When the database refuses.
pub async fn spend(tx: &mut WriteTx, id: &ProofId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE mailbox_proof SET used_at = $2, detail = '{}' WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
        id,
        at
    )?;
    Ok(changed == 1)
}

/// Counts a code before it is compared; gives how many were tried, this one included. `None`: spent or too old.
///
/// # Errors
/// When the database refuses.
pub async fn count_code(tx: &mut WriteTx, id: &ProofId, at: Ts) -> Result<Option<i64>> {
    let row = opt!(
        tx,
        (i64,),
        "UPDATE mailbox_proof SET code_tries = code_tries + 1 WHERE id = $1 AND used_at IS NULL AND expires_at > $2 \
         RETURNING code_tries",
        id,
        at
    )?;
    Ok(row.map(|(n,)| n))
}

/// Forgets questions that ended before `before`, and the mails that asked them: the addresses may be anybody's.
///
/// # Errors
/// When the database refuses.
pub async fn forget_before(tx: &mut WriteTx, before: Ts) -> Result<u64> {
    exec!(
        tx,
        "DELETE FROM mail_outbox WHERE state <> 'queued' AND proof_id IN \
         (SELECT id FROM mailbox_proof WHERE expires_at < $1)",
        before
    )?;
    exec!(tx, "DELETE FROM mailbox_proof WHERE expires_at < $1", before)
}
