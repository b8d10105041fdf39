//! Corrections of gifts: what a gift was found to be, and the one way in which its row may change.

use super::db::{Conn, Result, StoreError, WriteTx, exec, opt};
use super::donors::DetailsRow;
use super::gifts::Gift;
use super::payments::to_json;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{CorrectionId, DeclarationId, DonorId, GiftId, StaffId};
use crate::domain::states::CorrectionKind;

/// A correction to write.
#[derive(Clone, Debug)]
pub struct NewCorrection<'a> {
    /// Its id.
    pub id: &'a CorrectionId,
    /// What it is about.
    pub kind: CorrectionKind,
    /// The form's own random mark: a double click corrects once.
    pub nonce: &'a str,
    /// The gift as it was, JSON.
    pub was: &'a str,
    /// The gift as it is from now on; its `corrections` counts this one.
    pub gift: &'a Gift,
    /// Why.
    pub why: &'a str,
    /// By whom.
    pub made_by: &'a StaffId,
    /// When.
    pub made_at: Ts,
}

/// Writes a correction and changes the gift to what it says; `false` when its form was sent before, or the gift was
/// corrected meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, c: &NewCorrection<'_>) -> Result<bool> {
    let g = c.gift;
    let details = to_json(&g.donor, "gift")?;
    let written = exec!(
        tx,
        "INSERT INTO gift_correction (id, gift_id, seq, kind, nonce, was, donor_id, donor_details, declaration_id, \
         fund_id, campaign_id, received_at, received_on, tax_year, amount_minor, why, made_by, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         ON CONFLICT DO NOTHING",
        c.id,
        &g.id,
        g.corrections,
        c.kind,
        c.nonce,
        c.was,
        &g.donor_id,
        details.as_str(),
        g.declaration_id.as_ref(),
        g.fund_id.as_str(),
        g.campaign_id.as_deref(),
        g.received_at,
        g.received_on,
        g.tax_year.as_str(),
        g.amount.minor(),
        c.why,
        c.made_by,
        c.made_at
    )?;
    if written == 0 {
        return Ok(false);
    }
    let changed = exec!(
        tx,
        "UPDATE gift SET donor_id = $2, donor_details = $3, declaration_id = $4, fund_id = $5, campaign_id = $6, \
         received_at = $7, received_on = $8, tax_year = $9, amount_minor = $10, corrections = $11 \
         WHERE id = $1 AND corrections = $11 - 1",
        &g.id,
        &g.donor_id,
        details,
        g.declaration_id.as_ref(),
        g.fund_id.as_str(),
        g.campaign_id.as_deref(),
        g.received_at,
        g.received_on,
        g.tax_year.as_str(),
        g.amount.minor(),
        g.corrections
    )?;
    if changed == 1 { Ok(true) } else { Err(StoreError::NotOneRow { what: "gift correction", changed }) }
}

/// Whether a correction was made with this form.
///
/// # Errors
/// When the database refuses.
pub async fn is_made(conn: &mut Conn, nonce: &str) -> Result<bool> {
    Ok(opt!(conn, (CorrectionId,), "SELECT id FROM gift_correction WHERE nonce = $1", nonce)?.is_some())
}

/// Who entered a gift by hand; `None` for gifts that came through Stripe.
///
/// # Errors
/// When the database refuses.
pub async fn entered_by(conn: &mut Conn, gift: &GiftId) -> Result<Option<StaffId>> {
    let row = opt!(conn, (StaffId,), "SELECT entered_by FROM offline_gift WHERE gift_id = $1", gift)?;
    Ok(row.map(|(id,)| id))
}

/// The first day that a declaration covers (UK-22).
///
/// # Errors
/// When the database refuses.
pub async fn covers_from(conn: &mut Conn, declaration: &DeclarationId) -> Result<Option<Day>> {
    let row = opt!(conn, (Day,), "SELECT covers_from FROM declaration WHERE id = $1", declaration)?;
    Ok(row.map(|(day,)| day))
}

/// Holds a donor until the transaction ends: acts on the money of one donor come one after the other.
///
/// # Errors
/// When the database refuses.
pub async fn hold_donor(tx: &mut WriteTx, donor: &DonorId) -> Result<()> {
    // An update of nothing locks the row in words that both databases know.
    exec!(tx, "UPDATE donor SET standing = standing WHERE id = $1", donor)?;
    Ok(())
}

/// A donor with what a gift keeps of them.
#[derive(Clone, Debug)]
pub struct Giver {
    /// Who.
    pub id: DonorId,
    /// Names, mailbox and address as they are now.
    pub details: DonorDetails,
}

#[derive(sqlx::FromRow)]
struct GiverRow {
    id: DonorId,
    #[sqlx(flatten)]
    row: DetailsRow,
}

impl From<GiverRow> for Giver {
    fn from(r: GiverRow) -> Giver {
        Giver { id: r.id, details: r.row.into() }
    }
}

/// A donor by id.
///
/// # Errors
/// When the database refuses.
pub async fn giver(conn: &mut Conn, id: &DonorId) -> Result<Option<Giver>> {
    let row = opt!(
        conn,
        GiverRow,
        "SELECT d.id, d.kind, d.given_name, d.family_name, d.organisation, d.email, d.locale, a.line1, a.line2, \
         a.city, a.region, a.postcode, a.country FROM donor d \
         LEFT JOIN donor_address a ON a.donor_id = d.id AND a.valid_to IS NULL WHERE d.id = $1",
        id
    )?;
    Ok(row.map(Giver::from))
}
