//! Asking Stripe for a refund, under the request's own key, until it is known whether it was made.

use std::time::Duration;

use serde_json::json;

use super::{close_one, enqueue};
use crate::domain::audit::ACTOR_STRIPE;
use crate::domain::ids::{AuditId, RefundRequestId};
use crate::domain::states::RefundRequestState;
use crate::payments::objects::{List, Refund};
use crate::payments::{Effort, StripeError, requests};
use crate::services::{Deps, Result, ServiceError, job_kinds};
use crate::store::audit::Note;
use crate::store::gifts;
use crate::store::refund_requests::{self, End, RefundRequest};

/// Stripe knows a key for a day at least (docs.stripe.com/api/idempotent_requests). After that a request is not repeated,
/// only looked for.
const KEY_GOOD: Duration = Duration::from_secs(20 * 3600);

/// What is known after a try.
enum Outcome {
    Made(String),
    Refused(String),
}

/// Makes a refund that was asked for, or finds out what became of it. Done twice, it gives back once.
///
/// # Errors
/// When Stripe gives no certain answer or the database refuses: the job comes back.
pub async fn make(deps: &Deps, id: &RefundRequestId) -> Result<()> {
    let (request, intent) = {
        let mut read = deps.store.read().await?;
        let Some(request) = refund_requests::by_id(&mut read, id).await? else { return Ok(()) };
        let gift = gifts::by_id(&mut read, &request.gift_id).await?;
        (request, gift.and_then(|g| g.stripe_payment_intent))
    };
    if request.state != RefundRequestState::Asked {
        return Ok(());
    }
    let unfit = || ServiceError::Unexpected(format!("{id}: a gift that Stripe knows nothing of"));
    let intent = intent.ok_or_else(unfit)?;
    let outcome = ask_stripe(deps, &request, &intent).await?;
    close(deps, &request, &intent, outcome).await
}

async fn ask_stripe(deps: &Deps, request: &RefundRequest, intent: &str) -> Result<Outcome> {
    let began = request.approved_at.unwrap_or(request.asked_at);
    let key_is_good = deps.clock.now() <= began.plus(KEY_GOOD);
    let mut unknown = StripeError::Unknown("its key is too old to ask with".to_owned());
    if key_is_good {
        let call = requests::create_refund(intent, &request.id, request.amount(), request.reason);
        let Ok(call) = call else {
            return Ok(Outcome::Refused("Stripe has no unit for this sum.".to_owned()));
        };
        match deps.stripe.post::<Refund>(call, request.id.as_str(), Effort::Background).await {
            Ok(refund) => return Ok(Outcome::Made(refund.id)),
            // A key that was changed is put right by the operator; the donor's refund waits for it.
            Err(error @ StripeError::Refused { status: 401 | 403, .. }) => return Err(error.into()),
            Err(error @ (StripeError::Refused { .. } | StripeError::NotFound(_))) => {
                tracing::warn!(request = %request.id, %error, "refund refused");
                return Ok(Outcome::Refused(in_words(&error)));
            }
            Err(error @ (StripeError::Unknown(_) | StripeError::Unreadable(_))) => unknown = error,
        }
    }
    // The answer was lost: whether it was made shows in the refunds of the payment.
    let list: List<Refund> = deps.stripe.get(requests::refunds_of(intent), Effort::Background).await?;
    let ours = list.data.into_iter().find(|r| r.our_request() == Some(request.id.as_str()));
    match ours {
        Some(refund) => Ok(Outcome::Made(refund.id)),
        None if key_is_good => Err(unknown.into()),
        None => Ok(Outcome::Refused(
            "Stripe gave no answer for most of a day, and no refund was made. Ask again.".to_owned(),
        )),
    }
}

async fn close(deps: &Deps, request: &RefundRequest, intent: &str, outcome: Outcome) -> Result<()> {
    let now = deps.clock.now();
    let (state, refund, problem) = match &outcome {
        Outcome::Made(refund) => (RefundRequestState::Made, Some(refund.as_str()), None),
        Outcome::Refused(problem) => (RefundRequestState::Refused, None, Some(problem.as_str())),
    };
    let mut tx = deps.store.write().await?;
    close_one(&mut tx, &request.id, End { state, stripe_refund: refund, problem }, now).await?;
    let detail = json!({
        "request": request.id.as_str(), "state": state.as_str(), "refund": refund,
        "amount": request.amount().minor(), "currency": request.amount().currency(),
    });
    tx.note(Note {
        id: AuditId::new(now, &deps.random),
        at: now,
        actor: ACTOR_STRIPE.to_owned(),
        action: "refund.closed",
        subject: request.gift_id.to_string(),
        detail: detail.to_string(),
    });
    // Books what was made; after a refusal, learns what Stripe knows and we do not.
    enqueue(deps, &mut tx, job_kinds::LOOK_MOVEMENTS, intent, now).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}

/// Why Stripe would not (docs.stripe.com/error-codes).
fn in_words(error: &StripeError) -> String {
    let StripeError::Refused { code, param, request_id, .. } = error else {
        return "Stripe does not know this payment. Look whether Almoner still uses the same Stripe account."
            .to_owned();
    };
    match (code.as_str(), param.as_str()) {
        ("charge_already_refunded", _) => "Stripe says that all of it was given back before.".to_owned(),
        ("charge_disputed", _) => {
            "The donor's bank has opened a dispute. It decides where the money goes.".to_owned()
        }
        ("balance_insufficient" | "insufficient_funds", _) => {
            "There is not enough money in the Stripe balance. Add some in Stripe, then ask again.".to_owned()
        }
        (_, "amount") => "Stripe says that this is more than is left of the payment.".to_owned(),
        (code, _) => format!("Stripe would not make it ({code}, request {request_id})."),
    }
}
