//! The sums of Gift Aid, in minor units and with the rounding named (UK-8, UK-10, UK-31, UK-32, UK-45).

use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::jurisdiction;
use crate::domain::money::{Currency, Money};

/// So much of a gift counts with a quarter of it, in pence (UK-10).
const FIRST_BAND: i64 = 10_000;
/// Benefits of more than this spoil a gift, or a donor's tax year, whatever the gifts, in pence (UK-10).
pub const BENEFIT_AT_MOST: i64 = 250_000;

/// The Gift Aid on a sum, rounded down to the penny: on the sum of a claim, never line by line (UK-32). `percent`: of the
/// gift, 25 at a basic rate of 20 %.
pub fn gift_aid(sum: Money, percent: Decimal) -> Money {
    sum.percent_floor(percent).unwrap_or(Money::zero(sum.currency()))
}

/// The same at the rate of a day in the United Kingdom (UK-31). An estimate: HMRC works it out on the sum of a claim.
pub fn gift_aid_on(sum: Money, on: Date) -> Money {
    let percent = jurisdiction::of("GB").map_or(Decimal::ZERO, |law| law.gift_aid_percent(on));
    gift_aid(sum, percent)
}

/// The tax to give back on a sum, rounded up, so that never too little goes back (UK-45).
pub fn given_back(sum: Money, percent: Decimal) -> Money {
    sum.percent_ceil(percent).unwrap_or(Money::zero(sum.currency()))
}

/// The most a donor may get for a gift, in pence: a quarter of the first £100, a twentieth of the rest, £2,500 (UK-10).
/// Rounded down: half a penny too much is too much.
pub fn benefit_limit(gift_minor: i64) -> i64 {
    let first = gift_minor.min(FIRST_BAND);
    // Both parts in twentieths: rounded once.
    let twentieths = first.saturating_mul(5).saturating_add(gift_minor.saturating_sub(first));
    (twentieths / 20).min(BENEFIT_AT_MOST)
}

/// A gift in sterling at the rate of its day: units of its currency for a pound; to the nearest penny, halves to even (UK-8).
/// `None` for a rate that is not above zero.
pub fn sterling(gift: Money, rate: Decimal) -> Option<Money> {
    if rate <= Decimal::ZERO {
        return None;
    }
    let units = Decimal::new(gift.minor(), gift.currency().exponent());
    let pounds = units.checked_div(rate)?;
    let pence =
        (pounds * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    Some(Money::new(pence.to_i64()?, Currency::GBP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    fn aid(minor: i64) -> i64 {
        gift_aid(pounds(minor), Decimal::from(25)).minor()
    }

    #[test]
    fn case_14_36_37_and_38_gift_aid_is_rounded_down_on_the_sum() {
        assert_eq!(aid(10_000), 2_500);
        assert_eq!([1_000, 1_001, 1_002, 1_003].map(aid), [250; 4]);
        assert_eq!((aid(3), aid(4)), (0, 1));
        assert_eq!(aid(100 * 1_003), 25_075);
    }

    #[test]
    fn gift_aid_goes_by_the_rate_of_the_day() {
        let on = |day: &str| gift_aid_on(pounds(7_800), day.parse().expect("a day")).minor();
        assert_eq!((on("2008-04-05"), on("2008-04-06")), (2_200, 1_950));
    }

    #[test]
    fn case_19_20_and_21_benefits_have_a_limit() {
        assert_eq!(benefit_limit(10_000), 2_500);
        assert_eq!(benefit_limit(100_000), 7_000);
        assert_eq!(benefit_limit(6_000_000), 250_000);
    }

    #[test]
    fn case_31_foreign_money_counts_at_the_rate_of_its_day() {
        let dollars = Money::new(13_000, "USD".parse().expect("a currency"));
        assert_eq!(sterling(dollars, Decimal::new(13_000, 4)), Some(pounds(10_000)));
        assert_eq!(sterling(dollars, Decimal::ZERO), None);
    }

    #[test]
    fn case_63_and_64_what_goes_back_is_rounded_up() {
        let back = |minor| given_back(pounds(minor), Decimal::from(25)).minor();
        assert_eq!((back(10_000), back(4_000), back(3)), (2_500, 1_000, 1));
    }

    proptest::proptest! {
        #[test]
        fn what_goes_back_is_never_less_than_what_came(sum in 0_i64..100_000_000) {
            let (came, back) = (aid(sum), given_back(pounds(sum), Decimal::from(25)).minor());
            proptest::prop_assert!(back >= came && back - came <= 1);
        }
    }
}
