//! Opening and closing funds and campaigns.

use serde_json::{Value, json};

use super::staff::{Act, Actor, record};
use super::{Deps, Result};
use crate::config::Restriction;
use crate::domain::states::OfferKind;
use crate::store::offers::{self, OfferWindow, Offers};

/// What became of a change of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// This entity would be left without an unrestricted fund: donors could not choose where it is needed most.
    LastFund(String),
}

/// Sets from when until when a fund or campaign is offered. Gifts given stay as they are, and monthly gifts to a fund that
/// closes go on.
///
/// # Errors
/// When the database refuses.
pub async fn set(deps: &Deps, actor: &Actor, window: OfferWindow, why: &str) -> Result<Outcome> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let before = offers::every(&mut tx).await?;
    offers::set(&mut tx, &window, &actor.id, now).await?;
    let after = offers::every(&mut tx).await?;
    if let Some(entity) = without_free_fund(deps, &after) {
        return Ok(Outcome::LastFund(entity));
    }
    let act = Act {
        action: "offer.set",
        subject: &window.offer_id,
        before: before.of(window.kind, &window.offer_id).map_or(Value::Null, told),
        after: told(&window),
        why,
    };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(Outcome::Done)
}

fn told(window: &OfferWindow) -> Value {
    let day = |d: Option<crate::store::Day>| d.map(|d| d.0.to_string());
    json!({ "kind": window.kind.as_str(), "opens": day(window.opens_on), "closes": day(window.closes_on) })
}

/// An entity that offers no unrestricted fund today or ever after.
fn without_free_fund(deps: &Deps, offers: &Offers) -> Option<String> {
    let charity = &deps.config.charity;
    let stays = |entity: &crate::config::Entity| {
        let today = deps.clock.now().date_in(&entity.time_zone);
        charity.funds_of(&entity.id).any(|f| {
            let endless = offers.of(OfferKind::Fund, &f.id).is_none_or(|w| w.closes_on.is_none());
            f.restriction == Restriction::Unrestricted
                && endless
                && offers.is_open(OfferKind::Fund, &f.id, today)
        })
    };
    charity.entities.iter().find(|e| !stays(e)).map(|e| e.legal_name.clone())
}
