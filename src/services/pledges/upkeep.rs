//! What is seen to of our own accord: plans that were never looked at, cards that expire soon, and whether a giver can
//! give more.

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::ask::enqueue;
use super::tell;
use crate::domain::states::ConsentPurpose;
use crate::services::{Deps, Result, job_kinds};
use crate::store::pledges::{self, Pledge};
use crate::store::profile;

const DAY: Duration = Duration::from_secs(86_400);
/// No month is shorter.
const MONTH_AT_LEAST: Duration = Duration::from_secs(28 * 86_400);
/// A yearly question; the month it falls in is all that is known of its day.
const YEAR: u32 = 12;

/// Sees to what is due.
///
/// # Errors
/// When the database cannot be read.
pub async fn run(deps: &Deps) -> Result<()> {
    look_at_unseen(deps).await?;
    warn_of_cards(deps).await?;
    ask_to_raise(deps).await
}

/// Plans from before Almoner knew of rhythms and methods are looked at.
async fn look_at_unseen(deps: &Deps) -> Result<()> {
    let plans = {
        let mut read = deps.store.read().await?;
        pledges::unseen(&mut read).await?
    };
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    for plan in &plans {
        enqueue(deps, &mut tx, job_kinds::LOOK_SUBSCRIPTION, &plan.stripe_subscription, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn warn_of_cards(deps: &Deps) -> Result<()> {
    let days = deps.config.charity.upkeep.card_warning_days;
    if days == 0 {
        return Ok(());
    }
    // A card works until the end of its last month.
    let by = deps.clock.now().plus(DAY * days).date_in(&TimeZone::UTC);
    let last = if by.day() == by.days_in_month() { by } else { by.saturating_sub(1.month()) };
    let month = format!("{:04}-{:02}", last.year(), last.month());
    let mut after = String::new();
    loop {
        let plans = {
            let mut read = deps.store.read().await?;
            pledges::with_card_ending(&mut read, &month, &after).await?
        };
        let Some(last) = plans.last() else { return Ok(()) };
        after = last.id.to_string();
        for plan in &plans {
            let now = deps.clock.now();
            let mut tx = deps.store.write().await?;
            tell::card_ends(deps, &mut tx, plan, now).await?;
            tx.commit().await?;
        }
    }
}

async fn ask_to_raise(deps: &Deps) -> Result<()> {
    let first = deps.config.charity.upkeep.raise_after_months;
    if first == 0 {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        let plans = {
            let mut read = deps.store.read().await?;
            pledges::begun_before(&mut read, deps.clock.now().minus(MONTH_AT_LEAST * first), &after).await?
        };
        let Some(last) = plans.last() else { return Ok(()) };
        after = last.id.to_string();
        for plan in &plans {
            let Some(round) = round_of(deps, plan, first) else { continue };
            ask_one(deps, plan, round).await?;
        }
    }
}

/// How many months late the question may still be put, when nothing ran on its day.
const LATE_AT_MOST: u32 = 2;

/// The month of the plan's life for which it is asked about today, if it is.
fn round_of(deps: &Deps, plan: &Pledge, first: u32) -> Option<u32> {
    let zone = deps.config.charity.entity(&plan.entity_id)?.time_zone.clone();
    let (began, today) = (plan.started_at.date_in(&zone), deps.clock.now().date_in(&zone));
    let months = (i32::from(today.year()) - i32::from(began.year())) * 12 + i32::from(today.month())
        - i32::from(began.month());
    let has_come = today.day() >= began.day().min(today.days_in_month());
    let whole = u32::try_from(months - i32::from(!has_come)).ok()?;
    let late = whole.checked_sub(first)? % YEAR;
    (late <= LATE_AT_MOST).then_some(whole - late)
}

async fn ask_one(deps: &Deps, plan: &Pledge, round: u32) -> Result<()> {
    let mut tx = deps.store.write().await?;
    let Some(mailbox) = pledges::mailbox(&mut tx, &plan.id).await? else { return Ok(()) };
    let choices = profile::consents(&mut tx, &mailbox.owner_id).await?;
    let wants = choices.iter().any(|c| c.purpose == ConsentPurpose::Help && c.given);
    if wants {
        tell::ask_to_raise(deps, &mut tx, plan, round, deps.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}
