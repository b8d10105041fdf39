//! A gift in another currency counts for Gift Aid in sterling, at the rate of its day (UK-8).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::domain::gift_aid::amounts;
use crate::domain::ids::{GiftId, RateId};
use crate::domain::money::{Currency, Money};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::gifts;
use crate::store::rates::{self, NewRate};

/// No currency is worth less.
const RATE_AT_MOST: i64 = 1_000_000;
/// Or more: a ten-thousandth of a unit for a pound.
const RATE_AT_LEAST: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// What staff say of a gift.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Of which gift.
    pub gift: &'a GiftId,
    /// Units of its currency for a pound.
    pub rate: Decimal,
    /// Where the rate is from.
    pub source: &'a str,
    /// The mark of the form.
    pub nonce: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is written down, now or by the same form before: the gift comes to this.
    Done(Money),
    /// The gift is in sterling already.
    InSterling,
    /// The rate is none: the gift would come to nothing, or to more than can be held.
    NoRate,
    /// There is no such gift.
    Unknown,
}

/// What a gift comes to at a rate; `None` when that is no rate.
pub fn sterling(gift: Money, rate: Decimal) -> Option<Money> {
    if !(RATE_AT_LEAST..=Decimal::from(RATE_AT_MOST)).contains(&rate) {
        return None;
    }
    amounts::sterling(gift, rate).filter(|pounds| pounds.minor() > 0)
}

/// Writes a rate down, once for a form. The latest counts.
///
/// # Errors
/// When the database refuses.
pub async fn record_rate(deps: &Deps, actor: &Actor, wish: &Wish<'_>) -> Result<Recorded> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(gift) = gifts::by_id(&mut tx, wish.gift).await? else { return Ok(Recorded::Unknown) };
    if gift.amount.currency() == Currency::GBP {
        return Ok(Recorded::InSterling);
    }
    let Some(sterling) = sterling(gift.amount, wish.rate) else { return Ok(Recorded::NoRate) };
    let before = rates::latest(&mut tx, wish.gift).await?;
    let rate = wish.rate.to_string();
    let new = NewRate {
        id: RateId::new(now, &deps.random),
        gift: wish.gift,
        nonce: wish.nonce,
        rate: &rate,
        sterling,
        source: wish.source,
        by: &actor.id,
        at: now,
    };
    if rates::insert_if_new(&mut tx, &new).await? {
        let figures = |rate: &str, pounds: Money| json!({ "rate": rate, "sterling_minor": pounds.minor() });
        let before = before.map_or(Value::Null, |b| figures(&b.rate, b.sterling()));
        let (subject, after) = (wish.gift.as_str(), figures(&rate, sterling));
        record(deps, &mut tx, actor, Act { action: "gift.rate", subject, before, after, why: wish.source });
        tx.commit().await?;
    }
    Ok(Recorded::Done(sterling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_31_a_gift_in_dollars_counts_in_pounds() {
        let dollars = |minor| Money::new(minor, "USD".parse().expect("a currency"));
        assert_eq!(sterling(dollars(13_000), Decimal::new(13_000, 4)).map(Money::minor), Some(10_000));
        for nothing in [Decimal::ZERO, Decimal::NEGATIVE_ONE, Decimal::from(RATE_AT_MOST + 1)] {
            assert_eq!(sterling(dollars(13_000), nothing), None, "{nothing}");
        }
        assert_eq!(sterling(dollars(1), Decimal::from(900_000)), None, "it comes to nothing");
    }
}
