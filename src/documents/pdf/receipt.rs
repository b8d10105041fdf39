//! The page of a receipt (RC-1), in the form that the law of the entity's country asks for.

use super::labels::{self, Labels, fill};
use super::view::{self, Common, Sum, View, breakable, fact, frame};
use super::{PdfError, Stamp, long_date};
use crate::domain::money::MoneyError;
use crate::domain::receipt::{Advantage, Instalment, LawLine, ReceiptContent, ReceiptForm};
use crate::domain::states::{DonorKind, TributeKind};

/// The page of a receipt.
pub(super) fn view(content: &ReceiptContent, stamp: &Stamp<'_>) -> Result<View, PdfError> {
    let labels = labels::of(view::locale_of(&content.entity, content.form));
    let common = Common {
        entity: &content.entity,
        donor: &content.donor,
        what: &labels.receipt,
        number: &content.number,
        issued_on: &content.issued_on,
        form: content.form,
    };
    let mut view = frame(&common, stamp, labels)?;
    heading(content.form, labels).clone_into(&mut view.heading);
    view.sums = vec![sum(content, labels)];
    view.statements.clone_from(&content.statements);
    view.signature = view::signature(content.signatory.as_ref());
    match content.form {
        ReceiptForm::Plain
        | ReceiptForm::Acknowledgment
        | ReceiptForm::DgrReceipt
        | ReceiptForm::NotOfficial => {
            view.lead.clone_from(&labels.thanks);
            view.facts = facts(content, labels)?;
            view.facts.extend(content.law.iter().cloned());
            view.wording.clone_from(&content.wording);
        }
        ReceiptForm::OfficialDonationReceipt => {
            view.facts.clone_from(&content.law);
            view.facts.extend(particulars(content, labels));
            view.wording.clone_from(&content.wording);
        }
        ReceiptForm::Zuwendungsbestaetigung => {
            view.facts.clone_from(&content.law);
            view::after_pattern(&mut view, labels, content.signatory.as_ref(), false);
        }
    }
    Ok(view)
}

fn heading(form: ReceiptForm, labels: &Labels) -> &str {
    match form {
        ReceiptForm::Plain | ReceiptForm::DgrReceipt => &labels.receipt_heading,
        ReceiptForm::Acknowledgment => &labels.acknowledgment,
        ReceiptForm::OfficialDonationReceipt | ReceiptForm::Zuwendungsbestaetigung => &labels.official,
        ReceiptForm::NotOfficial => &labels.not_official,
    }
}

/// The figure the reader wants: what counts for tax where the law tells it from what was given (US-5, CA-9).
fn sum(content: &ReceiptContent, labels: &Labels) -> Sum {
    let locale = content.entity.locale.as_str();
    let label = if content.given.is_some() { &labels.remains } else { &labels.amount };
    let main = fact(label, content.amount.display(locale));
    let rest = content.eligible.iter().map(|sum| fact(&labels.eligible, sum.display(locale))).collect();
    Sum { title: String::new(), main, rest }
}

fn facts(content: &ReceiptContent, labels: &Labels) -> Result<Vec<LawLine>, PdfError> {
    let locale = content.entity.locale.as_str();
    let mut facts = vec![fact(&labels.received_on, long_date(&content.received_on, locale)?)];
    if let Some(given) = content.given.filter(|given| *given != content.amount) {
        let back =
            given.checked_sub(content.amount).map_err(|e: MoneyError| PdfError::Setting(e.to_string()))?;
        facts.push(fact(&labels.first_given, given.display(locale)));
        facts.push(fact(&labels.went_back, back.display(locale)));
    }
    facts.extend(particulars(content, labels));
    Ok(facts)
}

/// What no law asks for, but the donor and whoever answers their letter want to see.
fn particulars(content: &ReceiptContent, labels: &Labels) -> Vec<LawLine> {
    let locale = content.entity.locale.as_str();
    let mut facts = vec![fact(&labels.fund, breakable(&content.fund))];
    facts.extend(content.campaign.iter().map(|name| fact(&labels.campaign, breakable(name))));
    facts.push(fact(&labels.kind, kind(content.instalment.as_ref(), labels)));
    facts.push(fact(&labels.method, breakable(&content.method)));
    if !content.fee_cover.is_zero() {
        facts.push(fact(&labels.fee_cover, content.fee_cover.display(locale)));
    }
    facts.extend(gift_aid(content, labels));
    let untold = content.advantage.as_ref().filter(|a| !a.value.is_zero() && !is_told(content, a));
    facts.extend(untold.map(|a| fact(&labels.advantage, worth(a, labels, locale))));
    facts.extend(content.tribute.as_ref().map(|tribute| {
        let label = match tribute.kind {
            TributeKind::Memory => &labels.in_memory,
            TributeKind::Honour => &labels.in_honour,
        };
        fact(label, breakable(&tribute.name))
    }));
    facts.extend(content.note.iter().map(|note| fact(&labels.note, breakable(note))));
    // An official form says it in the words of the law (CA-4).
    let old = content.replaces.as_ref().filter(|_| content.form != ReceiptForm::OfficialDonationReceipt);
    facts.extend(old.map(|old| fact(&labels.replaces, format!("{} {old}", labels.receipt))));
    facts
}

/// Gift Aid is a matter of charities in the UK and of persons (UK-2, UK-7); the oldest receipts name no country.
fn gift_aid(content: &ReceiptContent, labels: &Labels) -> Option<LawLine> {
    match (content.gift_aid, content.donor.kind, content.entity.country.as_str()) {
        (true, _, _) => Some(fact(&labels.gift_aid, labels.gift_aid_yes.as_str())),
        (false, DonorKind::Individual, "GB") => Some(fact(&labels.gift_aid, labels.gift_aid_no.as_str())),
        (false, DonorKind::Individual | DonorKind::Organisation, _) => None,
    }
}

/// Whether a sentence or a line of the law says it already (US-5, CA-9).
fn is_told(content: &ReceiptContent, advantage: &Advantage) -> bool {
    let what = advantage.description.trim();
    let lines = content.law.iter().map(|line| &line.value);
    content.statements.iter().chain(lines).any(|text| text.contains(what))
}

fn worth(advantage: &Advantage, labels: &Labels, locale: &str) -> String {
    let (what, value) = (breakable(advantage.description.trim()), advantage.value.display(locale));
    fill(&labels.worth, &[("what", &what), ("value", &value)])
}

fn kind(instalment: Option<&Instalment>, labels: &Labels) -> String {
    let Some(instalment) = instalment else { return labels.once.clone() };
    let kind = match instalment.frequency.as_str() {
        "monthly" => &labels.monthly,
        "quarterly" => &labels.quarterly,
        "yearly" => &labels.yearly,
        other => other,
    };
    fill(&labels.instalment, &[("kind", kind), ("number", &instalment.number.to_string())])
}
