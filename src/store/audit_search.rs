//! Reading the audit chain: by who, what, about what and when, newest first.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, on, scalar};
use crate::clock::Ts;

/// A line of the chain, as it is shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditLine {
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: Ts,
    /// A staff id, `donor`, `stripe` or `command`.
    pub actor: String,
    /// The staff member's name, when it is one.
    pub name: Option<String>,
    /// `gift.received`, `donor.read`, …
    pub action: String,
    /// The id it is about.
    pub subject: String,
    /// JSON: before, after, why, from where.
    pub detail: String,
    /// Its hash, which covers all before it.
    pub hash: String,
}

/// What to look for; every part that is set must fit.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// By this actor.
    pub actor: Option<String>,
    /// This act, or every act that begins so (`gift.`).
    pub action: Option<String>,
    /// About this id.
    pub subject: Option<String>,
    /// From this instant on.
    pub from: Option<Ts>,
    /// Before this instant.
    pub until: Option<Ts>,
    /// Further down the chain than this line.
    pub before: Option<i64>,
    /// Further up than this line; then the nearest come first, in the chain's order.
    pub after: Option<i64>,
}

/// Lines that fit, `limit` at most.
///
/// # Errors
/// When the database refuses.
pub async fn lines(conn: &mut Conn, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditLine>> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT a.seq, a.at, a.actor, s.name, a.action, a.subject, a.detail, a.hash FROM audit_line a \
                 LEFT JOIN staff s ON s.id = a.actor WHERE a.seq > ",
            );
            q.push_bind(filter.after.unwrap_or(0));
            if let Some(seq) = filter.before {
                q.push(" AND a.seq < ").push_bind(seq);
            }
            if let Some(actor) = &filter.actor {
                q.push(" AND a.actor = ").push_bind(actor.as_str());
            }
            if let Some(subject) = &filter.subject {
                q.push(" AND a.subject = ").push_bind(subject.as_str());
            }
            if let Some(action) = &filter.action {
                match action.strip_suffix('.') {
                    // Every act of a kind: from `gift.` up to what follows it in the alphabet.
                    Some(kind) => {
                        q.push(" AND a.action > ").push_bind(action.as_str());
                        q.push(" AND a.action < ").push_bind(format!("{kind}/"));
                    }
                    None => {
                        q.push(" AND a.action = ").push_bind(action.as_str());
                    }
                }
            }
            if let Some(from) = filter.from {
                q.push(" AND a.at >= ").push_bind(from);
            }
            if let Some(until) = filter.until {
                q.push(" AND a.at < ").push_bind(until);
            }
            q.push(if filter.after.is_some() { " ORDER BY a.seq LIMIT " } else { " ORDER BY a.seq DESC LIMIT " });
            q.push("CAST(").push_bind(limit).push(" AS BIGINT)");
            q.build_query_as::<AuditLine>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

/// Who has looked at how many donors, and at how many pages of lists of them, since an instant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reader {
    /// The staff id.
    pub actor: String,
    /// Their name.
    pub name: Option<String>,
    /// How many donors, one by one.
    pub donors: i64,
    /// How many pages of lists.
    pub lists: i64,
}

/// Staff who since `since` looked at `donors` donors one by one or more, or at `lists` pages of lists or more (S16).
///
/// # Errors
/// When the database refuses.
pub async fn busy_readers(conn: &mut Conn, since: Ts, donors: i64, lists: i64) -> Result<Vec<Reader>> {
    super::db::all!(
        conn,
        Reader,
        "SELECT a.actor, MAX(s.name) AS name, COUNT(DISTINCT CASE WHEN a.action = 'donor.read' THEN a.subject END) \
         AS donors, COUNT(CASE WHEN a.action = 'donors.listed' THEN 1 END) AS lists FROM audit_line a \
         LEFT JOIN staff s ON s.id = a.actor WHERE a.action IN ('donor.read', 'donors.listed') AND a.at >= $1 \
         GROUP BY a.actor HAVING COUNT(DISTINCT CASE WHEN a.action = 'donor.read' THEN a.subject END) >= $2 \
         OR COUNT(CASE WHEN a.action = 'donors.listed' THEN 1 END) >= $3 ORDER BY donors DESC, a.actor",
        since,
        donors,
        lists
    )
}

/// How long the chain is.
///
/// # Errors
/// When the database refuses.
pub async fn length(conn: &mut Conn) -> Result<i64> {
    scalar!(conn, i64, "SELECT seq FROM audit_head WHERE only_row = 1")
}
