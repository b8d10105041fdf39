//! Invented donors: a name, a mailbox, an address, an entity they give to.

use super::dice::Dice;
use super::names::{CULTURES, Culture, ORGANISATIONS, STREETS, TOWNS_CA, TOWNS_UK, TOWNS_US};
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::states::DonorKind;

/// The legal entities of the example charity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Gift Aid, pounds and a few euros.
    Uk,
    /// Dollars.
    Us,
    /// Canadian dollars, no fee cover.
    Ca,
}

impl Home {
    /// Its id in the charity file.
    pub fn entity(self) -> &'static str {
        match self {
            Home::Uk => "uk",
            Home::Us => "us",
            Home::Ca => "ca",
        }
    }
}

/// A name in its own letters, and for a mailbox.
type Name = (&'static str, &'static str);

fn names(text: &'static str) -> Vec<Name> {
    text.split_whitespace().map(|n| n.split_once('/').unwrap_or((n, n))).collect()
}

/// Two in three are named as most people in their country are.
fn culture(dice: &mut Dice, home: Home) -> &'static Culture {
    let usual = match home {
        Home::Uk => 0,
        Home::Us => 1,
        Home::Ca if dice.percent(40) => 6,
        Home::Ca => dice.below(2),
    };
    if dice.percent(55) { &CULTURES[usual] } else { dice.pick(&CULTURES) }
}

/// A whole name.
pub fn name(dice: &mut Dice, home: Home) -> (Name, Name) {
    let culture = culture(dice, home);
    (*dice.pick(&names(culture.given)), *dice.pick(&names(culture.family)))
}

/// The donor with this number; it makes the mailbox the only one of its kind.
pub fn donor(dice: &mut Dice, home: Home, number: usize, organisation: bool) -> DonorDetails {
    let ((given, given_ascii), (family, family_ascii)) = name(dice, home);
    let mailbox = format!("{given_ascii}.{family_ascii}").to_lowercase();
    let body = organisation
        .then(|| dice.pick(&ORGANISATIONS).replace("{}", family_latin(family, family_ascii).as_str()));
    let wants_address = match home {
        Home::Uk => dice.percent(80),
        Home::Us => dice.percent(45),
        Home::Ca => true,
    };
    DonorDetails {
        kind: if organisation { DonorKind::Organisation } else { DonorKind::Individual },
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        organisation: body,
        email: format!("{mailbox}{number}@donors.example"),
        address: wants_address.then(|| address(dice, home)),
        locale: match home {
            Home::Uk => "en-GB",
            Home::Us => "en-US",
            Home::Ca => "en-CA",
        }
        .to_owned(),
    }
}

/// A body's name stays in Latin letters.
fn family_latin(shown: &str, ascii: &str) -> String {
    if shown.chars().any(char::is_alphabetic) && shown.chars().all(|c| (c as u32) < 0x250 || c == '’') {
        return shown.to_owned();
    }
    let mut letters = ascii.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// An address nobody lives at.
pub fn address(dice: &mut Dice, home: Home) -> Address {
    let line1 = format!("{} {}", dice.below(180) + 1, dice.pick(&STREETS));
    let digit = |dice: &mut Dice| dice.below(9) + 1;
    let (towns, postcode, country): (&[(&str, &str)], String, &str) = match home {
        Home::Uk => (&TOWNS_UK, format!("EX{} {}AA", digit(dice), digit(dice)), "GB"),
        Home::Us => (&TOWNS_US, format!("000{}{}", digit(dice), digit(dice)), "US"),
        Home::Ca => (&TOWNS_CA, format!("Z{}Z {}Z{}", digit(dice), digit(dice), digit(dice)), "CA"),
    };
    let (city, region) = *dice.pick(towns);
    Address {
        line1,
        line2: if dice.percent(12) { format!("Flat {}", digit(dice)) } else { String::new() },
        city: city.to_owned(),
        region: region.to_owned(),
        postcode,
        country: country.to_owned(),
    }
}
