//! What happens by the clock: whoever inserts the period first enqueues its job.

use crate::clock::Ts;
use crate::domain::ids::JobId;
use crate::services::{Deps, Result, job_kinds};
use crate::store::jobs::{self, NewJob};

/// Enqueues what is due in the period of `now`.
///
/// # Errors
/// When the database refuses.
pub async fn tick(deps: &Deps, now: Ts) -> Result<()> {
    let hour = &now.to_fixed_text()[..13];
    let mut tx = deps.store.write().await?;
    use job_kinds::{
        INDEX_DONORS, RECOVERY_MAILS, RELEASE_MAIL, SWEEP_EXPORTS, SWEEP_PAYMENTS, SWEEP_SESSIONS, UPKEEP,
    };
    let hourly = [SWEEP_PAYMENTS, SWEEP_SESSIONS, SWEEP_EXPORTS, RECOVERY_MAILS, INDEX_DONORS, RELEASE_MAIL];
    let hourly = hourly.map(|kind| (kind, hour));
    let daily = [(UPKEEP, &hour[..10])];
    for (kind, period) in hourly.into_iter().chain(daily) {
        if jobs::begin_period(&mut tx, kind, period, now).await? {
            let id = JobId::new(now, &deps.random);
            let job = NewJob { id, kind, subject: period.to_owned(), hint: None, run_at: now };
            jobs::enqueue_batch(&mut tx, &[job]).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
