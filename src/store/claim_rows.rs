//! The rows and adjustments of Gift Aid claims, frozen as HMRC is told them (UK-42, UK-44).

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, on};
use super::types::Day;
use crate::domain::ids::{AdjustmentId, ClaimId, ClaimRowId, DeclarationId, DonorId, GiftId};

/// Rows of one statement: both databases take no more than some ten thousand binds.
const ROWS: usize = 500;

/// A gift in a claim.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: ClaimRowId,
    /// Which file, 1 for the first.
    pub part: i64,
    /// Which row of it, 1 to 1,000.
    pub item: i64,
    /// Which gift.
    pub gift_id: GiftId,
    /// The declaration it stands on.
    pub declaration_id: DeclarationId,
    /// The day it was received.
    pub given_on: Day,
    /// In pence.
    pub amount_minor: i64,
    /// The displayed texts of columns B to K, as JSON.
    pub cells: String,
}

/// Writes the rows of a draft.
///
/// # Errors
/// When the database refuses.
pub async fn insert_rows(tx: &mut WriteTx, claim: &ClaimId, rows: &[Row]) -> Result<()> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO gift_aid_row (id, claim_id, part, item, gift_id, declaration_id, given_on, amount_minor, \
                 cells) ",
            );
            q.push_values($rows, |mut row, r| {
                row.push_bind(&r.id)
                    .push_bind(claim)
                    .push_bind(r.part)
                    .push_bind(r.item)
                    .push_bind(&r.gift_id)
                    .push_bind(&r.declaration_id)
                    .push_bind(r.given_on)
                    .push_bind(r.amount_minor)
                    .push_bind(r.cells.as_str());
            });
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    for chunk in rows.chunks(ROWS) {
        on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(())
}

/// Tax to give back on a gift that was claimed before.
#[derive(Clone, Debug)]
pub struct Adjustment {
    /// Its id.
    pub id: AdjustmentId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// `refund`, `dispute`, `returned`, `declaration`, `benefit`, `correction`.
    pub why: &'static str,
    /// On how much of the gift, in pence.
    pub amount_minor: i64,
    /// The tax, in pence, rounded up (UK-45).
    pub tax_minor: i64,
}

/// Writes the adjustments of a draft.
///
/// # Errors
/// When the database refuses.
pub async fn insert_adjustments(tx: &mut WriteTx, claim: &ClaimId, all: &[Adjustment]) -> Result<()> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO gift_aid_adjustment (id, claim_id, gift_id, why, amount_minor, tax_minor) ",
            );
            q.push_values($rows, |mut row, a| {
                row.push_bind(&a.id)
                    .push_bind(claim)
                    .push_bind(&a.gift_id)
                    .push_bind(a.why)
                    .push_bind(a.amount_minor)
                    .push_bind(a.tax_minor);
            });
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    for chunk in all.chunks(ROWS) {
        on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(())
}

/// A row of a claim as it is frozen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Frozen {
    /// Which file.
    pub part: i64,
    /// Which row of it.
    pub item: i64,
    /// Which gift.
    pub gift_id: GiftId,
    /// The record it was given under.
    pub donor_id: DonorId,
    /// The day it was received.
    pub given_on: Day,
    /// In pence.
    pub amount_minor: i64,
    /// The displayed texts of columns B to K, as JSON.
    pub cells: String,
}

/// The rows of a claim after a place (part and item), in order.
///
/// # Errors
/// When the database refuses.
pub async fn rows(conn: &mut Conn, claim: &ClaimId, after: (i64, i64), size: i64) -> Result<Vec<Frozen>> {
    all!(
        conn,
        Frozen,
        "SELECT w.part, w.item, w.gift_id, g.donor_id, w.given_on, w.amount_minor, w.cells FROM gift_aid_row w \
         JOIN gift g ON g.id = w.gift_id WHERE w.claim_id = $1 AND (w.part > $2 OR (w.part = $2 AND w.item > $3)) \
         ORDER BY w.part, w.item LIMIT CAST($4 AS BIGINT)",
        claim,
        after.0,
        after.1,
        size
    )
}

/// What a claim takes back of a gift.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Taken {
    /// Of which gift.
    pub gift_id: GiftId,
    /// Why, as held.
    pub why: String,
    /// On how much, in pence.
    pub amount_minor: i64,
    /// The tax, in pence.
    pub tax_minor: i64,
}

/// What a claim takes back, gift by gift.
///
/// # Errors
/// When the database refuses.
pub async fn adjustments(conn: &mut Conn, claim: &ClaimId) -> Result<Vec<Taken>> {
    all!(
        conn,
        Taken,
        "SELECT gift_id, why, amount_minor, tax_minor FROM gift_aid_adjustment WHERE claim_id = $1 ORDER BY gift_id",
        claim
    )
}
