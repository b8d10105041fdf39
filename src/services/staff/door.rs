//! The staff door: a password, then a second factor; a short idle limit; proof once more before grave acts.
//!
//! Whatever changes what somebody signs in with, or a session, and is written down, holds the head of the audit chain
//! first: so such acts come one after the other, and none waits for another that waits for it.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::record::{Act, record};
use super::{Actor, totp};
use crate::clock::Ts;
use crate::domain::donor::normalise_email;
use crate::domain::ids::{StaffId, unguessable};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{StaffStage, StaffState};
use crate::services::accounts::Outcome;
use crate::services::passwords::Tried;
use crate::services::{Deps, Result};
use crate::store::staff::{self, StaffMember};
use crate::store::staff_sessions::{self, NewStaffSession, StaffSession};
use crate::store::{WriteTx, audit};

/// Without a click for this long a session ends (ASVS 7.3.1).
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// However much it is used, it ends then (ASVS 7.3.2).
pub const ABSOLUTE: Duration = Duration::from_secs(12 * 3600);
/// Between password and second factor.
const HALFWAY: Duration = Duration::from_secs(10 * 60);
/// A proof counts for this long when a grave act asks for a fresh one.
pub const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// Use is noted this often: reading pages hardly ever writes for it.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// A browser at the door.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// From where, on the network.
    pub from: IpAddr,
    /// Browser and system in plain words.
    pub agent: &'a str,
    /// The mark it got when somebody was last let in with it.
    pub mark: Option<&'a str>,
}

/// The form in which a cookie's value is kept.
pub fn hash(cookie: &str) -> String {
    sha256_hex(cookie)
}

/// The session of a cookie, if it may still be used at its stage.
///
/// # Errors
/// When the database refuses.
pub async fn load(deps: &Deps, cookie: &str) -> Result<Option<StaffSession>> {
    let now = deps.clock.now();
    let session = {
        let mut read = deps.store.read().await?;
        staff_sessions::by_hash(&mut read, &hash(cookie)).await?
    };
    let Some(session) = session.filter(|s| is_alive(s, now)) else { return Ok(None) };
    if now > session.seen_at.plus(TOUCH_EVERY) {
        let mut tx = deps.store.write().await?;
        staff_sessions::touch(&mut tx, &session.id_sha256, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session))
}

fn is_alive(s: &StaffSession, now: Ts) -> bool {
    let within = match s.stage {
        StaffStage::Password => now < s.created_at.plus(HALFWAY),
        StaffStage::Inside => now < s.seen_at.plus(IDLE) && now < s.created_at.plus(ABSOLUTE),
    };
    within && s.state == StaffState::Active
}

/// The mark for a browser with which somebody was let in under `mailbox` (see [`super::seal::browser_mark`]).
pub fn browser_mark(deps: &Deps, mailbox: &str) -> String {
    super::seal::browser_mark(&deps.config.session_secret, &normalise_email(mailbox))
}

/// Tries a password. Right, it gives the cookie of a browser that has yet to show a second factor. Unknown mailboxes take
/// as long as known ones and get the same answer: `None`.
///
/// # Errors
/// When more sign in at once than can be served, or the database refuses.
pub async fn sign_in(
    deps: &Deps,
    email: &str,
    password: &SecretString,
    caller: Caller<'_>,
) -> Result<Outcome<Option<String>>> {
    let mailbox = normalise_email(email);
    let own = browser_mark(deps, &mailbox);
    let known = caller.mark.filter(|mark| bool::from(mark.as_bytes().ct_eq(own.as_bytes())));
    if deps.throttle.password(&format!("staff {mailbox}"), known, caller.from).is_err() {
        return Ok(Outcome::TooOften);
    }
    let member = {
        let mut read = deps.store.read().await?;
        staff::by_mailbox(&mut read, &mailbox).await?
    };
    let member = member.filter(|m| m.state == StaffState::Active);
    let hash = member.as_ref().and_then(|m| m.password_hash.as_deref());
    let tried = deps.passwords.verify(password, hash).await?;
    let (Some(member), Tried::Right(renewed)) = (member, tried) else {
        tracing::info!("staff password refused");
        return Ok(Outcome::Done(None));
    };
    let mut tx = deps.store.write().await?;
    if let Some(hash) = renewed {
        staff::set_password_hash(&mut tx, &member.id, &hash, deps.clock.now()).await?;
    }
    let cookie = begin(deps, &mut tx, &member.id, StaffStage::Password, caller).await?;
    tx.commit().await?;
    Ok(Outcome::Done(Some(cookie)))
}

/// Writes a new session; gives its cookie.
async fn begin(
    deps: &Deps,
    tx: &mut WriteTx,
    staff: &StaffId,
    stage: StaffStage,
    caller: Caller<'_>,
) -> Result<String> {
    let cookie = unguessable(&deps.random);
    let new = NewStaffSession {
        id_sha256: &hash(&cookie),
        staff_id: staff,
        stage,
        agent: caller.agent,
        address: &caller.from.to_string(),
        at: deps.clock.now(),
    };
    staff_sessions::insert(tx, &new).await?;
    Ok(cookie)
}

/// As whom a session acts.
pub fn actor(session: &StaffSession, from: IpAddr) -> Actor {
    Actor { id: session.staff_id.clone(), name: session.name.clone(), roles: session.roles.clone(), from }
}

/// Lets somebody in under a new session (ASVS 7.2.4); the one they came with ends. Gives the cookie; `None` when that one
/// had ended already, so that no session becomes two.
pub(super) async fn let_in(
    deps: &Deps,
    tx: &mut WriteTx,
    member: &Actor,
    before: Option<&str>,
    how: &str,
    caller: Caller<'_>,
) -> Result<Option<String>> {
    if let Some(hash) = before
        && !staff_sessions::delete(tx, hash).await?
    {
        return Ok(None);
    }
    let cookie = begin(deps, tx, &member.id, StaffStage::Inside, caller).await?;
    let after = json!({ "with": how, "browser": caller.agent });
    let act =
        Act { action: "staff.signed_in", subject: member.id.as_str(), before: Value::Null, after, why: "" };
    record(deps, tx, member, act);
    Ok(Some(cookie))
}

/// What a second factor that was typed did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was right: the cookie of the session that is inside. `None` for one that was inside already.
    In(Option<String>),
    /// It was not, or was used before.
    Wrong,
    /// Too many tries.
    TooOften,
}

/// Takes the code of an authenticator, or a recovery code: at the door, or once more before a grave act.
///
/// # Errors
/// When the database refuses.
pub async fn answer(deps: &Deps, session: &StaffSession, typed: &str, caller: Caller<'_>) -> Result<Answer> {
    if deps.throttle.second_factor(session.staff_id.as_str()).is_err() {
        return Ok(Answer::TooOften);
    }
    let member = {
        let mut read = deps.store.read().await?;
        staff::by_id(&mut read, &session.staff_id).await?
    };
    let Some(member) = member else { return Ok(Answer::Wrong) };
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    let Some(how) = use_up(deps, &mut tx, &member, typed).await? else {
        tracing::info!(staff = %member.id, "second factor refused");
        return Ok(Answer::Wrong);
    };
    let answer = pass(deps, &mut tx, session, how, caller).await?;
    if answer != Answer::Wrong {
        tx.commit().await?;
    }
    Ok(answer)
}

/// A second factor was right: the session goes inside, or is fresh again. [`Answer::Wrong`] when it had ended: then nothing
/// may be kept.
pub(super) async fn pass(
    deps: &Deps,
    tx: &mut WriteTx,
    session: &StaffSession,
    how: &str,
    caller: Caller<'_>,
) -> Result<Answer> {
    let who = actor(session, caller.from);
    match session.stage {
        StaffStage::Password => {
            let cookie = let_in(deps, tx, &who, Some(&session.id_sha256), how, caller).await?;
            Ok(cookie.map_or(Answer::Wrong, |cookie| Answer::In(Some(cookie))))
        }
        StaffStage::Inside => {
            staff_sessions::set_proven(tx, &session.id_sha256, deps.clock.now()).await?;
            let (before, after) = (Value::Null, json!({ "with": how }));
            let act = Act { action: "staff.proved", subject: who.id.as_str(), before, after, why: "" };
            record(deps, tx, &who, act);
            Ok(Answer::In(None))
        }
    }
}

/// Uses up what was typed; says what it was.
async fn use_up(
    deps: &Deps,
    tx: &mut WriteTx,
    member: &StaffMember,
    typed: &str,
) -> Result<Option<&'static str>> {
    if let Some(sealed) = &member.totp_sealed {
        match totp::opened(deps, &member.id, sealed) {
            None => {
                tracing::error!(staff = %member.id, "authenticator cannot be opened: SESSION_SECRET changed")
            }
            Some(secret) => {
                if let Some(step) = totp::step_of(&secret, typed, deps.clock.now())?
                    && staff::use_step(tx, &member.id, step).await?
                {
                    return Ok(Some("authenticator"));
                }
            }
        }
    }
    let hash = recovery_hash(&member.id, typed);
    let used = staff::use_recovery_code(tx, &member.id, &hash, deps.clock.now()).await?;
    Ok(used.then_some("recovery code"))
}

/// The form in which a recovery code is kept; how it is spaced does not matter.
pub(super) fn recovery_hash(staff: &StaffId, typed: &str) -> String {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    sha256_hex(&format!("{staff} {}", plain.to_ascii_lowercase()))
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(deps: &Deps, session: &StaffSession, from: IpAddr) -> Result<()> {
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    if staff_sessions::delete(&mut tx, &session.id_sha256).await? {
        let who = actor(session, from);
        let (before, after) = (Value::Null, Value::Null);
        record(
            deps,
            &mut tx,
            &who,
            Act { action: "staff.signed_out", subject: who.id.as_str(), before, after, why: "" },
        );
    }
    Ok(tx.commit().await?)
}

/// Ends every other session of a member of staff; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out_others(deps: &Deps, actor: &Actor, keep_sha256: &str) -> Result<u64> {
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    let ended = staff_sessions::delete_of(&mut tx, &actor.id, Some(keep_sha256)).await?;
    let after = json!({ "ended": ended });
    let act = Act {
        action: "staff.others_signed_out",
        subject: actor.id.as_str(),
        before: Value::Null,
        after,
        why: "",
    };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(ended)
}

/// Forgets sessions that nobody can use any more.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    staff_sessions::forget(&mut tx, now.minus(IDLE), now.minus(ABSOLUTE)).await?;
    Ok(tx.commit().await?)
}
