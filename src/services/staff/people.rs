//! Who works here: roles, and the end of them.

use serde_json::{Value, json};

use super::record::{Act, record};
use super::{Actor, invite};
use crate::domain::ids::StaffId;
use crate::domain::role::Roles;
use crate::domain::states::{Role, StaffState};
use crate::services::staff::door::recovery_hash;
use crate::services::{Deps, Result};
use crate::store::{audit, staff, staff_sessions};

/// What became of a change of somebody's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Done.
    Done,
    /// There is nobody of that id.
    Unknown,
    /// Nobody would be left who manages staff.
    LastAdmin,
    /// One's own standing is changed by somebody else.
    Oneself,
}

/// Gives somebody other roles, or ends their access. Sessions go on with the new roles, or end, at once.
///
/// # Errors
/// When the database refuses.
pub async fn change(
    deps: &Deps,
    actor: &Actor,
    id: &StaffId,
    roles: &Roles,
    disable: bool,
    why: &str,
) -> Result<Changed> {
    if *id == actor.id {
        return Ok(Changed::Oneself);
    }
    let mut tx = deps.store.write().await?;
    // Of two admins who end each other's access at once, the second is looked at when the first is done.
    audit::hold_head(&mut tx).await?;
    let Some(member) = staff::by_id(&mut tx, id).await? else { return Ok(Changed::Unknown) };
    let state = if disable { StaffState::Disabled } else { member.state };
    staff::set_standing(&mut tx, id, roles, state, deps.clock.now()).await?;
    if staff::active_admins(&mut tx).await? == 0 {
        return Ok(Changed::LastAdmin);
    }
    if disable {
        staff::close_invitations(&mut tx, id, deps.clock.now()).await?;
        staff_sessions::delete_of(&mut tx, id, None).await?;
    }
    let before = json!({ "roles": member.roles.to_text(), "state": member.state.as_str() });
    let after = json!({ "roles": roles.to_text(), "state": state.as_str() });
    record(deps, &mut tx, actor, Act { action: "staff.changed", subject: id.as_str(), before, after, why });
    tx.commit().await?;
    Ok(Changed::Done)
}

/// Makes new recovery codes; those before work no longer. Shown once.
///
/// # Errors
/// When the database refuses.
pub async fn new_recovery_codes(deps: &Deps, actor: &Actor) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..invite::RECOVERY_CODES).map(|_| invite::recovery_code(deps)).collect();
    let hashes: Vec<String> = codes.iter().map(|c| recovery_hash(&actor.id, c)).collect();
    let mut tx = deps.store.write().await?;
    audit::hold_head(&mut tx).await?;
    staff::replace_recovery_codes(&mut tx, &actor.id, &hashes).await?;
    let act = Act {
        action: "staff.recovery_codes_made",
        subject: actor.id.as_str(),
        before: Value::Null,
        after: json!({ "codes": codes.len() }),
        why: "",
    };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    Ok(codes)
}

/// The roles that a form ticked.
pub fn roles_of(support: bool, finance: bool, admin: bool) -> Option<Roles> {
    let ticked = [(support, Role::Support), (finance, Role::Finance), (admin, Role::Admin)];
    Roles::of(&ticked.into_iter().filter(|(on, _)| *on).map(|(_, role)| role).collect::<Vec<_>>())
}
