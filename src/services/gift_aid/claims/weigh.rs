//! One person's gifts, weighed: what each is owed, what was claimed for it, and so what becomes of it (UK-1, UK-10, UK-35,
//! UK-41 to UK-46).

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::config::Entity;
use crate::domain::donor::Address;
use crate::domain::gift_aid::amounts;
use crate::domain::gift_aid::declaration::{CoveredGift, Declaration, covering};
use crate::domain::gift_aid::schedule::{Cells, Note, RowFacts, build_row};
use crate::domain::ids::{DeclarationId, GiftId};
use crate::domain::jurisdiction::{self, CharitableForm};
use crate::domain::money::{Currency, Money};
use crate::domain::states::DonorKind;
use crate::domain::tax_year;
use crate::services::gift_aid::declare::lives_abroad;
use crate::services::{Deps, Result};
use crate::store::claim_candidates::{self, Candidate, Person, Wanted};
use crate::store::{Day, gifts};

/// What decides besides the gifts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    /// Who claims.
    pub entity: &'a Entity,
    /// The day in the entity's zone.
    pub today: Date,
    /// Gifts received later are not in this claim.
    pub up_to: Date,
}

/// What becomes of a gift.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It goes into the next claim.
    Claim(Box<Ready>),
    /// All of it that can be claimed is claimed.
    Claimed,
    /// Too much was claimed: tax goes back with the next claim (UK-42).
    GiveBack(Back),
    /// It can be claimed from this day: until then it could still be taken back (UK-41).
    Held(Date),
    /// No declaration covers it.
    Undeclared,
    /// The donor's bank is deciding about it.
    Disputed,
    /// This was the last day on which it could be claimed (UK-35).
    TooLate(Date),
    /// Something has to be put right first; what, in a sentence.
    Blocked(String),
    /// It never can be, as it stands; why, in a sentence.
    Never(&'static str),
}

/// A gift that can be claimed.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The declaration it stands on.
    pub declaration: DeclarationId,
    /// In pence: all of it, or what came free again (UK-46).
    pub amount_minor: i64,
    /// Gift Aid in percent of it (UK-31).
    pub percent: Decimal,
    /// The last day on which it can be claimed.
    pub deadline: Date,
    /// The displayed texts of its row.
    pub cells: Cells,
    /// What was cut or written otherwise, in words.
    pub changed: Vec<String>,
    /// What is to be looked at, in words.
    pub flagged: Vec<String>,
}

/// Tax to give back on a gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// `refund`, `dispute`, `returned`, `declaration`, `benefit`, `correction`.
    pub why: &'static str,
    /// On how much of it, in pence.
    pub amount_minor: i64,
    /// In pence, rounded up (UK-45).
    pub tax_minor: i64,
}

/// A gift with what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Weighed {
    /// Which gift.
    pub gift: GiftId,
    /// The day it was received.
    pub given_on: Date,
    /// What it is about, in pence; 0 as long as nobody has written a rate down.
    pub minor: i64,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// Whether a gift is owed anything at all, and why not.
enum Owed<'d> {
    /// As much as remains given, in pence, under this declaration.
    Under(&'d Declaration, i64),
    /// Nothing, as long as nobody has written its rate down (UK-8).
    NoRate,
    /// Nothing: no declaration covers it.
    Undeclared,
    /// Nothing: the donor got too much for it (UK-10).
    Benefit,
    /// Nothing, for another reason.
    Never(&'static str),
}

/// Everything a person gave, weighed.
pub(super) fn person(ground: &Ground<'_>, person: &Person) -> Vec<Weighed> {
    let mut benefits: BTreeMap<&str, i64> = BTreeMap::new();
    let mut all = Vec::with_capacity(person.gifts.len());
    for gift in &person.gifts {
        let owed = owed(ground, person, gift);
        let mut over = false;
        if let (Owed::Under(..), true) = (&owed, gift.benefit_minor > 0) {
            let sum = benefits.entry(gift.tax_year.as_str()).or_default();
            *sum = sum.saturating_add(benefit_in_pence(gift));
            over = *sum > amounts::BENEFIT_AT_MOST;
        }
        let (minor, outcome) = outcome(ground, person, gift, &owed, over);
        all.push(Weighed { gift: gift.id.clone(), given_on: gift.received_on.0, minor, outcome });
    }
    all
}

/// What remains of a gift, in pence; `None` without a rate (UK-8).
fn remains_in_pence(gift: &Candidate) -> Option<i64> {
    in_pence(gift, gift.remains().minor())
}

/// Part of a gift in pence, at the rate of its day, rounded down.
fn in_pence(gift: &Candidate, part: i64) -> Option<i64> {
    if gift.amount.currency() == Currency::GBP {
        return Some(part);
    }
    let (sterling, whole) = (i128::from(gift.sterling_minor?), i128::from(gift.amount.minor()));
    (sterling * i128::from(part)).checked_div(whole).and_then(|pence| i64::try_from(pence).ok())
}

fn benefit_in_pence(gift: &Candidate) -> i64 {
    in_pence(gift, gift.benefit_minor).unwrap_or(gift.benefit_minor)
}

fn owed<'p>(ground: &Ground<'_>, person: &'p Person, gift: &Candidate) -> Owed<'p> {
    if gift.donor.kind != DonorKind::Individual {
        return Owed::Never("An organisation gave it: Gift Aid is for gifts of people.");
    }
    if gift.remains().is_zero() {
        return Owed::Never("Nothing of it remains given.");
    }
    let facts = CoveredGift {
        entity_id: &ground.entity.id,
        id: &gift.id,
        payment_id: gift.payment_id.as_ref(),
        first: gift.instalment.is_none_or(|n| n == 1),
        received_on: gift.received_on.0,
    };
    let Some(declaration) = covering(&person.declarations, &facts) else { return Owed::Undeclared };
    let (Some(remains), Some(whole)) = (remains_in_pence(gift), in_pence(gift, gift.amount.minor())) else {
        return Owed::NoRate;
    };
    if benefit_in_pence(gift) > amounts::benefit_limit(whole) {
        return Owed::Benefit;
    }
    Owed::Under(declaration, remains)
}

/// What becomes of a gift, and the sum it is about.
fn outcome(
    ground: &Ground<'_>,
    person: &Person,
    gift: &Candidate,
    owed: &Owed<'_>,
    over: bool,
) -> (i64, Outcome) {
    let claimed = gift.net_claimed_minor();
    let (declaration, remains) = match owed {
        Owed::Under(declaration, remains) => (*declaration, *remains),
        Owed::NoRate | Owed::Undeclared | Owed::Benefit | Owed::Never(_) if claimed > 0 => {
            return give_back(ground, gift, claimed, owed);
        }
        Owed::NoRate => {
            let words = "Nobody has written down what it comes to in pounds: enter the rate of its day.";
            return (0, Outcome::Blocked(words.to_owned()));
        }
        Owed::Undeclared => return (undeclared_minor(gift), Outcome::Undeclared),
        Owed::Benefit => return (0, Outcome::Never("The donor got too much for it.")),
        Owed::Never(words) => return (0, Outcome::Never(words)),
    };
    let more = remains.saturating_sub(claimed);
    if more < 0 {
        return give_back(ground, gift, more.saturating_neg(), owed);
    }
    if more == 0 || gift.received_on.0 > ground.up_to {
        return (0, Outcome::Claimed);
    }
    let deadline = deadline(ground.entity, gift.received_on.0);
    let from =
        gift.received_on.0.saturating_add(Span::new().days(i64::from(ground.entity.tax.claim_hold_days)));
    let outcome = if gift.disputed {
        Outcome::Disputed
    } else if ground.today > deadline {
        Outcome::TooLate(deadline)
    } else if ground.today < from {
        Outcome::Held(from)
    } else if over {
        Outcome::Blocked(OVER_THE_YEAR.to_owned())
    } else {
        ready(ground, person, gift, declaration, (more, deadline))
    };
    (more, outcome)
}

/// Case 22.
const OVER_THE_YEAR: &str = "With it, what the donor got for gifts of this tax year comes to more than £2,500: decide \
    which gifts stand.";

fn undeclared_minor(gift: &Candidate) -> i64 {
    remains_in_pence(gift).unwrap_or(0)
}

/// Nothing is given back while the donor's bank decides: it may decide for the gift.
fn give_back(ground: &Ground<'_>, gift: &Candidate, minor: i64, owed: &Owed<'_>) -> (i64, Outcome) {
    if gift.disputed {
        return (minor, Outcome::Disputed);
    }
    let tax =
        amounts::given_back(Money::new(minor, Currency::GBP), percent(ground.entity, gift.received_on.0));
    let back = Back { why: why(gift, owed), amount_minor: minor, tax_minor: tax.minor() };
    // Less than a penny of tax at a rate of nothing: there is nothing to give back.
    if back.tax_minor > 0 { (minor, Outcome::GiveBack(back)) } else { (0, Outcome::Claimed) }
}

fn why(gift: &Candidate, owed: &Owed<'_>) -> &'static str {
    let gone =
        [(gift.lost_minor, "dispute"), (gift.returned_minor, "returned"), (gift.refunded_minor, "refund")];
    let by_money = gone.into_iter().find(|(minor, _)| *minor > 0).map(|(_, why)| why);
    match owed {
        Owed::Undeclared => "declaration",
        Owed::Benefit => "benefit",
        Owed::Under(..) | Owed::Never(_) => by_money.unwrap_or("correction"),
        Owed::NoRate => "correction",
    }
}

fn ready(
    ground: &Ground<'_>,
    person: &Person,
    gift: &Candidate,
    declaration: &Declaration,
    (amount_minor, deadline): (i64, Date),
) -> Outcome {
    let (given_name, family_name) = names(person, gift, declaration);
    let (address, non_uk_resident) = home(person, declaration);
    let facts = RowFacts {
        given_name: &given_name,
        family_name: &family_name,
        address,
        non_uk_resident,
        received_on: gift.received_on.0,
        amount_minor,
    };
    match build_row(&facts) {
        Err(fixes) => {
            let words: Vec<String> = fixes.into_iter().map(|fix| format!("{}.", fix.in_words())).collect();
            Outcome::Blocked(words.join(" "))
        }
        Ok((cells, notes)) => {
            let (look, told): (Vec<Note>, Vec<Note>) =
                notes.into_iter().partition(|n| *n == Note::CrownDependency);
            let words = |notes: Vec<Note>| -> Vec<String> {
                notes.into_iter().map(|n| format!("{}.", n.in_words())).collect()
            };
            Outcome::Claim(Box::new(Ready {
                declaration: declaration.id.clone(),
                amount_minor,
                percent: percent(ground.entity, gift.received_on.0),
                deadline,
                cells,
                changed: words(told),
                flagged: words(look),
            }))
        }
    }
}

/// The donor's name as it is now, else as on the gift, else as declared (UK-22).
fn names(person: &Person, gift: &Candidate, declaration: &Declaration) -> (String, String) {
    let known =
        [(&person.given_name, &person.family_name), (&gift.donor.given_name, &gift.donor.family_name)];
    let whole = known.into_iter().find(|(given, family)| !given.is_empty() && !family.is_empty());
    match whole {
        Some((given, family)) => (given.clone(), family.clone()),
        None => {
            let (given, family) = declaration.full_name.trim().rsplit_once(' ').unwrap_or_default();
            (given.to_owned(), family.to_owned())
        }
    }
}

/// Where the donor lives by what they told us last, and whether that is abroad (case 29, UK-25).
fn home<'p>(person: &'p Person, covering: &'p Declaration) -> (&'p Address, bool) {
    let latest = person.declarations.iter().filter(|d| d.is_valid() && !d.home_address.is_blank());
    let declared = latest.max_by_key(|d| d.made_at).unwrap_or(covering);
    match &person.address {
        Some((since, address)) if *since > declared.made_at && !address.is_blank() => {
            (address, lives_abroad(address))
        }
        Some(_) | None => (&declared.home_address, declared.non_uk_resident),
    }
}

/// Gift Aid in percent of a gift on a day (UK-31).
fn percent(entity: &Entity, day: Date) -> Decimal {
    jurisdiction::of(entity.country.as_str()).map_or(Decimal::ZERO, |law| law.gift_aid_percent(day))
}

/// The last day on which a gift can be claimed: four years from the end of the accounting period, or for a trust of the tax
/// year, in which it was received (UK-35).
fn deadline(entity: &Entity, given_on: Date) -> Date {
    let country = entity.country.as_str();
    let years = jurisdiction::of(country).and_then(|law| law.claim_years(given_on)).unwrap_or_default();
    let end = match entity.tax.form {
        CharitableForm::Trust => {
            tax_year::bounds(&tax_year::of(given_on, country), country).map(|(_, last)| last)
        }
        CharitableForm::Company => period_end(entity.tax.year_end, given_on),
    };
    end.unwrap_or(given_on).saturating_add(Span::new().years(years))
}

/// The end of the accounting period that holds a day.
fn period_end((month, day): (i8, i8), given_on: Date) -> Option<Date> {
    let this_year = Date::new(given_on.year(), month, day).ok()?;
    if given_on <= this_year { Some(this_year) } else { this_year.checked_add(Span::new().years(1)).ok() }
}

/// Why a gift is, or is not, in a claim: weighed with everything its donor gave. `None`: there is no such gift, or its entity
/// takes no Gift Aid.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn standing_of_gift(deps: &Deps, gift: &GiftId) -> Result<Option<Outcome>> {
    let mut read = deps.store.snapshot().await?;
    let Some(known) = gifts::by_id(&mut read, gift).await? else { return Ok(None) };
    let Some(entity) = super::taking(deps, &known.entity_id) else { return Ok(None) };
    let today = deps.clock.now().date_in(&entity.time_zone);
    let since = today.saturating_sub(Span::new().years(super::preview::YEARS_BACK)).min(known.received_on.0);
    let wanted = Wanted { entity: &entity.id, since: Day(since), up_to: Day(today.max(known.received_on.0)) };
    let donor = claim_candidates::person(&mut read, &wanted, &known.donor_id).await?;
    let ground = Ground { entity, today, up_to: today };
    let all = donor.map(|donor| person(&ground, &donor)).unwrap_or_default();
    Ok(all.into_iter().find(|w| w.gift == *gift).map(|w| w.outcome))
}

#[cfg(test)]
mod tests;
