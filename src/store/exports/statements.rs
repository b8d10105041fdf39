//! Annual statements as they were issued, a row for each currency of each version.

use std::sync::Arc;

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::statement::{CurrencyBlock, StatementContent};
use crate::store::db::{Conn, Result, StoreError};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    owner_id: Option<String>,
    entity_id: String,
    number: String,
    content: String,
    content_sha256: String,
    issued_at: Ts,
    latest: String,
}

/// One currency of a statement to take out.
#[derive(Clone, Debug)]
pub struct ExportStatement {
    /// Ours.
    pub id: String,
    /// The donor it counts for.
    pub owner_id: Option<String>,
    /// Of which entity.
    pub entity_id: String,
    /// Its number.
    pub number: String,
    /// What it says.
    pub content: Arc<StatementContent>,
    /// Which of its currencies this row is about; none: nothing remains on it.
    block: Option<usize>,
    /// SHA-256 of its whole content.
    pub content_sha256: String,
    /// When it was issued.
    pub issued_at: Ts,
    /// The number of the latest version.
    pub latest: String,
}

impl ExportStatement {
    /// Whether it is the version that counts.
    pub fn counts(&self) -> bool {
        self.number == self.latest
    }

    /// What was given in the currency of this row.
    pub fn block(&self) -> Option<&CurrencyBlock> {
        self.content.blocks.get(self.block?)
    }

    /// Whether it is the first row of its statement.
    pub fn is_first(&self) -> bool {
        self.block.is_none_or(|at| at == 0)
    }
}

fn rows_of(r: Row) -> Result<Vec<ExportStatement>> {
    let content: StatementContent = serde_json::from_str(&r.content)
        .map_err(|e| StoreError::Corrupt { table: "statement", what: format!("{}: {e}", r.number) })?;
    let content = Arc::new(content);
    let one = |block| ExportStatement {
        id: r.id.clone(),
        owner_id: r.owner_id.clone(),
        entity_id: r.entity_id.clone(),
        number: r.number.clone(),
        content: content.clone(),
        block,
        content_sha256: r.content_sha256.clone(),
        issued_at: r.issued_at,
        latest: r.latest.clone(),
    };
    // At least one row each: what is read next begins after the last row.
    Ok(match content.blocks.len() {
        0 => vec![one(None)],
        n => (0..n).map(|at| one(Some(at))).collect(),
    })
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND s.entity_id = ");
        narrow!($q, $w.tax_year.as_deref(), " AND s.tax_year = ");
        narrow!($q, $w.since, " AND s.issued_at >= ");
        narrow!($q, $w.before, " AND s.issued_at < ");
        match $w.state.as_deref() {
            Some("current") => {
                $q.push(" AND s.number = ").push(LATEST);
            }
            Some(_) => {
                $q.push(" AND s.number <> ").push(LATEST);
            }
            None => {}
        }
    };
}

/// The number of the latest version of a donor's year, whichever of their records it was issued to.
const LATEST: &str = "(SELECT n.number FROM donor o JOIN statement n ON n.donor_id = o.id WHERE o.owner_id = d.owner_id \
     AND n.entity_id = s.entity_id AND n.tax_year = s.tax_year ORDER BY n.version DESC, n.issued_at DESC LIMIT 1)";

/// How many statements are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM statement s JOIN donor d ON d.id = s.donor_id WHERE s.id <= ";
    let rows = built!(conn, (i64,), sql, |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The rows of the next statements after an id.
///
/// # Errors
/// When the database refuses or a statement cannot be read.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportStatement>> {
    let rows = built!(
        conn,
        Row,
        format!(
            "SELECT s.id, d.owner_id, s.entity_id, s.number, s.content, s.content_sha256, s.issued_at, {LATEST} AS latest \
             FROM statement s JOIN donor d ON d.id = s.donor_id WHERE s.id > "
        ),
        |q| {
            q.push_bind(after).push(" AND s.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY s.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.extend(rows_of(row)?);
    }
    Ok(all)
}
