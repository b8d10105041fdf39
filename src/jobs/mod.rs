//! The background worker: claims jobs, runs each by itself, retries with back-off, gives up visibly.

mod schedule;
pub mod worker;

pub use worker::Worker;
