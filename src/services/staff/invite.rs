//! Invitations: a link that works once, for two days, and sets up a password and a second factor in one go.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::door::{self, Caller};
use super::record::{Act, masked};
use super::{Actor, passkeys, record, totp};
use crate::domain::audit::ACTOR_COMMAND;
use crate::domain::donor::normalise_email;
use crate::domain::ids::{AuditId, InvitationId, StaffId, unguessable};
use crate::domain::receipt::sha256_hex;
use crate::domain::role::Roles;
use crate::domain::states::StaffState;
use crate::services::{Deps, Result};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::staff::{self, Invitation, StaffMember};

/// How long a link works.
pub const GOOD_FOR: Duration = Duration::from_secs(48 * 3600);
pub(super) const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 60 bits, none that is read as another.
const CODE_LETTERS: usize = 12;

/// The address of the page that an invitation opens.
fn address(deps: &Deps, token: &str) -> String {
    deps.config.base_url.join(&format!("/staff/welcome/{token}"))
}

/// Invites somebody, or sets somebody up anew who has lost what they sign in with: the roles become those given, every
/// session ends, and nothing they signed in with before works. Gives the address of the link. `by`: none on the command
/// line.
///
/// # Errors
/// When the database refuses.
pub async fn invite(deps: &Deps, by: Option<&Actor>, email: &str, roles: &Roles) -> Result<String> {
    let now = deps.clock.now();
    let mailbox = normalise_email(email);
    let mut tx = deps.store.write().await?;
    let new = StaffMember {
        id: StaffId::new(now, &deps.random),
        email: email.trim().to_owned(),
        name: email.trim().to_owned(),
        roles: roles.clone(),
        state: StaffState::Invited,
        password_hash: None,
        totp_sealed: None,
        totp_last_step: 0,
        created_at: now,
    };
    staff::insert_if_new(&mut tx, &new, &mailbox).await?;
    let member = staff::by_mailbox(&mut tx, &mailbox).await?.unwrap_or(new);
    staff::set_standing(&mut tx, &member.id, roles, StaffState::Invited, now).await?;
    staff::forget_factors(&mut tx, &member.id).await?;
    crate::store::staff_sessions::delete_of(&mut tx, &member.id, None).await?;
    let token = unguessable(&deps.random);
    let invitation = Invitation {
        id: InvitationId::new(now, &deps.random),
        staff_id: member.id.clone(),
        challenge: None,
        expires_at: now.plus(GOOD_FOR),
        closed_at: None,
    };
    let inviter = by.map_or(ACTOR_COMMAND, |a| a.id.as_str());
    staff::invite(&mut tx, &invitation, &sha256_hex(&token), inviter, now).await?;
    let before = json!({ "roles": member.roles.to_text(), "state": member.state.as_str() });
    let after = json!({ "roles": roles.to_text(), "state": "invited", "mailbox": masked(email) });
    note(deps, &mut tx, by, &member.id, before, after);
    tx.commit().await?;
    Ok(address(deps, &token))
}

fn note(deps: &Deps, tx: &mut WriteTx, by: Option<&Actor>, about: &StaffId, before: Value, after: Value) {
    if let Some(actor) = by {
        let act = Act { action: "staff.invited", subject: about.as_str(), before, after, why: "" };
        return record(deps, tx, actor, act);
    }
    let at = deps.clock.now();
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: ACTOR_COMMAND.to_owned(),
        action: "staff.invited",
        subject: about.to_string(),
        detail: json!({ "before": before, "after": after }).to_string(),
    });
}

/// Whom an invitation is for, while it works.
///
/// # Errors
/// When the database refuses.
pub async fn open(deps: &Deps, token: &str) -> Result<Option<(Invitation, StaffMember)>> {
    let now = deps.clock.now();
    let mut read = deps.store.read().await?;
    let invitation = staff::invitation(&mut read, &sha256_hex(token)).await?;
    let Some(invitation) = invitation.filter(|i| i.closed_at.is_none() && now < i.expires_at) else {
        return Ok(None);
    };
    let member = staff::by_id(&mut read, &invitation.staff_id).await?;
    Ok(member.filter(|m| m.state == StaffState::Invited).map(|m| (invitation, m)))
}

/// What somebody who was invited has chosen.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their password, checked to be a good one.
    pub password: &'a SecretString,
    /// The code their authenticator shows.
    pub code: &'a str,
    /// What their passkey answered, JSON; empty: they use an authenticator.
    pub credential: &'a str,
}

/// What came of an invitation.
#[derive(Clone, Debug)]
pub enum Welcome {
    /// They are in: the cookie of their session, and the recovery codes, shown this once.
    In {
        /// The session's cookie.
        cookie: String,
        /// Each works once.
        recovery_codes: Vec<String>,
    },
    /// The code does not fit.
    WrongCode,
    /// The passkey did not answer as it must.
    WrongPasskey,
    /// The invitation was used, replaced or is too old.
    Over,
}

/// Sets somebody up and lets them in. Of two who follow one link, one gets in.
///
/// # Errors
/// When the database refuses, or the password cannot be hashed now.
pub async fn accept(deps: &Deps, token: &str, chosen: &Chosen<'_>, caller: Caller<'_>) -> Result<Welcome> {
    let Some((invitation, member)) = open(deps, token).await? else { return Ok(Welcome::Over) };
    let now = deps.clock.now();
    let secret = totp::offered(deps, &invitation.id);
    let step = totp::step_of(&secret, chosen.code, now)?;
    let passkey = match chosen.credential {
        "" => None,
        answer => match passkeys::registered(deps, &invitation, answer) {
            Some(passkey) => Some(passkey),
            None => return Ok(Welcome::WrongPasskey),
        },
    };
    if passkey.is_none() && step.is_none() {
        return Ok(Welcome::WrongCode);
    }
    let hash = deps.passwords.hash(chosen.password).await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(deps)).collect();
    let mut tx = deps.store.write().await?;
    if !staff::close_invitation(&mut tx, &invitation.id, now).await? {
        return Ok(Welcome::Over);
    }
    let sealed = step.map(|_| totp::sealed(deps, &member.id, &secret)).transpose()?;
    staff::set_up(&mut tx, &member.id, chosen.name, &hash, sealed.as_deref(), now).await?;
    if let Some(step) = step {
        staff::use_step(&mut tx, &member.id, step).await?;
    }
    if let Some(passkey) = &passkey {
        passkeys::keep(deps, &mut tx, &member.id, passkey, "Passkey").await?;
    }
    let hashes: Vec<String> = codes.iter().map(|c| door::recovery_hash(&member.id, c)).collect();
    staff::replace_recovery_codes(&mut tx, &member.id, &hashes).await?;
    let who = Actor {
        id: member.id.clone(),
        name: chosen.name.to_owned(),
        roles: member.roles.clone(),
        from: caller.from,
    };
    let with = if passkey.is_some() { "passkey" } else { "authenticator" };
    let cookie = door::let_in(deps, &mut tx, &who, None, with, caller).await?;
    tx.commit().await?;
    Ok(Welcome::In { cookie, recovery_codes: codes })
}

/// `abcd-efgh-jkmn`.
pub(super) fn recovery_code(deps: &Deps) -> String {
    let letters = unguessable(&deps.random);
    let groups: Vec<&str> = letters.as_bytes()[letters.len() - CODE_LETTERS..]
        .chunks(4)
        .filter_map(|c| std::str::from_utf8(c).ok())
        .collect();
    groups.join("-")
}
