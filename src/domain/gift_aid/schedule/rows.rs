//! A gift as a row of the schedule, with what was cut off, or what must be put right first.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cleanup::{cut, latin, postcode};
use super::rules::{self, HOUSE_LETTERS, NAME_LETTERS};
use crate::domain::donor::{Address, country_name};

/// The displayed texts of columns C to K; column B is the number of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    /// C.
    pub title: String,
    /// D.
    pub first_name: String,
    /// E.
    pub last_name: String,
    /// F.
    pub house: String,
    /// G.
    pub postcode: String,
    /// H; always empty: we never aggregate.
    pub aggregated: String,
    /// I; always empty: sponsored events are entered with HMRC by hand.
    pub sponsored: String,
    /// J, `dd/MM/yy`.
    pub date: String,
    /// K, `240.00`.
    pub amount: String,
}

impl Cells {
    /// The texts in the order of the columns.
    pub fn texts(&self) -> [&str; 9] {
        [
            &self.title,
            &self.first_name,
            &self.last_name,
            &self.house,
            &self.postcode,
            &self.aggregated,
            &self.sponsored,
            &self.date,
            &self.amount,
        ]
    }
}

/// What a row is made of.
#[derive(Clone, Copy, Debug)]
pub struct RowFacts<'a> {
    /// First names.
    pub given_name: &'a str,
    /// Last name.
    pub family_name: &'a str,
    /// Where the donor lives (UK-17).
    pub address: &'a Address,
    /// They live abroad (UK-12, UK-25).
    pub non_uk_resident: bool,
    /// The day the gift was received (UK-34).
    pub received_on: Date,
    /// In pence, above zero.
    pub amount_minor: i64,
}

/// What was changed on the way, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The first name was cut to 35 letters.
    FirstNameCut,
    /// The last name was cut to 35 letters.
    LastNameCut,
    /// The address was cut to 40 letters.
    HouseCut,
    /// Letters were written without their marks.
    Respelt,
    /// A postcode of Jersey, Guernsey or the Isle of Man: ask HMRC (UK-25).
    CrownDependency,
}

impl Note {
    /// For people.
    pub fn in_words(self) -> &'static str {
        match self {
            Note::FirstNameCut => "First name cut to 35 letters",
            Note::LastNameCut => "Last name cut to 35 letters",
            Note::HouseCut => "Address cut to 40 letters",
            Note::Respelt => "Letters written without their marks",
            Note::CrownDependency => {
                "Jersey, Guernsey or Isle of Man: ask HMRC whether the postcode or X belongs here"
            }
        }
    }
}

/// What must be put right before the gift can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// There is no first name, or none in Latin letters.
    FirstName,
    /// There is no last name, or none in Latin letters.
    LastName,
    /// There is no address, or none in Latin letters.
    House,
    /// The address is not where the donor lives (UK-17).
    NotHome,
    /// The postcode is none (UK-29).
    Postcode,
    /// The amount is too large for one row.
    Amount,
}

impl Fix {
    /// For people: what is wrong, and what to do.
    pub fn in_words(self) -> &'static str {
        match self {
            Fix::FirstName => {
                "The first name is missing or not in Latin letters. Ask the donor how to spell it"
            }
            Fix::LastName => {
                "The last name is missing or not in Latin letters. Ask the donor how to spell it"
            }
            Fix::House => "The home address is missing or not in Latin letters. Ask the donor for it",
            Fix::NotHome => "The address is care of somebody or an office. HMRC wants where the donor lives",
            Fix::Postcode => {
                "The postcode is no UK postcode. Put it right, or note that the donor lives abroad"
            }
            Fix::Amount => "The amount does not fit into a row",
        }
    }
}

/// Whether the first line of an address says that nobody lives there (UK-17, case 30).
pub fn is_not_home(line: &str) -> bool {
    let plain = line.trim().to_lowercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    plain.starts_with("c/o")
        || plain.starts_with("care of")
        || plain.starts_with("po box")
        || words.iter().any(|w| matches!(*w, "ltd" | "limited" | "plc" | "llp"))
        || words.first() == Some(&"office")
}

/// The row of a gift, with what was changed on the way.
///
/// # Errors
/// Everything that must be put right first.
pub fn build_row(f: &RowFacts<'_>) -> Result<(Cells, Vec<Note>), Vec<Fix>> {
    let mut fixes = Vec::new();
    let mut notes = Vec::new();
    let mut text = |raw: &str, fix: Fix| match latin(raw) {
        Ok(clean) => {
            if raw.chars().any(|c| c.is_alphabetic() && !super::cleanup::is_kept(c)) {
                notes.push(Note::Respelt);
            }
            clean
        }
        Err(_) => {
            fixes.push(fix);
            String::new()
        }
    };
    let first = text(f.given_name, Fix::FirstName);
    // HMRC wants a space in a double-barrelled name (case 46).
    let last = text(&f.family_name.replace(['-', '‐', '‑', '–'], " "), Fix::LastName);
    let house = text(&house_of(f), Fix::House);
    let mut shorten = |text: &str, most, note| {
        let (kept, was_cut) = cut(text, most);
        if was_cut {
            notes.push(note);
        }
        kept
    };
    let first_name = shorten(&first, NAME_LETTERS, Note::FirstNameCut);
    let last_name = shorten(&last, NAME_LETTERS, Note::LastNameCut);
    let house = shorten(&house, HOUSE_LETTERS, Note::HouseCut);
    if is_not_home(&f.address.line1) {
        fixes.push(Fix::NotHome);
    }
    let code = if f.non_uk_resident { "X".to_owned() } else { postcode(&f.address.postcode) };
    if !f.non_uk_resident && !rules::postcode(&code) {
        fixes.push(Fix::Postcode);
    }
    if rules::is_crown_dependency(&code) {
        notes.push(Note::CrownDependency);
    }
    let amount = format!("{}.{:02}", f.amount_minor / 100, f.amount_minor % 100);
    if rules::amount(&amount).is_none() {
        fixes.push(Fix::Amount);
    }
    if !fixes.is_empty() {
        return Err(fixes);
    }
    notes.dedup();
    let date = hmrc_date(f.received_on);
    Ok((Cells { first_name, last_name, house, postcode: code, date, amount, ..Cells::default() }, notes))
}

/// As much of the first line as there is; abroad the whole address with its country (§1.4).
fn house_of(f: &RowFacts<'_>) -> String {
    if !f.non_uk_resident {
        return f.address.line1.clone();
    }
    let a = f.address;
    let country =
        if a.country.is_empty() || a.country == "GB" { String::new() } else { country_name(&a.country) };
    let parts = [a.line1.as_str(), a.city.as_str(), country.as_str()];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

/// `24/03/15`.
pub fn hmrc_date(day: Date) -> String {
    format!("{:02}/{:02}/{:02}", day.day(), day.month(), day.year().rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn address(line1: &str, postcode: &str) -> Address {
        Address { line1: line1.into(), postcode: postcode.into(), country: "GB".into(), ..Address::default() }
    }

    fn row(
        given: &str,
        family: &str,
        address: &Address,
        abroad: bool,
    ) -> Result<(Cells, Vec<Note>), Vec<Fix>> {
        build_row(&RowFacts {
            given_name: given,
            family_name: family,
            address,
            non_uk_resident: abroad,
            received_on: date(2026, 4, 3),
            amount_minor: 24_000,
        })
    }

    #[test]
    fn case_01_and_61_the_date_is_the_day_of_receipt() {
        assert_eq!(hmrc_date(date(2026, 4, 5)), "05/04/26");
        let (cells, notes) = row("Ada", "Marsh", &address("7 Mill Lane", "ne270qq"), false).expect("a row");
        assert_eq!(
            (cells.date.as_str(), cells.amount.as_str(), cells.postcode.as_str()),
            ("03/04/26", "240.00", "NE27 0QQ")
        );
        assert!(notes.is_empty() && rules::check(&cells, rules::Route::Ods, date(2026, 11, 26)).is_empty());
    }

    #[test]
    fn case_42_43_and_46_names_are_cut_in_the_export_only() {
        let home = address(&"h".repeat(41), "SW1A 1AA");
        let (cells, notes) = row(&"a".repeat(36), "Smith-Jones", &home, false).expect("a row");
        assert_eq!((cells.first_name.len(), cells.house.len()), (35, 40));
        assert_eq!(cells.last_name, "Smith Jones");
        assert_eq!(notes, [Note::FirstNameCut, Note::HouseCut]);
        let (cells, notes) =
            row(&"a".repeat(35), "O’Brien", &address(&"h".repeat(40), "SW1A 1AA"), false).expect("a row");
        assert!(notes.is_empty(), "{notes:?}");
        assert_eq!(cells.last_name, "O'Brien");
    }

    #[test]
    fn case_45_and_30_what_hmrc_cannot_use_is_told() {
        assert_eq!(
            row("李", "明", &address("1 A", "SW1A 1AA"), false),
            Err(vec![Fix::FirstName, Fix::LastName])
        );
        for office in ["c/o Acme Ltd", "Care of Ada", "Acme Limited", "PO Box 7", "Office 4"] {
            assert_eq!(
                row("Ada", "Marsh", &address(office, "SW1A 1AA"), false),
                Err(vec![Fix::NotHome]),
                "{office}"
            );
        }
        assert!(row("Ada", "Marsh", &address("Limetree House", "SW1A 1AA"), false).is_ok());
        assert_eq!(row("Ada", "Marsh", &address("1 A", "12345"), false), Err(vec![Fix::Postcode]));
        let (cells, notes) = row("Łukasz", "Żak", &address("1 A", "JE2 3AB"), false).expect("a row");
        assert_eq!((cells.first_name.as_str(), cells.last_name.as_str()), ("Lukasz", "Zak"));
        assert_eq!(notes, [Note::Respelt, Note::CrownDependency]);
    }

    #[test]
    fn case_50_a_donor_abroad_has_x_and_their_whole_address() {
        let paris = Address {
            line1: "100 Champs Elysees".into(),
            city: "Paris".into(),
            country: "FR".into(),
            ..Address::default()
        };
        let (cells, _) = row("Ada", "Marsh", &paris, true).expect("a row");
        assert_eq!(
            (cells.postcode.as_str(), cells.house.as_str()),
            ("X", "100 Champs Elysees, Paris, France")
        );
    }
}
