//! `/staff/gifts/{gift}/refund`: what a refund would change, and the refund (RC-9, RC-11).

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::effects::{self, amount, back_to, gift_href, reason, refusal_words};
use super::guard::{Staff, prove_first};
use super::{another_look, blank, show};
use crate::domain::money::Money;
use crate::domain::refund::Refusal;
use crate::domain::role::Right;
use crate::domain::states::RefundReason;
use crate::services::corrections::effects::{Effects, Known};
use crate::services::refunds::{self, Asked, Wish};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Act, Choice, Confirm, FieldKind, FormField, Hidden, Link, Notice, Section, StaffForm, StaffPage,
};
use crate::web::router::{Policy, Route};

/// The routes of refunds of one gift.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gifts/{gift}/refund",
    policy: Policy::Staff(Right::RefundGifts),
    methods: || get(ask).post(submit),
}];

/// The form as sent. `step`: `do` presses the button of the preview.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    step: String,
    token: String,
    seen: String,
    amount: String,
    reason: String,
    why: String,
}

/// What was asked for, understood.
struct Wanted {
    amount: Money,
    reason: RefundReason,
    why: String,
}

fn reasons(chosen: &str) -> Vec<Choice> {
    let label = |r: RefundReason| match r {
        RefundReason::Requested => "The donor asked for it",
        RefundReason::Duplicate => "It was given twice by mistake",
        RefundReason::Fraudulent => {
            "Somebody else used the donor’s card (Stripe blocks the card from then on)"
        }
    };
    [RefundReason::Requested, RefundReason::Duplicate, RefundReason::Fraudulent]
        .iter()
        .map(|r| Choice {
            value: r.as_str().to_owned(),
            label: label(*r).to_owned(),
            selected: r.as_str() == chosen,
        })
        .collect()
}

fn check(known: &Known, raw: &Raw) -> Result<Wanted, Mistakes> {
    let mut wrong = Mistakes::new();
    let sum = amount(&mut wrong, &raw.amount, known.gift.amount.currency());
    let code = raw.reason.parse::<RefundReason>().ok();
    if code.is_none() {
        wrong.insert("reason", "Choose why it goes back".to_owned());
    }
    let why = reason(&mut wrong, &raw.why);
    match (sum, code) {
        (Some(amount), Some(reason)) if wrong.is_empty() => Ok(Wanted { amount, reason, why }),
        _ => Err(wrong),
    }
}

fn empty_page(state: &AppState, staff: &Staff, known: &Known) -> StaffPage {
    let mut shown = blank(state, staff, "Give back a gift", "");
    shown.back = Some(Link::new("The gift", gift_href(&known.gift.id)));
    shown
}

/// The form, with what was typed.
fn form_page(state: &AppState, staff: &Staff, known: &Known, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let mut shown = empty_page(state, staff, known);
    shown.problems = super::door::problems(wrong);
    shown.sections = vec![effects::facts(state, known), Section::Form(Box::new(form(known, raw, wrong)))];
    shown
}

fn form(known: &Known, raw: &Raw, wrong: &Mistakes) -> StaffForm {
    let gift = &known.gift;
    let how = match gift.is_offline() {
        true => "Send the money yourself; this writes it down",
        false => "It goes back the way it came",
    };
    let choices = FieldKind::Radios(reasons(&raw.reason));
    StaffForm {
        action: format!("{}/refund", gift_href(&gift.id)),
        fields: vec![
            FormField::new(
                "amount",
                "How much goes back",
                FieldKind::Money(gift.amount.currency().symbol()),
                field(wrong, "amount", &raw.amount),
            )
            .hinted(how),
            FormField::new("reason", "Why", choices, field(wrong, "reason", &raw.reason)),
            FormField::new(
                "why",
                "The reason in words",
                FieldKind::Area(effects::REASON_AT_MOST),
                field(wrong, "why", &raw.why),
            )
            .hinted("Kept with the refund; the donor does not see it"),
        ],
        hidden: vec![Hidden::new("step", "look")],
        button: "See what will happen".to_owned(),
        look: "quiet",
        cancel: Some(Link::new("Leave it", gift_href(&gift.id))),
        ..StaffForm::default()
    }
}

/// Shows the form, filled in with what is left.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Query(mut raw): Query<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &gift, "refund").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    if let Err(refusal) = known.standing(None).may_begin() {
        return show(&refused(&state, &staff, &known, refusal));
    }
    if raw.amount.is_empty() {
        raw.amount = known.standing(None).remains().to_plain();
    }
    show(&form_page(&state, &staff, &known, &raw, &Mistakes::new()))
}

fn refused(state: &AppState, staff: &Staff, known: &Known, refusal: Refusal) -> StaffPage {
    let mut links = vec![Link::new("See the gift", gift_href(&known.gift.id))];
    if let Some(request) = &known.money.open_request {
        links.push(Link::new("See the refund under way", format!("/staff/refunds/{request}")));
    }
    let mut shown = empty_page(state, staff, known);
    shown.sections = vec![effects::facts(state, known)];
    effects::refused_page(shown, &refusal_words(state, refusal), links)
}

/// Shows what will happen; pressed there, asks for the refund.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &gift, "refund").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let wanted = match check(&known, &raw) {
        Ok(wanted) => wanted,
        Err(wrong) => return another_look(&form_page(&state, &staff, &known, &raw, &wrong)),
    };
    let now = state.deps.clock.now();
    let rules = &state.deps.config.charity.staff;
    if rules.needs_proof(known.refunded_with(wanted.amount)) && !staff.is_fresh(now) {
        return Ok(prove_first(&kept(&known, &raw)));
    }
    let nonce = match raw.step.as_str() {
        "do" => state.form_key.nonce_of(&raw.token, now).ok(),
        _ => None,
    };
    let Some(nonce) = nonce else {
        let notice = (raw.step == "do").then(effects::too_old);
        return preview(&state, &staff, &known, (&raw, &wanted), notice, StatusCode::OK);
    };
    let wish = Wish {
        gift: &known.gift.id,
        amount: wanted.amount,
        reason: wanted.reason,
        why: &wanted.why,
        nonce: &nonce,
        seen: &raw.seen,
    };
    let said = |word| Ok(back_to(&known.gift.id, word));
    match refunds::ask(&state.deps, &staff.actor, wish).await? {
        Asked::UnderWay => said("refund_asked"),
        Asked::Awaiting => said("refund_awaiting"),
        Asked::Made => said("refund_made"),
        Asked::Unknown => Err(AppError::not_found()),
        Asked::Refused(refusal) => refuse(&state, &staff, &known, &raw, refusal),
        Asked::ChangedMeanwhile => {
            let notice = Some(effects::changed_meanwhile());
            preview(&state, &staff, &known, (&raw, &wanted), notice, StatusCode::CONFLICT)
        }
    }
}

/// Where the form is found again after a proof, with what was typed as far as an address can hold it.
fn kept(known: &Known, raw: &Raw) -> String {
    let path = format!("{}/refund", gift_href(&known.gift.id));
    let with = |why: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("amount", &raw.amount).append_pair("reason", &raw.reason).append_pair("why", why);
        format!("{path}?{}", query.finish())
    };
    [with(&raw.why), with("")].into_iter().find(|p| super::guard::safe_next(p).is_some()).unwrap_or(path)
}

fn preview(
    state: &AppState,
    staff: &Staff,
    known: &Known,
    (raw, wanted): (&Raw, &Wanted),
    notice: Option<Notice>,
    status: StatusCode,
) -> Result<Response, AppError> {
    let what = match refunds::preview(known, wanted.amount) {
        Ok(what) => what,
        Err(refusal) => return refuse(state, staff, known, raw, refusal),
    };
    let mut shown = form_page(state, staff, known, raw, &Mistakes::new());
    shown.notice = notice;
    shown.sections.insert(1, Section::Confirm(confirm(state, known, wanted, &what)?));
    page(status, &shown)
}

fn confirm(state: &AppState, known: &Known, wanted: &Wanted, what: &Effects) -> Result<Confirm, AppError> {
    let gift = &known.gift;
    let name = gift.donor.receipt_name();
    let sum = effects::sum(state, wanted.amount);
    let waits = state.deps.config.charity.staff.needs_second_person(known.refunded_with(wanted.amount));
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    let label = if waits { format!("Ask to give back {sum}") } else { format!("Give back {sum}") };
    let act = Act::new(label, format!("{}/refund", gift_href(&gift.id)))
        .with("step", "do")
        .with("token", token)
        .with("seen", what.fingerprint()?)
        .with("amount", wanted.amount.to_plain())
        .with("reason", wanted.reason.as_str())
        .with("why", wanted.why.as_str());
    let text = match (waits, gift.is_offline()) {
        (true, _) => "A second member of staff has to agree before anything happens.",
        (false, true) => "This writes the refund down. The money you send yourself.",
        (false, false) => "Stripe sends it back the way it came. It arrives within 5 to 10 working days.",
    };
    Ok(Confirm {
        heading: format!("Give {sum} back to {name}?"),
        text: text.to_owned(),
        changes: effects::changes(state, what, (&name, &name)),
        stays: effects::stays(state, what, true),
        undo: "It cannot be undone: the donor would have to give again.".to_owned(),
        act,
        grave: true,
        cancel: Link::new("Leave it", gift_href(&gift.id)),
    })
}

fn refuse(
    state: &AppState,
    staff: &Staff,
    known: &Known,
    raw: &Raw,
    refusal: Refusal,
) -> Result<Response, AppError> {
    if let Refusal::TooMuch(_) = refusal {
        let wrong = Mistakes::from([("amount", refusal_words(state, refusal))]);
        return another_look(&form_page(state, staff, known, raw, &wrong));
    }
    page(StatusCode::CONFLICT, &refused(state, staff, known, refusal))
}
