//! What decides about Gift Aid, read for many donors at once: what one person gave and declared comes together, with a few
//! statements for hundreds of people and none for a single gift.

use std::collections::BTreeMap;

use super::db::{Conn, Result, StoreError, all, opt};
use super::declarations;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::gift_aid::declaration::Declaration;
use crate::domain::ids::{DonorId, GiftId, PaymentId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::DonorKind;

/// Which gifts are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Received by this entity.
    pub entity: &'a str,
    /// On this day or later; what was in a claim before is looked at whatever its day.
    pub since: Day,
    /// On this day or earlier; the same.
    pub up_to: Day,
}

/// A gift with what the books know of it, sums in minor units of its currency where nothing else is said.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its id.
    pub id: GiftId,
    /// The form it was given with.
    pub payment_id: Option<PaymentId>,
    /// 1 for the first charge of a plan.
    pub instalment: Option<i64>,
    /// The day it was received, in the entity's zone.
    pub received_on: Day,
    /// Tax year of the entity.
    pub tax_year: String,
    /// What was given.
    pub amount: Money,
    /// The donor as on the gift.
    pub donor: DonorDetails,
    /// Refunds under way and done, those that Stripe made a moment ago included; positive.
    pub refunded_minor: i64,
    /// Cheques that came back, positive.
    pub returned_minor: i64,
    /// What lost disputes took, positive.
    pub lost_minor: i64,
    /// The donor's bank is deciding about it.
    pub disputed: bool,
    /// What the donor got for it.
    pub benefit_minor: i64,
    /// In pence at the rate of its day, when that was written down (UK-8).
    pub sterling_minor: Option<i64>,
    /// In claims that were sent, in pence.
    pub claimed_minor: i64,
    /// Taken back in claims that were sent, in pence.
    pub adjusted_minor: i64,
}

impl Candidate {
    /// What remains given.
    pub fn remains(&self) -> Money {
        let gone = self.refunded_minor.saturating_add(self.returned_minor).saturating_add(self.lost_minor);
        Money::new(self.amount.minor().saturating_sub(gone).max(0), self.amount.currency())
    }

    /// On how much Gift Aid was claimed and not given back, in pence.
    pub fn net_claimed_minor(&self) -> i64 {
        self.claimed_minor.saturating_sub(self.adjusted_minor)
    }
}

/// One person with everything they gave and declared to the entity.
#[derive(Clone, Debug)]
pub struct Person {
    /// The record that others count for.
    pub owner: DonorId,
    /// First name as it is now; may be empty.
    pub given_name: String,
    /// Last name as it is now; may be empty.
    pub family_name: String,
    /// Where they live by their own pages, and since when that is known.
    pub address: Option<(Ts, Address)>,
    /// Their declarations, the first one made first.
    pub declarations: Vec<Declaration>,
    /// Their gifts, the first one first.
    pub gifts: Vec<Candidate>,
}

/// The people of one read, and from where the next one goes on.
#[derive(Clone, Debug)]
pub struct People {
    /// Those who gave something that is wanted.
    pub people: Vec<Person>,
    /// The last record looked at.
    pub last: String,
}

#[derive(sqlx::FromRow)]
struct GiftRow {
    id: GiftId,
    owner_id: DonorId,
    given_name: String,
    family_name: String,
    kind: DonorKind,
    payment_id: Option<PaymentId>,
    instalment: Option<i64>,
    received_on: Day,
    tax_year: String,
    currency: Currency,
    amount_minor: i64,
    donor_details: String,
    refunded_minor: i64,
    returned_minor: i64,
    lost_minor: i64,
    open_disputes: i64,
    benefit_minor: i64,
    sterling_minor: Option<i64>,
    claimed_minor: i64,
    adjusted_minor: i64,
}

impl TryFrom<GiftRow> for Candidate {
    type Error = StoreError;

    fn try_from(r: GiftRow) -> Result<Candidate> {
        let donor: DonorDetails = serde_json::from_str(&r.donor_details)
            .map_err(|e| StoreError::Corrupt { table: "gift", what: format!("{}: {e}", r.id) })?;
        Ok(Candidate {
            id: r.id,
            payment_id: r.payment_id,
            instalment: r.instalment,
            received_on: r.received_on,
            tax_year: r.tax_year,
            amount: Money::new(r.amount_minor, r.currency),
            donor,
            refunded_minor: r.refunded_minor,
            returned_minor: r.returned_minor,
            lost_minor: r.lost_minor,
            disputed: r.open_disputes > 0,
            benefit_minor: r.benefit_minor,
            sterling_minor: r.sterling_minor,
            claimed_minor: r.claimed_minor,
            adjusted_minor: r.adjusted_minor,
        })
    }
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    donor_id: DonorId,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
    valid_from: Ts,
}

/// The next `many` records after `after`, with the people among them who gave something that is wanted; `None` at the end.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn next_people(
    conn: &mut Conn,
    wanted: &Wanted<'_>,
    after: &str,
    many: i64,
) -> Result<Option<People>> {
    let row = opt!(
        conn,
        (Option<String>,),
        "SELECT MAX(batch.owner_id) FROM (SELECT DISTINCT d.owner_id FROM donor d WHERE d.owner_id > $1 \
         ORDER BY d.owner_id LIMIT CAST($2 AS BIGINT)) batch",
        after,
        many
    )?;
    let Some(last) = row.and_then(|(last,)| last) else { return Ok(None) };
    let people = between(conn, wanted, after, &last).await?;
    Ok(Some(People { people, last }))
}

/// One person with what is wanted of theirs; `donor`: any of their records.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn person(conn: &mut Conn, wanted: &Wanted<'_>, donor: &DonorId) -> Result<Option<Person>> {
    let row = opt!(conn, (DonorId,), "SELECT owner_id FROM donor WHERE id = $1", donor)?;
    let Some((owner,)) = row else { return Ok(None) };
    // Whatever comes before this id in the order of ids: a text without its last letter comes before the whole.
    let text = owner.as_str();
    let before = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let people = between(conn, wanted, before, text).await?;
    Ok(people.into_iter().find(|p| p.owner == owner))
}

/// The people whose records come after `after` up to `last`.
async fn between(conn: &mut Conn, wanted: &Wanted<'_>, after: &str, last: &str) -> Result<Vec<Person>> {
    let mut people: BTreeMap<DonorId, Person> = BTreeMap::new();
    for row in gifts(conn, wanted, after, last).await? {
        let person = people.entry(row.owner_id.clone()).or_insert_with(|| Person {
            owner: row.owner_id.clone(),
            // The names of a body are not those of a person who gave for themselves.
            given_name: person_only(row.kind, &row.given_name),
            family_name: person_only(row.kind, &row.family_name),
            address: None,
            declarations: Vec::new(),
            gifts: Vec::new(),
        });
        person.gifts.push(Candidate::try_from(row)?);
    }
    if people.is_empty() {
        return Ok(Vec::new());
    }
    for (owner, declaration) in declarations::of_owners(conn, wanted.entity, after, last).await? {
        if let Some(person) = people.get_mut(&owner) {
            person.declarations.push(declaration);
        }
    }
    for (owner, since, address) in addresses(conn, after, last).await? {
        if let Some(person) = people.get_mut(&owner) {
            person.address = Some((since, address));
        }
    }
    Ok(people.into_values().collect())
}

fn person_only(kind: DonorKind, name: &str) -> String {
    match kind {
        DonorKind::Individual => name.to_owned(),
        DonorKind::Organisation => String::new(),
    }
}

/// CROSS JOIN and the entity as an expression: SQLite goes from the records to their gifts, and not each time through all
/// that the entity ever received.
async fn gifts(conn: &mut Conn, wanted: &Wanted<'_>, after: &str, last: &str) -> Result<Vec<GiftRow>> {
    all!(
        conn,
        GiftRow,
        "SELECT g.id, d.owner_id, o.given_name, o.family_name, o.kind, g.payment_id, g.instalment, g.received_on, \
         g.tax_year, g.currency, g.amount_minor, g.donor_details, \
         CAST(COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.gift_id = g.id \
         AND r.state IN ('pending', 'succeeded')), 0) + COALESCE((SELECT SUM(q.amount_minor) FROM refund_request q \
         WHERE q.gift_id = g.id AND q.state = 'made' AND q.stripe_refund IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM refund r WHERE r.stripe_refund = q.stripe_refund)), 0) AS BIGINT) AS refunded_minor, \
         CAST(COALESCE((SELECT -SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'returned'), 0) AS BIGINT) AS returned_minor, \
         CAST(COALESCE((SELECT SUM(s.amount_minor) FROM dispute s WHERE s.gift_id = g.id AND s.state = 'lost' \
         AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0) \
         AS BIGINT) AS lost_minor, \
         (SELECT COUNT(*) FROM dispute s WHERE s.gift_id = g.id AND s.state = 'open') AS open_disputes, \
         CAST(COALESCE((SELECT b.value_minor FROM gift_benefit b WHERE b.gift_id = g.id \
         ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1), 0) AS BIGINT) AS benefit_minor, \
         (SELECT x.sterling_minor FROM gift_rate x WHERE x.gift_id = g.id ORDER BY x.recorded_at DESC, x.id DESC \
         LIMIT 1) AS sterling_minor, \
         CAST(COALESCE((SELECT SUM(w.amount_minor) FROM gift_aid_row w JOIN gift_aid_claim c ON c.id = w.claim_id \
         WHERE w.gift_id = g.id AND c.state IN ('sent', 'paid')), 0) AS BIGINT) AS claimed_minor, \
         CAST(COALESCE((SELECT SUM(a.amount_minor) FROM gift_aid_adjustment a JOIN gift_aid_claim c ON c.id = a.claim_id \
         WHERE a.gift_id = g.id AND c.state IN ('sent', 'paid')), 0) AS BIGINT) AS adjusted_minor \
         FROM donor d CROSS JOIN gift g CROSS JOIN donor o WHERE d.owner_id > $1 AND d.owner_id <= $2 \
         AND g.donor_id = d.id AND o.id = d.owner_id AND g.entity_id || '' = $3 \
         AND ((g.received_on >= $4 AND g.received_on <= $5) \
         OR EXISTS (SELECT 1 FROM gift_aid_row w WHERE w.gift_id = g.id)) \
         AND NOT EXISTS (SELECT 1 FROM import_row i WHERE i.gift_id = g.id AND i.claimed) \
         ORDER BY d.owner_id, g.received_at, g.id",
        after,
        last,
        wanted.entity,
        wanted.since,
        wanted.up_to
    )
}

/// Where the people live now by their own pages, and since when that is known.
async fn addresses(conn: &mut Conn, after: &str, last: &str) -> Result<Vec<(DonorId, Ts, Address)>> {
    let rows = all!(
        conn,
        AddressRow,
        "SELECT donor_id, line1, line2, city, region, postcode, country, valid_from FROM donor_address \
         WHERE donor_id > $1 AND donor_id <= $2 AND valid_to IS NULL",
        after,
        last
    )?;
    let address = |r: AddressRow| {
        let address = Address {
            line1: r.line1,
            line2: r.line2,
            city: r.city,
            region: r.region,
            postcode: r.postcode,
            country: r.country,
        };
        (r.donor_id, r.valid_from, address)
    };
    Ok(rows.into_iter().map(address).collect())
}
