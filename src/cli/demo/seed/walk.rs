//! Doing what the plan says, day by day.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;

use super::calendar::DAY;
use super::plan::{Act, Asks, Deed, Giving, Plan};
use super::stage::Stage;
use crate::cli::demo::say::Progress;
use crate::clock::Ts;
use crate::config::{Campaign, Entity};
use crate::domain::ids::unguessable;
use crate::domain::money::Money;
use crate::domain::states::ChangeOrigin;
use crate::domain::{fee, terms};
use crate::sandbox::{PayOutcome, TestMethod};
use crate::services::compose;
use crate::services::give::{self, GiveCommand, Started};
use crate::services::pledges::{self, Asked, Wish};
use crate::store::pledges::by_subscription;

/// When the day's callbacks and jobs are done: after the last deed, on the same day in every entity's zone.
const EVENING: i64 = 22 * 3600 + 1800;

/// What came of the givings so far.
struct Walk<'a> {
    stage: &'a Stage,
    plan: &'a Plan,
    /// Each giving's payment page.
    sessions: Vec<Option<String>>,
    /// Disputes by giving.
    disputes: HashMap<usize, String>,
}

/// Walks to the end, or until told to stop; `false` then.
pub async fn walk(
    stage: &Stage,
    plan: &Plan,
    stop: &CancellationToken,
    progress: &mut Progress,
) -> anyhow::Result<bool> {
    let sessions = vec![None; plan.givings.len()];
    let mut walk = Walk { stage, plan, sessions, disputes: HashMap::new() };
    let mut acts = plan.acts.iter().peekable();
    let days = plan.season.days();
    for day in 0..days {
        let midnight = plan.season.start() + day * DAY;
        let mut busy = false;
        while let Some(act) = acts.next_if(|act| act.at < midnight + DAY) {
            if stop.is_cancelled() {
                return Ok(false);
            }
            busy = true;
            walk.perform(act).await?;
        }
        let evening = midnight + EVENING;
        if busy || stage.sandbox.next_due().await.is_some_and(|at| at <= evening) {
            stage.go(evening).await;
            stage.settle().await?;
        }
        progress.at(day + 1, days);
        if stop.is_cancelled() {
            return Ok(false);
        }
    }
    stage.go(plan.season.start() + days * DAY - 1).await;
    stage.settle().await?;
    Ok(true)
}

impl Walk<'_> {
    async fn perform(&mut self, act: &Act) -> anyhow::Result<()> {
        self.stage.go(act.at).await;
        let sandbox = &self.stage.sandbox;
        match act.deed {
            Deed::Give => return self.give(act.giving).await,
            Deed::Asks(asks) => {
                if let Some(sub) = self.live_plan(act.giving).await {
                    return self.ask(&sub, asks).await;
                }
            }
            Deed::Becomes(method) => {
                if let Some(sub) = self.live_plan(act.giving).await {
                    sandbox.method_becomes(&sub, method).await;
                }
            }
            Deed::Refund(minor) => {
                if let Some(intent) = self.of(act.giving, "payment_intent").await {
                    sandbox.refund(&intent, minor).await.map_err(anyhow::Error::msg)?;
                }
            }
            Deed::Dispute => {
                if let Some(intent) = self.of(act.giving, "payment_intent").await {
                    let id = sandbox.dispute(&intent, "fraudulent").await.map_err(anyhow::Error::msg)?;
                    self.disputes.insert(act.giving, id);
                }
            }
            Deed::Decide(won) => {
                if let Some(id) = self.disputes.remove(&act.giving) {
                    sandbox.close_dispute(&id, won).await;
                }
            }
        }
        Ok(())
    }

    /// Asks for a change of a plan, by the service that the donor's area uses.
    async fn ask(&self, subscription: &str, asks: Asks) -> anyhow::Result<()> {
        let deps = &self.stage.deps;
        // The plan's own callback may still be on its way.
        self.stage.settle().await?;
        let pledge = {
            let mut read = deps.store.read().await?;
            by_subscription(&mut read, subscription).await?
        };
        let Some((pledge, terms)) = pledge.and_then(|p| p.terms().map(|t| (p, t))) else { return Ok(()) };
        let entity = compose::entity(deps, &pledge.entity_id)?;
        let next = terms.schedule().first();
        let act = match (asks, next) {
            (Asks::Amount(minor), _) => {
                let amount = Money::new(minor, terms.currency);
                let fee_cover = if terms.fee_cover_minor > 0 {
                    covered(entity, amount)?
                } else {
                    Money::zero(terms.currency)
                };
                terms::Act::Amount { amount, fee_cover }
            }
            (Asks::Skip, Some(next)) => terms::Act::Skip(next),
            (Asks::Pause(months), _) => terms::Act::PauseMonths(months),
            (Asks::End(days), _) => {
                let day = deps.clock.now().plus(std::time::Duration::from_secs(days * 86_400));
                terms::Act::EndAfter(day.date_in(&entity.time_zone))
            }
            (Asks::Stop, _) => terms::Act::Stop,
            (Asks::Skip, None) => return Ok(()),
        };
        let nonce = unguessable(&deps.random);
        let wish = Wish { pledge: &pledge.id, act, nonce: &nonce, origin: ChangeOrigin::Portal };
        match pledges::ask(deps, wish).await? {
            Asked::Done(_) | Asked::Refused(_) => Ok(()),
            other => anyhow::bail!("a change of the demo's plan became {other:?}"),
        }
    }

    async fn of(&self, giving: usize, field: &str) -> Option<String> {
        let session = self.stage.sandbox.object(self.sessions[giving].as_ref()?).await?;
        session[field].as_str().map(str::to_owned)
    }

    /// The subscription of a giving, unless it has ended.
    async fn live_plan(&self, giving: usize) -> Option<String> {
        let sub = self.of(giving, "subscription").await?;
        let ended = self.stage.sandbox.object(&sub).await?["status"] == "canceled";
        (!ended).then_some(sub)
    }

    async fn give(&mut self, number: usize) -> anyhow::Result<()> {
        let giving = &self.plan.givings[number];
        let started = give::start(&self.stage.deps, self.command(giving)?).await?;
        let Started::Checkout(url) = started else { anyhow::bail!("the demo's gift was there already") };
        let session = url.rsplit('/').next().unwrap_or_default().to_owned();
        let sandbox = &self.stage.sandbox;
        if giving.stumbles {
            sandbox.pay(&session, TestMethod::CardDeclined).await.map_err(anyhow::Error::msg)?;
        }
        if !giving.left {
            let paid = sandbox.pay(&session, giving.method).await.map_err(anyhow::Error::msg)?;
            if matches!(paid, PayOutcome::Needs3ds { .. }) {
                sandbox.confirm_3ds(&session, true).await.map_err(anyhow::Error::msg)?;
            }
        }
        self.sessions[number] = Some(session);
        Ok(())
    }

    /// The form as it comes out of the page.
    fn command(&self, giving: &Giving) -> anyhow::Result<GiveCommand> {
        let deps = &self.stage.deps;
        let charity = &deps.config.charity;
        let id = giving.home.entity();
        let entity =
            charity.entity(id).ok_or_else(|| anyhow::anyhow!("the charity file has no entity {id}"))?;
        let today: Ts = deps.clock.now();
        let today = today.date_in(&entity.time_zone);
        let open = |c: &&Campaign| c.starts.is_some() && c.is_offered_by(id) && c.is_open_on(today);
        let campaign = charity.campaigns.iter().find(open).filter(|_| giving.fund == 1);
        let funds: Vec<_> = charity.funds_of(id).collect();
        let chosen = funds.get(giving.fund % funds.len().max(1)).map(|f| f.id.clone()).unwrap_or_default();
        let amount = Money::new(giving.minor, giving.currency);
        let fee_cover = if giving.cover { covered(entity, amount)? } else { Money::zero(giving.currency) };
        Ok(GiveCommand {
            form_nonce: unguessable(&deps.random),
            entity_id: id.to_owned(),
            frequency: giving.frequency,
            fund_id: campaign.and_then(|c| c.fund.clone()).unwrap_or(chosen),
            campaign_id: campaign.map(|c| c.id.clone()),
            amount,
            fee_cover,
            donor: self.plan.donors[giving.donor].clone(),
            note: giving.note.clone(),
            tribute: giving.tribute.clone(),
            gift_aid: giving.aid,
            consents: giving.consents.iter().filter_map(|c| c.parse().ok()).collect(),
            account: None,
            customer: None,
        })
    }
}

/// What covers the card fee, where the entity asks for it.
fn covered(entity: &Entity, amount: Money) -> anyhow::Result<Money> {
    let rule = entity.cover_fee.as_ref();
    Ok(match rule.and_then(|r| Some((r.percent, r.fixed_in(amount.currency())?))) {
        Some((percent, fixed)) => fee::cover(amount, percent, fixed.minor())?,
        None => Money::zero(amount.currency()),
    })
}
