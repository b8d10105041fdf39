//! `/staff/donors/{id}/declarations`: what a donor declared, and writing down what came on paper, by mail, by text message
//! or by word of mouth (UK-18 to UK-20).

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;

use super::declaration_fields::{self as fields, Raw};
use super::donor::{Done, frame, load};
use super::door::problems;
use super::guard::Staff;
use super::look::{Look, column};
use super::{another_look, show};
use crate::config::Entity;
use crate::domain::gift_aid::declaration::Declaration;
use crate::domain::role::Right;
use crate::domain::states::DonorKind;
use crate::services::ServiceError;
use crate::services::gift_aid::declare::{self, Declared};
use crate::services::gift_aid::words::{channel_words, scope_words, standing};
use crate::store::office_donor::DonorRecord;
use crate::store::office_gifts::{self, GiftFilter, GiftRow};
use crate::store::paging::From;
use crate::store::{declarations, profile};
use crate::web::AppState;
use crate::web::donor::gift_aid_view::chip;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{
    Cell, DataTable, Empty, Link, Notice, Section, StaffForm, StaffPage, TableSection, Tone, Words,
};
use crate::web::router::{Policy, Route};

/// Who keeps declarations.
pub const KEEPING: Policy = Policy::Staff(Right::KeepDeclarations);

/// The routes of a donor's declarations.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff/donors/{id}/declarations", policy: KEEPING, methods: || get(list).post(enter) }];

/// Gifts offered to a declaration for one.
const GIFTS: i64 = 50;

/// The address of a donor's declarations.
pub fn href(donor: &DonorRecord) -> String {
    format!("/staff/donors/{}/declarations", donor.id)
}

/// The day on which a declaration is looked at, in its entity's zone.
pub fn today(look: Look<'_>, entity_id: &str) -> Date {
    let now = look.state.deps.clock.now();
    let entity = look.state.deps.config.charity.entity(entity_id);
    entity.map_or_else(|| look.date_of(now), |e| now.date_in(&e.time_zone))
}

/// A page about a donor's declarations, with nothing on it yet.
pub fn blank(look: Look<'_>, donor: &DonorRecord) -> StaffPage {
    let mut page = frame(look, donor, "/details", &Done::default());
    page.actions = Vec::new();
    page
}

/// Entities that take Gift Aid.
fn taking(state: &AppState) -> Vec<&Entity> {
    state.deps.config.charity.entities.iter().filter(|e| e.gift_aid).collect()
}

/// Shows what a donor declared, and the form for what came otherwise.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/declarations").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let home = profile::current_address(&mut read, &donor.id).await.map_err(ServiceError::from)?;
    drop(read);
    let raw = Raw::known(&donor, home.unwrap_or_default());
    show(&build(look, &donor, &raw, &Mistakes::new(), None).await?)
}

async fn build(
    look: Look<'_>,
    donor: &DonorRecord,
    raw: &Raw,
    wrong: &Mistakes,
    notice: Option<Notice>,
) -> Result<StaffPage, AppError> {
    let mut read = look.state.deps.store.read().await.map_err(ServiceError::from)?;
    let known = declarations::of_owner(&mut read, &donor.id).await.map_err(ServiceError::from)?;
    let filter = GiftFilter { owner: Some(donor.id.clone()), ..GiftFilter::default() };
    let gifts = office_gifts::page(&mut read, &filter, &From::Newest, GIFTS).await;
    let gifts = gifts.map_err(ServiceError::from)?.rows;
    drop(read);
    let mut page = blank(look, donor);
    page.problems = problems(wrong);
    page.notice = notice;
    page.sections.push(Section::Table(table(look, donor, &known, false)));
    page.sections.push(match why_not(look.state, donor) {
        Some(words) => Section::Words(Words { paragraphs: vec![words.to_owned()], ..Words::default() }),
        None => Section::Form(Box::new(form(look, donor, raw, &gifts, wrong))),
    });
    Ok(page)
}

fn why_not(state: &AppState, donor: &DonorRecord) -> Option<&'static str> {
    if taking(state).is_empty() {
        return Some("No legal entity of the charity takes Gift Aid.");
    }
    (donor.kind != DonorKind::Individual)
        .then_some("Gift Aid is for the gifts of people: an organisation cannot declare it.")
}

/// What a donor declared, the latest first. `brief`: on the page of their details.
pub fn table(look: Look<'_>, donor: &DonorRecord, known: &[Declaration], brief: bool) -> TableSection {
    let may = look.staff.may(Right::KeepDeclarations);
    let locale = &look.state.deps.config.charity.brand.locale;
    let rows = known.iter().rev().map(|d| {
        let covers = scope_words(d, locale);
        let home = if look.sees_contact() { d.home_address.lines().join(", ") } else { String::new() };
        vec![
            if may { Cell::link(covers, format!("{}/{}", href(donor), d.id)) } else { Cell::new(covers) },
            Cell { note: home, ..Cell::new(d.full_name.as_str()) },
            Cell::new(look.entity(&d.entity_id)),
            Cell { note: format!("Words {}", d.wording_version), ..Cell::new(channel_words(d.channel)) },
            Cell::new(look.moment(d.made_at)),
            Cell::chip(chip(standing(d, today(look, &d.entity_id)), |day| look.day(day))),
        ]
    });
    let links = if brief && may { vec![Link::new("Keep declarations", href(donor))] } else { Vec::new() };
    TableSection {
        heading: "Gift Aid declarations".to_owned(),
        table: DataTable {
            caption: "Gift Aid declarations".to_owned(),
            quiet_caption: true,
            columns: ["Covers", "Made by", "To", "How", "When", "State"].map(column).to_vec(),
            rows: rows.collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "No Gift Aid declaration".to_owned(),
            text: "Donors make one with a gift on the form, or on their own pages.".to_owned(),
            action: None,
        }),
        links,
        ..TableSection::default()
    }
}

fn form(look: Look<'_>, donor: &DonorRecord, raw: &Raw, gifts: &[GiftRow], wrong: &Mistakes) -> StaffForm {
    StaffForm {
        heading: "Write one down".to_owned(),
        lead: "What is typed here is no evidence by itself: keep the paper, the mail or the recording. One made by word \
               of mouth holds when its written record was sent."
            .to_owned(),
        action: href(donor),
        fields: fields::all(look, &taking(look.state), raw, gifts, wrong),
        hidden: vec![look.token()],
        button: "Write it down".to_owned(),
        cancel: Some(Link::new("Leave it", format!("/staff/donors/{}/details", donor.id))),
        ..StaffForm::default()
    }
}

/// Writes a declaration down, once a form.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn enter(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/declarations").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let mut wrong = Mistakes::new();
    let checked = fields::check(&taking(&state), &raw, &mut wrong);
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now()).ok();
    let notice = nonce.is_none().then(too_old);
    if let (Some(checked), Some(nonce), true) = (checked, &nonce, wrong.is_empty()) {
        let wish = checked.wish(&donor.id, &staff.actor, nonce);
        match declare::declare(&state.deps, &wish).await? {
            Declared::Done(made) => {
                let to = format!("{}/{made}?done=entered", href(&donor));
                return Ok(Redirect::to(&to).into_response());
            }
            Declared::Refused(refusal) => fields::refuse(refusal, &mut wrong),
        }
    }
    another_look(&build(look, &donor, &raw, &wrong, notice).await?)
}

/// Said when a page was open for too long.
pub fn too_old() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "That page was open for a long time.".to_owned(),
        text: "Nothing was changed. Please do it once more.".to_owned(),
    }
}
