//! The register of receipts: every number that was ever given out, also of those that a later one made void.

use serde::Deserialize;

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::money::{Currency, Money};
use crate::store::db::{Conn, Result, StoreError};

/// What a receipt says, as far as the register needs it. Frozen when it was issued: the gift may be another now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    /// To whom it was made out.
    pub donor: Option<DonorDetails>,
    /// What it is for.
    pub amount: Option<Money>,
    /// The day of the gift, ISO.
    pub received_on: String,
    /// Tax year of the entity.
    pub tax_year: String,
    /// The fund's name as it was.
    pub fund: String,
    /// Whether a declaration covers it.
    pub gift_aid: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    gift_id: String,
    version: i64,
    entity_id: String,
    year: i64,
    serial: i64,
    number: String,
    content: String,
    content_sha256: String,
    delivery: String,
    issued_at: Ts,
    gift_currency: Currency,
    replaces: Option<String>,
    replaced_by: Option<String>,
    fate: Option<String>,
}

/// A receipt to take out.
#[derive(Clone, Debug)]
pub struct ExportReceipt {
    /// Ours.
    pub id: String,
    /// Of which gift.
    pub gift_id: String,
    /// 1 for the first.
    pub version: i64,
    /// Of which entity.
    pub entity_id: String,
    /// Year of its number.
    pub year: i64,
    /// Serial within entity and year.
    pub serial: i64,
    /// `LFTUK-2026-00000042`.
    pub number: String,
    /// What it says.
    pub said: Said,
    /// SHA-256 of its whole content.
    pub content_sha256: String,
    /// `mail` or `paper`.
    pub delivery: String,
    /// When it was issued.
    pub issued_at: Ts,
    /// Currency of the gift.
    pub gift_currency: Currency,
    /// The number that it made void.
    pub replaces: Option<String>,
    /// The number that made it void.
    pub replaced_by: Option<String>,
    /// It counts no longer, and none took its place.
    pub cancelled: bool,
}

impl TryFrom<Row> for ExportReceipt {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<ExportReceipt> {
        let said = serde_json::from_str(&r.content)
            .map_err(|e| StoreError::Corrupt { table: "receipt", what: format!("{}: {e}", r.number) })?;
        Ok(ExportReceipt {
            id: r.id,
            gift_id: r.gift_id,
            version: r.version,
            entity_id: r.entity_id,
            year: r.year,
            serial: r.serial,
            number: r.number,
            said,
            content_sha256: r.content_sha256,
            delivery: r.delivery,
            issued_at: r.issued_at,
            gift_currency: r.gift_currency,
            replaces: r.replaces,
            replaced_by: r.replaced_by,
            cancelled: r.fate.as_deref() == Some("cancelled"),
        })
    }
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND r.entity_id = ");
        narrow!($q, $w.fund.as_deref(), " AND g.fund_id = ");
        narrow!($q, $w.currency, " AND g.currency = ");
        narrow!($q, $w.since, " AND r.issued_at >= ");
        narrow!($q, $w.before, " AND r.issued_at < ");
        match $w.state.as_deref() {
            Some("current") => {
                $q.push(
                    " AND NOT EXISTS (SELECT 1 FROM receipt n WHERE n.gift_id = r.gift_id AND n.version > r.version)",
                );
            }
            Some(_) => {
                $q.push(" AND EXISTS (SELECT 1 FROM receipt n WHERE n.gift_id = r.gift_id AND n.version > r.version)");
            }
            None => {}
        }
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM receipt r JOIN gift g ON g.id = r.gift_id WHERE r.id <= ";
    let rows = built!(conn, (i64,), sql, |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next receipts after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportReceipt>> {
    let rows = built!(
        conn,
        Row,
        "SELECT r.id, r.gift_id, r.version, r.entity_id, CAST(r.year AS BIGINT) AS year, r.serial, r.number, r.content, \
         r.content_sha256, r.delivery, r.issued_at, g.currency AS gift_currency, \
         (SELECT b.number FROM receipt b WHERE b.gift_id = r.gift_id AND b.version = r.version - 1) AS replaces, \
         (SELECT n.number FROM receipt n WHERE n.gift_id = r.gift_id AND n.version = r.version + 1) AS replaced_by, \
         (SELECT e.kind FROM receipt_event e WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) AS fate \
         FROM receipt r JOIN gift g ON g.id = r.gift_id WHERE r.id > ",
        |q| {
            q.push_bind(after).push(" AND r.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY r.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    rows.into_iter().map(ExportReceipt::try_from).collect()
}
