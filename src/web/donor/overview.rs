//! `/portal`: what was given this year, what comes next, what needs doing.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

use super::view::{View, in_gifts};
use super::{Done, flash};
use crate::config::Entity;
use crate::domain::ids::DonorId;
use crate::domain::states::PledgeState;
use crate::domain::tax_year;
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::store::pledges::{self, Pledge};
use crate::store::portal::{self, GiftFilter, GiftLine, OnTheWay, Page, YearSum};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Act, Empty, Link, OverviewPage, Todo, Tone, YearFigure};
use crate::web::visitor::Donor;

const LATEST: i64 = 5;
/// A year, and a day for leap years and zones.
const YEAR: Duration = Duration::from_secs(367 * 86_400);

/// What the page is made of: four queries, however much was given.
struct Facts {
    sums: Vec<YearSum>,
    plans: Vec<Pledge>,
    latest: Vec<GiftLine>,
    way: Vec<OnTheWay>,
}

async fn facts(state: &AppState, id: &DonorId) -> Result<Facts, StoreError> {
    let year_ago = state.deps.clock.now().minus(YEAR);
    let mut read = state.deps.store.read().await?;
    Ok(Facts {
        sums: portal::year_sums(&mut read, id, year_ago).await?,
        plans: pledges::of_owner(&mut read, id).await?,
        latest: portal::gifts(
            &mut read,
            id,
            &GiftFilter::default(),
            Page { size: LATEST, skip: 0, after: None },
        )
        .await?,
        way: portal::on_the_way(&mut read, id).await?,
    })
}

/// Shows the overview.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let facts = facts(&state, donor.id()).await.map_err(ServiceError::from)?;
    let account = &donor.account;
    let view = View { state: &state, locale: &account.locale };
    let mut layout = account_frame(&state, &donor.visitor, "Overview", "/portal");
    layout.wide = false;
    let new = facts.latest.is_empty() && facts.way.is_empty() && facts.plans.is_empty();
    let entities = several(&facts);
    let (year, year_empty) = year_figures(view, &facts);
    let shown = |p: &&Pledge| p.state != PledgeState::Ended || recently_ended(&state, p);
    page(
        StatusCode::OK,
        &OverviewPage {
            layout,
            notice: flash(&done),
            heading: greeting(&state, &account.given_name),
            lead: String::new(),
            todos: todos(&donor, &facts),
            year_heading: "Given this tax year".to_owned(),
            year,
            year_empty,
            plans: facts.plans.iter().filter(shown).map(|p| view.plan_card(p, entities)).collect(),
            on_its_way: facts.way.iter().map(|w| view.way_row(w)).collect(),
            latest: facts.latest.iter().map(|g| view.gift_row(g, entities)).collect(),
            all: (!facts.latest.is_empty()).then(|| Link::new("See all your giving", "/portal/gifts")),
            again: facts.latest.first().map(|g| again(&state, view, g)),
            give: Some(Link::new(if new { "Give" } else { "Give another amount" }, "/give")),
            empty: new.then(|| Empty {
                title: "Your giving will be shown here".to_owned(),
                text: "Receipts, your monthly gift and what you gave each tax year: all in one place, as soon as your first gift has reached us.".to_owned(),
                action: Some(Link::new("Give", "/give")),
            }),
        },
    )
}

/// The button that gives the same again.
pub fn again(state: &AppState, view: View<'_>, gift: &GiftLine) -> Act {
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    let amount = gift.amount().display(view.locale);
    Act::new(format!("Give {amount} again"), "/portal/again")
        .about(format!(" to {}", view.fund(&gift.fund_id)))
        .with("gift", gift.id.as_str())
        .with("token", token)
}

fn greeting(state: &AppState, given_name: &str) -> String {
    let zone = state.deps.config.charity.entities.first().map(|e| e.time_zone.clone());
    let hour = state.deps.clock.now().hour_in(&zone.unwrap_or(jiff::tz::TimeZone::UTC));
    let part = match hour {
        5..=11 => "Good morning",
        12..=17 => "Good afternoon",
        _ => "Good evening",
    };
    if given_name.is_empty() { part.to_owned() } else { format!("{part}, {given_name}") }
}

/// Whether the donor gave to more than one legal entity.
fn several(facts: &Facts) -> bool {
    let mut ids: Vec<&str> = facts.sums.iter().map(|s| s.entity_id.as_str()).collect();
    ids.extend(facts.plans.iter().map(|p| p.entity_id.as_str()));
    ids.extend(facts.latest.iter().map(|g| g.entity_id.as_str()));
    ids.sort_unstable();
    ids.dedup();
    ids.len() > 1
}

fn recently_ended(state: &AppState, plan: &Pledge) -> bool {
    let since = state.deps.clock.now().minus(Duration::from_secs(90 * 86_400));
    plan.ended_at.is_some_and(|at| at > since)
}

/// One figure for each entity and currency in the tax year of today (UK-33), or the words for an empty one.
fn year_figures(view: View<'_>, facts: &Facts) -> (Vec<YearFigure>, String) {
    let charity = &view.state.deps.config.charity;
    let now = view.state.deps.clock.now();
    let mut figures = Vec::new();
    for sum in &facts.sums {
        let Some(entity) = charity.entity(&sum.entity_id) else { continue };
        let today = now.date_in(&entity.time_zone);
        let (month, day) = tax_year::starts_on(entity.country.as_str());
        if sum.tax_year != tax_year::label(today, month, day) {
            continue;
        }
        figures.push(YearFigure {
            amount: sum.net().display(view.locale),
            count: in_gifts(sum.gifts),
            period: period(view, entity, today),
            entity: if several(facts) { entity.legal_name.clone() } else { String::new() },
            ..YearFigure::default()
        });
    }
    let first = facts.latest.first().and_then(|g| charity.entity(&g.entity_id));
    let empty = match first.filter(|_| figures.is_empty()) {
        Some(entity) => {
            let (from, _) = year_of(entity, now.date_in(&entity.time_zone));
            format!("Nothing has reached us since {} yet.", view.day(from))
        }
        None => String::new(),
    };
    (figures, empty)
}

/// First and last day of the tax year that holds `today`.
fn year_of(entity: &Entity, today: Date) -> (Date, Date) {
    let (month, day) = tax_year::starts_on(entity.country.as_str());
    let begun = (today.month(), today.day()) >= (month, day);
    let year = if begun { today.year() } else { today.year() - 1 };
    let from = Date::new(year, month, day).unwrap_or(today);
    let next = Date::new(year + 1, month, day).unwrap_or(today);
    (from, next.yesterday().unwrap_or(next))
}

fn period(view: View<'_>, entity: &Entity, today: Date) -> String {
    let (from, to) = year_of(entity, today);
    format!("{} to {}", view.day(from), view.day(to))
}

fn todos(donor: &Donor, facts: &Facts) -> Vec<Todo> {
    let mut todos = Vec::new();
    for plan in facts.plans.iter().filter(|p| p.state == PledgeState::Retrying) {
        todos.push(Todo {
            tone: Tone::Attention,
            title: "Your last gift did not come through.".to_owned(),
            text: "Nothing was taken. It takes a minute to put right.".to_owned(),
            link: Some(Link::new("Put it right", format!("/portal/monthly/{}/fix", plan.id))),
            ..Todo::default()
        });
    }
    if donor.account.has_guest {
        todos.push(Todo {
            tone: Tone::Info,
            title: "There may be more gifts of yours.".to_owned(),
            text: "Someone used your address on our giving form without signing in. To add those gifts, show us that the mailbox is still yours: we e-mail you a link.".to_owned(),
            act: Some(
                Act::new("E-mail me the link", "/sign-in/link")
                    .with("email", donor.account.email.as_str())
                    .with("next", "/portal?done=joined"),
            ),
            ..Todo::default()
        });
    }
    if donor.account.given_name.is_empty() {
        todos.push(Todo {
            tone: Tone::Info,
            title: "Tell us your name.".to_owned(),
            text: "So that your receipts are made out to you.".to_owned(),
            link: Some(Link::new("Enter your name", "/portal/profile/name")),
            ..Todo::default()
        });
    }
    todos
}
