//! `/staff/donors/{id}/merge`: two records of one donor become one, and two again.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::donor::{Done, frame, load};
use super::door::problems;
use super::guard::{Staff, prove_first};
use super::look::{Look, column};
use super::merge_view::{
    alike_table, before, merge_href, not_one, pair_href, pair_sections, refusal_words, search, undo_form,
};
use super::{another_look, effects, show};
use crate::domain::ids::{DonorId, MergeId};
use crate::domain::role::Right;
use crate::services::care::merge::{self, Refusal, Wish};
use crate::services::offline_gifts;
use crate::services::staff::record_read;
use crate::store::office_donor::DonorRecord;
use crate::web::AppState;
use crate::web::account::page as answer;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Cell, DataTable, Empty, Notice, Section, StaffPage, TableSection, Tone};
use crate::web::router::{Policy, Route};

const CARE: Policy = Policy::Staff(Right::CareForDonors);

/// The routes of merges.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}/merge", policy: CARE, methods: || get(ask).post(make) },
    Route { path: "/staff/donors/{id}/unmerge", policy: CARE, methods: || post(undo) },
];

/// What is asked for: who was looked for, who was found to be the same.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    pub(super) q: String,
    donor: String,
    pub(super) why: String,
    token: String,
    merge: String,
}

fn home(id: &DonorId, done: &str) -> Response {
    Redirect::to(&format!("/staff/donors/{id}?done={done}")).into_response()
}

/// Shows who may be the same, or two donors side by side.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/merge").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&merge_href(&donor.id)));
    }
    show(&content(Look { state: &state, staff: &staff }, &donor, &raw, &Mistakes::new()).await?)
}

async fn content(
    look: Look<'_>,
    donor: &DonorRecord,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let deps = &look.state.deps;
    let mut page = frame(look, donor, "", &Done::default());
    page.actions = Vec::new();
    page.problems = problems(wrong);
    if let Ok(other) = raw.donor.parse::<DonorId>() {
        if other != donor.id {
            record_read(deps, &look.staff.actor, &other, "merge").await?;
        }
        match merge::preview(deps, &donor.id, &other).await? {
            Ok(pair) => page.sections = pair_sections(look, &pair, raw, wrong),
            Err(refusal) => page.sections.push(not_one(donor, &other, refusal)),
        }
        return Ok(page);
    }
    let merges = merge::into(deps, &donor.id).await?;
    if let Some(asked) = merges.iter().find(|m| m.id.as_str() == raw.merge) {
        page.sections.push(Section::Form(Box::new(undo_form(look, donor, asked, raw, wrong))));
        return Ok(page);
    }
    page.sections.push(Section::Form(Box::new(search(donor, raw))));
    if raw.q.trim().is_empty() {
        let alike = merge::alike(deps, &look.staff.actor, donor).await?;
        page.sections.push(Section::Table(alike_table(look, donor, &alike)));
    } else {
        let found = offline_gifts::find_donors(deps, &look.staff.actor, &raw.q).await?;
        let rows = found.iter().filter(|f| f.id != donor.id).map(|f| {
            vec![
                Cell::link(look.called(&f.name(), &f.email), pair_href(&donor.id, &f.id)),
                Cell::new(look.email(&f.email)),
                Cell::new(f.place.trim()),
            ]
        });
        page.sections.push(Section::Table(TableSection {
            heading: "Found".to_owned(),
            table: DataTable {
                caption: "Found".to_owned(),
                quiet_caption: true,
                columns: ["Donor", "Mailbox", "Where"].map(column).to_vec(),
                rows: rows.collect(),
                ..DataTable::default()
            },
            empty: Some(Empty {
                title: "Nobody else is found by these words".to_owned(),
                text: "Try others.".to_owned(),
                action: None,
            }),
            ..TableSection::default()
        }));
    }
    page.sections.extend(before(look, donor, &merges));
    Ok(page)
}

/// Makes two donors one.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn make(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/merge").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&merge_href(&donor.id)));
    }
    let look = Look { state: &state, staff: &staff };
    let other: DonorId = raw.donor.parse().map_err(|_| AppError::not_found())?;
    let mut wrong = Mistakes::new();
    let why = effects::reason(&mut wrong, &raw.why);
    if !wrong.is_empty() {
        return another_look(&content(look, &donor, &raw, &wrong).await?);
    }
    let Ok(nonce) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        let mut page = content(look, &donor, &raw, &wrong).await?;
        page.notice = Some(effects::too_old());
        return show(&page);
    };
    let wish = Wish { kept: &donor.id, other: &other, why: &why, nonce: &nonce };
    match merge::merge(&state.deps, &staff.actor, wish).await? {
        Ok(()) => Ok(home(&donor.id, "merged")),
        Err(refusal) => refused(look, &donor, &raw, refusal).await,
    }
}

/// The same page, with why nothing was changed.
async fn refused(
    look: Look<'_>,
    donor: &DonorRecord,
    raw: &Raw,
    refusal: Refusal,
) -> Result<Response, AppError> {
    let mut page = content(look, donor, raw, &Mistakes::new()).await?;
    page.notice = Some(Notice {
        tone: Tone::Attention,
        title: "Nothing was changed.".to_owned(),
        text: refusal_words(refusal).to_owned(),
    });
    answer(StatusCode::CONFLICT, &page)
}

/// Makes one donor two again.
///
/// # Errors
/// 404 when there is no such donor or merge.
pub async fn undo(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/merge").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&merge_href(&donor.id)));
    }
    let merge: MergeId = raw.merge.parse().map_err(|_| AppError::not_found())?;
    let mut wrong = Mistakes::new();
    let why = effects::reason(&mut wrong, &raw.why);
    if !wrong.is_empty() {
        let look = Look { state: &state, staff: &staff };
        return another_look(&content(look, &donor, &raw, &wrong).await?);
    }
    match merge::undo(&state.deps, &staff.actor, &donor.id, &merge, &why).await? {
        Ok(other) => Ok(home(&other, "unmerged")),
        Err(Refusal::Undone) => Ok(home(&donor.id, "unmerged_before")),
        Err(refusal @ (Refusal::LaterFirst | Refusal::Forgotten)) => {
            refused(Look { state: &state, staff: &staff }, &donor, &raw, refusal).await
        }
        Err(_) => Err(AppError::not_found()),
    }
}
