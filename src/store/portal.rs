//! What a donor sees of their giving. Every query carries its owner: what belongs to somebody else is absent.

use super::db::{Conn, Result, all, opt};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, GiftId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{DisputeState, RefundState, TributeKind};

/// A sum by entity and currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct YearSum {
    /// To whom.
    pub entity_id: String,
    /// In which currency.
    pub currency: Currency,
    /// Tax year of the entity, `2026-27`.
    pub tax_year: String,
    /// Net of what went back, in minor units.
    pub net_minor: i64,
    /// How many gifts.
    pub gifts: i64,
}

impl YearSum {
    /// The sum.
    pub fn net(&self) -> Money {
        Money::new(self.net_minor, self.currency)
    }
}

/// Sums of the gifts received since a day, by entity, currency and tax year.
///
/// # Errors
/// When the database refuses.
pub async fn year_sums(conn: &mut Conn, owner: &DonorId, since: Ts) -> Result<Vec<YearSum>> {
    all!(
        conn,
        YearSum,
        "SELECT g.entity_id, g.currency, g.tax_year, \
         CAST(SUM(g.amount_minor + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind IN ('refund', 'refund_failed', 'returned')), 0) - COALESCE((SELECT SUM(s.amount_minor) FROM dispute s \
         WHERE s.gift_id = g.id AND s.state <> 'won' AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'dispute_withdrawn')), 0)) AS BIGINT) \
         AS net_minor, COUNT(*) AS gifts \
         FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 AND g.received_at >= $2 \
         GROUP BY g.entity_id, g.currency, g.tax_year ORDER BY g.entity_id, g.currency, g.tax_year",
        owner,
        since
    )
}

/// A gift in the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GiftLine {
    /// Its id.
    pub id: GiftId,
    /// To whom.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// Gross, in minor units.
    pub amount_minor: i64,
    /// Part of it that covers the fee, in minor units.
    pub fee_cover_minor: i64,
    /// How often its plan gives; `None` for a single gift.
    pub frequency: Option<Frequency>,
    /// Which charge of the plan.
    pub instalment: Option<i64>,
    /// When.
    pub received_at: Ts,
    /// The day in the entity's zone.
    pub received_on: Day,
    /// Tax year of the entity, `2026-27`.
    pub tax_year: String,
    /// `Visa`, `Bacs Direct Debit`.
    pub method_label: String,
    /// Last four digits.
    pub method_last4: Option<String>,
    /// A declaration covers it.
    pub gift_aid: bool,
    /// Dedication.
    pub tribute_kind: Option<TributeKind>,
    /// Of whom.
    pub tribute_name: Option<String>,
    /// What went back to the donor, zero or negative.
    pub refunded_minor: i64,
    /// What of a cheque came back unpaid, zero or negative: it was never a donation (UK-9).
    pub returned_minor: i64,
    /// What a dispute holds or took, zero or negative.
    pub disputed_minor: i64,
    /// The last dispute.
    pub dispute_state: Option<DisputeState>,
    /// Number of the latest receipt.
    pub receipt_number: Option<String>,
}

impl GiftLine {
    /// What was charged.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What remains given.
    pub fn net(&self) -> Money {
        let back =
            self.refunded_minor.saturating_add(self.returned_minor).saturating_add(self.disputed_minor);
        let minor = self.amount_minor.saturating_add(back);
        Money::new(minor, self.currency)
    }
}

/// The columns of [`GiftLine`], and the joins they need.
macro_rules! gift_lines {
    ([$($chosen:literal)*] $($rest:literal)*) => {
        concat!(
            $($chosen,)*
            "SELECT g.id, g.entity_id, g.fund_id, g.campaign_id, g.currency, g.amount_minor, g.fee_cover_minor, \
             p.frequency, g.instalment, g.received_at, g.received_on, g.tax_year, g.method_label, g.method_last4, \
             CASE WHEN g.declaration_id IS NULL THEN FALSE ELSE TRUE END AS gift_aid, g.tribute_kind, g.tribute_name, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
             AND e.kind IN ('refund', 'refund_failed')), 0) AS BIGINT) AS refunded_minor, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
             AND e.kind = 'returned'), 0) AS BIGINT) AS returned_minor, \
             CAST(COALESCE((SELECT -SUM(s.amount_minor) FROM dispute s WHERE s.gift_id = g.id AND s.state <> 'won' \
             AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0) \
             AS BIGINT) AS disputed_minor, \
             (SELECT s.state FROM dispute s WHERE s.gift_id = g.id ORDER BY s.made_at DESC LIMIT 1) AS dispute_state, \
             (SELECT r.number FROM receipt r WHERE r.gift_id = g.id ORDER BY r.version DESC LIMIT 1) AS receipt_number \
             FROM gift g JOIN donor d ON d.id = g.donor_id LEFT JOIN pledge p ON p.id = g.pledge_id ",
            $($rest),*
        )
    };
}

/// Which gifts to show.
#[derive(Clone, Debug, Default)]
pub struct GiftFilter {
    /// In this tax year of the entity, `2026-27`.
    pub tax_year: Option<String>,
    /// For this fund.
    pub fund: Option<String>,
    /// `once`, or the frequency of the plan.
    pub kind: Option<Frequency>,
}

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Rows on it.
    pub size: i64,
    /// Rows before it.
    pub skip: i64,
    /// The last row of the page before: a list that grows meanwhile neither repeats nor leaves out a row.
    pub after: Option<&'a GiftLine>,
}

/// The gifts of a donor that pass the filter, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn gifts(
    conn: &mut Conn,
    owner: &DonorId,
    filter: &GiftFilter,
    page: Page<'_>,
) -> Result<Vec<GiftLine>> {
    let before = page.after.map_or(Ts::from_micros(i64::MAX), |g| g.received_at);
    let before_id = page.after.map_or("", |g| g.id.as_str());
    all!(
        conn,
        GiftLine,
        // The rows are chosen before their sums are worked out: else every gift's are, whatever the limit. They are put in
        // order by what was chosen: by the gift's own columns SQLite would walk through every gift there is.
        gift_lines!(
            ["WITH chosen AS MATERIALIZED (SELECT g.id AS gift_id, g.received_at AS at FROM gift g JOIN donor d ON d.id = g.donor_id \
             LEFT JOIN pledge p ON p.id = g.pledge_id \
             WHERE d.owner_id = $1 AND (CAST($2 AS TEXT) IS NULL OR g.tax_year = $2) \
             AND (CAST($3 AS TEXT) IS NULL OR g.fund_id = $3) \
             AND (CAST($4 AS TEXT) IS NULL OR COALESCE(p.frequency, 'once') = $4) \
             AND (g.received_at < $5 OR (g.received_at = $5 AND g.id < $6)) \
             ORDER BY g.received_at DESC, g.id DESC LIMIT CAST($7 AS BIGINT) OFFSET $8) "]
            "JOIN chosen c ON c.gift_id = g.id ORDER BY c.at DESC, c.gift_id DESC"
        ),
        owner,
        filter.tax_year.as_deref(),
        filter.fund.as_deref(),
        filter.kind,
        before,
        before_id,
        page.size,
        page.skip
    )
}

/// How many gifts pass a filter, and what they come to, by currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FilterSum {
    /// In which currency.
    pub currency: Currency,
    /// How many.
    pub gifts: i64,
    /// Net of what went back, in minor units.
    pub net_minor: i64,
}

/// The sums of the gifts that pass the filter.
///
/// # Errors
/// When the database refuses.
pub async fn gift_sums(conn: &mut Conn, owner: &DonorId, filter: &GiftFilter) -> Result<Vec<FilterSum>> {
    all!(
        conn,
        FilterSum,
        "SELECT g.currency, COUNT(*) AS gifts, CAST(SUM(g.amount_minor + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind IN ('refund', 'refund_failed', 'returned')), 0) - COALESCE((SELECT SUM(s.amount_minor) FROM dispute s \
         WHERE s.gift_id = g.id AND s.state <> 'won' AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id \
         AND e.kind = 'dispute_withdrawn')), 0)) AS BIGINT) AS net_minor \
         FROM gift g JOIN donor d ON d.id = g.donor_id LEFT JOIN pledge p ON p.id = g.pledge_id \
         WHERE d.owner_id = $1 AND (CAST($2 AS TEXT) IS NULL OR g.tax_year = $2) \
         AND (CAST($3 AS TEXT) IS NULL OR g.fund_id = $3) \
         AND (CAST($4 AS TEXT) IS NULL OR COALESCE(p.frequency, 'once') = $4) \
         GROUP BY g.currency ORDER BY g.currency",
        owner,
        filter.tax_year.as_deref(),
        filter.fund.as_deref(),
        filter.kind
    )
}

/// What a donor's gifts can be filtered by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Facet {
    /// For which fund.
    pub fund_id: String,
    /// In which tax year of the entity.
    pub tax_year: String,
}

/// The funds a donor gave for, with the tax years in which they did.
///
/// # Errors
/// When the database refuses.
pub async fn facets(conn: &mut Conn, owner: &DonorId) -> Result<Vec<Facet>> {
    all!(
        conn,
        Facet,
        "SELECT DISTINCT g.fund_id, g.tax_year FROM gift g JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 \
         ORDER BY g.tax_year DESC, g.fund_id",
        owner
    )
}

/// One gift of a donor; `None` when there is none or it is somebody else's.
///
/// # Errors
/// When the database refuses.
pub async fn gift(conn: &mut Conn, owner: &DonorId, id: &GiftId) -> Result<Option<GiftLine>> {
    opt!(conn, GiftLine, gift_lines!([] "WHERE d.owner_id = $1 AND g.id = $2"), owner, id)
}

/// Money on its way: given on the form, not confirmed by the bank.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OnTheWay {
    /// Of the thank-you page.
    pub reference: String,
    /// To whom.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// Once, or how often.
    pub frequency: Frequency,
    currency: Currency,
    amount_minor: i64,
    fee_cover_minor: i64,
    /// When the form was sent.
    pub created_at: Ts,
}

impl OnTheWay {
    /// Gift and covered fee.
    pub fn total(&self) -> Money {
        Money::new(self.amount_minor.saturating_add(self.fee_cover_minor), self.currency)
    }
}

/// What of a donor is on its way, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_way(conn: &mut Conn, owner: &DonorId) -> Result<Vec<OnTheWay>> {
    all!(
        conn,
        OnTheWay,
        "SELECT p.reference, p.entity_id, p.fund_id, p.frequency, p.currency, p.amount_minor, p.fee_cover_minor, \
         p.created_at FROM payment p JOIN donor d ON d.id = p.donor_id \
         WHERE d.owner_id = $1 AND p.state = 'processing' ORDER BY p.created_at DESC LIMIT 20",
        owner
    )
}

/// Something that happened to a gift after it was received.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GiftEvent {
    /// `refund`, `dispute`, or `returned` for a cheque.
    pub what: String,
    /// In the words of its own states.
    pub state: String,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// When it began.
    pub made_at: Ts,
    /// When it last changed.
    pub updated_at: Ts,
}

impl GiftEvent {
    /// As a refund.
    pub fn refund(&self) -> Option<RefundState> {
        (self.what == "refund").then(|| self.state.parse().ok()).flatten()
    }

    /// Whether a cheque came back.
    pub fn is_return(&self) -> bool {
        self.what == "returned"
    }

    /// As a dispute.
    pub fn dispute(&self) -> Option<DisputeState> {
        (self.what == "dispute").then(|| self.state.parse().ok()).flatten()
    }
}

/// Refunds and disputes of a donor's gift, and the return of a cheque, in order.
///
/// # Errors
/// When the database refuses.
pub async fn gift_events(conn: &mut Conn, owner: &DonorId, gift: &GiftId) -> Result<Vec<GiftEvent>> {
    all!(
        conn,
        GiftEvent,
        "SELECT 'refund' AS what, r.state, r.currency, r.amount_minor, r.made_at, r.updated_at FROM refund r \
         JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 AND g.id = $2 \
         UNION ALL SELECT 'dispute', s.state, s.currency, s.amount_minor, s.made_at, s.updated_at FROM dispute s \
         JOIN gift g ON g.id = s.gift_id JOIN donor d ON d.id = g.donor_id WHERE d.owner_id = $1 AND g.id = $2 \
         UNION ALL SELECT 'returned', 'returned', e.currency, -e.amount_minor, e.occurred_at, e.created_at \
         FROM ledger_entry e JOIN gift g ON g.id = e.gift_id JOIN donor d ON d.id = g.donor_id \
         WHERE d.owner_id = $1 AND g.id = $2 AND e.kind = 'returned' ORDER BY made_at",
        owner,
        gift
    )
}

/// The frozen content of a gift's latest receipt, as JSON, when the gift is this donor's.
///
/// # Errors
/// When the database refuses.
pub async fn receipt(conn: &mut Conn, owner: &DonorId, gift: &GiftId) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (String,),
        "SELECT r.content FROM receipt r JOIN gift g ON g.id = r.gift_id JOIN donor d ON d.id = g.donor_id \
         WHERE d.owner_id = $1 AND g.id = $2 ORDER BY r.version DESC LIMIT 1",
        owner,
        gift
    )?;
    Ok(row.map(|(content,)| content))
}

/// Stripe's customer that a donor last paid with in a currency while signed in: it holds the methods they saved. What was
/// paid as a guest does not count: who owns a mailbox need not own the card that somebody gave with under its name.
///
/// # Errors
/// When the database refuses.
pub async fn stripe_customer(conn: &mut Conn, owner: &DonorId, currency: Currency) -> Result<Option<String>> {
    let row = opt!(
        conn,
        (Option<String>,),
        "SELECT p.stripe_customer FROM payment p JOIN account a ON a.donor_id = p.donor_id WHERE p.donor_id = $1 \
         AND p.created_at >= a.created_at AND p.currency = $2 AND p.state = 'paid' AND p.stripe_customer IS NOT NULL \
         ORDER BY CASE WHEN p.frequency = 'once' THEN 1 ELSE 0 END, p.created_at DESC LIMIT 1",
        owner,
        currency
    )?;
    Ok(row.and_then(|(customer,)| customer))
}
