//! Asking for a change of a plan.

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::clock::Ts;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::ids::{AuditId, ChangeId, JobId, PledgeId};
use crate::domain::states::{ChangeKind, ChangeOrigin, ChangeState, PledgeState};
use crate::domain::terms::{Act, Difference, Refusal, Terms};
use crate::payments::objects::Subscription;
use crate::payments::plan_requests::{self, Call};
use crate::payments::{Effort, StripeError, requests};
use crate::services::settle::apply;
use crate::services::settle::look::Sight;
use crate::services::{Deps, Result, ServiceError, compose, job_kinds};
use crate::store::WriteTx;
use crate::store::audit::Note;
use crate::store::jobs::{self, NewJob};
use crate::store::payments;
use crate::store::pledge_changes::{self, NewChange, PledgeChange};
use crate::store::pledges::{self, Pledge};

/// The worker looks after a wish from then on: by then whoever asked has the answer, or never will.
pub(super) const WORKER_AFTER: Duration = Duration::from_secs(30);
/// Stripe knows a key for a day at least. After that a request is not repeated, only looked after.
const KEY_GOOD: Duration = Duration::from_secs(20 * 3600);

/// What a donor wants of a plan.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Which plan; that it is theirs was checked.
    pub pledge: &'a PledgeId,
    /// What.
    pub act: Act,
    /// The form's own random mark: a double click is one wish.
    pub nonce: &'a str,
    /// From where it comes.
    pub origin: ChangeOrigin,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Stripe has confirmed it.
    Done(ChangeId),
    /// Stripe was asked; whether it is done is not known yet.
    BeingConfirmed(ChangeId),
    /// It was changed again since, or a stop came before it.
    Overtaken,
    /// Another wish about this plan is not confirmed yet.
    OneAtATime,
    /// It cannot be had.
    Refused(Refusal),
    /// Stripe will not do it.
    StripeRefused,
    /// There is no such plan.
    Unknown,
}

/// How often a wish begins anew because the plan changed while it was worked out.
const TURNS: usize = 3;

/// Asks for a change of a plan. The same form sent twice asks once.
///
/// # Errors
/// When Stripe cannot be read beforehand, or the database refuses: then nothing was asked. To stop, nothing has to be read.
pub async fn ask(deps: &Deps, wish: Wish<'_>) -> Result<Asked> {
    for _ in 0..TURNS {
        if let Some(change) = earlier(deps, wish.nonce).await? {
            return carry_out(deps, &change.id, Effort::Interactive).await;
        }
        let (pledge, was, wanted, call) = match prepare(deps, &wish).await? {
            Ok(prepared) => prepared,
            // The same form, sent a moment earlier, may have changed the plan while this one was reading it.
            Err(asked) => match earlier(deps, wish.nonce).await? {
                Some(change) => return carry_out(deps, &change.id, Effort::Interactive).await,
                None => return Ok(asked),
            },
        };
        match write(deps, &pledge, &wish, (&was, &wanted), &call).await? {
            Written::New(id) => return carry_out(deps, &id, Effort::Interactive).await,
            Written::Taken if earlier(deps, wish.nonce).await?.is_none() => return Ok(Asked::OneAtATime),
            Written::Taken | Written::Stale => {}
        }
    }
    Ok(Asked::OneAtATime)
}

type Prepared = (Pledge, Terms, Terms, Call);

/// What the plan is, what it becomes, and what Stripe is asked for; or why not.
async fn prepare(deps: &Deps, wish: &Wish<'_>) -> Result<std::result::Result<Prepared, Asked>> {
    if wish.act == Act::Stop {
        return prepare_stop(deps, wish.pledge).await;
    }
    let Some((pledge, plan)) = fresh(deps, wish.pledge).await? else { return Ok(Err(Asked::Unknown)) };
    let Some(was) = pledge.terms() else { return Ok(Err(Asked::Unknown)) };
    let zone = compose::entity(deps, &pledge.entity_id)?.time_zone.clone();
    let wanted = match wish.act.apply(&was, deps.clock.now(), &zone) {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(Err(Asked::Refused(refusal))),
    };
    let call = plan_requests::change(&plan, &was, &wanted);
    let call = call.map_err(|e| ServiceError::Unexpected(format!("{}: {e}", pledge.id)))?;
    Ok(Ok((pledge, was, wanted, call)))
}

/// Stopping begins from what we know: whatever Stripe would say, the wish is the same, and it must not be lost because
/// Stripe is away.
async fn prepare_stop(deps: &Deps, id: &PledgeId) -> Result<std::result::Result<Prepared, Asked>> {
    let known = {
        let mut read = deps.store.read().await?;
        pledges::by_id(&mut read, id).await?
    };
    let Some(pledge) = known.filter(|p| p.state != PledgeState::Ended) else {
        return Ok(Err(Asked::Unknown));
    };
    let was = pledge.terms_or_begun();
    let wanted = Terms { ended: true, ..was.clone() };
    let call = plan_requests::stop(&pledge.stripe_subscription);
    Ok(Ok((pledge, was, wanted, call)))
}

async fn earlier(deps: &Deps, nonce: &str) -> Result<Option<PledgeChange>> {
    let mut read = deps.store.read().await?;
    Ok(pledge_changes::by_nonce(&mut read, nonce).await?)
}

/// The plan as Stripe has it now, written down first: a wish begins from the truth, not from what the page showed.
pub(super) async fn fresh(deps: &Deps, id: &PledgeId) -> Result<Option<(Pledge, Subscription)>> {
    let known = {
        let mut read = deps.store.read().await?;
        pledges::by_id(&mut read, id).await?
    };
    let Some(known) = known.filter(|p| p.state != PledgeState::Ended) else { return Ok(None) };
    let plan = look_again(deps, &known.stripe_subscription, Effort::Interactive).await?;
    let mut read = deps.store.read().await?;
    Ok(pledges::by_id(&mut read, id).await?.map(|pledge| (pledge, plan)))
}

/// Reads a plan at Stripe and writes what it shows.
pub(super) async fn look_again(deps: &Deps, subscription: &str, effort: Effort) -> Result<Subscription> {
    let seen_at = deps.clock.now();
    let plan: Subscription = deps.stripe.get(requests::subscription(subscription), effort).await?;
    let sight = Sight { subscription: Some(plan.clone()), ..Sight::default() };
    let mut tx = deps.store.write().await?;
    apply::apply(deps, &mut tx, &sight, seen_at, deps.clock.now()).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(plan)
}

/// What became of writing a wish down.
enum Written {
    New(ChangeId),
    /// The form was sent before, or another wish is open.
    Taken,
    /// The plan is no longer what the wish began from.
    Stale,
}

/// Writes a wish with its request, unless the plan has changed since it was worked out. To stop, no other wish has to be
/// over first.
async fn write(
    deps: &Deps,
    pledge: &Pledge,
    wish: &Wish<'_>,
    (was, wanted): (&Terms, &Terms),
    call: &Call,
) -> Result<Written> {
    let now = deps.clock.now();
    let id = ChangeId::new(now, &deps.random);
    let local = call.method == "NONE";
    let mut tx = deps.store.write().await?;
    // The row that every look at the plan holds, too: nothing changes it until this is written.
    payments::hold(&mut tx, &pledge.payment_id).await?;
    let current = pledges::by_id(&mut tx, &pledge.id).await?;
    if wish.act == Act::Stop {
        if let Some(open) = pledge_changes::open_of(&mut tx, &pledge.id).await?
            && open.kind != ChangeKind::Stop
        {
            pledge_changes::close(&mut tx, &open.id, ChangeState::Overtaken, now).await?;
            jobs::take_back(&mut tx, job_kinds::CARRY_OUT_CHANGE, open.id.as_str()).await?;
        }
    } else if current.and_then(|p| p.terms()).as_ref() != Some(was) {
        return Ok(Written::Stale);
    }
    let new = NewChange {
        id: &id,
        pledge_id: &pledge.id,
        nonce: wish.nonce,
        kind: kind_of(&wish.act, was, wanted),
        state: if local { ChangeState::Confirmed } else { ChangeState::Asked },
        origin: wish.origin,
        method: call.method,
        path: &call.path,
        body: &call.body,
        was,
        wanted,
        made_at: now,
        closed_at: local.then_some(now),
    };
    if !pledge_changes::insert_if_new(&mut tx, &new).await? {
        return Ok(Written::Taken);
    }
    note_wish(deps, &mut tx, &new, now);
    if local {
        pledges::agree(&mut tx, &pledge.id, wanted, now).await?;
        let after = pledges::by_id(&mut tx, &pledge.id).await?.unwrap_or_else(|| pledge.clone());
        if let Some(change) = pledge_changes::by_id(&mut tx, &id).await? {
            super::tell::changed(deps, &mut tx, &after, &change, now).await?;
        }
    } else {
        enqueue(deps, &mut tx, job_kinds::CARRY_OUT_CHANGE, id.as_str(), now.plus(WORKER_AFTER)).await?;
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Written::New(id))
}

/// An amount that only moves what covers the fee is a wish about the fee.
fn kind_of(act: &Act, was: &Terms, wanted: &Terms) -> ChangeKind {
    let same_gift = was.amount_minor == wanted.amount_minor;
    match act.kind() {
        ChangeKind::Amount if same_gift && was.differences(wanted).contains(&Difference::Total) => {
            ChangeKind::Fee
        }
        kind => kind,
    }
}

fn note_wish(deps: &Deps, tx: &mut WriteTx, new: &NewChange<'_>, at: Ts) {
    let detail = serde_json::json!({
        "change": new.id.as_str(), "kind": new.kind.as_str(), "origin": new.origin.as_str(),
        "from": new.was.total().minor(), "to": new.wanted.total().minor(),
    });
    tx.note(Note {
        id: AuditId::new(at, &deps.random),
        at,
        actor: if new.origin == ChangeOrigin::Office { "worker" } else { ACTOR_DONOR }.to_owned(),
        action: "pledge.change_asked",
        subject: new.pledge_id.to_string(),
        detail: detail.to_string(),
    });
}

/// Puts a job of the pledges' own on the list.
pub(super) async fn enqueue(
    deps: &Deps,
    tx: &mut WriteTx,
    kind: &'static str,
    subject: &str,
    run_at: Ts,
) -> Result<()> {
    let id = JobId::new(run_at, &deps.random);
    jobs::enqueue_batch(tx, &[NewJob { id, kind, subject: subject.to_owned(), hint: None, run_at }]).await?;
    Ok(())
}

/// Does what was asked, under the wish's own key, and looks whether it is done. For whoever asked and for the worker.
///
/// # Errors
/// When Stripe gives no certain answer to the reading, or the database refuses: the worker comes back.
pub async fn carry_out(deps: &Deps, id: &ChangeId, effort: Effort) -> Result<Asked> {
    let (change, pledge) = {
        let mut read = deps.store.read().await?;
        let Some(change) = pledge_changes::by_id(&mut read, id).await? else { return Ok(Asked::Unknown) };
        let Some(pledge) = pledges::by_id(&mut read, &change.pledge_id).await? else {
            return Ok(Asked::Unknown);
        };
        (change, pledge)
    };
    if change.state != ChangeState::Asked {
        return Ok(answer(&change));
    }
    let is_certain = match request(deps, &change, effort).await {
        Ok(()) => true,
        // A stop is never given up: a plan that is gone cannot be stopped twice, and what there is to see decides.
        Err(error) if change.kind == ChangeKind::Stop => {
            tracing::warn!(change = %change.id, %error, "stop of a plan not known to be done");
            false
        }
        Err(error @ (StripeError::Refused { .. } | StripeError::NotFound(_))) => {
            tracing::warn!(change = %change.id, %error, "change of a plan refused");
            close(deps, &pledge, &change, ChangeState::Refused).await?;
            return Ok(Asked::StripeRefused);
        }
        Err(error @ (StripeError::Unknown(_) | StripeError::Unreadable(_))) => {
            tracing::warn!(change = %change.id, %error, "change of a plan not known to be done");
            false
        }
    };
    let looked = look_again(deps, &pledge.stripe_subscription, effort).await;
    let after = {
        let mut read = deps.store.read().await?;
        pledge_changes::by_id(&mut read, id).await?.unwrap_or(change)
    };
    match (looked, is_certain) {
        _ if after.state != ChangeState::Asked => Ok(answer(&after)),
        (Ok(_), _) if is_too_old(deps, &after) && after.kind != ChangeKind::Stop => {
            close(deps, &pledge, &after, ChangeState::Refused).await?;
            Ok(Asked::StripeRefused)
        }
        (Ok(_), true) if after.kind != ChangeKind::Stop => {
            // It was done, and somebody has changed the plan again since.
            close(deps, &pledge, &after, ChangeState::Overtaken).await?;
            Ok(Asked::Overtaken)
        }
        (looked, _) if effort == Effort::Background => {
            looked?;
            Err(ServiceError::Stripe(StripeError::Unknown("a change of a plan is not confirmed".to_owned())))
        }
        _ => Ok(Asked::BeingConfirmed(after.id)),
    }
}

/// Asks Stripe, unless the key has become too old to ask with.
async fn request(deps: &Deps, change: &PledgeChange, effort: Effort) -> std::result::Result<(), StripeError> {
    // To delete twice does no more than once.
    if is_too_old(deps, change) && change.kind != ChangeKind::Stop {
        return Ok(());
    }
    match plan_requests::stored(&change.method, &change.path, &change.body) {
        Some(request) => {
            deps.stripe.post::<IgnoredAny>(request, change.id.as_str(), effort).await.map(|_| ())
        }
        None => Ok(()),
    }
}

/// Stripe may have forgotten the key: to ask again could do it twice.
fn is_too_old(deps: &Deps, change: &PledgeChange) -> bool {
    deps.clock.now() > change.made_at.plus(KEY_GOOD)
}

fn answer(change: &PledgeChange) -> Asked {
    match change.state {
        ChangeState::Asked => Asked::BeingConfirmed(change.id.clone()),
        ChangeState::Confirmed => Asked::Done(change.id.clone()),
        ChangeState::Overtaken => Asked::Overtaken,
        ChangeState::Refused => Asked::StripeRefused,
    }
}

/// Closes a wish. What Stripe refused is told: whoever asked may have left with "being confirmed".
async fn close(deps: &Deps, pledge: &Pledge, change: &PledgeChange, state: ChangeState) -> Result<()> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let closed = pledge_changes::close(&mut tx, &change.id, state, now).await?;
    jobs::take_back(&mut tx, job_kinds::CARRY_OUT_CHANGE, change.id.as_str()).await?;
    if closed && state == ChangeState::Refused {
        super::tell::not_changed(deps, &mut tx, pledge, change, now).await?;
    }
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(())
}
