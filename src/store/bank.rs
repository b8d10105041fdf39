//! Files of the bank: how they are read, which were, and the sums they hold.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, on, opt};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::{BankImportId, BankLineId, GiftId, MappingId, PayoutId, StaffId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::BankLineState;

/// Rows of one statement.
const ROWS: usize = 500;

/// How one bank's files are read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Mapping {
    /// Its id.
    pub id: MappingId,
    /// What staff call it.
    pub name: String,
    /// As JSON.
    pub mapping: String,
}

/// Every mapping, by name.
///
/// # Errors
/// When the database refuses.
pub async fn mappings(conn: &mut Conn) -> Result<Vec<Mapping>> {
    all!(conn, Mapping, "SELECT id, name, mapping FROM bank_mapping ORDER BY name LIMIT 200")
}

/// Keeps a mapping; `false` when its name is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert_mapping(tx: &mut WriteTx, m: &Mapping, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO bank_mapping (id, name, mapping, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO NOTHING",
        &m.id,
        m.name.as_str(),
        m.mapping.as_str(),
        by,
        at
    )?;
    Ok(changed == 1)
}

/// A file to write down.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Its id.
    pub id: BankImportId,
    /// The file's name.
    pub file_name: String,
    /// The file's hash: the same file is read once.
    pub file_sha256: String,
    /// `csv` or `camt053`.
    pub kind: &'static str,
    /// How it was read.
    pub mapping_id: Option<MappingId>,
    /// Whose account.
    pub entity_id: String,
    /// Which account.
    pub account: String,
    /// How many sums came in.
    pub lines: i64,
    /// What they come to.
    pub sum: Money,
}

/// Writes a file down; `false` when it was read before.
///
/// # Errors
/// When the database refuses.
pub async fn insert_import(tx: &mut WriteTx, i: &NewImport, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO bank_import (id, file_name, file_sha256, kind, mapping_id, entity_id, account, currency, lines, \
         known, sum_minor, imported_by, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12) \
         ON CONFLICT (file_sha256) DO NOTHING",
        &i.id,
        i.file_name.as_str(),
        i.file_sha256.as_str(),
        i.kind,
        i.mapping_id.as_ref(),
        i.entity_id.as_str(),
        i.account.as_str(),
        i.sum.currency(),
        i.lines,
        i.sum.minor(),
        by,
        at
    )?;
    Ok(changed == 1)
}

/// Takes a file out with all its lines; `false` when one of them is a gift, or it is not there: then nothing of this
/// transaction may be kept.
///
/// # Errors
/// When the database refuses.
pub async fn delete_import(tx: &mut WriteTx, id: &BankImportId) -> Result<bool> {
    exec!(tx, "DELETE FROM bank_line WHERE import_id = $1 AND state <> 'matched'", id)?;
    let changed = exec!(
        tx,
        "DELETE FROM bank_import WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM bank_line l WHERE l.import_id = bank_import.id)",
        id
    )?;
    Ok(changed == 1)
}

/// Writes how many lines of a file were known before.
///
/// # Errors
/// When the file is not there.
pub async fn set_known(tx: &mut WriteTx, import: &BankImportId, known: i64) -> Result<()> {
    let changed = exec!(tx, "UPDATE bank_import SET known = $2 WHERE id = $1", import, known)?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "bank import", changed }) }
}

/// A file that was read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Import {
    /// Its id.
    pub id: BankImportId,
    /// The file's name.
    pub file_name: String,
    /// `csv` or `camt053`.
    pub kind: String,
    /// Whose account.
    pub entity_id: String,
    /// Which account.
    pub account: String,
    /// In which currency.
    pub currency: Currency,
    /// How many sums came in.
    pub lines: i64,
    /// How many of them were known.
    pub known: i64,
    sum_minor: i64,
    /// Who read it.
    pub imported_by: String,
    /// When.
    pub imported_at: Ts,
    /// Lines of it nobody has looked at.
    pub open: i64,
    /// 1 when a line of it is a gift, else 0.
    pub matched: i64,
}

impl Import {
    /// What its lines come to.
    pub fn sum(&self) -> Money {
        Money::new(self.sum_minor, self.currency)
    }
}

macro_rules! imports {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.file_name, i.kind, i.entity_id, i.account, i.currency, i.lines, i.known, i.sum_minor, \
             s.name AS imported_by, i.imported_at, \
             (SELECT COUNT(*) FROM bank_line l WHERE l.import_id = i.id AND l.state = 'open') AS open, \
             CAST(CASE WHEN EXISTS (SELECT 1 FROM bank_line l WHERE l.import_id = i.id AND l.state = 'matched') \
             THEN 1 ELSE 0 END AS BIGINT) AS matched \
             FROM bank_import i JOIN staff s ON s.id = i.imported_by ",
            $rest
        )
    };
}

/// One file.
///
/// # Errors
/// When the database refuses.
pub async fn import(conn: &mut Conn, id: &BankImportId) -> Result<Option<Import>> {
    opt!(conn, Import, imports!("WHERE i.id = $1"), id)
}

/// The file with this hash.
///
/// # Errors
/// When the database refuses.
pub async fn import_by_hash(conn: &mut Conn, sha256: &str) -> Result<Option<Import>> {
    opt!(conn, Import, imports!("WHERE i.file_sha256 = $1"), sha256)
}

/// The files read last, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn last_imports(conn: &mut Conn) -> Result<Vec<Import>> {
    all!(conn, Import, imports!("ORDER BY i.imported_at DESC, i.id DESC LIMIT 20"))
}

/// A sum that reached the account.
#[derive(Clone, Debug)]
pub struct NewBankLine {
    /// Its id.
    pub id: BankLineId,
    /// The same for the same line, whichever file holds it.
    pub fingerprint: String,
    /// Where it stands in the file.
    pub position: i64,
    /// How much.
    pub amount: Money,
    /// The day the bank booked it.
    pub booked_on: Day,
    /// Who paid, as the bank writes it.
    pub payer: String,
    /// The same, to be compared.
    pub payer_norm: String,
    /// What they wrote.
    pub reference: String,
}

/// Writes lines; those that another file brought stay as they are. Gives how many were new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_lines(tx: &mut WriteTx, import: &BankImportId, lines: &[NewBankLine]) -> Result<u64> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO bank_line (id, import_id, fingerprint, position, currency, amount_minor, booked_on, \
                 payer, payer_norm, reference, state) ",
            );
            q.push_values($rows, |mut row, l: &NewBankLine| {
                row.push_bind(&l.id)
                    .push_bind(import)
                    .push_bind(l.fingerprint.as_str())
                    .push_bind(l.position)
                    .push_bind(l.amount.currency())
                    .push_bind(l.amount.minor())
                    .push_bind(l.booked_on)
                    .push_bind(l.payer.as_str())
                    .push_bind(l.payer_norm.as_str())
                    .push_bind(l.reference.as_str())
                    .push_bind("open");
            });
            q.push(" ON CONFLICT (fingerprint) DO NOTHING");
            q.build().execute(&mut **$t).await.map(|r| r.rows_affected())
        }};
    }
    let mut new = 0;
    for chunk in lines.chunks(ROWS) {
        new += on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(new)
}

/// A line of a file.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BankLine {
    /// Its id.
    pub id: BankLineId,
    /// Of which file.
    pub import_id: BankImportId,
    /// Where it stands there.
    pub position: i64,
    currency: Currency,
    amount_minor: i64,
    /// The day the bank booked it.
    pub booked_on: Day,
    /// Who paid, as the bank writes it.
    pub payer: String,
    /// The same, to be compared.
    pub payer_norm: String,
    /// What they wrote.
    pub reference: String,
    /// What became of it.
    pub state: BankLineState,
    /// Why it is no gift.
    pub why: Option<String>,
    /// The gift it became.
    pub gift_id: Option<GiftId>,
    /// The payout it is.
    pub payout_id: Option<PayoutId>,
    /// To which entity the account belongs.
    pub entity_id: String,
}

impl BankLine {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, l.import_id, l.position, l.currency, l.amount_minor, l.booked_on, l.payer, l.payer_norm, \
             l.reference, l.state, l.why, l.gift_id, l.payout_id, i.entity_id \
             FROM bank_line l JOIN bank_import i ON i.id = l.import_id ",
            $rest
        )
    };
}

/// One line.
///
/// # Errors
/// When the database refuses.
pub async fn line(conn: &mut Conn, id: &BankLineId) -> Result<Option<BankLine>> {
    opt!(conn, BankLine, lines!("WHERE l.id = $1"), id)
}

/// Lines of a file that nobody has looked at, or all others, from a position on.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(
    conn: &mut Conn,
    import: &BankImportId,
    open: bool,
    after: i64,
    most: i64,
) -> Result<Vec<BankLine>> {
    if open {
        let sql = lines!(
            "WHERE l.import_id = $1 AND l.state = 'open' AND l.position > $2 ORDER BY l.position \
             LIMIT CAST($3 AS BIGINT)"
        );
        return all!(conn, BankLine, sql, import, after, most);
    }
    let sql = lines!(
        "WHERE l.import_id = $1 AND l.state <> 'open' AND l.position > $2 ORDER BY l.position LIMIT CAST($3 AS BIGINT)"
    );
    all!(conn, BankLine, sql, import, after, most)
}

/// Closes a line that is still open; `false` when somebody was first.
///
/// # Errors
/// When the database refuses.
pub async fn close_line(
    tx: &mut WriteTx,
    id: &BankLineId,
    state: BankLineState,
    why: Option<&str>,
    by: &StaffId,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE bank_line SET state = $2, why = $3, closed_by = $4, closed_at = $5 WHERE id = $1 AND state = 'open'",
        id,
        state,
        why,
        by,
        at
    )?;
    Ok(changed == 1)
}

/// Says which payout a line is that was just put aside; `false` when the payout is another line's.
///
/// # Errors
/// When the database refuses.
pub async fn set_payout(tx: &mut WriteTx, id: &BankLineId, payout: &PayoutId) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE bank_line SET payout_id = $2 WHERE id = $1 AND state = 'ignored' AND NOT EXISTS \
         (SELECT 1 FROM bank_line o WHERE o.payout_id = $2)",
        id,
        payout
    )?;
    Ok(changed == 1)
}

/// Opens a line again that was said to be no gift; `false` when it is not in that state.
///
/// # Errors
/// When the database refuses.
pub async fn reopen_line(tx: &mut WriteTx, id: &BankLineId) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE bank_line SET state = 'open', why = NULL, payout_id = NULL, closed_by = NULL, closed_at = NULL \
         WHERE id = $1 AND state = 'ignored'",
        id
    )?;
    Ok(changed == 1)
}

/// Names the gift that each of these matched lines became; gives how many have one.
///
/// # Errors
/// When the database refuses.
pub async fn name_gifts(tx: &mut WriteTx, ids: &[BankLineId]) -> Result<u64> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "UPDATE bank_line SET gift_id = (SELECT o.gift_id FROM offline_gift o \
                 WHERE o.bank_line = bank_line.id) WHERE state = 'matched' AND EXISTS (SELECT 1 FROM offline_gift o \
                 WHERE o.bank_line = bank_line.id) AND id IN (",
            );
            let mut list = q.separated(", ");
            for id in ids {
                list.push_bind(id);
            }
            q.push(")");
            q.build().execute(&mut **$t).await.map(|r| r.rows_affected())
        }};
    }
    if ids.is_empty() { Ok(0) } else { on!(&mut **tx, t => run!(t)) }
}
