//! Refunds: asked for by staff with a reason, written down before Stripe is asked, booked when Stripe shows them (RC-11).

pub mod make;
pub(super) mod tell;

pub use make::make;

use serde_json::{Value, json};

use super::corrections::effects::{self, Effects, Known};
use super::staff::{Act, Actor, record};
use super::{Deps, Result, job_kinds, receipts};
use crate::clock::Ts;
use crate::domain::ids::{EntryId, GiftId, JobId, RefundId, RefundRequestId};
use crate::domain::money::Money;
use crate::domain::refund::Refusal;
use crate::domain::states::{EntryKind, RefundReason, RefundRequestState, RefundState};
use crate::store::jobs::{self, NewJob};
use crate::store::ledger::{self, Entry, Refund};
use crate::store::receipts::Why;
use crate::store::refund_requests::{self, End, NewRequest, RefundRequest};
use crate::store::{StoreError, WriteTx, gifts};

/// A refund that staff ask for.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Of which gift.
    pub gift: &'a GiftId,
    /// How much.
    pub amount: Money,
    /// Stripe's code.
    pub reason: RefundReason,
    /// The reason in words.
    pub why: &'a str,
    /// The form's own random mark: a double click asks once.
    pub nonce: &'a str,
    /// The fingerprint of the effects that were shown.
    pub seen: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Stripe is being asked.
    UnderWay,
    /// A second person has to agree first.
    Awaiting,
    /// It is written down: the charity sends the money itself.
    Made,
    /// It cannot be had.
    Refused(Refusal),
    /// The gift is no longer what was shown.
    ChangedMeanwhile,
    /// There is no such gift.
    Unknown,
}

/// What a refund would change; or why it cannot be made.
pub fn preview(known: &Known, amount: Money) -> std::result::Result<Effects, Refusal> {
    known.standing(None).check(amount)?;
    Ok(effects::of_refund(known, amount))
}

/// Asks for a refund. The same form sent twice asks once.
///
/// # Errors
/// When the database refuses: then nothing was asked.
pub async fn ask(deps: &Deps, actor: &Actor, wish: Wish<'_>) -> Result<Asked> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(known) = effects::held(&mut tx, wish.gift).await? else { return Ok(Asked::Unknown) };
    if let Some(earlier) = refund_requests::by_nonce(&mut tx, wish.nonce).await? {
        return Ok(answer(&earlier));
    }
    if let Err(refusal) = known.standing(None).check(wish.amount) {
        return Ok(Asked::Refused(refusal));
    }
    if effects::of_refund(&known, wish.amount).fingerprint()? != wish.seen {
        return Ok(Asked::ChangedMeanwhile);
    }
    let waits = deps.config.charity.staff.needs_second_person(known.refunded_with(wish.amount));
    let id = RefundRequestId::new(now, &deps.random);
    let new = NewRequest {
        id: &id,
        gift_id: wish.gift,
        nonce: wish.nonce,
        amount: wish.amount,
        reason: wish.reason,
        why: wish.why,
        state: if waits { RefundRequestState::Awaiting } else { RefundRequestState::Asked },
        asked_by: &actor.id,
        asked_at: now,
    };
    if !refund_requests::insert_if_new(&mut tx, &new).await? {
        return Ok(Asked::Refused(Refusal::UnderWay));
    }
    note(deps, &mut tx, actor, "refund.asked", (&new).into(), wish.why);
    let asked = if waits {
        Asked::Awaiting
    } else {
        begin(deps, &mut tx, &known, &id, wish.amount, wish.reason, now).await?
    };
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(asked)
}

fn answer(request: &RefundRequest) -> Asked {
    match request.state {
        RefundRequestState::Awaiting | RefundRequestState::Dropped => Asked::Awaiting,
        RefundRequestState::Asked | RefundRequestState::Refused => Asked::UnderWay,
        RefundRequestState::Made => Asked::Made,
    }
}

/// What the audit chain keeps of a request: ids and figures.
struct Figures<'a> {
    request: &'a RefundRequestId,
    gift: &'a GiftId,
    amount: Money,
    reason: RefundReason,
    state: RefundRequestState,
}

impl<'a> From<&'a NewRequest<'a>> for Figures<'a> {
    fn from(r: &'a NewRequest<'a>) -> Figures<'a> {
        Figures { request: r.id, gift: r.gift_id, amount: r.amount, reason: r.reason, state: r.state }
    }
}

fn note(deps: &Deps, tx: &mut WriteTx, actor: &Actor, action: &'static str, f: Figures<'_>, why: &str) {
    let after = json!({
        "request": f.request.as_str(), "amount": f.amount.minor(), "currency": f.amount.currency(),
        "reason": f.reason.as_str(), "state": f.state.as_str(),
    });
    record(deps, tx, actor, Act { action, subject: f.gift.as_str(), before: Value::Null, after, why });
}

/// Sets a refund going that needs nobody's word any more.
async fn begin(
    deps: &Deps,
    tx: &mut WriteTx,
    known: &Known,
    id: &RefundRequestId,
    amount: Money,
    reason: RefundReason,
    now: Ts,
) -> Result<Asked> {
    if known.gift.is_offline() {
        by_hand(deps, tx, known, id, amount, reason, now).await?;
        return Ok(Asked::Made);
    }
    enqueue(deps, tx, job_kinds::MAKE_REFUND, id.as_str(), now).await?;
    Ok(Asked::UnderWay)
}

async fn enqueue(deps: &Deps, tx: &mut WriteTx, kind: &'static str, subject: &str, now: Ts) -> Result<()> {
    let id = JobId::new(now, &deps.random);
    let job = NewJob { id, kind, subject: subject.to_owned(), hint: None, run_at: now };
    Ok(jobs::enqueue_batch(tx, &[job]).await?)
}

/// Writes down a refund of a gift that came without Stripe: the charity sends the money itself.
async fn by_hand(
    deps: &Deps,
    tx: &mut WriteTx,
    known: &Known,
    id: &RefundRequestId,
    amount: Money,
    reason: RefundReason,
    now: Ts,
) -> Result<()> {
    let gift = &known.gift;
    let refund = Refund {
        id: RefundId::new(now, &deps.random),
        gift_id: gift.id.clone(),
        stripe_refund: None,
        amount,
        state: RefundState::Succeeded,
        reason: Some(reason.as_str().to_owned()),
        made_at: now,
    };
    ledger::upsert_refund(tx, &refund, now).await?;
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind: EntryKind::Refund,
        amount: Money::new(-amount.minor(), amount.currency()),
        occurred_at: now,
        stripe_object: id.as_str(),
        balance_transaction: None,
        created_at: now,
    };
    ledger::insert_if_new(tx, &entry).await?;
    let end = End { state: RefundRequestState::Made, stripe_refund: None, problem: None };
    close_one(tx, id, end, now).await?;
    let settled = receipts::settle_up(deps, tx, gift, Why::Refund, now).await?;
    let told = tell::Told { amount, made_at: now, key: id.as_str(), receipt: &settled };
    tell::tell(deps, tx, gift, told, now).await
}

async fn close_one(tx: &mut WriteTx, id: &RefundRequestId, end: End<'_>, now: Ts) -> Result<()> {
    match refund_requests::close(tx, id, RefundRequestState::Asked, end, now).await? {
        true => Ok(()),
        false => Err(StoreError::NotOneRow { what: "refund request", changed: 0 }.into()),
    }
}

/// What a second person's word did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is done; for which gift.
    Done(GiftId),
    /// It cannot be made any more.
    Refused(Refusal),
    /// Nobody agrees to their own request (RC-11).
    Own,
    /// The gift is no longer what was shown.
    ChangedMeanwhile,
    /// It waits no longer.
    Over,
    /// There is no such request.
    Unknown,
}

/// A second person agrees to a refund. `seen`: the fingerprint of the effects that were shown.
///
/// # Errors
/// When the database refuses: then nothing was asked.
pub async fn approve(deps: &Deps, actor: &Actor, id: &RefundRequestId, seen: &str) -> Result<Decided> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(request) = refund_requests::by_id(&mut tx, id).await? else { return Ok(Decided::Unknown) };
    if request.asked_by == actor.id {
        return Ok(Decided::Own);
    }
    let Some(known) = effects::held(&mut tx, &request.gift_id).await? else { return Ok(Decided::Unknown) };
    if !refund_requests::approve(&mut tx, id, &actor.id, now).await? {
        return Ok(Decided::Over);
    }
    if let Err(refusal) = known.standing(Some(id.as_str())).check(request.amount()) {
        return Ok(Decided::Refused(refusal));
    }
    if effects::of_refund(&known, request.amount()).fingerprint()? != seen {
        return Ok(Decided::ChangedMeanwhile);
    }
    let figures = Figures { state: RefundRequestState::Asked, ..figures(&request) };
    note(deps, &mut tx, actor, "refund.approved", figures, "");
    begin(deps, &mut tx, &known, id, request.amount(), request.reason, now).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Decided::Done(request.gift_id))
}

fn figures(r: &RefundRequest) -> Figures<'_> {
    Figures { request: &r.id, gift: &r.gift_id, amount: r.amount(), reason: r.reason, state: r.state }
}

/// A request that waits is taken back, or not agreed to.
///
/// # Errors
/// When the database refuses.
pub async fn drop_request(deps: &Deps, actor: &Actor, id: &RefundRequestId) -> Result<Decided> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(request) = refund_requests::by_id(&mut tx, id).await? else { return Ok(Decided::Unknown) };
    let problem = match request.asked_by == actor.id {
        true => format!("Taken back by {}.", actor.name),
        false => format!("{} did not agree.", actor.name),
    };
    let end = End { state: RefundRequestState::Dropped, stripe_refund: None, problem: Some(&problem) };
    if !refund_requests::close(&mut tx, id, RefundRequestState::Awaiting, end, now).await? {
        return Ok(Decided::Over);
    }
    let figures = Figures { state: RefundRequestState::Dropped, ..figures(&request) };
    note(deps, &mut tx, actor, "refund.dropped", figures, "");
    tx.commit().await?;
    Ok(Decided::Done(request.gift_id))
}

/// A request with what it would change now; `None` for what is not there.
///
/// # Errors
/// When the database refuses.
pub async fn look(deps: &Deps, id: &RefundRequestId) -> Result<Option<(RefundRequest, Known)>> {
    let mut read = deps.store.read().await?;
    let Some(request) = refund_requests::by_id(&mut read, id).await? else { return Ok(None) };
    let Some(gift) = gifts::by_id(&mut read, &request.gift_id).await? else { return Ok(None) };
    let known = effects::known(&mut read, gift).await?;
    Ok(Some((request, known)))
}
