//! The audit chain: each line's hash covers the line before it, so a changed or missing line shows.

use crate::clock::Ts;

use super::receipt::sha256_hex;

/// Who did something.
pub const ACTOR_DONOR: &str = "donor";
/// The system, told by Stripe.
pub const ACTOR_STRIPE: &str = "stripe";
/// Whoever can run commands on the server.
pub const ACTOR_COMMAND: &str = "command";

/// What is written down about one act. No personal data: ids and figures only.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    /// `donor`, `stripe`, or a staff id.
    pub actor: &'a str,
    /// `gift.received`, `refund.made`, …
    pub action: &'a str,
    /// The id it is about.
    pub subject: &'a str,
    /// JSON object of ids and figures.
    pub detail: String,
}

/// The hash of one line.
pub fn line_hash(prev_hash: &str, seq: i64, at: Ts, entry: &AuditEntry<'_>) -> String {
    let parts = [
        prev_hash,
        &seq.to_string(),
        &at.to_fixed_text(),
        entry.actor,
        entry.action,
        entry.subject,
        &entry.detail,
    ];
    let framed: String = parts.iter().map(|p| format!("{}:{p};", p.len())).collect();
    sha256_hex(&framed)
}
