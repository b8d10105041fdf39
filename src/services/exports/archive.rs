//! Statements as documents: an archive with a PDF for each and the list of what is in it, or all of them in one PDF to print.

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
use crate::documents::pdf::bound::Bound;
use crate::domain::export::Totals;
use crate::domain::states::ExportFormat;
use crate::services::{Deps, Result, ServiceError, papers};
use crate::store::exports::statements::ExportStatement;

/// Statements that fit one archive: printing them takes as long as a job may.
pub(super) const STATEMENTS_AT_MOST: i64 = 10_000;
/// Statements that fit one PDF, which is put together in memory: some 26 kB each.
pub(super) const IN_ONE_AT_MOST: i64 = 5_000;

fn cannot(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Unexpected(format!("an archive of statements: {error}"))
}

/// What the documents are put into.
enum Binding {
    Archive { archive: Box<ZipWriter<BufWriter<File>>>, list: Box<Sheet> },
    One { file: File, bound: Box<Bound> },
}

impl Binding {
    fn begin(format: ExportFormat, file: File) -> Binding {
        match format {
            ExportFormat::Pdf => Binding::One { file, bound: Box::default() },
            ExportFormat::Csv | ExportFormat::Xlsx | ExportFormat::Zip => Binding::Archive {
                archive: Box::new(ZipWriter::new(BufWriter::new(file))),
                list: Box::new(Sheet::new(&Statements::head())),
            },
        }
    }

    fn row(&mut self, row: &ExportStatement, names: &Names) -> Result<()> {
        if let Binding::Archive { list, .. } = self {
            list.cells(Statements::cells(row, names))?;
        }
        Ok(())
    }

    fn document(&mut self, row: &ExportStatement, bytes: Vec<u8>) -> Result<()> {
        match self {
            Binding::Archive { archive, .. } => {
                add(archive, &format!("{}.pdf", row.number.replace(' ', "-")), &bytes)
            }
            Binding::One { bound, .. } => {
                let name = row.content.donor.receipt_name();
                Ok(bound.add(&format!("{} · {name}", row.number), bytes)?)
            }
        }
    }

    fn finish(self) -> Result<()> {
        let file = match self {
            Binding::Archive { mut archive, list } => {
                add(&mut archive, "statements.csv", &list.finish())?;
                archive.finish().map_err(cannot)?.into_inner().map_err(|e| cannot(e.error()))?
            }
            Binding::One { mut file, bound } => {
                file.write_all(&bound.finish("Annual statements"))?;
                file
            }
        };
        Ok(file.sync_all()?)
    }
}

/// Writes the documents of statements, and the list of what is in the archive.
///
/// # Errors
/// When the database refuses, a statement cannot be printed or the disk is full; nothing is left behind then.
pub(super) async fn write(
    deps: &Deps,
    format: ExportFormat,
    mut rows: Rows<Statements>,
    names: Names,
    to: &Path,
    mut watch: Watch<'_>,
) -> Result<Outcome> {
    let part = part_of(to);
    let mut binding = Binding::begin(format, private_file(&part)?);
    let mut totals = Totals::default();
    while let Some(chunk) = rows.next().await? {
        for row in &chunk {
            binding.row(row, &names)?;
            totals.add(Statements::sums(row));
            if !row.is_first() {
                continue;
            }
            let standing = match row.counts() {
                true => PaperStanding::Current,
                false => PaperStanding::Superseded { by: row.latest.clone() },
            };
            let bytes = papers::statement_pdf(deps, &row.content, &row.content_sha256, standing).await?;
            binding.document(row, bytes)?;
            watch.at(totals.rows()).await?;
        }
    }
    binding.finish()?;
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
