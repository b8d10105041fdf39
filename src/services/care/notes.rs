//! Notes about a donor or a gift. The chain says that there was one, never what it said: a note can be removed.

use serde_json::{Value, json};

use crate::domain::ids::{DonorId, GiftId, NoteId};
use crate::services::staff::record;
use crate::services::staff::{Act, Actor};
use crate::services::{Deps, Result, ServiceError};
use crate::store::notes;

/// Letters of a note.
pub const WORDS_AT_MOST: usize = 2000;

/// A note to write.
#[derive(Clone, Copy, Debug)]
pub struct NewNote<'a> {
    /// About which record.
    pub donor: &'a DonorId,
    /// About which gift of theirs.
    pub gift: Option<&'a GiftId>,
    /// What it says, checked by the form.
    pub words: &'a str,
    /// Of the form: it writes one note, however often it is sent.
    pub nonce: &'a str,
}

/// Writes a note.
///
/// # Errors
/// When the database refuses, or the nonce is none of ours.
pub async fn write_note(deps: &Deps, actor: &Actor, note: NewNote<'_>) -> Result<()> {
    let id = NoteId::of_nonce(note.nonce);
    let id = id.ok_or_else(|| ServiceError::Unexpected("not a form's nonce".to_owned()))?;
    let at = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let new =
        notes::NewNote { id: &id, donor: note.donor, gift: note.gift, words: note.words, by: &actor.id, at };
    if !notes::insert_if_new(&mut tx, &new).await? {
        return Ok(());
    }
    let subject = note.gift.map_or(note.donor.as_str(), GiftId::as_str);
    let after = json!({ "note": id.as_str() });
    record::record(
        deps,
        &mut tx,
        actor,
        Act { action: "note.written", subject, before: Value::Null, after, why: "" },
    );
    Ok(tx.commit().await?)
}

/// Removes a note of one's own; `false` when there is none about this donor.
///
/// # Errors
/// When the database refuses.
pub async fn remove_note(deps: &Deps, actor: &Actor, owner: &DonorId, id: &NoteId) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    if !notes::remove_own(&mut tx, id, owner, &actor.id).await? {
        return Ok(false);
    }
    let before = json!({ "note": id.as_str() });
    record::record(
        deps,
        &mut tx,
        actor,
        Act { action: "note.removed", subject: owner.as_str(), before, after: Value::Null, why: "" },
    );
    tx.commit().await?;
    Ok(true)
}
