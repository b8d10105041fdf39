//! What is kept no longer than it is of use: the words of Stripe's notices, and files that nobody brought in (PR-12).

use std::time::Duration;

use serde_json::json;

use crate::domain::ids::AuditId;
use crate::domain::states::ImportState;
use crate::services::{Deps, Result};
use crate::store::audit::Note;
use crate::store::{erasures, imports};

const DAY: u64 = 24 * 3600;
/// How long the words of a notice of Stripe are kept: an id, a kind and an object are left of it. They are asked for when
/// something went wrong, and by then somebody has looked.
const NOTICES_FOR: Duration = Duration::from_secs(90 * DAY);
/// How long a file waits to be brought in.
const FILES_FOR: Duration = Duration::from_secs(30 * DAY);
/// How long reading a file takes at the very most; what is older was broken off.
const READING_FOR: Duration = Duration::from_secs(DAY);
/// Rows of one transaction.
const AT_ONCE: i64 = 500;

/// Lets go of what is kept no longer.
///
/// # Errors
/// When the database refuses; what is let go stays so.
pub async fn run(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    loop {
        let mut tx = deps.store.write().await?;
        let gone = erasures::forget_notices(&mut tx, now.minus(NOTICES_FOR), AT_ONCE).await?;
        tx.commit().await?;
        if gone == 0 {
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
