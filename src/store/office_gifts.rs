//! Gifts as the office lists them: filtered, by keyset, each with what became of it. Lists, exports and the measured
//! claims read through these functions alone.
//!
//! The rows of a page are chosen first and their sums worked out after: else every gift's are, whatever the limit. What
//! the rows are found by is decided here and not left to the planners, which know how many gifts there are only after
//! ANALYZE: a state comes from the refunds and disputes, a narrow range of sums from the index of sums, everything else
//! by walking an index in the order of the list.

use jiff::civil::Date;
use sqlx::QueryBuilder;

use super::db::{Conn, Result, on, scalar};
use super::paging::{COUNTED, From, Listed};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{DonorId, GiftId, PledgeId};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{DisputeState, DonorKind, GiftState, TributeKind};

/// Which gifts. Nothing set: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct GiftFilter {
    /// Of every record that counts for this donor.
    pub owner: Option<DonorId>,
    /// To this entity of the charity file.
    pub entity: Option<String>,
    /// For this fund.
    pub fund: Option<String>,
    /// For this campaign.
    pub campaign: Option<String>,
    /// In one of these currencies; none: in any.
    pub currencies: Vec<Currency>,
    /// By this method: Stripe's `card`, `bacs_debit`, …, or an offline kind.
    pub method: Option<String>,
    /// What became of it.
    pub state: Option<GiftState>,
    /// Received on this day of the entity's zone or later.
    pub from: Option<Date>,
    /// Received on this day of the entity's zone or earlier.
    pub to: Option<Date>,
    /// This much or more, in minor units of its currency.
    pub at_least: Option<i64>,
    /// This much or less, in minor units of its currency.
    pub at_most: Option<i64>,
}

/// A gift in a list of the office.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GiftRow {
    /// Its id.
    pub id: GiftId,
    /// The record it counts for.
    pub donor_id: DonorId,
    /// Person or body.
    pub donor_kind: DonorKind,
    /// First name of the donor as it is now.
    pub given_name: String,
    /// Last name of the donor as it is now.
    pub family_name: String,
    /// Name of the body.
    pub organisation: Option<String>,
    /// The donor's mailbox as it is now; may be empty.
    pub email: String,
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
    /// Of which plan.
    pub pledge_id: Option<PledgeId>,
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
    /// Stripe's kind of method, or an offline kind.
    pub method_kind: String,
    /// `Visa`, `Bacs Direct Debit`, `Cheque`.
    pub method_label: String,
    /// Last four digits.
    pub method_last4: Option<String>,
    /// A declaration covers it.
    pub gift_aid: bool,
    /// Dedication.
    pub tribute_kind: Option<TributeKind>,
    /// Of whom.
    pub tribute_name: Option<String>,
    /// Stripe's payment intent; none for gifts that came without Stripe.
    pub stripe_payment_intent: Option<String>,
    /// Stripe's charge; none for gifts that came without Stripe.
    pub stripe_charge: Option<String>,
    /// Cheque number, bank reference, …, of a gift that came without Stripe.
    pub offline_reference: Option<String>,
    /// What went back to the donor, zero or negative, in minor units.
    pub refunded_minor: i64,
    /// What a dispute holds or took, zero or negative, in minor units.
    pub disputed_minor: i64,
    /// What a bank did not pay after all, zero or negative, in minor units.
    pub returned_minor: i64,
    /// The last dispute.
    pub dispute_state: Option<DisputeState>,
    /// Number of the latest receipt.
    pub receipt_number: Option<String>,
    /// How often it was corrected.
    pub corrections: i64,
}

impl GiftRow {
    /// What was given.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What remains given.
    pub fn net(&self) -> Money {
        let gone =
            self.refunded_minor.saturating_add(self.disputed_minor).saturating_add(self.returned_minor);
        Money::new(self.amount_minor.saturating_add(gone), self.currency)
    }

    /// What became of it: the filter of the same name finds it.
    pub fn state(&self) -> GiftState {
        if self.returned_minor < 0 {
            return GiftState::Returned;
        }
        match self.dispute_state {
            Some(DisputeState::Open) => return GiftState::Disputed,
            Some(DisputeState::Lost) => return GiftState::TakenBack,
            Some(DisputeState::Won) | None => {}
        }
        match -self.refunded_minor {
            ..=0 => GiftState::Received,
            back if back >= self.amount_minor => GiftState::Refunded,
            _ => GiftState::PartRefunded,
        }
    }
}

/// CROSS JOIN: SQLite goes from the chosen to their gifts, and not through every gift in the order of the list.
const COLUMNS: &str = "SELECT g.id, o.id AS donor_id, o.kind AS donor_kind, o.given_name, o.family_name, o.organisation, \
    o.email, g.entity_id, g.fund_id, g.campaign_id, g.currency, g.amount_minor, g.fee_cover_minor, g.pledge_id, \
    p.frequency, g.instalment, g.received_at, g.received_on, g.tax_year, g.method_kind, g.method_label, g.method_last4, \
    CASE WHEN g.declaration_id IS NULL THEN FALSE ELSE TRUE END AS gift_aid, g.tribute_kind, g.tribute_name, \
    g.stripe_payment_intent, g.stripe_charge, x.reference AS offline_reference, \
    CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id \
    AND e.kind IN ('refund', 'refund_failed')), 0) AS BIGINT) AS refunded_minor, \
    CAST(COALESCE((SELECT -SUM(s.amount_minor) FROM dispute s WHERE s.gift_id = g.id AND s.state <> 'won' \
    AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'dispute_withdrawn')), 0) AS BIGINT) \
    AS disputed_minor, \
    CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'returned'), 0) \
    AS BIGINT) AS returned_minor, \
    (SELECT s.state FROM dispute s WHERE s.gift_id = g.id ORDER BY s.made_at DESC LIMIT 1) AS dispute_state, \
    (SELECT r.number FROM receipt r WHERE r.gift_id = g.id ORDER BY r.version DESC LIMIT 1) AS receipt_number, \
    g.corrections FROM chosen c CROSS JOIN gift g JOIN donor d ON d.id = g.donor_id \
    JOIN donor o ON o.id = d.owner_id LEFT JOIN pledge p ON p.id = g.pledge_id \
    LEFT JOIN offline_gift x ON x.gift_id = g.id WHERE g.id = c.gift_id ";

const BACK: &str = "(SELECT COALESCE(SUM(e.amount_minor), 0) FROM ledger_entry e WHERE e.gift_id = g.id \
    AND e.kind IN ('refund', 'refund_failed'))";
const RETURNED: &str = "EXISTS (SELECT 1 FROM ledger_entry e WHERE e.gift_id = g.id AND e.kind = 'returned')";
const LAST_DISPUTE: &str = "COALESCE((SELECT s.state FROM dispute s WHERE s.gift_id = g.id \
    ORDER BY s.made_at DESC LIMIT 1), 'won')";

/// The condition that a state is, and the few gifts among which it can be found; none: it is what most gifts are.
fn state_sql(state: GiftState) -> (String, Option<&'static str>) {
    let quiet = format!("{LAST_DISPUTE} = 'won' AND NOT {RETURNED}");
    let refunds = Some("SELECT DISTINCT gift_id FROM refund");
    match state {
        GiftState::Received => (format!("{BACK} = 0 AND {quiet}"), None),
        GiftState::Refunded => (format!("{BACK} <= -g.amount_minor AND {quiet}"), refunds),
        GiftState::PartRefunded => (format!("{BACK} < 0 AND {BACK} > -g.amount_minor AND {quiet}"), refunds),
        GiftState::Disputed => (
            format!("{LAST_DISPUTE} = 'open' AND NOT {RETURNED}"),
            Some("SELECT DISTINCT gift_id FROM dispute WHERE state = 'open'"),
        ),
        GiftState::TakenBack => (
            format!("{LAST_DISPUTE} = 'lost' AND NOT {RETURNED}"),
            Some("SELECT DISTINCT gift_id FROM dispute WHERE state = 'lost'"),
        ),
        GiftState::Returned => {
            (RETURNED.to_owned(), Some("SELECT DISTINCT gift_id FROM ledger_entry WHERE kind = 'returned'"))
        }
    }
}

/// How a filter's gifts are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By the index of sums: there are few in the range.
    BySum,
    /// By whatever else the filter names.
    Walk,
}

/// Midnight UTC before and after every moment of these days in any zone.
fn moments(from: Option<Date>, to: Option<Date>) -> (Option<Ts>, Option<Ts>) {
    let midnight = |day: Date| Ts::parse(&format!("{day}T00:00:00Z"));
    let day = std::time::Duration::from_secs(86_400);
    (from.and_then(midnight).map(|t| t.minus(day)), to.and_then(midnight).map(|t| t.plus(day * 2)))
}

/// Writes where the gifts `g` come from and what they must be.
macro_rules! push_source {
    ($q:expr, $f:expr, $way:expr) => {{
        let (q, f): (_, &GiftFilter) = ($q, $f);
        let state = f.state.map(state_sql);
        let few = state.as_ref().and_then(|(_, few)| *few);
        // CROSS JOIN: SQLite keeps this order of the loops.
        if let Some(owner) = &f.owner {
            q.push(" FROM donor w CROSS JOIN gift g WHERE g.donor_id = w.id AND w.owner_id = ")
                .push_bind(owner.clone());
        } else if let Some(few) = few {
            q.push(" FROM (").push(few).push(") k CROSS JOIN gift g WHERE g.id = k.gift_id");
        } else if $way == Way::BySum {
            q.push(" FROM (SELECT id AS gift_id FROM gift WHERE amount_minor >= ")
                .push_bind(f.at_least.unwrap_or(0));
            q.push(" AND amount_minor <= ").push_bind(f.at_most.unwrap_or(i64::MAX));
            q.push(") k CROSS JOIN gift g WHERE g.id = k.gift_id");
        } else {
            q.push(" FROM gift g WHERE 1 = 1");
        }
        for (column, value) in [
            (" AND g.entity_id = ", &f.entity),
            (" AND g.fund_id = ", &f.fund),
            (" AND g.campaign_id = ", &f.campaign),
            (" AND g.method_kind = ", &f.method),
        ] {
            if let Some(value) = value {
                q.push(column).push_bind(value.clone());
            }
        }
        match f.currencies.as_slice() {
            [] => {}
            [one] => {
                q.push(" AND g.currency = ").push_bind(*one);
            }
            // Several: their index would have to sort what it finds, so it is kept out of it.
            several => {
                q.push(" AND COALESCE(g.currency, '') IN (");
                let mut list = q.separated(", ");
                for currency in several {
                    list.push_bind(*currency);
                }
                q.push(")");
            }
        }
        match (f.at_least, f.at_most) {
            (Some(least), Some(most)) if least == most => {
                q.push(" AND g.amount_minor = ").push_bind(least);
            }
            // The sign keeps the index of sums out of it: it would have to sort what it finds.
            (least, most) => {
                if let Some(least) = least {
                    q.push(" AND +g.amount_minor >= ").push_bind(least);
                }
                if let Some(most) = most {
                    q.push(" AND +g.amount_minor <= ").push_bind(most);
                }
            }
        }
        let (after, before) = moments(f.from, f.to);
        if let (Some(from), Some(after)) = (f.from, after) {
            q.push(" AND g.received_at >= ")
                .push_bind(after)
                .push(" AND g.received_on >= ")
                .push_bind(Day(from));
        }
        if let (Some(to), Some(before)) = (f.to, before) {
            q.push(" AND g.received_at < ")
                .push_bind(before)
                .push(" AND g.received_on <= ")
                .push_bind(Day(to));
        }
        if let Some((condition, _)) = &state {
            q.push(" AND ").push(condition);
        }
    }};
}

/// A page of the gifts that pass a filter: `size` rows at most, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn page(conn: &mut Conn, filter: &GiftFilter, from: &From, size: i64) -> Result<Listed<GiftRow>> {
    let way = way(conn, filter).await?;
    let (than, order) = match from.is_upward() {
        true => (" > (", " ORDER BY g.received_at, g.id"),
        false => (" < (", " ORDER BY g.received_at DESC, g.id DESC"),
    };
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("WITH chosen AS MATERIALIZED (SELECT g.id AS gift_id");
            push_source!(&mut q, filter, way);
            if let Some(place) = from.place() {
                q.push(" AND (g.received_at, g.id)").push(than).push_bind(place.at).push(", ");
                q.push_bind(place.id.clone()).push(")");
            }
            q.push(order).push(" LIMIT CAST(").push_bind(size.saturating_add(1)).push(" AS BIGINT)) ");
            q.push(COLUMNS).push(order);
            q.build_query_as::<GiftRow>().fetch_all(&mut **$t).await
        }};
    }
    let rows = on!(conn, t => run!(t))?;
    Ok(Listed::of(rows, size, from))
}

/// One gift.
///
/// # Errors
/// When the database refuses.
pub async fn one(conn: &mut Conn, id: &GiftId) -> Result<Option<GiftRow>> {
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("WITH chosen AS (SELECT id AS gift_id FROM gift WHERE id = ");
            q.push_bind(id.clone()).push(") ").push(COLUMNS);
            q.build_query_as::<GiftRow>().fetch_optional(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

/// How many gifts pass a filter; [`COUNTED`]` + 1` stands for more than that.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, filter: &GiftFilter) -> Result<i64> {
    let way = way(conn, filter).await?;
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT g.id");
            push_source!(&mut q, filter, way);
            q.push(" LIMIT CAST(").push_bind(COUNTED + 1).push(" AS BIGINT)) counted");
            q.build_query_scalar::<i64>().fetch_one(&mut **$t).await
        }};
    }
    on!(conn, t => run!(t))
}

/// Whether few gifts lie in the range of sums; asks only when the filter names a range and nothing better.
async fn way(conn: &mut Conn, f: &GiftFilter) -> Result<Way> {
    let ranged = (f.at_least.is_some() || f.at_most.is_some()) && f.at_least != f.at_most;
    if !ranged || f.owner.is_some() || f.state.and_then(|s| state_sql(s).1).is_some() {
        return Ok(Way::Walk);
    }
    let within = scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT amount_minor FROM gift WHERE amount_minor >= $1 AND amount_minor <= $2 \
         LIMIT CAST($3 AS BIGINT)) counted",
        f.at_least.unwrap_or(0),
        f.at_most.unwrap_or(i64::MAX),
        COUNTED + 1
    )?;
    Ok(if within <= COUNTED { Way::BySum } else { Way::Walk })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lies_within_its_moments_wherever_it_is_counted() {
        let day: Date = "2026-11-22".parse().expect("a day");
        let (after, before) = moments(Some(day), Some(day));
        let at = |text: &str| Ts::parse(text).expect("an instant");
        // Kiribati begins it first, Baker Island ends it last.
        assert!(after.expect("a moment") <= at("2026-11-21T10:00:00Z"));
        assert!(before.expect("a moment") >= at("2026-11-23T12:00:00Z"));
    }
}
