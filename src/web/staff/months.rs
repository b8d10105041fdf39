//! `/staff/months`: the months of each entity, open and closed (AC-7, AC-8).

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column, figures};
use super::{blank, show};
use crate::domain::closing::{CloseState, Figures, Month, Share};
use crate::domain::dates;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::closing;
use crate::store::closings::Close;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, Chip, ChipTone, DataTable, Empty, Link, Pager, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The list.
pub const HERE: &str = "/staff/months";
/// Months on a page.
const PAGE: usize = 24;

/// The route of the list.
pub const ROUTES: &[Route] =
    &[Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(list) }];

/// Whose months, and before which.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    entity: String,
    before: String,
}

/// Shows the months of an entity, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let charity = &state.deps.config.charity;
    let entity = charity.entity(&wanted.entity).or_else(|| charity.entities.first());
    let entity = entity.ok_or_else(|| ServiceError::Unexpected("a charity without an entity".to_owned()))?;
    let (months, closes) = closing::months(&state.deps, &entity.id).await?;
    let before: Option<Month> = wanted.before.parse().ok();
    let rest: Vec<Month> = months.into_iter().filter(|m| before.is_none_or(|b| *m < b)).collect();
    let (shown, more) = rest.split_at(rest.len().min(PAGE));
    let look = Look { state: &state, staff: &staff };
    let mut page = blank(&state, &staff, "Months", HERE);
    page.lead = "When everything in a month is explained it is closed: its figures stay as they are, and what becomes known \
                 later is booked in the month that is open then."
        .to_owned();
    if charity.entities.len() > 1 {
        page.tabs = charity
            .entities
            .iter()
            .map(|e| Link {
                current: e.id == entity.id,
                ..Link::new(e.legal_name.as_str(), format!("{HERE}?entity={}", e.id))
            })
            .collect();
    }
    page.sections = vec![Section::Table(TableSection {
        table: DataTable {
            caption: format!("Months of {}", entity.legal_name),
            quiet_caption: true,
            columns: vec![
                column("Month"),
                column("State"),
                figures("Gross"),
                figures("Net"),
                column("Closed"),
            ],
            rows: shown.iter().map(|m| row(look, &entity.id, *m, &closes)).collect::<Result<_, _>>()?,
            totals: Vec::new(),
        },
        empty: Some(Empty {
            title: "Nothing was given yet".to_owned(),
            text: "Months begin with the first gift.".to_owned(),
            ..Empty::default()
        }),
        ..TableSection::default()
    })];
    page.pager = (!more.is_empty() || before.is_some()).then(|| Pager {
        shown: format!("{} months on this page", shown.len()),
        older: match (more.is_empty(), shown.last()) {
            (false, Some(last)) => format!("{HERE}?entity={}&before={last}", entity.id),
            _ => String::new(),
        },
        newest: if before.is_some() { format!("{HERE}?entity={}", entity.id) } else { String::new() },
        ..Pager::default()
    });
    show(&page)
}

fn row(look: Look<'_>, entity: &str, month: Month, closes: &[Close]) -> Result<Vec<Cell>, AppError> {
    let close = closes.iter().find(|c| c.month == month);
    let name = Cell::link(named(look, month), href(entity, month));
    let Some(close) = close else {
        let open = Cell::chip(Chip::new(ChipTone::Info, "Open"));
        return Ok(vec![name, open, Cell::new(""), Cell::new(""), Cell::new("")]);
    };
    let figures = close.figures().map_err(ServiceError::from)?;
    let (gross, net) = match close.is_shut() {
        true => (sums(look, &figures, Some(Share::Gross)), sums(look, &figures, None)),
        // What was frozen holds no longer.
        false => (String::new(), String::new()),
    };
    Ok(vec![
        name,
        Cell::chip(chip(close.state)),
        Cell::new(gross),
        Cell::new(net),
        Cell { note: close.closed_by_name.clone(), ..Cell::new(look.day_of(close.closed_at)) },
    ])
}

/// A sum in each currency.
fn sums(look: Look<'_>, figures: &Figures, share: Option<Share>) -> String {
    let each =
        figures.currencies().into_iter().map(|c| look.money(Money::new(figures.sum(c, None, share), c)));
    each.collect::<Vec<_>>().join(", ")
}

/// How a close stands.
pub fn chip(state: CloseState) -> Chip {
    let tone = match state {
        CloseState::Closed => ChipTone::Success,
        CloseState::Reopening | CloseState::Reopened => ChipTone::Attention,
    };
    Chip::new(tone, closing::state_words(state))
}

/// `October 2026`.
pub fn named(look: Look<'_>, month: Month) -> String {
    dates::month(month.first_day(), &look.state.deps.config.charity.brand.locale)
}

/// The page of a month.
pub fn href(entity: &str, month: Month) -> String {
    format!("{HERE}/{entity}/{month}")
}
