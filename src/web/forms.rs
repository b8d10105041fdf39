//! Checking what people type: one line, an address on the net, an address on a street.

use std::collections::BTreeMap;

use email_address::{EmailAddress, Options};

use crate::config::Charity;
use crate::domain::donor::{Address, country_name};
use crate::domain::postcode;
use crate::web::pages::{Choice, Field};

/// Names of people and bodies.
pub const NAME_AT_MOST: usize = 120;
/// Lines of an address.
const LINE_AT_MOST: usize = 120;

/// What is wrong, by field name, in words that say how to put it right.
pub type Mistakes = BTreeMap<&'static str, String>;

/// A field as it goes back: what was typed, and what is wrong with it.
pub fn field(wrong: &Mistakes, name: &'static str, typed: &str) -> Field {
    Field { value: typed.to_owned(), error: wrong.get(name).cloned() }
}

/// One line of text: trimmed, not too long, no control characters (a line break in a name could reach a mail header).
pub fn line(
    wrong: &mut Mistakes,
    field: &'static str,
    typed: &str,
    at_most: usize,
    missing: Option<&str>,
) -> String {
    let text = typed.trim();
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.is_empty() {
        if let Some(words) = missing {
            wrong.insert(field, words.to_owned());
        }
    } else if text.chars().any(breaks) {
        wrong.insert(field, "Write this on one line".to_owned());
    } else if text.chars().count() > at_most {
        wrong.insert(field, format!("Shorten this to {at_most} characters or fewer"));
    }
    text.to_owned()
}

/// An e-mail address that mail can be sent to.
pub fn email(wrong: &mut Mistakes, field: &'static str, typed: &str, missing: &str) -> String {
    let text = line(wrong, field, typed, 254, Some(missing));
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let fits = text.is_ascii() && EmailAddress::parse_with_options(&text, options).is_ok();
    if !fits {
        wrong.entry(field).or_insert_with(|| {
            "Enter an e-mail address with an @ and a dot, like name@example.org".to_owned()
        });
    }
    text
}

/// A day as a date field sends it; empty: none.
pub fn day(wrong: &mut Mistakes, field: &'static str, typed: &str) -> Option<jiff::civil::Date> {
    let text = typed.trim();
    if text.is_empty() {
        return None;
    }
    let date = text.parse::<jiff::civil::Date>().ok().filter(|d| (1900..=2200).contains(&d.year()));
    if date.is_none() {
        wrong.insert(field, "Enter a day like 2026-11-22".to_owned());
    }
    date
}

/// The names of the fields of an address on one form.
#[derive(Clone, Copy, Debug)]
pub struct AddressFields {
    /// First line.
    pub line1: &'static str,
    /// Second line.
    pub line2: &'static str,
}

/// Checks an address that was typed (`country` is always filled in). The postcode comes back in its usual form.
pub fn address(wrong: &mut Mistakes, names: AddressFields, typed: &Address) -> Address {
    if isocountry::CountryCode::for_alpha2(&typed.country).is_err() {
        wrong.insert("country", "Choose your country".to_owned());
    }
    let line1 =
        line(wrong, names.line1, &typed.line1, LINE_AT_MOST, Some("Enter the first line of your address"));
    let line2 = line(wrong, names.line2, &typed.line2, LINE_AT_MOST, None);
    let city = line(wrong, "city", &typed.city, LINE_AT_MOST, Some("Enter your town or city"));
    let region = line(wrong, "region", &typed.region, LINE_AT_MOST, None);
    let lower = line1.to_lowercase();
    if lower.starts_with("c/o") || lower.contains(" c/o ") {
        let words = "Enter the address where you live: a c/o address cannot be used";
        wrong.insert(names.line1, words.to_owned());
    }
    let country = typed.country.trim().to_owned();
    let postcode = checked_postcode(wrong, &typed.postcode, &country);
    Address { line1, line2, city, region, postcode, country }
}

fn checked_postcode(wrong: &mut Mistakes, typed: &str, country: &str) -> String {
    let needed = matches!(country, "GB" | "US" | "CA" | "AU" | "DE" | "NL");
    let text = line(wrong, "postcode", typed, 16, needed.then_some("Enter your postcode"));
    if country == "GB" && !text.is_empty() {
        return postcode::normalise_uk(&text).unwrap_or_else(|| {
            wrong.insert("postcode", "Enter a full UK postcode, like SW1A 1AA".to_owned());
            text
        });
    }
    text
}

/// Every country, those of the charity's entities first; `chosen` is the ISO alpha-2 code of the selected one.
pub fn countries(charity: &Charity, chosen: &str) -> Vec<Choice> {
    let first = charity.entities.iter().map(|e| (e.country.as_str().to_owned(), e.country.name().to_owned()));
    let mut all: Vec<(String, String)> = first.collect();
    all.dedup();
    let mut rest: Vec<(String, String)> = isocountry::CountryCode::iter()
        .map(|c| (c.alpha2().to_owned(), country_name(c.alpha2())))
        .filter(|(code, _)| !all.iter().any(|(c, _)| c == code))
        .collect();
    rest.sort_by(|a, b| a.1.cmp(&b.1));
    all.extend(rest);
    let choice = |(value, label): (String, String)| Choice { selected: value == chosen, value, label };
    all.into_iter().map(choice).collect()
}
