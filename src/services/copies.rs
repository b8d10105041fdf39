//! A receipt once more: the same number and the same words, marked as a copy (RC-8).

use super::accounts::{Outcome, note};
use super::mailing::{self, Envelope};
use super::{Deps, Result, ServiceError, compose};
use crate::domain::ids::{DonorId, GiftId};
use crate::domain::receipt::ReceiptContent;
use crate::store::WriteTx;
use crate::store::accounts::Account;
use crate::store::outbox::Queued;
use crate::store::{ledger, portal};

/// A copy to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy<'a> {
    /// Whose gift.
    pub donor: &'a DonorId,
    /// To which mailbox.
    pub email: &'a str,
    /// Of which gift.
    pub gift: &'a GiftId,
    /// What makes it the only one: one form sends one copy, however often it is sent.
    pub form: &'a str,
}

/// The content of a receipt as it was frozen.
///
/// # Errors
/// When it is damaged.
pub(super) fn read(gift: &GiftId, content: &str) -> Result<ReceiptContent> {
    serde_json::from_str(content).map_err(|e| ServiceError::Unexpected(format!("receipt of {gift}: {e}")))
}

/// Queues a copy; tells what became of it.
///
/// # Errors
/// When the database or a template refuses.
pub(super) async fn queue(
    deps: &Deps,
    tx: &mut WriteTx,
    content: &ReceiptContent,
    copy: Copy<'_>,
) -> Result<Queued> {
    let mail = compose::receipt(deps, content, true)?;
    let envelope = Envelope {
        dedupe_key: format!("receipt_copy:{}:{}", copy.gift, copy.form),
        recipient: copy.email,
        donor_id: Some(copy.donor),
        gift_id: Some(copy.gift),
        proof_id: None,
    };
    mailing::place(deps, tx, envelope, mail, deps.clock.now()).await
}

/// Sends a copy of the receipt of a donor's gift to their proven mailbox. `None`: no such gift of theirs, or its
/// receipt is void because the cheque came back (UK-9). One form sends
/// one copy, however often it is sent.
///
/// # Errors
/// When the database or a template refuses.
pub async fn send(deps: &Deps, account: &Account, gift: &GiftId, form: &str) -> Result<Option<Outcome<()>>> {
    let content = {
        let mut read = deps.store.read().await?;
        let is_void = ledger::is_returned(&mut read, gift).await?;
        portal::receipt(&mut read, &account.donor_id, gift).await?.filter(|_| !is_void)
    };
    let Some(content) = content else { return Ok(None) };
    if deps.throttle.copy(account.donor_id.as_str()).is_err() {
        return Ok(Some(Outcome::TooOften));
    }
    let content = read(gift, &content)?;
    let mut tx = deps.store.write().await?;
    let copy = Copy { donor: &account.donor_id, email: &account.email, gift, form };
    queue(deps, &mut tx, &content, copy).await?;
    let detail = serde_json::json!({ "gift": gift.as_str(), "receipt": content.number });
    note(deps, &mut tx, deps.clock.now(), "receipt.copied", &account.donor_id, detail);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some(Outcome::Done(())))
}
