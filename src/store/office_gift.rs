//! One gift as the office looks at it: the chain from the form to the receipt, and what followed.

use super::db::{Conn, Result, all, opt};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::closing::Month;
use crate::domain::ids::{BankLineId, BatchId, ClaimId, DonorId, EntryId, GiftId, PayoutId, StatementId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{EntryKind, OfflineKind, PayoutState};

/// Where a gift came from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Origin {
    /// The record the gift was given under.
    pub given_by: DonorId,
    /// The record it counts for.
    pub donor_id: DonorId,
    /// What the donor wrote with it.
    pub note: Option<String>,
    /// Stripe's invoice, for a charge of a plan.
    pub stripe_invoice: Option<String>,
    /// The reference on the donor's page after giving.
    pub reference: Option<String>,
    /// When the form was sent.
    pub form_at: Option<Ts>,
    /// Stripe's payment page.
    pub stripe_session: Option<String>,
    /// Stripe's subscription of its plan.
    pub stripe_subscription: Option<String>,
    /// How it came without Stripe.
    pub offline_kind: Option<OfflineKind>,
    /// Cheque number, bank reference, ….
    pub offline_reference: Option<String>,
    /// With which batch.
    pub batch_id: Option<BatchId>,
    /// The name of the batch.
    pub batch_name: Option<String>,
    /// As which line of a bank's file.
    pub bank_line: Option<BankLineId>,
    /// The payer as the bank names them.
    pub bank_payer: Option<String>,
    /// When it reached the bank account.
    pub booked_on: Option<Day>,
    /// Who entered it.
    pub entered_by: Option<String>,
    /// When it was entered.
    pub entered_at: Option<Ts>,
    /// When we wrote it down.
    pub created_at: Ts,
    /// The payout that carried it to the bank.
    pub payout_id: Option<PayoutId>,
    /// Stripe's payout.
    pub stripe_payout: Option<String>,
    /// Where that stands.
    pub payout_state: Option<PayoutState>,
    /// The day it is expected at the bank.
    pub payout_arrives_on: Option<Day>,
    /// When it was made.
    pub payout_made_at: Option<Ts>,
}

/// Where a gift came from; `None` when there is no such gift.
///
/// # Errors
/// When the database refuses.
pub async fn origin(conn: &mut Conn, id: &GiftId) -> Result<Option<Origin>> {
    opt!(
        conn,
        Origin,
        "SELECT g.donor_id AS given_by, d.owner_id AS donor_id, g.note, g.stripe_invoice, p.reference, \
         p.created_at AS form_at, p.stripe_session, l.stripe_subscription, x.kind AS offline_kind, \
         x.reference AS offline_reference, x.batch_id, b.name AS batch_name, x.bank_line, k.payer AS bank_payer, \
         k.booked_on, s.name AS entered_by, x.entered_at, g.created_at, o.id AS payout_id, \
         o.stripe_payout, o.state AS payout_state, o.arrives_on AS payout_arrives_on, o.made_at AS payout_made_at FROM gift g JOIN donor d ON d.id = g.donor_id \
         LEFT JOIN payment p ON p.id = g.payment_id LEFT JOIN pledge l ON l.id = g.pledge_id \
         LEFT JOIN offline_gift x ON x.gift_id = g.id LEFT JOIN offline_batch b ON b.id = x.batch_id \
         LEFT JOIN bank_line k ON k.id = x.bank_line LEFT JOIN staff s ON s.id = x.entered_by \
         LEFT JOIN balance_transaction t ON t.source = g.stripe_charge AND t.category = 'charge' \
         LEFT JOIN payout o ON o.stripe_payout = t.payout WHERE g.id = $1",
        id
    )
}

/// A movement of money.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryRow {
    /// Its id.
    pub id: EntryId,
    /// What moved.
    pub kind: EntryKind,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units; out of the balance: negative.
    pub amount_minor: i64,
    /// When.
    pub occurred_at: Ts,
    /// Stripe's object.
    pub stripe_object: String,
    /// Stripe's balance transaction.
    pub balance_transaction: Option<String>,
    /// The month it is booked in, when its own was closed before it became known.
    pub booked_month: Option<Month>,
}

impl EntryRow {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

/// The ledger's lines of a gift, in order.
///
/// # Errors
/// When the database refuses.
pub async fn entries(conn: &mut Conn, id: &GiftId) -> Result<Vec<EntryRow>> {
    all!(
        conn,
        EntryRow,
        "SELECT e.id, e.kind, e.currency, e.amount_minor, e.occurred_at, e.stripe_object, e.balance_transaction, \
         l.booked_month FROM ledger_entry e LEFT JOIN late_posting l ON l.entry_id = e.id WHERE e.gift_id = $1 \
         ORDER BY e.occurred_at, e.id LIMIT 100",
        id
    )
}

/// Something that followed a gift: a refund, a dispute, a receipt or a correction, in one shape.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Sequel {
    /// `refund`, `dispute`, `receipt` or `correction`.
    pub what: String,
    /// Refund and dispute: the state. Receipt: how it left. Correction: of what kind.
    pub state: String,
    /// In minor units; receipts and corrections: none.
    pub amount_minor: Option<i64>,
    /// Refund and dispute: Stripe's id. Receipt: its number. Correction: its id.
    pub object: Option<String>,
    /// Refund, dispute and correction: why. Receipt: the state of its mail.
    pub why: Option<String>,
    /// Until when a dispute can be answered.
    pub due_at: Option<Ts>,
    /// Receipt: its version. Correction: who made it.
    pub detail: Option<String>,
    /// When it began.
    pub made_at: Ts,
}

/// What followed a gift, in order; a hundred at most.
///
/// # Errors
/// When the database refuses.
pub async fn sequels(conn: &mut Conn, id: &GiftId) -> Result<Vec<Sequel>> {
    all!(
        conn,
        Sequel,
        "SELECT 'refund' AS what, r.state, r.amount_minor, r.stripe_refund AS object, r.reason AS why, \
         CASE WHEN 1 = 0 THEN r.made_at END AS due_at, CAST(NULL AS TEXT) AS detail, r.made_at FROM refund r \
         WHERE r.gift_id = $1 \
         UNION ALL SELECT 'dispute', s.state, s.amount_minor, s.stripe_dispute, s.reason, s.evidence_due, NULL, s.made_at \
         FROM dispute s WHERE s.gift_id = $1 \
         UNION ALL SELECT 'receipt', c.delivery, NULL, c.number, (SELECT m.state FROM mail_outbox m WHERE m.gift_id = c.gift_id \
         AND m.dedupe_key = CASE WHEN c.version = 1 THEN 'receipt:' || c.gift_id \
         ELSE 'receipt:' || c.gift_id || ':' || CAST(c.version AS TEXT) END), NULL, CAST(c.version AS TEXT), c.issued_at \
         FROM receipt c WHERE c.gift_id = $1 \
         UNION ALL SELECT 'correction', k.kind, NULL, k.id, k.why, NULL, t.name, k.made_at FROM gift_correction k \
         JOIN staff t ON t.id = k.made_by WHERE k.gift_id = $1 ORDER BY made_at, what LIMIT 100",
        id
    )
}

/// The frozen content of a gift's latest receipt, as JSON, and the record it counts for.
///
/// # Errors
/// When the database refuses.
pub async fn latest_receipt(conn: &mut Conn, id: &GiftId) -> Result<Option<(String, DonorId)>> {
    opt!(
        conn,
        (String, DonorId),
        "SELECT r.content, d.owner_id FROM receipt r JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
         WHERE g.id = $1 ORDER BY r.version DESC LIMIT 1",
        id
    )
}

/// The documents that tell of a gift beside its receipts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Papers {
    /// The latest statement of its year.
    pub statement_id: Option<StatementId>,
    /// Its number.
    pub statement_number: Option<String>,
    /// When it was issued.
    pub statement_at: Option<Ts>,
    /// The latest claim it is in.
    pub claim_id: Option<ClaimId>,
    /// Its number.
    pub claim_number: Option<String>,
    /// `draft`, `sent`, `paid`.
    pub claim_state: Option<String>,
    /// When it was made.
    pub claim_at: Option<Ts>,
}

/// The statement and the claim that tell of a gift.
///
/// # Errors
/// When the database refuses.
pub async fn papers(conn: &mut Conn, gift: &GiftId) -> Result<Option<Papers>> {
    opt!(
        conn,
        Papers,
        "SELECT s.id AS statement_id, s.number AS statement_number, s.issued_at AS statement_at, c.id AS claim_id, \
         c.number AS claim_number, c.state AS claim_state, c.made_at AS claim_at FROM gift g \
         JOIN donor d ON d.id = g.donor_id LEFT JOIN statement s ON s.id = (SELECT n.id FROM statement n \
         WHERE n.donor_id = d.owner_id AND n.entity_id = g.entity_id AND n.tax_year = g.tax_year \
         ORDER BY n.version DESC LIMIT 1) LEFT JOIN gift_aid_claim c ON c.id = (SELECT k.id FROM gift_aid_row w \
         JOIN gift_aid_claim k ON k.id = w.claim_id WHERE w.gift_id = g.id ORDER BY k.made_at DESC, k.id DESC LIMIT 1) \
         WHERE g.id = $1",
        gift
    )
}
