//! Queuing and sending mail: written with the fact it tells, sent by a job of its own.

use std::borrow::Cow;

use super::accounts::secrets;
use super::{Deps, Result, ServiceError, job_kinds, papers};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, JobId, MailId, ProofId};
use crate::mail::{Attachment, MailError, Outgoing};
use crate::store::jobs::{Job, NewJob};
use crate::store::outbox::{self, NewMail, Queued, QueuedMail};
use crate::store::{WriteTx, jobs, pauses, proofs, statements};

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
    /// Whose, when that is known.
    pub donor_id: Option<&'a DonorId>,
    /// About which gift.
    pub gift_id: Option<&'a GiftId>,
    /// The question it asks the mailbox: its link and code are filled in on the way out.
    pub proof_id: Option<&'a ProofId>,
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
    place(deps, tx, envelope, mail, at).await.map(|_| ())
}

/// As [`queue`]; tells what became of it. While mail to its donor rests, it is held without a job; what asks the mailbox
/// something never is.
///
/// # Errors
/// When the database refuses.
pub async fn place(
    deps: &Deps,
    tx: &mut WriteTx,
    envelope: Envelope<'_>,
    mail: Rendered,
    at: Ts,
) -> Result<Queued> {
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
        donor_id: envelope.donor_id.cloned(),
        gift_id: envelope.gift_id.cloned(),
        proof_id: envelope.proof_id.cloned(),
    };
    let queued = outbox::insert_if_new(tx, &new, at).await?;
    if queued == Queued::New {
        enqueue(deps, tx, &[id], at).await?;
    }
    Ok(queued)
}

/// Writes the jobs that send mails which wait, in the transaction that made them wait.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(deps: &Deps, tx: &mut WriteTx, mails: &[MailId], at: Ts) -> Result<()> {
    // A donor has few; all donors together may have more than one statement takes.
    for some in mails.chunks(500) {
        let jobs: Vec<NewJob> = some
            .iter()
            .map(|mail| NewJob {
                id: JobId::new(at, &deps.random),
                kind: job_kinds::SEND_MAIL,
                subject: mail.to_string(),
                hint: None,
                run_at: at,
            })
            .collect();
        jobs::enqueue_batch(tx, &jobs).await?;
    }
    Ok(())
}

/// Sends on what is held though no mail to its donor rests any more; gives how many. Called when a pause ends, and hourly:
/// a mail may have been written in the very moment in which one ended.
///
/// # Errors
/// When the database refuses.
pub async fn release(deps: &Deps, tx: &mut WriteTx, at: Ts) -> Result<usize> {
    let mails = pauses::release(tx).await?;
    enqueue(deps, tx, &mails, at).await?;
    Ok(mails.len())
}

/// [`release`] by the clock.
///
/// # Errors
/// When the database refuses.
pub async fn release_stray(deps: &Deps) -> Result<()> {
    let mut tx = deps.store.write().await?;
    let mails = release(deps, &mut tx, deps.clock.now()).await?;
    if mails > 0 {
        tx.commit().await?;
        deps.work.notify_waiters();
    }
    Ok(())
}

/// What became of one try to send.
enum Try {
    /// It was sent or refused before.
    Before,
    /// What it asks can no longer be answered.
    TooLate,
    /// Mail to its donor rests.
    Rests,
    /// The next host said so.
    Now(std::result::Result<(), MailError>),
}

/// Sends the mail of the outbox that a job names. What became of it and the end of the job share a commit.
///
/// # Errors
/// When the host is away: the job tries again, with the same Message-ID.
pub async fn run(deps: &Deps, job: &Job, owner: &str) -> Result<()> {
    let id: MailId = job.subject.parse().map_err(|_| ServiceError::Unexpected("not a mail id".to_owned()))?;
    let outcome = send(deps, &id).await?;
    let mut tx = deps.store.write().await?;
    let mut done = Ok(());
    match outcome {
        Try::Before => {}
        Try::Rests => {
            if !pauses::hold(&mut tx, &id).await? {
                // The pause ended between the two looks: the job comes back.
                return Err(ServiceError::Unexpected("mail rests no more".to_owned()));
            }
        }
        Try::TooLate => {
            let why = "its link had ended before it could be sent";
            outbox::mark_try_failed(&mut tx, &id, why, true).await?;
        }
        Try::Now(Ok(())) => outbox::mark_sent(&mut tx, &id, deps.clock.now()).await?,
        Try::Now(Err(error @ MailError::Permanent(_))) => {
            tracing::warn!(mail = %id, %error, "mail refused for good");
            outbox::mark_try_failed(&mut tx, &id, &error.to_string(), true).await?;
        }
        Try::Now(Err(error @ MailError::Temporary(_))) => {
            outbox::mark_try_failed(&mut tx, &id, &error.to_string(), false).await?;
            done = Err(error.into());
        }
    }
    if done.is_ok() {
        jobs::finish(&mut tx, &job.id, owner).await?;
    }
    tx.commit().await?;
    done
}

/// Hands a mail to the next host, unless there is no sense in it.
async fn send(deps: &Deps, id: &MailId) -> Result<Try> {
    let mail = {
        let mut read = deps.store.read().await?;
        outbox::by_id(&mut read, id).await?
    };
    let mail = mail.ok_or_else(|| ServiceError::Unexpected(format!("no mail {id}")))?;
    if matches!(mail.state.as_str(), "sent" | "failed" | "held") {
        return Ok(Try::Before);
    }
    if mail.proof_id.is_none()
        && let Some(donor) = &mail.donor_id
    {
        let mut read = deps.store.read().await?;
        if pauses::is_open(&mut read, donor).await? {
            return Ok(Try::Rests);
        }
    }
    if is_over(deps, &mail).await? {
        return Ok(Try::TooLate);
    }
    let attachment = attachment(deps, &mail).await?;
    let outgoing = Outgoing {
        to: &mail.recipient,
        subject: &mail.subject,
        text: &with_secrets(deps, mail.proof_id.as_ref(), &mail.text_body),
        html: &with_secrets(deps, mail.proof_id.as_ref(), &mail.html_body),
        message_id: &mail.message_id,
        date: mail.created_at,
        attachment: attachment.as_ref(),
    };
    Ok(Try::Now(deps.mailer.send(&outgoing).await))
}

/// The statement that goes with a mail, as it stands today.
async fn attachment(deps: &Deps, mail: &QueuedMail) -> Result<Option<Attachment>> {
    let Some(id) = &mail.statement_id else { return Ok(None) };
    let stored = {
        let mut read = deps.store.read().await?;
        statements::by_id(&mut read, id).await?
    };
    let stored = stored.ok_or_else(|| ServiceError::Unexpected(format!("no statement {id}")))?;
    let standing = super::statements::standing(&stored);
    let pdf = papers::statement_pdf(deps, &stored.content, &stored.sha256, standing).await?;
    Ok(Some(Attachment { name: format!("{}.pdf", stored.number.replace(' ', "-")), pdf }))
}

/// Whether a question waited until its answer was worth nothing: nobody is sent a dead link.
async fn is_over(deps: &Deps, mail: &QueuedMail) -> Result<bool> {
    let Some(id) = &mail.proof_id else { return Ok(false) };
    let mut read = deps.store.read().await?;
    let proof = proofs::by_id(&mut read, id).await?;
    Ok(proof.is_none_or(|p| p.expires_at <= deps.clock.now()))
}

/// Fills in the link and the code of a question: they exist on the wire alone, never in the outbox.
fn with_secrets<'a>(deps: &Deps, proof: Option<&ProofId>, body: &'a str) -> Cow<'a, str> {
    let Some(id) = proof else { return Cow::Borrowed(body) };
    let key = &deps.config.session_secret;
    let token = secrets::token(id, &secrets::link_secret(key, id));
    let code = secrets::spaced(&secrets::code(key, id));
    Cow::Owned(body.replace(secrets::LINK_MARK, &token).replace(secrets::CODE_MARK, &code))
}
