//! Almoner: the donor portal and recurring-giving backend that a charity runs itself.
//!
//! The rooms, and the one way the arrows point (a test reads every `use crate::…` and compares):
//!
//! ```text
//! web | jobs | cli  →  services  →  store | payments | mail | documents  →  domain
//! app puts it together; clock, random, guard, failpoints and config serve every room;
//! sandbox (the Stripe stand-in) is reached only from cli::demo and from tests.
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod documents;
pub mod domain;
pub mod failpoints;
pub mod guard;
pub mod jobs;
pub mod mail;
pub mod payments;
pub mod random;
pub mod sandbox;
pub mod services;
pub mod store;
pub mod telemetry;
pub mod web;
