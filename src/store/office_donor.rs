//! One donor as the office looks at them: who they are, what they declared and chose, what was done.

use super::db::{Conn, Result, all, opt};
use super::office_donors::name;
use crate::clock::Ts;
use crate::domain::ids::{DonorId, PauseId};
use crate::domain::states::{DonorKind, ErasureState, Standing};

/// Everything the head of a donor's pages shows, and what their acts need.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DonorRecord {
    /// The record that was asked for.
    pub id: DonorId,
    /// The record it counts for.
    pub owner_id: DonorId,
    /// Person or body.
    pub kind: DonorKind,
    /// On what terms it stands.
    pub standing: Standing,
    /// First name; may be empty.
    pub given_name: String,
    /// Last name; may be empty.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// The mailbox as typed; may be empty.
    pub email: String,
    /// As typed.
    pub telephone: Option<String>,
    /// How dates and sums are written to them, as `en-GB`.
    pub locale: String,
    /// Since when it is known.
    pub created_at: Ts,
    /// When the account was opened, if there is one.
    pub account_since: Option<Ts>,
    /// Mail rests under this id.
    pub pause_id: Option<PauseId>,
    /// Since when.
    pub paused_at: Option<Ts>,
    /// Why.
    pub pause_why: Option<String>,
    /// Where their wish to be forgotten stands, if they have one.
    pub erasure: Option<ErasureState>,
}

impl DonorRecord {
    /// What it is called; may be empty.
    pub fn name(&self) -> String {
        name(&self.given_name, &self.family_name, self.organisation.as_deref())
    }
}

/// A donor by the id of any record.
///
/// # Errors
/// When the database refuses.
pub async fn record(conn: &mut Conn, id: &DonorId) -> Result<Option<DonorRecord>> {
    opt!(
        conn,
        DonorRecord,
        "SELECT d.id, d.owner_id, d.kind, d.standing, d.given_name, d.family_name, d.organisation, d.email, \
         d.telephone, d.locale, d.created_at, a.created_at AS account_since, q.id AS pause_id, q.paused_at, \
         q.why AS pause_why, r.state AS erasure FROM donor d LEFT JOIN account a ON a.donor_id = d.id \
         LEFT JOIN erasure r ON r.donor_id = d.id \
         LEFT JOIN donor_mail_pause q ON q.id = (SELECT MIN(w.id) FROM donor m JOIN donor_mail_pause w \
         ON w.donor_id = m.id AND w.ended_at IS NULL WHERE m.owner_id = d.id) WHERE d.id = $1",
        id
    )
}

/// One choice about e-mail.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ConsentRow {
    /// Said to which entity.
    pub entity_id: String,
    /// About what: `stories`, `events`, `help`.
    pub purpose: String,
    /// `consent` or `withdrawn`.
    pub basis: String,
    /// Where it was said.
    pub source: String,
    /// Version of the words shown.
    pub wording_version: String,
    /// When.
    pub made_at: Ts,
}

/// Every choice of a donor, newest first; a hundred at most.
///
/// # Errors
/// When the database refuses.
pub async fn consents(conn: &mut Conn, owner: &DonorId) -> Result<Vec<ConsentRow>> {
    all!(
        conn,
        ConsentRow,
        "SELECT c.entity_id, c.purpose, c.basis, c.source, c.wording_version, c.made_at FROM donor d \
         JOIN consent_entry c ON c.donor_id = d.id WHERE d.owner_id = $1 ORDER BY c.made_at DESC, c.id DESC LIMIT 100",
        owner
    )
}

/// A line of the audit chain about a donor.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditRow {
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: Ts,
    /// `donor`, `system`, or the id of a member of staff.
    pub actor: String,
    /// The name of that member.
    pub staff_name: Option<String>,
    /// What.
    pub action: String,
    /// About which record.
    pub subject: String,
    /// How it was, how it is, why; JSON.
    pub detail: String,
}

/// What the chain says of a donor, their gifts and their plans; newest first, from before a place of the chain.
///
/// # Errors
/// When the database refuses.
pub async fn history(conn: &mut Conn, owner: &DonorId, before: i64, size: i64) -> Result<Vec<AuditRow>> {
    all!(
        conn,
        AuditRow,
        // The sign keeps SQLite from walking the whole chain backwards: the subjects are few.
        "SELECT a.seq, a.at, a.actor, s.name AS staff_name, a.action, a.subject, a.detail FROM audit_line a \
         LEFT JOIN staff s ON s.id = a.actor WHERE a.subject IN (SELECT d.id FROM donor d WHERE d.owner_id = $1 \
         UNION ALL SELECT g.id FROM donor d JOIN gift g ON g.donor_id = d.id WHERE d.owner_id = $1 \
         UNION ALL SELECT p.id FROM donor d JOIN pledge p ON p.donor_id = d.id WHERE d.owner_id = $1) \
         AND +a.seq < $2 ORDER BY +a.seq DESC LIMIT CAST($3 AS BIGINT)",
        owner,
        before,
        size
    )
}
