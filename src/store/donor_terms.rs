//! The index of names: the words by which a donor is found, written with the donor's row.

use std::collections::BTreeSet;

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use crate::clock::Ts;
use crate::domain::ids::DonorId;
use crate::domain::names::terms_of;

/// The names of a donor record.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Names {
    id: DonorId,
    given_name: String,
    family_name: String,
    organisation: Option<String>,
    email_norm: String,
}

impl Names {
    fn terms(&self) -> BTreeSet<String> {
        terms_of(&self.given_name, &self.family_name, self.organisation.as_deref(), &self.email_norm)
    }
}

/// Takes the words anew from a donor's names, and writes what changed. Call it wherever names or the mailbox of a donor
/// are written; a row that nobody called it for is found by [`index_some`].
///
/// # Errors
/// When the database refuses.
pub async fn refresh(tx: &mut WriteTx, donor: &DonorId, at: Ts) -> Result<()> {
    let names = opt!(
        tx,
        Names,
        "SELECT id, given_name, family_name, organisation, email_norm FROM donor WHERE id = $1",
        donor
    )?;
    match names {
        Some(names) => write(tx, donor, &names.terms(), at).await,
        None => Ok(()),
    }
}

/// Makes these the words of a donor: one question, and nothing more when they are already.
///
/// # Errors
/// When the database refuses.
pub async fn write(tx: &mut WriteTx, donor: &DonorId, terms: &BTreeSet<String>, at: Ts) -> Result<()> {
    let held = all!(tx, (String,), "SELECT term FROM donor_term WHERE donor_id = $1", donor)?;
    let held: BTreeSet<String> = held.into_iter().map(|(term,)| term).collect();
    if held == *terms && !held.is_empty() {
        return Ok(());
    }
    if !held.is_subset(terms) {
        exec!(tx, "DELETE FROM donor_term WHERE donor_id = $1", donor)?;
    }
    insert(tx, &[(donor, terms)]).await?;
    exec!(tx, "UPDATE donor SET terms_at = $2 WHERE id = $1", donor, at)?;
    Ok(())
}

async fn insert(tx: &mut WriteTx, rows: &[(&DonorId, &BTreeSet<String>)]) -> Result<()> {
    let rows: Vec<(&DonorId, &String)> =
        rows.iter().flat_map(|(donor, terms)| terms.iter().map(move |t| (*donor, t))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("INSERT INTO donor_term (term, donor_id) ");
            q.push_values(&rows, |mut row, (donor, term)| {
                row.push_bind(term.as_str()).push_bind(*donor);
            });
            q.push(" ON CONFLICT DO NOTHING");
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    on!(&mut **tx, t => run!(t))
}

/// Indexes up to `limit` donors whose words were never taken; gives how many there were.
///
/// # Errors
/// When the database refuses.
pub async fn index_some(tx: &mut WriteTx, limit: i64, at: Ts) -> Result<usize> {
    let donors = all!(
        tx,
        Names,
        "SELECT id, given_name, family_name, organisation, email_norm FROM donor WHERE terms_at IS NULL ORDER BY id \
         LIMIT CAST($1 AS BIGINT)",
        limit
    )?;
    let terms: Vec<BTreeSet<String>> = donors.iter().map(Names::terms).collect();
    let rows: Vec<_> = donors.iter().map(|d| &d.id).zip(&terms).collect();
    insert(tx, &rows).await?;
    if let (Some(first), Some(last)) = (donors.first(), donors.last()) {
        exec!(
            tx,
            "UPDATE donor SET terms_at = $3 WHERE terms_at IS NULL AND id >= $1 AND id <= $2",
            &first.id,
            &last.id,
            at
        )?;
    }
    Ok(donors.len())
}

/// The donor records that a text finds which begins every one of `words`, in the order of the longest word; each once,
/// `limit` at most. A record that counts for another is given as that other.
///
/// # Errors
/// When the database refuses.
pub async fn find(conn: &mut Conn, words: &[String], limit: i64) -> Result<Vec<DonorId>> {
    let Some(driver) = words.iter().max_by_key(|w| w.chars().count()) else { return Ok(Vec::new()) };
    let others: Vec<&String> = words.iter().filter(|w| *w != driver).collect();
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT d.owner_id FROM donor_term t JOIN donor d ON d.id = t.donor_id WHERE t.term >= ",
            );
            q.push_bind(driver.as_str()).push(" AND t.term < ").push_bind(after(driver));
            for word in &others {
                q.push(
                    " AND EXISTS (SELECT 1 FROM donor_term o WHERE o.donor_id = t.donor_id AND o.term >= ",
                );
                q.push_bind(word.as_str()).push(" AND o.term < ").push_bind(after(word)).push(")");
            }
            // One donor may have several words with one beginning, and several records.
            q.push(" ORDER BY t.term, t.donor_id LIMIT CAST(")
                .push_bind(limit.saturating_mul(4))
                .push(" AS BIGINT)");
            q.build_query_as::<(DonorId,)>().fetch_all(&mut **$t).await
        }};
    }
    let rows = on!(conn, t => run!(t))?;
    let mut found: Vec<DonorId> = Vec::new();
    for (id,) in rows {
        if !found.contains(&id) && i64::try_from(found.len()).is_ok_and(|n| n < limit) {
            found.push(id);
        }
    }
    Ok(found)
}

/// The first text that no longer begins with `word`; terms are compared byte by byte on both databases.
fn after(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// Whether there are donors whose words were never taken.
///
/// # Errors
/// When the database refuses.
pub async fn any_waits(conn: &mut Conn) -> Result<bool> {
    let row = opt!(conn, (DonorId,), "SELECT id FROM donor WHERE terms_at IS NULL ORDER BY id LIMIT 1")?;
    Ok(row.is_some())
}
