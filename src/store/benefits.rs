//! What donors got for their gifts (UK-10, US-5, CA-9). Append-only: the latest counts.

use super::db::{Conn, Result, WriteTx, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{BenefitId, GiftId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::receipt::Advantage;

/// What the donor got for a gift, as it was last written down; a value of zero: nothing.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn, gift: &GiftId) -> Result<Option<Advantage>> {
    let row = opt!(
        conn,
        (String, i64, Currency),
        "SELECT description, value_minor, currency FROM gift_benefit WHERE gift_id = $1 \
         ORDER BY recorded_at DESC, id DESC LIMIT 1",
        gift
    )?;
    Ok(row
        .map(|(description, minor, currency)| Advantage { description, value: Money::new(minor, currency) }))
}

/// Writes down what the donor got, once for each form; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(
    tx: &mut WriteTx,
    id: &BenefitId,
    gift: &GiftId,
    nonce: &str,
    advantage: &Advantage,
    by: &StaffId,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO gift_benefit (id, gift_id, nonce, currency, value_minor, description, recorded_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (nonce) DO NOTHING",
        id,
        gift,
        nonce,
        advantage.value.currency(),
        advantage.value.minor(),
        advantage.description.as_str(),
        by,
        at
    )?;
    Ok(changed == 1)
}
