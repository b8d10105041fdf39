//! Finding donors: the index of names, kept up by the clock for rows that nobody indexed when they were written.

use super::{Deps, Result};
use crate::store::donor_terms;

/// Donors at once: few enough that nobody waits long for the one writer.
const AT_ONCE: i64 = 500;
/// A million donors are indexed in five runs.
const ROUNDS: usize = 400;

/// Indexes donors whose words were never taken, some at a time.
///
/// # Errors
/// When the database refuses.
pub async fn index(deps: &Deps) -> Result<()> {
    let waiting = {
        let mut read = deps.store.read().await?;
        donor_terms::any_waits(&mut read).await?
    };
    if !waiting {
        return Ok(());
    }
    for _ in 0..ROUNDS {
        let mut tx = deps.store.write().await?;
        let done = donor_terms::index_some(&mut tx, AT_ONCE, deps.clock.now()).await?;
        tx.commit().await?;
        if i64::try_from(done).unwrap_or(0) < AT_ONCE {
            break;
        }
    }
    Ok(())
}
