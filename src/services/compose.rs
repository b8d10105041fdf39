//! The words of each mail, from facts and the charity file.

pub mod gift_aid_letters;
pub mod letters;
pub mod plan_letters;
pub mod receipt_letters;
pub mod statement_letters;

use jiff::civil::Date;

use super::mailing::Rendered;
use super::{Deps, Result, ServiceError};
use crate::config::{Entity, WordingKey};
use crate::domain::dates;
use crate::domain::donor::Tribute;
use crate::domain::frequency::Frequency;
use crate::domain::money::Money;
use crate::domain::receipt::ReceiptContent;
use crate::domain::states::TributeKind;
use crate::mail::views;
use crate::store::payments::Payment;

/// The entity of the charity file.
///
/// # Errors
/// When the file no longer has it: the job waits until it does.
pub fn entity<'a>(deps: &'a Deps, id: &str) -> Result<&'a Entity> {
    deps.config
        .charity
        .entity(id)
        .ok_or_else(|| ServiceError::Unexpected(format!("the charity file has no entity {id:?}")))
}

/// A fund's name, or its id when the file no longer has it.
pub fn fund_name(deps: &Deps, id: &str) -> String {
    deps.config.charity.fund(id).map_or_else(|| id.to_owned(), |f| f.name.clone())
}

fn frame(deps: &Deps, entity: &Entity, reason: String) -> views::MailFrame {
    let brand = &deps.config.charity.brand;
    let mut entity_lines = vec![entity.legal_name.clone(), entity.registrations_line()];
    entity_lines.push(entity.address.join(", "));
    views::MailFrame {
        lang: entity.locale.clone(),
        brand: brand.name.clone(),
        accent: brand.accent.css(),
        on_accent: "#ffffff".to_owned(),
        entity_lines,
        reason,
        contact_email: brand.contact_email.clone(),
        contact_phone: brand.contact_phone.clone().unwrap_or_default(),
    }
}

fn paragraphs(deps: &Deps, key: WordingKey, entity: &Entity, on: Date) -> Vec<String> {
    deps.config.charity.wording.current(key, entity, on).map(|w| w.paragraphs).unwrap_or_default()
}

/// `In memory of Grace`.
fn tribute_line(tribute: Option<&Tribute>) -> String {
    match tribute {
        None => String::new(),
        Some(Tribute { kind: TributeKind::Memory, name }) => format!("In memory of {name}"),
        Some(Tribute { kind: TributeKind::Honour, name }) => format!("In honour of {name}"),
    }
}

/// `monthly gift`, `quarterly gift`, `yearly gift`, `gift`.
pub fn gift_noun(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Once => "gift",
        Frequency::Monthly => "monthly gift",
        Frequency::Quarterly => "quarterly gift",
        Frequency::Yearly => "yearly gift",
    }
}

fn parse_day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| ServiceError::Unexpected(format!("not a day: {text:?}")))
}

/// The receipt mail, from the frozen content alone (RC-1). A `copy` says so and keeps its number (RC-8).
///
/// # Errors
/// When the content is damaged or the template fails.
pub fn receipt(deps: &Deps, content: &ReceiptContent, copy: bool) -> Result<Rendered> {
    let entity = entity(deps, &content.entity.id)?;
    let locale = content.entity.locale.as_str();
    let date = dates::long(parse_day(&content.received_on)?, locale);
    let brand = &deps.config.charity.brand.name;
    let mut mail_frame = frame(deps, entity, format!("You got this because you gave to {brand} on {date}."));
    mail_frame.entity_lines =
        vec![content.entity.legal_name.clone(), content.entity.registrations.join(", ")];
    mail_frame.entity_lines.push(content.entity.address.join(", "));
    let kind = match &content.instalment {
        None => "One-off gift".to_owned(),
        Some(i) => format!("Gift {} of your {} gift", i.number, i.frequency),
    };
    let fee_covered = if content.fee_cover.is_zero() {
        String::new()
    } else {
        format!("Includes {} towards the card fee", content.fee_cover.display(locale))
    };
    let mail = views::Receipt {
        frame: mail_frame,
        copy,
        donor: content.donor.receipt_name(),
        number: content.number.clone(),
        replaces: content.replaces.clone().unwrap_or_default(),
        amount: content.amount.display(locale),
        amount_iso: format!("{} {}", content.amount.display(locale), content.amount.currency()),
        date,
        method: content.method.clone(),
        fund: content.fund.clone(),
        kind,
        fee_covered,
        gift_aid: if content.gift_aid {
            "Yes, under the declaration you made".to_owned()
        } else {
            String::new()
        },
        tribute: tribute_line(content.tribute.as_ref()),
        note: content.note.clone().unwrap_or_default(),
        law: content.law.iter().map(|l| views::MailRow::new(l.label.as_str(), l.value.as_str())).collect(),
        statements: content.statements.clone(),
        wording: content.wording.clone(),
        wording_id: content.wording_version.clone(),
        manage: Some(views::MailLink::new("See all your giving", deps.config.base_url.join("/portal"))),
    };
    Ok(Rendered {
        kind: if copy { "receipt_copy" } else { "receipt" },
        subject: mail.subject(),
        text: mail.text()?,
        html: mail.html()?,
    })
}

/// "We have received your instruction": before the bank has confirmed (RC-3, PR-13).
///
/// # Errors
/// When the template fails.
pub fn confirming(deps: &Deps, payment: &Payment, method: &str, today: Date) -> Result<Rendered> {
    let entity = entity(deps, &payment.entity_id)?;
    let locale = entity.locale.as_str();
    let brand = &deps.config.charity.brand.name;
    let kind = match payment.frequency {
        Frequency::Once => "Once".to_owned(),
        Frequency::Monthly => "Every month".to_owned(),
        Frequency::Quarterly => "Every three months".to_owned(),
        Frequency::Yearly => "Every year".to_owned(),
    };
    let mail = views::Confirming {
        frame: frame(
            deps,
            entity,
            format!("You got this because you set up a gift to {brand} by Direct Debit."),
        ),
        donor: payment.donor.receipt_name(),
        amount: payment.total().display(locale),
        fund: fund_name(deps, &payment.fund_id),
        kind,
        method: method.to_owned(),
        expected: dates::long(dates::add_working_days(today, 7), locale),
        reference: payment.id.to_string(),
        guarantee: paragraphs(deps, WordingKey::DirectDebitGuarantee, entity, today),
        manage: None,
    };
    Ok(Rendered { kind: "confirming", subject: mail.subject(), text: mail.text()?, html: mail.html()? })
}

/// The bank did not pay: nothing was taken.
///
/// # Errors
/// When the template fails.
pub fn not_collected(deps: &Deps, payment: &Payment, method: &str, today: Date) -> Result<Rendered> {
    let entity = entity(deps, &payment.entity_id)?;
    let locale = entity.locale.as_str();
    let brand = &deps.config.charity.brand.name;
    let retry = deps.config.base_url.join(&format!(
        "/give?entity={}&frequency={}&amount={}&fund={}",
        payment.entity_id,
        payment.frequency.as_str(),
        payment.amount.to_plain(),
        payment.fund_id
    ));
    let mail = views::NotCollected {
        frame: frame(deps, entity, format!("You got this because you set up a gift to {brand}.")),
        donor: payment.donor.receipt_name(),
        amount: payment.total().display(locale),
        fund: fund_name(deps, &payment.fund_id),
        date: dates::long(today, locale),
        method: method.to_owned(),
        reason: String::new(),
        next: String::new(),
        retry: views::MailLink::new("Try again", retry),
    };
    Ok(Rendered { kind: "not_collected", subject: mail.subject(), text: mail.text()?, html: mail.html()? })
}

/// What a refund mail tells.
#[derive(Clone, Debug)]
pub struct RefundFacts<'a> {
    /// What goes back.
    pub amount: Money,
    /// What stays given.
    pub remaining: Money,
    /// The day of the refund in the entity's zone.
    pub made_on: Date,
    /// The receipt it changes.
    pub receipt_number: &'a str,
    /// The receipt that takes its place; empty: none does.
    pub replacement_number: &'a str,
    /// The gift's gross sum.
    pub gift_amount: Money,
    /// The day of the gift.
    pub gift_on: Date,
    /// `Visa ending 4242`; none when the charity sends the money itself, in a way it agrees with the donor.
    pub method: Option<&'a str>,
    /// The name on the receipt.
    pub donor: String,
    /// True when Gift Aid was on the gift.
    pub gift_aid: bool,
    /// The receiving entity's id.
    pub entity_id: &'a str,
}

/// The refund mail (RC-9).
///
/// # Errors
/// When the template fails.
pub fn refund(deps: &Deps, facts: &RefundFacts<'_>) -> Result<Rendered> {
    let entity = entity(deps, facts.entity_id)?;
    let locale = entity.locale.as_str();
    let full = facts.remaining.is_zero();
    let mut tax_effect = paragraphs(deps, WordingKey::Refund, entity, facts.made_on);
    if full {
        tax_effect.push("Do not claim tax relief on this gift.".to_owned());
    } else {
        tax_effect.push(format!("Claim tax relief on {} only.", facts.remaining.display(locale)));
    }
    if facts.gift_aid {
        tax_effect.push("We return the Gift Aid on the refunded sum to HMRC.".to_owned());
    }
    let mail = views::Refund {
        frame: frame(deps, entity, "You got this because a gift of yours was refunded.".to_owned()),
        donor: facts.donor.clone(),
        amount: facts.amount.display(locale),
        date: dates::long(facts.made_on, locale),
        full,
        receipt_number: facts.receipt_number.to_owned(),
        gift_date: dates::long(facts.gift_on, locale),
        gift_amount: facts.gift_amount.display(locale),
        remaining: if full { String::new() } else { facts.remaining.display(locale) },
        replacement_number: facts.replacement_number.to_owned(),
        method: facts.method.unwrap_or_default().to_owned(),
        arrives: facts.method.map(|_| "5 to 10 working days".to_owned()).unwrap_or_default(),
        tax_effect,
    };
    Ok(Rendered { kind: "refund", subject: mail.subject(), text: mail.text()?, html: mail.html()? })
}
