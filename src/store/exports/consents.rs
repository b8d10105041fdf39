//! What donors chose about e-mail: every choice with the words that were shown, and whether it is the one that holds (PR-2).

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::store::db::{Conn, Result};

/// A choice to take out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExportConsent {
    /// Ours.
    pub id: String,
    /// The donor it counts for.
    pub owner_id: Option<String>,
    /// First name of that donor.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// Their mailbox now; may be empty.
    pub email: String,
    /// Said to which entity.
    pub entity_id: String,
    /// By which means the donor is written to.
    pub channel: String,
    /// About what.
    pub purpose: String,
    /// `consent` or `withdrawn`.
    pub basis: String,
    /// Where it was said.
    pub source: String,
    /// Version of the words that were shown.
    pub wording_version: String,
    /// SHA-256 of them.
    pub wording_sha256: String,
    /// When.
    pub made_at: Ts,
    /// It is the latest of this donor about this.
    pub holds: bool,
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND c.entity_id = ");
        narrow!($q, $w.since, " AND c.made_at >= ");
        narrow!($q, $w.before, " AND c.made_at < ");
        match $w.state.as_deref() {
            Some("holds") => {
                $q.push(" AND NOT EXISTS (").push(LATER).push(")");
            }
            Some(_) => {
                $q.push(" AND EXISTS (").push(LATER).push(")");
            }
            None => {}
        }
    };
}

/// A later choice of the same donor about the same, on whichever of their records.
const LATER: &str = "SELECT 1 FROM donor m JOIN consent_entry n ON n.donor_id = m.id WHERE m.owner_id = d.owner_id \
     AND n.purpose = c.purpose AND n.channel = c.channel AND (n.made_at, n.id) > (c.made_at, c.id)";

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM consent_entry c JOIN donor d ON d.id = c.donor_id WHERE c.id <= ";
    let rows = built!(conn, (i64,), sql, |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next choices after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportConsent>> {
    built!(
        conn,
        ExportConsent,
        format!(
            "SELECT c.id, d.owner_id, o.given_name, o.family_name, o.organisation, COALESCE(a.email, o.email) AS email, \
             c.entity_id, c.channel, c.purpose, c.basis, c.source, c.wording_version, c.wording_sha256, c.made_at, \
             CASE WHEN EXISTS ({LATER}) THEN FALSE ELSE TRUE END AS holds FROM consent_entry c \
             JOIN donor d ON d.id = c.donor_id JOIN donor o ON o.id = d.owner_id \
             LEFT JOIN account a ON a.donor_id = o.id WHERE c.id > "
        ),
        |q| {
            q.push_bind(after).push(" AND c.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY c.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )
}
