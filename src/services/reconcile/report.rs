//! What became of what a walk found, and what it changed in the books.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Walk;
use crate::domain::mirror::{DriftOutcome, Mirrored};
use crate::services::{Deps, Result};
use crate::store::reconcile::{self as rows, Books, OpenDrift};

const AT_ONCE: i64 = 100;
/// A debit that the bank has not decided about for so long is none.
const WITH_THE_BANK: Duration = Duration::from_secs(30 * 86_400);
/// Open drifts that a report names one by one.
const NAMED: usize = 20;

/// What a walk came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The books after it, less the books before it.
    pub gained: Books,
    /// Healed, by kind and what was wrong.
    pub healed: BTreeMap<(String, String), usize>,
    /// Not ours: left alone.
    pub foreign: usize,
    /// Not settled yet: what and why, the first of them.
    pub open: Vec<String>,
    /// How many are not settled.
    pub left: usize,
}

impl Report {
    /// Whether the books are as they were.
    pub fn is_unchanged(&self) -> bool {
        let Books { gifts, entries, refunds, disputes, plans, payouts, lines } = self.gained;
        self.healed.is_empty()
            && [gifts, entries, refunds, disputes, plans, payouts, lines].iter().all(|n| *n == 0)
    }
}

/// What became of what waits to be settled.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    healed: BTreeMap<(String, String), usize>,
    foreign: usize,
    open: Vec<String>,
    left: usize,
}

/// Settles what is settled, and tells what a walk has changed. Its looks are to be done first.
///
/// # Errors
/// When the database refuses.
pub async fn report(deps: &Deps, walk: &Walk) -> Result<Report> {
    let settled = settle(deps).await?;
    let after = {
        let mut read = deps.store.read().await?;
        rows::books(&mut read).await?
    };
    let before = &walk.before;
    let gained = Books {
        gifts: after.gifts - before.gifts,
        entries: after.entries - before.entries,
        refunds: after.refunds - before.refunds,
        disputes: after.disputes - before.disputes,
        plans: after.plans - before.plans,
        payouts: after.payouts - before.payouts,
        lines: after.lines - before.lines,
    };
    let Settled { healed, foreign, open, left } = settled;
    Ok(Report { gained, healed, foreign, open, left })
}

/// Goes through everything that was found and is not settled: its look was taken, and the books have it, or it is not ours.
///
/// # Errors
/// When the database refuses.
pub async fn settle(deps: &Deps) -> Result<Settled> {
    let mut settled = Settled::default();
    let mut after = String::new();
    loop {
        let some = {
            let mut read = deps.store.read().await?;
            rows::open_drift(&mut read, &after, AT_ONCE).await?
        };
        let Some(last) = some.last() else { return Ok(settled) };
        after = last.id.to_string();
        settle_some(deps, &some, &mut settled).await?;
    }
}

async fn settle_some(deps: &Deps, some: &[OpenDrift], settled: &mut Settled) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let subjects: Vec<&str> = some.iter().map(|d| d.subject.as_str()).collect();
    let looks = rows::jobs_about(&mut tx, &subjects).await?;
    for kind in Mirrored::ALL {
        let of_kind: Vec<&OpenDrift> = some.iter().filter(|d| d.kind == kind.as_str()).collect();
        // A charge is known by its intent, which is what was looked at.
        let known_by = |d: &OpenDrift| match kind {
            Mirrored::Charge => d.subject.clone(),
            _ => d.object.clone(),
        };
        let ids: Vec<String> = of_kind.iter().map(|d| known_by(d)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let known = rows::states(&mut tx, kind, &ids).await?;
        for drift in of_kind {
            let here = known.contains_key(&known_by(drift));
            let at_bank = drift.pending && drift.found_at.plus(WITH_THE_BANK) > now;
            if let Some(state) = looks.get(&(drift.job_kind.clone(), drift.subject.clone())) {
                settled.left += 1;
                if settled.open.len() < NAMED {
                    settled.open.push(format!(
                        "{} {}: {} (its look is {state})",
                        drift.kind, drift.object, drift.words
                    ));
                }
            } else if here {
                // What was with the bank when it was seen was not missed: its event was not due.
                if !drift.pending {
                    let key = (drift.kind.clone(), drift.words.clone());
                    *settled.healed.entry(key).or_default() += 1;
                }
                rows::close_drift(&mut tx, &drift.id, DriftOutcome::Healed, now).await?;
            } else if !at_bank {
                settled.foreign += 1;
                rows::close_drift(&mut tx, &drift.id, DriftOutcome::Foreign, now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}
