//! `/staff/reports/programme/plans`: the plans that a figure of the monthly programme is made of.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column, figures};
use super::months::named;
use super::{blank, paging, programme as report, reports, show};
use crate::clock::Ts;
use crate::domain::closing::Month;
use crate::domain::ids::{DonorId, PledgeId};
use crate::domain::money::{Currency, Money};
use crate::domain::programme::{Life, Move, charges_of, moves_of};
use crate::domain::role::Right;
use crate::domain::states::{EndedWhy, RecoveryState};
use crate::services::ServiceError;
use crate::services::programme::{self, Programme};
use crate::services::staff::record::record_listed;
use crate::store::office_donors::name;
use crate::store::programme::{Holder, holders};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Empty, Link, Section, TableSection};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/reports/programme/plans";
/// Plans on the page; the sum is of all of them.
const NAMED: usize = 200;

/// The route of a figure's plans.
pub const ROUTES: &[Route] =
    &[Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(list) }];

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Plans that went on as the month began.
    Opening,
    /// Plans to which this happened in it.
    Moved(Move),
    /// Plans that were lost in it, for whatever reason.
    Lost,
    /// Plans that went on as it ended.
    Closing,
    /// Charges that first failed in it; all, or those of which this became.
    Failed(Option<RecoveryState>),
    /// Charges to come in it.
    Ahead,
}

const WORDS: [(&str, What, &str); 16] = [
    ("opening", What::Opening, "went on as it began"),
    ("began", What::Moved(Move::New), "began"),
    ("raised", What::Moved(Move::Raised), "were raised"),
    ("lowered", What::Moved(Move::Lowered), "were lowered"),
    ("lost", What::Lost, "were lost"),
    ("stopped", What::Moved(Move::Lost(EndedWhy::Asked)), "were stopped by their donors"),
    ("unpaid", What::Moved(Move::Lost(EndedWhy::Failed)), "were lost to charges that failed"),
    ("last-day", What::Moved(Move::Lost(EndedWhy::Date)), "reached their last day"),
    ("elsewhere", What::Moved(Move::Lost(EndedWhy::Elsewhere)), "were ended at Stripe"),
    ("closing", What::Closing, "went on as it ended"),
    ("failed", What::Failed(None), "had a charge that failed"),
    ("recovered", What::Failed(Some(RecoveryState::Recovered)), "had a charge that failed and came through"),
    ("given-up", What::Failed(Some(RecoveryState::Ended)), "had a charge that failed, and ended"),
    ("let-go", What::Failed(Some(RecoveryState::Dropped)), "had a charge that failed and was let go"),
    ("tried", What::Failed(Some(RecoveryState::Open)), "have a charge that is still tried"),
    ("ahead", What::Ahead, "are to be charged"),
];

/// The address of a figure's plans.
pub(super) fn href(entity: &str, currency: Currency, month: Month, what: What) -> String {
    let word = WORDS.iter().find(|(_, of, _)| *of == what).map_or("", |(word, _, _)| word);
    let month = month.to_string();
    paging::href(
        HERE,
        &[("entity", entity), ("currency", currency.code()), ("month", &month), ("what", word)],
    )
}

/// What is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    entity: String,
    currency: String,
    month: String,
    what: String,
}

/// One line of a figure: a plan, when, and what it adds.
#[derive(Clone, Debug)]
struct Line {
    plan: PledgeId,
    at: Ts,
    minor: i64,
}

fn lines(
    read: &Programme,
    entity: &str,
    currency: Currency,
    (starts, ends): (Ts, Ts),
    what: What,
) -> Vec<Line> {
    let lives = read.of(entity, currency);
    let standing = |at: Ts| {
        let line = |l: &&Life| Line { plan: l.id.clone(), at: l.started_at, minor: l.worth_at(at) };
        lives.iter().filter(|l| l.goes_on_at(at)).map(line).collect::<Vec<Line>>()
    };
    let moved = |wanted: &dyn Fn(Move) -> bool| {
        let mut all = Vec::new();
        for life in &lives {
            for (happened, minor) in moves_of(life, starts, ends).into_iter().filter(|(m, _)| wanted(*m)) {
                let at = match happened {
                    Move::New => life.started_at,
                    Move::Lost(_) => life.ended.map_or(life.started_at, |(at, _)| at),
                    Move::Raised | Move::Lowered => {
                        let step =
                            life.steps.iter().find(|s| s.at >= starts && s.at < ends && s.by.abs() == minor);
                        step.map_or(life.started_at, |s| s.at)
                    }
                };
                all.push(Line { plan: life.id.clone(), at, minor });
            }
        }
        all
    };
    match what {
        What::Opening => standing(starts),
        What::Closing => standing(ends),
        What::Moved(wanted) => moved(&|m| m == wanted),
        What::Lost => moved(&|m| matches!(m, Move::Lost(_))),
        What::Failed(state) => read
            .failed_in(entity, currency, starts, ends)
            .into_iter()
            .filter(|f| state.is_none_or(|s| f.state == s))
            .map(|f| Line { plan: f.pledge_id.clone(), at: f.began_at, minor: f.amount_minor })
            .collect(),
        What::Ahead => {
            let mut all = Vec::new();
            for life in &lives {
                let within = charges_of(life).into_iter().filter(|(at, _)| *at >= starts && *at < ends);
                all.extend(within.map(|(at, minor)| Line { plan: life.id.clone(), at, minor }));
            }
            all
        }
    }
}

/// Shows the plans of a figure: the first two hundred by name, the sum of all.
///
/// # Errors
/// 404 when the address names no figure.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let entity = state.deps.config.charity.entity(&raw.entity).ok_or_else(AppError::not_found)?;
    let month: Month = raw.month.parse().map_err(|_| AppError::not_found())?;
    let currency: Currency = raw.currency.parse().map_err(|_| AppError::not_found())?;
    let found = WORDS.iter().find(|(word, _, _)| *word == raw.what);
    let (_, what, words) = *found.ok_or_else(AppError::not_found)?;
    let read = programme::read(&state.deps, &[entity], month, month).await?;
    let mut all = lines(&read, &entity.id, currency, month.bounds(&entity.time_zone), what);
    all.sort_by(|a, b| (b.at, &b.plan).cmp(&(a.at, &a.plan)));
    let sum: i64 = all.iter().map(|l| l.minor).sum();
    let count = all.len();
    all.truncate(NAMED);
    let ids: Vec<PledgeId> = all.iter().map(|l| l.plan.clone()).collect();
    let whose = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        holders(&mut read, &ids).await.map_err(ServiceError::from)?
    };
    let donors: Vec<DonorId> = whose.iter().map(|h| h.owner_id.clone()).collect();
    record_listed(&state.deps, &staff.actor, "programme: plans", count, &donors).await?;
    let look = Look { state: &state, staff: &staff };
    let mut page = blank(&state, &staff, &format!("Plans that {words}"), reports::HERE);
    let back = [("entity", entity.id.as_str()), ("to", &raw.month)];
    page.back = Some(Link::new("The monthly programme", paging::href(report::HERE, &back)));
    page.lead = format!("{}, {}, in {}.", entity.legal_name, named(look, month), currency.code());
    page.sections.push(Section::Table(table(look, currency, &all, &whose, (count, sum), what)));
    show(&page)
}

fn table(
    look: Look<'_>,
    currency: Currency,
    lines: &[Line],
    whose: &[Holder],
    (count, sum): (usize, i64),
    what: What,
) -> TableSection {
    let holders: BTreeMap<&PledgeId, &Holder> = whose.iter().map(|h| (&h.id, h)).collect();
    let money = |minor| look.money(Money::new(minor, currency));
    let row = |l: &Line| {
        let who = holders.get(&l.plan).map_or_else(
            || Cell::new(l.plan.as_str()),
            |h| {
                let called = name(&h.given_name, &h.family_name, h.organisation.as_deref());
                let href = format!("/staff/donors/{}/monthly", h.owner_id);
                Cell { note: l.plan.to_string(), ..Cell::link(look.called(&called, &h.email), href) }
            },
        );
        vec![who, Cell::new(look.day_of(l.at)), Cell::new(money(l.minor))]
    };
    let (when, value) = match what {
        What::Opening | What::Closing => ("Began", "Worth a year"),
        What::Moved(_) | What::Lost => ("When", "Worth a year"),
        What::Failed(_) => ("First try", "Owed"),
        What::Ahead => ("When", "Charge"),
    };
    TableSection {
        lead: if count > lines.len() {
            format!("The latest {} of {count}; the sum is of all of them.", lines.len())
        } else {
            String::new()
        },
        table: DataTable {
            caption: "The plans".to_owned(),
            quiet_caption: true,
            columns: vec![column("Donor"), column(when), figures(value)],
            rows: lines.iter().map(row).collect(),
            totals: vec![Cell::new(format!("{count} in all")), Cell::new(""), Cell::new(money(sum))],
        },
        empty: Some(Empty {
            title: "None".to_owned(),
            text: "No plan is behind this figure.".to_owned(),
            ..Empty::default()
        }),
        ..TableSection::default()
    }
}
