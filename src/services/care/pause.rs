//! Mail to a donor rests: after a death, a complaint, or while a mailbox is being sorted out.

use serde_json::{Value, json};

use super::donor;
use crate::domain::ids::{DonorId, PauseId};
use crate::services::staff::record;
use crate::services::staff::{Act, Actor};
use crate::services::{Deps, Result, mailing};
use crate::store::pauses::{self, NewPause};

/// Lets mail to a donor rest. What they ask for themselves, such as a sign-in link, is still sent. `false`: it rests
/// already; `None`: no such donor.
///
/// # Errors
/// When the database refuses.
pub async fn pause_mail(deps: &Deps, actor: &Actor, id: &DonorId, why: &str) -> Result<Option<bool>> {
    let Some(donor) = donor(deps, id).await? else { return Ok(None) };
    if donor.pause_id.is_some() {
        return Ok(Some(false));
    }
    let now = deps.clock.now();
    let pause = PauseId::new(now, &deps.random);
    let mut tx = deps.store.write().await?;
    let new = NewPause { id: &pause, donor: id, why, by: &actor.id, at: now };
    if !pauses::begin(&mut tx, &new).await? {
        return Ok(Some(false));
    }
    // The reason stands with the pause, where it can be removed: the chain keeps whatever it is told.
    let (before, after) = (Value::Null, json!({ "pause": pause.as_str() }));
    let act = Act { action: "donor.mail_paused", subject: id.as_str(), before, after, why: "" };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(Some(true))
}

/// Sends mail to a donor again, what rested first. Gives how many had rested; `None`: no such donor, or nothing rests.
///
/// # Errors
/// When the database refuses.
pub async fn begin_again(deps: &Deps, actor: &Actor, id: &DonorId) -> Result<Option<usize>> {
    let Some(donor) = donor(deps, id).await? else { return Ok(None) };
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !pauses::end(&mut tx, id, &actor.id, now).await? {
        return Ok(None);
    }
    let released = mailing::release(deps, &mut tx, now).await?;
    let before = json!({ "pause": donor.pause_id.as_ref().map(PauseId::as_str) });
    let after = json!({ "released": released });
    record::record(
        deps,
        &mut tx,
        actor,
        Act { action: "donor.mail_begun_again", subject: id.as_str(), before, after, why: "" },
    );
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Some(released))
}
