//! The close of an entity's month: a checklist that must be green, figures that are frozen, and a lock (AC-7). What becomes
//! known later is booked in the month that is open then; the ledger's own trigger sees to that.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::staff::{Act, Actor, record};
use super::{Deps, Result, ServiceError, compose};
use crate::clock::Ts;
use crate::domain::closing::{Checked, CloseState, Figures, Item, Month};
use crate::domain::ids::CloseId;
use crate::store::closings::{self, Close, Counts, NewClose};
use crate::store::payouts::{self, PayoutRow};
use crate::store::{Conn, Day, StoreError, WriteTx};

/// A month of an entity as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub month: Month,
    /// When it begins in the entity's zone, and when the next one does.
    pub bounds: (Ts, Ts),
    /// Every close of the entity, the latest first.
    pub closes: Vec<Close>,
    /// What the books have for it now.
    pub figures: Figures,
    /// What is looked at before it is closed; empty once it is.
    pub checklist: Vec<Checked>,
    /// Payouts that reached the bank in it, of the whole charity.
    pub payouts: Vec<PayoutRow>,
}

impl Standing {
    /// The close that is in force.
    pub fn close(&self) -> Option<&Close> {
        self.closes.iter().find(|c| c.month == self.month && c.is_shut())
    }

    /// Versions of it that were opened again, the latest first.
    pub fn earlier(&self) -> Vec<&Close> {
        self.closes.iter().filter(|c| c.month == self.month && !c.is_shut()).collect()
    }

    /// The latest month that is closed.
    pub fn latest(&self) -> Option<Month> {
        self.closes.iter().find(|c| c.is_shut()).map(|c| c.month)
    }

    /// Whether it may be closed now.
    pub fn is_green(&self) -> bool {
        self.close().is_none() && self.checklist.iter().all(Checked::is_green)
    }
}

/// The zone that an entity's months go by.
fn zone(deps: &Deps, entity: &str) -> Result<TimeZone> {
    Ok(compose::entity(deps, entity)?.time_zone.clone())
}

/// A month of an entity as it stands now.
///
/// # Errors
/// When there is no such entity, or the database refuses.
pub async fn look(deps: &Deps, entity: &str, month: Month) -> Result<Standing> {
    let zone = zone(deps, entity)?;
    let mut read = deps.store.read().await?;
    look_on(&mut read, entity, month, &zone, deps.clock.now()).await
}

async fn look_on(conn: &mut Conn, entity: &str, month: Month, zone: &TimeZone, now: Ts) -> Result<Standing> {
    let bounds = month.bounds(zone);
    let closes = closings::of_entity(conn, entity).await?;
    let figures = closings::figures(conn, entity, month, bounds).await?;
    let payouts = payouts::arrived(conn, Day(month.first_day()), Day(month.last_day())).await?;
    let mut standing = Standing { month, bounds, closes, figures, checklist: Vec::new(), payouts };
    if standing.close().is_none() {
        let counts = closings::counts(conn, entity, bounds, Day(month.last_day())).await?;
        standing.checklist = checklist(&standing, &counts, now);
    }
    Ok(standing)
}

/// Payouts that can be traced and are not explained to the penny.
fn unexplained(payouts: &[PayoutRow]) -> i64 {
    payouts.iter().filter(|p| p.automatic && !p.is_explained()).count() as i64
}

fn checklist(standing: &Standing, counts: &Counts, now: Ts) -> Vec<Checked> {
    let yes = |item, good: bool| Checked { item, wrong: i64::from(!good), of: None };
    let some = |item, wrong, of| Checked { item, wrong, of: Some(of) };
    let traced = standing.payouts.iter().filter(|p| p.automatic).count() as i64;
    let follows = standing.latest().is_none_or(|latest| latest.next() == standing.month);
    vec![
        yes(Item::Over, standing.bounds.1 <= now),
        yes(Item::Before, follows),
        some(Item::Payouts, unexplained(&standing.payouts), traced),
        some(Item::Lines, counts.lines_astray, counts.lines),
        some(Item::Gifts, counts.gifts_unlined, counts.gifts),
        some(Item::Jobs, counts.given_up, counts.given_up),
        some(Item::Drift, counts.drift, counts.drift),
        some(Item::Batches, counts.batches, counts.batches),
        some(Item::Refunds, counts.refunds, counts.refunds),
    ]
}

/// What became of a wish to close a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is closed; which version that is.
    Done(i64),
    /// Somebody was first.
    Before(String),
    /// Something on the checklist is not green.
    NotYet,
}

/// Closes a month: everything on the checklist is looked at once more, with the ledger held still, and the figures of that
/// moment are frozen.
///
/// # Errors
/// When there is no such entity, or the database refuses: then nothing was closed.
pub async fn close(deps: &Deps, actor: &Actor, entity: &str, month: Month) -> Result<Closed> {
    let zone = zone(deps, entity)?;
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    closings::hold_ledger(&mut tx).await?;
    let standing = look_on(&mut tx, entity, month, &zone, now).await?;
    if let Some(close) = standing.close() {
        return Ok(Closed::Before(close.closed_by_name.clone()));
    }
    if !standing.is_green() {
        return Ok(Closed::NotYet);
    }
    let version = standing.earlier().first().map_or(1, |c| c.version + 1);
    let (text, hash) =
        standing.figures.frozen().map_err(|e| ServiceError::Unexpected(format!("figures: {e}")))?;
    let new = NewClose {
        id: CloseId::new(now, &deps.random),
        entity_id: entity,
        month,
        version,
        bounds: standing.bounds,
        frozen: (&text, &hash),
        at: now,
        by: &actor.id,
    };
    closings::insert(&mut tx, &new).await?;
    let after = json!({ "entity": entity, "month": month.to_string(), "version": version, "figures": hash });
    note(deps, &mut tx, actor, "month.closed", &new.id, after, "");
    match tx.commit().await {
        Ok(()) => Ok(Closed::Done(version)),
        Err(error) => Err(error.into()),
    }
}

/// What became of a wish to open a month again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopening {
    /// It was asked for: a second person has to agree.
    Asked,
    /// It is open again.
    Done,
    /// It stays closed.
    Kept,
    /// Only the latest closed month can be opened again.
    NotTheLatest,
    /// Who asked cannot agree.
    Alone,
    /// It is not closed, or somebody was first.
    NotNow,
}

/// What somebody wants about a closed month.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// Open it again, for this reason.
    Ask(&'a str),
    /// Agree to that.
    Agree,
    /// Leave it closed.
    Keep,
}

/// Opens a closed month again by two people, one after the other; or leaves it closed after all.
///
/// # Errors
/// When there is no such entity, or the database refuses.
pub async fn reopen(
    deps: &Deps,
    actor: &Actor,
    entity: &str,
    month: Month,
    wish: Wish<'_>,
) -> Result<Reopening> {
    compose::entity(deps, entity)?;
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let closes = closings::of_entity(&mut tx, entity).await?;
    let latest = closes.iter().find(|c| c.is_shut());
    let Some(close) = closes.iter().find(|c| c.month == month && c.is_shut()) else {
        return Ok(Reopening::NotNow);
    };
    if latest.is_some_and(|latest| latest.month != month) {
        return Ok(Reopening::NotTheLatest);
    }
    let (done, action, outcome, why) = match wish {
        Wish::Ask(why) => {
            let done = closings::ask_to_reopen(&mut tx, &close.id, &actor.id, why, now).await?;
            (done, "month.reopening_asked", Reopening::Asked, why)
        }
        Wish::Keep => {
            (closings::keep_closed(&mut tx, &close.id).await?, "month.kept_closed", Reopening::Kept, "")
        }
        Wish::Agree if close.reopen_asked_by.as_ref() == Some(&actor.id) => return Ok(Reopening::Alone),
        Wish::Agree => {
            let done = closings::reopen(&mut tx, &close.id, &actor.id, now).await?;
            (done, "month.reopened", Reopening::Done, "")
        }
    };
    if !done {
        return Ok(Reopening::NotNow);
    }
    let after = json!({ "entity": entity, "month": month.to_string(), "version": close.version });
    note(deps, &mut tx, actor, action, &close.id, after, why);
    tx.commit().await?;
    Ok(outcome)
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &Actor,
    action: &'static str,
    close: &CloseId,
    after: Value,
    why: &str,
) {
    record::record(deps, tx, actor, Act { action, subject: close.as_str(), before: Value::Null, after, why });
}

/// Months of an entity that can be looked at, the latest first: from the one that runs to that of the first gift.
///
/// # Errors
/// When there is no such entity, or the database refuses.
pub async fn months(deps: &Deps, entity: &str) -> Result<(Vec<Month>, Vec<Close>)> {
    let zone = zone(deps, entity)?;
    let mut read = deps.store.read().await?;
    let closes = closings::of_entity(&mut read, entity).await?;
    let Some(first) = closings::first_gift(&mut read, entity).await? else { return Ok((Vec::new(), closes)) };
    let (first, mut month) = (Month::of(first.date_in(&zone)), Month::of(deps.clock.now().date_in(&zone)));
    let mut months = Vec::new();
    while month >= first {
        months.push(month);
        month = month.before();
    }
    Ok((months, closes))
}

/// What is wrong with what was frozen, one sentence each: its hash, and what the books have for a closed month now (I1).
///
/// # Errors
/// When the database refuses.
pub async fn broken(conn: &mut Conn) -> std::result::Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    for entity in &closings::entities(conn).await? {
        for close in closings::of_entity(conn, entity).await? {
            let then = close.figures()?;
            let name = format!("{entity} {} version {}", close.month, close.version);
            let hash = then.frozen().map(|(_, hash)| hash).unwrap_or_default();
            if hash != close.figures_sha256 {
                problems.push(format!("{name}: its figures are not those that were frozen"));
            }
            if close.is_shut() {
                let bounds = (close.starts_at, close.ends_at);
                let now = closings::figures(conn, entity, close.month, bounds).await?;
                for (currency, kind, minor) in now.beyond(&then) {
                    problems.push(format!(
                        "{name}: {} {minor} {} beyond what was frozen",
                        kind.as_str(),
                        currency.code()
                    ));
                }
            }
        }
    }
    Ok(problems)
}

/// The state of a close, in words for the audit and pages.
pub fn state_words(state: CloseState) -> &'static str {
    match state {
        CloseState::Closed => "Closed",
        CloseState::Reopening => "To be opened again",
        CloseState::Reopened => "Opened again",
    }
}
