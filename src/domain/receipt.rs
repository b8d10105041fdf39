//! What a receipt says, frozen when it is issued (rule 11 of the house; RC-1, RC-7).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::donor::{DonorDetails, Tribute};
use super::money::Money;

/// Version of the frozen shape and of the mail template that first rendered it.
pub const TEMPLATE_VERSION: u32 = 1;

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
}

/// `PREFIX-YEAR-SERIAL` with eight digits (CA serial rule D, RC-6).
pub fn number(prefix: &str, year: i64, serial: i64) -> String {
    format!("{prefix}-{year}-{serial:08}")
}

/// SHA-256 of a text, in lower-case hex.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
