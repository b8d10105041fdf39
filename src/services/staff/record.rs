//! What staff did and what they looked at: lines of the audit chain.

use serde_json::{Value, json};

use super::Actor;
use crate::domain::ids::{AuditId, DonorId};
use crate::services::{Deps, Result};
use crate::store::WriteTx;
use crate::store::audit::Note;

/// One act. No personal data in `before` and `after`: ids, figures, states; a mailbox only as [`masked`].
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// `note.written`, `refund.asked`, `gift.corrected`, …
    pub action: &'static str,
    /// The id it is about; the donor's where it is about a donor.
    pub subject: &'a str,
    /// How it was; `Null` when there was nothing.
    pub before: Value,
    /// How it is now.
    pub after: Value,
    /// The reason given; may be empty.
    pub why: &'a str,
}

/// Writes an act down with the transaction that does it.
pub fn record(deps: &Deps, tx: &mut WriteTx, actor: &Actor, act: Act<'_>) {
    let at = deps.clock.now();
    let mut detail = json!({ "from": actor.from.to_string() });
    if !act.before.is_null() {
        detail["before"] = act.before;
    }
    if !act.after.is_null() {
        detail["after"] = act.after;
    }
    if !act.why.is_empty() {
        detail["why"] = Value::from(act.why);
    }
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: actor.id.to_string(),
        action: act.action,
        subject: act.subject.to_owned(),
        detail: detail.to_string(),
    });
}

/// Writes down that a donor's data was looked at, before it is shown. `what` names the page.
///
/// # Errors
/// When the database refuses: then nothing may be shown.
pub async fn record_read(deps: &Deps, actor: &Actor, donor: &DonorId, what: &str) -> Result<()> {
    let mut tx = deps.store.write().await?;
    let (before, after) = (Value::Null, json!({ "page": what }));
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "donor.read", subject: donor.as_str(), before, after, why: "" },
    );
    Ok(tx.commit().await?)
}

/// Writes down that a list of donors or of their gifts was looked at, before it is shown: which, and how many rows. What
/// was searched for is not kept: it is somebody's name.
///
/// # Errors
/// When the database refuses: then nothing may be shown.
pub async fn record_list(deps: &Deps, actor: &Actor, what: &str, shown: usize) -> Result<()> {
    record_listed(deps, actor, what, shown, &[]).await
}

/// As [`record_list`], with the donors whose names or gifts the page shows.
///
/// # Errors
/// When the database refuses: then nothing may be shown.
pub async fn record_listed(
    deps: &Deps,
    actor: &Actor,
    what: &str,
    shown: usize,
    donors: &[DonorId],
) -> Result<()> {
    let mut tx = deps.store.write().await?;
    let (before, mut after) = (Value::Null, json!({ "page": what, "shown": shown }));
    if !donors.is_empty() {
        after["donors"] = json!(donors);
    }
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "donors.listed", subject: actor.id.as_str(), before, after, why: "" },
    );
    Ok(tx.commit().await?)
}

/// `a…@donors.example`: enough to tell two mailboxes apart, too little to write to one.
pub fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((local, host)) => format!("{}…@{host}", local.chars().next().unwrap_or('…')),
        None if email.is_empty() => String::new(),
        None => "…".to_owned(),
    }
}
