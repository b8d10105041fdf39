//! Taking data out: asked for with a reason, written row by row, counted, hashed, on record.

mod archive;
mod book;
mod columns_consents;
mod columns_declarations;
mod columns_donors;
mod columns_gifts;
mod columns_npsp;
mod columns_plans;
mod columns_receipts;
mod columns_refunds;
mod columns_statements;
mod keep;
mod rows;
mod stream;
mod table;
mod tell;

pub use keep::{KEPT_FOR, Kept, open, run, sweep};
pub use rows::Outcome;
pub use stream::stream;
pub use table::{Explained, explained, sums_are_called};
pub use tell::to_file;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::staff::{Act, Actor, record};
use super::{Deps, Result, ServiceError, job_kinds};
use crate::clock::Ts;
use crate::domain::export::ExportFilter;
use crate::domain::ids::{ExportId, JobId};
use crate::domain::states::{ExportFormat, ExportKind};
use crate::store::exports::batches::{self, NewBatch};
use crate::store::exports::{self, Wanted};
use crate::store::jobs::{self, NewJob};
use crate::store::{Day, audit};

/// A workbook of more rows takes longer than a job may.
const ROWS_OF_A_WORKBOOK: i64 = 2_000_000;

/// What somebody wants taken out.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What.
    pub kind: ExportKind,
    /// As what.
    pub format: ExportFormat,
    /// Which of it; without its last ids, which are set when it is asked for.
    pub filter: ExportFilter,
    /// What for.
    pub why: String,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is written down; the same form sent twice gives the same one.
    Batch(ExportId),
    /// So many rows fit no workbook.
    TooLong(i64),
}

/// Writes an export down, once for its form. A workbook is begun at once; comma-separated values are written as they
/// are downloaded.
///
/// # Errors
/// When the database refuses.
pub async fn ask(deps: &Deps, actor: &Actor, nonce: &str, wish: Wish) -> Result<Asked> {
    let now = deps.clock.now();
    let (filter, expected) = complete(deps, wish.kind, wish.filter, now).await?;
    if expected > rows_at_most(wish.format) {
        return Ok(Asked::TooLong(expected));
    }
    let (id, filter) = (ExportId::new(now, &deps.random), filter_text(&filter)?);
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    if let Some(known) = batches::by_nonce(&mut tx, nonce).await? {
        return Ok(Asked::Batch(known));
    }
    let number = batches::next_number(&mut tx, now.date_in(&TimeZone::UTC).year()).await?;
    let new = NewBatch {
        id: &id,
        nonce,
        number: &number,
        kind: wish.kind,
        format: wish.format,
        filter: &filter,
        why: &wish.why,
        asked_by: &actor.id,
        asked_at: now,
        expected,
    };
    batches::insert_if_new(&mut tx, &new).await?;
    let after = json!({
        "number": number, "kind": wish.kind, "format": wish.format, "expected": expected,
        "filter": serde_json::from_str::<Value>(&filter).unwrap_or(Value::Null),
    });
    let act =
        Act { action: "export.asked", subject: id.as_str(), before: Value::Null, after, why: &wish.why };
    record(deps, &mut tx, actor, act);
    if wish.format.is_kept() {
        let job = NewJob {
            id: JobId::new(now, &deps.random),
            kind: job_kinds::WRITE_EXPORT,
            subject: id.to_string(),
            hint: None,
            run_at: now,
        };
        jobs::enqueue_batch(&mut tx, &[job]).await?;
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Asked::Batch(id))
}

/// How many rows a file of a format can have.
fn rows_at_most(format: ExportFormat) -> i64 {
    match format {
        ExportFormat::Csv => i64::MAX,
        ExportFormat::Xlsx => ROWS_OF_A_WORKBOOK,
        ExportFormat::Zip => archive::STATEMENTS_AT_MOST,
        ExportFormat::Pdf => archive::IN_ONE_AT_MOST,
    }
}

/// Sets the last ids of a filter, and counts what passes it at the moment it is asked for.
async fn complete(
    deps: &Deps,
    kind: ExportKind,
    filter: ExportFilter,
    asked_at: Ts,
) -> Result<(ExportFilter, i64)> {
    let mut read = deps.store.snapshot().await?;
    let until = exports::last_ids(&mut read, kind).await?;
    let filter = ExportFilter { until, ..filter };
    let count = exports::count(&mut read, kind, &wanted(deps, &filter, asked_at)).await?;
    Ok((filter, count))
}

/// The filter as it is held.
fn filter_text(filter: &ExportFilter) -> Result<String> {
    serde_json::to_string(filter).map_err(|e| ServiceError::Unexpected(format!("an export's filter: {e}")))
}

/// The filter of a batch.
///
/// # Errors
/// When it cannot be read.
pub fn filter_of(batch: &batches::Batch) -> Result<ExportFilter> {
    serde_json::from_str(&batch.filter)
        .map_err(|e| ServiceError::Unexpected(format!("the filter of {}: {e}", batch.number)))
}

/// A filter as the store takes it. Its days are days in the zone of the entity asked for, or of the first.
fn wanted(deps: &Deps, filter: &ExportFilter, asked_at: Ts) -> Wanted {
    let charity = &deps.config.charity;
    let named = filter.entity.as_deref().and_then(|id| charity.entity(id));
    let zone = named.or(charity.entities.first()).map_or(TimeZone::UTC, |e| e.time_zone.clone());
    let start = |day| Ts::start_of(day, &zone);
    Wanted {
        entity: filter.entity.clone(),
        fund: filter.fund.clone(),
        currency: filter.currency,
        state: filter.state.clone(),
        tax_year: filter.tax_year.clone(),
        from: filter.from.map(Day),
        to: filter.to.map(Day),
        since: filter.from.map(start),
        before: filter.to.and_then(|day| day.tomorrow().ok()).map(start),
        until: filter.until.clone(),
        asked_at: Some(asked_at),
    }
}
