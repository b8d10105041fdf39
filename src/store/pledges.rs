//! Pledges: the plans of monthly, quarterly and yearly gifts.

use super::db::{Conn, Result, StoreError, WriteTx, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, PaymentId, PledgeId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::PledgeState;

/// A plan.
#[derive(Clone, Debug)]
pub struct Pledge {
    /// Its id.
    pub id: PledgeId,
    /// The act of giving that began it.
    pub payment_id: PaymentId,
    /// Whose it is.
    pub donor_id: DonorId,
    /// To which entity.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// How often.
    pub frequency: Frequency,
    /// The gift of each charge.
    pub amount: Money,
    /// Added to each charge to cover the fee.
    pub fee_cover: Money,
    /// Where it stands.
    pub state: PledgeState,
    /// Stripe's subscription.
    pub stripe_subscription: String,
    /// Stripe's customer.
    pub stripe_customer: Option<String>,
    /// When it began.
    pub started_at: Ts,
    /// When Stripe charges next.
    pub next_charge_at: Option<Ts>,
    /// When it ended.
    pub ended_at: Option<Ts>,
    /// When the sight was taken that this row shows: an older one must not overwrite it.
    pub seen_at: Ts,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: PledgeId,
    payment_id: PaymentId,
    donor_id: DonorId,
    entity_id: String,
    fund_id: String,
    campaign_id: Option<String>,
    frequency: Frequency,
    currency: Currency,
    amount_minor: i64,
    fee_cover_minor: i64,
    state: PledgeState,
    stripe_subscription: String,
    stripe_customer: Option<String>,
    started_at: Ts,
    next_charge_at: Option<Ts>,
    ended_at: Option<Ts>,
    seen_at: Ts,
}

impl From<Row> for Pledge {
    fn from(r: Row) -> Pledge {
        Pledge {
            id: r.id,
            payment_id: r.payment_id,
            donor_id: r.donor_id,
            entity_id: r.entity_id,
            fund_id: r.fund_id,
            campaign_id: r.campaign_id,
            frequency: r.frequency,
            amount: Money::new(r.amount_minor, r.currency),
            fee_cover: Money::new(r.fee_cover_minor, r.currency),
            state: r.state,
            stripe_subscription: r.stripe_subscription,
            stripe_customer: r.stripe_customer,
            started_at: r.started_at,
            next_charge_at: r.next_charge_at,
            ended_at: r.ended_at,
            seen_at: r.seen_at,
        }
    }
}

/// Writes a plan unless its subscription is known; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, p: &Pledge) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO pledge (id, payment_id, donor_id, entity_id, fund_id, campaign_id, frequency, currency, \
         amount_minor, fee_cover_minor, state, stripe_subscription, stripe_customer, started_at, next_charge_at, \
         ended_at, seen_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $14) ON CONFLICT DO NOTHING",
        &p.id,
        &p.payment_id,
        &p.donor_id,
        p.entity_id.as_str(),
        p.fund_id.as_str(),
        p.campaign_id.as_deref(),
        p.frequency,
        p.amount.currency(),
        p.amount.minor(),
        p.fee_cover.minor(),
        p.state,
        p.stripe_subscription.as_str(),
        p.stripe_customer.as_deref(),
        p.started_at,
        p.next_charge_at,
        p.ended_at,
        p.seen_at
    )?;
    Ok(changed == 1)
}

/// By Stripe's subscription.
///
/// # Errors
/// When the database refuses.
pub async fn by_subscription(conn: &mut Conn, subscription: &str) -> Result<Option<Pledge>> {
    let row = opt!(conn, Row, "SELECT * FROM pledge WHERE stripe_subscription = $1", subscription)?;
    Ok(row.map(Pledge::from))
}

/// By the act of giving that began it.
///
/// # Errors
/// When the database refuses.
pub async fn by_payment(conn: &mut Conn, payment: &PaymentId) -> Result<Option<Pledge>> {
    let row = opt!(conn, Row, "SELECT * FROM pledge WHERE payment_id = $1", payment)?;
    Ok(row.map(Pledge::from))
}

/// What Stripe says of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Where it stands.
    pub state: PledgeState,
    /// The gift of each charge.
    pub amount: Money,
    /// Added to each charge to cover the fee, in the same currency.
    pub fee_cover: Money,
    /// When Stripe charges next.
    pub next_charge_at: Option<Ts>,
    /// When it ended; kept when `None`.
    pub ended_at: Option<Ts>,
    /// When Stripe was asked.
    pub seen_at: Ts,
}

/// Writes what Stripe says of a plan.
///
/// # Errors
/// When the row is not there.
pub async fn update(tx: &mut WriteTx, id: &PledgeId, s: Sight, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE pledge SET state = $2, next_charge_at = $3, ended_at = COALESCE($4, ended_at), seen_at = $5, \
         updated_at = $6, currency = $7, amount_minor = $8, fee_cover_minor = $9 WHERE id = $1",
        id,
        s.state,
        s.next_charge_at,
        s.ended_at,
        s.seen_at,
        at,
        s.amount.currency(),
        s.amount.minor(),
        s.fee_cover.minor()
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "pledge", changed }) }
}

/// How many gifts the plan has brought so far.
///
/// # Errors
/// When the database refuses.
pub async fn gifts_so_far(conn: &mut Conn, id: &PledgeId) -> Result<i64> {
    scalar!(conn, i64, "SELECT COUNT(*) FROM gift WHERE pledge_id = $1", id)
}
