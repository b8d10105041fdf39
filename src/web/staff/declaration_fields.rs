//! The fields of a declaration that staff write down.

use jiff::civil::Date;
use serde::Deserialize;

use super::look::Look;
use crate::config::Entity;
use crate::domain::donor::Address;
use crate::domain::gift_aid::declaration::{Channel, Scope};
use crate::domain::ids::{DonorId, GiftId};
use crate::services::gift_aid::declare::{Declare, Given, Refusal};
use crate::services::gift_aid::words::channel_words;
use crate::services::staff::Actor;
use crate::store::office_donor::DonorRecord;
use crate::store::office_gifts::GiftRow;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, field, line};
use crate::web::pages::{Choice, FieldKind, FormField};

/// Letters of a shelf mark.
const MARK_AT_MOST: usize = 200;
/// Letters of the words that were said or printed.
const WORDS_AT_MOST: usize = 4000;
/// How a declaration reaches the office.
pub const CHANNELS: [Channel; 4] = [Channel::Paper, Channel::Email, Channel::Sms, Channel::Oral];

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    /// The form's mark.
    pub token: String,
    entity: String,
    channel: String,
    scope: String,
    gift: String,
    made_on: String,
    full_name: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
    evidence_ref: String,
    words: String,
}

impl Raw {
    /// The form as it opens, with what is known of the donor.
    pub fn known(donor: &DonorRecord, home: Address) -> Raw {
        Raw {
            full_name: format!("{} {}", donor.given_name, donor.family_name).trim().to_owned(),
            line1: home.line1,
            line2: home.line2,
            city: home.city,
            region: home.region,
            postcode: home.postcode,
            country: home.country,
            ..Raw::default()
        }
    }
}

/// `Choice`s of how something reached the office.
pub fn channel_choices(chosen: &str) -> Vec<Choice> {
    let choice = |channel: Channel| Choice {
        value: channel.as_str().to_owned(),
        label: channel_words(channel).to_owned(),
        selected: channel.as_str() == chosen,
    };
    CHANNELS.into_iter().map(choice).collect()
}

fn scope_choices(chosen: &str) -> Vec<Choice> {
    let all = [
        (Scope::Future, "Every gift from the day it was made"),
        (Scope::PastFourYearsAndFuture, "Every gift of the four years before, too"),
        (Scope::Single, "One gift"),
    ];
    let choice = |(scope, label): (Scope, &str)| Choice {
        value: scope.as_str().to_owned(),
        label: label.to_owned(),
        selected: scope.as_str() == chosen,
    };
    all.into_iter().map(choice).collect()
}

fn gift_choices(look: Look<'_>, gifts: &[GiftRow], chosen: &str) -> Vec<Choice> {
    let none =
        Choice { value: String::new(), label: "No single gift".to_owned(), selected: chosen.is_empty() };
    let choice = |gift: &GiftRow| Choice {
        value: gift.id.to_string(),
        label: format!("{} on {}", look.money(gift.amount()), look.day(gift.received_on.0)),
        selected: gift.id.as_str() == chosen,
    };
    std::iter::once(none).chain(gifts.iter().map(choice)).collect()
}

/// The fields, with what was typed.
pub fn all(
    look: Look<'_>,
    entities: &[&Entity],
    raw: &Raw,
    gifts: &[GiftRow],
    wrong: &Mistakes,
) -> Vec<FormField> {
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let to = |e: &&Entity| Choice {
        value: e.id.clone(),
        label: e.legal_name.clone(),
        selected: e.id == raw.entity,
    };
    let to = FieldKind::Select(entities.iter().map(to).collect());
    let mut all = vec![
        FormField::new("entity", "To", to, at("entity", &raw.entity)),
        FormField::new(
            "channel",
            "How it came",
            FieldKind::Radios(channel_choices(&raw.channel)),
            at("channel", &raw.channel),
        ),
        FormField::new(
            "scope",
            "It covers",
            FieldKind::Radios(scope_choices(&raw.scope)),
            at("scope", &raw.scope),
        ),
        FormField::new(
            "gift",
            "Which gift",
            FieldKind::Select(gift_choices(look, gifts, &raw.gift)),
            at("gift", &raw.gift),
        )
        .hinted("When it is for one gift"),
        FormField::new("made_on", "Made on", FieldKind::Day, at("made_on", &raw.made_on))
            .hinted("The day on the paper or of the mail, or on which the donor said it"),
    ];
    all.extend(home(look, raw, wrong));
    all.extend([
        FormField::new(
            "evidence_ref",
            "Where the evidence is",
            FieldKind::Text,
            at("evidence_ref", &raw.evidence_ref),
        )
        .hinted(
            "The shelf mark of the paper, which is needed; of the mail or the recording, when there is one",
        )
        .optional(),
        FormField::new(
            "words",
            "The words, when they were not ours",
            FieldKind::Area(WORDS_AT_MOST),
            at("words", &raw.words),
        )
        .hinted(
            "As they were printed or said. Left empty, the charity’s own words of that day are kept with it",
        )
        .optional(),
    ]);
    all
}

/// Name and home address.
fn home(look: Look<'_>, raw: &Raw, wrong: &Mistakes) -> Vec<FormField> {
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let country = if raw.country.is_empty() { "GB" } else { raw.country.as_str() };
    let countries = forms::countries(&look.state.deps.config.charity, country);
    vec![
        FormField::new("full_name", "Full name", FieldKind::Text, at("full_name", &raw.full_name))
            .hinted("First name and surname, as given"),
        FormField::new("line1", "Home address, line 1", FieldKind::Text, at("line1", &raw.line1))
            .hinted("Where the donor lives: not an office, and no c/o address"),
        FormField::new("line2", "Home address, line 2", FieldKind::Text, at("line2", &raw.line2)).optional(),
        FormField::new("city", "Town or city", FieldKind::Text, at("city", &raw.city)),
        FormField::new("region", "County or region", FieldKind::Text, at("region", &raw.region)).optional(),
        FormField::new("postcode", "Postcode", FieldKind::Text, at("postcode", &raw.postcode)),
        FormField::new("country", "Country", FieldKind::Select(countries), at("country", &raw.country)),
    ]
}

/// What was typed, once it is in order.
#[derive(Clone, Debug)]
pub struct Checked {
    entity_id: String,
    channel: Channel,
    scope: Scope,
    gift: Option<GiftId>,
    made_on: Date,
    given: Given,
    evidence_ref: Option<String>,
    words: Option<String>,
}

impl Checked {
    /// As the services want it.
    pub fn wish<'a>(&'a self, owner: &'a DonorId, actor: &'a Actor, nonce: &'a str) -> Declare<'a> {
        Declare {
            owner,
            entity_id: &self.entity_id,
            scope: self.scope,
            gift: self.gift.as_ref(),
            channel: self.channel,
            given: &self.given,
            mark: None,
            words: self.words.as_deref(),
            evidence_ref: self.evidence_ref.as_deref(),
            entered_by: Some(actor),
            made_on: Some(self.made_on),
            nonce,
        }
    }
}

/// Checks what was typed; `None` with what is wrong.
pub fn check(entities: &[&Entity], raw: &Raw, wrong: &mut Mistakes) -> Option<Checked> {
    let entity = entities.iter().find(|e| e.id == raw.entity);
    if entity.is_none() {
        wrong.insert("entity", "Choose to whom it was made".to_owned());
    }
    let channel = Channel::from_word(&raw.channel).filter(|c| CHANNELS.contains(c));
    if channel.is_none() {
        wrong.insert("channel", "Choose how it came".to_owned());
    }
    let scope = Scope::from_word(&raw.scope);
    if scope.is_none() {
        wrong.insert("scope", "Choose which gifts it covers".to_owned());
    }
    let gift = raw.gift.parse::<GiftId>().ok().filter(|_| scope == Some(Scope::Single));
    if scope == Some(Scope::Single) && gift.is_none() {
        wrong.insert("gift", "Choose the gift it is for".to_owned());
    }
    let made_on = forms::day(wrong, "made_on", &raw.made_on);
    if made_on.is_none() {
        wrong.entry("made_on").or_insert_with(|| "Enter the day on which it was made".to_owned());
    }
    let given = given(raw, wrong);
    let evidence_ref = line(wrong, "evidence_ref", &raw.evidence_ref, MARK_AT_MOST, None);
    if channel == Some(Channel::Paper) && evidence_ref.is_empty() {
        wrong.insert("evidence_ref", "Enter the shelf mark of the paper".to_owned());
    }
    let words = several_lines(wrong, "words", &raw.words, WORDS_AT_MOST);
    Some(Checked {
        entity_id: entity?.id.clone(),
        channel: channel?,
        scope: scope?,
        gift,
        made_on: made_on?,
        given,
        evidence_ref: (!evidence_ref.is_empty()).then_some(evidence_ref),
        words: (!words.is_empty()).then_some(words),
    })
}

fn given(raw: &Raw, wrong: &mut Mistakes) -> Given {
    let missing = "Enter the first name and the surname";
    let full_name = line(wrong, "full_name", &raw.full_name, 2 * NAME_AT_MOST, Some(missing));
    if full_name.split_whitespace().count() < 2 {
        wrong.entry("full_name").or_insert_with(|| missing.to_owned());
    }
    let typed = Address {
        line1: raw.line1.clone(),
        line2: raw.line2.clone(),
        city: raw.city.clone(),
        region: raw.region.clone(),
        postcode: raw.postcode.clone(),
        country: raw.country.clone(),
    };
    let home_address = forms::address(wrong, AddressFields { line1: "line1", line2: "line2" }, &typed);
    Given { full_name, home_address }
}

/// Text of several lines: trimmed, not too long, no control characters but line breaks.
pub fn several_lines(wrong: &mut Mistakes, name: &'static str, typed: &str, at_most: usize) -> String {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > at_most {
        wrong.insert(name, format!("Shorten this to {at_most} characters or fewer"));
    } else if text.contains(|c: char| c.is_control() && !"\n\t".contains(c)) {
        wrong.insert(name, "Write this in plain text".to_owned());
    }
    text
}

/// What a refusal says, and where.
pub fn refuse(refusal: Refusal, wrong: &mut Mistakes) {
    let (field, words) = match refusal {
        Refusal::NoSuchDonor | Refusal::NotAnIndividual => {
            ("full_name", "Gift Aid is for the gifts of people: this donor cannot declare it")
        }
        Refusal::NoGiftAid => ("entity", "Choose to whom it was made"),
        Refusal::NameMissing => ("full_name", "Enter the first name and the surname"),
        Refusal::AddressMissing => ("line1", "Enter the home address with its postcode"),
        Refusal::CareOf => ("line1", "Enter the address where the donor lives: a c/o address cannot be used"),
        Refusal::WordsChanged | Refusal::NoWords => {
            ("words", "The charity had no words of its own on that day: write down those that were used")
        }
        Refusal::InFuture => ("made_on", "Enter a day that is not in the future"),
        Refusal::TooLongAgo => ("made_on", "Enter a day since the year 2000"),
        Refusal::EvidenceMissing => ("evidence_ref", "Enter the shelf mark of the paper"),
        Refusal::NoSuchGift => ("gift", "Choose a gift of this donor to this entity"),
    };
    wrong.insert(field, words.to_owned());
}
