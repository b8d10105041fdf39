//! What a donor gave, as far as it decides about Gift Aid: which declarations cover it, and on how much.

use super::db::{Conn, Result, StoreError, all, opt};
use super::types::Day;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{DonorId, GiftId, PaymentId};
use crate::domain::states::DonorKind;

/// A gift in sterling, with what decides about its Gift Aid.
#[derive(Clone, Debug)]
pub struct SterlingGift {
    /// Its id.
    pub id: GiftId,
    /// The form it was given with.
    pub payment_id: Option<PaymentId>,
    /// To which entity.
    pub entity_id: String,
    /// 1 for the first charge of a plan.
    pub instalment: Option<i64>,
    /// The day it was received in the entity's zone.
    pub received_on: Day,
    /// Tax year of the entity.
    pub tax_year: String,
    /// Gross, in pence.
    pub amount_minor: i64,
    /// What remains of it, in pence: less refunds under way and done, returned cheques, open and lost disputes.
    pub remains_minor: i64,
    /// What the donor got for it, in pence (UK-10).
    pub benefit_minor: i64,
    /// Who gave: a person or a body.
    pub kind: DonorKind,
}

#[derive(sqlx::FromRow)]
struct SterlingRow {
    id: GiftId,
    payment_id: Option<PaymentId>,
    entity_id: String,
    instalment: Option<i64>,
    received_on: Day,
    tax_year: String,
    amount_minor: i64,
    gone_minor: i64,
    benefit_minor: i64,
    donor_details: String,
}

/// Every gift of a donor in sterling, the first one first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn sterling_gifts(conn: &mut Conn, owner: &DonorId) -> Result<Vec<SterlingGift>> {
    let rows = all!(
        conn,
        SterlingRow,
        "SELECT g.id, g.payment_id, g.entity_id, g.instalment, g.received_on, g.tax_year, g.amount_minor, \
         g.donor_details, CAST(COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.gift_id = g.id \
         AND r.state IN ('pending', 'succeeded')), 0) - COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
         WHERE e.gift_id = g.id AND e.kind = 'returned'), 0) + COALESCE((SELECT SUM(s.amount_minor) FROM dispute s \
         WHERE s.gift_id = g.id AND s.state <> 'won' AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'dispute_withdrawn')), 0) AS BIGINT) AS gone_minor, \
         CAST(COALESCE((SELECT b.value_minor FROM gift_benefit b WHERE b.gift_id = g.id \
         ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1), 0) AS BIGINT) AS benefit_minor \
         FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 AND g.currency = 'GBP' \
         AND NOT EXISTS (SELECT 1 FROM import_row i WHERE i.gift_id = g.id AND i.claimed) \
         ORDER BY g.received_at, g.id",
        owner
    )?;
    rows.into_iter().map(SterlingGift::try_from).collect()
}

impl TryFrom<SterlingRow> for SterlingGift {
    type Error = StoreError;

    fn try_from(r: SterlingRow) -> Result<SterlingGift> {
        let donor: DonorDetails = serde_json::from_str(&r.donor_details)
            .map_err(|e| StoreError::Corrupt { table: "gift", what: format!("{}: {e}", r.id) })?;
        Ok(SterlingGift {
            id: r.id,
            payment_id: r.payment_id,
            entity_id: r.entity_id,
            instalment: r.instalment,
            received_on: r.received_on,
            tax_year: r.tax_year,
            amount_minor: r.amount_minor,
            remains_minor: r.amount_minor.saturating_sub(r.gone_minor).max(0),
            benefit_minor: r.benefit_minor,
            kind: donor.kind,
        })
    }
}

/// The tax years in which a donor gave to an entity on or after a day.
///
/// # Errors
/// When the database refuses.
pub async fn years_given(conn: &mut Conn, owner: &DonorId, entity: &str, since: Day) -> Result<Vec<String>> {
    let rows = all!(
        conn,
        (String,),
        "SELECT DISTINCT g.tax_year FROM gift g JOIN donor d ON d.id = g.donor_id \
         WHERE d.owner_id = $1 AND g.entity_id = $2 AND g.received_on >= $3 ORDER BY g.tax_year",
        owner,
        entity,
        since
    )?;
    Ok(rows.into_iter().map(|(year,)| year).collect())
}

/// The day on which an entity received a gift of this donor; `None` when it is not theirs, or went to another entity.
///
/// # Errors
/// When the database refuses.
pub async fn received_on(
    conn: &mut Conn,
    owner: &DonorId,
    entity: &str,
    gift: &GiftId,
) -> Result<Option<Day>> {
    let row = opt!(
        conn,
        (Day,),
        "SELECT g.received_on FROM gift g JOIN donor d ON d.id = g.donor_id \
         WHERE d.owner_id = $1 AND g.entity_id = $2 AND g.id = $3",
        owner,
        entity,
        gift
    )?;
    Ok(row.map(|(day,)| day))
}
