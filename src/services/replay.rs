//! Letting a job that was given up try once more, and having done now what the clock does by itself.

use serde_json::{Value, json};

use super::staff::{Act, Actor, record};
use super::{Deps, Result, job_kinds, settle};
use crate::domain::ids::JobId;
use crate::store::jobs::{self, NewJob};
use crate::store::{inbox, today};

/// Lets a job try once more; the events that wait for it come alive again. `false` when it is not given up any more.
///
/// # Errors
/// When the database refuses.
pub async fn job(deps: &Deps, actor: &Actor, id: &JobId) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some((kind, subject)) = today::failed_job(&mut tx, id).await? else { return Ok(false) };
    if !today::try_again(&mut tx, id, now).await? {
        return Ok(false);
    }
    if settle::is_look(&kind) {
        inbox::revive(&mut tx, &kind, &subject).await?;
    }
    let after = json!({ "kind": kind, "subject": subject });
    record(
        deps,
        &mut tx,
        actor,
        Act { action: "job.replayed", subject: id.as_str(), before: Value::Null, after, why: "" },
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(true)
}

/// What the clock does by itself and staff may want now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// The walk over Stripe's objects.
    Walk,
    /// The look over the house.
    Look,
}

/// Has a round made now, on record.
///
/// # Errors
/// When the database refuses.
pub async fn make_now(deps: &Deps, actor: &Actor, round: Round) -> Result<()> {
    let now = deps.clock.now();
    let (kind, action) = match round {
        Round::Walk => (job_kinds::RECONCILE, "walk.asked"),
        Round::Look => (job_kinds::CHECK_HEALTH, "look.asked"),
    };
    let subject = format!("asked {}", now.to_fixed_text());
    let job = NewJob { id: JobId::new(now, &deps.random), kind, subject, hint: None, run_at: now };
    let mut tx = deps.store.write().await?;
    jobs::enqueue_batch(&mut tx, &[job]).await?;
    record(
        deps,
        &mut tx,
        actor,
        Act { action, subject: kind, before: Value::Null, after: Value::Null, why: "" },
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}
