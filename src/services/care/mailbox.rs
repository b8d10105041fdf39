//! A mistyped mailbox, mended. Whoever moves a mailbox could have its mail: the old one hears of it, a reason is kept, and
//! for a week the office sends no sign-in link to the new one.

use std::time::Duration;

use serde_json::json;

use super::donor;
use crate::domain::donor::normalise_email;
use crate::domain::ids::{DonorId, unguessable};
use crate::domain::states::Standing;
use crate::services::compose::letters;
use crate::services::mailing::{self, Envelope};
use crate::services::staff::record;
use crate::services::staff::{Act, Actor};
use crate::services::{Deps, Result, ServiceError};
use crate::store::{WriteTx, audit, donors, outbox};

/// What the audit chain calls it.
const ACTION: &str = "donor.mailbox_mended";
/// For this long after it the office sends no sign-in link there. The donor can ask for one.
const NO_LINK_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What became of a mailbox that was to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// It is another now. So many mails that had been refused are on their way to it.
    Done {
        /// How many.
        resent: usize,
    },
    /// It was this one already.
    Same,
    /// Another donor has it.
    Taken,
    /// The donor has an account, and changes it themselves.
    HasAccount,
}

/// Whether staff moved a donor's mailbox within the last week: then the office sends no sign-in link there.
///
/// # Errors
/// When the database refuses.
pub async fn is_mended_lately(deps: &Deps, id: &DonorId) -> Result<bool> {
    let since = deps.clock.now().minus(NO_LINK_FOR);
    let mut read = deps.store.read().await?;
    Ok(audit::is_done_since(&mut read, id.as_str(), ACTION, since).await?)
}

/// Moves a guest or offline donor to another mailbox, sends what was refused there, and tells the old one. `None`: no such
/// donor.
///
/// # Errors
/// When the database or a template refuses.
pub async fn mend_mailbox(
    deps: &Deps,
    actor: &Actor,
    id: &DonorId,
    email: &str,
    why: &str,
) -> Result<Option<Mended>> {
    let Some(donor) = donor(deps, id).await? else { return Ok(None) };
    if donor.standing == Standing::Account || donor.account_since.is_some() {
        return Ok(Some(Mended::HasAccount));
    }
    if donor.email == email {
        return Ok(Some(Mended::Same));
    }
    match change(deps, actor, id, (&donor.email, email), why).await {
        // Another guest took it in the same moment.
        Err(ServiceError::Store(e)) if e.is_unique_violation() => Ok(Some(Mended::Taken)),
        done => done.map(Some),
    }
}

async fn change(
    deps: &Deps,
    actor: &Actor,
    id: &DonorId,
    (before, email): (&str, &str),
    why: &str,
) -> Result<Mended> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !donors::set_mailbox(&mut tx, id, email, &normalise_email(email), now).await? {
        return Ok(Mended::Taken);
    }
    let again = outbox::queue_failed_again(&mut tx, id, None, email).await?;
    mailing::enqueue(deps, &mut tx, &again, now).await?;
    let waiting = outbox::redirect_waiting(&mut tx, id, email).await?;
    tell_old(deps, &mut tx, before).await?;
    let act = Act {
        action: ACTION,
        subject: id.as_str(),
        before: json!({ "email": record::masked(before) }),
        after: json!({ "email": record::masked(email), "resent": again.len(), "redirected": waiting }),
        why,
    };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Mended::Done { resent: again.len() })
}

/// Tells the mailbox that was left. The letter is no donor's: it neither rests with their mail nor moves with it.
async fn tell_old(deps: &Deps, tx: &mut WriteTx, before: &str) -> Result<()> {
    if before.is_empty() {
        return Ok(());
    }
    let now = deps.clock.now();
    let envelope = Envelope {
        dedupe_key: format!("address_changed:{}", unguessable(&deps.random)),
        recipient: before,
        donor_id: None,
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, letters::address_changed(deps)?, now).await
}
