//! A donor's name, telephone and address, put right by staff: a misspelt name on a letter, a new address by telephone.

use serde_json::json;

use super::donor;
use crate::domain::donor::Address;
use crate::domain::ids::{AddressId, DonorId};
use crate::services::profile::Names;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::profile;

/// A donor's details as they are to be.
#[derive(Clone, Debug)]
pub struct Details {
    /// Names.
    pub names: Names,
    /// As typed, if any.
    pub telephone: Option<String>,
    /// The address that holds from now on; `None`: none is known.
    pub address: Option<Address>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutRight {
    /// Something is otherwise now.
    Done,
    /// Everything was so already.
    Same,
}

/// Puts a donor's details right. What was issued before keeps the name and the address it has (rule 11 of the house); the
/// address that held is kept with its last day. The chain learns which parts changed, not what they say. `None`: no such
/// donor.
///
/// # Errors
/// When the database refuses.
pub async fn put_right(
    deps: &Deps,
    actor: &Actor,
    id: &DonorId,
    new: &Details,
    why: &str,
) -> Result<Option<PutRight>> {
    let Some(was) = donor(deps, id).await? else { return Ok(None) };
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let held = profile::current_address(&mut tx, id).await?;
    let mut changed = Vec::new();
    let Names { kind, given_name, family_name, organisation } = &new.names;
    let names = (was.kind, &was.given_name, &was.family_name, &was.organisation);
    if names != (*kind, given_name, family_name, organisation) {
        let organisation = organisation.as_deref();
        profile::set_names(&mut tx, id, *kind, given_name, family_name, organisation, now).await?;
        changed.push("name");
    }
    if was.telephone != new.telephone {
        profile::set_contact(&mut tx, id, new.telephone.as_deref(), &was.locale, now).await?;
        changed.push("telephone");
    }
    if held != new.address {
        let address = AddressId::new(now, &deps.random);
        profile::move_address(&mut tx, &address, id, new.address.as_ref(), now).await?;
        changed.push("address");
    }
    if changed.is_empty() {
        return Ok(Some(PutRight::Same));
    }
    let after = json!({ "changed": changed });
    let act = Act { action: "donor.put_right", subject: id.as_str(), before: json!(null), after, why };
    record::record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(Some(PutRight::Done))
}
