//! What a month's journal is made of.

use super::db::{Conn, Result, all};
use crate::clock::Ts;
use crate::domain::closing::Month;
use crate::domain::journal::Moved;
use crate::domain::money::Currency;
use crate::domain::states::EntryKind;

/// What moved in a month of an entity, by currency, fund and kind, told apart by whether it went through Stripe. A movement counts in
/// the month it is booked in (decision 25).
///
/// # Errors
/// When the database refuses.
pub async fn moved(
    conn: &mut Conn,
    entity: &str,
    month: Month,
    bounds: (Ts, Ts),
) -> Result<Vec<(Currency, Moved)>> {
    let rows = all!(
        conn,
        (Currency, String, i64, EntryKind, i64),
        "SELECT currency, fund_id, by_hand, kind, CAST(SUM(minor) AS BIGINT) FROM (\
         SELECT e.currency, g.fund_id, CAST(CASE WHEN g.stripe_charge IS NULL THEN 1 ELSE 0 END AS BIGINT) AS by_hand, e.kind, \
         e.amount_minor AS minor FROM ledger_entry e JOIN gift g ON g.id = e.gift_id WHERE e.occurred_at >= $3 \
         AND e.occurred_at < $4 AND g.entity_id = $1 AND NOT EXISTS (SELECT 1 FROM late_posting l WHERE l.entry_id = e.id) \
         UNION ALL SELECT e.currency, g.fund_id, CAST(CASE WHEN g.stripe_charge IS NULL THEN 1 ELSE 0 END AS BIGINT), e.kind, \
         e.amount_minor FROM late_posting l JOIN ledger_entry e ON e.id = l.entry_id JOIN gift g ON g.id = e.gift_id \
         WHERE l.entity_id = $1 AND l.booked_month = $2) booked GROUP BY currency, fund_id, by_hand, kind",
        entity,
        month,
        bounds.0,
        bounds.1
    )?;
    let moved = |(currency, fund_id, by_hand, kind, amount_minor)| {
        (currency, Moved { fund_id, by_hand: by_hand == 1, kind, amount_minor })
    };
    Ok(rows.into_iter().map(moved).collect())
}
