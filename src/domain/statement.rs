//! What an annual statement says, frozen when it is issued (rule 11 of the house; UK-36, UK-37, RC-12).

use serde::{Deserialize, Serialize};

use super::donor::DonorDetails;
use super::money::{Currency, Money, MoneyError};
use super::receipt::{LawLine, ReceiptEntity, ReceiptForm, Signatory};

/// Version of the frozen shape and of the template that renders it.
pub const TEMPLATE_VERSION: u32 = 1;

/// Everything on a statement. Never changed after issue; its hash is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementContent {
    /// Shape and template version.
    pub template_version: u32,
    /// `LFT-S-2025-26-000042`: entity's prefix, year, serial; with ` v2` from the second version on.
    pub number: String,
    /// 1 for the first.
    pub version: i64,
    /// The statement that this one takes the place of, and why (RC-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
    /// Issue day in the entity's zone, ISO.
    pub issued_on: String,
    /// The receiving entity as it was.
    pub entity: ReceiptEntity,
    /// The donor with name and address of the day of issue.
    pub donor: DonorDetails,
    /// `2025-26`.
    pub tax_year: String,
    /// First day of the year, ISO.
    pub from: String,
    /// Last day of the year, ISO.
    pub to: String,
    /// What it is to the tax authority: [`ReceiptForm::Plain`] where it is an overview beside the receipts.
    pub form: ReceiptForm,
    /// One block for each currency, in the order of the entity's currencies.
    pub blocks: Vec<CurrencyBlock>,
    /// Basic rate of income tax by which gift-aided gifts are grossed up, in percent as text; none outside Gift Aid (UK-31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic_rate: Option<String>,
    /// Sentences that the law wants, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// Facts that the law wants, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub law: Vec<LawLine>,
    /// Who signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatory: Option<Signatory>,
    /// Version of the wording.
    pub wording_version: String,
    /// The paragraphs of the wording.
    pub wording: Vec<String>,
}

/// The statement before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its number.
    pub number: String,
    /// Its version.
    pub version: i64,
    /// When it was issued, ISO day in the entity's zone.
    pub issued_on: String,
    /// What changed, a sentence each: "£40.00 of your gift of 3 May 2025 was refunded."
    pub changes: Vec<String>,
}

/// What was given in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyBlock {
    /// The currency.
    pub currency: Currency,
    /// In order of receipt.
    pub lines: Vec<Line>,
    /// All of it, in minor units.
    pub totals: Totals,
}

/// One gift of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The gift's id: a line can be followed to it.
    pub gift: String,
    /// Day received in the entity's zone, ISO (UK-34).
    pub received_on: String,
    /// The receipt that counts; empty: none does any more.
    pub receipt: String,
    /// "One-off gift", "Monthly gift".
    pub kind: String,
    /// "Visa ending 4242", "Cheque".
    pub method: String,
    /// Fund's name as it was.
    pub fund: String,
    /// What was given, in minor units.
    pub given: i64,
    /// What of it went back: refunds, lost disputes, cheques that were returned; minor units, zero or positive.
    pub returned: i64,
    /// What the donor got for it, in minor units (UK-10, US-5).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub benefit: i64,
    /// A declaration covers it (UK-37).
    pub gift_aided: bool,
    /// An official document of its own confirms it: it is on no other (DE-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The donor's bank has not decided yet (RC-10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(minor: &i64) -> bool {
    *minor == 0
}

impl Line {
    /// What remains given, in minor units.
    pub fn counts(&self) -> i64 {
        self.given - self.returned
    }
}

/// The sums of a block, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Given.
    pub given: i64,
    /// Went back.
    pub returned: i64,
    /// Remains given.
    pub counts: i64,
    /// Remains given under Gift Aid.
    pub gift_aided: i64,
    /// The same with the basic-rate tax: what a donor who pays higher rates declares (UK-36).
    pub grossed_up: i64,
    /// Remains given without Gift Aid.
    pub other: i64,
}

impl CurrencyBlock {
    /// A block of `lines`. `percent`: Gift Aid in percent of a gift (25 at a basic rate of 20 %), 0 outside Gift Aid; the
    /// grossed-up value is rounded down to the penny on the sum, never line by line (UK-32).
    ///
    /// # Errors
    /// When a sum is too large.
    pub fn new(
        currency: Currency,
        lines: Vec<Line>,
        percent: rust_decimal::Decimal,
    ) -> Result<Self, MoneyError> {
        let mut totals = Totals::default();
        for line in &lines {
            totals.given += line.given;
            totals.returned += line.returned;
            totals.counts += line.counts();
            if line.gift_aided {
                totals.gift_aided += line.counts();
            } else {
                totals.other += line.counts();
            }
        }
        let aided = Money::new(totals.gift_aided, currency);
        totals.grossed_up = aided.checked_add(aided.percent_floor(percent)?)?.minor();
        Ok(CurrencyBlock { currency, lines, totals })
    }
}

impl StatementContent {
    /// True when nobody gave anything that counts or went back.
    pub fn is_empty(&self) -> bool {
        self.blocks.iter().all(|b| b.lines.is_empty())
    }

    /// Whether the figures are those of `other`, whatever was said when.
    pub fn same_figures(&self, other: &StatementContent) -> bool {
        self.blocks == other.blocks
    }
}
