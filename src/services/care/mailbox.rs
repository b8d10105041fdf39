//! A mistyped mailbox, mended.

use serde_json::json;

use super::donor;
use crate::domain::donor::normalise_email;
use crate::domain::ids::DonorId;
use crate::domain::states::Standing;
use crate::services::staff::record;
use crate::services::staff::{Act, Actor};
use crate::services::{Deps, Result, ServiceError, mailing};
use crate::store::{donors, outbox};

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

/// Moves a guest or offline donor to another mailbox, and sends what was refused there. `None`: no such donor.
///
/// # Errors
/// When the database refuses.
pub async fn mend_mailbox(deps: &Deps, actor: &Actor, id: &DonorId, email: &str) -> Result<Option<Mended>> {
    let Some(donor) = donor(deps, id).await? else { return Ok(None) };
    if donor.standing == Standing::Account || donor.account_since.is_some() {
        return Ok(Some(Mended::HasAccount));
    }
    if donor.email == email {
        return Ok(Some(Mended::Same));
    }
    match change(deps, actor, id, &donor.email, email).await {
        // Another guest took it in the same moment.
        Err(ServiceError::Store(e)) if e.is_unique_violation() => Ok(Some(Mended::Taken)),
        done => done.map(Some),
    }
}

async fn change(deps: &Deps, actor: &Actor, id: &DonorId, before: &str, email: &str) -> Result<Mended> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if !donors::set_mailbox(&mut tx, id, email, &normalise_email(email), now).await? {
        return Ok(Mended::Taken);
    }
    let again = outbox::queue_failed_again(&mut tx, id, None, email).await?;
    mailing::enqueue(deps, &mut tx, &again, now).await?;
    let waiting = outbox::redirect_waiting(&mut tx, id, email).await?;
    let act = Act {
        action: "donor.mailbox_mended",
        subject: id.as_str(),
        before: json!({ "email": record::masked(before) }),
        after: json!({ "email": record::masked(email), "resent": again.len(), "redirected": waiting }),
        why: "",
    };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Mended::Done { resent: again.len() })
}
