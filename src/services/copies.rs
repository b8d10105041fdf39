//! A receipt once more: the same number and the same words, marked as a copy (RC-8).

use super::accounts::{Outcome, note};
use super::mailing::{self, Envelope};
use super::{Deps, Result, ServiceError, compose};
use crate::domain::ids::GiftId;
use crate::domain::receipt::ReceiptContent;
use crate::store::accounts::Account;
use crate::store::{ledger, portal};

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
    let content: ReceiptContent = serde_json::from_str(&content)
        .map_err(|e| ServiceError::Unexpected(format!("receipt of {gift}: {e}")))?;
    let mail = compose::receipt(deps, &content, true)?;
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let envelope = Envelope {
        dedupe_key: format!("receipt_copy:{gift}:{form}"),
        recipient: &account.email,
        donor_id: Some(&account.donor_id),
        gift_id: Some(gift),
        proof_id: None,
    };
    mailing::queue(deps, &mut tx, envelope, mail, now).await?;
    let detail = serde_json::json!({ "gift": gift.as_str(), "receipt": content.number });
    note(deps, &mut tx, now, "receipt.copied", &account.donor_id, detail);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some(Outcome::Done(())))
}
