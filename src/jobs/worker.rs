//! Claim, run, retry, give up.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::schedule;
use crate::clock::Ts;
use crate::services::settle::{self, Prefetched};
use crate::services::staff::door;
use crate::services::{
    Deps, Result, ServiceError, exports, finding, health, import, job_kinds, mailing, pledges, reconcile,
    refunds, rights, sessions, statements, sweep,
};
use crate::store::jobs::{self, Claim, Job};
use crate::store::{StoreError, inbox};

/// Looks at Stripe's objects are claimed many at once, so that they can share list calls.
const LOOKS: Lane = Lane { kinds: MAILS, only: false, never: SLOW, at_once: 100 };
/// Mail has a lane of its own: a slow mail host never holds up the books. Few at once, so that no lease runs out
/// while a mail waits its turn.
const MAIL: Lane = Lane { kinds: MAILS, only: true, never: NONE, at_once: 16 };
/// A workbook or a file of another system takes minutes: one at a time, beside everything else.
const EXPORTS: Lane = Lane { kinds: SLOW, only: true, never: NONE, at_once: 1 };
const MAILS: [&str; 3] = [job_kinds::SEND_MAIL, "", ""];
const SLOW: [&str; 3] = [job_kinds::WRITE_EXPORT, job_kinds::RUN_IMPORT, job_kinds::LET_GO];
const NONE: [&str; 3] = [""; 3];
const SIDE_BY_SIDE: usize = 8;
const LEASE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Tries for what another look will hardly change: about three hours.
const TRIES: i64 = 14;
/// Tries while Stripe, the mail host or the database is away, or a key is wrong: about four days, so that a weekend
/// loses nothing.
const PATIENT_TRIES: i64 = 105;
/// Longer than any job needs; well below the lease.
const JOB_AT_MOST: Duration = Duration::from_secs(240);
/// As long as the lease allows.
const EXPORT_AT_MOST: Duration = Duration::from_secs(570);
const LONGEST_WAIT: u64 = 3600;

/// Which jobs go together.
#[derive(Clone, Copy, Debug)]
struct Lane {
    kinds: [&'static str; 3],
    only: bool,
    never: [&'static str; 3],
    at_once: i64,
}

/// Runs jobs for one process.
#[derive(Clone, Debug)]
pub struct Worker {
    deps: Deps,
    name: Arc<str>,
    side_by_side: usize,
    watches: bool,
}

impl Worker {
    /// A worker with a name of its own.
    pub fn new(deps: Deps) -> Worker {
        let name = crate::domain::ids::unguessable(&deps.random).into();
        Worker { deps, name, side_by_side: SIDE_BY_SIDE, watches: true }
    }

    /// The same, but it neither walks over Stripe's objects nor looks over the house: for where years go by in seconds, and for
    /// tests that count every call.
    pub fn unwatched(self) -> Worker {
        Worker { watches: false, ..self }
    }

    /// A worker that does one job after the other, in the order in which they are due: the same jobs then always end
    /// in the same books, receipt numbers included.
    pub fn in_order(deps: Deps) -> Worker {
        Worker { side_by_side: 1, ..Worker::new(deps).unwatched() }
    }

    /// Works until `stop`; then finishes what it holds. Each lane is a task of its own: what one holds is nobody else's.
    ///
    /// # Panics
    /// When a lane does: a worker that does half of its work would look healthy.
    pub async fn run(self, stop: CancellationToken) {
        let mut lanes = JoinSet::new();
        for lane in [LOOKS, MAIL, EXPORTS] {
            let (worker, stop) = (self.clone(), stop.clone());
            lanes.spawn(async move { worker.work(lane, &stop).await });
        }
        lanes.spawn(async move { self.keep_schedule(&stop).await });
        while let Some(ended) = lanes.join_next().await {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    async fn keep_schedule(&self, stop: &CancellationToken) {
        let mut period = String::new();
        while !stop.is_cancelled() {
            let now = self.deps.clock.now();
            let this = now.to_fixed_text()[..schedule::PERIOD].to_owned();
            if this != period {
                match schedule::tick(&self.deps, now, self.watches).await {
                    Ok(()) => period = this,
                    Err(error) => tracing::error!(%error, "schedule"),
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn work(&self, lane: Lane, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let worked = match self.claim_and_run(lane, stop).await {
                Ok(count) => count > 0,
                Err(error) => {
                    tracing::error!(%error, "worker could not claim jobs");
                    false
                }
            };
            if !worked {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.deps.work.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }

    /// Runs everything that is due, jobs of jobs included, and returns; for tests and the demo's seeding.
    ///
    /// # Errors
    /// When jobs cannot be claimed.
    pub async fn drain(&self) -> Result<usize> {
        schedule::tick(&self.deps, self.deps.clock.now(), self.watches).await?;
        let mut total = 0;
        loop {
            match self.round().await? {
                0 => return Ok(total),
                count => total += count,
            }
        }
    }

    /// Runs every look at Stripe's objects that is due, and whatever else is no mail and no export; gives how many.
    ///
    /// # Errors
    /// When jobs cannot be claimed.
    pub async fn drain_looks(&self) -> Result<usize> {
        let never = CancellationToken::new();
        let mut total = 0;
        loop {
            match self.claim_and_run(LOOKS, &never).await? {
                0 => return Ok(total),
                count => total += count,
            }
        }
    }

    /// Claims once in each lane and runs what it got; gives how many.
    ///
    /// # Errors
    /// When jobs cannot be claimed.
    pub async fn round(&self) -> Result<usize> {
        let never = CancellationToken::new();
        let mut count = 0;
        for lane in [LOOKS, MAIL, EXPORTS] {
            count += self.claim_and_run(lane, &never).await?;
        }
        Ok(count)
    }

    /// Claims once and runs what it got. After `stop` nothing new is begun; what waits is put back.
    async fn claim_and_run(&self, lane: Lane, stop: &CancellationToken) -> Result<usize> {
        let claimed = self.claim(lane).await?;
        let count = claimed.len();
        if count == 0 {
            return Ok(0);
        }
        let known = Arc::new(settle::prefetch(&self.deps, &claimed).await);
        let mut waiting = claimed.into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.side_by_side && !stop.is_cancelled() {
                let Some(job) = waiting.next() else { break };
                running.push(self.clone().guarded(job, known.clone()));
            }
            if running.next().await.is_none() {
                self.release(waiting.as_slice()).await?;
                return Ok(count);
            }
        }
    }

    async fn claim(&self, lane: Lane) -> Result<Vec<Job>> {
        let Lane { kinds, only, never, at_once } = lane;
        let wanted = Claim { kinds, only, never, lease: LEASE, limit: at_once };
        let mut tx = self.deps.store.write().await?;
        let claimed = jobs::claim(&mut tx, &self.name, wanted, self.deps.clock.now()).await?;
        if !claimed.is_empty() {
            tx.commit().await?;
        }
        Ok(claimed)
    }

    /// Runs one job in a task of its own, so that a panic in it is one failed try and no more (one poisoned item
    /// never stops the others).
    async fn guarded(self, job: Job, known: Arc<Prefetched>) {
        let worker = self.clone();
        let copy = job.clone();
        let at_most = if job.kind == job_kinds::WRITE_EXPORT { EXPORT_AT_MOST } else { JOB_AT_MOST };
        let work = async move { tokio::time::timeout(at_most, worker.run_one(&copy, &known)).await };
        let outcome = match tokio::spawn(work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ServiceError::Unexpected("the job took too long".to_owned())),
            Err(_) => Err(ServiceError::Unexpected("the job panicked".to_owned())),
        };
        if let Err(error) = outcome
            && let Err(problem) = self.put_back(&job, &error).await
        {
            tracing::error!(job = %job.id, error = %problem, "job could not be put back; its lease will end");
        }
    }

    async fn run_one(&self, job: &Job, known: &Prefetched) -> Result<()> {
        match job.kind.as_str() {
            // These close their job together with what they write.
            kind if settle::is_look(kind) => settle::run(&self.deps, job, &self.name, known).await,
            job_kinds::SEND_MAIL => mailing::run(&self.deps, job, &self.name).await,
            _ => {
                self.run_chore(job).await?;
                self.finish(job).await
            }
        }
    }

    /// What can be done twice without harm.
    async fn run_chore(&self, job: &Job) -> Result<()> {
        let deps = &self.deps;
        match job.kind.as_str() {
            job_kinds::SWEEP_SESSIONS => {
                sessions::sweep(deps).await?;
                door::sweep(deps).await
            }
            job_kinds::SWEEP_PAYMENTS => sweep::run(deps).await,
            job_kinds::RECONCILE => reconcile::by_the_clock(deps).await,
            job_kinds::CHECK_HEALTH => health::watch(deps).await,
            job_kinds::MAKE_REFUND => refunds::make(deps, &id_in(job)?).await,
            job_kinds::ISSUE_STATEMENT => statements::run::run_item(deps, &job.subject).await,
            job_kinds::REVIEW_STATEMENT => statements::review(deps, &job.subject).await,
            job_kinds::WRITE_EXPORT => exports::run(deps, &job.subject).await,
            job_kinds::SWEEP_EXPORTS => exports::sweep(deps).await,
            job_kinds::LET_GO => rights::keep::run(deps).await,
            job_kinds::RUN_IMPORT => import::run(deps, &job.subject).await,
            job_kinds::ERASE_DONOR => rights::erase::run(deps, &job.subject).await,
            job_kinds::INDEX_DONORS => finding::index(deps).await,
            job_kinds::RELEASE_MAIL => mailing::release_stray(deps).await,
            _ => run_plan_job(deps, job).await,
        }
    }

    async fn release(&self, jobs: &[Job]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.deps.store.write().await?;
        for job in jobs {
            jobs::release(&mut tx, &job.id, &self.name).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn finish(&self, job: &Job) -> Result<()> {
        let mut tx = self.deps.store.write().await?;
        jobs::finish(&mut tx, &job.id, &self.name).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn put_back(&self, job: &Job, error: &ServiceError) -> std::result::Result<(), StoreError> {
        let now = self.deps.clock.now();
        let text = error.to_string();
        let mut tx = self.deps.store.write().await?;
        let patient =
            matches!(error, ServiceError::Store(_) | ServiceError::Stripe(_) | ServiceError::MailHost(_));
        if job.attempts >= if patient { PATIENT_TRIES } else { TRIES } {
            tracing::error!(job = %job.id, kind = job.kind, error = text, "job given up");
            let ours = jobs::give_up(&mut tx, &job.id, &self.name, &text).await?;
            if ours && settle::is_look(&job.kind) {
                inbox::mark_dead(&mut tx, &job.kind, &job.subject, &text, now).await?;
            }
        } else {
            tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, error = text, "job will be tried again");
            jobs::retry_later(&mut tx, &job.id, &self.name, self.next_try(job, now), &text).await?;
        }
        tx.commit().await
    }

    /// Doubles from two seconds to an hour, with up to a quarter of jitter on top.
    fn next_try(&self, job: &Job, now: Ts) -> Ts {
        let exponent = u32::try_from(job.attempts.clamp(1, 12)).unwrap_or(12);
        let wait = 2_u64.saturating_pow(exponent).min(LONGEST_WAIT) * 1000;
        now.plus(Duration::from_millis(wait + self.deps.random.below(wait / 4 + 1)))
    }
}

/// The id of what a job is about.
fn id_in<T: FromStr>(job: &Job) -> Result<T> {
    let unfit = |_| ServiceError::Unexpected(format!("{:?} is not about {:?}", job.kind, job.subject));
    job.subject.parse().map_err(unfit)
}

/// What there is to do about plans.
async fn run_plan_job(deps: &Deps, job: &Job) -> Result<()> {
    let effort = pledges::UNWATCHED;
    match job.kind.as_str() {
        job_kinds::CARRY_OUT_CHANGE => pledges::carry_out(deps, &id_in(job)?, effort).await.map(|_| ()),
        job_kinds::APPLY_METHOD => pledges::method::apply(deps, &id_in(job)?, effort).await,
        job_kinds::BEGIN_PLAN => pledges::restart::begin(deps, &id_in(job)?, effort).await.map(|_| ()),
        job_kinds::RECOVERY_MAIL => pledges::recovery::send_one(deps, &id_in(job)?).await,
        job_kinds::RECOVERY_MAILS => pledges::recovery::send_due(deps).await,
        job_kinds::UPKEEP => pledges::upkeep::run(deps).await,
        other => Err(ServiceError::Unexpected(format!("no such job {other:?}"))),
    }
}
