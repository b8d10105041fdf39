//! The donor's details: seen at `/portal/profile`, changed one thing at a time.

use super::parts::Hidden;
use super::sign_in::collect;
use super::{Choice, Field, Layout, Link, Notice, Problem, Words};

/// One line of the details, with its Change link.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// What it is: "Name".
    pub label: String,
    /// The value, one line each; empty: "Not given" is shown.
    pub lines: Vec<String>,
    /// A softer line under it; may be empty.
    pub note: String,
    /// Where it is changed; empty: it cannot be changed here.
    pub change_href: String,
}

/// A group of details with a heading.
#[derive(Debug, Clone, Default)]
pub struct DetailGroup {
    /// "About you".
    pub heading: String,
    /// The lines.
    pub details: Vec<Detail>,
}

/// An address that was.
#[derive(Debug, Clone, Default)]
pub struct PastAddress {
    /// "Until 3 May 2025".
    pub until: String,
    /// The address, one line each.
    pub lines: Vec<String>,
}

/// `/portal/profile`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/profile.html")]
pub struct ProfilePage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "Your details".
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// The groups, in order.
    pub groups: Vec<DetailGroup>,
    /// Earlier addresses, newest first.
    pub past: Vec<PastAddress>,
    /// Why they are kept; may be empty.
    pub past_note: String,
    /// What a donor may ask for, and the copy of everything.
    pub rights: Words,
}

/// The form for the name.
#[derive(Debug, Clone, Default)]
pub struct NameForm {
    /// First name.
    pub given_name: Field,
    /// Last name.
    pub family_name: Field,
    /// `individual` or `organisation`.
    pub donor_kind: String,
    /// The organisation's name.
    pub organisation: Field,
}

/// The form for telephone and language.
#[derive(Debug, Clone, Default)]
pub struct ContactForm {
    /// Telephone.
    pub telephone: Field,
    /// What is wrong with the language (its `value` is not used).
    pub language: Field,
    /// The languages.
    pub languages: Vec<Choice>,
}

/// The form for the address.
#[derive(Debug, Clone, Default)]
pub struct AddressForm {
    /// First line.
    pub line1: Field,
    /// Second line.
    pub line2: Field,
    /// Town or city.
    pub city: Field,
    /// State, province, county.
    pub region: Field,
    /// "County", "State"; empty: the field is left out.
    pub region_label: String,
    /// Postcode.
    pub postcode: Field,
    /// "Postcode", "ZIP code".
    pub postcode_label: String,
    /// What is wrong with the country (its `value` is not used).
    pub country: Field,
    /// The countries.
    pub countries: Vec<Choice>,
}

/// `/portal/profile/{part}`: one of the three forms.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/profile_edit.html")]
pub struct ProfileEditPage {
    /// The frame.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// "Your address".
    pub heading: String,
    /// What the change does: "Receipts from now on carry this address."; may be empty.
    pub lead: String,
    /// Where it posts to.
    pub action: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// The form for the name.
    pub name: Option<NameForm>,
    /// The form for telephone and language.
    pub contact: Option<ContactForm>,
    /// The form for the address.
    pub address: Option<AddressForm>,
    /// The button: "Save".
    pub button: String,
    /// "Back without saving".
    pub cancel: Link,
}

impl ProfileEditPage {
    /// The error summary, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        let mut all = Vec::new();
        if let Some(f) = &self.name {
            all.extend(collect(&[
                ("given_name", &f.given_name),
                ("family_name", &f.family_name),
                ("organisation", &f.organisation),
            ]));
        }
        if let Some(f) = &self.contact {
            all.extend(collect(&[("telephone", &f.telephone), ("language", &f.language)]));
        }
        if let Some(f) = &self.address {
            all.extend(collect(&[
                ("line1", &f.line1),
                ("line2", &f.line2),
                ("city", &f.city),
                ("region", &f.region),
                ("postcode", &f.postcode),
                ("country", &f.country),
            ]));
        }
        all
    }
}

#[path = "profile_samples.rs"]
mod samples;
