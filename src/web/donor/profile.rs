//! `/portal/profile`: names, telephone, language and address, changed one at a time.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::view::View;
use super::{Done, flash};
use crate::config::{Charity, Country};
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::donor::{Address, country_name};
use crate::domain::states::DonorKind;
use crate::services::ServiceError;
use crate::services::profile::{self, Names};
use crate::services::rights::copy;
use crate::store::profile::{HeldAddress, addresses};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, field, line};
use crate::web::layout::account_frame;
use crate::web::pages::{
    AddressForm, Choice, ContactForm, Detail, DetailGroup, Link, NameForm, PastAddress, ProfileEditPage,
    ProfilePage, Words,
};
use crate::web::visitor::Donor;

/// The languages the words of a charity can be read in: those of its entities.
fn languages(charity: &Charity, chosen: &str) -> Vec<Choice> {
    let mut locales: Vec<&str> = vec![&charity.brand.locale];
    locales.extend(charity.entities.iter().map(|e| e.locale.as_str()));
    let mut seen = Vec::new();
    locales.retain(|l| {
        let new = !seen.contains(l);
        seen.push(*l);
        new
    });
    let choice = |l: &str| Choice { value: l.to_owned(), label: language(l), selected: l == chosen };
    locales.into_iter().map(choice).collect()
}

/// `English (United Kingdom)`. Words are English so far; the country decides how dates and sums are written.
fn language(locale: &str) -> String {
    let (tongue, country) = locale.split_once('-').unwrap_or((locale, ""));
    let tongue = match tongue {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "nl" => "Dutch",
        other => other,
    };
    if country.is_empty() { tongue.to_owned() } else { format!("{tongue} ({})", country_name(country)) }
}

/// Shows what we know.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let held = addresses(&mut read, donor.id()).await.map_err(ServiceError::from)?;
    drop(read);
    let current = held.iter().find(|a| a.valid_to.is_none()).map(|a| a.address.lines());
    page(
        StatusCode::OK,
        &ProfilePage {
            layout: account_frame(&state, &donor.visitor, "Your details", "/portal/profile"),
            notice: flash(&done),
            heading: "Your details".to_owned(),
            lead: String::new(),
            groups: groups(&state, &donor, current.unwrap_or_default()),
            past: past(&state, &donor, &held),
            past_note: "We keep earlier addresses because tax law asks where you lived when you gave."
                .to_owned(),
            rights: rights(&state),
        },
    )
}

fn rights(state: &AppState) -> Words {
    let email = &state.deps.config.charity.brand.contact_email;
    Words {
        heading: "Everything we hold about you".to_owned(),
        paragraphs: vec![
            "Take a copy of it: a page to read, the same for a program, and your statements.".to_owned(),
            format!(
                "If you would like to be forgotten, or to see the notes of our office, write to {email}. Tax law has us keep receipts \
                 and declarations for some years; the rest goes."
            ),
        ],
        links: vec![Link::new("Download the copy (ZIP)", "/portal/data.zip")],
        ..Words::default()
    }
}

/// Downloads everything that is held about the donor, on record.
///
/// # Errors
/// 429 after several within an hour; when the database refuses or a statement cannot be printed.
pub async fn take_copy(State(state): State<AppState>, donor: Donor) -> Result<Response, AppError> {
    state.deps.throttle.archive(donor.id().as_str()).map_err(|_| ServiceError::TooOften)?;
    let bytes = copy::of_donor(&state.deps, donor.id(), false).await?;
    copy::note_taken(&state.deps, ACTOR_DONOR, donor.id(), bytes.len()).await?;
    Ok(downloads::attachment("application/zip", "what-is-held-about-you.zip", bytes))
}

fn groups(state: &AppState, donor: &Donor, address: Vec<String>) -> Vec<DetailGroup> {
    let account = &donor.account;
    let detail = |label: &str, lines: Vec<String>, note: &str, change: &str| Detail {
        label: label.to_owned(),
        lines: lines.into_iter().filter(|l| !l.is_empty()).collect(),
        note: note.to_owned(),
        change_href: change.to_owned(),
    };
    let name = format!("{} {}", account.given_name, account.family_name).trim().to_owned();
    let mut about = vec![detail("Name", vec![name], "", "/portal/profile/name")];
    if account.kind == DonorKind::Organisation {
        let organisation = account.organisation.clone().unwrap_or_default();
        let note = "Receipts are made out to it.";
        about.push(detail("Organisation", vec![organisation], note, "/portal/profile/name"));
    }
    let contact = vec![
        detail("E-mail", vec![account.email.clone()], "You sign in with it.", "/portal/security/email"),
        detail(
            "Telephone",
            vec![account.telephone.clone().unwrap_or_default()],
            "",
            "/portal/profile/contact",
        ),
        detail("Language", vec![language(&account.locale)], "", "/portal/profile/contact"),
        detail("Address", address, "", "/portal/profile/address"),
    ];
    let brand = &state.deps.config.charity.brand.name;
    vec![
        DetailGroup { heading: "About you".to_owned(), details: about },
        DetailGroup { heading: format!("How {brand} reaches you"), details: contact },
    ]
}

fn past(state: &AppState, donor: &Donor, held: &[HeldAddress]) -> Vec<PastAddress> {
    let zone = state.deps.config.charity.entities.first().map(|e| e.time_zone.clone());
    let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
    let view = View { state, locale: &donor.account.locale };
    let ended = held.iter().filter_map(|a| Some((a, a.valid_to?)));
    ended
        .map(|(a, to)| PastAddress {
            until: format!("Until {}", view.day(to.date_in(&zone))),
            lines: a.address.lines(),
        })
        .collect()
}

/// The fields of the three forms; each form sends its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    given_name: String,
    family_name: String,
    donor_kind: String,
    organisation: String,
    telephone: String,
    language: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
}

/// What can be changed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Name,
    Contact,
    Address,
}

fn part(text: &str) -> Result<Part, AppError> {
    match text {
        "name" => Ok(Part::Name),
        "contact" => Ok(Part::Contact),
        "address" => Ok(Part::Address),
        _ => Err(AppError::not_found()),
    }
}

/// Shows a form, filled in with what we know.
///
/// # Errors
/// When the database refuses; 404 for a part there is not.
pub async fn edit(
    State(state): State<AppState>,
    donor: Donor,
    Path(which): Path<String>,
) -> Result<Response, AppError> {
    let which = part(&which)?;
    let account = &donor.account;
    let mut raw = Raw {
        given_name: account.given_name.clone(),
        family_name: account.family_name.clone(),
        donor_kind: account.kind.as_str().to_owned(),
        organisation: account.organisation.clone().unwrap_or_default(),
        telephone: account.telephone.clone().unwrap_or_default(),
        language: account.locale.clone(),
        ..Raw::default()
    };
    if which == Part::Address {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let held = crate::store::profile::current_address(&mut read, donor.id()).await;
        let a = held.map_err(ServiceError::from)?.unwrap_or_default();
        raw = Raw {
            line1: a.line1,
            line2: a.line2,
            city: a.city,
            region: a.region,
            postcode: a.postcode,
            country: a.country,
            ..raw
        };
    }
    page(StatusCode::OK, &form(&state, &donor, which, &raw, &Mistakes::new()))
}

fn form(state: &AppState, donor: &Donor, which: Part, raw: &Raw, wrong: &Mistakes) -> ProfileEditPage {
    let (heading, lead, name) = match which {
        Part::Name => {
            ("Your name", "Receipts from now on carry it. Earlier ones stay as they were issued.", "name")
        }
        Part::Contact => {
            ("Telephone and language", "The language decides how dates and sums are written.", "contact")
        }
        Part::Address => (
            "Your address",
            "Receipts from now on carry it. Earlier ones stay as they were issued.",
            "address",
        ),
    };
    ProfileEditPage {
        layout: account_frame(state, &donor.visitor, heading, "/portal/profile"),
        notice: None,
        heading: heading.to_owned(),
        lead: lead.to_owned(),
        action: format!("/portal/profile/{name}"),
        hidden: Vec::new(),
        name: (which == Part::Name).then(|| NameForm {
            given_name: field(wrong, "given_name", &raw.given_name),
            family_name: field(wrong, "family_name", &raw.family_name),
            donor_kind: if raw.donor_kind == "organisation" { "organisation" } else { "individual" }
                .to_owned(),
            organisation: field(wrong, "organisation", &raw.organisation),
        }),
        contact: (which == Part::Contact).then(|| ContactForm {
            telephone: field(wrong, "telephone", &raw.telephone),
            language: field(wrong, "language", ""),
            languages: languages(&state.deps.config.charity, &raw.language),
        }),
        address: (which == Part::Address).then(|| address_form(state, donor, raw, wrong)),
        button: "Save".to_owned(),
        cancel: Link::new("Back without saving", "/portal/profile"),
    }
}

fn address_form(state: &AppState, donor: &Donor, raw: &Raw, wrong: &Mistakes) -> AddressForm {
    let charity = &state.deps.config.charity;
    let home = charity.entities.iter().find(|e| e.locale == donor.account.locale);
    let home = home.or_else(|| charity.entities.first()).map(|e| e.country);
    let (region_label, postcode_label) = match home {
        Some(Country::US) => ("State", "ZIP code"),
        Some(Country::CA) => ("Province", "Postal code"),
        Some(Country::AU) => ("State", "Postcode"),
        _ => ("County or region", "Postcode"),
    };
    let chosen = if raw.country.is_empty() { home.map_or("", |c| c.as_str()) } else { &raw.country };
    AddressForm {
        line1: field(wrong, "line1", &raw.line1),
        line2: field(wrong, "line2", &raw.line2),
        city: field(wrong, "city", &raw.city),
        region: field(wrong, "region", &raw.region),
        region_label: region_label.to_owned(),
        postcode: field(wrong, "postcode", &raw.postcode),
        postcode_label: postcode_label.to_owned(),
        country: field(wrong, "country", ""),
        countries: forms::countries(charity, chosen),
    }
}

/// Saves one part.
///
/// # Errors
/// When the database refuses; 404 for a part there is not.
pub async fn save(
    State(state): State<AppState>,
    donor: Donor,
    Path(which): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let which = part(&which)?;
    let mut wrong = Mistakes::new();
    let done = match which {
        Part::Name => save_names(&state, &donor, &raw, &mut wrong).await?,
        Part::Contact => save_contact(&state, &donor, &raw, &mut wrong).await?,
        Part::Address => save_address(&state, &donor, &raw, &mut wrong).await?,
    };
    if !wrong.is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form(&state, &donor, which, &raw, &wrong));
    }
    Ok(Redirect::to(&format!("/portal/profile?done={done}")).into_response())
}

async fn save_names(
    state: &AppState,
    donor: &Donor,
    raw: &Raw,
    wrong: &mut Mistakes,
) -> Result<&'static str, AppError> {
    let body = raw.donor_kind == "organisation";
    let names = Names {
        kind: if body { DonorKind::Organisation } else { DonorKind::Individual },
        given_name: line(wrong, "given_name", &raw.given_name, NAME_AT_MOST, Some("Enter your first name")),
        family_name: line(wrong, "family_name", &raw.family_name, NAME_AT_MOST, Some("Enter your last name")),
        organisation: body.then(|| {
            let missing = Some("Enter the organisation's name");
            line(wrong, "organisation", &raw.organisation, NAME_AT_MOST, missing)
        }),
    };
    if wrong.is_empty() {
        profile::set_names(&state.deps, donor.id(), &names).await?;
    }
    Ok("name")
}

async fn save_contact(
    state: &AppState,
    donor: &Donor,
    raw: &Raw,
    wrong: &mut Mistakes,
) -> Result<&'static str, AppError> {
    let telephone = line(wrong, "telephone", &raw.telephone, 40, None);
    let plausible = |c: char| c.is_ascii_digit() || " +-().x/".contains(c);
    let digits = telephone.chars().filter(char::is_ascii_digit).count();
    if !telephone.is_empty() && (!telephone.chars().all(plausible) || !(5..=20).contains(&digits)) {
        let words = "Enter a telephone number in figures, like 020 7946 0000 or +44 20 7946 0000";
        wrong.entry("telephone").or_insert_with(|| words.to_owned());
    }
    if !languages(&state.deps.config.charity, "").iter().any(|l| l.value == raw.language) {
        wrong.insert("language", "Choose a language from the list".to_owned());
    }
    if wrong.is_empty() {
        let telephone = (!telephone.is_empty()).then_some(telephone.as_str());
        profile::set_contact(&state.deps, donor.id(), telephone, &raw.language).await?;
    }
    Ok("contact")
}

async fn save_address(
    state: &AppState,
    donor: &Donor,
    raw: &Raw,
    wrong: &mut Mistakes,
) -> Result<&'static str, AppError> {
    let typed = Address {
        line1: raw.line1.clone(),
        line2: raw.line2.clone(),
        city: raw.city.clone(),
        region: raw.region.clone(),
        postcode: raw.postcode.clone(),
        country: raw.country.clone(),
    };
    let address = forms::address(wrong, AddressFields { line1: "line1", line2: "line2" }, &typed);
    if wrong.is_empty() {
        profile::set_address(&state.deps, donor.id(), &address).await?;
    }
    Ok("address")
}
