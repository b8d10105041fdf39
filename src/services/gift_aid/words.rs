//! The words of a declaration: as they stand on the page, as they are kept with it, and how a declaration is told.

use jiff::civil::Date;

use crate::config::{Entity, Wording, WordingKey};
use crate::domain::dates;
use crate::domain::gift_aid::declaration::{Channel, Declaration, Scope};
use crate::domain::receipt::sha256_hex;
use crate::services::{Deps, Result, ServiceError};

/// What somebody reads who makes a declaration, and what is kept with it (UK-13, UK-14, UK-16).
#[derive(Clone, Debug)]
pub struct DeclarationWords {
    /// The version of the declaration's own text.
    pub version: String,
    /// The declaration with the tax explanation.
    pub declaration: Vec<String>,
    /// What is said besides when the past four years are declared too.
    pub past: Vec<String>,
    /// When to tell us, higher-rate relief.
    pub notes: Vec<String>,
    name: String,
    from: String,
}

impl DeclarationWords {
    /// The words `entity` uses on a day. `from`: the day in the donor's words, "today" or "3 May 2024".
    ///
    /// # Errors
    /// When the charity file has none for that day.
    pub fn of(deps: &Deps, entity: &Entity, on: Date, from: &str) -> Result<DeclarationWords> {
        DeclarationWords::on(deps, entity, on, from).ok_or_else(|| {
            ServiceError::Unexpected(format!("no words of a declaration for {} on {on}", entity.id))
        })
    }

    /// As [`DeclarationWords::of`]; `None` when the charity file has none for that day.
    pub fn on(deps: &Deps, entity: &Entity, on: Date, from: &str) -> Option<DeclarationWords> {
        let current = |key| -> Option<Wording> { deps.config.charity.wording.current(key, entity, on) };
        let declaration = current(WordingKey::GiftAidDeclaration)?;
        Some(DeclarationWords {
            version: declaration.version,
            declaration: declaration.paragraphs,
            past: current(WordingKey::GiftAidPast)?.paragraphs,
            notes: current(WordingKey::GiftAidNotes)?.paragraphs,
            name: entity.legal_name.clone(),
            from: from.to_owned(),
        })
    }

    /// Which gifts are meant, in the donor's words (UK-13c).
    pub fn label(&self, scope: Scope) -> String {
        let (name, from) = (&self.name, &self.from);
        match scope {
            Scope::Single => format!("Claim Gift Aid on one gift I made to {name}"),
            Scope::Future => format!("Claim Gift Aid on every gift I make to {name} from {from}"),
            Scope::PastFourYearsAndFuture => format!(
                "Claim Gift Aid on every gift I make to {name} from {from}, and on every gift I made to it in the four years before"
            ),
        }
    }

    /// The words beside the tick.
    pub fn consent(&self) -> String {
        "Yes, I make this declaration".to_owned()
    }

    /// Every word that belongs to a declaration, as it is kept.
    pub fn text(&self, scope: Scope) -> String {
        let mut all = vec![self.label(scope)];
        all.extend(self.declaration.iter().cloned());
        if scope == Scope::PastFourYearsAndFuture {
            all.extend(self.past.iter().cloned());
        }
        all.push(self.consent());
        all.extend(self.notes.iter().cloned());
        all.join("\n\n")
    }

    /// The mark of all of these words: a page that was made with others is shown anew.
    pub fn mark(&self) -> String {
        sha256_hex(&format!("{}\n\n{}", self.text(Scope::Future), self.text(Scope::PastFourYearsAndFuture)))
    }
}

/// Which gifts a declaration is about: `Every gift from 22 November 2026`.
pub fn scope_words(declaration: &Declaration, locale: &str) -> String {
    let day = dates::long(declaration.covers_from, locale);
    match declaration.scope {
        Scope::Single => "One gift".to_owned(),
        Scope::Future => format!("Every gift from {day}"),
        Scope::PastFourYearsAndFuture => format!("Every gift from {day}, four years before it was made"),
    }
}

/// How something reached us: `On our pages`, `By word of mouth`.
pub fn channel_words(channel: Channel) -> &'static str {
    match channel {
        Channel::Web => "On our pages",
        Channel::Email => "By e-mail",
        Channel::Sms => "By text message",
        Channel::Paper => "On paper",
        Channel::Oral => "By word of mouth",
    }
}

/// How a declaration stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It covers gifts.
    Holds,
    /// Oral: it holds when its written record was sent (UK-20).
    WaitsForRecord,
    /// It covers gifts until the day before this one.
    EndsOn(Date),
    /// It covers nothing received on or after this day.
    EndedOn(Date),
    /// It counts as never made (UK-21).
    Void,
}

/// How a declaration stands on `today`.
pub fn standing(declaration: &Declaration, today: Date) -> Standing {
    match declaration.ended {
        Some(ended) if ended.void => Standing::Void,
        Some(ended) if ended.from > today => Standing::EndsOn(ended.from),
        Some(ended) => Standing::EndedOn(ended.from),
        None if declaration.is_valid() => Standing::Holds,
        None => Standing::WaitsForRecord,
    }
}
