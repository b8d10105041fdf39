//! What came in, by month, fund and campaign: sums that the database makes over the ledger (AC-4, AC-8).

use sqlx::QueryBuilder;

use super::db::{Conn, Result, on};
use crate::clock::Ts;
use crate::domain::closing::{Month, Share};
use crate::domain::money::Currency;
use crate::domain::states::EntryKind;

/// A month of an entity, with the instants at which it begins and ends in the entity's zone.
#[derive(Clone, Debug)]
pub struct Span {
    /// Whose.
    pub entity_id: String,
    /// Which month.
    pub month: Month,
    /// From when on.
    pub starts_at: Ts,
    /// Until when, not included.
    pub ends_at: Ts,
}

/// What the movements of one kind came to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Income {
    /// In which month they are booked.
    pub month: Month,
    /// To whom.
    pub entity_id: String,
    /// For which fund the gifts are.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// What moved.
    pub kind: EntryKind,
    /// How often.
    pub count: i64,
    /// How much, in minor units; negative when money left.
    pub amount_minor: i64,
}

impl Income {
    /// What finance staff read it as.
    pub fn share(&self) -> Share {
        Share::of(self.kind)
    }
}

/// The sums of some months. A movement counts in its own month, or in the one it is booked in when its own was closed before it
/// became known (decision 25).
///
/// # Errors
/// When the database refuses.
pub async fn sums(conn: &mut Conn, spans: &[Span]) -> Result<Vec<Income>> {
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("WITH spans (entity_id, month, starts_at, ends_at) AS (");
            q.push_values(spans, |mut row, s| {
                row.push_bind(s.entity_id.as_str())
                    .push_bind(s.month)
                    .push_bind(s.starts_at)
                    .push_bind(s.ends_at);
            });
            q.push(
                ") SELECT month, entity_id, fund_id, campaign_id, currency, kind, CAST(SUM(n) AS BIGINT) AS count, \
                 CAST(SUM(minor) AS BIGINT) AS amount_minor FROM (\
                 SELECT s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, COUNT(*) AS n, \
                 SUM(e.amount_minor) AS minor FROM spans s JOIN ledger_entry e ON e.occurred_at >= s.starts_at \
                 AND e.occurred_at < s.ends_at JOIN gift g ON g.id = e.gift_id AND g.entity_id = s.entity_id \
                 WHERE NOT EXISTS (SELECT 1 FROM late_posting l WHERE l.entry_id = e.id) \
                 GROUP BY s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind \
                 UNION ALL SELECT s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, COUNT(*), \
                 SUM(e.amount_minor) FROM spans s JOIN late_posting l ON l.entity_id = s.entity_id \
                 AND l.booked_month = s.month JOIN ledger_entry e ON e.id = l.entry_id JOIN gift g ON g.id = e.gift_id \
                 GROUP BY s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind) booked \
                 GROUP BY month, entity_id, fund_id, campaign_id, currency, kind \
                 ORDER BY month, entity_id, fund_id, campaign_id, currency, kind",
            );
            q.build_query_as::<Income>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}
