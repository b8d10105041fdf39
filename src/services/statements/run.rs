//! The year-end run: one item and one job for each donor. Killed in the middle, it goes on where it was: an item, its
//! statement and its mail are written together.

use serde_json::{Value, json};

use super::{Issued, bounds, compose, issue};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, JobId, StatementRunId};
use crate::domain::money::Currency;
use crate::services::compose as words;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, job_kinds};
use crate::store::jobs::{self, NewJob};
use crate::store::statement_runs::{self, Run};
use crate::store::{WriteTx, statement_lines, statements};

/// Jobs written at once.
const CHUNK: i64 = 500;

/// What a run would do, without doing it.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Donors who gave in the year.
    pub donors: usize,
    /// Statements that would be issued.
    pub new: usize,
    /// New versions of statements that were issued before.
    pub changed: usize,
    /// Donors whose statement stays as it is.
    pub unchanged: usize,
    /// Donors without a mailbox: theirs are printed.
    pub on_paper: usize,
    /// What remains given, by currency, in minor units.
    pub totals: Vec<(Currency, i64)>,
    /// Only the first donors were weighed.
    pub partial: bool,
    /// Why nothing can be issued; none: it can.
    pub blocked: Option<String>,
}

/// Why no run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It runs.
    Running(StatementRunId),
    /// Nothing may be issued.
    Blocked(String),
}

/// Why nothing can be issued for a year of an entity, before any donor is looked at.
fn obstacle(deps: &Deps, entity_id: &str, year: &str, now: Ts) -> Result<Option<String>> {
    let entity = words::entity(deps, entity_id)?;
    let today = now.date_in(&entity.time_zone);
    let wording = &deps.config.charity.wording;
    Ok(match bounds(entity, year, now) {
        None => Some(format!("{year} is no tax year of {}", entity.legal_name)),
        Some((_, to, false)) => {
            Some(format!("The tax year {year} ends on {to}. Statements are issued after that"))
        }
        Some(_) if wording.current(crate::config::WordingKey::Statement, entity, today).is_none() => {
            Some("The charity file has no words for statements on this day".to_owned())
        }
        Some(_) => None,
    })
}

/// The dry run: writes nothing. `most`: donors weighed at most; all of them are counted.
///
/// # Errors
/// When the database refuses.
pub async fn preview(deps: &Deps, entity_id: &str, year: &str, most: Option<usize>) -> Result<Preview> {
    let now = deps.clock.now();
    let mut out = Preview { blocked: obstacle(deps, entity_id, year, now)?, ..Preview::default() };
    let entity = words::entity(deps, entity_id)?;
    if bounds(entity, year, now).is_none() {
        return Ok(out);
    }
    let mut read = deps.store.read().await?;
    let donors = statement_lines::donors_of_year(&mut read, entity_id, year).await?;
    out.donors = donors.len();
    let most = most.unwrap_or(usize::MAX);
    out.partial = donors.len() > most;
    for owner in donors.iter().take(most) {
        let content = compose::compose(deps, &mut read, owner, entity, year, now).await?;
        let old = statements::latest(&mut read, owner, entity_id, year).await?;
        match old {
            Some(old) if old.content.same_figures(&content) => out.unchanged += 1,
            Some(_) => out.changed += 1,
            None => out.new += 1,
        }
        if content.donor.email.is_empty() {
            out.on_paper += 1;
        }
        for block in &content.blocks {
            match out.totals.iter_mut().find(|(currency, _)| *currency == block.currency) {
                Some((_, sum)) => *sum = sum.saturating_add(block.totals.counts),
                None => out.totals.push((block.currency, block.totals.counts)),
            }
        }
    }
    Ok(out)
}

/// Begins a run for a year that has ended, once for each form; a run of the year that is open goes on instead. `by`: a
/// member of staff, or `None` for the command line.
///
/// # Errors
/// When the database refuses.
pub async fn begin(deps: &Deps, entity: &str, year: &str, nonce: &str, by: Option<&Actor>) -> Result<Begun> {
    let now = deps.clock.now();
    if let Some(why) = obstacle(deps, entity, year, now)? {
        return Ok(Begun::Blocked(why));
    }
    let mut tx = deps.store.write().await?;
    let run = Run {
        id: StatementRunId::new(now, &deps.random),
        entity_id: entity.to_owned(),
        tax_year: year.to_owned(),
        state: "running".to_owned(),
        expected: 0,
        asked_by: by.map_or_else(|| "command line".to_owned(), |a| a.id.to_string()),
        asked_at: now,
        finished_at: None,
    };
    if !statement_runs::insert_if_new(&mut tx, &run, nonce).await? {
        let known = match statement_runs::by_nonce(&mut tx, nonce).await? {
            Some(known) => Some(known),
            None => statement_runs::open_of(&mut tx, entity, year).await?,
        };
        let known = known
            .ok_or_else(|| ServiceError::Unexpected("a run that is neither new nor known".to_owned()))?;
        return Ok(Begun::Running(known.id));
    }
    enqueue(deps, &mut tx, &run.id, now).await?;
    statement_runs::finish_if_done(&mut tx, &run.id, now).await?;
    note(deps, &mut tx, by, "statements.begun", &run.id, json!({ "entity": entity, "year": year }));
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Begun::Running(run.id))
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    by: Option<&Actor>,
    action: &'static str,
    run: &StatementRunId,
    after: Value,
) {
    if let Some(actor) = by {
        record(deps, tx, actor, Act { action, subject: run.as_str(), before: Value::Null, after, why: "" });
    }
}

/// One job for each item that waits.
async fn enqueue(deps: &Deps, tx: &mut WriteTx, run: &StatementRunId, now: Ts) -> Result<()> {
    let mut after = String::new();
    loop {
        let donors = statement_runs::waiting(tx, run, &after, CHUNK).await?;
        let Some(last) = donors.last() else { return Ok(()) };
        after = last.to_string();
        let jobs: Vec<NewJob> = donors.iter().map(|donor| job(deps, run, donor, now)).collect();
        jobs::enqueue_batch(tx, &jobs).await?;
    }
}

fn job(deps: &Deps, run: &StatementRunId, donor: &DonorId, now: Ts) -> NewJob {
    NewJob {
        id: JobId::new(now, &deps.random),
        kind: job_kinds::ISSUE_STATEMENT,
        subject: format!("{run}|{donor}"),
        hint: None,
        run_at: now,
    }
}

/// Holds a run: what is under way is finished, nothing more begins. `false` when it was not running.
///
/// # Errors
/// When the database refuses.
pub async fn pause(deps: &Deps, run: &StatementRunId, by: &Actor) -> Result<bool> {
    let mut tx = deps.store.write().await?;
    let held = statement_runs::set_state(&mut tx, run, "running", "paused").await?;
    if held {
        note(deps, &mut tx, Some(by), "statements.paused", run, Value::Null);
        tx.commit().await?;
    }
    Ok(held)
}

/// Lets a run go on. `false` when it was not held.
///
/// # Errors
/// When the database refuses.
pub async fn resume(deps: &Deps, run: &StatementRunId, by: Option<&Actor>) -> Result<bool> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let goes_on = statement_runs::set_state(&mut tx, run, "paused", "running").await?;
    if goes_on {
        enqueue(deps, &mut tx, run, now).await?;
        statement_runs::finish_if_done(&mut tx, run, now).await?;
        note(deps, &mut tx, by, "statements.resumed", run, Value::Null);
        tx.commit().await?;
        deps.work.notify_waiters();
    }
    Ok(goes_on)
}

/// Does one item; one of a run that is held stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn run_item(deps: &Deps, subject: &str) -> Result<()> {
    let unfit = || ServiceError::Unexpected(format!("{subject:?} is no item of a run"));
    let (run, donor) = subject.split_once('|').ok_or_else(unfit)?;
    let (id, donor): (StatementRunId, DonorId) =
        (run.parse().map_err(|_| unfit())?, donor.parse().map_err(|_| unfit())?);
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(run) = statement_runs::by_id(&mut tx, &id).await?.filter(|r| r.state == "running") else {
        return Ok(());
    };
    let issued = issue(deps, &mut tx, &donor, &run.entity_id, &run.tax_year, Some(&id), now).await?;
    let (state, statement, why) = match &issued {
        Issued::New(id) => ("issued", Some(id), None),
        Issued::Unchanged(id) => ("unchanged", Some(id), None),
        Issued::Nothing => ("nothing", None, None),
        Issued::Blocked(why) => ("blocked", None, Some(why.as_str())),
    };
    if !statement_runs::close_item(&mut tx, &id, &donor, state, statement, why, now).await? {
        // Done before: whatever was written here just now must not stay.
        return Ok(());
    }
    statement_runs::finish_if_done(&mut tx, &id, now).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}
