//! Receipts: numbers without reuse, contents without change.

use super::db::{Conn, Result, WriteTx, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::ids::{GiftId, ReceiptEventId, ReceiptId};
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
    /// Why it is not the official document it should have been, for staff.
    pub held_back: Option<&'a str>,
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
         delivery, issued_at, held_back) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
        r.issued_at,
        r.held_back
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

/// What happened to a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It counts no longer.
    Cancelled,
    /// Another counts instead.
    Replaced,
    /// It counts again.
    Restored,
}

/// Why something happened to a receipt (RC-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The gift, or part of it, went back.
    Refund,
    /// The donor's bank took it back, or gave it back.
    Dispute,
    /// A cheque came back.
    Returned,
    /// Something on it was wrong.
    Correction,
    /// What the donor got for it was written down.
    Benefit,
}

impl Why {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Refund => "refund",
            Why::Dispute => "dispute",
            Why::Returned => "returned",
            Why::Correction => "correction",
            Why::Benefit => "benefit",
        }
    }
}

/// Something that happens to a receipt.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptEvent<'a> {
    /// What.
    pub kind: EventKind,
    /// Why.
    pub why: Why,
    /// The receipt that counts instead.
    pub replaced_by: Option<&'a ReceiptId>,
}

/// The latest receipt of a gift, with where it stands.
#[derive(Clone, Debug)]
pub struct StoredReceipt {
    /// Its id.
    pub id: ReceiptId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// Its number.
    pub number: String,
    /// What it says.
    pub content: ReceiptContent,
    /// Hash of that.
    pub sha256: String,
    /// It counts: nothing cancelled or replaced it, or it was restored after.
    pub counts: bool,
    /// The number of the one that counts instead.
    pub replaced_by: Option<String>,
    events: i64,
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    id: ReceiptId,
    gift_id: GiftId,
    number: String,
    content: String,
    content_sha256: String,
    last_event: Option<String>,
    replaced_by: Option<String>,
    events: i64,
}

impl StoredRow {
    fn read(self) -> Result<StoredReceipt> {
        let content = serde_json::from_str(&self.content).map_err(|e| super::db::StoreError::Corrupt {
            table: "receipt",
            what: format!("{}: {e}", self.id),
        })?;
        Ok(StoredReceipt {
            id: self.id,
            gift_id: self.gift_id,
            number: self.number,
            content,
            sha256: self.content_sha256,
            counts: self.last_event.as_deref().is_none_or(|kind| kind == "restored"),
            replaced_by: self.replaced_by,
            events: self.events,
        })
    }
}

macro_rules! stored {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.gift_id, r.number, r.content, r.content_sha256, (SELECT e.kind FROM receipt_event e \
             WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) AS last_event, (SELECT n.number FROM receipt_event e \
             JOIN receipt n ON n.id = e.replaced_by WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1) AS replaced_by, \
             (SELECT COUNT(*) FROM receipt_event e WHERE e.receipt_id = r.id) AS events FROM receipt r ",
            $rest
        )
    };
}

/// The latest receipt of a gift.
///
/// # Errors
/// When the database refuses.
pub async fn current(conn: &mut Conn, gift: &GiftId) -> Result<Option<StoredReceipt>> {
    let row = opt!(conn, StoredRow, stored!("WHERE r.gift_id = $1 ORDER BY r.version DESC LIMIT 1"), gift)?;
    row.map(StoredRow::read).transpose()
}

/// The receipt with a number.
///
/// # Errors
/// When the database refuses.
pub async fn by_number(conn: &mut Conn, number: &str) -> Result<Option<StoredReceipt>> {
    opt!(conn, StoredRow, stored!("WHERE r.number = $1"), number)?.map(StoredRow::read).transpose()
}

/// The latest receipt of one gift of a donor.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(
    conn: &mut Conn,
    owner: &crate::domain::ids::DonorId,
    gift: &GiftId,
) -> Result<Option<StoredReceipt>> {
    let row = opt!(
        conn,
        StoredRow,
        stored!(
            "JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
             WHERE d.owner_id = $1 AND g.id = $2 ORDER BY r.version DESC LIMIT 1"
        ),
        owner,
        gift
    )?;
    row.map(StoredRow::read).transpose()
}

/// The counting receipts of a donor's gifts to an entity in a tax year, in order of receipt; `size` at most.
///
/// # Errors
/// When the database refuses.
pub async fn of_year(
    conn: &mut Conn,
    owner: &crate::domain::ids::DonorId,
    entity: &str,
    tax_year: &str,
    size: i64,
) -> Result<Vec<StoredReceipt>> {
    let rows = super::db::all!(
        conn,
        StoredRow,
        stored!(
            "JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
             AND g.entity_id = $2 AND g.tax_year = $3 AND COALESCE((SELECT e.kind FROM receipt_event e \
             WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored' \
             ORDER BY g.received_at, g.id, r.version LIMIT CAST($4 AS BIGINT)"
        ),
        owner,
        entity,
        tax_year,
        size
    )?;
    rows.into_iter().map(StoredRow::read).collect()
}

/// Writes down that something happened to a receipt.
///
/// # Errors
/// When the database refuses, or somebody else was first.
pub async fn add_event(
    tx: &mut WriteTx,
    id: ReceiptEventId,
    receipt: &StoredReceipt,
    event: ReceiptEvent<'_>,
    at: Ts,
) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO receipt_event (id, receipt_id, seq, kind, why, replaced_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &id,
        &receipt.id,
        receipt.events + 1,
        match event.kind {
            EventKind::Cancelled => "cancelled",
            EventKind::Replaced => "replaced",
            EventKind::Restored => "restored",
        },
        event.why.as_str(),
        event.replaced_by,
        at
    )?;
    Ok(())
}

/// What remains given of a gift for receipts and statements, in minor units: the sum less refunds under way and done,
/// cheques that came back and disputes that were lost (RC-5, RC-10); an open dispute takes nothing yet.
///
/// # Errors
/// When the database refuses.
pub async fn remains(conn: &mut Conn, gift: &GiftId) -> Result<i64> {
    let left = scalar!(
        conn,
        i64,
        "SELECT CAST(g.amount_minor - COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.gift_id = g.id \
         AND r.state IN ('pending', 'succeeded')), 0) + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
         WHERE e.gift_id = g.id AND e.kind = 'returned'), 0) - COALESCE((SELECT SUM(s.amount_minor) FROM dispute s \
         WHERE s.gift_id = g.id AND s.state = 'lost' AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'dispute_withdrawn')), 0) AS BIGINT) FROM gift g WHERE g.id = $1",
        gift
    )?;
    Ok(left.max(0))
}
