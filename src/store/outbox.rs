//! The mail outbox: rendered when the fact is written, sent by a job.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, MailId, ProofId, StatementId};

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
    /// Whose, when that is known.
    pub donor_id: Option<DonorId>,
    /// Which question it asks the mailbox: link and code are filled in on the way out.
    pub proof_id: Option<ProofId>,
    /// Which statement's PDF goes with it.
    pub statement_id: Option<StatementId>,
    /// `queued`, `held`, `sent` or `failed`.
    pub state: String,
    /// When it was queued.
    pub created_at: Ts,
}

/// What became of a mail that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It waits to be sent.
    New,
    /// It rests: mail to its donor is paused.
    Held,
    /// Its key was used before; nothing was written.
    Known,
}

/// Queues a mail unless its key was used before. One that asks a mailbox something is never held: the donor waits for it.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, m: &NewMail, at: Ts) -> Result<Queued> {
    let state = opt!(
        tx,
        (String,),
        "INSERT INTO mail_outbox (id, dedupe_key, kind, recipient, message_id, subject, text_body, html_body, \
         donor_id, gift_id, proof_id, state, attempts, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         CASE WHEN CAST($11 AS TEXT) IS NULL AND EXISTS (SELECT 1 FROM donor_mail_pause q JOIN donor d ON d.id = q.donor_id \
         JOIN donor m ON m.owner_id = d.owner_id WHERE q.ended_at IS NULL AND m.id = $9) THEN 'held' ELSE 'queued' END, \
         0, $12) ON CONFLICT (dedupe_key) DO NOTHING RETURNING state",
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
    Ok(match state.as_ref().map(|(s,)| s.as_str()) {
        None => Queued::Known,
        Some("held") => Queued::Held,
        Some(_) => Queued::New,
    })
}

/// Has the PDF of a statement go with the mail that was queued under a key.
///
/// # Errors
/// When the database refuses.
pub async fn attach_statement(tx: &mut WriteTx, dedupe_key: &str, statement: &StatementId) -> Result<()> {
    let sql = "UPDATE mail_outbox SET statement_id = $2 WHERE dedupe_key = $1";
    exec!(tx, sql, dedupe_key, statement)?;
    Ok(())
}

/// Has what goes with one mail go with another that was queued under a key.
///
/// # Errors
/// When the database refuses.
pub async fn attach_as(tx: &mut WriteTx, dedupe_key: &str, like: &MailId) -> Result<()> {
    exec!(
        tx,
        "UPDATE mail_outbox SET statement_id = (SELECT m.statement_id FROM mail_outbox m WHERE m.id = $2) \
         WHERE dedupe_key = $1",
        dedupe_key,
        like
    )?;
    Ok(())
}

/// A mail by id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &MailId) -> Result<Option<QueuedMail>> {
    opt!(
        conn,
        QueuedMail,
        "SELECT id, recipient, message_id, subject, text_body, html_body, donor_id, proof_id, statement_id, state, \
         created_at FROM mail_outbox WHERE id = $1",
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
        "SELECT id, recipient, message_id, subject, text_body, html_body, donor_id, proof_id, statement_id, state, \
         created_at FROM mail_outbox WHERE recipient = $1 ORDER BY created_at, id",
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

/// A mail in a list of the office; its body stays where it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MailRow {
    /// Its id.
    pub id: MailId,
    /// What it is about: `receipt`, `refund`, ….
    pub kind: String,
    /// To which mailbox.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// `queued`, `held`, `sent` or `failed`.
    pub state: String,
    /// What the mail host said last.
    pub last_error: Option<String>,
    /// About which gift.
    pub gift_id: Option<GiftId>,
    /// It asks the mailbox something: its link works for minutes.
    pub asks: bool,
    /// When it was queued.
    pub created_at: Ts,
    /// When it was sent.
    pub sent_at: Option<Ts>,
}

/// The mails to a donor, newest first, from before a moment.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId, before: Ts, size: i64) -> Result<Vec<MailRow>> {
    all!(
        conn,
        MailRow,
        "SELECT m.id, m.kind, m.recipient, m.subject, m.state, m.last_error, m.gift_id, \
         CASE WHEN m.proof_id IS NULL THEN FALSE ELSE TRUE END AS asks, m.created_at, m.sent_at \
         FROM donor d JOIN mail_outbox m ON m.donor_id = d.id WHERE d.owner_id = $1 AND m.created_at < $2 \
         ORDER BY m.created_at DESC, m.id DESC LIMIT CAST($3 AS BIGINT)",
        owner,
        before,
        size
    )
}

/// A mail that was written before, with what it takes to send it once more.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Written {
    /// Its id.
    pub id: MailId,
    /// The record it was written to.
    pub donor_id: DonorId,
    /// What it is about.
    pub kind: String,
    /// `queued`, `held`, `sent` or `failed`.
    pub state: String,
    /// About which gift.
    pub gift_id: Option<GiftId>,
    /// Which question it asks.
    pub proof_id: Option<ProofId>,
    /// Subject line.
    pub subject: String,
    /// Plain text part.
    pub text_body: String,
    /// HTML part.
    pub html_body: String,
}

/// A mail to this donor; `None` when there is none or it is somebody else's.
///
/// # Errors
/// When the database refuses.
pub async fn written_to(conn: &mut Conn, owner: &DonorId, id: &MailId) -> Result<Option<Written>> {
    opt!(
        conn,
        Written,
        "SELECT m.id, m.donor_id, m.kind, m.state, m.gift_id, m.proof_id, m.subject, m.text_body, m.html_body \
         FROM mail_outbox m JOIN donor d ON d.id = m.donor_id WHERE d.owner_id = $1 AND m.id = $2",
        owner,
        id
    )
}

/// Puts mails that were refused for good back into the queue, to a mailbox that works: one of them, or all of a donor's,
/// but for receipts that are void since: replaced by a later one, or of a cheque that came back. Gives which. They need a
/// job each, in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn queue_failed_again(
    tx: &mut WriteTx,
    owner: &DonorId,
    only: Option<&MailId>,
    recipient: &str,
) -> Result<Vec<MailId>> {
    let rows = all!(
        tx,
        (MailId,),
        "UPDATE mail_outbox SET state = 'queued', recipient = $3, last_error = NULL WHERE state = 'failed' \
         AND proof_id IS NULL AND id IN (SELECT m.id FROM donor d JOIN mail_outbox m ON m.donor_id = d.id \
         WHERE d.owner_id = $1 AND m.state = 'failed' AND (CAST($2 AS TEXT) IS NULL OR m.id = $2) \
         AND NOT (m.kind IN ('receipt', 'receipt_copy') AND (EXISTS (SELECT 1 FROM ledger_entry e \
         WHERE e.gift_id = m.gift_id AND e.kind = 'returned') OR EXISTS (SELECT 1 FROM receipt r \
         WHERE r.gift_id = m.gift_id AND r.version > 1 AND (r.issued_at > m.created_at \
         OR m.dedupe_key = 'receipt:' || m.gift_id))))) RETURNING id",
        owner,
        only,
        recipient
    )?;
    let mut mails: Vec<MailId> = rows.into_iter().map(|(id,)| id).collect();
    mails.sort();
    Ok(mails)
}

/// Sends what still waits for a donor to another mailbox, questions excepted.
///
/// # Errors
/// When the database refuses.
pub async fn redirect_waiting(tx: &mut WriteTx, owner: &DonorId, recipient: &str) -> Result<u64> {
    exec!(
        tx,
        "UPDATE mail_outbox SET recipient = $2 WHERE state IN ('queued', 'held') AND proof_id IS NULL \
         AND id IN (SELECT m.id FROM donor d JOIN mail_outbox m ON m.donor_id = d.id WHERE d.owner_id = $1 \
         AND m.state IN ('queued', 'held'))",
        owner,
        recipient
    )
}
