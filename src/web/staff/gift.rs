//! `/staff/gifts/{id}`: one gift, from the form to the receipt and whatever followed.

use std::collections::BTreeSet;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::care::{Pressed, resent_word};
use super::chain;
use super::donor::{Done, notice};
use super::door::problems;
use super::guard::Staff;
use super::look::{Look, state_chip};
use super::months::named;
use super::notes::{self, Raw};
use super::{another_look, blank, show};
use crate::domain::ids::GiftId;
use crate::domain::money::Currency;
use crate::domain::role::Right;
use crate::domain::states::{EntryKind, OfflineKind};
use crate::services::staff::record_read;
use crate::services::{ServiceError, care};
use crate::store::StoreError;
use crate::store::notes::Note;
use crate::store::office_donors;
use crate::store::office_gift::{self, EntryRow, Origin, Papers, Sequel};
use crate::store::office_gifts::{self, GiftRow};
use crate::web::AppState;
use crate::web::donor::view::{View, kind, method};
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Act, Fact, Facts, Link, Section, StaffPage, Words};
use crate::web::router::{Policy, Route};

/// The routes of a gift.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/gifts/{id}", policy: Policy::Staff(Right::FindDonors), methods: || get(page) },
    Route {
        path: "/staff/gifts/{id}/receipt/again",
        policy: Policy::Staff(Right::CareForDonors),
        methods: || post(again),
    },
    Route {
        path: "/staff/gifts/{id}/notes/add",
        policy: Policy::Staff(Right::CareForDonors),
        methods: || post(add_note),
    },
];

/// Everything a gift's page is made of.
pub struct Parts {
    /// The gift, with what remains of it.
    pub gift: GiftRow,
    /// Where it came from.
    pub origin: Origin,
    /// What moved.
    pub entries: Vec<EntryRow>,
    /// What followed.
    pub sequels: Vec<Sequel>,
    /// The documents that tell of it.
    pub papers: Option<Papers>,
    notes: Vec<Note>,
}

impl Parts {
    /// Whether it is a cheque that is known to have come back.
    fn is_returned(&self) -> bool {
        self.entries.iter().any(|e| e.kind == EntryKind::Returned)
    }
}

async fn load(state: &AppState, id: &GiftId) -> Result<Option<Parts>, StoreError> {
    let mut read = state.deps.store.read().await?;
    let Some(gift) = office_gifts::one(&mut read, id).await? else { return Ok(None) };
    let Some(origin) = office_gift::origin(&mut read, id).await? else { return Ok(None) };
    Ok(Some(Parts {
        gift,
        origin,
        entries: office_gift::entries(&mut read, id).await?,
        sequels: office_gift::sequels(&mut read, id).await?,
        papers: office_gift::papers(&mut read, id).await?,
        notes: crate::store::notes::of_gift(&mut read, id).await?,
    }))
}

/// The gift of an address; that it was looked at is written down.
async fn seen(state: &AppState, staff: &Staff, id: &str) -> Result<Parts, AppError> {
    let id: GiftId = id.parse().map_err(|_| AppError::not_found())?;
    let parts = load(state, &id).await.map_err(ServiceError::from)?.ok_or_else(AppError::not_found)?;
    record_read(&state.deps, &staff.actor, &parts.gift.donor_id, &format!("gift {id}")).await?;
    Ok(parts)
}

/// Shows a gift.
///
/// # Errors
/// 404 when there is none.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let parts = seen(&state, &staff, &id).await?;
    let look = Look { state: &state, staff: &staff };
    show(&content(look, &parts, &done, &Raw::default(), &Mistakes::new()))
}

fn content(look: Look<'_>, parts: &Parts, done: &Done, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let gift = &parts.gift;
    let amount = look.money(gift.amount());
    let title = format!("{amount} on {}", look.day(gift.received_on.0));
    let mut page = blank(look.state, look.staff, &title, "/staff/gifts");
    page.back = Some(Link::new("Gifts", "/staff/gifts"));
    page.chip = Some(state_chip(gift.state()));
    page.notice = notice(done);
    page.problems = problems(wrong);
    if gift.net() != gift.amount() {
        page.lead = format!("{} of it remains given.", look.money(gift.net()));
    }
    let here = format!("/staff/gifts/{}", gift.id);
    if look.staff.may(Right::RefundGifts) && gift.net().minor() > 0 {
        page.actions.push(Link::new("Give back", format!("{here}/refund")));
    }
    if look.staff.may(Right::CorrectGifts) {
        page.actions.push(Link::new("Correct", format!("{here}/correct")));
        if parts.origin.offline_kind == Some(OfflineKind::Cheque) && !parts.is_returned() {
            page.actions.push(Link::new("The cheque came back", format!("{here}/returned")));
        }
    }
    if look.staff.may(Right::ManageTax) {
        page.actions.push(Link::new("What the donor got", format!("{here}/benefit")));
        if gift.currency != Currency::GBP {
            page.actions.push(Link::new("In sterling", format!("{here}/rate")));
        }
    }
    page.sections.push(Section::Facts(facts(look, parts)));
    if let Some(kind) = parts.origin.offline_kind {
        page.sections.push(Section::Facts(offline(look, parts, kind)));
    }
    page.sections.push(Section::History(chain::chain(look, parts)));
    page.sections.push(Section::History(chain::sequels(look, parts)));
    if look.staff.may(Right::CareForDonors) {
        page.sections.extend(receipt_act(look, parts));
        page.sections.push(notes::form(look, format!("{here}/notes/add"), raw, wrong));
    }
    page.sections.extend(notes::sections(look, &gift.donor_id, &parts.notes, false));
    page
}

fn facts(look: Look<'_>, parts: &Parts) -> Facts {
    let (gift, charity) = (&parts.gift, &look.state.deps.config.charity);
    let name = office_donors::name(&gift.given_name, &gift.family_name, gift.organisation.as_deref());
    let donor =
        Fact::link("Donor", look.called(&name, &gift.email), format!("/staff/donors/{}", gift.donor_id));
    let mut rows = vec![
        donor.noted(look.email(&gift.email)),
        Fact::new("Given to", look.entity(&gift.entity_id)),
        Fact::new("For", look.fund(&gift.fund_id)),
    ];
    if let Some(id) = &gift.campaign_id {
        rows.push(Fact::new("Campaign", charity.campaign(id).map_or(id.as_str(), |c| c.name.as_str())));
    }
    rows.push(match (gift.frequency, gift.instalment) {
        (Some(f), Some(n)) => Fact::link(
            "Kind",
            format!("Gift {n} of a {}", kind(Some(f)).to_lowercase()),
            format!("/staff/donors/{}/monthly", gift.donor_id),
        ),
        _ => Fact::new("Kind", kind(gift.frequency)),
    });
    rows.push(Fact::new("Paid with", method(&gift.method_label, gift.method_last4.as_deref())));
    if gift.fee_cover_minor > 0 {
        let cover = crate::domain::money::Money::new(gift.fee_cover_minor, gift.currency);
        rows.push(Fact::new("Card fee", format!("{} of it covers the card fee", look.money(cover))));
    }
    let booked: BTreeSet<_> = parts.entries.iter().filter_map(|e| e.booked_month).collect();
    if !booked.is_empty() {
        let months = booked.into_iter().map(|m| named(look, m)).collect::<Vec<_>>().join(", ");
        rows.push(
            Fact::new("Booked in", months)
                .noted("In part or whole: its month was closed when it became known"),
        );
    }
    let given_with = if gift.gift_aid { "Yes, under a declaration" } else { "Not declared with the gift" };
    let takes_aid = charity.entity(&gift.entity_id).is_some_and(|e| e.gift_aid);
    rows.push(if takes_aid && look.staff.may(Right::ManageTax) {
        let why = format!("/staff/gifts/{}/gift-aid", gift.id);
        Fact::link("Gift Aid", given_with, why).noted("Whether it can be claimed, and in which claim it is")
    } else if takes_aid {
        Fact::new("Gift Aid", given_with)
    } else {
        Fact::new("Gift Aid", "None: this entity takes no Gift Aid")
    });
    rows.push(Fact::new("Tax year", gift.tax_year.replace('-', "–")));
    let view = View { state: look.state, locale: &charity.brand.locale };
    let tribute = view.tribute(gift.tribute_kind, gift.tribute_name.as_deref());
    if !tribute.is_empty() {
        rows.push(Fact::new("Dedication", tribute));
    }
    if let Some(words) = &parts.origin.note {
        rows.push(Fact::new("The donor wrote", words.as_str()));
    }
    rows.push(Fact::new("Id", gift.id.as_str()));
    Facts { heading: "The gift".to_owned(), rows, ..Facts::default() }
}

/// How a gift came that Stripe knows nothing of.
fn offline_words(kind: OfflineKind) -> &'static str {
    match kind {
        OfflineKind::Cheque => "By cheque",
        OfflineKind::Cash => "In cash",
        OfflineKind::BankTransfer => "By bank transfer",
        OfflineKind::StandingOrder => "By standing order",
        OfflineKind::Imported => "From another system",
    }
}

fn offline(look: Look<'_>, parts: &Parts, kind: OfflineKind) -> Facts {
    let origin = &parts.origin;
    let mut rows = vec![Fact::new("Came", offline_words(kind))];
    if let Some(reference) = origin.offline_reference.as_deref().filter(|r| !r.is_empty()) {
        rows.push(Fact::new("Reference", reference));
    }
    if let (Some(id), Some(name)) = (&origin.batch_id, &origin.batch_name) {
        rows.push(Fact::new("Batch", name.as_str()).noted(id.as_str()));
    }
    if let (Some(id), Some(payer)) = (&origin.bank_line, &origin.bank_payer) {
        let booked = origin.booked_on.map(|d| format!("Booked on {}. {id}", look.day(d.0)));
        rows.push(Fact::new("On the bank's file", payer.as_str()).noted(booked.unwrap_or_default()));
    }
    if let (Some(by), Some(at)) = (&origin.entered_by, origin.entered_at) {
        rows.push(Fact::new("Entered by", by.as_str()).noted(look.moment(at)));
    }
    Facts { heading: "Without Stripe".to_owned(), rows, ..Facts::default() }
}

fn receipt_act(look: Look<'_>, parts: &Parts) -> Option<Section> {
    let gift = &parts.gift;
    // The receipt of a cheque that came back is void (UK-9).
    let number = gift.receipt_number.as_ref().filter(|_| !gift.email.is_empty() && !parts.is_returned())?;
    let token = look.token();
    Some(Section::Words(Words {
        heading: "Send the receipt again".to_owned(),
        paragraphs: vec![format!(
            "A copy of {number}, marked as a copy, goes to {}.",
            look.email(&gift.email)
        )],
        acts: vec![
            Act::new("Send a copy", format!("/staff/gifts/{}/receipt/again", gift.id))
                .with(token.name, token.value),
        ],
        ..Words::default()
    }))
}

/// Sends a copy of the receipt.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn again(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Pressed>,
) -> Result<Response, AppError> {
    let id: GiftId = id.parse().map_err(|_| AppError::not_found())?;
    let word = match raw.nonce(&state) {
        None => "old",
        Some(nonce) => {
            let resent = care::resend_receipt(&state.deps, &staff.actor, &id, &nonce).await?;
            resent_word(resent.ok_or_else(AppError::not_found)?.1, "copy")
        }
    };
    Ok(Redirect::to(&format!("/staff/gifts/{id}?done={word}")).into_response())
}

/// Writes a note about a gift.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn add_note(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let parts = seen(&state, &staff, &id).await?;
    let mut wrong = Mistakes::new();
    let words = notes::checked(&mut wrong, &raw);
    if !wrong.is_empty() {
        let look = Look { state: &state, staff: &staff };
        return another_look(&content(look, &parts, &Done::default(), &raw, &wrong));
    }
    let (donor, gift) = (&parts.origin.given_by, &parts.gift.id);
    let word = notes::keep(&state, &staff, donor, Some(gift), &words, &raw.token).await?;
    Ok(Redirect::to(&format!("/staff/gifts/{gift}?done={word}")).into_response())
}
