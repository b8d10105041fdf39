//! Donors and their e-mail choices.

use super::db::{Conn, Result, WriteTx, exec, opt, scalar};
use super::donor_terms;
use crate::clock::Ts;
use crate::domain::donor::{Address, DonorDetails, normalise_email};
use crate::domain::ids::{ConsentId, DonorId, PaymentId};
use crate::domain::names::terms_of;
use crate::domain::states::{ConsentPurpose, DonorKind};

/// Finds the guest of this mailbox or makes one, and takes over the details as given last.
///
/// # Errors
/// When the database refuses.
pub async fn upsert_guest(tx: &mut WriteTx, new_id: &DonorId, d: &DonorDetails, at: Ts) -> Result<DonorId> {
    let mailbox = normalise_email(&d.email);
    let terms = terms_of(&d.given_name, &d.family_name, d.organisation.as_deref(), &mailbox);
    let id = scalar!(
        tx,
        DonorId,
        "INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, organisation, locale, \
         created_at, updated_at, owner_id) VALUES ($1, 'guest', $2, $3, $4, $5, $6, $7, $8, $9, $9, $1) \
         ON CONFLICT (email_norm) WHERE standing = 'guest' DO UPDATE SET kind = excluded.kind, \
         email = excluded.email, given_name = excluded.given_name, family_name = excluded.family_name, \
         organisation = excluded.organisation, locale = excluded.locale, updated_at = excluded.updated_at \
         RETURNING id",
        new_id,
        d.kind,
        d.email.as_str(),
        mailbox,
        d.given_name.as_str(),
        d.family_name.as_str(),
        d.organisation.as_deref(),
        d.locale.as_str(),
        at
    )?;
    donor_terms::write(tx, &id, &terms, at).await?;
    Ok(id)
}

/// Where mail about what a record gave goes now: the account's proven mailbox, else the record's own. May be empty.
///
/// # Errors
/// When the database refuses.
pub async fn mailbox_of(conn: &mut Conn, donor: &DonorId) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (String,),
        "SELECT COALESCE(a.email, d.email) FROM donor d LEFT JOIN account a ON a.donor_id = d.owner_id WHERE d.id = $1",
        donor
    )?;
    Ok(row.map(|(email,)| email))
}

/// A donor's details as they are now, as a statement reads them: of `donor`, and of their address if they keep one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct DetailsRow {
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
}

impl From<DetailsRow> for DonorDetails {
    fn from(r: DetailsRow) -> DonorDetails {
        let address = r.line1.map(|line1| Address {
            line1,
            line2: r.line2.unwrap_or_default(),
            city: r.city.unwrap_or_default(),
            region: r.region.unwrap_or_default(),
            postcode: r.postcode.unwrap_or_default(),
            country: r.country.unwrap_or_default(),
        });
        DonorDetails {
            kind: r.kind,
            given_name: r.given_name,
            family_name: r.family_name,
            organisation: r.organisation,
            email: r.email,
            address,
            locale: r.locale,
        }
    }
}

/// What a receipt wants to know of the donor whose gift it is for.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct Receiver {
    /// Where its mail goes, as in [`mailbox_of`].
    pub mailbox: String,
    /// Whether the donor has ever declared to the entity that their gifts may be claimed for.
    pub has_declared: bool,
}

/// The receiver of receipts for gifts of a record to an entity, in one statement.
///
/// # Errors
/// When the database refuses.
pub async fn receiver(conn: &mut Conn, donor: &DonorId, entity: &str) -> Result<Receiver> {
    let row = opt!(
        conn,
        Receiver,
        "SELECT COALESCE(a.email, d.email) AS mailbox, CASE WHEN EXISTS (SELECT 1 FROM donor o JOIN declaration c \
         ON c.donor_id = o.id WHERE o.owner_id = d.owner_id AND c.entity_id = $2) THEN TRUE ELSE FALSE END AS has_declared \
         FROM donor d LEFT JOIN account a ON a.donor_id = d.owner_id WHERE d.id = $1",
        donor,
        entity
    )?;
    Ok(row.unwrap_or_default())
}

/// Moves a record without an account to another mailbox. `false`: another record or account has it.
///
/// # Errors
/// When the database refuses, or another took the mailbox in the same moment.
pub async fn set_mailbox(
    tx: &mut WriteTx,
    donor: &DonorId,
    email: &str,
    email_norm: &str,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE donor SET email = $2, email_norm = $3, updated_at = $4 WHERE id = $1 \
         AND standing IN ('guest', 'offline') AND NOT EXISTS (SELECT 1 FROM donor o WHERE o.email_norm = $3 AND o.id <> $1) \
         AND NOT EXISTS (SELECT 1 FROM account a WHERE a.email_norm = $3)",
        donor,
        email,
        email_norm,
        at
    )?;
    if changed == 1 {
        donor_terms::refresh(tx, donor, at).await?;
    }
    Ok(changed == 1)
}

/// Finds the guest of this mailbox, whose details stay as they are, or makes one.
///
/// # Errors
/// When the database refuses.
pub async fn guest_of(tx: &mut WriteTx, new_id: &DonorId, d: &DonorDetails, at: Ts) -> Result<DonorId> {
    let mailbox = normalise_email(&d.email);
    let known = opt!(
        tx,
        (DonorId,),
        "SELECT id FROM donor WHERE email_norm = $1 AND standing = 'guest'",
        mailbox.as_str()
    )?;
    match known {
        Some((id,)) => Ok(id),
        None => upsert_guest(tx, new_id, d, at).await,
    }
}

/// One choice about e-mail with the words that were shown (PR-2). Append-only.
#[derive(Clone, Debug)]
pub struct NewConsent {
    /// Its id.
    pub id: ConsentId,
    /// Whose.
    pub donor_id: DonorId,
    /// With which gift; none when chosen in the portal.
    pub payment_id: Option<PaymentId>,
    /// To which entity.
    pub entity_id: String,
    /// About what.
    pub purpose: ConsentPurpose,
    /// Given, or withdrawn.
    pub given: bool,
    /// Where it was said: `giving form`, `portal`.
    pub source: &'static str,
    /// Version of the words shown.
    pub wording_version: String,
    /// SHA-256 of the words shown.
    pub wording_sha256: String,
    /// When.
    pub made_at: Ts,
}

/// Writes a choice about e-mail, once for a form and purpose.
///
/// # Errors
/// When the database refuses.
pub async fn insert_consent_if_new(tx: &mut WriteTx, c: &NewConsent) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO consent_entry (id, donor_id, payment_id, entity_id, channel, purpose, basis, wording_version, \
         wording_sha256, source, made_at) VALUES ($1, $2, $3, $4, 'email', $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (payment_id, purpose) DO NOTHING",
        &c.id,
        &c.donor_id,
        c.payment_id.as_ref(),
        c.entity_id.as_str(),
        c.purpose,
        if c.given { "consent" } else { "withdrawn" },
        c.wording_version.as_str(),
        c.wording_sha256.as_str(),
        c.source,
        c.made_at
    )?;
    Ok(())
}

/// The record that a donor's record counts for.
///
/// # Errors
/// When the database refuses.
pub async fn owner_of(conn: &mut Conn, donor: &DonorId) -> Result<Option<DonorId>> {
    let row = opt!(conn, (Option<DonorId>,), "SELECT owner_id FROM donor WHERE id = $1", donor)?;
    Ok(row.and_then(|(owner,)| owner))
}
