//! Callbacks.

pub mod stripe;
