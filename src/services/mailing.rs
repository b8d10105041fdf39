//! Queuing and sending mail: written with the fact it tells, sent by a job of its own.

use super::{Deps, Result, ServiceError, job_kinds};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, JobId, MailId};
use crate::mail::{MailError, Outgoing};
use crate::store::jobs::NewJob;
use crate::store::outbox::{self, NewMail};
use crate::store::{WriteTx, jobs};

/// A mail's words, rendered.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// `receipt`, `confirming`, `refund`, `not_collected`.
    pub kind: &'static str,
    /// Subject line.
    pub subject: String,
    /// Plain text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// Whom a mail is for and what makes it the only one.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// `receipt:gift_…`
    pub dedupe_key: String,
    /// One mailbox.
    pub recipient: &'a str,
    /// Whose.
    pub donor_id: &'a DonorId,
    /// About which gift.
    pub gift_id: Option<&'a GiftId>,
}

/// Queues a mail and the job that sends it, once for its key.
///
/// # Errors
/// When the database refuses.
pub async fn queue(
    deps: &Deps,
    tx: &mut WriteTx,
    envelope: Envelope<'_>,
    mail: Rendered,
    at: Ts,
) -> Result<()> {
    let id = MailId::new(at, &deps.random);
    let new = NewMail {
        message_id: format!("{id}@{}", deps.mailer.host()),
        id: id.clone(),
        dedupe_key: envelope.dedupe_key,
        kind: mail.kind,
        recipient: envelope.recipient.to_owned(),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        donor_id: envelope.donor_id.clone(),
        gift_id: envelope.gift_id.cloned(),
    };
    if outbox::insert_if_new(tx, &new, at).await? {
        let job = NewJob {
            id: JobId::new(at, &deps.random),
            kind: job_kinds::SEND_MAIL,
            subject: id.to_string(),
            hint: None,
            run_at: at,
        };
        jobs::enqueue_batch(tx, &[job]).await?;
    }
    Ok(())
}

/// What became of one try to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Accepted by the next host, now or before.
    Done,
    /// Refused for good; staff see it.
    Refused,
}

/// Sends one mail of the outbox.
///
/// # Errors
/// When the host is away: the job tries again, with the same Message-ID.
pub async fn send(deps: &Deps, id: &MailId) -> Result<Sent> {
    let mail = {
        let mut read = deps.store.read().await?;
        outbox::by_id(&mut read, id).await?
    };
    let mail = mail.ok_or_else(|| ServiceError::Unexpected(format!("no mail {id}")))?;
    match mail.state.as_str() {
        "sent" => return Ok(Sent::Done),
        "failed" => return Ok(Sent::Refused),
        _ => {}
    }
    let outcome = deps
        .mailer
        .send(&Outgoing {
            to: &mail.recipient,
            subject: &mail.subject,
            text: &mail.text_body,
            html: &mail.html_body,
            message_id: &mail.message_id,
            date: mail.created_at,
        })
        .await;
    let mut tx = deps.store.write().await?;
    let sent = match outcome {
        Ok(()) => {
            outbox::mark_sent(&mut tx, id, deps.clock.now()).await?;
            Ok(Sent::Done)
        }
        Err(error @ MailError::Permanent(_)) => {
            tracing::warn!(mail = %id, %error, "mail refused for good");
            outbox::mark_try_failed(&mut tx, id, &error.to_string(), true).await?;
            Ok(Sent::Refused)
        }
        Err(error @ MailError::Temporary(_)) => {
            outbox::mark_try_failed(&mut tx, id, &error.to_string(), false).await?;
            Err(error.into())
        }
    };
    tx.commit().await?;
    sent
}
