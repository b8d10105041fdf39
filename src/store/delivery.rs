//! Receipts as they left, month by month, and mail that did not arrive: what a report shows.

use super::db::{Conn, Result, all, on};
use super::income::{Span, with_spans};
use crate::clock::Ts;
use crate::domain::closing::Month;
use crate::domain::ids::{DonorId, MailId};

/// Receipts of a month that left in one way.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Left {
    /// When they were issued.
    pub month: Month,
    /// To whom the gifts went.
    pub entity_id: String,
    /// `mail`, or `paper` for who has no mailbox.
    pub delivery: String,
    /// How many were issued.
    pub issued: i64,
    /// How many of them do not count any more.
    pub void: i64,
    /// How many are held back until something is put right.
    pub held_back: i64,
}

/// Receipts by month, entity and way.
///
/// # Errors
/// When the database refuses.
pub async fn receipts(conn: &mut Conn, spans: &[Span]) -> Result<Vec<Left>> {
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = with_spans!(spans);
            q.push(
                " SELECT s.month, s.entity_id, r.delivery, COUNT(*) AS issued, CAST(SUM(CASE WHEN COALESCE((SELECT e.kind \
                 FROM receipt_event e WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored' \
                 THEN 0 ELSE 1 END) AS BIGINT) AS void, CAST(SUM(CASE WHEN r.held_back IS NULL THEN 0 ELSE 1 END) AS BIGINT) \
                 AS held_back FROM spans s JOIN receipt r ON r.issued_at >= s.starts_at AND r.issued_at < s.ends_at \
                 AND r.entity_id = s.entity_id GROUP BY s.month, s.entity_id, r.delivery \
                 ORDER BY s.month, s.entity_id, r.delivery",
            );
            q.build_query_as::<Left>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

/// Mail of one kind that did not arrive, or has not left.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stuck {
    /// `failed`, `held` or `queued`.
    pub state: String,
    /// What it is: `receipt`, `statement`, …
    pub kind: String,
    /// How many.
    pub mails: i64,
    /// Since when the oldest of them.
    pub oldest: Ts,
}

/// Mail that is not sent, by state and kind.
///
/// # Errors
/// When the database refuses.
pub async fn not_sent(conn: &mut Conn) -> Result<Vec<Stuck>> {
    all!(
        conn,
        Stuck,
        "SELECT state, kind, COUNT(*) AS mails, MIN(created_at) AS oldest FROM mail_outbox WHERE state <> 'sent' \
         GROUP BY state, kind ORDER BY state, kind"
    )
}

/// A mail that was refused.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Refused {
    /// Which.
    pub id: MailId,
    /// What it is.
    pub kind: String,
    /// Who it counts for, if it is about a donor.
    pub owner_id: Option<DonorId>,
    /// First name; may be empty.
    pub given_name: Option<String>,
    /// Last name; may be empty.
    pub family_name: Option<String>,
    /// Name of the body.
    pub organisation: Option<String>,
    /// Where it was to go.
    pub recipient: String,
    /// What the mail host said.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Ts,
}

/// Mail that was refused for good, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn refused(conn: &mut Conn, most: i64) -> Result<Vec<Refused>> {
    all!(
        conn,
        Refused,
        "SELECT m.id, m.kind, o.id AS owner_id, o.given_name, o.family_name, o.organisation, m.recipient, m.last_error, \
         m.created_at FROM mail_outbox m LEFT JOIN donor d ON d.id = m.donor_id LEFT JOIN donor o ON o.id = d.owner_id \
         WHERE m.state = 'failed' ORDER BY m.created_at DESC, m.id DESC LIMIT CAST($1 AS BIGINT)",
        most
    )
}
