//! `/staff/reports/programme`: the monthly gifts month by month, who stayed, what failed, and what is to come.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::donors::{choice, select};
use super::guard::Staff;
use super::look::{Look, column, figures};
use super::months::named;
use super::programme_plans::{self as plans, What};
use super::{blank, paging, reports, show};
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::closing::Month;
use crate::domain::money::{Currency, Money};
use crate::domain::programme::{self as book, Cohort, Count, LOOKED_AT, Life, Move, Row};
use crate::domain::role::Right;
use crate::domain::states::{EndedWhy, RecoveryState};
use crate::services::income::MONTHS_AT_MOST;
use crate::services::programme::{self, AHEAD, COHORTS, Programme, spans};
use crate::services::staff::record_list;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::pages::{
    Bar, Cell, Chart, ChartSection, DataTable, Empty, Fact, Facts, FilterBar, Link, Section, TableSection,
};
use crate::web::router::{Policy, Route};

/// The report.
pub(super) const HERE: &str = "/staff/reports/programme";
/// The same as a spreadsheet.
const CSV: &str = "/staff/reports/programme.csv";
/// Months shown.
const MONTHS: usize = 12;
/// What the figures of the forecast are called; none of its months stands out.
const AHEAD_VALUE: &str = "To come";

/// The routes of the report.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(page) },
    Route { path: CSV, policy: Policy::Staff(Right::ExportData), methods: || get(csv) },
];

/// What is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    entity: String,
    to: String,
}

impl Raw {
    /// The entity and the months; what cannot be read is as by default.
    fn asked<'a>(&self, state: &'a AppState) -> Result<(&'a Entity, Month, Month), AppError> {
        let charity = &state.deps.config.charity;
        let entity = charity.entity(&self.entity).or(charity.entities.first());
        let entity = entity.ok_or_else(AppError::not_found)?;
        let this = Month::of(state.deps.clock.now().date_in(&entity.time_zone));
        let to = self.to.parse().ok().filter(|to| *to <= this).unwrap_or(this);
        Ok((entity, (1..MONTHS).fold(to, |m, _| m.before()), to))
    }
}

/// Shows the report.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let (entity, from, to) = raw.asked(&state)?;
    let read = programme::read(&state.deps, &[entity], from, to).await?;
    record_list(&state.deps, &staff.actor, "programme report", 0).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "The monthly programme", reports::HERE);
    shown.tabs = reports::tabs(&staff, HERE);
    shown.lead = format!(
        "{}, {} to {}. Worth is what the plans bring in a year as they stand, fees that donors cover included; quarterly and yearly \
         gifts count in.",
        entity.legal_name,
        named(look, from),
        named(look, to)
    );
    if staff.may(Right::ExportData) {
        let parts = [("entity", entity.id.as_str()), ("to", &to.to_string())];
        shown.actions = vec![Link::new("Download as a spreadsheet (CSV)", paging::href(CSV, &parts))];
    }
    shown.filter = Some(filter(look, entity, to));
    for currency in read.currencies(&entity.id) {
        let one = One { look, entity, currency, read: &read, lives: read.of(&entity.id, currency), from, to };
        shown.sections.extend(one.sections());
    }
    if shown.sections.is_empty() {
        shown.sections.push(Section::Table(TableSection {
            empty: Some(Empty {
                title: "No monthly gifts yet".to_owned(),
                text: "They stand here from the first one on.".to_owned(),
                ..Empty::default()
            }),
            ..TableSection::default()
        }));
    }
    show(&shown)
}

fn filter(look: Look<'_>, entity: &Entity, to: Month) -> FilterBar {
    let entities = &look.state.deps.config.charity.entities;
    let this = Month::of(look.state.deps.clock.now().date_in(&entity.time_zone));
    let mut months = Vec::new();
    let mut month = this;
    for _ in 0..MONTHS_AT_MOST {
        months.push(choice(&month.to_string(), named(look, month), &to.to_string()));
        month = month.before();
    }
    FilterBar {
        action: HERE.to_owned(),
        label: "Choose what the report shows".to_owned(),
        button: "Show".to_owned(),
        selects: vec![
            select(
                "entity",
                "Entity",
                entities.iter().map(|e| choice(&e.id, e.legal_name.as_str(), &entity.id)).collect(),
            ),
            select("to", "Up to", months),
        ],
        ..FilterBar::default()
    }
}

/// The report of one currency.
struct One<'a> {
    look: Look<'a>,
    entity: &'a Entity,
    currency: Currency,
    read: &'a Programme,
    lives: Vec<&'a Life>,
    from: Month,
    to: Month,
}

impl One<'_> {
    fn money(&self, minor: i64) -> String {
        self.look.money(Money::new(minor, self.currency))
    }

    fn href(&self, month: Month, what: What) -> String {
        plans::href(&self.entity.id, self.currency, month, what)
    }

    /// How many, with what they come to beneath, leading to the plans; blank when there are none.
    fn count(&self, month: Month, what: What, count: Count) -> Cell {
        if count.plans == 0 {
            return Cell::default();
        }
        Cell { note: self.money(count.minor), ..Cell::link(count.plans.to_string(), self.href(month, what)) }
    }

    fn sections(&self) -> Vec<Section> {
        let rows = book::roll(&self.lives, &spans(self.entity, self.from, self.to));
        let mut all = vec![Section::Facts(self.now(&rows)), Section::Chart(self.worth_chart(&rows))];
        all.push(Section::Table(self.months(&rows)));
        all.push(Section::Table(self.lost(&rows)));
        all.extend(self.failed());
        all.extend(self.cohorts());
        let ahead = self.ahead();
        all.push(Section::Chart(self.ahead_chart(&ahead)));
        all.push(Section::Table(self.ahead_table(&ahead)));
        all
    }

    fn now(&self, rows: &[Row]) -> Facts {
        let closing = rows.last().map(|r| r.closing).unwrap_or_default();
        let average = if closing.plans == 0 { 0 } else { closing.minor / closing.plans / 12 };
        let fact = |label: &str, value: String| match rows.last() {
            Some(row) => Fact::link(label, value, self.href(row.month, What::Closing)),
            None => Fact::new(label, value),
        };
        let began: i64 = rows.iter().map(|r| r.of(Move::New).plans).sum();
        let lost: i64 = rows.iter().map(|r| r.lost().plans).sum();
        Facts {
            heading: format!("In {}", self.currency.code()),
            rows: vec![
                fact("Plans that go on", closing.plans.to_string()),
                fact("Worth a year", self.money(closing.minor)),
                Fact::new("Average a month", self.money(average)),
                Fact::new("Began in these months", began.to_string()),
                Fact::new("Lost in these months", lost.to_string()),
            ],
            links: Vec::new(),
        }
    }

    fn bars(&self, title: &str, text: String, value: &str, bars: Vec<(Month, i64)>) -> Chart {
        let top = bars.iter().map(|(_, minor)| *minor).max().unwrap_or(0).max(1);
        let locale = &self.look.state.deps.config.charity.brand.locale;
        let last = bars.len().saturating_sub(1);
        let bar = |(nth, (month, minor)): (usize, &(Month, i64))| Bar {
            label: named(self.look, *month),
            short: short(self.look, *month, nth == 0),
            value: self.money(*minor),
            share: u8::try_from((*minor).max(0).saturating_mul(100) / top).unwrap_or(100),
            strong: nth == last && value != AHEAD_VALUE,
        };
        Chart {
            title: title.to_owned(),
            text,
            label_heading: "Month".to_owned(),
            value_heading: value.to_owned(),
            top: Money::new(top, self.currency).display_short(locale),
            bars: bars.iter().enumerate().map(bar).collect(),
        }
    }

    fn worth_chart(&self, rows: &[Row]) -> ChartSection {
        let first = rows.first().map_or(0, |r| r.opening.minor);
        let last = rows.last().map_or(0, |r| r.closing.minor);
        let text = match (last - first).signum() {
            0 => "Worth a year as much as at the beginning.".to_owned(),
            1 => format!("{} more a year than at the beginning.", self.money(last - first)),
            _ => format!("{} less a year than at the beginning.", self.money(first - last)),
        };
        let bars = rows.iter().map(|r| (r.month, r.closing.minor)).collect();
        ChartSection {
            heading: String::new(),
            chart: self.bars("What the plans were worth a year", text, "Worth a year", bars),
        }
    }

    fn months(&self, rows: &[Row]) -> TableSection {
        let row = |r: &Row| {
            vec![
                Cell::new(named(self.look, r.month)),
                self.count(r.month, What::Opening, r.opening),
                self.count(r.month, What::Moved(Move::New), r.of(Move::New)),
                self.count(r.month, What::Moved(Move::Raised), r.of(Move::Raised)),
                self.count(r.month, What::Moved(Move::Lowered), r.of(Move::Lowered)),
                self.count(r.month, What::Lost, r.lost()),
                self.count(r.month, What::Closing, r.closing),
            ]
        };
        TableSection {
            heading: "Month by month".to_owned(),
            lead: "What goes on as a month begins, with what began and was raised, without what was lowered and lost, goes on as it \
                   ends. Beneath each number: what it is worth a year."
                .to_owned(),
            table: DataTable {
                caption: "The months".to_owned(),
                quiet_caption: true,
                columns: vec![
                    column("Month"),
                    figures("At the beginning"),
                    figures("Began"),
                    figures("Raised"),
                    figures("Lowered"),
                    figures("Lost"),
                    figures("At the end"),
                ],
                rows: rows.iter().map(row).collect(),
                ..DataTable::default()
            },
            ..TableSection::default()
        }
    }

    fn lost(&self, rows: &[Row]) -> TableSection {
        let why = [
            (EndedWhy::Asked, "Donor stopped"),
            (EndedWhy::Failed, "Charges failed"),
            (EndedWhy::Date, "Last day came"),
            (EndedWhy::Elsewhere, "Ended at Stripe"),
        ];
        let row = |r: &Row| {
            let mut cells = vec![Cell::new(named(self.look, r.month))];
            for (why, _) in why {
                let of = Move::Lost(why);
                cells.push(self.count(r.month, What::Moved(of), r.of(of)));
            }
            cells
        };
        let mut columns = vec![column("Month")];
        columns.extend(why.map(|(_, label)| figures(label)));
        TableSection {
            heading: "Why plans were lost".to_owned(),
            table: DataTable {
                caption: "Lost, by why".to_owned(),
                quiet_caption: true,
                columns,
                rows: rows.iter().filter(|r| r.lost().plans > 0).map(row).collect(),
                ..DataTable::default()
            },
            empty: Some(Empty {
                title: "None was lost".to_owned(),
                text: "In these months every plan went on.".to_owned(),
                ..Empty::default()
            }),
            ..TableSection::default()
        }
    }

    fn failed(&self) -> Option<Section> {
        let mut rows = Vec::new();
        for (month, starts, ends) in spans(self.entity, self.from, self.to) {
            let failed = self.read.failed_in(&self.entity.id, self.currency, starts, ends);
            if failed.is_empty() {
                continue;
            }
            let of = |state: Option<RecoveryState>| {
                let mut count = Count::default();
                for f in failed.iter().filter(|f| state.is_none_or(|s| f.state == s)) {
                    count.add(f.amount_minor);
                }
                count
            };
            let cell = |state| self.count(month, What::Failed(state), of(state));
            rows.push(vec![
                Cell::new(named(self.look, month)),
                cell(None),
                cell(Some(RecoveryState::Recovered)),
                cell(Some(RecoveryState::Ended)),
                cell(Some(RecoveryState::Dropped)),
                cell(Some(RecoveryState::Open)),
            ]);
        }
        (!rows.is_empty()).then(|| {
            Section::Table(TableSection {
                heading: "Charges that failed, and what became of them".to_owned(),
                lead: "By the month of the first try. Beneath each number: what was owed.".to_owned(),
                table: DataTable {
                    caption: "Failed charges".to_owned(),
                    quiet_caption: true,
                    columns: vec![
                        column("Month"),
                        figures("Failed"),
                        figures("Came through"),
                        figures("Plan ended"),
                        figures("Let go"),
                        figures("Still tried"),
                    ],
                    rows,
                    ..DataTable::default()
                },
                ..TableSection::default()
            })
        })
    }

    fn cohorts(&self) -> Option<Section> {
        let first = (1..COHORTS).fold(self.to, |m, _| m.before());
        let end_of = |m: Month| -> Ts { m.bounds(&self.entity.time_zone).1 };
        let now = self.look.state.deps.clock.now();
        let all = book::cohorts(&self.lives, &spans(self.entity, first, self.to), now, end_of);
        let row = |c: &Cohort| {
            let mut cells = vec![
                Cell::new(named(self.look, c.month)),
                Cell::link(c.began.to_string(), self.href(c.month, What::Moved(Move::New))),
            ];
            for stayed in c.stayed {
                cells.push(match stayed {
                    None => Cell::new(""),
                    Some(n) => Cell {
                        note: n.to_string(),
                        ..Cell::new(format!("{}%", n.saturating_mul(100) / c.began.max(1)))
                    },
                });
            }
            cells
        };
        let mut columns = vec![column("Began in"), figures("Plans")];
        columns.extend(
            LOOKED_AT.map(|n| figures(&if n == 1 { "1 month".to_owned() } else { format!("{n} months") })),
        );
        (!all.is_empty()).then(|| {
            Section::Table(TableSection {
                heading: "Who stayed".to_owned(),
                lead: "Of the plans that began in a month, how many went on so many months later.".to_owned(),
                table: DataTable {
                    caption: "Who stayed".to_owned(),
                    quiet_caption: true,
                    columns,
                    rows: all.iter().rev().map(row).collect(),
                    ..DataTable::default()
                },
                ..TableSection::default()
            })
        })
    }

    fn ahead(&self) -> Vec<(Month, Count)> {
        let this = Month::of(self.look.state.deps.clock.now().date_in(&self.entity.time_zone));
        let last = (1..AHEAD).fold(this, |m, _| m.next());
        book::forecast(&self.lives, &spans(self.entity, this, last))
    }

    fn ahead_chart(&self, ahead: &[(Month, Count)]) -> ChartSection {
        let sum: i64 = ahead.iter().map(|(_, c)| c.minor).sum();
        let bars = ahead.iter().map(|(m, c)| (*m, c.minor)).collect();
        ChartSection {
            heading: String::new(),
            chart: self.bars(
                "To come, by the plans’ own schedules",
                format!("{} in twelve months, if no plan is lost and none begins.", self.money(sum)),
                AHEAD_VALUE,
                bars,
            ),
        }
    }

    fn ahead_table(&self, ahead: &[(Month, Count)]) -> TableSection {
        let row = |(month, count): &(Month, Count)| {
            vec![
                Cell::new(named(self.look, *month)),
                Cell::new(count.plans.to_string()),
                match count.plans {
                    0 => Cell::new(self.money(0)),
                    _ => Cell::link(self.money(count.minor), self.href(*month, What::Ahead)),
                },
            ]
        };
        let total = |of: fn(&Count) -> i64| ahead.iter().map(|(_, c)| of(c)).sum::<i64>();
        TableSection {
            lead: "Pauses are left out, last days are kept; of this month what is still to come.".to_owned(),
            table: DataTable {
                caption: "To come".to_owned(),
                quiet_caption: true,
                columns: vec![column("Month"), figures("Charges"), figures("Sum")],
                rows: ahead.iter().map(row).collect(),
                totals: vec![
                    Cell::new("In all"),
                    Cell::new(total(|c| c.plans).to_string()),
                    Cell::new(self.money(total(|c| c.minor))),
                ],
            },
            ..TableSection::default()
        }
    }
}

/// `Nov`; with the year where a row of months begins and in every January: `Jan 26`.
pub(super) fn short(look: Look<'_>, month: Month, first: bool) -> String {
    let name: String = named(look, month).chars().take(3).collect();
    let day = month.first_day();
    if first || day.month() == 1 { format!("{name} {:02}", day.year() % 100) } else { name }
}

/// The months as a spreadsheet, every currency of the entity.
///
/// # Errors
/// When the database refuses.
pub async fn csv(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let (entity, from, to) = raw.asked(&state)?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(super::guard::prove_first(HERE));
    }
    let read = programme::read(&state.deps, &[entity], from, to).await?;
    record_list(&state.deps, &staff.actor, "programme report as a spreadsheet", 0).await?;
    let months: Vec<(String, Currency, Vec<Row>)> = read
        .currencies(&entity.id)
        .into_iter()
        .map(|c| (entity.id.clone(), c, book::roll(&read.of(&entity.id, c), &spans(entity, from, to))))
        .collect();
    let name = format!("programme-{}-{from}-{to}.csv", entity.id);
    Ok(downloads::attachment("text/csv; charset=utf-8", &name, programme::csv(&months)?))
}
