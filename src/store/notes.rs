//! What staff write down about a donor or a gift.

use super::db::{Conn, Result, WriteTx, all, exec};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, NoteId, StaffId};

/// A note.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// About which gift; none: about the donor.
    pub gift_id: Option<GiftId>,
    /// What it says.
    pub words: String,
    /// Who wrote it.
    pub written_by: StaffId,
    /// By what name.
    pub author: String,
    /// When.
    pub written_at: Ts,
}

/// A note to write.
#[derive(Clone, Debug)]
pub struct NewNote<'a> {
    /// Its id, made from the nonce of the form.
    pub id: &'a NoteId,
    /// About whom.
    pub donor: &'a DonorId,
    /// About which gift of theirs.
    pub gift: Option<&'a GiftId>,
    /// What it says.
    pub words: &'a str,
    /// Who writes it.
    pub by: &'a StaffId,
    /// When.
    pub at: Ts,
}

/// Writes a note; `false` when this form wrote it before.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, n: &NewNote<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO donor_note (id, donor_id, gift_id, words, written_by, written_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
        n.id,
        n.donor,
        n.gift,
        n.words,
        n.by,
        n.at
    )?;
    Ok(changed == 1)
}

/// Removes a note of one's own about this donor; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn remove_own(tx: &mut WriteTx, id: &NoteId, owner: &DonorId, by: &StaffId) -> Result<bool> {
    let changed = exec!(
        tx,
        "DELETE FROM donor_note WHERE id = $1 AND written_by = $3 \
         AND donor_id IN (SELECT id FROM donor WHERE owner_id = $2)",
        id,
        owner,
        by
    )?;
    Ok(changed == 1)
}

/// The notes about a donor and their gifts, newest first; two hundred at most.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Note>> {
    all!(
        conn,
        Note,
        "SELECT n.id, n.gift_id, n.words, n.written_by, s.name AS author, n.written_at FROM donor d \
         JOIN donor_note n ON n.donor_id = d.id JOIN staff s ON s.id = n.written_by WHERE d.owner_id = $1 \
         ORDER BY n.written_at DESC, n.id DESC LIMIT 200",
        owner
    )
}

/// The notes about one gift, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_gift(conn: &mut Conn, gift: &GiftId) -> Result<Vec<Note>> {
    all!(
        conn,
        Note,
        "SELECT n.id, n.gift_id, n.words, n.written_by, s.name AS author, n.written_at FROM gift g \
         JOIN donor_note n ON n.donor_id = g.donor_id AND n.gift_id = g.id JOIN staff s ON s.id = n.written_by \
         WHERE g.id = $1 ORDER BY n.written_at DESC, n.id DESC LIMIT 50",
        gift
    )
}
