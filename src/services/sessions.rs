//! What browsers hold. Idle for a day or open for thirty, a donor's session ends (ASVS 7.3); one that nobody has signed
//! in with ends after an hour.

use std::time::Duration;

use super::accounts::{Arrival, begin_session};
use super::{Deps, Result};
use crate::clock::Ts;
use crate::domain::ids::DonorId;
use crate::domain::receipt::sha256_hex;
use crate::store::accounts::{self, Account};
use crate::store::sessions::{self, WebSession};

/// Without a click for this long a donor's session ends.
pub const IDLE: Duration = Duration::from_secs(24 * 3600);
/// However much it is used, it ends then.
pub const ABSOLUTE: Duration = Duration::from_secs(30 * 24 * 3600);
/// A browser that waits for a mailbox to answer is remembered this long.
const ANONYMOUS: Duration = Duration::from_secs(3600);
/// Use is noted this often: reading pages hardly ever writes.
const TOUCH_EVERY: Duration = Duration::from_secs(3600);

/// The form in which a cookie's value is kept.
pub fn hash(cookie: &str) -> String {
    sha256_hex(cookie)
}

/// The session of a cookie, if it may still be used.
///
/// # Errors
/// When the database refuses.
pub async fn load(deps: &Deps, cookie: &str) -> Result<Option<WebSession>> {
    Ok(load_with_account(deps, cookie).await?.map(|(session, _)| session))
}

/// The session of a cookie, if it may still be used, with the account of whoever is signed in.
///
/// # Errors
/// When the database refuses.
pub async fn load_with_account(deps: &Deps, cookie: &str) -> Result<Option<(WebSession, Option<Account>)>> {
    let now = deps.clock.now();
    let (session, account) = {
        let mut read = deps.store.read().await?;
        let found = sessions::by_hash(&mut read, &hash(cookie)).await?;
        let Some(session) = found.filter(|s| is_alive(s, now)) else { return Ok(None) };
        let account = match &session.donor_id {
            Some(donor) => accounts::by_donor(&mut read, donor).await?,
            None => None,
        };
        (session, account)
    };
    if now > session.seen_at.plus(TOUCH_EVERY) {
        let mut tx = deps.store.write().await?;
        sessions::touch(&mut tx, &session.id_sha256, now).await?;
        tx.commit().await?;
    }
    Ok(Some((session, account)))
}

fn is_alive(session: &WebSession, now: Ts) -> bool {
    let idle = if session.donor_id.is_some() { IDLE } else { ANONYMOUS };
    now < session.seen_at.plus(idle) && now < session.created_at.plus(ABSOLUTE)
}

/// What a new session is begun with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Who is signed in.
    pub donor: Option<DonorId>,
    /// Browser and system in plain words.
    pub agent: String,
    /// The sign-in it begins with.
    pub arrival: Option<Arrival>,
    /// What it holds, as JSON.
    pub data: String,
}

/// Writes a new session; `false` when the cookie's value is taken.
///
/// # Errors
/// When the database refuses.
pub async fn create(deps: &Deps, cookie: &str, beginning: Beginning) -> Result<bool> {
    let now = deps.clock.now();
    let session = WebSession {
        id_sha256: hash(cookie),
        donor_id: beginning.donor,
        data: beginning.data,
        agent: beginning.agent,
        created_at: now,
        seen_at: now,
    };
    if let Some(arrival) = &beginning.arrival {
        return begin_session(deps, &session, arrival).await;
    }
    let mut tx = deps.store.write().await?;
    let new = sessions::insert_if_new(&mut tx, &session).await?;
    tx.commit().await?;
    Ok(new)
}

/// Writes what a session holds.
///
/// # Errors
/// When the database refuses.
pub async fn save(deps: &Deps, cookie: &str, data: &str) -> Result<()> {
    let mut tx = deps.store.write().await?;
    sessions::update(&mut tx, &hash(cookie), data, deps.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub async fn end(deps: &Deps, cookie: &str) -> Result<()> {
    let mut tx = deps.store.write().await?;
    sessions::delete(&mut tx, &hash(cookie)).await?;
    tx.commit().await?;
    Ok(())
}

/// Where a donor is signed in, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_donor(deps: &Deps, donor: &DonorId) -> Result<Vec<WebSession>> {
    let now = deps.clock.now();
    let mut read = deps.store.read().await?;
    Ok(sessions::of_donor(&mut read, donor, now.minus(IDLE), now.minus(ABSOLUTE)).await?)
}

/// The mailboxes beside its own by which an account is signed in to: those of records that were merged into it.
///
/// # Errors
/// When the database refuses.
pub async fn mailboxes_of(deps: &Deps, donor: &DonorId) -> Result<Vec<String>> {
    let mut read = deps.store.read().await?;
    Ok(crate::store::merges::mailboxes(&mut read, donor).await?)
}

/// Forgets what nobody can use any more: sessions that ended, and questions a day after their end.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    deps.throttle.forget_idle();
    let mut tx = deps.store.write().await?;
    let ended = sessions::forget(&mut tx, now.minus(IDLE), now.minus(ABSOLUTE)).await?;
    let asked = crate::store::proofs::forget_before(&mut tx, now.minus(IDLE)).await?;
    tx.commit().await?;
    if ended + asked > 0 {
        tracing::debug!(ended, asked, "forgot sessions and questions");
    }
    Ok(())
}
