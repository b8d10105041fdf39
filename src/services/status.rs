//! What is true of a payment right now, for the thank-you page. Reads only.

use std::time::Duration;

use super::{Deps, Result};
use crate::domain::states::PaymentState;
use crate::payments::Effort;
use crate::payments::objects::Session;
use crate::payments::requests;
use crate::store::gifts::{self, Gift};
use crate::store::payments::{self, Payment};
use crate::store::pledges::{self, Pledge};

const ASK_STRIPE_AT_MOST: Duration = Duration::from_secs(3);

/// The truth as known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Money received.
    Paid,
    /// The bank is confirming.
    Confirming,
    /// The page is open and nothing was paid, or it closed unpaid: nothing was taken.
    NotCompleted,
    /// The bank refused a debit it had accepted: nothing was taken.
    Refused,
    /// We could not find out.
    Unknown,
}

/// A payment with the truth about it.
#[derive(Clone, Debug)]
pub struct Status {
    /// The act of giving.
    pub payment: Payment,
    /// Its first gift, once settled.
    pub gift: Option<Gift>,
    /// Its plan, once known.
    pub pledge: Option<Pledge>,
    /// What to say.
    pub truth: Truth,
    /// The form was sent again and that was paid: its thank-you page.
    pub paid_elsewhere: Option<String>,
}

/// Finds a payment by the reference of its thank-you page, and asks Stripe when the books do not know yet.
///
/// # Errors
/// When the database is away. Stripe's silence is no error: it is [`Truth::Unknown`].
pub async fn of_reference(deps: &Deps, reference: &str) -> Result<Option<Status>> {
    // Whatever is not shaped like one of ours is not there; PostgreSQL would refuse a NUL with an error.
    if reference.len() != 26 || !reference.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let (payment, gift, pledge, last) = {
        let mut read = deps.store.read().await?;
        let Some(payment) = payments::by_reference(&mut read, reference).await? else { return Ok(None) };
        let gift = gifts::first_of_payment(&mut read, &payment.id).await?;
        let pledge = pledges::by_payment(&mut read, &payment.id).await?;
        let last = payments::latest_of_form(&mut read, &payment.form_nonce).await?;
        (payment, gift, pledge, last)
    };
    let paid = |p: &Payment| matches!(p.state, PaymentState::Paid | PaymentState::Processing);
    let paid_elsewhere = last.filter(|l| l.id != payment.id && paid(l)).map(|l| l.reference);
    let truth = match payment.state {
        PaymentState::Paid => Truth::Paid,
        PaymentState::Failed => Truth::Refused,
        PaymentState::Expired => Truth::NotCompleted,
        PaymentState::Started if payment.stripe_session.is_none() => Truth::NotCompleted,
        PaymentState::Started | PaymentState::Open | PaymentState::Processing => {
            ask_stripe(deps, &payment).await
        }
    };
    Ok(Some(Status { payment, gift, pledge, truth, paid_elsewhere }))
}

async fn ask_stripe(deps: &Deps, payment: &Payment) -> Truth {
    let Some(id) = &payment.stripe_session else { return Truth::Unknown };
    let asked = deps.stripe.get::<Session>(requests::session(id), Effort::Interactive);
    let session = match tokio::time::timeout(ASK_STRIPE_AT_MOST, asked).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => {
            tracing::info!(payment = %payment.id, %error, "status not known at Stripe");
            return known_without_stripe(payment);
        }
        Err(_) => return known_without_stripe(payment),
    };
    match (session.status.as_deref(), session.payment_status.as_deref()) {
        (Some("complete"), Some("paid" | "no_payment_required")) => Truth::Paid,
        (Some("complete"), _) => Truth::Confirming,
        (Some("open" | "expired"), _) => Truth::NotCompleted,
        _ => Truth::Unknown,
    }
}

fn known_without_stripe(payment: &Payment) -> Truth {
    match payment.state {
        PaymentState::Processing => Truth::Confirming,
        PaymentState::Paid => Truth::Paid,
        PaymentState::Started | PaymentState::Open | PaymentState::Failed | PaymentState::Expired => {
            Truth::Unknown
        }
    }
}
