//! Where an exact text leads: to one gift, one donor or one plan.

use super::db::{Conn, Result, all, opt};
use crate::domain::ids::{DonorId, GiftId, PaymentId, PledgeId};
use crate::domain::search::StripeKind;

/// What was found: the gift if there is one, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    /// The gift.
    pub gift_id: Option<GiftId>,
    /// The record it counts for.
    pub donor_id: DonorId,
}

/// A lookup that gives a gift and its donor.
macro_rules! hit {
    ($conn:expr, $sql:expr, $key:expr) => {
        opt!($conn, Hit, $sql, $key)
    };
}

/// A gift of the select list `g`, with the donor it counts for.
macro_rules! of_gift {
    ($rest:literal) => {
        concat!(
            "SELECT g.id AS gift_id, d.owner_id AS donor_id FROM gift g JOIN donor d ON d.id = g.donor_id ",
            $rest
        )
    };
}

/// The plan of the select list `p`, as its donor.
macro_rules! of_plan {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(NULL AS TEXT) AS gift_id, d.owner_id AS donor_id FROM pledge p JOIN donor d ON d.id = p.donor_id ",
            $rest
        )
    };
}

/// The payment of the select list `p` with its first gift, if it has become one.
macro_rules! of_payment {
    ($rest:literal) => {
        concat!(
            "SELECT (SELECT g.id FROM gift g WHERE g.payment_id = p.id ORDER BY g.received_at LIMIT 1) AS gift_id, \
             d.owner_id AS donor_id FROM payment p JOIN donor d ON d.id = p.donor_id ",
            $rest
        )
    };
}

/// Who has a mailbox (normalised): the account's owner, and whoever gave from it without signing in.
///
/// # Errors
/// When the database refuses.
pub async fn by_mailbox(conn: &mut Conn, email_norm: &str) -> Result<Vec<DonorId>> {
    let rows = all!(
        conn,
        (DonorId,),
        "SELECT d.owner_id FROM donor d WHERE d.email_norm = $1 UNION SELECT a.donor_id FROM account a \
         WHERE a.email_norm = $1 LIMIT 50",
        email_norm
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The gift of a receipt's number.
///
/// # Errors
/// When the database refuses.
pub async fn by_receipt(conn: &mut Conn, number: &str) -> Result<Option<Hit>> {
    hit!(conn, of_gift!("JOIN receipt r ON r.gift_id = g.id WHERE r.number = $1"), number)
}

/// A gift.
///
/// # Errors
/// When the database refuses.
pub async fn by_gift(conn: &mut Conn, id: &GiftId) -> Result<Option<Hit>> {
    hit!(conn, of_gift!("WHERE g.id = $1"), id)
}

/// The donor of a plan.
///
/// # Errors
/// When the database refuses.
pub async fn by_plan(conn: &mut Conn, id: &PledgeId) -> Result<Option<Hit>> {
    hit!(conn, of_plan!("WHERE p.id = $1"), id)
}

/// The first gift of an act of giving, or its donor when there is none yet.
///
/// # Errors
/// When the database refuses.
pub async fn by_payment(conn: &mut Conn, id: &PaymentId) -> Result<Option<Hit>> {
    hit!(conn, of_payment!("WHERE p.id = $1"), id)
}

/// The same by the reference that donors quote.
///
/// # Errors
/// When the database refuses.
pub async fn by_reference(conn: &mut Conn, reference: &str) -> Result<Option<Hit>> {
    hit!(conn, of_payment!("WHERE p.reference = $1"), reference)
}

/// What an object at Stripe is about. A payout is about many gifts, and has a page of its own.
///
/// # Errors
/// When the database refuses.
pub async fn by_stripe(conn: &mut Conn, kind: StripeKind, id: &str) -> Result<Option<Hit>> {
    match kind {
        StripeKind::PaymentIntent => match hit!(conn, of_gift!("WHERE g.stripe_payment_intent = $1"), id)? {
            Some(hit) => Ok(Some(hit)),
            None => hit!(conn, of_payment!("WHERE p.stripe_payment_intent = $1"), id),
        },
        StripeKind::Charge => hit!(conn, of_gift!("WHERE g.stripe_charge = $1"), id),
        StripeKind::Refund => {
            hit!(conn, of_gift!("JOIN refund r ON r.gift_id = g.id WHERE r.stripe_refund = $1"), id)
        }
        StripeKind::Dispute => {
            hit!(conn, of_gift!("JOIN dispute s ON s.gift_id = g.id WHERE s.stripe_dispute = $1"), id)
        }
        StripeKind::Subscription => hit!(conn, of_plan!("WHERE p.stripe_subscription = $1"), id),
        StripeKind::Customer => match hit!(conn, of_plan!("WHERE p.stripe_customer = $1 LIMIT 1"), id)? {
            Some(hit) => Ok(Some(hit)),
            None => {
                let found = hit!(conn, of_payment!("WHERE p.stripe_customer = $1 LIMIT 1"), id)?;
                Ok(found.map(|hit| Hit { gift_id: None, ..hit }))
            }
        },
        StripeKind::Invoice => match hit!(conn, of_gift!("WHERE g.stripe_invoice = $1"), id)? {
            Some(hit) => Ok(Some(hit)),
            None => {
                hit!(conn, of_plan!("JOIN recovery r ON r.pledge_id = p.id WHERE r.stripe_invoice = $1"), id)
            }
        },
        StripeKind::Session => hit!(conn, of_payment!("WHERE p.stripe_session = $1"), id),
        StripeKind::BalanceTransaction => {
            hit!(
                conn,
                of_gift!("JOIN ledger_entry e ON e.gift_id = g.id WHERE e.balance_transaction = $1 LIMIT 1"),
                id
            )
        }
        StripeKind::Payout => Ok(None),
    }
}
