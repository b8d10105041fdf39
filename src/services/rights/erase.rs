//! A donor is forgotten: monthly gifts are stopped first, what is under way is waited for, what the law wants is kept until a
//! day, everything else goes (PR-11, PR-12).

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{DonorId, ErasureId, JobId};
use crate::domain::receipt::sha256_hex;
use crate::domain::states::{ChangeOrigin, ErasureState};
use crate::domain::terms;
use crate::services::pledges::{self, Wish};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, evidence, job_kinds};
use crate::store::audit::Note;
use crate::store::erasures::{self, Erasure, NewErasure, Outlook};
use crate::store::jobs::{self, NewJob};
use crate::store::{Day, WriteTx, merges};

/// An accounting period ends within a year of the last gift in it; the law wants six years from there (UK-23, PR-12).
const KEPT_YEARS: i64 = 7;
/// How long until it is looked whether what was waited for is over.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

/// What will happen to a donor who asks to be forgotten.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What is there.
    pub outlook: Outlook,
    /// Until when gifts, receipts and declarations are kept; none: nothing has to be.
    pub held_until: Option<Date>,
    /// Stripe's customers: what Stripe holds is deleted there.
    pub customers: Vec<String>,
    /// The wish, if there is one.
    pub wish: Option<Erasure>,
}

/// Until when the law wants gifts, receipts and declarations kept: seven years after the last of them.
fn held_until(outlook: &Outlook, today: Date) -> Option<Date> {
    if outlook.gifts == 0 && outlook.declarations == 0 {
        return None;
    }
    let last = outlook.last_gift_on.map_or(today, |day| day.0);
    last.checked_add(KEPT_YEARS.years()).ok()
}

fn today(deps: &Deps, now: Ts) -> Date {
    let zone = deps.config.charity.entities.first().map(|e| e.time_zone.clone());
    now.date_in(&zone.unwrap_or(jiff::tz::TimeZone::UTC))
}

/// What will happen to a donor, in figures: the same that [`run`] does.
///
/// # Errors
/// When the database refuses.
pub async fn preview(deps: &Deps, owner: &DonorId) -> Result<Preview> {
    let mut read = deps.store.read().await?;
    let outlook = erasures::outlook(&mut read, owner).await?;
    let customers = erasures::customers(&mut read, owner).await?;
    let wish = erasures::of_donor(&mut read, owner).await?;
    let held_until = held_until(&outlook, today(deps, deps.clock.now()));
    Ok(Preview { outlook, held_until, customers, wish })
}

/// Writes down that a donor is to be forgotten. Their doors close and no mail but what waits is sent; the rest follows as soon
/// as nothing is under way. `false`: it was written down before, or there is no such donor.
///
/// # Errors
/// When the database refuses.
pub async fn ask(deps: &Deps, actor: &Actor, owner: &DonorId, why: &str, nonce: &str) -> Result<bool> {
    let now = deps.clock.now();
    let id = ErasureId::new(now, &deps.random);
    let mut tx = deps.store.write().await?;
    if !merges::hold_one(&mut tx, owner, now).await? {
        return Ok(false);
    }
    let new = NewErasure { id: &id, donor: owner, nonce, why, by: &actor.id, at: now };
    if !erasures::insert_if_new(&mut tx, &new).await? {
        return Ok(false);
    }
    let mailboxes = erasures::mailboxes(&mut tx, owner).await?;
    erasures::close_doors(&mut tx, owner, &mailboxes).await?;
    enqueue(deps, &mut tx, &id, now).await?;
    let after = json!({ "erasure": id.as_str() });
    let act = Act { action: "donor.erasure_asked", subject: owner.as_str(), before: Value::Null, after, why };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(true)
}

async fn enqueue(deps: &Deps, tx: &mut WriteTx, id: &ErasureId, run_at: Ts) -> Result<()> {
    let job = NewJob {
        id: JobId::new(run_at, &deps.random),
        kind: job_kinds::ERASE_DONOR,
        subject: id.to_string(),
        hint: None,
        run_at,
    };
    jobs::enqueue_batch(tx, &[job]).await?;
    Ok(())
}

/// What has to be over first, in words; none: nothing.
fn waits_for(outlook: &Outlook) -> Option<&'static str> {
    [
        (outlook.plans, "A monthly gift is being stopped at Stripe."),
        (outlook.payments_open, "A payment is not decided yet."),
        (outlook.refunds_open, "A refund is under way."),
        (outlook.disputes_open, "A dispute is not decided yet."),
        (outlook.mails_waiting, "A mail is on its way."),
    ]
    .into_iter()
    .find_map(|(count, words)| (count > 0).then_some(words))
}

/// Forgets a donor, or finds out that it is done: stops what goes on, and looks again later while something is under way.
///
/// # Errors
/// When Stripe or the database refuses; then it is tried again.
pub async fn run(deps: &Deps, subject: &str) -> Result<()> {
    let id: ErasureId =
        subject.parse().map_err(|_| ServiceError::Unexpected(format!("{subject:?} is no erasure")))?;
    let (wish, plans) = {
        let mut read = deps.store.read().await?;
        let Some(wish) = erasures::by_id(&mut read, &id).await? else { return Ok(()) };
        let plans = erasures::plans_going_on(&mut read, &wish.donor_id).await?;
        (wish, plans)
    };
    if wish.state == ErasureState::Done {
        return Ok(());
    }
    for plan in &plans {
        let nonce = sha256_hex(&format!("{id}:{plan}"));
        let stop =
            Wish { pledge: plan, act: terms::Act::Stop, nonce: &nonce[..32], origin: ChangeOrigin::Office };
        pledges::ask(deps, stop).await?;
    }
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let outlook = erasures::outlook(&mut tx, &wish.donor_id).await?;
    if let Some(words) = waits_for(&outlook) {
        erasures::wait(&mut tx, &id, words).await?;
        enqueue(deps, &mut tx, &id, now.plus(LOOK_AGAIN)).await?;
        return Ok(tx.commit().await?);
    }
    forget(deps, &mut tx, &wish, &outlook, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn forget(deps: &Deps, tx: &mut WriteTx, wish: &Erasure, outlook: &Outlook, now: Ts) -> Result<()> {
    let owner = &wish.donor_id;
    let mailboxes = erasures::mailboxes(tx, owner).await?;
    for mailbox in &mailboxes {
        erasures::suppress(tx, &sha256_hex(mailbox), now).await?;
    }
    erasures::close_doors(tx, owner, &mailboxes).await?;
    let nobody = DonorDetails::erased(&deps.config.charity.brand.locale);
    let details = serde_json::to_string(&nobody).map_err(|e| ServiceError::Unexpected(e.to_string()))?;
    for (correction, was) in erasures::told_before(tx, owner).await? {
        let unfit = |e: serde_json::Error| ServiceError::Unexpected(format!("{correction}: {e}"));
        let mut was: Value = serde_json::from_str(&was).map_err(unfit)?;
        was["donor_details"] = serde_json::to_value(&nobody).map_err(unfit)?;
        erasures::set_told_before(tx, &correction, &was.to_string()).await?;
    }
    erasures::strip_corrections(tx, owner, &details).await?;
    erasures::strip(tx, owner, &details, &evidence::none(), now).await?;
    let until = held_until(outlook, today(deps, now));
    erasures::finish(tx, &wish.id, now, until.map(Day)).await?;
    let detail = json!({
        "erasure": wish.id.as_str(), "addresses": outlook.addresses, "notes": outlook.notes, "mails": outlook.mails,
        "kept": { "gifts": outlook.gifts, "papers": outlook.papers, "declarations": outlook.declarations },
        "held_until": until.map(|d| d.to_string()),
    });
    tx.note(Note {
        id: crate::domain::ids::AuditId::new(now, &deps.random),
        at: now,
        actor: "worker".to_owned(),
        action: "donor.erased",
        subject: owner.to_string(),
        detail: detail.to_string(),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_the_law_wants_is_kept_seven_years_after_the_last_gift() {
        let on = date(2026, 11, 27);
        assert_eq!(held_until(&Outlook::default(), on), None, "nothing was given, nothing is kept");
        let gift = Outlook { gifts: 1, last_gift_on: Some(Day(date(2024, 2, 29))), ..Outlook::default() };
        assert_eq!(held_until(&gift, on), Some(date(2031, 2, 28)));
        let declared = Outlook { declarations: 1, ..Outlook::default() };
        assert_eq!(held_until(&declared, on), Some(date(2033, 11, 27)));
    }

    #[test]
    fn what_is_under_way_is_waited_for() {
        assert_eq!(waits_for(&Outlook::default()), None);
        for busy in [
            Outlook { plans: 1, ..Outlook::default() },
            Outlook { payments_open: 1, ..Outlook::default() },
            Outlook { refunds_open: 1, ..Outlook::default() },
            Outlook { disputes_open: 1, ..Outlook::default() },
            Outlook { mails_waiting: 1, ..Outlook::default() },
        ] {
            assert!(waits_for(&busy).is_some(), "{busy:?}");
        }
    }
}
