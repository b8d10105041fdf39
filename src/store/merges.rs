//! Records of donors that staff found to be one person, and what undoes that.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, WriteTx, all, exec, on, opt};
use super::{accounts, donor_terms};
use crate::clock::Ts;
use crate::domain::ids::{DonorId, MergeId, StaffId};

/// Two donors made one.
#[derive(Clone, Debug)]
pub struct NewMerge<'a> {
    /// Its id.
    pub id: &'a MergeId,
    /// Of the form: it merges once, however often it is sent.
    pub nonce: &'a str,
    /// Who stays.
    pub kept: &'a DonorId,
    /// Who counts for them from now on.
    pub merged: &'a DonorId,
    /// Why.
    pub why: &'a str,
    /// Who did it.
    pub by: &'a StaffId,
    /// When.
    pub at: Ts,
}

/// A merge that still holds, or held.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// Who stayed.
    pub donor_id: DonorId,
    /// Who counts for them.
    pub merged_id: DonorId,
    /// Why.
    pub why: String,
    /// The name of who did it.
    pub by_name: String,
    /// When.
    pub made_at: Ts,
    /// When it was undone, if it was.
    pub undone_at: Option<Ts>,
    /// First name of the record that was merged.
    pub given_name: String,
    /// Its last name.
    pub family_name: String,
    /// Its body.
    pub organisation: Option<String>,
    /// Its mailbox; may be empty.
    pub email: String,
}

macro_rules! merges {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.donor_id, m.merged_id, m.why, s.name AS by_name, m.made_at, m.undone_at, d.given_name, ",
            "d.family_name, d.organisation, d.email FROM donor_merge m JOIN donor d ON d.id = m.merged_id ",
            "JOIN staff s ON s.id = m.made_by ",
            $rest
        )
    };
}

/// The merges into a donor that hold, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn into(conn: &mut Conn, donor: &DonorId) -> Result<Vec<Merge>> {
    all!(
        conn,
        Merge,
        merges!("WHERE m.donor_id = $1 AND m.undone_at IS NULL ORDER BY m.made_at DESC, m.id DESC"),
        donor
    )
}

/// One merge.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &MergeId) -> Result<Option<Merge>> {
    opt!(conn, Merge, merges!("WHERE m.id = $1"), id)
}

/// Holds two donors, in the order of their ids, until the transaction ends; `false` when one of them counts for another
/// or is not there.
///
/// # Errors
/// When the database refuses.
pub async fn hold_both(tx: &mut WriteTx, a: &DonorId, b: &DonorId, at: Ts) -> Result<bool> {
    let (first, second) = if a < b { (a, b) } else { (b, a) };
    Ok(hold_one(tx, first, at).await? && hold_one(tx, second, at).await?)
}

/// Holds a donor until the transaction ends; `false` when it counts for another or is not there.
///
/// # Errors
/// When the database refuses.
pub async fn hold_one(tx: &mut WriteTx, id: &DonorId, at: Ts) -> Result<bool> {
    Ok(exec!(tx, "UPDATE donor SET updated_at = $2 WHERE id = $1 AND owner_id = id", id, at)? == 1)
}

/// Whether the form of this nonce has merged already.
///
/// # Errors
/// When the database refuses.
pub async fn was_made(conn: &mut Conn, nonce: &str) -> Result<bool> {
    Ok(opt!(conn, (MergeId,), "SELECT id FROM donor_merge WHERE nonce = $1", nonce)?.is_some())
}

/// Writes a merge and lets every record of `merged` count for `kept`. `false`: this form did it before.
///
/// # Errors
/// When the database refuses.
pub async fn merge_if_new(tx: &mut WriteTx, m: &NewMerge<'_>) -> Result<bool> {
    let new = exec!(
        tx,
        "INSERT INTO donor_merge (id, nonce, donor_id, merged_id, why, made_by, made_at, kept_email, kept_email_norm, \
         record_email, record_email_norm) VALUES ($1, $2, $3, $4, $5, $6, $7, \
         (SELECT a.email FROM account a WHERE a.donor_id = $3), (SELECT a.email_norm FROM account a WHERE a.donor_id = $3), \
         (SELECT d.email FROM donor d WHERE d.id = $3), (SELECT d.email_norm FROM donor d WHERE d.id = $3)) \
         ON CONFLICT (nonce) DO NOTHING",
        m.id,
        m.nonce,
        m.kept,
        m.merged,
        m.why,
        m.by,
        m.at
    )?;
    if new != 1 {
        return Ok(false);
    }
    exec!(
        tx,
        "INSERT INTO donor_merge_record (merge_id, record_id) SELECT $1, d.id FROM donor d WHERE d.owner_id = $2",
        m.id,
        m.merged
    )?;
    exec!(tx, "UPDATE donor SET owner_id = $2, updated_at = $3 WHERE owner_id = $1", m.merged, m.kept, m.at)?;
    Ok(true)
}

/// Lets the records of a merge count for whom they counted before, and so those that their mailboxes made since. `false`: it
/// is undone already.
///
/// # Errors
/// When the database refuses.
pub async fn undo(tx: &mut WriteTx, merge: &Merge, by: &StaffId, at: Ts) -> Result<bool> {
    let changed = exec!(
        tx,
        "UPDATE donor_merge SET undone_by = $2, undone_at = $3 WHERE id = $1 AND undone_at IS NULL",
        &merge.id,
        by,
        at
    )?;
    if changed != 1 {
        return Ok(false);
    }
    exec!(
        tx,
        "UPDATE donor SET owner_id = $2, updated_at = $4 WHERE owner_id = $3 \
         AND (id IN (SELECT r.record_id FROM donor_merge_record r WHERE r.merge_id = $1) OR (id <> $3 AND created_at > $5 \
         AND email_norm <> '' AND email_norm IN (SELECT o.email_norm FROM donor o JOIN donor_merge_record r \
         ON r.record_id = o.id WHERE r.merge_id = $1)))",
        &merge.id,
        &merge.merged_id,
        &merge.donor_id,
        at,
        merge.made_at
    )?;
    Ok(true)
}

/// Takes from the account of who stayed what whoever signed in to it by the other mailbox may have set since: a password,
/// another mailbox, and browsers that need no second look. An account that was opened since goes whole: nobody can say who opened
/// it. Everybody signs in by a link to a mailbox of their own and chooses again.
///
/// # Errors
/// When the database refuses.
pub async fn forget_keys_since(tx: &mut WriteTx, merge: &Merge, at: Ts) -> Result<()> {
    let kept = &merge.donor_id;
    exec!(tx, "DELETE FROM known_browser WHERE donor_id = $1 AND first_seen_at >= $2", kept, merge.made_at)?;
    exec!(
        tx,
        "UPDATE account SET password_hash = NULL, password_set_at = NULL, updated_at = $3 WHERE donor_id = $1 \
         AND password_set_at >= $2",
        kept,
        merge.made_at,
        at
    )?;
    let before = opt!(tx, Before, BEFORE, &merge.id)?.unwrap_or_default();
    let now = opt!(tx, (String,), "SELECT email_norm FROM account WHERE donor_id = $1", kept)?;
    match (before.kept_email.zip(before.kept_email_norm), now) {
        // They had an account, and it is another mailbox's by now.
        (Some((email, norm)), Some((now,))) if now != norm => {
            take_back_mailbox(tx, kept, (&email, &norm), at).await
        }
        (None, Some(_)) => {
            exec!(tx, "DELETE FROM account WHERE donor_id = $1", kept)?;
            exec!(
                tx,
                "UPDATE donor SET email = $2, email_norm = $3, updated_at = $4 WHERE id = $1",
                kept,
                before.record_email.as_str(),
                before.record_email_norm.as_str(),
                at
            )?;
            donor_terms::refresh(tx, kept, at).await
        }
        (_, None) | (Some(_), Some(_)) => Ok(()),
    }
}

/// Gives an account the mailbox it had. Somebody who signed in by it since, and found nothing, was the same person: what they
/// opened becomes this account's.
async fn take_back_mailbox(
    tx: &mut WriteTx,
    kept: &DonorId,
    (email, norm): (&str, &str),
    at: Ts,
) -> Result<()> {
    let other = opt!(tx, (DonorId,), "SELECT donor_id FROM account WHERE email_norm = $1", norm)?;
    if let Some((other,)) = other {
        exec!(tx, "DELETE FROM web_session WHERE donor_id = $1", &other)?;
        exec!(tx, "DELETE FROM known_browser WHERE donor_id = $1", &other)?;
        exec!(tx, "DELETE FROM account WHERE donor_id = $1", &other)?;
        exec!(tx, "UPDATE donor SET owner_id = $2, updated_at = $3 WHERE owner_id = $1", &other, kept, at)?;
    }
    accounts::set_mailbox(tx, kept, email, norm, at).await
}

#[derive(Default, sqlx::FromRow)]
struct Before {
    kept_email: Option<String>,
    kept_email_norm: Option<String>,
    record_email: String,
    record_email_norm: String,
}

const BEFORE: &str =
    "SELECT kept_email, kept_email_norm, record_email, record_email_norm FROM donor_merge WHERE id = $1";

/// Lets the mailboxes by which `merged` signs in lead to the account of `kept`.
///
/// # Errors
/// When the database refuses.
pub async fn take_mailboxes(tx: &mut WriteTx, m: &NewMerge<'_>) -> Result<()> {
    exec!(tx, "UPDATE account_mailbox SET donor_id = $2 WHERE donor_id = $1", m.merged, m.kept)?;
    exec!(
        tx,
        "INSERT INTO account_mailbox (email_norm, email, donor_id, merge_id) SELECT a.email_norm, a.email, $2, $3 \
         FROM account a WHERE a.donor_id = $1 ON CONFLICT (email_norm) DO NOTHING",
        m.merged,
        m.kept,
        m.id
    )?;
    Ok(())
}

/// Lets a mailbox that has answered lead to the account it counts for: one of a merged record, or that of who stayed
/// when the account was opened by another mailbox.
///
/// # Errors
/// When the database refuses.
pub async fn add_mailbox_of(
    tx: &mut WriteTx,
    record: &DonorId,
    owner: &DonorId,
    email: &str,
    email_norm: &str,
) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO account_mailbox (email_norm, email, donor_id, merge_id) SELECT $3, $4, $2, m.id FROM donor_merge m \
         WHERE m.id = (SELECT w.id FROM donor_merge w WHERE w.undone_at IS NULL AND (EXISTS (SELECT 1 FROM \
         donor_merge_record r WHERE r.merge_id = w.id AND r.record_id = $1) OR (w.donor_id = $1 AND $1 = $2)) \
         ORDER BY w.made_at, w.id LIMIT 1) \
         ON CONFLICT (email_norm) DO NOTHING",
        record,
        owner,
        email_norm,
        email
    )?;
    Ok(())
}

/// Lets the mailboxes of a merge lead to it no more: those with an account of their own sign in to it again, the others open one
/// when they answer. Mailboxes of merges into the one that leaves go along with it.
///
/// # Errors
/// When the database refuses.
pub async fn give_mailboxes_back(tx: &mut WriteTx, merge: &Merge, at: Ts) -> Result<()> {
    exec!(tx, "DELETE FROM account_mailbox WHERE merge_id = $1", &merge.id)?;
    exec!(
        tx,
        "UPDATE account_mailbox SET donor_id = $2 WHERE donor_id = $1 AND merge_id IN (SELECT w.id FROM donor_merge w \
         JOIN donor_merge_record r ON r.record_id = w.merged_id WHERE r.merge_id = $3 AND w.id <> $3)",
        &merge.donor_id,
        &merge.merged_id,
        &merge.id
    )?;
    // A record without an account is a guest's again, so that its mailbox finds it; of several with one mailbox, the first.
    exec!(
        tx,
        "UPDATE donor SET standing = 'guest', updated_at = $3 WHERE id IN (SELECT MIN(d.id) FROM donor d \
         WHERE d.owner_id IN ($1, $2) AND d.standing = 'account' AND d.email_norm <> '' \
         AND NOT EXISTS (SELECT 1 FROM account a WHERE a.donor_id = d.owner_id) \
         AND NOT EXISTS (SELECT 1 FROM donor g WHERE g.email_norm = d.email_norm AND g.standing = 'guest') \
         GROUP BY d.email_norm)",
        &merge.donor_id,
        &merge.merged_id,
        at
    )?;
    Ok(())
}

/// The mailboxes beside its own by which an account is signed in to.
///
/// # Errors
/// When the database refuses.
pub async fn mailboxes(conn: &mut Conn, donor: &DonorId) -> Result<Vec<String>> {
    let rows = all!(
        conn,
        (String,),
        "SELECT email FROM account_mailbox WHERE donor_id = $1 ORDER BY email_norm",
        donor
    )?;
    Ok(rows.into_iter().map(|(email,)| email).collect())
}

/// What counts for a donor, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    /// Gifts.
    pub gifts: i64,
    /// Monthly gifts that have not ended.
    pub plans: i64,
    /// Statements that were issued, every version.
    pub statements: i64,
    /// Receipts that were issued.
    pub receipts: i64,
    /// Declarations.
    pub declarations: i64,
    /// Whether they sign in.
    pub has_account: bool,
}

/// What counts for a donor.
///
/// # Errors
/// When the database refuses.
pub async fn held(conn: &mut Conn, owner: &DonorId) -> Result<Held> {
    let held = opt!(
        conn,
        Held,
        "SELECT (SELECT COUNT(*) FROM donor d JOIN gift g ON g.donor_id = d.id WHERE d.owner_id = $1) AS gifts, \
         (SELECT COUNT(*) FROM donor d JOIN pledge p ON p.donor_id = d.id WHERE d.owner_id = $1 AND p.ended_at IS NULL) AS plans, \
         (SELECT COUNT(*) FROM donor d JOIN statement s ON s.donor_id = d.id WHERE d.owner_id = $1) AS statements, \
         (SELECT COUNT(*) FROM donor d JOIN gift g ON g.donor_id = d.id JOIN receipt r ON r.gift_id = g.id \
         WHERE d.owner_id = $1) AS receipts, \
         (SELECT COUNT(*) FROM donor d JOIN declaration c ON c.donor_id = d.id WHERE d.owner_id = $1) AS declarations, \
         CASE WHEN EXISTS (SELECT 1 FROM account a WHERE a.donor_id = $1) THEN TRUE ELSE FALSE END AS has_account",
        owner
    )?;
    Ok(held.unwrap_or_default())
}

/// Several people of one name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SameName {
    /// Last name, as written.
    pub family_name: String,
    /// First name, as written.
    pub given_name: String,
    /// How many.
    pub donors: i64,
}

/// Names that several people bear, by name, from after one; records that count for others are none.
///
/// # Errors
/// When the database refuses.
pub async fn same_names(conn: &mut Conn, after: (&str, &str), most: i64) -> Result<Vec<SameName>> {
    all!(
        conn,
        SameName,
        "SELECT d.family_name, d.given_name, COUNT(*) AS donors FROM donor d WHERE d.owner_id = d.id AND d.kind = 'individual' \
         AND (d.family_name, d.given_name) > ($1, $2) AND d.family_name <> '' \
         AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.donor_id = d.id) \
         GROUP BY d.family_name, d.given_name HAVING COUNT(*) > 1 ORDER BY d.family_name, d.given_name \
         LIMIT CAST($3 AS BIGINT)",
        after.0,
        after.1,
        most
    )
}

/// The people of these names, by when they became known; of each name at most `each`.
///
/// # Errors
/// When the database refuses.
pub async fn of_names(conn: &mut Conn, names: &[SameName], each: i64) -> Result<Vec<DonorId>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "SELECT n.id FROM (SELECT d.id, d.created_at, ROW_NUMBER() OVER (PARTITION BY d.family_name, d.given_name \
                 ORDER BY d.created_at, d.id) AS nth FROM donor d WHERE d.owner_id = d.id AND d.kind = 'individual' \
                 AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.donor_id = d.id) AND (d.family_name, d.given_name) IN (",
            );
            q.push_values(names, |mut row, name| {
                row.push_bind(name.family_name.as_str()).push_bind(name.given_name.as_str());
            });
            q.push(")) n WHERE n.nth <= CAST(").push_bind(each).push(" AS BIGINT) ORDER BY n.created_at, n.id");
            q.build_query_scalar::<DonorId>().fetch_all(&mut **$t).await
        }};
    }
    on!(&mut *conn, t => run!(t))
}
