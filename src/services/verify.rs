//! `almoner verify`: checks what must always hold, and says what it checked.

use super::{Deps, Result, closing};
use crate::store::Store;
use crate::store::invariants::{self, INVARIANTS};

/// One thing that was checked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Check {
    /// `I1` … `I10` of the goals.
    pub id: &'static str,
    /// What must hold, in words.
    pub holds: String,
    /// What is wrong; empty when it holds.
    pub problems: Vec<String>,
}

/// Checks every invariant that exists so far against one database.
///
/// # Errors
/// When the database cannot be read.
pub async fn run(store: &Store, now: crate::clock::Ts) -> Result<Vec<Check>> {
    let mut read = store.snapshot().await?;
    let mut checks = Vec::new();
    for invariant in INVARIANTS {
        let count = invariants::offenders(&mut read, invariant).await?;
        checks.push(Check { id: invariant.id, holds: invariant.holds.to_owned(), problems: counted(count) });
    }
    checks.push(Check {
        id: "I1",
        holds: "closed months are as they were frozen".to_owned(),
        problems: closing::broken(&mut read).await?,
    });
    let changed = invariants::changed_receipts(&mut read).await?;
    checks.push(Check {
        id: "I3",
        holds: "no receipt changed since it was issued".to_owned(),
        problems: changed,
    });
    let stale = invariants::stale_leases(&mut read, now.minus(std::time::Duration::from_secs(600))).await?;
    checks.push(Check {
        id: "I8",
        holds: "no job is held by a dead worker".to_owned(),
        problems: counted(stale),
    });
    let failed = invariants::failed_jobs(&mut read).await?;
    checks.push(Check { id: "I8", holds: "no job was given up".to_owned(), problems: counted(failed) });
    let file = invariants::file_problems(&mut read).await?;
    checks.push(Check { id: "I9", holds: format!("{} is sound", store.name()), problems: file });
    let chain = invariants::audit_break(&mut read).await?;
    checks.push(Check {
        id: "I10",
        holds: "the audit chain is whole".to_owned(),
        problems: chain.into_iter().collect(),
    });
    Ok(checks)
}

fn counted(count: i64) -> Vec<String> {
    if count == 0 { Vec::new() } else { vec![format!("{count} found")] }
}

/// As [`run`], for a running application.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(deps: &Deps) -> Result<Vec<Check>> {
    run(&deps.store, deps.clock.now()).await
}
