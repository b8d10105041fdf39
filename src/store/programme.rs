//! Monthly gifts as the reports read them: plans, what changed of them, and charges that failed.

use super::db::{Conn, Result, StoreError, all};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, PledgeId};
use crate::domain::money::Currency;
use crate::domain::states::{FailureReason, RecoveryState};
use crate::domain::terms::Terms;
use crate::store::pledges::Pledge;

/// Every plan that went on at an instant or began after it.
///
/// # Errors
/// When the database refuses.
pub async fn plans_since(conn: &mut Conn, since: Ts) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge WHERE state <> 'pending' AND (ended_at IS NULL OR ended_at >= $1) ORDER BY started_at, id",
        since
    )
}

/// What a plan was, and what it became.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which plan.
    pub pledge_id: PledgeId,
    /// When it was known to be done.
    pub at: Ts,
    /// Before.
    pub was: Terms,
    /// After.
    pub became: Terms,
}

/// Changes of how much and how often that were done since an instant, the first one first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn changes_since(conn: &mut Conn, since: Ts) -> Result<Vec<Change>> {
    let rows = all!(
        conn,
        (PledgeId, Ts, String, String),
        "SELECT pledge_id, closed_at, was, wanted FROM pledge_change WHERE state = 'confirmed' \
         AND kind IN ('amount', 'fee', 'frequency', 'undo', 'elsewhere') AND closed_at >= $1 ORDER BY closed_at, id",
        since
    )?;
    let read = |text: &str| {
        serde_json::from_str(text)
            .map_err(|e| StoreError::Corrupt { table: "pledge_change", what: e.to_string() })
    };
    rows.into_iter()
        .map(|(pledge_id, at, was, became)| {
            Ok(Change { pledge_id, at, was: read(&was)?, became: read(&became)? })
        })
        .collect()
}

/// A charge that failed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Failed {
    /// Of which plan.
    pub pledge_id: PledgeId,
    /// To which entity.
    pub entity_id: String,
    /// In which currency.
    pub currency: Currency,
    /// What was owed, in minor units.
    pub amount_minor: i64,
    /// Why the last try failed.
    pub reason: FailureReason,
    /// What became of it.
    pub state: RecoveryState,
    /// When the first try failed.
    pub began_at: Ts,
    /// When it was over.
    pub closed_at: Option<Ts>,
}

/// Charges whose first try failed since an instant, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn failed_since(conn: &mut Conn, since: Ts) -> Result<Vec<Failed>> {
    all!(
        conn,
        Failed,
        "SELECT r.pledge_id, p.entity_id, r.currency, r.amount_minor, r.reason, r.state, r.began_at, r.closed_at \
         FROM recovery r JOIN pledge p ON p.id = r.pledge_id WHERE r.began_at >= $1 ORDER BY r.began_at, r.id",
        since
    )
}

/// Whose a plan is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Holder {
    /// Which plan.
    pub id: PledgeId,
    /// The donor it counts for.
    pub owner_id: DonorId,
    /// First name; may be empty.
    pub given_name: String,
    /// Last name; may be empty.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// Mailbox; may be empty.
    pub email: String,
}

/// Whose these plans are.
///
/// # Errors
/// When the database refuses.
pub async fn holders(conn: &mut Conn, plans: &[PledgeId]) -> Result<Vec<Holder>> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = sqlx::QueryBuilder::new(
                "SELECT p.id, d.owner_id, o.given_name, o.family_name, o.organisation, o.email FROM pledge p \
                 JOIN donor d ON d.id = p.donor_id JOIN donor o ON o.id = d.owner_id WHERE p.id IN (",
            );
            let mut list = q.separated(", ");
            for id in plans {
                list.push_bind(id);
            }
            q.push(")");
            q.build_query_as::<Holder>().fetch_all(&mut **$t).await
        }};
    }
    super::db::on!(&mut *conn, t => run!(t))
}
