//! Claims in words: for HMRC, and for the office.

use std::collections::BTreeMap;

use super::preview::Due;
use super::weigh::Outcome;
use crate::domain::dates;
use crate::domain::money::{Currency, Money};

/// HMRC takes no longer explanation (UK-42).
const EXPLANATION_AT_MOST: usize = 350;

/// Why tax is given back, as the office reads it.
pub fn why_words(why: &str) -> &'static str {
    match why {
        "refund" => "Refunded to the donor",
        "dispute" => "Taken back by the donor’s bank",
        "returned" => "The cheque came back unpaid",
        "declaration" => "No declaration covers it any more",
        "benefit" => "The donor got too much for it",
        _ => "Corrected",
    }
}

/// The same in the explanation to HMRC: plain letters, few of them.
fn short_words(why: &str) -> &'static str {
    match why {
        "refund" => "refunded to the donor",
        "dispute" => "charged back by the bank",
        "returned" => "cheque unpaid",
        "declaration" => "declaration ended",
        "benefit" => "benefit over the limit",
        _ => "record corrected",
    }
}

/// What HMRC is told about the tax that is given back: how many gifts, why, and how much. Empty without any.
pub(super) fn explanation(adjustments: &[Due]) -> String {
    let mut by_why: BTreeMap<&str, (usize, i64)> = BTreeMap::new();
    for due in adjustments {
        let (gifts, tax) = by_why.entry(due.why).or_default();
        *gifts += 1;
        *tax = tax.saturating_add(due.tax_minor);
    }
    if by_why.is_empty() {
        return String::new();
    }
    let gifts =
        if adjustments.len() == 1 { "1 gift".to_owned() } else { format!("{} gifts", adjustments.len()) };
    let parts = by_why.iter().map(|(why, (gifts, tax))| {
        format!("{} {gifts}, tax {}", short_words(why), Money::new(*tax, Currency::GBP).to_plain())
    });
    let text = format!(
        "Gift Aid claimed before on {gifts} is given back: {}.",
        parts.collect::<Vec<_>>().join("; ")
    );
    text.chars().take(EXPLANATION_AT_MOST).collect()
}

/// Why a gift is, or is not, in a claim: a few words, and what can be done about it.
pub fn outcome_words(outcome: &Outcome, locale: &str) -> (String, String) {
    let day = |date| dates::long(date, locale);
    let pair = |title: &str, text: &str| (title.to_owned(), text.to_owned());
    match outcome {
        Outcome::Claim(ready) => {
            let by = format!("It can be claimed until {}.", day(ready.deadline));
            ("Goes into the next claim".to_owned(), by)
        }
        Outcome::Claimed => pair("Claimed", "Nothing more of it can be claimed."),
        Outcome::GiveBack(back) => {
            let tax = Money::new(back.tax_minor, Currency::GBP).display(locale);
            let why = why_words(back.why);
            ("Gift Aid to give back".to_owned(), format!("{why}: {tax} goes back with the next claim."))
        }
        Outcome::Held(until) => {
            let text =
                format!("It can be claimed from {}: until then it could still be taken back.", day(*until));
            ("Too new to be claimed".to_owned(), text)
        }
        Outcome::Undeclared => pair("Not claimable", "No declaration covers it."),
        Outcome::Disputed => pair("Waits", "The donor’s bank is deciding about it."),
        Outcome::TooLate(last) => {
            ("Too late to be claimed".to_owned(), format!("It could be claimed until {}.", day(*last)))
        }
        Outcome::Blocked(words) => pair("Cannot be claimed yet", words),
        Outcome::Never(words) => pair("Not claimable", words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ts;
    use crate::domain::ids::GiftId;
    use crate::random::Random;

    #[test]
    fn case_63_the_explanation_says_how_many_why_and_how_much() {
        let gift = GiftId::new(Ts::from_unix(0), &Random::seeded(1));
        let due = |why, tax_minor| Due { gift: gift.clone(), why, amount_minor: tax_minor * 4, tax_minor };
        assert_eq!(explanation(&[]), "");
        assert_eq!(
            explanation(&[due("refund", 2_500)]),
            "Gift Aid claimed before on 1 gift is given back: refunded to the donor 1, tax 25.00."
        );
        let all: Vec<Due> = ["refund", "dispute", "returned", "declaration", "benefit", "correction"]
            .into_iter()
            .flat_map(|why| (0..1_000).map(move |_| (why, 99_999_999)))
            .map(|(why, tax)| due(why, tax))
            .collect();
        let text = explanation(&all);
        assert!(text.chars().count() <= EXPLANATION_AT_MOST && text.ends_with('.'), "{text}");
        assert!(text.is_ascii(), "{text}");
    }
}
