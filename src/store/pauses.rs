//! Times in which mail to a donor rests, and the mails that rest meanwhile. A pause counts for every record of its donor.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, MailId, PauseId, StaffId};

/// A pause to open.
#[derive(Clone, Debug)]
pub struct NewPause<'a> {
    /// Its id.
    pub id: &'a PauseId,
    /// Whose mail.
    pub donor: &'a DonorId,
    /// Why.
    pub why: &'a str,
    /// Who wants it.
    pub by: &'a StaffId,
    /// From when.
    pub at: Ts,
}

/// Opens a pause; `false` when one is open already.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut WriteTx, p: &NewPause<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO donor_mail_pause (id, donor_id, why, paused_by, paused_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (donor_id) WHERE ended_at IS NULL DO NOTHING",
        p.id,
        p.donor,
        p.why,
        p.by,
        p.at
    )?;
    Ok(changed == 1)
}

/// Ends every open pause of a donor; `false` when there was none.
///
/// # Errors
/// When the database refuses.
pub async fn end(tx: &mut WriteTx, owner: &DonorId, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE donor_mail_pause SET ended_by = $2, ended_at = $3 WHERE ended_at IS NULL \
         AND donor_id IN (SELECT id FROM donor WHERE owner_id = $1)",
        owner,
        by,
        at
    )?;
    Ok(changed > 0)
}

/// Holds a mail that waits, when mail to its donor rests and it asks nothing of the mailbox. `true` when it rests now.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &mut WriteTx, mail: &MailId) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE mail_outbox SET state = 'held' WHERE id = $1 AND state = 'queued' AND proof_id IS NULL \
         AND EXISTS (SELECT 1 FROM donor_mail_pause q JOIN donor d ON d.id = q.donor_id \
         JOIN donor m ON m.owner_id = d.owner_id WHERE q.ended_at IS NULL AND m.id = mail_outbox.donor_id)",
        mail
    )?;
    Ok(changed == 1)
}

/// Whether mail to the donor of a record rests.
///
/// # Errors
/// When the database refuses.
pub async fn is_open(conn: &mut Conn, donor: &DonorId) -> Result<bool> {
    let row = opt!(
        conn,
        (PauseId,),
        "SELECT q.id FROM donor_mail_pause q JOIN donor d ON d.id = q.donor_id \
         JOIN donor m ON m.owner_id = d.owner_id WHERE q.ended_at IS NULL AND m.id = $1 LIMIT 1",
        donor
    )?;
    Ok(row.is_some())
}

/// Lets out mails that are held though no mail to their donor rests any more; gives which, oldest first. They need a job
/// each, in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn release(tx: &mut WriteTx) -> Result<Vec<MailId>> {
    let rows = all!(
        tx,
        (MailId,),
        // What follows from the other condition is said again: so both databases walk the index of what is not sent.
        "UPDATE mail_outbox SET state = 'queued' WHERE state <> 'sent' AND state = 'held' AND id IN \
         (SELECT o.id FROM mail_outbox o WHERE o.state <> 'sent' AND o.state = 'held' AND NOT EXISTS \
         (SELECT 1 FROM donor_mail_pause q JOIN donor d ON d.id = q.donor_id JOIN donor m ON m.owner_id = d.owner_id \
         WHERE q.ended_at IS NULL AND m.id = o.donor_id)) RETURNING id"
    )?;
    let mut mails: Vec<MailId> = rows.into_iter().map(|(id,)| id).collect();
    mails.sort();
    Ok(mails)
}
