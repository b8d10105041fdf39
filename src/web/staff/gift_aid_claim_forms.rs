//! The forms of a claim: that it was sent, what HMRC paid, that it is dropped.

use jiff::civil::Date;
use serde::Deserialize;

use super::gift_aid_claim_view::href;
use super::look::Look;
use crate::domain::money::{AmountError, Currency, Money};
use crate::store::claims::{Claim, ClaimState};
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{Act, Confirm, FieldKind, FormField, Link, Row, Section, StaffForm};

const REFERENCE_AT_MOST: usize = 60;
const WORDS_AT_MOST: usize = 300;

/// The form that says a claim was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    reference: String,
    sent_on: String,
}

/// The form that says what HMRC paid.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paid {
    paid: String,
    paid_on: String,
    words: String,
}

/// The form that comes back with what was typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// That it was sent.
    pub sent: Option<&'a Sent>,
    /// What was paid.
    pub paid: Option<&'a Paid>,
}

fn day(wrong: &mut Mistakes, name: &'static str, typed: &str) -> Option<Date> {
    let day = forms::day(wrong, name, typed);
    if day.is_none() {
        wrong.entry(name).or_insert_with(|| "Enter the day, like 2026-11-22".to_owned());
    }
    day
}

/// HMRC's reference and the day, when nothing is wrong.
pub fn sent(wrong: &mut Mistakes, raw: &Sent) -> Option<(String, Date)> {
    let missing = Some("Enter the reference HMRC shows when it has the file");
    let reference = forms::line(wrong, "reference", &raw.reference, REFERENCE_AT_MOST, missing);
    let on = day(wrong, "sent_on", &raw.sent_on)?;
    wrong.is_empty().then_some((reference, on))
}

/// The sum, the day and the words, when nothing is wrong. HMRC may pay nothing.
pub fn paid(wrong: &mut Mistakes, raw: &Paid) -> Option<(Money, Date, String)> {
    let sum = match Money::parse_typed(&raw.paid, Currency::GBP) {
        Ok(sum) => Some(sum),
        Err(AmountError::NotPositive) if !raw.paid.contains('-') => Some(Money::zero(Currency::GBP)),
        Err(
            AmountError::Empty
            | AmountError::NotANumber
            | AmountError::DecimalComma
            | AmountError::TooManyDecimals
            | AmountError::NotPositive
            | AmountError::TooLarge,
        ) => {
            wrong.insert("paid", "Enter what HMRC paid in figures, like 250.75".to_owned());
            None
        }
    };
    let words = forms::line(wrong, "words", &raw.words, WORDS_AT_MOST, None);
    let on = day(wrong, "paid_on", &raw.paid_on);
    let all = (sum?, on?, words);
    wrong.is_empty().then_some(all)
}

/// What can be done with a claim as it stands.
pub fn sections(look: Look<'_>, claim: &Claim, typed: Typed<'_>, wrong: &Mistakes) -> Vec<Section> {
    match claim.state {
        ClaimState::Draft => vec![
            Section::Form(Box::new(sent_form(look, claim, typed.sent, wrong))),
            Section::Confirm(drop_block(look, claim)),
        ],
        ClaimState::Sent => vec![Section::Form(Box::new(paid_form(look, claim, typed.paid, wrong)))],
        ClaimState::Paid | ClaimState::Dropped => Vec::new(),
    }
}

fn today(look: Look<'_>) -> String {
    look.date_of(look.state.deps.clock.now()).to_string()
}

fn sent_form(look: Look<'_>, claim: &Claim, typed: Option<&Sent>, wrong: &Mistakes) -> StaffForm {
    let fresh = Sent { reference: String::new(), sent_on: today(look) };
    let raw = typed.unwrap_or(&fresh);
    StaffForm {
        heading: "Mark it as sent".to_owned(),
        lead: "Once HMRC has every file. From then on its gifts count as claimed, and its rows never change."
            .to_owned(),
        action: format!("{}/sent", href(&claim.id)),
        fields: vec![
            FormField::new(
                "reference",
                "HMRC’s reference",
                FieldKind::Text,
                field(wrong, "reference", &raw.reference),
            ),
            FormField::new("sent_on", "Sent on", FieldKind::Day, field(wrong, "sent_on", &raw.sent_on)),
        ],
        button: "Mark as sent".to_owned(),
        ..StaffForm::default()
    }
}

fn paid_form(look: Look<'_>, claim: &Claim, typed: Option<&Paid>, wrong: &Mistakes) -> StaffForm {
    let fresh = Paid { paid: String::new(), paid_on: today(look), words: String::new() };
    let raw = typed.unwrap_or(&fresh);
    StaffForm {
        heading: "What HMRC paid".to_owned(),
        lead: format!("{} is expected.", look.money(claim.expected())),
        action: format!("{}/paid", href(&claim.id)),
        fields: vec![
            FormField::new(
                "paid",
                "Paid",
                FieldKind::Money(Currency::GBP.symbol()),
                field(wrong, "paid", &raw.paid),
            ),
            FormField::new("paid_on", "On", FieldKind::Day, field(wrong, "paid_on", &raw.paid_on)),
            FormField::new(
                "words",
                "What there is to say about it",
                FieldKind::Text,
                field(wrong, "words", &raw.words),
            )
            .optional(),
        ],
        button: "Write the payment down".to_owned(),
        ..StaffForm::default()
    }
}

fn drop_block(look: Look<'_>, claim: &Claim) -> Confirm {
    Confirm {
        heading: format!("Drop {}?", claim.number),
        text: "Only if none of its files was sent to HMRC.".to_owned(),
        changes: vec![
            Row::figure("Gifts free for the next claim", look.money(claim.gifts)),
            Row::figure("Tax not claimed with it", look.money(claim.tax)),
        ],
        stays: vec!["Its number is not used again, and that it was made stays on record.".to_owned()],
        undo: "You can make another claim at once.".to_owned(),
        act: Act::new("Drop the draft", format!("{}/drop", href(&claim.id))),
        grave: true,
        cancel: Link::new("Keep it", href(&claim.id)),
    }
}
