//! Receipts: numbers without reuse, contents without change.

use super::db::{Conn, Result, WriteTx, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::ids::{GiftId, ReceiptId};
use crate::domain::receipt::{ReceiptContent, sha256_hex};

/// Takes the next serial of an entity and year. It belongs to this transaction: rolled back, it is free again.
///
/// # Errors
/// When the database refuses.
pub async fn next_serial(tx: &mut WriteTx, entity: &str, year: i64) -> Result<i64> {
    scalar!(
        tx,
        i64,
        "INSERT INTO receipt_counter (entity_id, year, last) VALUES ($1, $2, 1) \
         ON CONFLICT (entity_id, year) DO UPDATE SET last = receipt_counter.last + 1 RETURNING last",
        entity,
        year
    )
}

/// A receipt to write.
#[derive(Clone, Debug)]
pub struct NewReceipt<'a> {
    /// Its id.
    pub id: ReceiptId,
    /// Of which gift.
    pub gift_id: &'a GiftId,
    /// 1 for the first.
    pub version: i64,
    /// Year of the number.
    pub year: i64,
    /// Serial within entity and year.
    pub serial: i64,
    /// What it says.
    pub content: &'a ReceiptContent,
    /// How it leaves.
    pub delivery: Delivery,
    /// When.
    pub issued_at: Ts,
}

/// How a receipt reaches its donor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By mail.
    Mail,
    /// Printed: the donor has no mailbox.
    Paper,
}

/// Writes a receipt with the hash of its content.
///
/// # Errors
/// When the number or the gift's version is taken.
pub async fn insert(tx: &mut WriteTx, r: &NewReceipt<'_>) -> Result<()> {
    let content = super::payments::to_json(r.content, "receipt")?;
    let hash = sha256_hex(&content);
    exec!(
        tx,
        "INSERT INTO receipt (id, gift_id, version, entity_id, year, serial, number, content, content_sha256, \
         delivery, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &r.id,
        r.gift_id,
        r.version,
        r.content.entity.id.as_str(),
        r.year,
        r.serial,
        r.content.number.as_str(),
        content,
        hash,
        match r.delivery {
            Delivery::Mail => "mail",
            Delivery::Paper => "paper",
        },
        r.issued_at
    )?;
    Ok(())
}

/// How many receipts a gift has had.
///
/// # Errors
/// When the database refuses.
pub async fn versions_of(conn: &mut Conn, gift: &GiftId) -> Result<i64> {
    scalar!(conn, i64, "SELECT COALESCE(MAX(version), 0) FROM receipt WHERE gift_id = $1", gift)
}

/// The number of a gift's latest receipt.
///
/// # Errors
/// When the database refuses.
pub async fn number_of_gift(conn: &mut Conn, gift: &GiftId) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (String,),
        "SELECT number FROM receipt WHERE gift_id = $1 ORDER BY version DESC LIMIT 1",
        gift
    )?;
    Ok(row.map(|(n,)| n))
}
