//! `/monthly/{token}`: what a mail about a repeating gift leads to. One task each, without a sign-in: put a failed charge
//! right, leave another card or account, raise, take a change back, begin again.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::plan_raise;
use crate::domain::ids::{MethodChangeId, PledgeId};
use crate::domain::states::{ChangeOrigin, MethodChangeState, PledgeState};
use crate::domain::terms::{Act as Wanted, Refusal};
use crate::services::ServiceError;
use crate::services::compose::plan_letters::{month_words, reason_words};
use crate::services::pledges::links::{self, Link as Read, Purpose};
use crate::services::pledges::recovery::{self, Paid};
use crate::services::pledges::restart::{self, Restarted};
use crate::services::pledges::{self as plans, Asked, Wish, method};
use crate::store::pledge_changes::{self, PledgeChange};
use crate::store::pledges::{self, Pledge};
use crate::store::recoveries::{self, Recovery};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::donor::plan_stop::restart_confirm;
use crate::web::donor::plan_words::PlanWords;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Act, Confirm, Link, Notice, PlanLinkPage, Row, Tone};
use crate::web::visitor::Visitor;

/// What a link to the page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToldInAddress {
    /// Back from a page of Stripe's, which was this.
    back: String,
    /// What has just happened.
    done: String,
}

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    /// What to do.
    #[serde(rename = "do")]
    pub what: String,
    /// The form's mark.
    pub mark: String,
    /// An amount to add, or `own`.
    pub add: String,
    /// The own new amount.
    pub own: String,
    /// What the gift was when the page was made.
    pub basis: String,
}

/// A link that works, and its plan.
pub(super) struct Opened {
    pub(super) token: String,
    pub(super) purpose: Purpose,
    pub(super) pledge: Pledge,
    pub(super) locale: String,
    pub(super) change: Option<PledgeChange>,
    pub(super) owed: Vec<Recovery>,
    /// The plan that it began again as is there.
    has_begun_again: bool,
}

enum Door {
    Open(Box<Opened>),
    Expired,
}

async fn open(state: &AppState, token: &str) -> Result<Door, AppError> {
    let read = links::read(&state.deps.config.session_secret, token, state.deps.clock.now());
    let purpose = match read {
        None => return Err(AppError::not_found()),
        Some(Read::Expired(_)) => return Ok(Door::Expired),
        Some(Read::Good(purpose)) => purpose,
    };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let found = async {
        let change = match &purpose {
            Purpose::Undo(id) => pledge_changes::by_id(&mut read, id).await?,
            _ => None,
        };
        let id = match (&purpose, &change) {
            (Purpose::Fix(id) | Purpose::Raise(id) | Purpose::Restart(id), _) => Some(id.clone()),
            (Purpose::Undo(_), change) => change.as_ref().map(|c| c.pledge_id.clone()),
        };
        let Some(id) = id else { return Ok(None) };
        let Some(pledge) = pledges::by_id(&mut read, &id).await? else { return Ok(None) };
        let mailbox = pledges::mailbox(&mut read, &id).await?;
        let owed = recoveries::open_of(&mut read, &id).await?;
        let again = match &pledge.restarted_as {
            Some(payment) => pledges::by_payment(&mut read, payment).await?.is_some(),
            None => false,
        };
        Ok::<_, crate::store::StoreError>(Some((pledge, mailbox, owed, change, again)))
    };
    let Some((pledge, mailbox, owed, change, has_begun_again)) = found.await.map_err(ServiceError::from)?
    else {
        return Err(AppError::not_found());
    };
    let locale = mailbox.map_or_else(|| "en-GB".to_owned(), |m| m.locale);
    Ok(Door::Open(Box::new(Opened {
        token: token.to_owned(),
        purpose,
        pledge,
        locale,
        change,
        owed,
        has_begun_again,
    })))
}

pub(super) fn act(state: &AppState, token: &str, label: &str, what: &str) -> Act {
    let mark = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    Act::new(label, format!("/monthly/{token}")).with("do", what).with("mark", mark)
}

/// Shows the task of a link.
///
/// # Errors
/// Not found when the link is none of ours.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(token): Path<String>,
    Query(asked): Query<ToldInAddress>,
) -> Result<Response, AppError> {
    let Door::Open(mut opened) = open(&state, &token).await? else { return expired(&state, &visitor) };
    let notice = match (&opened.purpose, asked.back.parse()) {
        (Purpose::Fix(plan), Ok(change)) => {
            let notice = back(&state, plan, &change).await;
            // The answer from Stripe may have changed the plan.
            let Door::Open(now) = open(&state, &token).await? else { return expired(&state, &visitor) };
            opened = now;
            notice
        }
        _ => done_notice(&asked.done),
    };
    let mut built = build(&state, &visitor, &token, &opened)?;
    if notice.as_ref().is_some_and(|n| n.tone == Tone::Success) {
        afterwards(&state, &opened, asked.done == "paid", &mut built)?;
    }
    built.notice = notice;
    page(StatusCode::OK, &built)
}

pub(super) fn build(
    state: &AppState,
    visitor: &Visitor,
    token: &str,
    opened: &Opened,
) -> Result<PlanLinkPage, AppError> {
    let words = PlanWords::of(state, &opened.locale, &opened.pledge)?;
    let mut built = match &opened.purpose {
        Purpose::Fix(_) if opened.pledge.state == PledgeState::Ended => over(state, token, &words, opened),
        Purpose::Fix(_) => fix(state, token, &words, opened),
        Purpose::Raise(_) => plan_raise::form(state, token, &words, opened),
        Purpose::Undo(_) => undo(state, token, &words, opened)?,
        Purpose::Restart(_) => over(state, token, &words, opened),
    };
    built.layout = account_frame(state, visitor, &built.title, "");
    built.layout.lang.clone_from(&opened.locale);
    built.links.push(Link::new("See all your giving", "/portal"));
    Ok(built)
}

/// The page once its task is done: how the gift stands, and nothing more to press. `is_paid`: what was owed has come
/// through, though our books may not say so yet.
fn afterwards(
    state: &AppState,
    opened: &Opened,
    is_paid: bool,
    built: &mut PlanLinkPage,
) -> Result<(), AppError> {
    let words = PlanWords::of(state, &opened.locale, &opened.pledge)?;
    let is_owed = matches!(opened.purpose, Purpose::Fix(_)) && !opened.owed.is_empty() && !is_paid;
    let (title, lead) = match &opened.purpose {
        _ if is_owed => (
            "Your gift is being collected",
            "We have asked for it again. You get a receipt once it has come through.",
        ),
        Purpose::Undo(_) => ("It is as it was before", "There is nothing more to do."),
        Purpose::Raise(_) => ("Thank you for giving more", "There is nothing more to do."),
        Purpose::Fix(_) | Purpose::Restart(_) => ("Your gift goes on", "There is nothing more to do."),
    };
    title.clone_into(&mut built.title);
    title.clone_into(&mut built.layout.title);
    lead.clone_into(&mut built.lead);
    (built.confirm, built.raise) = (None, None);
    built.acts.clear();
    built.links.retain(|link| link.href == "/portal");
    if let Some(terms) = opened.pledge.terms().filter(|t| !t.ended && !is_owed) {
        built.rows = vec![Row::figure("Gift", words.sum(&terms))];
        built.rows.extend(terms.schedule().first().map(|at| Row::figure("Next gift", words.day(at))));
    }
    Ok(())
}

fn fix(state: &AppState, token: &str, words: &PlanWords<'_>, opened: &Opened) -> PlanLinkPage {
    let pledge = &opened.pledge;
    let mut rows = Vec::new();
    for owed in &opened.owed {
        rows.push(Row::figure("Gift", owed.amount().display(words.locale)));
        rows.push(Row::figure("Due on", words.day(owed.due_at)));
    }
    if opened.owed.is_empty() {
        rows.extend(pledge.terms().map(|t| Row::figure("Gift", words.sum(&t))));
    }
    rows.push(Row::new("Paid with", words.method(pledge)));
    let ends = pledge.method_expires.as_deref();
    rows.extend(ends.map(|month| Row::new("Card expires", month_words(month, words.locale))));
    let mut acts = vec![act(state, token, "Use another card or account", "method")];
    let (title, lead) = match opened.owed.first() {
        Some(owed) => {
            acts.push(act(state, token, "Try the same one again", "retry"));
            ("Your gift did not come through", format!("{} Nothing was taken.", reason_words(owed.reason)))
        }
        None => (
            "Use another card or account",
            "Every gift you give with this one moves to the new one. Nothing is charged today.".to_owned(),
        ),
    };
    PlanLinkPage { title: title.to_owned(), lead, rows, acts, ..PlanLinkPage::default() }
}

fn over(state: &AppState, token: &str, words: &PlanWords<'_>, opened: &Opened) -> PlanLinkPage {
    let confirm = restart_confirm(state, words, &opened.pledge, format!("/monthly/{token}")).map(|mut c| {
        let mark = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
        c.act = Act::new(c.act.label.clone(), c.act.action.clone()).with("do", "restart").with("mark", mark);
        c.cancel = Link::new("Not now", "/");
        c
    });
    let runs = opened.pledge.state != PledgeState::Ended || opened.has_begun_again;
    let is_asked = opened.pledge.restarted_as.is_some() && !runs;
    let (title, lead) = match (&confirm, runs, is_asked) {
        (_, true, _) => ("Your gift goes on", "There is nothing to do."),
        (_, _, true) => (
            "Being confirmed",
            "We have asked for your gift to begin again and wait for the answer. You get an e-mail as soon as it is there.",
        ),
        (Some(_), _, _) => ("Begin it again", ""),
        (None, _, _) => {
            ("Begin it again", "Its card or account is no longer there. Begin a new one: it takes a minute.")
        }
    };
    PlanLinkPage {
        title: title.to_owned(),
        lead: lead.to_owned(),
        links: if confirm.is_none() && !runs && !is_asked {
            vec![Link::new("Give again", "/give?frequency=monthly")]
        } else {
            Vec::new()
        },
        confirm,
        ..PlanLinkPage::default()
    }
}

fn undo(
    state: &AppState,
    token: &str,
    words: &PlanWords<'_>,
    opened: &Opened,
) -> Result<PlanLinkPage, AppError> {
    let terms = opened.pledge.terms().filter(|t| !t.ended);
    let back = match (&opened.change, &terms) {
        (Some(change), Some(terms)) => {
            let (was, wanted) = both(change)?;
            terms.without(&was, &wanted, state.deps.clock.now()).map(|back| (terms.clone(), back))
        }
        _ => None,
    };
    let title = "Take the change back".to_owned();
    let Some((is, back)) = back else {
        return Ok(PlanLinkPage {
            title: "This change can no longer be taken back".to_owned(),
            lead: "Your gift has changed since, or it is back already.".to_owned(),
            ..PlanLinkPage::default()
        });
    };
    Ok(PlanLinkPage {
        title,
        confirm: Some(Confirm {
            heading: "What will happen".to_owned(),
            changes: words.changes(&is, &back),
            act: act(state, token, "Take it back", "undo"),
            cancel: Link::new("Leave it as it is", "/"),
            ..Confirm::default()
        }),
        ..PlanLinkPage::default()
    })
}

fn both(
    change: &PledgeChange,
) -> Result<(crate::domain::terms::Terms, crate::domain::terms::Terms), AppError> {
    let was = change.was().map_err(ServiceError::from)?;
    Ok((was, change.wanted().map_err(ServiceError::from)?))
}

fn expired(state: &AppState, visitor: &Visitor) -> Result<Response, AppError> {
    let title = "This link is too old";
    let built = PlanLinkPage {
        layout: account_frame(state, visitor, title, ""),
        title: title.to_owned(),
        lead: "Links in our e-mails work for a while only, so that nobody else can use them. Sign in instead: everything is there.".to_owned(),
        links: vec![Link::new("Sign in", "/sign-in?next=/portal/monthly")],
        ..PlanLinkPage::default()
    };
    page(StatusCode::GONE, &built)
}

/// Somebody has come back from Stripe's page: what was left there is put to use, or it is said that nothing was.
async fn back(state: &AppState, plan: &PledgeId, change: &MethodChangeId) -> Option<Notice> {
    let notice =
        |tone, title: &str, text: &str| Some(Notice { tone, title: title.to_owned(), text: text.to_owned() });
    let wait = || {
        notice(
            Tone::Info,
            "Being confirmed.",
            "Your new card or account is being set up. You get an e-mail as soon as it is in use.",
        )
    };
    match method::finish(&state.deps, plan, change).await {
        Ok(Some(c)) if c.state == MethodChangeState::Done => {
            notice(Tone::Success, "Your new card or account is in use.", "You get an e-mail about it.")
        }
        Ok(Some(c)) if c.state == MethodChangeState::Given => wait(),
        Ok(Some(_)) => {
            notice(Tone::Info, "You left the page without a new card or account.", "Nothing was changed.")
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%change, %error, "a new payment method is not in use yet");
            wait()
        }
    }
}

fn done_notice(word: &str) -> Option<Notice> {
    let (tone, title, text) = match word {
        "paid" => (Tone::Success, "It came through. Thank you.", "Your receipt is on its way."),
        "not_paid" => (
            Tone::Attention,
            "Your bank said no again.",
            "Nothing was taken. Use another card or account, or try again in a few days.",
        ),
        "wait" => (Tone::Info, "Being confirmed.", "We wait for your bank's answer and write to you."),
        "changed" => (Tone::Success, "Your change is confirmed. Thank you.", "You get an e-mail about it."),
        "asked" => (
            Tone::Info,
            "Being confirmed.",
            "We have asked for your change and wait for the answer. You get an e-mail as soon as it is there.",
        ),
        "busy" => (
            Tone::Attention,
            "One change at a time.",
            "Your last change is still being confirmed. Try again in a minute; nothing was changed.",
        ),
        "refused" => {
            (Tone::Problem, "That could not be done, and nothing was changed.", "Sign in, or write to us.")
        }
        "restarted" => (Tone::Success, "Your gift goes on. Thank you.", "Nothing was taken today."),
        "too_late" => (
            Tone::Info,
            "This change can no longer be taken back.",
            "Your gift has changed since, or it is back already.",
        ),
        "old" => (
            Tone::Attention,
            "That page was open for a long time.",
            "Nothing was changed. Please do it once more.",
        ),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}

/// Does the task of a link.
///
/// # Errors
/// Not found when the link is none of ours; when Stripe cannot be asked, nothing was changed.
pub async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let Door::Open(opened) = open(&state, &token).await? else { return expired(&state, &visitor) };
    let here = |word: &str| Redirect::to(&format!("/monthly/{token}?done={word}")).into_response();
    let Ok(nonce) = state.form_key.nonce_of(&raw.mark, state.deps.clock.now()) else {
        return Ok(here("old"));
    };
    let pledge = &opened.pledge;
    let act = match (&opened.purpose, raw.what.as_str()) {
        (Purpose::Fix(_), "method") => {
            let back = state.deps.config.base_url.join(&format!("/monthly/{token}?back="));
            let url = method::start(&state.deps, pledge, ChangeOrigin::Link, &nonce, &back).await?;
            return Ok(url.map_or_else(|| here("refused"), |url| Redirect::to(&url).into_response()));
        }
        (Purpose::Fix(_), "retry") => return Ok(here(retry(&state, &opened, &nonce).await?)),
        (Purpose::Fix(_) | Purpose::Restart(_), "restart") => {
            let done = restart::restart(&state.deps, pledge, ChangeOrigin::Link).await?;
            return Ok(here(match done {
                Restarted::Done => "restarted",
                Restarted::BeingConfirmed => "asked",
                Restarted::ChooseAnew => "refused",
            }));
        }
        (Purpose::Raise(_), _) => match plan_raise::wish(&state, &opened, &raw)? {
            Ok(act) => act,
            Err(form) => {
                let mut built = build(&state, &visitor, &token, &opened)?;
                let is_stale = form.problems.is_empty();
                built.raise = Some(*form);
                if !is_stale {
                    return page(StatusCode::UNPROCESSABLE_ENTITY, &built);
                }
                built.notice = Some(Notice {
                    tone: Tone::Attention,
                    title: "Your gift has changed since you opened this page.".to_owned(),
                    text: "Nothing was done. These are the sums as they would be now.".to_owned(),
                });
                return page(StatusCode::CONFLICT, &built);
            }
        },
        (Purpose::Undo(_), "undo") => {
            let Some(change) = &opened.change else { return Err(AppError::not_found()) };
            let (was, wanted) = both(change)?;
            Wanted::Undo { was: Box::new(was), wanted: Box::new(wanted) }
        }
        _ => return Err(AppError::not_found()),
    };
    let wish = Wish { pledge: &pledge.id, act, nonce: &nonce, origin: ChangeOrigin::Link };
    Ok(here(match plans::ask(&state.deps, wish).await? {
        Asked::Done(_) | Asked::Overtaken | Asked::Refused(Refusal::Nothing) => "changed",
        Asked::BeingConfirmed(_) => "asked",
        Asked::OneAtATime => "busy",
        Asked::Refused(Refusal::TooLate) => "too_late",
        Asked::Refused(_) | Asked::StripeRefused | Asked::Unknown => "refused",
    }))
}

/// Asks once more for everything that is owed.
async fn retry(state: &AppState, opened: &Opened, nonce: &str) -> Result<&'static str, AppError> {
    let mut word = "paid";
    for owed in &opened.owed {
        match recovery::pay(&state.deps, owed, nonce, crate::services::pledges::WAITING).await? {
            Paid::Yes => {}
            Paid::BeingConfirmed => word = "wait",
            Paid::No => return Ok("not_paid"),
        }
    }
    Ok(word)
}
