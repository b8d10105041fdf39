//! The last look before an official donation receipt is printed: does it have everything it must have (CA-1, case 83)?

use super::canada::{LANGUAGES, Words, is_registration};
use crate::domain::donor::DonorDetails;
use crate::domain::receipt::{LawLine, ReceiptContent, ReceiptEntity, ReceiptForm, Signatory};
use crate::domain::statement::StatementContent;

/// What receipts and statements have in common.
struct Paper<'a> {
    number: &'a str,
    entity: &'a ReceiptEntity,
    donor: &'a DonorDetails,
    statements: &'a [String],
    law: &'a [LawLine],
    signatory: Option<&'a Signatory>,
    replaces: Option<&'a str>,
}

/// What an official receipt lacks of what it must have (CA-1, CA-4, case 83); empty for one that is whole and for every
/// other form.
pub fn missing_elements(content: &ReceiptContent) -> Vec<&'static str> {
    if content.form != ReceiptForm::OfficialDonationReceipt {
        return Vec::new();
    }
    let mut missing = lacks(&Paper {
        number: &content.number,
        entity: &content.entity,
        donor: &content.donor,
        statements: &content.statements,
        law: &content.law,
        signatory: content.signatory.as_ref(),
        replaces: content.replaces.as_deref(),
    });
    if content.eligible.is_none() {
        missing.push("the eligible amount as a figure");
    }
    if content
        .eligible
        .is_some_and(|e| e.currency() != content.amount.currency() || e.minor() > content.amount.minor())
    {
        missing.push("an eligible amount within the gift");
    }
    missing
}

/// As [`missing_elements`], for the official receipt of a year (CA-7).
pub fn missing_in_statement(content: &StatementContent) -> Vec<&'static str> {
    if content.form != ReceiptForm::OfficialDonationReceipt {
        return Vec::new();
    }
    lacks(&Paper {
        number: &content.number,
        entity: &content.entity,
        donor: &content.donor,
        statements: &content.statements,
        law: &content.law,
        signatory: content.signatory.as_ref(),
        replaces: content.replaces.as_ref().map(|r| r.number.as_str()),
    })
}

fn lacks(paper: &Paper<'_>) -> Vec<&'static str> {
    let says = |of: fn(&Words) -> &'static str| {
        LANGUAGES.iter().any(|w| paper.statements.iter().any(|s| s.contains(of(w))))
    };
    let value = |of: fn(&Words) -> &'static str| {
        let named = paper.law.iter().find(|l| LANGUAGES.iter().any(|w| l.label == of(w)));
        named.map(|l| l.value.trim()).unwrap_or_default()
    };
    let has = |of: fn(&Words) -> &'static str| !value(of).is_empty();
    let told = paper.replaces.is_none_or(|old| {
        LANGUAGES.iter().any(|w| paper.statements.iter().any(|s| *s == format!("{} {old}.", w.replaces)))
    });
    let addressed = paper.donor.address.as_ref().is_some_and(|a| !a.is_blank());
    let rules = [
        (says(|w| w.official), "the sentence that it is official"),
        (says(|w| w.agency) && says(|w| w.agency_pages), "the agency's name and website"),
        (told, "the number of the receipt that it cancels"),
        (!paper.number.trim().is_empty(), "the serial number"),
        (!paper.entity.legal_name.trim().is_empty(), "the charity's name"),
        (paper.entity.address.iter().any(|l| !l.trim().is_empty()), "the charity's address"),
        (is_registration(value(|w| w.registration)), "the charity's registration number"),
        (has(|w| w.place), "the place of issue"),
        (has(|w| w.issued), "the day of issue"),
        (has(|w| w.received) || has(|w| w.year), "the day or year it was received"),
        (has(|w| w.eligible), "the eligible amount"),
        (paper.signatory.is_some_and(|s| !s.name.trim().is_empty()), "who signs"),
        (!paper.donor.receipt_name().trim().is_empty(), "the donor's name"),
        (addressed, "the donor's address"),
    ];
    rules.into_iter().filter(|(there, _)| !there).map(|(_, what)| what).collect()
}
