//! The statements of a year, issued together: one item a donor, each done by itself.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, StatementId, StatementRunId};

/// A run.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Run {
    /// Its id.
    pub id: StatementRunId,
    /// For which entity.
    pub entity_id: String,
    /// For which tax year.
    pub tax_year: String,
    /// `running`, `paused`, `done`.
    pub state: String,
    /// How many donors.
    pub expected: i64,
    /// Who asked for it: a member of staff's id, or the command line.
    pub asked_by: String,
    /// When.
    pub asked_at: Ts,
    /// When the last was done.
    pub finished_at: Option<Ts>,
}

macro_rules! runs {
    ($rest:literal) => {
        concat!(
            "SELECT id, entity_id, tax_year, state, expected, asked_by, asked_at, finished_at FROM statement_run ",
            $rest
        )
    };
}

/// A run.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &StatementRunId) -> Result<Option<Run>> {
    opt!(conn, Run, runs!("WHERE id = $1"), id)
}

/// The run of a form.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<Run>> {
    opt!(conn, Run, runs!("WHERE nonce = $1"), nonce)
}

/// The run of an entity's year that is not done.
///
/// # Errors
/// When the database refuses.
pub async fn open_of(conn: &mut Conn, entity: &str, tax_year: &str) -> Result<Option<Run>> {
    opt!(conn, Run, runs!("WHERE entity_id = $1 AND tax_year = $2 AND state <> 'done'"), entity, tax_year)
}

/// The latest runs.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn) -> Result<Vec<Run>> {
    all!(conn, Run, runs!("ORDER BY asked_at DESC, id DESC LIMIT 50"))
}

/// Writes a run with one item for each donor, unless its form was sent before or another run of the year is open.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, run: &Run, nonce: &str) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO statement_run (id, entity_id, tax_year, nonce, state, expected, asked_by, asked_at) \
         VALUES ($1, $2, $3, $4, 'running', 0, $5, $6) ON CONFLICT DO NOTHING",
        &run.id,
        run.entity_id.as_str(),
        run.tax_year.as_str(),
        nonce,
        run.asked_by.as_str(),
        run.asked_at
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let items = exec!(
        tx,
        "INSERT INTO statement_item (run_id, donor_id, state) SELECT DISTINCT CAST($1 AS TEXT), d.owner_id, 'waiting' \
         FROM gift g JOIN donor d ON d.id = g.donor_id WHERE g.entity_id = $2 AND g.tax_year = $3 \
         AND NOT EXISTS (SELECT 1 FROM erasure z WHERE z.donor_id = d.owner_id)",
        &run.id,
        run.entity_id.as_str(),
        run.tax_year.as_str()
    )?;
    exec!(
        tx,
        "UPDATE statement_run SET expected = $2 WHERE id = $1",
        &run.id,
        i64::try_from(items).unwrap_or(i64::MAX)
    )?;
    Ok(true)
}

/// The donors of a run that wait, after `after`, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(conn: &mut Conn, run: &StatementRunId, after: &str, size: i64) -> Result<Vec<DonorId>> {
    let rows = all!(
        conn,
        (DonorId,),
        "SELECT donor_id FROM statement_item WHERE run_id = $1 AND state = 'waiting' AND donor_id > $2 \
         ORDER BY donor_id LIMIT CAST($3 AS BIGINT)",
        run,
        after,
        size
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Closes an item; `false` when it was closed before.
///
/// # Errors
/// When the database refuses.
pub async fn close_item(
    tx: &mut WriteTx,
    run: &StatementRunId,
    donor: &DonorId,
    state: &str,
    statement: Option<&StatementId>,
    why: Option<&str>,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE statement_item SET state = $3, statement_id = $4, why = $5, done_at = $6 \
         WHERE run_id = $1 AND donor_id = $2 AND state = 'waiting'",
        run,
        donor,
        state,
        statement,
        why,
        at
    )?;
    Ok(changed == 1)
}

/// Sets what a run does; `false` when it was not in `from`.
///
/// # Errors
/// When the database refuses.
pub async fn set_state(tx: &mut WriteTx, run: &StatementRunId, from: &str, to: &str) -> Result<bool> {
    Ok(exec!(tx, "UPDATE statement_run SET state = $3 WHERE id = $1 AND state = $2", run, from, to)? == 1)
}

/// Ends a run of which nothing waits any more; `true` when this was the moment.
///
/// # Errors
/// When the database refuses.
pub async fn finish_if_done(tx: &mut WriteTx, run: &StatementRunId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE statement_run SET state = 'done', finished_at = $2 WHERE id = $1 AND state = 'running' \
         AND NOT EXISTS (SELECT 1 FROM statement_item i WHERE i.run_id = $1 AND i.state = 'waiting')",
        run,
        at
    )?;
    Ok(changed == 1)
}

/// How many items of a run are in each state.
///
/// # Errors
/// When the database refuses.
pub async fn counts(conn: &mut Conn, run: &StatementRunId) -> Result<Vec<(String, i64)>> {
    all!(
        conn,
        (String, i64),
        "SELECT state, COUNT(*) FROM statement_item WHERE run_id = $1 GROUP BY state ORDER BY state",
        run
    )
}

/// An item of a run in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Item {
    /// Whose.
    pub donor_id: DonorId,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Name of a body.
    pub organisation: Option<String>,
    /// Their mailbox; empty: it is printed.
    pub email: String,
    /// How it stands.
    pub state: String,
    /// What was issued.
    pub statement_id: Option<StatementId>,
    /// Its number.
    pub number: Option<String>,
    /// Why it was not.
    pub why: Option<String>,
    /// Where its mail stands.
    pub mail_state: Option<String>,
}

/// Items of a run after a donor, in their order; `state`: in this one only.
///
/// # Errors
/// When the database refuses.
pub async fn items(
    conn: &mut Conn,
    run: &StatementRunId,
    state: Option<&str>,
    after: &str,
    size: i64,
) -> Result<Vec<Item>> {
    all!(
        conn,
        Item,
        "SELECT i.donor_id, d.given_name, d.family_name, d.organisation, d.email, i.state, i.statement_id, s.number, \
         i.why, m.state AS mail_state FROM statement_item i JOIN donor d ON d.id = i.donor_id \
         LEFT JOIN statement s ON s.id = i.statement_id LEFT JOIN mail_outbox m ON m.dedupe_key = 'statement:' || s.id \
         WHERE i.run_id = $1 AND (CAST($2 AS TEXT) IS NULL OR i.state = $2) AND i.donor_id > $3 \
         ORDER BY i.donor_id LIMIT CAST($4 AS BIGINT)",
        run,
        state,
        after,
        size
    )
}
