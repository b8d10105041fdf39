//! Money that knows its currency: integer minor units, checked arithmetic, exact splitting.

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency with a defined number of decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Pound sterling.
    pub const GBP: Currency = Currency(iso_currency::Currency::GBP);

    /// Number of decimals of the minor unit: 2 for GBP, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }

    /// The three-letter code in capitals.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The symbol donors know, made unambiguous for dollars other than the US one.
    pub fn symbol(self) -> String {
        match self.code() {
            "USD" => "$".to_owned(),
            "CAD" => "CA$".to_owned(),
            "AUD" => "A$".to_owned(),
            "NZD" => "NZ$".to_owned(),
            "JPY" => "¥".to_owned(),
            "GBP" | "EUR" => self.0.symbol().to_string(),
            other => format!("{other}\u{a0}"),
        }
    }

    fn minor_per_major(self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let upper = code.to_ascii_uppercase();
        iso_currency::Currency::from_code(&upper)
            .filter(|c| c.exponent().is_some())
            .map(Currency)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        code.parse().map_err(|_| serde::de::Error::custom(format!("unknown currency {code:?}")))
    }
}

/// What can go wrong with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met in one sum.
    #[error("amounts in different currencies")]
    MixedCurrency,
    /// The result does not fit.
    #[error("amount too large")]
    Overflow,
    /// Not a currency of ISO 4217 with minor units.
    #[error("unknown currency")]
    UnknownCurrency,
}

/// Why a typed amount was not understood. The words for the donor are made at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Not digits with at most one full stop (a comma is only a thousands mark).
    #[error("not an amount")]
    NotANumber,
    /// A comma where the decimals begin, as in `10,00`.
    #[error("comma as decimal mark")]
    DecimalComma,
    /// More decimals than the currency has.
    #[error("too many decimals")]
    TooManyDecimals,
    /// Zero or negative.
    #[error("not positive")]
    NotPositive,
    /// Larger than can be held.
    #[error("too large")]
    TooLarge,
}

/// An amount in minor units (pence, cents) of one currency. May be negative in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Money { minor, currency }
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Money { minor: 0, currency }
    }

    /// Minor units: pence for GBP, yen for JPY, fils for KWD.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// True when not a single minor unit.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Sum of two amounts of one currency.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Difference of two amounts of one currency.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// The amount with its sign turned.
    pub fn checked_neg(self) -> Result<Money, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Hands out every minor unit over `weights`: the remainder goes to the first parts, one unit each.
    /// An empty or all-zero list of weights gives an empty list.
    pub fn split(self, weights: &[u32]) -> Vec<Money> {
        let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if total == 0 {
            return Vec::new();
        }
        let amount = i128::from(self.minor);
        let mut parts: Vec<i128> = weights.iter().map(|w| amount * i128::from(*w) / total).collect();
        let mut left = amount - parts.iter().sum::<i128>();
        let step = left.signum();
        for (part, weight) in parts.iter_mut().zip(weights) {
            if left == 0 {
                break;
            }
            if *weight > 0 {
                *part += step;
                left -= step;
            }
        }
        parts.into_iter().map(|p| Money { minor: p as i64, ..self }).collect()
    }

    /// `percent` of the amount, rounded down to the minor unit (the named rule *floor*, UK-32).
    pub fn percent_floor(self, percent: Decimal) -> Result<Money, MoneyError> {
        self.percent(percent, RoundingStrategy::ToNegativeInfinity)
    }

    /// `percent` of the amount, rounded up to the minor unit (the named rule *ceiling*: a covered fee is never short).
    pub fn percent_ceil(self, percent: Decimal) -> Result<Money, MoneyError> {
        self.percent(percent, RoundingStrategy::ToPositiveInfinity)
    }

    fn percent(self, percent: Decimal, rule: RoundingStrategy) -> Result<Money, MoneyError> {
        let exact = Decimal::from(self.minor)
            .checked_mul(percent)
            .and_then(|d| d.checked_div(Decimal::ONE_HUNDRED))
            .ok_or(MoneyError::Overflow)?;
        let minor = exact.round_dp_with_strategy(0, rule).to_i64().ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Reads what a person typed: `25`, `25.50`, `£25`, `1,000.00`. Refuses everything that leaves a doubt.
    ///
    /// # Errors
    /// [`AmountError`] names the reason; the amount is always more than zero when it is accepted.
    pub fn parse_typed(text: &str, currency: Currency) -> Result<Money, AmountError> {
        let cleaned: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
        let symbol = currency.symbol();
        let bare = cleaned
            .strip_prefix(symbol.trim())
            .or_else(|| cleaned.strip_prefix(currency.code()))
            .unwrap_or(&cleaned);
        if bare.is_empty() {
            return Err(AmountError::Empty);
        }
        if let Some(rest) = bare.strip_prefix('-') {
            let looks_numeric = rest.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
            return Err(if looks_numeric { AmountError::NotPositive } else { AmountError::NotANumber });
        }
        let (whole, decimals) = match bare.split_once('.') {
            Some((w, d)) => (w, d),
            None => (bare, ""),
        };
        let whole = without_thousands_marks(whole, decimals.is_empty())?;
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && decimals.is_empty() || !all_digits(&whole) || !all_digits(decimals) {
            return Err(AmountError::NotANumber);
        }
        if decimals.len() > currency.exponent() as usize {
            return Err(AmountError::TooManyDecimals);
        }
        let padded = format!("{decimals:0<width$}", width = currency.exponent() as usize);
        let digits = format!("{whole}{padded}");
        let minor: i64 = digits.trim_start_matches('0').parse().or_else(|_| {
            if digits.trim_matches('0').is_empty() { Ok(0) } else { Err(AmountError::TooLarge) }
        })?;
        if minor == 0 { Err(AmountError::NotPositive) } else { Ok(Money { minor, currency }) }
    }

    /// Exact decimal text without symbol or grouping, for form values and files: `25.50`, `1000` (JPY).
    pub fn to_plain(self) -> String {
        let per = self.currency.minor_per_major();
        let sign = if self.minor < 0 { "-" } else { "" };
        let abs = self.minor.unsigned_abs();
        let (whole, rest) = (abs / per as u64, abs % per as u64);
        match self.currency.exponent() {
            0 => format!("{sign}{whole}"),
            width => format!("{sign}{whole}.{rest:0width$}", width = width as usize),
        }
    }

    /// For people, by locale: `£1,234.50` (en-GB), `1.234,50 €` (de-DE), `€ 1.234,50` (nl-NL), `1 234,50 €` (fr).
    pub fn display(self, locale: &str) -> String {
        let plain = Money { minor: self.minor.saturating_abs(), ..self }.to_plain();
        let (whole, decimals) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
        let language = locale.split('-').next().unwrap_or("en");
        let (group, point) = match language {
            "de" | "nl" => (".", ","),
            "fr" => ("\u{202f}", ","),
            _ => (",", "."),
        };
        let mut number = grouped(whole, group);
        if !decimals.is_empty() {
            number.push_str(point);
            number.push_str(decimals);
        }
        let sign = if self.minor < 0 { "\u{2212}" } else { "" };
        let symbol = self.currency.symbol();
        match language {
            "de" | "fr" => format!("{sign}{number}\u{a0}{}", symbol.trim()),
            "nl" => format!("{sign}{}\u{a0}{number}", symbol.trim()),
            _ => format!("{sign}{symbol}{number}"),
        }
    }

    /// As [`Money::display`], without decimals when they are all zero: `£25`. For buttons and labels only.
    pub fn display_short(self, locale: &str) -> String {
        let full = self.display(locale);
        let zeros = "0".repeat(self.currency.exponent() as usize);
        if zeros.is_empty() || self.minor % self.currency.minor_per_major() != 0 {
            return full;
        }
        full.replace(&format!(".{zeros}"), "").replace(&format!(",{zeros}\u{a0}"), "\u{a0}")
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::MixedCurrency) }
    }
}

fn without_thousands_marks(whole: &str, no_decimals: bool) -> Result<String, AmountError> {
    if !whole.contains(',') {
        return Ok(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let well_grouped = (1..=3).contains(&first.len()) && rest.iter().all(|g| g.len() == 3);
    if well_grouped {
        return Ok(whole.replace(',', ""));
    }
    let digits = whole.chars().all(|c| c.is_ascii_digit() || c == ',');
    Err(if digits && no_decimals && rest.len() == 1 {
        AmountError::DecimalComma
    } else {
        AmountError::NotANumber
    })
}

fn grouped(digits: &str, mark: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push_str(mark);
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().unwrap())
    }

    #[test]
    fn typed_amounts_are_read_exactly_or_refused_with_the_reason() {
        let gbp = Currency::GBP;
        let ok = |t: &str| Money::parse_typed(t, gbp).unwrap().minor();
        assert_eq!(ok("25"), 2500);
        assert_eq!(ok(" £25.5 "), 2550);
        assert_eq!(ok(".50"), 50);
        assert_eq!(ok("1,000.01"), 100_001);
        assert_eq!(ok("007"), 700);
        let no = |t: &str| Money::parse_typed(t, gbp).unwrap_err();
        assert_eq!(no(""), AmountError::Empty);
        assert_eq!(no("-1"), AmountError::NotPositive);
        assert_eq!(no("0"), AmountError::NotPositive);
        assert_eq!(no("0.00"), AmountError::NotPositive);
        assert_eq!(no("0.005"), AmountError::TooManyDecimals);
        assert_eq!(no("1e309"), AmountError::NotANumber);
        assert_eq!(no("10,00"), AmountError::DecimalComma);
        assert_eq!(no("NaN"), AmountError::NotANumber);
        assert_eq!(no("inf"), AmountError::NotANumber);
        assert_eq!(no("1.2.3"), AmountError::NotANumber);
        assert_eq!(no("."), AmountError::NotANumber);
        assert_eq!(no("９"), AmountError::NotANumber);
        assert_eq!(no("92233720368547758080"), AmountError::TooLarge);
    }

    #[test]
    fn decimals_follow_the_currency() {
        let read = |t: &str, c: &str| Money::parse_typed(t, c.parse().unwrap()).map(Money::minor);
        assert_eq!(read("1000", "JPY"), Ok(1000));
        assert_eq!(read("10.5", "JPY"), Err(AmountError::TooManyDecimals));
        assert_eq!(read("1.234", "KWD"), Ok(1234));
        assert_eq!(read("1.2345", "KWD"), Err(AmountError::TooManyDecimals));
    }

    #[test]
    fn locales_place_marks_and_symbols_their_way() {
        assert_eq!(money(123_450, "GBP").display("en-GB"), "£1,234.50");
        assert_eq!(money(-2500, "GBP").display("en-GB"), "\u{2212}£25.00");
        assert_eq!(money(123_450, "EUR").display("de-DE"), "1.234,50\u{a0}€");
        assert_eq!(money(123_450, "EUR").display("nl-NL"), "€\u{a0}1.234,50");
        assert_eq!(money(1000, "JPY").display("en-GB"), "¥1,000");
        assert_eq!(money(2500, "GBP").display_short("en-GB"), "£25");
        assert_eq!(money(2550, "GBP").display_short("en-GB"), "£25.50");
        assert_eq!(money(100_000, "GBP").display_short("en-GB"), "£1,000");
        assert_eq!(money(2500, "EUR").display_short("de-DE"), "25\u{a0}€");
    }

    #[test]
    fn currencies_never_mix() {
        let sum = money(1, "GBP").checked_add(money(1, "EUR"));
        assert_eq!(sum, Err(MoneyError::MixedCurrency));
        assert_eq!(money(i64::MAX, "GBP").checked_add(money(1, "GBP")), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn a_split_hands_out_every_penny(minor in -1_000_000_i64..1_000_000, weights in prop::collection::vec(0u32..50, 1..8)) {
            let parts = money(minor, "GBP").split(&weights);
            if weights.iter().any(|w| *w > 0) {
                prop_assert_eq!(parts.iter().map(|p| p.minor()).sum::<i64>(), minor);
            } else {
                prop_assert!(parts.is_empty());
            }
        }

        #[test]
        fn plain_text_reads_back(minor in 1_i64..1_000_000_000_000, code in prop::sample::select(vec!["GBP", "JPY", "KWD", "EUR"])) {
            let m = money(minor, code);
            prop_assert_eq!(Money::parse_typed(&m.to_plain(), m.currency()), Ok(m));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = Money::parse_typed(&text, Currency::GBP);
        }
    }
}
