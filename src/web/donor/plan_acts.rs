//! `/portal/monthly/{plan}/{act}`: one small act. The page first says what will happen; nothing is done before its button.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::plan_fields::{self, ACTS, Raw};
use super::plan_words::PlanWords;
use crate::domain::ids::PledgeId;
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{ChangeOrigin, PledgeState};
use crate::domain::terms::{Act, Refusal, Terms};
use crate::services::ServiceError;
use crate::services::pledges::{self as plans, Asked, Wish};
use crate::store::offers::{self, Offers};
use crate::store::pledges::{self, Pledge};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::layout::account_frame;
use crate::web::pages::{Act as Button, Confirm, Hidden, Link, Notice, PlanActPage, Problem, Row, Tone};
use crate::web::visitor::Donor;

/// Coming gifts shown under what will happen.
const COMING: usize = 4;

/// A plan of this donor.
///
/// # Errors
/// Not found when there is none, or it is somebody else's.
pub async fn plan_of(state: &AppState, donor: &Donor, id: &str) -> Result<Pledge, AppError> {
    let id: PledgeId = id.parse().map_err(|_| AppError::not_found())?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let found = pledges::of_owner_by_id(&mut read, donor.id(), &id).await.map_err(ServiceError::from)?;
    found.ok_or_else(AppError::not_found)
}

/// What the plan is, in a few letters: a page made from other terms is shown anew.
pub fn basis(terms: &Terms) -> String {
    let text = serde_json::to_string(terms).unwrap_or_default();
    sha256_hex(&text).chars().take(16).collect()
}

/// The words at the top of an act.
fn title(act: &str) -> (&'static str, &'static str) {
    match act {
        "amount" => ("Change the amount", "More or less: what you can give now."),
        "fee" => ("Cover the card fee", ""),
        "frequency" => ("Change how often", "From the next gift on."),
        "day" => ("Move it to another day", "Say, the day after you are paid."),
        "fund" => ("Change where it goes", "From the next gift on."),
        "skip" => ("Skip the next gift", ""),
        "resume" => ("Go on with it", ""),
        "pause" => ("Pause it", ""),
        "until" => ("Set a last day", ""),
        _ => ("", ""),
    }
}

/// Shows an act: the form, and once it is filled in, what will happen.
///
/// # Errors
/// Not found for a plan or an act that is not there.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Path((id, act)): Path<(String, String)>,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let offers = offers_for(&state, &act).await?;
    let words =
        PlanWords { offers: offers.as_ref(), ..PlanWords::of(&state, &donor.account.locale, &pledge)? };
    let Some(terms) = changeable(&pledge, &act) else {
        return Ok(Redirect::to("/portal/monthly").into_response());
    };
    let has_form = !matches!(act.as_str(), "skip" | "resume");
    let shown = PageOf { words, donor: &donor, pledge: &pledge, act: &act, terms: &terms };
    if has_form && raw.look.is_empty() {
        let raw = plan_fields::opened(&words, &act, &terms);
        return page(StatusCode::OK, &shown.build(&raw, &Mistakes::new(), None));
    }
    let (status, built) = shown.looked_at(raw);
    page(status, &built)
}

/// What the office has opened and closed, for the act that chooses a fund.
async fn offers_for(state: &AppState, act: &str) -> Result<Option<Offers>, AppError> {
    if act != "fund" {
        return Ok(None);
    }
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    Ok(Some(offers::every(&mut read).await.map_err(ServiceError::from)?))
}

/// The terms of a plan that can be changed in this way.
fn changeable(pledge: &Pledge, act: &str) -> Option<Terms> {
    let runs = !matches!(pledge.state, PledgeState::Ended | PledgeState::Pending);
    pledge.terms().filter(|_| runs && ACTS.contains(&act))
}

/// What a page of an act is made of.
struct PageOf<'a> {
    words: PlanWords<'a>,
    donor: &'a Donor,
    pledge: &'a Pledge,
    act: &'a str,
    terms: &'a Terms,
}

impl PageOf<'_> {
    /// The page once something was typed: what will happen, or what to put right.
    fn looked_at(&self, mut raw: Raw) -> (StatusCode, PlanActPage) {
        let mut wrong = Mistakes::new();
        let act = plan_fields::wish(&self.words, self.act, &raw, self.terms, &mut wrong);
        let now = self.words.state.deps.clock.now();
        let wanted = act.as_ref().map(|a| a.apply(self.terms, now, &self.words.entity.time_zone));
        match (act, wanted) {
            (Some(act), Some(Ok(wanted))) => {
                if let Act::Skip(charge) = act {
                    raw.charge = charge.as_unix().to_string();
                }
                (StatusCode::OK, self.build(&raw, &wrong, Some(&wanted)))
            }
            (_, Some(Err(refusal))) => {
                let mut built = self.refused(&raw, &mut wrong, refusal);
                built.notice = built.notice.or_else(|| notice_of(refusal));
                (StatusCode::UNPROCESSABLE_ENTITY, built)
            }
            _ => (StatusCode::UNPROCESSABLE_ENTITY, self.build(&raw, &wrong, None)),
        }
    }

    /// A mistake in a day belongs at its field.
    fn refused(&self, raw: &Raw, wrong: &mut Mistakes, refusal: Refusal) -> PlanActPage {
        let next = self.terms.schedule().first().map(|at| self.words.day(at)).unwrap_or_default();
        if refusal == Refusal::WrongDay && matches!(self.act, "until" | "pause") {
            wrong.insert("date", format!("Choose a day after the next gift, which is on {next}"));
        }
        self.build(raw, wrong, None)
    }

    fn build(&self, raw: &Raw, wrong: &Mistakes, wanted: Option<&Terms>) -> PlanActPage {
        let (title, lead) = title(self.act);
        let words = &self.words;
        let action = format!("/portal/monthly/{}/{}", self.pledge.id, self.act);
        let fields = plan_fields::fields(words, self.act, raw, self.terms, wrong);
        let mut layout = account_frame(words.state, &self.donor.visitor, title, "/portal/monthly");
        layout.wide = false;
        PlanActPage {
            layout,
            title: title.to_owned(),
            lead: lead.to_owned(),
            problems: wrong
                .iter()
                .map(|(id, text)| Problem { id: (*id).to_owned(), text: text.clone() })
                .collect(),
            now: self.now(),
            form_action: format!("{action}#what-will-happen"),
            form_hidden: vec![Hidden::new("look", "yes")],
            fields,
            form_button: "See what will happen".to_owned(),
            confirm: wanted.map(|wanted| self.confirm(raw, wanted, &action)),
            coming: wanted.map(|wanted| words.coming(wanted, COMING)).unwrap_or_default(),
            back: Link::new("Your monthly gift", "/portal/monthly"),
            ..PlanActPage::default()
        }
    }

    fn now(&self) -> Vec<Row> {
        let mut rows = vec![Row::figure("Gift", self.words.sum(self.terms))];
        let next = self.terms.schedule().first();
        rows.extend(next.map(|at| Row::figure("Next gift", self.words.day(at))));
        rows
    }

    fn confirm(&self, raw: &Raw, wanted: &Terms, action: &str) -> Confirm {
        let words = &self.words;
        let mut button = Button::new(self.button(wanted), action);
        button.hidden = plan_fields::carried(self.act, raw);
        let token = words.state.form_key.issue(words.state.deps.clock.now(), &words.state.deps.random);
        Confirm {
            heading: "What will happen".to_owned(),
            changes: words.changes(self.terms, wanted),
            stays: stays(self.act),
            undo: "You can change it back here, or with the link in the e-mail you get about it.".to_owned(),
            act: button.with("token", token).with("basis", basis(self.terms)),
            cancel: Link::new("Keep it as it is", "/portal/monthly"),
            ..Confirm::default()
        }
    }

    fn button(&self, wanted: &Terms) -> String {
        let words = &self.words;
        match self.act {
            "amount" | "fee" => format!("Give {}", words.sum(wanted)),
            "skip" => match wanted.schedule().skipped().last() {
                Some(day) => format!("Skip {}", words.day(*day)),
                None => "Skip it".to_owned(),
            },
            "resume" => "Go on with it".to_owned(),
            "pause" => "Pause it".to_owned(),
            "until" if wanted.ends_at.is_none() => "Take the last day away".to_owned(),
            "until" => "Set this last day".to_owned(),
            "day" => "Move it".to_owned(),
            _ => "Change it".to_owned(),
        }
    }
}

fn stays(act: &str) -> Vec<String> {
    let text = match act {
        "amount" | "fee" => {
            "The day, the fund and the card or account stay as they are. Nothing is charged today."
        }
        "frequency" => "The amount of each gift stays. Nothing is charged today.",
        "day" => "The amount and the fund stay. Nothing is charged today.",
        "fund" => "Gifts you have given already stay where they went.",
        "skip" | "pause" => {
            "Your gift stays yours: it goes on by itself, and you can bring it back at any time."
        }
        _ => return Vec::new(),
    };
    vec![text.to_owned()]
}

fn notice_of(refusal: Refusal) -> Option<Notice> {
    let (title, text) = match refusal {
        Refusal::Nothing => ("Nothing would change.", "It is like that already."),
        Refusal::Moved => ("The next gift is another one by now.", "Look again before you go on."),
        Refusal::NothingComing => ("No gift is coming that this could be about.", ""),
        Refusal::WrongDay => return None,
        Refusal::TooLate => ("This can no longer be taken back.", ""),
        Refusal::NotMore => ("That would not be more than now.", "Nothing was changed."),
        Refusal::Over => ("This gift is over.", ""),
    };
    Some(Notice { tone: Tone::Attention, title: title.to_owned(), text: text.to_owned() })
}

/// Does an act, once its page has said what will happen. When the plan has changed since, the page says so instead.
///
/// # Errors
/// Not found for a plan or an act that is not there; when Stripe cannot be asked, nothing was changed.
pub async fn submit(
    State(state): State<AppState>,
    donor: Donor,
    Path((id, act)): Path<(String, String)>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let pledge = plan_of(&state, &donor, &id).await?;
    let offers = offers_for(&state, &act).await?;
    let words =
        PlanWords { offers: offers.as_ref(), ..PlanWords::of(&state, &donor.account.locale, &pledge)? };
    let Some(terms) = changeable(&pledge, &act) else { return Ok(to("plan_refused")) };
    let Ok(nonce) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        return Ok(to("plan_old"));
    };
    let mut wrong = Mistakes::new();
    let wish = plan_fields::wish(&words, &act, &raw, &terms, &mut wrong);
    let shown = PageOf { words, donor: &donor, pledge: &pledge, act: &act, terms: &terms };
    let sent_before = plans::is_known(&state.deps, &nonce).await?;
    if !sent_before && (raw.basis != basis(&terms) || wish.is_none()) {
        let (_, mut built) = shown.looked_at(raw);
        built.notice = Some(Notice {
            tone: Tone::Attention,
            title: "Your gift has changed since you opened this page.".to_owned(),
            text: "Nothing was done. Look again at what will happen.".to_owned(),
        });
        return page(StatusCode::CONFLICT, &built);
    }
    let act = wish.unwrap_or(Act::Resume);
    let wish = Wish { pledge: &pledge.id, act, nonce: &nonce, origin: ChangeOrigin::Portal };
    Ok(match plans::ask(&state.deps, wish).await? {
        Asked::Refused(refusal) => {
            let mut built = shown.refused(&raw, &mut wrong, refusal);
            built.notice = notice_of(refusal);
            return page(StatusCode::UNPROCESSABLE_ENTITY, &built);
        }
        asked => to(word_of(&asked)),
    })
}

/// The word in the address after an act.
pub fn word_of(asked: &Asked) -> &'static str {
    match asked {
        Asked::Done(_) => "plan",
        Asked::BeingConfirmed(_) => "plan_asked",
        Asked::OneAtATime => "plan_busy",
        Asked::Overtaken => "plan_replaced",
        Asked::Refused(_) | Asked::StripeRefused | Asked::Unknown => "plan_refused",
    }
}

/// Back to the gifts, with a word about what happened.
pub fn to(word: &str) -> Response {
    Redirect::to(&format!("/portal/monthly?done={word}")).into_response()
}
