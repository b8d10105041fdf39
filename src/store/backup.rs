//! A whole copy of an SQLite database while it is written to, and the check of a file.

use std::path::Path;

use super::db::{Conn, Result, Store, StoreError, all, scalar};

/// What a backup holds, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Gifts.
    pub gifts: i64,
    /// Donors.
    pub donors: i64,
    /// Receipts.
    pub receipts: i64,
    /// Lines of the audit chain.
    pub audit_lines: i64,
    /// When Stripe last told something, if ever.
    pub last_event: Option<crate::clock::Ts>,
}

impl Store {
    /// Writes a consistent copy of an SQLite database to a file that is not there yet; writers go on meanwhile. `false` on
    /// PostgreSQL, which has no files of ours.
    ///
    /// # Errors
    /// When the file is there, or the disk is full.
    pub async fn copy_to_file(&self, file: &Path) -> Result<bool> {
        let Store::Sqlite { read, .. } = self else { return Ok(false) };
        let name =
            file.to_str().ok_or_else(|| StoreError::Unfit("the file's name is no UTF-8".to_owned()))?;
        let mut connection = read.acquire().await?;
        sqlx::query("VACUUM INTO $1").bind(name).execute(&mut *connection).await?;
        Ok(true)
    }
}

/// What is wrong with an SQLite file, in SQLite's words; nothing: it is sound, references included.
///
/// # Errors
/// When it cannot be read.
pub async fn damage(conn: &mut Conn) -> Result<Vec<String>> {
    let told = all!(conn, (String,), "SELECT integrity_check FROM pragma_integrity_check")?;
    let mut wrong: Vec<String> = told.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect();
    let loose = all!(conn, (String,), "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
    wrong.extend(loose.into_iter().map(|(table,)| format!("{table} refers to rows that are not there")));
    Ok(wrong)
}

/// What the ledger sums up to: currency, kind of entry, how many, and their sum in minor units.
///
/// # Errors
/// When the database refuses.
pub async fn ledger_sums(conn: &mut Conn) -> Result<Vec<(String, String, i64, i64)>> {
    all!(
        conn,
        (String, String, i64, i64),
        "SELECT currency, kind, COUNT(*), CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry GROUP BY currency, kind \
         ORDER BY currency, kind"
    )
}

/// What a database holds.
///
/// # Errors
/// When the database refuses.
pub async fn contents(conn: &mut Conn) -> Result<Contents> {
    Ok(Contents {
        gifts: scalar!(conn, i64, "SELECT COUNT(*) FROM gift")?,
        donors: scalar!(conn, i64, "SELECT COUNT(*) FROM donor")?,
        receipts: scalar!(conn, i64, "SELECT COUNT(*) FROM receipt")?,
        audit_lines: scalar!(conn, i64, "SELECT COUNT(*) FROM audit_line")?,
        last_event: super::today::last_callback(conn).await?,
    })
}
