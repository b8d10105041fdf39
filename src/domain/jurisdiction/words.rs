//! Sums in words: figures alone are too easily mended (DE-1, NL-3).

use crate::domain::money::{Currency, Money};

const DE_UNITS: [&str; 20] = [
    "",
    "ein",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];
const DE_TENS: [&str; 10] =
    ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];
/// What a group of three figures is called, from the largest that fits into a sum: for one, for several.
const DE_SCALES: [(u64, &str, &str); 4] = [
    (1_000_000_000_000_000, "Billiarde", "Billiarden"),
    (1_000_000_000_000, "Billion", "Billionen"),
    (1_000_000_000, "Milliarde", "Milliarden"),
    (1_000_000, "Million", "Millionen"),
];

const EN_UNITS: [&str; 20] = [
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const EN_TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const EN_SCALES: [(u64, &str); 6] = [
    (1_000_000_000_000_000_000, "quintillion"),
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1000, "thousand"),
];

fn word(list: &'static [&'static str], index: u64) -> &'static str {
    usize::try_from(index).ok().and_then(|i| list.get(i)).copied().unwrap_or_default()
}

/// Whole units and what is left in minor units, without the sign.
fn parts(sum: Money) -> (u64, u64) {
    let per = 10_u64.saturating_pow(sum.currency().exponent());
    let minor = sum.minor().unsigned_abs();
    (minor / per, minor % per)
}

/// A sum in German words: `einhundertfünfundzwanzig Euro und 50 Cent` (DE-1). Every sum has words.
pub fn german(sum: Money) -> String {
    let (units, rest) = parts(sum);
    let (unit, part) = german_names(sum.currency());
    let sign = if sum.minor() < 0 { "minus " } else { "" };
    let spoken = format!("{sign}{} {unit}", german_number(units));
    if rest == 0 { spoken } else { format!("{spoken} und {rest} {part}") }
}

fn german_names(currency: Currency) -> (&'static str, &'static str) {
    match currency.code() {
        "EUR" => ("Euro", "Cent"),
        "USD" => ("US-Dollar", "Cent"),
        "GBP" => ("Pfund Sterling", "Pence"),
        "CHF" => ("Schweizer Franken", "Rappen"),
        code => (code, "kleinste Einheiten"),
    }
}

/// A whole number as it stands before a noun: `eintausendein` (Euro).
fn german_number(n: u64) -> String {
    let mut said = Vec::new();
    let mut left = n;
    for (scale, one, many) in DE_SCALES {
        match left / scale {
            0 => {}
            1 => said.push(format!("eine {one}")),
            more => said.push(format!("{} {many}", german_below_thousand(more))),
        }
        left %= scale;
    }
    let mut small = String::new();
    if left >= 1000 {
        small.push_str(&german_below_thousand(left / 1000));
        small.push_str("tausend");
    }
    small.push_str(&german_below_thousand(left % 1000));
    if !small.is_empty() {
        said.push(small);
    }
    if said.is_empty() { "null".to_owned() } else { said.join(" ") }
}

fn german_below_thousand(n: u64) -> String {
    let (hundreds, rest) = (n / 100, n % 100);
    let mut out = String::new();
    if hundreds > 0 {
        out.push_str(word(&DE_UNITS, hundreds));
        out.push_str("hundert");
    }
    match (rest / 10, rest % 10) {
        (0 | 1, _) => out.push_str(word(&DE_UNITS, rest)),
        (tens, 0) => out.push_str(word(&DE_TENS, tens)),
        (tens, unit) => {
            out.push_str(word(&DE_UNITS, unit));
            out.push_str("und");
            out.push_str(word(&DE_TENS, tens));
        }
    }
    out
}

/// A sum in English words: `one hundred and twenty-five pounds and 50 pence`. Every sum has words.
pub fn english(sum: Money) -> String {
    let (units, rest) = parts(sum);
    let (one, many, part_one, part_many) = english_names(sum.currency());
    let sign = if sum.minor() < 0 { "minus " } else { "" };
    let unit = if units == 1 { one } else { many };
    let spoken = format!("{sign}{} {unit}", english_number(units));
    match rest {
        0 => spoken,
        1 => format!("{spoken} and 1 {part_one}"),
        more => format!("{spoken} and {more} {part_many}"),
    }
}

fn english_names(currency: Currency) -> (&'static str, &'static str, &'static str, &'static str) {
    match currency.code() {
        "GBP" => ("pound", "pounds", "penny", "pence"),
        "EUR" => ("euro", "euros", "cent", "cents"),
        "USD" => ("US dollar", "US dollars", "cent", "cents"),
        "CAD" => ("Canadian dollar", "Canadian dollars", "cent", "cents"),
        "AUD" => ("Australian dollar", "Australian dollars", "cent", "cents"),
        code => (code, code, "minor unit", "minor units"),
    }
}

/// A whole number: `one thousand and one`.
fn english_number(n: u64) -> String {
    let mut said = Vec::new();
    let mut left = n;
    for (scale, name) in EN_SCALES {
        if left >= scale {
            said.push(format!("{} {name}", english_below_thousand(left / scale)));
        }
        left %= scale;
    }
    if left > 0 {
        let and = if left < 100 && !said.is_empty() { "and " } else { "" };
        said.push(format!("{and}{}", english_below_thousand(left)));
    }
    if said.is_empty() { "nought".to_owned() } else { said.join(" ") }
}

fn english_below_thousand(n: u64) -> String {
    let (hundreds, rest) = (n / 100, n % 100);
    let small = match (rest / 10, rest % 10) {
        (0 | 1, _) => word(&EN_UNITS, rest).to_owned(),
        (tens, 0) => word(&EN_TENS, tens).to_owned(),
        (tens, unit) => format!("{}-{}", word(&EN_TENS, tens), word(&EN_UNITS, unit)),
    };
    match (hundreds, small.is_empty()) {
        (0, _) => small,
        (_, true) => format!("{} hundred", word(&EN_UNITS, hundreds)),
        (_, false) => format!("{} hundred and {small}", word(&EN_UNITS, hundreds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().expect("a currency"))
    }

    #[test]
    fn sums_are_said_as_germans_say_them() {
        for (minor, words) in [
            (0, "null Euro"),
            (5, "null Euro und 5 Cent"),
            (100, "ein Euro"),
            (1200, "zwölf Euro"),
            (1600, "sechzehn Euro"),
            (1700, "siebzehn Euro"),
            (3000, "dreißig Euro"),
            (12_550, "einhundertfünfundzwanzig Euro und 50 Cent"),
            (30_001, "dreihundert Euro und 1 Cent"),
            (100_000, "eintausend Euro"),
            (101_700, "eintausendsiebzehn Euro"),
            (2_100_000, "einundzwanzigtausend Euro"),
            (10_100_000, "einhunderteintausend Euro"),
            (100_000_000, "eine Million Euro"),
            (123_456_700, "eine Million zweihundertvierunddreißigtausendfünfhundertsiebenundsechzig Euro"),
            (
                99_999_999_999,
                "neunhundertneunundneunzig Millionen neunhundertneunundneunzigtausendneunhundertneunundneunzig \
                 Euro und 99 Cent",
            ),
            (200_000_000_000, "zwei Milliarden Euro"),
            (-500, "minus fünf Euro"),
        ] {
            assert_eq!(german(money(minor, "EUR")), words);
        }
        assert_eq!(german(money(1000, "JPY")), "eintausend JPY");
    }

    #[test]
    fn sums_are_said_in_english() {
        for (minor, words) in [
            (0, "nought pounds"),
            (1, "nought pounds and 1 penny"),
            (101, "one pound and 1 penny"),
            (12_550, "one hundred and twenty-five pounds and 50 pence"),
            (100_100, "one thousand and one pounds"),
            (111_500, "one thousand one hundred and fifteen pounds"),
            (100_000_000, "one million pounds"),
        ] {
            assert_eq!(english(money(minor, "GBP")), words);
        }
        assert_eq!(english(money(200, "CAD")), "two Canadian dollars");
    }

    /// Reads German words back: an oracle that shares nothing with what writes them but the first twenty words.
    fn read_german(words: &str) -> u64 {
        let (mut total, mut last) = (0, 0);
        for token in words.split(' ') {
            match token {
                "Milliarde" | "Milliarden" => total += 1_000_000_000 * std::mem::take(&mut last),
                "Million" | "Millionen" => total += 1_000_000 * std::mem::take(&mut last),
                "eine" => last = 1,
                small => last = read_small(small),
            }
        }
        total + last
    }

    fn read_small(word: &str) -> u64 {
        if let Some((thousands, rest)) = word.split_once("tausend") {
            return 1000 * read_small(thousands) + read_small(rest);
        }
        if let Some((hundreds, rest)) = word.split_once("hundert") {
            return 100 * read_small(hundreds) + read_small(rest);
        }
        let unit = |w: &str| DE_UNITS.iter().position(|u| *u == w).map(|n| n as u64);
        let ten = |w: &str| DE_TENS.iter().position(|t| !t.is_empty() && *t == w).map(|n| 10 * n as u64);
        if let Some(n) = unit(word).or_else(|| ten(word)) {
            return n;
        }
        let (one, tens) = word.split_once("und").expect("unit and ten");
        unit(one).expect("a unit") + ten(tens).expect("a ten")
    }

    proptest! {
        #[test]
        fn german_words_say_the_figure(units in prop_oneof![1_u64..2000, 1_u64..1_000_000_000, 1_u64..900_000_000_000]) {
            let words = german_number(units);
            prop_assert_eq!(read_german(&words), units, "{}", words);
        }

        #[test]
        fn every_sum_has_words_and_no_two_the_same(a in any::<i64>(), b in any::<i64>(), code in "EUR|GBP|JPY|KWD|USD") {
            for say in [german, english] {
                let (first, second) = (say(money(a, &code)), say(money(b, &code)));
                prop_assert!(first.chars().any(char::is_alphabetic) && !first.contains("  "));
                prop_assert_eq!(a == b, first == second);
            }
        }
    }
}
