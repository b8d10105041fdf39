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
/// So much of a cell is quoted in a message.
const QUOTED_AT_MOST: usize = 60;

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
    /// What the bank calls this sum and no other; empty where it does not say.
    pub bank_id: String,
}

/// The text of a file, whatever it is written in.
///
/// # Errors
/// Why it cannot be told, in a sentence.
pub fn decode_file(bytes: &[u8]) -> Result<String, String> {
    text::decode(bytes).map_err(|refusal| refusal.0.join(" "))
}

/// Why a file is not taken, in sentences that name the rows; and how many mistakes more there were than are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal(pub Vec<String>, usize);

impl Refusal {
    fn of(words: impl Into<String>) -> Refusal {
        Refusal(vec![words.into()], 0)
    }

    /// One more mistake; past the twentieth they are only counted.
    fn add(&mut self, words: String) {
        if self.0.len() < NAMED {
            self.0.push(words);
        } else {
            self.1 += 1;
        }
    }

    /// The refusal, or what was read when nothing is wrong.
    fn or<T>(mut self, read: T) -> Result<T, Refusal> {
        if self.0.is_empty() {
            return Ok(read);
        }
        if self.1 > 0 {
            self.0.push(format!("And {} more", self.1));
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

/// A cell as a message quotes it: enough of it to be found again.
fn quoted(text: &str) -> String {
    let mut cut: String = text.chars().take(QUOTED_AT_MOST).collect();
    if text.chars().nth(QUOTED_AT_MOST).is_some() {
        cut.push('…');
    }
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_stays_short() {
        let mut wrong = Refusal::default();
        (0..50_000).for_each(|n| wrong.add(format!("Row {n}")));
        assert_eq!(wrong.0.len(), NAMED);
        let told = wrong.or(()).unwrap_err().0;
        assert_eq!(told.last().map(String::as_str), Some("And 49980 more"));
        assert_eq!(quoted("a \"b\""), "\"a \\\"b\\\"\"");
        assert_eq!(quoted(&"x".repeat(1_000)), format!("\"{}…\"", "x".repeat(QUOTED_AT_MOST)));
    }
}
