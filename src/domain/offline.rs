//! Gifts that came without Stripe: what they are called, on which day they count, how payers are compared.

use super::names::fold;
use super::states::OfflineKind;

/// No single gift is larger, in minor units: a sum beyond it is a slip of the hand.
pub const AMOUNT_AT_MOST: i64 = 99_999_999_999;

/// The ways, in the order they are offered.
pub const KINDS: [OfflineKind; 4] =
    [OfflineKind::Cheque, OfflineKind::Cash, OfflineKind::BankTransfer, OfflineKind::StandingOrder];

/// The ways a sum comes into the bank account.
pub const BANK_KINDS: [OfflineKind; 2] = [OfflineKind::BankTransfer, OfflineKind::StandingOrder];

/// The method on receipts and pages.
pub fn method_label(kind: OfflineKind) -> &'static str {
    match kind {
        OfflineKind::Cheque => "Cheque",
        OfflineKind::Cash => "Cash",
        OfflineKind::BankTransfer => "Bank transfer",
        OfflineKind::StandingOrder => "Standing order",
        OfflineKind::Imported => "Imported",
    }
}

/// Which day counts as the day received, as a hint for who enters it. By the law of the receiving entity's country (ISO
/// alpha-2): what came by post counts on the postmark's day in the United States (US-6) and in Canada (CA-10); elsewhere
/// on the day it reached the charity (UK-34).
pub fn day_rule(country: &str) -> &'static str {
    match country {
        "US" => "By post: the day it was posted, as on the envelope. Else the day it reached us",
        "CA" => "By post: the day of the postmark. Else the day it reached us",
        _ => "The day it reached us; for a payment into the account, the day the bank booked it",
    }
}

/// The words of a name, folded as in the index of names, and cut at hyphens, which banks leave out: how names are compared.
pub fn words(text: &str) -> Vec<String> {
    let joins = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}');
    fold(text)
        .split(|c: char| !c.is_alphanumeric() && !joins(c))
        .map(|word| word.replace(joins, ""))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A payer as a bank writes them, so that the same one is known again.
pub fn payer_norm(payer: &str) -> String {
    words(payer).join(" ")
}

/// Whether a payer's words are a donor's name: each word of the one is a word of the other, titles aside.
pub fn same_name(payer: &[String], donor: &[String]) -> bool {
    let bare = |words: &[String]| {
        let mut kept: Vec<String> = words.iter().filter(|w| !is_title(w)).cloned().collect();
        kept.sort();
        kept.dedup();
        kept
    };
    let (payer, donor) = (bare(payer), bare(donor));
    payer.len() > 1 && payer == donor
}

/// The words by which a payer's name is looked for: the two longest, titles aside; none when there are fewer.
pub fn telling_words(payer: &[String]) -> Option<[String; 2]> {
    let mut kept: Vec<&String> = payer.iter().filter(|w| !is_title(w) && w.chars().count() > 1).collect();
    kept.sort_by_key(|w| std::cmp::Reverse(w.chars().count()));
    kept.dedup();
    Some([kept.first()?.to_string(), kept.get(1)?.to_string()])
}

fn is_title(word: &str) -> bool {
    matches!(
        word,
        "mr" | "mrs" | "ms" | "miss" | "mx" | "dr" | "sir" | "dame" | "rev" | "prof" | "herr" | "frau"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payer_is_a_donor_when_every_word_is() {
        let same = |payer: &str, donor: &str| same_name(&words(payer), &words(donor));
        assert!(same("MARSH ADA MRS", "Ada Marsh"));
        assert!(same("Zoë O'Hara", "zoe ohara") && same("ZOE O’HARA", "Zoë O'Hara"));
        assert!(same("WEISS SOREN", "Søren Weiß") && same("LUKASZ AEBI", "Łukasz Æbi"));
        assert!(same("ANNE MARIE THORDUR", "Anne-Marie Þorđur"));
        assert!(!same("A MARSH", "Ada Marsh"), "an initial is not a name");
        assert!(!same("MARSH", "Marsh"), "one word is not enough");
        assert!(!same("ADA MARSH LTD", "Ada Marsh"));
        assert_eq!(payer_norm("  Müller,  Jörg "), "muller jorg");
        assert_eq!(telling_words(&words("MR ADA MARSH")), Some(["marsh".to_owned(), "ada".to_owned()]));
        assert_eq!(telling_words(&words("A MARSH")), None);
    }

    #[test]
    fn the_post_counts_by_the_law_of_the_country() {
        assert!(day_rule("CA").contains("postmark") && day_rule("US").contains("posted"));
        assert!(day_rule("GB").starts_with("The day it reached us"));
    }
}
