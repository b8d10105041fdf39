//! Writing what was seen, in one transaction. Applying the same sight twice changes nothing; applying sights in any
//! order ends in one state.

use super::look::{SeenPayment, Sight};
use super::{balance, gift, movements, plan};
use crate::clock::Ts;
use crate::domain::audit::ACTOR_STRIPE;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AuditId, PaymentId};
use crate::domain::states::PaymentState;
use crate::payments::objects::{MethodDetails, PaymentIntent, Session, id_of};
use crate::services::mailing::{self, Envelope};
use crate::services::pledges;
use crate::services::{Deps, Result, compose};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::payments::{self, Payment, StripeFacts};
use crate::store::pledges as pledge_rows;
use crate::store::pledges::Pledge;

/// To whom money or a plan belongs.
#[derive(Debug)]
pub(super) enum Owner {
    /// A single gift.
    Single(Box<Payment>),
    /// A plan's charge, with the act of giving that began the plan.
    Plan(Box<Pledge>, Box<Payment>),
}

impl Owner {
    /// The act of giving behind it.
    pub(super) fn payment(&self) -> &Payment {
        match self {
            Owner::Single(p) | Owner::Plan(_, p) => p,
        }
    }

    /// How often: a plan's may have changed since it began.
    pub(super) fn frequency(&self) -> Frequency {
        match self {
            Owner::Single(p) => p.frequency,
            Owner::Plan(pledge, _) => pledge.frequency,
        }
    }
}

/// Writes a sight taken at `seen_at`. `false` when nothing in it is ours.
///
/// # Errors
/// When the database refuses or what was seen contradicts what is known.
pub async fn apply(deps: &Deps, tx: &mut WriteTx, sight: &Sight, seen_at: Ts, now: Ts) -> Result<bool> {
    let mut ours = false;
    if let Some(session) = &sight.session {
        ours |= apply_session(tx, session, now).await?;
    }
    if let Some(subscription) = &sight.subscription {
        ours |= plan::apply(deps, tx, subscription, sight.customer.as_ref(), seen_at, now).await?;
    }
    for seen in &sight.payments {
        ours |= apply_payment(deps, tx, seen, now).await?;
    }
    if let Some(method) = &sight.method {
        ours |= pledges::method::renewed(deps, tx, method, now).await?;
    }
    if let Some(page) = &sight.method_page {
        ours |= pledges::method::left(deps, tx, page, now).await?;
    }
    if let Some((payout, lines)) = &sight.payout {
        balance::apply_payout(deps, tx, payout, lines.as_deref(), now).await?;
        ours = true;
    }
    Ok(ours)
}

/// Notes something for the audit chain in Stripe's name. `detail` holds ids and figures only.
pub(super) fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    at: Ts,
    action: &'static str,
    subject: &str,
    detail: serde_json::Value,
) {
    let id = AuditId::new(at, &deps.random);
    tx.note(Note {
        id,
        at,
        actor: ACTOR_STRIPE.to_owned(),
        action,
        subject: subject.to_owned(),
        detail: detail.to_string(),
    });
}

/// The payment that a mark names, held until the transaction ends: it stands for everything that hangs on it.
pub(super) async fn payment_by_mark(tx: &mut WriteTx, mark: Option<&str>) -> Result<Option<Payment>> {
    match mark.and_then(|m| m.parse::<PaymentId>().ok()) {
        Some(id) => Ok(payments::hold(tx, &id).await?),
        None => Ok(None),
    }
}

async fn apply_session(tx: &mut WriteTx, session: &Session, now: Ts) -> Result<bool> {
    let Some(payment) = payment_by_mark(tx, session.our_payment()).await? else { return Ok(false) };
    let seen = match (session.status.as_deref(), session.payment_status.as_deref()) {
        (Some("expired"), _) => PaymentState::Expired,
        // Paid is only said with the charge in hand; until then a completed page is being confirmed.
        (Some("complete"), _) => PaymentState::Processing,
        _ => PaymentState::Open,
    };
    let facts = StripeFacts {
        session: Some(&session.id),
        payment_intent: session.payment_intent.as_ref().map(id_of),
        subscription: session.subscription.as_ref().map(id_of),
        customer: session.customer.as_ref().map(id_of),
        checkout_url: session.url.as_deref(),
        expires_at: session.expires_at.map(Ts::from_unix),
    };
    payments::update(tx, &payment.id, payment.state.apply(seen), &facts, now).await?;
    Ok(true)
}

async fn owner_of(tx: &mut WriteTx, seen: &SeenPayment) -> Result<Option<Owner>> {
    if let Some(payment) = payment_by_mark(tx, seen.intent.our_payment()).await? {
        return Ok(Some(Owner::Single(Box::new(payment))));
    }
    let Some(subscription) = seen.invoice.as_ref().and_then(|i| i.subscription()) else { return Ok(None) };
    Ok(plan_held(tx, subscription)
        .await?
        .map(|(pledge, payment)| Owner::Plan(Box::new(pledge), Box::new(payment))))
}

/// A plan with the act of giving that began it, both held until the transaction ends.
pub(super) async fn plan_held(tx: &mut WriteTx, subscription: &str) -> Result<Option<(Pledge, Payment)>> {
    let Some(payment) = payments::hold_of_plan(tx, subscription).await? else { return Ok(None) };
    // Read when the payment is held, not before: another worker may have changed it until then.
    let pledge = pledge_rows::by_subscription(tx, subscription).await?;
    Ok(pledge.map(|pledge| (pledge, payment)))
}

async fn apply_payment(deps: &Deps, tx: &mut WriteTx, seen: &SeenPayment, now: Ts) -> Result<bool> {
    let Some(owner) = owner_of(tx, seen).await? else { return Ok(false) };
    if let (Owner::Plan(pledge, payment), Some(invoice)) = (&owner, &seen.invoice)
        && (payment.state == PaymentState::Paid || payment.is_without_page())
    {
        pledges::recovery::seen(deps, tx, pledge, invoice, &seen.intent, now).await?;
    }
    match seen.intent.status.as_str() {
        "succeeded" => {
            let gift = gift::ensure(deps, tx, &owner, seen, now).await?;
            movements::apply(deps, tx, &gift, seen, now).await?;
        }
        // Whoever is at no payment page is told by the letters about their plan.
        _ if owner.payment().is_without_page() => {}
        "processing" => confirming(deps, tx, &owner, &seen.intent, now).await?,
        "requires_payment_method" | "canceled" => refused(deps, tx, &owner, &seen.intent, now).await?,
        // The donor is still on the payment page (3-D Secure and the like).
        _ => {}
    }
    Ok(true)
}

/// The bank is confirming: say so, once, for the first charge (renewals have their own notices).
async fn confirming(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &Owner,
    intent: &PaymentIntent,
    now: Ts,
) -> Result<()> {
    let payment = owner.payment();
    if payment.state.is_closed() {
        return Ok(());
    }
    set_state(tx, owner, intent, PaymentState::Processing, now).await?;
    let today = now.date_in(&compose::entity(deps, &payment.entity_id)?.time_zone);
    let mail = compose::confirming(deps, payment, &gift::method_line(intent), today)?;
    let envelope = Envelope {
        dedupe_key: format!("confirming:{}", intent.id),
        recipient: &payment.donor.email,
        donor_id: Some(&payment.donor_id),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await
}

/// A declined card leaves the payment page open for another try; only a bank debit that was accepted first and then
/// refused ends the payment.
async fn refused(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &Owner,
    intent: &PaymentIntent,
    now: Ts,
) -> Result<()> {
    let payment = owner.payment();
    let debit_failed = intent.charge().is_some_and(|c| {
        c.status == "failed" && c.payment_method_details.as_ref().is_some_and(MethodDetails::is_delayed_debit)
    });
    if !debit_failed || payment.state.is_closed() {
        return Ok(());
    }
    set_state(tx, owner, intent, PaymentState::Failed, now).await?;
    let today = now.date_in(&compose::entity(deps, &payment.entity_id)?.time_zone);
    let mail = compose::not_collected(deps, payment, &gift::method_line(intent), today)?;
    let envelope = Envelope {
        dedupe_key: format!("not_collected:{}", intent.id),
        recipient: &payment.donor.email,
        donor_id: Some(&payment.donor_id),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await?;
    note(deps, tx, now, "payment.failed", payment.id.as_str(), serde_json::json!({ "intent": intent.id }));
    Ok(())
}

pub(super) async fn set_state(
    tx: &mut WriteTx,
    owner: &Owner,
    intent: &PaymentIntent,
    seen: PaymentState,
    now: Ts,
) -> Result<()> {
    let payment = owner.payment();
    let facts = StripeFacts {
        payment_intent: match owner {
            Owner::Single(_) => Some(&intent.id),
            Owner::Plan(..) => None,
        },
        ..StripeFacts::default()
    };
    payments::update(tx, &payment.id, payment.state.apply(seen), &facts, now).await?;
    Ok(())
}
