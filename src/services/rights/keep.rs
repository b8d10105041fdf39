//! What is kept no longer than it is of use: the words of Stripe's notices, and files that nobody brought in (PR-12).

use std::time::Duration;

use serde_json::json;

use crate::domain::ids::{AuditId, JobId};
use crate::domain::states::ImportState;
use crate::services::{Deps, Result, job_kinds};
use crate::store::audit::Note;
use crate::store::jobs::{self, NewJob};
use crate::store::{erasures, imports};

const DAY: u64 = 24 * 3600;
/// How long the words of a notice of Stripe are kept: an id, a kind and an object are left of it. They are asked for when
/// something went wrong, and by then somebody has looked.
const NOTICES_FOR: Duration = Duration::from_secs(90 * DAY);
/// How long a file waits to be brought in.
const FILES_FOR: Duration = Duration::from_secs(30 * DAY);
/// How long reading a file takes at the very most; what is older was broken off.
const READING_FOR: Duration = Duration::from_secs(DAY);
/// Steps of one job: the next one goes on.
const STEPS_AT_MOST: u32 = 100;
/// Rows of one transaction.
const AT_ONCE: i64 = 500;

/// Lets go of what is kept no longer.
///
/// # Errors
/// When the database refuses; what is let go stays so.
pub async fn run(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    for step in 0.. {
        let mut tx = deps.store.write().await?;
        let gone = erasures::forget_notices(&mut tx, now.minus(NOTICES_FOR), AT_ONCE).await?;
        if gone > 0 && step == STEPS_AT_MOST {
            let id = JobId::new(now, &deps.random);
            let subject = "more notices".to_owned();
            let job = NewJob { id, kind: job_kinds::LET_GO, subject, hint: None, run_at: now };
            jobs::enqueue_batch(&mut tx, &[job]).await?;
        }
        tx.commit().await?;
        if gone == 0 || step == STEPS_AT_MOST {
            break;
        }
    }
    let left = {
        let mut read = deps.store.read().await?;
        imports::left(&mut read, now.minus(FILES_FOR), now.minus(READING_FOR)).await?
    };
    for (id, state) in left {
        let mut tx = deps.store.write().await?;
        if imports::advance(&mut tx, &id, state, ImportState::Dropped, now).await? {
            imports::forget_payloads(&mut tx, &id).await?;
            tx.note(Note {
                id: AuditId::new(now, &deps.random),
                at: now,
                actor: "worker".to_owned(),
                action: "import.expired",
                subject: id.to_string(),
                detail: json!({}).to_string(),
            });
            tx.commit().await?;
        }
    }
    Ok(())
}
