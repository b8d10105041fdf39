//! HMRC's Gift Aid schedule (§1.4): what is cleaned up before it goes out, the rules that HMRC holds it against, its rows and
//! its files. Gifts are never aggregated and never rolled up: one row a gift, so that each can be followed (UK-30, UK-38).

pub mod cleanup;
pub mod parts;
pub mod rows;
pub mod rules;

pub use parts::{Part, parts};
pub use rows::{Cells, Fix, Note, RowFacts, build_row};
