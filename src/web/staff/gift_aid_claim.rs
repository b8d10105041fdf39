//! `/staff/gift-aid/{claim}`: a claim with its figures, files and rows; that it was sent, what HMRC paid, or that it is
//! dropped (UK-32, UK-42, UK-44).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::blank;
use super::effects::gift_href;
use super::gift_aid::HERE;
use super::gift_aid_claim_forms::{self as forms, Paid, Sent, Typed};
use super::gift_aid_claim_view::{chip, figures_of, files, href, remarks, rows_table, taken_table};
use super::guard::{Staff, prove_first};
use super::look::{Look, column};
use super::paging;
use crate::domain::ids::{ClaimId, DonorId, GiftId};
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::gift_aid::claims::{self, Acted, By};
use crate::services::staff::record::record_listed;
use crate::store::claim_rows::{self, Frozen, Taken};
use crate::store::claims::{Claim, ClaimState, by_id};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::donor::view::grouped;
use crate::web::downloads::attachment;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Cell, DataTable, Link, Notice, Pager, Section, StaffPage, TableSection, Tone};
use crate::web::router::{Policy, Route};

/// The routes of one claim.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/gift-aid/{claim}", policy: Policy::Staff(Right::ManageTax), methods: || get(one) },
    Route {
        path: "/staff/gift-aid/{claim}/sent",
        policy: Policy::Staff(Right::ManageTax),
        methods: || post(send),
    },
    Route {
        path: "/staff/gift-aid/{claim}/paid",
        policy: Policy::Staff(Right::ManageTax),
        methods: || post(pay),
    },
    Route {
        path: "/staff/gift-aid/{claim}/drop",
        policy: Policy::Staff(Right::ManageTax),
        methods: || post(drop_it),
    },
    Route {
        path: "/staff/gift-aid/{claim}/{part}/schedule.ods",
        policy: Policy::Staff(Right::ManageTax),
        methods: || get(schedule),
    },
];

/// Rows of a claim on a page.
const ROWS: i64 = 50;
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// What is looked at: the rows after a place, and what has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    after: String,
    done: String,
}

impl Wanted {
    /// Part and item of the last row of the page before.
    fn place(&self) -> (i64, i64) {
        let place = self.after.split_once('.').map(|(part, item)| (part.parse().ok(), item.parse().ok()));
        match place {
            Some((Some(part), Some(item))) => (part, item),
            Some((None, _) | (_, None)) | None => (0, 0),
        }
    }
}

/// The claim of an address; absent and garbled ones are the same.
async fn load(state: &AppState, id: &str) -> Result<Claim, AppError> {
    let id: ClaimId = id.parse().map_err(|_| AppError::not_found())?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    by_id(&mut read, &id).await.map_err(ServiceError::from)?.ok_or_else(AppError::not_found)
}

/// Shows a claim.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let claim = load(&state, &id).await?;
    let notice = notice(&wanted.done);
    let shown = content(&state, &staff, &claim, &wanted, (None, &Mistakes::new())).await?;
    page(StatusCode::OK, &StaffPage { notice, ..shown })
}

fn notice(done: &str) -> Option<Notice> {
    let (tone, title) = match done {
        "made" => (Tone::Success, "The claim is made. Upload its files to HMRC, then mark it as sent."),
        "open" => (Tone::Attention, "This draft is open already: send or drop it before you make another."),
        "sent" => (Tone::Success, "Marked as sent. From now on its gifts count as claimed."),
        "paid" => (Tone::Success, "HMRC’s payment is written down."),
        "over" => (Tone::Info, "It does not stand as it did: nothing was done."),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: String::new() })
}

/// The page of a claim. `typed`: the form that comes back.
async fn content(
    state: &AppState,
    staff: &Staff,
    claim: &Claim,
    wanted: &Wanted,
    (typed, wrong): (Option<Typed<'_>>, &Mistakes),
) -> Result<StaffPage, AppError> {
    let read = async {
        let mut read = state.deps.store.read().await?;
        let rows = claim_rows::rows(&mut read, &claim.id, wanted.place(), ROWS + 1).await?;
        Ok::<_, crate::store::StoreError>((rows, claim_rows::adjustments(&mut read, &claim.id).await?))
    };
    let (rows, taken) = read.await.map_err(ServiceError::from)?;
    let (rows, more) = rows.split_at(rows.len().min(usize::try_from(ROWS).unwrap_or(usize::MAX)));
    let donors: Vec<DonorId> = rows.iter().map(|r| r.donor_id.clone()).collect();
    record_listed(&state.deps, &staff.actor, &format!("gift-aid {}", claim.id), rows.len(), &donors).await?;
    let (look, report) = (Look { state, staff }, claims::report_of(claim)?);
    let mut shown = blank(state, staff, &claim.number, HERE);
    shown.back = Some(Link::new("Gift Aid", HERE));
    shown.chip = Some(chip(claim.state));
    shown.lead =
        format!("For {}. Gifts received up to {}.", look.entity(&claim.entity_id), look.day(claim.up_to.0));
    shown.problems = super::door::problems(wrong);
    shown.sections.push(Section::Facts(figures_of(look, claim)));
    if claim.state != ClaimState::Dropped {
        shown.sections.push(Section::Table(files(look, claim, &report.files)));
    }
    shown.sections.extend(forms::sections(look, claim, typed.unwrap_or_default(), wrong));
    if !taken.is_empty() {
        let all = taken.iter().map(|t: &Taken| (&t.gift_id, t.why.as_str(), t.amount_minor, t.tax_minor));
        let table = taken_table(look, "Given back with it", &claim.adjustment_words, all);
        shown.sections.push(Section::Table(table));
    }
    let said = [
        ("To look at", &report.flagged),
        ("Written otherwise for HMRC", &report.changed),
        ("Left out: to put right", &report.blocked),
    ];
    for (heading, all) in said {
        shown.sections.extend(remarks(look, heading, all).map(Section::Table));
    }
    if !rows.is_empty() {
        shown.sections.push(Section::Table(rows_table(look, rows)?));
    }
    shown.pager = pager(claim, wanted, rows, !more.is_empty());
    Ok(shown)
}

fn pager(claim: &Claim, wanted: &Wanted, rows: &[Frozen], more: bool) -> Option<Pager> {
    let first = wanted.place() == (0, 0);
    let newest = if first { String::new() } else { href(&claim.id) };
    let older = match rows.last().filter(|_| more) {
        None => String::new(),
        Some(last) => {
            let after = format!("{}.{}", last.part, last.item);
            paging::href(&href(&claim.id), &[("after", after.as_str())])
        }
    };
    (more || !first).then(|| Pager { older, newest, ..Pager::default() })
}

/// Sends a file, on record.
///
/// # Errors
/// 404 when there is none; when it would not stand HMRC's checks.
pub async fn schedule(
    State(state): State<AppState>,
    staff: Staff,
    Path((id, part)): Path<(String, String)>,
    method: Method,
) -> Result<Response, AppError> {
    let claim = load(&state, &id).await?;
    let part: i64 = part.parse().map_err(|_| AppError::not_found())?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&claim.id)));
    }
    // Whoever asks for the head alone takes nothing out.
    if method == Method::HEAD {
        return Ok(StatusCode::OK.into_response());
    }
    let file = claims::download(&state.deps, By::Staff(&staff.actor), &claim, part).await?;
    let file = file.ok_or_else(AppError::not_found)?;
    Ok(attachment(ODS, &file.name, file.bytes))
}

fn back_to(claim: &ClaimId, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", href(claim))).into_response()
}

/// The page again, with what needs another look.
async fn again(
    state: &AppState,
    staff: &Staff,
    claim: &Claim,
    typed: Typed<'_>,
    wrong: &Mistakes,
) -> Result<Response, AppError> {
    let shown = content(state, staff, claim, &Wanted::default(), (Some(typed), wrong)).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// Marks a draft as sent.
///
/// # Errors
/// 404 when there is no such claim.
pub async fn send(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Sent>,
) -> Result<Response, AppError> {
    let claim = load(&state, &id).await?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&claim.id)));
    }
    let mut wrong = Mistakes::new();
    if let Some((reference, on)) = forms::sent(&mut wrong, &raw) {
        let done = claims::sent(&state.deps, &claim.id, &reference, on, By::Staff(&staff.actor)).await?;
        if let Acted::Changed(gifts) = &done {
            return changed(&state, &staff, &claim, gifts).await;
        }
        if let Some(said) = acted(&claim, done, "sent", ("sent_on", &mut wrong))? {
            return Ok(said);
        }
    }
    again(&state, &staff, &claim, Typed { sent: Some(&raw), paid: None }, &wrong).await
}

/// What an act led to; `None`: the form comes back with what is wrong with its day.
fn acted(
    claim: &Claim,
    done: Acted,
    word: &str,
    (day, wrong): (&'static str, &mut Mistakes),
) -> Result<Option<Response>, AppError> {
    let words = match done {
        Acted::Done => return Ok(Some(back_to(&claim.id, word))),
        Acted::StandsElsewhere(_) | Acted::Changed(_) => return Ok(Some(back_to(&claim.id, "over"))),
        Acted::Unknown => return Err(AppError::not_found()),
        Acted::InFuture => "Choose today or an earlier day",
        Acted::TooEarly => "The claim is not that old: choose a later day",
    };
    wrong.insert(day, words.to_owned());
    Ok(None)
}

async fn changed(
    state: &AppState,
    staff: &Staff,
    claim: &Claim,
    gifts: &[GiftId],
) -> Result<Response, AppError> {
    let mut shown = content(state, staff, claim, &Wanted::default(), (None, &Mistakes::new())).await?;
    let count = i64::try_from(gifts.len()).unwrap_or(i64::MAX);
    let changed =
        if count == 1 { "One gift has".to_owned() } else { format!("{} gifts have", grouped(count)) };
    shown.notice = Some(Notice {
        tone: Tone::Problem,
        title: format!("{changed} changed since this draft was made."),
        text: "It is not marked as sent. Drop it and make the claim again: do not upload these files."
            .to_owned(),
    });
    let row = |gift: &GiftId| vec![Cell::link("See the gift", gift_href(gift)), Cell::new(gift.as_str())];
    let table = DataTable {
        caption: "Changed since".to_owned(),
        quiet_caption: true,
        columns: vec![column("Gift"), column("Id")],
        rows: gifts.iter().take(100).map(row).collect(),
        totals: Vec::new(),
    };
    shown.sections.insert(
        0,
        Section::Table(TableSection {
            heading: "Changed since".to_owned(),
            table,
            ..TableSection::default()
        }),
    );
    page(StatusCode::CONFLICT, &shown)
}

/// Writes down what HMRC paid.
///
/// # Errors
/// 404 when there is no such claim.
pub async fn pay(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Paid>,
) -> Result<Response, AppError> {
    let claim = load(&state, &id).await?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&claim.id)));
    }
    let mut wrong = Mistakes::new();
    if let Some((sum, on, words)) = forms::paid(&mut wrong, &raw) {
        let done = claims::paid(&state.deps, &claim.id, sum, on, &words, By::Staff(&staff.actor)).await?;
        if let Some(said) = acted(&claim, done, "paid", ("paid_on", &mut wrong))? {
            return Ok(said);
        }
    }
    again(&state, &staff, &claim, Typed { sent: None, paid: Some(&raw) }, &wrong).await
}

/// Drops a draft.
///
/// # Errors
/// 404 when there is no such claim.
pub async fn drop_it(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let claim = load(&state, &id).await?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&href(&claim.id)));
    }
    match claims::drop_draft(&state.deps, &claim.id, By::Staff(&staff.actor)).await? {
        Acted::Done => {
            let to = paging::href(HERE, &[("entity", claim.entity_id.as_str()), ("done", "dropped")]);
            Ok(Redirect::to(&to).into_response())
        }
        Acted::Unknown => Err(AppError::not_found()),
        Acted::StandsElsewhere(_) | Acted::InFuture | Acted::TooEarly | Acted::Changed(_) => {
            Ok(back_to(&claim.id, "over"))
        }
    }
}
