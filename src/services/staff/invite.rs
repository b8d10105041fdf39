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
use crate::services::compose::letters;
use crate::services::mailing::{self, Envelope};
use crate::services::{Deps, Result};
use crate::store::audit::{self, Note};
use crate::store::staff::{self, Invitation, StaffMember};
use crate::store::{WriteTx, staff_sessions};

/// How long a link works.
pub const GOOD_FOR: Duration = Duration::from_secs(48 * 3600);
pub(super) const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 60 bits, none that is read as another.
const CODE_LETTERS: usize = 12;

/// The address of the page that an invitation opens.
fn address(deps: &Deps, token: &str) -> String {
    deps.config.base_url.join(&format!("/staff/welcome/{token}"))
}

/// What became of an invitation from the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    /// The address of the link.
    Link {
        /// It works once.
        address: String,
        /// They had been set up before: what they signed in with is gone, and a letter has told them.
        reset: bool,
    },
    /// Nobody would be left who manages staff.
    LastAdmin,
}

/// Invites somebody from the command line, or sets somebody up anew, the last admin too: whoever sits there can invite
/// again. Gives the address of the link.
///
/// # Errors
/// When the database refuses.
pub async fn invite(deps: &Deps, email: &str, roles: &Roles) -> Result<String> {
    let mut tx = deps.store.write().await?;
    let (address, _) = write(deps, &mut tx, None, email, roles).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(address)
}

/// Invites somebody from the office, or sets somebody up anew who has lost what they sign in with.
///
/// # Errors
/// When the database refuses.
pub async fn invite_by(deps: &Deps, actor: &Actor, email: &str, roles: &Roles) -> Result<Invited> {
    let mut tx = deps.store.write().await?;
    let (address, reset) = write(deps, &mut tx, Some(actor), email, roles).await?;
    if staff::active_admins(&mut tx).await? == 0 {
        return Ok(Invited::LastAdmin);
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Invited::Link { address, reset })
}

/// The roles become those given, every session ends, and nothing they signed in with before works; who had been set up
/// before is told so by a letter. Gives the address of the link, and whether they had been.
async fn write(
    deps: &Deps,
    tx: &mut WriteTx,
    by: Option<&Actor>,
    email: &str,
    roles: &Roles,
) -> Result<(String, bool)> {
    let now = deps.clock.now();
    let mailbox = normalise_email(email);
    audit::hold_head(tx).await?;
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
    staff::insert_if_new(tx, &new, &mailbox).await?;
    let member = staff::by_mailbox(tx, &mailbox).await?.unwrap_or(new);
    staff::set_standing(tx, &member.id, roles, StaffState::Invited, now).await?;
    staff::forget_factors(tx, &member.id).await?;
    staff_sessions::delete_of(tx, &member.id, None).await?;
    let token = unguessable(&deps.random);
    let invitation = Invitation {
        id: InvitationId::new(now, &deps.random),
        staff_id: member.id.clone(),
        challenge: None,
        expires_at: now.plus(GOOD_FOR),
        closed_at: None,
    };
    let inviter = by.map_or(ACTOR_COMMAND, |a| a.id.as_str());
    staff::invite(tx, &invitation, &sha256_hex(&token), inviter, now).await?;
    let reset = member.password_hash.is_some();
    if reset {
        tell_reset(deps, tx, by, &member, &invitation.id).await?;
    }
    let before = json!({ "roles": member.roles.to_text(), "state": member.state.as_str() });
    let after = json!({ "roles": roles.to_text(), "state": "invited", "mailbox": masked(email) });
    note(deps, tx, by, &member.id, before, after);
    Ok((address(deps, &token), reset))
}

/// Tells somebody that what they signed in with works no longer: were it not they who asked, they are to know.
async fn tell_reset(
    deps: &Deps,
    tx: &mut WriteTx,
    by: Option<&Actor>,
    member: &StaffMember,
    invitation: &InvitationId,
) -> Result<()> {
    let now = deps.clock.now();
    let letter = letters::access_reset(deps, by.map(|a| a.name.as_str()), now)?;
    let envelope = Envelope {
        dedupe_key: format!("access_reset:{invitation}"),
        recipient: &member.email,
        donor_id: None,
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, letter, now).await
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
    let sealed = step.map(|_| totp::sealed(deps, &member.id, &secret)).transpose()?;
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    if !staff::close_invitation(&mut tx, &invitation.id, now).await?
        || !staff::set_up(&mut tx, &member.id, chosen.name, &hash, sealed.as_deref(), now).await?
    {
        return Ok(Welcome::Over);
    }
    if let Some(step) = step {
        staff::use_step(&mut tx, &member.id, step).await?;
    }
    if let Some(passkey) = &passkey
        && !passkeys::keep(deps, &mut tx, &member.id, passkey, "Passkey").await?
    {
        return Ok(Welcome::WrongPasskey);
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
    let Some(cookie) = door::let_in(deps, &mut tx, &who, None, with, caller).await? else {
        return Ok(Welcome::Over);
    };
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
