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
