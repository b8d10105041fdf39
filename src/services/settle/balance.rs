//! Stripe's balance: its lines, and the payouts that carry them to the bank (AC-6, AC-7).

use super::apply::note;
use crate::clock::Ts;
use crate::domain::balance::LineClass;
use crate::domain::ids::PayoutId;
use crate::domain::states::PayoutState;
use crate::payments::objects::{self, BalanceLine, id_of};
use crate::payments::requests::from_stripe;
use crate::services::{Deps, Result, ServiceError};
use crate::store::audit;
use crate::store::balance::{self, NewLine};
use crate::store::payouts::{self, Payout};
use crate::store::{Day, WriteTx};

/// Rows written by one statement.
const AT_ONCE: usize = 500;

/// Writes a payout as it was seen. `lines`: everything it carried, when Stripe was asked for it.
pub(super) async fn apply_payout(
    deps: &Deps,
    tx: &mut WriteTx,
    payout: &objects::Payout,
    lines: Option<&[BalanceLine]>,
    now: Ts,
) -> Result<()> {
    let unexpected = |what: &str| ServiceError::Unexpected(format!("payout {}: {what}", payout.id));
    let seen: PayoutState = payout.status.parse().map_err(|_| unexpected("unknown state"))?;
    audit::hold_head(tx).await?;
    let known = payouts::state(tx, &payout.id).await?.map(|(state, _)| state);
    let state = known.map_or(seen, |k| k.apply(seen));
    let amount = from_stripe(payout.amount, &payout.currency).map_err(|_| unexpected("unknown currency"))?;
    if let Some(lines) = lines {
        keep(tx, lines, Some(&payout.id)).await?;
    }
    let row = Payout {
        id: PayoutId::new(now, &deps.random),
        stripe_payout: payout.id.clone(),
        amount,
        state,
        automatic: payout.automatic,
        reconciled: payout.reconciliation_status.as_deref() == Some("completed"),
        arrives_on: Day(Ts::from_unix(payout.arrival_date).date_in(&jiff::tz::TimeZone::UTC)),
        made_at: Ts::from_unix(payout.created),
        method: if payout.method.is_empty() { "standard".to_owned() } else { payout.method.clone() },
        failure_code: payout.failure_code.clone(),
        bank_trace: payout.trace_id.as_ref().and_then(|t| t.value.clone()),
        listed_at: lines.map(|_| now),
    };
    payouts::upsert(tx, &row, now).await?;
    if known != Some(state) {
        let detail = serde_json::json!({ "state": state.as_str(), "amount": amount.minor(), "currency": amount.currency() });
        note(deps, tx, now, "payout.changed", &payout.id, detail);
    }
    Ok(())
}

/// Writes lines of the balance that are not known yet, and by which payout they were carried. Gives how many that changed.
///
/// # Errors
/// When the database refuses, or a line is in a currency nobody knows.
pub(in crate::services) async fn keep(
    tx: &mut WriteTx,
    lines: &[BalanceLine],
    payout: Option<&str>,
) -> Result<u64> {
    let rows = lines.iter().map(|line| new_line(line, payout)).collect::<Result<Vec<NewLine>>>()?;
    let mut changed = 0;
    for some in rows.chunks(AT_ONCE) {
        changed += balance::keep(tx, some).await?;
    }
    Ok(changed)
}

fn new_line(line: &BalanceLine, payout: Option<&str>) -> Result<NewLine> {
    let minor = |stripe: i64| {
        let unknown =
            |_| ServiceError::Unexpected(format!("{}: unknown currency {:?}", line.id, line.currency));
        from_stripe(stripe, &line.currency).map_err(unknown)
    };
    let class = LineClass::of(&line.reporting_category);
    // What Stripe says of a donor's money repeats the charge's own words: they are the donor's, and kept with the gift.
    let words = if class == LineClass::Gift { "" } else { line.description.as_deref().unwrap_or_default() };
    Ok(NewLine {
        id: line.id.clone(),
        payout: payout.map(str::to_owned),
        kind: line.kind.clone(),
        category: line.reporting_category.clone(),
        source: line.source.as_ref().map(|s| id_of(s).to_owned()),
        amount: minor(line.amount)?,
        fee_minor: minor(line.fee)?.minor(),
        net_minor: minor(line.net)?.minor(),
        exchange_rate: line.exchange_rate.as_ref().map(ToString::to_string),
        words: words.to_owned(),
        available_at: Ts::from_unix(line.available_on),
        made_at: Ts::from_unix(line.created),
    })
}
