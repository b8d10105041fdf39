//! Rows in, chunk by chunk: a connection is held for a chunk and not while anybody waits.

use std::marker::PhantomData;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::table::{Names, Table};
use crate::documents::csv::Sheet;
use crate::domain::export::Totals;
use crate::domain::ids::ExportId;
use crate::services::{Deps, Result};
use crate::store::Store;
use crate::store::exports::{Wanted, batches};

/// Rows of a chunk.
const CHUNK: i64 = 1000;
/// How often it is written down how far an export is, in rows.
const TOLD_EVERY: u64 = 25_000;

/// What a file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Rows and sums, by currency.
    pub totals: Totals,
    /// Of the file's bytes, in lower-case hex.
    pub sha256: String,
    /// How many.
    pub bytes: u64,
}

/// Reads the wanted rows, each once.
pub(super) struct Rows<T: Table> {
    store: Store,
    wanted: Wanted,
    after: String,
    over: bool,
    table: PhantomData<T>,
}

impl<T: Table> Rows<T> {
    /// From the first.
    pub(super) fn new(store: &Store, wanted: Wanted) -> Rows<T> {
        Rows { store: store.clone(), wanted, after: String::new(), over: false, table: PhantomData }
    }

    /// The next chunk; none after the last. All of a chunk is read from the same state of the database.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<T::Row>>> {
        if self.over {
            return Ok(None);
        }
        let mut read = self.store.snapshot().await?;
        let rows = T::chunk(&mut read, &self.wanted, &self.after, CHUNK).await?;
        drop(read);
        self.over = i64::try_from(rows.len()).unwrap_or(CHUNK) < CHUNK;
        Ok(rows.last().map(|last| T::id(last).to_owned()).map(|after| {
            self.after = after;
            rows
        }))
    }
}

/// Writes rows as comma-separated values, and counts and hashes what it writes.
pub(super) struct CsvRows<T: Table> {
    rows: Rows<T>,
    names: Names,
    totals: Totals,
    hash: Sha256,
    bytes: u64,
    begun: bool,
}

impl<T: Table> CsvRows<T> {
    /// From the head.
    pub(super) fn new(rows: Rows<T>, names: Names) -> CsvRows<T> {
        CsvRows { rows, names, totals: Totals::default(), hash: Sha256::new(), bytes: 0, begun: false }
    }

    /// The next bytes of the file: the head without a look at the database, then a chunk at a time; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        let piece = if !self.begun {
            self.begun = true;
            Sheet::new(&T::head()).finish()
        } else if let Some(rows) = self.rows.next().await? {
            let mut sheet = Sheet::continued(Vec::with_capacity(rows.len() * 1024));
            for row in &rows {
                sheet.cells(T::cells(row, &self.names))?;
                self.totals.add(T::sums(row));
            }
            sheet.into_writer()?
        } else {
            return Ok(None);
        };
        self.hash.update(&piece);
        self.bytes += piece.len() as u64;
        Ok(Some(Bytes::from(piece)))
    }

    /// How many rows are written.
    pub(super) fn done(&self) -> u64 {
        self.totals.rows()
    }

    /// What it came to.
    pub(super) fn outcome(self) -> Outcome {
        Outcome { totals: self.totals, sha256: hex::encode(self.hash.finalize()), bytes: self.bytes }
    }
}

/// Who is told how far an export is.
pub(super) enum Watch<'a> {
    /// Its batch.
    Batch(&'a Deps, &'a ExportId, u64),
    /// Somebody at a terminal.
    Person(&'a mut (dyn FnMut(u64) + Send)),
}

impl Watch<'_> {
    /// So many rows are written.
    pub(super) async fn at(&mut self, rows: u64) -> Result<()> {
        match self {
            Watch::Person(tell) => tell(rows),
            Watch::Batch(deps, id, told) => {
                if rows >= *told + TOLD_EVERY {
                    *told = rows;
                    let mut tx = deps.store.write().await?;
                    batches::progress(&mut tx, id, i64::try_from(rows).unwrap_or(i64::MAX)).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }
}
