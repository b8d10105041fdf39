//! Beginning a plan again that is over, with the card or account that is still there.

use std::time::Duration;

use super::ask::{enqueue, look_again};
use super::tell;
use crate::clock::Ts;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::ids::{AuditId, PaymentId, PledgeId, unguessable};
use crate::domain::schedule::{MARGIN, Pause, Schedule};
use crate::domain::states::{ChangeOrigin, PaymentState, PledgeState};
use crate::payments::objects::{List, Named, Subscription};
use crate::payments::plan_requests::{self, NewPlan};
use crate::payments::{Effort, StripeError, requests};
use crate::services::{Deps, Result, ServiceError, evidence, job_kinds};
use crate::store::audit::Note;
use crate::store::jobs;
use crate::store::payments::{self, Payment, RESTART_FORM};
use crate::store::pledges::{self, Pledge};

/// Stripe knows a key for a day at least; after that a request is not repeated.
const KEY_GOOD: Duration = Duration::from_secs(20 * 3600);

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restarted {
    /// Stripe has confirmed it.
    Done,
    /// Stripe was asked; whether it is done is not known yet.
    BeingConfirmed,
    /// The card or account is no longer there, or the plan goes on: choose anew.
    ChooseAnew,
}

/// The first charge of a plan that begins again: the next day of its old rhythm that is not today. `None` while it goes on,
/// when it has begun again, or when nothing is known of its rhythm.
pub fn first_charge(pledge: &Pledge, now: Ts) -> Option<Ts> {
    if pledge.restarted_as.is_some()
        || pledge.state != PledgeState::Ended
        || pledge.stripe_method.is_none()
        || pledge.stripe_customer.is_none()
    {
        return None;
    }
    let schedule = Schedule {
        anchor: pledge.anchor_at?,
        months: pledge.frequency.months()?,
        next: pledge.period_ends_at?,
        pause: Pause::No,
        ends_at: None,
    };
    schedule.first_after(now.plus(MARGIN))
}

/// The mark of the act by which a plan begins again: there is one for each plan, whoever presses the button how often.
pub fn form_of(pledge: &PledgeId) -> String {
    format!("{RESTART_FORM}{pledge}")
}

/// The plan that an act of giving begins again, if it is such an act.
pub fn begun_before(payment: &Payment) -> Option<PledgeId> {
    payment.form_nonce.strip_prefix(RESTART_FORM)?.parse().ok()
}

/// Begins a plan again, once. Nothing is charged at once.
///
/// # Errors
/// When Stripe cannot be read beforehand, or the database refuses: then nothing was begun.
pub async fn restart(deps: &Deps, pledge: &Pledge, origin: ChangeOrigin) -> Result<Restarted> {
    let now = deps.clock.now();
    let form = form_of(&pledge.id);
    let earlier = {
        let mut read = deps.store.read().await?;
        payments::latest_of_form(&mut read, &form).await?
    };
    let payment = match earlier {
        Some(payment) => payment,
        None => match write(deps, pledge, form, origin, now).await? {
            Some(payment) => payment,
            None => return Ok(Restarted::ChooseAnew),
        },
    };
    begin(deps, &payment.id, Effort::Interactive).await
}

async fn write(
    deps: &Deps,
    pledge: &Pledge,
    form_nonce: String,
    origin: ChangeOrigin,
    now: Ts,
) -> Result<Option<Payment>> {
    let (Some(first_at), Some(customer), Some(method)) =
        (first_charge(pledge, now), &pledge.stripe_customer, &pledge.stripe_method)
    else {
        return Ok(None);
    };
    let before: Subscription =
        deps.stripe.get(requests::subscription(&pledge.stripe_subscription), Effort::Interactive).await?;
    let product = before.items.iter().flat_map(|l| &l.data).find_map(|i| i.price.as_ref()?.product_id());
    let Some(product) = product else { return Ok(None) };
    let mut tx = deps.store.write().await?;
    let Some(old) = payments::by_id(&mut tx, &pledge.payment_id).await? else { return Ok(None) };
    let id = PaymentId::new(now, &deps.random);
    let new = NewPlan {
        payment: &id,
        customer,
        method,
        product,
        total: pledge.total(),
        frequency: pledge.frequency,
        first_at,
    };
    let call = plan_requests::begin(&new).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    let payment = Payment {
        id,
        reference: unguessable(&deps.random),
        form_nonce,
        form_revision: 0,
        fingerprint: String::new(),
        state: PaymentState::Started,
        frequency: pledge.frequency,
        fund_id: pledge.fund_id.clone(),
        amount: pledge.amount(),
        fee_cover: pledge.fee_cover(),
        // What was promised on the form was kept with the first plan's first gift.
        evidence: evidence::none(),
        checkout_request: call.body,
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: None,
        stripe_customer: Some(customer.clone()),
        checkout_url: None,
        expires_at: None,
        created_at: now,
        ..old
    };
    match payments::insert(&mut tx, &payment).await {
        Err(e) if e.is_unique_violation() => {
            drop(tx);
            let mut read = deps.store.read().await?;
            return Ok(payments::latest_of_form(&mut read, &payment.form_nonce).await?);
        }
        other => other?,
    }
    tx.note(Note {
        id: AuditId::new(now, &deps.random),
        at: now,
        actor: ACTOR_DONOR.to_owned(),
        action: "pledge.restart_asked",
        subject: pledge.id.to_string(),
        detail: serde_json::json!({ "payment": payment.id.as_str(), "origin": origin.as_str() }).to_string(),
    });
    pledges::set_restarted(&mut tx, &pledge.id, Some(&payment.id), now).await?;
    enqueue(deps, &mut tx, job_kinds::BEGIN_PLAN, payment.id.as_str(), now.plus(super::ask::WORKER_AFTER))
        .await?;
    tx.commit().await?;
    Ok(Some(payment))
}

/// Asks Stripe for the plan of a restart, under its own key, and writes what came of it. For whoever asked and for the
/// worker.
///
/// # Errors
/// When the worker gets no certain answer: it comes back.
pub async fn begin(deps: &Deps, id: &PaymentId, effort: Effort) -> Result<Restarted> {
    let (payment, known) = {
        let mut read = deps.store.read().await?;
        (payments::by_id(&mut read, id).await?, pledges::by_payment(&mut read, id).await?)
    };
    let Some(payment) = payment else { return Ok(Restarted::ChooseAnew) };
    if known.is_some() {
        return told(deps, id, Ok(()), effort).await;
    }
    let made = if deps.clock.now() > payment.created_at.plus(KEY_GOOD) {
        find(deps, &payment, effort).await
    } else {
        match plan_requests::stored("POST", "/subscriptions", &payment.checkout_request) {
            Some(request) => {
                deps.stripe.post::<Named>(request, id.as_str(), effort).await.map(|plan| plan.id)
            }
            None => return Ok(Restarted::ChooseAnew),
        }
    };
    let looked = match made {
        Ok(plan) => look_again(deps, &plan, effort).await.map(|_| ()),
        Err(StripeError::Refused { .. } | StripeError::NotFound(_)) => {
            give_up(deps, &payment).await?;
            return Ok(Restarted::ChooseAnew);
        }
        Err(error) => Err(error.into()),
    };
    told(deps, id, looked, effort).await
}

/// The plan of a restart whose answer was lost for too long to ask again: by its mark among its customer's.
async fn find(deps: &Deps, payment: &Payment, effort: Effort) -> std::result::Result<String, StripeError> {
    let customer = payment.stripe_customer.as_deref().unwrap_or_default();
    let plans: List<Subscription> = deps.stripe.get(plan_requests::plans_of(customer), effort).await?;
    let found = plans.data.into_iter().find(|p| p.our_payment() == Some(payment.id.as_str()));
    found.map(|plan| plan.id).ok_or_else(|| StripeError::NotFound("-".to_owned()))
}

/// Stripe will not begin it: the act is closed, so that another can be tried later.
async fn give_up(deps: &Deps, payment: &Payment) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if let Some(before) = begun_before(payment) {
        pledges::set_restarted(&mut tx, &before, None, now).await?;
    }
    payments::close_form(&mut tx, &payment.id, now).await?;
    jobs::take_back(&mut tx, job_kinds::BEGIN_PLAN, payment.id.as_str()).await?;
    tx.commit().await?;
    Ok(())
}

/// Says what is known of a plan that begins again, and tells its donor once it is there.
async fn told(deps: &Deps, id: &PaymentId, looked: Result<()>, effort: Effort) -> Result<Restarted> {
    let mut tx = deps.store.write().await?;
    match (pledges::by_payment(&mut tx, id).await?, looked) {
        (Some(pledge), _) => {
            tell::restarted(deps, &mut tx, &pledge, deps.clock.now()).await?;
            jobs::take_back(&mut tx, job_kinds::BEGIN_PLAN, id.as_str()).await?;
            tx.commit().await?;
            deps.work.notify_waiters();
            Ok(Restarted::Done)
        }
        (None, Err(error)) if effort == Effort::Background => Err(error),
        (None, _) => Ok(Restarted::BeingConfirmed),
    }
}
