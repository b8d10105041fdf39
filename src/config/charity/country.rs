//! The countries an entity can be in, and what each asks of it.

use std::str::FromStr;

use super::entity::Registration;

/// Where a legal entity is registered; decides tax year, receipt and wording rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Country {
    /// United Kingdom.
    GB,
    /// United States.
    US,
    /// Canada.
    CA,
    /// Australia.
    AU,
    /// Germany.
    DE,
    /// The Netherlands.
    NL,
}

impl Country {
    /// All of them.
    pub const ALL: [Country; 6] =
        [Country::GB, Country::US, Country::CA, Country::AU, Country::DE, Country::NL];

    /// Two capitals (ISO 3166-1).
    pub fn as_str(self) -> &'static str {
        match self {
            Country::GB => "GB",
            Country::US => "US",
            Country::CA => "CA",
            Country::AU => "AU",
            Country::DE => "DE",
            Country::NL => "NL",
        }
    }

    /// The name for people, in English.
    pub fn name(self) -> &'static str {
        match self {
            Country::GB => "United Kingdom",
            Country::US => "United States",
            Country::CA => "Canada",
            Country::AU => "Australia",
            Country::DE => "Germany",
            Country::NL => "Netherlands",
        }
    }

    /// What no registration satisfies, when a receipt of this country needs one of a given form
    /// (US-7, CA-3, AU-1, NL-1).
    pub(super) fn registration_problem(self, registrations: &[Registration]) -> Option<&'static str> {
        let (pattern, problem) = match self {
            Country::GB | Country::DE => return None,
            Country::US => ("00-0000000", "must hold the EIN, as 12-3456789"),
            Country::CA => ("000000000RR0000", "must hold the registration number, as 123456789RR0001"),
            Country::AU => ("00000000000", "must hold the ABN, eleven digits"),
            Country::NL => ("000000000", "must hold the RSIN, nine digits"),
        };
        let found = registrations.iter().any(|r| shape(&r.number) == pattern);
        if found { None } else { Some(problem) }
    }
}

/// The number with every digit as 0 and without spaces.
fn shape(number: &str) -> String {
    number.chars().filter(|c| !c.is_whitespace()).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

impl FromStr for Country {
    type Err = &'static str;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Country::ALL.into_iter().find(|c| c.as_str() == code).ok_or("must be GB, US, CA, AU, DE or NL")
    }
}
