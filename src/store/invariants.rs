//! SQL behind `almoner verify`: each statement counts what must not be there.

use super::db::{Conn, Result, all, opt, scalar};
use crate::clock::Ts;
use crate::domain::audit::{AuditEntry, line_hash};
use crate::domain::receipt::sha256_hex;

/// One thing that must hold: its id in the goals, in words, and the SQL that counts offenders.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// `I1` … `I10`.
    pub id: &'static str,
    /// In words.
    pub holds: &'static str,
    sql: &'static str,
}

/// What can be checked inside the database alone.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "I1",
        holds: "every gift has exactly one gift entry in the ledger, and with its corrections it is the gift's sum",
        sql: "SELECT COUNT(*) FROM gift g WHERE (SELECT COUNT(*) FROM ledger_entry e WHERE e.gift_id = g.id \
              AND e.kind = 'gift' AND e.currency = g.currency) <> 1 OR (SELECT COALESCE(SUM(e.amount_minor), 0) \
              FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind IN ('gift', 'correction') \
              AND e.currency = g.currency) <> g.amount_minor",
    },
    Invariant {
        id: "I1",
        holds: "corrections of a gift run without a gap, and the gift is what the last one says",
        sql: "SELECT COUNT(*) FROM gift g WHERE g.corrections <> (SELECT COUNT(*) FROM gift_correction c \
              WHERE c.gift_id = g.id) OR g.corrections <> (SELECT COALESCE(MAX(c.seq), 0) FROM gift_correction c \
              WHERE c.gift_id = g.id) OR (g.corrections > 0 AND NOT EXISTS (SELECT 1 FROM gift_correction c \
              WHERE c.gift_id = g.id AND c.seq = g.corrections AND c.donor_id = g.donor_id \
              AND c.donor_details = g.donor_details AND COALESCE(c.declaration_id, '') = COALESCE(g.declaration_id, '') \
              AND c.fund_id = g.fund_id AND COALESCE(c.campaign_id, '') = COALESCE(g.campaign_id, '') \
              AND c.received_at = g.received_at AND c.received_on = g.received_on AND c.tax_year = g.tax_year \
              AND c.amount_minor = g.amount_minor))",
    },
    Invariant {
        id: "I1",
        holds: "every refund that staff had made is in the books, and none twice",
        sql: "SELECT COUNT(*) FROM refund_request q WHERE q.state = 'made' AND ((q.stripe_refund IS NOT NULL \
              AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.stripe_refund = q.stripe_refund AND r.gift_id = q.gift_id \
              AND r.amount_minor = q.amount_minor) AND NOT EXISTS (SELECT 1 FROM job j JOIN gift g ON g.id = q.gift_id \
              WHERE j.kind = 'look_movements' AND j.subject = g.stripe_payment_intent)) OR (q.stripe_refund IS NULL \
              AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.kind = 'refund' AND e.stripe_object = q.id \
              AND e.amount_minor = -q.amount_minor)))",
    },
    Invariant {
        id: "I1",
        holds: "every refund that staff ask for has a job that makes it",
        sql: "SELECT COUNT(*) FROM refund_request q WHERE q.state = 'asked' AND NOT EXISTS (SELECT 1 FROM job j \
              WHERE j.kind = 'make_refund' AND j.subject = q.id)",
    },
    Invariant {
        id: "I1",
        holds: "every gift without Stripe is known with its form, and no other is",
        sql: "SELECT (SELECT COUNT(*) FROM gift g WHERE g.stripe_payment_intent IS NULL AND NOT EXISTS \
              (SELECT 1 FROM offline_gift o WHERE o.gift_id = g.id AND o.kind = g.method_kind)) \
              + (SELECT COUNT(*) FROM offline_gift o JOIN gift g ON g.id = o.gift_id \
              WHERE g.stripe_payment_intent IS NOT NULL OR g.stripe_charge IS NOT NULL)",
    },
    Invariant {
        id: "I1",
        holds: "the gifts of a posted batch are as many and as much as were counted by hand, those of others none",
        sql: "SELECT COUNT(*) FROM offline_batch b WHERE (SELECT COUNT(*) FROM offline_gift o WHERE o.batch_id = b.id) \
              <> CASE WHEN b.state = 'posted' THEN b.control_count ELSE 0 END OR (SELECT COALESCE(SUM(e.amount_minor), 0) \
              FROM offline_gift o JOIN ledger_entry e ON e.gift_id = o.gift_id AND e.kind = 'gift' WHERE o.batch_id = b.id) \
              <> CASE WHEN b.state = 'posted' THEN b.control_minor ELSE 0 END",
    },
    Invariant {
        id: "I1",
        holds: "a line of a bank's file is matched when it is a gift of its sum, and only then",
        sql: "SELECT COUNT(*) FROM bank_line l LEFT JOIN offline_gift o ON o.bank_line = l.id \
              LEFT JOIN ledger_entry e ON e.gift_id = o.gift_id AND e.kind = 'gift' \
              WHERE (l.state = 'matched' AND (o.gift_id IS NULL OR l.gift_id IS NULL OR l.gift_id <> o.gift_id \
              OR e.amount_minor IS NULL OR e.amount_minor <> l.amount_minor OR e.currency <> l.currency)) \
              OR (l.state <> 'matched' AND o.gift_id IS NOT NULL)",
    },
    Invariant {
        id: "I1",
        holds: "no gift gives back more than it brought",
        sql: "SELECT COUNT(*) FROM gift g WHERE (SELECT COALESCE(SUM(e.amount_minor), 0) FROM ledger_entry e \
              WHERE e.gift_id = g.id AND e.kind IN ('gift', 'correction', 'refund', 'refund_failed', 'returned')) < 0",
    },
    Invariant {
        id: "I1",
        holds: "every refund under way or done has its entry once its balance transaction is known",
        sql: "SELECT COUNT(*) FROM refund r WHERE r.state = 'succeeded' AND NOT EXISTS (SELECT 1 FROM ledger_entry e \
              WHERE e.kind = 'refund' AND e.gift_id = r.gift_id AND e.amount_minor = -r.amount_minor \
              AND (e.stripe_object = r.stripe_refund OR (r.stripe_refund IS NULL AND e.balance_transaction IS NULL)))",
    },
    Invariant {
        id: "I1",
        holds: "every payout whose lines were read is their sum",
        sql: "SELECT COUNT(*) FROM payout p WHERE p.listed_at IS NOT NULL AND p.amount_minor <> \
              (SELECT COALESCE(SUM(b.net_minor), 0) FROM balance_transaction b WHERE b.payout = p.stripe_payout \
              AND NOT (b.category = 'payout' AND b.source = p.stripe_payout))",
    },
    Invariant {
        id: "I1",
        holds: "what the ledger has of a line of Stripe's balance is that line, to the penny",
        sql: "SELECT COUNT(*) FROM balance_transaction b WHERE EXISTS (SELECT 1 FROM ledger_entry e \
              WHERE e.balance_transaction = b.id) AND NOT EXISTS (SELECT 1 FROM ledger_entry e \
              WHERE e.balance_transaction = b.id AND e.currency <> b.currency) AND (SELECT SUM(e.amount_minor) \
              FROM ledger_entry e WHERE e.balance_transaction = b.id) <> CASE WHEN b.category = 'charge' \
              THEN -b.fee_minor ELSE b.net_minor END",
    },
    Invariant {
        id: "I2",
        holds: "every paid payment has a gift and every gift's payment is paid",
        sql: "SELECT (SELECT COUNT(*) FROM payment p WHERE p.state = 'paid' AND NOT EXISTS (SELECT 1 FROM gift g \
              WHERE g.payment_id = p.id)) + (SELECT COUNT(*) FROM gift g JOIN payment p ON p.id = g.payment_id \
              WHERE p.state <> 'paid')",
    },
    Invariant {
        id: "I2",
        holds: "a single payment has at most one gift",
        sql: "SELECT COUNT(*) FROM (SELECT g.payment_id FROM gift g JOIN payment p ON p.id = g.payment_id \
              WHERE p.frequency = 'once' GROUP BY g.payment_id HAVING COUNT(*) > 1) twice",
    },
    Invariant {
        id: "I3",
        holds: "every gift has a receipt, those of another system aside",
        sql: "SELECT COUNT(*) FROM gift g WHERE g.method_kind <> 'imported' AND NOT EXISTS (SELECT 1 FROM receipt r \
              WHERE r.gift_id = g.id)",
    },
    Invariant {
        id: "I3",
        holds: "receipt numbers run without a gap and the counter stands at the last",
        sql: "SELECT COUNT(*) FROM receipt_counter c WHERE c.entity_id NOT LIKE '%/%' AND (c.last <> (SELECT COUNT(*) \
              FROM receipt r WHERE r.entity_id = c.entity_id AND r.year = c.year) OR c.last <> \
              (SELECT COALESCE(MAX(r.serial), 0) FROM receipt r WHERE r.entity_id = c.entity_id AND r.year = c.year))",
    },
    Invariant {
        id: "I3",
        holds: "statement numbers run without a gap: one for each donor's year",
        sql: "SELECT COUNT(*) FROM receipt_counter c WHERE c.entity_id LIKE '%/statement' AND c.last <> (SELECT COUNT(*) \
              FROM statement s WHERE s.entity_id || '/statement' = c.entity_id AND s.version = 1 \
              AND SUBSTR(s.tax_year, 1, 4) = CAST(c.year AS TEXT))",
    },
    Invariant {
        id: "I4",
        holds: "no event is dead",
        sql: "SELECT COUNT(*) FROM webhook_event WHERE state = 'dead'",
    },
    Invariant {
        id: "I4",
        holds: "every pending event has a job that will look at it",
        sql: "SELECT COUNT(*) FROM webhook_event w WHERE w.state = 'pending' AND NOT EXISTS (SELECT 1 FROM job j \
              WHERE j.kind = w.job_kind AND j.subject = w.subject)",
    },
    Invariant {
        id: "I5",
        holds: "every receipt has its mail in the outbox, or another letter tells which one it replaces",
        sql: "SELECT COUNT(*) FROM receipt r WHERE r.delivery = 'mail' AND NOT EXISTS (SELECT 1 FROM mail_outbox m \
              WHERE m.dedupe_key = 'receipt:' || r.gift_id || CASE r.version WHEN 1 THEN '' \
              ELSE ':' || CAST(r.version AS TEXT) END) AND NOT EXISTS (SELECT 1 FROM receipt_event e \
              JOIN mail_outbox m ON m.gift_id = r.gift_id WHERE e.replaced_by = r.id AND e.why <> 'correction' \
              AND m.kind IN ('refund', 'receipt_changed', 'cheque_returned')) AND NOT EXISTS (SELECT 1 FROM gift g \
              JOIN donor d ON d.id = g.donor_id JOIN erasure f ON f.donor_id = d.owner_id AND f.state = 'done' \
              WHERE g.id = r.gift_id) AND NOT EXISTS (SELECT 1 FROM gift_correction c JOIN erasure f ON f.state = 'done' \
              JOIN donor d ON d.owner_id = f.donor_id WHERE c.gift_id = r.gift_id AND c.kind = 'donor' \
              AND c.made_at >= r.issued_at AND c.was LIKE '%\"donor\":\"' || d.id || '\"%')",
    },
    Invariant {
        id: "I7",
        holds: "a Gift Aid claim is as many gifts, as much, and gives back as much as its rows and adjustments say",
        sql: "SELECT COUNT(*) FROM gift_aid_claim c WHERE c.state <> 'dropped' AND (c.row_count <> (SELECT COUNT(*) FROM \
              gift_aid_row w WHERE w.claim_id = c.id) OR c.gifts_minor <> (SELECT COALESCE(SUM(w.amount_minor), 0) FROM \
              gift_aid_row w WHERE w.claim_id = c.id) OR c.adjustment_minor <> (SELECT COALESCE(SUM(a.tax_minor), 0) FROM \
              gift_aid_adjustment a WHERE a.claim_id = c.id))",
    },
    Invariant {
        id: "I8",
        holds: "a gift has one counting receipt at most",
        sql: "SELECT COUNT(*) FROM (SELECT r.gift_id FROM receipt r WHERE COALESCE((SELECT e.kind FROM receipt_event e \
              WHERE e.receipt_id = r.id ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored' GROUP BY r.gift_id \
              HAVING COUNT(*) > 1) doubled",
    },
    Invariant {
        id: "I5",
        holds: "every queued mail has a job that will send it",
        sql: "SELECT COUNT(*) FROM mail_outbox m WHERE m.state = 'queued' AND NOT EXISTS (SELECT 1 FROM job j \
              WHERE j.kind = 'send_mail' AND j.subject = m.id)",
    },
    Invariant {
        id: "I5",
        holds: "a mail rests only while mail to its donor is paused",
        sql: "SELECT COUNT(*) FROM mail_outbox m WHERE m.state = 'held' AND NOT EXISTS (SELECT 1 FROM donor_mail_pause q \
              JOIN donor d ON d.id = q.donor_id JOIN donor n ON n.owner_id = d.owner_id WHERE q.ended_at IS NULL \
              AND n.id = m.donor_id)",
    },
    Invariant {
        id: "I5",
        holds: "no mail was refused for good",
        sql: "SELECT COUNT(*) FROM mail_outbox WHERE state = 'failed'",
    },
    Invariant {
        id: "I7",
        holds: "a plan belongs to one payment, and a gift of a plan to that plan's payment and entity",
        sql: "SELECT COUNT(*) FROM gift g JOIN pledge p ON p.id = g.pledge_id WHERE g.entity_id <> p.entity_id \
              OR g.payment_id <> p.payment_id",
    },
];

/// How many offend.
///
/// # Errors
/// When the database refuses.
pub async fn offenders(conn: &mut Conn, invariant: &Invariant) -> Result<i64> {
    scalar!(conn, i64, invariant.sql)
}

/// Running jobs whose lease ended before `before` (I8): their worker died and nobody took over.
///
/// # Errors
/// When the database refuses.
pub async fn stale_leases(conn: &mut Conn, before: Ts) -> Result<i64> {
    scalar!(conn, i64, "SELECT COUNT(*) FROM job WHERE state = 'running' AND lease_until < $1", before)
}

/// Jobs that were given up.
///
/// # Errors
/// When the database refuses.
pub async fn failed_jobs(conn: &mut Conn) -> Result<i64> {
    scalar!(conn, i64, "SELECT COUNT(*) FROM job WHERE state = 'failed'")
}

/// SQLite's own check of its file and foreign keys (I9); PostgreSQL enforces both itself and has `pg_amcheck` for
/// the rest, so the answer there is empty.
///
/// # Errors
/// When the database refuses.
pub async fn file_problems(conn: &mut Conn) -> Result<Vec<String>> {
    if conn.is_postgres() {
        return Ok(Vec::new());
    }
    let mut problems: Vec<String> =
        all!(conn, (String,), "SELECT integrity_check FROM pragma_integrity_check")?
            .into_iter()
            .map(|(line,)| line)
            .filter(|line| line != "ok")
            .collect();
    let broken = scalar!(conn, i64, "SELECT COUNT(*) FROM pragma_foreign_key_check")?;
    if broken > 0 {
        problems.push(format!("{broken} broken foreign keys"));
    }
    Ok(problems)
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    seq: i64,
    at: Ts,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    prev_hash: String,
    hash: String,
}

/// Walks the audit chain (I10); gives the first line that does not fit, in words.
///
/// # Errors
/// When the database refuses.
pub async fn audit_break(conn: &mut Conn) -> Result<Option<String>> {
    const PAGE: i64 = 1000;
    let (mut seq, mut hash) = (0_i64, String::new());
    loop {
        let rows = all!(
            conn,
            AuditRow,
            "SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit_line \
             WHERE seq > $1 ORDER BY seq LIMIT CAST($2 AS BIGINT)",
            seq,
            PAGE
        )?;
        let page_was_full = rows.len() as i64 == PAGE;
        for row in rows {
            let entry = AuditEntry {
                actor: &row.actor,
                action: &row.action,
                subject: &row.subject,
                detail: row.detail,
            };
            if row.seq != seq + 1
                || row.prev_hash != hash
                || line_hash(&hash, row.seq, row.at, &entry) != row.hash
            {
                return Ok(Some(format!("audit line {} does not follow line {seq}", row.seq)));
            }
            (seq, hash) = (row.seq, row.hash);
        }
        if !page_was_full {
            break;
        }
    }
    let head = opt!(conn, (i64, String), "SELECT seq, hash FROM audit_head WHERE only_row = 1")?;
    Ok((head != Some((seq, hash))).then(|| "the chain's head is not its last line".to_owned()))
}

/// Receipts whose content no longer has the hash it was issued with; gives their numbers.
///
/// # Errors
/// When the database refuses.
pub async fn changed_receipts(conn: &mut Conn) -> Result<Vec<String>> {
    const PAGE: i64 = 1000;
    let mut changed = Vec::new();
    let mut after = String::new();
    loop {
        let rows = all!(
            conn,
            (String, String, String),
            "SELECT number, content, content_sha256 FROM receipt WHERE number > $1 ORDER BY number LIMIT CAST($2 AS BIGINT)",
            after.as_str(),
            PAGE
        )?;
        let page_was_full = rows.len() as i64 == PAGE;
        for (number, content, hash) in rows {
            if sha256_hex(&content) != hash {
                changed.push(number.clone());
            }
            after = number;
        }
        if !page_was_full {
            return Ok(changed);
        }
    }
}
