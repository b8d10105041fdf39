//! How often a donor gives: once, or in a rhythm of months.

use std::fmt;
use std::str::FromStr;

/// How often a gift is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// A single gift.
    Once,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every twelve months.
    Yearly,
}

impl Frequency {
    /// Every frequency, the rarest commitment first.
    pub const ALL: [Frequency; 4] =
        [Frequency::Once, Frequency::Monthly, Frequency::Quarterly, Frequency::Yearly];

    /// The word in addresses, files and the database: `once`, `monthly`, `quarterly`, `yearly`.
    pub fn as_str(self) -> &'static str {
        match self {
            Frequency::Once => "once",
            Frequency::Monthly => "monthly",
            Frequency::Quarterly => "quarterly",
            Frequency::Yearly => "yearly",
        }
    }

    /// Calendar months between two charges; `None` for a single gift.
    pub fn months(self) -> Option<u32> {
        match self {
            Frequency::Once => None,
            Frequency::Monthly => Some(1),
            Frequency::Quarterly => Some(3),
            Frequency::Yearly => Some(12),
        }
    }

    /// The frequency with so many calendar months between two charges.
    pub fn of_months(months: i64) -> Option<Frequency> {
        Frequency::ALL.into_iter().find(|f| f.months().is_some_and(|m| i64::from(m) == months))
    }

    /// The words after an amount: "£25 a month", "£25 once".
    pub fn adverb(self) -> &'static str {
        match self {
            Frequency::Once => "once",
            Frequency::Monthly => "a month",
            Frequency::Quarterly => "a quarter",
            Frequency::Yearly => "a year",
        }
    }
}

/// Not one of the words of [`Frequency::as_str`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be once, monthly, quarterly or yearly")]
pub struct UnknownFrequency;

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Frequency::ALL.into_iter().find(|f| f.as_str() == word).ok_or(UnknownFrequency)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for f in Frequency::ALL {
            assert_eq!(f.as_str().parse(), Ok(f));
        }
        assert_eq!("Monthly".parse::<Frequency>(), Err(UnknownFrequency));
    }
}
