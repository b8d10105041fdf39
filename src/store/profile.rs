//! What a donor tells about themselves: names, telephone, language, where they live, what we may write about.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use super::donor_terms;
use crate::clock::Ts;
use crate::domain::donor::Address;
use crate::domain::ids::{AddressId, DonorId};
use crate::domain::states::{ConsentPurpose, DonorKind};

/// Writes the names of a donor and of the body they give for.
///
/// # Errors
/// When the row is not there.
pub async fn set_names(
    tx: &mut WriteTx,
    donor: &DonorId,
    kind: DonorKind,
    given_name: &str,
    family_name: &str,
    organisation: Option<&str>,
    at: Ts,
) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE donor SET kind = $2, given_name = $3, family_name = $4, organisation = $5, updated_at = $6 \
         WHERE id = $1",
        donor,
        kind,
        given_name,
        family_name,
        organisation,
        at
    )?;
    if changed != 1 {
        return Err(StoreError::NotOneRow { what: "donor names", changed });
    }
    donor_terms::refresh(tx, donor, at).await
}

/// Writes telephone and language.
///
/// # Errors
/// When the row is not there.
pub async fn set_contact(
    tx: &mut WriteTx,
    donor: &DonorId,
    telephone: Option<&str>,
    locale: &str,
    at: Ts,
) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE donor SET telephone = $2, locale = $3, updated_at = $4 WHERE id = $1",
        donor,
        telephone,
        locale,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "donor contact", changed }) }
}

/// An address, for as long as it held.
#[derive(Clone, Debug)]
pub struct HeldAddress {
    /// Where.
    pub address: Address,
    /// From when.
    pub valid_from: Ts,
    /// Until when; `None`: it holds now.
    pub valid_to: Option<Ts>,
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    line1: String,
    line2: String,
    city: String,
    region: String,
    postcode: String,
    country: String,
    valid_from: Ts,
    valid_to: Option<Ts>,
}

impl From<AddressRow> for HeldAddress {
    fn from(r: AddressRow) -> HeldAddress {
        HeldAddress {
            address: Address {
                line1: r.line1,
                line2: r.line2,
                city: r.city,
                region: r.region,
                postcode: r.postcode,
                country: r.country,
            },
            valid_from: r.valid_from,
            valid_to: r.valid_to,
        }
    }
}

/// Every address of a donor, the one that holds now first.
///
/// # Errors
/// When the database refuses.
pub async fn addresses(conn: &mut Conn, donor: &DonorId) -> Result<Vec<HeldAddress>> {
    let rows = all!(
        conn,
        AddressRow,
        "SELECT line1, line2, city, region, postcode, country, valid_from, valid_to FROM donor_address \
         WHERE donor_id = $1 ORDER BY valid_from DESC, id DESC LIMIT 50",
        donor
    )?;
    Ok(rows.into_iter().map(HeldAddress::from).collect())
}

/// The address that holds now.
///
/// # Errors
/// When the database refuses.
pub async fn current_address(conn: &mut Conn, donor: &DonorId) -> Result<Option<Address>> {
    let row = opt!(
        conn,
        AddressRow,
        "SELECT line1, line2, city, region, postcode, country, valid_from, valid_to FROM donor_address \
         WHERE donor_id = $1 AND valid_to IS NULL",
        donor
    )?;
    Ok(row.map(|r| HeldAddress::from(r).address))
}

/// Closes the address that holds now and, unless `address` is `None`, opens another.
///
/// # Errors
/// When the database refuses.
pub async fn move_address(
    tx: &mut WriteTx,
    id: &AddressId,
    donor: &DonorId,
    address: Option<&Address>,
    at: Ts,
) -> Result<()> {
    exec!(tx, "UPDATE donor_address SET valid_to = $2 WHERE donor_id = $1 AND valid_to IS NULL", donor, at)?;
    let Some(a) = address else { return Ok(()) };
    exec!(
        tx,
        "INSERT INTO donor_address (id, donor_id, line1, line2, city, region, postcode, country, valid_from) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id,
        donor,
        a.line1.as_str(),
        a.line2.as_str(),
        a.city.as_str(),
        a.region.as_str(),
        a.postcode.as_str(),
        a.country.as_str(),
        at
    )?;
    Ok(())
}

/// The details typed with the latest gift that counts for a donor, as JSON.
///
/// # Errors
/// When the database refuses.
pub async fn latest_details(conn: &mut Conn, owner: &DonorId) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (String,),
        "SELECT g.donor_details FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
         ORDER BY g.received_at DESC LIMIT 1",
        owner
    )?;
    Ok(row.map(|(json,)| json))
}

/// The last word on one purpose.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct ConsentNow {
    /// About what.
    pub purpose: ConsentPurpose,
    /// Whether we may write.
    pub given: bool,
    /// Since when.
    pub made_at: Ts,
}

#[derive(sqlx::FromRow)]
struct ConsentRow {
    purpose: ConsentPurpose,
    basis: String,
    made_at: Ts,
}

/// The last word on each purpose, over all records that count for a donor.
///
/// # Errors
/// When the database refuses.
pub async fn consents(conn: &mut Conn, owner: &DonorId) -> Result<Vec<ConsentNow>> {
    let rows = all!(
        conn,
        ConsentRow,
        "SELECT c.purpose, c.basis, c.made_at FROM consent_entry c JOIN donor d ON d.id = c.donor_id \
         WHERE d.owner_id = $1 ORDER BY c.made_at DESC, c.id DESC",
        owner
    )?;
    let mut last: Vec<ConsentNow> = Vec::new();
    for r in rows {
        if !last.iter().any(|c| c.purpose == r.purpose) {
            last.push(ConsentNow { purpose: r.purpose, given: r.basis == "consent", made_at: r.made_at });
        }
    }
    Ok(last)
}
