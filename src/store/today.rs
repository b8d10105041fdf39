//! What needs a person: found in one walk over the small indexes of what is open or has failed.

use super::db::{Conn, Result, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, GiftId, JobId};
use crate::domain::money::Currency;

/// How many of a kind are shown, the most urgent first.
pub const SHOWN: usize = 10;
/// The query puts disputes without a deadline here, behind all others.
const NO_DEADLINE: &str = "9000-01-01T00:00:00.000000Z";

/// One thing that needs a person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    /// `job`, `mail`, `dispute`, `recovery`, `refund`, `refund_failed`, `payout`, `month`, `batch`, `bank`, `export`, `claim`, `official` (a receipt), `statement`.
    pub what: String,
    /// Its own id.
    pub id: String,
    /// Whose it is.
    pub donor_id: Option<DonorId>,
    /// About which gift.
    pub gift_id: Option<GiftId>,
    /// Currency of the sum.
    pub currency: Option<Currency>,
    /// The sum, in minor units; for `bank`, how many lines are open.
    pub amount_minor: Option<i64>,
    /// When it is due, or when it happened; for a dispute see [`Waiting::deadline`].
    pub at: Ts,
    /// What went wrong or what it is called.
    pub words: String,
    /// How many of this kind there are, up to a hundred.
    pub of_kind: i64,
}

impl Waiting {
    /// Until when a dispute can be answered; `None` when the bank gave no day.
    pub fn deadline(&self) -> Option<Ts> {
        Ts::parse(NO_DEADLINE).is_none_or(|far| self.at < far).then_some(self.at)
    }
}

/// Everything that needs a person, ten of a kind, the most urgent of each kind first. Refunds that Stripe refused or the
/// donor's bank sent back are told of when that was `since` then and nobody has tried again; claims when they were sent before
/// `since` and HMRC has not paid; months when the last one that was closed had ended `month_due` then.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(conn: &mut Conn, since: Ts, month_due: Ts) -> Result<Vec<Waiting>> {
    all!(
        conn,
        Waiting,
        "WITH found AS (\
         SELECT * FROM (SELECT 'job' AS what, j.id, CAST(NULL AS TEXT) AS donor_id, CAST(NULL AS TEXT) AS gift_id, \
           CAST(NULL AS TEXT) AS currency, CAST(NULL AS BIGINT) AS amount_minor, j.run_at AS at, \
           j.kind || ': ' || COALESCE(j.last_error, '') AS words FROM job j WHERE j.state = 'failed' \
           ORDER BY j.run_at DESC LIMIT 100) jobs \
         UNION ALL SELECT * FROM (SELECT 'mail', m.id, m.donor_id, m.gift_id, CAST(NULL AS TEXT), \
           CAST(NULL AS BIGINT), m.created_at, m.kind FROM mail_outbox m WHERE m.state <> 'sent' \
           AND m.state = 'failed' ORDER BY m.created_at DESC LIMIT 100) mails \
         UNION ALL SELECT * FROM (SELECT 'dispute', s.id, g.donor_id, s.gift_id, s.currency, s.amount_minor, \
           COALESCE(s.evidence_due, '9000-01-01T00:00:00.000000Z'), s.reason FROM dispute s JOIN gift g ON g.id = s.gift_id \
           WHERE s.state = 'open' ORDER BY COALESCE(s.evidence_due, '9000-01-01T00:00:00.000000Z'), s.id LIMIT 100) disputes \
         UNION ALL SELECT * FROM (SELECT 'recovery', r.id, p.donor_id, CAST(NULL AS TEXT), r.currency, r.amount_minor, \
           r.due_at, r.reason FROM recovery r JOIN pledge p ON p.id = r.pledge_id WHERE r.state = 'open' \
           ORDER BY r.due_at DESC LIMIT 100) recoveries \
         UNION ALL SELECT * FROM (SELECT 'refund', q.id, CAST(NULL AS TEXT), q.gift_id, q.currency, q.amount_minor, \
           q.asked_at, q.state FROM refund_request q WHERE q.state IN ('awaiting', 'asked') AND q.state = 'awaiting' \
           ORDER BY q.asked_at LIMIT 100) refunds \
         UNION ALL SELECT * FROM (SELECT 'refund_failed', q.id, CAST(NULL AS TEXT), q.gift_id, q.currency, q.amount_minor, \
           q.closed_at, COALESCE(q.problem, '') FROM refund_request q WHERE q.asked_at >= $1 AND q.state = 'refused' \
           AND NOT EXISTS (SELECT 1 FROM refund_request later WHERE later.gift_id = q.gift_id \
           AND later.asked_at > q.asked_at) ORDER BY q.asked_at DESC LIMIT 100) refused \
         UNION ALL SELECT * FROM (SELECT 'refund_failed', r.id, CAST(NULL AS TEXT), r.gift_id, r.currency, r.amount_minor, \
           r.updated_at, 'The donor’s bank sent it back.' FROM refund r WHERE r.state = 'failed' AND r.updated_at >= $1 \
           AND NOT EXISTS (SELECT 1 FROM refund later WHERE later.gift_id = r.gift_id AND later.made_at > r.made_at \
           AND later.state IN ('pending', 'succeeded')) ORDER BY r.updated_at DESC LIMIT 100) sent_back \
         UNION ALL SELECT * FROM (SELECT 'payout', p.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), p.currency, p.amount_minor, \
           p.updated_at, COALESCE(p.failure_code, '') FROM payout p WHERE p.state = 'failed' AND p.updated_at >= $1 \
           ORDER BY p.updated_at DESC LIMIT 100) payouts \
         UNION ALL SELECT * FROM (SELECT 'month', c.entity_id || '/' || c.next_month, CAST(NULL AS TEXT), CAST(NULL AS TEXT), \
           CAST(NULL AS TEXT), CAST(NULL AS BIGINT), c.ends_at, c.next_month FROM month_close c WHERE c.ends_at < $2 \
           AND c.state <> 'reopened' AND NOT EXISTS (SELECT 1 FROM month_close l WHERE l.entity_id = c.entity_id \
           AND l.state <> 'reopened' AND l.ends_at > c.ends_at) ORDER BY c.ends_at LIMIT 100) months \
         UNION ALL SELECT * FROM (SELECT 'batch', b.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), b.currency, \
           b.control_minor, b.opened_at, b.name FROM offline_batch b WHERE b.state = 'open' \
           ORDER BY b.opened_at LIMIT 100) batches \
         UNION ALL SELECT * FROM (SELECT 'bank', i.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), i.currency, \
           COUNT(*), MIN(i.imported_at), MIN(i.file_name) FROM bank_line l JOIN bank_import i ON i.id = l.import_id \
           WHERE l.state = 'open' GROUP BY i.id, i.currency ORDER BY i.id LIMIT 100) lines \
         UNION ALL SELECT * FROM (SELECT 'export', e.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), \
           CAST(NULL AS BIGINT), e.asked_at, COALESCE(e.problem, '') FROM export_batch e WHERE e.state = 'failed' \
           ORDER BY e.asked_at DESC LIMIT 100) exports \
         UNION ALL SELECT * FROM (SELECT 'claim', c.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), 'GBP', \
           c.tax_minor - c.adjustment_minor, COALESCE(c.sent_at, c.made_at), c.number || ' ' || c.state \
           FROM gift_aid_claim c WHERE c.state = 'draft' OR (c.state = 'sent' AND c.sent_at < $1) \
           ORDER BY c.made_at LIMIT 100) claims \
         UNION ALL SELECT * FROM (SELECT 'official', r.id, g.donor_id, r.gift_id, g.currency, g.amount_minor, r.issued_at, \
           r.held_back FROM receipt r JOIN gift g ON g.id = r.gift_id WHERE r.held_back IS NOT NULL \
           AND NOT EXISTS (SELECT 1 FROM receipt_event e WHERE e.receipt_id = r.id) ORDER BY r.issued_at DESC LIMIT 100) official \
         UNION ALL SELECT * FROM (SELECT 'statement', i.run_id, i.donor_id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), \
           CAST(NULL AS BIGINT), u.asked_at, u.tax_year || ': ' || COALESCE(i.why, '') FROM statement_item i \
           JOIN statement_run u ON u.id = i.run_id WHERE i.state = 'blocked' AND NOT EXISTS (SELECT 1 FROM statement_run later \
           WHERE later.entity_id = u.entity_id AND later.tax_year = u.tax_year AND later.asked_at > u.asked_at) \
           ORDER BY u.asked_at DESC, i.donor_id LIMIT 100) statements), \
         ranked AS (SELECT f.*, COUNT(*) OVER (PARTITION BY f.what) AS of_kind, \
           ROW_NUMBER() OVER (PARTITION BY f.what ORDER BY CASE WHEN f.what IN ('dispute', 'refund', 'batch', 'claim') \
           THEN f.at END, f.at DESC, f.id) AS place FROM found f) \
         SELECT what, id, donor_id, gift_id, currency, amount_minor, at, words, of_kind FROM ranked WHERE place <= 10 \
         ORDER BY what, place",
        since,
        month_due
    )
}

/// A job that was given up: its kind and subject.
///
/// # Errors
/// When the database refuses.
pub async fn failed_job(conn: &mut Conn, id: &JobId) -> Result<Option<(String, String)>> {
    opt!(conn, (String, String), "SELECT kind, subject FROM job WHERE id = $1 AND state = 'failed'", id)
}

/// Lets a job that was given up try once more, now; `false` when it is not given up any more, or waits already.
///
/// # Errors
/// When the database refuses.
pub async fn try_again(tx: &mut WriteTx, id: &JobId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE job SET state = 'retrying', run_at = $2, attempts = 0 WHERE id = $1 AND state = 'failed'",
        id,
        at
    )?;
    Ok(changed == 1)
}

/// When Stripe last told us something.
///
/// # Errors
/// When the database refuses.
pub async fn last_callback(conn: &mut Conn) -> Result<Option<Ts>> {
    let row = opt!(conn, (Ts,), "SELECT received_at FROM webhook_event ORDER BY received_at DESC LIMIT 1")?;
    Ok(row.map(|(at,)| at))
}
