//! An export to a file, for the command line.

use std::io::Write;
use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::json;

use super::archive;
use super::book::{self, Title};
use super::columns_statements::Statements;
use super::keep::{note, sheet_name};
use super::rows::{CsvRows, Outcome, Rows, Watch};
use super::table::{Names, Table, sums_are_called, with_table};
use super::{Wish, complete, wanted};
use crate::domain::ids::ExportId;
use crate::domain::states::ExportFormat;
use crate::services::{Deps, Result};

/// Writes what is wished for to a file, on record as the command's. `tell` hears of rows done and rows expected.
///
/// # Errors
/// When the database refuses or the file cannot be written.
pub async fn to_file(
    deps: &Deps,
    wish: Wish,
    to: &Path,
    tell: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Outcome> {
    let now = deps.clock.now();
    let (filter, expected) = complete(deps, wish.kind, wish.filter.clone(), now).await?;
    let expected = u64::try_from(expected).unwrap_or(0);
    let id = ExportId::new(now, &deps.random);
    let asked = json!({ "kind": wish.kind, "format": wish.format, "filter": filter, "expected": expected, "why": wish.why });
    let mut tx = deps.store.write().await?;
    note(deps, &mut tx, "command", "export.asked", id.as_str(), &asked);
    tx.commit().await?;
    let wanted = wanted(deps, &filter, now);
    let mut told = |rows| tell(rows, expected);
    let title = Title {
        sheet: sheet_name(wish.kind),
        sums: sums_are_called(wish.kind),
        made_on: now.date_in(&TimeZone::UTC),
    };
    let names = Names::new(&deps.config);
    let outcome = match wish.format {
        ExportFormat::Zip | ExportFormat::Pdf => {
            let rows = Rows::<Statements>::new(&deps.store, wanted);
            archive::write(deps, wish.format, rows, names, to, Watch::Person(&mut told)).await
        }
        ExportFormat::Csv => with_table!(wish.kind, T => {
            csv(CsvRows::new(Rows::<T>::new(&deps.store, wanted), names), to, Watch::Person(&mut told)).await
        }),
        ExportFormat::Xlsx => with_table!(wish.kind, T => {
            book::write(Rows::<T>::new(&deps.store, wanted), names, title, to, Watch::Person(&mut told)).await
        }),
    }?;
    let detail = json!({
        "rows": outcome.totals.rows(), "bytes": outcome.bytes, "sha256": outcome.sha256,
        "totals": outcome.totals.lines(),
    });
    let mut tx = deps.store.write().await?;
    note(deps, &mut tx, "command", "export.written", id.as_str(), &detail);
    tx.commit().await?;
    Ok(outcome)
}

async fn csv<T: Table>(mut csv: CsvRows<T>, to: &Path, mut watch: Watch<'_>) -> Result<Outcome> {
    let part = book::part_of(to);
    let mut file = book::private_file(&part)?;
    while let Some(piece) = csv.next().await? {
        file.write_all(&piece)?;
        watch.at(csv.done()).await?;
    }
    file.sync_all()?;
    std::fs::rename(&part, to)?;
    Ok(csv.outcome())
}
