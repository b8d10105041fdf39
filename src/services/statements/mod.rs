//! Annual statements: composed from the books, frozen when they are issued, issued again when the books change (RC-12).

mod changes;
pub mod compose;
pub mod issue;
pub mod run;

pub use issue::{Issued, issue};

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Deps, Result, ServiceError, job_kinds};
use crate::clock::Ts;
use crate::config::Entity;
use crate::documents::pdf::PaperStanding;
use crate::domain::ids::{DonorId, JobId, StatementId};
use crate::domain::money::Currency;
use crate::domain::statement::{CurrencyBlock, Line, StatementContent, Totals};
use crate::domain::{jurisdiction, tax_year};
use crate::store::jobs::{self, NewJob};
use crate::store::statements::{self, Head, Stored};
use crate::store::{WriteTx, declarations, statement_lines};

/// A tax year of an entity, as a donor sees it in a list.
#[derive(Clone, Debug)]
pub struct YearView {
    /// The entity.
    pub entity_id: String,
    /// `2025-26`.
    pub tax_year: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// It has ended where the entity is.
    pub over: bool,
    /// What was given, by currency, as the books stand now.
    pub totals: Vec<(Currency, Totals)>,
    /// The latest statement that was issued.
    pub issued: Option<Head>,
}

/// Lines of a year by the code of their currency.
type ByCurrency = BTreeMap<&'static str, (Currency, Vec<Line>)>;

/// One year with everything in it.
#[derive(Clone, Debug)]
pub struct Year {
    /// As the books stand now; never issued as such.
    pub content: StatementContent,
    /// It has ended where the entity is.
    pub over: bool,
    /// What was issued, the latest first.
    pub versions: Vec<Head>,
    /// What the latest version says has changed.
    pub changes: Vec<String>,
}

/// Has the statement of a year looked at again, if one was issued: something it may tell of has changed.
///
/// # Errors
/// When the database refuses.
pub async fn touch(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    entity: &str,
    tax_year: &str,
    now: Ts,
) -> Result<()> {
    if !statements::exists(tx, owner, entity, tax_year).await? {
        return Ok(());
    }
    let job = NewJob {
        id: JobId::new(now, &deps.random),
        kind: job_kinds::REVIEW_STATEMENT,
        subject: format!("{owner}|{entity}|{tax_year}"),
        hint: None,
        run_at: now,
    };
    jobs::enqueue_batch(tx, &[job]).await?;
    Ok(())
}

/// Has every statement of a donor looked at again: gifts of another record count for them from now on.
///
/// # Errors
/// When the database refuses.
pub async fn touch_all(deps: &Deps, tx: &mut WriteTx, owner: &DonorId, now: Ts) -> Result<()> {
    let mut years: Vec<(String, String)> =
        statements::heads(tx, owner).await?.into_iter().map(|h| (h.entity_id, h.tax_year)).collect();
    years.sort();
    years.dedup();
    for (entity, year) in years {
        touch(deps, tx, owner, &entity, &year, now).await?;
    }
    Ok(())
}

/// Looks at a statement again; a new version is issued when its figures are no longer those of the books.
///
/// # Errors
/// When the database refuses, or nothing can be issued now.
pub async fn review(deps: &Deps, subject: &str) -> Result<()> {
    let unfit = || ServiceError::Unexpected(format!("{subject:?} is no donor's year"));
    let mut parts = subject.splitn(3, '|');
    let (Some(owner), Some(entity), Some(year)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unfit());
    };
    let owner: DonorId = owner.parse().map_err(|_| unfit())?;
    let mut tx = deps.store.write().await?;
    match issue(deps, &mut tx, &owner, entity, year, None, deps.clock.now()).await? {
        Issued::Blocked(why) => Err(ServiceError::Unexpected(why)),
        Issued::New(_) | Issued::Unchanged(_) | Issued::Nothing => {
            tx.commit().await?;
            deps.work.notify_waiters();
            Ok(())
        }
    }
}

/// Bounds of a year of an entity, and whether it has ended there.
pub(super) fn bounds(entity: &Entity, year: &str, now: Ts) -> Option<(Date, Date, bool)> {
    let (from, to) = tax_year::bounds(year, entity.country.as_str())?;
    Some((from, to, now.date_in(&entity.time_zone) > to))
}

/// Every tax year in which a donor gave, the latest first. Four queries, however much was given.
///
/// # Errors
/// When the database refuses.
pub async fn years(deps: &Deps, owner: &DonorId) -> Result<Vec<YearView>> {
    let now = deps.clock.now();
    let (gifts, declared, heads) = {
        let mut read = deps.store.read().await?;
        let gifts = statement_lines::of_donor(&mut read, owner).await?;
        let declared = declarations::of_owner(&mut read, owner).await?;
        (gifts, declared, statements::heads(&mut read, owner).await?)
    };
    let mut years: BTreeMap<(String, String), ByCurrency> = BTreeMap::new();
    for gift in &gifts {
        let year = years.entry((gift.tax_year.clone(), gift.entity_id.clone())).or_default();
        let aided = deps.config.charity.entity(&gift.entity_id).is_some_and(|e| e.gift_aid);
        let line = compose::line(deps, gift, &declared, aided);
        let slot = year.entry(gift.currency.code()).or_insert_with(|| (gift.currency, Vec::new()));
        slot.1.push(line);
    }
    let mut out = Vec::new();
    for ((tax_year, entity_id), currencies) in years.into_iter().rev() {
        let Some(entity) = deps.config.charity.entity(&entity_id) else { continue };
        let Some((from, to, over)) = bounds(entity, &tax_year, now) else { continue };
        let mut totals = Vec::new();
        for (currency, lines) in currencies.into_values() {
            let percent = compose::percent(entity, currency, to);
            totals.push((currency, CurrencyBlock::new(currency, lines, percent).map_err(too_large)?.totals));
        }
        let issued = heads.iter().find(|h| h.entity_id == entity_id && h.tax_year == tax_year).cloned();
        out.push(YearView { entity_id, tax_year, from, to, over, totals, issued });
    }
    Ok(out)
}

/// One year of a donor as the books stand; `None` when nothing was given in it. Four queries, however much was given.
///
/// # Errors
/// When the database refuses.
pub async fn year(deps: &Deps, owner: &DonorId, entity_id: &str, tax_year: &str) -> Result<Option<Year>> {
    let now = deps.clock.now();
    let Some(entity) = deps.config.charity.entity(entity_id) else { return Ok(None) };
    let Some((_, _, over)) = bounds(entity, tax_year, now) else { return Ok(None) };
    let mut read = deps.store.read().await?;
    let content = compose::figures(deps, &mut read, owner, entity, tax_year, now).await?;
    let issued = statements::of_year(&mut read, owner, entity_id, tax_year).await?;
    if content.is_empty() && issued.is_empty() {
        return Ok(None);
    }
    let changes =
        issued.first().and_then(|l| l.content.replaces.clone()).map(|r| r.changes).unwrap_or_default();
    let versions = issued.into_iter().map(Head::from).collect();
    Ok(Some(Year { content, over, versions, changes }))
}

/// A statement of a donor, as issued.
///
/// # Errors
/// When the database refuses.
pub async fn stored(deps: &Deps, owner: &DonorId, id: &StatementId) -> Result<Option<Stored>> {
    let mut read = deps.store.read().await?;
    Ok(statements::of_owner(&mut read, owner, id).await?)
}

/// Where a statement stands.
pub fn standing(stored: &Stored) -> PaperStanding {
    if stored.latest == stored.number {
        PaperStanding::Current
    } else {
        PaperStanding::Superseded { by: stored.latest.clone() }
    }
}

pub(super) fn too_large(_: crate::domain::money::MoneyError) -> ServiceError {
    ServiceError::Unexpected("a sum is too large".to_owned())
}

/// Gift Aid in percent of a gift to an entity on a day; zero where it has none.
pub(super) fn gift_aid_percent(entity: &Entity, on: Date) -> Decimal {
    let law = jurisdiction::of(entity.country.as_str()).filter(|_| entity.gift_aid);
    law.map_or(Decimal::ZERO, |law| law.gift_aid_percent(on))
}
