//! Payouts: transfers from Stripe to the charity's bank.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use super::paging::Place;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::{BankImportId, BankLineId, PayoutId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::PayoutState;

/// A payout.
#[derive(Clone, Debug)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// Stripe's payout.
    pub stripe_payout: String,
    /// How much; negative when Stripe takes back.
    pub amount: Money,
    /// Where it stands.
    pub state: PayoutState,
    /// Made by Stripe's schedule: only these can be traced to charges.
    pub automatic: bool,
    /// Stripe has tied it to its balance transactions.
    pub reconciled: bool,
    /// Expected at the bank (UTC day, as Stripe gives it).
    pub arrives_on: Day,
    /// When it was made.
    pub made_at: Ts,
    /// `standard` or `instant`.
    pub method: String,
    /// Why the bank refused it, in Stripe's code.
    pub failure_code: Option<String>,
    /// By what the bank knows it.
    pub bank_trace: Option<String>,
    /// When all its lines were read; none: they were not.
    pub listed_at: Option<Ts>,
}

/// The state of a payout as we know it, and whether its lines were read.
///
/// # Errors
/// When the database refuses.
pub async fn state(conn: &mut Conn, stripe_payout: &str) -> Result<Option<(PayoutState, bool)>> {
    opt!(
        conn,
        (PayoutState, bool),
        "SELECT state, CASE WHEN listed_at IS NULL THEN FALSE ELSE TRUE END FROM payout WHERE stripe_payout = $1",
        stripe_payout
    )
}

/// Writes a payout, or what changed of it. `reconciled` and `listed_at` never turn back.
///
/// # Errors
/// When the database refuses.
pub async fn upsert(tx: &mut WriteTx, p: &Payout, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "INSERT INTO payout (id, stripe_payout, currency, amount_minor, state, automatic, reconciled, arrives_on, \
         made_at, method, failure_code, bank_trace, listed_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (stripe_payout) DO UPDATE SET state = excluded.state, \
         reconciled = CASE WHEN payout.reconciled = TRUE THEN payout.reconciled ELSE excluded.reconciled END, \
         arrives_on = excluded.arrives_on, failure_code = COALESCE(excluded.failure_code, payout.failure_code), \
         bank_trace = COALESCE(excluded.bank_trace, payout.bank_trace), \
         listed_at = COALESCE(payout.listed_at, excluded.listed_at), updated_at = excluded.updated_at",
        &p.id,
        p.stripe_payout.as_str(),
        p.amount.currency(),
        p.amount.minor(),
        p.state,
        p.automatic,
        p.reconciled,
        p.arrives_on,
        p.made_at,
        p.method.as_str(),
        p.failure_code.as_deref(),
        p.bank_trace.as_deref(),
        p.listed_at,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "payout", changed }) }
}

/// A payout as the office sees it in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PayoutRow {
    /// Its id.
    pub id: PayoutId,
    /// Stripe's payout.
    pub stripe_payout: String,
    /// Its currency.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Where it stands.
    pub state: PayoutState,
    /// Made by Stripe's schedule.
    pub automatic: bool,
    /// Expected at the bank.
    pub arrives_on: Day,
    /// When it was made.
    pub made_at: Ts,
    /// `standard` or `instant`.
    pub method: String,
    /// Why the bank refused it, in Stripe's code.
    pub failure_code: Option<String>,
    /// By what the bank knows it.
    pub bank_trace: Option<String>,
    /// When all its lines were read.
    pub listed_at: Option<Ts>,
    /// The line of the bank's file that it arrived as.
    pub bank_line: Option<BankLineId>,
    /// The file.
    pub bank_import: Option<BankImportId>,
    /// The day the bank booked it.
    pub booked_on: Option<Day>,
    /// Lines it carried, without its own.
    pub lines: i64,
    /// What they sum up to, in minor units.
    pub carried: i64,
    /// Lines of donors' money that the books do not have to the penny; those in another currency are looked at one by one.
    pub astray: i64,
}

impl PayoutRow {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Whether everything it carried is in the books, to the penny.
    pub fn is_explained(&self) -> bool {
        self.listed_at.is_some() && self.astray == 0 && self.carried == self.amount_minor
    }

    /// Its place in the list.
    pub fn place(&self) -> Place {
        Place { at: self.made_at, id: self.id.to_string() }
    }
}

macro_rules! payout_rows {
    ($wanted:literal) => {
        concat!(
            "WITH wanted AS (SELECT p.id FROM payout p WHERE ",
            $wanted,
            "), carried AS (SELECT b.payout, COUNT(*) AS lines, SUM(b.net_minor) AS carried, \
             SUM(CASE WHEN b.category IN ('charge', 'charge_failure', 'refund', 'refund_failure', 'dispute', \
             'dispute_reversal', 'partial_capture_reversal') AND b.net_minor <> \
             COALESCE((SELECT SUM(CASE WHEN e.currency = b.currency THEN e.amount_minor ELSE b.amount_minor END) \
             FROM ledger_entry e WHERE e.balance_transaction = b.id), 0) \
             + COALESCE((SELECT SUM(CASE WHEN e.currency = b.currency THEN e.amount_minor ELSE b.amount_minor END) \
             FROM ledger_entry e WHERE e.kind = 'gift' AND e.stripe_object = b.source AND b.category = 'charge'), 0) \
             THEN 1 ELSE 0 END) AS astray FROM payout q JOIN balance_transaction b ON b.payout = q.stripe_payout \
             WHERE q.id IN (SELECT id FROM wanted) AND NOT (b.category = 'payout' AND b.source = b.payout) \
             GROUP BY b.payout) \
             SELECT p.id, p.stripe_payout, p.currency, p.amount_minor, p.state, p.automatic, p.arrives_on, p.made_at, \
             p.method, p.failure_code, p.bank_trace, p.listed_at, l.id AS bank_line, l.import_id AS bank_import, l.booked_on, \
             CAST(COALESCE(c.lines, 0) AS BIGINT) AS lines, CAST(COALESCE(c.carried, 0) AS BIGINT) AS carried, \
             CAST(COALESCE(c.astray, 0) AS BIGINT) AS astray FROM payout p LEFT JOIN carried c \
             ON c.payout = p.stripe_payout LEFT JOIN bank_line l ON l.payout_id = p.id \
             WHERE p.id IN (SELECT id FROM wanted) ORDER BY p.made_at DESC, p.id DESC"
        )
    };
}

/// Payouts, the newest first, up to `limit` behind a place.
///
/// # Errors
/// When the database refuses.
pub async fn list(conn: &mut Conn, after: Option<&Place>, limit: i64) -> Result<Vec<PayoutRow>> {
    // Behind everything: the year 9999.
    let end = Place { at: Ts::from_unix(253_402_214_400), id: String::new() };
    let Place { at, id } = after.unwrap_or(&end);
    all!(
        conn,
        PayoutRow,
        payout_rows!(
            "p.made_at < $1 OR (p.made_at = $1 AND p.id < $2) ORDER BY p.made_at DESC, p.id DESC LIMIT CAST($3 AS BIGINT)"
        ),
        at,
        id.as_str(),
        limit
    )
}

/// Payouts that reached the bank between two days, both included, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn arrived(conn: &mut Conn, from: Day, to: Day) -> Result<Vec<PayoutRow>> {
    all!(
        conn,
        PayoutRow,
        payout_rows!("p.arrives_on >= $1 AND p.arrives_on <= $2 AND p.state = 'paid'"),
        from,
        to
    )
}

/// One payout, by our id or Stripe's.
///
/// # Errors
/// When the database refuses.
pub async fn one(conn: &mut Conn, id: &str) -> Result<Option<PayoutRow>> {
    opt!(conn, PayoutRow, payout_rows!("p.id = $1 OR p.stripe_payout = $1"), id)
}

/// A payout that a line of the bank's file may be.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Candidate {
    /// Its id.
    pub id: PayoutId,
    /// Stripe's payout.
    pub stripe_payout: String,
    /// Expected at the bank.
    pub arrives_on: Day,
}

/// Payouts of a sum that were expected between two days and are no line of the bank's yet, the earliest first.
///
/// # Errors
/// When the database refuses.
pub async fn candidates(conn: &mut Conn, sum: Money, from: Day, to: Day) -> Result<Vec<Candidate>> {
    all!(
        conn,
        Candidate,
        "SELECT p.id, p.stripe_payout, p.arrives_on FROM payout p WHERE p.currency = $1 AND p.amount_minor = $2 \
         AND p.arrives_on >= $3 AND p.arrives_on <= $4 AND p.state IN ('in_transit', 'paid') \
         AND NOT EXISTS (SELECT 1 FROM bank_line l WHERE l.payout_id = p.id) ORDER BY p.arrives_on, p.id LIMIT 5",
        sum.currency(),
        sum.minor(),
        from,
        to
    )
}

/// The payout that carried a charge to the bank, when one did.
///
/// # Errors
/// When the database refuses.
pub async fn of_charge(conn: &mut Conn, charge: &str) -> Result<Option<PayoutRow>> {
    opt!(
        conn,
        PayoutRow,
        payout_rows!(
            "p.stripe_payout = (SELECT b.payout FROM balance_transaction b WHERE b.source = $1 AND b.category = 'charge' \
             AND b.payout IS NOT NULL)"
        ),
        charge
    )
}
