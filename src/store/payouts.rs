//! Payouts: transfers from Stripe to the charity's bank.

use super::db::{Conn, Result, StoreError, WriteTx, exec, opt};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::PayoutId;
use crate::domain::money::Money;
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
}

/// The state of a payout as we know it.
///
/// # Errors
/// When the database refuses.
pub async fn state(conn: &mut Conn, stripe_payout: &str) -> Result<Option<PayoutState>> {
    let row = opt!(conn, (PayoutState,), "SELECT state FROM payout WHERE stripe_payout = $1", stripe_payout)?;
    Ok(row.map(|(s,)| s))
}

/// Writes a payout, or what changed of it. `reconciled` never turns back.
///
/// # Errors
/// When the database refuses.
pub async fn upsert(tx: &mut WriteTx, p: &Payout, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "INSERT INTO payout (id, stripe_payout, currency, amount_minor, state, automatic, reconciled, arrives_on, \
         made_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (stripe_payout) DO UPDATE SET state = excluded.state, \
         reconciled = CASE WHEN payout.reconciled = TRUE THEN payout.reconciled ELSE excluded.reconciled END, \
         arrives_on = excluded.arrives_on, updated_at = excluded.updated_at",
        &p.id,
        p.stripe_payout.as_str(),
        p.amount.currency(),
        p.amount.minor(),
        p.state,
        p.automatic,
        p.reconciled,
        p.arrives_on,
        p.made_at,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "payout", changed }) }
}
