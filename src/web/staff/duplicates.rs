//! `/staff/duplicates`: names that several people bear, with what else is alike.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column};
use super::merge_view::{pair_href, place, signs};
use super::paging::href;
use super::{blank, show};
use crate::domain::ids::DonorId;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::care::merge::{self, NAMES_ON_A_PAGE, Namesakes};
use crate::store::office_donor;
use crate::store::offline_donors::Described;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Empty, Link, Pager, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The route of the list.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/duplicates",
    policy: Policy::Staff(Right::CareForDonors),
    methods: || get(duplicates),
}];

/// From where the list of namesakes goes on: somebody of the last name that was shown. A name is none for an address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    after: String,
}

/// Shows names that several people bear, with what else is alike.
///
/// # Errors
/// When the database refuses.
pub async fn duplicates(
    State(state): State<AppState>,
    staff: Staff,
    Query(from): Query<After>,
) -> Result<Response, AppError> {
    let look = Look { state: &state, staff: &staff };
    let last = match from.after.parse::<DonorId>() {
        Err(_) => None,
        Ok(id) => {
            let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
            office_donor::record(&mut read, &id).await.map_err(ServiceError::from)?
        }
    };
    let after = last.as_ref().map_or(("", ""), |d| (d.family_name.as_str(), d.given_name.as_str()));
    let groups = merge::namesakes(&state.deps, &staff.actor, after).await?;
    let mut page = blank(&state, &staff, "Who may be the same", "/staff/donors");
    page.back = Some(Link::new("Donors", "/staff/donors"));
    page.lead = "People of one name, with what else is alike. Nothing is merged by itself.".to_owned();
    page.sections.push(Section::Table(TableSection {
        table: namesakes_table(look, &groups),
        empty: Some(Empty {
            title: "No two people have one name".to_owned(),
            text: "Somebody with two names is found on their own page, under “Merge”.".to_owned(),
            action: Some(Link::new("Donors", "/staff/donors")),
        }),
        ..TableSection::default()
    }));
    if i64::try_from(groups.len()).unwrap_or(i64::MAX) >= NAMES_ON_A_PAGE
        && let Some(last) = groups.last()
    {
        let older = href("/staff/duplicates", &[("after", last.first.id.as_str())]);
        page.pager = Some(Pager { older, ..Pager::default() });
    }
    show(&page)
}

fn namesakes_table(look: Look<'_>, groups: &[Namesakes]) -> DataTable {
    let line = |d: &Described| {
        let parts = [look.email(&d.details.email), place(d)];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let mut rows = Vec::new();
    for group in groups {
        for other in &group.others {
            let name = look.called(&group.first.details.receipt_name(), &group.first.details.email);
            rows.push((
                other.signs.is_empty(),
                vec![
                    Cell::link(name, format!("/staff/donors/{}", group.first.id)),
                    Cell::new(line(&group.first)),
                    Cell::link(line(&other.described), format!("/staff/donors/{}", other.described.id)),
                    Cell {
                        note: signs(other),
                        ..Cell::link("Look at both", pair_href(&group.first.id, &other.described.id))
                    },
                ],
            ));
        }
    }
    rows.sort_by_key(|(weak, _)| *weak);
    DataTable {
        caption: "People of one name".to_owned(),
        quiet_caption: true,
        columns: ["Name", "One", "The other", "Alike"].map(column).to_vec(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        ..DataTable::default()
    }
}
