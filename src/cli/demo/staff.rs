//! The staff of the demo whom a visitor may become, and the page that stands in for their telephones.

use std::net::Ipv4Addr;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use secrecy::SecretString;

use super::World;
use super::pages::{layout, page};
use super::sign_ins::PASSWORD;
use crate::domain::role::Roles;
use crate::services::Deps;
use crate::services::staff::door::Caller;
use crate::services::staff::invite::{self, Chosen, Welcome};
use crate::services::staff::totp;
use crate::store::staff;
use crate::web::AppState;
use crate::web::pages::Layout;

/// Somebody who works at the invented charity.
#[derive(Clone, Copy, Debug)]
pub struct DemoStaff {
    /// Name.
    pub name: &'static str,
    /// Mailbox.
    pub email: &'static str,
    /// Roles, as `almoner staff invite --role` takes them.
    pub roles: &'static str,
    /// What they can do, in a few words.
    pub says: &'static str,
}

/// One of each role.
pub const STAFF: &[DemoStaff] = &[
    DemoStaff {
        name: "Fiona Hale",
        email: "fiona.hale@lantern.example",
        roles: "finance",
        says: "Finance: money, corrections, gifts by hand, exports, audit",
    },
    DemoStaff {
        name: "Sol Ferris",
        email: "sol.ferris@lantern.example",
        roles: "support",
        says: "Support: finds donors, sends again, writes notes",
    },
    DemoStaff {
        name: "Amara Diaz",
        email: "amara.diaz@lantern.example",
        roles: "admin",
        says: "Admin: people, settings, audit",
    },
];

/// Invites them and follows the invitations, as staff would. Those who are there stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn create(deps: &Deps) -> anyhow::Result<()> {
    let caller = Caller { from: Ipv4Addr::LOCALHOST.into(), agent: "The demo", mark: None };
    for member in STAFF {
        let known = {
            let mut read = deps.store.read().await?;
            staff::by_mailbox(&mut read, member.email).await?
        };
        if known.is_some_and(|m| m.password_hash.is_some()) {
            continue;
        }
        let roles: Roles = member.roles.parse()?;
        let link = invite::invite(deps, member.email, &roles).await?;
        let token = link.rsplit('/').next().unwrap_or_default();
        let Some((invitation, _)) = invite::open(deps, token).await? else { anyhow::bail!("no invitation") };
        let code = totp::code_at(&totp::offered(deps, &invitation.id), deps.clock.now())?;
        let password = SecretString::from(PASSWORD);
        let chosen = Chosen { name: member.name, password: &password, code: &code, credential: "" };
        let welcome = invite::accept(deps, token, &chosen, caller).await?;
        anyhow::ensure!(matches!(welcome, Welcome::In { .. }), "{} could not be set up", member.email);
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "demo/codes.html")]
struct Codes {
    layout: Layout,
    password: &'static str,
    staff: Vec<Shown>,
    seconds: i64,
}

struct Shown {
    name: &'static str,
    email: &'static str,
    says: &'static str,
    code: String,
}

/// The codes that their authenticators show now.
pub(super) async fn codes(State(state): State<AppState>, Extension(world): Extension<World>) -> Response {
    let mut shown = Vec::new();
    for member in STAFF {
        let code = code_of(&world.deps, member.email).await.unwrap_or_else(|error| {
            tracing::error!(%error, "code of the demo's staff");
            String::new()
        });
        shown.push(Shown { name: member.name, email: member.email, says: member.says, code });
    }
    let seconds = 30 - world.deps.clock.now().as_unix().rem_euclid(30);
    page(&Codes { layout: layout(&state, "Codes for the office"), password: PASSWORD, staff: shown, seconds })
}

async fn code_of(deps: &Deps, email: &str) -> anyhow::Result<String> {
    let member = {
        let mut read = deps.store.read().await?;
        staff::by_mailbox(&mut read, email).await?
    };
    let secret = member.and_then(|m| totp::opened(deps, &m.id, m.totp_sealed.as_deref()?));
    let secret = secret.ok_or_else(|| anyhow::anyhow!("no authenticator"))?;
    Ok(totp::code_at(&secret, deps.clock.now())?)
}
