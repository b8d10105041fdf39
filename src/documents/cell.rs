//! One cell of a table that is written to a file: what it holds, not how it looks.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};

use crate::domain::money::Money;

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Words, never a formula.
    Text(Cow<'a, str>),
    /// A whole number.
    Whole(i64),
    /// A number of so many decimals, in units of its last one: 2550 with 2 is 25.50.
    Decimal(i64, u8),
    /// A civil day.
    Day(Date),
    /// An instant, in UTC.
    Instant(DateTime),
}

impl<'a> Cell<'a> {
    /// Words; nothing when there are none.
    pub fn text(words: impl Into<Cow<'a, str>>) -> Cell<'a> {
        let words = words.into();
        if words.is_empty() { Cell::Empty } else { Cell::Text(words) }
    }

    /// Words that may be absent.
    pub fn maybe(words: Option<&'a str>) -> Cell<'a> {
        words.map_or(Cell::Empty, Cell::text)
    }

    /// A sum, with the decimals of its currency.
    pub fn money(sum: Money) -> Cell<'a> {
        Cell::Decimal(sum.minor(), u8::try_from(sum.currency().exponent()).unwrap_or(2))
    }

    /// `yes` or `no`.
    pub fn yes_no(yes: bool) -> Cell<'a> {
        Cell::Text(Cow::Borrowed(if yes { "yes" } else { "no" }))
    }
}

/// Writes `minor` with its decimals: `25.50`, `-0.05`, `1000`.
pub(super) fn push_decimal(out: &mut String, minor: i64, decimals: u8) {
    use std::fmt::Write;
    if minor < 0 {
        out.push('-');
    }
    let unit = 10_u64.pow(u32::from(decimals.min(18)));
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    // Writing to a string cannot fail.
    let _ = match decimals {
        0 => write!(out, "{whole}"),
        width => write!(out, "{whole}.{rest:0width$}", width = usize::from(width)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_currency() {
        let plain = |minor, decimals| {
            let mut out = String::new();
            push_decimal(&mut out, minor, decimals);
            out
        };
        assert_eq!((plain(2550, 2).as_str(), plain(-5, 2).as_str()), ("25.50", "-0.05"));
        assert_eq!((plain(1000, 0).as_str(), plain(1_234_567, 3).as_str()), ("1000", "1234.567"));
        assert_eq!(plain(i64::MIN, 2), "-92233720368547758.08");
    }
}
