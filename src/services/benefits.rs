//! What a donor got for a gift: written down by staff, told on the receipt (UK-10, US-5, CA-9).

use serde_json::{Value, json};

use super::corrections::effects;
use super::receipts::{self, Outcome};
use super::staff::{Act, Actor, record};
use super::{Deps, Result};
use crate::domain::ids::{BenefitId, GiftId};
use crate::domain::receipt::Advantage;
use crate::store::benefits;
use crate::store::receipts::Why;

/// Writes down what the donor got, once for each form, and brings the receipt in line. `None`: there is no such gift.
///
/// # Errors
/// When the database refuses.
pub async fn write_down(
    deps: &Deps,
    actor: &Actor,
    gift: &GiftId,
    nonce: &str,
    advantage: &Advantage,
) -> Result<Option<Outcome>> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(known) = effects::held(&mut tx, gift).await? else { return Ok(None) };
    let was = benefits::latest(&mut tx, gift).await?.map_or(0, |a| a.value.minor());
    let id = BenefitId::new(now, &deps.random);
    if !benefits::insert_if_new(&mut tx, &id, gift, nonce, advantage, &actor.id, now).await? {
        return Ok(Some(Outcome::Agrees));
    }
    let settled = receipts::settle_up(deps, &mut tx, &known.gift, Why::Benefit, now).await?;
    receipts::tell_change(deps, &mut tx, &known.gift, &settled.outcome, now).await?;
    let before = if was == 0 { Value::Null } else { json!({ "value": was }) };
    let after = json!({ "value": advantage.value.minor(), "currency": advantage.value.currency() });
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "gift.benefit", subject: gift.as_str(), before, after, why: "" },
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some(settled.outcome))
}
