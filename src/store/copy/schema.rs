//! What tables there are, and how a column is read and written in the canonical form.

use super::super::db::{Conn, Result, StoreError, WriteTx, all, scalar};
use super::unfit;
use sqlx::AssertSqlSafe;

/// What a column holds, as its database declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Instant,
    Day,
    Bytes,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    kind: Kind,
    postgres: bool,
}

impl Column {
    /// The canonical form: integers in decimal, yes and no as 1 and 0, instants as `2026-11-01T00:00:00.000000Z`, days as
    /// `2026-11-01`, bytes in hexadecimal.
    fn read(&self) -> String {
        let name = format!("\"{}\"", self.name);
        match (self.kind, self.postgres) {
            (Kind::Text, _) => name,
            (Kind::Boolean, true) => format!("CASE WHEN {name} THEN '1' WHEN NOT {name} THEN '0' END"),
            (Kind::Instant, true) => {
                format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            }
            (Kind::Bytes, true) => format!("encode({name}, 'hex')"),
            (Kind::Bytes, false) => format!("lower(hex({name}))"),
            (Kind::Integer | Kind::Day | Kind::Boolean | Kind::Instant, _) => format!("CAST({name} AS TEXT)"),
        }
    }

    /// What stands before and after the placeholder of a value in the canonical form.
    pub(super) fn write(&self) -> (&'static str, &'static str) {
        match (self.kind, self.postgres) {
            (Kind::Text, _) | (Kind::Instant | Kind::Day, false) => ("", ""),
            (Kind::Integer, true) => ("CAST(", " AS BIGINT)"),
            (Kind::Integer | Kind::Boolean, false) => ("CAST(", " AS INTEGER)"),
            (Kind::Boolean, true) => ("CAST(", " AS BOOLEAN)"),
            (Kind::Instant, true) => ("CAST(", " AS TIMESTAMPTZ)"),
            (Kind::Day, true) => ("CAST(", " AS DATE)"),
            (Kind::Bytes, true) => ("decode(", ", 'hex')"),
            (Kind::Bytes, false) => ("unhex(", ")"),
        }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
}

impl Table {
    pub(in crate::store) fn select(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(Column::read).collect();
        format!("SELECT {} FROM \"{}\"", columns.join(", "), self.name)
    }

    pub(super) fn insert(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
        format!("INSERT INTO \"{}\" ({}) VALUES ", self.name, columns.join(", "))
    }
}

/// The tables of a database, by name; the migrator's own is none of them.
///
/// # Errors
/// When the database refuses, or a column has a type that nobody here knows.
pub async fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let postgres = conn.is_postgres();
    let columns = if postgres {
        all!(
            conn,
            (String, String, String),
            "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT) \
             FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema \
             AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE' WHERE c.table_schema = current_schema() \
             AND c.table_name <> '_sqlx_migrations' ORDER BY c.table_name COLLATE \"C\", c.column_name COLLATE \"C\""
        )?
    } else {
        all!(
            conn,
            (String, String, String),
            "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' \
             AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations' ORDER BY t.name, c.name"
        )?
    };
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, declared) in columns {
        let column = Column { kind: kind_of(&declared, &table, &name)?, name, postgres };
        match tables.last_mut().filter(|t| t.name == table) {
            Some(known) => known.columns.push(column),
            None => tables.push(Table { name: table, columns: vec![column] }),
        }
    }
    Ok(tables)
}

fn kind_of(declared: &str, table: &str, column: &str) -> Result<Kind> {
    Ok(match declared.to_ascii_lowercase().as_str() {
        "text" => Kind::Text,
        "integer" | "bigint" => Kind::Integer,
        "boolean" => Kind::Boolean,
        "timestamp with time zone" => Kind::Instant,
        "date" => Kind::Day,
        "blob" | "bytea" => Kind::Bytes,
        other => return Err(unfit(format!("{table}.{column} is {other:?}: it cannot be copied"))),
    })
}

/// Refuses two databases that do not have the same tables with the same columns.
pub(super) fn fit(theirs: &[Table], ours: &[Table]) -> Result<()> {
    let shape = |tables: &[Table]| -> Vec<(String, Vec<String>)> {
        let columns = |t: &Table| t.columns.iter().map(|c| c.name.clone()).collect();
        tables.iter().map(|t| (t.name.clone(), columns(t))).collect()
    };
    let (theirs, ours) = (shape(theirs), shape(ours));
    match theirs.iter().find(|t| !ours.contains(t)).or_else(|| ours.iter().find(|t| !theirs.contains(t))) {
        None => Ok(()),
        Some((table, _)) => Err(unfit(format!(
            "the two databases are not of one release: {table} differs. Run `almoner migrate` on both first"
        ))),
    }
}

/// Rules of the target that cannot hold while rows come in the order of their tables' names.
pub(super) struct Held(Vec<String>);

async fn execute(tx: &mut WriteTx, sql: String) -> Result<()> {
    match &mut **tx {
        Conn::Sqlite(t) => {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut **t).await?;
        }
        Conn::Postgres(t) => {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut **t).await?;
        }
        Conn::SqlitePlain(_) | Conn::PostgresPlain(_) => {
            return Err(StoreError::Unfit("a write without a transaction".to_owned()));
        }
    }
    Ok(())
}

/// References are checked at the end, and triggers that refuse late rows are taken away until then. All of it in the
/// transaction: when it fails, nothing has changed.
pub(super) async fn hold_rules(tx: &mut WriteTx, tables: &[Table]) -> Result<Held> {
    let mut after = Vec::new();
    if tx.is_postgres() {
        let references = all!(
            tx,
            (String, String),
            "SELECT CAST(table_name AS TEXT), CAST(constraint_name AS TEXT) FROM information_schema.table_constraints \
             WHERE constraint_type = 'FOREIGN KEY' AND table_schema = current_schema()"
        )?;
        after.push("SET CONSTRAINTS ALL IMMEDIATE".to_owned());
        for (table, name) in references {
            let alter = format!("ALTER TABLE \"{table}\" ALTER CONSTRAINT \"{name}\"");
            execute(tx, format!("{alter} DEFERRABLE INITIALLY DEFERRED")).await?;
            after.push(format!("{alter} NOT DEFERRABLE"));
        }
        for table in tables {
            execute(tx, format!("ALTER TABLE \"{}\" DISABLE TRIGGER USER", table.name)).await?;
            after.push(format!("ALTER TABLE \"{}\" ENABLE TRIGGER USER", table.name));
        }
    } else {
        execute(tx, "PRAGMA defer_foreign_keys = ON".to_owned()).await?;
        let triggers = all!(
            tx,
            (String, String),
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
        )?;
        for (name, sql) in triggers {
            execute(tx, format!("DROP TRIGGER \"{name}\"")).await?;
            after.push(sql);
        }
    }
    Ok(Held(after))
}

/// The rules hold again, for the rows that came as well.
pub(super) async fn restore_rules(tx: &mut WriteTx, held: &Held) -> Result<()> {
    for sql in &held.0 {
        execute(tx, sql.clone()).await?;
    }
    Ok(())
}

/// Takes away what a migration put into a table of an otherwise empty database.
pub(super) async fn clear(tx: &mut WriteTx, table: &Table) -> Result<()> {
    execute(tx, format!("DELETE FROM \"{}\"", table.name)).await
}

/// The migrations that a database has been through.
pub(super) async fn migrations(conn: &mut Conn) -> Result<Vec<i64>> {
    let rows = all!(conn, (i64,), "SELECT version FROM _sqlx_migrations ORDER BY version")?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// How many lines the audit chain has.
pub(super) async fn audit_lines(conn: &mut Conn) -> Result<i64> {
    scalar!(conn, i64, "SELECT COUNT(*) FROM audit_line")
}
