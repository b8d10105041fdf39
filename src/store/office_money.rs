//! What the office looks at about money that went back: where a gift stands, and disputes.

use super::db::{Conn, Result, StoreError, all, opt};
use super::paging::Place;
use crate::clock::Ts;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{DisputeId, DonorId, GiftId, RefundRequestId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::DisputeState;

/// The name on a receipt, from a donor's details as JSON.
///
/// # Errors
/// When they cannot be read.
pub(super) fn receipt_name(details: &str) -> Result<String> {
    let donor: DonorDetails = serde_json::from_str(details)
        .map_err(|e| StoreError::Corrupt { table: "gift", what: e.to_string() })?;
    Ok(donor.receipt_name())
}

/// What the books know of a gift's money, in minor units of its currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GiftMoney {
    /// Refunds under way and done, those that Stripe made a moment ago included; positive.
    pub refunded: i64,
    /// Cheques that came back, positive.
    pub returned: i64,
    /// What open and lost disputes are about, positive.
    pub disputed: i64,
    /// The gravest of its disputes.
    pub dispute: Option<DisputeState>,
    /// Stripe's fees, zero or negative.
    pub fees: i64,
    /// The number of the receipt that counts.
    pub receipt_number: Option<String>,
    /// The refund that was asked for and is not closed.
    pub open_request: Option<RefundRequestId>,
    /// How many refunds are not there yet: Stripe is at it, or has made it and the books do not know it.
    pub pending: i64,
}

/// What the books know of a gift's money.
///
/// # Errors
/// When the database refuses.
pub async fn gift_money(conn: &mut Conn, gift: &GiftId) -> Result<Option<GiftMoney>> {
    opt!(
        conn,
        GiftMoney,
        // A refund that Stripe has made is counted before its look has written it down: nobody gives it back twice.
        "SELECT CAST(COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.gift_id = g.id \
         AND r.state IN ('pending', 'succeeded')), 0) + COALESCE((SELECT SUM(q.amount_minor) FROM refund_request q \
         WHERE q.gift_id = g.id AND q.state = 'made' AND q.stripe_refund IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM refund r WHERE r.stripe_refund = q.stripe_refund)), 0) AS BIGINT) AS refunded, \
         CAST(COALESCE((SELECT -SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'returned'), 0) AS BIGINT) AS returned, \
         CAST(COALESCE((SELECT SUM(s.amount_minor) FROM dispute s WHERE s.gift_id = g.id AND s.state <> 'won' \
         AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0) \
         AS BIGINT) AS disputed, \
         (SELECT s.state FROM dispute s WHERE s.gift_id = g.id ORDER BY CASE s.state WHEN 'open' THEN 0 \
         WHEN 'lost' THEN 1 ELSE 2 END LIMIT 1) AS dispute, \
         CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind IN ('fee', 'refund_fee')), 0) AS BIGINT) AS fees, \
         (SELECT c.number FROM receipt c WHERE c.gift_id = g.id ORDER BY c.version DESC LIMIT 1) AS receipt_number, \
         (SELECT q.id FROM refund_request q WHERE q.gift_id = g.id AND q.state IN ('awaiting', 'asked')) \
         AS open_request, \
         (SELECT COUNT(*) FROM refund r WHERE r.gift_id = g.id AND r.state = 'pending') \
         + (SELECT COUNT(*) FROM refund_request q WHERE q.gift_id = g.id AND q.state = 'made' \
         AND q.stripe_refund IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.stripe_refund = q.stripe_refund)) \
         AS pending FROM gift g WHERE g.id = $1",
        gift
    )
}

/// A dispute in a list, with what it moved in the books.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DisputeLine {
    /// Its id.
    pub id: DisputeId,
    /// Of which gift.
    pub gift_id: GiftId,
    /// Stripe's dispute.
    pub stripe_dispute: String,
    currency: Currency,
    amount_minor: i64,
    /// Where it stands.
    pub state: DisputeState,
    /// Stripe's reason code.
    pub reason: String,
    /// Until when evidence is taken.
    pub evidence_due: Option<Ts>,
    /// When it was opened.
    pub made_at: Ts,
    /// When it last changed: decided, for those that are.
    pub updated_at: Ts,
    /// To whom the gift was, for its time zone.
    pub entity_id: String,
    /// Whose gift.
    pub donor_id: DonorId,
    donor_details: String,
    withdrawn_minor: i64,
    fee_minor: i64,
    reinstated_minor: i64,
}

impl DisputeLine {
    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// How much is contested.
    pub fn amount(&self) -> Money {
        self.money(self.amount_minor)
    }

    /// What the bank withdrew, zero or negative.
    pub fn withdrawn(&self) -> Money {
        self.money(self.withdrawn_minor)
    }

    /// Stripe's fee for the dispute less what of it came back, zero or negative.
    pub fn fee(&self) -> Money {
        self.money(self.fee_minor)
    }

    /// What came back after it was won.
    pub fn reinstated(&self) -> Money {
        self.money(self.reinstated_minor)
    }

    /// The name on the gift's receipt.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub fn donor_name(&self) -> Result<String> {
        receipt_name(&self.donor_details)
    }
}

macro_rules! disputes {
    ($($rest:literal)*) => {
        concat!(
            "SELECT s.id, s.gift_id, s.stripe_dispute, s.currency, s.amount_minor, s.state, s.reason, s.evidence_due, \
             s.made_at, s.updated_at, g.entity_id, g.donor_id, g.donor_details, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = s.gift_id \
             AND e.kind = 'dispute_withdrawn'), 0) AS BIGINT) AS withdrawn_minor, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = s.gift_id \
             AND e.kind IN ('dispute_fee', 'dispute_fee_returned')), 0) AS BIGINT) AS fee_minor, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = s.gift_id \
             AND e.kind = 'dispute_reinstated'), 0) AS BIGINT) AS reinstated_minor \
             FROM dispute s JOIN gift g ON g.id = s.gift_id ",
            $($rest),*
        )
    };
}

/// Open disputes, the one whose evidence is due first at the top; those without a day last. `after`: the last one of the
/// page before.
///
/// # Errors
/// When the database refuses.
pub async fn open_disputes(conn: &mut Conn, after: Option<&Place>, limit: i64) -> Result<Vec<DisputeLine>> {
    let (due, id) = after.map_or((Ts::from_micros(i64::MIN), ""), |p| (p.at, p.id.as_str()));
    all!(
        conn,
        DisputeLine,
        disputes!(
            "WHERE s.state = 'open' AND (COALESCE(s.evidence_due, $3) > $1 OR (COALESCE(s.evidence_due, $3) = $1 \
             AND s.id > $2)) ORDER BY COALESCE(s.evidence_due, $3), s.id LIMIT CAST($4 AS BIGINT)"
        ),
        due,
        id,
        no_day(),
        limit
    )
}

/// Where open disputes without a day stand in their order: at the end.
pub fn no_day() -> Ts {
    Ts::from_micros(i64::MAX)
}

/// Decided disputes, the latest first. `before`: the last one of the page before.
///
/// # Errors
/// When the database refuses.
pub async fn decided_disputes(
    conn: &mut Conn,
    before: Option<&Place>,
    limit: i64,
) -> Result<Vec<DisputeLine>> {
    let (at, id) = before.map_or((Ts::from_micros(i64::MAX), ""), |p| (p.at, p.id.as_str()));
    all!(
        conn,
        DisputeLine,
        disputes!(
            "WHERE s.state <> 'open' AND s.updated_at <= $1 AND (s.updated_at < $1 OR s.id < $2) \
             ORDER BY s.updated_at DESC, s.id DESC LIMIT CAST($3 AS BIGINT)"
        ),
        at,
        id,
        limit
    )
}
