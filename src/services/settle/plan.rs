//! A plan as Stripe has it.

use super::adopt::adopt;
use super::apply::{note, payment_by_mark, plan_held};
use super::gift::{last4, method_label};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{ChangeId, PledgeId};
use crate::domain::money::Money;
use crate::domain::states::{ChangeKind, ChangeOrigin, ChangeState, EndedWhy, PauseKind, PledgeState};
use crate::domain::terms::{Difference, Terms};
use crate::payments::objects::{Customer, MethodDetails, Ref, Subscription, id_of};
use crate::payments::requests::from_stripe;
use crate::services::pledges::{recovery, tell};
use crate::services::{Deps, Result, job_kinds};
use crate::store::WriteTx;
use crate::store::jobs;
use crate::store::payments::{self, StripeFacts};
use crate::store::pledge_changes::{self, NewChange, PledgeChange};
use crate::store::pledges::{self, Pledge, Sight};

/// Writes a plan. `false` when it is not ours.
///
/// # Errors
/// When the database refuses.
pub async fn apply(
    deps: &Deps,
    tx: &mut WriteTx,
    seen: &Subscription,
    customer: Option<&Customer>,
    seen_at: Ts,
    now: Ts,
) -> Result<bool> {
    let known = match plan_held(tx, &seen.id).await? {
        Some((pledge, _)) => pledge,
        None => match begin(deps, tx, seen, customer, seen_at, now).await? {
            Some(pledge) => pledge,
            None => return Ok(false),
        },
    };
    if seen_at < known.seen_at {
        // Another worker looked later than this one and wrote first.
        return Ok(true);
    }
    let state = known.state.apply(state_of(seen));
    let shown = terms_of(&known, seen, state);
    let open = pledge_changes::open_of(tx, &known.id).await?;
    let done = open.as_ref().filter(|c| is_shown(c, &shown));
    let terms = match done {
        Some(change) => agreed(shown, change)?,
        None => shown,
    };
    let ended_why = (state == PledgeState::Ended && known.state != PledgeState::Ended)
        .then(|| why_ended(&known, seen, done));
    write(tx, &known, seen, &terms, Written { state, ended_why, seen_at }, now).await?;
    let after = pledges::by_id(tx, &known.id).await?.unwrap_or_else(|| known.clone());
    match done {
        Some(change) => confirmed(deps, tx, &after, change, now).await?,
        None => changed_elsewhere(deps, tx, &known, &after, open.is_some(), now).await?,
    }
    renewed(deps, tx, &known, &after, now).await?;
    if state != known.state {
        let detail = serde_json::json!({ "from": known.state.as_str(), "to": state.as_str() });
        note(deps, tx, now, "pledge.changed", known.id.as_str(), detail);
    }
    if let Some(why) = ended_why {
        recovery::plan_ended(deps, tx, &after, why, now).await?;
        if why != EndedWhy::Asked {
            tell::ended(deps, tx, &after, why, now).await?;
        }
    }
    Ok(true)
}

struct Written {
    state: PledgeState,
    ended_why: Option<EndedWhy>,
    seen_at: Ts,
}

async fn write(
    tx: &mut WriteTx,
    known: &Pledge,
    seen: &Subscription,
    terms: &Terms,
    written: Written,
    now: Ts,
) -> Result<()> {
    let details = seen.default_payment_method.as_ref().and_then(Ref::object).map(|m| &m.details);
    let label = details.map(method_label);
    let last4 = details.and_then(last4);
    let expires = details.and_then(expires);
    let next = match written.state {
        PledgeState::Ended | PledgeState::Pending => None,
        PledgeState::Active | PledgeState::Retrying | PledgeState::Paused | PledgeState::Ending => {
            terms.schedule().first()
        }
    };
    let sight = Sight {
        state: written.state,
        terms,
        next_charge_at: next,
        ended_at: seen.ended_at.map(Ts::from_unix),
        ended_why: written.ended_why,
        method_label: label.as_deref(),
        method_last4: last4.as_deref(),
        method_expires: expires.as_deref(),
        seen_at: written.seen_at,
    };
    pledges::update(tx, &known.id, &sight, now).await?;
    Ok(())
}

/// A card's last month, `2027-05`.
fn expires(method: &MethodDetails) -> Option<String> {
    let card = method.card.as_ref()?;
    Some(format!("{:04}-{:02}", card.exp_year?, card.exp_month?))
}

/// What Stripe says the plan is. Stripe knows one sum: while it is the one we know, our split of it stays; when it was
/// changed there, how much of it was meant for the fee is no longer known.
fn terms_of(known: &Pledge, seen: &Subscription, state: PledgeState) -> Terms {
    let total = seen.total().and_then(|(minor, code)| from_stripe(minor, code).ok());
    let (amount, fee_cover) = match total {
        Some(total) if total.minor() > 0 && known.total() != total => (total, Money::zero(total.currency())),
        _ => (known.amount(), known.fee_cover()),
    };
    let next_at = seen.next_charge().map(Ts::from_unix).or(known.period_ends_at);
    let next_at = next_at.unwrap_or_else(|| Ts::from_unix(seen.created));
    let pause = seen.pause_collection.as_ref();
    let resumes_at = pause.and_then(|p| p.resumes_at).map(Ts::from_unix);
    Terms {
        currency: amount.currency(),
        amount_minor: amount.minor(),
        fee_cover_minor: fee_cover.minor(),
        frequency: seen.months().and_then(Frequency::of_months).unwrap_or(known.frequency),
        fund_id: known.fund_id.clone(),
        anchor_at: Ts::from_unix(seen.billing_cycle_anchor),
        next_at,
        pause: match (pause, resumes_at) {
            (None, _) => PauseKind::No,
            (Some(_), Some(_)) => PauseKind::Until,
            (Some(_), None) => PauseKind::Open,
        },
        resumes_at,
        ends_at: match seen.cancel_at {
            Some(at) => Some(Ts::from_unix(at)),
            None => seen.cancel_at_period_end.then_some(next_at),
        },
        ended: state == PledgeState::Ended,
        method: seen.default_payment_method.as_ref().map(|m| match m {
            Ref::Id(id) => id.clone(),
            Ref::Object(o) => o.id.clone(),
        }),
    }
}

/// Whether a look at a plan would write something: Stripe has it otherwise than the books.
pub(in crate::services) fn differs(known: &Pledge, seen: &Subscription) -> bool {
    let state = known.state.apply(state_of(seen));
    state != known.state || known.terms().as_ref() != Some(&terms_of(known, seen, state))
}

fn state_of(seen: &Subscription) -> PledgeState {
    match seen.status.as_str() {
        "past_due" | "unpaid" => PledgeState::Retrying,
        "canceled" | "incomplete_expired" => PledgeState::Ended,
        "paused" => PledgeState::Paused,
        "active" | "trialing" if seen.pause_collection.is_some() => PledgeState::Paused,
        "active" | "trialing" if seen.cancel_at_period_end || seen.cancel_at.is_some() => PledgeState::Ending,
        "active" | "trialing" => PledgeState::Active,
        // `incomplete`, and whatever Stripe adds: not confirmed.
        _ => PledgeState::Pending,
    }
}

fn is_shown(change: &PledgeChange, shown: &Terms) -> bool {
    match (change.was(), change.wanted()) {
        (Ok(was), Ok(wanted)) => wanted.shown_by(&was, shown),
        _ => false,
    }
}

/// What Stripe shows, with what only the wish says: how the sum is split, and the fund.
fn agreed(mut shown: Terms, change: &PledgeChange) -> Result<Terms> {
    let (was, wanted) = (change.was()?, change.wanted()?);
    for what in was.differences(&wanted) {
        match what {
            Difference::Total | Difference::Split => {
                shown.amount_minor = wanted.amount_minor;
                shown.fee_cover_minor = wanted.fee_cover_minor;
            }
            Difference::Fund => shown.fund_id.clone_from(&wanted.fund_id),
            _ => {}
        }
    }
    Ok(shown)
}

fn why_ended(known: &Pledge, seen: &Subscription, done: Option<&PledgeChange>) -> EndedWhy {
    let reason = seen.cancellation_details.as_ref().and_then(|d| d.reason.as_deref());
    let ended_at = seen.ended_at.map(Ts::from_unix);
    match reason {
        _ if done.is_some_and(|c| c.wanted().is_ok_and(|w| w.ended)) => EndedWhy::Asked,
        Some("payment_failed") => EndedWhy::Failed,
        _ if seen.status == "incomplete_expired" => EndedWhy::Failed,
        _ if known.ends_at.zip(ended_at).is_some_and(|(planned, at)| at >= planned) => EndedWhy::Date,
        _ => EndedWhy::Elsewhere,
    }
}

async fn confirmed(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    change: &PledgeChange,
    now: Ts,
) -> Result<()> {
    if !pledge_changes::close(tx, &change.id, ChangeState::Confirmed, now).await? {
        return Ok(());
    }
    jobs::take_back(tx, job_kinds::CARRY_OUT_CHANGE, change.id.as_str()).await?;
    let detail = serde_json::json!({ "change": change.id.as_str(), "kind": change.kind.as_str() });
    note(deps, tx, now, "pledge.change_confirmed", pledge.id.as_str(), detail);
    tell::changed(deps, tx, pledge, change, now).await
}

/// What nobody asked for here was changed in Stripe's dashboard: it belongs to the plan's history, and the donor is told.
async fn changed_elsewhere(
    deps: &Deps,
    tx: &mut WriteTx,
    before: &Pledge,
    after: &Pledge,
    is_asked: bool,
    now: Ts,
) -> Result<()> {
    let (Some(was), Some(is)) = (before.terms(), after.terms()) else { return Ok(()) };
    if was.total() != is.total() {
        let detail = serde_json::json!({
            "from": was.total().minor(), "from_currency": was.currency,
            "to": is.total().minor(), "to_currency": is.currency,
        });
        note(deps, tx, now, "pledge.sum_changed", after.id.as_str(), detail);
    }
    // While a wish is on its way, what is seen may be half of it.
    if is_asked || is.ended || before.state == PledgeState::Pending {
        return Ok(());
    }
    let lifted = was.resumes_at.is_some_and(|back| back <= now) && is.pause == PauseKind::No;
    let about: Vec<Difference> = was
        .differences(&is)
        .into_iter()
        .filter(|what| match what {
            Difference::Total | Difference::Frequency | Difference::End => true,
            Difference::Pause => !lifted,
            _ => false,
        })
        .collect();
    if about.is_empty() {
        return Ok(());
    }
    without_a_wish(deps, tx, after, ChangeKind::Elsewhere, (&was, &is), now).await
}

/// The bank has sent Stripe the details of the card that replaces the one we knew.
async fn renewed(deps: &Deps, tx: &mut WriteTx, before: &Pledge, after: &Pledge, now: Ts) -> Result<()> {
    let same_method = before.stripe_method.is_some() && before.stripe_method == after.stripe_method;
    let details = |p: &Pledge| (p.method_last4.clone(), p.method_expires.clone());
    let Some(terms) = after.terms().filter(|t| same_method && !t.ended && details(before) != details(after))
    else {
        return Ok(());
    };
    without_a_wish(deps, tx, after, ChangeKind::MethodRenewed, (&terms, &terms), now).await
}

/// Keeps a change that nobody asked for here, and tells the donor.
async fn without_a_wish(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    kind: ChangeKind,
    (was, wanted): (&Terms, &Terms),
    now: Ts,
) -> Result<()> {
    let id = ChangeId::new(now, &deps.random);
    let new = NewChange {
        id: &id,
        pledge_id: &pledge.id,
        nonce: id.as_str(),
        kind,
        state: ChangeState::Confirmed,
        origin: ChangeOrigin::Stripe,
        method: "NONE",
        path: "",
        body: "",
        was,
        wanted,
        made_at: now,
        closed_at: Some(now),
    };
    pledge_changes::insert_if_new(tx, &new).await?;
    match pledge_changes::by_id(tx, &id).await? {
        Some(change) => tell::changed(deps, tx, pledge, &change, now).await,
        None => Ok(()),
    }
}

async fn begin(
    deps: &Deps,
    tx: &mut WriteTx,
    seen: &Subscription,
    customer: Option<&Customer>,
    seen_at: Ts,
    now: Ts,
) -> Result<Option<Pledge>> {
    let payment = match payment_by_mark(tx, seen.our_payment()).await? {
        Some(payment) => payment,
        None => match adopt(deps, tx, seen, customer, now).await? {
            Some(payment) => payment,
            None => return Ok(None),
        },
    };
    let started_at = Ts::from_unix(seen.created);
    let pledge = Pledge {
        id: PledgeId::new(started_at, &deps.random),
        payment_id: payment.id.clone(),
        donor_id: payment.donor_id.clone(),
        entity_id: payment.entity_id.clone(),
        fund_id: payment.fund_id.clone(),
        campaign_id: payment.campaign_id.clone(),
        frequency: payment.frequency,
        currency: payment.amount.currency(),
        amount_minor: payment.amount.minor(),
        fee_cover_minor: payment.fee_cover.minor(),
        state: PledgeState::Pending,
        stripe_subscription: seen.id.clone(),
        stripe_customer: seen.customer.as_ref().map(|c| id_of(c).to_owned()),
        started_at,
        next_charge_at: None,
        ended_at: None,
        seen_at,
        anchor_at: None,
        period_ends_at: None,
        pause: PauseKind::No,
        resumes_at: None,
        ends_at: None,
        ended_why: None,
        ended_words: None,
        restarted_as: None,
        stripe_method: None,
        method_label: None,
        method_last4: None,
        method_expires: None,
    };
    pledges::insert_if_new(tx, &pledge).await?;
    let facts = StripeFacts { subscription: Some(&seen.id), ..StripeFacts::default() };
    payments::update(tx, &payment.id, payment.state, &facts, now).await?;
    let detail = serde_json::json!({
        "amount": pledge.amount_minor, "currency": pledge.currency, "frequency": pledge.frequency.as_str(),
    });
    note(deps, tx, now, "pledge.begun", pledge.id.as_str(), detail);
    Ok(pledges::by_subscription(tx, &seen.id).await?)
}
