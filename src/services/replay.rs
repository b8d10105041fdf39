//! Letting a job that was given up try once more.

use serde_json::{Value, json};

use super::staff::{Act, Actor, record};
use super::{Deps, Result, settle};
use crate::domain::ids::JobId;
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
