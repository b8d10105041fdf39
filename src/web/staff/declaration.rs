//! `/staff/donors/{id}/declarations/{declaration}`: its evidence, its written record, its end (UK-19 to UK-21).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::declaration_fields::{CHANNELS, several_lines};
use super::declaration_view::{self as view, Seen};
use super::declarations::{KEEPING, href};
use super::donor::load;
use super::guard::Staff;
use super::look::Look;
use super::show;
use crate::domain::gift_aid::declaration::{Channel, Declaration};
use crate::domain::ids::DeclarationId;
use crate::services::ServiceError;
use crate::services::gift_aid::end::{self, End, Ending, Refusal};
use crate::services::gift_aid::record::{self, By, Sent};
use crate::store::declarations;
use crate::store::office_donor::DonorRecord;
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes};
use crate::web::router::Route;

/// The routes of one declaration.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}/declarations/{declaration}", policy: KEEPING, methods: || get(one) },
    Route {
        path: "/staff/donors/{id}/declarations/{declaration}/record",
        policy: KEEPING,
        methods: || post(send_record),
    },
    Route {
        path: "/staff/donors/{id}/declarations/{declaration}/posted",
        policy: KEEPING,
        methods: || post(posted),
    },
    Route {
        path: "/staff/donors/{id}/declarations/{declaration}/end",
        policy: KEEPING,
        methods: || post(submit_end),
    },
];

/// Letters of what a donor said.
pub const WORDS_AT_MOST: usize = 1000;

/// What has just happened, in a word of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// What was typed into one of the two forms.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    /// The day the record was posted.
    pub posted_on: String,
    /// The day the donor told us.
    pub told_on: String,
    /// A later day from which they want it to end.
    pub from: String,
    /// How they told us.
    pub via: String,
    /// What they said.
    pub words: String,
    /// The others end with it.
    pub others: String,
}

/// A donor with one of their declarations, and what else they declared.
struct Found {
    donor: DonorRecord,
    declaration: Declaration,
    others: usize,
}

/// 404 for a declaration of another donor: foreign and absent are the same.
async fn find(
    state: &AppState,
    staff: &Staff,
    (id, declaration): &(String, String),
) -> Result<Result<Found, Response>, AppError> {
    let wanted: DeclarationId = declaration.parse().map_err(|_| AppError::not_found())?;
    let donor = match load(state, staff, id, "/declarations").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(Err(elsewhere)),
    };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let known = declarations::of_owner(&mut read, &donor.id).await.map_err(ServiceError::from)?;
    drop(read);
    let declaration = known.iter().find(|d| d.id == wanted).cloned().ok_or_else(AppError::not_found)?;
    let others = known.iter().filter(|d| d.id != wanted && end::also_ends(d, &declaration)).count();
    Ok(Ok(Found { donor, declaration, others }))
}

impl Found {
    fn here(&self) -> String {
        format!("{}/{}", href(&self.donor), self.declaration.id)
    }

    fn back(&self, word: &str) -> Response {
        Redirect::to(&format!("{}?done={word}", self.here())).into_response()
    }

    async fn seen<'a>(&'a self, look: Look<'a>) -> Result<Seen<'a>, AppError> {
        let mut read = look.state.deps.store.read().await.map_err(ServiceError::from)?;
        let (owner, id) = (&self.donor.id, &self.declaration.id);
        let evidence = declarations::evidence(&mut read, owner, id).await.map_err(ServiceError::from)?;
        let events = declarations::events(&mut read, id).await.map_err(ServiceError::from)?;
        Ok(Seen {
            look,
            donor: &self.donor,
            declaration: &self.declaration,
            evidence: evidence.ok_or_else(AppError::not_found)?,
            events,
            others: self.others,
            here: self.here(),
        })
    }
}

/// Shows a declaration with its evidence, and what can be done with it.
///
/// # Errors
/// 404 when this donor has no such declaration.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(path): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let found = match find(&state, &staff, &path).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let mut shown = view::page(&found.seen(look).await?, &Raw::default(), &Mistakes::new())?;
    shown.notice = view::notice(&done.done);
    show(&shown)
}

/// Sends the written record by e-mail.
///
/// # Errors
/// 404 when this donor has no such declaration.
pub async fn send_record(
    State(state): State<AppState>,
    staff: Staff,
    Path(path): Path<(String, String)>,
) -> Result<Response, AppError> {
    let found = match find(&state, &staff, &path).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let sent =
        record::send(&state.deps, &staff.actor, &found.donor.id, &found.declaration.id, By::Mail).await?;
    Ok(found.back(view::record_word(sent).ok_or_else(AppError::not_found)?))
}

/// Writes down that the written record was posted.
///
/// # Errors
/// 404 when this donor has no such declaration.
pub async fn posted(
    State(state): State<AppState>,
    staff: Staff,
    Path(path): Path<(String, String)>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let found = match find(&state, &staff, &path).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut wrong = Mistakes::new();
    if let Some(day) =
        needed_day(&mut wrong, "posted_on", &raw.posted_on, "Enter the day on which it was posted")
    {
        let (owner, id) = (&found.donor.id, &found.declaration.id);
        match record::send(&state.deps, &staff.actor, owner, id, By::Post(day)).await? {
            Sent::Refused(record::Refusal::InFuture) => {
                wrong.insert("posted_on", "Enter a day that is not in the future".to_owned());
            }
            Sent::Refused(record::Refusal::BeforeItWasMade) => {
                wrong.insert("posted_on", "Enter a day on or after the declaration".to_owned());
            }
            sent => return Ok(found.back(view::record_word(sent).ok_or_else(AppError::not_found)?)),
        }
    }
    let look = Look { state: &state, staff: &staff };
    page(StatusCode::UNPROCESSABLE_ENTITY, &view::page(&found.seen(look).await?, &raw, &wrong)?)
}

fn needed_day(
    wrong: &mut Mistakes,
    name: &'static str,
    typed: &str,
    missing: &str,
) -> Option<jiff::civil::Date> {
    let day = forms::day(wrong, name, typed);
    if day.is_none() {
        wrong.entry(name).or_insert_with(|| missing.to_owned());
    }
    day
}

/// Ends a declaration, as the donor told us.
///
/// # Errors
/// 404 when this donor has no such declaration.
pub async fn submit_end(
    State(state): State<AppState>,
    staff: Staff,
    Path(path): Path<(String, String)>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let found = match find(&state, &staff, &path).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut wrong = Mistakes::new();
    let told_on = needed_day(&mut wrong, "told_on", &raw.told_on, "Enter the day on which the donor told us");
    let from = forms::day(&mut wrong, "from", &raw.from);
    let via = Channel::from_word(&raw.via).filter(|c| CHANNELS.contains(c));
    if via.is_none() {
        wrong.insert("via", "Choose how the donor told us".to_owned());
    }
    let words = several_lines(&mut wrong, "words", &raw.words, WORDS_AT_MOST);
    if words.is_empty() {
        wrong.entry("words").or_insert_with(|| "Write down what the donor said".to_owned());
    }
    if let (Some(notified_on), Some(via), true) = (told_on, via, wrong.is_empty()) {
        let wish = End {
            owner: &found.donor.id,
            declaration: &found.declaration.id,
            with_others: raw.others == "yes",
            notified_on: Some(notified_on),
            from,
            via,
            words: &words,
            ended_by: Some(&staff.actor),
        };
        match end::end(&state.deps, &wish).await? {
            Ending::Done(ended) => return Ok(found.back(if ended.void { "undone" } else { "ended" })),
            Ending::Before(_) => return Ok(found.back("before")),
            Ending::Unknown => return Err(AppError::not_found()),
            Ending::Refused(refusal) => refuse(refusal, &mut wrong),
        }
    }
    let look = Look { state: &state, staff: &staff };
    page(StatusCode::UNPROCESSABLE_ENTITY, &view::page(&found.seen(look).await?, &raw, &wrong)?)
}

fn refuse(refusal: Refusal, wrong: &mut Mistakes) {
    let (field, words) = match refusal {
        Refusal::InFuture => ("told_on", "Enter a day that is not in the future"),
        Refusal::BeforeItWasMade => ("told_on", "Enter a day on or after the declaration"),
        Refusal::BeforeWeWereTold => ("from", "Enter a day on or after the one on which the donor told us"),
    };
    wrong.insert(field, words.to_owned());
}
