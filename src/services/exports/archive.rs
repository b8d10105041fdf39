//! Statements as documents: one archive with a PDF for each, and the list of what is in it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::book::{hash_of, part_of, private_file};
use super::columns_statements::Statements;
use super::rows::{Outcome, Rows, Watch};
use super::table::{Names, Table};
use crate::documents::csv::Sheet;
use crate::documents::pdf::PaperStanding;
use crate::domain::export::Totals;
use crate::services::{Deps, Result, ServiceError, papers};

/// Statements that fit one archive: printing them takes as long as a job may.
pub(super) const STATEMENTS_AT_MOST: i64 = 10_000;

fn cannot(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Unexpected(format!("an archive of statements: {error}"))
}

/// Writes the archive: the list first, so that who opens it sees what there is, then each statement under its number.
///
/// # Errors
/// When the database refuses, a statement cannot be printed or the disk is full; nothing is left behind then.
pub(super) async fn write(
    deps: &Deps,
    mut rows: Rows<Statements>,
    names: Names,
    to: &Path,
    mut watch: Watch<'_>,
) -> Result<Outcome> {
    let part = part_of(to);
    let mut archive = ZipWriter::new(BufWriter::new(private_file(&part)?));
    let mut totals = Totals::default();
    let mut list = Sheet::new(&Statements::head());
    while let Some(chunk) = rows.next().await? {
        for row in &chunk {
            list.cells(Statements::cells(row, &names))?;
            totals.add(Statements::sums(row));
            if !row.is_first() {
                continue;
            }
            let standing = match row.counts() {
                true => PaperStanding::Current,
                false => PaperStanding::Superseded { by: row.latest.clone() },
            };
            let bytes = papers::statement_pdf(deps, &row.content, &row.content_sha256, standing).await?;
            add(&mut archive, &format!("{}.pdf", row.number.replace(' ', "-")), &bytes)?;
            watch.at(totals.rows()).await?;
        }
    }
    add(&mut archive, "statements.csv", &list.finish())?;
    let file = archive.finish().map_err(cannot)?.into_inner().map_err(|e| cannot(e.error()))?;
    file.sync_all()?;
    std::fs::rename(&part, to)?;
    let (sha256, bytes) = hash_of(to)?;
    Ok(Outcome { totals, sha256, bytes })
}

fn add(archive: &mut ZipWriter<BufWriter<File>>, name: &str, bytes: &[u8]) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    archive.start_file(name, options).map_err(cannot)?;
    archive.write_all(bytes)?;
    Ok(())
}
