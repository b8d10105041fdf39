//! `/staff/gifts/{id}/gift-aid`: why a gift is, or is not, in a claim, and where that is put right.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::effects::gift_href;
use super::guard::Staff;
use super::look::Look;
use super::{blank, show};
use crate::domain::ids::GiftId;
use crate::domain::money::Currency;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::gift_aid::claims::{outcome_words, standing_of_gift};
use crate::services::staff::record_read;
use crate::store::claims::{ClaimOfGift, of_gift};
use crate::store::gifts::{self, Gift};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Fact, Facts, Link, Section, Words};
use crate::web::router::{Policy, Route};

/// The route of a gift's Gift Aid.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gifts/{id}/gift-aid",
    policy: Policy::Staff(Right::ManageTax),
    methods: || get(page),
}];

/// Says what becomes of a gift for Gift Aid.
///
/// # Errors
/// 404 when there is no such gift, or its entity takes no Gift Aid.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id: GiftId = id.parse().map_err(|_| AppError::not_found())?;
    let (gift, claim) = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let gift = gifts::by_id(&mut read, &id).await.map_err(ServiceError::from)?;
        let claim = of_gift(&mut read, &id).await.map_err(ServiceError::from)?;
        (gift.ok_or_else(AppError::not_found)?, claim)
    };
    let outcome = standing_of_gift(&state.deps, &id).await?.ok_or_else(AppError::not_found)?;
    record_read(&state.deps, &staff.actor, &gift.donor_id, &format!("gift {id} gift-aid")).await?;
    let look = Look { state: &state, staff: &staff };
    let title = format!("Gift Aid on {} of {}", look.money(gift.amount), look.day(gift.received_on.0));
    let mut shown = blank(&state, &staff, &title, "/staff/gift-aid");
    shown.back = Some(Link::new("The gift", gift_href(&id)));
    let (heading, text) = outcome_words(&outcome, &state.deps.config.charity.brand.locale);
    shown.sections = vec![
        Section::Words(Words { heading, paragraphs: vec![text], links: ways(&gift), ..Words::default() }),
        Section::Facts(facts(look, &gift, claim.as_ref())),
    ];
    show(&shown)
}

/// Where something can be put right.
fn ways(gift: &Gift) -> Vec<Link> {
    let mut ways =
        vec![Link::new("The donor’s declarations", format!("/staff/donors/{}/declarations", gift.donor_id))];
    if gift.amount.currency() != Currency::GBP {
        ways.push(Link::new("What it comes to in sterling", format!("{}/rate", gift_href(&gift.id))));
    }
    ways.push(Link::new("What the donor got for it", format!("{}/benefit", gift_href(&gift.id))));
    ways
}

fn facts(look: Look<'_>, gift: &Gift, claim: Option<&ClaimOfGift>) -> Facts {
    let claimed = match claim {
        None => Fact::new("In a claim", "In none"),
        Some(c) => {
            let place = format!("Part {}, row {}, with {}", c.part, c.item, look.money(c.amount));
            Fact::link("In a claim", c.number.as_str(), format!("/staff/gift-aid/{}", c.claim_id))
                .noted(place)
        }
    };
    let rows = vec![
        Fact::new("Received on", look.day(gift.received_on.0)),
        Fact::new("Given to", look.entity(&gift.entity_id)),
        claimed,
    ];
    Facts { heading: "What is known".to_owned(), rows, ..Facts::default() }
}
