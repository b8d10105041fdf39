//! A mailbox answers: once, in time, from the browser that asked or with the code.

use super::{Told, is_open, note, secrets};
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{AddressId, DonorId, ProofId};
use crate::domain::states::ProofPurpose;
use crate::services::mailing::{self, Envelope};
use crate::services::{Deps, Result, ServiceError, compose, statements};
use crate::store::accounts::{self, Account, NewDonor};
use crate::store::proofs::{self, Proof};
use crate::store::{WriteTx, merges, profile, sessions};

/// Wrong codes until a question is worth nothing: one in 20 million is guessed.
pub const CODE_TRIES: i64 = 5;

/// Who has proven a mailbox.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The account, opened now if there was none.
    pub account: Account,
    /// What the question was about.
    pub purpose: ProofPurpose,
    /// The account is new.
    pub opened: bool,
    /// Gifts given without signing in have joined.
    pub joined: bool,
    /// Where to go; a path of ours, or empty.
    pub next: String,
}

/// What became of an answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The mailbox is proven.
    Proven(Box<Proven>),
    /// Not the code. So many tries are left.
    WrongCode(i64),
    /// The link was asked for in another browser: the code is needed.
    NeedsCode,
    /// The new address has an account of its own.
    Taken,
    /// Too old, spent, garbled or never asked.
    Gone,
}

/// Answers by link, from the browser with this mark.
///
/// # Errors
/// When the database refuses.
pub async fn by_link(
    deps: &Deps,
    token: &str,
    browser: Option<&str>,
    signed_in: Option<&DonorId>,
) -> Result<Answer> {
    let Some(proof) = super::question_of_link(deps, token).await? else { return Ok(Answer::Gone) };
    if !is_open(&proof, deps.clock.now()) {
        return Ok(Answer::Gone);
    }
    if browser.map(secrets::browser_hash).as_deref() != Some(proof.browser_sha256.as_str()) {
        return Ok(Answer::NeedsCode);
    }
    settle(deps, proof, true, signed_in).await
}

/// Answers by code: in the browser that asked, or in the one where the link was opened. Every try is counted before the
/// code is compared.
///
/// # Errors
/// When the database refuses.
pub async fn by_code(
    deps: &Deps,
    id: &ProofId,
    typed: &str,
    browser: Option<&str>,
    signed_in: Option<&DonorId>,
) -> Result<Answer> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let tries = proofs::count_code(&mut tx, id, now).await?;
    let proof = proofs::by_id(&mut tx, id).await?;
    tx.commit().await?;
    let (Some(tries), Some(proof)) = (tries, proof) else { return Ok(Answer::Gone) };
    if tries > CODE_TRIES {
        return Ok(Answer::Gone);
    }
    if !secrets::is_code(&deps.config.session_secret, id, typed) {
        let left = CODE_TRIES - tries;
        return Ok(if left > 0 { Answer::WrongCode(left) } else { Answer::Gone });
    }
    let same_browser = browser.map(secrets::browser_hash).as_deref() == Some(proof.browser_sha256.as_str());
    settle(deps, proof, same_browser, signed_in).await
}

async fn settle(
    deps: &Deps,
    proof: Proof,
    same_browser: bool,
    signed_in: Option<&DonorId>,
) -> Result<Answer> {
    // A change of address is answered by the donor who asked for it, or by nobody: it is not spent on a stranger.
    if proof.purpose == ProofPurpose::ChangeEmail && proof.donor_id.as_ref() != signed_in {
        return Ok(Answer::Gone);
    }
    // Two answers for one new mailbox may race: who comes second finds the account of the first.
    for _ in 0..2 {
        let now = deps.clock.now();
        let mut tx = deps.store.write().await?;
        if !proofs::spend(&mut tx, &proof.id, now).await? {
            return Ok(Answer::Gone);
        }
        let answer = match proof.purpose {
            ProofPurpose::ChangeEmail => change_mailbox(deps, &mut tx, &proof, now).await,
            ProofPurpose::SignIn | ProofPurpose::SignUp | ProofPurpose::Reset => {
                admit(deps, &mut tx, &proof, same_browser, now).await
            }
        };
        match answer {
            Ok(Some(answer)) => {
                tx.commit().await?;
                deps.work.notify_waiters();
                return Ok(answer);
            }
            Ok(None) => {}
            Err(ServiceError::Store(e)) if e.is_unique_violation() => return Ok(Answer::Taken),
            Err(error) => return Err(error),
        }
    }
    Ok(Answer::Gone)
}

/// The account of a proven mailbox, with everything that was given from it. `None`: another was first, look again.
async fn admit(
    deps: &Deps,
    tx: &mut WriteTx,
    proof: &Proof,
    same_browser: bool,
    now: Ts,
) -> Result<Option<Answer>> {
    let told: Told = serde_json::from_str(&proof.detail).unwrap_or_default();
    let known = accounts::by_mailbox(tx, &proof.email_norm).await?;
    let opened = known.is_none();
    let (owner, joined) = match known {
        Some(account) => {
            let joined = accounts::join_guest(tx, &proof.email_norm, Some(&account.donor_id), now).await?;
            (account.donor_id, joined.is_some())
        }
        None => match open(deps, tx, proof, &told, same_browser, now).await? {
            Some(opened) => opened,
            None => return Ok(None),
        },
    };
    if joined {
        take_over_address(deps, tx, &owner, now).await?;
        statements::touch_all(deps, tx, &owner, now).await?;
        note(deps, tx, now, "account.gifts_joined", &owner, serde_json::json!({}));
    }
    let account = accounts::by_donor(tx, &owner).await?;
    let account =
        account.ok_or_else(|| ServiceError::Unexpected("account neither new nor known".to_owned()))?;
    let proven = Proven { account, purpose: proof.purpose, opened, joined, next: told.next };
    Ok(Some(Answer::Proven(Box::new(proven))))
}

async fn open(
    deps: &Deps,
    tx: &mut WriteTx,
    proof: &Proof,
    told: &Told,
    same_browser: bool,
    now: Ts,
) -> Result<Option<(DonorId, bool)>> {
    let guest = accounts::join_guest(tx, &proof.email_norm, None, now).await?;
    let joined = guest.is_some();
    if let Some(guest) = guest.as_ref()
        && accounts::by_donor(tx, &guest.owner).await?.is_some()
    {
        // Staff found this guest to be somebody who has an account, or opened this one's by the mailbox of another: the
        // mailbox leads there from now on.
        merges::add_mailbox_of(tx, &guest.record, &guest.owner, &proof.email, &proof.email_norm).await?;
        return Ok(Some((guest.owner.clone(), true)));
    }
    let owner = match guest {
        Some(guest) => guest.owner,
        None => {
            let id = DonorId::new(now, &deps.random);
            let donor = NewDonor {
                id: &id,
                email: &proof.email,
                email_norm: &proof.email_norm,
                given_name: &told.given_name,
                family_name: &told.family_name,
                locale: &deps.config.charity.brand.locale,
            };
            accounts::insert_donor(tx, &donor, now).await?;
            id
        }
    };
    if !accounts::insert_if_new(tx, &owner, &proof.email, &proof.email_norm, now).await? {
        return Ok(None);
    }
    // A password that came with the question counts only in the browser that asked: else somebody could choose one for
    // a mailbox that is not theirs and wait for its owner to confirm.
    if let Some(hash) = told.password_hash.as_deref().filter(|_| same_browser) {
        accounts::set_password(tx, &owner, None, hash, Some(now), now).await?;
    }
    // Names on the giving form may be anybody's; these are the owner's.
    if same_browser && !told.given_name.is_empty() {
        accounts::set_person(tx, &owner, &told.given_name, &told.family_name, now).await?;
    }
    note(deps, tx, now, "account.opened", &owner, serde_json::json!({ "with_gifts": joined }));
    Ok(Some((owner, joined)))
}

/// The address of the latest gift becomes the account's, unless it has one.
async fn take_over_address(deps: &Deps, tx: &mut WriteTx, owner: &DonorId, now: Ts) -> Result<()> {
    if profile::current_address(tx, owner).await?.is_some() {
        return Ok(());
    }
    let details = profile::latest_details(tx, owner).await?;
    let details: Option<DonorDetails> = details.and_then(|json| serde_json::from_str(&json).ok());
    if let Some(address) = details.and_then(|d| d.address) {
        let id = AddressId::new(now, &deps.random);
        profile::move_address(tx, &id, owner, Some(&address), now).await?;
    }
    Ok(())
}

/// Moves the account to the proven mailbox and tells the old one (ASVS 6.3.7).
async fn change_mailbox(deps: &Deps, tx: &mut WriteTx, proof: &Proof, now: Ts) -> Result<Option<Answer>> {
    let Some(donor) = &proof.donor_id else { return Ok(Some(Answer::Gone)) };
    let before = accounts::by_donor(tx, donor).await?;
    let before = before.ok_or_else(|| ServiceError::Unexpected("no such account".to_owned()))?;
    // A mailbox of records that were merged into somebody else's account leads there.
    if accounts::by_mailbox(tx, &proof.email_norm).await?.is_some_and(|a| a.donor_id != *donor) {
        return Ok(Some(Answer::Taken));
    }
    accounts::set_mailbox(tx, donor, &proof.email, &proof.email_norm, now).await?;
    let joined = accounts::join_guest(tx, &proof.email_norm, Some(donor), now).await?.is_some();
    if joined {
        take_over_address(deps, tx, donor, now).await?;
        statements::touch_all(deps, tx, donor, now).await?;
        note(deps, tx, now, "account.gifts_joined", donor, serde_json::json!({}));
    }
    // Who came by way of the old mailbox is out; this browser is signed in anew.
    sessions::delete_others(tx, donor, "").await?;
    let mail = compose::letters::mailbox_changed(deps, &before, &proof.email, now)?;
    let envelope = Envelope {
        dedupe_key: format!("mailbox_changed:{}", proof.id),
        recipient: &before.email,
        donor_id: Some(donor),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await?;
    note(deps, tx, now, "account.mailbox_changed", donor, serde_json::json!({}));
    let account = accounts::by_donor(tx, donor).await?;
    let account = account.ok_or_else(|| ServiceError::Unexpected("no such account".to_owned()))?;
    let proven = Proven {
        account,
        purpose: proof.purpose,
        opened: false,
        joined,
        next: "/portal/security".to_owned(),
    };
    Ok(Some(Answer::Proven(Box::new(proven))))
}
