//! `/staff/reports/gift-aid`: what can be claimed, by the last day for it; what cannot yet, and why; what HMRC has not paid
//! (UK-35, UK-41).

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;

use super::donors::{choice, select};
use super::effects::gift_href;
use super::guard::Staff;
use super::look::{Look, column, figures};
use super::{blank, gift_aid, gift_aid_claim_view, paging, reports, show};
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::money::{Currency, Money};
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::gift_aid::claims::{self, Preview, PreviewRow, Tally, tax_of};
use crate::services::staff::record_list;
use crate::store::claims::{Claim, unpaid};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Empty, FilterBar, Link, Section, StaffPage, TableSection, Words};
use crate::web::router::{Policy, Route};

/// The report.
pub(super) const HERE: &str = "/staff/reports/gift-aid";
/// The gifts of one of its figures.
const GIFTS: &str = "/staff/reports/gift-aid/gifts";
/// Gifts that are named; the sum is of all of them.
const NAMED: usize = 200;

/// The routes of the report.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::ManageTax), methods: || get(page) },
    Route { path: GIFTS, policy: Policy::Staff(Right::ManageTax), methods: || get(gifts) },
];

/// What is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    entity: String,
    by: String,
}

fn entities(state: &AppState) -> Vec<&Entity> {
    state.deps.config.charity.entities.iter().filter(|e| e.gift_aid).collect()
}

/// Gifts that share their last day.
struct Aged<'a> {
    deadline: Date,
    rows: Vec<&'a PreviewRow>,
}

fn aged(preview: &Preview) -> Vec<Aged<'_>> {
    let mut by_day: BTreeMap<Date, Vec<&PreviewRow>> = BTreeMap::new();
    for row in &preview.rows {
        by_day.entry(row.deadline).or_default().push(row);
    }
    by_day.into_iter().map(|(deadline, rows)| Aged { deadline, rows }).collect()
}

fn sum(rows: &[&PreviewRow]) -> Money {
    Money::new(rows.iter().map(|r| r.amount_minor).sum(), Currency::GBP)
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
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "Gift Aid to claim", reports::HERE);
    shown.tabs = reports::tabs(&staff, HERE);
    let all = entities(&state);
    let Some(entity) = all.iter().find(|e| e.id == raw.entity).or(all.first()) else {
        let paragraphs = vec!["No legal entity of this charity takes Gift Aid.".to_owned()];
        shown.sections = vec![Section::Words(Words { paragraphs, ..Words::default() })];
        return show(&shown);
    };
    let today = state.deps.clock.now().date_in(&entity.time_zone);
    let preview = claims::preview(&state.deps, entity, today).await?;
    let sent = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        unpaid(&mut read, &entity.id).await.map_err(ServiceError::from)?
    };
    record_list(&state.deps, &staff.actor, "Gift Aid report", preview.rows.len()).await?;
    shown.lead = format!(
        "{}. A gift can be claimed until four years after the end of the year it was given in; what is not claimed by then is lost.",
        entity.legal_name
    );
    shown.actions = vec![Link::new("Claims", paging::href(gift_aid::HERE, &[("entity", &entity.id)]))];
    if all.len() > 1 {
        shown.filter = Some(FilterBar {
            action: HERE.to_owned(),
            label: "Choose what the report shows".to_owned(),
            button: "Show".to_owned(),
            selects: vec![select(
                "entity",
                "Entity",
                all.iter().map(|e| choice(&e.id, e.legal_name.as_str(), &entity.id)).collect(),
            )],
            ..FilterBar::default()
        });
    }
    shown.sections.push(Section::Table(deadlines(look, entity, &preview, today)));
    shown.sections.push(Section::Table(waiting(look, &preview)));
    shown.sections.push(Section::Table(unpaid_table(look, &sent, state.deps.clock.now())));
    show(&shown)
}

/// `in 3 years`, `in 240 days`, `today`.
fn left(today: Date, deadline: Date) -> String {
    let days = (deadline - today).get_days();
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days if days < 400 => format!("in {days} days"),
        days => format!("in {} years", days / 365),
    }
}

fn deadlines(look: Look<'_>, entity: &Entity, preview: &Preview, today: Date) -> TableSection {
    let all = aged(preview);
    let row = |a: &Aged<'_>| {
        let by = a.deadline.to_string();
        let gifts = paging::href(GIFTS, &[("entity", entity.id.as_str()), ("by", &by)]);
        vec![
            Cell { note: left(today, a.deadline), ..Cell::new(look.day(a.deadline)) },
            Cell::new(a.rows.len().to_string()),
            Cell::link(look.money(sum(&a.rows)), gifts),
            Cell::new(look.money(tax_of(a.rows.iter().copied()))),
        ]
    };
    TableSection {
        heading: "Ready, by the last day to claim".to_owned(),
        table: DataTable {
            caption: "Ready to claim".to_owned(),
            quiet_caption: true,
            columns: vec![column("Claim by"), figures("Gifts"), figures("Given"), figures("Gift Aid")],
            rows: all.iter().map(row).collect(),
            totals: vec![
                Cell::new("In all"),
                Cell::new(preview.rows.len().to_string()),
                Cell::new(look.money(preview.gifts)),
                Cell::new(look.money(preview.tax)),
            ],
        },
        empty: Some(Empty {
            title: "Nothing waits to be claimed".to_owned(),
            text: "Every gift that can be is in a claim.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

fn waiting(look: Look<'_>, preview: &Preview) -> TableSection {
    let report = &preview.report;
    let mut held = Tally::default();
    for by_day in &report.held {
        held.gifts += by_day.all.gifts;
        held.minor += by_day.all.minor;
    }
    let kinds = [
        ("Received too short a time ago", held, "They can be claimed by themselves later."),
        (
            "No declaration covers them",
            report.undeclared,
            "The donor can sign in their own pages, for past gifts too.",
        ),
        ("The donor’s bank has not decided", report.disputed, "They follow once it has."),
        ("Something is to be put right first", report.blocked.all, "Named one by one on the page of claims."),
        ("The time to claim is over", report.too_late, "Nothing can be done."),
    ];
    let row = |(why, tally, what): (&str, Tally, &str)| {
        vec![
            Cell { note: what.to_owned(), ..Cell::new(why) },
            Cell::new(tally.gifts.to_string()),
            Cell::new(look.money(Money::new(tally.minor, Currency::GBP))),
        ]
    };
    TableSection {
        heading: "Not in a claim, and why".to_owned(),
        table: DataTable {
            caption: "Not in a claim".to_owned(),
            quiet_caption: true,
            columns: vec![column("Why"), figures("Gifts"), figures("Given")],
            rows: kinds.into_iter().filter(|(_, t, _)| t.gifts > 0).map(row).collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "Nothing is left out".to_owned(),
            text: "Every gift is ready, or in a claim, or never can be in one.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

fn unpaid_table(look: Look<'_>, sent: &[Claim], now: Ts) -> TableSection {
    let row = |c: &Claim| {
        let sent = c.sent_at.unwrap_or(c.made_at);
        let days = now.as_unix().saturating_sub(sent.as_unix()) / 86_400;
        vec![
            Cell::link(c.number.as_str(), gift_aid_claim_view::href(&c.id)),
            Cell::new(look.day_of(sent)),
            Cell::new(days.to_string()),
            Cell::new(look.money(c.expected())),
        ]
    };
    let expected = sent.iter().map(|c| c.expected().minor()).sum();
    TableSection {
        heading: "Sent, and not paid yet".to_owned(),
        table: DataTable {
            caption: "Sent and not paid".to_owned(),
            quiet_caption: true,
            columns: vec![column("Claim"), column("Sent"), figures("Days"), figures("Expected")],
            rows: sent.iter().map(row).collect(),
            totals: vec![
                Cell::new("In all"),
                Cell::new(""),
                Cell::new(""),
                Cell::new(look.money(Money::new(expected, Currency::GBP))),
            ],
        },
        empty: Some(Empty {
            title: "HMRC owes nothing".to_owned(),
            text: "Every claim that was sent is paid.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

/// Shows the gifts of one deadline: the first two hundred, the sum of all.
///
/// # Errors
/// 404 when the address names no deadline.
pub async fn gifts(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let entity = entities(&state).into_iter().find(|e| e.id == raw.entity).ok_or_else(AppError::not_found)?;
    let by: Date = raw.by.parse().map_err(|_| AppError::not_found())?;
    let today = state.deps.clock.now().date_in(&entity.time_zone);
    let preview = claims::preview(&state.deps, entity, today).await?;
    let rows: Vec<&PreviewRow> = preview.rows.iter().filter(|r| r.deadline == by).collect();
    record_list(&state.deps, &staff.actor, "Gift Aid report: gifts", rows.len()).await?;
    let look = Look { state: &state, staff: &staff };
    let title = format!("To claim by {}", look.day(by));
    let mut page: StaffPage = blank(&state, &staff, &title, reports::HERE);
    page.back = Some(Link::new("Gift Aid to claim", paging::href(HERE, &[("entity", &entity.id)])));
    page.lead = entity.legal_name.clone();
    let row = |r: &&PreviewRow| {
        vec![
            Cell::link(look.day(r.given_on), gift_href(&r.gift)),
            Cell::new(look.money(Money::new(r.amount_minor, Currency::GBP))),
            Cell::new(r.gift.as_str()),
        ]
    };
    page.sections.push(Section::Table(TableSection {
        lead: if rows.len() > NAMED {
            format!("The first {NAMED} of {}; the sum is of all of them.", rows.len())
        } else {
            String::new()
        },
        table: DataTable {
            caption: "The gifts".to_owned(),
            quiet_caption: true,
            columns: vec![column("Given on"), figures("Given"), column("Gift")],
            rows: rows.iter().take(NAMED).map(row).collect(),
            totals: vec![
                Cell::new(format!("{} in all", rows.len())),
                Cell::new(look.money(sum(&rows))),
                Cell::new(""),
            ],
        },
        empty: Some(Empty {
            title: "None".to_owned(),
            text: "No gift has this last day any more.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }));
    show(&page)
}
