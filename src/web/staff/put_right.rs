//! `/staff/donors/{id}/put-right`: name, telephone and address of a donor, as they told the office.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::donor::{Done, frame, load};
use super::donors::choice;
use super::door::problems;
use super::guard::Staff;
use super::look::Look;
use super::{another_look, show};
use crate::domain::donor::Address;
use crate::domain::role::Right;
use crate::domain::states::DonorKind;
use crate::services::ServiceError;
use crate::services::care::{self, Details, PutRight};
use crate::services::profile::Names;
use crate::store::office_donor::DonorRecord;
use crate::store::profile::current_address;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, field, line};
use crate::web::pages::{FieldKind, FormField, Link, Section, StaffForm, StaffPage};
use crate::web::router::{Policy, Route};

/// The route of a donor's details put right.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/donors/{id}/put-right",
    policy: Policy::Staff(Right::CareForDonors),
    methods: || get(ask).post(save),
}];

/// Letters of a telephone number.
const TELEPHONE_AT_MOST: usize = 40;
/// Letters of a reason.
const WHY_AT_MOST: usize = 200;

/// The form as sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    donor_kind: String,
    organisation: String,
    given_name: String,
    family_name: String,
    telephone: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
    why: String,
}

impl Raw {
    /// A donor as they are.
    fn of(donor: &DonorRecord, held: Option<Address>) -> Raw {
        let a = held.unwrap_or_default();
        Raw {
            donor_kind: donor.kind.as_str().to_owned(),
            organisation: donor.organisation.clone().unwrap_or_default(),
            given_name: donor.given_name.clone(),
            family_name: donor.family_name.clone(),
            telephone: donor.telephone.clone().unwrap_or_default(),
            line1: a.line1,
            line2: a.line2,
            city: a.city,
            region: a.region,
            postcode: a.postcode,
            country: a.country,
            why: String::new(),
        }
    }

    fn is_body(&self) -> bool {
        self.donor_kind == DonorKind::Organisation.as_str()
    }

    fn address(&self) -> Address {
        let typed = |text: &str| text.trim().to_owned();
        Address {
            line1: typed(&self.line1),
            line2: typed(&self.line2),
            city: typed(&self.city),
            region: typed(&self.region),
            postcode: typed(&self.postcode),
            country: typed(&self.country),
        }
    }

    /// What was typed, understood; what to put right is added to `wrong`.
    fn check(&self, wrong: &mut Mistakes) -> (Details, String) {
        let body = self.is_body();
        let person = |words| (!body).then_some(words);
        let given = line(wrong, "given_name", &self.given_name, NAME_AT_MOST, person("Enter the first name"));
        let family =
            line(wrong, "family_name", &self.family_name, NAME_AT_MOST, person("Enter the last name"));
        let organisation = body.then(|| {
            let missing = Some("Enter the name of the organisation");
            line(wrong, "organisation", &self.organisation, NAME_AT_MOST, missing)
        });
        let telephone = line(wrong, "telephone", &self.telephone, TELEPHONE_AT_MOST, None);
        let names = AddressFields { line1: "line1", line2: "line2" };
        let typed = self.address();
        let address = (!typed.is_blank()).then(|| forms::address(wrong, names, &typed));
        let why = line(wrong, "why", &self.why, WHY_AT_MOST, Some("Say how you know"));
        let kind = if body { DonorKind::Organisation } else { DonorKind::Individual };
        let names = Names { kind, given_name: given, family_name: family, organisation };
        (Details { names, telephone: (!telephone.is_empty()).then_some(telephone), address }, why)
    }
}

/// Shows the details as they are, to be put right.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/put-right").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let held = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        current_address(&mut read, &donor.id).await.map_err(ServiceError::from)?
    };
    let look = Look { state: &state, staff: &staff };
    show(&page(look, &donor, &Raw::of(&donor, held), &Mistakes::new()))
}

fn page(look: Look<'_>, donor: &DonorRecord, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let mut page = frame(look, donor, "/details", &Done::default());
    let here = format!("/staff/donors/{}", donor.id);
    page.actions = Vec::new();
    page.problems = problems(wrong);
    page.sections = vec![Section::Form(Box::new(StaffForm {
        heading: "Put their details right".to_owned(),
        lead: "What was issued before keeps the name and address it has. A receipt with a misspelt name is issued anew \
               from the gift’s own page, under “Correct”, once this is saved."
            .to_owned(),
        action: format!("{here}/put-right"),
        fields: fields(look.state, raw, wrong),
        button: "Save".to_owned(),
        cancel: Some(Link::new("Leave it", format!("{here}/details"))),
        ..StaffForm::default()
    }))];
    page
}

fn fields(state: &AppState, raw: &Raw, wrong: &Mistakes) -> Vec<FormField> {
    let charity = &state.deps.config.charity;
    let chosen = if raw.is_body() { "organisation" } else { "individual" };
    let kinds =
        vec![choice("individual", "A person", chosen), choice("organisation", "An organisation", chosen)];
    let text = |name: &'static str, label: &str, value: &str| {
        FormField::new(name, label, FieldKind::Text, field(wrong, name, value))
    };
    // A body may have somebody who speaks for it, a person has a name.
    let person = |asked: FormField| if raw.is_body() { asked.optional() } else { asked };
    let home = charity.entities.first().map_or("GB", |e| e.country.as_str());
    let country = if raw.country.is_empty() { home } else { &raw.country };
    let countries = FieldKind::Select(forms::countries(charity, country));
    vec![
        FormField::new("donor_kind", "Who is it", FieldKind::Radios(kinds), field(wrong, "donor_kind", "")),
        text("organisation", "Name of the organisation", &raw.organisation).optional(),
        person(text("given_name", "First name", &raw.given_name)),
        person(text("family_name", "Last name", &raw.family_name)),
        text("telephone", "Telephone", &raw.telephone).optional(),
        text("line1", "Address", &raw.line1)
            .hinted("Where they live from today: the one before is kept with its last day")
            .optional(),
        text("line2", "Second line of the address", &raw.line2).optional(),
        text("city", "Town or city", &raw.city).optional(),
        text("region", "County, state or province", &raw.region).optional(),
        text("postcode", "Postcode", &raw.postcode).optional(),
        FormField::new("country", "Country", countries, field(wrong, "country", country)),
        FormField::new("why", "How you know", FieldKind::Text, field(wrong, "why", &raw.why))
            .hinted("“By letter of 3 May”. No names: it is kept for good"),
    ]
}

/// Puts the details right.
///
/// # Errors
/// 404 when there is no such donor.
pub async fn save(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let donor = match load(&state, &staff, &id, "/put-right").await? {
        Ok(donor) => donor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut wrong = Mistakes::new();
    let (details, why) = raw.check(&mut wrong);
    if !wrong.is_empty() {
        let look = Look { state: &state, staff: &staff };
        return another_look(&page(look, &donor, &raw, &wrong));
    }
    let done = care::put_right(&state.deps, &staff.actor, &donor.id, &details, &why).await?;
    let word = match done.ok_or_else(AppError::not_found)? {
        PutRight::Done => "details",
        PutRight::Same => "as_before",
    };
    Ok(Redirect::to(&format!("/staff/donors/{}/details?done={word}", donor.id)).into_response())
}
