//! What came in, by month, fund and campaign: sums that the database makes over the ledger (AC-4, AC-8).

use std::collections::{BTreeMap, BTreeSet};

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

/// A query that begins with the months as the table `spans`.
macro_rules! with_spans {
    ($spans:expr) => {{
        let mut q = sqlx::QueryBuilder::new("WITH spans (entity_id, month, starts_at, ends_at) AS (");
        q.push_values($spans, |mut row, s| {
            row.push_bind(s.entity_id.as_str())
                .push_bind(s.month)
                .push_bind(s.starts_at)
                .push_bind(s.ends_at);
        });
        q.push(")");
        q
    }};
}
pub(super) use with_spans;

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

/// A stretch of time in which every entity is in one month, with its number.
type Stretch = (i64, Ts, Ts);

/// The stretches between all the instants at which a month begins or ends somewhere.
fn stretches(spans: &[Span]) -> Vec<Stretch> {
    let bounds: BTreeSet<Ts> = spans.iter().flat_map(|s| [s.starts_at, s.ends_at]).collect();
    let bounds: Vec<Ts> = bounds.into_iter().collect();
    (0..).zip(bounds.windows(2)).map(|(n, pair)| (n, pair[0], pair[1])).collect()
}

/// What moved in a stretch.
#[derive(sqlx::FromRow)]
struct Moved {
    n: i64,
    entity_id: String,
    fund_id: String,
    campaign_id: Option<String>,
    currency: Currency,
    kind: EntryKind,
    count: i64,
    amount_minor: i64,
}

/// Sums by stretch: each movement is read once, in whatever zone an entity has its months.
async fn moved(conn: &mut Conn, stretches: &[Stretch]) -> Result<Vec<Moved>> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("WITH stretch (n, starts_at, ends_at) AS (");
            q.push_values(stretches, |mut row, (n, starts_at, ends_at)| {
                row.push_bind(n).push_bind(starts_at).push_bind(ends_at);
            });
            q.push(
                ") SELECT s.n, g.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, COUNT(*) AS count, \
                 CAST(SUM(e.amount_minor) AS BIGINT) AS amount_minor FROM stretch s \
                 JOIN ledger_entry e ON e.occurred_at >= s.starts_at AND e.occurred_at < s.ends_at \
                 JOIN gift g ON g.id = e.gift_id WHERE NOT EXISTS (SELECT 1 FROM late_posting l WHERE l.entry_id = e.id) \
                 GROUP BY s.n, g.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind",
            );
            q.build_query_as::<Moved>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

/// Sums of what is booked in these months though it belongs to earlier ones.
async fn booked_late(conn: &mut Conn, spans: &[Span]) -> Result<Vec<Income>> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = with_spans!(spans);
            q.push(
                " SELECT s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind, COUNT(*) AS count, \
                 CAST(SUM(e.amount_minor) AS BIGINT) AS amount_minor FROM spans s JOIN late_posting l \
                 ON l.entity_id = s.entity_id AND l.booked_month = s.month JOIN ledger_entry e ON e.id = l.entry_id \
                 JOIN gift g ON g.id = e.gift_id GROUP BY s.month, s.entity_id, g.fund_id, g.campaign_id, e.currency, e.kind",
            );
            q.build_query_as::<Income>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
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
    let stretches = stretches(spans);
    let mut all = booked_late(conn, spans).await?;
    for m in moved(conn, &stretches).await? {
        let stretch = usize::try_from(m.n).ok().and_then(|n| stretches.get(n));
        let month = stretch.and_then(|(_, at, _)| {
            spans.iter().find(|s| s.entity_id == m.entity_id && s.starts_at <= *at && *at < s.ends_at)
        });
        let Some(month) = month.map(|s| s.month) else { continue };
        let (count, amount_minor) = (m.count, m.amount_minor);
        let Moved { entity_id, fund_id, campaign_id, currency, kind, .. } = m;
        all.push(Income { month, entity_id, fund_id, campaign_id, currency, kind, count, amount_minor });
    }
    Ok(added_up(all))
}

/// One row for each month, entity, fund, campaign, currency and kind, in that order.
fn added_up(rows: Vec<Income>) -> Vec<Income> {
    type Key = (Month, String, String, Option<String>, &'static str, &'static str);
    let mut all: BTreeMap<Key, Income> = BTreeMap::new();
    for row in rows {
        let key = (
            row.month,
            row.entity_id.clone(),
            row.fund_id.clone(),
            row.campaign_id.clone(),
            row.currency.code(),
            row.kind.as_str(),
        );
        match all.get_mut(&key) {
            Some(sum) => {
                sum.count += row.count;
                sum.amount_minor += row.amount_minor;
            }
            None => drop(all.insert(key, row)),
        }
    }
    all.into_values().collect()
}
