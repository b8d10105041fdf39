//! The mirror that heals itself: a walk over Stripe's objects that finds what no event told, and has it looked at by the very
//! looks that events cause (rule 6 of the house). Events can be lost, and Stripe may fail to make one
//! (docs.stripe.com/webhooks/handle-irrecoverable-events): objects are the truth.

mod page;
mod report;

pub use report::{Report, report, settle};

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Deps, Result, ServiceError};
use crate::clock::Ts;
use crate::domain::ids::{DriftId, JobId, ReconcileRunId};
use crate::domain::mirror::Mirrored;
use crate::services::settle::{balance, look_kind};
use crate::store::WriteTx;
use crate::store::jobs::{self, NewJob};
use crate::store::reconcile::{self as rows, Books, NewDrift};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// What is younger may still be on its way here as an event.
const SETTLING: Duration = Duration::from_secs(300);
/// As far back as the first walk of all looks: a month of silence, and some days to notice it.
const FIRST: Duration = Duration::from_secs(35 * 86_400);

/// Who wants a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The clock, every ten minutes; once a day it goes as deep as the operator's.
    Schedule,
    /// The operator: everything.
    Command,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            By::Schedule => "schedule",
            By::Command => "command",
        }
    }
}

/// A walk that has been made; what it found waits to be looked at.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Its id.
    pub run: ReconcileRunId,
    /// Objects seen, by kind.
    pub seen: BTreeMap<&'static str, usize>,
    /// From when on.
    pub since: Ts,
    /// The books when it began.
    pub before: Books,
    /// When it began.
    pub began: Ts,
}

/// How long before the last walk's end a kind is walked again: what an object becomes within that time needs no event.
fn overlap(by: By, kind: Mirrored) -> Duration {
    match (kind, by) {
        // A page is open for a day at most; by the clock, what it brought is found by its charge.
        (Mirrored::Session, By::Command) => DAY + HOUR,
        // An invoice is a draft for an hour, and tried after that.
        (Mirrored::Invoice, By::Command) => DAY * 2,
        (Mirrored::Invoice, By::Schedule) => HOUR * 3,
        (
            Mirrored::Session
            | Mirrored::Subscription
            | Mirrored::Charge
            | Mirrored::Refund
            | Mirrored::Dispute
            | Mirrored::Payout
            | Mirrored::Line,
            _,
        ) => HOUR,
    }
}

/// Once a day by the clock, always for the operator: every plan is walked over, and what is open in the books looked at.
async fn is_deep(deps: &Deps, by: By, now: Ts) -> Result<bool> {
    let mut read = deps.store.read().await?;
    let last = rows::walked_to(&mut read, Mirrored::Subscription).await?;
    Ok(by == By::Command || last.is_none_or(|at| now.minus(SETTLING + DAY) >= at))
}

/// Walks over everything that was made at Stripe since `since` (else: since the last walk), and over all plans; what the
/// books do not have so is written down and waits for its look. Cut short anywhere, the next walk goes on from the last day
/// that was walked whole.
///
/// # Errors
/// When Stripe gives no certain answer or the database refuses: what was found until then is kept.
pub async fn walk(deps: &Deps, by: By, since: Option<Ts>) -> Result<Walk> {
    let now = deps.clock.now();
    let run = ReconcileRunId::new(now, &deps.random);
    let first = since.unwrap_or_else(|| now.minus(FIRST));
    let before = {
        let mut tx = deps.store.write().await?;
        let before = rows::books(&mut tx).await?;
        rows::begin(&mut tx, &run, by.as_str(), first, now).await?;
        tx.commit().await?;
        before
    };
    let deep = is_deep(deps, by, now).await?;
    if deep {
        look_at_open(deps, by, now).await?;
        forget_old_walks(deps).await?;
    }
    let mut walk = Walk { run, seen: BTreeMap::new(), since: first, before, began: now };
    for kind in Mirrored::ALL.into_iter().filter(|kind| deep || *kind != Mirrored::Subscription) {
        let from = match since {
            Some(since) => since,
            None => {
                let mut read = deps.store.read().await?;
                let last = rows::walked_to(&mut read, kind).await?;
                last.map_or(first, |at| at.minus(overlap(by, kind)))
            }
        };
        walk.since = walk.since.min(from);
        walk_kind(deps, &mut walk, by, kind, from).await?;
    }
    let mut tx = deps.store.write().await?;
    rows::finish(&mut tx, &walk.run, deps.clock.now()).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(walk)
}

/// Days from `from` to now, each walked whole before the next: a walk that is cut short is not begun again from nothing.
async fn walk_kind(deps: &Deps, walk: &mut Walk, by: By, kind: Mirrored, from: Ts) -> Result<()> {
    let until = walk.began.minus(SETTLING);
    if kind == Mirrored::Subscription {
        // A plan changes long after it was made.
        return walk_window(deps, walk, (by, kind), (Ts::from_unix(0), until)).await;
    }
    let mut low = from;
    while low < until {
        let high = low.plus(DAY).min(until);
        walk_window(deps, walk, (by, kind), (low, high)).await?;
        low = high;
    }
    Ok(())
}

async fn walk_window(
    deps: &Deps,
    walk: &mut Walk,
    (by, kind): (By, Mirrored),
    (low, high): (Ts, Ts),
) -> Result<()> {
    let mut after: Option<String> = None;
    loop {
        let page = page::read(deps, kind, (low.as_unix(), high.as_unix()), after.as_deref()).await?;
        let last = page.last.is_none();
        *walk.seen.entry(kind.as_str()).or_default() += page.seen;
        keep(deps, walk, (by, kind), &page, last.then_some(high)).await?;
        if last {
            return Ok(());
        }
        after = page.last;
    }
}

/// Writes what a page has shown: the drifts, their looks, and how far the walk is.
async fn keep(
    deps: &Deps,
    walk: &Walk,
    (by, kind): (By, Mirrored),
    page: &page::Page,
    walked_to: Option<Ts>,
) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let mut drifted = 0;
    for f in &page.findings {
        let id = DriftId::new(now, &deps.random);
        let drift = NewDrift {
            id: &id,
            run: &walk.run,
            kind,
            object: &f.object,
            words: f.words,
            job_kind: f.job_kind,
            subject: &f.subject,
            pending: f.pending,
            at: now,
        };
        let new = rows::insert_drift_if_new(&mut tx, &drift).await?;
        drifted += i64::from(new && !f.pending);
    }
    let looks: Vec<NewJob> =
        page.findings.iter().map(|f| look(deps, f.job_kind, &f.subject, f.made, now)).collect();
    enqueue(&mut tx, by, looks).await?;
    balance::keep(&mut tx, &page.lines, None).await?;
    let seen = i64::try_from(page.seen).unwrap_or(i64::MAX);
    rows::count(&mut tx, &walk.run, seen, drifted).await?;
    if let Some(at) = walked_to {
        rows::set_walked_to(&mut tx, kind, at).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn look(deps: &Deps, kind: &'static str, subject: &str, made: Option<i64>, now: Ts) -> NewJob {
    NewJob {
        id: JobId::new(now, &deps.random),
        kind,
        subject: subject.to_owned(),
        hint: made.map(|at| at.to_string()),
        run_at: now,
    }
}

/// By the clock only what has no look already: one that waits for Stripe to come back is not asked for every hour, and one that
/// was given up is the office's. The operator wants it done now.
async fn enqueue(tx: &mut WriteTx, by: By, mut looks: Vec<NewJob>) -> Result<()> {
    if by == By::Schedule {
        let subjects: Vec<&str> = looks.iter().map(|l| l.subject.as_str()).collect();
        let known = rows::jobs_about(tx, &subjects).await?;
        looks.retain(|l| !known.contains_key(&(l.kind.to_owned(), l.subject.clone())));
    }
    Ok(jobs::enqueue_batch(tx, &looks).await?)
}

/// What is open in the books may be closed at Stripe, whenever it was made.
async fn look_at_open(deps: &Deps, by: By, now: Ts) -> Result<()> {
    let open = {
        let mut read = deps.store.read().await?;
        let mut open = rows::still_open(&mut read).await?;
        let drifts = rows::open_drift(&mut read, "", i64::from(u16::MAX)).await?;
        // What could not be settled the last time is looked at once more.
        open.extend(drifts.into_iter().map(|d| (d.job_kind, d.subject)));
        open
    };
    let looks: Vec<NewJob> = open
        .iter()
        .filter_map(|(kind, subject)| Some(look(deps, look_kind(kind)?, subject, None, now)))
        .collect();
    for some in looks.chunks(500) {
        let mut tx = deps.store.write().await?;
        enqueue(&mut tx, by, some.to_vec()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Every walk of the clock is kept for so long; one that found something, for good.
const KEPT: Duration = Duration::from_secs(92 * 86_400);

async fn forget_old_walks(deps: &Deps) -> Result<()> {
    let before = deps.clock.now().minus(KEPT);
    let mut tx = deps.store.write().await?;
    rows::forget_walks(&mut tx, before).await?;
    jobs::forget_periods(&mut tx, before).await?;
    tx.commit().await?;
    Ok(())
}

/// The walk of the clock; what the one before found is settled first. When Stripe gives no certain answer, the next walk goes
/// on where this one ended.
///
/// # Errors
/// When the database refuses.
pub async fn by_the_clock(deps: &Deps) -> Result<()> {
    settle(deps).await?;
    match walk(deps, By::Schedule, None).await {
        Ok(walk) => {
            let seen: usize = walk.seen.values().sum();
            tracing::info!(run = %walk.run, seen, "walked over Stripe's objects");
            Ok(())
        }
        Err(ServiceError::Stripe(error)) => {
            tracing::warn!(%error, "the walk over Stripe's objects was cut short");
            Ok(())
        }
        Err(other) => Err(other),
    }
}
