//! Lists by keyset: a page begins behind a row, never behind a count, so that page 10,000 costs what page one does.

use std::str::FromStr;

use crate::clock::Ts;

/// The place of a row in a list that is ordered by time, newest first, then by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When.
    pub at: Ts,
    /// Which of those.
    pub id: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.as_micros(), self.id)
    }
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Place, NoPlace> {
        let (at, id) = text.split_once('.').ok_or(NoPlace)?;
        let fits = id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let micros: i64 = at.parse().map_err(|_| NoPlace)?;
        // The years 1 to 9999: what both databases can hold.
        let held = (-62_135_596_800_000_000..253_402_300_799_000_000).contains(&micros);
        if fits && held { Ok(Place { at: Ts::from_micros(micros), id: id.to_owned() }) } else { Err(NoPlace) }
    }
}

/// From where a page is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// The newest rows.
    #[default]
    Newest,
    /// What is older than a row.
    Older(Place),
    /// What is newer than a row.
    Newer(Place),
    /// The oldest rows.
    Oldest,
}

impl From {
    /// Whether the rows are read from the old end, to be turned round.
    pub fn is_upward(&self) -> bool {
        matches!(self, From::Newer(_) | From::Oldest)
    }

    /// The row that the page lies beside.
    pub fn place(&self) -> Option<&Place> {
        match self {
            From::Older(place) | From::Newer(place) => Some(place),
            From::Newest | From::Oldest => None,
        }
    }
}

/// A page of a list, newest first.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// There are newer ones.
    pub newer: bool,
    /// There are older ones.
    pub older: bool,
}

impl<T> Listed<T> {
    /// From up to `size + 1` rows in the order in which they were read.
    pub fn of(mut rows: Vec<T>, size: i64, from: &From) -> Listed<T> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let (newer, older) = match from {
            From::Newest => (false, more),
            From::Older(_) => (true, more),
            From::Newer(_) => (more, true),
            From::Oldest => (more, false),
        };
        if from.is_upward() {
            rows.reverse();
        }
        Listed { rows, newer, older }
    }
}

/// Counted up to here; what is more is "more than 10,000".
pub const COUNTED: i64 = 10_000;
