//! The close of a month: which month, what is frozen, and what is still to be put right before (AC-7, AC-8).

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::money::Currency;
use super::receipt::sha256_hex;
use super::states::{EntryKind, text_enums};
use crate::clock::Ts;

text_enums! {
    /// How a close stands.
    CloseState {
        /// Nothing can be added to the month.
        Closed = "closed",
        /// The same, and somebody has asked to open it again.
        Reopening = "reopening",
        /// Two people have opened it again.
        Reopened = "reopened",
    }
}

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month that a day lies in.
    pub fn of(day: Date) -> Month {
        Month(day.first_of_month())
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.0.last_of_month()
    }

    /// The one after.
    #[must_use]
    pub fn next(self) -> Month {
        Month(self.0.saturating_add(jiff::Span::new().months(1)))
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Month {
        Month(self.0.saturating_sub(jiff::Span::new().months(1)))
    }

    /// When it begins in a zone, and when the next one does.
    pub fn bounds(self, zone: &TimeZone) -> (Ts, Ts) {
        (Ts::start_of(self.0, zone), Ts::start_of(self.next().0, zone))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// A text that names no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a month such as 2026-11")]
pub struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Month, NoMonth> {
        let plain = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !plain {
            return Err(NoMonth);
        }
        format!("{text}-01").parse::<Date>().map(Month).map_err(|_| NoMonth)
    }
}

/// What the movements of one kind came to, for one fund and currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// For which fund the gifts were, then.
    pub fund_id: String,
    /// In which currency.
    pub currency: Currency,
    /// What moved.
    pub kind: EntryKind,
    /// How often.
    pub count: i64,
    /// How much, in minor units; negative when money left.
    pub amount_minor: i64,
}

/// What finance staff read a kind of movement as. A gift is gross: fees are a cost of their own (AC-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// What was given, with corrections of it.
    Gross,
    /// What Stripe kept, or gave back of it.
    Fees,
    /// What went back to donors: refunds, disputes, cheques that came back.
    Back,
}

impl Share {
    /// Of a kind of movement.
    pub fn of(kind: EntryKind) -> Share {
        match kind {
            EntryKind::Gift | EntryKind::Correction => Share::Gross,
            EntryKind::Fee | EntryKind::RefundFee | EntryKind::DisputeFee | EntryKind::DisputeFeeReturned => {
                Share::Fees
            }
            EntryKind::Refund
            | EntryKind::RefundFailed
            | EntryKind::DisputeWithdrawn
            | EntryKind::DisputeReinstated
            | EntryKind::Returned => Share::Back,
        }
    }
}

/// The figures of a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(pub Vec<Figure>);

impl Figures {
    /// As it is frozen, and its SHA-256.
    ///
    /// # Errors
    /// Never in practice: figures are always JSON.
    pub fn frozen(&self) -> Result<(String, String), serde_json::Error> {
        let text = serde_json::to_string(self)?;
        let hash = sha256_hex(&text);
        Ok((text, hash))
    }

    /// Its currencies, each once.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut all: Vec<Currency> = Vec::new();
        for figure in &self.0 {
            if !all.contains(&figure.currency) {
                all.push(figure.currency);
            }
        }
        all
    }

    /// Its funds, each once.
    pub fn funds(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for figure in &self.0 {
            if !all.contains(&figure.fund_id.as_str()) {
                all.push(&figure.fund_id);
            }
        }
        all
    }

    /// A sum in minor units: of a fund (or all), of a share (or all).
    pub fn sum(&self, currency: Currency, fund: Option<&str>, share: Option<Share>) -> i64 {
        let fits = |f: &&Figure| {
            f.currency == currency
                && fund.is_none_or(|fund| fund == f.fund_id)
                && share.is_none_or(|share| share == Share::of(f.kind))
        };
        self.0.iter().filter(fits).map(|f| f.amount_minor).sum()
    }

    /// What is more or less than in `then`: one line for each currency and kind, whatever the fund.
    pub fn beyond(&self, then: &Figures) -> Vec<(Currency, EntryKind, i64)> {
        let mut found: Vec<(Currency, EntryKind, i64)> = Vec::new();
        let signed = self.0.iter().map(|f| (f, 1)).chain(then.0.iter().map(|f| (f, -1)));
        for (figure, sign) in signed {
            let minor = figure.amount_minor * sign;
            match found.iter_mut().find(|(c, k, _)| (*c, *k) == (figure.currency, figure.kind)) {
                Some((_, _, sum)) => *sum += minor,
                None => found.push((figure.currency, figure.kind, minor)),
            }
        }
        found.retain(|(_, _, sum)| *sum != 0);
        found
    }
}

/// Something that is looked at before a month is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The month has ended where the entity is.
    Over,
    /// The month before is closed, or nothing was ever closed before.
    Before,
    /// Payouts that arrived in it are explained to the penny.
    Payouts,
    /// Stripe's balance has no line in it that the books do not have.
    Lines,
    /// Every gift through Stripe has its line of the balance.
    Gifts,
    /// Nothing that Stripe told was given up.
    Jobs,
    /// Nothing found at Stripe waits to be settled.
    Drift,
    /// No batch of gifts is half entered.
    Batches,
    /// No refund waits for somebody's word or for Stripe.
    Refunds,
}

/// How an item of the checklist stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was looked at.
    pub item: Item,
    /// How many stand in the way: 0 when it is green. 1 for what is only yes or no.
    pub wrong: i64,
    /// How many were looked at; `None` when it is only yes or no.
    pub of: Option<i64>,
}

impl Checked {
    /// Whether nothing stands in the way.
    pub fn is_green(&self) -> bool {
        self.wrong == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_and_written_and_has_the_zones_bounds() {
        let march: Month = "2026-03".parse().expect("a month");
        assert_eq!(
            (march.to_string(), march.next().to_string()),
            ("2026-03".to_owned(), "2026-04".to_owned())
        );
        assert_eq!("2026-01".parse::<Month>().expect("a month").before().to_string(), "2025-12");
        for bad in ["", "2026", "2026-13", "2026-3", "2026-03-01", "20a6-03", "-026-03"] {
            assert_eq!(bad.parse::<Month>(), Err(NoMonth), "{bad}");
        }
        let london = TimeZone::get("Europe/London").expect("a zone");
        let (from, to) = march.bounds(&london);
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2026-03-01T00:00:00.000000Z".into(), "2026-03-31T23:00:00.000000Z".into())
        );
    }

    #[test]
    fn sums_are_of_a_share_and_what_is_beyond_is_named_by_kind() {
        let gbp: Currency = "GBP".parse().expect("a currency");
        let line = |fund: &str, kind, minor| Figure {
            fund_id: fund.into(),
            currency: gbp,
            kind,
            count: 1,
            amount_minor: minor,
        };
        let then = Figures(vec![line("a", EntryKind::Gift, 500), line("a", EntryKind::Fee, -20)]);
        let now = Figures(vec![
            line("b", EntryKind::Gift, 500),
            line("b", EntryKind::Fee, -20),
            line("b", EntryKind::Refund, -100),
        ]);
        assert_eq!(then.sum(gbp, None, Some(Share::Fees)), -20);
        assert_eq!(now.sum(gbp, Some("b"), None), 380);
        assert_eq!(now.beyond(&then), vec![(gbp, EntryKind::Refund, -100)]);
        let (text, hash) = then.frozen().expect("JSON");
        assert_eq!(serde_json::from_str::<Figures>(&text).expect("figures"), then);
        assert_eq!(hash.len(), 64);
    }
}
