//! Mails about plans, queued with the fact they tell.

use crate::clock::Ts;
use crate::domain::states::{ChangeKind, EndedWhy};
use crate::services::compose::plan_letters::{self, Reader};
use crate::services::mailing::{self, Envelope, Rendered};
use crate::services::{Deps, Result};
use crate::store::WriteTx;
use crate::store::pledge_changes::PledgeChange;
use crate::store::pledges::{self, Pledge};
use crate::store::recoveries::Recovery;

async fn send(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    key: String,
    words: impl FnOnce(&Reader) -> Result<Rendered>,
    now: Ts,
) -> Result<()> {
    let Some(mailbox) = pledges::mailbox(tx, &pledge.id).await? else { return Ok(()) };
    let reader = Reader { locale: mailbox.locale, given_name: mailbox.given_name };
    let mail = words(&reader)?;
    let envelope = Envelope {
        dedupe_key: key,
        recipient: &mailbox.email,
        donor_id: Some(&pledge.donor_id),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await
}

/// A change is confirmed.
///
/// # Errors
/// When the database or a template refuses.
pub async fn changed(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    change: &PledgeChange,
    now: Ts,
) -> Result<()> {
    let (was, wanted) = (change.was()?, change.wanted()?);
    let key = format!("plan_changed:{}", change.id);
    let words = |r: &Reader| match change.kind {
        ChangeKind::Stop => plan_letters::stopped(deps, r, pledge, EndedWhy::Asked, now),
        ChangeKind::Method | ChangeKind::MethodRenewed => {
            plan_letters::method(deps, r, pledge, change.kind == ChangeKind::MethodRenewed)
        }
        _ => plan_letters::changed(deps, r, pledge, change, (&was, &wanted), now),
    };
    send(deps, tx, pledge, key, words, now).await
}

/// A change could not be made.
///
/// # Errors
/// When the database or a template refuses.
pub async fn not_changed(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    change: &PledgeChange,
    now: Ts,
) -> Result<()> {
    let key = format!("plan_not_changed:{}", change.id);
    send(deps, tx, pledge, key, |r| plan_letters::not_changed(deps, r, pledge), now).await
}

/// A plan is over for another reason than the donor's wish.
///
/// # Errors
/// When the database or a template refuses.
pub async fn ended(deps: &Deps, tx: &mut WriteTx, pledge: &Pledge, why: EndedWhy, now: Ts) -> Result<()> {
    let key = format!("plan_ended:{}", pledge.id);
    send(deps, tx, pledge, key, |r| plan_letters::stopped(deps, r, pledge, why, now), now).await
}

/// A charge failed and is still owed.
///
/// # Errors
/// When the database or a template refuses.
pub async fn failed(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    recovery: &Recovery,
    is_last: bool,
    now: Ts,
) -> Result<()> {
    let key = format!("recovery:{}:{}", recovery.stripe_invoice, recovery.mails_sent);
    send(deps, tx, pledge, key, |r| plan_letters::failed(deps, r, pledge, recovery, is_last), now).await
}

/// A plan has begun again.
///
/// # Errors
/// When the database or a template refuses.
pub async fn restarted(deps: &Deps, tx: &mut WriteTx, pledge: &Pledge, now: Ts) -> Result<()> {
    let key = format!("plan_restarted:{}", pledge.id);
    send(deps, tx, pledge, key, |r| plan_letters::restarted(deps, r, pledge), now).await
}

/// A card ends soon. Once for each card.
///
/// # Errors
/// When the database or a template refuses.
pub async fn card_ends(deps: &Deps, tx: &mut WriteTx, pledge: &Pledge, now: Ts) -> Result<()> {
    let expires = pledge.method_expires.as_deref().unwrap_or_default();
    let key = format!("card_ends:{}:{expires}", pledge.id);
    send(deps, tx, pledge, key, |r| plan_letters::card_ends(deps, r, pledge), now).await
}

/// Could they give more? `round` is the month of the plan's life.
///
/// # Errors
/// When the database or a template refuses.
pub async fn ask_to_raise(deps: &Deps, tx: &mut WriteTx, pledge: &Pledge, round: u32, now: Ts) -> Result<()> {
    let key = format!("raise:{}:{round}", pledge.id);
    send(deps, tx, pledge, key, |r| plan_letters::raise(deps, r, pledge), now).await
}
