//! Gift Aid claims (UK-38 to UK-46). What a gift is owed is worked out from the books each time: what remains given, if all
//! conditions hold, less what was claimed for it. More is a row of the next claim, less is tax to give back with it. So
//! nothing has to be told that a gift was refunded, and nothing can be claimed twice.

mod file;
mod preview;
mod report;
mod weigh;
mod words;

pub use file::{ClaimFile, Told, download, file, told};
pub use preview::{Preview, PreviewRow, preview, tax_of};
pub use report::{ByDay, FileFigures, Remark, Remarks, Report, Tally};
pub use weigh::{Outcome, standing_of_gift};
pub use words::{outcome_words, why_words};

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::ids::{AuditId, ClaimId, GiftId};
use crate::domain::money::{Currency, Money};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError};
use crate::store::audit::Note;
use crate::store::claims::{self, Claim, ClaimState, NewClaim};
use crate::store::{Day, WriteTx, claim_rows};

/// HMRC's sum may differ by as much from ours, in pence: it rounds in its own way (UK-32).
const ROUNDING: i64 = 100;
/// Rows read at once.
const AT_ONCE: i64 = 1_000;

/// Who makes, sends or drops a claim.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A member of staff.
    Staff(&'a Actor),
    /// The command line.
    Command,
}

impl By<'_> {
    fn id(&self) -> &str {
        match self {
            By::Staff(actor) => actor.id.as_str(),
            By::Command => "command",
        }
    }

    /// A line of the audit chain.
    fn note(&self, deps: &Deps, tx: &mut WriteTx, action: &'static str, claim: &ClaimId, after: Value) {
        match self {
            By::Staff(actor) => {
                let subject = claim.as_str();
                record(deps, tx, actor, Act { action, subject, before: Value::Null, after, why: "" });
            }
            By::Command => {
                let at = deps.clock.now();
                let (id, actor) = (AuditId::new(at, &deps.random), "command".to_owned());
                tx.note(Note {
                    id,
                    at,
                    actor,
                    action,
                    subject: claim.to_string(),
                    detail: after.to_string(),
                });
            }
        }
    }
}

/// What became of the wish for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drafted {
    /// It is made, now or by the same form before.
    Done(ClaimId),
    /// Another draft of the entity is open: send or drop it first.
    Open(ClaimId),
    /// There is nothing to claim.
    Nothing,
    /// More is to be given back than the claim brings: HMRC takes no such claim (UK-43).
    TooMuchBack {
        /// To be given back.
        back: Money,
        /// What the claim would bring.
        tax: Money,
    },
    /// A claim was sent while this one was worked out: look again.
    ChangedMeanwhile,
    /// The day has not come yet.
    InFuture,
    /// The entity takes no Gift Aid.
    NoGiftAid,
}

/// The entity, if it takes Gift Aid (UK-7).
pub fn taking<'d>(deps: &'d Deps, entity: &str) -> Option<&'d Entity> {
    deps.config.charity.entity(entity).filter(|e| e.gift_aid)
}

/// Makes the claim of an entity with everything received up to a day: its rows and adjustments are frozen, its files are
/// written once and read back. Once for a form, one draft at a time.
///
/// # Errors
/// When the database refuses, or a file of the claim does not stand HMRC's own checks.
pub async fn draft(deps: &Deps, entity: &str, up_to: Date, nonce: &str, by: By<'_>) -> Result<Drafted> {
    let Some(entity) = taking(deps, entity) else { return Ok(Drafted::NoGiftAid) };
    let today = deps.clock.now().date_in(&entity.time_zone);
    if up_to > today {
        return Ok(Drafted::InFuture);
    }
    {
        let mut read = deps.store.read().await?;
        if let Some(before) = claims::by_nonce(&mut read, nonce).await? {
            return Ok(Drafted::Done(before.id));
        }
        if let Some(open) = claims::draft_of(&mut read, &entity.id).await? {
            return Ok(Drafted::Open(open.id));
        }
    }
    let mut found = preview(deps, entity, up_to).await?;
    if found.rows.is_empty() && found.adjustments.is_empty() {
        return Ok(Drafted::Nothing);
    }
    if found.is_too_much_back() {
        return Ok(Drafted::TooMuchBack { back: found.adjustment, tax: found.tax });
    }
    found.report.files = file::all(&found, today).await?;
    freeze(deps, entity, &found, nonce, by).await
}

async fn freeze(deps: &Deps, entity: &Entity, found: &Preview, nonce: &str, by: By<'_>) -> Result<Drafted> {
    let now = deps.clock.now();
    let id = ClaimId::new(now, &deps.random);
    let mut tx = deps.store.write().await?;
    // Whoever has the number has the entity: what was made meanwhile is seen now.
    let number = claims::next_number(&mut tx, &entity.id).await?;
    if let Some(before) = claims::by_nonce(&mut tx, nonce).await? {
        return Ok(Drafted::Done(before.id));
    }
    if let Some(open) = claims::draft_of(&mut tx, &entity.id).await? {
        return Ok(Drafted::Open(open.id));
    }
    if claims::times_sent(&mut tx, &entity.id).await? != found.times_sent {
        return Ok(Drafted::ChangedMeanwhile);
    }
    let number = format!("GA-{}-{number:04}", entity.receipt_prefix);
    let report = serde_json::to_string(&found.report).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    let new = NewClaim {
        id: &id,
        number: &number,
        entity: &entity.id,
        nonce,
        up_to: Day(found.up_to),
        row_count: count(found.rows.len()),
        gifts: found.gifts,
        tax: found.tax,
        adjustment: found.adjustment,
        adjustment_words: &found.adjustment_words,
        report: &report,
        by: by.id(),
        at: now,
    };
    if !claims::insert_if_new(&mut tx, &new).await? {
        return Ok(Drafted::ChangedMeanwhile);
    }
    claim_rows::insert_rows(&mut tx, &id, &found.frozen_rows(deps, now)?).await?;
    claim_rows::insert_adjustments(&mut tx, &id, &found.frozen_adjustments(deps, now)).await?;
    let after = json!({
        "number": number, "up_to": found.up_to.to_string(), "rows": found.rows.len(), "files": found.report.files.len(),
        "gifts_minor": found.gifts.minor(), "tax_minor": found.tax.minor(), "back_minor": found.adjustment.minor(),
    });
    by.note(deps, &mut tx, "claim.drafted", &id, after);
    tx.commit().await?;
    Ok(Drafted::Done(id))
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The report of a claim.
///
/// # Errors
/// When it cannot be read.
pub fn report_of(claim: &Claim) -> Result<Report> {
    serde_json::from_str(&claim.report)
        .map_err(|e| ServiceError::Unexpected(format!("the report of {}: {e}", claim.number)))
}

/// What became of an act on a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It is done.
    Done,
    /// It stands elsewhere: another was first.
    StandsElsewhere(ClaimState),
    /// The day has not come yet.
    InFuture,
    /// The day is before the claim was made, or sent.
    TooEarly,
    /// These gifts are not what they were: drop the draft and make another.
    Changed(Vec<GiftId>),
    /// There is no such claim.
    Unknown,
}

/// Gives a draft up. Its gifts are free for the next one.
///
/// # Errors
/// When the database refuses.
pub async fn drop_draft(deps: &Deps, claim: &ClaimId, by: By<'_>) -> Result<Acted> {
    let mut tx = deps.store.write().await?;
    let Some(known) = claims::by_id(&mut tx, claim).await? else { return Ok(Acted::Unknown) };
    if !claims::drop_draft(&mut tx, claim, deps.clock.now()).await? {
        return Ok(Acted::StandsElsewhere(known.state));
    }
    let after = json!({ "number": known.number, "tax_minor": known.tax.minor() });
    by.note(deps, &mut tx, "claim.dropped", claim, after);
    tx.commit().await?;
    Ok(Acted::Done)
}

/// Says that HMRC has the claim: from now on its rows count as claimed. Refused when a gift of it is not what it was when the
/// draft was made. A gift that changes in the very moment is put right by the next claim, as any that changes later.
///
/// # Errors
/// When the database refuses.
pub async fn sent(deps: &Deps, claim: &ClaimId, reference: &str, on: Date, by: By<'_>) -> Result<Acted> {
    let now = deps.clock.now();
    let known = {
        let mut read = deps.store.read().await?;
        claims::by_id(&mut read, claim).await?
    };
    let Some(known) = known else { return Ok(Acted::Unknown) };
    if known.state != ClaimState::Draft {
        return Ok(Acted::StandsElsewhere(known.state));
    }
    let Some(entity) = taking(deps, &known.entity_id) else { return Ok(Acted::Unknown) };
    let (zone, today) = (&entity.time_zone, now.date_in(&entity.time_zone));
    if on > today {
        return Ok(Acted::InFuture);
    }
    if on < known.made_at.date_in(zone) {
        return Ok(Acted::TooEarly);
    }
    let changed = changed_since(deps, entity, &known).await?;
    if !changed.is_empty() {
        return Ok(Acted::Changed(changed));
    }
    let sent_at = if on == today { now } else { Ts::start_of(on, zone).max(known.made_at) };
    let mut tx = deps.store.write().await?;
    if !claims::mark_sent(&mut tx, claim, reference, by.id(), sent_at).await? {
        return Ok(Acted::StandsElsewhere(state_now(&mut tx, claim).await?));
    }
    let after = json!({
        "number": known.number, "reference": reference, "sent_on": on.to_string(), "rows": known.row_count,
        "gifts_minor": known.gifts.minor(), "tax_minor": known.tax.minor(), "back_minor": known.adjustment.minor(),
    });
    by.note(deps, &mut tx, "claim.sent", claim, after);
    tx.commit().await?;
    Ok(Acted::Done)
}

async fn state_now(tx: &mut WriteTx, claim: &ClaimId) -> Result<ClaimState> {
    let known = claims::by_id(tx, claim).await?;
    known.map(|c| c.state).ok_or_else(|| ServiceError::Unexpected(format!("no claim {claim}")))
}

/// The gifts of a draft that would not stand in it as they do, were it made now.
async fn changed_since(deps: &Deps, entity: &Entity, claim: &Claim) -> Result<Vec<GiftId>> {
    let now = preview(deps, entity, claim.up_to.0).await?;
    let rows: HashMap<&GiftId, i64> = now.rows.iter().map(|r| (&r.gift, r.amount_minor)).collect();
    let back: HashMap<&GiftId, i64> = now.adjustments.iter().map(|a| (&a.gift, a.amount_minor)).collect();
    let mut changed = Vec::new();
    let mut read = deps.store.snapshot().await?;
    let mut after = (0, 0);
    loop {
        let frozen = claim_rows::rows(&mut read, &claim.id, after, AT_ONCE).await?;
        let Some(last) = frozen.last() else { break };
        after = (last.part, last.item);
        let other = frozen.into_iter().filter(|r| rows.get(&r.gift_id) != Some(&r.amount_minor));
        changed.extend(other.map(|r| r.gift_id));
    }
    let taken = claim_rows::adjustments(&mut read, &claim.id).await?;
    changed.extend(
        taken.into_iter().filter(|t| back.get(&t.gift_id) != Some(&t.amount_minor)).map(|t| t.gift_id),
    );
    Ok(changed)
}

/// Writes down what HMRC paid for a claim that was sent.
///
/// # Errors
/// When the database refuses.
pub async fn paid(
    deps: &Deps,
    claim: &ClaimId,
    sum: Money,
    on: Date,
    words: &str,
    by: By<'_>,
) -> Result<Acted> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(known) = claims::by_id(&mut tx, claim).await? else { return Ok(Acted::Unknown) };
    let Some(entity) = taking(deps, &known.entity_id) else { return Ok(Acted::Unknown) };
    if on > now.date_in(&entity.time_zone) {
        return Ok(Acted::InFuture);
    }
    if known.sent_at.is_some_and(|at| on < at.date_in(&entity.time_zone)) {
        return Ok(Acted::TooEarly);
    }
    if !claims::mark_paid(&mut tx, claim, sum, Day(on), words, now).await? {
        return Ok(Acted::StandsElsewhere(known.state));
    }
    let difference = sum.minor().saturating_sub(known.expected().minor());
    let after = json!({
        "number": known.number, "paid_minor": sum.minor(), "paid_on": on.to_string(),
        "expected_minor": known.expected().minor(), "difference_minor": difference, "words": words,
    });
    by.note(deps, &mut tx, "claim.paid", claim, after);
    tx.commit().await?;
    Ok(Acted::Done)
}

/// What HMRC paid more (or, below zero, less) than was expected, and whether rounding explains it (UK-32).
pub fn difference(claim: &Claim) -> Option<(Money, bool)> {
    let minor = claim.paid?.minor().saturating_sub(claim.expected().minor());
    Some((Money::new(minor, Currency::GBP), minor.abs() <= ROUNDING))
}
