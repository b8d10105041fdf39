//! The report of the monthly programme: what began, rose, fell, was lost and came back, who stayed, what is to come.

use std::collections::BTreeMap;

use super::income::MONTHS_AT_MOST;
use super::{Deps, Result, ServiceError};
use crate::clock::Ts;
use crate::config::Entity;
use crate::documents::cell::Cell;
use crate::documents::csv::Sheet;
use crate::domain::closing::Month;
use crate::domain::ids::PledgeId;
use crate::domain::money::Currency;
use crate::domain::programme::{self, Life, Move, Row, Span, Step};
use crate::domain::states::{EndedWhy, PledgeState};
use crate::store::pledges::Pledge;
use crate::store::programme::{self as rows, Change, Failed};

/// Months of beginnings whose plans are followed.
pub const COHORTS: usize = 24;
/// Months that are looked ahead.
pub const AHEAD: usize = 12;

/// What the report is read from: every life that its months touch, and the charges that failed in them.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Plans.
    pub lives: Vec<Life>,
    /// Charges that failed.
    pub failed: Vec<Failed>,
}

fn life(plan: Pledge, changes: Vec<Change>) -> Life {
    let value = |total: i64, frequency| programme::worth(total, frequency);
    let steps = changes
        .iter()
        .map(|c| Step {
            at: c.at,
            by: value(c.became.total().minor(), c.became.frequency)
                - value(c.was.total().minor(), c.was.frequency),
        })
        .collect();
    let ended = match plan.state {
        PledgeState::Ended => plan.ended_at.map(|at| (at, plan.ended_why.unwrap_or(EndedWhy::Elsewhere))),
        PledgeState::Pending
        | PledgeState::Active
        | PledgeState::Retrying
        | PledgeState::Paused
        | PledgeState::Ending => None,
    };
    let schedule = plan.terms().filter(|_| ended.is_none()).map(|t| t.schedule());
    Life {
        worth: value(plan.total().minor(), plan.frequency),
        charge: plan.total().minor(),
        id: plan.id,
        entity_id: plan.entity_id,
        currency: plan.currency,
        started_at: plan.started_at,
        ended,
        steps,
        schedule,
    }
}

/// Reads the programme of some months, and of those whose beginnings are followed up to the last of them.
///
/// # Errors
/// When the database refuses.
pub async fn read(deps: &Deps, entities: &[&Entity], from: Month, to: Month) -> Result<Programme> {
    let cohorts = (1..COHORTS).fold(to, |m, _| m.before());
    let first = from.min(cohorts);
    // The earliest beginning of that month on earth that an entity can have.
    let since = entities.iter().map(|e| first.bounds(&e.time_zone).0).min().unwrap_or(deps.clock.now());
    let (plans, changes, failed) = {
        let mut read = deps.store.read().await?;
        let plans = rows::plans_since(&mut read, since).await?;
        let changes = rows::changes_since(&mut read, since).await?;
        (plans, changes, rows::failed_since(&mut read, since).await?)
    };
    let mut by_plan: BTreeMap<PledgeId, Vec<Change>> = BTreeMap::new();
    for change in changes {
        by_plan.entry(change.pledge_id.clone()).or_default().push(change);
    }
    let wanted = |id: &str| entities.iter().any(|e| e.id == id);
    let lives = plans
        .into_iter()
        .filter(|p| wanted(&p.entity_id))
        .map(|p| {
            let changes = by_plan.remove(&p.id).unwrap_or_default();
            life(p, changes)
        })
        .collect();
    let failed = failed.into_iter().filter(|f| wanted(&f.entity_id)).collect();
    Ok(Programme { lives, failed })
}

/// The months from one to another with their instants in an entity's zone, the latest ones when there are too many.
pub fn spans(entity: &Entity, from: Month, to: Month) -> Vec<Span> {
    let mut all = Vec::new();
    let mut month = to;
    while month >= from && all.len() < MONTHS_AT_MOST {
        let (starts, ends) = month.bounds(&entity.time_zone);
        all.push((month, starts, ends));
        month = month.before();
    }
    all.reverse();
    all
}

impl Programme {
    /// The plans to one entity in one currency.
    pub fn of(&self, entity: &str, currency: Currency) -> Vec<&Life> {
        self.lives.iter().filter(|l| l.entity_id == entity && l.currency == currency).collect()
    }

    /// The currencies there are plans in to one entity, each once.
    pub fn currencies(&self, entity: &str) -> Vec<Currency> {
        let mut all: Vec<Currency> = Vec::new();
        for life in self.lives.iter().filter(|l| l.entity_id == entity) {
            if !all.contains(&life.currency) {
                all.push(life.currency);
            }
        }
        all.sort_by_key(|c| c.code());
        all
    }

    /// The charges of a span that failed, to one entity in one currency.
    pub fn failed_in(&self, entity: &str, currency: Currency, starts: Ts, ends: Ts) -> Vec<&Failed> {
        let within = |f: &&Failed| f.began_at >= starts && f.began_at < ends;
        self.failed
            .iter()
            .filter(|f| f.entity_id == entity && f.currency == currency)
            .filter(within)
            .collect()
    }
}

/// What a move is called in the file.
fn word(of: Move) -> &'static str {
    match of {
        Move::New => "began",
        Move::Raised => "raised",
        Move::Lowered => "lowered",
        Move::Lost(EndedWhy::Asked) => "stopped_by_donor",
        Move::Lost(EndedWhy::Failed) => "lost_to_failed_charges",
        Move::Lost(EndedWhy::Date) => "reached_last_day",
        Move::Lost(EndedWhy::Elsewhere) => "ended_elsewhere",
    }
}

/// The months as CSV: a row for each, with how many plans and what they are worth a year in major units; openings, moves and
/// closings add up.
///
/// # Errors
/// Never in memory.
pub fn csv(months: &[(String, Currency, Vec<Row>)]) -> Result<Vec<u8>> {
    let mut head: Vec<String> =
        ["month", "entity", "currency", "opening", "opening_worth"].map(str::to_owned).to_vec();
    for of in Move::ALL {
        head.push(word(of).to_owned());
        head.push(format!("{}_worth", word(of)));
    }
    head.extend(["closing", "closing_worth"].map(str::to_owned));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new(&head);
    for (entity, currency, rows) in months {
        let decimals = u8::try_from(currency.exponent()).unwrap_or(2);
        for row in rows {
            let mut cells = vec![
                Cell::text(row.month.to_string()),
                Cell::text(entity.as_str()),
                Cell::text(currency.code()),
            ];
            let mut pair = |plans: i64, minor: i64| {
                cells.push(Cell::Whole(plans));
                cells.push(Cell::Decimal(minor, decimals));
            };
            pair(row.opening.plans, row.opening.minor);
            for of in Move::ALL {
                let count = row.of(of);
                pair(count.plans, if of.takes() { -count.minor } else { count.minor });
            }
            pair(row.closing.plans, row.closing.minor);
            sheet
                .cells(cells.into_iter())
                .map_err(|e| ServiceError::Unexpected(format!("programme: {e}")))?;
        }
    }
    Ok(sheet.finish())
}
