//! Gift Aid declarations as intervals: what a donor declared, for how long it holds, and which gifts it covers (UK-13 to UK-23).

use jiff::civil::Date;

use crate::clock::Ts;
use crate::domain::donor::Address;
use crate::domain::ids::{DeclarationId, GiftId, PaymentId};

/// Which gifts a declaration is about (UK-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One gift.
    Single,
    /// Every gift from the day it was made.
    Future,
    /// Every gift of the four years before, and from then on.
    PastFourYearsAndFuture,
}

impl Scope {
    /// The word in records: `single`, `future`, `past_4y_and_future`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Single => "single",
            Scope::Future => "future",
            Scope::PastFourYearsAndFuture => "past_4y_and_future",
        }
    }

    /// From the word in records.
    pub fn from_word(word: &str) -> Option<Scope> {
        [Scope::Single, Scope::Future, Scope::PastFourYearsAndFuture].into_iter().find(|s| s.as_str() == word)
    }

    /// The first day it covers when made on `day` (case 23).
    pub fn covers_from(self, day: Date) -> Date {
        match self {
            Scope::Single | Scope::Future => day,
            Scope::PastFourYearsAndFuture => day.saturating_sub(jiff::Span::new().years(4)),
        }
    }
}

/// How a declaration, or what happened to it, reached the charity (UK-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// On a page of ours.
    Web,
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
    /// On paper.
    Paper,
    /// By word of mouth: holds when its written record was sent (UK-20).
    Oral,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 5] = [Channel::Web, Channel::Email, Channel::Sms, Channel::Paper, Channel::Oral];

    /// The word in records: `web`, `email`, `sms`, `paper`, `oral`.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Paper => "paper",
            Channel::Oral => "oral",
        }
    }

    /// From the word in records.
    pub fn from_word(word: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|c| c.as_str() == word)
    }
}

/// How a declaration ended (UK-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// It covers nothing received on or after this day.
    pub from: Date,
    /// It covers nothing at all: an oral one, cancelled within 30 days of its written record.
    pub void: bool,
}

/// A declaration with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its id.
    pub id: DeclarationId,
    /// For which entity.
    pub entity_id: String,
    /// Which gifts.
    pub scope: Scope,
    /// First day covered, in the entity's zone.
    pub covers_from: Date,
    /// The form it was made with: a single one covers what that form gave.
    pub payment_id: Option<PaymentId>,
    /// The one gift of a single declaration made otherwise.
    pub gift_id: Option<GiftId>,
    /// Name as given.
    pub full_name: String,
    /// Home address as given (UK-13b).
    pub home_address: Address,
    /// The donor lives outside the United Kingdom (UK-12, UK-25).
    pub non_uk_resident: bool,
    /// Version of the words that were shown.
    pub wording_version: String,
    /// How it was made.
    pub channel: Channel,
    /// Where the evidence is.
    pub evidence_ref: Option<String>,
    /// When it was made.
    pub made_at: Ts,
    /// When the written record of an oral one was sent, in the entity's zone (UK-20).
    pub record_sent_on: Option<Date>,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// What of a gift decides whether a declaration covers it.
#[derive(Clone, Copy, Debug)]
pub struct CoveredGift<'a> {
    /// To which entity.
    pub entity_id: &'a str,
    /// The gift.
    pub id: &'a GiftId,
    /// The form it was given with.
    pub payment_id: Option<&'a PaymentId>,
    /// The first charge of a plan, or a gift without one: what a single declaration of its form covers (case 24).
    pub first: bool,
    /// The day it was received in the entity's zone.
    pub received_on: Date,
}

impl Declaration {
    /// Whether it holds at all: an oral one without its written record does not yet (UK-20); a recording counts as evidence.
    pub fn is_valid(&self) -> bool {
        let evidenced =
            self.channel != Channel::Oral || self.record_sent_on.is_some() || self.evidence_ref.is_some();
        evidenced && !self.ended.is_some_and(|e| e.void)
    }

    /// Whether it covers the gift (UK-15, UK-21): same entity, received on or after the first day, before the day it ended.
    pub fn covers(&self, gift: &CoveredGift<'_>) -> bool {
        let about = match self.scope {
            Scope::Single => {
                self.gift_id.as_ref() == Some(gift.id)
                    || (gift.first
                        && self.payment_id.is_some()
                        && self.payment_id.as_ref() == gift.payment_id)
            }
            Scope::Future | Scope::PastFourYearsAndFuture => gift.received_on >= self.covers_from,
        };
        let held = self.ended.is_none_or(|e| gift.received_on < e.from);
        self.is_valid() && about && held && self.entity_id == gift.entity_id
    }

    /// Whether it covers gifts received on `day` and later, as far as anybody knows.
    pub fn is_standing(&self, day: Date) -> bool {
        self.is_valid() && self.scope != Scope::Single && self.ended.is_none_or(|e| day < e.from)
    }
}

/// The declaration that covers a gift: of several, the one made first, as it was relied on first.
pub fn covering<'d>(declarations: &'d [Declaration], gift: &CoveredGift<'_>) -> Option<&'d Declaration> {
    declarations.iter().filter(|d| d.covers(gift)).min_by_key(|d| (d.made_at, d.id.clone()))
}
