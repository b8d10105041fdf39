//! Payments whose page was left: after its time Stripe is asked once more, then the row is closed.

use std::time::Duration;

use super::{Deps, Result, job_kinds};
use crate::clock::Ts;
use crate::domain::ids::JobId;
use crate::domain::states::PaymentState;
use crate::payments::Effort;
use crate::payments::objects::{List, Session};
use crate::payments::requests;
use crate::store::jobs::{self, NewJob};
use crate::store::payments::{self, Payment, StripeFacts};

/// An idempotency key may be forgotten after 24 hours: from then on we look up by metadata, never with a new key.
const LEFT_AFTER: Duration = Duration::from_secs(25 * 3600);
const AT_ONCE: i64 = 200;
const PAGES_AT_MOST: usize = 50;

/// With the bank for longer than this without a look: the event that should tell may be lost.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Looks at every payment that was left more than 25 hours ago, and daily at those that are with the bank. One that
/// cannot be looked at does not keep the others waiting.
///
/// # Errors
/// When the database cannot be read.
pub async fn run(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    let waiting = {
        let mut read = deps.store.read().await?;
        payments::unsettled(&mut read, now.minus(LEFT_AFTER), now.minus(LOOK_AGAIN_AFTER), AT_ONCE).await?
    };
    for payment in waiting {
        let done = match &payment.stripe_session {
            Some(session) => look_again(deps, session, now).await,
            None => find_or_close(deps, &payment).await,
        };
        if let Err(error) = done {
            tracing::warn!(payment = %payment.id, %error, "left payment not settled yet");
        }
        touch(deps, &payment).await?;
    }
    Ok(())
}

/// Moves a payment to the end of the line.
async fn touch(deps: &Deps, payment: &Payment) -> Result<()> {
    let mut tx = deps.store.write().await?;
    if let Some(current) = payments::hold(&mut tx, &payment.id).await? {
        payments::update(&mut tx, &current.id, current.state, &StripeFacts::default(), deps.clock.now())
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn look_again(deps: &Deps, session: &str, now: Ts) -> Result<()> {
    let job = NewJob {
        id: JobId::new(now, &deps.random),
        kind: job_kinds::LOOK_SESSION,
        subject: session.to_owned(),
        hint: None,
        run_at: now,
    };
    let mut tx = deps.store.write().await?;
    jobs::enqueue_batch(&mut tx, &[job]).await?;
    tx.commit().await?;
    Ok(())
}

/// The call that should have opened the page was never answered: search the pages made while its key was good for our
/// mark. Bounded, as a busy account makes many in a day; what is not found then closes by itself at Stripe.
async fn find_or_close(deps: &Deps, payment: &Payment) -> Result<()> {
    let made = payment.created_at.as_unix();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_AT_MOST {
        let page = requests::sessions_between(made - 60, made + 24 * 3600, after.as_deref());
        let list: List<Session> = deps.stripe.get(page, Effort::Background).await?;
        if let Some(found) = list.data.iter().find(|s| s.our_payment() == Some(payment.id.as_str())) {
            return look_again(deps, &found.id, deps.clock.now()).await;
        }
        after = list.data.last().map(|s| s.id.clone());
        if !list.has_more || after.is_none() {
            break;
        }
    }
    let mut tx = deps.store.write().await?;
    let current = payments::hold(&mut tx, &payment.id).await?;
    let state = current.map_or(payment.state, |p| p.state).apply(PaymentState::Expired);
    payments::update(&mut tx, &payment.id, state, &StripeFacts::default(), deps.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
