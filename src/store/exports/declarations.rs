//! Gift Aid declarations with what became of them (UK-22, UK-23).

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::donor::Address;
use crate::store::Day;
use crate::store::db::{Conn, Result, StoreError};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    owner_id: Option<String>,
    entity_id: String,
    scope: String,
    covers_from: Day,
    full_name: String,
    home_address: String,
    non_uk_resident: bool,
    wording_version: String,
    wording_sha256: String,
    channel: String,
    evidence_ref: Option<String>,
    made_at: Ts,
    record_sent_on: Option<Day>,
    ended_on: Option<Day>,
    void: Option<bool>,
    ended_via: Option<String>,
    gifts: i64,
}

/// A declaration to take out.
#[derive(Clone, Debug)]
pub struct ExportDeclaration {
    /// Ours.
    pub id: String,
    /// The donor it counts for.
    pub owner_id: Option<String>,
    /// For which entity.
    pub entity_id: String,
    /// Which gifts: `single`, `future`, `past_4y_and_future`.
    pub scope: String,
    /// First day covered.
    pub covers_from: Day,
    /// Name as given.
    pub full_name: String,
    /// Home address as given.
    pub home_address: Address,
    /// The donor lives outside the United Kingdom.
    pub non_uk_resident: bool,
    /// Version of the words that were shown.
    pub wording_version: String,
    /// SHA-256 of them.
    pub wording_sha256: String,
    /// How it was made.
    pub channel: String,
    /// Where the evidence is.
    pub evidence_ref: Option<String>,
    /// When it was made.
    pub made_at: Ts,
    /// When the written record of an oral one was sent.
    pub record_sent_on: Option<Day>,
    /// The first day it covers nothing any more, when it was ended.
    pub ended_on: Option<Day>,
    /// It counts as never made (UK-21).
    pub void: bool,
    /// How it was ended.
    pub ended_via: Option<String>,
    /// Gifts that were claimed on it.
    pub gifts: i64,
}

impl TryFrom<Row> for ExportDeclaration {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<ExportDeclaration> {
        let home_address = serde_json::from_str(&r.home_address)
            .map_err(|e| StoreError::Corrupt { table: "declaration", what: format!("{}: {e}", r.id) })?;
        Ok(ExportDeclaration {
            id: r.id,
            owner_id: r.owner_id,
            entity_id: r.entity_id,
            scope: r.scope,
            covers_from: r.covers_from,
            full_name: r.full_name,
            home_address,
            non_uk_resident: r.non_uk_resident,
            wording_version: r.wording_version,
            wording_sha256: r.wording_sha256,
            channel: r.channel,
            evidence_ref: r.evidence_ref,
            made_at: r.made_at,
            record_sent_on: r.record_sent_on,
            ended_on: r.ended_on,
            void: r.void.unwrap_or(false),
            ended_via: r.ended_via,
            gifts: r.gifts,
        })
    }
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND c.entity_id = ");
        narrow!($q, $w.since, " AND c.made_at >= ");
        narrow!($q, $w.before, " AND c.made_at < ");
        match $w.state.as_deref() {
            Some("in_force") => {
                $q.push(
                    " AND NOT EXISTS (SELECT 1 FROM declaration_event e WHERE e.declaration_id = c.id AND e.kind <> 'record_sent')",
                );
            }
            Some(_) => {
                $q.push(
                    " AND EXISTS (SELECT 1 FROM declaration_event e WHERE e.declaration_id = c.id AND e.kind <> 'record_sent')",
                );
            }
            None => {}
        }
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let rows = built!(conn, (i64,), "SELECT COUNT(*) FROM declaration c WHERE c.id <= ", |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next declarations after an id.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn chunk(
    conn: &mut Conn,
    wanted: &Wanted,
    after: &str,
    size: i64,
) -> Result<Vec<ExportDeclaration>> {
    let rows = built!(
        conn,
        Row,
        "SELECT c.id, d.owner_id, c.entity_id, c.scope, c.covers_from, c.full_name, c.home_address, \
         CASE WHEN c.non_uk_resident THEN TRUE ELSE FALSE END AS non_uk_resident, c.wording_version, c.wording_sha256, \
         c.channel, c.evidence_ref, c.made_at, r.effective_on AS record_sent_on, COALESCE(e.effective_on, t.effective_on) AS ended_on, \
         CASE WHEN e.void OR t.id IS NOT NULL THEN TRUE ELSE FALSE END AS void, e.via AS ended_via, \
         (SELECT COUNT(*) FROM gift_aid_row w WHERE w.declaration_id = c.id) AS gifts \
         FROM declaration c JOIN donor d ON d.id = c.donor_id \
         LEFT JOIN declaration_event r ON r.declaration_id = c.id AND r.kind = 'record_sent' \
         LEFT JOIN declaration_event e ON e.declaration_id = c.id AND e.kind = 'ended' \
         LEFT JOIN declaration_event t ON t.declaration_id = c.id AND t.kind = 'taken_back' WHERE c.id > ",
        |q| {
            q.push_bind(after).push(" AND c.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY c.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    rows.into_iter().map(ExportDeclaration::try_from).collect()
}
