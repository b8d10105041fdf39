//! `/staff/months/{entity}/{month}`: a month before and after it is closed, and the acts that close and open it (AC-7).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::effects::reason;
use super::guard::{Staff, prove_first};
use super::look::Look;
use super::month_view::{self, Later};
use super::months::{HERE, chip, href, named};
use super::{another_look, blank, show};
use crate::config::Entity;
use crate::domain::closing::Month;
use crate::domain::role::Right;
use crate::services::closing::{self, Closed, Reopening, Standing, Wish};
use crate::services::staff::record_list;
use crate::services::{ServiceError, compose};
use crate::store::closings;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Link, Notice, Pager, Section, StaffPage, Tone};
use crate::web::router::{Policy, Route};

/// The routes of one month.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/staff/months/{entity}/{month}",
        policy: Policy::Staff(Right::SeeMoney),
        methods: || get(one),
    },
    Route {
        path: "/staff/months/{entity}/{month}/close",
        policy: Policy::Staff(Right::CloseMonths),
        methods: || post(close),
    },
    Route {
        path: "/staff/months/{entity}/{month}/reopen",
        policy: Policy::Staff(Right::CloseMonths),
        methods: || post(reopen),
    },
];

/// Movements that are named one by one; the rest is behind a link.
const NAMED: i64 = 20;

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// A wish about a closed month.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    act: String,
    why: String,
}

/// The entity and the month that a path names.
pub fn which<'a>(state: &'a AppState, entity: &str, month: &str) -> Result<(&'a Entity, Month), AppError> {
    let month: Month = month.parse().map_err(|_| AppError::not_found())?;
    let entity = compose::entity(&state.deps, entity).map_err(|_| AppError::not_found())?;
    Ok((entity, month))
}

/// Shows a month.
///
/// # Errors
/// 404 when there is no such entity or month.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    show(&content(&state, &staff, entity, month, &done, &Raw::default(), &Mistakes::new()).await?)
}

async fn content(
    state: &AppState,
    staff: &Staff,
    entity: &Entity,
    month: Month,
    done: &Done,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let standing = closing::look(&state.deps, &entity.id, month).await?;
    let later = later(state, entity, &standing).await?;
    record_list(&state.deps, &staff.actor, &format!("month {} {month}", entity.id), later.shown()).await?;
    let look = Look { state, staff };
    let mut page = blank(state, staff, &named(look, month), HERE);
    page.back = Some(Link::new("Months", format!("{HERE}?entity={}", entity.id)));
    page.lead = entity.legal_name.clone();
    page.chip = standing.close().map(|c| chip(c.state));
    page.notice = notice(look, done, &standing);
    page.problems = super::door::problems(wrong);
    if staff.may(Right::ExportData) {
        page.actions = vec![Link::new("Journal", super::journals::href(&entity.id, month))];
    }
    page.pager = Some(Pager {
        older: href(&entity.id, month.before()),
        newer: href(&entity.id, month.next()),
        ..Pager::default()
    });
    let may = staff.may(Right::CloseMonths);
    match standing.close() {
        None => {
            page.sections.push(Section::Table(month_view::checklist(look, entity, &standing)));
            page.sections.extend(month_view::close_form(look, entity, &standing, may));
        }
        Some(close) => page.sections.push(Section::Facts(month_view::closed(look, close))),
    }
    page.sections.extend(month_view::figures(look, entity, &standing)?);
    page.sections.extend(month_view::later(look, entity, &standing, &later));
    page.sections.extend(month_view::earlier(look, &standing)?);
    if may && let Some(close) = standing.close() {
        page.sections.extend(month_view::reopening(look, entity, &standing, close, &raw.why, wrong));
    }
    Ok(page)
}

/// What came from other months, went to others, and was moved since.
async fn later(state: &AppState, entity: &Entity, standing: &Standing) -> Result<Later, AppError> {
    let (month, bounds) = (standing.month, standing.bounds);
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let wanted = closings::Wanted { late_only: true, ..closings::Wanted::default() };
    let booked_here = closings::entries(&mut read, &entity.id, month, bounds, &wanted, NAMED + 1).await;
    let came_later = closings::came_later(&mut read, &entity.id, month, NAMED + 1).await;
    let moved = match standing.close() {
        None => Vec::new(),
        Some(close) => closings::moved_since(&mut read, &entity.id, bounds, close.closed_at, NAMED + 1)
            .await
            .map_err(ServiceError::from)?,
    };
    Ok(Later {
        most: NAMED as usize,
        booked_here: booked_here.map_err(ServiceError::from)?,
        came_later: came_later.map_err(ServiceError::from)?,
        moved,
    })
}

fn notice(look: Look<'_>, done: &Done, standing: &Standing) -> Option<Notice> {
    let month = named(look, standing.month);
    let (tone, title, text) = match done.done.as_str() {
        "closed" => (Tone::Success, format!("{month} is closed"), "Its figures stay as they are."),
        "before" => (Tone::Info, format!("{month} was closed already"), "Somebody was first."),
        "not-yet" => {
            (Tone::Problem, format!("{month} is not closed"), "Something below is not in order yet.")
        }
        "asked" => (Tone::Info, "You asked to open it again".to_owned(), "A second person has to agree."),
        "reopened" => (Tone::Success, format!("{month} is open again"), "Close it when it is in order."),
        "kept" => (Tone::Success, format!("{month} stays closed"), ""),
        "alone" => (Tone::Problem, "A second person has to agree".to_owned(), "Who asked cannot."),
        "not-the-latest" => (
            Tone::Problem,
            format!("{month} stays closed"),
            "Only the latest closed month can be opened again: a later one rests on it.",
        ),
        "not-now" => {
            (Tone::Info, "Nothing was changed".to_owned(), "Somebody was first: see below how it stands.")
        }
        _ => return None,
    };
    Some(Notice { tone, title, text: text.to_owned() })
}

fn back(entity: &Entity, month: Month, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", href(&entity.id, month))).into_response()
}

/// Closes a month.
///
/// # Errors
/// 404 when there is no such entity or month.
pub async fn close(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&entity.id, month)));
    }
    let done = match closing::close(&state.deps, &staff.actor, &entity.id, month).await {
        Ok(Closed::Done(_)) => "closed",
        Ok(Closed::Before(_)) => "before",
        Ok(Closed::NotYet) => "not-yet",
        Err(ServiceError::Store(error)) if error.is_unique_violation() => "before",
        Err(error) => return Err(error.into()),
    };
    Ok(back(entity, month, done))
}

/// Asks to open a closed month again, agrees to it, or leaves it closed.
///
/// # Errors
/// 404 when there is no such entity or month.
pub async fn reopen(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month)): Path<(String, String)>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&entity.id, month)));
    }
    let mut wrong = Mistakes::new();
    let why = match raw.act.as_str() {
        "ask" => reason(&mut wrong, &raw.why),
        _ => String::new(),
    };
    if !wrong.is_empty() {
        return another_look(&content(&state, &staff, entity, month, &Done::default(), &raw, &wrong).await?);
    }
    let wish = match raw.act.as_str() {
        "ask" => Wish::Ask(&why),
        "agree" => Wish::Agree,
        "keep" => Wish::Keep,
        _ => return Err(AppError::not_found()),
    };
    let done = match closing::reopen(&state.deps, &staff.actor, &entity.id, month, wish).await? {
        Reopening::Asked => "asked",
        Reopening::Done => "reopened",
        Reopening::Kept => "kept",
        Reopening::Alone => "alone",
        Reopening::NotTheLatest => "not-the-latest",
        Reopening::NotNow => "not-now",
    };
    Ok(back(entity, month, done))
}
