//! The monthly gift in the donor's hands: asking for changes, another card, putting a failed charge right.
//!
//! Nothing here says "done" on its own: a wish is written down with its request, Stripe is asked, and the wish counts as
//! done when the plan, read again, agrees ([`crate::services::settle`]). Who asks first, a second click, a webhook or the
//! worker, makes no difference.

pub mod ask;
pub mod links;
pub mod method;
pub mod recovery;
pub mod restart;
pub mod tell;
pub mod upkeep;

pub use ask::{Asked, Wish, ask, carry_out};

use super::{Deps, Result};
use crate::domain::ids::PledgeId;
use crate::payments::Effort;
use crate::store::pledge_changes;
use crate::store::pledges as rows;

/// How long to insist while a donor waits.
pub const WAITING: Effort = Effort::Interactive;

/// Whether a form was sent before.
///
/// # Errors
/// When the database refuses.
pub async fn is_known(deps: &Deps, nonce: &str) -> Result<bool> {
    let mut read = deps.store.read().await?;
    Ok(pledge_changes::by_nonce(&mut read, nonce).await?.is_some())
}

/// Keeps what a donor said about stopping.
///
/// # Errors
/// When the database refuses.
pub async fn keep_reason(deps: &Deps, pledge: &PledgeId, words: &str) -> Result<()> {
    let mut tx = deps.store.write().await?;
    rows::set_ended_words(&mut tx, pledge, words, deps.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
