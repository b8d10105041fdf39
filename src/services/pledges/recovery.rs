//! Charges of plans that failed: written down as they are seen, told by a script of mails, over as soon as they are paid.

use std::time::Duration;

use super::ask::{enqueue, look_again};
use super::tell;
use crate::clock::Ts;
use crate::domain::audit::{ACTOR_DONOR, ACTOR_STRIPE};
use crate::domain::ids::{AuditId, RecoveryId};
use crate::domain::states::{EndedWhy, FailureReason, PledgeState, RecoveryState};
use crate::payments::objects::{Invoice, MethodDetails, PaymentIntent};
use crate::payments::requests::from_stripe;
use crate::payments::{Effort, StripeError, plan_requests, requests};
use crate::services::{Deps, Result, job_kinds};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::pledges::{self, Pledge};
use crate::store::recoveries::{self, Recovery};

const DAY: Duration = Duration::from_secs(86_400);

/// Writes what an invoice of a plan shows: owed, paid in the end, or let go. The plan's first charge is not meant: that one
/// is the payment page's.
///
/// # Errors
/// When the database refuses.
pub async fn seen(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    invoice: &Invoice,
    intent: &PaymentIntent,
    now: Ts,
) -> Result<()> {
    match invoice.status.as_deref() {
        Some("paid") => close(deps, tx, &invoice.id, RecoveryState::Recovered, now).await,
        Some("void" | "uncollectible") => close(deps, tx, &invoice.id, RecoveryState::Dropped, now).await,
        Some("open") if matches!(intent.status.as_str(), "requires_payment_method" | "requires_action") => {
            failed(deps, tx, pledge, invoice, intent, now).await
        }
        _ => Ok(()),
    }
}

async fn close(deps: &Deps, tx: &mut WriteTx, invoice: &str, state: RecoveryState, now: Ts) -> Result<()> {
    let Some(known) = recoveries::by_invoice(tx, invoice).await? else { return Ok(()) };
    if recoveries::close(tx, &known.id, state, now).await? {
        note(deps, tx, "recovery.closed", &known, serde_json::json!({ "state": state.as_str() }), now);
    }
    Ok(())
}

fn reason_of(intent: &PaymentIntent) -> FailureReason {
    let charge = intent.charge().and_then(|c| c.payment_method_details.as_ref());
    let is_debit = charge.is_some_and(MethodDetails::is_delayed_debit);
    match &intent.last_payment_error {
        None if intent.status == "requires_action" => FailureReason::Authentication,
        // Nothing was tried: there was nothing to try it with.
        None if charge.is_none() => FailureReason::NoMethod,
        None => FailureReason::of("", "", is_debit),
        Some(e) => {
            let text = |t: &Option<String>| t.clone().unwrap_or_default();
            FailureReason::of(&text(&e.code), &text(&e.decline_code), is_debit)
        }
    }
}

async fn failed(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    invoice: &Invoice,
    intent: &PaymentIntent,
    now: Ts,
) -> Result<()> {
    let reason = reason_of(intent);
    if let Some(known) = recoveries::by_invoice(tx, &invoice.id).await? {
        return Ok(recoveries::set_reason(tx, &known.id, reason).await?);
    }
    let Ok(owed) = from_stripe(invoice.amount_remaining, &invoice.currency) else { return Ok(()) };
    let current = pledges::by_id(tx, &pledge.id).await?;
    if owed.minor() <= 0 || current.is_none_or(|p| p.state == PledgeState::Ended) {
        return Ok(());
    }
    let script = &deps.config.charity.upkeep.recovery_days;
    let recovery = Recovery {
        id: RecoveryId::new(now, &deps.random),
        pledge_id: pledge.id.clone(),
        stripe_invoice: invoice.id.clone(),
        currency: owed.currency(),
        amount_minor: owed.minor(),
        reason,
        state: RecoveryState::Open,
        due_at: Ts::from_unix(invoice.created),
        began_at: now,
        mails_sent: 0,
        next_mail_at: script.first().map(|day| now.plus(DAY * *day)),
        closed_at: None,
    };
    if recoveries::insert_if_new(tx, &recovery).await? {
        note(deps, tx, "recovery.began", &recovery, serde_json::json!({ "reason": reason.as_str() }), now);
        if recovery.next_mail_at.is_some_and(|at| at <= now) {
            mail(deps, tx, &recovery, pledge, now).await?;
        }
    }
    Ok(())
}

fn note(
    deps: &Deps,
    tx: &mut WriteTx,
    action: &'static str,
    r: &Recovery,
    detail: serde_json::Value,
    at: Ts,
) {
    let id = AuditId::new(at, &deps.random);
    let subject = r.pledge_id.to_string();
    tx.note(Note { id, at, actor: ACTOR_STRIPE.to_owned(), action, subject, detail: detail.to_string() });
}

/// Sends the mail that is due; those that were missed meanwhile are left out.
async fn mail(deps: &Deps, tx: &mut WriteTx, recovery: &Recovery, pledge: &Pledge, now: Ts) -> Result<()> {
    let days = deps.config.charity.upkeep.recovery_days.iter();
    let next = days.map(|day| recovery.began_at.plus(DAY * *day)).find(|at| *at > now);
    if recoveries::count_mail(tx, &recovery.id, recovery.mails_sent, next).await? {
        let is_last = next.is_none();
        tell::failed(deps, tx, pledge, recovery, is_last, now).await?;
    }
    Ok(())
}

/// The plan is over: what was owed is no longer asked for.
///
/// # Errors
/// When the database refuses.
pub async fn plan_ended(
    deps: &Deps,
    tx: &mut WriteTx,
    pledge: &Pledge,
    why: EndedWhy,
    now: Ts,
) -> Result<()> {
    let state = if why == EndedWhy::Failed { RecoveryState::Ended } else { RecoveryState::Dropped };
    for open in recoveries::open_of(tx, &pledge.id).await? {
        if recoveries::close(tx, &open.id, state, now).await? {
            note(deps, tx, "recovery.closed", &open, serde_json::json!({ "state": state.as_str() }), now);
        }
    }
    Ok(())
}

/// Puts a job on the list for each mail that is due: one that cannot be sent does not keep the others waiting.
///
/// # Errors
/// When the database refuses.
pub async fn send_due(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    for recovery in recoveries::due(&mut tx, now).await? {
        enqueue(deps, &mut tx, job_kinds::RECOVERY_MAIL, recovery.id.as_str(), now).await?;
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}

/// Sends the mail that is due about a failed charge, after a look at Stripe: nobody is asked for what has been paid.
///
/// # Errors
/// When Stripe gives no certain answer or the database refuses: the job comes back.
pub async fn send_one(deps: &Deps, id: &RecoveryId) -> Result<()> {
    let now = deps.clock.now();
    let recovery = {
        let mut read = deps.store.read().await?;
        recoveries::by_id(&mut read, id).await?
    };
    let is_due = |r: &Recovery| r.state == RecoveryState::Open && r.next_mail_at.is_some_and(|at| at <= now);
    let Some(recovery) = recovery.filter(is_due) else { return Ok(()) };
    let plan = {
        let mut read = deps.store.read().await?;
        pledges::by_id(&mut read, &recovery.pledge_id).await?
    };
    // A plan that ended over its last try closes what is owed.
    if let Some(plan) = plan {
        look_again(deps, &plan.stripe_subscription, Effort::Background).await?;
    }
    let invoice: Invoice =
        deps.stripe.get(requests::invoice(&recovery.stripe_invoice), Effort::Background).await?;
    let under_way = is_under_way(deps, &invoice).await?;
    let mut tx = deps.store.write().await?;
    if invoice.status.as_deref() == Some("open") && under_way {
        // A debit on its way is not to be asked for: the answer comes by itself.
        let next = now.plus(DAY);
        recoveries::put_off(&mut tx, &recovery.id, next).await?;
    } else if invoice.status.as_deref() == Some("open") {
        let current = recoveries::by_id(&mut tx, &recovery.id).await?;
        let pledge = pledges::by_id(&mut tx, &recovery.pledge_id).await?;
        if let (Some(current), Some(pledge)) = (current.filter(|r| r.state == RecoveryState::Open), pledge) {
            mail(deps, &mut tx, &current, &pledge, now).await?;
        }
    } else {
        enqueue(deps, &mut tx, job_kinds::LOOK_INVOICE, &recovery.stripe_invoice, now).await?;
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}

/// Whether a payment of what is owed is with the bank, or done.
///
/// # Errors
/// When Stripe gives no certain answer.
pub async fn is_with_the_bank(deps: &Deps, recovery: &Recovery) -> Result<bool> {
    let invoice: Invoice =
        deps.stripe.get(requests::invoice(&recovery.stripe_invoice), Effort::Background).await?;
    Ok(invoice.status.as_deref() != Some("open") || is_under_way(deps, &invoice).await?)
}

/// Whether a payment of the invoice is with the bank.
async fn is_under_way(deps: &Deps, invoice: &Invoice) -> Result<bool> {
    for intent in invoice.payment_intents() {
        let intent: PaymentIntent =
            deps.stripe.get(requests::payment_intent(intent), Effort::Background).await?;
        if intent.status == "processing" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What became of a charge that was asked for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The bank has sent it, or is about to.
    Yes,
    /// The bank said no again.
    No,
    /// Not known yet.
    BeingConfirmed,
}

/// Asks once more for what is owed, with the plan's own method. Stripe takes a charge once, however often it is asked for;
/// `nonce` is the form's own random mark.
///
/// # Errors
/// When the database refuses.
pub async fn pay(deps: &Deps, recovery: &Recovery, nonce: &str, effort: Effort) -> Result<Paid> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    tx.note(Note {
        id: AuditId::new(now, &deps.random),
        at: now,
        actor: ACTOR_DONOR.to_owned(),
        action: "recovery.asked_again",
        subject: recovery.pledge_id.to_string(),
        detail: serde_json::json!({ "invoice": recovery.stripe_invoice }).to_string(),
    });
    enqueue(deps, &mut tx, job_kinds::LOOK_INVOICE, &recovery.stripe_invoice, now).await?;
    tx.commit().await?;
    let request = plan_requests::pay_invoice(&recovery.stripe_invoice);
    let asked: std::result::Result<Invoice, StripeError> =
        deps.stripe.post(request, &format!("{}-{nonce}", recovery.id), effort).await;
    deps.work.notify_waiters();
    Ok(match asked {
        Ok(invoice) if invoice.status.as_deref() == Some("paid") => Paid::Yes,
        // A Direct Debit takes days.
        Ok(_) => Paid::BeingConfirmed,
        // Paid meanwhile, by a retry of Stripe's or another tab.
        Err(StripeError::Refused { code, .. }) if code == "invoice_already_paid" => Paid::Yes,
        Err(StripeError::Refused { .. } | StripeError::NotFound(_)) => Paid::No,
        Err(StripeError::Unknown(_) | StripeError::Unreadable(_)) => Paid::BeingConfirmed,
    })
}
