//! Workbooks, written by a thread of their own: rows come through a channel, so that few are in memory at a time.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rust_xlsxwriter::XlsxError;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{self, Receiver};

use super::rows::{Outcome, Rows, Watch};
use super::table::{Column, Names, Table};
use crate::documents::cell::Cell;
use crate::documents::xlsx::{Book, Leaf};
use crate::domain::export::Totals;
use crate::services::{Result, ServiceError};

/// Chunks that wait to be written.
const WAITING: usize = 2;

/// What a workbook says of itself.
#[derive(Clone, Debug)]
pub(super) struct Title {
    /// The name of its first sheet.
    pub(super) sheet: &'static str,
    /// What its two sums are called.
    pub(super) sums: Option<(&'static str, &'static str)>,
    /// The day it says it was made.
    pub(super) made_on: Date,
}

enum Part<R> {
    Rows(Vec<R>),
    End,
}

/// Writes a workbook to `to`, by way of a file beside it that goes away when something fails.
pub(super) async fn write<T: Table>(
    mut rows: Rows<T>,
    names: Names,
    title: Title,
    to: &Path,
    mut watch: Watch<'_>,
) -> Result<Outcome> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let target = to.to_owned();
    let writer = tokio::task::spawn_blocking(move || put_in_place::<T>(receiver, &names, &title, &target));
    let mut written = 0;
    let read = async {
        while let Some(chunk) = rows.next().await? {
            written += chunk.len() as u64;
            if sender.send(Part::Rows(chunk)).await.is_err() {
                // The writer has stopped: it says why.
                return Ok(());
            }
            watch.at(written).await?;
        }
        let _ = sender.send(Part::End).await;
        Ok::<(), ServiceError>(())
    };
    let read = read.await;
    drop(sender);
    let outcome =
        writer.await.map_err(|e| ServiceError::Unexpected(format!("the workbook's thread: {e}")))?;
    read?;
    Ok(outcome?)
}

fn put_in_place<T: Table>(
    receiver: Receiver<Part<T::Row>>,
    names: &Names,
    title: &Title,
    to: &Path,
) -> io::Result<Outcome> {
    let part = part_of(to);
    let written = fill::<T>(receiver, names, title, &part);
    let placed = written.and_then(|outcome| std::fs::rename(&part, to).map(|()| outcome));
    if placed.is_err() {
        // Nothing there is as good.
        let _ = std::fs::remove_file(&part);
    }
    placed
}

/// Where a file lies until it is whole.
pub(super) fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn fill<T: Table>(
    mut receiver: Receiver<Part<T::Row>>,
    names: &Names,
    title: &Title,
    to: &Path,
) -> io::Result<Outcome> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let head = T::head();
    let mut book = Book::new(folder, title.sheet, &head, title.made_on).map_err(cannot)?;
    let mut totals = Totals::default();
    loop {
        match receiver.blocking_recv() {
            Some(Part::Rows(rows)) => {
                for row in &rows {
                    book.row(T::cells(row, names)).map_err(cannot)?;
                    totals.add(T::sums(row));
                }
            }
            Some(Part::End) => break,
            None => return Err(io::Error::other("the rows broke off")),
        }
    }
    let mut out = BufWriter::new(private_file(to)?);
    book.finish(&[columns_leaf(T::COLUMNS), totals_leaf(&totals, title)], &mut out).map_err(cannot)?;
    out.flush()?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    let (sha256, bytes) = hash_of(to)?;
    Ok(Outcome { totals, sha256, bytes })
}

fn cannot(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Donors' data: nobody else on the machine may read it.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn columns_leaf<R>(columns: &'static [Column<R>]) -> Leaf<'static> {
    let row = |c: &Column<R>| vec![Cell::text(c.heading), Cell::text(c.explanation), Cell::text(c.key)];
    Leaf {
        name: "Columns",
        head: &["Column", "What it means", "Name for programs"],
        rows: columns.iter().map(row).collect(),
    }
}

fn totals_leaf(totals: &Totals, title: &Title) -> Leaf<'static> {
    let mut rows =
        vec![vec![Cell::text("Rows"), Cell::Whole(i64::try_from(totals.rows()).unwrap_or(i64::MAX))]];
    for total in totals.lines() {
        let Some(((amount, net), (first, second))) = total.sums().zip(title.sums) else { continue };
        let code = amount.currency().code();
        let decimals = u8::try_from(amount.currency().exponent()).unwrap_or(2);
        let count = i64::try_from(total.rows).unwrap_or(i64::MAX);
        rows.push(vec![Cell::text(format!("Rows in {code}")), Cell::Whole(count)]);
        rows.push(vec![Cell::text(format!("{first} in {code}")), Cell::Decimal(amount.minor(), decimals)]);
        rows.push(vec![Cell::text(format!("{second} in {code}")), Cell::Decimal(net.minor(), decimals)]);
    }
    Leaf { name: "Totals", head: &["What", "Figure"], rows }
}

/// SHA-256 of a file's bytes, and how many there are.
pub(super) fn hash_of(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hex::encode(hash.finalize()), bytes)),
            count => {
                hash.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}
