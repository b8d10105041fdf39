//! Gift Aid: declarations over time (UK-13 to UK-23), and the claims that stand on them.

pub mod claims;
pub mod declare;
pub mod end;
pub mod overview;
pub mod rates;
pub mod record;
pub mod words;

use jiff::civil::Date;

use super::{Deps, Result, statements};
use crate::clock::Ts;
use crate::domain::gift_aid::declaration::{CoveredGift, Declaration, covering};
use crate::domain::ids::DonorId;
use crate::domain::states::DonorKind;
use crate::store::gifts::Gift;
use crate::store::{Day, WriteTx, declared_gifts};

/// The declaration that covers a gift, of all that its donor made; none for the gift of an organisation (UK-2). What the
/// gift's own row says is what was known when it came: a later declaration may cover it, an ended one no longer does.
pub fn covering_of<'d>(declarations: &'d [Declaration], gift: &Gift) -> Option<&'d Declaration> {
    if gift.donor.kind != DonorKind::Individual {
        return None;
    }
    let facts = CoveredGift {
        entity_id: &gift.entity_id,
        id: &gift.id,
        payment_id: gift.payment_id.as_ref(),
        first: gift.instalment.is_none_or(|n| n == 1),
        received_on: gift.received_on.0,
    };
    covering(declarations, &facts)
}

/// Has the statements looked at again that tell of gifts received on or after `since`: whether these are covered has
/// changed. Receipts stay as they were issued.
pub(super) async fn touch_statements(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    entity: &str,
    since: Date,
    now: Ts,
) -> Result<()> {
    for year in declared_gifts::years_given(tx, owner, entity, Day(since)).await? {
        statements::touch(deps, tx, owner, entity, &year, now).await?;
    }
    Ok(())
}
