//! The mail outbox: rendered when the fact is written, sent by a job.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, MailId, ProofId};

/// A mail to queue.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// Its id, which is also the left half of its Message-ID.
    pub id: MailId,
    /// What makes it the only one of its kind: `receipt:gift_…`.
    pub dedupe_key: String,
    /// `receipt`, `confirming`, `refund`, `not_collected`.
    pub kind: &'static str,
    /// One mailbox.
    pub recipient: String,
    /// Stable over retries.
    pub message_id: String,
    /// Subject line.
    pub subject: String,
    /// Plain text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// Whose, when that is known.
    pub donor_id: Option<DonorId>,
    /// About which gift.
    pub gift_id: Option<GiftId>,
    /// Which question it asks the mailbox.
    pub proof_id: Option<ProofId>,
}

/// A queued mail, as the sender needs it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct QueuedMail {
    /// Its id.
    pub id: MailId,
    /// One mailbox.
    pub recipient: String,
    /// Stable over retries.
    pub message_id: String,
    /// Subject line.
    pub subject: String,
    /// Plain text part.
    pub text_body: String,
    /// HTML part.
    pub html_body: String,
    /// Which question it asks the mailbox: link and code are filled in on the way out.
    pub proof_id: Option<ProofId>,
    /// `queued`, `sent` or `failed`.
    pub state: String,
    /// When it was queued.
    pub created_at: Ts,
}

/// Queues a mail unless its key was used before; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, m: &NewMail, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO mail_outbox (id, dedupe_key, kind, recipient, message_id, subject, text_body, html_body, \
         donor_id, gift_id, proof_id, state, attempts, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', 0, $12) ON CONFLICT (dedupe_key) DO NOTHING",
        &m.id,
        m.dedupe_key.as_str(),
        m.kind,
        m.recipient.as_str(),
        m.message_id.as_str(),
        m.subject.as_str(),
        m.text.as_str(),
        m.html.as_str(),
        m.donor_id.as_ref(),
        m.gift_id.as_ref(),
        m.proof_id.as_ref(),
        at
    )?;
    Ok(changed == 1)
}

/// A mail by id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &MailId) -> Result<Option<QueuedMail>> {
    opt!(
        conn,
        QueuedMail,
        "SELECT id, recipient, message_id, subject, text_body, html_body, proof_id, state, created_at \
         FROM mail_outbox WHERE id = $1",
        id
    )
}

/// Every mail to one mailbox, oldest first: for staff and tests.
///
/// # Errors
/// When the database refuses.
pub async fn to_recipient(conn: &mut Conn, recipient: &str) -> Result<Vec<QueuedMail>> {
    all!(
        conn,
        QueuedMail,
        "SELECT id, recipient, message_id, subject, text_body, html_body, proof_id, state, created_at \
         FROM mail_outbox WHERE recipient = $1 ORDER BY created_at, id",
        recipient
    )
}

/// Notes that the mail was accepted by the next host.
///
/// # Errors
/// When the row is not there.
pub async fn mark_sent(tx: &mut WriteTx, id: &MailId, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE mail_outbox SET state = 'sent', attempts = attempts + 1, sent_at = $2, last_error = NULL \
         WHERE id = $1",
        id,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "mail_outbox", changed }) }
}

/// Notes a failed try; `for_good` when there is no use in another.
///
/// # Errors
/// When the row is not there.
pub async fn mark_try_failed(tx: &mut WriteTx, id: &MailId, error: &str, for_good: bool) -> Result<()> {
    let state = if for_good { "failed" } else { "queued" };
    let changed = exec!(
        tx,
        "UPDATE mail_outbox SET state = $2, attempts = attempts + 1, last_error = $3 WHERE id = $1",
        id,
        state,
        error
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "mail_outbox", changed }) }
}
