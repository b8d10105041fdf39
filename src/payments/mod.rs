//! Stripe: what we ask, how we ask it, and what we read of the answers. Knows nothing of the store.

pub mod client;
pub mod objects;
pub mod requests;
pub mod shaping;
pub mod webhook;

pub use client::{Effort, StripeClient, StripeError};

/// The API version every call and the webhook endpoint are pinned to.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Metadata key under which Stripe's objects carry our payment id.
pub const METADATA_PAYMENT: &str = "almoner_payment";
