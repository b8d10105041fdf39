//! A plan as Stripe has it.

use super::apply::{note, payment_by_mark, plan_held};
use crate::clock::Ts;
use crate::domain::ids::PledgeId;
use crate::domain::money::Money;
use crate::domain::states::PledgeState;
use crate::payments::objects::{Subscription, id_of};
use crate::payments::requests::from_stripe;
use crate::services::{Deps, Result};
use crate::store::WriteTx;
use crate::store::payments::{self, StripeFacts};
use crate::store::pledges::{self, Pledge, Sight};

/// Writes a plan. `false` when it is not ours.
///
/// # Errors
/// When the database refuses.
pub async fn apply(deps: &Deps, tx: &mut WriteTx, seen: &Subscription, seen_at: Ts, now: Ts) -> Result<bool> {
    let known = match plan_held(tx, &seen.id).await? {
        Some((pledge, _)) => pledge,
        None => match begin(deps, tx, seen, seen_at, now).await? {
            Some(pledge) => pledge,
            None => return Ok(false),
        },
    };
    if seen_at < known.seen_at {
        // Another worker looked later than this one and wrote first.
        return Ok(true);
    }
    let state = known.state.apply(state_of(seen));
    let next = match state {
        PledgeState::Ended | PledgeState::Ending | PledgeState::Paused => None,
        PledgeState::Pending | PledgeState::Active | PledgeState::Retrying => {
            seen.next_charge().map(Ts::from_unix)
        }
    };
    let (amount, fee_cover) = sum_of(&known, seen);
    let ended_at = seen.ended_at.map(Ts::from_unix);
    let sight = Sight { state, amount, fee_cover, next_charge_at: next, ended_at, seen_at };
    pledges::update(tx, &known.id, sight, now).await?;
    if amount != known.amount || fee_cover != known.fee_cover {
        let before = known.amount.minor().saturating_add(known.fee_cover.minor());
        let detail = serde_json::json!({
            "from": before, "from_currency": known.amount.currency(),
            "to": amount.minor(), "to_currency": amount.currency(),
        });
        note(deps, tx, now, "pledge.sum_changed", known.id.as_str(), detail);
    }
    if state != known.state {
        let detail = serde_json::json!({ "from": known.state.as_str(), "to": state.as_str() });
        note(deps, tx, now, "pledge.changed", known.id.as_str(), detail);
    }
    Ok(true)
}

async fn begin(
    deps: &Deps,
    tx: &mut WriteTx,
    seen: &Subscription,
    seen_at: Ts,
    now: Ts,
) -> Result<Option<Pledge>> {
    let Some(payment) = payment_by_mark(tx, seen.our_payment()).await? else { return Ok(None) };
    let started_at = Ts::from_unix(seen.created);
    let pledge = Pledge {
        id: PledgeId::new(started_at, &deps.random),
        payment_id: payment.id.clone(),
        donor_id: payment.donor_id.clone(),
        entity_id: payment.entity_id.clone(),
        fund_id: payment.fund_id.clone(),
        campaign_id: payment.campaign_id.clone(),
        frequency: payment.frequency,
        amount: payment.amount,
        fee_cover: payment.fee_cover,
        state: PledgeState::Pending,
        stripe_subscription: seen.id.clone(),
        stripe_customer: seen.customer.as_ref().map(|c| id_of(c).to_owned()),
        started_at,
        next_charge_at: None,
        ended_at: None,
        seen_at,
    };
    pledges::insert_if_new(tx, &pledge).await?;
    let facts = StripeFacts { subscription: Some(&seen.id), ..StripeFacts::default() };
    payments::update(tx, &payment.id, payment.state, &facts, now).await?;
    let detail = serde_json::json!({ "amount": pledge.amount.minor(), "currency": pledge.amount.currency(), "frequency": pledge.frequency.as_str() });
    note(deps, tx, now, "pledge.begun", pledge.id.as_str(), detail);
    Ok(pledges::by_subscription(tx, &seen.id).await?)
}

/// The gift and the fee cover of each charge. Stripe knows one sum: while it is the one we know, our split of it stays;
/// when it was changed there, how much of it was meant for the fee is no longer known.
fn sum_of(known: &Pledge, seen: &Subscription) -> (Money, Money) {
    let as_known = (known.amount, known.fee_cover);
    let total = seen.total().and_then(|(minor, currency)| from_stripe(minor, currency).ok());
    match total {
        Some(total) if total.minor() > 0 && known.amount.checked_add(known.fee_cover) != Ok(total) => {
            (total, Money::zero(total.currency()))
        }
        _ => as_known,
    }
}

fn state_of(seen: &Subscription) -> PledgeState {
    if seen.pause_collection.as_ref().is_some_and(|p| !p.is_null()) && seen.status != "canceled" {
        return PledgeState::Paused;
    }
    match seen.status.as_str() {
        "active" | "trialing" if seen.cancel_at_period_end || seen.cancel_at.is_some() => PledgeState::Ending,
        "active" | "trialing" => PledgeState::Active,
        "past_due" | "unpaid" => PledgeState::Retrying,
        "paused" => PledgeState::Paused,
        "canceled" | "incomplete_expired" => PledgeState::Ended,
        // `incomplete`, and whatever Stripe adds: not confirmed.
        _ => PledgeState::Pending,
    }
}
