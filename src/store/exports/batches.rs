//! The exports that were asked for, and what became of them.

use crate::clock::Ts;
use crate::domain::ids::{ExportId, StaffId};
use crate::domain::states::{ExportFormat, ExportKind, ExportState};
use crate::store::db::{Conn, Result, WriteTx, all, exec, opt, scalar};

/// An export that was asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Batch {
    /// Its id; its file is named by it.
    pub id: ExportId,
    /// `EXP-2026-000001`.
    pub number: String,
    /// What is taken out.
    pub kind: ExportKind,
    /// As what.
    pub format: ExportFormat,
    /// Its filter, as JSON.
    pub filter: String,
    /// The reason given.
    pub why: String,
    /// How far it is.
    pub state: ExportState,
    /// Who asked.
    pub asked_by: StaffId,
    /// Their name.
    pub asked_by_name: String,
    /// When.
    pub asked_at: Ts,
    /// How many rows there were when it was asked for.
    pub expected: Option<i64>,
    /// How many rows are written.
    pub done_rows: i64,
    /// What they came to, as JSON; none before it is done.
    pub totals: Option<String>,
    /// Of the file's bytes; none before it is done.
    pub sha256: Option<String>,
    /// How many bytes the file has.
    pub bytes: Option<i64>,
    /// The file's name while it is kept.
    pub file: Option<String>,
    /// What there is to say about it: left, failed, or found changed.
    pub problem: Option<String>,
    /// When it was done.
    pub finished_at: Option<Ts>,
}

/// The columns of [`Batch`].
macro_rules! batch {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.number, b.kind, b.format, b.filter, b.why, b.state, b.asked_by, s.name AS asked_by_name, \
             b.asked_at, b.expected, b.done_rows, b.totals, b.sha256, b.bytes, b.file, b.problem, b.finished_at \
             FROM export_batch b JOIN staff s ON s.id = b.asked_by ",
            $rest
        )
    };
}

/// An export to write down.
#[derive(Clone, Debug)]
pub struct NewBatch<'a> {
    /// Its id.
    pub id: &'a ExportId,
    /// Of the form that asked for it.
    pub nonce: &'a str,
    /// See [`next_number`].
    pub number: &'a str,
    /// What is taken out.
    pub kind: ExportKind,
    /// As what.
    pub format: ExportFormat,
    /// Its filter, as JSON.
    pub filter: &'a str,
    /// The reason given.
    pub why: &'a str,
    /// Who asked.
    pub asked_by: &'a StaffId,
    /// When.
    pub asked_at: Ts,
    /// How many rows there are.
    pub expected: i64,
}

/// The next number of a year, `EXP-2026-000001`. Hold the head of the audit chain, so that nobody else takes it too.
///
/// # Errors
/// When the database refuses.
pub async fn next_number(tx: &mut WriteTx, year: i16) -> Result<String> {
    let prefix = format!("EXP-{year:04}-");
    let last = scalar!(
        tx,
        i64,
        "SELECT COALESCE(MAX(CAST(substr(number, 10) AS BIGINT)), 0) FROM export_batch WHERE substr(number, 1, 9) = $1",
        prefix.as_str()
    )?;
    Ok(format!("{prefix}{:06}", last + 1))
}

/// Writes an export down unless its form was sent before; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, b: &NewBatch<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO export_batch (id, nonce, number, kind, format, filter, why, state, asked_by, asked_at, expected, \
         done_rows) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) ON CONFLICT (nonce) DO NOTHING",
        b.id,
        b.nonce,
        b.number,
        b.kind,
        b.format,
        b.filter,
        b.why,
        ExportState::Asked,
        b.asked_by,
        b.asked_at,
        b.expected
    )?;
    Ok(changed == 1)
}

/// The export that a form asked for, if it was sent before.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<ExportId>> {
    let row = opt!(conn, (ExportId,), "SELECT id FROM export_batch WHERE nonce = $1", nonce)?;
    Ok(row.map(|(id,)| id))
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ExportId) -> Result<Option<Batch>> {
    opt!(conn, Batch, batch!("WHERE b.id = $1"), id)
}

/// The latest exports, those asked for before an id.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn, before: Option<&ExportId>, size: i64) -> Result<Vec<Batch>> {
    // Above every id of ours.
    let before = before.map_or("exp_~", ExportId::as_str);
    all!(conn, Batch, batch!("WHERE b.id < $1 ORDER BY b.id DESC LIMIT CAST($2 AS BIGINT)"), before, size)
}

/// Says that writing has begun. A file that is complete stays what it is.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut WriteTx, id: &ExportId) -> Result<()> {
    exec!(
        tx,
        "UPDATE export_batch SET state = 'running', done_rows = 0, problem = NULL WHERE id = $1 AND state <> 'done'",
        id
    )?;
    Ok(())
}

/// Says how many rows are written.
///
/// # Errors
/// When the database refuses.
pub async fn progress(tx: &mut WriteTx, id: &ExportId, rows: i64) -> Result<()> {
    exec!(tx, "UPDATE export_batch SET done_rows = $2 WHERE id = $1 AND state = 'running'", id, rows)?;
    Ok(())
}

/// What a complete file came to.
#[derive(Clone, Debug)]
pub struct Done<'a> {
    /// How many rows.
    pub rows: i64,
    /// As JSON.
    pub totals: &'a str,
    /// Of the file's bytes.
    pub sha256: &'a str,
    /// How many.
    pub bytes: i64,
    /// The file's name, when it is kept.
    pub file: Option<&'a str>,
    /// When.
    pub at: Ts,
}

/// Says that the file is complete; `false` when it was before.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &mut WriteTx, id: &ExportId, d: &Done<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE export_batch SET state = 'done', done_rows = $2, totals = $3, sha256 = $4, bytes = $5, file = $6, \
         finished_at = $7, problem = NULL WHERE id = $1 AND state <> 'done'",
        id,
        d.rows,
        d.totals,
        d.sha256,
        d.bytes,
        d.file,
        d.at
    )?;
    Ok(changed == 1)
}

/// Says that writing has ended before its end: it can be begun again (`asked`), or not (`failed`).
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &mut WriteTx, id: &ExportId, state: ExportState, problem: &str) -> Result<()> {
    exec!(
        tx,
        "UPDATE export_batch SET state = $2, problem = $3 WHERE id = $1 AND state <> 'done'",
        id,
        state,
        problem
    )?;
    Ok(())
}

/// Says what was found out about a complete file; nothing: that it is as it was.
///
/// # Errors
/// When the database refuses.
pub async fn remark(tx: &mut WriteTx, id: &ExportId, problem: Option<&str>) -> Result<()> {
    exec!(tx, "UPDATE export_batch SET problem = $2 WHERE id = $1", id, problem)?;
    Ok(())
}

/// Exports whose file is kept and was done before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn kept_since_before(conn: &mut Conn, before: Ts, size: i64) -> Result<Vec<(ExportId, String)>> {
    all!(
        conn,
        (ExportId, String),
        "SELECT id, file FROM export_batch WHERE file IS NOT NULL AND finished_at < $1 ORDER BY finished_at \
         LIMIT CAST($2 AS BIGINT)",
        before,
        size
    )
}

/// Says that the file is no longer kept.
///
/// # Errors
/// When the database refuses.
pub async fn forget_file(tx: &mut WriteTx, id: &ExportId) -> Result<()> {
    exec!(tx, "UPDATE export_batch SET file = NULL WHERE id = $1", id)?;
    Ok(())
}
