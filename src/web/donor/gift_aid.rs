//! `/portal/gift-aid`: how Gift Aid stands, and making a declaration.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::gift_aid_view;
use crate::config::Entity;
use crate::domain::donor::Address;
use crate::domain::gift_aid::declaration::{Channel, Scope};
use crate::services::ServiceError;
use crate::services::gift_aid::declare::{self, Declare, Declared, Given, Refusal};
use crate::services::gift_aid::overview;
use crate::services::gift_aid::words::DeclarationWords;
use crate::store::profile::current_address;
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, field, line};
use crate::web::layout::account_frame;
use crate::web::pages::{AddressForm, Check, Choice, GiftAidSignPage, Hidden, Link, Notice, Tone};
use crate::web::visitor::Donor;

/// The part of the portal.
pub const HERE: &str = "/portal/gift-aid";

/// What has just happened: a word, and the declaration it is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    /// `signed` or `ended`.
    pub done: String,
    /// The declaration.
    pub by: String,
}

/// An entity that takes Gift Aid.
fn entity<'a>(state: &'a AppState, id: &str) -> Result<&'a Entity, AppError> {
    state.deps.config.charity.entity(id).filter(|e| e.gift_aid).ok_or_else(AppError::not_found)
}

/// Shows what was declared, what it added, and what it could add.
///
/// # Errors
/// 404 when no entity of the charity takes Gift Aid.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let stands = overview::overview(&state.deps, donor.id()).await?;
    if stands.is_empty() {
        return Err(AppError::not_found());
    }
    page(StatusCode::OK, &gift_aid_view::build(&state, &donor, &stands, &done)?)
}

/// The form as sent; opened, only `scope` says what to choose beforehand.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    scope: String,
    full_name: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
    agree: String,
    words: String,
    token: String,
}

impl Raw {
    fn scope(&self) -> Option<Scope> {
        match self.scope.as_str() {
            "future" => Some(Scope::Future),
            "past" => Some(Scope::PastFourYearsAndFuture),
            _ => None,
        }
    }
}

/// Shows the form, filled in with what we know.
///
/// # Errors
/// 404 for an entity that takes no Gift Aid, and for an organisation.
pub async fn form(
    State(state): State<AppState>,
    donor: Donor,
    Path(to): Path<String>,
    Query(asked): Query<Raw>,
) -> Result<Response, AppError> {
    let entity = entity(&state, &to)?;
    if gift_aid_view::is_organisation(&donor) {
        return Err(AppError::not_found());
    }
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let held = current_address(&mut read, donor.id()).await.map_err(ServiceError::from)?;
    drop(read);
    let home = held.unwrap_or_default();
    let account = &donor.account;
    let raw = Raw {
        scope: if asked.scope == "past" { "past" } else { "future" }.to_owned(),
        full_name: format!("{} {}", account.given_name, account.family_name).trim().to_owned(),
        line1: home.line1,
        line2: home.line2,
        city: home.city,
        region: home.region,
        postcode: home.postcode,
        country: home.country,
        ..Raw::default()
    };
    page(StatusCode::OK, &sign_page(&state, &donor, entity, &raw, &Mistakes::new())?)
}

fn sign_page(
    state: &AppState,
    donor: &Donor,
    entity: &Entity,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<GiftAidSignPage, AppError> {
    let now = state.deps.clock.now();
    let words = DeclarationWords::of(&state.deps, entity, now.date_in(&entity.time_zone), "today")?;
    let scope = |value: &str, scope: Scope| Choice {
        value: value.to_owned(),
        label: words.label(scope),
        selected: raw.scope == value,
    };
    let heading = "Sign a Gift Aid declaration";
    Ok(GiftAidSignPage {
        layout: account_frame(state, &donor.visitor, heading, HERE),
        back: Link::new("Gift Aid", HERE),
        notice: None,
        heading: heading.to_owned(),
        lead: format!("To {}. We then claim 25p from HMRC for every £1 you give.", entity.legal_name),
        action: format!("{HERE}/sign/{}", entity.id),
        hidden: vec![
            Hidden::new("words", words.mark()),
            Hidden::new("token", state.form_key.issue(now, &state.deps.random)),
        ],
        scope: field(wrong, "scope", ""),
        scopes: vec![scope("future", Scope::Future), scope("past", Scope::PastFourYearsAndFuture)],
        full_name: field(wrong, "full_name", &raw.full_name),
        address: address_form(state, entity, raw, wrong),
        agree: Check {
            name: "agree".to_owned(),
            label: words.consent(),
            hint: String::new(),
            checked: !raw.agree.is_empty(),
        },
        agreed: field(wrong, "agree", ""),
        declaration: words.declaration,
        past: words.past,
        notes: words.notes,
        cancel: Link::new("Back without signing", HERE),
    })
}

fn address_form(state: &AppState, entity: &Entity, raw: &Raw, wrong: &Mistakes) -> AddressForm {
    let country = if raw.country.is_empty() { entity.country.as_str() } else { raw.country.as_str() };
    AddressForm {
        line1: field(wrong, "line1", &raw.line1),
        line2: field(wrong, "line2", &raw.line2),
        city: field(wrong, "city", &raw.city),
        region: field(wrong, "region", &raw.region),
        region_label: "County or region".to_owned(),
        postcode: field(wrong, "postcode", &raw.postcode),
        postcode_label: "Postcode".to_owned(),
        country: field(wrong, "country", ""),
        countries: forms::countries(&state.deps.config.charity, country),
    }
}

fn given(raw: &Raw, wrong: &mut Mistakes) -> Given {
    let missing = "Enter your first name and your surname";
    let full_name = line(wrong, "full_name", &raw.full_name, 2 * NAME_AT_MOST, Some(missing));
    if full_name.split_whitespace().count() < 2 {
        wrong.entry("full_name").or_insert_with(|| missing.to_owned());
    }
    let typed = Address {
        line1: raw.line1.clone(),
        line2: raw.line2.clone(),
        city: raw.city.clone(),
        region: raw.region.clone(),
        postcode: raw.postcode.clone(),
        country: raw.country.clone(),
    };
    let home_address = forms::address(wrong, AddressFields { line1: "line1", line2: "line2" }, &typed);
    Given { full_name, home_address }
}

/// Keeps the declaration, once a form. When the words have changed since the page was opened, they are shown anew first.
///
/// # Errors
/// 404 for an entity that takes no Gift Aid, and for an organisation.
pub async fn sign(
    State(state): State<AppState>,
    donor: Donor,
    Path(to): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let entity = entity(&state, &to)?;
    if gift_aid_view::is_organisation(&donor) {
        return Err(AppError::not_found());
    }
    let mut wrong = Mistakes::new();
    let given = given(&raw, &mut wrong);
    let scope = raw.scope();
    if scope.is_none() {
        wrong.insert("scope", "Choose which gifts it is for".to_owned());
    }
    if raw.agree.is_empty() {
        wrong.insert("agree", "Tick the box to make the declaration".to_owned());
    }
    let nonce = state.form_key.nonce_of(&raw.token, state.deps.clock.now()).ok();
    let mut notice = nonce.is_none().then(too_old);
    if let (Some(scope), Some(nonce), true) = (scope, &nonce, wrong.is_empty()) {
        let wish = Declare {
            owner: donor.id(),
            entity_id: &entity.id,
            scope,
            gift: None,
            channel: Channel::Web,
            given: &given,
            mark: Some(raw.words.as_str()),
            words: None,
            evidence_ref: None,
            entered_by: None,
            made_on: None,
            nonce: nonce.as_str(),
        };
        match declare::declare(&state.deps, &wish).await? {
            Declared::Done(id) => {
                return Ok(Redirect::to(&format!("{HERE}?done=signed&by={id}")).into_response());
            }
            Declared::Refused(refusal) => notice = refused(refusal, &mut wrong)?,
        }
    }
    let mut shown = sign_page(&state, &donor, entity, &raw, &wrong)?;
    shown.notice = notice;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn too_old() -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "That page was open for a long time.".to_owned(),
        text: "Nothing was declared. Look at it once more, then send it.".to_owned(),
    }
}

/// What a refusal says, and where.
fn refused(refusal: Refusal, wrong: &mut Mistakes) -> Result<Option<Notice>, AppError> {
    let (field, words) = match refusal {
        Refusal::NoSuchDonor | Refusal::NotAnIndividual | Refusal::NoGiftAid => {
            return Err(AppError::not_found());
        }
        Refusal::WordsChanged => {
            return Ok(Some(Notice {
                tone: Tone::Attention,
                title: "The words have changed since you opened this page.".to_owned(),
                text: "Read them again, then send it.".to_owned(),
            }));
        }
        Refusal::NameMissing => ("full_name", "Enter your first name and your surname"),
        Refusal::AddressMissing => ("line1", "Enter your home address with its postcode"),
        Refusal::CareOf => ("line1", "Enter the address where you live: a c/o address cannot be used"),
        // What only staff can get wrong.
        Refusal::NoWords
        | Refusal::InFuture
        | Refusal::TooLongAgo
        | Refusal::EvidenceMissing
        | Refusal::NoSuchGift => ("scope", "Choose which gifts it is for"),
    };
    wrong.insert(field, words.to_owned());
    Ok(None)
}
