//! The parts several pages share: chips, one-button forms, gift rows, plan cards, pager, filter bar, timeline.

use super::{Choice, Field, Link, Tone};

/// How a state chip is meant; sets its colour and its shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChipTone {
    /// Neither good nor bad: "Refunded", "This one".
    #[default]
    Info,
    /// Done: "Received", "Active".
    Success,
    /// Under way: "On its way", "Paused".
    Wait,
    /// To look at: "Disputed".
    Attention,
    /// Went wrong: "Not collected".
    Problem,
}

impl ChipTone {
    /// The class of the tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Wait => "wait",
            Self::Attention => "attention",
            Self::Problem => "problem",
        }
    }
}

/// A state: its word and how it is meant.
#[derive(Debug, Clone, Default)]
pub struct Chip {
    /// How it is meant.
    pub tone: ChipTone,
    /// The word: "Received".
    pub word: String,
}

impl Chip {
    /// A chip.
    pub fn new(tone: ChipTone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }
}

/// A hidden field of a form.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// Its name.
    pub name: String,
    /// What is posted.
    pub value: String,
}

impl Hidden {
    /// A hidden field.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// A one-button form: it posts, and the page after says what happened.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// The words on the button.
    pub label: String,
    /// What they are about, for who does not see the button's surroundings: " for 22 May 2027"; may be empty.
    pub about: String,
    /// Where it posts to.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<Hidden>,
}

impl Act {
    /// A one-button form without hidden fields.
    pub fn new(label: impl Into<String>, action: impl Into<String>) -> Self {
        Self { label: label.into(), action: action.into(), ..Self::default() }
    }

    /// The same with one more hidden field.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push(Hidden::new(name, value));
        self
    }

    /// The same, saying what it is about to who does not see its surroundings.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }
}

/// One thing that needs doing: a sentence, and a link or a one-button form.
#[derive(Debug, Clone, Default)]
pub struct Todo {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence in bold: "Your Visa ending 4242 expires this month".
    pub title: String,
    /// What to do about it; may be empty.
    pub text: String,
    /// Where it is done.
    pub link: Option<Link>,
    /// Or the one button that does it.
    pub act: Option<Act>,
}

/// Nothing here yet, and the one thing to do.
#[derive(Debug, Clone, Default)]
pub struct Empty {
    /// A few words: "No gifts yet".
    pub title: String,
    /// A sentence under them; may be empty.
    pub text: String,
    /// The one thing to do.
    pub action: Option<Link>,
}

/// One gift in a list.
#[derive(Debug, Clone, Default)]
pub struct GiftRow {
    /// The page of the gift; empty: the row leads nowhere.
    pub href: String,
    /// "One-off gift", "Monthly gift".
    pub what: String,
    /// Where it goes: "Rescue & Aftercare".
    pub fund: String,
    /// "22 November 2026".
    pub date: String,
    /// The same for machines: "2026-11-22"; empty: left out.
    pub datetime: String,
    /// "£25.00".
    pub amount: String,
    /// A softer figure under the amount: "£5.00 refunded"; may be empty.
    pub amount_note: String,
    /// How it stands.
    pub chip: Chip,
    /// "Visa ending 4242"; may be empty.
    pub method: String,
    /// The legal entity, when the donor gave to more than one; else empty.
    pub entity: String,
    /// "In memory of Joan"; may be empty.
    pub tribute: String,
    /// A sentence about waiting: "Your bank confirms it by 26 November 2026."; may be empty.
    pub note: String,
    /// The receipt.
    pub receipt: Option<Link>,
}

/// One repeating gift.
#[derive(Debug, Clone, Default)]
pub struct PlanCard {
    /// "Your monthly gift".
    pub heading: String,
    /// "£25.00".
    pub amount: String,
    /// "every month, on the 22nd".
    pub often: String,
    /// Where it goes.
    pub fund: String,
    /// How it stands: "Active", "Paused".
    pub chip: Chip,
    /// "Next gift"; "Starts again".
    pub next_label: String,
    /// "22 December 2026"; empty: no next gift is shown.
    pub next_date: String,
    /// "in 30 days"; may be empty.
    pub next_words: String,
    /// "Visa ending 4242, expires 11/2026"; may be empty.
    pub method: String,
    /// The legal entity, when there is more than one; else empty.
    pub entity: String,
    /// What else there is to know: "May 2027 is skipped."; may be empty.
    pub note: String,
    /// Where it is changed ("Change, skip or stop").
    pub action: Option<Link>,
}

/// Older and newer pages of a list.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    /// "Showing 1–25 of 120".
    pub shown: String,
    /// The page before this one; empty: none.
    pub newer: String,
    /// The page after this one; empty: none.
    pub older: String,
    /// The first page; empty: not offered.
    pub newest: String,
    /// The last page; empty: not offered.
    pub oldest: String,
}

/// One drop-down list of a filter bar.
#[derive(Debug, Clone, Default)]
pub struct FilterSelect {
    /// The name in the address: "year".
    pub name: String,
    /// "Year".
    pub label: String,
    /// The choices; the first one means everything.
    pub choices: Vec<Choice>,
}

/// One field of a filter bar that is filled in.
#[derive(Debug, Clone, Default)]
pub struct FilterInput {
    /// The name in the address: "from".
    pub name: String,
    /// "From".
    pub label: String,
    /// What was typed, and what is wrong with it.
    pub field: Field,
    /// A day; else a sum.
    pub day: bool,
}

/// A plain GET form over a list.
#[derive(Debug, Clone, Default)]
pub struct FilterBar {
    /// Where it leads.
    pub action: String,
    /// What is filtered, read out: "Filter your gifts".
    pub label: String,
    /// The search field's label; empty: no search field. It is sent as `q`.
    pub search_label: String,
    /// What was searched for.
    pub search: String,
    /// The drop-down lists.
    pub selects: Vec<FilterSelect>,
    /// The fields that are filled in.
    pub inputs: Vec<FilterInput>,
    /// What the list is kept to besides.
    pub hidden: Vec<Hidden>,
    /// The button: "Show".
    pub button: String,
    /// "Show everything", when something is filtered.
    pub clear: Option<Link>,
}

/// Something that happened.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// How it is meant.
    pub tone: ChipTone,
    /// "22 November 2026".
    pub date: String,
    /// The same for machines; empty: left out.
    pub datetime: String,
    /// What happened: "Part refunded".
    pub words: String,
    /// More about it; may be empty.
    pub text: String,
    /// "−£20.00"; may be empty.
    pub amount: String,
    /// Where to read more.
    pub link: Option<Link>,
}

#[path = "parts_samples.rs"]
mod samples;
