//! The letters about receipts that changed without a refund: a bank's decision, or a refund that did not get through.

use super::{entity, frame};
use crate::domain::dates;
use crate::domain::money::Money;
use crate::mail::views::MailRow;
use crate::mail::views_letter::Letter;
use crate::services::mailing::Rendered;
use crate::services::receipts::Outcome;
use crate::services::{Deps, Result, ServiceError};
use crate::store::gifts::Gift;

/// "Receipt … is void", "has been replaced", "counts again" (RC-5, RC-10). `remains`: what remains given.
///
/// # Errors
/// When nothing has changed, the charity file no longer has the entity, or the template fails.
pub fn changed(deps: &Deps, gift: &Gift, outcome: &Outcome, remains: Money) -> Result<Rendered> {
    let entity = entity(deps, &gift.entity_id)?;
    let locale = entity.locale.as_str();
    let (sum, left) = (gift.amount.display(locale), remains.display(locale));
    let day = dates::long(gift.received_on.0, locale);
    let do_not =
        "Do not use the old receipt for your tax. If you have claimed relief with it, tell your tax office.";
    let (number, subject, lead, closing) = match outcome {
        Outcome::Agrees => return Err(ServiceError::Unexpected("a letter about no change".to_owned())),
        Outcome::Cancelled(number) => (
            number,
            format!("Receipt {number} is void"),
            format!(
                "Your gift of {sum} on {day} went back to you through your bank, so its receipt counts no longer."
            ),
            do_not,
        ),
        Outcome::Replaced(old, number) => (
            number,
            format!("Receipt {old} has been replaced"),
            format!(
                "{left} of your gift of {sum} on {day} counts now. Receipt {number} takes the place of {old}."
            ),
            do_not,
        ),
        Outcome::Restored(number) => (
            number,
            format!("Receipt {number} counts again"),
            format!(
                "Your gift of {sum} on {day} stands after all, and so does its receipt. You need do nothing."
            ),
            "You can use this receipt for your tax as before.",
        ),
    };
    let brand = &deps.config.charity.brand.name;
    let letter = Letter {
        frame: frame(deps, entity, format!("You got this because you gave to {brand} on {day}.")),
        subject: subject.clone(),
        preheader: lead.clone(),
        heading: subject,
        lead: format!("Dear {}, {}", gift.donor.receipt_name(), lower_first(&lead)),
        rows: vec![
            MailRow::new("Receipt", number.as_str()),
            MailRow::new("Date received", day),
            MailRow::new("Counts with", left),
        ],
        closing: vec![closing.to_owned(), "If something puzzles you, answer this e-mail.".to_owned()],
        ..Letter::default()
    };
    Ok(Rendered {
        kind: "receipt_changed",
        subject: letter.subject(),
        text: letter.text()?,
        html: letter.html()?,
    })
}

fn lower_first(text: &str) -> String {
    match text.strip_prefix("Your ") {
        Some(rest) => format!("your {rest}"),
        None => text.to_owned(),
    }
}
