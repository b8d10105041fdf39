//! What people, Stripe, the network and the clock do to a process.

use std::pin::pin;
use std::time::Duration;

use almoner::domain::donor::DonorDetails;
use almoner::domain::frequency::Frequency;
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::{ChangeOrigin, DonorKind, RefundReason};
use almoner::domain::terms;
use almoner::failpoints::Point;
use almoner::sandbox::{Fault, FaultKind, PayOutcome, TestMethod};
use almoner::services::corrections::effects;
use almoner::services::give::{self, GiveCommand, Started};
use almoner::services::pledges::{self, Wish};
use almoner::services::reconcile::{self, By};
use almoner::services::refunds;
use almoner::services::staff::Actor;
use almoner::store::{gifts, pledges as plan_rows, portal};
use serde_json::Value;

use crate::dice::Dice;
use crate::node::{Grip, Node};
use crate::oracle::payments_of_form;
use crate::world::{Form, STAFF, WEBHOOK_SECRET, World};

/// A kind of thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A donor sends a form.
    Give,
    /// A donor sends a form again, not knowing whether it arrived.
    SendAgain,
    /// A donor pays on Stripe's page.
    Pay,
    /// Callbacks arrive: in any order, twice, or get lost.
    Deliver,
    /// Somebody who is not Stripe posts one, or an old one is played again.
    Forge,
    /// The worker does what is due.
    Work,
    /// Two processes work, one of them is slow in the middle of something.
    TwoNodes,
    /// Time passes.
    Wait,
    /// Money goes back from Stripe's dashboard, or a bank takes it.
    TakeBack,
    /// Staff refund a gift.
    StaffRefund,
    /// A donor changes a plan.
    ChangePlan,
    /// Stripe will fail at the next calls.
    Fault,
    /// The walk over Stripe's objects.
    Walk,
    /// A donor asks for another's gift.
    Pry,
}

pub fn choose(dice: &Dice) -> Deed {
    dice.weighed(&[
        (14, Deed::Give),
        (5, Deed::SendAgain),
        (13, Deed::Pay),
        (16, Deed::Deliver),
        (2, Deed::Forge),
        (16, Deed::Work),
        (6, Deed::TwoNodes),
        (9, Deed::Wait),
        (5, Deed::TakeBack),
        (4, Deed::StaffRefund),
        (4, Deed::ChangePlan),
        (5, Deed::Fault),
        (3, Deed::Walk),
        (2, Deed::Pry),
    ])
}

/// Does it; says in words what came of it.
pub async fn perform(world: &mut World, node: &Node, other: &Node, deed: Deed) -> String {
    match deed {
        Deed::Give => give(world, node).await,
        Deed::SendAgain => send_again(world, node).await,
        Deed::Pay => pay(world).await,
        Deed::Deliver => deliver(world, node).await,
        Deed::Forge => forge(world, node).await,
        Deed::Work => said(node.worker.drain().await),
        Deed::TwoNodes => two_nodes(world, node, other).await,
        Deed::Wait => wait(world).await,
        Deed::TakeBack => take_back(world).await,
        Deed::StaffRefund => staff_refund(world, node).await,
        Deed::ChangePlan => change_plan(world, node).await,
        Deed::Fault => fault(world).await,
        Deed::Walk => match reconcile::walk(&node.deps, By::Schedule, None).await {
            Ok(walk) => format!("saw {:?}", walk.seen),
            Err(error) => format!("{error}"),
        },
        Deed::Pry => pry(world, node).await,
    }
}

fn said<T: std::fmt::Debug, E: std::fmt::Display>(done: Result<T, E>) -> String {
    match done {
        Ok(what) => format!("{what:?}"),
        Err(error) => error.to_string(),
    }
}

/// What Stripe has to tell by now waits for its delivery.
pub async fn new_callbacks(world: &mut World) {
    world.sandbox.tick().await;
    world.waiting.extend(world.sandbox.take_deliveries().await);
}

fn command(world: &World) -> GiveCommand {
    let dice = &world.dice;
    let donor = dice.below(4);
    let frequency = if dice.percent(30) { Frequency::Monthly } else { Frequency::Once };
    let gbp: Currency = "GBP".parse().expect("a currency");
    GiveCommand {
        form_nonce: format!("form-{}-{}", world.forms.len(), dice.seed()),
        entity_id: "uk".to_owned(),
        frequency,
        fund_id: world.config().charity.funds_of("uk").next().expect("a fund").id.clone(),
        campaign_id: None,
        amount: Money::new(500 + 100 * dice.below(90) as i64, gbp),
        fee_cover: Money::zero(gbp),
        donor: DonorDetails {
            kind: DonorKind::Individual,
            given_name: format!("Robin{donor}"),
            family_name: "Vale".to_owned(),
            organisation: None,
            email: format!("robin{donor}@donors.example"),
            address: None,
            locale: "en-GB".to_owned(),
        },
        note: None,
        tribute: None,
        gift_aid: false,
        consents: Vec::new(),
        account: None,
        customer: None,
    }
}

async fn give(world: &mut World, node: &Node) -> String {
    let command = command(world);
    world.forms.push(Form { command: command.clone(), session: None, done: false });
    let number = world.forms.len() - 1;
    send(world, node, number).await
}

async fn send_again(world: &mut World, node: &Node) -> String {
    if world.forms.is_empty() {
        return "no form".to_owned();
    }
    let number = world.dice.below(world.forms.len());
    send(world, node, number).await
}

async fn send(world: &mut World, node: &Node, number: usize) -> String {
    let form = &world.forms[number];
    match give::start(&node.deps, form.command.clone()).await {
        Ok(Started::Checkout(url)) => {
            let session = url.rsplit('/').next().unwrap_or_default().to_owned();
            let form = &mut world.forms[number];
            // The page that was paid says so itself; another one would take the money again.
            if form.done && form.session.as_ref() != Some(&session) {
                world.wrong.push(format!("form {number} was paid, and its donor is sent to pay again"));
            }
            form.session = Some(session.clone());
            one_page_open(world, node, number).await;
            let goes_on = world.dice.percent(50);
            let paid = if goes_on { pay_form(world, number).await } else { "later".to_owned() };
            format!("form {number} to {session}: {paid}")
        }
        Ok(Started::Already(_)) => format!("form {number} is known"),
        Err(error) => format!("form {number}: {error}"),
    }
}

async fn pay(world: &mut World) -> String {
    let open: Vec<usize> = (0..world.forms.len())
        .filter(|n| !world.forms[*n].done && world.forms[*n].session.is_some())
        .collect();
    let Some(number) = world.dice.pick(&open).copied() else { return "nothing to pay".to_owned() };
    pay_form(world, number).await
}

/// Of a form, one page at most takes money.
async fn one_page_open(world: &mut World, node: &Node, number: usize) {
    let nonce = world.forms[number].command.form_nonce.clone();
    let payments = payments_of_form(node, &nonce).await;
    let all = world.sandbox.all("checkout.session").await;
    let of_form =
        |s: &&Value| s["client_reference_id"].as_str().is_some_and(|id| payments.iter().any(|p| p == id));
    let open = all.iter().filter(of_form).filter(|s| s["status"] == "open").count();
    if open > 1 {
        world.wrong.push(format!("form {number} has {open} pages that take money"));
    }
}

async fn pay_form(world: &mut World, number: usize) -> String {
    if world.forms[number].done {
        return "paid before".to_owned();
    }
    let session = world.forms[number].session.clone().unwrap_or_default();
    let method = world.dice.weighed(&[
        (10, TestMethod::CardSuccess),
        (2, TestMethod::CardDeclined),
        (2, TestMethod::Card3ds),
        (2, TestMethod::CardFailsOnRenewal),
        (2, TestMethod::BacsSuccess),
        (1, TestMethod::BacsFailure),
    ]);
    let outcome = match world.sandbox.pay(&session, method).await {
        Ok(PayOutcome::Needs3ds { .. }) => {
            let agrees = world.dice.percent(70);
            world.sandbox.confirm_3ds(&session, agrees).await
        }
        other => other,
    };
    let what = match outcome {
        Ok(PayOutcome::Paid { .. }) => "paid",
        // A debit that fails gives the form back to its donor: whether it may be paid again is the form's question.
        Ok(PayOutcome::Processing { .. }) => "on its way",
        Ok(PayOutcome::Declined { .. } | PayOutcome::Needs3ds { .. }) => "declined",
        Err(_) => "the page is closed",
    };
    world.forms[number].done |= what == "paid";
    if what == "on its way" || what == "the page is closed" {
        world.forms[number].session = None;
    }
    format!("form {number} by {method:?}: {what}")
}

async fn deliver(world: &mut World, node: &Node) -> String {
    let mut lines = Vec::new();
    for _ in 0..=world.dice.below(8) {
        if world.waiting.is_empty() {
            break;
        }
        let at = world.dice.below(world.waiting.len());
        let delivery = world.waiting[at].clone();
        if world.dice.percent(5) {
            world.waiting.remove(at);
            world.lost += 1;
            lines.push(format!("{} lost", delivery.event_type));
            continue;
        }
        let twice = world.dice.percent(15);
        let status = node.post(&delivery, WEBHOOK_SECRET, world.clock.now().as_unix()).await;
        if status == 200 {
            world.promised.insert(delivery.event_id.clone());
            world.sandbox.delivered(&delivery).await;
            if !twice {
                world.waiting.remove(at);
            }
        }
        lines.push(format!("{} {status}", delivery.event_type));
    }
    lines.join(", ")
}

async fn forge(world: &mut World, node: &Node) -> String {
    let Some(delivery) = world.dice.pick(&world.waiting).cloned() else {
        return "nothing to forge".to_owned();
    };
    let now = world.clock.now().as_unix();
    let foreign = node.post(&delivery, "whsec_test_ffffffffffffffffffffffffffffffff", now).await;
    let old = node.post(&delivery, WEBHOOK_SECRET, now - 301).await;
    if foreign != 400 || old != 400 {
        world.wrong.push(format!("a forged callback was answered {foreign}, an old one {old}"));
    }
    format!("{foreign}, {old}")
}

/// One process is held where it talks to the world outside; the other does whatever is due meanwhile.
async fn two_nodes(world: &mut World, node: &Node, other: &Node) -> String {
    let outside = |point: Point| {
        matches!(point, Point::BeforeCall | Point::AfterCall | Point::BeforeMail | Point::AfterMail)
    };
    let grip = Grip::at_point(1 + world.dice.below(6), outside, &world.mails_taken);
    let mut slow = pin!(node.worker.round());
    let held = grip.held.clone();
    let ended = tokio::select! {
        biased;
        ended = &mut slow => Some(ended),
        () = held.notified() => None,
    };
    match ended {
        Some(ended) => format!("not held: {}", said(ended)),
        None => {
            // Longer than its lease: the other takes over, and what the slow one says afterwards must not count.
            let too_long = world.dice.percent(30);
            if too_long {
                world.clock.advance(Duration::from_secs(700));
                world.mails_at_risk += 1;
            }
            let others = said(other.worker.drain().await);
            let at = grip.at.get();
            grip.go.notify_one();
            format!("held at {at:?}, too long: {too_long}; the other {others}, then {}", said(slow.await))
        }
    }
}

async fn wait(world: &mut World) -> String {
    let minutes = world.dice.weighed(&[
        (4, 1_u64),
        (4, 20),
        (4, 180),
        (4, 60 * 24),
        (3, 60 * 24 * 5),
        (2, 60 * 24 * 31),
    ]);
    world.clock.advance(Duration::from_secs(minutes * 60));
    world.sandbox.tick().await;
    format!("{minutes} minutes")
}

/// Ids of the objects of a kind in a state, oldest first.
async fn ids(world: &World, object: &str, status: &[&str]) -> Vec<String> {
    let all = world.sandbox.all(object).await;
    let fits = |one: &&Value| one["status"].as_str().is_some_and(|s| status.contains(&s));
    all.iter().filter(fits).filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
}

async fn take_back(world: &mut World) -> String {
    let paid = ids(world, "payment_intent", &["succeeded"]).await;
    let Some(intent) = world.dice.pick(&paid).cloned() else { return "nothing to take back".to_owned() };
    match world.dice.below(4) {
        0 => {
            let dispute = world.sandbox.dispute(&intent, "fraudulent").await;
            if let Ok(dispute) = &dispute {
                world.disputes.push(dispute.clone());
            }
            format!("dispute of {intent}: {}", said(dispute))
        }
        1 if !world.disputes.is_empty() => {
            let dispute = world.disputes.remove(0);
            let won = world.dice.percent(50);
            world.sandbox.close_dispute(&dispute, won).await;
            format!("{dispute} won: {won}")
        }
        2 => format!("refund of {intent}: {}", said(world.sandbox.refund(&intent, None).await)),
        _ => format!("part refund of {intent}: {}", said(world.sandbox.refund(&intent, Some(200)).await)),
    }
}

async fn staff_refund(world: &mut World, node: &Node) -> String {
    let paid = ids(world, "payment_intent", &["succeeded"]).await;
    let Some(intent) = world.dice.pick(&paid).cloned() else { return "nothing to refund".to_owned() };
    let known = async {
        let mut read = node.deps.store.read().await.ok()?;
        let gift = gifts::by_payment_intent(&mut read, &intent).await.ok()??;
        effects::known(&mut read, gift).await.ok()
    };
    let Some(known) = known.await else { return format!("{intent} is not in the books yet") };
    let left = known.standing(None).remains();
    let amount = if world.dice.percent(50) { left } else { Money::new(left.minor() / 2, left.currency()) };
    let effects = match refunds::preview(&known, amount) {
        Ok(effects) => effects,
        Err(refusal) => return format!("{intent}: {refusal:?}"),
    };
    let actor = Actor {
        id: STAFF.parse().expect("an id"),
        name: "Sam Office".to_owned(),
        roles: "finance".parse().expect("roles"),
        from: [127, 0, 0, 1].into(),
    };
    let (nonce, seen) = (format!("refund-{}", world.dice.seed()), said_seen(effects.fingerprint()));
    let wish = refunds::Wish {
        gift: &known.gift.id,
        amount,
        reason: RefundReason::Requested,
        why: "They asked",
        nonce: &nonce,
        seen: &seen,
    };
    format!("{amount:?} of {intent}: {}", said(refunds::ask(&node.deps, &actor, wish).await))
}

fn said_seen<E>(fingerprint: Result<String, E>) -> String {
    fingerprint.unwrap_or_default()
}

async fn change_plan(world: &mut World, node: &Node) -> String {
    let running = ids(world, "subscription", &["active", "past_due"]).await;
    let Some(sub) = world.dice.pick(&running).cloned() else { return "no plan".to_owned() };
    let pledge = async {
        let mut read = node.deps.store.read().await.ok()?;
        plan_rows::by_subscription(&mut read, &sub).await.ok()?
    };
    let Some(pledge) = pledge.await else { return format!("{sub} is not in the books yet") };
    let Some(terms) = pledge.terms() else { return format!("{sub} has no terms") };
    let amount = Money::new(500 + 100 * world.dice.below(50) as i64, terms.currency);
    let act = match (world.dice.below(4), terms.schedule().first()) {
        (0, Some(next)) => terms::Act::Skip(next),
        (1, _) => terms::Act::PauseMonths(2),
        (2, _) => terms::Act::Stop,
        _ => terms::Act::Amount { amount, fee_cover: Money::zero(terms.currency) },
    };
    let nonce = format!("change-{}", world.dice.seed());
    let wish = Wish { pledge: &pledge.id, act: act.clone(), nonce: &nonce, origin: ChangeOrigin::Portal };
    format!("{act:?} of {sub}: {}", said(pledges::ask(&node.deps, wish).await))
}

async fn fault(world: &mut World) -> String {
    let before_effect = world.dice.percent(50);
    let status = |code| FaultKind::Status { code, retry_after: None, should_retry: None, before_effect };
    let kind = match world.dice.below(6) {
        0 => status(500),
        1 => FaultKind::Status { code: 429, retry_after: None, should_retry: None, before_effect: true },
        2 => status(503),
        3 => FaultKind::Reset { before_effect },
        4 => FaultKind::LockConflict,
        _ => FaultKind::Html502,
    };
    let times = 1 + world.dice.below(4) as u32;
    let method = world.dice.percent(60).then(|| "POST".to_owned());
    world.faults += 1;
    world.sandbox.fault(Fault { method: method.clone(), path_prefix: "/v1/".to_owned(), times, kind }).await;
    format!("{kind:?} at the next {times} {method:?}")
}

/// Every query carries its owner: somebody else's gift is as absent as one that never was.
async fn pry(world: &mut World, node: &Node) -> String {
    let paid = ids(world, "payment_intent", &["succeeded"]).await;
    let mut seen = Vec::new();
    for intent in &paid {
        let Ok(mut read) = node.deps.store.read().await else { break };
        if let Ok(Some(gift)) = gifts::by_payment_intent(&mut read, intent).await {
            seen.push(gift);
        }
    }
    let Some(mine) = world.dice.pick(&seen) else { return "nothing to see".to_owned() };
    let Some(theirs) = seen.iter().find(|g| g.donor_id != mine.donor_id) else {
        return "no other".to_owned();
    };
    let Ok(mut read) = node.deps.store.read().await else { return "no connection".to_owned() };
    let own = portal::gift(&mut read, &mine.donor_id, &mine.id).await.ok().flatten().is_some();
    let foreign = portal::gift(&mut read, &mine.donor_id, &theirs.id).await.ok().flatten().is_some();
    if foreign || !own {
        world.wrong.push(format!("a donor sees their own gift: {own}, another's: {foreign}"));
    }
    format!("own {own}, another's {foreign}")
}
