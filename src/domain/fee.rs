//! Covering the card fee: how much to add so that the whole gift reaches the work.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::money::{Money, MoneyError};

/// The least amount to add to `gift` so that, after a fee of `percent` of the sum plus `fixed_minor` minor units,
/// at least `gift` is left. Rounded up to the minor unit.
///
/// # Errors
/// When the sum does not fit, or `percent` is not below 100.
pub fn cover(gift: Money, percent: Decimal, fixed_minor: i64) -> Result<Money, MoneyError> {
    let keep = Decimal::ONE_HUNDRED - percent;
    if keep <= Decimal::ZERO {
        return Err(MoneyError::Overflow);
    }
    let wanted = Decimal::from(gift.minor()) + Decimal::from(fixed_minor);
    let total = wanted
        .checked_mul(Decimal::ONE_HUNDRED)
        .and_then(|d| d.checked_div(keep))
        .ok_or(MoneyError::Overflow)?
        .round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity)
        .to_i64()
        .ok_or(MoneyError::Overflow)?;
    Money::new(total, gift.currency()).checked_sub(gift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use proptest::prelude::*;

    #[test]
    fn twenty_five_pounds_at_one_and_a_half_percent_and_twenty_pence() {
        let cover = cover(Money::new(2500, Currency::GBP), Decimal::new(15, 1), 20).unwrap();
        assert_eq!(cover.minor(), 59);
    }

    proptest! {
        #[test]
        fn the_whole_gift_is_left_and_not_a_penny_more_is_asked(minor in 1_i64..10_000_000, tenths in 0_i64..60, fixed in 0_i64..100) {
            let percent = Decimal::new(tenths, 1);
            let gift = Money::new(minor, Currency::GBP);
            let total = gift.checked_add(cover(gift, percent, fixed).unwrap()).unwrap();
            let left = |t: i64| Decimal::from(t) - Decimal::from(t) * percent / Decimal::ONE_HUNDRED - Decimal::from(fixed);
            prop_assert!(left(total.minor()) >= Decimal::from(minor));
            prop_assert!(left(total.minor() - 1) < Decimal::from(minor));
        }
    }
}
