//! Parts for lists of figures: schedule, data table, chart, and the block that confirms an act.

use super::parts::{Act, Chip};
use super::{Link, Row};

/// How a coming gift stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChargeState {
    /// Planned.
    #[default]
    Planned,
    /// The next one.
    Next,
    /// Left out at the donor's wish.
    Skipped,
    /// For another amount or on another day than the rest.
    Changed,
}

impl ChargeState {
    /// The class of the state.
    pub fn class(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Next => "is-next",
            Self::Skipped => "skipped",
            Self::Changed => "changed",
        }
    }
}

/// One coming gift of a repeating gift.
#[derive(Debug, Clone, Default)]
pub struct Charge {
    /// "22 December 2026".
    pub date: String,
    /// The same for machines; empty: left out.
    pub datetime: String,
    /// "£25.00".
    pub amount: String,
    /// How it stands.
    pub state: ChargeState,
    /// The word beside it: "Next", "Skipped"; may be empty.
    pub word: String,
    /// What can be done with it, as a one-button form: "Skip", "Put back".
    pub act: Option<Act>,
}

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Not by this column.
    #[default]
    No,
    /// Smallest or oldest first.
    Up,
    /// Largest or newest first.
    Down,
}

impl Sort {
    /// The value of `aria-sort`.
    pub fn aria(self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Up => "ascending",
            Self::Down => "descending",
        }
    }

    /// Whether the list is sorted by this column.
    pub fn is_on(self) -> bool {
        self != Self::No
    }
}

/// One column of a data table.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// The address that sorts by it; empty: it does not sort.
    pub sort_href: String,
    /// Which way it is sorted now.
    pub sort: Sort,
    /// Whether it holds figures, set to the right.
    pub figure: bool,
}

/// One cell of a data table.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The words or the figure.
    pub text: String,
    /// What it is made of; empty: no link.
    pub href: String,
    /// A softer second line; may be empty.
    pub note: String,
    /// A state instead of words.
    pub chip: Option<Chip>,
}

impl Cell {
    /// A cell of words or a figure.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A cell that leads to what it is made of.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into(), ..Self::default() }
    }

    /// Whether there is nothing in it: on a phone it takes no line.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty() && self.note.is_empty() && self.chip.is_none()
    }

    /// A cell that holds a state.
    pub fn chip(chip: Chip) -> Self {
        Self { chip: Some(chip), ..Self::default() }
    }
}

/// A data table: dense on wide screens, stacked rows on phones. The first cell of a row is its heading.
#[derive(Debug, Clone, Default)]
pub struct DataTable {
    /// What the table holds.
    pub caption: String,
    /// Whether the caption is only read out, because a heading above says the same.
    pub quiet_caption: bool,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// The sums at the foot, one cell per column; empty: none.
    pub totals: Vec<Cell>,
}

impl DataTable {
    /// The cells of a row, each with its column.
    pub fn cells<'a>(&'a self, row: &'a [Cell]) -> Vec<(&'a Column, &'a Cell)> {
        self.columns.iter().zip(row).collect()
    }
}

/// The block that says what an act changes, before it is done.
#[derive(Debug, Clone, Default)]
pub struct Confirm {
    /// The question: "Stop your monthly gift?".
    pub heading: String,
    /// A sentence under it; may be empty.
    pub text: String,
    /// What changes, in figures.
    pub changes: Vec<Row>,
    /// What stays as it is, one sentence each.
    pub stays: Vec<String>,
    /// How to undo it afterwards.
    pub undo: String,
    /// The button that does it.
    pub act: Act,
    /// Whether it takes something away, so that the button says so by its look.
    pub grave: bool,
    /// The way out: "Keep it as it is".
    pub cancel: Link,
}

#[path = "tables_samples.rs"]
mod samples;
