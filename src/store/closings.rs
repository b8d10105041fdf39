//! Closed months, the figures of a month, and what is counted before it is closed.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use super::paging::Place;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::closing::{CloseState, Figure, Figures, Month};
use crate::domain::ids::{CloseId, EntryId, GiftId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::EntryKind;

/// A close, with the names of who acted.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Close {
    /// Its id.
    pub id: CloseId,
    /// Of which month.
    pub month: Month,
    /// 1 for the first.
    pub version: i64,
    /// How it stands.
    pub state: CloseState,
    /// When the month begins in the entity's zone.
    pub starts_at: Ts,
    /// When the next one does.
    pub ends_at: Ts,
    figures: String,
    /// SHA-256 of the frozen figures.
    pub figures_sha256: String,
    /// When it was closed.
    pub closed_at: Ts,
    /// By whom.
    pub closed_by: StaffId,
    /// Their name.
    pub closed_by_name: String,
    /// Why it was to be opened again.
    pub reopen_why: Option<String>,
    /// Who asked for that.
    pub reopen_asked_by: Option<StaffId>,
    /// Their name.
    pub reopen_asked_by_name: Option<String>,
    /// When it was opened again.
    pub reopened_at: Option<Ts>,
    /// The second person's name.
    pub reopened_by_name: Option<String>,
}

impl Close {
    /// Whether later movements of its month are booked elsewhere.
    pub fn is_shut(&self) -> bool {
        self.state != CloseState::Reopened
    }

    /// What was frozen.
    ///
    /// # Errors
    /// When it is not what this code wrote.
    pub fn figures(&self) -> Result<Figures> {
        serde_json::from_str(&self.figures)
            .map_err(|e| StoreError::Corrupt { table: "month_close", what: e.to_string() })
    }

    /// The text that was frozen.
    pub fn frozen_text(&self) -> &str {
        &self.figures
    }
}

/// Every close of an entity, the latest month first and of a month the latest version.
///
/// # Errors
/// When the database refuses.
pub async fn of_entity(conn: &mut Conn, entity: &str) -> Result<Vec<Close>> {
    all!(
        conn,
        Close,
        "SELECT c.id, c.month, c.version, c.state, c.starts_at, c.ends_at, c.figures, c.figures_sha256, c.closed_at, \
         c.closed_by, s.name AS closed_by_name, c.reopen_why, c.reopen_asked_by, a.name AS reopen_asked_by_name, \
         c.reopened_at, r.name AS reopened_by_name FROM month_close c JOIN staff s ON s.id = c.closed_by \
         LEFT JOIN staff a ON a.id = c.reopen_asked_by LEFT JOIN staff r ON r.id = c.reopened_by \
         WHERE c.entity_id = $1 ORDER BY c.month DESC, c.version DESC",
        entity
    )
}

/// A close to write.
#[derive(Clone, Debug)]
pub struct NewClose<'a> {
    /// Its id.
    pub id: CloseId,
    /// Of which entity.
    pub entity_id: &'a str,
    /// Of which month.
    pub month: Month,
    /// 1 for the first.
    pub version: i64,
    /// When the month begins in the entity's zone, and when the next one does.
    pub bounds: (Ts, Ts),
    /// What is frozen, and its SHA-256.
    pub frozen: (&'a str, &'a str),
    /// When.
    pub at: Ts,
    /// By whom.
    pub by: &'a StaffId,
}

/// Nothing comes into the ledger until this transaction ends: figures and lock are of one moment. SQLite has one writer anyway.
///
/// # Errors
/// When the database refuses.
pub async fn hold_ledger(tx: &mut WriteTx) -> Result<()> {
    if tx.is_postgres() {
        exec!(tx, "LOCK TABLE ledger_entry IN SHARE MODE")?;
    }
    Ok(())
}

/// Closes a month.
///
/// # Errors
/// A UNIQUE violation when another was first; otherwise when the database refuses.
pub async fn insert(tx: &mut WriteTx, c: &NewClose<'_>) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO month_close (id, entity_id, month, version, state, starts_at, ends_at, next_month, figures, \
         figures_sha256, closed_at, closed_by) VALUES ($1, $2, $3, $4, 'closed', $5, $6, $7, $8, $9, $10, $11)",
        &c.id,
        c.entity_id,
        c.month,
        c.version,
        c.bounds.0,
        c.bounds.1,
        c.month.next(),
        c.frozen.0,
        c.frozen.1,
        c.at,
        c.by
    )?;
    Ok(())
}

/// Somebody asks to open a month again; `false` when it is not simply closed.
///
/// # Errors
/// When the database refuses.
pub async fn ask_to_reopen(tx: &mut WriteTx, id: &CloseId, by: &StaffId, why: &str, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE month_close SET state = 'reopening', reopen_asked_by = $2, reopen_asked_at = $3, reopen_why = $4 \
         WHERE id = $1 AND state = 'closed'",
        id,
        by,
        at,
        why
    )?;
    Ok(changed == 1)
}

/// It stays closed after all; `false` when nobody had asked.
///
/// # Errors
/// When the database refuses.
pub async fn keep_closed(tx: &mut WriteTx, id: &CloseId) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE month_close SET state = 'closed', reopen_asked_by = NULL, reopen_asked_at = NULL, reopen_why = NULL \
         WHERE id = $1 AND state = 'reopening'",
        id
    )?;
    Ok(changed == 1)
}

/// A second person opens it again; `false` when nobody asked, or they asked themselves.
///
/// # Errors
/// When the database refuses.
pub async fn reopen(tx: &mut WriteTx, id: &CloseId, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE month_close SET state = 'reopened', reopened_by = $2, reopened_at = $3 \
         WHERE id = $1 AND state = 'reopening' AND reopen_asked_by <> $2",
        id,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// The figures of a month of an entity: what happened in it and was known before it was closed, and what is booked in it.
///
/// # Errors
/// When the database refuses.
pub async fn figures(conn: &mut Conn, entity: &str, month: Month, bounds: (Ts, Ts)) -> Result<Figures> {
    let rows = all!(
        conn,
        (String, Currency, EntryKind, i64, i64),
        "SELECT fund_id, currency, kind, CAST(SUM(n) AS BIGINT), CAST(SUM(minor) AS BIGINT) FROM (\
         SELECT g.fund_id, e.currency, e.kind, COUNT(*) AS n, SUM(e.amount_minor) AS minor FROM ledger_entry e \
         JOIN gift g ON g.id = e.gift_id WHERE e.occurred_at >= $3 AND e.occurred_at < $4 AND g.entity_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM late_posting l WHERE l.entry_id = e.id) GROUP BY g.fund_id, e.currency, e.kind \
         UNION ALL SELECT g.fund_id, e.currency, e.kind, COUNT(*), SUM(e.amount_minor) FROM late_posting l \
         JOIN ledger_entry e ON e.id = l.entry_id JOIN gift g ON g.id = e.gift_id \
         WHERE l.entity_id = $1 AND l.booked_month = $2 GROUP BY g.fund_id, e.currency, e.kind) months \
         GROUP BY fund_id, currency, kind",
        entity,
        month,
        bounds.0,
        bounds.1
    )?;
    let mut figures: Vec<Figure> = rows
        .into_iter()
        .map(|(fund_id, currency, kind, count, amount_minor)| Figure {
            fund_id,
            currency,
            kind,
            count,
            amount_minor,
        })
        .collect();
    // In Rust: what is frozen must not depend on a database's order of letters.
    figures.sort_by(|a, b| {
        let key = |f: &Figure| (f.currency.code().to_owned(), f.fund_id.clone(), f.kind.as_str());
        key(a).cmp(&key(b))
    });
    Ok(Figures(figures))
}

/// What is counted before a month is closed.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Counts {
    /// Lines of donors' money in Stripe's balance that the books do not have to the penny; those in another currency are trusted.
    pub lines_astray: i64,
    /// Lines of donors' money in Stripe's balance.
    pub lines: i64,
    /// Gifts through Stripe whose line of the balance is not known.
    pub gifts_unlined: i64,
    /// Gifts through Stripe.
    pub gifts: i64,
    /// Looks at Stripe and refunds that were given up.
    pub given_up: i64,
    /// Found at Stripe, not settled, and not with a bank.
    pub drift: i64,
    /// Batches of the month or before, half entered.
    pub batches: i64,
    /// Refunds that were asked for by its end, and wait.
    pub refunds: i64,
}

/// Counts what stands in the way of closing a month of an entity.
///
/// # Errors
/// When the database refuses.
pub async fn counts(conn: &mut Conn, entity: &str, bounds: (Ts, Ts), last_day: Day) -> Result<Counts> {
    let row = opt!(
        conn,
        Counts,
        "WITH lines AS (SELECT CASE WHEN b.net_minor <> \
           COALESCE((SELECT SUM(CASE WHEN e.currency = b.currency THEN e.amount_minor ELSE b.amount_minor END) \
           FROM ledger_entry e WHERE e.balance_transaction = b.id), 0) \
           + COALESCE((SELECT SUM(CASE WHEN e.currency = b.currency THEN e.amount_minor ELSE b.amount_minor END) \
           FROM ledger_entry e WHERE e.kind = 'gift' AND e.stripe_object = b.source AND b.category = 'charge'), 0) \
           THEN 1 ELSE 0 END AS astray FROM balance_transaction b WHERE b.made_at >= $2 AND b.made_at < $3 \
           AND b.category IN ('charge', 'charge_failure', 'refund', 'refund_failure', 'dispute', 'dispute_reversal', \
           'partial_capture_reversal')), \
         gifts AS (SELECT CASE WHEN EXISTS (SELECT 1 FROM balance_transaction b WHERE b.source = g.stripe_charge) \
           THEN 0 ELSE 1 END AS unlined FROM gift g WHERE g.entity_id = $1 AND g.received_at >= $2 AND g.received_at < $3 \
           AND g.stripe_charge IS NOT NULL) \
         SELECT CAST((SELECT COALESCE(SUM(astray), 0) FROM lines) AS BIGINT) AS lines_astray, \
         (SELECT COUNT(*) FROM lines) AS lines, \
         CAST((SELECT COALESCE(SUM(unlined), 0) FROM gifts) AS BIGINT) AS gifts_unlined, \
         (SELECT COUNT(*) FROM gifts) AS gifts, \
         (SELECT COUNT(*) FROM job j WHERE j.state = 'failed' AND (j.kind LIKE 'look%' OR j.kind = 'make_refund')) AS given_up, \
         (SELECT COUNT(*) FROM drift d WHERE d.closed_at IS NULL AND NOT d.pending) AS drift, \
         (SELECT COUNT(*) FROM offline_batch o WHERE o.state = 'open' AND o.entity_id = $1 AND o.received_on <= $4) AS batches, \
         (SELECT COUNT(*) FROM refund_request q JOIN gift g ON g.id = q.gift_id WHERE q.state IN ('awaiting', 'asked') \
         AND g.entity_id = $1 AND q.asked_at < $3) AS refunds",
        entity,
        bounds.0,
        bounds.1,
        last_day
    )?;
    row.ok_or_else(|| StoreError::Corrupt { table: "month_close", what: "no counts".to_owned() })
}

/// When the first gift of an entity was received.
///
/// # Errors
/// When the database refuses.
pub async fn first_gift(conn: &mut Conn, entity: &str) -> Result<Option<Ts>> {
    let row = opt!(
        conn,
        (Ts,),
        "SELECT received_at FROM gift WHERE entity_id = $1 ORDER BY received_at LIMIT 1",
        entity
    )?;
    Ok(row.map(|(at,)| at))
}

/// A movement as a list shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryRow {
    /// Its id.
    pub id: EntryId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// What it is.
    pub kind: EntryKind,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// When it happened.
    pub occurred_at: Ts,
    /// For which fund the gift is.
    pub fund_id: String,
    /// Stripe's object, or our own id.
    pub stripe_object: String,
    /// The month it belongs to, when it is booked in another.
    pub happened_month: Option<Month>,
    /// The month it is booked in, when that is another.
    pub booked_month: Option<Month>,
}

impl EntryRow {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Its place in a list.
    pub fn place(&self) -> Place {
        Place { at: self.occurred_at, id: self.id.to_string() }
    }
}

/// Stands for gifts without a campaign.
pub const NO_CAMPAIGN: &str = "-";

/// Which movements are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of gifts for this fund; empty: all.
    pub fund: String,
    /// From this campaign; empty: all; [`NO_CAMPAIGN`]: from none.
    pub campaign: String,
    /// In this currency; empty: all.
    pub currency: String,
    /// Of these kinds; empty: all.
    pub kinds: Vec<EntryKind>,
    /// Only what happened before the month and is booked in it.
    pub late_only: bool,
    /// Behind this place.
    pub after: Option<Place>,
}

/// The movements that a month's figures are made of, the newest first, and so many at most.
///
/// # Errors
/// When the database refuses.
pub async fn entries(
    conn: &mut Conn,
    entity: &str,
    month: Month,
    bounds: (Ts, Ts),
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<EntryRow>> {
    // Behind everything: the year 9999.
    let end = Place { at: Ts::from_unix(253_402_214_400), id: String::new() };
    let Place { at, id } = wanted.after.as_ref().unwrap_or(&end);
    let mut kinds = String::new();
    for kind in &wanted.kinds {
        kinds.push(',');
        kinds.push_str(kind.as_str());
        kinds.push(',');
    }
    all!(
        conn,
        EntryRow,
        "SELECT id, gift_id, kind, currency, amount_minor, occurred_at, fund_id, stripe_object, happened_month, booked_month \
         FROM (SELECT e.id, e.gift_id, e.kind, e.currency, e.amount_minor, e.occurred_at, g.fund_id, e.stripe_object, \
         COALESCE(g.campaign_id, '-') AS campaign, CAST(NULL AS TEXT) AS happened_month, CAST(NULL AS TEXT) AS booked_month FROM ledger_entry e \
         JOIN gift g ON g.id = e.gift_id WHERE e.occurred_at >= $3 AND e.occurred_at < $4 AND g.entity_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM late_posting l WHERE l.entry_id = e.id) AND $8 = 0 \
         UNION ALL SELECT e.id, e.gift_id, e.kind, e.currency, e.amount_minor, e.occurred_at, g.fund_id, e.stripe_object, \
         COALESCE(g.campaign_id, '-'), l.happened_month, l.booked_month FROM late_posting l \
         JOIN ledger_entry e ON e.id = l.entry_id JOIN gift g ON g.id = e.gift_id \
         WHERE l.entity_id = $1 AND l.booked_month = $2) months \
         WHERE ($5 = '' OR fund_id = $5) AND ($6 = '' OR currency = $6) AND ($7 = '' OR $7 LIKE '%,' || kind || ',%') \
         AND ($12 = '' OR campaign = $12) AND (occurred_at < $9 OR (occurred_at = $9 AND id < $10)) \
         ORDER BY occurred_at DESC, id DESC LIMIT CAST($11 AS BIGINT)",
        entity,
        month,
        bounds.0,
        bounds.1,
        wanted.fund.as_str(),
        wanted.currency.as_str(),
        kinds.as_str(),
        i64::from(wanted.late_only),
        at,
        id.as_str(),
        limit,
        wanted.campaign.as_str()
    )
}

/// What belongs to a month and is booked in a later one, the newest first, and so many at most.
///
/// # Errors
/// When the database refuses.
pub async fn came_later(conn: &mut Conn, entity: &str, month: Month, limit: i64) -> Result<Vec<EntryRow>> {
    all!(
        conn,
        EntryRow,
        "SELECT e.id, e.gift_id, e.kind, e.currency, e.amount_minor, e.occurred_at, g.fund_id, e.stripe_object, \
         l.happened_month, l.booked_month FROM late_posting l JOIN ledger_entry e ON e.id = l.entry_id \
         JOIN gift g ON g.id = e.gift_id WHERE l.entity_id = $1 AND l.happened_month = $2 \
         ORDER BY e.occurred_at DESC, e.id DESC LIMIT CAST($3 AS BIGINT)",
        entity,
        month,
        limit
    )
}

/// Every entity that has ever closed a month.
///
/// # Errors
/// When the database refuses.
pub async fn entities(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = all!(conn, (String,), "SELECT DISTINCT entity_id FROM month_close ORDER BY entity_id")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The latest month of an entity that is closed, and when it ended.
///
/// # Errors
/// When the database refuses.
pub async fn latest_shut(conn: &mut Conn, entity: &str) -> Result<Option<(Month, Ts)>> {
    opt!(
        conn,
        (Month, Ts),
        "SELECT month, ends_at FROM month_close WHERE entity_id = $1 AND state <> 'reopened' \
         ORDER BY ends_at DESC LIMIT 1",
        entity
    )
}

/// A gift of a closed month that was said to be for another fund since.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MovedGift {
    /// Which.
    pub gift_id: GiftId,
    /// Its sum now, in minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// The fund it is for now.
    pub fund_id: String,
    /// When that was said.
    pub made_at: Ts,
    /// Why.
    pub why: String,
    /// The day it was received.
    pub received_on: Day,
}

/// Gifts whose movement lies in a span and that were moved to another fund after `since`, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn moved_since(
    conn: &mut Conn,
    entity: &str,
    bounds: (Ts, Ts),
    since: Ts,
    limit: i64,
) -> Result<Vec<MovedGift>> {
    all!(
        conn,
        MovedGift,
        "SELECT c.gift_id, g.amount_minor, g.currency, c.fund_id, c.made_at, c.why, g.received_on FROM gift_correction c \
         JOIN gift g ON g.id = c.gift_id WHERE c.made_at > $4 AND c.kind = 'fund' AND g.entity_id = $1 \
         AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'gift' AND e.occurred_at >= $2 \
         AND e.occurred_at < $3) ORDER BY c.made_at DESC LIMIT CAST($5 AS BIGINT)",
        entity,
        bounds.0,
        bounds.1,
        since,
        limit
    )
}
