//! The mail about a refund (RC-9), for what Stripe gave back and for what the charity sent itself.

use crate::clock::Ts;
use crate::domain::money::Money;
use crate::services::compose::{self, RefundFacts};
use crate::services::mailing::{self, Envelope};
use crate::services::receipts::{Settled, method_text};
use crate::services::{Deps, Result};
use crate::store::gifts::Gift;
use crate::store::{WriteTx, donors, ledger};

/// One refund that a donor is told of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What goes back.
    pub amount: Money,
    /// When it was made.
    pub made_at: Ts,
    /// Stripe's refund, or our request: one mail about each.
    pub key: &'a str,
    /// What came of its receipt.
    pub receipt: &'a Settled,
}

/// Tells a donor of a refund, once, where they are now. Who has no mailbox is told by whoever sends the money.
///
/// # Errors
/// When the database or a template refuses.
pub async fn tell(deps: &Deps, tx: &mut WriteTx, gift: &Gift, told: Told<'_>, now: Ts) -> Result<()> {
    let mailbox = donors::mailbox_of(tx, &gift.donor_id).await?.unwrap_or_default();
    if mailbox.is_empty() {
        return Ok(());
    }
    let entity = compose::entity(deps, &gift.entity_id)?;
    let back = ledger::going_back(tx, &gift.id).await?;
    let remaining = Money::new((gift.amount.minor() - back).max(0), gift.amount.currency());
    let method = method_text(&gift.method_label, gift.method_last4.as_deref());
    let mail = compose::refund(
        deps,
        &RefundFacts {
            amount: told.amount,
            remaining,
            made_on: told.made_at.date_in(&entity.time_zone),
            receipt_number: &told.receipt.was,
            replacement_number: told.receipt.replacement(),
            gift_amount: gift.amount,
            gift_on: gift.received_on.0,
            method: (!gift.is_offline()).then_some(method.as_str()),
            donor: gift.donor.receipt_name(),
            gift_aid: gift.declaration_id.is_some(),
            entity_id: &gift.entity_id,
        },
    )?;
    let envelope = Envelope {
        dedupe_key: format!("refund:{}", told.key),
        recipient: &mailbox,
        donor_id: Some(&gift.donor_id),
        gift_id: Some(&gift.id),
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await
}
