//! What a receipt says, frozen when it is issued (rule 11 of the house; RC-1, RC-7).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::donor::{DonorDetails, Tribute};
use super::money::Money;

/// Version of the frozen shape and of the mail template that first rendered it.
pub const TEMPLATE_VERSION: u32 = 2;

/// What a document is to the tax authority of the entity's country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptForm {
    /// A receipt without a form prescribed by law (GB, NL).
    #[default]
    Plain,
    /// A written acknowledgment (US-1).
    Acknowledgment,
    /// An official donation receipt (CA-1).
    OfficialDonationReceipt,
    /// A receipt of a deductible gift recipient (AU-1).
    DgrReceipt,
    /// A confirmation after the binding official pattern (DE-1, DE-2).
    Zuwendungsbestaetigung,
    /// Thanks only: another document counts for the tax authority, or none may be issued (CA-7, CA-9, DE-4).
    NotOfficial,
}

/// What the donor got for a gift (UK-10, US-5, CA-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advantage {
    /// What it was: "Dinner at the summer gala".
    pub description: String,
    /// Its fair value.
    pub value: Money,
}

/// One fact that the law wants to see, with its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawLine {
    /// "Place of issue".
    pub label: String,
    /// "Ottawa, Ontario".
    pub value: String,
}

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// Their name.
    pub name: String,
    /// What they are: "Treasurer".
    pub title: String,
}

/// Everything on a receipt. Never changed after issue; its hash is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptContent {
    /// Shape and template version.
    pub template_version: u32,
    /// `LFTUK-2026-00000042`.
    pub number: String,
    /// The number of the receipt that this one replaces and makes void; receipts from before this was known have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Issue day in the entity's zone, ISO.
    pub issued_on: String,
    /// The receiving entity as it was.
    pub entity: ReceiptEntity,
    /// The donor as they described themselves.
    pub donor: DonorDetails,
    /// Gross sum received (AC-4: a receipt is gross).
    pub amount: Money,
    /// Part of `amount` added to cover the fee.
    pub fee_cover: Money,
    /// Day received in the entity's zone, ISO (UK-34).
    pub received_on: String,
    /// Tax year of the entity.
    pub tax_year: String,
    /// `Visa ending 4242`, `Bacs Direct Debit ending 2345`.
    pub method: String,
    /// Fund's name as it was.
    pub fund: String,
    /// Campaign's name as it was.
    pub campaign: Option<String>,
    /// `monthly` and the like with the number of this instalment; none for a single gift.
    pub instalment: Option<Instalment>,
    /// True when a Gift Aid declaration covers the gift.
    pub gift_aid: bool,
    /// Dedication.
    pub tribute: Option<Tribute>,
    /// The donor's words.
    pub note: Option<String>,
    /// Wording version, and its paragraphs as rendered.
    pub wording_version: String,
    /// The paragraphs.
    pub wording: Vec<String>,
    /// What it is to the tax authority.
    #[serde(default)]
    pub form: ReceiptForm,
    /// The sum that was first given, where `amount` is what remains of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Money>,
    /// What the donor got for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advantage: Option<Advantage>,
    /// What of `amount` counts for tax where the law tells the two apart (US-5, CA-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible: Option<Money>,
    /// Sentences that the law wants, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// Facts that the law wants, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub law: Vec<LawLine>,
    /// Who signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatory: Option<Signatory>,
}

/// Which instalment of a monthly gift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// `monthly`, `quarterly`, `yearly`.
    pub frequency: String,
    /// 1 for the first.
    pub number: i64,
}

/// The legal entity on the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntity {
    /// Id in the charity file.
    pub id: String,
    /// Legal name.
    pub legal_name: String,
    /// Address lines.
    pub address: Vec<String>,
    /// `Registered charity in England and Wales 0000000`.
    pub registrations: Vec<String>,
    /// Locale of numbers and dates.
    pub locale: String,
    /// ISO 3166 alpha-2 code of the country whose law the document follows; empty on the oldest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
}

/// `PREFIX-YEAR-SERIAL` with eight digits (CA serial rule D, RC-6).
pub fn number(prefix: &str, year: i64, serial: i64) -> String {
    format!("{prefix}-{year}-{serial:08}")
}

/// SHA-256 of a text, in lower-case hex.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Digits of a hash that make a check code.
const CODE_DIGITS: usize = 20;

/// The check code of a frozen document: the first 80 bits of its content's hash, in groups of four, as printed on it.
pub fn check_code(content_sha256: &str) -> String {
    let digits: String = content_sha256.chars().take(CODE_DIGITS).flat_map(char::to_uppercase).collect();
    let groups: Vec<&str> = (0..digits.len()).step_by(4).filter_map(|i| digits.get(i..i + 4)).collect();
    groups.join("-")
}

/// The beginning of the hash that a check code stands for, from what somebody typed; `None` when it is no code.
pub fn typed_code(typed: &str) -> Option<String> {
    let digits: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect();
    (digits.len() == CODE_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_code_is_read_back_however_it_is_typed() {
        let hash = sha256_hex("what a receipt says");
        let code = check_code(&hash);
        assert_eq!(code.len(), 24);
        assert_eq!(typed_code(&code).as_deref(), hash.get(..20));
        assert_eq!(
            typed_code(&format!(" {} ", code.to_lowercase().replace('-', " "))).as_deref(),
            hash.get(..20)
        );
        for wrong in ["", "3F9A", "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ", "%00", &format!("{code}0")] {
            assert_eq!(typed_code(wrong), None, "{wrong}");
        }
    }
}
