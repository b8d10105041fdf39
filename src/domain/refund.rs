//! What of a gift can be given back, and why not.

use super::money::Money;
use super::states::DisputeState;

/// What is known of the money of a gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The gift as it stands.
    pub gift: Money,
    /// What went back or is on its way back, in minor units: refunds under way and done, cheques that were returned.
    pub back: i64,
    /// What a dispute holds or took, in minor units.
    pub disputed: i64,
    /// The gravest of its disputes.
    pub dispute: Option<DisputeState>,
    /// A refund was asked for and is not closed.
    pub under_way: bool,
}

/// Why nothing, or not so much, can be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The donor's bank is deciding; a refund on top would give it back twice.
    Disputed,
    /// The donor's bank has taken it back.
    TakenBack,
    /// Another refund of the gift was asked for and is not done.
    UnderWay,
    /// All of it went back.
    NothingLeft,
    /// More than is left.
    TooMuch(Money),
}

impl Standing {
    /// What remains given.
    pub fn remains(&self) -> Money {
        let minor = self.gift.minor().saturating_sub(self.back).saturating_sub(self.disputed);
        Money::new(minor.max(0), self.gift.currency())
    }

    /// Whether anything can be given back now; else why not. The first reason that stands alone.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_begin(&self) -> Result<(), Refusal> {
        match self.dispute {
            Some(DisputeState::Open) => return Err(Refusal::Disputed),
            Some(DisputeState::Lost) if self.remains().is_zero() => return Err(Refusal::TakenBack),
            Some(DisputeState::Lost | DisputeState::Won) | None => {}
        }
        if self.under_way {
            return Err(Refusal::UnderWay);
        }
        if self.remains().is_zero() { Err(Refusal::NothingLeft) } else { Ok(()) }
    }

    /// Whether this much can be given back now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(&self, amount: Money) -> Result<(), Refusal> {
        self.may_begin()?;
        let left = self.remains();
        let fits = amount.currency() == left.currency() && (1..=left.minor()).contains(&amount.minor());
        if fits { Ok(()) } else { Err(Refusal::TooMuch(left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use proptest::prelude::*;

    fn pounds(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    fn standing(gift: i64, back: i64) -> Standing {
        Standing { gift: pounds(gift), back, disputed: 0, dispute: None, under_way: false }
    }

    #[test]
    fn each_reason_has_its_turn() {
        let whole = standing(10_000, 0);
        assert_eq!(whole.check(pounds(10_000)), Ok(()));
        assert_eq!(whole.check(pounds(10_001)), Err(Refusal::TooMuch(pounds(10_000))));
        assert_eq!(
            whole.check(Money::new(1, "USD".parse().expect("a currency"))),
            Err(Refusal::TooMuch(pounds(10_000)))
        );
        assert_eq!(standing(10_000, 10_000).check(pounds(1)), Err(Refusal::NothingLeft));
        let open = Standing { dispute: Some(DisputeState::Open), disputed: 10_000, ..whole };
        assert_eq!(open.check(pounds(1)), Err(Refusal::Disputed));
        let lost = Standing { dispute: Some(DisputeState::Lost), disputed: 10_000, ..whole };
        assert_eq!(lost.check(pounds(1)), Err(Refusal::TakenBack));
        let won = Standing { dispute: Some(DisputeState::Won), ..whole };
        assert_eq!(won.check(pounds(1)), Ok(()));
        assert_eq!(Standing { under_way: true, ..whole }.check(pounds(1)), Err(Refusal::UnderWay));
    }

    proptest! {
        #[test]
        fn nobody_gets_back_more_than_they_gave(gift in 1_i64..1_000_000, asked in proptest::collection::vec(-5_i64..400_000, 1..12)) {
            let mut s = standing(gift, 0);
            for amount in asked {
                if s.check(pounds(amount)).is_ok() {
                    prop_assert!(amount > 0);
                    s.back += amount;
                }
                prop_assert!(s.back <= gift && s.remains().minor() == gift - s.back);
            }
        }
    }
}
