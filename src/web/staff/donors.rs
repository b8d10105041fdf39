//! `/staff/donors`: every donor, filtered, by keyset.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::door::problems;
use super::find::search_box;
use super::guard::Staff;
use super::look::{Look, standing_words};
use super::paging::{self, PAGE, Wanted, counted, href};
use super::view::zone;
use super::{another_look, blank, show};
use crate::clock::Ts;
use crate::domain::ids::DonorId;
use crate::domain::role::Right;
use crate::domain::states::{DonorKind, Standing};
use crate::services::ServiceError;
use crate::services::staff::record::record_listed;
use crate::store::StoreError;
use crate::store::office_donors::{self, DonorFilter, DonorRow, GivenSum};
use crate::store::paging::{Listed, Place};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{Choice, Empty, FilterBar, FilterInput, FilterSelect, Link, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The routes of the list.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff/donors", policy: Policy::Staff(Right::FindDonors), methods: || get(list) }];

const PATH: &str = "/staff/donors";

/// What is filtered, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
    standing: String,
    plan: String,
    since: String,
}

impl Asked {
    /// What it asks for; a day begins when it does in the office's `zone`. What is wrong with it, by field.
    fn filter(&self, wrong: &mut Mistakes, zone: &TimeZone) -> DonorFilter {
        DonorFilter {
            kind: self.kind.parse().ok(),
            standing: self.standing.parse().ok(),
            has_plan: self.plan == "yes",
            since: day(wrong, "since", &self.since).map(|d| Ts::start_of(d, zone)),
        }
    }

    fn kept(&self) -> [(&'static str, &str); 4] {
        [("kind", &self.kind), ("standing", &self.standing), ("plan", &self.plan), ("since", &self.since)]
    }
}

/// A day of a filter; nothing typed is no day.
pub fn day(wrong: &mut Mistakes, field: &'static str, typed: &str) -> Option<Date> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    match typed.parse::<Date>() {
        Ok(day) if typed.len() == 10 && (1900..=2200).contains(&day.year()) => Some(day),
        _ => {
            wrong.insert(field, "Enter a day like 2026-11-22".to_owned());
            None
        }
    }
}

/// One entry of a drop-down list of a filter.
pub fn choice(value: &str, label: impl Into<String>, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.into(), selected: value == chosen }
}

/// A drop-down list of a filter.
pub fn select(name: &str, label: &str, choices: Vec<Choice>) -> FilterSelect {
    FilterSelect { name: name.to_owned(), label: label.to_owned(), choices }
}

/// Shows a page of the list.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let look = Look { state: &state, staff: &staff };
    let mut wrong = Mistakes::new();
    let filter = asked.filter(&mut wrong, &zone(&state));
    let mut page = blank(&state, &staff, "Donors", PATH);
    page.search = Some(search_box(""));
    page.filter = Some(filter_bar(&asked, &filter, &wrong));
    if !wrong.is_empty() {
        page.problems = problems(&wrong);
        return another_look(&page);
    }
    let (listed, count, sums) = facts(&state, &filter, &wanted).await.map_err(ServiceError::from)?;
    let ids: Vec<DonorId> = listed.rows.iter().map(|d| d.id.clone()).collect();
    record_listed(&state.deps, &staff.actor, "donors", ids.len(), &ids).await?;
    page.lead = counted(count, "donor", "donors");
    if staff.may(Right::CareForDonors) {
        page.actions = vec![Link::new("Who may be the same", "/staff/duplicates")];
    }
    page.sections = vec![Section::Table(TableSection {
        table: look.donors("Donors", &listed.rows, &sums),
        empty: Some(empty(filter == DonorFilter::default())),
        ..TableSection::default()
    })];
    let place = |d: &DonorRow| Place { at: d.created_at, id: d.id.to_string() };
    page.pager = paging::pager(&listed, count, PATH, &asked.kept(), place);
    show(&page)
}

async fn facts(
    state: &AppState,
    filter: &DonorFilter,
    wanted: &Wanted,
) -> Result<(Listed<DonorRow>, i64, Vec<GivenSum>), StoreError> {
    let mut read = state.deps.store.read().await?;
    let listed = office_donors::page(&mut read, filter, &wanted.from(), PAGE).await?;
    let count = office_donors::count(&mut read, filter).await?;
    let ids: Vec<DonorId> = listed.rows.iter().map(|d| d.id.clone()).collect();
    let sums = office_donors::sums(&mut read, &ids).await?;
    Ok((listed, count, sums))
}

fn empty(unfiltered: bool) -> Empty {
    if unfiltered {
        return Empty {
            title: "No donors yet".to_owned(),
            text: "Whoever gives stands here from their first gift on.".to_owned(),
            action: None,
        };
    }
    Empty {
        title: "No donor is like that".to_owned(),
        text: "Ask for less.".to_owned(),
        action: Some(Link::new("Show all donors", href(PATH, &[]))),
    }
}

fn filter_bar(asked: &Asked, filter: &DonorFilter, wrong: &Mistakes) -> FilterBar {
    let kinds = [(DonorKind::Individual, "People"), (DonorKind::Organisation, "Organisations")];
    let mut kind = vec![choice("", "People and organisations", &asked.kind)];
    kind.extend(kinds.map(|(k, label)| choice(k.as_str(), label, &asked.kind)));
    let mut standing = vec![choice("", "Any", &asked.standing)];
    standing.extend(
        [Standing::Guest, Standing::Account, Standing::Offline]
            .map(|s| choice(s.as_str(), standing_words(s), &asked.standing)),
    );
    let plan = vec![choice("", "Any", &asked.plan), choice("yes", "With a monthly gift", &asked.plan)];
    let filtered = *filter != DonorFilter::default() || !wrong.is_empty();
    FilterBar {
        action: PATH.to_owned(),
        label: "Filter the donors".to_owned(),
        selects: vec![
            select("kind", "Who", kind),
            select("standing", "Standing", standing),
            select("plan", "Monthly gift", plan),
        ],
        inputs: vec![FilterInput {
            name: "since".to_owned(),
            label: "Known since".to_owned(),
            field: field(wrong, "since", &asked.since),
            day: true,
        }],
        button: "Show".to_owned(),
        clear: filtered.then(|| Link::new("Show all donors", PATH)),
        ..FilterBar::default()
    }
}
