//! A cheque that came back: it was never a donation (UK-9). Nothing was collected, and the receipt is void.

use serde_json::json;

use super::entry_of;
use crate::domain::ids::GiftId;
use crate::domain::money::Money;
use crate::domain::states::{EntryKind, OfflineKind};
use crate::services::compose::letters::{self, ReturnedFacts};
use crate::services::corrections::effects;
use crate::services::mailing::{self, Envelope};
use crate::services::receipts::settle_up;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::gifts::{self, Gift};
use crate::store::ledger;
use crate::store::{Conn, donors, offline, receipts};

/// A cheque, as the page shows it before and after.
#[derive(Clone, Debug)]
pub struct Cheque {
    /// The gift.
    pub gift: Gift,
    /// Its number or slip; may be empty.
    pub reference: String,
    /// The receipt that becomes void.
    pub receipt: String,
    /// Where mail to its donor goes now; may be empty.
    pub mailbox: String,
    /// It is known to have come back.
    pub is_returned: bool,
}

/// A gift by cheque; `None` when there is none, or it came another way.
///
/// # Errors
/// When the database refuses.
pub async fn cheque(conn: &mut Conn, id: &GiftId) -> Result<Option<Cheque>> {
    let Some(gift) = gifts::by_id(conn, id).await? else { return Ok(None) };
    let Some((OfflineKind::Cheque, reference)) = offline::kind_of(conn, id).await? else { return Ok(None) };
    let receipt = receipts::number_of_gift(conn, id).await?.unwrap_or_default();
    let mailbox = donors::mailbox_of(conn, &gift.donor_id).await?.unwrap_or_default();
    let is_returned = ledger::is_returned(conn, id).await?;
    Ok(Some(Cheque { gift, reference, receipt, mailbox, is_returned }))
}

/// Writes down that a cheque came back unpaid, once, and tells the donor; `false` when it is no cheque, or nothing is
/// left of it: no more goes back than came.
///
/// # Errors
/// When the database refuses.
pub async fn came_back(deps: &Deps, actor: &Actor, id: &GiftId, why: &str) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    // Held as corrections and refunds hold it, and read only then: what is left is what is taken out.
    if effects::held(&mut tx, id).await?.is_none() {
        return Ok(false);
    }
    let Some(cheque) = cheque(&mut tx, id).await? else { return Ok(false) };
    let gift = &cheque.gift;
    let mut entry = entry_of(deps, gift, EntryKind::Returned, now);
    let kept = ledger::kept(&mut tx, id).await?;
    if kept <= 0 && !cheque.is_returned {
        return Ok(false);
    }
    entry.amount = Money::new(-kept, gift.amount.currency());
    entry.occurred_at = now;
    if !ledger::insert_if_new(&mut tx, &entry).await? {
        return Ok(true);
    }
    settle_up(deps, &mut tx, gift, receipts::Why::Returned, now).await?;
    if !cheque.mailbox.is_empty() {
        let facts = ReturnedFacts { gift, receipt_number: &cheque.receipt };
        let envelope = Envelope {
            dedupe_key: format!("returned:{}", gift.id),
            recipient: &cheque.mailbox,
            donor_id: Some(&gift.donor_id),
            gift_id: Some(&gift.id),
            proof_id: None,
        };
        mailing::queue(deps, &mut tx, envelope, letters::cheque_returned(deps, &facts)?, now).await?;
    }
    let before = json!({ "net": kept, "currency": gift.amount.currency() });
    let after = json!({ "net": Money::zero(gift.amount.currency()).minor(), "void": cheque.receipt });
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "gift.returned", subject: gift.id.as_str(), before, after, why },
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(true)
}
