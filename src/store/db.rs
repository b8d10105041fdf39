//! The connection to one of two databases, and the verbs every query goes through.
//!
//! One SQL text serves both: `$n` placeholders, typed binds, one `FromRow` per row. The macros below dispatch to
//! the native driver. A statement that must differ is written with [`Dialect`] and counted by a test.
//!
//! A bound `LIMIT` is written `LIMIT CAST($n AS BIGINT)`: SQLite plans by the value of a bare parameter there, and so
//! prepares the statement anew at every call.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use super::audit::Note;
use crate::failpoints::{self, Point};
use crate::guard::OpenWrite;

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds something that the code cannot have written.
    #[error("corrupt row in {table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// An update hit another number of rows than it must.
    #[error("{what}: expected one row, changed {changed}")]
    NotOneRow {
        /// Which update.
        what: &'static str,
        /// Rows changed.
        changed: u64,
    },
    /// The database is not set up as durability needs it.
    #[error("{0}")]
    Unfit(String),
}

impl StoreError {
    /// True when a UNIQUE key refused the row.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, StoreError::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

/// Result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A connection to PostgreSQL that nobody used for this long is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

/// The store: SQLite with one writer and a pool of readers, or PostgreSQL.
#[derive(Clone, Debug)]
pub enum Store {
    /// The embedded default.
    Sqlite {
        /// Readers.
        read: SqlitePool,
        /// The one writer.
        write: SqlitePool,
    },
    /// At scale.
    Postgres(PgPool),
}

/// A connection to either database, with or without a transaction; the queries of this module's neighbours run on it.
#[derive(Debug)]
pub enum Conn {
    /// A transaction on SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// A transaction on PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
    /// Single statements on SQLite.
    SqlitePlain(PoolConnection<Sqlite>),
    /// Single statements on PostgreSQL.
    PostgresPlain(PoolConnection<Postgres>),
}

/// A connection that only reads. Its kind decides what two of its statements have in common: see [`Store::read`] and
/// [`Store::snapshot`].
#[derive(Debug)]
pub struct Reader(Conn);

/// A transaction that may write. Nothing is kept unless [`WriteTx::commit`] returns `Ok`.
#[derive(Debug)]
pub struct WriteTx {
    conn: Conn,
    notes: Vec<Note>,
    _open: OpenWrite,
}

/// A statement in the words of each database, where one text cannot serve both.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

impl Conn {
    /// True on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Conn::Postgres(_) | Conn::PostgresPlain(_))
    }
}

impl std::ops::Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl std::ops::DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
impl std::ops::Deref for WriteTx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}
impl std::ops::DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Store {
    /// Opens (and makes, if absent) the SQLite file at `path`: WAL, `synchronous=FULL`, foreign keys on.
    ///
    /// # Errors
    /// When the folder is missing or not writable.
    pub async fn open_sqlite(path: &Path) -> Result<Store> {
        Store::sqlite_with(path, SqliteSynchronous::Full).await
    }

    /// The same without waiting for the disk. Only for data that is thrown away when the machine or the program stops
    /// before it is complete: the demo's first giving.
    ///
    /// # Errors
    /// When the folder is missing or not writable.
    pub async fn open_sqlite_unsynced(path: &Path) -> Result<Store> {
        Store::sqlite_with(path, SqliteSynchronous::Off).await
    }

    async fn sqlite_with(path: &Path, synchronous: SqliteSynchronous) -> Result<Store> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("journal_size_limit", "67108864")
            // Without it REPLACE deletes rows past the triggers that keep the ledger append-only.
            .pragma("recursive_triggers", "ON")
            // What is deleted is overwritten: who is forgotten leaves no bytes behind in the file.
            .pragma("secure_delete", "ON")
            .optimize_on_close(true, None);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            // A file does not go away between two uses: no ping before each.
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        Ok(Store::Sqlite { read, write })
    }

    /// Connects to PostgreSQL and refuses a server that may lose commits (I11).
    ///
    /// # Errors
    /// When the server is away, older than 14, or has `fsync`, `synchronous_commit` or `full_page_writes` off.
    pub async fn open_postgres(url: &str) -> Result<Store> {
        let options = PgConnectOptions::from_str(url)?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            // A server that was restarted is noticed before a connection that has rested is used; between the
            // statements of a busy page the question would cost more than the answer is worth.
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await?;
        refuse_unsafe_postgres(&pool).await?;
        Ok(Store::Postgres(pool))
    }

    /// A connection for reading. Each statement sees what is committed as it begins: no transaction is opened, which
    /// would cost a page two more round trips.
    ///
    /// # Errors
    /// When no connection is free in time.
    pub async fn read(&self) -> Result<Reader> {
        Ok(Reader(match self {
            Store::Sqlite { read, .. } => Conn::SqlitePlain(read.acquire().await?),
            Store::Postgres(pool) => Conn::PostgresPlain(pool.acquire().await?),
        }))
    }

    /// A transaction for reading: every statement sees the same state of the database. Rolled back when dropped.
    ///
    /// # Errors
    /// When no connection is free in time.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins a snapshot")]
    pub async fn snapshot(&self) -> Result<Reader> {
        Ok(Reader(match self {
            Store::Sqlite { read, .. } => Conn::Sqlite(read.begin().await?),
            Store::Postgres(pool) => {
                Conn::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        }))
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// When there is none.
    pub async fn answers(&self) -> Result<()> {
        let mut read = self.read().await?;
        crate::store::db::scalar!(&mut read, i64, "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    /// Opens a transaction for writing; on SQLite with `BEGIN IMMEDIATE`, so that it never has to upgrade.
    ///
    /// # Errors
    /// When the writer is not free in time.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins writing")]
    pub async fn write(&self) -> Result<WriteTx> {
        let conn = match self {
            Store::Sqlite { write, .. } => Conn::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Store::Postgres(pool) => Conn::Postgres(pool.begin().await?),
        };
        Ok(WriteTx { conn, notes: Vec::new(), _open: OpenWrite::begin() })
    }

    /// Closes every connection; waits for those in use.
    pub async fn close(&self) {
        match self {
            Store::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Store::Postgres(pool) => pool.close().await,
        }
    }

    /// `"SQLite"` or `"PostgreSQL"`, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Store::Sqlite { .. } => "SQLite",
            Store::Postgres(_) => "PostgreSQL",
        }
    }
}

impl WriteTx {
    /// Adds a line to the audit chain. It is written at the very end of the transaction: the chain's head is the one
    /// row that every writer wants, and who takes it early makes the others wait, or deadlocks with them.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Writes the audit lines and makes everything durable, or nothing.
    ///
    /// # Errors
    /// When the commit fails; then nothing was kept.
    pub async fn commit(mut self) -> Result<()> {
        for note in std::mem::take(&mut self.notes) {
            super::audit::append(&mut self, &note).await?;
        }
        failpoints::reach(Point::BeforeCommit).await;
        match self.conn {
            Conn::Sqlite(t) => t.commit().await?,
            Conn::Postgres(t) => t.commit().await?,
            Conn::SqlitePlain(_) | Conn::PostgresPlain(_) => {
                return Err(StoreError::Unfit("a write without a transaction".to_owned()));
            }
        }
        failpoints::reach(Point::AfterCommit).await;
        Ok(())
    }
}

async fn refuse_unsafe_postgres(pool: &PgPool) -> Result<()> {
    let (version,): (String,) = sqlx::query_as("SHOW server_version_num").fetch_one(pool).await?;
    if version.parse::<u32>().unwrap_or(0) < 140_000 {
        return Err(StoreError::Unfit(format!("PostgreSQL 14 or newer is needed, found {version}")));
    }
    for (setting, sql) in [
        ("fsync", "SHOW fsync"),
        ("full_page_writes", "SHOW full_page_writes"),
        ("synchronous_commit", "SHOW synchronous_commit"),
    ] {
        let (value,): (String,) = sqlx::query_as(sql).fetch_one(pool).await?;
        if value == "off" {
            return Err(StoreError::Unfit(format!("PostgreSQL has {setting}=off: gifts could be lost")));
        }
    }
    Ok(())
}

/// Counts statements, so that a test can hold every page to its number of queries.
pub mod meter {
    use std::cell::Cell;

    tokio::task_local! {
        static STATEMENTS: Cell<u32>;
    }

    /// Runs `work` and tells how many statements it sent.
    pub async fn counting<T>(work: impl Future<Output = T>) -> (T, u32) {
        STATEMENTS
            .scope(Cell::new(0), async {
                let out = work.await;
                (out, STATEMENTS.with(Cell::get))
            })
            .await
    }

    pub(crate) fn tick() {
        let _ = STATEMENTS.try_with(|n| n.set(n.get() + 1));
    }
}

/// Runs `$work` on whatever `$conn` holds.
macro_rules! on {
    ($conn:expr, $held:ident => $work:expr) => {{
        $crate::store::db::meter::tick();
        let conn: &mut $crate::store::db::Conn = &mut *$conn;
        match conn {
            $crate::store::db::Conn::Sqlite($held) => $work,
            $crate::store::db::Conn::Postgres($held) => $work,
            $crate::store::db::Conn::SqlitePlain($held) => $work,
            $crate::store::db::Conn::PostgresPlain($held) => $work,
        }
        .map_err($crate::store::db::StoreError::from)
    }};
}

/// Runs a statement; gives the number of rows it changed.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($conn, t => {
            sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|r| r.rows_affected())
        })
    };
}

/// Every row, as `$row`.
macro_rules! all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($conn, t => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **t).await)
    };
}

/// The row if there is one, as `$row`.
macro_rules! opt {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($conn, t => {
            sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **t).await
        })
    };
}

/// The first column of the one row.
macro_rules! scalar {
    ($conn:expr, $value:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($conn, t => {
            sqlx::query_scalar::<_, $value>($sql)$(.bind($bind))*.fetch_one(&mut **t).await
        })
    };
}

pub(crate) use {all, exec, on, opt, scalar};
