//! Taking in webhooks: many deliveries share one commit, and none is answered before its commit is durable.

use tokio::sync::{mpsc, oneshot};

use super::{Deps, job_kinds};
use crate::domain::ids::JobId;
use crate::payments::webhook::{ObjectHint, VerifiedEvent};
use crate::store::inbox::{self, NewEvent, Work};

const WAITING_AT_MOST: usize = 4096;
const SHARE_A_COMMIT: usize = 256;

/// Nothing was kept: Stripe shall send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// More deliveries wait than we allow.
    #[error("too many deliveries waiting")]
    Busy,
    /// The database could not keep it.
    #[error("could not be stored")]
    Failed,
}

type Waiting = (NewEvent, oneshot::Sender<Result<(), NotKept>>);

/// The door for webhooks; clones share the same queue.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::Sender<Waiting>,
}

impl Intake {
    /// Starts the writers: one for SQLite's one connection, two for PostgreSQL. They end when the last clone is dropped.
    pub fn start(deps: Deps) -> Intake {
        let (queue, receiver) = mpsc::channel(WAITING_AT_MOST);
        let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
        let writers = if deps.store.name() == "SQLite" { 1 } else { 2 };
        for _ in 0..writers {
            tokio::spawn(write_batches(deps.clone(), receiver.clone()));
        }
        Intake { queue }
    }

    /// Keeps one event and its job; returns once they are durable.
    ///
    /// # Errors
    /// [`NotKept`]: answer so that Stripe sends again.
    pub async fn keep(&self, event: NewEvent) -> Result<(), NotKept> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send((event, reply)).map_err(|_| NotKept::Busy)?;
        answer.await.unwrap_or(Err(NotKept::Failed))
    }
}

async fn write_batches(deps: Deps, receiver: std::sync::Arc<tokio::sync::Mutex<mpsc::Receiver<Waiting>>>) {
    loop {
        let mut batch = Vec::with_capacity(SHARE_A_COMMIT);
        if receiver.lock().await.recv_many(&mut batch, SHARE_A_COMMIT).await == 0 {
            return;
        }
        let (events, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let together = write(&deps, &events).await;
        for (event, reply) in events.iter().zip(replies) {
            // One that cannot be kept must not keep the others out: on failure each is tried by itself.
            let kept = match (&together, events.len()) {
                (Ok(()), _) => Ok(()),
                (Err(error), 1) => Err(error.to_string()),
                (Err(_), _) => write(&deps, std::slice::from_ref(event)).await.map_err(|e| e.to_string()),
            };
            let answer = kept.map_err(|error| {
                tracing::error!(event = event.id, error, "webhook could not be stored");
                NotKept::Failed
            });
            // The sender may have hung up; the event is kept all the same.
            let _ = reply.send(answer);
        }
        deps.work.notify_one();
    }
}

async fn write(deps: &Deps, events: &[NewEvent]) -> Result<(), crate::store::StoreError> {
    let mut once: Vec<NewEvent> = Vec::with_capacity(events.len());
    for event in events {
        if !once.iter().any(|e| e.id == event.id) {
            once.push(event.clone());
        }
    }
    // One order everywhere, so that two writers on PostgreSQL cannot wait for each other.
    once.sort_by(|a, b| a.id.cmp(&b.id));
    let mut tx = deps.store.write().await?;
    inbox::insert_batch(&mut tx, &once, |at| JobId::new(at, &deps.random)).await?;
    tx.commit().await
}

/// Makes an inbox row of a verified event.
pub fn to_inbox(event: VerifiedEvent, received_at: crate::clock::Ts) -> NewEvent {
    NewEvent {
        work: work_for(&event.kind, &event.object),
        object_id: event.object.id.unwrap_or_default(),
        id: event.id,
        kind: event.kind,
        api_version: event.api_version,
        payload: event.payload,
        event_created: event.created,
        received_at,
    }
}

/// Which job an event type asks for; `None` for those we only keep.
fn work_for(kind: &str, object: &ObjectHint) -> Option<Work> {
    use job_kinds::*;
    let id = object.id.clone().filter(|id| id.len() <= 255)?;
    let own =
        |job_kind| Some(Work { job_kind, subject: id.clone(), hint: object.created.map(|c| c.to_string()) });
    let movements = |fallback| match &object.payment_intent {
        Some(intent) => Some(Work { job_kind: LOOK_MOVEMENTS, subject: intent.clone(), hint: None }),
        None => Some(Work { job_kind: fallback, subject: id.clone(), hint: None }),
    };
    match kind {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => own(LOOK_SESSION),
        "payment_intent.succeeded"
        | "payment_intent.payment_failed"
        | "payment_intent.processing"
        | "payment_intent.canceled" => own(LOOK_PAYMENT),
        "invoice.paid"
        | "invoice.payment_failed"
        | "invoice.payment_action_required"
        | "invoice.voided"
        | "invoice.marked_uncollectible" => own(LOOK_INVOICE),
        k if k.starts_with("customer.subscription.") => own(LOOK_SUBSCRIPTION),
        // What reached the balance may come later than the success; the same look sees it.
        "charge.updated" => match &object.payment_intent {
            Some(intent) => Some(Work { job_kind: LOOK_PAYMENT, subject: intent.clone(), hint: None }),
            None => own(LOOK_CHARGE),
        },
        "charge.refunded" => movements(LOOK_CHARGE),
        k if k.starts_with("charge.dispute.") => movements(LOOK_DISPUTE),
        k if k.starts_with("refund.") || k.starts_with("charge.refund.") => movements(LOOK_REFUND),
        "payment_method.automatically_updated" => own(LOOK_METHOD),
        k if k.starts_with("payout.") => own(LOOK_PAYOUT),
        _ => None,
    }
}
