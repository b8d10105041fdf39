//! Staff: who they are, how they were invited, what they sign in with.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::ids::{InvitationId, PasskeyId, StaffId};
use crate::domain::role::Roles;
use crate::domain::states::StaffState;

/// A member of staff.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StaffMember {
    /// Their id.
    pub id: StaffId,
    /// Mailbox as typed.
    pub email: String,
    /// Name, as colleagues see it.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
    /// Whether they may sign in.
    pub state: StaffState,
    /// Hash of the password; none until the invitation was followed.
    pub password_hash: Option<String>,
    /// Sealed secret of the authenticator.
    pub totp_sealed: Option<String>,
    /// The last time step whose code was used: no code works twice.
    pub totp_last_step: i64,
    /// Since when.
    pub created_at: Ts,
}

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, roles, state, password_hash, totp_sealed, totp_last_step, created_at FROM staff ",
            $rest
        )
    };
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &StaffId) -> Result<Option<StaffMember>> {
    opt!(conn, StaffMember, columns!("WHERE id = $1"), id)
}

/// By mailbox, normalised.
///
/// # Errors
/// When the database refuses.
pub async fn by_mailbox(conn: &mut Conn, email_norm: &str) -> Result<Option<StaffMember>> {
    opt!(conn, StaffMember, columns!("WHERE email_norm = $1"), email_norm)
}

/// Everybody, by name.
///
/// # Errors
/// When the database refuses.
pub async fn everybody(conn: &mut Conn) -> Result<Vec<StaffMember>> {
    all!(conn, StaffMember, columns!("ORDER BY name, id LIMIT 1000"))
}

/// Writes a new member of staff, invited; `false` when the mailbox is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, m: &StaffMember, email_norm: &str) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO staff (id, email, email_norm, name, roles, state, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (email_norm) DO NOTHING",
        &m.id,
        m.email.as_str(),
        email_norm,
        m.name.as_str(),
        &m.roles,
        m.state,
        m.created_at
    )?;
    Ok(changed == 1)
}

/// Writes roles and state.
///
/// # Errors
/// When the row is not there.
pub async fn set_standing(
    tx: &mut WriteTx,
    id: &StaffId,
    roles: &Roles,
    state: StaffState,
    at: Ts,
) -> Result<()> {
    let sql = "UPDATE staff SET roles = $2, state = $3, updated_at = $4 WHERE id = $1";
    one("staff", exec!(tx, sql, id, roles, state, at)?)
}

/// Writes what somebody who is invited signs in with from now on, and lets them in; `false` when they are not invited
/// (any more).
///
/// # Errors
/// When the database refuses.
pub async fn set_up(
    tx: &mut WriteTx,
    id: &StaffId,
    name: &str,
    password_hash: &str,
    totp_sealed: Option<&str>,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE staff SET name = $2, password_hash = $3, totp_sealed = $4, totp_last_step = 0, state = 'active', \
         updated_at = $5 WHERE id = $1 AND state = 'invited'",
        id,
        name,
        password_hash,
        totp_sealed,
        at
    )?;
    Ok(changed == 1)
}

/// Writes a renewed hash of the same password.
///
/// # Errors
/// When the row is not there.
pub async fn set_password_hash(tx: &mut WriteTx, id: &StaffId, hash: &str, at: Ts) -> Result<()> {
    one(
        "staff",
        exec!(tx, "UPDATE staff SET password_hash = $2, updated_at = $3 WHERE id = $1", id, hash, at)?,
    )
}

/// Uses up an authenticator's time step; `false` when it, or a later one, was used before.
///
/// # Errors
/// When the database refuses.
pub async fn use_step(tx: &mut WriteTx, id: &StaffId, step: i64) -> Result<bool> {
    let sql = "UPDATE staff SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2";
    Ok(exec!(tx, sql, id, step)? == 1)
}

/// How many may sign in and manage staff: there is always one.
///
/// # Errors
/// When the database refuses.
pub async fn active_admins(conn: &mut Conn) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM staff WHERE state = 'active' AND ' ' || roles || ' ' LIKE '% admin %'"
    )
}

/// An invitation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom it sets up.
    pub staff_id: StaffId,
    /// What a passkey is to sign, as it was asked.
    pub challenge: Option<String>,
    /// Until when it works.
    pub expires_at: Ts,
    /// When it was used or replaced.
    pub closed_at: Option<Ts>,
}

/// Ends the open invitations of a member of staff.
///
/// # Errors
/// When the database refuses.
pub async fn close_invitations(tx: &mut WriteTx, staff: &StaffId, at: Ts) -> Result<()> {
    let sql = "UPDATE staff_invitation SET closed_at = $2 WHERE staff_id = $1 AND closed_at IS NULL";
    exec!(tx, sql, staff, at)?;
    Ok(())
}

/// Writes an invitation; earlier ones of the same person end.
///
/// # Errors
/// When the database refuses.
pub async fn invite(
    tx: &mut WriteTx,
    invitation: &Invitation,
    token_sha256: &str,
    invited_by: &str,
    at: Ts,
) -> Result<()> {
    close_invitations(tx, &invitation.staff_id, at).await?;
    exec!(
        tx,
        "INSERT INTO staff_invitation (id, staff_id, token_sha256, invited_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &invitation.id,
        &invitation.staff_id,
        token_sha256,
        invited_by,
        at,
        invitation.expires_at
    )?;
    Ok(())
}

/// The invitation of a link, whatever became of it.
///
/// # Errors
/// When the database refuses.
pub async fn invitation(conn: &mut Conn, token_sha256: &str) -> Result<Option<Invitation>> {
    opt!(
        conn,
        Invitation,
        "SELECT id, staff_id, challenge, expires_at, closed_at FROM staff_invitation WHERE token_sha256 = $1",
        token_sha256
    )
}

/// Writes what a passkey is to sign.
///
/// # Errors
/// When the database refuses.
pub async fn set_invitation_challenge(tx: &mut WriteTx, id: &InvitationId, challenge: &str) -> Result<()> {
    exec!(tx, "UPDATE staff_invitation SET challenge = $2 WHERE id = $1", id, challenge)?;
    Ok(())
}

/// Uses an invitation up; `false` when somebody else was first, or it is too late.
///
/// # Errors
/// When the database refuses.
pub async fn close_invitation(tx: &mut WriteTx, id: &InvitationId, at: Ts) -> Result<bool> {
    let sql =
        "UPDATE staff_invitation SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL AND expires_at > $2";
    Ok(exec!(tx, sql, id, at)? == 1)
}

/// A passkey.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredPasskey {
    /// Its id.
    pub id: PasskeyId,
    /// Whose.
    pub staff_id: StaffId,
    /// The authenticator's name for it, base64.
    pub credential_id: String,
    /// The library's record, JSON.
    pub passkey: String,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub created_at: Ts,
    /// When it was last used.
    pub used_at: Option<Ts>,
}

/// The passkeys of a member of staff, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn passkeys(conn: &mut Conn, staff: &StaffId) -> Result<Vec<StoredPasskey>> {
    all!(
        conn,
        StoredPasskey,
        "SELECT id, staff_id, credential_id, passkey, name, created_at, used_at FROM staff_passkey \
         WHERE staff_id = $1 ORDER BY created_at, id",
        staff
    )
}

/// Writes a passkey; `false` when the authenticator is known already.
///
/// # Errors
/// When the database refuses.
pub async fn insert_passkey(tx: &mut WriteTx, p: &StoredPasskey) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO staff_passkey (id, staff_id, credential_id, passkey, name, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (credential_id) DO NOTHING",
        &p.id,
        &p.staff_id,
        p.credential_id.as_str(),
        p.passkey.as_str(),
        p.name.as_str(),
        p.created_at
    )?;
    Ok(changed == 1)
}

/// Writes what the library keeps of a passkey after a use.
///
/// # Errors
/// When the row is not there.
pub async fn use_passkey(tx: &mut WriteTx, id: &PasskeyId, passkey: &str, at: Ts) -> Result<()> {
    one(
        "staff_passkey",
        exec!(tx, "UPDATE staff_passkey SET passkey = $2, used_at = $3 WHERE id = $1", id, passkey, at)?,
    )
}

/// Forgets a passkey of its owner; `false` when there is none such.
///
/// # Errors
/// When the database refuses.
pub async fn remove_passkey(tx: &mut WriteTx, id: &PasskeyId, owner: &StaffId) -> Result<bool> {
    Ok(exec!(tx, "DELETE FROM staff_passkey WHERE id = $1 AND staff_id = $2", id, owner)? == 1)
}

/// Forgets every passkey and recovery code: the person is set up anew.
///
/// # Errors
/// When the database refuses.
pub async fn forget_factors(tx: &mut WriteTx, staff: &StaffId) -> Result<()> {
    exec!(tx, "DELETE FROM staff_passkey WHERE staff_id = $1", staff)?;
    exec!(tx, "DELETE FROM staff_recovery_code WHERE staff_id = $1", staff)?;
    Ok(())
}

/// Writes new recovery codes in place of the old.
///
/// # Errors
/// When the database refuses.
pub async fn replace_recovery_codes(tx: &mut WriteTx, staff: &StaffId, hashes: &[String]) -> Result<()> {
    exec!(tx, "DELETE FROM staff_recovery_code WHERE staff_id = $1", staff)?;
    for hash in hashes {
        exec!(
            tx,
            "INSERT INTO staff_recovery_code (staff_id, code_sha256) VALUES ($1, $2)",
            staff,
            hash.as_str()
        )?;
    }
    Ok(())
}

/// Uses a recovery code up; `false` when it is none, or was used.
///
/// # Errors
/// When the database refuses.
pub async fn use_recovery_code(tx: &mut WriteTx, staff: &StaffId, hash: &str, at: Ts) -> Result<bool> {
    let sql = "UPDATE staff_recovery_code SET used_at = $3 WHERE staff_id = $1 AND code_sha256 = $2 AND used_at IS NULL";
    Ok(exec!(tx, sql, staff, hash, at)? == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database refuses.
pub async fn recovery_codes_left(conn: &mut Conn, staff: &StaffId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM staff_recovery_code WHERE staff_id = $1 AND used_at IS NULL";
    scalar!(conn, i64, sql, staff)
}

fn one(what: &'static str, changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what, changed }) }
}
