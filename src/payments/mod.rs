//! Stripe: what we ask, how we ask it, and what we read of the answers. Knows nothing of the store.

pub mod client;
pub mod objects;
pub mod plan_objects;
pub mod plan_requests;
pub mod requests;
pub mod shaping;
pub mod webhook;

pub use client::{Effort, StripeClient, StripeError};

/// The API version every call and the webhook endpoint are pinned to.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Metadata key under which Stripe's objects carry our payment id.
pub const METADATA_PAYMENT: &str = "almoner_payment";
/// Metadata key under which a page for another card or account carries our id.
pub const METADATA_METHOD_CHANGE: &str = "almoner_method_change";

/// Metadata key under which a refund carries the id of our request.
pub const METADATA_REFUND: &str = "almoner_refund";

/// Metadata key by which a plan made in Stripe's dashboard is handed to Almoner: the id of a fund.
pub const METADATA_FUND: &str = "almoner_fund";

/// Metadata key that says which entity such a plan is for, where its currency does not.
pub const METADATA_ENTITY: &str = "almoner_entity";
