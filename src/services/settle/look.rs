//! Reading from Stripe what a job names, and everything that hangs on it.

use serde::de::DeserializeOwned;
use stripe_client_core::RequestBuilder;

use super::Prefetched;
use crate::payments::objects::*;
use crate::payments::{Effort, plan_requests, requests};
use crate::services::{Deps, Result, ServiceError, job_kinds};
use crate::store::{payouts, pledges};

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
    /// A payout, with the lines of the balance it carried once Stripe has tied them to it.
    pub payout: Option<(Payout, Option<Vec<BalanceLine>>)>,
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
            let seen = payment(deps, intent(deps, subject, known).await?, None, known, false).await?;
            add_payment(deps, &mut sight, seen, known).await?;
        }
        job_kinds::LOOK_MOVEMENTS => {
            add_movements(deps, subject, known, &mut sight).await?;
        }
        job_kinds::LOOK_CHARGE => {
            let charge: Charge = get(deps, requests::charge(subject)).await?;
            add_movements_of(deps, charge.payment_intent, known, &mut sight).await?;
        }
        job_kinds::LOOK_REFUND => {
            let refund: Refund = get(deps, requests::refund(subject)).await?;
            add_movements_of(deps, refund.payment_intent, known, &mut sight).await?;
        }
        job_kinds::LOOK_DISPUTE => {
            let dispute: Dispute = get(deps, requests::dispute(subject)).await?;
            add_movements_of(deps, dispute.payment_intent, known, &mut sight).await?;
        }
        job_kinds::LOOK_INVOICE => look_invoice(deps, subject, known, &mut sight).await?,
        job_kinds::LOOK_SUBSCRIPTION => {
            let plan = subscription(deps, subject, known).await?;
            sight.customer = customer_of_unknown(deps, &plan).await?;
            sight.subscription = Some(plan);
        }
        job_kinds::LOOK_METHOD => sight.method = Some(subject.to_owned()),
        job_kinds::LOOK_PAYOUT => sight.payout = Some(look_payout(deps, subject).await?),
        other => return Err(ServiceError::Unexpected(format!("unknown look {other:?}"))),
    }
    Ok(sight)
}

async fn get<T: DeserializeOwned>(deps: &Deps, request: RequestBuilder) -> Result<T> {
    Ok(deps.stripe.get(request, Effort::Background).await?)
}

async fn look_payout(deps: &Deps, id: &str) -> Result<(Payout, Option<Vec<BalanceLine>>)> {
    let payout: Payout = get(deps, requests::payout(id)).await?;
    if !payout.can_be_traced() {
        return Ok((payout, None));
    }
    let is_listed = {
        let mut read = deps.store.read().await?;
        payouts::state(&mut read, id).await?.is_some_and(|(_, listed)| listed)
    };
    if is_listed {
        return Ok((payout, None));
    }
    let mut lines: Vec<BalanceLine> = Vec::new();
    loop {
        let after = lines.last().map(|l| l.id.as_str());
        let page: List<BalanceLine> = get(deps, requests::balance_lines_of(id, after)).await?;
        let more = page.has_more && !page.data.is_empty();
        lines.extend(page.data);
        if !more {
            return Ok((payout, Some(lines)));
        }
    }
}

async fn look_session(deps: &Deps, id: &str, known: &Prefetched, sight: &mut Sight) -> Result<()> {
    let session = known.sessions.get(id, get(deps, requests::session(id))).await?;
    if session.our_method_change().is_some() {
        sight.method_page = Some(get(deps, plan_requests::method_session(id)).await?);
    }
    if session.our_payment().is_some() {
        if let Some(id) = session.payment_intent.as_ref().map(id_of) {
            let intent = intent(deps, id, known).await?;
            sight.payments.push(payment(deps, intent, None, known, false).await?);
        }
        if let Some(sub) = session.subscription.as_ref().map(id_of) {
            sight.subscription = Some(subscription(deps, sub, known).await?);
        }
        if let Some(invoice) = session.invoice.as_ref().map(id_of) {
            let invoice = invoice_by_id(deps, invoice, known).await?;
            add_invoice_payments(deps, invoice, known, sight).await?;
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
    add_invoice_payments(deps, invoice, known, sight).await
}

async fn invoice_by_id(deps: &Deps, id: &str, known: &Prefetched) -> Result<Invoice> {
    known.invoices.get(id, get(deps, requests::invoice(id))).await
}

async fn subscription(deps: &Deps, id: &str, known: &Prefetched) -> Result<Subscription> {
    known.subscriptions.get(id, get(deps, requests::subscription(id))).await
}

async fn intent(deps: &Deps, id: &str, known: &Prefetched) -> Result<PaymentIntent> {
    known.intents.get(id, get(deps, requests::payment_intent(id))).await
}

async fn add_invoice_payments(
    deps: &Deps,
    invoice: Invoice,
    known: &Prefetched,
    sight: &mut Sight,
) -> Result<()> {
    for id in invoice.payment_intents() {
        let intent = intent(deps, id, known).await?;
        sight.payments.push(payment(deps, intent, Some(invoice.clone()), known, false).await?);
    }
    Ok(())
}

/// Adds a payment with all its refunds and disputes. It is read anew, to be as young as these.
async fn add_movements(deps: &Deps, id: &str, known: &Prefetched, sight: &mut Sight) -> Result<()> {
    let intent = get(deps, requests::payment_intent(id)).await?;
    let seen = payment(deps, intent, None, known, true).await?;
    add_payment(deps, sight, seen, known).await
}

async fn add_movements_of(
    deps: &Deps,
    intent: Option<Ref<Named>>,
    known: &Prefetched,
    sight: &mut Sight,
) -> Result<()> {
    match intent.as_ref().map(id_of) {
        Some(id) => add_movements(deps, id, known, sight).await,
        None => Ok(()),
    }
}

/// Adds a payment, and its plan when the store does not know that yet (an event came before its row).
async fn add_payment(deps: &Deps, sight: &mut Sight, seen: SeenPayment, known: &Prefetched) -> Result<()> {
    if let Some(sub) = seen.invoice.as_ref().and_then(Invoice::subscription) {
        let ours = {
            let mut read = deps.store.read().await?;
            pledges::by_subscription(&mut read, sub).await?.is_some()
        };
        if !ours {
            let plan = subscription(deps, sub, known).await?;
            sight.customer = customer_of_unknown(deps, &plan).await?;
            sight.subscription = Some(plan);
        }
    }
    sight.payments.push(seen);
    Ok(())
}

async fn payment(
    deps: &Deps,
    intent: PaymentIntent,
    invoice: Option<Invoice>,
    known: &Prefetched,
    all_movements: bool,
) -> Result<SeenPayment> {
    let id = intent.id.as_str();
    let invoice = match invoice {
        Some(i) => Some(i),
        None if intent.our_payment().is_some() => None,
        None => invoice_of(deps, id, known).await?,
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

async fn invoice_of(deps: &Deps, intent: &str, known: &Prefetched) -> Result<Option<Invoice>> {
    if let Some(invoice) = known.invoices.find(|i| i.payment_intents().contains(&intent)) {
        return Ok(Some(invoice));
    }
    let list: List<InvoicePayment> = get(deps, requests::invoice_payments_of(intent)).await?;
    match list.data.first().and_then(|p| p.invoice.as_ref()).map(id_of) {
        Some(id) => Ok(Some(invoice_by_id(deps, id, known).await?)),
        None => Ok(None),
    }
}
