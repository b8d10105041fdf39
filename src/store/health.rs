//! How the house stands, in figures, and the alarms that are raised.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use crate::clock::Ts;

/// How the house stands.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Figures {
    /// When Stripe last told something.
    pub last_event: Option<Ts>,
    /// Events that were stored and not yet looked at.
    pub events_waiting: i64,
    /// The oldest of them came then.
    pub events_since: Option<Ts>,
    /// Events whose look was given up.
    pub events_dead: i64,
    /// Jobs that are due.
    pub jobs_due: i64,
    /// The first of them was due then.
    pub jobs_since: Option<Ts>,
    /// Jobs that wait for another try.
    pub jobs_retrying: i64,
    /// Jobs that were given up.
    pub jobs_failed: i64,
    /// Jobs that somebody took and did not give back in time.
    pub leases_over: i64,
    /// Mails that are not sent yet.
    pub mails_waiting: i64,
    /// The oldest of them was written then.
    pub mails_since: Option<Ts>,
    /// Mails that failed since the day before.
    pub mails_failed: i64,
    /// When the last walk over Stripe's objects came to its end.
    pub walked_at: Option<Ts>,
    /// When the first walk since the day before began.
    pub walk_tried: Option<Ts>,
    /// What such walks found and is not settled.
    pub drift_open: i64,
    /// What they found and healed since the day before.
    pub drift_healed: i64,
    /// The newest gift came then.
    pub last_gift: Option<Ts>,
}

/// The figures of now. One statement over small indexes.
///
/// # Errors
/// When the database refuses.
pub async fn figures(conn: &mut Conn, now: Ts, since: Ts) -> Result<Figures> {
    let row = opt!(
        conn,
        Figures,
        "SELECT (SELECT MAX(e.received_at) FROM webhook_event e) AS last_event, \
         (SELECT COUNT(*) FROM webhook_event e WHERE e.state = 'pending') AS events_waiting, \
         (SELECT MIN(e.received_at) FROM webhook_event e WHERE e.state = 'pending') AS events_since, \
         (SELECT COUNT(*) FROM webhook_event e WHERE e.state = 'dead') AS events_dead, \
         (SELECT COUNT(*) FROM job j WHERE j.state <> 'failed' AND j.state <> 'running' AND j.run_at <= $1) AS jobs_due, \
         (SELECT MIN(j.run_at) FROM job j WHERE j.state <> 'failed' AND j.state <> 'running' AND j.run_at <= $1) AS jobs_since, \
         (SELECT COUNT(*) FROM job j WHERE j.state <> 'failed' AND j.state = 'retrying') AS jobs_retrying, \
         (SELECT COUNT(*) FROM job j WHERE j.state = 'failed') AS jobs_failed, \
         (SELECT COUNT(*) FROM job j WHERE j.state <> 'failed' AND j.state = 'running' AND j.lease_until < $1) AS leases_over, \
         (SELECT COUNT(*) FROM mail_outbox m WHERE m.state <> 'sent' AND m.state = 'queued') AS mails_waiting, \
         (SELECT MIN(m.created_at) FROM mail_outbox m WHERE m.state <> 'sent' AND m.state = 'queued') AS mails_since, \
         (SELECT COUNT(*) FROM mail_outbox m WHERE m.state = 'failed' AND m.created_at >= $2) AS mails_failed, \
         (SELECT MAX(r.finished_at) FROM reconcile_run r WHERE r.started_at >= $2) AS walked_at, \
         (SELECT MIN(r.started_at) FROM reconcile_run r WHERE r.started_at >= $2) AS walk_tried, \
         (SELECT COUNT(*) FROM drift d WHERE d.closed_at IS NULL AND d.pending = FALSE) AS drift_open, \
         (SELECT COUNT(*) FROM drift d WHERE d.found_at >= $2 AND d.outcome = 'healed' AND d.pending = FALSE) AS drift_healed, \
         (SELECT MAX(g.received_at) FROM gift g) AS last_gift",
        now,
        since
    )?;
    row.ok_or(StoreError::NotOneRow { what: "health", changed: 0 })
}

/// Waiting and given-up jobs of one kind.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfKind {
    /// What kind of job.
    pub kind: String,
    /// How many wait, or wait for another try.
    pub waiting: i64,
    /// How many were given up.
    pub failed: i64,
}

/// The jobs there are, by kind.
///
/// # Errors
/// When the database refuses.
pub async fn jobs_by_kind(conn: &mut Conn) -> Result<Vec<OfKind>> {
    all!(
        conn,
        OfKind,
        "SELECT j.kind, CAST(SUM(CASE WHEN j.state = 'failed' THEN 0 ELSE 1 END) AS BIGINT) AS waiting, \
         CAST(SUM(CASE WHEN j.state = 'failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed FROM job j GROUP BY j.kind \
         ORDER BY j.kind"
    )
}

/// An alarm that is raised.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Alarm {
    /// What is wrong, in one word.
    pub name: String,
    /// Since when.
    pub raised_at: Ts,
    /// What is wrong, in a sentence.
    pub words: String,
}

/// The alarms that are raised.
///
/// # Errors
/// When the database refuses.
pub async fn alarms(conn: &mut Conn) -> Result<Vec<Alarm>> {
    all!(conn, Alarm, "SELECT name, raised_at, words FROM alarm ORDER BY name")
}

/// Raises an alarm; `true` when it was not raised yet: who raises it tells of it.
///
/// # Errors
/// When the database refuses.
pub async fn raise(tx: &mut WriteTx, name: &str, words: &str, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO alarm (name, raised_at, words) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        name,
        at,
        words
    )?;
    Ok(changed == 1)
}

/// Calls an alarm off; `true` when it was raised.
///
/// # Errors
/// When the database refuses.
pub async fn call_off(tx: &mut WriteTx, name: &str) -> Result<bool> {
    Ok(exec!(tx, "DELETE FROM alarm WHERE name = $1", name)? == 1)
}
