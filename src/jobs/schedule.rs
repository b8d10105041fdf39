//! What happens by the clock: whoever inserts the period first enqueues its job.

use std::time::Duration;

use crate::clock::Ts;
use crate::domain::ids::JobId;
use crate::services::{Deps, Result, job_kinds};
use crate::store::jobs::{self, NewJob};

/// Letters of an instant's text that name ten minutes: the shortest period there is.
pub const PERIOD: usize = 15;

const AFTER_THE_WALK: Duration = Duration::from_secs(30);

/// Enqueues what is due in the period of `now`. `watch`: the walk over Stripe's objects and the look over the house, too.
///
/// # Errors
/// When the database refuses.
pub async fn tick(deps: &Deps, now: Ts, watch: bool) -> Result<()> {
    let text = now.to_fixed_text();
    // `2026-11-26T23:1`: ten minutes.
    let (hour, ten_minutes) = (&text[..13], &text[..PERIOD]);
    let mut tx = deps.store.write().await?;
    use job_kinds::{
        CHECK_HEALTH, INDEX_DONORS, LET_GO, RECONCILE, RECOVERY_MAILS, RELEASE_MAIL, SWEEP_EXPORTS,
        SWEEP_PAYMENTS, SWEEP_SESSIONS, UPKEEP,
    };
    let hourly = [SWEEP_PAYMENTS, SWEEP_SESSIONS, SWEEP_EXPORTS, RECOVERY_MAILS, INDEX_DONORS, RELEASE_MAIL];
    let hourly = hourly.map(|kind| (kind, hour));
    let daily = [UPKEEP, LET_GO].map(|kind| (kind, &hour[..10]));
    let often = [RECONCILE, CHECK_HEALTH].map(|kind| (kind, ten_minutes)).into_iter().filter(|_| watch);
    for (kind, period) in hourly.into_iter().chain(daily).chain(often) {
        if jobs::begin_period(&mut tx, kind, period, now).await? {
            let id = JobId::new(now, &deps.random);
            // The walk of the same moment comes first: what it has not found yet would be an alarm.
            let run_at = if kind == CHECK_HEALTH { now.plus(AFTER_THE_WALK) } else { now };
            let job = NewJob { id, kind, subject: period.to_owned(), hint: None, run_at };
            jobs::enqueue_batch(&mut tx, &[job]).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
