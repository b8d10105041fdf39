//! What an export takes out: its filter, and what the file came to.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::money::{Currency, Money};
use super::states::{ExportFormat, ExportKind};

/// What is taken out. Whatever is absent does not narrow anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportFilter {
    /// Given to this legal entity.
    pub entity: Option<String>,
    /// Given for this fund.
    pub fund: Option<String>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// In this state, in the words of the kind's own states; receipts are `current` or `replaced`.
    pub state: Option<String>,
    /// Of this tax year, as `2025-26`; statements alone have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_year: Option<String>,
    /// Not before this day.
    pub from: Option<Date>,
    /// Not after this day.
    pub to: Option<Date>,
    /// The last ids there were when the export was asked for: what comes later is not in it, so that the same filter
    /// over the same data gives the same bytes, whatever arrives meanwhile.
    pub until: Vec<String>,
}

impl ExportFormat {
    /// Written by the worker and kept for a week; comma-separated values are written as they are downloaded.
    pub fn is_kept(self) -> bool {
        match self {
            ExportFormat::Csv => false,
            ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf => true,
        }
    }

    /// Whether a kind can be taken out like this: only statements are documents.
    pub fn suits(self, kind: ExportKind) -> bool {
        kind == ExportKind::Statements || !matches!(self, ExportFormat::Zip | ExportFormat::Pdf)
    }
}

/// What the rows of one currency came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// In which currency; none where rows are not sums of money.
    pub currency: Option<Currency>,
    /// How many rows.
    pub rows: u64,
    /// What they came to, in minor units.
    pub amount_minor: i64,
    /// What of it holds, in minor units: less what went back, was replaced or has ended.
    pub net_minor: i64,
}

impl Total {
    /// What the rows came to, and what of it holds; none where rows are not sums of money.
    pub fn sums(&self) -> Option<(Money, Money)> {
        let currency = self.currency?;
        Some((Money::new(self.amount_minor, currency), Money::new(self.net_minor, currency)))
    }
}

/// What a row adds to the totals: what it came to, and what of it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// In which currency.
    pub currency: Currency,
    /// What it came to, in minor units.
    pub amount_minor: i64,
    /// What of it holds, in minor units.
    pub net_minor: i64,
}

/// Totals that grow row by row, by currency in the order of their codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(Vec<Total>);

impl Totals {
    /// Counts a row in.
    pub fn add(&mut self, sums: Option<Sums>) {
        let currency = sums.map(|s| s.currency);
        let code = |c: Option<Currency>| c.map_or("", Currency::code);
        let place = self.0.binary_search_by_key(&code(currency), |t| code(t.currency)).unwrap_or_else(|at| {
            self.0.insert(at, Total { currency, rows: 0, amount_minor: 0, net_minor: 0 });
            at
        });
        let total = &mut self.0[place];
        total.rows += 1;
        if let Some(sums) = sums {
            total.amount_minor = total.amount_minor.saturating_add(sums.amount_minor);
            total.net_minor = total.net_minor.saturating_add(sums.net_minor);
        }
    }

    /// The totals.
    pub fn lines(&self) -> &[Total] {
        &self.0
    }

    /// How many rows were counted in.
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|t| t.rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_keep_currencies_apart_and_in_order() {
        let mut totals = Totals::default();
        for (code, amount, net) in
            [("USD", 500, -100), ("GBP", 2500, 2500), ("GBP", 1, 0), ("KWD", 1500, 1500)]
        {
            let currency = code.parse().expect("a currency");
            totals.add(Some(Sums { currency, amount_minor: amount, net_minor: net }));
        }
        let plain = |t: &Total| {
            let (amount, net) = t.sums().expect("sums");
            format!("{} {} {} {}", amount.currency(), t.rows, amount.to_plain(), net.to_plain())
        };
        let lines: Vec<String> = totals.lines().iter().map(plain).collect();
        assert_eq!(lines, ["GBP 2 25.01 25.00", "KWD 1 1.500 1.500", "USD 1 5.00 -1.00"]);
        assert_eq!(totals.rows(), 4);
        let mut people = Totals::default();
        people.add(None);
        people.add(None);
        assert_eq!((people.rows(), people.lines()[0].sums()), (2, None));
    }
}
