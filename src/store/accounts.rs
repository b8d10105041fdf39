//! Accounts: donors who can sign in, and the browsers they did it from.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use super::donor_terms;
use crate::clock::Ts;
use crate::domain::ids::DonorId;
use crate::domain::states::DonorKind;

/// A donor who can sign in, with the profile that pages and rules need.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Account {
    /// The donor record that every gift of this person counts for.
    pub donor_id: DonorId,
    /// The proven mailbox, as typed.
    pub email: String,
    /// Argon2id in PHC form; none: by e-mail link alone.
    pub password_hash: Option<String>,
    /// When the password was chosen.
    pub password_set_at: Option<Ts>,
    /// Person or body.
    pub kind: DonorKind,
    /// First name, empty when never told.
    pub given_name: String,
    /// Last name, empty when never told.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// As typed.
    pub telephone: Option<String>,
    /// How dates and sums are written, as `en-GB`.
    pub locale: String,
    /// When the account was opened.
    pub created_at: Ts,
    /// Somebody used this mailbox on the giving form without signing in since it was last proven.
    pub has_guest: bool,
}

const SELECT_BY_DONOR: &str = "SELECT a.donor_id, a.email, a.password_hash, a.password_set_at, d.kind, d.given_name, \
     d.family_name, d.organisation, d.telephone, d.locale, a.created_at, \
     CASE WHEN EXISTS (SELECT 1 FROM donor g WHERE g.email_norm = a.email_norm AND g.standing = 'guest') \
     THEN TRUE ELSE FALSE END AS has_guest \
     FROM account a JOIN donor d ON d.id = a.donor_id WHERE a.donor_id = $1";
const SELECT_BY_MAILBOX: &str = "SELECT a.donor_id, a.email, a.password_hash, a.password_set_at, d.kind, \
     d.given_name, d.family_name, d.organisation, d.telephone, d.locale, a.created_at, \
     CASE WHEN EXISTS (SELECT 1 FROM donor g WHERE g.email_norm = a.email_norm AND g.standing = 'guest') \
     THEN TRUE ELSE FALSE END AS has_guest \
     FROM account a JOIN donor d ON d.id = a.donor_id WHERE a.donor_id = COALESCE((SELECT m.donor_id \
     FROM account_mailbox m JOIN account w ON w.donor_id = m.donor_id WHERE m.email_norm = $1), (SELECT o.donor_id FROM account o WHERE o.email_norm = $1))";

/// By donor.
///
/// # Errors
/// When the database refuses.
pub async fn by_donor(conn: &mut Conn, donor: &DonorId) -> Result<Option<Account>> {
    opt!(conn, Account, SELECT_BY_DONOR, donor)
}

/// By normalised mailbox: the account's own, or one of a record that was merged into it.
///
/// # Errors
/// When the database refuses.
pub async fn by_mailbox(conn: &mut Conn, email_norm: &str) -> Result<Option<Account>> {
    opt!(conn, Account, SELECT_BY_MAILBOX, email_norm)
}

/// Opens an account for a donor record, unless the mailbox has one; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(
    tx: &mut WriteTx,
    donor: &DonorId,
    email: &str,
    email_norm: &str,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO account (donor_id, email, email_norm, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (email_norm) DO NOTHING",
        donor,
        email,
        email_norm,
        at
    )?;
    Ok(changed == 1)
}

/// A guest's record whose mailbox has answered.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Joined {
    /// The record.
    pub record: DonorId,
    /// Who it counts for.
    pub owner: DonorId,
}

/// Takes the mailbox's guest record for `owner`: what it gave counts for the account from now on. One that was merged
/// counts for whom it was merged into. `None` when nobody gave from this mailbox without signing in.
///
/// # Errors
/// When the database refuses.
pub async fn join_guest(
    tx: &mut WriteTx,
    email_norm: &str,
    owner: Option<&DonorId>,
    at: Ts,
) -> Result<Option<Joined>> {
    opt!(
        tx,
        Joined,
        "UPDATE donor SET standing = 'account', owner_id = CASE WHEN owner_id <> id THEN owner_id \
         ELSE COALESCE($2, id) END, updated_at = $3 \
         WHERE email_norm = $1 AND standing = 'guest' RETURNING id AS record, owner_id AS owner",
        email_norm,
        owner,
        at
    )
}

/// A new donor record without gifts, for somebody who opens an account first.
#[derive(Clone, Debug)]
pub struct NewDonor<'a> {
    /// Its id.
    pub id: &'a DonorId,
    /// As typed.
    pub email: &'a str,
    /// Normalised.
    pub email_norm: &'a str,
    /// May be empty.
    pub given_name: &'a str,
    /// May be empty.
    pub family_name: &'a str,
    /// As `en-GB`.
    pub locale: &'a str,
}

/// Writes a donor record that counts for itself.
///
/// # Errors
/// When the database refuses.
pub async fn insert_donor(tx: &mut WriteTx, d: &NewDonor<'_>, at: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, locale, created_at, \
         updated_at, owner_id) VALUES ($1, 'account', 'individual', $2, $3, $4, $5, $6, $7, $7, $1)",
        d.id,
        d.email,
        d.email_norm,
        d.given_name,
        d.family_name,
        d.locale,
        at
    )?;
    donor_terms::refresh(tx, d.id, at).await
}

/// Sets the password's hash in place of the one that was read before; `chosen_at` only when the donor chose a new one
/// (not when an old hash is renewed). `false`: the password was changed meanwhile, and stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(
    tx: &mut WriteTx,
    donor: &DonorId,
    before: Option<&str>,
    hash: &str,
    chosen_at: Option<Ts>,
    at: Ts,
) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE account SET password_hash = $2, password_set_at = COALESCE($3, password_set_at), updated_at = $4 \
         WHERE donor_id = $1 AND COALESCE(password_hash, '') = $5",
        donor,
        hash,
        chosen_at,
        at,
        before.unwrap_or_default()
    )?;
    Ok(changed == 1)
}

/// Sets a person's names, as told when the account was opened.
///
/// # Errors
/// When the row is not there.
pub async fn set_person(
    tx: &mut WriteTx,
    donor: &DonorId,
    given_name: &str,
    family_name: &str,
    at: Ts,
) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE donor SET given_name = $2, family_name = $3, updated_at = $4 WHERE id = $1",
        donor,
        given_name,
        family_name,
        at
    )?;
    one("donor names", changed)?;
    donor_terms::refresh(tx, donor, at).await
}

/// Moves the account to another mailbox.
///
/// # Errors
/// A unique violation when that mailbox has an account.
pub async fn set_mailbox(
    tx: &mut WriteTx,
    donor: &DonorId,
    email: &str,
    email_norm: &str,
    at: Ts,
) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE account SET email = $2, email_norm = $3, updated_at = $4 WHERE donor_id = $1",
        donor,
        email,
        email_norm,
        at
    )?;
    exec!(
        tx,
        "UPDATE donor SET email = $2, email_norm = $3, updated_at = $4 WHERE id = $1",
        donor,
        email,
        email_norm,
        at
    )?;
    one("account mailbox", changed)?;
    donor_terms::refresh(tx, donor, at).await
}

/// Whether a browser has signed in to the account of a mailbox before.
///
/// # Errors
/// When the database refuses.
pub async fn is_known_browser(conn: &mut Conn, email_norm: &str, browser_sha256: &str) -> Result<bool> {
    let row = opt!(
        conn,
        (DonorId,),
        "SELECT a.donor_id FROM account a JOIN known_browser k ON k.donor_id = a.donor_id \
         WHERE a.email_norm = $1 AND k.browser_sha256 = $2",
        email_norm,
        browser_sha256
    )?;
    Ok(row.is_some())
}

/// Notes a browser; `true` when the account had browsers before, and this one is new.
///
/// # Errors
/// When the database refuses.
pub async fn note_browser(tx: &mut WriteTx, donor: &DonorId, browser_sha256: &str, at: Ts) -> Result<bool> {
    let known = all!(tx, (String,), "SELECT browser_sha256 FROM known_browser WHERE donor_id = $1", donor)?;
    let added = exec!(
        tx,
        "INSERT INTO known_browser (donor_id, browser_sha256, first_seen_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        donor,
        browser_sha256,
        at
    )?;
    Ok(added == 1 && !known.is_empty())
}

fn one(what: &'static str, changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what, changed }) }
}
