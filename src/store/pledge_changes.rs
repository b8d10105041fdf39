//! Wishes about plans, and what became of them.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{ChangeId, DonorId, PledgeId};
use crate::domain::states::{ChangeKind, ChangeOrigin, ChangeState};
use crate::domain::terms::Terms;

/// A wish about a plan.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PledgeChange {
    /// Its id, and Stripe's idempotency key.
    pub id: ChangeId,
    /// About which plan.
    pub pledge_id: PledgeId,
    /// The form's own random mark: a double click is one wish.
    pub nonce: String,
    /// What it is about.
    pub kind: ChangeKind,
    /// Where it stands.
    pub state: ChangeState,
    /// From where it came.
    pub origin: ChangeOrigin,
    /// `POST`, `DELETE`, or `NONE` when Stripe need not be asked.
    pub method: String,
    /// Below `/v1`.
    pub path: String,
    /// The request's body, letter for letter.
    pub body: String,
    was: String,
    wanted: String,
    /// When.
    pub made_at: Ts,
    /// When it was known to be done, or not to be.
    pub closed_at: Option<Ts>,
}

/// A wish to write.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// Its id.
    pub id: &'a ChangeId,
    /// About which plan.
    pub pledge_id: &'a PledgeId,
    /// The form's own random mark.
    pub nonce: &'a str,
    /// What it is about.
    pub kind: ChangeKind,
    /// Where it stands.
    pub state: ChangeState,
    /// From where it came.
    pub origin: ChangeOrigin,
    /// `POST`, `DELETE` or `NONE`.
    pub method: &'a str,
    /// Below `/v1`.
    pub path: &'a str,
    /// The request's body.
    pub body: &'a str,
    /// What the plan was.
    pub was: &'a Terms,
    /// What it becomes.
    pub wanted: &'a Terms,
    /// When.
    pub made_at: Ts,
    /// When it was done, if it is.
    pub closed_at: Option<Ts>,
}

fn terms(text: &str, what: &'static str) -> Result<Terms> {
    let corrupt = |e: serde_json::Error| StoreError::Corrupt { table: what, what: e.to_string() };
    serde_json::from_str(text).map_err(corrupt)
}

fn text(terms: &Terms) -> Result<String> {
    serde_json::to_string(terms)
        .map_err(|e| StoreError::Corrupt { table: "pledge_change", what: e.to_string() })
}

impl PledgeChange {
    /// What the plan was.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub fn was(&self) -> Result<Terms> {
        terms(&self.was, "pledge_change.was")
    }

    /// What it becomes.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub fn wanted(&self) -> Result<Terms> {
        terms(&self.wanted, "pledge_change.wanted")
    }
}

/// Writes a wish; `false` when its form was sent before, or another wish about the plan is still open.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, c: &NewChange<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO pledge_change (id, pledge_id, nonce, kind, state, origin, method, path, body, was, wanted, \
         made_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        c.id,
        c.pledge_id,
        c.nonce,
        c.kind,
        c.state,
        c.origin,
        c.method,
        c.path,
        c.body,
        text(c.was)?,
        text(c.wanted)?,
        c.made_at,
        c.closed_at
    )?;
    Ok(changed == 1)
}

/// By its id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ChangeId) -> Result<Option<PledgeChange>> {
    opt!(conn, PledgeChange, "SELECT * FROM pledge_change WHERE id = $1", id)
}

/// By the mark of its form.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<PledgeChange>> {
    opt!(conn, PledgeChange, "SELECT * FROM pledge_change WHERE nonce = $1", nonce)
}

/// The wish about a plan that is not known to be done.
///
/// # Errors
/// When the database refuses.
pub async fn open_of(conn: &mut Conn, pledge: &PledgeId) -> Result<Option<PledgeChange>> {
    opt!(conn, PledgeChange, "SELECT * FROM pledge_change WHERE pledge_id = $1 AND state = 'asked'", pledge)
}

/// The latest wishes about the plans of a donor, newest first: all that are open, and what became of others.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId) -> Result<Vec<PledgeChange>> {
    all!(
        conn,
        PledgeChange,
        "SELECT c.* FROM pledge_change c JOIN pledge p ON p.id = c.pledge_id JOIN donor d ON d.id = p.donor_id \
         WHERE d.owner_id = $1 ORDER BY CASE WHEN c.state = 'asked' THEN 0 ELSE 1 END, c.made_at DESC, c.id DESC LIMIT 60",
        owner
    )
}

/// What a plan was at an instant, when a wish has changed it since; `None`: it is what it was.
///
/// # Errors
/// When the database refuses.
pub async fn terms_at(conn: &mut Conn, pledge: &PledgeId, at: Ts) -> Result<Option<Terms>> {
    let next = opt!(
        conn,
        PledgeChange,
        "SELECT * FROM pledge_change WHERE pledge_id = $1 AND state = 'confirmed' AND closed_at > $2 \
         ORDER BY closed_at, id LIMIT 1",
        pledge,
        at
    )?;
    next.map(|change| change.was()).transpose()
}

/// Closes a wish that is open; `false` when it was closed before.
///
/// # Errors
/// When the database refuses.
pub async fn close(tx: &mut WriteTx, id: &ChangeId, state: ChangeState, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE pledge_change SET state = $2, closed_at = $3 WHERE id = $1 AND state = 'asked'",
        id,
        state,
        at
    )?;
    Ok(changed == 1)
}
