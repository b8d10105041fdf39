//! Reading from Stripe what a job names, and everything that hangs on it.

use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;
use stripe_client_core::RequestBuilder;

use super::Prefetched;
use crate::payments::objects::*;
use crate::payments::{Effort, plan_requests, requests};
use crate::services::{Deps, Result, ServiceError, job_kinds};
use crate::store::jobs::Job;
use crate::store::pledges;

/// Fewer waiting looks of one kind than this are read one by one.
const WORTH_A_LIST: usize = 4;

/// A payment intent and what hangs on it.
#[derive(Debug)]
pub struct SeenPayment {
    /// The intent, with its charge and what reached the balance.
    pub intent: PaymentIntent,
    /// The plan's charge it pays, if it does.
    pub invoice: Option<Invoice>,
    /// Its refunds, when there is reason to look.
    pub refunds: Vec<Refund>,
    /// Its disputes, when there is reason to look.
    pub disputes: Vec<Dispute>,
}

/// Everything one look saw.
#[derive(Debug, Default)]
pub struct Sight {
    /// A payment page.
    pub session: Option<Session>,
    /// A plan.
    pub subscription: Option<Subscription>,
    /// Payments.
    pub payments: Vec<SeenPayment>,
    /// Who pays a plan that the store does not know.
    pub customer: Option<Customer>,
    /// A card or account whose details the bank has renewed, by its id.
    pub method: Option<String>,
    /// A page on which a donor leaves another card or account.
    pub method_page: Option<Session>,
    /// A payout.
    pub payout: Option<Payout>,
}

/// Reads what a job of `kind` about `subject` names.
///
/// # Errors
/// When Stripe gives no certain answer, or does not know the object: an event of ours always has one, so the key and
/// the webhook's secret may belong to different accounts. That must show, not pass.
pub async fn look(deps: &Deps, kind: &str, subject: &str, known: &Prefetched) -> Result<Sight> {
    let mut sight = Sight::default();
    match kind {
        job_kinds::LOOK_SESSION => look_session(deps, subject, known, &mut sight).await?,
        job_kinds::LOOK_PAYMENT => {
            let seen = payment(deps, subject, known.intents.get(subject).cloned(), None, false).await?;
            add_payment(deps, &mut sight, seen).await?;
        }
        job_kinds::LOOK_MOVEMENTS => {
            let seen = payment(deps, subject, None, None, true).await?;
            add_payment(deps, &mut sight, seen).await?;
        }
        job_kinds::LOOK_CHARGE => {
            let charge: Charge = get(deps, requests::charge(subject)).await?;
            add_movements(deps, &mut sight, charge.payment_intent).await?;
        }
        job_kinds::LOOK_REFUND => {
            let refund: Refund = get(deps, requests::refund(subject)).await?;
            add_movements(deps, &mut sight, refund.payment_intent).await?;
        }
        job_kinds::LOOK_DISPUTE => {
            let dispute: Dispute = get(deps, requests::dispute(subject)).await?;
            add_movements(deps, &mut sight, dispute.payment_intent).await?;
        }
        job_kinds::LOOK_INVOICE => look_invoice(deps, subject, known, &mut sight).await?,
        job_kinds::LOOK_SUBSCRIPTION => {
            let plan = subscription(deps, subject, known).await?;
            sight.customer = customer_of_unknown(deps, &plan).await?;
            sight.subscription = Some(plan);
        }
        job_kinds::LOOK_METHOD => sight.method = Some(subject.to_owned()),
        job_kinds::LOOK_METHOD_PAGE => {
            sight.method_page = Some(get(deps, plan_requests::method_session(subject)).await?);
        }
        job_kinds::LOOK_PAYOUT => sight.payout = Some(get(deps, requests::payout(subject)).await?),
        other => return Err(ServiceError::Unexpected(format!("unknown look {other:?}"))),
    }
    Ok(sight)
}

async fn get<T: DeserializeOwned>(deps: &Deps, request: RequestBuilder) -> Result<T> {
    Ok(deps.stripe.get(request, Effort::Background).await?)
}

async fn look_session(deps: &Deps, id: &str, known: &Prefetched, sight: &mut Sight) -> Result<()> {
    let session: Session = match known.sessions.get(id) {
        Some(s) => s.clone(),
        None => get(deps, requests::session(id)).await?,
    };
    if session.our_method_change().is_some() {
        sight.method_page = Some(get(deps, plan_requests::method_session(id)).await?);
    }
    if session.our_payment().is_some() {
        if let Some(intent) = session.payment_intent.as_ref().map(id_of) {
            sight
                .payments
                .push(payment(deps, intent, known.intents.get(intent).cloned(), None, false).await?);
        }
        if let Some(sub) = session.subscription.as_ref().map(id_of) {
            sight.subscription = Some(subscription(deps, sub, known).await?);
        }
        if let Some(invoice) = session.invoice.as_ref().map(id_of) {
            let invoice = invoice_by_id(deps, invoice, known).await?;
            add_invoice_payments(deps, invoice, sight).await?;
        }
    }
    sight.session = Some(session);
    Ok(())
}

/// Who pays a plan that was made elsewhere and handed to us, while the store does not know it.
async fn customer_of_unknown(deps: &Deps, plan: &Subscription) -> Result<Option<Customer>> {
    let (None, Some(_), Some(customer)) = (plan.our_payment(), plan.handed_to_us(), &plan.customer) else {
        return Ok(None);
    };
    let known = {
        let mut read = deps.store.read().await?;
        pledges::by_subscription(&mut read, &plan.id).await?.is_some()
    };
    if known { Ok(None) } else { Ok(Some(get(deps, plan_requests::customer(id_of(customer))).await?)) }
}

async fn look_invoice(deps: &Deps, id: &str, known: &Prefetched, sight: &mut Sight) -> Result<()> {
    let invoice = invoice_by_id(deps, id, known).await?;
    if let Some(sub) = invoice.subscription() {
        let plan = subscription(deps, sub, known).await?;
        sight.customer = customer_of_unknown(deps, &plan).await?;
        sight.subscription = Some(plan);
    }
    add_invoice_payments(deps, invoice, sight).await
}

async fn invoice_by_id(deps: &Deps, id: &str, known: &Prefetched) -> Result<Invoice> {
    match known.invoices.get(id) {
        Some(i) => Ok(i.clone()),
        None => get(deps, requests::invoice(id)).await,
    }
}

async fn subscription(deps: &Deps, id: &str, known: &Prefetched) -> Result<Subscription> {
    match known.subscriptions.get(id) {
        Some(s) => Ok(s.clone()),
        None => get(deps, requests::subscription(id)).await,
    }
}

async fn add_invoice_payments(deps: &Deps, invoice: Invoice, sight: &mut Sight) -> Result<()> {
    let intents: Vec<String> = invoice.payment_intents().into_iter().map(str::to_owned).collect();
    for intent in intents {
        sight.payments.push(payment(deps, &intent, None, Some(invoice.clone()), false).await?);
    }
    Ok(())
}

async fn add_movements(deps: &Deps, sight: &mut Sight, intent: Option<Ref<Named>>) -> Result<()> {
    if let Some(intent) = intent.as_ref().map(id_of) {
        let seen = payment(deps, intent, None, None, true).await?;
        add_payment(deps, sight, seen).await?;
    }
    Ok(())
}

/// Adds a payment, and its plan when the store does not know that yet (an event came before its row).
async fn add_payment(deps: &Deps, sight: &mut Sight, seen: SeenPayment) -> Result<()> {
    if let Some(sub) = seen.invoice.as_ref().and_then(Invoice::subscription) {
        let known = {
            let mut read = deps.store.read().await?;
            pledges::by_subscription(&mut read, sub).await?.is_some()
        };
        if !known {
            let plan: Subscription = get(deps, requests::subscription(sub)).await?;
            sight.customer = customer_of_unknown(deps, &plan).await?;
            sight.subscription = Some(plan);
        }
    }
    sight.payments.push(seen);
    Ok(())
}

async fn payment(
    deps: &Deps,
    id: &str,
    known: Option<PaymentIntent>,
    invoice: Option<Invoice>,
    all_movements: bool,
) -> Result<SeenPayment> {
    let intent = match known {
        Some(i) => i,
        None => get(deps, requests::payment_intent(id)).await?,
    };
    let invoice = match invoice {
        Some(i) => Some(i),
        None if intent.our_payment().is_some() => None,
        None => invoice_of(deps, id).await?,
    };
    let charge = intent.charge();
    let refunds = if all_movements || charge.is_some_and(|c| c.amount_refunded > 0) {
        get::<List<Refund>>(deps, requests::refunds_of(id)).await?.data
    } else {
        Vec::new()
    };
    let disputes = if all_movements || charge.is_some_and(|c| c.disputed) {
        get::<List<Dispute>>(deps, requests::disputes_of(id)).await?.data
    } else {
        Vec::new()
    };
    Ok(SeenPayment { intent, invoice, refunds, disputes })
}

async fn invoice_of(deps: &Deps, intent: &str) -> Result<Option<Invoice>> {
    let list: List<InvoicePayment> = get(deps, requests::invoice_payments_of(intent)).await?;
    match list.data.first().and_then(|p| p.invoice.as_ref()).map(id_of) {
        Some(id) => Ok(Some(get(deps, requests::invoice(id)).await?)),
        None => Ok(None),
    }
}

/// Reads for many jobs at once: one list call of a hundred instead of a hundred calls (rule 6 of the house).
/// What a list does not bring is read one by one later, so a failure here costs nothing but calls.
pub async fn prefetch(deps: &Deps, jobs: &[Job]) -> Prefetched {
    let mut known = Prefetched {
        began: deps.clock.now(),
        sessions: HashMap::new(),
        intents: HashMap::new(),
        invoices: HashMap::new(),
        subscriptions: HashMap::new(),
    };
    let wanted = |kind: &str| -> Vec<(&str, i64)> {
        let of_kind = jobs.iter().filter(|j| j.kind == kind);
        of_kind.filter_map(|j| Some((j.subject.as_str(), j.hint.as_ref()?.parse().ok()?))).collect()
    };
    let intents = wanted(job_kinds::LOOK_PAYMENT);
    let sessions = wanted(job_kinds::LOOK_SESSION);
    for i in list_all(deps, &intents, requests::payment_intents_between, |i: &PaymentIntent| &i.id).await {
        known.intents.insert(i.id.clone(), i);
    }
    for s in list_all(deps, &sessions, requests::sessions_between, |s: &Session| &s.id).await {
        known.sessions.insert(s.id.clone(), s);
    }
    let invoices = wanted(job_kinds::LOOK_INVOICE);
    for i in list_all(deps, &invoices, requests::invoices_between, |i: &Invoice| &i.id).await {
        known.invoices.insert(i.id.clone(), i);
    }
    let plans = wanted(job_kinds::LOOK_SUBSCRIPTION);
    for s in list_all(deps, &plans, requests::subscriptions_between, |s: &Subscription| &s.id).await {
        known.subscriptions.insert(s.id.clone(), s);
    }
    known
}

async fn list_all<T: DeserializeOwned>(
    deps: &Deps,
    wanted: &[(&str, i64)],
    page: impl Fn(i64, i64, Option<&str>) -> RequestBuilder,
    id: impl Fn(&T) -> &str,
) -> Vec<T> {
    let mut missing: HashSet<&str> = wanted.iter().map(|(id, _)| *id).collect();
    let mut found = Vec::new();
    let bounds = wanted.iter().map(|(_, c)| *c).min().zip(wanted.iter().map(|(_, c)| *c).max());
    let (Some((from, to)), true) = (bounds, wanted.len() >= WORTH_A_LIST) else { return found };
    // A wide span could hold far more than what is wanted: stop when single reads would have been cheaper.
    let most_pages = wanted.len().div_ceil(100) + wanted.len() / WORTH_A_LIST;
    let mut after: Option<String> = None;
    for _ in 0..most_pages {
        let list: List<T> = match deps.stripe.get(page(from, to, after.as_deref()), Effort::Background).await
        {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(%error, "list call failed; reading one by one");
                return found;
            }
        };
        after = list.data.last().map(|o| id(o).to_owned());
        for object in list.data {
            if missing.remove(id(&object)) {
                found.push(object);
            }
        }
        if missing.is_empty() || !list.has_more {
            break;
        }
    }
    found
}
