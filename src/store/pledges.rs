//! Pledges: the plans of monthly, quarterly and yearly gifts.

use super::db::{Conn, Result, StoreError, WriteTx, all, exec, opt, scalar};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, PaymentId, PledgeId};
use crate::domain::money::{Currency, Money};
use crate::domain::schedule::Schedule;
use crate::domain::states::{EndedWhy, PauseKind, PledgeState};
use crate::domain::terms::Terms;

/// A plan.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Pledge {
    /// Its id.
    pub id: PledgeId,
    /// The act of giving that began it.
    pub payment_id: PaymentId,
    /// Whose it is.
    pub donor_id: DonorId,
    /// To which entity.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// From which campaign.
    pub campaign_id: Option<String>,
    /// How often.
    pub frequency: Frequency,
    /// In which currency.
    pub currency: Currency,
    /// The gift of each charge, in minor units.
    pub amount_minor: i64,
    /// Added to each charge to cover the fee, in minor units.
    pub fee_cover_minor: i64,
    /// Where it stands.
    pub state: PledgeState,
    /// Stripe's subscription.
    pub stripe_subscription: String,
    /// Stripe's customer.
    pub stripe_customer: Option<String>,
    /// When it began.
    pub started_at: Ts,
    /// The next charge that will happen.
    pub next_charge_at: Option<Ts>,
    /// When it ended.
    pub ended_at: Option<Ts>,
    /// When the sight was taken that this row shows: an older one must not overwrite it.
    pub seen_at: Ts,
    /// What the months are counted from; none before the first sight.
    pub anchor_at: Option<Ts>,
    /// The next instant of the rhythm, paused or not.
    pub period_ends_at: Option<Ts>,
    /// What keeps charges from happening.
    pub pause: PauseKind,
    /// When collection begins again.
    pub resumes_at: Option<Ts>,
    /// No charge happens from this instant on.
    pub ends_at: Option<Ts>,
    /// Why it is over.
    pub ended_why: Option<EndedWhy>,
    /// What the donor said about stopping.
    pub ended_words: Option<String>,
    /// The act of giving by which it began again.
    pub restarted_as: Option<PaymentId>,
    /// Stripe's payment method.
    pub stripe_method: Option<String>,
    /// `Visa`, `Bacs Direct Debit`.
    pub method_label: Option<String>,
    /// Its last four digits.
    pub method_last4: Option<String>,
    /// A card's last month, `2027-05`.
    pub method_expires: Option<String>,
}

impl Pledge {
    /// The gift of each charge.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Added to each charge to cover the fee.
    pub fn fee_cover(&self) -> Money {
        Money::new(self.fee_cover_minor, self.currency)
    }

    /// What each charge takes.
    pub fn total(&self) -> Money {
        Money::new(self.amount_minor.saturating_add(self.fee_cover_minor), self.currency)
    }

    /// True when the bank takes days to send a charge, so that one may be on its way.
    pub fn is_paid_by_debit(&self) -> bool {
        self.method_label
            .as_deref()
            .is_some_and(|label| label.ends_with("Direct Debit") || label == "Bank account")
    }

    /// What it is agreed to be; `None` before Stripe was first looked at.
    pub fn terms(&self) -> Option<Terms> {
        Some(Terms {
            currency: self.currency,
            amount_minor: self.amount_minor,
            fee_cover_minor: self.fee_cover_minor,
            frequency: self.frequency,
            fund_id: self.fund_id.clone(),
            anchor_at: self.anchor_at?,
            next_at: self.period_ends_at?,
            pause: self.pause,
            resumes_at: self.resumes_at,
            ends_at: self.ends_at,
            ended: self.state == PledgeState::Ended,
            method: self.stripe_method.clone(),
        })
    }

    /// What it is agreed to be, with its beginning for a rhythm where Stripe was never looked at.
    pub fn terms_or_begun(&self) -> Terms {
        self.terms().unwrap_or_else(|| Terms {
            currency: self.currency,
            amount_minor: self.amount_minor,
            fee_cover_minor: self.fee_cover_minor,
            frequency: self.frequency,
            fund_id: self.fund_id.clone(),
            anchor_at: self.started_at,
            next_at: self.started_at,
            pause: self.pause,
            resumes_at: self.resumes_at,
            ends_at: self.ends_at,
            ended: self.state == PledgeState::Ended,
            method: self.stripe_method.clone(),
        })
    }

    /// When it charges; `None` once it is over and before Stripe was first looked at.
    pub fn schedule(&self) -> Option<Schedule> {
        self.terms().filter(|t| !t.ended).map(|t| t.schedule())
    }
}

/// Writes a plan unless its subscription is known; `true` when it is new.
///
/// # Errors
/// When the database refuses.
pub async fn insert_if_new(tx: &mut WriteTx, p: &Pledge) -> Result<bool> {
    let changed = exec!(
        tx,
        "INSERT INTO pledge (id, payment_id, donor_id, entity_id, fund_id, campaign_id, frequency, currency, \
         amount_minor, fee_cover_minor, state, stripe_subscription, stripe_customer, started_at, next_charge_at, \
         ended_at, seen_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $14) ON CONFLICT DO NOTHING",
        &p.id,
        &p.payment_id,
        &p.donor_id,
        p.entity_id.as_str(),
        p.fund_id.as_str(),
        p.campaign_id.as_deref(),
        p.frequency,
        p.currency,
        p.amount_minor,
        p.fee_cover_minor,
        p.state,
        p.stripe_subscription.as_str(),
        p.stripe_customer.as_deref(),
        p.started_at,
        p.next_charge_at,
        p.ended_at,
        p.seen_at
    )?;
    Ok(changed == 1)
}

/// By its id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(conn: &mut Conn, id: &PledgeId) -> Result<Option<Pledge>> {
    opt!(conn, Pledge, "SELECT * FROM pledge WHERE id = $1", id)
}

/// By Stripe's subscription.
///
/// # Errors
/// When the database refuses.
pub async fn by_subscription(conn: &mut Conn, subscription: &str) -> Result<Option<Pledge>> {
    opt!(conn, Pledge, "SELECT * FROM pledge WHERE stripe_subscription = $1", subscription)
}

/// By the act of giving that began it.
///
/// # Errors
/// When the database refuses.
pub async fn by_payment(conn: &mut Conn, payment: &PaymentId) -> Result<Option<Pledge>> {
    opt!(conn, Pledge, "SELECT * FROM pledge WHERE payment_id = $1", payment)
}

/// The plans of a donor: running ones first, then those that ended last.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT p.* FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 \
         ORDER BY CASE WHEN p.state = 'ended' THEN 1 ELSE 0 END, p.started_at DESC LIMIT 50",
        owner
    )
}

/// One plan of a donor; `None` when there is none or it is somebody else's.
///
/// # Errors
/// When the database refuses.
pub async fn of_owner_by_id(conn: &mut Conn, owner: &DonorId, id: &PledgeId) -> Result<Option<Pledge>> {
    opt!(
        conn,
        Pledge,
        "SELECT p.* FROM pledge p JOIN donor d ON d.id = p.donor_id WHERE d.owner_id = $1 AND p.id = $2",
        owner,
        id
    )
}

/// The plans of one of Stripe's customers that are not over.
///
/// # Errors
/// When the database refuses.
pub async fn running_of_customer(conn: &mut Conn, customer: &str) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge WHERE stripe_customer = $1 AND state <> 'ended' ORDER BY id",
        customer
    )
}

/// The plans that are paid with one of Stripe's payment methods and not over.
///
/// # Errors
/// When the database refuses.
pub async fn running_with_method(conn: &mut Conn, method: &str) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge WHERE stripe_method = $1 AND state <> 'ended' ORDER BY id",
        method
    )
}

/// Plans that go on, whose card's last month is this one or gone, `2027-05`, and whose giver was not warned of it; a
/// hundred, from `after` on.
///
/// # Errors
/// When the database refuses.
pub async fn with_card_ending(conn: &mut Conn, month: &str, after: &str) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge p WHERE p.state IN ('active', 'paused') AND p.method_expires <= $1 AND p.id > $2 \
         AND NOT EXISTS (SELECT 1 FROM mail_outbox m \
         WHERE m.dedupe_key = 'card_ends:' || p.id || ':' || p.method_expires) ORDER BY p.id LIMIT 100",
        month,
        after
    )
}

/// Running plans that Stripe was never looked at for; five thousand.
///
/// # Errors
/// When the database refuses.
pub async fn unseen(conn: &mut Conn) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge WHERE period_ends_at IS NULL AND state NOT IN ('ended', 'pending') ORDER BY id LIMIT 5000"
    )
}

/// Where letters about a plan go.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Mailbox {
    /// The account's proven mailbox; without an account, the one on the form.
    pub email: String,
    /// How dates and sums are written.
    pub locale: String,
    /// First name; may be empty.
    pub given_name: String,
    /// The donor that the plan counts for.
    pub owner_id: DonorId,
}

/// Where letters about a plan go.
///
/// # Errors
/// When the database refuses.
pub async fn mailbox(conn: &mut Conn, id: &PledgeId) -> Result<Option<Mailbox>> {
    opt!(
        conn,
        Mailbox,
        "SELECT COALESCE(a.email, d.email) AS email, o.locale, o.given_name, d.owner_id FROM pledge p \
         JOIN donor d ON d.id = p.donor_id JOIN donor o ON o.id = d.owner_id \
         LEFT JOIN account a ON a.donor_id = d.owner_id WHERE p.id = $1",
        id
    )
}

/// Running plans that began before `before`, in the order of their ids; a hundred, from `after` on.
///
/// # Errors
/// When the database refuses.
pub async fn begun_before(conn: &mut Conn, before: Ts, after: &str) -> Result<Vec<Pledge>> {
    all!(
        conn,
        Pledge,
        "SELECT * FROM pledge WHERE state = 'active' AND started_at <= $1 AND id > $2 ORDER BY id LIMIT 100",
        before,
        after
    )
}

/// What Stripe says of a plan.
#[derive(Clone, Debug)]
pub struct Sight<'a> {
    /// Where it stands.
    pub state: PledgeState,
    /// What it is agreed to be.
    pub terms: &'a Terms,
    /// The next charge that will happen.
    pub next_charge_at: Option<Ts>,
    /// When it ended; kept when `None`.
    pub ended_at: Option<Ts>,
    /// Why it ended; kept when `None`.
    pub ended_why: Option<EndedWhy>,
    /// `Visa`, `Bacs Direct Debit`; the three are kept when Stripe names no method.
    pub method_label: Option<&'a str>,
    /// Its last four digits.
    pub method_last4: Option<&'a str>,
    /// A card's last month, `2027-05`.
    pub method_expires: Option<&'a str>,
    /// When Stripe was asked.
    pub seen_at: Ts,
}

/// Writes what Stripe says of a plan.
///
/// # Errors
/// When the row is not there.
pub async fn update(tx: &mut WriteTx, id: &PledgeId, s: &Sight<'_>, at: Ts) -> Result<()> {
    let t = s.terms;
    let changed = exec!(
        tx,
        "UPDATE pledge SET state = $2, next_charge_at = $3, ended_at = COALESCE($4, ended_at), \
         ended_why = COALESCE($5, ended_why), seen_at = $6, updated_at = $7, currency = $8, amount_minor = $9, \
         fee_cover_minor = $10, frequency = $11, fund_id = $12, anchor_at = $13, period_ends_at = $14, pause = $15, \
         resumes_at = $16, ends_at = $17, stripe_method = COALESCE($18, stripe_method), \
         method_label = CASE WHEN CAST($18 AS TEXT) IS NULL THEN method_label ELSE $19 END, \
         method_last4 = CASE WHEN CAST($18 AS TEXT) IS NULL THEN method_last4 ELSE $20 END, \
         method_expires = CASE WHEN CAST($18 AS TEXT) IS NULL THEN method_expires ELSE $21 END WHERE id = $1",
        id,
        s.state,
        s.next_charge_at,
        s.ended_at,
        s.ended_why,
        s.seen_at,
        at,
        t.currency,
        t.amount_minor,
        t.fee_cover_minor,
        t.frequency,
        t.fund_id.as_str(),
        t.anchor_at,
        t.next_at,
        t.pause,
        t.resumes_at,
        t.ends_at,
        t.method.as_deref(),
        s.method_label,
        s.method_last4,
        s.method_expires
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "pledge", changed }) }
}

/// Writes what Stripe does not know of: how the sum is split, and the fund.
///
/// # Errors
/// When the row is not there.
pub async fn agree(tx: &mut WriteTx, id: &PledgeId, t: &Terms, at: Ts) -> Result<()> {
    let changed = exec!(
        tx,
        "UPDATE pledge SET amount_minor = $2, fee_cover_minor = $3, fund_id = $4, updated_at = $5 WHERE id = $1",
        id,
        t.amount_minor,
        t.fee_cover_minor,
        t.fund_id.as_str(),
        at
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotOneRow { what: "pledge terms", changed }) }
}

/// Writes by which act a plan began again; `None`: it did not after all.
///
/// # Errors
/// When the database refuses.
pub async fn set_restarted(
    tx: &mut WriteTx,
    id: &PledgeId,
    payment: Option<&PaymentId>,
    at: Ts,
) -> Result<()> {
    exec!(tx, "UPDATE pledge SET restarted_as = $2, updated_at = $3 WHERE id = $1", id, payment, at)?;
    Ok(())
}

/// Writes what a donor said about stopping.
///
/// # Errors
/// When the database refuses.
pub async fn set_ended_words(tx: &mut WriteTx, id: &PledgeId, words: &str, at: Ts) -> Result<()> {
    exec!(tx, "UPDATE pledge SET ended_words = $2, updated_at = $3 WHERE id = $1", id, words, at)?;
    Ok(())
}

/// How many gifts the plan has brought so far.
///
/// # Errors
/// When the database refuses.
pub async fn gifts_so_far(conn: &mut Conn, id: &PledgeId) -> Result<i64> {
    scalar!(conn, i64, "SELECT COUNT(*) FROM gift WHERE pledge_id = $1", id)
}
