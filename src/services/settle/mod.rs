//! Settling: state comes from the object re-read at Stripe, never from the order of events.
//!
//! [`prefetch`] and [`look`] read outside any transaction; [`apply`] writes what was seen in one.

mod adopt;
pub mod apply;
pub(in crate::services) mod balance;
pub(super) mod gift;
mod known;
pub mod look;
mod movements;
pub(super) mod plan;
mod prefetch;

use super::{Deps, Result, job_kinds};
use crate::store::inbox;
use crate::store::jobs::{self, Job};

pub use known::{Prefetched, Shelf};
pub use prefetch::prefetch;

/// The kind of job, when it is a look at something of Stripe's.
pub fn look_kind(kind: &str) -> Option<&'static str> {
    use job_kinds::*;
    const LOOKS: [&str; 10] = [
        LOOK_SESSION,
        LOOK_PAYMENT,
        LOOK_MOVEMENTS,
        LOOK_CHARGE,
        LOOK_REFUND,
        LOOK_DISPUTE,
        LOOK_INVOICE,
        LOOK_SUBSCRIPTION,
        LOOK_PAYOUT,
        LOOK_METHOD,
    ];
    LOOKS.into_iter().find(|look| *look == kind)
}

/// True when the job is a look at something of Stripe's.
pub fn is_look(kind: &str) -> bool {
    look_kind(kind).is_some()
}

/// Looks at what a job names and writes what it saw; the job and the events it answers are closed with it.
///
/// # Errors
/// When Stripe gives no certain answer or the database refuses: the job comes back.
pub async fn run(deps: &Deps, job: &Job, owner: &str, known: &Prefetched) -> Result<()> {
    let began = known.began;
    let sight = look::look(deps, &job.kind, &job.subject, known).await?;
    let mut tx = deps.store.write().await?;
    let now = deps.clock.now();
    let ours = apply::apply(deps, &mut tx, &sight, began, now).await?;
    if ours {
        inbox::mark_done(&mut tx, &job.kind, &job.subject, began, now).await?;
    } else {
        inbox::mark_ignored(&mut tx, &job.kind, &job.subject, "not made by Almoner", began).await?;
    }
    jobs::finish(&mut tx, &job.id, owner).await?;
    if jobs::forget_failed(&mut tx, &job.kind, &job.subject).await? && ours {
        inbox::mark_dead_done(&mut tx, &job.kind, &job.subject, began, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
