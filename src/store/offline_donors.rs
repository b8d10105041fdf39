//! Donors, for whoever enters a gift: found by words of their names, made anew without a mailbox, described for a receipt.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, StoreError, WriteTx, exec, on};
use super::donor_terms;
use crate::clock::Ts;
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::ids::DonorId;
use crate::domain::states::DonorKind;

/// A donor in a list to choose from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Found {
    /// Who.
    pub id: DonorId,
    /// Person or body.
    pub kind: DonorKind,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// The body they give for.
    pub organisation: Option<String>,
    /// Their mailbox; empty: none.
    pub email: String,
    /// Town and postcode of the address that holds now; may be empty.
    pub place: String,
}

impl Found {
    /// The name on receipts.
    pub fn name(&self) -> String {
        match (&self.kind, &self.organisation) {
            (DonorKind::Organisation, Some(name)) => name.clone(),
            _ => format!("{} {}", self.given_name, self.family_name).trim().to_owned(),
        }
    }
}

/// Columns of [`Found`] with the joins they need; `d` is the donor.
const FOUND: &str = "SELECT DISTINCT d.id, d.kind, d.given_name, d.family_name, d.organisation, d.email, \
     COALESCE(a.city || ' ' || a.postcode, '') AS place FROM donor d \
     LEFT JOIN donor_address a ON a.donor_id = d.id AND a.valid_to IS NULL ";

/// Donors by words of their names, body or mailbox, each as it is typed or as its beginning; at most `most`. Records that
/// count for somebody else are found as who they count for. Where a donor's words are not taken yet, the names themselves
/// are looked through.
///
/// # Errors
/// When the database refuses.
pub async fn by_words(conn: &mut Conn, words: &[String], most: i64) -> Result<Vec<Found>> {
    // The longest word is looked up, and walked no further than donors can be shown; the others are asked of each donor.
    let Some(longest) = words.iter().max_by_key(|w| w.chars().count()) else { return Ok(Vec::new()) };
    let others: Vec<&String> = words.iter().filter(|w| *w != longest).collect();
    let walked = most.saturating_mul(4);
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(FOUND);
            q.push("WHERE d.id IN (SELECT k.owner_id FROM (SELECT m.owner_id FROM donor_term t JOIN donor m ");
            q.push("ON m.id = t.donor_id WHERE t.term >= ").push_bind(longest.as_str());
            q.push(" AND t.term < ").push_bind(format!("{longest}\u{10ffff}"));
            for word in &others {
                q.push(" AND EXISTS (SELECT 1 FROM donor_term o WHERE o.donor_id = t.donor_id AND o.term >= ");
                q.push_bind(word.as_str()).push(" AND o.term < ").push_bind(format!("{word}\u{10ffff}")).push(")");
            }
            q.push(" ORDER BY t.term, t.donor_id LIMIT CAST(").push_bind(walked).push(" AS BIGINT)) k");
            q.push(" UNION SELECT w.owner_id FROM (SELECT m.owner_id FROM donor m WHERE m.terms_at IS NULL");
            for word in words {
                q.push(
                    " AND LOWER(' ' || m.given_name || ' ' || m.family_name || ' ' || COALESCE(m.organisation, '') \
                     || ' ' || m.email_norm) LIKE ",
                );
                q.push_bind(format!("% {word}%"));
            }
            q.push(" ORDER BY m.id LIMIT CAST(").push_bind(walked).push(" AS BIGINT)) w");
            q.push(") ORDER BY d.family_name, d.given_name, d.id LIMIT CAST(").push_bind(most).push(" AS BIGINT)");
            q.build_query_as::<Found>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}

/// These donors, as they are chosen from.
///
/// # Errors
/// When the database refuses.
pub async fn by_ids(conn: &mut Conn, ids: &[DonorId]) -> Result<Vec<Found>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(FOUND);
            q.push("WHERE d.id IN (");
            let mut list = q.separated(", ");
            for id in ids {
                list.push_bind(id);
            }
            q.push(")");
            q.build_query_as::<Found>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}

/// A donor as a receipt describes them.
#[derive(Clone, Debug)]
pub struct Described {
    /// Who.
    pub id: DonorId,
    /// As of now.
    pub details: DonorDetails,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DonorId,
    kind: DonorKind,
    given_name: String,
    family_name: String,
    organisation: Option<String>,
    email: String,
    locale: String,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
    last: Option<String>,
}

impl TryFrom<Row> for Described {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<Described> {
        let held = r.line1.map(|line1| Address {
            line1,
            line2: r.line2.unwrap_or_default(),
            city: r.city.unwrap_or_default(),
            region: r.region.unwrap_or_default(),
            postcode: r.postcode.unwrap_or_default(),
            country: r.country.unwrap_or_default(),
        });
        let told = match &r.last {
            None => None,
            Some(json) => {
                serde_json::from_str::<DonorDetails>(json)
                    .map_err(|e| StoreError::Corrupt { table: "gift", what: format!("{}: {e}", r.id) })?
                    .address
            }
        };
        let details = DonorDetails {
            kind: r.kind,
            given_name: r.given_name,
            family_name: r.family_name,
            organisation: r.organisation,
            email: r.email,
            address: held.or(told),
            locale: r.locale,
        };
        Ok(Described { id: r.id, details })
    }
}

/// Donors as a receipt describes them: their names and mailbox as they are now, with the address that holds, or the one
/// told with their last gift.
///
/// # Errors
/// When the database refuses.
pub async fn described(conn: &mut Conn, ids: &[DonorId]) -> Result<Vec<Described>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT d.id, d.kind, d.given_name, d.family_name, d.organisation, d.email, d.locale, a.line1, \
                 a.line2, a.city, a.region, a.postcode, a.country, (SELECT g.donor_details FROM gift g \
                 WHERE g.donor_id = d.id ORDER BY g.received_at DESC LIMIT 1) AS last FROM donor d \
                 LEFT JOIN donor_address a ON a.donor_id = d.id AND a.valid_to IS NULL WHERE d.id IN (",
            );
            let mut list = q.separated(", ");
            for id in ids {
                list.push_bind(id);
            }
            q.push(")");
            q.build_query_as::<Row>().fetch_all(&mut **$t).await
        }};
    }
    let rows = on!(&mut *conn, t => run!(t))?;
    rows.into_iter().map(Described::try_from).collect()
}

/// Makes a donor who has no mailbox, and takes the words of their name.
///
/// # Errors
/// When the database refuses.
pub async fn insert_without_mailbox(tx: &mut WriteTx, id: &DonorId, d: &DonorDetails, at: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, organisation, locale, \
         created_at, updated_at, owner_id) VALUES ($1, 'offline', $2, '', '', $3, $4, $5, $6, $7, $7, $1)",
        id,
        d.kind,
        d.given_name.as_str(),
        d.family_name.as_str(),
        d.organisation.as_deref(),
        d.locale.as_str(),
        at
    )?;
    donor_terms::refresh(tx, id, at).await
}
