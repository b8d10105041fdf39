//! Plans: monthly, quarterly and yearly gifts.

use std::collections::HashMap;

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::money::Currency;
use crate::domain::states::{DonorKind, EndedWhy, PauseKind, PledgeState};
use crate::store::db::{Conn, Result};

/// A plan to take out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExportPlan {
    /// Ours.
    pub id: String,
    /// The act of giving that began it.
    pub payment_id: String,
    /// The donor record it was begun under.
    pub donor_id: String,
    /// The donor record that one counts for.
    pub owner_id: Option<String>,
    /// Person or body.
    pub donor_kind: DonorKind,
    /// As typed.
    pub email: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Of a body.
    pub organisation: Option<String>,
    /// To whom.
    pub entity_id: String,
    /// For what.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// How often.
    pub frequency: Frequency,
    /// In which currency.
    pub currency: Currency,
    /// The gift of each charge, in minor units.
    pub amount_minor: i64,
    /// Added to each charge to cover the fee, in minor units.
    pub fee_cover_minor: i64,
    /// Where it stands.
    pub state: PledgeState,
    /// What keeps charges from happening.
    pub pause: PauseKind,
    /// When they begin again.
    pub resumes_at: Option<Ts>,
    /// When it began.
    pub started_at: Ts,
    /// The next charge.
    pub next_charge_at: Option<Ts>,
    /// No charge from then on.
    pub ends_at: Option<Ts>,
    /// When it ended.
    pub ended_at: Option<Ts>,
    /// Why it is over.
    pub ended_why: Option<EndedWhy>,
    /// `Visa`.
    pub method_label: Option<String>,
    /// Last four digits.
    pub method_last4: Option<String>,
    /// `YYYY-MM` for cards.
    pub method_expires: Option<String>,
    /// Stripe's subscription.
    pub stripe_subscription: String,
    /// Stripe's customer.
    pub stripe_customer: Option<String>,
    /// How many charges were received.
    #[sqlx(skip)]
    pub charges: i64,
    /// What they came to, gross, in minor units.
    #[sqlx(skip)]
    pub received_minor: i64,
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND p.entity_id = ");
        narrow!($q, $w.fund.as_deref(), " AND p.fund_id = ");
        narrow!($q, $w.currency, " AND p.currency = ");
        narrow!($q, $w.state.as_deref(), " AND p.state = ");
        narrow!($q, $w.since, " AND p.started_at >= ");
        narrow!($q, $w.before, " AND p.started_at < ");
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let rows = built!(conn, (i64,), "SELECT COUNT(*) FROM pledge p WHERE p.id <= ", |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next plans after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportPlan>> {
    let mut rows = built!(
        conn,
        ExportPlan,
        "SELECT p.id, p.payment_id, p.donor_id, d.owner_id, d.kind AS donor_kind, d.email, d.given_name, \
         d.family_name, d.organisation, p.entity_id, p.fund_id, p.campaign_id, p.frequency, p.currency, \
         p.amount_minor, p.fee_cover_minor, p.state, p.pause, p.resumes_at, p.started_at, p.next_charge_at, \
         p.ends_at, p.ended_at, p.ended_why, p.method_label, p.method_last4, p.method_expires, \
         p.stripe_subscription, p.stripe_customer FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE p.id > ",
        |q| {
            q.push_bind(after).push(" AND p.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY p.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    let Some(last) = rows.last().map(|r| r.id.clone()) else { return Ok(rows) };
    let received = built!(
        conn,
        (String, i64, i64),
        "SELECT p.id, COUNT(*), CAST(SUM(g.amount_minor) AS BIGINT) FROM pledge p JOIN gift g ON g.pledge_id = p.id \
         WHERE p.id > ",
        |q| {
            q.push_bind(after).push(" AND p.id <= ").push_bind(last.as_str());
            wanted!(q, wanted);
            q.push(" GROUP BY p.id");
        }
    )?;
    let received: HashMap<String, (i64, i64)> =
        received.into_iter().map(|(id, n, sum)| (id, (n, sum))).collect();
    for row in &mut rows {
        (row.charges, row.received_minor) = received.get(&row.id).copied().unwrap_or_default();
    }
    Ok(rows)
}
