//! What Gift Aid has added to a donor's gifts, and what it still could. Estimates: HMRC works it out on the sum of a claim
//! (UK-32), and foreign money counts when it was put into sterling (UK-8).

use jiff::civil::Date;

use crate::config::Entity;
use crate::domain::gift_aid::amounts::{benefit_limit, gift_aid_on};
use crate::domain::gift_aid::declaration::{CoveredGift, Declaration, Scope};
use crate::domain::ids::DonorId;
use crate::domain::money::{Currency, Money};
use crate::domain::states::DonorKind;
use crate::domain::tax_year;
use crate::services::{Deps, Result};
use crate::store::declarations;
use crate::store::declared_gifts::{self, SterlingGift};

/// A declaration with what it does.
#[derive(Clone, Debug)]
pub struct Held {
    /// The declaration.
    pub declaration: Declaration,
    /// Gift Aid on the gifts that it covers and no other one does.
    pub alone: Money,
}

/// How a donor stands with one entity that takes Gift Aid.
#[derive(Clone, Debug)]
pub struct EntityGiftAid {
    /// The entity.
    pub entity_id: String,
    /// Their declarations to it, the latest first.
    pub declarations: Vec<Held>,
    /// Whether a gift received today and later is covered.
    pub stands: bool,
    /// The tax year of today.
    pub tax_year: String,
    /// Gift Aid on what was given in it under a declaration.
    pub this_year: Money,
    /// Gift Aid on all that was given under a declaration.
    pub all: Money,
    /// Gift Aid on what was given in the past four years without one: what a declaration for the past would add (UK-15).
    pub more: Money,
}

/// How a donor stands with each entity that takes Gift Aid, in the file's order. Two queries, however much was given.
///
/// # Errors
/// When the database refuses.
pub async fn overview(deps: &Deps, owner: &DonorId) -> Result<Vec<EntityGiftAid>> {
    let (known, gifts) = {
        let mut read = deps.store.read().await?;
        let known = declarations::of_owner(&mut read, owner).await?;
        (known, declared_gifts::sterling_gifts(&mut read, owner).await?)
    };
    let now = deps.clock.now();
    let taking = deps.config.charity.entities.iter().filter(|e| e.gift_aid);
    Ok(taking.map(|entity| of_entity(entity, now.date_in(&entity.time_zone), &known, &gifts)).collect())
}

fn of_entity(entity: &Entity, today: Date, known: &[Declaration], gifts: &[SterlingGift]) -> EntityGiftAid {
    let own: Vec<&Declaration> = known.iter().filter(|d| d.entity_id == entity.id).collect();
    let (month, day) = tax_year::starts_on(entity.country.as_str());
    let this_year = tax_year::label(today, month, day);
    let past = Scope::PastFourYearsAndFuture.covers_from(today);
    let mut alone = vec![0_i64; own.len()];
    let (mut in_year, mut all, mut more) = (0_i64, 0_i64, 0_i64);
    for gift in gifts.iter().filter(|g| g.entity_id == entity.id && counts(g)) {
        let facts = covered(gift);
        let covers: Vec<bool> = own.iter().map(|d| d.covers(&facts)).collect();
        let remains = gift.remains_minor;
        match covers.iter().filter(|c| **c).count() {
            0 if gift.received_on.0 >= past => more = more.saturating_add(remains),
            0 => {}
            n => {
                all = all.saturating_add(remains);
                if gift.tax_year == this_year {
                    in_year = in_year.saturating_add(remains);
                }
                for (sum, _) in alone.iter_mut().zip(&covers).filter(|(_, covers)| n == 1 && **covers) {
                    *sum = sum.saturating_add(remains);
                }
            }
        }
    }
    let held =
        own.iter().zip(alone).map(|(d, sum)| Held { declaration: (*d).clone(), alone: aid(sum, today) });
    EntityGiftAid {
        entity_id: entity.id.clone(),
        stands: own.iter().any(|d| d.is_standing(today)),
        declarations: held.rev().collect(),
        tax_year: this_year,
        this_year: aid(in_year, today),
        all: aid(all, today),
        more: aid(more, today),
    }
}

/// Gift Aid on a sum of gifts in pence at the rate of today, rounded down once (UK-32).
fn aid(minor: i64, today: Date) -> Money {
    gift_aid_on(Money::new(minor, Currency::GBP), today)
}

/// Whether a gift could have Gift Aid at all: a person's, not all gone back, without too large a benefit (UK-1, UK-10).
fn counts(gift: &SterlingGift) -> bool {
    let fits = gift.benefit_minor <= benefit_limit(gift.amount_minor);
    gift.kind == DonorKind::Individual && gift.remains_minor > 0 && fits
}

fn covered(gift: &SterlingGift) -> CoveredGift<'_> {
    CoveredGift {
        entity_id: &gift.entity_id,
        id: &gift.id,
        payment_id: gift.payment_id.as_ref(),
        first: gift.instalment.is_none_or(|n| n == 1),
        received_on: gift.received_on.0,
    }
}
