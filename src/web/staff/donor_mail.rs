//! `/staff/donors/{id}/mail`: what was sent to a donor, what was not, and sending it again.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::care::{Pressed, resent_word};
use super::donor::{Done, frame, load};
use super::guard::Staff;
use super::look::{Look, column};
use super::show;
use crate::clock::Ts;
use crate::domain::ids::{DonorId, MailId};
use crate::domain::role::Right;
use crate::services::{ServiceError, care};
use crate::store::office_donor::DonorRecord;
use crate::store::outbox::{self, MailRow};
use crate::store::paging::Place;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, DataTable, Empty, Fact, Facts, Link, Pager, Section, TableSection, Words,
};
use crate::web::router::{Policy, Route};

/// The routes of a donor's mail.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/staff/donors/{id}/mail",
        policy: Policy::Staff(Right::FindDonors),
        methods: || get(list),
    },
    Route {
        path: "/staff/donors/{id}/mail/{mail}",
        policy: Policy::Staff(Right::FindDonors),
        methods: || get(one),
    },
    Route {
        path: "/staff/donors/{id}/mail/{mail}/again",
        policy: Policy::Staff(Right::CareForDonors),
        methods: || post(again),
    },
];

/// Mails on a page.
const MAILS: i64 = 50;

/// From which moment on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    older: String,
}

/// Shows the mails to a donor.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
    Query(before): Query<Before>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/mail").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let place = before.older.parse::<Place>().ok();
    let from = place.as_ref().map_or(Ts::from_micros(i64::MAX / 100), |p| p.at);
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let mut mails =
        outbox::of_owner(&mut read, &donor.id, from, MAILS + 1).await.map_err(ServiceError::from)?;
    drop(read);
    let more = i64::try_from(mails.len()).is_ok_and(|n| n > MAILS);
    mails.truncate(usize::try_from(MAILS).unwrap_or(usize::MAX));
    let here = format!("/staff/donors/{}/mail", donor.id);
    let mut page = frame(look, &donor, "/mail", &done);
    page.sections.extend(rests(look, &donor));
    page.sections.push(Section::Table(TableSection {
        table: table(look, &here, &mails),
        empty: Some(Empty {
            title: "No mail yet".to_owned(),
            text: "Receipts and everything else that was written to this donor stand here.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }));
    page.pager = mails.last().filter(|_| more || place.is_some()).map(|last| Pager {
        shown: format!("{} mails", mails.len()),
        older: if more {
            format!("{here}?older={}", Place { at: last.created_at, id: last.id.to_string() })
        } else {
            String::new()
        },
        newest: if place.is_some() { here.clone() } else { String::new() },
        ..Pager::default()
    });
    show(&page)
}

fn rests(look: Look<'_>, donor: &DonorRecord) -> Option<Section> {
    let at = donor.paused_at?;
    Some(Section::Words(Words {
        paragraphs: vec![format!(
            "Mail to this donor rests since {}. What is written meanwhile waits; a sign-in link they ask for is sent.",
            look.moment(at)
        )],
        ..Words::default()
    }))
}

/// How a mail stands.
pub fn mail_chip(state: &str) -> Chip {
    match state {
        "sent" => Chip::new(ChipTone::Success, "Sent"),
        "queued" => Chip::new(ChipTone::Wait, "On its way"),
        "held" => Chip::new(ChipTone::Wait, "Rests"),
        _ => Chip::new(ChipTone::Problem, "Refused"),
    }
}

fn table(look: Look<'_>, here: &str, mails: &[MailRow]) -> DataTable {
    let rows = mails.iter().map(|m| {
        vec![
            Cell::link(m.subject.as_str(), format!("{here}/{}", m.id)),
            Cell::new(look.email(&m.recipient)),
            Cell::chip(mail_chip(&m.state)),
            Cell {
                note: m.sent_at.map(|at| format!("Sent {}", look.moment(at))).unwrap_or_default(),
                ..Cell::new(look.moment(m.created_at))
            },
            Cell::new(m.last_error.clone().filter(|_| m.state != "sent").unwrap_or_default()),
        ]
    });
    DataTable {
        caption: "Mails".to_owned(),
        quiet_caption: true,
        columns: ["Mail", "To", "State", "Written", "The mail host said"].map(column).to_vec(),
        rows: rows.collect(),
        ..DataTable::default()
    }
}

/// Shows one mail, and the button that sends it again.
///
/// # Errors
/// 404 when there is no such mail of this donor.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path((id, mail)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let mail: MailId = mail.parse().map_err(|_| AppError::not_found())?;
    let donor = match load(&state, &staff, &id, "/mail").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let look = Look { state: &state, staff: &staff };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let written = outbox::written_to(&mut read, &donor.id, &mail).await.map_err(ServiceError::from)?;
    drop(read);
    let written = written.ok_or_else(AppError::not_found)?;
    let mut page = frame(look, &donor, "/mail", &done);
    let mut rows = vec![
        Fact::new("Subject", written.subject.as_str()),
        Fact { chip: Some(mail_chip(&written.state)), ..Fact::new("State", "") },
    ];
    if let Some(gift) = &written.gift_id {
        rows.push(Fact::link("About", "A gift", format!("/staff/gifts/{gift}")));
    }
    page.sections.push(Section::Facts(Facts { heading: "Mail".to_owned(), rows, links: Vec::new() }));
    let can = written.proof_id.is_none() && matches!(written.state.as_str(), "sent" | "failed");
    if can && staff.may(Right::CareForDonors) {
        let to = look.email(&donor.email);
        let copy = matches!(written.kind.as_str(), "receipt" | "receipt_copy") && written.state == "sent";
        let what = if copy { "A copy of the receipt, marked as a copy," } else { "The same words" };
        let token = look.token();
        page.sections.push(Section::Words(Words {
            heading: "Send it again".to_owned(),
            paragraphs: vec![if to.is_empty() {
                "This donor has no mailbox: nothing can be sent.".to_owned()
            } else {
                format!("{what} goes to {to}, where the donor is now.")
            }],
            acts: vec![
                Act::new("Send it again", format!("/staff/donors/{}/mail/{mail}/again", donor.id))
                    .with(token.name, token.value),
            ],
            links: vec![Link::new("All mails", format!("/staff/donors/{}/mail", donor.id))],
        }));
    }
    show(&page)
}

/// Sends a mail again.
///
/// # Errors
/// 404 when there is no such mail of this donor.
pub async fn again(
    State(state): State<AppState>,
    staff: Staff,
    Path((id, mail)): Path<(String, String)>,
    Form(raw): Form<Pressed>,
) -> Result<Response, AppError> {
    let id: DonorId = id.parse().map_err(|_| AppError::not_found())?;
    let mail: MailId = mail.parse().map_err(|_| AppError::not_found())?;
    let word = match raw.nonce(&state) {
        None => "old",
        Some(nonce) => {
            let resent = care::resend_mail(&state.deps, &staff.actor, &id, &mail, &nonce).await?;
            resent_word(resent.ok_or_else(AppError::not_found)?, "mail")
        }
    };
    Ok(Redirect::to(&format!("/staff/donors/{id}/mail?done={word}")).into_response())
}
