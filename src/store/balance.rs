//! Lines of Stripe's balance: what they are, which payout carried them, and what the books have of each.

use sqlx::QueryBuilder;

use super::db::{Conn, Result, StoreError, WriteTx, all, on, opt};
use super::paging::Place;
use crate::clock::Ts;
use crate::domain::balance::Traced;
use crate::domain::ids::{DonorId, GiftId};
use crate::domain::money::{Currency, Money};

/// A line of the balance as Stripe lists it.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// `txn_…`
    pub id: String,
    /// The payout that carried it; none that we know.
    pub payout: Option<String>,
    /// Stripe's type.
    pub kind: String,
    /// Stripe's reporting category.
    pub category: String,
    /// The charge, refund, dispute or payout it is of.
    pub source: Option<String>,
    /// Before the fee.
    pub amount: Money,
    /// The fee; positive when it costs.
    pub fee_minor: i64,
    /// Amount less fee.
    pub net_minor: i64,
    /// Of a conversion, in Stripe's digits.
    pub exchange_rate: Option<String>,
    /// What Stripe says of it; only of lines that are no donor's.
    pub words: String,
    /// When it can be paid out.
    pub available_at: Ts,
    /// When it was made.
    pub made_at: Ts,
}

/// Writes lines, and which payout carried them where that was not known. Gives how many were new or changed.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut WriteTx, lines: &[NewLine]) -> Result<u64> {
    if lines.is_empty() {
        return Ok(0);
    }
    macro_rules! run {
        ($t:expr) => {{
            let mut q = QueryBuilder::new(
                "INSERT INTO balance_transaction (id, payout, kind, category, source, currency, amount_minor, fee_minor, \
                 net_minor, exchange_rate, words, available_at, made_at) ",
            );
            q.push_values(lines, |mut row, l| {
                row.push_bind(l.id.as_str())
                    .push_bind(l.payout.as_deref())
                    .push_bind(l.kind.as_str())
                    .push_bind(l.category.as_str())
                    .push_bind(l.source.as_deref())
                    .push_bind(l.amount.currency())
                    .push_bind(l.amount.minor())
                    .push_bind(l.fee_minor)
                    .push_bind(l.net_minor)
                    .push_bind(l.exchange_rate.as_deref())
                    .push_bind(l.words.as_str())
                    .push_bind(l.available_at)
                    .push_bind(l.made_at);
            });
            q.push(
                " ON CONFLICT (id) DO UPDATE SET payout = excluded.payout WHERE excluded.payout IS NOT NULL \
                 AND balance_transaction.payout IS NULL",
            );
            q.build().execute(&mut **$t).await.map(|done| done.rows_affected())
        }};
    }
    on!(&mut **tx, t => run!(t))
}

/// A line of the balance with what the books have of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// `txn_…`
    pub id: String,
    /// The charge, refund, dispute or payout it is of.
    pub source: Option<String>,
    /// Its figures.
    pub traced: Traced,
    /// The fee; positive when it costs.
    pub fee: Money,
    /// What Stripe says of it.
    pub words: String,
    /// When it was made.
    pub made_at: Ts,
    /// The gift it is of.
    pub gift_id: Option<GiftId>,
    /// Whose gift that is.
    pub donor_id: Option<DonorId>,
    /// What the donor is called on the gift.
    pub donor_details: Option<String>,
}

impl Line {
    /// What reached the balance.
    pub fn net(&self) -> Money {
        Money::new(self.traced.net, self.traced.currency)
    }

    /// What moved before the fee.
    pub fn amount(&self) -> Money {
        Money::new(self.traced.amount, self.traced.currency)
    }

    /// The place of the line in a list, oldest first.
    pub fn place(&self) -> Place {
        Place { at: self.made_at, id: self.id.clone() }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    category: String,
    source: Option<String>,
    currency: Currency,
    amount_minor: i64,
    fee_minor: i64,
    net_minor: i64,
    exchange_rate: Option<String>,
    words: String,
    made_at: Ts,
    entered: i64,
    presented: i64,
    presented_in: Option<String>,
    gift_id: Option<GiftId>,
    donor_id: Option<DonorId>,
    donor_details: Option<String>,
}

impl TryFrom<Row> for Line {
    type Error = StoreError;

    fn try_from(r: Row) -> Result<Line> {
        let unfit = |what: &str| StoreError::Unfit(format!("{} of {}", what, r.id));
        let presented = match &r.presented_in {
            None => None,
            Some(code) => {
                Some(Money::new(r.presented, code.parse().map_err(|_| unfit("the donor's currency"))?))
            }
        };
        let rate = match &r.exchange_rate {
            None => None,
            Some(digits) => Some(digits.parse().map_err(|_| unfit("the rate"))?),
        };
        Ok(Line {
            traced: Traced {
                category: r.category,
                amount: r.amount_minor,
                net: r.net_minor,
                currency: r.currency,
                entered: r.entered,
                presented,
                rate,
                known: r.gift_id.is_some(),
            },
            id: r.id,
            source: r.source,
            fee: Money::new(r.fee_minor, r.currency),
            words: r.words,
            made_at: r.made_at,
            gift_id: r.gift_id,
            donor_id: r.donor_id,
            donor_details: r.donor_details,
        })
    }
}

/// What the books have of a line: a gift's own entry is known by its charge, every other by the line itself.
macro_rules! traced {
    ($where:literal) => {
        concat!(
            "SELECT x.*, g.donor_id, g.donor_details FROM (SELECT b.id, b.category, b.source, b.currency, b.amount_minor, \
             b.fee_minor, b.net_minor, b.exchange_rate, b.words, b.made_at, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.balance_transaction = b.id \
             AND e.currency = b.currency), 0) + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
             WHERE e.kind = 'gift' AND e.stripe_object = b.source AND b.category = 'charge' AND e.currency = b.currency), 0) \
             AS BIGINT) AS entered, \
             CAST(COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e WHERE e.balance_transaction = b.id \
             AND e.currency <> b.currency), 0) + COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entry e \
             WHERE e.kind = 'gift' AND e.stripe_object = b.source AND b.category = 'charge' AND e.currency <> b.currency), 0) \
             AS BIGINT) AS presented, \
             COALESCE((SELECT MIN(e.currency) FROM ledger_entry e WHERE e.balance_transaction = b.id \
             AND e.currency <> b.currency), (SELECT MIN(e.currency) FROM ledger_entry e WHERE e.kind = 'gift' \
             AND e.stripe_object = b.source AND b.category = 'charge' AND e.currency <> b.currency)) AS presented_in, \
             COALESCE((SELECT c.id FROM gift c WHERE c.stripe_charge = b.source), (SELECT MIN(e.gift_id) FROM ledger_entry e \
             WHERE e.balance_transaction = b.id)) AS gift_id FROM balance_transaction b WHERE ",
            $where,
            ") x LEFT JOIN gift g ON g.id = x.gift_id ORDER BY x.made_at, x.id"
        )
    };
}

/// The lines that a payout carried, but its own; oldest first, up to `limit` behind a place.
///
/// # Errors
/// When the database refuses.
pub async fn of_payout(
    conn: &mut Conn,
    payout: &str,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Line>> {
    let (at, id) = after.map_or((Ts::from_unix(0), ""), |p| (p.at, p.id.as_str()));
    let rows = all!(
        conn,
        Row,
        traced!(
            "b.id IN (SELECT t.id FROM balance_transaction t WHERE t.payout = $1 AND NOT (t.category = 'payout' \
             AND t.source = $1) AND (t.made_at > $2 OR (t.made_at = $2 AND t.id > $3)) ORDER BY t.made_at, t.id \
             LIMIT CAST($4 AS BIGINT))"
        ),
        payout,
        at,
        id,
        limit
    )?;
    rows.into_iter().map(Line::try_from).collect()
}

/// What lines of one category sum up to, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CategorySum {
    /// Stripe's reporting category.
    pub category: String,
    /// How many lines.
    pub count: i64,
    /// Before fees.
    pub amount: i64,
    /// Fees; positive when they cost.
    pub fee: i64,
    /// What reached the balance.
    pub net: i64,
}

/// What moved the balance in one currency from `from` up to, and without, `to`; by category.
///
/// # Errors
/// When the database refuses.
pub async fn activity(conn: &mut Conn, currency: Currency, from: Ts, to: Ts) -> Result<Vec<CategorySum>> {
    all!(
        conn,
        CategorySum,
        "SELECT category, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS amount, \
         CAST(SUM(fee_minor) AS BIGINT) AS fee, CAST(SUM(net_minor) AS BIGINT) AS net FROM balance_transaction \
         WHERE currency = $1 AND made_at >= $2 AND made_at < $3 GROUP BY category ORDER BY category",
        currency,
        from,
        to
    )
}

/// The balance in one currency before a moment, as far as lines are known, in minor units.
///
/// # Errors
/// When the database refuses.
pub async fn before(conn: &mut Conn, currency: Currency, at: Ts) -> Result<i64> {
    let row = opt!(
        conn,
        (i64,),
        "SELECT CAST(COALESCE(SUM(net_minor), 0) AS BIGINT) FROM balance_transaction WHERE currency = $1 AND made_at < $2",
        currency,
        at
    )?;
    Ok(row.map_or(0, |(sum,)| sum))
}

/// The currencies in which there is a balance, and since when lines of it are known.
///
/// # Errors
/// When the database refuses.
pub async fn currencies(conn: &mut Conn) -> Result<Vec<(Currency, Ts)>> {
    all!(
        conn,
        (Currency, Ts),
        "SELECT currency, MIN(made_at) FROM balance_transaction GROUP BY currency ORDER BY currency"
    )
}

/// Lines in one currency that no payout has carried before `at`: how many, and what they sum up to in minor units. A line
/// counts as carried from when its payout was made.
///
/// # Errors
/// When the database refuses.
pub async fn not_carried(conn: &mut Conn, currency: Currency, at: Ts) -> Result<(i64, i64)> {
    let row = opt!(
        conn,
        (i64, i64),
        "SELECT COUNT(*), CAST(COALESCE(SUM(b.net_minor), 0) AS BIGINT) FROM balance_transaction b LEFT JOIN payout p \
         ON p.stripe_payout = b.payout WHERE b.currency = $1 AND b.made_at < $2 AND b.category <> 'payout' \
         AND (p.made_at IS NULL OR p.made_at >= $2)",
        currency,
        at
    )?;
    Ok(row.unwrap_or_default())
}
