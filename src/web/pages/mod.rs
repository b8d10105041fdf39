//! The pages as data: each struct holds ready-to-print words, links and flags, and knows samples of itself.
//!
//! No page formats money or dates and none knows a domain type; handlers fill these structs and render them.

pub mod chart;
pub mod check;
pub mod error;
pub mod gift_aid;
pub mod gifts;
pub mod give;
pub mod home_demo;
pub mod layout;
pub mod monthly;
pub mod overview;
pub mod parts;
pub mod preferences;
pub mod profile;
pub mod receipt;
pub mod security;
pub mod sign_in;
pub mod sign_up;
pub mod staff;
pub mod statements;
pub mod styleguide;
pub mod tables;
pub mod thanks;

pub use chart::{Bar, Chart};
pub use check::CheckPage;
pub use error::ErrorPage;
pub use gift_aid::{DeclarationCard, GiftAidEndPage, GiftAidPage, GiftAidSection, GiftAidSignPage};
pub use gifts::{GiftPage, GiftReceipt, GiftsPage, Total};
pub use give::{GiveClosedPage, GivePage};
pub use home_demo::HomeDemoPage;
pub use layout::{DemoBar, Layout};
pub use monthly::{
    EndedPlan, MonthlyPage, PlanActPage, PlanChoice, PlanDetail, PlanField, PlanLinkPage, PlanPanel,
    PlanStoppedPage, RaiseChoice, RaiseForm,
};
pub use overview::{OverviewPage, YearFigure};
pub use parts::{
    Act, Chip, ChipTone, Empty, Event, FilterBar, FilterInput, FilterSelect, GiftRow, Hidden, Pager,
    PlanCard, Todo,
};
pub use preferences::PreferencesPage;
pub use profile::{
    AddressForm, ContactForm, Detail, DetailGroup, NameForm, PastAddress, ProfileEditPage, ProfilePage,
};
pub use receipt::ReceiptPage;
pub use security::{Browser, SecurityEmailPage, SecurityPage, SecurityPasswordPage};
pub use sign_in::{CheckMailPage, OpenLinkPage, OpenLinkState, Purpose, SignInPage};
pub use sign_up::{ForgotPage, NewPasswordPage, PASSWORD_HINT, SignUpPage};
pub use staff::{
    ChartSection, Fact, Facts, FieldKind, FormField, History, Lines, SearchBox, Section, Square, StaffForm,
    StaffPage, TableSection, Todos, Words,
};
pub use statements::{StatementYearPage, StatementsPage, Version, YearCard};
pub use styleguide::{Colour, StyleguidePage};
pub use tables::{Cell, Charge, ChargeState, Column, Confirm, DataTable, Sort};
pub use thanks::{ThanksPage, ThanksState};

/// A link with its words.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The words of the link.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether this is the page being shown.
    pub current: bool,
}

impl Link {
    /// A link to another page.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false }
    }
}

/// What someone typed into a field, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// What was typed; kept when the form comes back.
    pub value: String,
    /// How to put it right, as a sentence.
    pub error: Option<String>,
}

impl Field {
    /// A field that holds a value and has no error.
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// A field whose value needs another look.
    pub fn wrong(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }

    /// The error, or nothing.
    pub fn message(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }
}

/// One line of the error summary: the field's id and how to put it right.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The id of the control it links to (without `#`).
    pub id: String,
    /// The sentence, the same as at the field.
    pub text: String,
}

/// One entry of a drop-down list.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is the chosen one.
    pub selected: bool,
}

/// One tick box.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The field name (and id).
    pub name: String,
    /// The words beside the box.
    pub label: String,
    /// A softer second line, or empty.
    pub hint: String,
    /// Whether it is ticked.
    pub checked: bool,
}

/// A label with its value, one line of a summary list.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// The value, ready to print (may hold a donor's own words in any script).
    pub value: String,
    /// Whether the value is a figure, printed in tabular figures and kept on one line.
    pub figure: bool,
}

impl Row {
    /// A line of words.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), figure: false }
    }

    /// A line with a figure.
    pub fn figure(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), figure: true }
    }
}

/// How a notice is meant; sets its colour, its shape and the word read out before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something to look at.
    Attention,
    /// Something went wrong.
    Problem,
}

impl Tone {
    /// The class of the tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Attention => "attention",
            Self::Problem => "problem",
        }
    }

    /// The word that says the tone to someone who does not see its colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "Information",
            Self::Success => "Done",
            Self::Attention => "Important",
            Self::Problem => "Problem",
        }
    }
}

/// A notice at the top of a page.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence in bold.
    pub title: String,
    /// The sentences under it; may be empty.
    pub text: String,
}
