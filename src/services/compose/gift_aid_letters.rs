//! The words of the letters about a Gift Aid declaration.

use jiff::civil::Date;

use super::{entity, frame, paragraphs};
use crate::config::{Entity, WordingKey};
use crate::domain::dates;
use crate::domain::gift_aid::declaration::{Declaration, Ended, Scope};
use crate::mail::views::MailRow;
use crate::mail::views_letter::Letter;
use crate::services::gift_aid::words::{channel_words, scope_words};
use crate::services::mailing::Rendered;
use crate::services::{Deps, Result};

fn rendered(kind: &'static str, letter: &Letter) -> Result<Rendered> {
    Ok(Rendered { kind, subject: letter.subject(), text: letter.text()?, html: letter.html()? })
}

/// Whom, which gifts and when: what a declaration says, line by line (UK-13).
fn rows(entity: &Entity, declaration: &Declaration) -> Vec<MailRow> {
    let made_on = declaration.made_at.date_in(&entity.time_zone);
    vec![
        MailRow::new("Charity", entity.legal_name.as_str()),
        MailRow::new("Name", declaration.full_name.as_str()),
        MailRow::new("Home address", declaration.home_address.lines().join(", ")),
        MailRow::new("Gift Aid on", scope_words(declaration, &entity.locale)),
        MailRow::new("Declared on", dates::long(made_on, &entity.locale)),
        MailRow::new("How", channel_words(declaration.channel)),
    ]
}

/// The written record of an oral declaration: everything the donor said, the tax explanation, the right to undo it within
/// 30 days, the day it was given and the day this is sent (UK-20).
///
/// # Errors
/// When the charity file no longer has the entity, or the template fails.
pub fn declaration_record(deps: &Deps, declaration: &Declaration, sent_on: Date) -> Result<Rendered> {
    let entity = entity(deps, &declaration.entity_id)?;
    let name = &entity.legal_name;
    let mut words = paragraphs(deps, WordingKey::GiftAidOralRecord, entity, sent_on);
    if declaration.scope == Scope::PastFourYearsAndFuture {
        words.extend(paragraphs(deps, WordingKey::GiftAidPast, entity, sent_on));
    }
    let mut rows = rows(entity, declaration);
    rows.push(MailRow::new("This record sent on", dates::long(sent_on, &entity.locale)));
    let letter = Letter {
        frame: frame(
            deps,
            entity,
            format!("You got this because you told {name} that you want Gift Aid on your gifts."),
        ),
        subject: "Your Gift Aid declaration, in writing".to_owned(),
        preheader: "Please check what we wrote down.".to_owned(),
        heading: "Your Gift Aid declaration, in writing".to_owned(),
        lead: format!("Dear {}, this is what we wrote down when you told us.", declaration.full_name),
        paragraphs: words,
        rows,
        closing: paragraphs(deps, WordingKey::GiftAidNotes, entity, sent_on),
        ..Letter::default()
    };
    rendered("declaration_record", &letter)
}

/// "Gift Aid has ended": from when, and what it means (UK-21).
///
/// # Errors
/// When the charity file no longer has the entity, or the template fails.
pub fn declaration_ended(deps: &Deps, declaration: &Declaration, ended: Ended) -> Result<Rendered> {
    let entity = entity(deps, &declaration.entity_id)?;
    let day = dates::long(ended.from, &entity.locale);
    let name = &entity.legal_name;
    let mut rows = rows(entity, declaration);
    let (lead, meaning) = if ended.void {
        rows.push(MailRow::new("Told us on", day));
        let meaning = format!(
            "Your declaration to {name} counts as never made. We claim no Gift Aid under it, and give back to HMRC what we have claimed."
        );
        ("As you asked, we have undone your Gift Aid declaration.".to_owned(), vec![meaning])
    } else {
        rows.push(MailRow::new("Ends on", day.as_str()));
        let meaning = paragraphs(deps, WordingKey::GiftAidEnded, entity, ended.from);
        (format!("As you asked, your Gift Aid declaration to {name} ends on {day}."), meaning)
    };
    let letter = Letter {
        frame: frame(
            deps,
            entity,
            format!("You got this because you ended Gift Aid on your gifts to {name}."),
        ),
        subject: "The end of your Gift Aid declaration".to_owned(),
        preheader: lead.clone(),
        heading: "The end of your Gift Aid declaration".to_owned(),
        lead,
        paragraphs: meaning,
        rows,
        closing: vec!["Did you not ask for this? Answer this e-mail, and we put it right.".to_owned()],
        ..Letter::default()
    };
    rendered("declaration_ended", &letter)
}
