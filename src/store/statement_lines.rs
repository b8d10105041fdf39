//! What of a donor's gifts stands on statements: one row a gift, however it came, with what became of it.

use std::collections::HashSet;

use super::db::{Conn, Result, all};
use super::types::Day;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, GiftId, PaymentId};
use crate::domain::money::Currency;
use crate::domain::receipt::ReceiptForm;
use crate::domain::states::DonorKind;

/// A gift of a tax year.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct YearGift {
    /// Its id.
    pub id: GiftId,
    /// The form it came with.
    pub payment_id: Option<PaymentId>,
    /// To whom.
    pub entity_id: String,
    /// In which tax year of theirs.
    pub tax_year: String,
    /// For which fund.
    pub fund_id: String,
    /// In which currency.
    pub currency: Currency,
    /// Gross, in minor units.
    pub amount_minor: i64,
    /// Which charge of a plan.
    pub instalment: Option<i64>,
    /// How often its plan gives.
    pub frequency: Option<Frequency>,
    /// The day in the entity's zone.
    pub received_on: Day,
    /// `Visa`.
    pub method_label: String,
    /// Last four digits.
    pub method_last4: Option<String>,
    /// Person or body, as the gift's own record says.
    pub donor_kind: DonorKind,
    /// What went back: refunds under way and done, cheques, lost disputes; minor units, zero or positive.
    pub returned_minor: i64,
    /// The donor's bank has not decided yet.
    pub disputed: bool,
    /// What the donor got for it, in minor units.
    pub benefit_minor: i64,
    /// The receipt that counts.
    pub receipt_number: Option<String>,
}

/// The columns of a year's gift; the condition follows. `g` is the gift, `d` its donor's record.
macro_rules! year_gifts {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.payment_id, g.entity_id, g.tax_year, g.fund_id, g.currency, g.amount_minor, g.instalment, \
             p.frequency, g.received_on, g.method_label, g.method_last4, d.kind AS donor_kind, \
             CAST(COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.gift_id = g.id \
             AND r.state IN ('pending', 'succeeded')), 0) - COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
             WHERE e.gift_id = g.id AND e.kind = 'returned'), 0) + COALESCE((SELECT SUM(s.amount_minor) FROM dispute s \
             WHERE s.gift_id = g.id AND s.state = 'lost' AND EXISTS (SELECT 1 FROM ledger_entry e \
             WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0) AS BIGINT) AS returned_minor, \
             CASE WHEN EXISTS (SELECT 1 FROM dispute s WHERE s.gift_id = g.id AND s.state = 'open') THEN TRUE ELSE FALSE END \
             AS disputed, CAST(COALESCE((SELECT b.value_minor FROM gift_benefit b WHERE b.gift_id = g.id \
             ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1), 0) AS BIGINT) AS benefit_minor, \
             (SELECT c.number FROM receipt c WHERE c.gift_id = g.id AND COALESCE((SELECT e.kind FROM receipt_event e \
             WHERE e.receipt_id = c.id ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored' \
             ORDER BY c.version DESC LIMIT 1) AS receipt_number \
             FROM donor d JOIN gift g ON g.donor_id = d.id LEFT JOIN pledge p ON p.id = g.pledge_id ",
            $rest
        )
    };
}

/// The gifts of a donor to an entity in a tax year, in order of receipt: everything that counts for `owner`.
///
/// # Errors
/// When the database refuses.
pub async fn of_year(
    conn: &mut Conn,
    owner: &DonorId,
    entity: &str,
    tax_year: &str,
) -> Result<Vec<YearGift>> {
    all!(
        conn,
        YearGift,
        year_gifts!(
            "WHERE d.owner_id = $1 AND g.entity_id = $2 AND g.tax_year = $3 ORDER BY g.received_at, g.id"
        ),
        owner,
        entity,
        tax_year
    )
}

/// What of a receipt says whether it is official.
#[derive(serde::Deserialize)]
struct Form {
    #[serde(default)]
    form: ReceiptForm,
}

/// The gifts of a donor's year that a counting official receipt confirms already, or a receipt of the system they were brought
/// in from: they are on no other (DE-6, case 87).
///
/// # Errors
/// When the database refuses.
pub async fn confirmed(
    conn: &mut Conn,
    owner: &DonorId,
    entity: &str,
    tax_year: &str,
) -> Result<HashSet<GiftId>> {
    let rows = all!(
        conn,
        (GiftId, String),
        "SELECT c.gift_id, c.content FROM donor d JOIN gift g ON g.donor_id = d.id JOIN receipt c ON c.gift_id = g.id \
         WHERE d.owner_id = $1 AND g.entity_id = $2 AND g.tax_year = $3 AND COALESCE((SELECT e.kind FROM receipt_event e \
         WHERE e.receipt_id = c.id ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored'",
        owner,
        entity,
        tax_year
    )?;
    let official = |json: &str| {
        serde_json::from_str::<Form>(json).is_ok_and(|c| {
            matches!(c.form, ReceiptForm::OfficialDonationReceipt | ReceiptForm::Zuwendungsbestaetigung)
        })
    };
    let elsewhere = all!(
        conn,
        (GiftId,),
        "SELECT g.id FROM donor d JOIN gift g ON g.donor_id = d.id JOIN import_row r ON r.gift_id = g.id \
         JOIN import_batch b ON b.id = r.batch_id WHERE d.owner_id = $1 AND g.entity_id = $2 AND g.tax_year = $3 \
         AND g.method_kind = 'imported' AND b.receipted",
        owner,
        entity,
        tax_year
    )?;
    let here = rows.into_iter().filter(|(_, json)| official(json)).map(|(id, _)| id);
    Ok(here.chain(elsewhere.into_iter().map(|(id,)| id)).collect())
}

/// All gifts of a donor, in order of receipt.
///
/// # Errors
/// When the database refuses.
pub async fn of_donor(conn: &mut Conn, owner: &DonorId) -> Result<Vec<YearGift>> {
    all!(conn, YearGift, year_gifts!("WHERE d.owner_id = $1 ORDER BY g.received_at, g.id"), owner)
}

/// Who gave to an entity in a tax year: the records that others count for, in their order; not who asked to be
/// forgotten.
///
/// # Errors
/// When the database refuses.
pub async fn donors_of_year(conn: &mut Conn, entity: &str, tax_year: &str) -> Result<Vec<DonorId>> {
    let rows = all!(
        conn,
        (DonorId,),
        "SELECT DISTINCT d.owner_id FROM gift g JOIN donor d ON d.id = g.donor_id WHERE g.entity_id = $1 \
         AND g.tax_year = $2 AND NOT EXISTS (SELECT 1 FROM erasure z WHERE z.donor_id = d.owner_id) ORDER BY d.owner_id",
        entity,
        tax_year
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
