//! The law of the receiving entity's country as dated data (§4.1): tax year, receipt form, thresholds.

mod params;
pub mod periodic;
pub mod receipts;
pub mod words;

pub use params::{Jurisdiction, of};

use jiff::civil::Date;

use super::receipt::Signatory;

/// What an entity's tax office knows of it, from the charity file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxEntity {
    /// Company or trust: decides from when the years of a claim count (UK-35).
    pub form: CharitableForm,
    /// Month and day on which its accounts close (UK-35).
    pub year_end: (i8, i8),
    /// HMRC's reference of the charity, such as `AB12345`.
    pub hmrc_reference: Option<String>,
    /// A gift is claimed when it was received this many days ago (UK-41).
    pub claim_hold_days: u16,
    /// One official document a gift, or one for the year (CA-7, DE-2).
    pub documents: OfficialDocuments,
    /// Where official receipts are issued (CA-1).
    pub place_of_issue: Option<String>,
    /// Who signs (CA-1).
    pub signatory: Option<Signatory>,
    /// The tax office's leave to issue confirmations (DE-4).
    pub permit: Option<Permit>,
    /// The tax office was told that confirmations are produced by machine, without a hand's signature (DE-5).
    pub machine_issue_notified: bool,
    /// The purposes the permit names, in the words of the notice and as they follow on "Förderung" (DE-1): "der Bildung".
    pub purposes: Option<String>,
}

impl Default for TaxEntity {
    fn default() -> TaxEntity {
        TaxEntity {
            form: CharitableForm::Company,
            year_end: (12, 31),
            hmrc_reference: None,
            claim_hold_days: 14,
            documents: OfficialDocuments::Each,
            place_of_issue: None,
            signatory: None,
            permit: None,
            machine_issue_notified: false,
            purposes: None,
        }
    }
}

/// From when the four years of a claim count (UK-35).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharitableForm {
    /// Company, CIO or CASC: from the end of the accounting period.
    Company,
    /// Trust: from the end of the tax year.
    Trust,
}

/// What the donor is given for the tax authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficialDocuments {
    /// One for each gift.
    Each,
    /// One for all gifts of a year; the mails for each gift say that they are not it (CA-7, DE-2).
    Annual,
}

/// The tax office's leave to issue confirmations (DE-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Exemption notice: holds five years; ruling under §60a AO: three.
    pub kind: PermitKind,
    /// The day it bears.
    pub dated: Date,
    /// The tax office that gave it.
    pub tax_office: String,
    /// The entity's number there.
    pub tax_number: String,
}

/// Kind of leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitKind {
    /// Freistellungsbescheid: five years.
    ExemptionNotice,
    /// Ruling under §60a AO: three years.
    Ruling60a,
}
