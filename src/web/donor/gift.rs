//! `/portal/gifts/{id}`: one gift, its history and its receipt.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::overview::again;
use super::view::{View, gift_chip, kind, method};
use super::{Done, flash};
use crate::documents::pdf::PaperStanding;
use crate::domain::dates;
use crate::domain::donor::Address;
use crate::domain::ids::GiftId;
use crate::domain::money::Money;
use crate::domain::receipt::{ReceiptContent, ReceiptForm};
use crate::domain::states::{DisputeState, RefundState, TributeKind};
use crate::services::accounts::Outcome;
use crate::services::{ServiceError, copies, papers};
use crate::store::portal::{self, GiftEvent, GiftLine};
use crate::store::receipts::{self, StoredReceipt};
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Act, ChipTone, Event, GiftPage, GiftReceipt, Link, Notice, ReceiptPage, Row, Tone};
use crate::web::visitor::Donor;
use crate::web::{AppState, downloads};

/// What is said of the receipt for a cheque that came back (UK-9).
const VOID: &str = "This receipt is void: the cheque came back unpaid.";

/// The id in the address; whatever is none is not there.
fn id(text: &str) -> Result<GiftId, AppError> {
    text.parse().map_err(|_| AppError::not_found())
}

/// Shows a gift.
///
/// # Errors
/// 404 when there is none, or it is somebody else's.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Path(gift_id): Path<String>,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let gift_id = id(&gift_id)?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let gift = portal::gift(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?;
    let gift = gift.ok_or_else(AppError::not_found)?;
    let events = portal::gift_events(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?;
    let receipt = portal::receipt(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?;
    drop(read);
    let receipt = receipt.map(|json| content(&json)).transpose()?;
    let view = View { state: &state, locale: &donor.account.locale };
    let amount = gift.amount().display(view.locale);
    let title = format!("Gift of {amount} on {}", view.day(gift.received_on.0));
    page(
        StatusCode::OK,
        &GiftPage {
            layout: account_frame(&state, &donor.visitor, &title, "/portal/gifts"),
            back: Link::new("Your giving", "/portal/gifts"),
            notice: flash(&done),
            amount,
            what: format!("{} · {}", kind(gift.frequency), view.fund(&gift.fund_id)),
            chip: gift_chip(&gift),
            lead: lead(view, &gift),
            summary: summary(view, &gift, receipt.as_ref()),
            history: history(view, &gift, &events),
            receipt: receipt.as_ref().map(|r| receipt_part(view, &gift, r)),
            receipt_note: String::new(),
            again: Some(again(&state, view, &gift)),
            links: Vec::new(),
            help: "Something not right with this gift?".to_owned(),
            reference: gift.receipt_number.clone().unwrap_or_else(|| gift.id.to_string()),
        },
    )
}

fn content(json: &str) -> Result<ReceiptContent, AppError> {
    Ok(serde_json::from_str(json).map_err(|e| ServiceError::Unexpected(format!("receipt: {e}")))?)
}

fn lead(view: View<'_>, gift: &GiftLine) -> Vec<String> {
    let net = gift.net().display(view.locale);
    match gift.dispute_state {
        Some(DisputeState::Open) => {
            return vec![
                "Your bank has asked for this gift back in your name. Until it has decided, the money is held."
                    .to_owned(),
                "Was it a mistake? Tell your bank, or write to us.".to_owned(),
            ];
        }
        Some(DisputeState::Lost) => {
            return vec![format!("Your bank took this gift back. {net} of it remains given.")];
        }
        Some(DisputeState::Won) | None => {}
    }
    if gift.returned_minor != 0 {
        return vec![
            "Your cheque came back to us unpaid: nothing was collected, and its receipt is void.".to_owned(),
        ];
    }
    if gift.net() == gift.amount() {
        return Vec::new();
    }
    if gift.net().is_zero() {
        return vec!["The whole gift went back to you. Nothing of it remains given.".to_owned()];
    }
    let back = Money::new(-gift.refunded_minor, gift.currency).display(view.locale);
    vec![format!("{back} of {} went back to you. {net} remains given.", gift.amount().display(view.locale))]
}

fn summary(view: View<'_>, gift: &GiftLine, receipt: Option<&ReceiptContent>) -> Vec<Row> {
    let charity = &view.state.deps.config.charity;
    let mut rows = vec![
        Row::figure("Date", view.day(gift.received_on.0)),
        Row::new("Goes to", view.fund(&gift.fund_id)),
    ];
    if let Some(campaign) = gift.campaign_id.as_ref().and_then(|c| charity.campaign(c)) {
        rows.push(Row::new("Campaign", campaign.name.as_str()));
    }
    if gift.fee_cover_minor > 0 {
        let fee = Money::new(gift.fee_cover_minor, gift.currency).display(view.locale);
        rows.push(Row::new("Card fee", format!("{fee} of it covers the card fee")));
    }
    let which = match (gift.frequency, gift.instalment) {
        (Some(f), Some(n)) => format!("Gift {n} of your {}", kind(Some(f)).to_lowercase()),
        _ => "One-off gift".to_owned(),
    };
    rows.push(Row::new("Kind of gift", which));
    rows.push(Row::new("Paid with", method(&gift.method_label, gift.method_last4.as_deref())));
    if gift.gift_aid {
        rows.push(Row::new("Gift Aid", "Yes, under your declaration"));
    }
    if let (Some(tribute), Some(name)) = (gift.tribute_kind, gift.tribute_name.as_deref()) {
        let label = match tribute {
            TributeKind::Memory => "In memory of",
            TributeKind::Honour => "In honour of",
        };
        rows.push(Row::new(label, name));
    }
    if let Some(note) = receipt.and_then(|r| r.note.as_deref()) {
        rows.push(Row::new("Your message", note));
    }
    let entity = charity.entity(&gift.entity_id).map(|e| e.legal_name.clone());
    rows.push(Row::new("Given to", entity.unwrap_or_else(|| gift.entity_id.clone())));
    rows
}

/// What happened to the gift, newest first.
fn history(view: View<'_>, gift: &GiftLine, events: &[GiftEvent]) -> Vec<Event> {
    let entity = view.state.deps.config.charity.entity(&gift.entity_id);
    let zone = entity.map_or(jiff::tz::TimeZone::UTC, |e| e.time_zone.clone());
    let event = |at: crate::clock::Ts, tone, words: &str, amount: String| {
        let day = at.date_in(&zone);
        Event {
            tone,
            date: view.day(day),
            datetime: day.to_string(),
            words: words.to_owned(),
            amount,
            ..Event::default()
        }
    };
    let mut all = vec![(
        gift.received_at,
        event(gift.received_at, ChipTone::Success, "Received", gift.amount().display(view.locale)),
    )];
    for e in events {
        let sum = Money::new(e.amount_minor, e.currency);
        let (plus, minus) = (sum.display(view.locale), format!("−{}", sum.display(view.locale)));
        let whole = e.amount_minor >= gift.amount_minor;
        match (e.refund(), e.dispute()) {
            (Some(RefundState::Succeeded), _) => {
                let words = if whole { "Refunded" } else { "Part refunded" };
                all.push((e.made_at, event(e.made_at, ChipTone::Info, words, minus)));
            }
            (Some(RefundState::Pending), _) => {
                all.push((e.made_at, event(e.made_at, ChipTone::Wait, "Refund on its way to you", minus)));
            }
            (Some(RefundState::Failed), _) => {
                let words = "A refund did not arrive at your bank";
                all.push((e.made_at, event(e.made_at, ChipTone::Problem, words, String::new())));
            }
            (None, None) if e.is_return() => {
                let words = "Your cheque came back unpaid";
                all.push((e.made_at, event(e.made_at, ChipTone::Problem, words, minus)));
            }
            (Some(RefundState::Canceled), _) | (None, None) => {}
            (None, Some(state)) => {
                let words = "Your bank asked for it back";
                all.push((e.made_at, event(e.made_at, ChipTone::Attention, words, minus)));
                let at = e.updated_at;
                match state {
                    DisputeState::Open => {}
                    DisputeState::Won => {
                        let words = "Your bank decided: the gift stands";
                        all.push((at, event(at, ChipTone::Success, words, plus)));
                    }
                    DisputeState::Lost => {
                        let words = "Your bank decided: it went back to you";
                        all.push((at, event(at, ChipTone::Info, words, String::new())));
                    }
                }
            }
        }
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, event)| event).collect()
}

fn receipt_part(view: View<'_>, gift: &GiftLine, receipt: &ReceiptContent) -> GiftReceipt {
    let href = format!("/portal/gifts/{}/receipt", gift.id);
    GiftReceipt {
        number: receipt.number.clone(),
        issued: day(&receipt.issued_on, view.locale).map(|d| format!("Issued on {d}")).unwrap_or_default(),
        view: Link::new("See the receipt", href.clone()),
        resend: (gift.returned_minor == 0).then(|| resend(view.state, href)),
        note: match gift.returned_minor {
            0 => replaced(receipt).unwrap_or_default(),
            _ => VOID.to_owned(),
        },
    }
}

/// What a receipt says of the one before it (CA-4).
fn replaced(receipt: &ReceiptContent) -> Option<String> {
    receipt.replaces.as_ref().map(|old| format!("This replaces receipt {old}, which is void."))
}

fn resend(state: &AppState, href: String) -> Act {
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    Act::new("E-mail me a copy", href).with("token", token)
}

fn day(iso: &str, locale: &str) -> Option<String> {
    iso.parse().ok().map(|date| dates::long(date, locale))
}

/// The form as sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    token: String,
}

/// Sends a copy of the receipt, once a form.
///
/// # Errors
/// 404 when the gift is not this donor's; 429 when too many copies were asked for.
pub async fn send_copy(
    State(state): State<AppState>,
    donor: Donor,
    Path(gift_id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let gift_id = id(&gift_id)?;
    let back = format!("/portal/gifts/{gift_id}");
    let Ok(form) = state.form_key.nonce_of(&raw.token, state.deps.clock.now()) else {
        return Ok(Redirect::to(&back).into_response());
    };
    match copies::send(&state.deps, &donor.account, &gift_id, &form).await? {
        None => Err(AppError::not_found()),
        Some(Outcome::TooOften) => Err(ServiceError::TooOften.into()),
        Some(Outcome::Done(())) => Ok(Redirect::to(&format!("{back}?done=copy")).into_response()),
    }
}

/// Shows the receipt as it was issued.
///
/// # Errors
/// 404 when the gift is not this donor's.
pub async fn receipt(
    State(state): State<AppState>,
    donor: Donor,
    Path(gift_id): Path<String>,
) -> Result<Response, AppError> {
    let gift_id = id(&gift_id)?;
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let json = portal::receipt(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?;
    let gift = portal::gift(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?;
    drop(read);
    let (json, gift) = json.zip(gift).ok_or_else(AppError::not_found)?;
    let content = content(&json)?;
    let mut shown = receipt_page(&state, &donor, &gift_id, &content);
    shown.notice = standing_of(&content, &gift);
    if gift.returned_minor != 0 {
        shown.notice = Some(Notice { tone: Tone::Problem, title: VOID.to_owned(), text: String::new() });
        shown.resend = None;
    }
    page(StatusCode::OK, &shown)
}

/// Downloads the receipt that counts, or the last one with where it stands.
///
/// # Errors
/// 404 when there is none, or it is somebody else's.
pub async fn receipt_pdf(
    State(state): State<AppState>,
    donor: Donor,
    Path(gift_id): Path<String>,
) -> Result<Response, AppError> {
    let gift_id = id(&gift_id)?;
    let stored = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        receipts::of_owner(&mut read, donor.id(), &gift_id).await.map_err(ServiceError::from)?
    };
    let stored = stored.ok_or_else(AppError::not_found)?;
    let standing = standing_of_receipt(&stored);
    let bytes = papers::receipt_pdf(&state.deps, &stored.content, &stored.sha256, standing, true).await?;
    Ok(downloads::pdf(&stored.number, bytes))
}

/// Where a receipt stands, for what is printed on it.
pub fn standing_of_receipt(stored: &StoredReceipt) -> PaperStanding {
    match (&stored.replaced_by, stored.counts) {
        (_, true) => PaperStanding::Current,
        (Some(by), false) => PaperStanding::Superseded { by: by.clone() },
        (None, false) => PaperStanding::Cancelled,
    }
}

/// What became of a receipt since it was issued, and what it made void itself; printed with it (RC-5, RC-9).
fn standing_of(content: &ReceiptContent, gift: &GiftLine) -> Option<Notice> {
    let locale = content.entity.locale.as_str();
    let net = gift.net();
    let text = match net.minor() < content.amount.minor() {
        false => String::new(),
        true if net.is_zero() => "The whole gift went back. This receipt counts no longer.".to_owned(),
        true => format!("Part of the gift went back. This receipt counts for {} only.", net.display(locale)),
    };
    match replaced(content) {
        Some(title) => Some(Notice { tone: Tone::Info, title, text }),
        None if text.is_empty() => None,
        None => Some(Notice { tone: Tone::Attention, title: text, text: String::new() }),
    }
}

fn receipt_page(state: &AppState, donor: &Donor, gift_id: &GiftId, content: &ReceiptContent) -> ReceiptPage {
    let locale = content.entity.locale.as_str();
    let received = day(&content.received_on, locale).unwrap_or_default();
    let mut entity_lines = content.entity.address.clone();
    entity_lines.extend(content.entity.registrations.iter().cloned());
    ReceiptPage {
        layout: account_frame(state, &donor.visitor, &format!("Receipt {}", content.number), "/portal/gifts"),
        back: Link::new("Back to the gift", format!("/portal/gifts/{gift_id}")),
        notice: None,
        entity: content.entity.legal_name.clone(),
        entity_lines,
        title: title_of(content.form).to_owned(),
        number: content.number.clone(),
        issued: day(&content.issued_on, locale).unwrap_or_default(),
        copy: "Copy".to_owned(),
        donor: content.donor.receipt_name(),
        donor_lines: content.donor.address.as_ref().map(Address::lines).unwrap_or_default(),
        amount: content.amount.display(locale),
        amount_words: format!("received on {received}"),
        rows: receipt_rows(content, locale),
        wording: content.statements.iter().chain(&content.wording).cloned().collect(),
        wording_id: content.wording_version.clone(),
        signed: content.signatory.iter().flat_map(|s| [s.name.clone(), s.title.clone()]).collect(),
        pdf: Some(Link::new("Download as PDF", format!("/portal/gifts/{gift_id}/receipt.pdf"))),
        resend: Some(resend(state, format!("/portal/gifts/{gift_id}/receipt"))),
    }
}

/// What the document is to the tax office, as on its PDF.
fn title_of(form: ReceiptForm) -> &'static str {
    match form {
        ReceiptForm::Plain | ReceiptForm::DgrReceipt | ReceiptForm::Acknowledgment => "Receipt",
        ReceiptForm::OfficialDonationReceipt => "Official donation receipt",
        ReceiptForm::Zuwendungsbestaetigung => "Bestätigung über Geldzuwendungen",
        ReceiptForm::NotOfficial => "Thank you for your gift",
    }
}

fn receipt_rows(content: &ReceiptContent, locale: &str) -> Vec<Row> {
    let amount = content.amount;
    let mut rows = vec![Row::figure("Amount", format!("{} {}", amount.to_plain(), amount.currency()))];
    if !content.fee_cover.is_zero() {
        let fee = content.fee_cover.display(locale);
        rows.push(Row::new("Card fee", format!("{fee} of it covers the card fee")));
    }
    rows.push(Row::new("Paid with", content.method.as_str()));
    rows.push(Row::new("Goes to", content.fund.as_str()));
    if let Some(campaign) = &content.campaign {
        rows.push(Row::new("Campaign", campaign.as_str()));
    }
    rows.push(match &content.instalment {
        Some(i) => Row::new("Kind of gift", format!("Gift {} of your {} gift", i.number, i.frequency)),
        None => Row::new("Kind of gift", "One-off gift"),
    });
    if content.gift_aid {
        rows.push(Row::new("Gift Aid", "Yes, under the declaration you made"));
    }
    if let Some(tribute) = &content.tribute {
        let label = match tribute.kind {
            TributeKind::Memory => "In memory of",
            TributeKind::Honour => "In honour of",
        };
        rows.push(Row::new(label, tribute.name.as_str()));
    }
    rows.extend(content.law.iter().map(|l| Row::new(l.label.as_str(), l.value.as_str())));
    rows
}
