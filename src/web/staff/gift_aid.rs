//! `/staff/gift-aid`: what can be claimed now and what stands in the way, the claims so far, and making one (UK-41 to UK-43).

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;

use super::blank;
use super::gift_aid_claim_view::href;
use super::gift_aid_view::{sections, so_far_table, too_much_words};
use super::guard::{Staff, prove_first, safe_next};
use super::look::Look;
use super::paging::{self, PAGE};
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::gift_aid::claims::{self, By, Drafted};
use crate::services::staff::record_list;
use crate::store::claims::{draft_of, latest};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes};
use crate::web::pages::{Link, Notice, Pager, Section, StaffPage, Tone, Words};
use crate::web::router::{Policy, Route};

/// The address of the list.
pub const HERE: &str = "/staff/gift-aid";

/// The routes of claims: the list and making one. One claim has its own.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gift-aid",
    policy: Policy::Staff(Right::ManageTax),
    methods: || get(list).post(draft),
}];

/// What is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    entity: String,
    up_to: String,
    before: String,
    done: String,
}

/// The form that makes a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    entity: String,
    up_to: String,
    token: String,
}

/// The entity that is looked at: the one asked for, else the first that takes Gift Aid.
fn entity<'s>(state: &'s AppState, wanted: &str) -> Option<&'s Entity> {
    let all = &state.deps.config.charity.entities;
    claims::taking(&state.deps, wanted).or_else(|| all.iter().find(|e| e.gift_aid))
}

/// A day that was asked for: not after today.
fn day(wrong: &mut Mistakes, typed: &str, today: Date) -> Date {
    let typed = forms::day(wrong, "up_to", typed);
    if typed.is_some_and(|d| d > today) {
        wrong.insert("up_to", "Choose today or an earlier day".to_owned());
    }
    typed.filter(|d| *d <= today).unwrap_or(today)
}

/// Shows what can be claimed, and the claims so far.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let notice = match wanted.done.as_str() {
        "dropped" => Some(told(Tone::Info, "The draft is dropped. Its gifts are free for the next claim.")),
        _ => None,
    };
    let (shown, wrong) = list_page(&state, &staff, &wanted, notice).await?;
    page(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &shown)
}

fn told(tone: Tone, title: &str) -> Notice {
    Notice { tone, title: title.to_owned(), text: String::new() }
}

/// The page, and whether something typed needs another look.
async fn list_page(
    state: &AppState,
    staff: &Staff,
    wanted: &Wanted,
    notice: Option<Notice>,
) -> Result<(StaffPage, bool), AppError> {
    let mut shown = blank(state, staff, "Gift Aid", HERE);
    shown.notice = notice;
    let Some(entity) = entity(state, &wanted.entity) else {
        let paragraphs = vec!["No legal entity of this charity takes Gift Aid.".to_owned()];
        shown.sections = vec![Section::Words(Words { paragraphs, ..Words::default() })];
        return Ok((shown, false));
    };
    let mut wrong = Mistakes::new();
    let up_to = day(&mut wrong, &wanted.up_to, state.deps.clock.now().date_in(&entity.time_zone));
    let found = claims::preview(&state.deps, entity, up_to).await?;
    let before = wanted.before.parse().ok().map_or(Ts::from_micros(i64::MAX), Ts::from_micros);
    let known = async {
        let mut read = state.deps.store.read().await?;
        let open = draft_of(&mut read, &entity.id).await?;
        Ok::<_, crate::store::StoreError>((open, latest(&mut read, &entity.id, before, PAGE + 1).await?))
    };
    let (open, so_far) = known.await.map_err(ServiceError::from)?;
    let listed =
        found.report.blocked.listed.len() + found.report.changed.listed.len() + found.adjustments.len();
    record_list(&state.deps, &staff.actor, "gift-aid", listed).await?;
    let look = Look { state, staff };
    shown.lead = format!("For {}. Gifts received up to {}.", entity.legal_name, look.day(up_to));
    shown.problems = super::door::problems(&wrong);
    shown.tabs = tabs(state, entity);
    shown.sections = sections(look, entity, &found, open.as_ref(), (&wanted.up_to, &wrong));
    let size = so_far.len().min(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let (first, more) = so_far.split_at(size);
    shown.sections.push(Section::Table(so_far_table(look, first)));
    if let (Some(last), false) = (first.last(), more.is_empty()) {
        let at = last.made_at.as_micros().to_string();
        let older = paging::href(HERE, &[("entity", entity.id.as_str()), ("before", at.as_str())]);
        shown.pager = Some(Pager { older, ..Pager::default() });
    }
    Ok((shown, !wrong.is_empty()))
}

/// One tab for each entity that takes Gift Aid, when there are several.
fn tabs(state: &AppState, here: &Entity) -> Vec<Link> {
    let taking: Vec<&Entity> = state.deps.config.charity.entities.iter().filter(|e| e.gift_aid).collect();
    if taking.len() < 2 {
        return Vec::new();
    }
    let tab = |e: &&Entity| Link {
        current: e.id == here.id,
        ..Link::new(&e.legal_name, paging::href(HERE, &[("entity", e.id.as_str())]))
    };
    taking.iter().map(tab).collect()
}

/// Makes a claim.
///
/// # Errors
/// When the database refuses, or a file of the claim would not stand HMRC's checks.
pub async fn draft(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let now = state.deps.clock.now();
    let back = paging::href(HERE, &[("entity", raw.entity.as_str()), ("up_to", raw.up_to.as_str())]);
    if !staff.is_fresh(now) {
        return Ok(prove_first(safe_next(&back).as_deref().unwrap_or(HERE)));
    }
    let wanted = Wanted { entity: raw.entity.clone(), up_to: raw.up_to.clone(), ..Wanted::default() };
    let typed = (raw.up_to.parse::<Date>(), state.form_key.nonce_of(&raw.token, now));
    let (title, text) = match typed {
        (Ok(up_to), Ok(nonce)) => {
            match claims::draft(&state.deps, &raw.entity, up_to, &nonce, By::Staff(&staff.actor)).await? {
                Drafted::Done(id) => return Ok(to_claim(&href(&id), "made")),
                Drafted::Open(id) => return Ok(to_claim(&href(&id), "open")),
                Drafted::NoGiftAid => return Err(AppError::not_found()),
                Drafted::Nothing => ("There is nothing to claim.", String::new()),
                Drafted::TooMuchBack { back, tax } => {
                    ("Contact HMRC.", too_much_words(Look { state: &state, staff: &staff }, back, tax))
                }
                Drafted::ChangedMeanwhile => ("A claim was sent meanwhile.", looked_again()),
                Drafted::InFuture => ("The day has not come yet.", looked_again()),
            }
        }
        (Err(_), _) | (_, Err(_)) => ("This page was open for too long.", looked_again()),
    };
    let notice = Notice { tone: Tone::Attention, title: title.to_owned(), text };
    let (shown, _) = list_page(&state, &staff, &wanted, Some(notice)).await?;
    page(StatusCode::CONFLICT, &shown)
}

fn looked_again() -> String {
    "Nothing was done. Look at what can be claimed now.".to_owned()
}

fn to_claim(claim: &str, done: &str) -> Response {
    Redirect::to(&format!("{claim}?done={done}")).into_response()
}
