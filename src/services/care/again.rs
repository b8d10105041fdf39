//! Sending again: receipts, mails, and a way in.

use serde_json::{Value, json};

use super::donor;
use super::mailbox::is_mended_lately;
use crate::domain::ids::{DonorId, GiftId, MailId, unguessable};
use crate::domain::states::{ProofPurpose, Standing};
use crate::services::accounts::{self, Ask, Knock, Outcome, Told};
use crate::services::copies::{self, Copy};
use crate::services::mailing::{self, Envelope, Rendered};
use crate::services::staff::record;
use crate::services::staff::{Act, Actor};
use crate::services::{Deps, Result};
use crate::store::outbox::{self, Queued, Written};
use crate::store::{WriteTx, donors, ledger, office_gift};

/// What became of a wish to send something again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It is on its way.
    OnItsWay,
    /// It waits: mail to this donor rests.
    Rests,
    /// This form sent it before.
    Before,
    /// The donor has no mailbox.
    NoMailbox,
    /// Too many for one donor; nothing was sent.
    TooOften,
    /// It is not sent again: it waits to be sent anyway, its link is of no use any more, or the receipt in it is void.
    NotThisOne,
}

impl From<Queued> for Resent {
    fn from(queued: Queued) -> Resent {
        match queued {
            Queued::New => Resent::OnItsWay,
            Queued::Held => Resent::Rests,
            Queued::Known => Resent::Before,
        }
    }
}

/// Sends a copy of a gift's latest receipt to its donor's mailbox, unless it is void because the cheque came back (UK-9).
/// `None`: no such gift, or no receipt of it.
///
/// # Errors
/// When the database or a template refuses.
pub async fn resend_receipt(
    deps: &Deps,
    actor: &Actor,
    gift: &GiftId,
    nonce: &str,
) -> Result<Option<(DonorId, Resent)>> {
    let found = {
        let mut read = deps.store.read().await?;
        office_gift::latest_receipt(&mut read, gift).await?
    };
    let Some((content, owner)) = found else { return Ok(None) };
    if deps.throttle.copy(owner.as_str()).is_err() {
        return Ok(Some((owner, Resent::TooOften)));
    }
    let content = copies::read(gift, &content)?;
    let mut tx = deps.store.write().await?;
    if ledger::is_returned(&mut tx, gift).await? {
        return Ok(Some((owner, Resent::NotThisOne)));
    }
    let email = donors::mailbox_of(&mut tx, &owner).await?.unwrap_or_default();
    if email.is_empty() {
        return Ok(Some((owner, Resent::NoMailbox)));
    }
    let copy = Copy { donor: &owner, email: &email, gift, form: nonce };
    let queued = copies::queue(deps, &mut tx, &content, copy).await?;
    if queued != Queued::Known {
        let after = json!({ "receipt": content.number, "to": record::masked(&email) });
        note(deps, &mut tx, actor, "receipt.resent", gift.as_str(), Value::Null, after);
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some((owner, queued.into())))
}

/// Sends a mail of the outbox again, to where the donor is now: one that was refused is put back, one that was sent is
/// written once more, a receipt as a copy. `None`: no such mail of this donor.
///
/// # Errors
/// When the database or a template refuses.
pub async fn resend_mail(
    deps: &Deps,
    actor: &Actor,
    owner: &DonorId,
    mail: &MailId,
    nonce: &str,
) -> Result<Option<Resent>> {
    let written = {
        let mut read = deps.store.read().await?;
        outbox::written_to(&mut read, owner, mail).await?
    };
    let Some(written) = written else { return Ok(None) };
    if written.proof_id.is_some() || !matches!(written.state.as_str(), "sent" | "failed") {
        return Ok(Some(Resent::NotThisOne));
    }
    if let ("receipt" | "receipt_copy", "sent", Some(gift)) =
        (written.kind.as_str(), written.state.as_str(), &written.gift_id)
    {
        return Ok(resend_receipt(deps, actor, gift, nonce).await?.map(|(_, resent)| resent));
    }
    if deps.throttle.copy(owner.as_str()).is_err() {
        return Ok(Some(Resent::TooOften));
    }
    let mut tx = deps.store.write().await?;
    let email = donors::mailbox_of(&mut tx, &written.donor_id).await?.unwrap_or_default();
    if email.is_empty() {
        return Ok(Some(Resent::NoMailbox));
    }
    let resent = send_once_more(deps, &mut tx, owner, &written, &email, nonce).await?;
    if resent == Resent::NotThisOne {
        return Ok(Some(resent));
    }
    if resent != Resent::Before {
        let (before, after) =
            (json!({ "state": written.state }), json!({ "mail": mail, "to": record::masked(&email) }));
        note(deps, &mut tx, actor, "mail.resent", owner.as_str(), before, after);
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some(resent))
}

async fn send_once_more(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    written: &Written,
    email: &str,
    nonce: &str,
) -> Result<Resent> {
    let now = deps.clock.now();
    if written.state == "failed" {
        let again = outbox::queue_failed_again(tx, owner, Some(&written.id), email).await?;
        mailing::enqueue(deps, tx, &again, now).await?;
        return Ok(if again.is_empty() { Resent::NotThisOne } else { Resent::OnItsWay });
    }
    let envelope = Envelope {
        dedupe_key: format!("again:{}:{nonce}", written.id),
        recipient: email,
        donor_id: Some(&written.donor_id),
        gift_id: written.gift_id.as_ref(),
        proof_id: None,
    };
    let mail = Rendered {
        kind: "again",
        subject: written.subject.clone(),
        text: written.text_body.clone(),
        html: written.html_body.clone(),
    };
    let key = envelope.dedupe_key.clone();
    let placed = mailing::place(deps, tx, envelope, mail, now).await?;
    outbox::attach_as(tx, &key, &written.id).await?;
    Ok(placed.into())
}

/// What became of a wish to send a sign-in link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkSent {
    /// It is on its way.
    OnItsWay,
    /// Too many; nothing was sent.
    TooOften,
    /// Staff moved the mailbox within the last week: only the donor asks for a link to it.
    MendedLately,
}

/// Sends a donor a sign-in link. Nobody but the mailbox sees it, and it asks for the code: the browser that may do without
/// is made up here and belongs to nobody. `None`: no such donor, or none who could sign in.
///
/// # Errors
/// When the database or a template refuses.
pub async fn send_sign_in_link(deps: &Deps, actor: &Actor, id: &DonorId) -> Result<Option<LinkSent>> {
    let Some(donor) = donor(deps, id).await? else { return Ok(None) };
    if donor.email.is_empty() || donor.standing == Standing::Offline {
        return Ok(None);
    }
    if is_mended_lately(deps, id).await? {
        return Ok(Some(LinkSent::MendedLately));
    }
    let nobody = unguessable(&deps.random);
    let ask = Ask {
        email: &donor.email,
        purpose: ProofPurpose::SignIn,
        browser: &nobody,
        knock: Knock { from: actor.from, browser: None },
        told: Told::default(),
        donor: None,
        for_donor: Some((actor, &donor.id)),
    };
    Ok(Some(match accounts::ask(deps, ask).await? {
        Outcome::Done(_) => LinkSent::OnItsWay,
        Outcome::TooOften => LinkSent::TooOften,
    }))
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &Actor,
    action: &'static str,
    subject: &str,
    before: Value,
    after: Value,
) {
    record::record(deps, tx, actor, Act { action, subject, before, after, why: "" });
}
