//! Another card or account for the plans of one of Stripe's customers.
//!
//! A method counts as changed when every running plan of the customer, and the customer itself, name it when read again:
//! Stripe charges the plan's own method first, so the customer's alone would change nothing
//! (docs.stripe.com/billing/revenue-recovery).

use serde::de::IgnoredAny;

use super::ask::{self, Asked, Wish, enqueue};
use super::recovery::{self, Paid};
use crate::clock::Ts;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::ids::{AuditId, MethodChangeId, PledgeId};
use crate::domain::states::{ChangeOrigin, MethodChangeState};
use crate::domain::terms::Act;
use crate::payments::objects::{Customer, Ref, Session, id_of};
use crate::payments::plan_requests::{self, NewMethodPage};
use crate::payments::{Effort, StripeError};
use crate::services::{Deps, Result, ServiceError, job_kinds};
use crate::store::audit::Note;
use crate::store::method_changes::{self, MethodChange};
use crate::store::pledges::{self, Pledge};
use crate::store::{WriteTx, jobs, recoveries};

/// Opens a page on which the donor leaves another card or account; gives its address. `back` is the address of ours that
/// the donor comes back to, where the change's id is appended.
///
/// # Errors
/// [`StripeError::Unknown`] when Stripe gave no certain answer: the same form may be sent again and gets the same page.
pub async fn start(
    deps: &Deps,
    pledge: &Pledge,
    origin: ChangeOrigin,
    nonce: &str,
    back: &str,
) -> Result<Option<String>> {
    let Some(customer) = &pledge.stripe_customer else { return Ok(None) };
    let now = deps.clock.now();
    let id = MethodChangeId::new(now, &deps.random);
    let page = NewMethodPage {
        change: &id,
        customer,
        currency: pledge.currency.code(),
        success_url: format!("{back}{id}"),
        cancel_url: format!("{back}{id}"),
    };
    let call = plan_requests::method_page(&page).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    let new = MethodChange {
        id: id.clone(),
        nonce: nonce.to_owned(),
        pledge_id: pledge.id.clone(),
        stripe_customer: customer.clone(),
        state: MethodChangeState::Started,
        origin,
        body: call.body,
        stripe_session: None,
        stripe_method: None,
        checkout_url: None,
        made_at: now,
    };
    let mut tx = deps.store.write().await?;
    let change = if method_changes::insert_if_new(&mut tx, &new).await? {
        tx.note(Note {
            id: AuditId::new(now, &deps.random),
            at: now,
            actor: ACTOR_DONOR.to_owned(),
            action: "pledge.method_asked",
            subject: pledge.id.to_string(),
            detail: serde_json::json!({ "change": id.as_str(), "origin": origin.as_str() }).to_string(),
        });
        Some(new)
    } else {
        method_changes::by_nonce(&mut tx, nonce).await?
    };
    tx.commit().await?;
    match change.filter(|c| c.pledge_id == pledge.id) {
        Some(change) => open_page(deps, &change).await,
        None => Ok(None),
    }
}

async fn open_page(deps: &Deps, change: &MethodChange) -> Result<Option<String>> {
    if let Some(url) = &change.checkout_url {
        return Ok(Some(url.clone()));
    }
    let request = crate::payments::requests::stored_session(change.body.clone());
    let session: Session = deps.stripe.post(request, change.id.as_str(), Effort::Interactive).await?;
    let mut tx = deps.store.write().await?;
    let (id, url) = (Some(session.id.as_str()), session.url.as_deref());
    method_changes::update(&mut tx, &change.id, MethodChangeState::Open, id, url, None, deps.clock.now())
        .await?;
    tx.commit().await?;
    Ok(session.url)
}

/// Writes what a page shows that was seen at Stripe. `false` when it is not ours.
///
/// # Errors
/// When the database refuses.
pub async fn left(deps: &Deps, tx: &mut WriteTx, page: &Session, now: Ts) -> Result<bool> {
    let Some(id) = page.our_method_change().and_then(|m| m.parse::<MethodChangeId>().ok()) else {
        return Ok(false);
    };
    let Some(change) = method_changes::by_id(tx, &id).await? else { return Ok(false) };
    if change.state == MethodChangeState::Done {
        return Ok(true);
    }
    let intent = page.setup_intent.as_ref().and_then(Ref::object);
    let method =
        intent.filter(|i| i.status == "succeeded").and_then(|i| i.payment_method.as_ref()).map(id_of);
    let state = match (page.status.as_deref(), method) {
        (Some("complete"), Some(_)) => MethodChangeState::Given,
        (Some("expired"), _) => MethodChangeState::Left,
        _ => MethodChangeState::Open,
    };
    method_changes::update(tx, &id, state, Some(&page.id), None, method, now).await?;
    if state == MethodChangeState::Given {
        enqueue(deps, tx, job_kinds::APPLY_METHOD, id.as_str(), now).await?;
    }
    Ok(true)
}

/// The bank has renewed the details of a card: every plan that is paid with it is looked at again. `false` when none is.
///
/// # Errors
/// When the database refuses.
pub async fn renewed(deps: &Deps, tx: &mut WriteTx, method: &str, now: Ts) -> Result<bool> {
    let plans = pledges::running_with_method(tx, method).await?;
    for plan in &plans {
        enqueue(deps, tx, job_kinds::LOOK_SUBSCRIPTION, &plan.stripe_subscription, now).await?;
    }
    Ok(!plans.is_empty())
}

/// Looks at the page a donor has come back from, which was opened for this plan, and does what it asks for.
///
/// # Errors
/// When Stripe gives no certain answer: the worker goes on.
pub async fn finish(deps: &Deps, plan: &PledgeId, id: &MethodChangeId) -> Result<Option<MethodChange>> {
    let Some(change) = by_id(deps, id).await?.filter(|c| c.pledge_id == *plan) else { return Ok(None) };
    if let (MethodChangeState::Started | MethodChangeState::Open, Some(session)) =
        (change.state, &change.stripe_session)
    {
        let page: Session =
            deps.stripe.get(plan_requests::method_session(session), Effort::Interactive).await?;
        let mut tx = deps.store.write().await?;
        left(deps, &mut tx, &page, deps.clock.now()).await?;
        tx.commit().await?;
    }
    apply(deps, id, Effort::Interactive).await?;
    by_id(deps, id).await
}

async fn by_id(deps: &Deps, id: &MethodChangeId) -> Result<Option<MethodChange>> {
    let mut read = deps.store.read().await?;
    Ok(method_changes::by_id(&mut read, id).await?)
}

/// Gives every running plan of the customer, and the customer, the method that was left; reads back that they have it; then
/// pays what is owed. Does nothing when none was left, or when it is done.
///
/// # Errors
/// When Stripe gives no certain answer, or a plan does not have it yet: the worker comes back.
pub async fn apply(deps: &Deps, id: &MethodChangeId, effort: Effort) -> Result<()> {
    let Some(change) = by_id(deps, id).await?.filter(|c| c.state == MethodChangeState::Given) else {
        return Ok(());
    };
    let Some(method) = change.stripe_method.clone() else { return Ok(()) };
    let plans = {
        let mut read = deps.store.read().await?;
        pledges::running_of_customer(&mut read, &change.stripe_customer).await?
    };
    let waiting = |what: &str| ServiceError::Stripe(StripeError::Unknown(what.to_owned()));
    for plan in &plans {
        let nonce = format!("{}:{}", change.id, plan.id);
        let wish =
            Wish { pledge: &plan.id, act: Act::Method(method.clone()), nonce: &nonce, origin: change.origin };
        match ask::ask(deps, wish).await? {
            Asked::Done(_) | Asked::Overtaken | Asked::Refused(_) | Asked::Unknown => {}
            Asked::BeingConfirmed(_) | Asked::OneAtATime => {
                return Err(waiting("a plan does not have its new method yet"));
            }
            // A method that one plan cannot have (another currency) must not keep the others from it; its donor is told.
            Asked::StripeRefused => {
                tracing::warn!(plan = %plan.id, change = %change.id, "a plan does not take the new method");
            }
        }
    }
    customer_default(deps, &change, &method, effort).await?;
    for plan in &plans {
        let owed = {
            let mut read = deps.store.read().await?;
            recoveries::open_of(&mut read, &plan.id).await?
        };
        for charge in owed {
            // `No` stays owed, and the page and the next letter say so.
            if recovery::pay(deps, &charge, change.id.as_str(), effort).await? == Paid::BeingConfirmed
                && !recovery::is_with_the_bank(deps, &charge).await?
            {
                return Err(waiting("what is owed is not known to be paid"));
            }
        }
    }
    let mut tx = deps.store.write().await?;
    method_changes::update(&mut tx, id, MethodChangeState::Done, None, None, None, deps.clock.now()).await?;
    jobs::take_back(&mut tx, job_kinds::APPLY_METHOD, id.as_str()).await?;
    tx.commit().await?;
    Ok(())
}

async fn customer_default(deps: &Deps, change: &MethodChange, method: &str, effort: Effort) -> Result<()> {
    let request = plan_requests::customer_default(&change.stripe_customer, method);
    let _: IgnoredAny = deps.stripe.post(request, &format!("{}-customer", change.id), effort).await?;
    let customer: Customer =
        deps.stripe.get(plan_requests::customer(&change.stripe_customer), effort).await?;
    let shown = customer.invoice_settings.as_ref().and_then(|s| s.default_payment_method.as_ref()).map(id_of);
    if shown == Some(method) {
        Ok(())
    } else {
        Err(ServiceError::Unexpected(format!("{}: the customer does not have the new method", change.id)))
    }
}
