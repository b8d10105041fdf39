//! All rows of one database into another, of the same kind or the other, and the proof that both hold the same.
//!
//! Every value travels as text in one canonical form, which both databases write and read: so the digest of a table does not
//! depend on where it lies. Which tables and columns there are is asked of the databases: a migration cannot be forgotten here.

mod digest;
mod schema;

pub use digest::Digest;
pub use schema::{Table, tables};

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, QueryBuilder, Row};

use super::db::{Conn, Reader, Result, Store, StoreError, WriteTx};

/// Rows written by one statement: with the widest table still far from what a statement may bind.
const AT_ONCE: usize = 200;

/// A row in the canonical form.
type Values = Vec<Option<String>>;

/// One table, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parity {
    /// Its name.
    pub table: String,
    /// What was read from the one.
    pub from: Digest,
    /// What is in the other.
    pub to: Digest,
}

impl Parity {
    /// Whether both hold the same rows.
    pub fn holds(&self) -> bool {
        self.from == self.to
    }
}

fn unfit(what: String) -> StoreError {
    StoreError::Unfit(what)
}

/// Refuses a database that holds something already; one without a single table is empty, too.
///
/// # Errors
/// When it is not empty, or refuses.
pub async fn must_be_empty(store: &Store) -> Result<()> {
    match occupied(store).await?.first() {
        None => Ok(()),
        Some((table, rows)) => Err(unfit(format!("the target is not empty: {table} has {rows} rows"))),
    }
}

/// Tables that hold something, with how many rows; the audit chain's empty head counts as nothing.
///
/// # Errors
/// When the database refuses.
pub async fn occupied(store: &Store) -> Result<Vec<(String, u64)>> {
    let mut read = store.snapshot().await?;
    let mut found = Vec::new();
    for table in tables(&mut read).await? {
        let digest = digest_of(&mut read, &table).await?;
        let is_head = table.name == "audit_head" && schema::audit_lines(&mut read).await? == 0;
        if digest.rows > 0 && !is_head {
            found.push((table.name, digest.rows));
        }
    }
    Ok(found)
}

/// Copies every row of `from` into `to`, which must be migrated alike and empty, in one transaction, and reads both again.
///
/// # Errors
/// When the schemas differ, `to` is not empty, or a database refuses: then `to` is as it was.
pub async fn copy(from: &Store, to: &Store) -> Result<Vec<Parity>> {
    must_be_empty(to).await?;
    let mut source = from.snapshot().await?;
    let mut target = to.write().await?;
    let (theirs, ours) = fitting(&mut source, &mut target).await?;
    let held = schema::hold_rules(&mut target, &ours).await?;
    let mut digests = Vec::new();
    for (table, own) in theirs.iter().zip(&ours) {
        schema::clear(&mut target, own).await?;
        digests.push(copy_table(&mut source, &mut target, table, own).await?);
    }
    schema::restore_rules(&mut target, &held).await?;
    target.commit().await?;
    drop(source);
    let mut read = to.snapshot().await?;
    let mut parity = Vec::new();
    for (own, from) in ours.into_iter().zip(digests) {
        let to = digest_of(&mut read, &own).await?;
        parity.push(Parity { table: own.name, from, to });
    }
    Ok(parity)
}

/// The tables of both, which must be of one release.
async fn fitting(from: &mut Conn, to: &mut Conn) -> Result<(Vec<Table>, Vec<Table>)> {
    let (theirs, ours) = (tables(from).await?, tables(to).await?);
    schema::fit(&theirs, &ours)?;
    let (theirs_at, ours_at) = (schema::migrations(from).await?, schema::migrations(to).await?);
    if theirs_at != ours_at {
        return Err(unfit(format!(
            "the two databases are not of one release: one is migrated to {theirs_at:?}, the other to {ours_at:?}"
        )));
    }
    Ok((theirs, ours))
}

/// Holds two databases against each other, table by table.
///
/// # Errors
/// When the schemas differ or a database refuses.
pub async fn compare(from: &Store, to: &Store) -> Result<Vec<Parity>> {
    let (mut theirs, mut ours) = (from.snapshot().await?, to.snapshot().await?);
    let (here, there) = fitting(&mut theirs, &mut ours).await?;
    let mut parity = Vec::new();
    for (table, own) in here.into_iter().zip(&there) {
        let (from, to) = (digest_of(&mut theirs, &table).await?, digest_of(&mut ours, own).await?);
        parity.push(Parity { table: table.name, from, to });
    }
    Ok(parity)
}

/// Runs `$each` for every row of a table, in the canonical form.
macro_rules! each_row {
    ($conn:expr, $table:expr, |$values:ident| $each:expr) => {{
        let columns = $table.columns.len();
        macro_rules! run {
            ($t:expr) => {{
                let mut rows = sqlx::query(AssertSqlSafe($table.select())).fetch(&mut **$t);
                while let Some(row) = rows.try_next().await? {
                    let mut $values: Values = Vec::with_capacity(columns);
                    for at in 0..columns {
                        $values.push(row.try_get(at)?);
                    }
                    $each
                }
            }};
        }
        match &mut **$conn {
            Conn::Sqlite(t) => run!(t),
            Conn::Postgres(t) => run!(t),
            Conn::SqlitePlain(t) => run!(t),
            Conn::PostgresPlain(t) => run!(t),
        }
    }};
}

async fn digest_of(read: &mut Reader, table: &Table) -> Result<Digest> {
    let mut digest = Digest::default();
    each_row!(read, table, |values| digest.add(&values));
    Ok(digest)
}

async fn copy_table(source: &mut Reader, target: &mut WriteTx, table: &Table, own: &Table) -> Result<Digest> {
    let mut digest = Digest::default();
    let mut waiting: Vec<Values> = Vec::with_capacity(AT_ONCE);
    each_row!(source, table, |values| {
        digest.add(&values);
        waiting.push(values);
        if waiting.len() == AT_ONCE {
            insert(target, own, &waiting).await?;
            waiting.clear();
        }
    });
    insert(target, own, &waiting).await?;
    Ok(digest)
}

async fn insert(target: &mut WriteTx, table: &Table, rows: &[Values]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(table.insert());
            for (nth, row) in rows.iter().enumerate() {
                q.push(if nth == 0 { "(" } else { ", (" });
                for (at, (column, value)) in table.columns.iter().zip(row).enumerate() {
                    let (before, after) = column.write();
                    q.push(if at == 0 { "" } else { ", " });
                    q.push(before).push_bind(value.clone()).push(after);
                }
                q.push(")");
            }
            q.build().execute(&mut **$t).await?;
        }};
    }
    match &mut **target {
        Conn::Sqlite(t) => run!(t),
        Conn::Postgres(t) => run!(t),
        Conn::SqlitePlain(t) => run!(t),
        Conn::PostgresPlain(t) => run!(t),
    }
    Ok(())
}
