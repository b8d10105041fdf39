//! Days and sums as banks write them.

use jiff::civil::Date;

use super::quoted;
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::offline::AMOUNT_AT_MOST;

/// The ways a day is written: for files, and for people.
pub const DATE_FORMATS: &[(&str, &str)] = &[
    ("%d/%m/%Y", "31/12/2026 (day first)"),
    ("%Y-%m-%d", "2026-12-31"),
    ("%m/%d/%Y", "12/31/2026 (month first)"),
    ("%d.%m.%Y", "31.12.2026"),
    ("%d-%m-%Y", "31-12-2026"),
    ("%d/%m/%y", "31/12/26 (day first)"),
    ("%d.%m.%y", "31.12.26"),
    ("%d %b %Y", "31 Dec 2026"),
    ("%d-%b-%Y", "31-Dec-2026"),
    ("%Y%m%d", "20261231"),
];

/// A day in one of these ways, of this age of the world.
pub(super) fn day(text: &str, format: &str) -> Option<Date> {
    let day = Date::strptime(format, text.trim()).ok()?;
    (1990..=2100).contains(&day.year()).then_some(day)
}

/// What a sum of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    /// It came in.
    In(Money),
    /// It went out.
    Out,
    /// There is none.
    Nothing,
}

/// Reads a sum; it must be exact to the minor unit of its currency. `comma`: decimals follow a comma.
///
/// # Errors
/// In words, what is wrong with it.
pub(super) fn sum(text: &str, currency: Currency, comma: bool) -> Result<Sum, String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
    if bare.is_empty() {
        return Ok(Sum::Nothing);
    }
    let bare = bare.replace('\u{2212}', "-");
    let in_brackets = bare.strip_prefix('(').and_then(|b| b.strip_suffix(')'));
    let minus = bare.strip_prefix('-').or_else(|| bare.strip_suffix('-')).or(in_brackets);
    let figure = minus.unwrap_or(&bare);
    let figure = figure.strip_prefix('+').unwrap_or(figure);
    if figure.contains(['-', '+']) {
        return Err(format!("{} is not a sum", quoted(text)));
    }
    let symbol = currency.symbol();
    let figure =
        figure.strip_suffix(currency.code()).or_else(|| figure.strip_suffix(symbol.trim())).unwrap_or(figure);
    let swapped = |c| match c {
        ',' => '.',
        '.' => ',',
        '\'' | '\u{2019}' => ',',
        other => other,
    };
    let figure: String = if comma { figure.chars().map(swapped).collect() } else { figure.to_owned() };
    match Money::parse_typed(&figure, currency) {
        Ok(_) if minus.is_some() => Ok(Sum::Out),
        Ok(money) if money.minor() > AMOUNT_AT_MOST => {
            Err(format!("{} is larger than any gift", quoted(text)))
        }
        Ok(money) => Ok(Sum::In(money)),
        Err(AmountError::NotPositive) => Ok(Sum::Nothing),
        Err(AmountError::TooManyDecimals) => {
            let places = currency.exponent();
            Err(format!("{} has more than the {places} decimals of {currency}", quoted(text)))
        }
        Err(AmountError::DecimalComma) => Err(format!("{} has a comma where decimals begin", quoted(text))),
        Err(AmountError::TooLarge) => Err(format!("{} is larger than any gift", quoted(text))),
        Err(AmountError::Empty | AmountError::NotANumber) => Err(format!("{} is not a sum", quoted(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minor(text: &str, code: &str, comma: bool) -> Result<i64, String> {
        sum(text, code.parse().unwrap(), comma).map(|s| match s {
            Sum::In(m) => m.minor(),
            Sum::Out => -1,
            Sum::Nothing => 0,
        })
    }

    #[test]
    fn sums_are_exact_or_refused() {
        assert_eq!(minor("1,234.50", "GBP", false), Ok(123_450));
        assert_eq!(minor("1.234,50", "EUR", true), Ok(123_450));
        assert_eq!(minor("1 234,50 €", "EUR", true), Ok(123_450));
        assert_eq!(minor("+25.00", "GBP", false), Ok(2500));
        assert_eq!(minor("\u{2212}25.00", "GBP", false), Ok(-1));
        assert_eq!(minor("25.00-", "GBP", false), Ok(-1));
        assert_eq!(minor("(25.00)", "GBP", false), Ok(-1));
        assert_eq!(minor("0.00", "GBP", false), Ok(0));
        assert_eq!(minor("", "GBP", false), Ok(0));
        assert_eq!(minor("1000", "JPY", false), Ok(1000));
        for (bad, code, comma) in [
            ("25,00", "GBP", false),
            ("25.00", "EUR", true),
            ("10.005", "GBP", false),
            ("10.5", "JPY", false),
            ("ten", "GBP", false),
            ("1,23,4", "GBP", false),
            ("--5", "GBP", false),
            ("99999999999.00", "GBP", false),
        ] {
            assert!(minor(bad, code, comma).is_err(), "{bad} {code}");
        }
    }

    #[test]
    fn days_are_read_in_the_way_that_was_chosen_alone() {
        assert_eq!(day("05/04/2026", "%d/%m/%Y").unwrap().to_string(), "2026-04-05");
        assert_eq!(day("05/04/2026", "%m/%d/%Y").unwrap().to_string(), "2026-05-04");
        for (bad, format) in [
            ("31/02/2026", "%d/%m/%Y"),
            ("2026-04-05", "%d/%m/%Y"),
            ("05/04/26", "%d/%m/%Y"),
            ("", "%Y-%m-%d"),
            ("05/04/2026 x", "%d/%m/%Y"),
        ] {
            assert_eq!(day(bad, format), None, "{bad}");
        }
        for (format, _) in DATE_FORMATS {
            let written = jiff::civil::date(2026, 12, 31).strftime(format).to_string();
            assert_eq!(day(&written, format), Some(jiff::civil::date(2026, 12, 31)), "{format}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_exactly_is_read_exactly(minor_units in 1_i64..1_000_000_000, comma: bool) {
            let money = Money::new(minor_units, Currency::GBP);
            let text = if comma { money.to_plain().replace('.', ",") } else { money.to_plain() };
            prop_assert_eq!(sum(&text, Currency::GBP, comma), Ok(Sum::In(money)));
        }

        #[test]
        fn nothing_makes_the_reader_fall(text in "\\PC{0,20}", comma: bool) {
            let _ = sum(&text, Currency::GBP, comma);
            for (format, _) in DATE_FORMATS {
                let _ = day(&text, format);
            }
        }
    }
}
