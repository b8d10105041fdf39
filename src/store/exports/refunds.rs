//! What went back to donors, and what their banks contest: disputes first, then refunds.

use super::{Wanted, built, narrow};
use crate::clock::Ts;
use crate::domain::money::Currency;
use crate::store::db::{Conn, Result};

/// A refund or a dispute to take out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExportRefund {
    /// Ours: `rfd_…` or `dsp_…`.
    pub id: String,
    /// `refund` or `dispute`.
    pub what: String,
    /// Of which gift.
    pub gift_id: String,
    /// Stripe's refund or dispute; a refund may have come without Stripe.
    pub stripe_id: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// In the words of its own states.
    pub state: String,
    /// Stripe's reason code.
    pub reason: Option<String>,
    /// Last day for evidence.
    pub evidence_due: Option<Ts>,
    /// When it began.
    pub made_at: Ts,
    /// When it last changed.
    pub updated_at: Ts,
    /// Whose gift, by the record that counts.
    pub owner_id: Option<String>,
    /// To which entity it was given.
    pub entity_id: String,
    /// For which fund.
    pub fund_id: String,
    /// The day of the gift.
    pub received_on: crate::store::types::Day,
    /// What was given, in minor units.
    pub gift_minor: i64,
    /// Stripe's charge.
    pub stripe_charge: Option<String>,
    /// Stripe's payment intent.
    pub stripe_payment_intent: Option<String>,
    /// The number of the receipt that counts.
    pub receipt_number: Option<String>,
}

impl ExportRefund {
    /// Whether the money is gone, or held back: not when the refund failed or the dispute was won.
    pub fn holds(&self) -> bool {
        !matches!(self.state.as_str(), "failed" | "canceled" | "won")
    }
}

macro_rules! wanted {
    ($q:ident, $w:expr) => {
        narrow!($q, $w.entity.as_deref(), " AND g.entity_id = ");
        narrow!($q, $w.fund.as_deref(), " AND g.fund_id = ");
        narrow!($q, $w.currency, " AND x.currency = ");
        narrow!($q, $w.state.as_deref(), " AND x.state = ");
        narrow!($q, $w.since, " AND x.made_at >= ");
        narrow!($q, $w.before, " AND x.made_at < ");
    };
}

/// How many are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, wanted: &Wanted) -> Result<i64> {
    macro_rules! one {
        ($table:literal, $place:literal) => {
            built!(
                conn,
                (i64,),
                concat!("SELECT COUNT(*) FROM ", $table, " x JOIN gift g ON g.id = x.gift_id WHERE x.id <= "),
                |q| {
                    q.push_bind(wanted.until($place));
                    wanted!(q, wanted);
                }
            )
        };
    }
    let counts = [one!("dispute", 0)?, one!("refund", 1)?];
    Ok(counts.iter().flatten().map(|(count,)| *count).sum())
}

/// The next ones after an id.
///
/// # Errors
/// When the database refuses.
pub async fn chunk(conn: &mut Conn, wanted: &Wanted, after: &str, size: i64) -> Result<Vec<ExportRefund>> {
    macro_rules! one {
        ($what:literal, $own:literal, $table:literal, $place:literal, $after:expr, $size:expr) => {
            built!(
                conn,
                ExportRefund,
                concat!(
                    "SELECT x.id, '",
                    $what,
                    "' AS what, x.gift_id, ",
                    $own,
                    ", x.currency, x.amount_minor, x.state, x.reason, x.made_at, x.updated_at, d.owner_id, g.entity_id, \
                     g.fund_id, g.received_on, g.amount_minor AS gift_minor, g.stripe_charge, g.stripe_payment_intent, \
                     (SELECT r.number FROM receipt r WHERE r.gift_id = g.id ORDER BY r.version DESC LIMIT 1) \
                     AS receipt_number FROM ",
                    $table,
                    " x JOIN gift g ON g.id = x.gift_id JOIN donor d ON d.id = g.donor_id WHERE x.id > "
                ),
                |q| {
                    q.push_bind($after).push(" AND x.id <= ").push_bind(wanted.until($place));
                    wanted!(q, wanted);
                    q.push(" ORDER BY x.id LIMIT CAST(").push_bind($size).push(" AS BIGINT)");
                }
            )
        };
    }
    let refunds_begun = after.starts_with("rfd_");
    let mut rows = match refunds_begun {
        true => Vec::new(),
        false => one!("dispute", "x.stripe_dispute AS stripe_id, x.evidence_due", "dispute", 0, after, size)?,
    };
    let left = size - i64::try_from(rows.len()).unwrap_or(size);
    if left > 0 {
        let after = if refunds_begun { after } else { "" };
        let own = one!(
            "refund",
            "x.stripe_refund AS stripe_id, CAST(NULL AS TIMESTAMPTZ) AS evidence_due",
            "refund",
            1,
            after,
            left
        )?;
        rows.extend(own);
    }
    Ok(rows)
}
