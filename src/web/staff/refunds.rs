//! `/staff/refunds`: refunds that wait for a second person, and what became of the others (RC-11).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::effects::{self, gift_href, moment, refusal_words, sum};
use super::guard::{Staff, prove_first};
use super::look::{column, figures};
use super::paging::{self, PAGE, Wanted};
use super::{blank, show};
use crate::domain::ids::RefundRequestId;
use crate::domain::role::Right;
use crate::domain::states::{RefundReason, RefundRequestState};
use crate::services::ServiceError;
use crate::services::corrections::effects::{Known, of_refund};
use crate::services::refunds::{self, Decided};
use crate::services::staff::{record_list, record_read};
use crate::store::paging::{From, Place};
use crate::store::refund_requests::{self, RefundRequest};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, Confirm, DataTable, Empty, Fact, Facts, Link, Notice, Section, StaffPage,
    TableSection, Tone, Words,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/refunds";
/// Nobody lets more wait.
const WAITING_AT_MOST: i64 = 100;

/// The routes of the list and of one request.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/refunds", policy: Policy::Staff(Right::SeeMoney), methods: || get(list) },
    Route { path: "/staff/refunds/{request}", policy: Policy::Staff(Right::SeeMoney), methods: || get(one) },
    Route {
        path: "/staff/refunds/{request}/approve",
        policy: Policy::Staff(Right::RefundGifts),
        methods: || post(approve),
    },
    Route {
        path: "/staff/refunds/{request}/drop",
        policy: Policy::Staff(Right::RefundGifts),
        methods: || post(drop_it),
    },
];

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// How a request stands.
fn chip(state: RefundRequestState) -> Chip {
    match state {
        RefundRequestState::Awaiting => Chip::new(ChipTone::Attention, "Waits for a second person"),
        RefundRequestState::Asked => Chip::new(ChipTone::Wait, "Stripe is being asked"),
        RefundRequestState::Made => Chip::new(ChipTone::Success, "Made"),
        RefundRequestState::Refused => Chip::new(ChipTone::Problem, "Refused"),
        RefundRequestState::Dropped => Chip::new(ChipTone::Info, "Dropped"),
    }
}

fn code(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Requested => "The donor asked for it",
        RefundReason::Duplicate => "Given twice",
        RefundReason::Fraudulent => "Somebody else’s card",
    }
}

/// Shows the list.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let from = wanted.from();
    let first = from == From::Newest;
    let rows = async {
        let mut read = state.deps.store.read().await?;
        let waiting = match first {
            true => refund_requests::awaiting(&mut read, WAITING_AT_MOST).await?,
            false => Vec::new(),
        };
        let others = refund_requests::page(&mut read, &from, PAGE).await?;
        Ok::<_, crate::store::StoreError>((waiting, others, refund_requests::count(&mut read).await?))
    };
    let (waiting, others, count) = rows.await.map_err(ServiceError::from)?;
    record_list(&state.deps, &staff.actor, "refunds", waiting.len() + others.rows.len()).await?;
    let mut shown = blank(&state, &staff, "Refunds", HERE);
    shown.lead = "Who asked for it, why, and what became of it.".to_owned();
    shown.notice = notice(&done.done);
    if first {
        shown.sections.push(Section::Table(TableSection {
            heading: "Waiting for a second person".to_owned(),
            table: table(&state, &waiting)?,
            empty: Some(Empty { title: "None waits.".to_owned(), ..Empty::default() }),
            ..TableSection::default()
        }));
    }
    let place = |r: &RefundRequest| Place { at: r.asked_at, id: r.id.to_string() };
    shown.pager = paging::pager(&others, count, HERE, &[], place);
    shown.sections.push(Section::Table(TableSection {
        heading: "Asked for".to_owned(),
        table: table(&state, &others.rows)?,
        empty: Some(Empty {
            title: "No refund was asked for yet.".to_owned(),
            text: "Open a gift to give it back.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }));
    show(&shown)
}

fn notice(done: &str) -> Option<Notice> {
    let (tone, title) = match done {
        "dropped" => (Tone::Info, "The refund was dropped. Nothing goes back."),
        "over" => (Tone::Info, "It waited no longer: nothing was done."),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: String::new() })
}

fn table(state: &AppState, requests: &[RefundRequest]) -> Result<DataTable, AppError> {
    let row = |r: &RefundRequest| -> Result<Vec<Cell>, AppError> {
        let why = Cell { note: r.why.clone(), ..Cell::new(code(r.reason)) };
        let stands = Cell { note: r.problem.clone().unwrap_or_default(), ..Cell::chip(chip(r.state)) };
        Ok(vec![
            Cell::link(moment(state, r.asked_at), format!("{HERE}/{}", r.id)),
            Cell::link(sum(state, r.amount()), gift_href(&r.gift_id)),
            Cell::new(r.donor_name().map_err(ServiceError::from)?),
            why,
            Cell::new(r.asker.as_str()),
            stands,
        ])
    };
    Ok(DataTable {
        caption: "Refunds".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Asked for on"),
            figures("Sum"),
            column("Donor"),
            column("Why"),
            column("By"),
            column("State"),
        ],
        rows: requests.iter().map(row).collect::<Result<_, _>>()?,
        totals: Vec::new(),
    })
}

/// The request an address names.
async fn open(state: &AppState, id: &str) -> Result<(RefundRequest, Known), AppError> {
    let id: RefundRequestId = id.parse().map_err(|_| AppError::not_found())?;
    refunds::look(&state.deps, &id).await?.ok_or_else(AppError::not_found)
}

/// Shows one request with what it would change now.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(request): Path<String>,
) -> Result<Response, AppError> {
    let (request, known) = open(&state, &request).await?;
    record_read(&state.deps, &staff.actor, &request.donor_id, "refund").await?;
    show(&one_page(&state, &staff, &request, &known)?)
}

fn one_page(
    state: &AppState,
    staff: &Staff,
    request: &RefundRequest,
    known: &Known,
) -> Result<StaffPage, AppError> {
    let amount = sum(state, request.amount());
    let mut shown = blank(state, staff, &format!("Refund of {amount}"), HERE);
    shown.back = Some(Link::new("Refunds", HERE));
    shown.chip = Some(chip(request.state));
    shown.sections = vec![request_facts(state, request)?];
    if request.state == RefundRequestState::Awaiting && staff.may(Right::RefundGifts) {
        shown.sections.extend(decision(state, staff, request, known)?);
    }
    Ok(shown)
}

fn request_facts(state: &AppState, r: &RefundRequest) -> Result<Section, AppError> {
    let mut rows = vec![
        Fact::link("Of a gift from", r.donor_name().map_err(ServiceError::from)?, gift_href(&r.gift_id)),
        Fact::new("Why", code(r.reason)).noted(r.why.as_str()),
        Fact::new("Asked for by", r.asker.as_str()).noted(moment(state, r.asked_at)),
    ];
    if let (Some(who), Some(at)) = (&r.approver, r.approved_at) {
        rows.push(Fact::new("Agreed to by", who.as_str()).noted(moment(state, at)));
    }
    if let Some(at) = r.closed_at {
        rows.push(Fact::new("Closed on", moment(state, at)).noted(r.problem.clone().unwrap_or_default()));
    }
    if let Some(refund) = &r.stripe_refund {
        rows.push(Fact::new("At Stripe", refund.as_str()));
    }
    Ok(Section::Facts(Facts { rows, ..Facts::default() }))
}

/// What can be decided about a request that waits.
fn decision(
    state: &AppState,
    staff: &Staff,
    request: &RefundRequest,
    known: &Known,
) -> Result<Vec<Section>, AppError> {
    let own = request.asked_by == staff.actor.id;
    let label = if own { "Take it back" } else { "Do not agree" };
    let let_go = Act::new(label, format!("{HERE}/{}/drop", request.id)).about(" to this refund");
    let standing = known.standing(Some(request.id.as_str()));
    let (agree, said) = match standing.check(request.amount()) {
        _ if own => (None, "Somebody else has to agree: nobody agrees to their own request.".to_owned()),
        Err(refusal) => (None, refusal_words(state, refusal)),
        Ok(()) => (Some(Section::Confirm(agreement(state, request, known)?)), String::new()),
    };
    let paragraphs = if said.is_empty() { Vec::new() } else { vec![said] };
    let rest = Section::Words(Words { paragraphs, acts: vec![let_go], ..Words::default() });
    Ok(agree.into_iter().chain([rest]).collect())
}

fn agreement(state: &AppState, request: &RefundRequest, known: &Known) -> Result<Confirm, AppError> {
    let what = of_refund(known, request.amount());
    let (name, amount) = (request.donor_name().map_err(ServiceError::from)?, sum(state, request.amount()));
    let act = Act::new(format!("Agree, give back {amount}"), format!("{HERE}/{}/approve", request.id));
    Ok(Confirm {
        heading: format!("Agree to give {amount} back to {name}?"),
        text: String::new(),
        changes: effects::changes(state, &what, (&name, &name)),
        stays: effects::stays(state, &what, true),
        undo: "It cannot be undone: the donor would have to give again.".to_owned(),
        act: act.with("seen", what.fingerprint()?),
        grave: true,
        cancel: Link::new("Leave it waiting", HERE),
    })
}

/// The button of a request.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    seen: String,
}

/// A second person agrees.
///
/// # Errors
/// 404 when there is no such request.
pub async fn approve(
    State(state): State<AppState>,
    staff: Staff,
    Path(request): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, AppError> {
    let (request, known) = open(&state, &request).await?;
    let proof = state.deps.config.charity.staff.needs_proof(known.refunded_with(request.amount()));
    if proof && !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&format!("{HERE}/{}", request.id)));
    }
    match refunds::approve(&state.deps, &staff.actor, &request.id, &pressed.seen).await? {
        Decided::Done(gift) => {
            let done = if known.gift.is_offline() { "refund_made" } else { "refund_asked" };
            Ok(effects::back_to(&gift, done))
        }
        Decided::Unknown => Err(AppError::not_found()),
        Decided::Over => Ok(Redirect::to(&format!("{HERE}?done=over")).into_response()),
        decided @ (Decided::Own | Decided::Refused(_) | Decided::ChangedMeanwhile) => {
            record_read(&state.deps, &staff.actor, &request.donor_id, "refund").await?;
            let mut shown = one_page(&state, &staff, &request, &known)?;
            shown.notice = (decided == Decided::ChangedMeanwhile).then(effects::changed_meanwhile);
            page(StatusCode::CONFLICT, &shown)
        }
    }
}

/// A request is taken back, or not agreed to.
///
/// # Errors
/// 404 when there is no such request.
pub async fn drop_it(
    State(state): State<AppState>,
    staff: Staff,
    Path(request): Path<String>,
) -> Result<Response, AppError> {
    let id: RefundRequestId = request.parse().map_err(|_| AppError::not_found())?;
    match refunds::drop_request(&state.deps, &staff.actor, &id).await? {
        Decided::Done(_) => Ok(Redirect::to(&format!("{HERE}?done=dropped")).into_response()),
        Decided::Over => Ok(Redirect::to(&format!("{HERE}?done=over")).into_response()),
        Decided::Unknown | Decided::Own | Decided::Refused(_) | Decided::ChangedMeanwhile => {
            Err(AppError::not_found())
        }
    }
}
