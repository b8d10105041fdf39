//! Who gave: a small search inside a form, or somebody new.

use serde::Deserialize;

use super::donor_line;
use crate::config::{AddressRule, Charity, Entity};
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::ids::DonorId;
use crate::domain::states::DonorKind;
use crate::services::ServiceError;
use crate::services::offline_gifts::{self, Giver};
use crate::store::offline_donors::{self, Found};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, AddressFields, Mistakes, NAME_AT_MOST, field};
use crate::web::pages::{Choice, Field, FieldKind, FormField, Hidden, Link, StaffForm};
use crate::web::staff::guard::Staff;

/// The fields of a form that say who gave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Picked {
    /// What was searched for.
    pub q: String,
    /// `yes`: somebody new.
    pub new_donor: String,
    /// The id of a donor.
    pub donor: String,
    donor_kind: String,
    given_name: String,
    family_name: String,
    organisation: String,
    email: String,
    telephone: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
}

impl Picked {
    /// Whether somebody new is entered.
    pub fn is_new(&self) -> bool {
        self.new_donor == "yes"
    }

    /// Whether it is known yet where to look.
    pub fn has_begun(&self) -> bool {
        self.is_new() || !self.q.trim().is_empty() || !self.donor.is_empty()
    }
}

/// The donors to choose from: those searched for, or the one that was named. Who is shown is written down first.
///
/// # Errors
/// When the database refuses.
pub async fn found(state: &AppState, staff: &Staff, picked: &Picked) -> Result<Vec<Found>, AppError> {
    if picked.is_new() {
        return Ok(Vec::new());
    }
    if !picked.q.trim().is_empty() {
        return Ok(offline_gifts::find_donors(&state.deps, &staff.actor, &picked.q).await?);
    }
    let Ok(id) = picked.donor.parse::<DonorId>() else { return Ok(Vec::new()) };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let found = offline_donors::by_ids(&mut read, std::slice::from_ref(&id)).await;
    drop(read);
    let found = found.map_err(ServiceError::from)?;
    offline_gifts::record_seen(&state.deps, &staff.actor, "choose a donor", &[id]).await?;
    Ok(found)
}

/// The search over a form; it leads to `here` again.
pub fn search(here: &str, picked: &Picked, found: &[Found]) -> StaffForm {
    let nobody = picked.has_begun() && !picked.is_new() && found.is_empty();
    StaffForm {
        heading: "Who gave".to_owned(),
        lead: if nobody {
            "Nobody was found by these words. Try others, or enter somebody new.".to_owned()
        } else {
            String::new()
        },
        action: here.to_owned(),
        asks: true,
        fields: vec![
            FormField::new("q", "Find a donor", FieldKind::Text, Field::of(picked.q.as_str()))
                .hinted("Words of their name, of their organisation, or their e-mail address"),
        ],
        button: "Find".to_owned(),
        look: if found.is_empty() && !picked.is_new() { "" } else { "quiet" },
        cancel: (!picked.is_new()).then(|| Link::new("Somebody new", format!("{here}?new_donor=yes"))),
        ..StaffForm::default()
    }
}

/// What goes along hidden, so that the choice stays when the form comes back.
pub fn hidden(picked: &Picked) -> Vec<Hidden> {
    match picked.is_new() {
        true => vec![Hidden::new("new_donor", "yes")],
        false => vec![Hidden::new("q", picked.q.as_str())],
    }
}

/// The fields that say who gave: the donors found, or the details of somebody new.
pub fn fields(charity: &Charity, picked: &Picked, found: &[Found], wrong: &Mistakes) -> Vec<FormField> {
    if !picked.is_new() {
        let choices = found
            .iter()
            .map(|f| Choice {
                value: f.id.to_string(),
                label: donor_line(f),
                selected: f.id.as_str() == picked.donor,
            })
            .collect();
        let donor = field(wrong, "donor", &picked.donor);
        return vec![FormField::new("donor", "Donor", FieldKind::Radios(choices), donor)];
    }
    let kinds = vec![
        super::choice("individual", "A person", kind_of(picked).as_str()),
        super::choice("organisation", "An organisation", kind_of(picked).as_str()),
    ];
    let text = |name: &'static str, label: &str, value: &str| {
        FormField::new(name, label, FieldKind::Text, field(wrong, name, value))
    };
    let home = charity.entities.first().map_or("GB", |e| e.country.as_str());
    let country = if picked.country.is_empty() { home } else { &picked.country };
    vec![
        FormField::new("donor_kind", "Who is it", FieldKind::Radios(kinds), field(wrong, "donor_kind", "")),
        text("organisation", "Name of the organisation", &picked.organisation).optional(),
        text("given_name", "First name", &picked.given_name).optional(),
        text("family_name", "Last name", &picked.family_name).optional(),
        FormField::new("email", "E-mail", FieldKind::Email, field(wrong, "email", &picked.email))
            .hinted("Without one, the receipt is printed")
            .optional(),
        text("telephone", "Telephone", &picked.telephone).optional(),
        text("line1", "Address", &picked.line1).optional(),
        text("line2", "Second line of the address", &picked.line2).optional(),
        text("city", "Town or city", &picked.city).optional(),
        text("region", "County, state or province", &picked.region).optional(),
        text("postcode", "Postcode", &picked.postcode).optional(),
        FormField::new(
            "country",
            "Country",
            FieldKind::Select(forms::countries(charity, country)),
            field(wrong, "country", country),
        ),
    ]
}

fn kind_of(picked: &Picked) -> DonorKind {
    picked.donor_kind.parse().unwrap_or(DonorKind::Individual)
}

/// Who gave, when that is said well enough.
pub fn check(picked: &Picked, entity: Option<&Entity>, wrong: &mut Mistakes) -> Option<Giver> {
    if !picked.is_new() {
        let id = picked.donor.parse::<DonorId>();
        if id.is_err() {
            wrong.insert("donor", "Choose who gave".to_owned());
        }
        return id.ok().map(Giver::Known);
    }
    let kind = kind_of(picked);
    let is_body = kind == DonorKind::Organisation;
    let organisation = forms::line(
        wrong,
        "organisation",
        &picked.organisation,
        NAME_AT_MOST,
        is_body.then_some("Enter the name of the organisation"),
    );
    let needed = |words| (!is_body).then_some(words);
    let given_name =
        forms::line(wrong, "given_name", &picked.given_name, NAME_AT_MOST, needed("Enter the first name"));
    let family_name =
        forms::line(wrong, "family_name", &picked.family_name, NAME_AT_MOST, needed("Enter the last name"));
    let email = match picked.email.trim() {
        "" => String::new(),
        typed => forms::email(wrong, "email", typed, "Enter the e-mail address"),
    };
    let telephone = forms::line(wrong, "telephone", &picked.telephone, 40, None);
    let address = address(picked, entity, wrong);
    let details = DonorDetails {
        kind,
        given_name,
        family_name,
        organisation: is_body.then_some(organisation),
        email,
        address,
        locale: entity.map_or_else(|| "en-GB".to_owned(), |e| e.locale.clone()),
    };
    Some(Giver::New { details: Box::new(details), telephone: (!telephone.is_empty()).then_some(telephone) })
}

fn address(picked: &Picked, entity: Option<&Entity>, wrong: &mut Mistakes) -> Option<Address> {
    let typed = Address {
        line1: picked.line1.trim().to_owned(),
        line2: picked.line2.trim().to_owned(),
        city: picked.city.trim().to_owned(),
        region: picked.region.trim().to_owned(),
        postcode: picked.postcode.trim().to_owned(),
        country: picked.country.trim().to_owned(),
    };
    let needed = entity.is_some_and(|e| e.address_required == AddressRule::Always);
    if typed.is_blank() && !needed {
        return None;
    }
    Some(forms::address(wrong, AddressFields { line1: "line1", line2: "line2" }, &typed))
}

/// Why a gift is not entered for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The donor is not there.
    Gone,
    /// An official receipt needs an address (CA-1).
    NoAddress,
    /// The mailbox is that of somebody who asked to be forgotten (PR-6).
    Forgotten,
}

/// Says at the field why a gift is not entered for who was picked.
pub fn refuse(picked: &Picked, wrong: &mut Mistakes, refused: Refused) {
    let (field, words) = match refused {
        Refused::Gone => ("donor", "This donor is not there any more. Search again"),
        Refused::NoAddress => (
            "line1",
            "An official receipt needs an address, and we have none of this donor. Enter it in their record first",
        ),
        Refused::Forgotten => (
            "email",
            "Whoever this address belongs to asked to be forgotten. Leave it out: the receipt is printed",
        ),
    };
    wrong.insert(if picked.is_new() { field } else { "donor" }, words.to_owned());
}
