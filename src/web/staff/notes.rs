//! Notes about a donor or a gift: read, written, removed by who wrote them.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::care::Pressed;
use super::donor::{Done, frame, load};
use super::door::problems;
use super::guard::Staff;
use super::look::Look;
use super::{another_look, show};
use crate::domain::ids::{DonorId, GiftId, NoteId};
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::care::{self, NewNote, WORDS_AT_MOST};
use crate::store::notes::{self, Note};
use crate::store::office_donor::DonorRecord;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{Act, FieldKind, FormField, Link, Section, StaffForm, StaffPage, Words};
use crate::web::router::{Policy, Route};

/// The routes of notes.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/staff/donors/{id}/notes",
        policy: Policy::Staff(Right::FindDonors),
        methods: || get(list),
    },
    Route {
        path: "/staff/donors/{id}/notes/add",
        policy: Policy::Staff(Right::CareForDonors),
        methods: || post(add),
    },
    Route {
        path: "/staff/donors/{id}/notes/{note}/remove",
        policy: Policy::Staff(Right::CareForDonors),
        methods: || post(remove),
    },
];

/// The note form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    /// What it is to say.
    pub words: String,
    /// The form's mark.
    pub token: String,
}

/// What a note says, as it is kept: lines end one way, nothing that is no letter.
pub fn checked(wrong: &mut Mistakes, raw: &Raw) -> String {
    let words = raw.words.replace("\r\n", "\n");
    let words: String = words.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let words = words.trim().to_owned();
    if words.is_empty() {
        wrong.insert("words", "Write what is to be kept".to_owned());
    } else if words.chars().count() > WORDS_AT_MOST {
        wrong.insert("words", format!("Shorten this to {WORDS_AT_MOST} characters or fewer"));
    }
    words
}

/// The form that writes a note.
pub fn form(look: Look<'_>, action: String, raw: &Raw, wrong: &Mistakes) -> Section {
    Section::Form(Box::new(StaffForm {
        heading: "Write a note".to_owned(),
        lead: "For colleagues. The donor has a right to read it if they ask.".to_owned(),
        action,
        fields: vec![FormField::new(
            "words",
            "Note",
            FieldKind::Area(WORDS_AT_MOST),
            field(wrong, "words", &raw.words),
        )],
        hidden: vec![look.token()],
        button: "Keep the note".to_owned(),
        ..StaffForm::default()
    }))
}

/// Notes, each with who wrote it; one's own can be removed. `with_gift`: they name the gift they are about.
pub fn sections(look: Look<'_>, donor: &DonorId, notes: &[Note], with_gift: bool) -> Vec<Section> {
    let may = look.staff.may(Right::CareForDonors);
    let one = |n: &Note| {
        let own = n.written_by == look.staff.actor.id && may;
        let gift = n.gift_id.as_ref().filter(|_| with_gift);
        Section::Words(Words {
            heading: format!("{}, {}", n.author, look.moment(n.written_at)),
            paragraphs: n.words.lines().filter(|l| !l.trim().is_empty()).map(str::to_owned).collect(),
            links: gift
                .map(|g| Link::new("About this gift", format!("/staff/gifts/{g}")))
                .into_iter()
                .collect(),
            acts: own
                .then(|| Act::new("Remove this note", format!("/staff/donors/{donor}/notes/{}/remove", n.id)))
                .into_iter()
                .collect(),
        })
    };
    notes.iter().map(one).collect()
}

/// Shows the notes about a donor.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/notes").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    show(&page(look, &donor, &done, &Raw::default(), &Mistakes::new()).await?)
}

async fn page(
    look: Look<'_>,
    donor: &DonorRecord,
    done: &Done,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let mut read = look.state.deps.store.read().await.map_err(ServiceError::from)?;
    let notes = notes::of_owner(&mut read, &donor.id).await.map_err(ServiceError::from)?;
    drop(read);
    let mut page = frame(look, donor, "/notes", done);
    page.problems = problems(wrong);
    if look.staff.may(Right::CareForDonors) {
        page.sections.push(form(look, format!("/staff/donors/{}/notes/add", donor.id), raw, wrong));
    }
    if notes.is_empty() {
        page.sections
            .push(Section::Words(Words { paragraphs: vec!["No notes yet.".to_owned()], ..Words::default() }));
    }
    page.sections.extend(sections(look, &donor.id, &notes, true));
    Ok(page)
}

/// Writes a note about a donor.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn add(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/notes").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut wrong = Mistakes::new();
    let words = checked(&mut wrong, &raw);
    if !wrong.is_empty() {
        let look = Look { state: &state, staff: &staff };
        return another_look(&page(look, &donor, &Done::default(), &raw, &wrong).await?);
    }
    let word = keep(&state, &staff, &donor.id, None, &words, &raw.token).await?;
    Ok(Redirect::to(&format!("/staff/donors/{}/notes?done={word}", donor.id)).into_response())
}

/// Writes a note that was checked; gives the word of what happened.
///
/// # Errors
/// When the database refuses.
pub async fn keep(
    state: &AppState,
    staff: &Staff,
    donor: &DonorId,
    gift: Option<&GiftId>,
    words: &str,
    token: &str,
) -> Result<&'static str, AppError> {
    let Ok(nonce) = state.form_key.nonce_of(token, state.deps.clock.now()) else { return Ok("old") };
    care::write_note(&state.deps, &staff.actor, NewNote { donor, gift, words, nonce: &nonce }).await?;
    Ok("noted")
}

/// Removes a note of one's own.
///
/// # Errors
/// 404 when there is none about this donor.
pub async fn remove(
    State(state): State<AppState>,
    staff: Staff,
    Path((id, note)): Path<(String, String)>,
    Form(_): Form<Pressed>,
) -> Result<Response, AppError> {
    let id: DonorId = id.parse().map_err(|_| AppError::not_found())?;
    let note: NoteId = note.parse().map_err(|_| AppError::not_found())?;
    if !care::remove_note(&state.deps, &staff.actor, &id, &note).await? {
        return Err(AppError::not_found());
    }
    Ok(Redirect::to(&format!("/staff/donors/{id}/notes?done=unnoted")).into_response())
}
