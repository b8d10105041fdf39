//! Payments: a donor's acts of giving on the form.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt};
use crate::clock::Ts;
use crate::domain::donor::{DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, PaymentId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{PaymentState, TributeKind};

/// One act of giving.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Its id, which is the idempotency key of its Checkout session.
    pub id: PaymentId,
    /// Unguessable, names the thank-you page.
    pub reference: String,
    /// The form it came from, and how often that form was sent with other contents.
    pub form_nonce: String,
    /// 0 for the first.
    pub form_revision: i64,
    /// Hash of what was sent, to tell a double submit from a changed mind.
    pub fingerprint: String,
    /// Where it stands.
    pub state: PaymentState,
    /// Once, or how often.
    pub frequency: Frequency,
    /// Who gives.
    pub donor_id: DonorId,
    /// To which entity.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// The gift itself.
    pub amount: Money,
    /// Added to cover the fee.
    pub fee_cover: Money,
    /// The donor as they described themselves.
    pub donor: DonorDetails,
    /// What was declared and agreed to on the form, with the words shown, JSON; becomes rows once money is received.
    pub evidence: String,
    /// The request that opens the payment page, as first sent: a retry under one key must not differ.
    pub checkout_request: String,
    /// Their words.
    pub note: Option<String>,
    /// A dedication.
    pub tribute: Option<Tribute>,
    /// Stripe's Checkout session.
    pub stripe_session: Option<String>,
    /// Stripe's payment intent (single gifts).
    pub stripe_payment_intent: Option<String>,
    /// Stripe's subscription (monthly gifts).
    pub stripe_subscription: Option<String>,
    /// Stripe's customer, who holds the methods the donor saved.
    pub stripe_customer: Option<String>,
    /// The open payment page.
    pub checkout_url: Option<String>,
    /// When the payment page closes.
    pub expires_at: Option<Ts>,
    /// When the form was sent.
    pub created_at: Ts,
}

/// Begins the mark of the acts by which plans begin again.
pub const RESTART_FORM: &str = "restart:";
/// Begins the mark of the acts that stand for plans made at Stripe.
pub const ADOPTED_FORM: &str = "stripe:";

impl Payment {
    /// Begun without a payment page: nobody is at one, and none can be left.
    pub fn is_without_page(&self) -> bool {
        self.form_nonce.starts_with(RESTART_FORM) || self.form_nonce.starts_with(ADOPTED_FORM)
    }

    /// Gift and covered fee.
    pub fn total(&self) -> Money {
        let minor = self.amount.minor().saturating_add(self.fee_cover.minor());
        Money::new(minor, self.amount.currency())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: PaymentId,
    reference: String,
    form_nonce: String,
    form_revision: i64,
    fingerprint: String,
    state: PaymentState,
    frequency: Frequency,
    donor_id: DonorId,
    entity_id: String,
    fund_id: String,
    campaign_id: Option<String>,
    currency: Currency,
    amount_minor: i64,
    fee_cover_minor: i64,
    donor_details: String,
    evidence: String,
    checkout_request: String,
    note: Option<String>,
    tribute_kind: Option<TributeKind>,
    tribute_name: Option<String>,
    stripe_session: Option<String>,
    stripe_payment_intent: Option<String>,
    stripe_subscription: Option<String>,
    stripe_customer: Option<String>,
    checkout_url: Option<String>,
    expires_at: Option<Ts>,
    created_at: Ts,
}

impl TryFrom<Row> for Payment {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<Payment> {
        let donor = serde_json::from_str(&r.donor_details)
            .map_err(|e| StoreError::Corrupt { table: "payment", what: format!("{}: {e}", r.id) })?;
        Ok(Payment {
            id: r.id,
            reference: r.reference,
            form_nonce: r.form_nonce,
            form_revision: r.form_revision,
            fingerprint: r.fingerprint,
            state: r.state,
            frequency: r.frequency,
            donor_id: r.donor_id,
            entity_id: r.entity_id,
            fund_id: r.fund_id,
            campaign_id: r.campaign_id,
            amount: Money::new(r.amount_minor, r.currency),
            fee_cover: Money::new(r.fee_cover_minor, r.currency),
            donor,
            evidence: r.evidence,
            checkout_request: r.checkout_request,
            note: r.note,
            tribute: r.tribute_kind.zip(r.tribute_name).map(|(kind, name)| Tribute { kind, name }),
            stripe_session: r.stripe_session,
            stripe_payment_intent: r.stripe_payment_intent,
            stripe_subscription: r.stripe_subscription,
            stripe_customer: r.stripe_customer,
            checkout_url: r.checkout_url,
            expires_at: r.expires_at,
            created_at: r.created_at,
        })
    }
}

/// Writes a new payment.
///
/// # Errors
/// A unique violation when the same form and revision was written before.
pub async fn insert(tx: &mut WriteTx, p: &Payment) -> Result<()> {
    let details = to_json(&p.donor, "payment")?;
    exec!(
        tx,
        "INSERT INTO payment (id, reference, form_nonce, form_revision, fingerprint, state, frequency, donor_id, \
         entity_id, fund_id, campaign_id, currency, amount_minor, fee_cover_minor, donor_details, evidence, \
         checkout_request, note, tribute_kind, tribute_name, stripe_customer, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $22)",
        &p.id,
        p.reference.as_str(),
        p.form_nonce.as_str(),
        p.form_revision,
        p.fingerprint.as_str(),
        p.state,
        p.frequency,
        &p.donor_id,
        p.entity_id.as_str(),
        p.fund_id.as_str(),
        p.campaign_id.as_deref(),
        p.amount.currency(),
        p.amount.minor(),
        p.fee_cover.minor(),
        details,
        p.evidence.as_str(),
        p.checkout_request.as_str(),
        p.note.as_deref(),
        p.tribute.as_ref().map(|t| t.kind),
        p.tribute.as_ref().map(|t| t.name.as_str()),
        p.stripe_customer.as_deref(),
        p.created_at
    )?;
    Ok(())
}

pub(super) fn to_json<T: serde::Serialize>(value: &T, table: &'static str) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt { table, what: e.to_string() })
}

macro_rules! find_by {
    ($(#[$doc:meta])* $name:ident, $column:literal, $ty:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When the database refuses.
        pub async fn $name(conn: &mut Conn, key: $ty) -> Result<Option<Payment>> {
            let row = opt!(conn, Row, concat!("SELECT * FROM payment WHERE ", $column, " = $1"), key)?;
            row.map(Payment::try_from).transpose()
        }
    };
}

find_by!(
    /// By id.
    by_id, "id", &PaymentId
);
/// By id, held against every other writer until the transaction ends. A state that is worked out from what was read
/// must be read through this: on PostgreSQL two workers would else overwrite each other.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &mut WriteTx, id: &PaymentId) -> Result<Option<Payment>> {
    // An update of nothing locks the row in words that both databases know.
    let row = opt!(tx, Row, "UPDATE payment SET state = state WHERE id = $1 RETURNING *", id)?;
    row.map(Payment::try_from).transpose()
}

/// The payment that began the plan of a subscription, held like [`hold`].
///
/// # Errors
/// When the database refuses.
pub async fn hold_of_plan(tx: &mut WriteTx, subscription: &str) -> Result<Option<Payment>> {
    let row = opt!(
        tx,
        Row,
        "UPDATE payment SET state = state \
         WHERE id = (SELECT payment_id FROM pledge WHERE stripe_subscription = $1) RETURNING *",
        subscription
    )?;
    row.map(Payment::try_from).transpose()
}

find_by!(
    /// By the reference of the thank-you page.
    by_reference, "reference", &str
);
find_by!(
    /// By Stripe's subscription.
    by_subscription, "stripe_subscription", &str
);

/// The last payment made from a form.
///
/// # Errors
/// When the database refuses.
pub async fn latest_of_form(conn: &mut Conn, form_nonce: &str) -> Result<Option<Payment>> {
    let row = opt!(
        conn,
        Row,
        "SELECT * FROM payment WHERE form_nonce = $1 ORDER BY form_revision DESC LIMIT 1",
        form_nonce
    )?;
    row.map(Payment::try_from).transpose()
}

/// Payments that want another look: begun before `left` and not known to be closed, or with the bank and not looked at
/// since `looked`. Those looked at longest ago come first.
///
/// # Errors
/// When the database refuses.
pub async fn unsettled(conn: &mut Conn, left: Ts, looked: Ts, limit: i64) -> Result<Vec<Payment>> {
    let rows = all!(
        conn,
        Row,
        // The first condition says again what follows from the others: with it both databases use the index of
        // what is unsettled and need not walk over everything ever given.
        "SELECT * FROM payment WHERE state IN ('started', 'open', 'processing') AND updated_at < $2 \
         AND (state = 'processing' OR created_at < $1) \
         AND form_nonce NOT LIKE 'restart:%' AND form_nonce NOT LIKE 'stripe:%' ORDER BY updated_at LIMIT CAST($3 AS BIGINT)",
        left,
        looked,
        limit
    )?;
    rows.into_iter().map(Payment::try_from).collect()
}

/// What Stripe told us about a payment; `None` leaves what is known.
#[derive(Clone, Debug, Default)]
pub struct StripeFacts<'a> {
    /// Checkout session.
    pub session: Option<&'a str>,
    /// Payment intent.
    pub payment_intent: Option<&'a str>,
    /// Subscription.
    pub subscription: Option<&'a str>,
    /// Customer.
    pub customer: Option<&'a str>,
    /// The open page; kept when `None`.
    pub checkout_url: Option<&'a str>,
    /// When the page closes.
    pub expires_at: Option<Ts>,
}

/// Writes state and Stripe's ids.
///
/// # Errors
/// When the row is not there, or an id belongs to another payment.
pub async fn update(
    tx: &mut WriteTx,
    id: &PaymentId,
    state: PaymentState,
    f: &StripeFacts<'_>,
    at: Ts,
) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE payment SET state = $2, stripe_session = COALESCE($3, stripe_session), \
         stripe_payment_intent = COALESCE($4, stripe_payment_intent), \
         stripe_subscription = COALESCE($5, stripe_subscription), checkout_url = COALESCE($6, checkout_url), \
         expires_at = COALESCE($7, expires_at), stripe_customer = COALESCE($8, stripe_customer), updated_at = $9 \
         WHERE id = $1",
        id,
        state,
        f.session,
        f.payment_intent,
        f.subscription,
        f.checkout_url,
        f.expires_at,
        f.customer,
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "payment", changed }) }
}

/// Gives the form of an act that will never be done free for another: its mark gets its own id behind it.
///
/// # Errors
/// When the database refuses.
pub async fn close_form(tx: &mut WriteTx, id: &PaymentId, at: Ts) -> Result<()> {
    exec!(
        tx,
        "UPDATE payment SET form_nonce = 'closed:' || form_nonce || ':' || id, state = 'failed', updated_at = $2 \
         WHERE id = $1",
        id,
        at
    )?;
    Ok(())
}
