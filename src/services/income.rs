//! The report of what came in: by month, fund, campaign or entity, never over currencies (AC-4, AC-8).

use std::collections::BTreeMap;

use super::{Deps, Result, ServiceError};
use crate::documents::cell::Cell;
use crate::documents::csv::Sheet;
use crate::domain::closing::{Month, Share};
use crate::domain::money::Currency;
use crate::domain::states::EntryKind;
use crate::store::income::{self, Income, Span};

/// Months in one report at most.
pub const MONTHS_AT_MOST: usize = 36;

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of which entities.
    pub entities: Vec<String>,
    /// From which month on.
    pub from: Month,
    /// To which month, included.
    pub to: Month,
}

/// By what the sums are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Month by month.
    Month,
    /// By fund.
    Fund,
    /// By campaign; without one is a row of its own.
    Campaign,
    /// By legal entity.
    Entity,
}

/// One row of the report, in minor units of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// What was given, corrections included.
    pub gross: i64,
    /// What Stripe kept, negative.
    pub fees: i64,
    /// What went back to donors, negative.
    pub back: i64,
    /// How many gifts that were.
    pub gifts: i64,
}

impl Sums {
    fn add(&mut self, row: &Income) {
        match row.share() {
            Share::Gross => {
                self.gross += row.amount_minor;
                if row.kind == EntryKind::Gift {
                    self.gifts += row.count;
                }
            }
            Share::Fees => self.fees += row.amount_minor,
            Share::Back => self.back += row.amount_minor,
        }
    }

    /// What remains.
    pub fn net(&self) -> i64 {
        self.gross + self.fees + self.back
    }
}

/// The months from one to another, both included, the latest ones when there are too many.
pub fn months(from: Month, to: Month) -> Vec<Month> {
    let mut months = Vec::new();
    let mut month = to;
    while month >= from && months.len() < MONTHS_AT_MOST {
        months.push(month);
        month = month.before();
    }
    months.reverse();
    months
}

/// The sums of the ledger that a report is made of.
///
/// # Errors
/// When the database refuses.
pub async fn rows(deps: &Deps, asked: &Asked) -> Result<Vec<Income>> {
    let mut spans = Vec::new();
    for entity in deps.config.charity.entities.iter().filter(|e| asked.entities.contains(&e.id)) {
        for month in months(asked.from, asked.to) {
            let (starts_at, ends_at) = month.bounds(&entity.time_zone);
            spans.push(Span { entity_id: entity.id.clone(), month, starts_at, ends_at });
        }
    }
    let mut read = deps.store.read().await?;
    Ok(income::sums(&mut read, &spans).await?)
}

/// The currencies of a report, each once.
pub fn currencies(rows: &[Income]) -> Vec<Currency> {
    let mut all: Vec<Currency> = Vec::new();
    for row in rows {
        if !all.contains(&row.currency) {
            all.push(row.currency);
        }
    }
    all.sort_by_key(|c| c.code().to_owned());
    all
}

/// The rows of one currency, told apart; the key is a month, or an id (empty: no campaign).
pub fn told_apart(rows: &[Income], currency: Currency, by: By) -> BTreeMap<String, Sums> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.currency == currency) {
        let key = match by {
            By::Month => row.month.to_string(),
            By::Fund => row.fund_id.clone(),
            By::Campaign => row.campaign_id.clone().unwrap_or_default(),
            By::Entity => row.entity_id.clone(),
        };
        all.entry(key).or_default().add(row);
    }
    all
}

/// The whole report as CSV: a row for each month, entity, fund, campaign and currency; sums in major units, negative when money
/// left, so that each column adds up.
///
/// # Errors
/// Never in memory.
pub fn csv(rows: &[Income]) -> std::result::Result<Vec<u8>, ServiceError> {
    type Key = (String, String, String, String, &'static str);
    let mut all: BTreeMap<Key, (Currency, Sums)> = BTreeMap::new();
    for row in rows {
        let campaign = row.campaign_id.clone().unwrap_or_default();
        let key = (
            row.month.to_string(),
            row.entity_id.clone(),
            row.fund_id.clone(),
            campaign,
            row.currency.code(),
        );
        all.entry(key).or_insert_with(|| (row.currency, Sums::default())).1.add(row);
    }
    let head =
        ["month", "entity", "fund", "campaign", "currency", "gifts", "given", "fees", "went_back", "net"];
    let mut sheet = Sheet::new(&head);
    for ((month, entity, fund, campaign, code), (currency, sums)) in &all {
        let decimals = u8::try_from(currency.exponent()).unwrap_or(2);
        let words = [month.as_str(), entity, fund, campaign, code].into_iter().map(Cell::text);
        let money =
            [sums.gross, sums.fees, sums.back, sums.net()].map(|minor| Cell::Decimal(minor, decimals));
        let cells = words.chain([Cell::Whole(sums.gifts)]).chain(money);
        sheet.cells(cells).map_err(|e| ServiceError::Unexpected(format!("report: {e}")))?;
    }
    Ok(sheet.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_row() -> impl Strategy<Value = Income> {
        let kinds = prop::sample::select(vec![
            EntryKind::Gift,
            EntryKind::Fee,
            EntryKind::Refund,
            EntryKind::RefundFailed,
            EntryKind::DisputeWithdrawn,
            EntryKind::DisputeReinstated,
            EntryKind::Correction,
        ]);
        let ids = |all: &'static [&'static str]| prop::sample::select(all.to_vec()).prop_map(str::to_owned);
        let months = ids(&["2026-01", "2026-02", "2026-12"]);
        let currencies = prop::sample::select(vec![Currency::GBP, "USD".parse().expect("a currency")]);
        (
            months,
            ids(&["uk", "us"]),
            ids(&["a", "b", "c"]),
            prop::option::of(ids(&["x", "y"])),
            currencies,
            kinds,
            -9_000i64..9_000,
            1i64..5,
        )
            .prop_map(
                |(month, entity_id, fund_id, campaign_id, currency, kind, amount_minor, count)| Income {
                    month: month.parse().expect("a month"),
                    entity_id,
                    fund_id,
                    campaign_id,
                    currency,
                    kind,
                    count,
                    amount_minor,
                },
            )
    }

    proptest! {
        /// However a report is told apart, its rows come to the same, and that is what the ledger has.
        #[test]
        fn the_rows_of_a_report_come_to_the_ledger(rows in prop::collection::vec(any_row(), 0..40)) {
            for currency in currencies(&rows) {
                let ledger: i64 = rows.iter().filter(|r| r.currency == currency).map(|r| r.amount_minor).sum();
                for by in [By::Month, By::Fund, By::Campaign, By::Entity] {
                    let apart = told_apart(&rows, currency, by);
                    prop_assert_eq!(apart.values().map(Sums::net).sum::<i64>(), ledger, "{:?}", by);
                }
            }
        }
    }
}
