//! Gifts in other currencies, in sterling at the rate of their day (UK-8). Append-only: the latest counts.

use super::db::{Conn, Result, WriteTx, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{GiftId, RateId, StaffId};
use crate::domain::money::{Currency, Money};

/// A rate as it was last written down.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Rate {
    /// Units of the gift's currency for a pound, as typed: `1.3000`.
    pub rate: String,
    sterling_minor: i64,
    /// Where it is from.
    pub source: String,
    /// The name of who wrote it down.
    pub recorded_by: String,
    /// When.
    pub recorded_at: Ts,
}

impl Rate {
    /// What the gift came to.
    pub fn sterling(&self) -> Money {
        Money::new(self.sterling_minor, Currency::GBP)
    }
}

/// The rate of a gift, when one was written down.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn, gift: &GiftId) -> Result<Option<Rate>> {
    opt!(
        conn,
        Rate,
        "SELECT x.rate, x.sterling_minor, x.source, s.name AS recorded_by, x.recorded_at FROM gift_rate x \
         JOIN staff s ON s.id = x.recorded_by WHERE x.gift_id = $1 ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1",
        gift
    )
}

/// A rate to write down.
#[derive(Clone, Debug)]
pub struct NewRate<'a> {
    /// Its id.
    pub id: RateId,
    /// Of which gift.
    pub gift: &'a GiftId,
    /// The mark of the form.
    pub nonce: &'a str,
    /// Units of the gift's currency for a pound.
    pub rate: &'a str,
    /// What the gift comes to.
    pub sterling: Money,
    /// Where it is from.
    pub source: &'a str,
    /// By whom.
    pub by: &'a StaffId,
    /// When.
    pub at: Ts,
}

/// Writes a rate down, once for its form; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, r: &NewRate<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO gift_rate (id, gift_id, nonce, rate, sterling_minor, source, recorded_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (nonce) DO NOTHING",
        &r.id,
        r.gift,
        r.nonce,
        r.rate,
        r.sterling.minor(),
        r.source,
        r.by,
        r.at
    )?;
    Ok(changed == 1)
}
