//! Batches: gifts that came without Stripe, entered together and held against sums counted by hand.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt, scalar};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::{BatchId, BatchLineId, DonorId, GiftId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{BatchState, OfflineKind};

/// Gifts entered together, with what is entered so far.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// How its gifts came.
    pub kind: OfflineKind,
    /// To which entity.
    pub entity_id: String,
    /// In which currency.
    pub currency: Currency,
    /// What staff call it.
    pub name: String,
    /// How many gifts were counted by hand.
    pub control_count: i64,
    control_minor: i64,
    /// The day they were received.
    pub received_on: Day,
    /// Where it stands.
    pub state: BatchState,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Ts,
    /// When it was posted or dropped.
    pub closed_at: Option<Ts>,
    /// Lines entered.
    pub entered: i64,
    entered_minor: i64,
}

impl Batch {
    /// The sum counted by hand.
    pub fn control(&self) -> Money {
        Money::new(self.control_minor, self.currency)
    }

    /// The sum of the lines.
    pub fn sum(&self) -> Money {
        Money::new(self.entered_minor, self.currency)
    }

    /// The sum counted, less the sum entered.
    pub fn missing(&self) -> Money {
        Money::new(self.control_minor.saturating_sub(self.entered_minor), self.currency)
    }

    /// Whether lines and count agree exactly.
    pub fn agrees(&self) -> bool {
        self.entered == self.control_count && self.entered_minor == self.control_minor
    }
}

macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.kind, b.entity_id, b.currency, b.name, b.control_count, b.control_minor, b.received_on, \
             b.state, s.name AS opened_by, b.opened_at, b.closed_at, \
             (SELECT COUNT(*) FROM offline_line l WHERE l.batch_id = b.id) AS entered, \
             (SELECT CAST(COALESCE(SUM(l.amount_minor), 0) AS BIGINT) FROM offline_line l WHERE l.batch_id = b.id) \
             AS entered_minor FROM offline_batch b JOIN staff s ON s.id = b.opened_by ",
            $rest
        )
    };
}

/// A batch to open. `id` comes from the form's mark: one form opens one batch.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Its id.
    pub id: BatchId,
    /// How its gifts came.
    pub kind: OfflineKind,
    /// To which entity.
    pub entity_id: String,
    /// What staff call it.
    pub name: String,
    /// How many were counted by hand.
    pub control_count: i64,
    /// Their sum.
    pub control: Money,
    /// The day they were received.
    pub received_on: Day,
}

/// Opens a batch; `false` when its form has opened it before.
///
/// # Errors
/// When the database refuses.
pub async fn open_batch(tx: &mut WriteTx, b: &NewBatch, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO offline_batch (id, kind, entity_id, currency, name, control_count, control_minor, received_on, \
         state, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10) \
         ON CONFLICT (id) DO NOTHING",
        &b.id,
        b.kind,
        b.entity_id.as_str(),
        b.control.currency(),
        b.name.as_str(),
        b.control_count,
        b.control.minor(),
        b.received_on,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// A batch.
///
/// # Errors
/// When the database refuses.
pub async fn batch(conn: &mut Conn, id: &BatchId) -> Result<Option<Batch>> {
    opt!(conn, Batch, batches!("WHERE b.id = $1"), id)
}

/// The open batches, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn open_batches(conn: &mut Conn) -> Result<Vec<Batch>> {
    all!(conn, Batch, batches!("WHERE b.state = 'open' ORDER BY b.opened_at LIMIT 100"))
}

/// Holds a batch for the rest of the transaction; `false` when it is not open any more.
///
/// # Errors
/// When the database refuses.
pub async fn hold_open(tx: &mut WriteTx, id: &BatchId) -> Result<bool> {
    Ok(exec!(tx, "UPDATE offline_batch SET name = name WHERE id = $1 AND state = 'open'", id)? == 1)
}

/// Closes an open batch; `false` when somebody was first.
///
/// # Errors
/// When the database refuses.
pub async fn close(tx: &mut WriteTx, id: &BatchId, state: BatchState, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE offline_batch SET state = $2, closed_by = $3, closed_at = $4 WHERE id = $1 AND state = 'open'",
        id,
        state,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// A line of a batch.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BatchLine {
    /// Its id.
    pub id: BatchLineId,
    /// The mark of the form it came from.
    pub nonce: String,
    /// Who gave.
    pub donor_id: DonorId,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
    /// Cheque number and the like; may be empty.
    pub reference: String,
    /// The gift it became.
    pub gift_id: Option<GiftId>,
    /// Who entered it.
    pub entered_by: StaffId,
    /// The donor's first name.
    pub given_name: String,
    /// The donor's last name.
    pub family_name: String,
    /// The body that gives.
    pub organisation: Option<String>,
}

/// The lines of a batch, in the order they were entered.
///
/// # Errors
/// When the database refuses.
pub async fn lines(conn: &mut Conn, batch: &BatchId) -> Result<Vec<BatchLine>> {
    all!(
        conn,
        BatchLine,
        "SELECT l.id, l.nonce, l.donor_id, l.amount_minor, l.fund_id, l.campaign_id, l.reference, l.gift_id, \
         l.entered_by, d.given_name, d.family_name, CASE WHEN d.kind = 'organisation' THEN d.organisation END AS organisation \
         FROM offline_line l JOIN donor d ON d.id = l.donor_id WHERE l.batch_id = $1 ORDER BY l.entered_at, l.id",
        batch
    )
}

/// A line to enter.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// Its id.
    pub id: BatchLineId,
    /// The mark of its form.
    pub nonce: String,
    /// Who gave.
    pub donor_id: DonorId,
    /// How much, in minor units of the batch's currency.
    pub amount_minor: i64,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
    /// Cheque number and the like; may be empty.
    pub reference: String,
}

/// Enters a line; `false` when its form was sent before.
///
/// # Errors
/// When the database refuses.
pub async fn insert_line(
    tx: &mut WriteTx,
    batch: &BatchId,
    l: &NewLine,
    by: &StaffId,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO offline_line (id, batch_id, nonce, donor_id, amount_minor, fund_id, campaign_id, reference, \
         entered_by, entered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (nonce) DO NOTHING",
        &l.id,
        batch,
        l.nonce.as_str(),
        &l.donor_id,
        l.amount_minor,
        l.fund_id.as_str(),
        l.campaign_id.as_deref(),
        l.reference.as_str(),
        by,
        at
    )?;
    Ok(changed == 1)
}

/// Takes a line out of a batch; `false` when it is not there.
///
/// # Errors
/// When the database refuses.
pub async fn remove_line(tx: &mut WriteTx, batch: &BatchId, line: &BatchLineId) -> Result<bool> {
    let sql = "DELETE FROM offline_line WHERE id = $1 AND batch_id = $2 AND gift_id IS NULL";
    Ok(exec!(tx, sql, line, batch)? == 1)
}

/// Names the gift that each line of a batch became.
///
/// # Errors
/// When a line has none.
pub async fn name_gifts(tx: &mut WriteTx, batch: &BatchId) -> Result<()> {
    exec!(
        tx,
        "UPDATE offline_line SET gift_id = (SELECT o.gift_id FROM offline_gift o WHERE o.nonce = offline_line.nonce) \
         WHERE batch_id = $1",
        batch
    )?;
    let sql = "SELECT COUNT(*) FROM offline_line WHERE batch_id = $1 AND gift_id IS NULL";
    let without = scalar!(tx, i64, sql, batch)?;
    match without {
        0 => Ok(()),
        _ => Err(StoreError::Corrupt {
            table: "offline_line",
            what: format!("{batch}: a line without its gift"),
        }),
    }
}
