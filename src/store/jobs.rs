//! Jobs: one item of work each, leased to a worker, never held in a transaction while they run.

use std::time::Duration;

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use crate::clock::Ts;
use crate::domain::ids::JobId;

/// A job to write.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: &'static str,
    /// To what.
    pub subject: String,
    /// Help for the doer; may be out of date.
    pub hint: Option<String>,
    /// Not before.
    pub run_at: Ts,
}

/// A job that this worker holds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// Help for the doer; may be out of date.
    pub hint: Option<String>,
    /// Tries so far, this one included.
    pub attempts: i64,
}

/// Writes jobs; one that waits already is not doubled.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue_batch(tx: &mut WriteTx, jobs: &[NewJob]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO job (id, kind, subject, hint, state, run_at, attempts, created_at) ",
            );
            q.push_values(jobs, |mut row, j| {
                row.push_bind(&j.id)
                    .push_bind(j.kind)
                    .push_bind(j.subject.as_str())
                    .push_bind(j.hint.as_deref())
                    .push_bind("waiting")
                    .push_bind(j.run_at)
                    .push_bind(0_i64)
                    .push_bind(j.run_at);
            });
            q.push(" ON CONFLICT (kind, subject) WHERE state = 'waiting' DO NOTHING");
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    on!(&mut **tx, t => run!(t))
}

/// Which jobs a worker's lane takes.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Takes only these kinds, or everything but them; an empty one is none.
    pub kinds: [&'a str; 3],
    /// True: only those kinds; false: all others.
    pub only: bool,
    /// Never these kinds: they have a lane of their own too.
    pub never: [&'a str; 3],
    /// How long the worker may take.
    pub lease: Duration,
    /// How many at once.
    pub limit: i64,
}

/// Leases due jobs to `owner`. The outer condition repeats the inner one, so two workers on PostgreSQL
/// never get the same job (a contract test proves it). The first two inner conditions follow from the others; said
/// again, they let both databases walk the index of what is due instead of every job that waits.
///
/// # Errors
/// When the database refuses.
pub async fn claim(tx: &mut WriteTx, owner: &str, wanted: Claim<'_>, now: Ts) -> Result<Vec<Job>> {
    all!(
        tx,
        Job,
        "UPDATE job SET state = 'running', lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         WHERE id IN (SELECT id FROM job WHERE state <> 'failed' AND run_at <= $3 AND ((state IN ('waiting', 'retrying') AND run_at <= $3) \
         OR (state = 'running' AND lease_until < $3)) AND (kind IN ($4, $8, $9)) = $5 AND kind NOT IN ($7, $10, $11) ORDER BY run_at, id LIMIT CAST($6 AS BIGINT)) \
         AND ((state IN ('waiting', 'retrying') AND run_at <= $3) OR (state = 'running' AND lease_until < $3)) \
         RETURNING id, kind, subject, hint, attempts",
        owner,
        now.plus(wanted.lease),
        now,
        wanted.kinds[0],
        wanted.only,
        wanted.limit,
        wanted.never[0],
        wanted.kinds[1],
        wanted.kinds[2],
        wanted.never[1],
        wanted.never[2]
    )
}

/// Ends a job. `false` when the lease was lost to another worker meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &mut WriteTx, id: &JobId, owner: &str) -> Result<bool> {
    let changed = exec!(tx, "DELETE FROM job WHERE id = $1 AND lease_owner = $2", id, owner)?;
    Ok(changed == 1)
}

/// Puts a job back for another try at `run_at`.
///
/// # Errors
/// When the database refuses.
pub async fn retry_later(tx: &mut WriteTx, id: &JobId, owner: &str, run_at: Ts, error: &str) -> Result<()> {
    exec!(
        tx,
        "UPDATE job SET state = 'retrying', run_at = $3, lease_owner = NULL, lease_until = NULL, last_error = $4 \
         WHERE id = $1 AND lease_owner = $2",
        id,
        owner,
        run_at,
        error
    )?;
    Ok(())
}

/// Puts back a job that was not begun, as if it had not been claimed.
///
/// # Errors
/// When the database refuses.
pub async fn release(tx: &mut WriteTx, id: &JobId, owner: &str) -> Result<()> {
    exec!(
        tx,
        "UPDATE job SET state = 'retrying', attempts = attempts - 1, lease_owner = NULL, lease_until = NULL \
         WHERE id = $1 AND lease_owner = $2",
        id,
        owner
    )?;
    Ok(())
}

/// Gives up on a job: it stays, visible and replayable. `false` when the lease was lost to another worker meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn give_up(tx: &mut WriteTx, id: &JobId, owner: &str, error: &str) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE job SET state = 'failed', lease_owner = NULL, lease_until = NULL, last_error = $3 \
         WHERE id = $1 AND lease_owner = $2",
        id,
        owner,
        error
    )?;
    Ok(changed == 1)
}

/// Forgets that a job of this kind and subject was given up: a later one did it. `true` when there was one.
///
/// # Errors
/// When the database refuses.
pub async fn forget_failed(tx: &mut WriteTx, kind: &str, subject: &str) -> Result<bool> {
    let sql = "DELETE FROM job WHERE kind = $1 AND subject = $2 AND state = 'failed'";
    Ok(exec!(tx, sql, kind, subject)? > 0)
}

/// When the next job is due, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Ts>> {
    let row = opt!(
        conn,
        (Ts,),
        "SELECT run_at FROM job WHERE state IN ('waiting', 'retrying') ORDER BY run_at LIMIT 1"
    )?;
    Ok(row.map(|(at,)| at))
}

/// Claims a period of a schedule; `true` for the one who was first.
///
/// # Errors
/// When the database refuses.
pub async fn begin_period(tx: &mut WriteTx, kind: &str, period: &str, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO schedule_run (kind, period, started_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        kind,
        period,
        at
    )?;
    Ok(changed == 1)
}

/// Forgets the periods that began before a moment: none of them comes again.
///
/// # Errors
/// When the database refuses.
pub async fn forget_periods(tx: &mut WriteTx, before: Ts) -> Result<u64> {
    exec!(tx, "DELETE FROM schedule_run WHERE started_at < $1", before)
}

/// Takes a waiting job back: what it was to see to is done.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(tx: &mut WriteTx, kind: &str, subject: &str) -> Result<()> {
    exec!(tx, "DELETE FROM job WHERE kind = $1 AND subject = $2 AND state = 'waiting'", kind, subject)?;
    Ok(())
}
