//! Gifts that came without Stripe.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, on, opt};
use super::gifts::Gift;
use super::ledger::Entry;
use super::payments::to_json;
use crate::clock::Ts;
use crate::domain::ids::{BankLineId, BatchId, DonorId, GiftId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::OfflineKind;

/// Rows of one statement: both databases take no more than some ten thousand binds.
const ROWS: usize = 200;

/// What is known of a gift that came without Stripe.
#[derive(Clone, Debug)]
pub struct OfflineGift {
    /// Which gift.
    pub gift_id: GiftId,
    /// The mark of the form, line of a batch or line of a bank's file it came from: one gift for each.
    pub nonce: String,
    /// How it came.
    pub kind: OfflineKind,
    /// Cheque number, paying-in slip, the bank's reference; may be empty.
    pub reference: String,
    /// Entered with a batch.
    pub batch_id: Option<BatchId>,
    /// Read from a bank's file.
    pub bank_line: Option<BankLineId>,
    /// By whom.
    pub entered_by: StaffId,
    /// When.
    pub entered_at: Ts,
}

/// Writes gifts that Stripe knows nothing of.
///
/// # Errors
/// When the database refuses.
pub async fn insert_gifts(tx: &mut WriteTx, gifts: &[Gift]) -> Result<()> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO gift (id, donor_id, entity_id, fund_id, campaign_id, currency, amount_minor, \
                 fee_cover_minor, received_at, received_on, tax_year, method_kind, method_label, donor_details, \
                 note, created_at) ",
            );
            q.push_values($rows, |mut row, (g, details): (&Gift, String)| {
                row.push_bind(&g.id)
                    .push_bind(&g.donor_id)
                    .push_bind(g.entity_id.as_str())
                    .push_bind(g.fund_id.as_str())
                    .push_bind(g.campaign_id.as_deref())
                    .push_bind(g.amount.currency())
                    .push_bind(g.amount.minor())
                    .push_bind(g.fee_cover.minor())
                    .push_bind(g.received_at)
                    .push_bind(g.received_on)
                    .push_bind(g.tax_year.as_str())
                    .push_bind(g.method_kind.as_str())
                    .push_bind(g.method_label.as_str())
                    .push_bind(details)
                    .push_bind(g.note.as_deref())
                    .push_bind(g.created_at);
            });
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    for chunk in gifts.chunks(ROWS) {
        let rows: Result<Vec<(&Gift, String)>> =
            chunk.iter().map(|g| Ok((g, to_json(&g.donor, "gift")?))).collect();
        let rows = rows?;
        on!(&mut **tx, t => run!(t, rows))?;
    }
    Ok(())
}

/// Writes the entries of such gifts.
///
/// # Errors
/// When the database refuses, or one is there already.
pub async fn insert_entries(tx: &mut WriteTx, entries: &[Entry<'_>]) -> Result<()> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO ledger_entry (id, gift_id, kind, currency, amount_minor, occurred_at, stripe_object, \
                 created_at) ",
            );
            q.push_values($rows, |mut row, e: &Entry<'_>| {
                row.push_bind(&e.id)
                    .push_bind(e.gift_id)
                    .push_bind(e.kind)
                    .push_bind(e.amount.currency())
                    .push_bind(e.amount.minor())
                    .push_bind(e.occurred_at)
                    .push_bind(e.stripe_object)
                    .push_bind(e.created_at);
            });
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    for chunk in entries.chunks(ROWS) {
        on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(())
}

/// Writes what is known of such gifts; gives how many were new. Where a mark was used before, nothing is written.
///
/// # Errors
/// When the database refuses.
pub async fn insert_known(tx: &mut WriteTx, known: &[OfflineGift]) -> Result<u64> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO offline_gift (gift_id, nonce, kind, reference, batch_id, bank_line, entered_by, entered_at) ",
            );
            q.push_values($rows, |mut row, o: &OfflineGift| {
                row.push_bind(&o.gift_id)
                    .push_bind(o.nonce.as_str())
                    .push_bind(o.kind)
                    .push_bind(o.reference.as_str())
                    .push_bind(o.batch_id.as_ref())
                    .push_bind(o.bank_line.as_ref())
                    .push_bind(&o.entered_by)
                    .push_bind(o.entered_at);
            });
            q.push(" ON CONFLICT (nonce) DO NOTHING");
            q.build().execute(&mut **$t).await.map(|r| r.rows_affected())
        }};
    }
    let mut new = 0;
    for chunk in known.chunks(ROWS) {
        new += on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(new)
}

/// A gift that was entered, as it is told afterwards.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entered {
    /// Which gift.
    pub gift_id: GiftId,
    /// Whose.
    pub donor_id: DonorId,
    currency: Currency,
    amount_minor: i64,
    /// The number of its receipt.
    pub receipt: Option<String>,
    /// How that left: `mail` or `paper`.
    pub delivery: Option<String>,
}

impl Entered {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

/// The gift of a form's mark.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<Entered>> {
    opt!(
        conn,
        Entered,
        "SELECT o.gift_id, g.donor_id, g.currency, g.amount_minor, r.number AS receipt, r.delivery \
         FROM offline_gift o JOIN gift g ON g.id = o.gift_id \
         LEFT JOIN receipt r ON r.gift_id = g.id AND r.version = 1 WHERE o.nonce = $1",
        nonce
    )
}

/// What is known of a gift; `None` when it came by Stripe.
///
/// # Errors
/// When the database refuses.
pub async fn kind_of(conn: &mut Conn, gift: &GiftId) -> Result<Option<(OfflineKind, String)>> {
    opt!(conn, (OfflineKind, String), "SELECT kind, reference FROM offline_gift WHERE gift_id = $1", gift)
}
