//! The mirror: how far Stripe's objects were walked, what was found to differ, and what the books know of a page of objects.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use super::pledges::Pledge;
use crate::clock::Ts;
use crate::domain::ids::{DriftId, ReconcileRunId};
use crate::domain::mirror::{DriftOutcome, Mirrored};

/// Until when objects of a kind were walked.
///
/// # Errors
/// When the database refuses.
pub async fn walked_to(conn: &mut Conn, kind: Mirrored) -> Result<Option<Ts>> {
    let row = opt!(conn, (Ts,), "SELECT walked_to FROM reconcile_cursor WHERE kind = $1", kind.as_str())?;
    Ok(row.map(|(at,)| at))
}

/// Keeps how far a kind was walked; never back.
///
/// # Errors
/// When the database refuses.
pub async fn set_walked_to(tx: &mut WriteTx, kind: Mirrored, to: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO reconcile_cursor (kind, walked_to) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE \
         SET walked_to = CASE WHEN excluded.walked_to > reconcile_cursor.walked_to THEN excluded.walked_to \
         ELSE reconcile_cursor.walked_to END",
        kind.as_str(),
        to
    )?;
    Ok(())
}

/// Writes that a walk has begun. `by`: `schedule` or `command`.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut WriteTx, id: &ReconcileRunId, by: &str, since: Ts, at: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO reconcile_run (id, asked_by, since, started_at) VALUES ($1, $2, $3, $4)",
        id,
        by,
        since,
        at
    )?;
    Ok(())
}

/// Adds to a walk's counts.
///
/// # Errors
/// When the database refuses.
pub async fn count(tx: &mut WriteTx, id: &ReconcileRunId, seen: i64, drifted: i64) -> Result<()> {
    exec!(
        tx,
        "UPDATE reconcile_run SET seen = seen + $2, drifted = drifted + $3 WHERE id = $1",
        id,
        seen,
        drifted
    )?;
    Ok(())
}

/// Forgets walks that began before a moment and found nothing.
///
/// # Errors
/// When the database refuses.
pub async fn forget_walks(tx: &mut WriteTx, before: Ts) -> Result<u64> {
    exec!(
        tx,
        "DELETE FROM reconcile_run WHERE started_at < $1 AND NOT EXISTS \
         (SELECT 1 FROM drift d WHERE d.run_id = reconcile_run.id)",
        before
    )
}

/// Writes that a walk is through.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &mut WriteTx, id: &ReconcileRunId, at: Ts) -> Result<()> {
    exec!(tx, "UPDATE reconcile_run SET finished_at = $2 WHERE id = $1", id, at)?;
    Ok(())
}

/// Something that the books did not have as Stripe has it.
#[derive(Clone, Debug)]
pub struct NewDrift<'a> {
    /// Its id.
    pub id: &'a DriftId,
    /// In which walk it was found.
    pub run: &'a ReconcileRunId,
    /// What it is.
    pub kind: Mirrored,
    /// Stripe's id.
    pub object: &'a str,
    /// What is missing or different; no names.
    pub words: &'a str,
    /// The look that puts it right.
    pub job_kind: &'a str,
    /// At what.
    pub subject: &'a str,
    /// Stripe has not decided it: it is kept in sight, and nothing was missed.
    pub pending: bool,
    /// When it was found.
    pub at: Ts,
}

/// Writes a drift unless it is open already; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_drift_if_new(tx: &mut WriteTx, d: &NewDrift<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO drift (id, run_id, kind, object, words, job_kind, subject, pending, found_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        d.id,
        d.run,
        d.kind.as_str(),
        d.object,
        d.words,
        d.job_kind,
        d.subject,
        d.pending,
        d.at
    )?;
    Ok(changed == 1)
}

/// A drift that is not settled yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OpenDrift {
    /// Its id.
    pub id: DriftId,
    /// What it is.
    pub kind: String,
    /// Stripe's id.
    pub object: String,
    /// What is missing or different.
    pub words: String,
    /// The look that puts it right.
    pub job_kind: String,
    /// At what.
    pub subject: String,
    /// Stripe had not decided it when it was found.
    pub pending: bool,
    /// When it was found.
    pub found_at: Ts,
}

/// Drifts that are not settled, from `after` on, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn open_drift(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<OpenDrift>> {
    all!(
        conn,
        OpenDrift,
        "SELECT d.id, d.kind, d.object, d.words, d.job_kind, d.subject, d.pending, d.found_at FROM drift d \
         WHERE d.closed_at IS NULL AND d.id > $1 ORDER BY d.id LIMIT CAST($2 AS BIGINT)",
        after,
        limit
    )
}

/// Settles a drift.
///
/// # Errors
/// When the database refuses.
pub async fn close_drift(tx: &mut WriteTx, id: &DriftId, outcome: DriftOutcome, at: Ts) -> Result<()> {
    exec!(
        tx,
        "UPDATE drift SET closed_at = $2, outcome = $3 WHERE id = $1 AND closed_at IS NULL",
        id,
        at,
        outcome.as_str()
    )?;
    Ok(())
}

/// What the books sum up to; a walk is told by how they change.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Books {
    /// Gifts.
    pub gifts: i64,
    /// Entries of the ledger.
    pub entries: i64,
    /// Refunds.
    pub refunds: i64,
    /// Disputes.
    pub disputes: i64,
    /// Plans that are not over.
    pub plans: i64,
    /// Payouts.
    pub payouts: i64,
    /// Lines of Stripe's balance.
    pub lines: i64,
}

/// What the books sum up to now.
///
/// # Errors
/// When the database refuses.
pub async fn books(conn: &mut Conn) -> Result<Books> {
    let row = opt!(
        conn,
        Books,
        "SELECT (SELECT COUNT(*) FROM gift) AS gifts, (SELECT COUNT(*) FROM ledger_entry) AS entries, \
         (SELECT COUNT(*) FROM refund) AS refunds, (SELECT COUNT(*) FROM dispute) AS disputes, \
         (SELECT COUNT(*) FROM pledge WHERE state <> 'ended') AS plans, (SELECT COUNT(*) FROM payout) AS payouts, \
         (SELECT COUNT(*) FROM balance_transaction) AS lines"
    )?;
    row.ok_or(super::db::StoreError::NotOneRow { what: "books", changed: 0 })
}

/// The looks that are due at whatever is still open in the books: Stripe may have closed it. Kind of job and subject.
///
/// # Errors
/// When the database refuses.
pub async fn still_open(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    all!(
        conn,
        (String, String),
        "SELECT 'look_dispute', stripe_dispute FROM dispute WHERE state = 'open' \
         UNION ALL SELECT 'look_refund', stripe_refund FROM refund WHERE state = 'pending' AND stripe_refund IS NOT NULL \
         UNION ALL SELECT 'look_invoice', stripe_invoice FROM recovery WHERE state = 'open' \
         UNION ALL SELECT 'look_payout', stripe_payout FROM payout WHERE state IN ('pending', 'in_transit') \
         UNION ALL SELECT 'look_session', stripe_session FROM payment WHERE state = 'processing' \
         AND stripe_session IS NOT NULL"
    )
}

/// A question about some ids: head, ids, tail.
macro_rules! about {
    ($head:expr, $ids:expr, $tail:expr $(,)?) => {{
        let mut q = QueryBuilder::new($head);
        let mut wanted = q.separated(", ");
        for id in $ids {
            wanted.push_bind(*id);
        }
        q.push($tail);
        q
    }};
}

/// The jobs about these subjects, by kind and subject, and where one of each stands: `waiting`, `retrying`, `running`, `failed`.
/// One walk over the jobs, however many subjects.
///
/// # Errors
/// When the database refuses.
pub async fn jobs_about(conn: &mut Conn, subjects: &[&str]) -> Result<HashMap<(String, String), String>> {
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = about!("SELECT kind, subject, state FROM job WHERE subject IN (", subjects, ")");
            q.build_query_as::<(String, String, String)>().fetch_all(&mut **$t).await
        }};
    }
    let rows: Vec<(String, String, String)> = on!(conn, t => run!(t))?;
    Ok(rows.into_iter().map(|(kind, subject, state)| ((kind, subject), state)).collect())
}

/// The states that the books know of objects of a kind, by Stripe's id. For invoices: `gift` when one was received for it,
/// else how its recovery stands.
///
/// # Errors
/// When the database refuses.
pub async fn states(conn: &mut Conn, kind: Mirrored, ids: &[&str]) -> Result<HashMap<String, String>> {
    let (head, tail) = match kind {
        Mirrored::Session => (
            "SELECT x.session, x.state FROM (SELECT stripe_session AS session, state FROM payment \
             WHERE stripe_session IS NOT NULL UNION ALL SELECT stripe_session, state FROM method_change \
             WHERE stripe_session IS NOT NULL) x WHERE x.session IN (",
            ")",
        ),
        Mirrored::Subscription => {
            ("SELECT stripe_subscription, state FROM pledge WHERE stripe_subscription IN (", ")")
        }
        Mirrored::Invoice => (
            "SELECT x.invoice, MIN(x.state) FROM (SELECT stripe_invoice AS invoice, 'gift' AS state FROM gift \
             WHERE stripe_invoice IS NOT NULL UNION ALL SELECT stripe_invoice, state FROM recovery) x WHERE x.invoice IN (",
            ") GROUP BY x.invoice",
        ),
        Mirrored::Charge => {
            ("SELECT stripe_payment_intent, 'gift' FROM gift WHERE stripe_payment_intent IN (", ")")
        }
        Mirrored::Refund => ("SELECT stripe_refund, state FROM refund WHERE stripe_refund IN (", ")"),
        Mirrored::Dispute => ("SELECT stripe_dispute, state FROM dispute WHERE stripe_dispute IN (", ")"),
        Mirrored::Payout => (
            "SELECT stripe_payout, CASE WHEN reconciled = TRUE AND (automatic = FALSE OR listed_at IS NOT NULL) THEN state || ' reconciled' ELSE state END FROM payout \
             WHERE stripe_payout IN (",
            ")",
        ),
        Mirrored::Line => ("SELECT id, category FROM balance_transaction WHERE id IN (", ")"),
    };
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = about!(head, ids, tail);
            q.build_query_as::<(String, String)>().fetch_all(&mut **$t).await
        }};
    }
    let rows: Vec<(String, String)> = on!(conn, t => run!(t))?;
    Ok(rows.into_iter().collect())
}

/// What the books know of the gifts of payment intents: what went back of each in minor units, and its disputes.
///
/// # Errors
/// When the database refuses.
pub async fn moved(conn: &mut Conn, intents: &[&str]) -> Result<HashMap<String, (i64, i64)>> {
    if intents.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = about!(
                "SELECT g.stripe_payment_intent, CAST(COALESCE((SELECT SUM(r.amount_minor) FROM refund r \
                 WHERE r.gift_id = g.id AND r.state IN ('pending', 'succeeded')), 0) AS BIGINT), \
                 (SELECT COUNT(*) FROM dispute s WHERE s.gift_id = g.id) FROM gift g WHERE g.stripe_payment_intent IN (",
                intents,
                ")",
            );
            q.build_query_as::<(String, i64, i64)>().fetch_all(&mut **$t).await
        }};
    }
    let rows: Vec<(String, i64, i64)> = on!(conn, t => run!(t))?;
    Ok(rows.into_iter().map(|(intent, back, disputes)| (intent, (back, disputes))).collect())
}

/// The plans of subscriptions.
///
/// # Errors
/// When the database refuses.
pub async fn plans(conn: &mut Conn, subscriptions: &[&str]) -> Result<HashMap<String, Pledge>> {
    if subscriptions.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = about!("SELECT * FROM pledge WHERE stripe_subscription IN (", subscriptions, ")");
            q.build_query_as::<Pledge>().fetch_all(&mut **$t).await
        }};
    }
    let rows: Vec<Pledge> = on!(conn, t => run!(t))?;
    Ok(rows.into_iter().map(|p| (p.stripe_subscription.clone(), p)).collect())
}
