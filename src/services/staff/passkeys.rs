//! Passkeys (WebAuthn), by webauthn-rs. What a browser is asked to sign is kept beside its session or invitation, never in
//! the page alone. An origin that is an address on the network has no passkeys: there the authenticator's codes do.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Url, Uuid,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::Actor;
use super::door::{self, Answer, Caller};
use super::record::{Act, record};
use crate::domain::ids::{PasskeyId, StaffId};
use crate::services::{Deps, Result, ServiceError};
use crate::store::staff::{self, Invitation, StaffMember, StoredPasskey};
use crate::store::staff_sessions::{self, StaffSession};
use crate::store::{WriteTx, audit};

/// What is asked of a browser, and what is needed to check its answer.
#[derive(Debug, Serialize, Deserialize)]
struct Ceremony<State> {
    /// For the browser.
    options: Value,
    /// For us.
    state: State,
}

fn webauthn(deps: &Deps) -> Option<Webauthn> {
    let base = &deps.config.base_url;
    let origin = Url::parse(base.as_str()).ok()?;
    let name = &deps.config.charity.brand.name;
    let host = origin.domain()?.to_owned();
    WebauthnBuilder::new(&host, &origin).ok()?.rp_name(name).build().ok()
}

/// Whether this site can have passkeys at all.
pub fn are_possible(deps: &Deps) -> bool {
    webauthn(deps).is_some()
}

/// A stable name for the authenticator that tells nothing.
fn handle(staff: &StaffId) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(staff.as_str().as_bytes())[..16]);
    Uuid::from_bytes(bytes)
}

fn unexpected(what: &dyn std::fmt::Display) -> ServiceError {
    ServiceError::Unexpected(format!("passkey: {what}"))
}

fn begin_registration(
    deps: &Deps,
    member: &StaffMember,
    known: &[StoredPasskey],
) -> Result<Option<Ceremony<PasskeyRegistration>>> {
    let Some(webauthn) = webauthn(deps) else { return Ok(None) };
    let known = known.iter().filter_map(read).map(|p| p.cred_id().clone()).collect();
    let begun =
        webauthn.start_passkey_registration(handle(&member.id), &member.email, &member.name, Some(known));
    let (options, state) = begun.map_err(|e| unexpected(&e))?;
    Ok(Some(Ceremony { options: to_json(&options)?, state }))
}

fn read(stored: &StoredPasskey) -> Option<Passkey> {
    serde_json::from_str(&stored.passkey).ok()
}

fn to_json<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| unexpected(&e))
}

fn to_text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| unexpected(&e))
}

/// What a browser is asked that follows an invitation; the question before stays when there is one. `None` where there
/// are no passkeys.
///
/// # Errors
/// When the database refuses.
pub async fn offer_to_invited(
    deps: &Deps,
    invitation: &Invitation,
    member: &StaffMember,
) -> Result<Option<Value>> {
    if let Some(before) = &invitation.challenge
        && let Ok(ceremony) = serde_json::from_str::<Ceremony<PasskeyRegistration>>(before)
    {
        return Ok(Some(ceremony.options));
    }
    let Some(ceremony) = begin_registration(deps, member, &[])? else { return Ok(None) };
    let mut tx = deps.store.write().await?;
    staff::set_invitation_challenge(&mut tx, &invitation.id, &to_text(&ceremony)?).await?;
    tx.commit().await?;
    Ok(Some(ceremony.options))
}

/// The passkey that the browser of an invitation made; `None` when the answer is not to our question.
pub(super) fn registered(deps: &Deps, invitation: &Invitation, answer: &str) -> Option<Passkey> {
    finish_registration(deps, invitation.challenge.as_deref()?, answer)
}

fn finish_registration(deps: &Deps, challenge: &str, answer: &str) -> Option<Passkey> {
    let ceremony: Ceremony<PasskeyRegistration> = serde_json::from_str(challenge).ok()?;
    let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).ok()?;
    let made = webauthn(deps)?.finish_passkey_registration(&answer, &ceremony.state);
    made.inspect_err(|error| tracing::info!(%error, "passkey not registered")).ok()
}

/// Keeps a passkey; `false` when its authenticator is somebody's already.
pub(super) async fn keep(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &StaffId,
    passkey: &Passkey,
    name: &str,
) -> Result<bool> {
    let now = deps.clock.now();
    let stored = StoredPasskey {
        id: PasskeyId::new(now, &deps.random),
        staff_id: owner.clone(),
        credential_id: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
        passkey: to_text(passkey)?,
        name: name.to_owned(),
        created_at: now,
        used_at: None,
    };
    Ok(staff::insert_passkey(tx, &stored).await?)
}

/// What the browser of somebody inside is asked, so as to add a passkey.
///
/// # Errors
/// When the database refuses.
pub async fn offer(deps: &Deps, session: &StaffSession) -> Result<Option<Value>> {
    let (member, known) = {
        let mut read = deps.store.read().await?;
        let member = staff::by_id(&mut read, &session.staff_id).await?;
        (member, staff::passkeys(&mut read, &session.staff_id).await?)
    };
    let Some(member) = member else { return Ok(None) };
    let Some(ceremony) = begin_registration(deps, &member, &known)? else { return Ok(None) };
    set_challenge(deps, session, &ceremony).await?;
    Ok(Some(ceremony.options))
}

async fn set_challenge<S: Serialize>(
    deps: &Deps,
    session: &StaffSession,
    ceremony: &Ceremony<S>,
) -> Result<()> {
    let mut tx = deps.store.write().await?;
    staff_sessions::set_challenge(&mut tx, &session.id_sha256, &to_text(ceremony)?).await?;
    Ok(tx.commit().await?)
}

/// Adds the passkey that the browser made; `false` when the answer is not to our question.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    deps: &Deps,
    actor: &Actor,
    session: &StaffSession,
    name: &str,
    answer: &str,
) -> Result<bool> {
    let Some(challenge) = &session.challenge else { return Ok(false) };
    let Some(passkey) = finish_registration(deps, challenge, answer) else { return Ok(false) };
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    if !staff_sessions::use_challenge(&mut tx, &session.id_sha256, challenge).await?
        || !keep(deps, &mut tx, &actor.id, &passkey, name).await?
    {
        return Ok(false);
    }
    let (before, after) = (Value::Null, json!({ "passkeys": 1 }));
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "staff.passkey_added", subject: actor.id.as_str(), before, after, why: "" },
    );
    tx.commit().await?;
    Ok(true)
}

/// What the browser of a session is asked, so as to prove who sits before it. `None` without a passkey.
///
/// # Errors
/// When the database refuses.
pub async fn ask(deps: &Deps, session: &StaffSession) -> Result<Option<Value>> {
    let known = {
        let mut read = deps.store.read().await?;
        staff::passkeys(&mut read, &session.staff_id).await?
    };
    let known: Vec<Passkey> = known.iter().filter_map(read).collect();
    let Some(webauthn) = webauthn(deps).filter(|_| !known.is_empty()) else { return Ok(None) };
    let (options, state) = webauthn.start_passkey_authentication(&known).map_err(|e| unexpected(&e))?;
    let ceremony = Ceremony { options: to_json(&options)?, state };
    set_challenge(deps, session, &ceremony).await?;
    Ok(Some(ceremony.options))
}

/// Takes a passkey's answer, at the door or once more before a grave act. A question is answered once.
///
/// # Errors
/// When the database refuses.
pub async fn answer(deps: &Deps, session: &StaffSession, answer: &str, caller: Caller<'_>) -> Result<Answer> {
    if deps.throttle.second_factor(session.staff_id.as_str()).is_err() {
        return Ok(Answer::TooOften);
    }
    let Some(challenge) = session.challenge.as_deref() else { return Ok(Answer::Wrong) };
    let ceremony = serde_json::from_str::<Ceremony<PasskeyAuthentication>>(challenge).ok();
    let credential = serde_json::from_str::<PublicKeyCredential>(answer).ok();
    let (Some(webauthn), Some(ceremony), Some(credential)) = (webauthn(deps), ceremony, credential) else {
        return Ok(Answer::Wrong);
    };
    let seen = match webauthn.finish_passkey_authentication(&credential, &ceremony.state) {
        Ok(seen) => seen,
        Err(error) => {
            tracing::info!(staff = %session.staff_id, %error, "passkey refused");
            return Ok(Answer::Wrong);
        }
    };
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    // Of two who bring the same answer, one uses the question up.
    if !staff_sessions::use_challenge(&mut tx, &session.id_sha256, challenge).await? {
        return Ok(Answer::Wrong);
    }
    let id = URL_SAFE_NO_PAD.encode(seen.cred_id());
    let known = staff::passkeys(&mut tx, &session.staff_id).await?;
    let Some(used) = known.iter().find(|p| p.credential_id == id) else { return Ok(Answer::Wrong) };
    let Some(mut passkey) = read(used) else { return Ok(Answer::Wrong) };
    passkey.update_credential(&seen);
    staff::use_passkey(&mut tx, &used.id, &to_text(&passkey)?, deps.clock.now()).await?;
    let answer = door::pass(deps, &mut tx, session, "passkey", caller).await?;
    if answer != Answer::Wrong {
        tx.commit().await?;
    }
    Ok(answer)
}

/// Forgets a passkey. The last factor stays: without an authenticator one passkey must be left.
///
/// # Errors
/// When the database refuses.
pub async fn remove(deps: &Deps, actor: &Actor, id: &PasskeyId) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    let member = staff::by_id(&mut tx, &actor.id).await?;
    let left = staff::passkeys(&mut tx, &actor.id).await?.len();
    let has_other = member.is_some_and(|m| m.totp_sealed.is_some()) || left > 1;
    if !has_other || !staff::remove_passkey(&mut tx, id, &actor.id).await? {
        return Ok(false);
    }
    let (before, after) = (json!({ "passkeys": left }), json!({ "passkeys": left - 1 }));
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "staff.passkey_removed", subject: actor.id.as_str(), before, after, why: "" },
    );
    tx.commit().await?;
    Ok(true)
}
