//! Which tables hold something about a donor, and how its rows are found: one list for the copy a donor may ask for and for
//! the test that no table is forgotten (PR-10).

use sqlx::{AssertSqlSafe, Row};

use super::copy::{Table, tables};
use super::db::{Conn, Result, StoreError};
use crate::domain::ids::DonorId;

/// Something that is held about donors.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// The table.
    pub table: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// The rows that are about the donor `$1`.
    rows: &'static str,
    /// Columns that are not theirs to have: what guards their account, and what only says who of the staff acted.
    kept_back: &'static [&'static str],
}

const MINE: &str = "donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)";
const OF_PLANS: &str =
    "pledge_id IN (SELECT p.id FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1)";
const OF_GIFTS: &str =
    "gift_id IN (SELECT g.id FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1)";

/// A gift that was put down to another donor before has receipts that name that one: those are not theirs to see.
const RECEIPTS: &str = "gift_id IN (SELECT g.id FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = receipt.gift_id AND c.kind = 'donor' \
     AND c.made_at > receipt.issued_at)";

/// What Stripe told about a donor: its notices name one of these objects. A gift that was put down to
/// another donor before is left out: Stripe speaks of whoever paid it.
macro_rules! told_of {
    ($before:literal) => {
        concat!($before, "object_id IN (\
     SELECT p.stripe_session FROM payment p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT p.stripe_payment_intent FROM payment p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT p.stripe_customer FROM payment p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT p.stripe_subscription FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT p.stripe_method FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT m.stripe_session FROM method_change m JOIN pledge p ON p.id = m.pledge_id \
     JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT g.stripe_payment_intent FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
     AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor') \
     UNION SELECT g.stripe_charge FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
     AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor') \
     UNION SELECT g.stripe_invoice FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
     AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor') \
     UNION SELECT r.stripe_invoice FROM recovery r JOIN pledge p ON p.id = r.pledge_id \
     JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
     UNION SELECT r.stripe_refund FROM refund r JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
     WHERE d.owner_id = $1 AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor') \
     UNION SELECT x.stripe_dispute FROM dispute x JOIN gift g ON g.id = x.gift_id JOIN donor d ON d.id = g.donor_id \
     WHERE d.owner_id = $1 AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor'))")
    };
}
pub(super) use told_of;

macro_rules! holdings {
    ($($table:literal, $what:literal, $rows:expr, [$($back:literal),*];)*) => {
        &[$(Holding { table: $table, what: $what, rows: $rows, kept_back: &[$($back),*] },)*]
    };
}

/// Everything that is held about a donor, in the order a reader wants it.
pub const HOLDINGS: &[Holding] = holdings! {
    "donor", "Who you are", "owner_id = $1", ["terms_at"];
    "account", "How you sign in", "donor_id = $1", ["password_hash"];
    "account_mailbox", "Other addresses that sign in", "donor_id = $1", [];
    "donor_address", "Where you live and lived", MINE, [];
    "consent_entry", "What you chose about e-mail", MINE, [];
    "payment", "Forms you sent", MINE, ["form_nonce", "fingerprint", "checkout_url"];
    "pledge", "Monthly gifts", MINE, [];
    "pledge_change", "Changes of monthly gifts", OF_PLANS, ["nonce"];
    "method_change", "Changes of card or account", OF_PLANS, ["nonce", "checkout_url"];
    "recovery", "Charges that failed", OF_PLANS, [];
    "gift", "Gifts", MINE, [];
    "offline_gift", "Gifts by cheque, cash or bank", OF_GIFTS, ["nonce", "entered_by"];
    "offline_line", "Gifts entered in a batch", MINE, ["nonce", "entered_by"];
    "bank_line", "Lines of the charity's bank", OF_GIFTS, ["fingerprint", "closed_by"];
    "import_row", "Gifts brought in from another system", MINE, ["giver", "payload", "words"];
    "gift_correction", "Corrections of gifts", OF_GIFTS, ["nonce", "made_by", "was", "why"];
    "gift_benefit", "What you got for a gift", OF_GIFTS, ["nonce", "recorded_by"];
    "gift_rate", "Gifts at the rate of their day", OF_GIFTS, ["nonce", "recorded_by"];
    "refund", "Money given back", OF_GIFTS, [];
    "refund_request", "Refunds asked for", OF_GIFTS, ["nonce", "asked_by", "approved_by"];
    "dispute", "Gifts contested at your bank", OF_GIFTS, [];
    "ledger_entry", "Movements in the books", OF_GIFTS, [];
    "receipt", "Receipts", RECEIPTS, [];
    "receipt_event", "What became of receipts",
        "receipt_id IN (SELECT r.id FROM receipt r JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
         WHERE d.owner_id = $1 AND NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = g.id AND c.kind = 'donor' \
         AND c.made_at > r.issued_at))", [];
    "statement", "Annual statements", MINE, [];
    "statement_item", "Runs of statements", MINE, [];
    "declaration", "Gift Aid declarations", MINE, ["nonce", "entered_by"];
    "declaration_event", "What became of declarations",
        "declaration_id IN (SELECT c.id FROM declaration c JOIN donor d ON d.id = c.donor_id WHERE d.owner_id = $1)",
        ["recorded_by"];
    "gift_aid_row", "Gifts in Gift Aid claims", OF_GIFTS, [];
    "gift_aid_adjustment", "Gift Aid given back", OF_GIFTS, [];
    "mail_outbox", "Mail to you", MINE, ["dedupe_key", "message_id", "proof_id"];
    "mailbox_proof", "Questions to your mailbox",
        "donor_id = $1 OR email_norm IN (SELECT d.email_norm FROM donor d WHERE d.owner_id = $1 AND d.email_norm <> '' \
         UNION SELECT a.email_norm FROM account a WHERE a.donor_id = $1)",
        ["browser_sha256", "detail", "code_tries"];
    "web_session", "Where you are signed in", "donor_id = $1", ["id_sha256", "data"];
    "known_browser", "Browsers you signed in with", "donor_id = $1", ["browser_sha256"];
    "donor_note", "Notes of the office", MINE, ["written_by"];
    "donor_mail_pause", "Times in which mail rested", MINE, ["paused_by", "ended_by"];
    "donor_merge", "Records found to be yours",
        "donor_id = $1 OR donor_id IN (SELECT d.id FROM donor d WHERE d.owner_id = $1)",
        ["nonce", "made_by", "undone_by"];
    "erasure", "Your wish to be forgotten", "donor_id = $1", ["nonce", "asked_by"];
    "audit_line", "Who looked and what was done",
        "subject IN (SELECT d.id FROM donor d WHERE d.owner_id = $1 UNION SELECT g.id FROM gift g JOIN donor d \
         ON d.id = g.donor_id WHERE d.owner_id = $1 UNION SELECT p.id FROM pledge p JOIN donor d ON d.id = p.donor_id \
         WHERE d.owner_id = $1)",
        ["id", "actor", "detail", "prev_hash", "hash"];
    "webhook_event", "What Stripe told about your gifts", told_of!(""), [];
};

/// Tables without a word about a donor, or with nothing beside a number that another table explains.
pub const NOT_ABOUT_DONORS: &[&str] = &[
    "alarm",
    "audit_head",
    "balance_transaction",
    "bank_import",
    "bank_mapping",
    "donor_merge_record",
    "donor_term",
    "drift",
    "export_batch",
    "gift_aid_claim",
    "gift_aid_counter",
    "import_batch",
    "job",
    "late_posting",
    "month_close",
    "offer_window",
    "offline_batch",
    "payout",
    "receipt_counter",
    "reconcile_cursor",
    "reconcile_run",
    "schedule_run",
    "staff",
    "staff_invitation",
    "staff_passkey",
    "staff_recovery_code",
    "staff_session",
    "statement_run",
    "suppression",
];

/// What one table holds about a donor.
#[derive(Clone, Debug)]
pub struct Held {
    /// What it is.
    pub holding: Holding,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column, in the canonical form of a copied database.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Everything that is held about a donor, table by table; tables without a row are left out.
///
/// # Errors
/// When the database refuses.
pub async fn of_donor(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Held>> {
    let known = tables(conn).await?;
    let mut all = Vec::new();
    for holding in HOLDINGS {
        let table = known.iter().find(|t| t.name == holding.table);
        let table = table.ok_or_else(|| StoreError::Unfit(format!("no table {}", holding.table)))?;
        let rows = rows(conn, table, holding, owner).await?;
        if rows.is_empty() {
            continue;
        }
        let shown: Vec<bool> =
            table.columns.iter().map(|c| !holding.kept_back.contains(&c.name.as_str())).collect();
        let columns =
            table.columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.name.clone()).collect();
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().zip(&shown).filter(|(_, s)| **s).map(|(v, _)| v).collect())
            .collect();
        all.push(Held { holding: *holding, columns, rows });
    }
    Ok(all)
}

async fn rows(
    conn: &mut Conn,
    table: &Table,
    holding: &Holding,
    owner: &DonorId,
) -> Result<Vec<Vec<Option<String>>>> {
    let sql = format!("{} WHERE {}", table.select(), holding.rows);
    let width = table.columns.len();
    macro_rules! run {
        ($t:expr) => {{
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(owner).fetch_all(&mut **$t).await?;
            let mut all = Vec::with_capacity(rows.len());
            for row in &rows {
                let mut values: Vec<Option<String>> = Vec::with_capacity(width);
                for at in 0..width {
                    values.push(row.try_get(at)?);
                }
                all.push(values);
            }
            Ok(all)
        }};
    }
    super::db::meter::tick();
    match conn {
        Conn::Sqlite(t) => run!(t),
        Conn::Postgres(t) => run!(t),
        Conn::SqlitePlain(t) => run!(t),
        Conn::PostgresPlain(t) => run!(t),
    }
}
