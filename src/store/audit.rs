//! The audit chain.

use super::db::{Result, WriteTx, exec, opt};
use crate::clock::Ts;
use crate::domain::audit::{AuditEntry, line_hash};
use crate::domain::ids::AuditId;

/// Holds the chain's head until the transaction ends: for acts that have no row of their own to hold yet.
///
/// # Errors
/// When the database refuses.
pub async fn hold_head(tx: &mut WriteTx) -> Result<()> {
    exec!(tx, "UPDATE audit_head SET seq = seq WHERE only_row = 1")?;
    Ok(())
}

/// Appends a line. Takes the chain's head for the rest of the transaction: call it last.
///
/// # Errors
/// When the database refuses.
pub async fn append(tx: &mut WriteTx, id: &AuditId, at: Ts, entry: &AuditEntry<'_>) -> Result<()> {
    let head = opt!(
        tx,
        (i64, String),
        "UPDATE audit_head SET seq = seq + 1 WHERE only_row = 1 RETURNING seq, hash"
    )?;
    let (seq, prev_hash) = head.unwrap_or((1, String::new()));
    let hash = line_hash(&prev_hash, seq, at, entry);
    exec!(
        tx,
        "INSERT INTO audit_line (seq, id, at, actor, action, subject, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        seq,
        id,
        at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail.as_str(),
        prev_hash,
        hash.as_str()
    )?;
    exec!(tx, "UPDATE audit_head SET hash = $1 WHERE only_row = 1", hash)?;
    Ok(())
}
