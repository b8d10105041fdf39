//! The audit chain.

use super::db::{Conn, Result, WriteTx, exec, opt, scalar};
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

/// Whether something was done to a subject at a moment or later.
///
/// # Errors
/// When the database refuses.
pub async fn is_done_since(conn: &mut Conn, subject: &str, action: &str, since: Ts) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM audit_line WHERE subject = $1 AND action = $2 AND at >= $3";
    Ok(scalar!(conn, i64, sql, subject, action, since)? > 0)
}

/// A line to write when its transaction ends. No personal data: ids, figures and the reason staff gave.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Ts,
    /// `donor`, `stripe`, or a staff id.
    pub actor: String,
    /// `gift.received`, `refund.changed`, …
    pub action: &'static str,
    /// The id it is about.
    pub subject: String,
    /// JSON object of ids and figures.
    pub detail: String,
}

/// Appends a line; called by [`WriteTx::commit`].
pub(super) async fn append(tx: &mut WriteTx, note: &Note) -> Result<()> {
    let entry = AuditEntry {
        actor: &note.actor,
        action: note.action,
        subject: &note.subject,
        detail: note.detail.clone(),
    };
    let head = opt!(
        tx,
        (i64, String),
        "UPDATE audit_head SET seq = seq + 1 WHERE only_row = 1 RETURNING seq, hash"
    )?;
    let (seq, prev_hash) = head.unwrap_or((1, String::new()));
    let hash = line_hash(&prev_hash, seq, note.at, &entry);
    exec!(
        tx,
        "INSERT INTO audit_line (seq, id, at, actor, action, subject, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        seq,
        &note.id,
        note.at,
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
