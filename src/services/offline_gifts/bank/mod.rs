//! Files of the bank: CSV by a mapping kept for each bank, or CAMT.053; read whole or refused, each sum taken once.

mod camt;
mod camt_reader;
mod figures;
pub mod hints;
pub mod import;
pub mod lines;
mod table;
mod text;

pub use figures::DATE_FORMATS;
pub use table::{Mapping, Preview, preview};

use jiff::civil::Date;

use crate::domain::money::Money;

/// No larger file is taken.
pub const FILE_AT_MOST: usize = 20 * 1024 * 1024;
/// No file holds more sums.
const LINES_AT_MOST: usize = 50_000;
/// What the bank writes is kept up to this length.
const WORDS_AT_MOST: usize = 200;
/// So many mistakes of a file are named.
const NAMED: usize = 20;

/// A sum that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The row of the file, or the number of the sum in it.
    pub position: u64,
    /// The day the bank booked it.
    pub booked_on: Date,
    /// How much.
    pub amount: Money,
    /// Who paid, as the bank writes it.
    pub payer: String,
    /// What they wrote.
    pub reference: String,
}

/// Why a file is not taken, in sentences that name the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal(pub Vec<String>);

impl Refusal {
    fn of(words: impl Into<String>) -> Refusal {
        Refusal(vec![words.into()])
    }

    /// One more mistake; past the twentieth they are only counted.
    fn add(&mut self, words: String) {
        self.0.push(words);
    }

    /// The refusal, or what was read when nothing is wrong.
    fn or<T>(mut self, read: T) -> Result<T, Refusal> {
        if self.0.is_empty() {
            return Ok(read);
        }
        if self.0.len() > NAMED {
            let more = self.0.len() - NAMED;
            self.0.truncate(NAMED);
            self.0.push(format!("And {more} more"));
        }
        Err(self)
    }
}

/// Text of a bank on one line, without what is no letter, cut to what is kept.
fn tidy(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let whole = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    whole.chars().take(WORDS_AT_MOST).collect()
}
