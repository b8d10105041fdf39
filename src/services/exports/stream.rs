//! Comma-separated values as they are downloaded: nothing is kept, memory does not grow with the rows, and a reader who
//! takes their time keeps nobody else waiting.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use serde_json::json;
use tokio::sync::mpsc::{self, Sender};

use super::rows::{CsvRows, Outcome, Rows, Watch};
use super::table::{Names, Table, with_table};
use super::{filter_of, wanted};
use crate::domain::ids::ExportId;
use crate::domain::states::ExportState;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::exports::batches::{self, Batch, Done};

/// Pieces that wait to be taken.
const WAITING: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// A reader who takes nothing for so long has gone away.
const STALLED: Duration = Duration::from_secs(300);

/// Begins a download. The batch is complete once everything was taken; whoever leaves before may begin again.
///
/// # Errors
/// When the database refuses.
pub async fn stream(
    deps: &Deps,
    actor: &Actor,
    batch: Batch,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>> {
    let wanted = wanted(deps, &filter_of(&batch)?, batch.asked_at);
    let mut tx = deps.store.write().await?;
    batches::begin(&mut tx, &batch.id).await?;
    note(deps, &mut tx, actor, "export.download_begun", &batch.id, json!({ "number": batch.number }));
    tx.commit().await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let (deps, actor, names) = (deps.clone(), actor.clone(), Names::new(&deps.config));
    with_table!(batch.kind, T => {
        let csv = CsvRows::new(Rows::<T>::new(&deps.store, wanted), names);
        tokio::spawn(send(deps, actor, batch.id, csv, sender));
    });
    Ok(futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    }))
}

fn note(
    deps: &Deps,
    tx: &mut crate::store::WriteTx,
    actor: &Actor,
    action: &'static str,
    id: &ExportId,
    after: serde_json::Value,
) {
    let before = serde_json::Value::Null;
    record(deps, tx, actor, Act { action, subject: id.as_str(), before, after, why: "" });
}

/// Sends everything; what became of it is on record before the reader sees the end.
async fn send<T: Table>(
    deps: Deps,
    actor: Actor,
    id: ExportId,
    mut csv: CsvRows<T>,
    sender: Sender<io::Result<Bytes>>,
) {
    let sent = pieces(&deps, &id, &mut csv, &sender).await;
    let rows = csv.done();
    let told = match sent {
        Ok(true) => finish(&deps, &actor, &id, &csv.outcome()).await,
        Ok(false) => leave(&deps, &actor, &id, rows, "The download was left").await,
        Err(error) => {
            tracing::error!(export = %id, %error, "an export broke off");
            let told = leave(&deps, &actor, &id, rows, "The download broke off").await;
            // Without its end the file would look whole: the connection is cut instead.
            let _ = sender.send(Err(io::Error::other("the export broke off"))).await;
            told
        }
    };
    if let Err(error) = told {
        tracing::error!(export = %id, %error, "what became of an export could not be written down");
        // Gone already is as good.
        let _ = sender.send(Err(io::Error::other("the export could not be written down"))).await;
    }
}

/// `false` when the reader has gone away.
async fn pieces<T: Table>(
    deps: &Deps,
    id: &ExportId,
    csv: &mut CsvRows<T>,
    sender: &Sender<io::Result<Bytes>>,
) -> Result<bool> {
    let mut watch = Watch::Batch(deps, id, 0);
    while let Some(mut bytes) = csv.next().await? {
        while !bytes.is_empty() {
            let piece = bytes.split_to(PIECE.min(bytes.len()));
            match tokio::time::timeout(STALLED, sender.send(Ok(piece))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Ok(false),
            }
        }
        watch.at(csv.done()).await?;
    }
    // All places are free again when the last piece was taken.
    Ok(matches!(tokio::time::timeout(STALLED, sender.reserve_many(WAITING)).await, Ok(Ok(_))))
}

async fn finish(deps: &Deps, actor: &Actor, id: &ExportId, outcome: &Outcome) -> Result<()> {
    let totals = super::keep::totals_text(outcome)?;
    let rows = i64::try_from(outcome.totals.rows()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(outcome.bytes).unwrap_or(i64::MAX);
    let at = deps.clock.now();
    let done = Done { rows, totals: &totals, sha256: &outcome.sha256, bytes, file: None, at };
    let mut tx = deps.store.write().await?;
    let after =
        json!({ "rows": rows, "bytes": bytes, "sha256": outcome.sha256, "totals": outcome.totals.lines() });
    if batches::finish(&mut tx, id, &done).await? {
        note(deps, &mut tx, actor, "export.downloaded", id, after);
    } else {
        let first = batches::by_id(&mut tx, id).await?.and_then(|b| b.sha256);
        let same = first.as_deref() == Some(outcome.sha256.as_str());
        let found = (!same).then(|| {
            format!(
                "A later download had other bytes: the data has changed since. It had {rows} rows and the SHA-256 {}.",
                outcome.sha256
            )
        });
        batches::remark(&mut tx, id, found.as_deref()).await?;
        let action = if same { "export.downloaded_again" } else { "export.found_changed" };
        note(deps, &mut tx, actor, action, id, after);
    }
    tx.commit().await?;
    Ok(())
}

async fn leave(deps: &Deps, actor: &Actor, id: &ExportId, rows: u64, what: &str) -> Result<()> {
    let mut tx = deps.store.write().await?;
    let problem = format!("{what} after {rows} rows. Begin it again: it starts from the first row.");
    batches::leave(&mut tx, id, ExportState::Asked, &problem).await?;
    note(deps, &mut tx, actor, "export.left", id, json!({ "rows": rows }));
    tx.commit().await?;
    Ok(())
}
