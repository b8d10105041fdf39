//! Donors as the office lists them. A donor is the record that others count for: a guest who opened an account is found
//! as the account.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, on, scalar};
use super::paging::{COUNTED, From, Listed};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::DonorId;
use crate::domain::money::{Currency, Money};
use crate::domain::states::{DonorKind, Standing};

/// Which donors. Nothing set: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct DonorFilter {
    /// People or bodies.
    pub kind: Option<DonorKind>,
    /// Guests, accounts, or those who gave without Stripe.
    pub standing: Option<Standing>,
    /// Only who has a plan that is not over.
    pub has_plan: bool,
    /// Known since this moment or later.
    pub since: Option<Ts>,
}

/// A donor in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DonorRow {
    /// The record.
    pub id: DonorId,
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
    /// Since when it is known.
    pub created_at: Ts,
    /// The day of its last gift, as the receiving entity counts days.
    pub last_gift_on: Option<Day>,
    /// Plans that are not over.
    pub plans: i64,
}

/// The name of a donor: the body's, else the person's, else nothing.
pub fn name(given: &str, family: &str, organisation: Option<&str>) -> String {
    match organisation.map(str::trim).filter(|o| !o.is_empty()) {
        Some(body) => body.to_owned(),
        None => format!("{given} {family}").trim().to_owned(),
    }
}

impl DonorRow {
    /// What it is called; may be empty.
    pub fn name(&self) -> String {
        name(&self.given_name, &self.family_name, self.organisation.as_deref())
    }
}

const COLUMNS: &str = "SELECT d.id, d.kind, d.standing, d.given_name, d.family_name, d.organisation, d.email, \
    d.created_at, (SELECT MAX(g.received_on) FROM donor m JOIN gift g ON g.donor_id = m.id WHERE m.owner_id = d.id) \
    AS last_gift_on, (SELECT COUNT(*) FROM donor m JOIN pledge p ON p.donor_id = m.id WHERE m.owner_id = d.id \
    AND p.state <> 'ended') AS plans";

/// Writes where the donors `d` come from and what they must be. `few`: plans are few, so begin with them.
macro_rules! push_source {
    ($q:expr, $f:expr, $few:expr) => {{
        let (q, f): (_, &DonorFilter) = ($q, $f);
        match (f.has_plan, $few) {
            (true, true) => q.push(
                " FROM (SELECT DISTINCT m.owner_id FROM pledge p JOIN donor m ON m.id = p.donor_id \
                 WHERE p.state <> 'ended') k CROSS JOIN donor d WHERE d.id = k.owner_id",
            ),
            (true, false) => q.push(
                " FROM donor d WHERE d.owner_id = d.id AND EXISTS (SELECT 1 FROM donor m JOIN pledge p \
                 ON p.donor_id = m.id WHERE m.owner_id = d.id AND p.state <> 'ended')",
            ),
            (false, _) => q.push(" FROM donor d WHERE d.owner_id = d.id"),
        };
        if let Some(kind) = f.kind {
            q.push(" AND d.kind = ").push_bind(kind);
        }
        if let Some(standing) = f.standing {
            q.push(" AND d.standing = ").push_bind(standing);
        }
        if let Some(since) = f.since {
            q.push(" AND d.created_at >= ").push_bind(since);
        }
    }};
}

/// A page of the donors that pass a filter: `size` rows at most, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn page(conn: &mut Conn, filter: &DonorFilter, from: &From, size: i64) -> Result<Listed<DonorRow>> {
    let few = plans_are_few(conn, filter).await?;
    let (than, order) = match from.is_upward() {
        true => (" > (", " ORDER BY d.created_at, d.id"),
        false => (" < (", " ORDER BY d.created_at DESC, d.id DESC"),
    };
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("WITH chosen AS MATERIALIZED (SELECT d.id AS donor_id");
            push_source!(&mut q, filter, few);
            if let Some(place) = from.place() {
                q.push(" AND (d.created_at, d.id)").push(than).push_bind(place.at).push(", ");
                q.push_bind(place.id.clone()).push(")");
            }
            q.push(order).push(" LIMIT CAST(").push_bind(size.saturating_add(1)).push(" AS BIGINT)) ");
            // CROSS JOIN: SQLite goes from the chosen to their records, and not through every donor in the order of the list.
            q.push(COLUMNS).push(" FROM chosen c CROSS JOIN donor d WHERE d.id = c.donor_id").push(order);
            q.build_query_as::<DonorRow>().fetch_all(&mut **$t).await
        }};
    }
    let rows = on!(conn, t => run!(t))?;
    Ok(Listed::of(rows, size, from))
}

/// How many donors pass a filter; [`COUNTED`]` + 1` stands for more than that.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, filter: &DonorFilter) -> Result<i64> {
    let few = plans_are_few(conn, filter).await?;
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT d.id");
            push_source!(&mut q, filter, few);
            q.push(" LIMIT CAST(").push_bind(COUNTED + 1).push(" AS BIGINT)) counted");
            q.build_query_scalar::<i64>().fetch_one(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

async fn plans_are_few(conn: &mut Conn, filter: &DonorFilter) -> Result<bool> {
    if !filter.has_plan {
        return Ok(false);
    }
    let running = scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT id FROM pledge WHERE state <> 'ended' LIMIT CAST($1 AS BIGINT)) counted",
        COUNTED + 1
    )?;
    Ok(running <= COUNTED)
}

/// These donors, in this order.
///
/// # Errors
/// When the database refuses.
pub async fn by_ids(conn: &mut Conn, ids: &[DonorId]) -> Result<Vec<DonorRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(COLUMNS);
            q.push(" FROM donor d WHERE d.id IN (");
            let mut list = q.separated(", ");
            for id in ids {
                list.push_bind(id.clone());
            }
            q.push(")");
            q.build_query_as::<DonorRow>().fetch_all(&mut **$t).await
        }};
    }
    let mut rows = on!(conn, t => run!(t))?;
    rows.sort_by_key(|r| ids.iter().position(|id| *id == r.id));
    Ok(rows)
}

/// What a donor has given to one entity in one currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GivenSum {
    /// Who.
    pub owner_id: DonorId,
    /// To whom.
    pub entity_id: String,
    /// In which currency.
    pub currency: Currency,
    /// How many gifts.
    pub gifts: i64,
    /// What was given, in minor units.
    pub gross_minor: i64,
    /// What remains given, in minor units.
    pub net_minor: i64,
    /// The day of the first, as the entity counts days.
    pub first_on: Day,
    /// The day of the last.
    pub last_on: Day,
}

impl GivenSum {
    /// What remains given.
    pub fn net(&self) -> Money {
        Money::new(self.net_minor, self.currency)
    }

    /// What was given.
    pub fn gross(&self) -> Money {
        Money::new(self.gross_minor, self.currency)
    }
}

/// What each of these donors has given, by entity and currency.
///
/// # Errors
/// When the database refuses.
pub async fn sums(conn: &mut Conn, ids: &[DonorId]) -> Result<Vec<GivenSum>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT m.owner_id, g.entity_id, g.currency, COUNT(*) AS gifts, \
                 CAST(SUM(g.amount_minor) AS BIGINT) AS gross_minor, CAST(SUM(g.amount_minor \
                 + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
                 AND e.kind IN ('refund', 'refund_failed', 'returned')), 0) \
                 - COALESCE((SELECT SUM(s.amount_minor) FROM dispute s WHERE s.gift_id = g.id AND s.state <> 'won' \
                 AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0)) \
                 AS BIGINT) AS net_minor, MIN(g.received_on) AS first_on, MAX(g.received_on) AS last_on \
                 FROM donor m JOIN gift g ON g.donor_id = m.id WHERE m.owner_id IN (",
            );
            let mut list = q.separated(", ");
            for id in ids {
                list.push_bind(id.clone());
            }
            q.push(
                ") GROUP BY m.owner_id, g.entity_id, g.currency ORDER BY m.owner_id, g.entity_id, g.currency",
            );
            q.build_query_as::<GivenSum>().fetch_all(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}
