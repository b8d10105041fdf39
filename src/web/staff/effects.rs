//! The blast radius of an act on a gift, in words and figures, and what the pages of such acts share.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::guard::Staff;
use super::{blank, view};
use crate::domain::dates;
use crate::domain::ids::{GiftId, PaymentId};
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::refund::Refusal;
use crate::domain::states::PaymentState;
use crate::services::corrections::effects::{self, Change, Effects, Known, MailKind, ReceiptFate};
use crate::services::staff::record_read;
use crate::services::{ServiceError, compose};
use crate::store::payments;
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes};
use crate::web::pages::{Fact, Facts, Link, Notice, Row, Section, StaffPage, Tone, Words};

/// Letters of a reason.
pub const REASON_AT_MOST: usize = 500;

/// The page of a gift.
pub fn gift_href(gift: &GiftId) -> String {
    format!("/staff/gifts/{gift}")
}

/// A sum as the office writes it.
pub fn sum(state: &AppState, money: Money) -> String {
    money.display(&state.deps.config.charity.brand.locale)
}

/// `2026-27` as it is printed: `2026–27`.
fn year(label: &str) -> String {
    label.replace('-', "–")
}

/// A day written as ISO, in words.
fn day(state: &AppState, iso: &str) -> String {
    let parsed = iso.parse().map(|d| dates::long(d, &state.deps.config.charity.brand.locale));
    parsed.unwrap_or_else(|_| iso.to_owned())
}

/// What an act changes, line by line. `names`: of the donor before and after.
pub fn changes(state: &AppState, e: &Effects, names: (&str, &str)) -> Vec<Row> {
    let mut rows = Vec::new();
    if !e.donor.stays() {
        rows.push(instead("Donor", names.1.to_owned(), names.0.to_owned()));
    } else if !e.named.stays() {
        rows.push(instead("On the receipt", e.named.after.clone(), e.named.before.clone()));
    }
    if !e.fund.stays() {
        let name = |id: &String| compose::fund_name(&state.deps, id);
        rows.push(instead("Goes to", name(&e.fund.after), name(&e.fund.before)));
    }
    if !e.campaign.stays() {
        let name = |id: &Option<String>| campaign_name(state, id.as_deref());
        rows.push(instead("Campaign", name(&e.campaign.after), name(&e.campaign.before)));
    }
    if !e.received_on.stays() {
        rows.push(instead(
            "Received on",
            day(state, &e.received_on.after),
            day(state, &e.received_on.before),
        ));
    }
    rows.push(match e.tax_year.stays() {
        true => Row::new("Tax year", format!("{}, as before", year(&e.tax_year.after))),
        false => instead("Tax year", year(&e.tax_year.after), year(&e.tax_year.before)),
    });
    if !e.sum.stays() {
        rows.push(money("The gift", state, &e.sum));
    }
    rows.push(match e.remains.stays() {
        true => Row::figure("Remains given", format!("{}, as before", sum(state, e.remains.after))),
        false => money("Remains given", state, &e.remains),
    });
    rows.push(gift_aid(state, &e.gift_aid));
    rows.push(receipt(e));
    rows.extend(e.mails.iter().map(|mail| {
        let what = match mail.kind {
            MailKind::Refund => "That the money is on its way",
            MailKind::Receipt => "The new receipt",
            MailKind::ReceiptVoid => "That the old receipt is void",
        };
        match &mail.to {
            Some(to) => Row::new("E-mail", format!("{what}, to {to}")),
            None => Row::new("E-mail", format!("None: no mailbox is known. {what}: send it on paper.")),
        }
    }));
    rows.extend(e.frozen.iter().map(|f| Row::new(f.what, f.words.as_str())));
    rows
}

fn instead(label: &str, after: String, before: String) -> Row {
    Row::new(label, format!("{after} instead of {before}"))
}

fn money(label: &str, state: &AppState, change: &Change<Money>) -> Row {
    Row::figure(label, format!("{} instead of {}", sum(state, change.after), sum(state, change.before)))
}

fn gift_aid(state: &AppState, change: &Change<Money>) -> Row {
    let (before, after) = (change.before, change.after);
    if before.is_zero() && after.is_zero() {
        return Row::new("Gift Aid", "None on this gift");
    }
    if change.stays() {
        return Row::figure("Gift Aid", format!("{}, as before", sum(state, after)));
    }
    let lost = before.checked_sub(after).unwrap_or(before);
    let words = match lost.minor() >= 0 {
        true => format!("{} lost", sum(state, lost)),
        false => format!("{} more", sum(state, Money::new(-lost.minor(), lost.currency()))),
    };
    let (after, before) = (sum(state, after), sum(state, before));
    Row::figure("Gift Aid", format!("{words}: {after} instead of {before}"))
}

fn receipt(e: &Effects) -> Row {
    let words = match &e.receipt {
        None => "None was issued".to_owned(),
        Some((number, ReceiptFate::CountsNoLonger)) => format!("{number} counts no longer"),
        Some((number, ReceiptFate::Replaced)) => {
            format!("{number} is void; a new one that names it takes its place")
        }
    };
    Row::new("Receipt", words)
}

/// What an act leaves as it is, one sentence each.
pub fn stays(state: &AppState, e: &Effects, refund: bool) -> Vec<String> {
    let mut all = Vec::new();
    if e.plan.is_some() {
        all.push("The repeating gift it came from goes on as it is.".to_owned());
    }
    if refund && !e.fees.is_zero() {
        let fees = sum(state, Money::new(-e.fees.minor(), e.fees.currency()));
        all.push(format!("Stripe keeps its fee of {fees}."));
    }
    all.push("What the books and the audit chain hold already stays; this is added to it.".to_owned());
    all
}

/// The name of a campaign; "none" without one.
pub fn campaign_name(state: &AppState, id: Option<&str>) -> String {
    match id {
        None => "none".to_owned(),
        Some(id) => {
            let known = state.deps.config.charity.campaign(id);
            known.map_or_else(|| id.to_owned(), |c| c.name.clone())
        }
    }
}

/// The gift as it stands.
pub fn facts(state: &AppState, known: &Known) -> Section {
    let gift = &known.gift;
    let mut rows = vec![
        Fact::new("Gift", sum(state, gift.amount)),
        Fact::new("Remains given", sum(state, known.standing(None).remains())),
        Fact::new("Donor", gift.donor.receipt_name()),
        Fact::new("Goes to", compose::fund_name(&state.deps, &gift.fund_id)),
        Fact::new("Received on", day(state, &gift.received_on.0.to_string())),
    ];
    if let Some(number) = &known.money.receipt_number {
        rows.push(Fact::new("Receipt", number.as_str()));
    }
    Section::Facts(Facts { rows, ..Facts::default() })
}

/// A gift that staff want to act on, its donor's data recorded as read; or the page that says why there is nothing to act on.
///
/// # Errors
/// 404 for what is not there.
pub async fn open(
    state: &AppState,
    staff: &Staff,
    id: &str,
    what: &str,
) -> Result<Result<Known, Response>, AppError> {
    if let Ok(payment) = id.parse::<PaymentId>() {
        return not_a_gift_yet(state, staff, &payment).await.map(Err);
    }
    let id: GiftId = id.parse().map_err(|_| AppError::not_found())?;
    let known = effects::look(&state.deps, &id).await?.ok_or_else(AppError::not_found)?;
    record_read(&state.deps, &staff.actor, &known.gift.donor_id, what).await?;
    Ok(Ok(known))
}

/// A payment is no gift before the money is there: nothing can be given back or corrected (RC-3).
async fn not_a_gift_yet(state: &AppState, staff: &Staff, id: &PaymentId) -> Result<Response, AppError> {
    let payment = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        payments::by_id(&mut read, id).await.map_err(ServiceError::from)?
    };
    let words = match payment.ok_or_else(AppError::not_found)?.state {
        PaymentState::Paid => return Err(AppError::not_found()),
        PaymentState::Processing => {
            "The bank is still confirming this payment. Once the money has arrived it is a gift that can be given back or corrected."
        }
        PaymentState::Started | PaymentState::Open => "Nothing was paid yet: the payment page is still open.",
        PaymentState::Failed | PaymentState::Expired => {
            "Nothing was paid: there is nothing to give back or correct."
        }
    };
    let mut shown = blank(state, staff, "No gift yet", "");
    shown.sections = vec![Section::Words(Words { paragraphs: vec![words.to_owned()], ..Words::default() })];
    page(StatusCode::CONFLICT, &shown)
}

/// A page that only says why an act cannot be had.
pub fn refused_page(mut shown: StaffPage, words: &str, links: Vec<Link>) -> StaffPage {
    let said = Words { paragraphs: vec![words.to_owned()], links, ..Words::default() };
    shown.sections.push(Section::Words(said));
    shown
}

/// Why nothing, or not so much, can be given back.
pub fn refusal_words(state: &AppState, refusal: Refusal) -> String {
    match refusal {
        Refusal::Disputed => {
            "The donor’s bank has opened a dispute about this gift and holds the money. A refund on top would give it back twice. Wait for the decision, or accept the dispute in Stripe.".to_owned()
        }
        Refusal::TakenBack => "The donor’s bank has taken this gift back. Nothing of it is left to give back.".to_owned(),
        Refusal::UnderWay => "Another refund of this gift is under way. Wait until it is done.".to_owned(),
        Refusal::NothingLeft => "All of this gift went back already.".to_owned(),
        Refusal::TooMuch(left) => format!("Enter {} or less: no more of the gift is left", sum(state, left)),
    }
}

/// The reason in words, checked.
pub fn reason(wrong: &mut Mistakes, typed: &str) -> String {
    forms::line(wrong, "why", typed, REASON_AT_MOST, Some("Say why, in a few words"))
}

/// A sum that was typed.
pub fn amount(wrong: &mut Mistakes, typed: &str, currency: Currency) -> Option<Money> {
    let words = match Money::parse_typed(typed, currency) {
        Ok(amount) => return Some(amount),
        Err(AmountError::DecimalComma) => "Use a full stop for the decimals, like 10.00".to_owned(),
        Err(AmountError::TooManyDecimals) if currency.exponent() == 0 => {
            format!("Enter a whole number: {currency} has no decimals")
        }
        Err(AmountError::TooManyDecimals) => {
            format!("Enter an amount with at most {} decimals", currency.exponent())
        }
        Err(AmountError::NotPositive) => "Enter an amount of more than nothing".to_owned(),
        Err(AmountError::TooLarge) => "Enter a smaller amount".to_owned(),
        Err(AmountError::Empty | AmountError::NotANumber) => {
            "Enter an amount in figures, like 25 or 25.50".to_owned()
        }
    };
    wrong.insert("amount", words);
    None
}

/// What is said above a preview that is not what was shown before.
pub fn changed_meanwhile() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "The gift has changed since you opened this page.".to_owned(),
        text: "Nothing was done. Look at what will happen now.".to_owned(),
    }
}

/// What is said when the form of a preview is too old to act on.
pub fn too_old() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "This page was open for too long.".to_owned(),
        text: "Nothing was done. Look at what will happen now.".to_owned(),
    }
}

/// To the gift's page, with what has just happened.
pub fn back_to(gift: &GiftId, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", gift_href(gift))).into_response()
}

/// The moment something happened, in words.
pub fn moment(state: &AppState, at: crate::clock::Ts) -> String {
    view::moment(state, at)
}
