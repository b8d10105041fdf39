//! Files of other systems: which headings say what, how a row is read. GiveWP's and Donorbox's headings are those of their own
//! exports; the template is ours.

use std::collections::HashMap;

use jiff::civil::Date;

use super::donor::Address;
use super::states::ImportSource;

/// What a column can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The other system's own id of the gift.
    ExternalId,
    /// The day it was received.
    ReceivedOn,
    /// How much.
    Amount,
    /// In which currency; else the one chosen.
    Currency,
    /// The other system's word for whether it was paid.
    Status,
    /// A fund or campaign, by id or name.
    Fund,
    /// A second one.
    Campaign,
    /// How it was paid.
    Method,
    /// First name.
    GivenName,
    /// Last name.
    FamilyName,
    /// Both, where they are not apart.
    Name,
    /// The body.
    Organisation,
    /// Mailbox.
    Email,
    /// Telephone.
    Telephone,
    /// Address.
    Line1,
    /// Its second line.
    Line2,
    /// Town.
    City,
    /// County, state.
    Region,
    /// Postcode.
    Postcode,
    /// Country, as two letters or by name.
    Country,
    /// The donor's words.
    Note,
    /// Whether Gift Aid was claimed on it elsewhere.
    Claimed,
    /// Which gifts a declaration covers.
    Covers,
    /// How a declaration was made.
    MadeBy,
    /// Where the evidence of a declaration is.
    Evidence,
    /// The words of a declaration.
    Words,
    /// The day from which a declaration covers nothing.
    EndedOn,
}

/// The headings of the template, in its order.
pub const TEMPLATE: &[(Field, &str)] = &[
    (Field::ExternalId, "external_id"),
    (Field::ReceivedOn, "received_on"),
    (Field::Amount, "amount"),
    (Field::Currency, "currency"),
    (Field::Fund, "fund"),
    (Field::Campaign, "campaign"),
    (Field::Method, "method"),
    (Field::GivenName, "given_name"),
    (Field::FamilyName, "family_name"),
    (Field::Organisation, "organisation"),
    (Field::Email, "email"),
    (Field::Telephone, "telephone"),
    (Field::Line1, "address_line1"),
    (Field::Line2, "address_line2"),
    (Field::City, "city"),
    (Field::Region, "region"),
    (Field::Postcode, "postcode"),
    (Field::Country, "country"),
    (Field::Note, "note"),
    (Field::Claimed, "gift_aid_claimed"),
];

/// The headings of the template of declarations, in its order.
pub const DECLARATIONS: &[(Field, &str)] = &[
    (Field::ExternalId, "external_id"),
    (Field::ReceivedOn, "declared_on"),
    (Field::Covers, "covers"),
    (Field::MadeBy, "made_by"),
    (Field::Evidence, "evidence"),
    (Field::Words, "words"),
    (Field::EndedOn, "ended_on"),
    (Field::GivenName, "given_name"),
    (Field::FamilyName, "family_name"),
    (Field::Email, "email"),
    (Field::Telephone, "telephone"),
    (Field::Line1, "address_line1"),
    (Field::Line2, "address_line2"),
    (Field::City, "city"),
    (Field::Region, "region"),
    (Field::Postcode, "postcode"),
    (Field::Country, "country"),
];

const GIVEWP: &[(Field, &str)] = &[
    (Field::ExternalId, "Donation ID"),
    (Field::ReceivedOn, "Donation Date"),
    (Field::Amount, "Donation Total"),
    (Field::Currency, "Currency Code"),
    (Field::Status, "Donation Status"),
    (Field::Fund, "Form Title"),
    (Field::Method, "Payment Gateway"),
    (Field::GivenName, "First Name"),
    (Field::FamilyName, "Last Name"),
    (Field::Organisation, "Company Name"),
    (Field::Email, "Email Address"),
    (Field::Line1, "Address 1"),
    (Field::Line2, "Address 2"),
    (Field::City, "City"),
    (Field::Region, "State"),
    (Field::Postcode, "Zip"),
    (Field::Country, "Country"),
    (Field::Note, "Donor Comment"),
];

const DONORBOX: &[(Field, &str)] = &[
    (Field::ExternalId, "Receipt Id"),
    (Field::ReceivedOn, "Donated At"),
    (Field::Amount, "Amount"),
    (Field::Currency, "Currency"),
    (Field::Status, "Status"),
    (Field::Fund, "Designation"),
    (Field::Campaign, "Campaign"),
    (Field::Method, "Donation Type"),
    (Field::GivenName, "Donor's First Name"),
    (Field::FamilyName, "Donor's Last Name"),
    (Field::Name, "Name"),
    (Field::Organisation, "Donating Company"),
    (Field::Email, "Donor Email"),
    (Field::Telephone, "Phone"),
    (Field::Line1, "Address"),
    (Field::Line2, "Address 2"),
    (Field::City, "City"),
    (Field::Region, "State / Province"),
    (Field::Postcode, "Postal Code"),
    (Field::Country, "Country"),
    (Field::Note, "Donor Comment"),
];

/// Without these a file is none of its kind.
fn needed(source: ImportSource) -> &'static [Field] {
    match source {
        ImportSource::Template | ImportSource::GiveWp | ImportSource::Donorbox => {
            &[Field::ReceivedOn, Field::Amount]
        }
        ImportSource::Declarations => {
            &[Field::ReceivedOn, Field::Covers, Field::MadeBy, Field::Evidence, Field::Line1, Field::Postcode]
        }
    }
}

fn headings_of(source: ImportSource) -> &'static [(Field, &'static str)] {
    match source {
        ImportSource::Template => TEMPLATE,
        ImportSource::GiveWp => GIVEWP,
        ImportSource::Donorbox => DONORBOX,
        ImportSource::Declarations => DECLARATIONS,
    }
}

/// Where each thing stands in the rows of one file.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Whose file it is.
    pub source: ImportSource,
    at: HashMap<Field, usize>,
}

/// A file that nobody here can read, in a sentence for who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(pub String);

impl Columns {
    /// Whose file it is by its headings, and where what stands.
    ///
    /// # Errors
    /// [`Unknown`] names the columns that are missing of what it resembles most.
    pub fn of(headings: &[String]) -> Result<Columns, Unknown> {
        let plain = |h: &str| h.trim().trim_start_matches('\u{feff}').replace('’', "'").to_lowercase();
        let given: Vec<String> = headings.iter().map(|h| plain(h)).collect();
        let read = |source: ImportSource| {
            let at: HashMap<Field, usize> = headings_of(source)
                .iter()
                .filter_map(|(field, heading)| {
                    Some((*field, given.iter().position(|g| *g == plain(heading))?))
                })
                .collect();
            Columns { source, at }
        };
        let all = [
            ImportSource::Declarations,
            ImportSource::Template,
            ImportSource::GiveWp,
            ImportSource::Donorbox,
        ];
        let all = all.map(read);
        let most = all.into_iter().max_by_key(|c| c.at.len());
        let Some(columns) = most.filter(|c| c.at.len() >= 3) else {
            return Err(Unknown(
                "Its first row is neither the template’s nor that of an export of GiveWP or Donorbox"
                    .to_owned(),
            ));
        };
        let missing: Vec<&str> = headings_of(columns.source)
            .iter()
            .filter(|(field, _)| needed(columns.source).contains(field) && !columns.at.contains_key(field))
            .map(|(_, heading)| *heading)
            .collect();
        if !missing.is_empty() {
            return Err(Unknown(format!("It lacks the column {}", missing.join(" and "))));
        }
        let named = [Field::Email, Field::Name, Field::FamilyName, Field::Organisation];
        if !named.iter().any(|f| columns.at.contains_key(f)) {
            return Err(Unknown("It lacks a column that says who gave".to_owned()));
        }
        Ok(columns)
    }

    /// What a row says of something; empty when the file has no such column.
    pub fn get<'r>(&self, row: &'r csv::StringRecord, field: Field) -> &'r str {
        self.at.get(&field).and_then(|at| row.get(*at)).unwrap_or_default().trim()
    }
}

/// Ways a day is written, each with an example.
pub const DATE_FORMATS: [(&str, &str); 7] = [
    ("%Y-%m-%d", "2026-12-31"),
    ("%d/%m/%Y", "31/12/2026 (day first)"),
    ("%m/%d/%Y", "12/31/2026 (month first)"),
    ("%m/%d/%y", "12/31/26 (month first)"),
    ("%d/%m/%y", "31/12/26 (day first)"),
    ("%B %d, %Y", "December 31, 2026"),
    ("%d %B %Y", "31 December 2026"),
];

/// A day written in one of these ways, with or without a time behind it.
pub fn day(text: &str, format: &str) -> Option<Date> {
    let read = |text: &str| Date::strptime(format, text).ok().filter(|d| (1970..=2200).contains(&d.year()));
    read(text).or_else(|| {
        let (before, after) = text.split_once(['T', ' '])?;
        after.contains(':').then(|| read(before)).flatten()
    })
}

/// The one way in which every day of a file is written.
///
/// # Errors
/// [`Unknown`] when none fits all of them, or more than one does.
pub fn format_of<'t>(days: impl Iterator<Item = &'t str> + Clone) -> Result<&'static str, Unknown> {
    let fits = |format: &str| days.clone().filter(|d| !d.is_empty()).all(|d| day(d, format).is_some());
    let fitting: Vec<(&str, &str)> = DATE_FORMATS.into_iter().filter(|(format, _)| fits(format)).collect();
    match fitting.as_slice() {
        [(format, _)] => Ok(format),
        [] => Err(Unknown("Its days are not written in one way that is known here".to_owned())),
        [(first, _), ..] if days.clone().all(str::is_empty) => Ok(first),
        several => {
            let ways: Vec<&str> = several.iter().map(|(_, example)| *example).collect();
            Err(Unknown(format!(
                "Its days can be read in more than one way: {}. Choose which",
                ways.join(", ")
            )))
        }
    }
}

/// Whether the other system says that a gift was paid; an empty word says nothing against it.
pub fn was_paid(status: &str) -> bool {
    matches!(
        status.to_lowercase().as_str(),
        "" | "complete" | "completed" | "publish" | "paid" | "succeeded" | "renewal" | "processed"
    )
}

/// Two letters of a country that is written so, or by name; `None` when there is none like that.
pub fn country(text: &str) -> Option<String> {
    let text = text.trim();
    let wanted = text.to_uppercase();
    if isocountry::CountryCode::for_alpha2(&wanted).is_ok() {
        return Some(wanted);
    }
    let known = isocountry::CountryCode::iter().find(|c| {
        c.alpha3() == wanted
            || c.name().eq_ignore_ascii_case(text)
            || super::donor::country_name(c.alpha2()).eq_ignore_ascii_case(text)
    });
    known.map(|c| c.alpha2().to_owned())
}

/// An address of a row; `None` when it says none. The country is that of the entity when the row names none.
///
/// # Errors
/// [`Unknown`] when the country is not known.
pub fn address(columns: &Columns, row: &csv::StringRecord, home: &str) -> Result<Option<Address>, Unknown> {
    let get = |field| columns.get(row, field).to_owned();
    let named = get(Field::Country);
    let country = match named.as_str() {
        "" => home.to_owned(),
        name => country(name).ok_or_else(|| Unknown(format!("{name} is no country that is known here")))?,
    };
    let address = Address {
        line1: get(Field::Line1),
        line2: get(Field::Line2),
        city: get(Field::City),
        region: get(Field::Region),
        postcode: get(Field::Postcode),
        country,
    };
    Ok((!address.line1.is_empty() || !address.postcode.is_empty()).then_some(address))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn columns(headings: &str) -> Result<Columns, Unknown> {
        Columns::of(&headings.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_file_is_known_by_its_headings() {
        let of = |headings| columns(headings).expect(headings).source;
        assert_eq!(of("received_on,amount,email"), ImportSource::Template);
        assert_eq!(
            of("declared_on,covers,made_by,evidence,given_name,family_name,address_line1,postcode"),
            ImportSource::Declarations
        );
        assert_eq!(
            of("\u{feff}Donation ID,Donation Total,Donation Date,First Name,Email Address"),
            ImportSource::GiveWp
        );
        assert_eq!(
            of("Name,Donor’s First Name,Donor Email,Amount,Donated At,Receipt Id"),
            ImportSource::Donorbox
        );
        for (headings, says) in [
            ("a,b,c", "neither the template"),
            ("Donation ID,Donation Date,First Name,Email Address", "lacks the column Donation Total"),
            ("received_on,amount,currency", "who gave"),
            ("declared_on,covers,email,evidence", "lacks the column made_by and address_line1 and postcode"),
        ] {
            let told = columns(headings).expect_err(headings).0;
            assert!(told.contains(says), "{headings}: {told}");
        }
    }

    #[test]
    fn days_that_can_be_read_in_two_ways_are_asked_about() {
        let of = |days: &[&'static str]| format_of(days.iter().copied());
        assert_eq!(of(&["2026-01-02", "2026-12-31 10:00:00"]), Ok("%Y-%m-%d"));
        assert_eq!(of(&["01/02/2026", "31/12/2026"]), Ok("%d/%m/%Y"));
        assert!(of(&["01/02/2026", "03/04/2026"]).expect_err("two ways").0.contains("more than one way"));
        assert!(of(&["2026-01-02", "1 May 2026"]).is_err());
        assert_eq!(day("12/31/19 23:59:01", "%m/%d/%y"), Some(date(2019, 12, 31)));
        assert_eq!(day("December 31, 2026", "%B %d, %Y"), Some(date(2026, 12, 31)));
    }

    #[test]
    fn countries_are_known_by_letters_and_by_name() {
        for (text, code) in
            [("gb", "GB"), ("United Kingdom", "GB"), ("united states", "US"), ("DEU", "DE"), ("Canada", "CA")]
        {
            assert_eq!(country(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(country("Atlantis"), None);
    }
}
