//! Donors' accounts: asking a mailbox, signing in, passwords, and what follows from each.
//!
//! A mailbox is asked with one mail that has a link and a code. Whoever answers has proven it: the account is opened if
//! there was none, and what was given from this mailbox without signing in joins it.

mod prove;
pub mod secrets;

pub use prove::{Answer, Proven, by_code, by_link};

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::mailing::{self, Envelope};
use super::passwords::Tried;
use super::staff::Actor;
use super::staff::record::{self, Act};
use super::{Deps, Result, compose};
use crate::clock::Ts;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::donor::normalise_email;
use crate::domain::ids::{AuditId, DonorId, ProofId};
use crate::domain::password::{self, PasswordProblem};
use crate::domain::states::ProofPurpose;
use crate::store::WriteTx;
use crate::store::accounts::{self, Account};
use crate::store::audit::Note;
use crate::store::proofs::{self, Proof};
use crate::store::sessions::{self, WebSession};

/// A link and its code work for this long (ASVS 6.5.5).
pub const ANSWER_WITHIN: Duration = Duration::from_secs(600);
/// What may still be changed without asking again after a sign-in by mail (ASVS 7.5.1).
pub const FRESH_FOR: Duration = Duration::from_secs(600);

/// A mailbox to ask.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// As typed, checked to be an address.
    pub email: &'a str,
    /// What the answer is good for.
    pub purpose: ProofPurpose,
    /// The mark of the browser that asks.
    pub browser: &'a str,
    /// Who asks.
    pub knock: Knock<'a>,
    /// What was typed with it.
    pub told: Told,
    /// Whose account moves, for a change of address.
    pub donor: Option<&'a DonorId>,
    /// The member of staff who asks in a donor's stead, and for which donor.
    pub for_donor: Option<(&'a Actor, &'a DonorId)>,
}

/// Who stands at the door.
#[derive(Clone, Copy, Debug)]
pub struct Knock<'a> {
    /// Where they are, on the network.
    pub from: IpAddr,
    /// The cookie of a browser that has signed in to some account before.
    pub browser: Option<&'a str>,
}

impl Knock<'_> {
    /// The hash of the browser, if it has signed in to the account of this mailbox.
    async fn known_to(self, deps: &Deps, email_norm: &str) -> Result<Option<String>> {
        let Some(hash) = self.browser.map(secrets::browser_hash) else { return Ok(None) };
        let mut read = deps.store.read().await?;
        Ok(accounts::is_known_browser(&mut read, email_norm, &hash).await?.then_some(hash))
    }
}

/// What is kept with a question until it is answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Hash of the password chosen while signing up.
    pub password_hash: Option<String>,
    /// Where to go afterwards; a path of ours.
    pub next: String,
}

/// What became of a wish that the throttle may refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Done.
    Done(T),
    /// Too often: nothing was done.
    TooOften,
}

/// Asks a mailbox. The work, the answer and the mail are the same whether or not there is an account.
///
/// # Errors
/// When the database or a template refuses.
pub async fn ask(deps: &Deps, ask: Ask<'_>) -> Result<Outcome<ProofId>> {
    let email_norm = normalise_email(ask.email);
    let known = ask.knock.known_to(deps, &email_norm).await?;
    if deps.throttle.mail(&email_norm, known.as_deref(), ask.knock.from).is_err() {
        return Ok(Outcome::TooOften);
    }
    let now = deps.clock.now();
    let detail =
        serde_json::to_string(&ask.told).map_err(|e| super::ServiceError::Unexpected(e.to_string()))?;
    let proof = Proof {
        id: ProofId::new(now, &deps.random),
        purpose: ask.purpose,
        email: ask.email.trim().to_owned(),
        email_norm,
        donor_id: ask.donor.cloned(),
        browser_sha256: secrets::browser_hash(ask.browser),
        detail,
        code_tries: 0,
        created_at: now,
        expires_at: now.plus(ANSWER_WITHIN),
        used_at: None,
    };
    let mail = compose::letters::question(deps, ask.purpose)?;
    let mut tx = deps.store.write().await?;
    proofs::insert(&mut tx, &proof).await?;
    let envelope = Envelope {
        dedupe_key: format!("question:{}", proof.id),
        recipient: &proof.email,
        donor_id: None,
        gift_id: None,
        proof_id: Some(&proof.id),
    };
    mailing::queue(deps, &mut tx, envelope, mail, now).await?;
    if let Some((actor, donor)) = ask.for_donor {
        let after = serde_json::json!({ "to": record::masked(&proof.email), "question": proof.id.as_str() });
        let (before, subject) = (serde_json::Value::Null, donor.as_str());
        record::record(
            deps,
            &mut tx,
            actor,
            Act { action: "donor.link_sent", subject, before, after, why: "" },
        );
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Outcome::Done(proof.id))
}

/// What was told with a question that is still open, so that it can be asked once more.
///
/// # Errors
/// When the database refuses.
pub async fn told_with(deps: &Deps, id: &ProofId) -> Result<Told> {
    let mut read = deps.store.read().await?;
    let proof = proofs::by_id(&mut read, id).await?;
    Ok(proof.and_then(|p| serde_json::from_str(&p.detail).ok()).unwrap_or_default())
}

/// The question a link belongs to, whatever became of it. Reads only: mail scanners open links.
///
/// # Errors
/// When the database refuses.
pub async fn question_of_link(deps: &Deps, token: &str) -> Result<Option<Proof>> {
    let Some(id) = secrets::read_token(&deps.config.session_secret, token) else { return Ok(None) };
    let mut read = deps.store.read().await?;
    Ok(proofs::by_id(&mut read, &id).await?)
}

/// Whether a question can still be answered.
pub fn is_open(proof: &Proof, now: Ts) -> bool {
    proof.used_at.is_none() && proof.expires_at > now && proof.code_tries < prove::CODE_TRIES
}

/// Signs in with a password. An unknown mailbox takes as long as a known one and gets the same answer: `None`.
///
/// # Errors
/// [`super::ServiceError::TooBusy`] when more sign in at once than can be served.
pub async fn sign_in(
    deps: &Deps,
    email: &str,
    password: &SecretString,
    knock: Knock<'_>,
) -> Result<Outcome<Option<Account>>> {
    let mailbox = normalise_email(email);
    let known = knock.known_to(deps, &mailbox).await?;
    if deps.throttle.password(&mailbox, known.as_deref(), knock.from).is_err() {
        tracing::info!("sign-in held back: too many passwords");
        return Ok(Outcome::TooOften);
    }
    let account = {
        let mut read = deps.store.read().await?;
        accounts::by_mailbox(&mut read, &mailbox).await?
    };
    let hash = account.as_ref().and_then(|a| a.password_hash.clone());
    match deps.passwords.verify(password, hash.as_deref()).await? {
        Tried::Wrong => {
            tracing::info!(donor = account.map(|a| a.donor_id.to_string()), "password refused");
            Ok(Outcome::Done(None))
        }
        Tried::Right(renewed) => {
            if let (Some(hash), Some(account)) = (renewed, &account) {
                let now = deps.clock.now();
                let mut tx = deps.store.write().await?;
                let before = account.password_hash.as_deref();
                accounts::set_password(&mut tx, &account.donor_id, before, &hash, None, now).await?;
                tx.commit().await?;
            }
            Ok(Outcome::Done(account))
        }
    }
}

/// Whether the password is the account's; counted like a sign-in.
///
/// # Errors
/// As [`sign_in`].
pub async fn is_password(
    deps: &Deps,
    account: &Account,
    password: &SecretString,
    knock: Knock<'_>,
) -> Result<Outcome<bool>> {
    Ok(match sign_in(deps, &account.email, password, knock).await? {
        Outcome::TooOften => Outcome::TooOften,
        Outcome::Done(found) => Outcome::Done(found.is_some()),
    })
}

/// Whether a password may be chosen by somebody of whom this is known.
///
/// # Errors
/// [`PasswordProblem`] says what to put right.
pub fn check_password(
    deps: &Deps,
    password: &SecretString,
    known: &[&str],
) -> std::result::Result<(), PasswordProblem> {
    let brand = &deps.config.charity.brand;
    let mut context = vec![brand.name.as_str(), "almoner", "donor", "giving", "charity"];
    context.push(&brand.programme);
    context.extend(known);
    password::check(password.expose_secret(), &context)
}

/// Sets a new password, ends every other session, and tells the mailbox. Gives the account as it is now; `None`: its
/// password was changed meanwhile, and stays as it is.
///
/// # Errors
/// [`super::ServiceError::TooBusy`] when more hash at once than can be served.
pub async fn set_password(
    deps: &Deps,
    account: &Account,
    password: &SecretString,
    keep_session_sha256: &str,
) -> Result<Option<Account>> {
    let hash = deps.passwords.hash(password).await?;
    let now = deps.clock.now();
    let mail = compose::letters::password_changed(deps, account, now)?;
    let mut tx = deps.store.write().await?;
    let before = account.password_hash.as_deref();
    if !accounts::set_password(&mut tx, &account.donor_id, before, &hash, Some(now), now).await? {
        return Ok(None);
    }
    let ended = sessions::delete_others(&mut tx, &account.donor_id, keep_session_sha256).await?;
    let envelope = Envelope {
        dedupe_key: format!("password_changed:{}:{now}", account.donor_id),
        recipient: &account.email,
        donor_id: Some(&account.donor_id),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, &mut tx, envelope, mail, now).await?;
    note(
        deps,
        &mut tx,
        now,
        "account.password_changed",
        &account.donor_id,
        serde_json::json!({ "ended": ended }),
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    let mut read = deps.store.read().await?;
    Ok(accounts::by_donor(&mut read, &account.donor_id).await?)
}

/// Ends every session of a donor but one; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out_others(deps: &Deps, donor: &DonorId, keep_session_sha256: &str) -> Result<u64> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let ended = sessions::delete_others(&mut tx, donor, keep_session_sha256).await?;
    note(deps, &mut tx, now, "account.sessions_ended", donor, serde_json::json!({ "ended": ended }));
    tx.commit().await?;
    Ok(ended)
}

/// A browser in which somebody has just signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// SHA-256 of the cookie that it is remembered by.
    pub browser_sha256: String,
    /// By a password: the mailbox has not seen it yet.
    pub by_password: bool,
}

/// Begins the session of a sign-in and notes its browser, in one transaction: a flood of sign-ins must not stand twice
/// before the one writer. The first browser of an account is no news, nor is one that the mailbox itself let in; any
/// other new one is told by mail (ASVS 6.3.5). `false`: the session's id is taken, nothing was written.
///
/// # Errors
/// When the database or a template refuses.
pub async fn begin_session(deps: &Deps, session: &WebSession, arrival: &Arrival) -> Result<bool> {
    let now = deps.clock.now();
    let Some(donor) = &session.donor_id else { return Ok(false) };
    let mut tx = deps.store.write().await?;
    if !sessions::insert_if_new(&mut tx, session).await? {
        return Ok(false);
    }
    let is_news = accounts::note_browser(&mut tx, donor, &arrival.browser_sha256, now).await?;
    if is_news && arrival.by_password {
        tell_of_sign_in(deps, &mut tx, session, now).await?;
    }
    tx.commit().await?;
    if is_news {
        deps.work.notify_waiters();
    }
    Ok(true)
}

async fn tell_of_sign_in(deps: &Deps, tx: &mut WriteTx, session: &WebSession, now: Ts) -> Result<()> {
    let Some(donor) = &session.donor_id else { return Ok(()) };
    let Some(account) = accounts::by_donor(tx, donor).await? else { return Ok(()) };
    let mail = compose::letters::new_sign_in(deps, &account, &session.agent, now)?;
    let envelope = Envelope {
        dedupe_key: format!("new_sign_in:{donor}:{now}"),
        recipient: &account.email,
        donor_id: Some(donor),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await
}

pub(super) fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    at: Ts,
    action: &'static str,
    donor: &DonorId,
    detail: serde_json::Value,
) {
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: ACTOR_DONOR.to_owned(),
        action,
        subject: donor.to_string(),
        detail: detail.to_string(),
    });
}
