//! `/give`: the giving form.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::give_form::{self, Place, Raw};
use super::give_view::{self, Form as View};
use crate::config::Entity;
use crate::domain::frequency::Frequency;
use crate::domain::money::{Currency, Money};
use crate::services::ServiceError;
use crate::services::give::{self, Started};
use crate::store::accounts::Account;
use crate::store::offers::{Offers, every};
use crate::store::portal::stripe_customer;
use crate::store::profile::current_address;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::form_token::TokenProblem;
use crate::web::forms::Mistakes;
use crate::web::layout::frame;
use crate::web::pages::Tone;
use crate::web::pages::{GiveClosedPage, Link, Notice};
use crate::web::visitor::Visitor;

/// What a link to the form may fill in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Prefill {
    entity: String,
    currency: String,
    frequency: String,
    amount: String,
    fund: String,
    campaign: String,
}

/// Shows the form.
pub async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(prefill): Query<Prefill>,
) -> Result<Response, AppError> {
    let own = visitor.account.as_ref().and_then(|a| entity_of(&state, a)).unwrap_or_default();
    let wanted = if prefill.entity.is_empty() { &own } else { &prefill.entity };
    let offers = offers(&state).await?;
    let Some(place) = place(&state, &offers, wanted, &prefill.currency) else { return closed(&state) };
    let campaign = place.charity.campaign(&prefill.campaign);
    let running = campaign.filter(|c| c.is_offered_by(&place.entity.id));
    if running.is_some_and(|c| !place.runs(c)) {
        return closed(&state);
    }
    let mut raw = from_prefill(place, &prefill, running.and_then(|c| c.fund.as_deref()));
    if let Some(account) = &visitor.account {
        introduce(&state, account, &mut raw).await?;
    }
    let token = state.form_key.issue(state.deps.clock.now(), &state.deps.random);
    let view = View { place, raw: &raw, wrong: &Mistakes::new(), token, notice: None, visitor: &visitor };
    Ok(Html(give_view::page(&state, &view).render()?).into_response())
}

/// Takes the form: starts the gift and leads to the payment page, or shows the form again with what to put right.
pub async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let now = state.deps.clock.now();
    let offers = offers(&state).await?;
    let Some(place) = place(&state, &offers, &raw.entity, &raw.currency) else { return closed(&state) };
    if place.entity.id != raw.entity || place.currency.code() != raw.currency {
        let notice =
            attention("Choose the country and currency again", "This form named one that we do not take.");
        return again(&state, &visitor, place, &raw, Mistakes::new(), notice, None);
    }
    let nonce = match state.form_key.check(&raw.token, now) {
        Ok(nonce) => nonce,
        Err(problem) => return ask_again(&state, &visitor, place, &raw, problem),
    };
    match give_form::check(place, &raw) {
        Err(wrong) => again(&state, &visitor, place, &raw, wrong, None, Some(raw.token.clone())),
        Ok(mut command) => {
            command.form_nonce = nonce;
            if let Some(account) = &visitor.account {
                command.customer = saved_customer(&state, account, command.amount.currency()).await?;
                command.account = Some(account.donor_id.clone());
            }
            match give::start(&state.deps, command).await {
                Ok(Started::Checkout(url)) => Ok(Redirect::to(&url).into_response()),
                Ok(Started::Already(reference)) => {
                    Ok(Redirect::to(&format!("/give/thanks/{reference}")).into_response())
                }
                Err(ServiceError::Stripe(error)) => {
                    payment_page_away(&state, &visitor, place, &raw, &error.to_string())
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// The entity of a donor's language, where they give unless they choose another.
fn entity_of(state: &AppState, account: &Account) -> Option<String> {
    let entities = &state.deps.config.charity.entities;
    entities.iter().find(|e| e.locale == account.locale).map(|e| e.id.clone())
}

/// Fills in what a signed-in donor has told before.
async fn introduce(state: &AppState, account: &Account, raw: &mut Raw) -> Result<(), AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let address = current_address(&mut read, &account.donor_id).await.map_err(ServiceError::from)?;
    raw.donor_kind = account.kind.as_str().to_owned();
    raw.organisation = account.organisation.clone().unwrap_or_default();
    raw.given_name.clone_from(&account.given_name);
    raw.family_name.clone_from(&account.family_name);
    raw.email.clone_from(&account.email);
    if let Some(a) = address {
        raw.address_line1 = a.line1;
        raw.address_line2 = a.line2;
        raw.city = a.city;
        raw.region = a.region;
        raw.postcode = a.postcode;
        raw.country = a.country;
    }
    Ok(())
}

/// Stripe's customer with the methods this donor saved.
async fn saved_customer(
    state: &AppState,
    account: &Account,
    currency: Currency,
) -> Result<Option<String>, AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let customer = stripe_customer(&mut read, &account.donor_id, currency).await;
    Ok(customer.map_err(ServiceError::from)?)
}

/// What the office has opened and closed.
async fn offers(state: &AppState) -> Result<Offers, AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    Ok(every(&mut read).await.map_err(ServiceError::from)?)
}

/// Where the gift goes: the named entity and currency when they exist, else the first.
fn place<'a>(state: &'a AppState, offers: &'a Offers, entity: &str, currency: &str) -> Option<Place<'a>> {
    let charity = &state.deps.config.charity;
    let entity: &Entity = charity.entity(entity).or_else(|| charity.entities.first())?;
    let wanted = currency.parse::<Currency>().ok().filter(|c| entity.currencies.contains(c));
    let today = state.deps.clock.now().date_in(&entity.time_zone);
    let currency = wanted.unwrap_or_else(|| entity.default_currency());
    Some(Place { charity, entity, currency, today, offers })
}

fn from_prefill(place: Place<'_>, prefill: &Prefill, campaign_fund: Option<&str>) -> Raw {
    let offered = |f: &Frequency| place.entity.frequencies.contains(f);
    let frequency = prefill.frequency.parse::<Frequency>().ok().filter(offered);
    let frequency = frequency
        .or_else(|| Some(Frequency::Monthly).filter(offered))
        .or_else(|| place.entity.frequencies.first().copied())
        .unwrap_or(Frequency::Once);
    let mut raw = Raw {
        entity: place.entity.id.clone(),
        currency: place.currency.code().to_owned(),
        campaign: prefill.campaign.clone(),
        frequency: frequency.as_str().to_owned(),
        donor_kind: "individual".to_owned(),
        tribute_kind: "none".to_owned(),
        country: place.entity.country.as_str().to_owned(),
        ..Raw::default()
    };
    let wanted = campaign_fund.unwrap_or(&prefill.fund);
    let fund = place.fund(wanted).or_else(|| place.funds().next());
    raw.fund = fund.map(|f| f.id.clone()).unwrap_or_default();
    for f in Frequency::ALL {
        if let Some(set) = place.entity.ask_set(f, place.currency) {
            let chosen = set.amounts.get(set.preselected).map(|a| a.amount.to_plain()).unwrap_or_default();
            *ask_mut(&mut raw, f) = chosen;
        }
    }
    if let Ok(amount) = Money::parse_typed(&prefill.amount, place.currency) {
        let set = place.entity.ask_set(frequency, place.currency);
        let is_ask = set.is_some_and(|s| s.amounts.iter().any(|a| a.amount == amount));
        if is_ask {
            *ask_mut(&mut raw, frequency) = amount.to_plain();
        } else {
            raw.amount_other = amount.to_plain();
        }
    }
    raw
}

fn ask_mut(raw: &mut Raw, frequency: Frequency) -> &mut String {
    match frequency {
        Frequency::Once => &mut raw.amount_once,
        Frequency::Monthly => &mut raw.amount_monthly,
        Frequency::Quarterly => &mut raw.amount_quarterly,
        Frequency::Yearly => &mut raw.amount_yearly,
    }
}

fn attention(title: &str, text: &str) -> Option<Notice> {
    Some(Notice { tone: Tone::Attention, title: title.to_owned(), text: text.to_owned() })
}

/// The form once more, with what was typed. A fresh mark unless `token` is given.
fn again(
    state: &AppState,
    visitor: &Visitor,
    place: Place<'_>,
    raw: &Raw,
    wrong: Mistakes,
    notice: Option<Notice>,
    token: Option<String>,
) -> Result<Response, AppError> {
    let token = token.unwrap_or_else(|| state.form_key.issue(state.deps.clock.now(), &state.deps.random));
    let view = View { place, raw, wrong: &wrong, token, notice, visitor };
    let html = give_view::page(state, &view).render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
}

fn ask_again(
    state: &AppState,
    visitor: &Visitor,
    place: Place<'_>,
    raw: &Raw,
    problem: TokenProblem,
) -> Result<Response, AppError> {
    let (notice, token) = match problem {
        TokenProblem::TooFast => (
            attention("That was very quick", "Check what you entered, then press the button once more."),
            Some(raw.token.clone()),
        ),
        TokenProblem::TooOld | TokenProblem::Forged => (
            attention(
                "This page was open for a long time",
                "Check what you entered, then press the button once more.",
            ),
            None,
        ),
    };
    again(state, visitor, place, raw, Mistakes::new(), notice, token)
}

/// Stripe gave no page. The same mark is kept, so sending the form again goes on with the same payment.
fn payment_page_away(
    state: &AppState,
    visitor: &Visitor,
    place: Place<'_>,
    raw: &Raw,
    cause: &str,
) -> Result<Response, AppError> {
    tracing::error!(cause, "payment page could not be opened");
    let notice = attention(
        "The payment page is not answering",
        "Nothing was taken, and nothing you entered is lost. Wait a moment, then press the button again.",
    );
    let view = View { place, raw, wrong: &Mistakes::new(), token: raw.token.clone(), notice, visitor };
    let html = give_view::page(state, &view).render()?;
    Ok((StatusCode::SERVICE_UNAVAILABLE, Html(html)).into_response())
}

fn closed(state: &AppState) -> Result<Response, AppError> {
    let mut layout = frame(state, None, "This appeal has ended");
    layout.noindex = true;
    let page = GiveClosedPage {
        layout,
        heading: "This appeal has ended".to_owned(),
        text: "Thank you to everyone who gave. You can still give to our work.".to_owned(),
        action: Some(Link::new("Give to our work", "/give")),
        links: Vec::new(),
    };
    Ok(Html(page.render()?).into_response())
}
