//! What somebody typed into the search box: which kind of thing it names. Pure; takes any text whatever.

use jiff::civil::Date;

use super::dates;
use super::donor::normalise_email;
use super::ids::{DonorId, GiftId, PaymentId, PledgeId};
use super::money::{Currency, Money};
use super::names;

/// Nothing that can be found is longer.
const LETTERS_AT_MOST: usize = 300;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Nothing.
    Nothing,
    /// A mailbox, or the beginning of one, normalised.
    Mailbox(String),
    /// The number of a receipt, as it is printed.
    Receipt(String),
    /// An object at Stripe.
    Stripe(StripeKind, String),
    /// A donor.
    Donor(DonorId),
    /// A gift.
    Gift(GiftId),
    /// A plan.
    Plan(PledgeId),
    /// An act of giving.
    Payment(PaymentId),
    /// The reference that a donor reads on the page after giving.
    Reference(String),
    /// A sum, in every currency in which the text is one.
    Sum(Vec<Money>),
    /// A day.
    Day(Date),
    /// Words of a name, at least one.
    Words(Vec<String>),
}

/// Which kind of object at Stripe an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StripeKind {
    /// `pi_`
    PaymentIntent,
    /// `ch_`, `py_`
    Charge,
    /// `re_`, `pyr_`
    Refund,
    /// `dp_`, `du_`
    Dispute,
    /// `sub_`
    Subscription,
    /// `cus_`
    Customer,
    /// `in_`
    Invoice,
    /// `cs_`
    Session,
    /// `txn_`
    BalanceTransaction,
    /// `po_`
    Payout,
}

const STRIPE: &[(&str, StripeKind)] = &[
    ("pi_", StripeKind::PaymentIntent),
    ("ch_", StripeKind::Charge),
    ("py_", StripeKind::Charge),
    ("re_", StripeKind::Refund),
    ("pyr_", StripeKind::Refund),
    ("dp_", StripeKind::Dispute),
    ("du_", StripeKind::Dispute),
    ("sub_", StripeKind::Subscription),
    ("cus_", StripeKind::Customer),
    ("in_", StripeKind::Invoice),
    ("cs_", StripeKind::Session),
    ("txn_", StripeKind::BalanceTransaction),
    ("po_", StripeKind::Payout),
];

/// Reads what was typed. `currencies`: those the charity takes.
pub fn read(typed: &str, currencies: &[Currency]) -> Sought {
    let plain: String =
        typed.chars().take(LETTERS_AT_MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = plain.trim();
    if text.is_empty() {
        return Sought::Nothing;
    }
    id(text)
        .or_else(|| receipt(text))
        .or_else(|| mailbox(text))
        .or_else(|| day(text).map(Sought::Day))
        .or_else(|| sum(text, currencies))
        .unwrap_or_else(|| match names::words(text) {
            words if words.is_empty() => Sought::Nothing,
            words => Sought::Words(words),
        })
}

fn id(text: &str) -> Option<Sought> {
    if let Some((_, kind)) = STRIPE.iter().find(|(prefix, _)| text.starts_with(prefix)) {
        let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // Shorter ones are names: `in_` is at home in no name, but a search is no place to be strict.
        return (fits && text.len() >= 8).then(|| Sought::Stripe(*kind, text.to_owned()));
    }
    // What people read out or copy by hand comes in capitals, too.
    let lower = text.to_ascii_lowercase();
    let donor = lower.parse().map(Sought::Donor).ok();
    let gift = || lower.parse().map(Sought::Gift).ok();
    let plan = || lower.parse().map(Sought::Plan).ok();
    let payment = || lower.parse().map(Sought::Payment).ok();
    // A reference is what follows the prefix of an id: 26 characters of the same alphabet.
    let reference = || {
        let as_id: Option<PaymentId> = format!("{}{lower}", PaymentId::PREFIX).parse().ok();
        as_id.map(|_| Sought::Reference(lower.clone()))
    };
    donor.or_else(gift).or_else(plan).or_else(payment).or_else(reference)
}

/// `LFT-2026-00000042`, with or without the zeros.
fn receipt(text: &str) -> Option<Sought> {
    let (front, serial) = text.rsplit_once('-')?;
    let (prefix, year) = front.rsplit_once('-')?;
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let named = prefix.bytes().any(|b| b.is_ascii_alphabetic());
    let plain = prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let fits = named && plain && year.len() == 4 && digits(year) && digits(serial) && serial.len() <= 8;
    fits.then(|| Sought::Receipt(format!("{}-{year}-{serial:0>8}", prefix.to_ascii_uppercase())))
}

fn mailbox(text: &str) -> Option<Sought> {
    let fits = text.contains('@') && !text.contains(char::is_whitespace);
    fits.then(|| Sought::Mailbox(normalise_email(text)))
}

/// `2026-11-22`, `22/11/2026`, `22.11.2026`, `22 November 2026`, `22 Nov 2026`.
fn day(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        // `parse` takes a time behind the day, too; that is no day.
        return (text.len() == 10).then_some(date);
    }
    let parts: Vec<&str> = text.split(['/', '.', ' ']).filter(|p| !p.is_empty()).collect();
    let [day, month, year] = parts.as_slice() else { return None };
    let day: i8 = day.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()?;
    let month: i8 = month.parse().ok().or_else(|| dates::month_named(month))?;
    let year: i16 = year.parse().ok().filter(|_| year.len() == 4)?;
    Date::new(year, month, day).ok()
}

fn sum(text: &str, currencies: &[Currency]) -> Option<Sought> {
    let sums: Vec<Money> = currencies.iter().filter_map(|c| Money::parse_typed(text, *c).ok()).collect();
    (!sums.is_empty()).then_some(Sought::Sum(sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currencies() -> Vec<Currency> {
        ["GBP", "EUR", "JPY"].iter().map(|c| c.parse().expect("a currency")).collect()
    }

    fn seen(text: &str) -> Sought {
        read(text, &currencies())
    }

    #[test]
    fn each_kind_of_text_is_what_it_looks_like() {
        assert_eq!(seen(" Ada@Donors.example "), Sought::Mailbox("ada@donors.example".to_owned()));
        assert_eq!(seen("lft-2026-42"), Sought::Receipt("LFT-2026-00000042".to_owned()));
        assert_eq!(seen("LFT-2026-00000042"), Sought::Receipt("LFT-2026-00000042".to_owned()));
        for (id, kind) in [
            ("pi_3Nabcdefg", StripeKind::PaymentIntent),
            ("ch_3Nabcdefg", StripeKind::Charge),
            ("py_3Nabcdefg", StripeKind::Charge),
            ("re_3Nabcdefg", StripeKind::Refund),
            ("pyr_3Nabcdefg", StripeKind::Refund),
            ("dp_3Nabcdefg", StripeKind::Dispute),
            ("du_3Nabcdefg", StripeKind::Dispute),
            ("sub_3Nabcdefg", StripeKind::Subscription),
            ("cus_3Nabcdefg", StripeKind::Customer),
            ("in_3Nabcdefg", StripeKind::Invoice),
            ("cs_test_3Nabcdefg", StripeKind::Session),
            ("txn_3Nabcdefg", StripeKind::BalanceTransaction),
            ("po_3Nabcdefg", StripeKind::Payout),
        ] {
            assert_eq!(seen(id), Sought::Stripe(kind, id.to_owned()));
        }
        let body = "01hzy3k9q7v5w2x8m4n6p0r1st";
        assert!(matches!(seen(&format!("gift_{body}")), Sought::Gift(_)));
        assert!(matches!(seen(&format!("DNR_{body}")), Sought::Donor(_)));
        assert!(matches!(seen(&format!("plg_{body}")), Sought::Plan(_)));
        assert!(matches!(seen(&format!("pay_{body}")), Sought::Payment(_)));
        assert_eq!(seen(body), Sought::Reference(body.to_owned()));
        assert_eq!(seen("Ada Marsh"), Sought::Words(vec!["ada".to_owned(), "marsh".to_owned()]));
    }

    #[test]
    fn days_and_sums_are_read_as_they_are_written() {
        let day: Date = "2026-11-22".parse().expect("a day");
        for text in ["2026-11-22", "22/11/2026", "22 November 2026", "22nd nov 2026", "22.11.2026"] {
            assert_eq!(seen(text), Sought::Day(day), "{text}");
        }
        assert!(matches!(seen("31/02/2026"), Sought::Words(_)));
        let minors = |text: &str| match seen(text) {
            Sought::Sum(sums) => sums.iter().map(|m| (m.currency().code(), m.minor())).collect::<Vec<_>>(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(minors("£25"), [("GBP", 2500)]);
        assert_eq!(minors("25.00"), [("GBP", 2500), ("EUR", 2500)]);
        assert_eq!(minors("1,250"), [("GBP", 125_000), ("EUR", 125_000), ("JPY", 1250)]);
    }

    #[test]
    fn strange_texts_are_harmless() {
        for text in ["", " ", "\0", "\0\0\0", "%", "_", "'", "\u{202e}\u{1f600}", "--", "@", "gift_", "pi_"] {
            let sought = seen(text);
            assert!(!format!("{sought:?}").contains("\\0"), "{text:?}: {sought:?}");
        }
        assert_eq!(seen("\0"), Sought::Nothing);
        assert_eq!(seen("Robert'); DROP TABLE donor;--"), seen("robert drop table donor"));
        assert!(
            matches!(seen(&"x".repeat(10_000)), Sought::Words(words) if words.len() == 1 && words[0].len() <= 300)
        );
        assert!(matches!(seen("عائشة"), Sought::Words(_)));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_nothing_found_in_it_holds_a_control_character(text in any::<String>()) {
            let clean = |s: &str| !s.contains(char::is_control);
            match seen(&text) {
                Sought::Mailbox(s) | Sought::Receipt(s) | Sought::Stripe(_, s) | Sought::Reference(s) => prop_assert!(clean(&s)),
                Sought::Words(words) => prop_assert!(!words.is_empty() && words.iter().all(|w| clean(w) && !w.is_empty())),
                Sought::Sum(sums) => prop_assert!(sums.iter().all(|m| m.minor() > 0)),
                Sought::Nothing | Sought::Donor(_) | Sought::Gift(_) | Sought::Plan(_) | Sought::Payment(_) | Sought::Day(_) => {}
            }
        }

        #[test]
        fn every_printed_receipt_number_is_one(serial in 1_u32..99_999_999, year in 2000_u32..2999) {
            let number = format!("LFT-{year}-{serial:08}");
            prop_assert_eq!(seen(&number), Sought::Receipt(number));
        }

        #[test]
        fn every_day_is_found_in_words(year in 1970_i16..2100, month in 1_i8..=12, day in 1_i8..=28) {
            let date = Date::new(year, month, day).expect("a day");
            prop_assert_eq!(seen(&dates::long(date, "en-GB")), Sought::Day(date));
            prop_assert_eq!(seen(&date.to_string()), Sought::Day(date));
        }
    }
}
