//! What was found when gifts were weighed for a claim: frozen with the claim, and shown before one is made.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::ids::GiftId;

/// More lines than this of one kind are counted and not listed.
pub const LISTED_AT_MOST: usize = 500;

/// So many gifts, and what they come to in pence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub gifts: i64,
    /// In pence.
    pub minor: i64,
}

impl Tally {
    /// One more.
    pub fn add(&mut self, minor: i64) {
        self.gifts = self.gifts.saturating_add(1);
        self.minor = self.minor.saturating_add(minor);
    }
}

/// A gift with something said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Which gift.
    pub gift: GiftId,
    /// In pence; 0 as long as nobody has written a rate down.
    pub minor: i64,
    /// What is to be known, or to be put right, in a sentence.
    pub words: String,
}

/// Remarks of one kind: all counted, the first of them listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// All of them.
    pub all: Tally,
    /// The first ones.
    pub listed: Vec<Remark>,
}

impl Remarks {
    /// One more.
    pub fn add(&mut self, gift: &GiftId, minor: i64, words: String) {
        self.all.add(minor);
        if self.listed.len() < LISTED_AT_MOST {
            self.listed.push(Remark { gift: gift.clone(), minor, words });
        }
    }
}

/// Gifts that share a day: the first on which they can be claimed, or the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByDay {
    /// The day.
    pub day: Date,
    /// The gifts.
    pub all: Tally,
}

/// One file of a claim, as it was when the claim was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFigures {
    /// 1 for the first.
    pub part: i64,
    /// How many gifts.
    pub rows: i64,
    /// What they come to, in pence.
    pub gifts_minor: i64,
    /// The tax expected on it, in pence, rounded down on its sum.
    pub tax_minor: i64,
    /// Box 1: the day of its earliest gift.
    pub earliest: Date,
    /// Box 2: tax given back with it, in pence; zero is left blank (case 58).
    pub adjustment_minor: i64,
    /// Bytes of the file.
    pub bytes: i64,
    /// SHA-256 of them.
    pub sha256: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// In the claim, with something cut short or spelled otherwise for HMRC (UK-27, UK-28).
    pub changed: Remarks,
    /// In the claim, to be looked at: islands, many benefits in a year (UK-25, case 22).
    pub flagged: Remarks,
    /// Not in it before something is put right (UK-17, UK-27, UK-29).
    pub blocked: Remarks,
    /// Not in it yet: received too short a time ago (UK-41).
    pub held: Vec<ByDay>,
    /// Not in it: no declaration covers them.
    pub undeclared: Tally,
    /// Not in it while the donor's bank decides.
    pub disputed: Tally,
    /// Never in one: the time to claim is over (UK-35).
    pub too_late: Tally,
    /// What is in it, by the last day on which it can be claimed.
    pub deadlines: Vec<ByDay>,
    /// Its files.
    pub files: Vec<FileFigures>,
}
