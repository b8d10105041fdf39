//! The register of receipts: every number with what became of it, and the gaps between them (RC-6).

use super::db::{Conn, Result, all};
use crate::clock::Ts;
use crate::domain::ids::GiftId;
use crate::domain::money::Currency;

/// The year 9999: after every receipt.
const LAST_SECOND: i64 = 253_370_764_800;
const LAST_NUMBER: &str = "~";

/// A receipt in the register.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    /// Its number.
    pub number: String,
    /// Of which gift.
    pub gift_id: GiftId,
    /// Of which entity.
    pub entity_id: String,
    /// When it was issued.
    pub issued_at: Ts,
    /// `mail` or `paper`.
    pub delivery: String,
    /// The gift's currency.
    pub currency: Currency,
    /// What the gift was, in minor units.
    pub amount_minor: i64,
    /// What happened to it last: `cancelled`, `replaced`, `restored`, or nothing.
    pub fate: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// The number that took its place.
    pub replaced_by: Option<String>,
}

/// Which receipts.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this entity.
    pub entity: Option<String>,
    /// `counts`, `cancelled`, `replaced`, `paper`.
    pub state: Option<&'static str>,
    /// Issued before this one.
    pub before: Option<(Ts, String)>,
}

/// A page of the register, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn page(conn: &mut Conn, wanted: &Wanted, size: i64) -> Result<Vec<Entry>> {
    let (at, number) = wanted.before.clone().unwrap_or((Ts::from_unix(LAST_SECOND), LAST_NUMBER.to_owned()));
    all!(
        conn,
        Entry,
        "SELECT x.number, x.gift_id, x.entity_id, x.issued_at, x.delivery, x.currency, x.amount_minor, x.fate, x.why, \
         x.replaced_by FROM (SELECT r.number, r.gift_id, r.entity_id, r.issued_at, r.delivery, g.currency, g.amount_minor, \
         (SELECT e.kind FROM receipt_event e WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) AS fate, \
         (SELECT e.why FROM receipt_event e WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) AS why, \
         (SELECT n.number FROM receipt_event e JOIN receipt n ON n.id = e.replaced_by WHERE e.receipt_id = r.id \
         ORDER BY e.seq DESC LIMIT 1) AS replaced_by FROM receipt r JOIN gift g ON g.id = r.gift_id \
         WHERE (CAST($1 AS TEXT) IS NULL OR r.entity_id = $1) AND (r.issued_at, r.number) < ($2, $3)) x \
         WHERE (CAST($4 AS TEXT) IS NULL OR ($4 = 'counts' AND COALESCE(x.fate, 'restored') = 'restored') \
         OR ($4 = 'paper' AND x.delivery = 'paper' AND COALESCE(x.fate, 'restored') = 'restored') OR x.fate = $4) \
         ORDER BY x.issued_at DESC, x.number DESC LIMIT CAST($5 AS BIGINT)",
        wanted.entity.as_deref(),
        at,
        number,
        wanted.state,
        size
    )
}

/// The numbers of an entity and year: how many were given out, and the last.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Series {
    /// Of which entity.
    pub entity_id: String,
    /// Year of the numbers.
    pub year: i64,
    /// How many there are.
    pub issued: i64,
    /// The highest.
    pub last: i64,
    /// How many count no longer.
    pub void: i64,
}

/// Every series of numbers. There are no gaps where `issued` is `last`: a number belongs to the transaction that issues it.
///
/// # Errors
/// When the database refuses.
pub async fn series(conn: &mut Conn) -> Result<Vec<Series>> {
    all!(
        conn,
        Series,
        "SELECT r.entity_id, r.year, COUNT(*) AS issued, MAX(r.serial) AS last, \
         CAST(SUM(CASE WHEN (SELECT e.kind FROM receipt_event e WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) \
         IN ('cancelled', 'replaced') THEN 1 ELSE 0 END) AS BIGINT) AS void FROM receipt r \
         GROUP BY r.entity_id, r.year ORDER BY r.year DESC, r.entity_id"
    )
}
