//! `/staff/donors/{id}/rights`: a copy of everything that is held about a donor, and forgetting them (PR-10, PR-11).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::donor::{Done, frame, load};
use super::door::problems;
use super::guard::{Staff, prove_first};
use super::look::Look;
use super::{another_look, dashboard, effects, show};
use crate::domain::ids::DonorId;
use crate::domain::role::Right;
use crate::domain::search::StripeKind;
use crate::domain::states::ErasureState;
use crate::services::rights::copy;
use crate::services::rights::erase::{self, Preview};
use crate::store::erasures::Erasure;
use crate::store::office_donor::DonorRecord;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{Fact, Facts, FieldKind, FormField, Link, Row, Section, StaffForm, StaffPage, Words};
use crate::web::router::{Policy, Route};

const RIGHTS: Policy = Policy::Staff(Right::HonourRights);

/// The routes of a donor's rights.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}/rights", policy: RIGHTS, methods: || get(page) },
    Route { path: "/staff/donors/{id}/rights/copy.zip", policy: RIGHTS, methods: || get(download) },
    Route { path: "/staff/donors/{id}/rights/erase", policy: RIGHTS, methods: || post(forget) },
];

fn here(id: &DonorId) -> String {
    format!("/staff/donors/{id}/rights")
}

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    why: String,
    token: String,
    sure: String,
}

/// Shows what can be done, and what it would do.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/rights").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&here(&donor.id)));
    }
    let look = Look { state: &state, staff: &staff };
    show(&content(look, &donor, &done, &Raw::default(), &Mistakes::new()).await?)
}

async fn content(
    look: Look<'_>,
    donor: &DonorRecord,
    done: &Done,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let preview = erase::preview(&look.state.deps, &donor.id).await?;
    let mut page = frame(look, donor, "", done);
    page.actions = Vec::new();
    page.problems = problems(wrong);
    if preview.wish.as_ref().is_none_or(|w| w.state == ErasureState::Asked) {
        page.sections.push(Section::Words(Words {
            heading: "A copy of everything".to_owned(),
            paragraphs: vec![
                "Everything that is held about this donor, for a reader and for a program, with the statements that were issued. \
                 It is theirs within a month of asking. The notes of colleagues are in it: read them first, they may speak of others."
                    .to_owned(),
            ],
            links: vec![Link::new("Download the copy (ZIP)", format!("{}/copy.zip", here(&donor.id)))],
            ..Words::default()
        }));
    }
    match &preview.wish {
        None => page.sections.extend(offer(look, donor, &preview, raw, wrong)),
        Some(wish) => page.sections.push(standing(look, &preview, wish)),
    }
    page.sections.extend(at_stripe(look, &preview));
    Ok(page)
}

fn counted(n: i64, one: &str, many: &str) -> String {
    match n {
        0 => "None".to_owned(),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// What goes, line by line.
fn going(preview: &Preview) -> Vec<Row> {
    let o = &preview.outlook;
    vec![
        Row::new("Of the record", "Name, mailbox, telephone, the way they sign in"),
        Row::figure("Addresses", counted(o.addresses, "goes", "go")),
        Row::figure("Notes", counted(o.notes, "goes", "go")),
        Row::figure("Mails kept", counted(o.mails, "goes", "go")),
        Row::figure("Words and dedications", counted(o.words, "goes", "go")),
        Row::figure("Monthly gifts", counted(o.plans, "is stopped first", "are stopped first")),
    ]
}

fn kept(look: Look<'_>, preview: &Preview) -> Vec<String> {
    let o = &preview.outlook;
    let Some(until) = preview.held_until else {
        return vec!["Nothing was given, so nothing has to be kept.".to_owned()];
    };
    let papers = [
        (o.papers, counted(o.papers, "receipt or statement", "receipts and statements")),
        (o.declarations, counted(o.declarations, "Gift Aid declaration", "Gift Aid declarations")),
    ];
    let papers: Vec<String> = papers.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
    let gifts = if o.gifts == 1 { "stays" } else { "stay" };
    let mut all = vec![format!("{} {gifts} in the books, with the sums.", counted(o.gifts, "gift", "gifts"))];
    if !papers.is_empty() {
        all.push(format!(
            "As issued, with name and address, until {}: {}. Tax law wants them for six years from the end of the accounting year.",
            look.day(until),
            papers.join(" and ")
        ));
    }
    all.push("The audit keeps that somebody looked, not at what.".to_owned());
    all.push("Of the mailbox a fingerprint stays, so that it is not written to again.".to_owned());
    all
}

fn offer(
    look: Look<'_>,
    donor: &DonorRecord,
    preview: &Preview,
    raw: &Raw,
    wrong: &Mistakes,
) -> Vec<Section> {
    let facts = going(preview).into_iter().map(|r| Fact::new(r.label, r.value)).collect();
    vec![
        Section::Facts(Facts { heading: "What goes".to_owned(), rows: facts, links: Vec::new() }),
        Section::Words(Words {
            heading: "What stays".to_owned(),
            paragraphs: kept(look, preview),
            ..Words::default()
        }),
        Section::Form(Box::new(StaffForm {
            heading: "Forget them".to_owned(),
            lead: "It cannot be undone. Monthly gifts are stopped at Stripe, and what is under way is waited for. Export files of the last \
                   seven days and backups are not touched: they go by their own dates."
                .to_owned(),
            action: format!("{}/erase", here(&donor.id)),
            fields: vec![
                FormField::new("why", "How they asked", FieldKind::Text, field(wrong, "why", &raw.why))
                    .hinted("“By letter of 3 May”. No names: it is kept for good"),
                FormField::new(
                    "sure",
                    "They are who they say, and know that it cannot be undone",
                    FieldKind::Tick(raw.sure == "yes"),
                    field(wrong, "sure", "yes"),
                ),
            ],
            hidden: vec![look.token()],
            button: "Forget this donor".to_owned(),
            look: "grave",
            cancel: Some(Link::new("Leave it", format!("/staff/donors/{}", donor.id))),
            ..StaffForm::default()
        })),
    ]
}

fn standing(look: Look<'_>, preview: &Preview, wish: &Erasure) -> Section {
    let mut rows =
        vec![Fact::new("Asked", look.day_of(wish.asked_at)).noted(format!("{}: {}", wish.by_name, wish.why))];
    match wish.done_at {
        None => rows.push(Fact::new(
            "Waits for",
            wish.waits_for.clone().unwrap_or_else(|| "It is being done.".to_owned()),
        )),
        Some(at) => {
            rows.push(Fact::new("Forgotten", look.day_of(at)));
            rows.push(match wish.held_until {
                None => Fact::new("Kept", "Nothing"),
                Some(day) => {
                    Fact::new("Kept for the law", format!("Until {}", look.day(day.0))).noted(format!(
                        "{}, {}, {}",
                        counted(preview.outlook.gifts, "gift", "gifts"),
                        counted(preview.outlook.papers, "receipt or statement", "receipts and statements"),
                        counted(preview.outlook.declarations, "declaration", "declarations")
                    ))
                }
            });
        }
    }
    Section::Facts(Facts { heading: "They asked to be forgotten".to_owned(), rows, links: Vec::new() })
}

/// What Stripe holds is deleted there: deleting a customer is Stripe's to record.
fn at_stripe(look: Look<'_>, preview: &Preview) -> Option<Section> {
    let live = look.state.deps.config.stripe.livemode;
    let links: Vec<Link> = preview
        .customers
        .iter()
        .filter_map(|id| Some(Link::new(id.as_str(), dashboard::href(live, StripeKind::Customer, id)?)))
        .collect();
    (!links.is_empty()).then(|| {
        Section::Words(Words {
            heading: "At Stripe".to_owned(),
            paragraphs: vec![
                "Stripe holds the card, the name and the mailbox of these customers. Once the monthly gift has ended, delete them there."
                    .to_owned(),
            ],
            links,
            ..Words::default()
        })
    })
}

/// Downloads the copy, on record.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn download(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/rights").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&here(&donor.id)));
    }
    let bytes = copy::of_donor(&state.deps, &donor.id, true).await?;
    copy::note_taken(&state.deps, staff.actor.id.as_str(), &donor.id, bytes.len()).await?;
    Ok(downloads::attachment("application/zip", &format!("{}.zip", donor.id), bytes))
}

/// Writes down that a donor is to be forgotten.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn forget(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/rights").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&here(&donor.id)));
    }
    let look = Look { state: &state, staff: &staff };
    let mut wrong = Mistakes::new();
    let why = effects::reason(&mut wrong, &raw.why);
    if raw.sure != "yes" {
        wrong.insert("sure", "Tick it once you are sure".to_owned());
    }
    if !wrong.is_empty() {
        return another_look(&content(look, &donor, &Done::default(), &raw, &wrong).await?);
    }
    let Ok(nonce) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        let mut page = content(look, &donor, &Done::default(), &raw, &wrong).await?;
        page.notice = Some(effects::too_old());
        return show(&page);
    };
    erase::ask(&state.deps, &staff.actor, &donor.id, &why, &nonce).await?;
    Ok(Redirect::to(&format!("{}?done=forgetting", here(&donor.id))).into_response())
}
