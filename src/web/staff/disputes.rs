//! `/staff/disputes`: what donors' banks ask back, the next deadline first (RC-10).

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::dashboard;
use super::effects::{gift_href, sum};
use super::guard::Staff;
use super::look::{column, figures};
use super::view::{day, zone};
use super::{blank, show};
use crate::domain::role::Right;
use crate::domain::search::StripeKind;
use crate::domain::states::DisputeState;
use crate::services::ServiceError;
use crate::services::staff::record_list;
use crate::store::office_money::{self, DisputeLine};
use crate::store::paging::Place;
use crate::web::AppState;
use crate::web::donor::view::relative;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, Chip, ChipTone, DataTable, Empty, Pager, Section, TableSection};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/disputes";
/// Rows on a page.
const PAGE: usize = 25;

/// The routes of disputes.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff/disputes", policy: Policy::Staff(Right::SeeMoney), methods: || get(list) }];

/// Which part of the list: `open_…` or `decided_…`, then the place of the last row before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    after: String,
}

/// Shows the disputes: the open ones by their deadline, then the decided ones.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let after = wanted.after.split_once('_').and_then(|(part, at)| Some((part, at.parse::<Place>().ok()?)));
    let mut rows = page_of(&state, after.as_ref()).await.map_err(ServiceError::from)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    record_list(&state.deps, &staff.actor, "disputes", rows.len()).await?;
    let mut shown = blank(&state, &staff, "Disputes", HERE);
    shown.lead = "What donors’ banks ask back. Answer in Stripe, before the deadline.".to_owned();
    let older = more.then(|| rows.last().map(next)).flatten().unwrap_or_default();
    let newer = if after.is_some() { HERE.to_owned() } else { String::new() };
    shown.pager = (!older.is_empty() || !newer.is_empty()).then(|| Pager {
        shown: format!("{} on this page", rows.len()),
        newer,
        older,
        ..Pager::default()
    });
    let (open, decided): (Vec<_>, Vec<_>) = rows.into_iter().partition(|d| d.state == DisputeState::Open);
    if after.is_none() || !open.is_empty() {
        shown.sections.push(section(&state, "Open", &open, "No dispute is open.")?);
    }
    if open.is_empty() || !decided.is_empty() {
        shown.sections.push(section(&state, "Decided", &decided, "No dispute was decided yet.")?);
    }
    show(&shown)
}

/// One row more than the page holds: open disputes first, decided ones where they end.
async fn page_of(
    state: &AppState,
    after: Option<&(&str, Place)>,
) -> Result<Vec<DisputeLine>, crate::store::StoreError> {
    let wanted = PAGE as i64 + 1;
    let mut read = state.deps.store.read().await?;
    let (mut rows, before) = match after {
        Some(("decided", place)) => (Vec::new(), Some(place)),
        Some((_, place)) => (office_money::open_disputes(&mut read, Some(place), wanted).await?, None),
        None => (office_money::open_disputes(&mut read, None, wanted).await?, None),
    };
    let rest = wanted - rows.len() as i64;
    if rest > 0 {
        rows.extend(office_money::decided_disputes(&mut read, before, rest).await?);
    }
    Ok(rows)
}

/// The address of what follows a row.
fn next(last: &DisputeLine) -> String {
    let (part, at) = match last.state {
        DisputeState::Open => ("open", last.evidence_due.unwrap_or_else(office_money::no_day)),
        DisputeState::Won | DisputeState::Lost => ("decided", last.updated_at),
    };
    format!("{HERE}?after={part}_{}", Place { at, id: last.id.to_string() })
}

fn section(state: &AppState, heading: &str, rows: &[DisputeLine], none: &str) -> Result<Section, AppError> {
    Ok(Section::Table(TableSection {
        heading: heading.to_owned(),
        table: table(state, rows)?,
        empty: Some(Empty { title: none.to_owned(), ..Empty::default() }),
        ..TableSection::default()
    }))
}

fn table(state: &AppState, rows: &[DisputeLine]) -> Result<DataTable, AppError> {
    Ok(DataTable {
        caption: "Disputes".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Deadline"),
            figures("Sum"),
            column("Donor"),
            column("The bank’s reason"),
            figures("In the books"),
            column("State"),
            column("At Stripe"),
        ],
        rows: rows.iter().map(|d| row(state, d)).collect::<Result<_, _>>()?,
        totals: Vec::new(),
    })
}

fn row(state: &AppState, d: &DisputeLine) -> Result<Vec<Cell>, AppError> {
    let name = d.donor_name().map_err(ServiceError::from)?;
    let live = state.deps.config.stripe.livemode;
    let at_stripe = dashboard::href(live, StripeKind::Dispute, &d.stripe_dispute);
    let opened = format!("Opened on {}", day(state, d.made_at));
    Ok(vec![
        deadline(state, d),
        Cell::link(sum(state, d.amount()), gift_href(&d.gift_id)),
        Cell::link(name, format!("/staff/donors/{}", d.donor_id)),
        Cell { note: opened, ..Cell::new(reason(&d.reason)) },
        books(state, d),
        Cell { note: outcome(state, d), ..Cell::chip(chip(d.state)) },
        Cell::link(d.stripe_dispute.as_str(), at_stripe.unwrap_or_default()),
    ])
}

fn deadline(state: &AppState, d: &DisputeLine) -> Cell {
    let Some(due) = d.evidence_due else {
        return Cell::new("None: the bank’s word is final");
    };
    let note = match d.state {
        DisputeState::Won | DisputeState::Lost => String::new(),
        DisputeState::Open => {
            let zone = zone(state);
            let now = state.deps.clock.now();
            match relative(now.date_in(&zone), due.date_in(&zone)) {
                near if near.is_empty() && due < now => "Over".to_owned(),
                near => near,
            }
        }
    };
    Cell { note, ..Cell::new(day(state, due)) }
}

/// What it moved: the sum and the fee are entries of their own (AC-7).
fn books(state: &AppState, d: &DisputeLine) -> Cell {
    let mut parts = Vec::new();
    if !d.fee().is_zero() {
        parts.push(format!("Fee {}", sum(state, d.fee())));
    }
    if !d.reinstated().is_zero() {
        parts.push(format!("came back {}", sum(state, d.reinstated())));
    }
    let text = match d.withdrawn().is_zero() {
        true => "Nothing withdrawn".to_owned(),
        false => format!("{} withdrawn", sum(state, d.withdrawn())),
    };
    Cell { note: parts.join(", "), ..Cell::new(text) }
}

fn chip(state: DisputeState) -> Chip {
    match state {
        DisputeState::Open => Chip::new(ChipTone::Attention, "Open"),
        DisputeState::Won => Chip::new(ChipTone::Success, "Won"),
        DisputeState::Lost => Chip::new(ChipTone::Problem, "Lost"),
    }
}

fn outcome(state: &AppState, d: &DisputeLine) -> String {
    match d.state {
        DisputeState::Open => "The money is held".to_owned(),
        DisputeState::Won => format!("The gift stands, since {}", day(state, d.updated_at)),
        DisputeState::Lost => format!("It went back, {}", day(state, d.updated_at)),
    }
}

/// A bank's reason in words (docs.stripe.com/disputes/categories).
fn reason(code: &str) -> String {
    match code {
        "fraudulent" => "The donor says that they did not give it",
        "unrecognized" => "The donor does not recognise it",
        "duplicate" => "The donor says that it was taken twice",
        "subscription_canceled" => "The donor says that they had stopped",
        "product_not_received" => "The donor says that they got nothing for it",
        "product_unacceptable" => "The donor says that it was not as described",
        "credit_not_processed" => "The donor says that a refund never came",
        "debit_not_authorized" => "The donor says that the debit was not allowed",
        "customer_initiated" => "The donor asked their bank for it",
        "incorrect_account_details" => "The account details were wrong",
        "insufficient_funds" => "There was not enough money in the account",
        "bank_cannot_process" => "The bank could not carry it out",
        "check_returned" => "The cheque was returned",
        "noncompliant" => "The bank’s rules were not kept",
        "general" => "No reason given",
        other => return format!("Other: {}", other.replace('_', " ")),
    }
    .to_owned()
}
