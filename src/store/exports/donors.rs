//! Donors as persons: one row for everybody who counts for themselves, with all that was given under their records.

use std::collections::HashMap;

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::donor::Address;
use crate::domain::money::Currency;
use crate::domain::states::{ConsentPurpose, DonorKind};
use crate::store::db::{Conn, Result};
use crate::store::types::Day;

/// A donor's row with the address they have now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DonorRow {
    /// Theirs.
    pub id: String,
    /// `guest`, `account` or `offline`.
    pub standing: String,
    /// Person or body.
    pub kind: DonorKind,
    /// As typed.
    pub email: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Of a body.
    pub organisation: Option<String>,
    /// As typed.
    pub telephone: Option<String>,
    /// Language and country of their form.
    pub locale: String,
    /// When they were first known.
    pub created_at: Ts,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
}

/// What was given in one currency, gross.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Given {
    owner_id: String,
    /// In which currency.
    pub currency: Currency,
    /// How many gifts.
    pub gifts: i64,
    /// Gross, in minor units.
    pub amount_minor: i64,
    /// The first day.
    pub first_on: Day,
    /// The last day.
    pub last_on: Day,
}

/// A donor to take out.
#[derive(Clone, Debug)]
pub struct ExportDonor {
    /// Their row.
    pub row: DonorRow,
    /// Where they live, when that is known.
    pub address: Option<Address>,
    /// What they gave, by currency.
    pub given: Vec<Given>,
    /// What they let us write about: the last choice of each purpose, true when it was yes.
    pub consents: Vec<(ConsentPurpose, bool)>,
}

/// Everybody who counts for themselves; with a filter, those who gave so.
macro_rules! wanted {
    ($q:ident, $w:expr) => {
        $q.push(" AND d.owner_id = d.id");
        if !$w.is_everything() {
            $q.push(
                " AND EXISTS (SELECT 1 FROM donor r JOIN gift g ON g.donor_id = r.id WHERE r.owner_id = d.id",
            );
            narrow!($q, $w.entity.as_deref(), " AND g.entity_id = ");
            narrow!($q, $w.fund.as_deref(), " AND g.fund_id = ");
            narrow!($q, $w.currency, " AND g.currency = ");
            narrow!($q, $w.from, " AND g.received_on >= ");
            narrow!($q, $w.to, " AND g.received_on <= ");
            narrow!($q, $w.asked_at, " AND g.created_at <= ");
            $q.push(")");
        }
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    let rows = built!(conn, (i64,), "SELECT COUNT(*) FROM donor d WHERE d.id <= ", |q| {
        q.push_bind(wanted.until(0));
        wanted!(q, wanted);
    })?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The next donors after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportDonor>> {
    let rows = built!(
        conn,
        DonorRow,
        "SELECT d.id, d.standing, d.kind, d.email, d.given_name, d.family_name, d.organisation, d.telephone, \
         d.locale, d.created_at, a.line1, a.line2, a.city, a.region, a.postcode, a.country \
         FROM donor d LEFT JOIN donor_address a ON a.donor_id = d.id AND a.valid_to IS NULL WHERE d.id > ",
        |q| {
            q.push_bind(after).push(" AND d.id <= ").push_bind(wanted.until(0));
            wanted!(q, wanted);
            q.push(" ORDER BY d.id LIMIT CAST(").push_bind(size).push(" AS BIGINT)");
        }
    )?;
    let Some(last) = rows.last().map(|r| r.id.clone()) else { return Ok(Vec::new()) };
    let mut given = given(conn, wanted, after, &last).await?;
    let mut consents = consents(conn, wanted, after, &last).await?;
    Ok(rows.into_iter().map(|row| put_together(row, &mut given, &mut consents)).collect())
}

type Consents = HashMap<String, Vec<(ConsentPurpose, bool)>>;

fn put_together(
    row: DonorRow,
    given: &mut HashMap<String, Vec<Given>>,
    consents: &mut Consents,
) -> ExportDonor {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let address = row.country.as_ref().map(|country| Address {
        line1: text(&row.line1),
        line2: text(&row.line2),
        city: text(&row.city),
        region: text(&row.region),
        postcode: text(&row.postcode),
        country: country.clone(),
    });
    let given = given.remove(&row.id).unwrap_or_default();
    ExportDonor { address, given, consents: consents.remove(&row.id).unwrap_or_default(), row }
}

async fn given(
    conn: &mut Conn,
    wanted: &Wanted,
    after: &str,
    last: &str,
) -> Result<HashMap<String, Vec<Given>>> {
    let rows = built!(
        conn,
        Given,
        "SELECT d.id AS owner_id, g.currency, COUNT(*) AS gifts, CAST(SUM(g.amount_minor) AS BIGINT) AS amount_minor, \
         MIN(g.received_on) AS first_on, MAX(g.received_on) AS last_on FROM donor d JOIN donor o ON o.owner_id = d.id \
         JOIN gift g ON g.donor_id = o.id WHERE d.id > ",
        |q| {
            q.push_bind(after).push(" AND d.id <= ").push_bind(last);
            wanted!(q, wanted);
            q.push(" GROUP BY d.id, g.currency ORDER BY d.id, g.currency");
        }
    )?;
    let mut by_donor: HashMap<String, Vec<Given>> = HashMap::new();
    for row in rows {
        by_donor.entry(row.owner_id.clone()).or_default().push(row);
    }
    Ok(by_donor)
}

async fn consents(conn: &mut Conn, wanted: &Wanted, after: &str, last: &str) -> Result<Consents> {
    let rows = built!(
        conn,
        (String, ConsentPurpose, String),
        "SELECT d.id, c.purpose, c.basis FROM donor d JOIN donor o ON o.owner_id = d.id \
         JOIN consent_entry c ON c.donor_id = o.id WHERE d.id > ",
        |q| {
            q.push_bind(after).push(" AND d.id <= ").push_bind(last);
            wanted!(q, wanted);
            q.push(" ORDER BY c.made_at DESC, c.id DESC");
        }
    )?;
    let mut by_donor = Consents::new();
    for (donor, purpose, basis) in rows {
        let known = by_donor.entry(donor).or_default();
        if known.iter().all(|(p, _)| *p != purpose) {
            known.push((purpose, basis == "consent"));
        }
    }
    Ok(by_donor)
}
