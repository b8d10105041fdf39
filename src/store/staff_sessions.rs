//! Browsers at the staff door. Apart from donors' sessions: another table, another cookie.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::StaffId;
use crate::domain::role::Roles;
use crate::domain::states::{StaffStage, StaffState};

/// A browser at the staff door, with who it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StaffSession {
    /// SHA-256 of the cookie's value.
    pub id_sha256: String,
    /// Who.
    pub staff_id: StaffId,
    /// How far they have come.
    pub stage: StaffStage,
    /// What a passkey is to sign, as the library keeps it.
    pub challenge: Option<String>,
    /// Browser and system in plain words.
    pub agent: String,
    /// From where, on the network.
    pub address: String,
    /// When it began.
    pub created_at: Ts,
    /// When it was last used.
    pub seen_at: Ts,
    /// When they last proved who they are.
    pub proven_at: Ts,
    /// Their name.
    pub name: String,
    /// Their mailbox.
    pub email: String,
    /// What they may do now, whatever it was when they signed in.
    pub roles: Roles,
    /// Whether they may be inside at all.
    pub state: StaffState,
}

macro_rules! sessions {
    ($rest:literal) => {
        concat!(
            "SELECT s.id_sha256, s.staff_id, s.stage, s.challenge, s.agent, s.address, s.created_at, s.seen_at, \
             s.proven_at, m.name, m.email, m.roles, m.state FROM staff_session s JOIN staff m ON m.id = s.staff_id ",
            $rest
        )
    };
}

/// By the hash of its cookie.
///
/// # Errors
/// When the database refuses.
pub async fn by_hash(conn: &mut Conn, id_sha256: &str) -> Result<Option<StaffSession>> {
    opt!(conn, StaffSession, sessions!("WHERE s.id_sha256 = $1"), id_sha256)
}

/// Where a member of staff is signed in, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of(conn: &mut Conn, staff: &StaffId) -> Result<Vec<StaffSession>> {
    all!(
        conn,
        StaffSession,
        sessions!("WHERE s.staff_id = $1 AND s.stage = 'inside' ORDER BY s.created_at DESC LIMIT 50"),
        staff
    )
}

/// A session to write.
#[derive(Clone, Debug)]
pub struct NewStaffSession<'a> {
    /// SHA-256 of the cookie's value.
    pub id_sha256: &'a str,
    /// Who.
    pub staff_id: &'a StaffId,
    /// How far they have come.
    pub stage: StaffStage,
    /// Browser and system in plain words.
    pub agent: &'a str,
    /// From where, on the network.
    pub address: &'a str,
    /// Now.
    pub at: Ts,
}

/// Writes a session.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut WriteTx, s: &NewStaffSession<'_>) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO staff_session (id_sha256, staff_id, stage, agent, address, created_at, seen_at, proven_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $6)",
        s.id_sha256,
        s.staff_id,
        s.stage,
        s.agent,
        s.address,
        s.at
    )?;
    Ok(())
}

/// Writes what a passkey is to sign.
///
/// # Errors
/// When the database refuses.
pub async fn set_challenge(tx: &mut WriteTx, id_sha256: &str, challenge: &str) -> Result<()> {
    exec!(tx, "UPDATE staff_session SET challenge = $2 WHERE id_sha256 = $1", id_sha256, challenge)?;
    Ok(())
}

/// Uses a challenge up; `false` when it was answered before, or another was asked since.
///
/// # Errors
/// When the database refuses.
pub async fn use_challenge(tx: &mut WriteTx, id_sha256: &str, challenge: &str) -> Result<bool> {
    let sql = "UPDATE staff_session SET challenge = NULL WHERE id_sha256 = $1 AND challenge = $2";
    Ok(exec!(tx, sql, id_sha256, challenge)? == 1)
}

/// Notes that it is in use.
///
/// # Errors
/// When the database refuses.
pub async fn touch(tx: &mut WriteTx, id_sha256: &str, at: Ts) -> Result<()> {
    exec!(tx, "UPDATE staff_session SET seen_at = $2 WHERE id_sha256 = $1 AND seen_at < $2", id_sha256, at)?;
    Ok(())
}

/// Notes that they proved once more who they are.
///
/// # Errors
/// When the database refuses.
pub async fn set_proven(tx: &mut WriteTx, id_sha256: &str, at: Ts) -> Result<()> {
    exec!(
        tx,
        "UPDATE staff_session SET proven_at = $2, challenge = NULL WHERE id_sha256 = $1",
        id_sha256,
        at
    )?;
    Ok(())
}

/// Ends a session; `false` when it had ended.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut WriteTx, id_sha256: &str) -> Result<bool> {
    Ok(exec!(tx, "DELETE FROM staff_session WHERE id_sha256 = $1", id_sha256)? == 1)
}

/// Ends every session of a member of staff but one (none: all); gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of(tx: &mut WriteTx, staff: &StaffId, keep_sha256: Option<&str>) -> Result<u64> {
    let sql = "DELETE FROM staff_session WHERE staff_id = $1 AND id_sha256 <> COALESCE($2, '')";
    exec!(tx, sql, staff, keep_sha256)
}

/// Forgets sessions that nobody can use any more.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut WriteTx, seen_before: Ts, begun_before: Ts) -> Result<u64> {
    exec!(tx, "DELETE FROM staff_session WHERE seen_at < $1 OR created_at < $2", seen_before, begun_before)
}
