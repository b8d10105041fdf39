//! Donors who asked to be forgotten: what has to be waited for, what goes, and what is left behind (PR-11, PR-12).

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use super::personal::told_of;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::{CorrectionId, DonorId, ErasureId, PledgeId, StaffId};
use crate::domain::states::ErasureState;

/// A wish to be forgotten.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Whose.
    pub donor_id: DonorId,
    /// Where it stands.
    pub state: ErasureState,
    /// What the office said about it.
    pub why: String,
    /// The name of who of the staff began it.
    pub by_name: String,
    /// When.
    pub asked_at: Ts,
    /// What it waits for, while it does.
    pub waits_for: Option<String>,
    /// When it was done.
    pub done_at: Option<Ts>,
    /// Until which day the law wants the rest kept; none: nothing is.
    pub held_until: Option<Day>,
}

macro_rules! erasures {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.donor_id, e.state, e.why, s.name AS by_name, e.asked_at, e.waits_for, e.done_at, e.held_until ",
            "FROM erasure e JOIN staff s ON s.id = e.asked_by ",
            $rest
        )
    };
}

/// The wish of a donor, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn of_donor(conn: &mut Conn, donor: &DonorId) -> Result<Option<Erasure>> {
    opt!(conn, Erasure, erasures!("WHERE e.donor_id = $1"), donor)
}

/// One wish.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ErasureId) -> Result<Option<Erasure>> {
    opt!(conn, Erasure, erasures!("WHERE e.id = $1"), id)
}

/// A wish to write down.
#[derive(Clone, Debug)]
pub struct NewErasure<'a> {
    /// Its id.
    pub id: &'a ErasureId,
    /// Whose.
    pub donor: &'a DonorId,
    /// Of the form.
    pub nonce: &'a str,
    /// What the office says about it.
    pub why: &'a str,
    /// Who begins it.
    pub by: &'a StaffId,
    /// When.
    pub at: Ts,
}

/// Writes a wish down; `false` when this donor has one already.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, e: &NewErasure<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO erasure (id, donor_id, nonce, state, why, asked_by, asked_at) VALUES ($1, $2, $3, 'asked', $4, $5, $6) \
         ON CONFLICT DO NOTHING",
        e.id,
        e.donor,
        e.nonce,
        e.why,
        e.by,
        e.at
    )?;
    Ok(changed == 1)
}

/// What is there of a donor, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Outlook {
    /// Monthly gifts that have not ended.
    pub plans: i64,
    /// Payments that are not decided yet.
    pub payments_open: i64,
    /// Mails that wait to be sent.
    pub mails_waiting: i64,
    /// Refunds asked for and not made.
    pub refunds_open: i64,
    /// Disputes that are not decided.
    pub disputes_open: i64,
    /// Addresses, now and before.
    pub addresses: i64,
    /// Notes of the office.
    pub notes: i64,
    /// Mails that were kept.
    pub mails: i64,
    /// Words that were written with a gift, and dedications.
    pub words: i64,
    /// Gifts.
    pub gifts: i64,
    /// Receipts and statements.
    pub papers: i64,
    /// Gift Aid declarations.
    pub declarations: i64,
    /// The day of the last gift.
    pub last_gift_on: Option<Day>,
}

/// What is there of a donor.
///
/// # Errors
/// When the database refuses.
pub async fn outlook(conn: &mut Conn, owner: &DonorId) -> Result<Outlook> {
    let found = opt!(
        conn,
        Outlook,
        "WITH mine AS (SELECT d.id FROM donor d WHERE d.owner_id = $1), \
         given AS (SELECT g.id, g.received_on, g.note, g.tribute_name FROM gift g WHERE g.donor_id IN (SELECT id FROM mine)) \
         SELECT (SELECT COUNT(*) FROM pledge p WHERE p.donor_id IN (SELECT id FROM mine) AND p.state <> 'ended') AS plans, \
         (SELECT COUNT(*) FROM payment p WHERE p.donor_id IN (SELECT id FROM mine) \
         AND p.state IN ('started', 'open', 'processing')) AS payments_open, \
         (SELECT COUNT(*) FROM mail_outbox m WHERE m.donor_id IN (SELECT id FROM mine) AND m.state = 'queued') AS mails_waiting, \
         (SELECT COUNT(*) FROM refund_request r WHERE r.gift_id IN (SELECT id FROM given) \
         AND r.state IN ('awaiting', 'asked')) AS refunds_open, \
         (SELECT COUNT(*) FROM dispute x WHERE x.gift_id IN (SELECT id FROM given) AND x.state = 'open') AS disputes_open, \
         (SELECT COUNT(*) FROM donor_address a WHERE a.donor_id IN (SELECT id FROM mine)) AS addresses, \
         (SELECT COUNT(*) FROM donor_note n WHERE n.donor_id IN (SELECT id FROM mine)) AS notes, \
         (SELECT COUNT(*) FROM mail_outbox m WHERE m.donor_id IN (SELECT id FROM mine)) AS mails, \
         (SELECT COUNT(*) FROM given WHERE note IS NOT NULL OR tribute_name IS NOT NULL) AS words, \
         (SELECT COUNT(*) FROM given) AS gifts, \
         (SELECT COUNT(*) FROM receipt r WHERE r.gift_id IN (SELECT id FROM given)) \
         + (SELECT COUNT(*) FROM statement s WHERE s.donor_id IN (SELECT id FROM mine)) AS papers, \
         (SELECT COUNT(*) FROM declaration c WHERE c.donor_id IN (SELECT id FROM mine)) AS declarations, \
         (SELECT MAX(received_on) FROM given) AS last_gift_on",
        owner
    )?;
    Ok(found.unwrap_or_default())
}

/// The plans of a donor that have not ended.
///
/// # Errors
/// When the database refuses.
pub async fn plans_going_on(conn: &mut Conn, owner: &DonorId) -> Result<Vec<PledgeId>> {
    let rows = all!(
        conn,
        (PledgeId,),
        "SELECT p.id FROM donor d JOIN pledge p ON p.donor_id = d.id WHERE d.owner_id = $1 AND p.state <> 'ended' ORDER BY p.id",
        owner
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Stripe's customers of a donor: what Stripe holds is deleted there.
///
/// # Errors
/// When the database refuses.
pub async fn customers(conn: &mut Conn, owner: &DonorId) -> Result<Vec<String>> {
    let rows = all!(
        conn,
        (String,),
        "SELECT DISTINCT p.stripe_customer FROM donor d JOIN payment p ON p.donor_id = d.id WHERE d.owner_id = $1 \
         AND p.stripe_customer IS NOT NULL ORDER BY p.stripe_customer",
        owner
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The mailboxes, normalised, by which a donor is or was reached; not those that are another donor's by now.
///
/// # Errors
/// When the database refuses.
pub async fn mailboxes(conn: &mut Conn, owner: &DonorId) -> Result<Vec<String>> {
    let rows = all!(
        conn,
        (String,),
        "SELECT d.email_norm FROM donor d WHERE d.owner_id = $1 AND d.email_norm <> '' \
         UNION SELECT a.email_norm FROM account a WHERE a.donor_id = $1 \
         UNION SELECT m.email_norm FROM account_mailbox m WHERE m.donor_id = $1 \
         UNION SELECT LOWER(o.recipient) FROM donor d JOIN mail_outbox o ON o.donor_id = d.id WHERE d.owner_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM donor x WHERE x.email_norm = LOWER(o.recipient) AND x.owner_id <> $1) \
         AND NOT EXISTS (SELECT 1 FROM account y WHERE y.email_norm = LOWER(o.recipient) AND y.donor_id <> $1) ORDER BY 1",
        owner
    )?;
    Ok(rows.into_iter().map(|(mailbox,)| mailbox).collect())
}

/// Says what a wish waits for.
///
/// # Errors
/// When the database refuses.
pub async fn wait(tx: &mut WriteTx, id: &ErasureId, words: &str) -> Result<()> {
    exec!(tx, "UPDATE erasure SET waits_for = $2 WHERE id = $1 AND state = 'asked'", id, words)?;
    Ok(())
}

/// Says of a mailbox, by its hash, that it is not written to again (PR-6).
///
/// # Errors
/// When the database refuses.
pub async fn suppress(tx: &mut WriteTx, email_sha256: &str, at: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO suppression (email_sha256, channel, why, since) VALUES ($1, 'email', 'erased', $2) \
         ON CONFLICT (email_sha256) DO NOTHING",
        email_sha256,
        at
    )?;
    Ok(())
}

/// Takes away how a donor signs in, and everything that asked a mailbox.
///
/// # Errors
/// When the database refuses.
pub async fn close_doors(tx: &mut WriteTx, owner: &DonorId, mailboxes: &[String]) -> Result<()> {
    for mailbox in mailboxes {
        exec!(
            tx,
            "DELETE FROM mail_outbox WHERE proof_id IN (SELECT q.id FROM mailbox_proof q WHERE q.email_norm = $1)",
            mailbox.as_str()
        )?;
        exec!(tx, "DELETE FROM mailbox_proof WHERE email_norm = $1", mailbox.as_str())?;
        // What was sent before it was known who they are, as a question to a mailbox.
        exec!(
            tx,
            "DELETE FROM mail_outbox WHERE donor_id IS NULL AND LOWER(recipient) = $1 AND state <> 'queued'",
            mailbox.as_str()
        )?;
    }
    for sql in [
        "DELETE FROM mailbox_proof WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM web_session WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM known_browser WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM account_mailbox WHERE donor_id = $1",
        "DELETE FROM account WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
    ] {
        exec!(tx, sql, owner)?;
    }
    Ok(())
}

/// Takes away what no law wants kept: addresses, notes, mails, words, what Stripe told; and the names and the mailbox of
/// every record. `details`, `evidence`: what stands in a payment's row instead.
///
/// # Errors
/// When the database refuses.
pub async fn strip(tx: &mut WriteTx, owner: &DonorId, details: &str, evidence: &str, at: Ts) -> Result<()> {
    for sql in [
        "DELETE FROM donor_term WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM donor_address WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM donor_note WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM donor_mail_pause WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "DELETE FROM mail_outbox WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "UPDATE bank_line SET payer = '', payer_norm = '', reference = '' WHERE gift_id IN (SELECT g.id FROM donor d \
         JOIN gift g ON g.donor_id = d.id WHERE d.owner_id = $1 UNION SELECT c.gift_id FROM donor d JOIN gift_correction c \
         ON c.was LIKE '%\"donor\":\"' || d.id || '\"%' WHERE d.owner_id = $1)",
        "UPDATE donor_merge SET kept_email = NULL, kept_email_norm = NULL, record_email = '', record_email_norm = '' \
         WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "UPDATE pledge SET ended_words = NULL WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        "UPDATE gift SET note = NULL, tribute_kind = NULL, tribute_name = NULL WHERE donor_id IN (SELECT d.id FROM donor d \
         WHERE d.owner_id = $1) AND (note IS NOT NULL OR tribute_name IS NOT NULL)",
    ] {
        exec!(tx, sql, owner)?;
    }
    exec!(
        tx,
        "UPDATE payment SET donor_details = $2, evidence = $3, checkout_request = '{}', checkout_url = NULL, note = NULL, \
         tribute_kind = NULL, tribute_name = NULL WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        owner,
        details,
        evidence
    )?;
    exec!(tx, told_of!("UPDATE webhook_event SET payload = '{}' WHERE "), owner)?;
    exec!(
        tx,
        "UPDATE donor SET standing = 'offline', email = '', email_norm = '', given_name = 'Erased', family_name = 'donor', \
         organisation = NULL, telephone = NULL, kind = 'individual', terms_at = $2, updated_at = $2 WHERE owner_id = $1",
        owner,
        at
    )?;
    Ok(())
}

/// Says that a wish is done, and until when the rest is kept.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &mut WriteTx, id: &ErasureId, at: Ts, held_until: Option<Day>) -> Result<()> {
    exec!(
        tx,
        "UPDATE erasure SET state = 'done', waits_for = NULL, done_at = $2, held_until = $3 WHERE id = $1 AND state = 'asked'",
        id,
        at,
        held_until
    )?;
    Ok(())
}

/// Which of these mailboxes, by their hashes, are not to be written to again (PR-6).
///
/// # Errors
/// When the database refuses.
pub async fn suppressed(conn: &mut Conn, hashes: &[String]) -> Result<Vec<String>> {
    macro_rules! run {
        ($t:expr, $hashes:expr) => {{
            let mut q = QueryBuilder::new("SELECT email_sha256 FROM suppression WHERE email_sha256 IN (");
            let mut list = q.separated(", ");
            for hash in $hashes {
                list.push_bind(hash.as_str());
            }
            q.push(")");
            q.build_query_scalar::<String>().fetch_all(&mut **$t).await
        }};
    }
    let mut found = Vec::new();
    for chunk in hashes.chunks(500) {
        found.extend(on!(&mut *conn, t => run!(t, chunk))?);
    }
    Ok(found)
}

/// Whether the mailbox is that of somebody who asked to be forgotten and has not come back by themselves since.
///
/// # Errors
/// When the database refuses.
pub async fn is_gone(conn: &mut Conn, email_norm: &str, email_sha256: &str) -> Result<bool> {
    let row = opt!(
        conn,
        (String,),
        "SELECT s.email_sha256 FROM suppression s WHERE s.email_sha256 = $2 AND NOT EXISTS (SELECT 1 FROM donor d \
         WHERE d.email_norm = $1)",
        email_norm,
        email_sha256
    )?;
    Ok(row.is_some())
}

/// What gifts were before a correction, where it names a record of this donor: the correction's id and the JSON.
///
/// # Errors
/// When the database refuses.
pub async fn told_before(conn: &mut Conn, owner: &DonorId) -> Result<Vec<(CorrectionId, String)>> {
    all!(
        conn,
        (CorrectionId, String),
        "SELECT c.id, c.was FROM gift_correction c WHERE EXISTS (SELECT 1 FROM gift_correction o \
         WHERE o.gift_id = c.gift_id AND o.kind = 'donor') AND EXISTS (SELECT 1 FROM donor d \
         WHERE d.owner_id = $1 AND c.was LIKE '%\"donor\":\"' || d.id || '\"%')",
        owner
    )
}

/// Says anew what a gift was before a correction, without the name of who was forgotten.
///
/// # Errors
/// When the database refuses: anything else of it changed, or nobody asked.
pub async fn set_told_before(tx: &mut WriteTx, id: &CorrectionId, was: &str) -> Result<()> {
    exec!(tx, "UPDATE gift_correction SET was = $2 WHERE id = $1", id, was)?;
    Ok(())
}

/// Takes the name of who is forgotten from corrections that put gifts down to them which are somebody else's since.
///
/// # Errors
/// When the database refuses.
pub async fn strip_corrections(tx: &mut WriteTx, owner: &DonorId, details: &str) -> Result<()> {
    exec!(
        tx,
        "UPDATE gift_correction SET donor_details = $2 WHERE donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1) \
         AND gift_id IN (SELECT g.id FROM gift g JOIN donor w ON w.id = g.donor_id WHERE w.owner_id <> $1)",
        owner,
        details
    )?;
    Ok(())
}

/// Lets go of the words of notices of Stripe that came before a moment and are done with; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget_notices(tx: &mut WriteTx, before: Ts, most: i64) -> Result<u64> {
    exec!(
        tx,
        "UPDATE webhook_event SET payload = '{}' WHERE id IN (SELECT e.id FROM webhook_event e WHERE e.payload <> '{}' \
         AND e.received_at < $1 AND e.state IN ('done', 'ignored') ORDER BY e.received_at LIMIT CAST($2 AS BIGINT))",
        before,
        most
    )
}
