//! Gifts with everything that happened to them.

use std::collections::HashMap;

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::frequency::Frequency;
use crate::domain::money::Currency;
use crate::domain::states::{DisputeState, EntryKind, OfflineKind, TributeKind};
use crate::store::db::{Conn, Result, StoreError};
use crate::store::types::Day;

/// A gift as its row and its neighbours hold it. Ids are Stripe's or ours, as text.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GiftRow {
    /// Ours.
    pub id: String,
    /// The act of giving.
    pub payment_id: Option<String>,
    /// The plan.
    pub pledge_id: Option<String>,
    /// The donor record it was given under.
    pub donor_id: String,
    /// The donor record that one counts for.
    pub owner_id: Option<String>,
    /// To whom.
    pub entity_id: String,
    /// For what.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// Gross, in minor units.
    pub amount_minor: i64,
    /// Part of it that covers the fee, in minor units.
    pub fee_cover_minor: i64,
    /// Which charge of its plan.
    pub instalment: Option<i64>,
    /// How often its plan gives.
    pub frequency: Option<Frequency>,
    /// When.
    pub received_at: Ts,
    /// That day in the entity's zone.
    pub received_on: Day,
    /// Tax year of the entity.
    pub tax_year: String,
    /// `card`, `bacs_debit`, …
    pub method_kind: String,
    /// `Visa`.
    pub method_label: String,
    /// Last four digits.
    pub method_last4: Option<String>,
    /// The declaration that covers it.
    pub declaration_id: Option<String>,
    donor_details: String,
    is_erased: bool,
    /// The donor's words.
    pub note: Option<String>,
    /// Why it is dedicated.
    pub tribute_kind: Option<TributeKind>,
    /// To whom.
    pub tribute_name: Option<String>,
    /// Stripe's payment intent.
    pub stripe_payment_intent: Option<String>,
    /// Stripe's charge.
    pub stripe_charge: Option<String>,
    /// Stripe's invoice.
    pub stripe_invoice: Option<String>,
    /// When it was written down.
    pub created_at: Ts,
    /// How often it was corrected.
    pub corrections: i64,
    /// How it came without Stripe.
    pub offline_kind: Option<OfflineKind>,
    /// What was written beside it then.
    pub offline_reference: Option<String>,
    /// The batch it was entered with.
    pub offline_batch: Option<String>,
}

/// A gift to take out.
#[derive(Clone, Debug)]
pub struct ExportGift {
    /// Its row.
    pub row: GiftRow,
    /// The donor as on the gift; nobody, when they were forgotten since.
    pub donor: DonorDetails,
    /// Given back, zero or negative, in minor units of the gift's currency: refunds, and cheques that came back unpaid.
    pub refunded_minor: i64,
    /// What disputes hold or took, zero or negative, in minor units of the gift's currency.
    pub disputed_minor: i64,
    /// The last dispute.
    pub dispute: Option<DisputeState>,
    /// Stripe's fees, zero or negative, in the currency in which Stripe takes them.
    pub fees: Option<(i64, Currency)>,
    /// Stripe's balance transaction of the charge.
    pub balance_transaction: Option<String>,
    /// The number of the receipt that counts.
    pub receipt_number: Option<String>,
}

impl ExportGift {
    /// What remains given, in minor units.
    pub fn net_minor(&self) -> i64 {
        self.row.amount_minor.saturating_add(self.refunded_minor).saturating_add(self.disputed_minor)
    }

    /// What remains after Stripe's fees, in minor units; none when those are taken in another currency.
    pub fn after_fees_minor(&self) -> Option<i64> {
        match self.fees {
            None => Some(self.net_minor()),
            Some((fees, currency)) => {
                (currency == self.row.currency).then(|| self.net_minor().saturating_add(fees))
            }
        }
    }
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND g.entity_id = ");
        narrow!($q, $w.fund.as_deref(), " AND g.fund_id = ");
        narrow!($q, $w.currency, " AND g.currency = ");
        narrow!($q, $w.from, " AND g.received_on >= ");
        narrow!($q, $w.to, " AND g.received_on <= ");
        narrow!($q, $w.asked_at, " AND g.created_at <= ");
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let rows = built!(conn, (i64,), "SELECT COUNT(*) FROM gift g WHERE g.id <= ", |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next gifts after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportGift>> {
    let rows = built!(
        conn,
        GiftRow,
        "SELECT g.id, g.payment_id, g.pledge_id, g.donor_id, d.owner_id, g.entity_id, g.fund_id, g.campaign_id, \
         g.currency, g.amount_minor, g.fee_cover_minor, g.instalment, p.frequency, g.received_at, g.received_on, \
         g.tax_year, g.method_kind, g.method_label, g.method_last4, g.declaration_id, g.donor_details, g.note, \
         g.tribute_kind, g.tribute_name, g.stripe_payment_intent, g.stripe_charge, g.stripe_invoice, g.created_at, \
         g.corrections, o.kind AS offline_kind, o.reference AS offline_reference, o.batch_id AS offline_batch, \
         CASE WHEN EXISTS (SELECT 1 FROM erasure z WHERE z.donor_id = d.owner_id AND z.state = 'done') \
         THEN TRUE ELSE FALSE END AS is_erased \
         FROM gift g JOIN donor d ON d.id = g.donor_id LEFT JOIN pledge p ON p.id = g.pledge_id \
         LEFT JOIN offline_gift o ON o.gift_id = g.id WHERE g.id > ",
        |q| {
            q.push_bind(after).push(" AND g.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY g.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    let Some(last) = rows.last().map(|r| r.id.clone()) else { return Ok(Vec::new()) };
    let mut around = Around::read(conn, wanted, after, &last).await?;
    rows.into_iter().map(|row| around.put_together(row)).collect()
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    gift_id: String,
    kind: EntryKind,
    currency: Currency,
    amount_minor: i64,
    balance_transaction: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DisputeRow {
    gift_id: String,
    state: DisputeState,
    amount_minor: i64,
    made_at: Ts,
}

/// The disputes of a gift together.
struct Disputed {
    held_minor: i64,
    last: DisputeState,
    last_at: Ts,
}

/// What else is known of the gifts of a chunk, by gift.
#[derive(Default)]
struct Around {
    moved: HashMap<String, Moved>,
    disputes: HashMap<String, Disputed>,
    receipts: HashMap<String, (i64, String)>,
}

/// What the ledger says of a gift.
#[derive(Default)]
struct Moved {
    refunded_minor: i64,
    withdrawn: bool,
    fees: Option<(i64, Currency)>,
    balance_transaction: Option<String>,
}

impl Around {
    /// Reads what belongs to the wanted gifts after `after` up to `last`, by the same order of ids; the gifts themselves
    /// are asked only where there is a filter. What belongs to gifts written down meanwhile finds no row to go to.
    async fn read(conn: &mut Conn, wanted: &Wanted, after: &str, last: &str) -> Result<Around> {
        macro_rules! between {
            ($row:ty, $select:literal, $from:literal) => {
                if wanted.is_everything() {
                    built!(
                        conn,
                        $row,
                        concat!("SELECT ", $select, " FROM ", $from, " x WHERE x.gift_id > "),
                        |q| {
                            q.push_bind(after).push(" AND x.gift_id <= ").push_bind(last);
                        }
                    )
                } else {
                    let sql = concat!(
                        "SELECT ",
                        $select,
                        " FROM ",
                        $from,
                        " x JOIN gift g ON g.id = x.gift_id WHERE g.id > "
                    );
                    built!(conn, $row, sql, |q| {
                        q.push_bind(after).push(" AND g.id <= ").push_bind(last);
                        wanted!(q, wanted);
                    })
                }?
            };
        }
        let mut around = Around::default();
        for e in between!(
            EntryRow,
            "x.gift_id, x.kind, x.currency, x.amount_minor, x.balance_transaction",
            "ledger_entry"
        ) {
            around.add(e);
        }
        for d in between!(DisputeRow, "x.gift_id, x.state, x.amount_minor, x.made_at", "dispute") {
            let first = Disputed { held_minor: 0, last: d.state, last_at: d.made_at };
            let known = around.disputes.entry(d.gift_id).or_insert(first);
            if d.made_at > known.last_at {
                (known.last, known.last_at) = (d.state, d.made_at);
            }
            if d.state != DisputeState::Won {
                known.held_minor = known.held_minor.saturating_sub(d.amount_minor);
            }
        }
        for (gift, version, number) in
            between!((String, i64, String), "x.gift_id, x.version, x.number", "receipt")
        {
            let known = around.receipts.entry(gift).or_insert((version, number.clone()));
            if version > known.0 {
                *known = (version, number);
            }
        }
        Ok(around)
    }

    fn add(&mut self, e: EntryRow) {
        let moved = self.moved.entry(e.gift_id).or_default();
        match e.kind {
            EntryKind::Refund | EntryKind::RefundFailed | EntryKind::Returned => {
                moved.refunded_minor = moved.refunded_minor.saturating_add(e.amount_minor);
            }
            EntryKind::Fee | EntryKind::RefundFee | EntryKind::DisputeFee | EntryKind::DisputeFeeReturned => {
                // Stripe takes all fees of a charge in one currency, that of the balance it goes to.
                let sum = moved.fees.map_or(0, |(sum, _)| sum);
                moved.fees = Some((sum.saturating_add(e.amount_minor), e.currency));
                if e.kind == EntryKind::Fee {
                    moved.balance_transaction = e.balance_transaction;
                }
            }
            EntryKind::DisputeWithdrawn => moved.withdrawn = true,
            EntryKind::Gift | EntryKind::DisputeReinstated | EntryKind::Correction => {}
        }
    }

    fn put_together(&mut self, row: GiftRow) -> Result<ExportGift> {
        let written: DonorDetails = serde_json::from_str(&row.donor_details)
            .map_err(|e| StoreError::Corrupt { table: "gift", what: format!("{}: {e}", row.id) })?;
        // The law keeps what was on the gift; a file for daily use says no more of who was forgotten.
        let donor = if row.is_erased { DonorDetails::erased(&written.locale) } else { written };
        let moved = self.moved.remove(&row.id).unwrap_or_default();
        let dispute = self.disputes.remove(&row.id);
        // Until money is withdrawn, a dispute holds nothing.
        let held_minor = dispute.as_ref().filter(|_| moved.withdrawn).map_or(0, |d| d.held_minor);
        Ok(ExportGift {
            donor,
            refunded_minor: moved.refunded_minor,
            disputed_minor: held_minor,
            dispute: dispute.map(|d| d.last),
            fees: moved.fees,
            balance_transaction: moved.balance_transaction,
            receipt_number: self.receipts.remove(&row.id).map(|(_, number)| number),
            row,
        })
    }
}
