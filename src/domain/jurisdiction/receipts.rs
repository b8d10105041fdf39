//! What the law of the receiving entity's country wants on a receipt or an annual statement (US-1 to US-9, CA-1 to CA-11,
//! AU-1, AU-2, DE-1 to DE-6, NL-1, RC-2), and when no document that counts may be issued. A receipt that may not be
//! official is thanks, and says so. The entity's name, address and registrations stand on every document anyway, and with
//! them what RC-2 wants in England and Wales.

mod canada;
mod elements;
mod elsewhere;
mod germany;
mod united_states;

use jiff::civil::Date;

use super::{TaxEntity, of};
use crate::domain::money::Money;
use crate::domain::receipt::{Advantage, LawLine, ReceiptForm, Signatory};

pub use elements::{missing_elements, missing_in_statement};

/// What is known when a document is issued.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// ISO 3166 alpha-2 code of the entity's country.
    pub country: &'a str,
    /// The entity's legal name.
    pub legal_name: &'a str,
    /// Labels and numbers of its registrations.
    pub registrations: &'a [(String, String)],
    /// What its tax office knows of it.
    pub tax: &'a TaxEntity,
    /// The donor's name.
    pub donor_name: &'a str,
    /// Whether the donor's address is on the document (CA-1).
    pub donor_has_address: bool,
    /// What remains given.
    pub amount: Money,
    /// What the donor got for it.
    pub advantage: Option<&'a Advantage>,
    /// The day the gift was received, in the entity's zone.
    pub received_on: Date,
    /// The day of issue, in the entity's zone.
    pub issued_on: Date,
    /// The number of the document it cancels.
    pub replaces: Option<&'a str>,
    /// Locale of its dates and sums.
    pub locale: &'a str,
}

/// What the law makes of a gift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What the document is.
    pub form: ReceiptForm,
    /// What counts for tax, where the law tells it from the sum.
    pub eligible: Option<Money>,
    /// Sentences, in order.
    pub statements: Vec<String>,
    /// Facts, in order.
    pub law: Vec<LawLine>,
    /// Who signs.
    pub signatory: Option<Signatory>,
    /// Why it is not official though it would be.
    pub blocked: Option<Blocked>,
}

/// Why no official document may be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The advantage is too large a part of the gift (CA-9).
    AdvantageTooLarge {
        /// The largest part that is allowed, in percent.
        most_percent: i64,
    },
    /// The donor got something, and the law knows no part gifts (AU-2, DE-1).
    InReturn,
    /// The charity file has no permit to issue confirmations (DE-4).
    NoPermit,
    /// The permit has run out, or does not hold yet (DE-4).
    PermitOutOfDate {
        /// The day it bears.
        dated: Date,
        /// The last day on which it gives the right to issue.
        until: Date,
    },
    /// The tax office was not told that confirmations are made without a hand's signature (DE-5).
    MachineIssue,
    /// The tax authority counts in another currency than the gift's.
    OtherCurrency,
    /// Things that belong on it are not known (CA-1, DE-1, AU-1), each in words.
    Missing(Vec<&'static str>),
}

impl Blocked {
    /// A sentence for staff.
    pub fn in_words(&self) -> String {
        match self {
            Blocked::AdvantageTooLarge { most_percent } => {
                format!("What the donor got is worth more than {most_percent}% of the gift.")
            }
            Blocked::InReturn => "The donor got something for it, so it is not wholly a gift.".to_owned(),
            Blocked::NoPermit => "The charity file has no permit to issue confirmations.".to_owned(),
            Blocked::PermitOutOfDate { dated, until } => {
                format!("The permit of {dated} gives the right to issue from that day until {until} only.")
            }
            Blocked::MachineIssue => {
                "The tax office has not been told that confirmations are made by machine, without a hand's signature."
                    .to_owned()
            }
            Blocked::OtherCurrency => "The gift is not in the currency of the tax authority.".to_owned(),
            Blocked::Missing(what) => format!("The document would lack {}.", what.join(", ")),
        }
    }
}

/// What the law makes of one gift.
pub fn terms(f: &Facts<'_>) -> Terms {
    match f.country {
        "US" => united_states::gift(f),
        "CA" => canada::gift(f),
        "AU" => elsewhere::australian_gift(f),
        "DE" => germany::gift(f),
        "NL" => elsewhere::dutch(f),
        _ => Terms { statements: in_return(f), ..Terms::default() },
    }
}

/// What is known of a year's gifts when their statement is issued.
#[derive(Clone, Copy, Debug)]
pub struct AnnualFacts<'a> {
    /// As for a gift: `amount` is what remains given in the year in the entity's currency, `received_on` its last day,
    /// `replaces` the official document of the year before this one, `advantage` none.
    pub facts: Facts<'a>,
    /// What of `amount` may be confirmed: without advantages (CA-9) and without what another official document names
    /// (DE-6). [`confirmable`] works it out.
    pub unconfirmed: Money,
    /// First day of the year.
    pub from: Date,
}

/// What the law makes of a year's gifts: an official document where the entity issues one a year, else an overview.
pub fn annual_terms(annual: &AnnualFacts<'_>) -> Terms {
    let f = &annual.facts;
    match f.country {
        "US" => united_states::year(),
        "CA" => canada::year(annual),
        "AU" => elsewhere::australian_year(f),
        "DE" => germany::year(annual),
        "NL" => elsewhere::dutch(f),
        _ => Terms::default(),
    }
}

/// One gift of a year that is to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearGift {
    /// What remains given.
    pub amount: Money,
    /// What the donor got for it is worth, in minor units; 0: nothing.
    pub advantage_minor: i64,
    /// The day it was received.
    pub received_on: Date,
    /// Another official document that counts names it (DE-6, case 87).
    pub confirmed: bool,
}

/// What of a year's gifts an official document for the year may confirm, in the currency of the country's tax authority:
/// gifts that another one names are left out (DE-6), and so is what the law takes off for advantages (CA-9). `None` for a
/// country without a law here, or when the sum is too large.
pub fn confirmable(country: &str, gifts: &[YearGift]) -> Option<Money> {
    let currency = of(country)?.currency;
    let open =
        gifts.iter().filter(|g| !g.confirmed && g.amount.currency() == currency && g.amount.minor() > 0);
    open.map(|g| {
        let advantage = Money::new(g.advantage_minor.max(0), currency);
        match country {
            "CA" => canada::eligible(g.amount, advantage, g.received_on).unwrap_or(Money::zero(currency)),
            "US" => less(g.amount, advantage).unwrap_or(Money::zero(currency)),
            _ if advantage.is_zero() => g.amount,
            _ => Money::zero(currency),
        }
    })
    .try_fold(Money::zero(currency), |sum, part| sum.checked_add(part).ok())
}

fn line(label: &str, value: impl Into<String>) -> LawLine {
    LawLine { label: label.to_owned(), value: value.into() }
}

fn thanks(statements: Vec<String>, blocked: Option<Blocked>) -> Terms {
    Terms { form: ReceiptForm::NotOfficial, statements, blocked, ..Terms::default() }
}

/// The country's tax authority counts in the currency of the gift.
fn home_currency(f: &Facts<'_>) -> bool {
    of(f.country).is_some_and(|law| law.currency == f.amount.currency())
}

/// What the donor got, unless it is worth nothing.
fn advantage<'a>(f: &Facts<'a>) -> Option<&'a Advantage> {
    f.advantage.filter(|a| !a.value.is_zero())
}

/// `amount` without `value`, never below nothing; `None` when the two are in different currencies.
fn less(amount: Money, value: Money) -> Option<Money> {
    let left = amount.checked_sub(value).ok()?;
    Some(if left.minor() < 0 { Money::zero(amount.currency()) } else { left })
}

/// `Dinner (£40.00)`.
fn described(a: &Advantage, locale: &str) -> String {
    match a.description.trim() {
        "" => a.value.display(locale),
        words => format!("{words} ({})", a.value.display(locale)),
    }
}

/// What the donor got, in a sentence, where the law asks for no words of its own.
fn in_return(f: &Facts<'_>) -> Vec<String> {
    let told =
        advantage(f).map(|a| format!("In return for your gift you received: {}.", described(a, f.locale)));
    told.into_iter().collect()
}

#[cfg(test)]
#[path = "receipts_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "receipts_years_tests.rs"]
mod years_tests;
