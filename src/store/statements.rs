//! Annual statements: frozen, in versions. Append-only. A donor's are those of every record that counts for them.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, on, opt};
use super::donors::DetailsRow;
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{DonorId, StatementId, StatementRunId};
use crate::domain::receipt::sha256_hex;
use crate::domain::statement::StatementContent;

/// A statement that was issued.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: StatementId,
    /// Whose.
    pub donor_id: DonorId,
    /// 1 for the first.
    pub version: i64,
    /// Its number.
    pub number: String,
    /// What it says.
    pub content: StatementContent,
    /// Hash of that.
    pub sha256: String,
    /// When.
    pub issued_at: Ts,
    /// The number of the latest version.
    pub latest: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: StatementId,
    donor_id: DonorId,
    version: i64,
    number: String,
    content: String,
    content_sha256: String,
    issued_at: Ts,
    latest: String,
}

impl Row {
    fn read(self) -> Result<Stored> {
        let content = serde_json::from_str(&self.content)
            .map_err(|e| StoreError::Corrupt { table: "statement", what: format!("{}: {e}", self.id) })?;
        Ok(Stored {
            id: self.id,
            donor_id: self.donor_id,
            version: self.version,
            number: self.number,
            content,
            sha256: self.content_sha256,
            issued_at: self.issued_at,
            latest: self.latest,
        })
    }
}

macro_rules! statements {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.donor_id, s.version, s.number, s.content, s.content_sha256, s.issued_at, \
             (SELECT n.number FROM donor o JOIN statement n ON n.donor_id = o.id WHERE o.owner_id = d.owner_id \
             AND n.entity_id = s.entity_id AND n.tax_year = s.tax_year ORDER BY n.version DESC, n.issued_at DESC LIMIT 1) \
             AS latest FROM donor d JOIN statement s ON s.donor_id = d.id ",
            $rest
        )
    };
}

/// The latest statement of a donor's year.
///
/// # Errors
/// When the database refuses.
pub async fn latest(
    conn: &mut Conn,
    owner: &DonorId,
    entity: &str,
    tax_year: &str,
) -> Result<Option<Stored>> {
    let row = opt!(
        conn,
        Row,
        statements!(
            "WHERE d.owner_id = $1 AND s.entity_id = $2 AND s.tax_year = $3 \
             ORDER BY s.version DESC, s.issued_at DESC LIMIT 1"
        ),
        owner,
        entity,
        tax_year
    )?;
    row.map(Row::read).transpose()
}

/// A statement of a donor.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId, id: &StatementId) -> Result<Option<Stored>> {
    opt!(conn, Row, statements!("WHERE d.owner_id = $1 AND s.id = $2"), owner, id)?.map(Row::read).transpose()
}

/// A statement, whosever it is.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &StatementId) -> Result<Option<Stored>> {
    opt!(conn, Row, statements!("WHERE s.id = $1"), id)?.map(Row::read).transpose()
}

/// A statement in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Head {
    /// Its id.
    pub id: StatementId,
    /// Of which entity.
    pub entity_id: String,
    /// Of which tax year.
    pub tax_year: String,
    /// 1 for the first.
    pub version: i64,
    /// Its number.
    pub number: String,
    /// When.
    pub issued_at: Ts,
}

impl From<Stored> for Head {
    fn from(stored: Stored) -> Head {
        Head {
            id: stored.id,
            entity_id: stored.content.entity.id,
            tax_year: stored.content.tax_year,
            version: stored.version,
            number: stored.number,
            issued_at: stored.issued_at,
        }
    }
}

/// Every statement of a donor, the latest versions first.
///
/// # Errors
/// When the database refuses.
pub async fn heads(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Head>> {
    all!(
        conn,
        Head,
        "SELECT s.id, s.entity_id, s.tax_year, s.version, s.number, s.issued_at FROM donor d \
         JOIN statement s ON s.donor_id = d.id WHERE d.owner_id = $1 \
         ORDER BY s.tax_year DESC, s.entity_id, s.version DESC, s.issued_at DESC LIMIT 500",
        owner
    )
}

/// The versions of one year's statement, the latest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_year(conn: &mut Conn, owner: &DonorId, entity: &str, tax_year: &str) -> Result<Vec<Stored>> {
    let rows = all!(
        conn,
        Row,
        statements!(
            "WHERE d.owner_id = $1 AND s.entity_id = $2 AND s.tax_year = $3 \
             ORDER BY s.version DESC, s.issued_at DESC"
        ),
        owner,
        entity,
        tax_year
    )?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether a statement was issued for a donor's year.
///
/// # Errors
/// When the database refuses.
pub async fn exists(conn: &mut Conn, owner: &DonorId, entity: &str, tax_year: &str) -> Result<bool> {
    Ok(latest_number(conn, owner, entity, tax_year).await?.is_some())
}

/// The years of an entity for which a statement was issued to the donors that these records count for.
///
/// # Errors
/// When the database refuses.
pub async fn years_issued(
    conn: &mut Conn,
    entity: &str,
    records: &[DonorId],
) -> Result<Vec<(DonorId, String)>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT DISTINCT d.owner_id, s.tax_year FROM donor d JOIN donor o ON o.owner_id = d.owner_id \
                 JOIN statement s ON s.donor_id = o.id WHERE s.entity_id = ",
            );
            q.push_bind(entity).push(" AND d.id IN (");
            let mut list = q.separated(", ");
            for record in records {
                list.push_bind(record);
            }
            q.push(") ORDER BY d.owner_id, s.tax_year");
            q.build_query_as::<(DonorId, String)>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}

/// The number of the latest statement of a donor's year.
///
/// # Errors
/// When the database refuses.
pub async fn latest_number(
    conn: &mut Conn,
    owner: &DonorId,
    entity: &str,
    tax_year: &str,
) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (String,),
        "SELECT s.number FROM donor d JOIN statement s ON s.donor_id = d.id WHERE d.owner_id = $1 AND s.entity_id = $2 \
         AND s.tax_year = $3 ORDER BY s.version DESC, s.issued_at DESC LIMIT 1",
        owner,
        entity,
        tax_year
    )?;
    Ok(row.map(|(number,)| number))
}

/// A statement to write.
#[derive(Clone, Debug)]
pub struct NewStatement<'a> {
    /// Its id.
    pub id: &'a StatementId,
    /// Whose.
    pub owner: &'a DonorId,
    /// What it says.
    pub content: &'a StatementContent,
    /// The run it belongs to.
    pub run: Option<&'a StatementRunId>,
    /// When.
    pub at: Ts,
}

/// Writes a statement with the hash of its content.
///
/// # Errors
/// When the number or the version is taken.
pub async fn insert(tx: &mut WriteTx, s: &NewStatement<'_>) -> Result<()> {
    let content = super::payments::to_json(s.content, "statement")?;
    let hash = sha256_hex(&content);
    exec!(
        tx,
        "INSERT INTO statement (id, donor_id, entity_id, tax_year, version, number, content, content_sha256, run_id, \
         issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        s.id,
        s.owner,
        s.content.entity.id.as_str(),
        s.content.tax_year.as_str(),
        s.content.version,
        s.content.number.as_str(),
        content,
        hash,
        s.run,
        s.at
    )?;
    Ok(())
}

/// The donor as they are now, with the address that holds.
///
/// # Errors
/// When the database refuses.
pub async fn donor_today(conn: &mut Conn, owner: &DonorId) -> Result<Option<DonorDetails>> {
    let row = opt!(
        conn,
        DonorToday,
        "SELECT d.kind, d.given_name, d.family_name, d.organisation, d.email, d.locale, a.line1, a.line2, a.city, \
         a.region, a.postcode, a.country, CASE WHEN a.id IS NULL THEN (SELECT g.donor_details FROM gift g \
         JOIN donor o ON o.id = g.donor_id WHERE o.owner_id = d.id ORDER BY g.received_at DESC LIMIT 1) END AS details \
         FROM donor d LEFT JOIN donor_address a ON a.donor_id = d.id AND a.valid_to IS NULL WHERE d.id = $1",
        owner
    )?;
    Ok(row.map(DonorToday::read))
}

#[derive(sqlx::FromRow)]
struct DonorToday {
    #[sqlx(flatten)]
    row: DetailsRow,
    details: Option<String>,
}

impl DonorToday {
    fn read(self) -> DonorDetails {
        let today = DonorDetails::from(self.row);
        // Who never kept an address here gave one with a gift, perhaps.
        let with_a_gift = || {
            let details: DonorDetails = serde_json::from_str(self.details.as_deref()?).ok()?;
            details.address
        };
        DonorDetails { address: today.address.or_else(with_a_gift), ..today }
    }
}

/// A document of which the content's hash begins with a check code.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CodeHit {
    /// `receipt` or `statement`.
    pub kind: String,
    /// Of which entity.
    pub entity_id: String,
    /// Its number.
    pub number: String,
    /// When it was issued.
    pub issued_at: Ts,
    /// `cancelled`, `replaced`, or none: it counts.
    pub fate: Option<String>,
}

/// The document with a check code; `prefix`: the beginning of its content's hash, in lower-case hex.
///
/// # Errors
/// When the database refuses.
pub async fn by_code(conn: &mut Conn, prefix: &str) -> Result<Option<CodeHit>> {
    // `g` comes after every hexadecimal digit.
    let beyond = format!("{prefix}g");
    opt!(
        conn,
        CodeHit,
        "SELECT 'receipt' AS kind, r.entity_id, r.number, r.issued_at, \
         (SELECT CASE WHEN e.kind = 'restored' THEN NULL ELSE e.kind END FROM receipt_event e WHERE e.receipt_id = r.id \
         ORDER BY e.seq DESC LIMIT 1) AS fate FROM receipt r WHERE r.content_sha256 >= $1 AND r.content_sha256 < $2 \
         UNION ALL SELECT 'statement' AS kind, s.entity_id, s.number, s.issued_at, \
         (SELECT 'replaced' FROM statement n WHERE n.donor_id = s.donor_id AND n.entity_id = s.entity_id \
         AND n.tax_year = s.tax_year AND n.version > s.version LIMIT 1) AS fate FROM statement s \
         WHERE s.content_sha256 >= $1 AND s.content_sha256 < $2 LIMIT 1",
        prefix,
        beyond
    )
}
