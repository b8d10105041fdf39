//! The inbox: every verified webhook, raw, before anything is made of it.

use sqlx::QueryBuilder;

use super::db::{Result, WriteTx, exec, on};
use super::jobs::{self, NewJob};
use crate::clock::Ts;

/// A verified event, as received.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Stripe's event id.
    pub id: String,
    /// Stripe's event type.
    pub kind: String,
    /// Id of the object in it.
    pub object_id: String,
    /// The work it asks for; `None` stores it as ignored.
    pub work: Option<Work>,
    /// API version it was made with.
    pub api_version: Option<String>,
    /// The body, byte for byte.
    pub payload: String,
    /// When Stripe made it.
    pub event_created: Ts,
    /// When we got it.
    pub received_at: Ts,
}

/// The job an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Kind of the job.
    pub job_kind: &'static str,
    /// Stripe's id of the thing to look at again.
    pub subject: String,
    /// Unix second in which that thing was made, when the event tells: lets many re-reads share one list call.
    pub hint: Option<String>,
}

/// Writes events and their jobs in one go; gives how many were new. What is known already is left as it is, but for
/// events that were given up: sent again by Stripe, they get another chance.
///
/// # Errors
/// When the database refuses; then nothing was kept.
pub async fn insert_batch(
    tx: &mut WriteTx,
    events: &[NewEvent],
    new_job: impl Fn(Ts) -> crate::domain::ids::JobId,
) -> Result<usize> {
    let fresh = insert_events(tx, events).await?;
    let mut jobs: Vec<NewJob> = Vec::new();
    for event in events.iter().filter(|e| fresh.contains(&e.id)) {
        if let Some(work) = &event.work {
            let same = |j: &&mut NewJob| j.kind == work.job_kind && j.subject == work.subject;
            if let Some(job) = jobs.iter_mut().find(same) {
                job.hint = job.hint.take().or_else(|| work.hint.clone());
            } else {
                jobs.push(NewJob {
                    id: new_job(event.received_at),
                    kind: work.job_kind,
                    subject: work.subject.clone(),
                    hint: work.hint.clone(),
                    run_at: event.received_at,
                });
            }
        }
    }
    // One order everywhere, so that two writers on PostgreSQL cannot wait for each other.
    jobs.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    jobs::enqueue_batch(tx, &jobs).await?;
    Ok(fresh.len())
}

async fn insert_events(tx: &mut WriteTx, events: &[NewEvent]) -> Result<Vec<String>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO webhook_event (id, type, object_id, job_kind, subject, api_version, payload, \
                 event_created, received_at, state) ",
            );
            q.push_values(events, |mut row, e| {
                row.push_bind(e.id.as_str())
                    .push_bind(e.kind.as_str())
                    .push_bind(e.object_id.as_str())
                    .push_bind(e.work.as_ref().map(|w| w.job_kind))
                    .push_bind(e.work.as_ref().map(|w| w.subject.as_str()))
                    .push_bind(e.api_version.as_deref())
                    .push_bind(e.payload.as_str())
                    .push_bind(e.event_created)
                    .push_bind(e.received_at)
                    .push_bind(if e.work.is_some() { "pending" } else { "ignored" });
            });
            q.push(
                " ON CONFLICT (id) DO UPDATE SET state = 'pending', received_at = excluded.received_at \
                 WHERE webhook_event.state = 'dead' RETURNING id",
            );
            q.build_query_scalar::<String>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut **tx, t => run!(t))
}

/// Closes the events about `subject` that were received up to `upto`: the look that began then saw them all.
///
/// # Errors
/// When the database refuses.
pub async fn mark_done(tx: &mut WriteTx, job_kind: &str, subject: &str, upto: Ts, at: Ts) -> Result<u64> {
    exec!(
        tx,
        "UPDATE webhook_event SET state = 'done', processed_at = $4, last_error = NULL \
         WHERE subject = $2 AND job_kind = $1 AND state = 'pending' AND received_at <= $3",
        job_kind,
        subject,
        upto,
        at
    )
}

/// The same for events that were given up; only worth asking when a job about `subject` was. A statement of its own:
/// the index that finds the waiting ones among millions knows no others.
///
/// # Errors
/// When the database refuses.
pub async fn mark_dead_done(
    tx: &mut WriteTx,
    job_kind: &str,
    subject: &str,
    upto: Ts,
    at: Ts,
) -> Result<u64> {
    exec!(
        tx,
        "UPDATE webhook_event SET state = 'done', processed_at = $4, last_error = NULL \
         WHERE subject = $2 AND job_kind = $1 AND state = 'dead' AND received_at <= $3",
        job_kind,
        subject,
        upto,
        at
    )
}

/// Closes the events about `subject` as nobody's concern: another user of the Stripe account made it.
///
/// # Errors
/// When the database refuses.
pub async fn mark_ignored(
    tx: &mut WriteTx,
    job_kind: &str,
    subject: &str,
    reason: &str,
    upto: Ts,
) -> Result<u64> {
    exec!(
        tx,
        "UPDATE webhook_event SET state = 'ignored', processed_at = $4, last_error = $3 \
         WHERE subject = $2 AND job_kind = $1 AND state = 'pending' AND received_at <= $4",
        job_kind,
        subject,
        reason,
        upto
    )
}

/// Gives up on the events about `subject`: visible to staff, replayable.
///
/// # Errors
/// When the database refuses.
pub async fn mark_dead(
    tx: &mut WriteTx,
    job_kind: &str,
    subject: &str,
    error: &str,
    upto: Ts,
) -> Result<u64> {
    exec!(
        tx,
        "UPDATE webhook_event SET state = 'dead', processed_at = $4, last_error = $3 \
         WHERE subject = $2 AND job_kind = $1 AND state = 'pending' AND received_at <= $4",
        job_kind,
        subject,
        error,
        upto
    )
}

/// Puts events that were given up back to wait for the job that looks at them again.
///
/// # Errors
/// When the database refuses.
pub async fn revive(tx: &mut WriteTx, job_kind: &str, subject: &str) -> Result<()> {
    exec!(
        tx,
        "UPDATE webhook_event SET state = 'pending', processed_at = NULL WHERE job_kind = $1 AND subject = $2 \
         AND state = 'dead'",
        job_kind,
        subject
    )?;
    Ok(())
}
