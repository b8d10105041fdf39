//! One declaration, as the office sees it.

use super::declaration::{Raw, WORDS_AT_MOST};
use super::declaration_fields::channel_choices;
use super::declarations::{blank, href, today};
use super::door::problems;
use super::look::Look;
use crate::domain::gift_aid::declaration::{Channel, Declaration};
use crate::services::compose::gift_aid_letters;
use crate::services::gift_aid::record::{Refusal, Sent};
use crate::services::gift_aid::words::{Standing, channel_words, scope_words, standing};
use crate::store::declarations::{EventRow, Evidence};
use crate::store::office_donor::DonorRecord;
use crate::web::donor::gift_aid_view::chip;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Act, ChipTone, Event, Fact, Facts, FieldKind, FormField, History, Lines, Link, Notice, Section,
    StaffForm, StaffPage, Tone, Words,
};

/// What a page of one declaration is made of.
pub(super) struct Seen<'a> {
    pub(super) look: Look<'a>,
    pub(super) donor: &'a DonorRecord,
    pub(super) declaration: &'a Declaration,
    pub(super) evidence: Evidence,
    pub(super) events: Vec<EventRow>,
    pub(super) others: usize,
    /// Its own address.
    pub(super) here: String,
}

impl Seen<'_> {
    fn standing(&self) -> Standing {
        standing(self.declaration, today(self.look, &self.declaration.entity_id))
    }

    /// Oral, with no record sent, and not ended.
    fn needs_record(&self) -> bool {
        let d = self.declaration;
        d.channel == Channel::Oral && d.record_sent_on.is_none() && d.ended.is_none()
    }
}

/// The page.
///
/// # Errors
/// When the charity file no longer has its entity.
pub(super) fn page(seen: &Seen<'_>, raw: &Raw, wrong: &Mistakes) -> Result<StaffPage, AppError> {
    let look = seen.look;
    let mut shown = blank(look, seen.donor);
    shown.back = Some(Link::new("Gift Aid declarations", href(seen.donor)));
    shown.problems = problems(wrong);
    shown.sections = vec![
        Section::Facts(facts(seen)),
        Section::Lines(Lines {
            heading: "The words".to_owned(),
            lead: format!("Kept as they were. SHA-256 {}", seen.evidence.wording_sha256),
            lines: lines(&seen.evidence.words_shown),
        }),
    ];
    if !seen.events.is_empty() {
        shown.sections.push(Section::History(history(seen)));
    }
    if seen.needs_record() {
        shown.sections.extend(written_record(seen, raw, wrong)?);
    }
    if seen.declaration.ended.is_none() {
        shown.sections.push(Section::Form(Box::new(end_form(seen, raw, wrong))));
    }
    Ok(shown)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

fn facts(seen: &Seen<'_>) -> Facts {
    let (look, d) = (seen.look, seen.declaration);
    let locale = &look.state.deps.config.charity.brand.locale;
    let home = if look.sees_contact() { d.home_address.lines().join(", ") } else { String::new() };
    let mut rows = vec![
        Fact { chip: Some(chip(seen.standing(), |day| look.day(day))), ..Fact::new("State", "") },
        Fact::new("To", look.entity(&d.entity_id)),
        Fact::new("Covers", scope_words(d, locale)),
        Fact::new("Name", d.full_name.as_str()),
        Fact::new("Home address", home).noted(if d.non_uk_resident { "Lives outside the UK" } else { "" }),
        Fact::new("How", channel_words(d.channel)),
        Fact::new("Made", look.moment(d.made_at)),
        Fact::new("Where the evidence is", d.evidence_ref.clone().unwrap_or_else(|| "Here".to_owned())),
        Fact::new("Words", d.wording_version.as_str()),
    ];
    if let Some(gift) = &d.gift_id {
        rows.push(Fact::link("Gift", "See the gift", format!("/staff/gifts/{gift}")));
    }
    if let Some(name) = &seen.evidence.entered_by {
        rows.push(Fact::new("Written down by", name.as_str()));
    }
    rows.push(Fact::new("Id", d.id.as_str()));
    Facts { heading: "Declaration".to_owned(), rows, links: Vec::new() }
}

fn history(seen: &Seen<'_>) -> History {
    let look = seen.look;
    let events = seen.events.iter().map(|e| {
        let what = match (e.kind.as_str(), e.void) {
            ("record_sent", _) => "Written record sent",
            (_, true) => "Undone: it counts as never made",
            (_, false) => "Ended",
        };
        let how = Channel::from_word(&e.via).map_or("", channel_words);
        let by = e.staff_name.as_deref().unwrap_or("The donor");
        // The letter stands in full under Mail, or was printed from here.
        let said = if e.kind == "ended" { e.words.as_str() } else { "" };
        Event {
            tone: ChipTone::Info,
            date: look.day(e.effective_on.0),
            datetime: e.effective_on.0.to_string(),
            words: what.to_owned(),
            text: format!("{how}. Written down by {by}, {}. {said}", look.moment(e.recorded_at)),
            ..Event::default()
        }
    });
    History { heading: "What became of it".to_owned(), events: events.collect(), none: String::new() }
}

/// The written record: by e-mail, or printed and posted (UK-20).
fn written_record(seen: &Seen<'_>, raw: &Raw, wrong: &Mistakes) -> Result<Vec<Section>, AppError> {
    let (look, d) = (seen.look, seen.declaration);
    let on = today(look, &d.entity_id);
    let letter = gift_aid_letters::declaration_record(&look.state.deps, d, on)?;
    let mailbox = look.email(&seen.donor.email);
    let by_mail = if mailbox.is_empty() {
        Words {
            paragraphs: vec!["This donor has no mailbox: print the record below, and post it.".to_owned()],
            ..Words::default()
        }
    } else {
        Words {
            paragraphs: vec![format!("It goes to {mailbox}, or where the donor’s account has moved.")],
            acts: vec![Act::new("Send the written record", format!("{}/record", seen.here))],
            ..Words::default()
        }
    };
    Ok(vec![
        Section::Words(Words { heading: "The written record".to_owned(), ..by_mail }),
        Section::Lines(Lines {
            heading: "What it says".to_owned(),
            lead: "To be printed and posted, when it does not go by e-mail.".to_owned(),
            lines: lines(&letter.text),
        }),
        Section::Form(Box::new(StaffForm {
            heading: "It was printed and posted".to_owned(),
            action: format!("{}/posted", seen.here),
            fields: vec![FormField::new(
                "posted_on",
                "Posted on",
                FieldKind::Day,
                field(wrong, "posted_on", &raw.posted_on),
            )],
            button: "Write it down".to_owned(),
            look: "quiet",
            ..StaffForm::default()
        })),
    ])
}

fn end_form(seen: &Seen<'_>, raw: &Raw, wrong: &Mistakes) -> StaffForm {
    let at = |name: &'static str, value: &str| field(wrong, name, value);
    let mut fields = vec![
        FormField::new("told_on", "The donor told us on", FieldKind::Day, at("told_on", &raw.told_on)),
        FormField::new("from", "From a later day", FieldKind::Day, at("from", &raw.from))
            .hinted("When the donor named one")
            .optional(),
        FormField::new("via", "How", FieldKind::Radios(channel_choices(&raw.via)), at("via", &raw.via)),
        FormField::new(
            "words",
            "What the donor said",
            FieldKind::Area(WORDS_AT_MOST),
            at("words", &raw.words),
        ),
    ];
    if seen.others > 0 {
        let label = match seen.others {
            1 => "End the other one that still holds, too".to_owned(),
            n => format!("End the {n} others that still hold, too"),
        };
        fields.push(
            FormField::new("others", &label, FieldKind::Tick(!raw.others.is_empty()), at("others", ""))
                .hinted("Else Gift Aid goes on under it"),
        );
    }
    let undone = "An oral one cancelled within 30 days of its written record counts as never made.";
    StaffForm {
        heading: "End it".to_owned(),
        lead: format!(
            "It covers nothing received on or after the day the donor told us. {}The donor gets a letter about it.",
            if seen.declaration.channel == Channel::Oral { format!("{undone} ") } else { String::new() }
        ),
        action: format!("{}/end", seen.here),
        fields,
        button: "End the declaration".to_owned(),
        look: "grave",
        ..StaffForm::default()
    }
}

/// The word of what became of a written record; `None` for no declaration at all.
pub(super) fn record_word(sent: Sent) -> Option<&'static str> {
    Some(match sent {
        Sent::Done => "recorded",
        Sent::Before => "before",
        Sent::Refused(Refusal::NotOral | Refusal::Over) => "notneeded",
        Sent::Refused(Refusal::NoMailbox) => "nomail",
        Sent::Refused(Refusal::Rests) => "rests",
        Sent::Refused(Refusal::InFuture | Refusal::BeforeItWasMade) => "wrongday",
        Sent::Unknown => return None,
    })
}

/// What has just happened.
pub(super) fn notice(word: &str) -> Option<Notice> {
    let (tone, title, text) = match word {
        "entered" => (Tone::Success, "The declaration is written down.", ""),
        "recorded" => (Tone::Success, "The written record is sent.", "The declaration holds."),
        "before" => (Tone::Info, "That was done already.", "Nothing was done twice."),
        "notneeded" => (Tone::Info, "This declaration needs no written record.", "Nothing was sent."),
        "nomail" => (Tone::Attention, "This donor has no mailbox.", "Print the record, and post it."),
        "rests" => {
            (Tone::Attention, "Mail to this donor rests.", "Nothing was sent. Print the record, and post it.")
        }
        "wrongday" => (Tone::Attention, "It cannot have been posted on that day.", "Nothing was changed."),
        "ended" => (Tone::Success, "The declaration is ended.", "The donor gets a letter about it."),
        "undone" => (
            Tone::Success,
            "The declaration counts as never made.",
            "Gift Aid claimed under it goes back to HMRC.",
        ),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}
