//! Workbooks that wait in a folder until they are downloaded, and go after a week.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::archive;
use super::book::{self, Title};
use super::columns_statements::Statements;
use super::rows::{Outcome, Rows, Watch};
use super::table::{Names, Table, sums_are_called, with_table};
use super::{filter_of, wanted};
use crate::domain::ids::{AuditId, ExportId};
use crate::domain::states::{ExportFormat, ExportKind, ExportState};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::exports::batches::{self, Batch, Done};

/// How long a workbook waits to be downloaded.
pub const KEPT_FOR: Duration = Duration::from_secs(7 * 86_400);
const AT_ONCE: i64 = 200;
/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// The name of the first sheet.
pub(super) fn sheet_name(kind: ExportKind) -> &'static str {
    match kind {
        ExportKind::Gifts => "Gifts",
        ExportKind::Donors => "Donors",
        ExportKind::Plans => "Plans",
        ExportKind::Refunds => "Refunds and disputes",
        ExportKind::Receipts => "Receipts",
        ExportKind::Statements => "Statements",
        ExportKind::Declarations => "Declarations",
        ExportKind::Consents => "E-mail choices",
        ExportKind::Npsp => "NPSP Data Import",
    }
}

/// Totals as they are held.
pub(super) fn totals_text(outcome: &Outcome) -> Result<String> {
    serde_json::to_string(outcome.totals.lines())
        .map_err(|e| ServiceError::Unexpected(format!("an export's totals: {e}")))
}

/// A line of the audit chain about what the worker or a command does.
pub(super) fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &str,
    action: &'static str,
    subject: &str,
    detail: &serde_json::Value,
) {
    let at = deps.clock.now();
    let (id, actor, subject) = (AuditId::new(at, &deps.random), actor.to_owned(), subject.to_owned());
    tx.note(Note { id, at, actor, action, subject, detail: detail.to_string() });
}

/// Writes the workbook that a job names, unless it is written.
///
/// # Errors
/// When it cannot be written: the job tries again from the first row.
pub async fn run(deps: &Deps, subject: &str) -> Result<()> {
    let unfit = || ServiceError::Unexpected(format!("no export {subject:?}"));
    let id: ExportId = subject.parse().map_err(|_| unfit())?;
    let batch = {
        let mut read = deps.store.read().await?;
        batches::by_id(&mut read, &id).await?.ok_or_else(unfit)?
    };
    if batch.state == ExportState::Done || !batch.format.is_kept() {
        return Ok(());
    }
    let mut tx = deps.store.write().await?;
    batches::begin(&mut tx, &id).await?;
    tx.commit().await?;
    let written = match batch.format {
        ExportFormat::Zip | ExportFormat::Pdf => write_archive(deps, &batch).await,
        ExportFormat::Csv | ExportFormat::Xlsx => {
            with_table!(batch.kind, T => write::<T>(deps, &batch).await)
        }
    };
    match written {
        Ok(outcome) => finish(deps, &batch, &outcome).await,
        Err(error) => {
            let mut tx = deps.store.write().await?;
            let problem = "The file could not be written. It is tried again by itself.";
            batches::leave(&mut tx, &id, ExportState::Failed, problem).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

async fn write<T: Table>(deps: &Deps, batch: &Batch) -> Result<Outcome> {
    let folder = &deps.config.export_dir;
    make_private(folder)?;
    let rows = Rows::<T>::new(&deps.store, wanted(deps, &filter_of(batch)?, batch.asked_at));
    let title = Title {
        sheet: sheet_name(batch.kind),
        sums: sums_are_called(batch.kind),
        made_on: batch.asked_at.date_in(&TimeZone::UTC),
    };
    let path = folder.join(file_name(batch));
    book::write(rows, Names::new(&deps.config), title, &path, Watch::Batch(deps, &batch.id, 0)).await
}

async fn write_archive(deps: &Deps, batch: &Batch) -> Result<Outcome> {
    let folder = &deps.config.export_dir;
    make_private(folder)?;
    let rows = Rows::<Statements>::new(&deps.store, wanted(deps, &filter_of(batch)?, batch.asked_at));
    let path = folder.join(file_name(batch));
    let watch = Watch::Batch(deps, &batch.id, 0);
    archive::write(deps, batch.format, rows, Names::new(&deps.config), &path, watch).await
}

/// The folder, which nobody else on the machine may look into.
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.is_dir() {
        Ok(())
    } else {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }
}

/// Named by the id alone: nothing that anybody typed gets into a path.
fn file_name(batch: &Batch) -> String {
    format!("{}.{}", batch.id, batch.format.as_str())
}

async fn finish(deps: &Deps, batch: &Batch, outcome: &Outcome) -> Result<()> {
    let (totals, file) = (totals_text(outcome)?, file_name(batch));
    let rows = i64::try_from(outcome.totals.rows()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(outcome.bytes).unwrap_or(i64::MAX);
    let done = Done {
        rows,
        totals: &totals,
        sha256: &outcome.sha256,
        bytes,
        file: Some(&file),
        at: deps.clock.now(),
    };
    let mut tx = deps.store.write().await?;
    if batches::finish(&mut tx, &batch.id, &done).await? {
        let detail = json!({ "rows": rows, "bytes": bytes, "sha256": outcome.sha256, "totals": outcome.totals.lines() });
        note(deps, &mut tx, "worker", "export.written", batch.id.as_str(), &detail);
    }
    tx.commit().await?;
    Ok(())
}

/// A workbook that can be downloaded.
#[derive(Debug)]
pub struct Kept {
    /// The file.
    pub file: tokio::fs::File,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Kept {
    /// Its bytes, piece by piece.
    pub fn pieces(self) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        futures::stream::try_unfold(self.file, |mut file| async move {
            let mut piece = BytesMut::with_capacity(PIECE);
            let count = file.read_buf(&mut piece).await?;
            Ok((count > 0).then(|| (piece.freeze(), file)))
        })
    }
}

/// Opens a batch's workbook for somebody, on record; `None` when it is not written yet or no longer kept.
///
/// # Errors
/// When the database refuses, or the file cannot be read.
pub async fn open(deps: &Deps, actor: &Actor, batch: &Batch) -> Result<Option<Kept>> {
    let Some(path) = path_of(deps, batch) else { return Ok(None) };
    let file = match tokio::fs::File::open(&path).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let bytes = file.metadata().await?.len();
    let mut tx = deps.store.write().await?;
    let after = json!({ "number": batch.number, "sha256": batch.sha256 });
    let (before, subject) = (serde_json::Value::Null, batch.id.as_str());
    record(deps, &mut tx, actor, Act { action: "export.downloaded", subject, before, after, why: "" });
    tx.commit().await?;
    Ok(Some(Kept { file, bytes }))
}

fn path_of(deps: &Deps, batch: &Batch) -> Option<PathBuf> {
    batch.file.as_ref().map(|_| deps.config.export_dir.join(file_name(batch)))
}

/// Deletes the workbooks that were kept long enough. What they were stays on record.
///
/// # Errors
/// When the database refuses. A file that cannot be deleted is tried again with the next sweep.
pub async fn sweep(deps: &Deps) -> Result<()> {
    let old = {
        let mut read = deps.store.read().await?;
        batches::kept_since_before(&mut read, deps.clock.now().minus(KEPT_FOR), AT_ONCE).await?
    };
    for (id, file) in old {
        // Ours, and never a path: what stands there is the file's name alone.
        let name = Path::new(&file).file_name().map(PathBuf::from).unwrap_or_default();
        match tokio::fs::remove_file(deps.config.export_dir.join(name)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(export = %id, %error, "an old workbook could not be deleted");
                continue;
            }
            Ok(()) | Err(_) => {}
        }
        let mut tx = deps.store.write().await?;
        batches::forget_file(&mut tx, &id).await?;
        note(deps, &mut tx, "worker", "export.file_deleted", id.as_str(), &json!({}));
        tx.commit().await?;
    }
    Ok(())
}
