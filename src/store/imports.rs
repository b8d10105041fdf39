//! Imports: files that were looked at, their rows, and what became of them.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use crate::clock::Ts;
use crate::domain::ids::{DeclarationId, DonorId, GiftId, ImportId, StaffId};
use crate::domain::money::Currency;
use crate::domain::states::{ImportRowState, ImportSource, ImportState};

/// A file that was looked at.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Batch {
    /// Its id.
    pub id: ImportId,
    /// Whose file.
    pub source: ImportSource,
    /// To which entity the gifts were.
    pub entity_id: String,
    /// The fund of gifts whose row names none.
    pub fund_id: String,
    /// Gift Aid was claimed on gifts whose row says nothing of it.
    pub claimed: bool,
    /// The other system issued receipts for these gifts: no official document confirms them again.
    pub receipted: bool,
    /// How the file is called.
    pub file_name: String,
    /// SHA-256 of it.
    pub file_sha256: String,
    /// Where it stands.
    pub state: ImportState,
    /// The name of who read it in.
    pub by_name: String,
    /// Who that is.
    pub read_by: StaffId,
    /// When.
    pub read_at: Ts,
    /// When it was brought in.
    pub done_at: Option<Ts>,
    /// Why it was taken back.
    pub why: Option<String>,
}

macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.source, b.entity_id, b.fund_id, CASE WHEN b.claimed THEN TRUE ELSE FALSE END AS claimed, ",
            "CASE WHEN b.receipted THEN TRUE ELSE FALSE END AS receipted, b.file_name, b.file_sha256, b.state, s.name AS by_name, b.read_by, b.read_at, b.done_at, b.why ",
            "FROM import_batch b JOIN staff s ON s.id = b.read_by ",
            $rest
        )
    };
}

/// One file.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &ImportId) -> Result<Option<Batch>> {
    opt!(conn, Batch, batches!("WHERE b.id = $1"), id)
}

/// The file of a form; `None` when it was not read in yet.
///
/// # Errors
/// When the database refuses.
pub async fn by_nonce(conn: &mut Conn, nonce: &str) -> Result<Option<Batch>> {
    opt!(conn, Batch, batches!("WHERE b.nonce = $1"), nonce)
}

/// The latest files, a hundred at most.
///
/// # Errors
/// When the database refuses.
pub async fn latest(conn: &mut Conn) -> Result<Vec<Batch>> {
    all!(
        conn,
        Batch,
        batches!("WHERE b.state NOT IN ('reading', 'dropped') ORDER BY b.read_at DESC, b.id DESC LIMIT 100")
    )
}

/// A file to write down.
#[derive(Clone, Debug)]
pub struct NewBatch<'a> {
    /// Its id.
    pub id: &'a ImportId,
    /// Of the form.
    pub nonce: &'a str,
    /// Whose file.
    pub source: ImportSource,
    /// To which entity.
    pub entity: &'a str,
    /// The fund of gifts whose row names none.
    pub fund: &'a str,
    /// Gift Aid was claimed on gifts whose row says nothing of it.
    pub claimed: bool,
    /// The other system issued receipts for these gifts.
    pub receipted: bool,
    /// How the file is called.
    pub file_name: &'a str,
    /// SHA-256 of it.
    pub sha256: &'a str,
    /// Who reads it in.
    pub by: &'a StaffId,
    /// When.
    pub at: Ts,
}

/// Writes a file down whose rows follow: it is being read until [`advance`] says otherwise. `false`: its form wrote one
/// before.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, b: &NewBatch<'_>) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO import_batch (id, nonce, source, entity_id, fund_id, claimed, file_name, file_sha256, state, read_by, \
         read_at, receipted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'reading', $9, $10, $11) ON CONFLICT (nonce) DO NOTHING",
        b.id,
        b.nonce,
        b.source,
        b.entity,
        b.fund,
        b.claimed,
        b.file_name,
        b.sha256,
        b.by,
        b.at,
        b.receipted
    )?;
    Ok(changed == 1)
}

/// A row to write down.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// Its line in the file; the first row under the headings is 2.
    pub line: i64,
    /// Where it stands.
    pub state: ImportRowState,
    /// The other system's own id, or one made of what the row says.
    pub external_id: String,
    /// A fingerprint of who gave.
    pub giver: String,
    /// The tax year it counts in; empty when the row cannot be read.
    pub tax_year: String,
    /// The currency's code; empty when the row cannot be read.
    pub currency: String,
    /// In minor units; 0 when the row cannot be read.
    pub amount_minor: i64,
    /// What is wrong with it, or why it is left out; may be empty.
    pub words: String,
    /// What it says, as JSON.
    pub payload: Option<String>,
    /// Gift Aid was claimed on it elsewhere.
    pub claimed: bool,
}

/// Writes rows down.
///
/// # Errors
/// When the database refuses.
pub async fn insert_rows(tx: &mut WriteTx, batch: &ImportId, rows: &[NewRow]) -> Result<()> {
    macro_rules! run {
        ($t:expr, $rows:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO import_row (batch_id, line, state, external_id, giver, tax_year, currency, amount_minor, words, \
                 payload, donor_new, claimed) ",
            );
            q.push_values($rows, |mut row, r: &NewRow| {
                row.push_bind(batch)
                    .push_bind(r.line)
                    .push_bind(r.state)
                    .push_bind(r.external_id.as_str())
                    .push_bind(r.giver.as_str())
                    .push_bind(r.tax_year.as_str())
                    .push_bind(r.currency.as_str())
                    .push_bind(r.amount_minor)
                    .push_bind(r.words.as_str())
                    .push_bind(r.payload.as_deref())
                    .push_bind(false)
                    .push_bind(r.claimed);
            });
            q.build().execute(&mut **$t).await.map(|_| ())
        }};
    }
    for chunk in rows.chunks(200) {
        on!(&mut **tx, t => run!(t, chunk))?;
    }
    Ok(())
}

/// Which of these ids were brought in before to an entity and are still there.
///
/// # Errors
/// When the database refuses.
pub async fn known(conn: &mut Conn, entity: &str, ids: &[&str]) -> Result<Vec<String>> {
    macro_rules! run {
        ($t:expr, $ids:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT r.external_id FROM import_row r JOIN import_batch b ON b.id = r.batch_id WHERE r.state = 'done' \
                 AND b.entity_id = ",
            );
            q.push_bind(entity).push(" AND r.external_id IN (");
            let mut list = q.separated(", ");
            for id in $ids {
                list.push_bind(*id);
            }
            q.push(")");
            q.build_query_scalar::<String>().fetch_all(&mut **$t).await
        }};
    }
    let mut found = Vec::new();
    for chunk in ids.chunks(200) {
        found.extend(on!(&mut *conn, t => run!(t, chunk))?);
    }
    Ok(found)
}

/// How many rows of a file stand where, and what they come to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Where.
    pub state: ImportRowState,
    /// The currency's code; empty when the rows cannot be read.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// What they come to, in minor units.
    pub minor: i64,
}

/// How the rows of a file stand.
///
/// # Errors
/// When the database refuses.
pub async fn standings(conn: &mut Conn, batch: &ImportId) -> Result<Vec<Standing>> {
    all!(
        conn,
        Standing,
        "SELECT state, currency, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS minor FROM import_row \
         WHERE batch_id = $1 GROUP BY state, currency ORDER BY state, currency",
        batch
    )
}

/// A row that is not brought in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Told {
    /// Its line in the file.
    pub line: i64,
    /// Where it stands.
    pub state: ImportRowState,
    /// Why.
    pub words: String,
}

/// Rows in a state, by line; `most` of them.
///
/// # Errors
/// When the database refuses.
pub async fn told(conn: &mut Conn, batch: &ImportId, state: ImportRowState, most: i64) -> Result<Vec<Told>> {
    all!(
        conn,
        Told,
        "SELECT line, state, words FROM import_row WHERE batch_id = $1 AND state = $2 ORDER BY line LIMIT CAST($3 AS BIGINT)",
        batch,
        state,
        most
    )
}

/// A row that waits to be brought in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ready {
    /// Its line.
    pub line: i64,
    /// The other system's own id.
    pub external_id: String,
    /// A fingerprint of who gave.
    pub giver: String,
    /// What it says, as JSON.
    pub payload: Option<String>,
}

/// The next rows that wait, by line.
///
/// # Errors
/// When the database refuses.
pub async fn ready(conn: &mut Conn, batch: &ImportId, most: i64) -> Result<Vec<Ready>> {
    all!(
        conn,
        Ready,
        "SELECT line, external_id, giver, payload FROM import_row WHERE batch_id = $1 AND state = 'ready' ORDER BY line \
         LIMIT CAST($2 AS BIGINT)",
        batch,
        most
    )
}

/// The donor that an earlier row of the same giver made or found; only for givers without a mailbox.
///
/// # Errors
/// When the database refuses.
pub async fn donor_of(conn: &mut Conn, batch: &ImportId, giver: &str) -> Result<Option<DonorId>> {
    let row = opt!(
        conn,
        (Option<DonorId>,),
        "SELECT donor_id FROM import_row WHERE batch_id = $1 AND giver = $2 AND donor_id IS NOT NULL ORDER BY line LIMIT 1",
        batch,
        giver
    )?;
    Ok(row.and_then(|(id,)| id))
}

/// What a row of a file has become.
#[derive(Clone, Copy, Debug)]
pub enum Became<'a> {
    /// A gift.
    Gift(&'a GiftId),
    /// A Gift Aid declaration.
    Declaration(&'a DeclarationId),
}

/// Holds every file of an entity until the transaction ends: two that share rows go one after the other.
///
/// # Errors
/// When the database refuses.
pub async fn hold_entity(tx: &mut WriteTx, entity: &str) -> Result<()> {
    exec!(tx, "UPDATE import_batch SET state = state WHERE entity_id = $1", entity)?;
    Ok(())
}

/// Says what a row has become; what it said is not kept here any longer.
///
/// # Errors
/// When the database refuses.
pub async fn done(
    tx: &mut WriteTx,
    batch: &ImportId,
    line: i64,
    became: Became<'_>,
    donor: &DonorId,
    donor_new: bool,
) -> Result<()> {
    let (gift, declaration) = match became {
        Became::Gift(id) => (Some(id), None),
        Became::Declaration(id) => (None, Some(id)),
    };
    exec!(
        tx,
        "UPDATE import_row SET state = 'done', gift_id = $3, declaration_id = $4, donor_id = $5, donor_new = $6, \
         payload = NULL WHERE batch_id = $1 AND line = $2",
        batch,
        line,
        gift,
        declaration,
        donor,
        donor_new
    )?;
    Ok(())
}

/// Says of a row that waited why it is not brought in after all; what it said is not kept.
///
/// # Errors
/// When the database refuses.
pub async fn set_aside(
    tx: &mut WriteTx,
    batch: &ImportId,
    line: i64,
    state: ImportRowState,
    words: &str,
) -> Result<()> {
    exec!(
        tx,
        "UPDATE import_row SET state = $3, words = $4, payload = NULL WHERE batch_id = $1 AND line = $2 AND state = 'ready'",
        batch,
        line,
        state,
        words
    )?;
    Ok(())
}

/// Moves a file from one state to another; `false` when it is not there.
///
/// # Errors
/// When the database refuses.
pub async fn advance(
    tx: &mut WriteTx,
    id: &ImportId,
    from: ImportState,
    to: ImportState,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE import_batch SET state = $3, done_at = CASE WHEN $3 = 'done' THEN COALESCE(done_at, $4) ELSE done_at END \
         WHERE id = $1 AND state = $2",
        id,
        from,
        to,
        at
    )?;
    Ok(changed == 1)
}

/// Says why a file is taken back.
///
/// # Errors
/// When the database refuses.
pub async fn set_why(tx: &mut WriteTx, id: &ImportId, why: &str) -> Result<()> {
    exec!(tx, "UPDATE import_batch SET why = $2 WHERE id = $1", id, why)?;
    Ok(())
}

/// Lets go of what the rows of a file said.
///
/// # Errors
/// When the database refuses.
pub async fn forget_payloads(tx: &mut WriteTx, id: &ImportId) -> Result<()> {
    exec!(tx, "UPDATE import_row SET payload = NULL WHERE batch_id = $1 AND payload IS NOT NULL", id)?;
    Ok(())
}

/// Files that nobody brought in: looked at, or left while they were read, before a moment.
///
/// # Errors
/// When the database refuses.
pub async fn left(conn: &mut Conn, looked_at: Ts, reading: Ts) -> Result<Vec<(ImportId, ImportState)>> {
    all!(
        conn,
        (ImportId, ImportState),
        "SELECT id, state FROM import_batch WHERE (state = 'checked' AND read_at < $1) OR (state = 'reading' AND read_at < $2) \
         ORDER BY read_at LIMIT 100",
        looked_at,
        reading
    )
}

/// What a donor gave in a year by the file and by the books.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Parity {
    /// Who.
    pub owner_id: DonorId,
    /// First name; may be empty.
    pub given_name: String,
    /// Last name; may be empty.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// Mailbox; may be empty.
    pub email: String,
    /// In which year of the entity.
    pub tax_year: String,
    /// In which currency.
    pub currency: Currency,
    /// How many gifts by the file.
    pub gifts: i64,
    /// What they come to by the file, in minor units.
    pub file_minor: i64,
    /// What the same gifts come to by the ledger, in minor units.
    pub books_minor: i64,
}

/// Donor by donor and year by year, what the file says and what the books have of it; from after a donor and year.
///
/// # Errors
/// When the database refuses.
pub async fn parity(conn: &mut Conn, batch: &ImportId, most: i64) -> Result<Vec<Parity>> {
    all!(
        conn,
        Parity,
        "SELECT p.owner_id, o.given_name, o.family_name, o.organisation, o.email, p.tax_year, p.currency, p.gifts, p.file_minor, \
         p.books_minor FROM (SELECT d.owner_id, r.tax_year, r.currency, COUNT(*) AS gifts, \
         CAST(SUM(r.amount_minor) AS BIGINT) AS file_minor, CAST(SUM(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
         WHERE e.gift_id = r.gift_id AND e.kind IN ('gift', 'correction')), 0)) AS BIGINT) AS books_minor \
         FROM import_row r JOIN donor d ON d.id = r.donor_id WHERE r.batch_id = $1 AND r.state = 'done' AND r.gift_id IS NOT NULL \
         GROUP BY d.owner_id, r.tax_year, r.currency) p JOIN donor o ON o.id = p.owner_id \
         ORDER BY CASE WHEN p.file_minor = p.books_minor THEN 1 ELSE 0 END, o.family_name, o.given_name, p.owner_id, p.tax_year, \
         p.currency LIMIT CAST($2 AS BIGINT)",
        batch,
        most
    )
}
