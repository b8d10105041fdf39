//! What browsers hold: a cookie whose hash is the key here.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::DonorId;

/// A browser's session.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WebSession {
    /// SHA-256 of the cookie's value.
    pub id_sha256: String,
    /// Who is signed in.
    pub donor_id: Option<DonorId>,
    /// JSON.
    pub data: String,
    /// Browser and system in plain words, for the donor's list.
    pub agent: String,
    /// When it began; a sign-in begins a new one.
    pub created_at: Ts,
    /// When it was last used, to the hour.
    pub seen_at: Ts,
}

/// Writes a new session; `false` when the id is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, s: &WebSession) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO web_session (id_sha256, donor_id, data, agent, created_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id_sha256) DO NOTHING",
        s.id_sha256.as_str(),
        s.donor_id.as_ref(),
        s.data.as_str(),
        s.agent.as_str(),
        s.created_at,
        s.seen_at
    )?;
    Ok(changed == 1)
}

/// Writes what a session holds. One that was ended meanwhile stays ended: nothing is written.
///
/// # Errors
/// When the database refuses.
pub async fn update(tx: &mut WriteTx, id_sha256: &str, data: &str, at: Ts) -> Result<()> {
    exec!(tx, "UPDATE web_session SET data = $2, seen_at = $3 WHERE id_sha256 = $1", id_sha256, data, at)?;
    Ok(())
}

/// By the hash of its cookie.
///
/// # Errors
/// When the database refuses.
pub async fn by_hash(conn: &mut Conn, id_sha256: &str) -> Result<Option<WebSession>> {
    opt!(
        conn,
        WebSession,
        "SELECT id_sha256, donor_id, data, agent, created_at, seen_at FROM web_session WHERE id_sha256 = $1",
        id_sha256
    )
}

/// Notes that it is in use.
///
/// # Errors
/// When the database refuses.
pub async fn touch(tx: &mut WriteTx, id_sha256: &str, at: Ts) -> Result<()> {
    exec!(tx, "UPDATE web_session SET seen_at = $2 WHERE id_sha256 = $1 AND seen_at < $2", id_sha256, at)?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut WriteTx, id_sha256: &str) -> Result<()> {
    exec!(tx, "DELETE FROM web_session WHERE id_sha256 = $1", id_sha256)?;
    Ok(())
}

/// Ends every session of a donor but one; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_others(tx: &mut WriteTx, donor: &DonorId, keep_sha256: &str) -> Result<u64> {
    exec!(tx, "DELETE FROM web_session WHERE donor_id = $1 AND id_sha256 <> $2", donor, keep_sha256)
}

/// The sessions of a donor that can still be used, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_donor(
    conn: &mut Conn,
    donor: &DonorId,
    seen_after: Ts,
    begun_after: Ts,
) -> Result<Vec<WebSession>> {
    all!(
        conn,
        WebSession,
        "SELECT id_sha256, donor_id, data, agent, created_at, seen_at FROM web_session \
         WHERE donor_id = $1 AND seen_at > $2 AND created_at > $3 ORDER BY created_at DESC LIMIT 50",
        donor,
        seen_after,
        begun_after
    )
}

/// Forgets sessions that nobody can use any more.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut WriteTx, seen_before: Ts, begun_before: Ts) -> Result<u64> {
    exec!(tx, "DELETE FROM web_session WHERE seen_at < $1 OR created_at < $2", seen_before, begun_before)
}
