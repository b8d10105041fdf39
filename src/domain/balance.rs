//! Lines of Stripe's balance and how each stands to the books (AC-6, AC-7).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::money::{Currency, Money};

/// What a line of the balance is about (docs.stripe.com/reports/reporting-categories).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineClass {
    /// A donor's money, in or out: the books must have it.
    Gift,
    /// Money to the bank, or back from it.
    Payout,
    /// Between the charity and Stripe alone: fees billed apart, holds, top-ups, adjustments.
    Stripe,
}

impl LineClass {
    /// Of Stripe's reporting category; one that is new to us is between the charity and Stripe until it is known.
    pub fn of(category: &str) -> LineClass {
        match category {
            "charge"
            | "charge_failure"
            | "refund"
            | "refund_failure"
            | "dispute"
            | "dispute_reversal"
            | "partial_capture_reversal" => LineClass::Gift,
            "payout" | "payout_reversal" => LineClass::Payout,
            _ => LineClass::Stripe,
        }
    }
}

/// A reporting category in words.
pub fn category_words(category: &str) -> String {
    match category {
        "charge" => "Gifts",
        "charge_failure" => "Gifts that failed after all",
        "refund" => "Refunds",
        "refund_failure" => "Refunds that came back",
        "dispute" => "Disputes",
        "dispute_reversal" => "Disputes won",
        "partial_capture_reversal" => "Not taken after all",
        "payout" => "Payouts",
        "payout_reversal" => "Payouts that came back",
        "fee" => "Fees that Stripe bills apart",
        "network_cost" => "Costs of the card networks",
        "topup" => "Money put in",
        "topup_reversal" => "Money put in, taken out again",
        "payout_minimum_balance_hold" => "Held back for the least balance",
        "payout_minimum_balance_release" => "Released from the least balance",
        "risk_reserved_funds" => "Stripe’s reserve",
        "contribution" => "Stripe Climate",
        "tax" => "Tax that Stripe collects",
        other => return capitalised(other),
    }
    .to_owned()
}

fn capitalised(category: &str) -> String {
    let words = category.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A line of the balance with what the books have of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Stripe's reporting category.
    pub category: String,
    /// What moved, before the fee; minor units of the balance's currency.
    pub amount: i64,
    /// What reached the balance: amount less fee.
    pub net: i64,
    /// The balance's currency.
    pub currency: Currency,
    /// What the books have in the same currency, fees included; minor units.
    pub entered: i64,
    /// What the books have in the currency the donor gave in, when that is another.
    pub presented: Option<Money>,
    /// How much of the balance's currency one unit of the donor's was (Stripe's figure).
    pub rate: Option<Decimal>,
    /// Whether the books know any gift of it.
    pub known: bool,
}

/// How a line stands to the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStanding {
    /// The books have it, to the penny.
    Agrees,
    /// The books have it in the donor's currency, and Stripe's rate makes the line of it; off by so many minor units, which is
    /// rounding.
    Converted {
        /// The line less what the rate makes of the gift.
        rounding: i64,
    },
    /// No gift's: between the charity and Stripe.
    Stripe,
    /// To the bank, or back from it.
    Payout,
    /// The books know no gift of it: not taken through Almoner, or not looked at yet.
    Unknown,
    /// The books have it otherwise, by so many minor units (the line less the books).
    Differs {
        /// The line less the books.
        by: i64,
    },
}

impl LineStanding {
    /// The word of a spreadsheet.
    pub fn words(self) -> &'static str {
        match self {
            LineStanding::Agrees => "to the penny",
            LineStanding::Converted { .. } => "at Stripe's rate",
            LineStanding::Stripe => "Stripe's own",
            LineStanding::Payout => "a payout that came back",
            LineStanding::Unknown => "not known",
            LineStanding::Differs { .. } => "differs",
        }
    }
}

impl Traced {
    /// How the line stands. Decides the remainder of a payout: what neither agrees nor is named by a reason is none (AC-7).
    pub fn standing(&self) -> LineStanding {
        match LineClass::of(&self.category) {
            LineClass::Payout => return LineStanding::Payout,
            LineClass::Stripe => return LineStanding::Stripe,
            LineClass::Gift => {}
        }
        if !self.known {
            return LineStanding::Unknown;
        }
        if let (Some(presented), Some(rate)) = (self.presented, self.rate) {
            return self.converted(presented, rate);
        }
        match self.net.saturating_sub(self.entered) {
            0 => LineStanding::Agrees,
            by => LineStanding::Differs { by },
        }
    }

    /// One unit of rounding, and no more: Stripe gives the rate with its last digits cut.
    fn converted(&self, presented: Money, rate: Decimal) -> LineStanding {
        let fee_there = self.net.saturating_sub(self.amount);
        let shift = i64::from(self.currency.exponent()) - i64::from(presented.currency().exponent());
        let scale = Decimal::from(10_i64.pow(u32::try_from(shift.unsigned_abs()).unwrap_or(0)));
        let shifted = Decimal::from(presented.minor())
            .checked_mul(rate)
            .and_then(|sum| if shift < 0 { sum.checked_div(scale) } else { sum.checked_mul(scale) });
        let Some(made) = shifted.and_then(|sum| sum.round().to_i64()) else {
            return LineStanding::Differs { by: self.net.saturating_sub(self.entered) };
        };
        let rounding = self.amount.saturating_sub(made);
        if rounding.abs() <= 1 && self.entered == fee_there {
            LineStanding::Converted { rounding }
        } else {
            LineStanding::Differs { by: self.net.saturating_sub(self.entered.saturating_add(made)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(category: &str, amount: i64, net: i64, entered: i64) -> Traced {
        let currency = "GBP".parse().expect("a currency");
        let category = category.to_owned();
        Traced { category, amount, net, currency, entered, presented: None, rate: None, known: true }
    }

    #[test]
    fn a_line_agrees_to_the_penny_or_says_by_how_much_it_does_not() {
        assert_eq!(line("charge", 2_500, 2_443, 2_443).standing(), LineStanding::Agrees);
        assert_eq!(line("charge", 2_500, 2_443, 2_500).standing(), LineStanding::Differs { by: -57 });
        assert_eq!(line("refund", -500, -500, 0).standing(), LineStanding::Differs { by: -500 });
        let foreign = Traced { known: false, ..line("charge", 2_500, 2_443, 0) };
        assert_eq!(foreign.standing(), LineStanding::Unknown);
        assert_eq!(line("fee", -200, -200, 0).standing(), LineStanding::Stripe);
        assert_eq!(line("of_next_year", -200, -200, 0).standing(), LineStanding::Stripe);
        assert_eq!(line("payout_reversal", 900, 900, 0).standing(), LineStanding::Payout);
    }

    #[test]
    fn conversion_leaves_rounding_and_nothing_else() {
        let of = |presented: (i64, &str), rate: &str, amount, entered| {
            let money = Money::new(presented.0, presented.1.parse().expect("a currency"));
            let rate = Some(rate.parse().expect("a rate"));
            Traced { presented: Some(money), rate, ..line("charge", amount, amount - 60, entered) }.standing()
        };
        assert_eq!(of((2_500, "EUR"), "0.85126", 2_128, -60), LineStanding::Converted { rounding: 0 });
        assert_eq!(of((2_500, "EUR"), "0.85126", 2_129, -60), LineStanding::Converted { rounding: 1 });
        assert_eq!(of((2_500, "EUR"), "0.85126", 2_131, -60), LineStanding::Differs { by: 3 });
        assert_eq!(of((2_500, "EUR"), "0.85126", 2_128, 0), LineStanding::Differs { by: -60 });
        // A currency without minor units.
        assert_eq!(of((5_000, "JPY"), "0.0052", 2_600, -60), LineStanding::Converted { rounding: 0 });
    }

    #[test]
    fn every_category_has_words() {
        assert_eq!(category_words("dispute_reversal"), "Disputes won");
        assert_eq!(category_words("other_adjustment"), "Other adjustment");
        assert_eq!(category_words(""), "");
    }
}
