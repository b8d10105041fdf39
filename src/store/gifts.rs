//! Gifts: money received. Append-only.

use super::db::{Conn, Result, StoreError, WriteTx, exec, opt};
use super::payments::to_json;
use super::types::Day;
use crate::clock::Ts;
use crate::domain::donor::{DonorDetails, Tribute};
use crate::domain::ids::{DeclarationId, DonorId, GiftId, PaymentId, PledgeId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::TributeKind;

/// Money received.
#[derive(Clone, Debug)]
pub struct Gift {
    /// Its id.
    pub id: GiftId,
    /// The form it came from (single gifts, first charge of a plan).
    pub payment_id: Option<PaymentId>,
    /// The plan it belongs to.
    pub pledge_id: Option<PledgeId>,
    /// Who gave.
    pub donor_id: DonorId,
    /// To which entity.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// Gross sum charged.
    pub amount: Money,
    /// Part of it that covers the fee.
    pub fee_cover: Money,
    /// 1 for the first charge of a plan.
    pub instalment: Option<i64>,
    /// When the money was received (UK-34).
    pub received_at: Ts,
    /// That day in the entity's zone.
    pub received_on: Day,
    /// Tax year of the entity.
    pub tax_year: String,
    /// `card`, `bacs_debit`, …
    pub method_kind: String,
    /// `Visa`, `Bacs Direct Debit`.
    pub method_label: String,
    /// Last four digits; never more.
    pub method_last4: Option<String>,
    /// The declaration that covers it, when one was made with the form.
    pub declaration_id: Option<DeclarationId>,
    /// The donor as they described themselves.
    pub donor: DonorDetails,
    /// Their words.
    pub note: Option<String>,
    /// A dedication.
    pub tribute: Option<Tribute>,
    /// Stripe's payment intent; none when it came without Stripe.
    pub stripe_payment_intent: Option<String>,
    /// Stripe's charge; none when it came without Stripe.
    pub stripe_charge: Option<String>,
    /// Stripe's invoice, for a plan's charges.
    pub stripe_invoice: Option<String>,
    /// When we wrote it down.
    pub created_at: Ts,
    /// How often it was corrected since.
    pub corrections: i64,
}

impl Gift {
    /// It came by cheque, in cash or by bank transfer: Stripe knows nothing of it.
    pub fn is_offline(&self) -> bool {
        self.stripe_payment_intent.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: GiftId,
    payment_id: Option<PaymentId>,
    pledge_id: Option<PledgeId>,
    donor_id: DonorId,
    entity_id: String,
    fund_id: String,
    campaign_id: Option<String>,
    currency: Currency,
    amount_minor: i64,
    fee_cover_minor: i64,
    instalment: Option<i64>,
    received_at: Ts,
    received_on: Day,
    tax_year: String,
    method_kind: String,
    method_label: String,
    method_last4: Option<String>,
    declaration_id: Option<DeclarationId>,
    donor_details: String,
    note: Option<String>,
    tribute_kind: Option<TributeKind>,
    tribute_name: Option<String>,
    stripe_payment_intent: Option<String>,
    stripe_charge: Option<String>,
    stripe_invoice: Option<String>,
    created_at: Ts,
    corrections: i64,
}

impl TryFrom<Row> for Gift {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<Gift> {
        let donor = serde_json::from_str(&r.donor_details)
            .map_err(|e| StoreError::Corrupt { table: "gift", what: format!("{}: {e}", r.id) })?;
        Ok(Gift {
            id: r.id,
            payment_id: r.payment_id,
            pledge_id: r.pledge_id,
            donor_id: r.donor_id,
            entity_id: r.entity_id,
            fund_id: r.fund_id,
            campaign_id: r.campaign_id,
            amount: Money::new(r.amount_minor, r.currency),
            fee_cover: Money::new(r.fee_cover_minor, r.currency),
            instalment: r.instalment,
            received_at: r.received_at,
            received_on: r.received_on,
            tax_year: r.tax_year,
            method_kind: r.method_kind,
            method_label: r.method_label,
            method_last4: r.method_last4,
            declaration_id: r.declaration_id,
            donor,
            note: r.note,
            tribute: r.tribute_kind.zip(r.tribute_name).map(|(kind, name)| Tribute { kind, name }),
            stripe_payment_intent: r.stripe_payment_intent,
            stripe_charge: r.stripe_charge,
            stripe_invoice: r.stripe_invoice,
            created_at: r.created_at,
            corrections: r.corrections,
        })
    }
}

/// Writes a gift unless its payment intent is known; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, g: &Gift) -> Result<bool> {
    let details = to_json(&g.donor, "gift")?;
    let changed = exec!(
        tx,
        "INSERT INTO gift (id, payment_id, pledge_id, donor_id, entity_id, fund_id, campaign_id, currency, \
         amount_minor, fee_cover_minor, instalment, received_at, received_on, tax_year, method_kind, method_label, \
         method_last4, declaration_id, donor_details, note, tribute_kind, tribute_name, stripe_payment_intent, \
         stripe_charge, stripe_invoice, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26) ON CONFLICT (stripe_payment_intent) DO NOTHING",
        &g.id,
        g.payment_id.as_ref(),
        g.pledge_id.as_ref(),
        &g.donor_id,
        g.entity_id.as_str(),
        g.fund_id.as_str(),
        g.campaign_id.as_deref(),
        g.amount.currency(),
        g.amount.minor(),
        g.fee_cover.minor(),
        g.instalment,
        g.received_at,
        g.received_on,
        g.tax_year.as_str(),
        g.method_kind.as_str(),
        g.method_label.as_str(),
        g.method_last4.as_deref(),
        g.declaration_id.as_ref(),
        details,
        g.note.as_deref(),
        g.tribute.as_ref().map(|t| t.kind),
        g.tribute.as_ref().map(|t| t.name.as_str()),
        g.stripe_payment_intent.as_deref(),
        g.stripe_charge.as_deref(),
        g.stripe_invoice.as_deref(),
        g.created_at
    )?;
    Ok(changed == 1)
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &GiftId) -> Result<Option<Gift>> {
    let row = opt!(conn, Row, "SELECT * FROM gift WHERE id = $1", id)?;
    row.map(Gift::try_from).transpose()
}

/// By Stripe's payment intent.
///
/// # Errors
/// When the database refuses.
pub async fn by_payment_intent(conn: &mut Conn, intent: &str) -> Result<Option<Gift>> {
    let row = opt!(conn, Row, "SELECT * FROM gift WHERE stripe_payment_intent = $1", intent)?;
    row.map(Gift::try_from).transpose()
}

/// The first gift of an act of giving.
///
/// # Errors
/// When the database refuses.
pub async fn first_of_payment(conn: &mut Conn, payment: &PaymentId) -> Result<Option<Gift>> {
    let row =
        opt!(conn, Row, "SELECT * FROM gift WHERE payment_id = $1 ORDER BY received_at LIMIT 1", payment)?;
    row.map(Gift::try_from).transpose()
}
