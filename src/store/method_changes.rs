//! The times a donor leaves another card or account for their plans.

use super::db::{Conn, Result, WriteTx, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{MethodChangeId, PledgeId};
use crate::domain::states::{ChangeOrigin, MethodChangeState};

/// One such time.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MethodChange {
    /// Its id, and Stripe's idempotency key.
    pub id: MethodChangeId,
    /// The form's own random mark: a double click is one page.
    pub nonce: String,
    /// The plan it was asked for.
    pub pledge_id: PledgeId,
    /// Whose method it becomes.
    pub stripe_customer: String,
    /// Where it stands.
    pub state: MethodChangeState,
    /// From where it came.
    pub origin: ChangeOrigin,
    /// The request that opens the page, letter for letter.
    pub body: String,
    /// Stripe's page.
    pub stripe_session: Option<String>,
    /// What was left there.
    pub stripe_method: Option<String>,
    /// Where the page is.
    pub checkout_url: Option<String>,
    /// When.
    pub made_at: Ts,
}

/// Writes one; `false` when its form was sent before.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, c: &MethodChange) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO method_change (id, nonce, pledge_id, stripe_customer, state, origin, body, made_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING",
        &c.id,
        c.nonce.as_str(),
        &c.pledge_id,
        c.stripe_customer.as_str(),
        c.state,
        c.origin,
        c.body.as_str(),
        c.made_at
    )?;
    Ok(changed == 1)
}

/// By its id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &MethodChangeId) -> Result<Option<MethodChange>> {
    opt!(conn, MethodChange, "SELECT * FROM method_change WHERE id = $1", id)
}

/// By the mark of its form.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<MethodChange>> {
    opt!(conn, MethodChange, "SELECT * FROM method_change WHERE nonce = $1", nonce)
}

/// What is known of one by now; `None` is kept as it was. A look from before does not take back what a later one saw.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    tx: &mut WriteTx,
    id: &MethodChangeId,
    state: MethodChangeState,
    session: Option<&str>,
    url: Option<&str>,
    method: Option<&str>,
    at: Ts,
) -> Result<()> {
    exec!(
        tx,
        "UPDATE method_change SET state = $2, stripe_session = COALESCE($3, stripe_session), \
         checkout_url = COALESCE($4, checkout_url), stripe_method = COALESCE($5, stripe_method), updated_at = $6 \
         WHERE id = $1 AND (state IN ('started', 'open') OR (state = 'given' AND $2 IN ('given', 'done')) \
         OR (state = 'left' AND $2 IN ('left', 'given')))",
        id,
        state,
        session,
        url,
        method,
        at
    )?;
    Ok(())
}
