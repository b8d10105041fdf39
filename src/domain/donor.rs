//! A donor as they described themselves on one form: kept with each gift, so that old receipts stay true.

use serde::{Deserialize, Serialize};

use super::states::{DonorKind, TributeKind};

/// A postal address as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// House and street.
    pub line1: String,
    /// Second line, may be empty.
    pub line2: String,
    /// Town.
    pub city: String,
    /// County, state or province, may be empty.
    pub region: String,
    /// Postcode, may be empty where a country has none.
    pub postcode: String,
    /// ISO 3166 alpha-2 code.
    pub country: String,
}

impl Address {
    /// True when nothing was typed (a preselected country alone is nothing).
    pub fn is_blank(&self) -> bool {
        [&self.line1, &self.line2, &self.city, &self.region, &self.postcode].iter().all(|s| s.is_empty())
    }

    /// The lines for an envelope, without empty ones.
    pub fn lines(&self) -> Vec<String> {
        let place = [self.city.as_str(), self.region.as_str(), self.postcode.as_str()]
            .iter()
            .filter(|s| !s.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        [self.line1.clone(), self.line2.clone(), place, country_name(&self.country)]
            .into_iter()
            .filter(|s| !s.is_empty())
            .collect()
    }
}

/// The name of a country as people write it, from its ISO 3166 alpha-2 code; an unknown code as it is.
pub fn country_name(code: &str) -> String {
    match code {
        "GB" => "United Kingdom".to_owned(),
        "US" => "United States".to_owned(),
        _ => match isocountry::CountryCode::for_alpha2(code) {
            // Without the article or the form of state in brackets.
            Ok(country) => country.name().split(" (").next().unwrap_or_default().to_owned(),
            Err(_) => code.to_owned(),
        },
    }
}

/// Who gave, as they said it on the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DonorDetails {
    /// Person or body.
    pub kind: DonorKind,
    /// First name as typed.
    pub given_name: String,
    /// Last name as typed.
    pub family_name: String,
    /// Name of the body that gives, for organisations.
    pub organisation: Option<String>,
    /// E-mail as typed.
    pub email: String,
    /// Postal address, when given.
    pub address: Option<Address>,
    /// Locale of the form, as `en-GB`.
    pub locale: String,
}

impl DonorDetails {
    /// What stands where a donor was who asked to be forgotten (PR-11).
    pub fn erased(locale: &str) -> DonorDetails {
        DonorDetails {
            kind: DonorKind::Individual,
            given_name: "Erased".to_owned(),
            family_name: "donor".to_owned(),
            organisation: None,
            email: String::new(),
            address: None,
            locale: locale.to_owned(),
        }
    }

    /// The name on the receipt: the body for an organisation, else the person (CA-11: only the true donor's name).
    pub fn receipt_name(&self) -> String {
        match (&self.kind, &self.organisation) {
            (DonorKind::Organisation, Some(name)) => name.clone(),
            (DonorKind::Organisation | DonorKind::Individual, _) => self.person_name(),
        }
    }

    /// First and last name.
    pub fn person_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }
}

/// A dedication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tribute {
    /// In memory or in honour.
    pub kind: TributeKind,
    /// Of whom.
    pub name: String,
}

/// The form under which a mailbox is compared: trimmed and lower-cased. The local part keeps dots and tags, as
/// mail hosts differ on them.
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// An address shown where somebody else may look: `a•••@example.org`.
pub fn mask_email(email: &str) -> String {
    match email.split_once('@') {
        Some((local, host)) => {
            let first = local.chars().next().map(String::from).unwrap_or_default();
            format!("{first}•••@{host}")
        }
        None => "•••".to_owned(),
    }
}
