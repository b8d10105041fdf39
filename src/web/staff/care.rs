//! Acts of care: a sign-in link, another mailbox, mail that rests.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::donor::{Done, frame, load};
use super::door::problems;
use super::guard::{Staff, prove_first};
use super::look::Look;
use super::{another_look, show};
use crate::domain::ids::DonorId;
use crate::domain::role::Right;
use crate::domain::states::Standing;
use crate::services::care::{self, LinkSent, Mended, Resent};
use crate::store::office_donor::DonorRecord;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Act, Confirm, FieldKind, FormField, Link, Row, Section, StaffForm, StaffPage, Words,
};
use crate::web::router::{Policy, Route};

const CARE: Policy = Policy::Staff(Right::CareForDonors);

/// The routes of care.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/donors/{id}/link", policy: CARE, methods: || get(ask_link).post(send_link) },
    Route { path: "/staff/donors/{id}/mailbox", policy: CARE, methods: || get(mailbox).post(mend) },
    Route { path: "/staff/donors/{id}/pause", policy: CARE, methods: || get(pause).post(change_pause) },
];

/// A one-button form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    token: String,
}

impl Pressed {
    /// What makes this press the only one; `None` when the page is too old or not ours.
    pub fn nonce(&self, state: &AppState) -> Option<String> {
        state.form_key.nonce_of(&self.token, state.deps.clock.now()).ok()
    }
}

/// The word of what happened; `sent` when it is on its way.
pub fn resent_word(resent: Resent, sent: &'static str) -> &'static str {
    match resent {
        Resent::OnItsWay => sent,
        Resent::Rests => "held",
        Resent::Before => "before",
        Resent::NoMailbox => "nomail",
        Resent::TooOften => "often",
        Resent::NotThisOne => "notthis",
    }
}

fn home(donor: &DonorId, word: &str) -> Response {
    Redirect::to(&format!("/staff/donors/{donor}?done={word}")).into_response()
}

/// Can sign in: an account, or a guest whose mailbox opens one.
fn can_sign_in(donor: &DonorRecord) -> bool {
    donor.standing != Standing::Offline && !donor.email.is_empty()
}

/// Says what a sign-in link does, before it is sent.
///
/// # Errors
/// 404 when there is no such donor, or none who could sign in.
pub async fn ask_link(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/link").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !can_sign_in(&donor) {
        return Err(AppError::not_found());
    }
    let look = Look { state: &state, staff: &staff };
    let mut page = frame(look, &donor, "", &Done::default());
    let here = format!("/staff/donors/{}", donor.id);
    page.actions = Vec::new();
    if care::is_mended_lately(&state.deps, &donor.id).await? {
        page.sections = vec![Section::Words(Words {
            heading: "No sign-in link from here".to_owned(),
            paragraphs: vec![
                "The office changed this mailbox within the last seven days, and for so long it sends no sign-in link there: \
                 a link opens everything the donor gave."
                    .to_owned(),
                "The donor can ask for one on the sign-in page at any time.".to_owned(),
            ],
            links: vec![Link::new("Back to the donor", here)],
            ..Words::default()
        })];
        return show(&page);
    }
    let opens = match donor.standing {
        Standing::Account => "They are signed in to their account",
        Standing::Guest | Standing::Offline => {
            "An account is opened, with everything given from this mailbox"
        }
    };
    page.sections = vec![Section::Confirm(Confirm {
        heading: "Send a sign-in link?".to_owned(),
        text: "The mail has a link and a code. It works for ten minutes, once.".to_owned(),
        changes: vec![Row::new("Goes to", look.email(&donor.email)), Row::new("When it is followed", opens)],
        stays: vec!["Nobody in the office sees the link or the code.".to_owned()],
        undo: "An unused link ends by itself.".to_owned(),
        act: Act::new("Send the link", format!("{here}/link")),
        grave: false,
        cancel: Link::new("Not now", here),
    })];
    show(&page)
}

/// Sends a sign-in link.
///
/// # Errors
/// 404 when there is no such donor, or none who could sign in.
pub async fn send_link(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id: DonorId = id.parse().map_err(|_| AppError::not_found())?;
    let sent = care::send_sign_in_link(&state.deps, &staff.actor, &id).await?;
    Ok(match sent.ok_or_else(AppError::not_found)? {
        LinkSent::OnItsWay => home(&id, "link"),
        LinkSent::TooOften => home(&id, "often"),
        // The page of the link says why.
        LinkSent::MendedLately => Redirect::to(&format!("/staff/donors/{id}/link")).into_response(),
    })
}

/// Another mailbox as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawMailbox {
    email: String,
    why: String,
}

/// Asks for the right mailbox; for an account, says who changes it.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn mailbox(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/mailbox").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&format!("/staff/donors/{}/mailbox", donor.id)));
    }
    let look = Look { state: &state, staff: &staff };
    let raw = RawMailbox { email: donor.email.clone(), why: String::new() };
    show(&mailbox_page(look, &donor, &raw, &Mistakes::new()))
}

fn mailbox_page(look: Look<'_>, donor: &DonorRecord, raw: &RawMailbox, wrong: &Mistakes) -> StaffPage {
    let mut page = frame(look, donor, "/details", &Done::default());
    let here = format!("/staff/donors/{}", donor.id);
    page.actions = Vec::new();
    page.problems = problems(wrong);
    page.sections = vec![if donor.standing == Standing::Account {
        Section::Words(Words {
            heading: "This donor has an account".to_owned(),
            paragraphs: vec![
                "The mailbox is how they sign in, so they change it themselves: under Security in their own pages, \
                 with a confirmation from the new mailbox."
                    .to_owned(),
                "If they no longer reach the old mailbox, they open an account with the new one and give from there."
                    .to_owned(),
            ],
            links: vec![Link::new("Back to the donor", here)],
            ..Words::default()
        })
    } else {
        Section::Form(Box::new(StaffForm {
            heading: "Mend the mailbox".to_owned(),
            lead: "Mail that was refused, and what waits, goes to the new one at once, and the old one is told. Receipts keep \
                   what they say. For seven days the office sends no sign-in link to the new one; the donor can ask for one."
                .to_owned(),
            action: format!("{here}/mailbox"),
            fields: vec![
                FormField::new("email", "E-mail", FieldKind::Email, field(wrong, "email", &raw.email)),
                FormField::new("why", "Reason", FieldKind::Text, field(wrong, "why", &raw.why))
                    .hinted("How you know that it is theirs. No names: it is kept for good"),
            ],
            button: "Mend it".to_owned(),
            cancel: Some(Link::new("Leave it", here)),
            ..StaffForm::default()
        }))
    }];
    page
}

/// Mends the mailbox of a guest or offline donor, after a fresh proof and for a reason.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn mend(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<RawMailbox>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/mailbox").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&format!("/staff/donors/{}/mailbox", donor.id)));
    }
    let mut wrong = Mistakes::new();
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter the donor's e-mail address");
    let why = forms::line(&mut wrong, "why", &raw.why, WHY_AT_MOST, Some("Say why"));
    if wrong.is_empty() {
        let mended = care::mend_mailbox(&state.deps, &staff.actor, &donor.id, &email, &why).await?;
        match mended.ok_or_else(AppError::not_found)? {
            Mended::Done { .. } => return Ok(home(&donor.id, "mailbox")),
            Mended::Same => return Ok(home(&donor.id, "same")),
            Mended::Taken => {
                let words = "Another donor has this mailbox. Look for it, and check which record is right";
                wrong.insert("email", words.to_owned());
            }
            Mended::HasAccount => {
                let words = "This donor has an account and changes the mailbox themselves";
                wrong.insert("email", words.to_owned());
            }
        }
    }
    let look = Look { state: &state, staff: &staff };
    another_look(&mailbox_page(look, &donor, &raw, &wrong))
}

/// The pause form as sent: a reason begins one, `end` ends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawPause {
    why: String,
    end: String,
}

/// Letters of a reason.
const WHY_AT_MOST: usize = 200;

/// Asks why mail is to rest, or says what happens when it begins again.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn pause(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/pause").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    show(&pause_page(look, &donor, "", &Mistakes::new()))
}

fn pause_page(look: Look<'_>, donor: &DonorRecord, typed: &str, wrong: &Mistakes) -> StaffPage {
    let mut page = frame(look, donor, "/mail", &Done::default());
    let here = format!("/staff/donors/{}", donor.id);
    page.actions = Vec::new();
    page.problems = problems(wrong);
    page.sections = vec![match donor.paused_at {
        Some(at) => Section::Confirm(Confirm {
            heading: "Begin mail again?".to_owned(),
            text: "What rested is sent at once, oldest first.".to_owned(),
            changes: vec![
                Row::new("Rests since", look.moment(at)),
                Row::new("Why", donor.pause_why.clone().unwrap_or_default()),
            ],
            undo: "Mail can rest again at any time; what is sent is sent.".to_owned(),
            act: Act::new("Begin mail again", format!("{here}/pause")).with("end", "yes"),
            cancel: Link::new("Let it rest", here),
            ..Confirm::default()
        }),
        None => Section::Form(Box::new(StaffForm {
            heading: "Let mail rest".to_owned(),
            lead: "Receipts and everything else wait until mail begins again. Gifts go on; a sign-in link the donor asks \
                   for is still sent."
                .to_owned(),
            action: format!("{here}/pause"),
            fields: vec![
                FormField::new("why", "Why", FieldKind::Text, field(wrong, "why", typed))
                    .hinted("As colleagues need to know it"),
            ],
            button: "Let mail rest".to_owned(),
            cancel: Some(Link::new("Go on sending", here)),
            ..StaffForm::default()
        })),
    }];
    page
}

/// Lets mail rest, or begins it again.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn change_pause(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<RawPause>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/pause").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if raw.end == "yes" {
        care::begin_again(&state.deps, &staff.actor, &donor.id).await?;
        return Ok(home(&donor.id, "resumed"));
    }
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &raw.why, WHY_AT_MOST, Some("Say why"));
    if !wrong.is_empty() {
        let look = Look { state: &state, staff: &staff };
        return another_look(&pause_page(look, &donor, &raw.why, &wrong));
    }
    care::pause_mail(&state.deps, &staff.actor, &donor.id, &why).await?;
    Ok(home(&donor.id, "paused"))
}
