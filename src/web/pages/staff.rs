//! The pages of the office: one frame of sections, so that every list, record and form of the staff looks and works alike.

use super::chart::Chart;
use super::parts::{Act, Chip, Empty, Event, FilterBar, Hidden, Pager, Todo};
use super::tables::{Confirm, DataTable};
use super::{Choice, Field, Layout, Link, Notice, Problem};

/// A page of the office.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/staff.html")]
pub struct StaffPage {
    /// The frame.
    pub layout: Layout,
    /// One step up: "Donors"; none on the pages of the menu.
    pub back: Option<Link>,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What needs another look in the form.
    pub problems: Vec<Problem>,
    /// The one heading: "Ada Marsh", "£25.00".
    pub title: String,
    /// How it stands.
    pub chip: Option<Chip>,
    /// A sentence under the heading; may be empty.
    pub lead: String,
    /// The acts of this page: the first is the one it is for.
    pub actions: Vec<Link>,
    /// The parts of one record, each a page of its own.
    pub tabs: Vec<Link>,
    /// The search box over a list.
    pub search: Option<SearchBox>,
    /// The filter over a list.
    pub filter: Option<FilterBar>,
    /// What the page holds, in order.
    pub sections: Vec<Section>,
    /// Older and newer.
    pub pager: Option<Pager>,
}

/// The one search box.
#[derive(Debug, Clone, Default)]
pub struct SearchBox {
    /// What was searched for.
    pub q: String,
    /// What can be typed.
    pub hint: String,
}

/// A part of a page.
#[derive(Debug, Clone)]
pub enum Section {
    /// Labels with values.
    Facts(Facts),
    /// A table, or what is said when it is empty.
    Table(TableSection),
    /// What happened, in order.
    History(History),
    /// Bars, with a table beside them.
    Chart(ChartSection),
    /// Something to fill in.
    Form(Box<StaffForm>),
    /// What an act changes, before it is done.
    Confirm(Confirm),
    /// What needs a person.
    Todos(Todos),
    /// Paragraphs.
    Words(Words),
    /// A text to copy, line by line: recovery codes, a link.
    Lines(Lines),
    /// A square to be read by a telephone.
    Square(Square),
}

/// Labels with values.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The heading; empty: none.
    pub heading: String,
    /// The lines.
    pub rows: Vec<Fact>,
    /// What can be done with them.
    pub links: Vec<Link>,
}

/// One label with its value.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value, ready to print.
    pub value: String,
    /// What it is made of; empty: no link.
    pub href: String,
    /// A softer second line; may be empty.
    pub note: String,
    /// A state instead of words.
    pub chip: Option<Chip>,
}

impl Fact {
    /// A label with its value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Fact {
        Fact { label: label.into(), value: value.into(), ..Fact::default() }
    }

    /// A label with a value that leads to what it is made of.
    pub fn link(label: impl Into<String>, value: impl Into<String>, href: impl Into<String>) -> Fact {
        Fact { href: href.into(), ..Fact::new(label, value) }
    }

    /// The same with a softer second line.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Fact {
        self.note = note.into();
        self
    }
}

/// A table of a page.
#[derive(Debug, Clone, Default)]
pub struct TableSection {
    /// The heading; empty: none.
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// The table; not shown without rows.
    pub table: DataTable,
    /// Shown instead of an empty table.
    pub empty: Option<Empty>,
    /// What else can be done with it.
    pub links: Vec<Link>,
}

/// A chart of a page.
#[derive(Debug, Clone, Default)]
pub struct ChartSection {
    /// The heading over it.
    pub heading: String,
    /// The bars.
    pub chart: Chart,
}

/// What happened, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The heading.
    pub heading: String,
    /// What happened.
    pub events: Vec<Event>,
    /// Said when nothing did.
    pub none: String,
}

/// Paragraphs under a heading.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// The heading; empty: none.
    pub heading: String,
    /// The paragraphs.
    pub paragraphs: Vec<String>,
    /// Where to go from here.
    pub links: Vec<Link>,
    /// Acts of one button.
    pub acts: Vec<Act>,
}

/// What needs a person, under a heading.
#[derive(Debug, Clone, Default)]
pub struct Todos {
    /// The heading.
    pub heading: String,
    /// What needs doing.
    pub items: Vec<Todo>,
    /// Said when nothing does.
    pub none: String,
}

/// Lines to copy.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// The heading.
    pub heading: String,
    /// A sentence under it.
    pub lead: String,
    /// The lines.
    pub lines: Vec<String>,
}

/// A square code (QR) as an SVG path, with the same content as text.
#[derive(Debug, Clone, Default)]
pub struct Square {
    /// The heading.
    pub heading: String,
    /// What to do with it.
    pub lead: String,
    /// The dark parts, in units of one module.
    pub path: String,
    /// Modules a side, the quiet zone included.
    pub side: i32,
    /// The same to type in, in groups.
    pub text: String,
}

/// A form of the office.
#[derive(Debug, Clone, Default)]
pub struct StaffForm {
    /// The heading; empty: none.
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// Where it is sent.
    pub action: String,
    /// Sent by GET: it only asks what would happen.
    pub asks: bool,
    /// Whether it sends a file.
    pub has_file: bool,
    /// The fields.
    pub fields: Vec<FormField>,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// The words on the button.
    pub button: String,
    /// The look of the button: empty, `quiet` or `grave`.
    pub look: &'static str,
    /// The way out.
    pub cancel: Option<Link>,
    /// Under this name the form's script finds it (`passkey-add`, `passkey-use`); empty: it has none.
    pub script: &'static str,
    /// What the script needs to know, as JSON; may be empty.
    pub data: String,
}

/// One field of a form. Its name is also its id.
#[derive(Debug, Clone, Default)]
pub struct FormField {
    /// Name and id.
    pub name: String,
    /// What it asks for.
    pub label: String,
    /// How to fill it in; may be empty.
    pub hint: String,
    /// What was typed, and what is wrong with it.
    pub field: Field,
    /// Need not be filled in.
    pub optional: bool,
    /// What it is.
    pub kind: FieldKind,
}

/// What a field of a form is.
#[derive(Debug, Clone, Default)]
pub enum FieldKind {
    /// One line; the value of `autocomplete`, or empty.
    #[default]
    Text,
    /// An e-mail address.
    Email,
    /// A password, new or current (`autocomplete`).
    Password(&'static str),
    /// A one-time code.
    Code,
    /// A sum in the currency whose symbol stands before it.
    Money(String),
    /// A day.
    Day,
    /// One of several, in a list.
    Select(Vec<Choice>),
    /// One of several, all seen at once.
    Radios(Vec<Choice>),
    /// Several lines, this many characters at most.
    Area(usize),
    /// Yes or no; ticked when true.
    Tick(bool),
    /// A file of these kinds (`.csv,.xml`).
    File(&'static str),
}

impl FormField {
    /// A field.
    pub fn new(name: &str, label: &str, kind: FieldKind, field: Field) -> FormField {
        FormField { name: name.to_owned(), label: label.to_owned(), field, kind, ..FormField::default() }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> FormField {
        self.hint = hint.into();
        self
    }

    /// The same, but it need not be filled in.
    #[must_use]
    pub fn optional(mut self) -> FormField {
        self.optional = true;
        self
    }
}

#[path = "staff_samples.rs"]
mod samples;
