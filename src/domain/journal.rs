//! A journal of a month: what moved, as debits and credits that balance (AC-4, AC-9, AC-10).

use super::closing::Share;
use super::money::Currency;
use super::receipt::sha256_hex;
use super::states::EntryKind;

/// What the movements of one kind came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// For which fund.
    pub fund_id: String,
    /// Came by cheque, in cash or to the bank account, and not through Stripe.
    pub by_hand: bool,
    /// What moved.
    pub kind: EntryKind,
    /// How much, in minor units; negative when money left.
    pub amount_minor: i64,
}

/// Where a journal books things.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What is at the payment provider.
    pub online: &'a str,
    /// What came by hand, until the bank has it.
    pub by_hand: &'a str,
    /// What Stripe keeps.
    pub fees: &'a str,
    /// What goes back; `None`: where the gift was booked.
    pub back: Option<&'a str>,
}

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: String,
    /// The fund; empty on the side of Stripe and of the bank.
    pub fund_id: String,
    /// What it is.
    pub what: &'static str,
    /// Minor units; positive is a debit, negative a credit.
    pub minor: i64,
}

impl Line {
    /// The debit, or nothing.
    pub fn debit(&self) -> i64 {
        self.minor.max(0)
    }

    /// The credit, or nothing.
    pub fn credit(&self) -> i64 {
        (-self.minor).max(0)
    }
}

fn words(share: Share) -> &'static str {
    match share {
        Share::Gross => "Gifts",
        Share::Fees => "Stripe's fees",
        Share::Back => "Given back",
    }
}

/// The lines of a journal, in a fixed order. `income` names the account of a fund. Gifts are booked gross and fees as a cost of
/// their own (AC-4); every movement is booked on both sides, so that the lines sum up to nothing.
pub fn lines(moved: &[Moved], chart: &Chart<'_>, income: impl Fn(&str) -> String) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |account: String, fund: &str, what: &'static str, minor: i64| {
        let same = |l: &&mut Line| l.account == account && l.fund_id == fund && l.what == what;
        match lines.iter_mut().find(same) {
            Some(line) => line.minor += minor,
            None => lines.push(Line { account, fund_id: fund.to_owned(), what, minor }),
        }
    };
    for m in moved {
        let share = Share::of(m.kind);
        let clearing = if m.by_hand { chart.by_hand } else { chart.online };
        let other = match share {
            Share::Gross => income(&m.fund_id),
            Share::Fees => chart.fees.to_owned(),
            Share::Back => chart.back.map_or_else(|| income(&m.fund_id), str::to_owned),
        };
        add(clearing.to_owned(), "", words(share), m.amount_minor);
        add(other, &m.fund_id, words(share), -m.amount_minor);
    }
    lines.retain(|l| l.minor != 0);
    lines.sort_by(|a, b| (&a.account, a.what, &a.fund_id).cmp(&(&b.account, b.what, &b.fund_id)));
    lines
}

/// Names a journal by what it says: the same content has the same batch id (AC-12).
pub fn batch_id(entity: &str, month: &str, currency: Currency, lines: &[Line]) -> String {
    let mut text = format!("{entity}\n{month}\n{}\n", currency.code());
    for line in lines {
        text.push_str(&format!("{}\t{}\t{}\t{}\n", line.account, line.fund_id, line.what, line.minor));
    }
    sha256_hex(&text).chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHART: Chart<'_> = Chart { online: "610", by_hand: "611", fees: "404", back: None };

    fn moved(fund: &str, by_hand: bool, kind: EntryKind, amount_minor: i64) -> Moved {
        Moved { fund_id: fund.to_owned(), by_hand, kind, amount_minor }
    }

    #[test]
    fn gifts_are_gross_fees_a_cost_and_what_goes_back_lessens_income() {
        let moved = [
            moved("a", false, EntryKind::Gift, 10_000),
            moved("a", false, EntryKind::Fee, -170),
            moved("a", false, EntryKind::Refund, -4_000),
            moved("b", true, EntryKind::Gift, 2_500),
        ];
        let lines =
            lines(&moved, &CHART, |fund| if fund == "a" { "201".to_owned() } else { "200".to_owned() });
        let told: Vec<(&str, &str, i64)> =
            lines.iter().map(|l| (l.account.as_str(), l.what, l.minor)).collect();
        assert_eq!(
            told,
            [
                ("200", "Gifts", -2_500),
                ("201", "Gifts", -10_000),
                ("201", "Given back", 4_000),
                ("404", "Stripe's fees", 170),
                ("610", "Gifts", 10_000),
                ("610", "Given back", -4_000),
                ("610", "Stripe's fees", -170),
                ("611", "Gifts", 2_500),
            ]
        );
        assert_eq!((lines[2].debit(), lines[2].credit(), lines[0].credit()), (4_000, 0, 2_500));
    }

    proptest! {
        #[test]
        fn debits_are_credits_and_the_batch_is_named_by_what_it_says(
            amounts in proptest::collection::vec((0_usize..11, any::<bool>(), -1_000_000_i64..1_000_000, 0_u8..3), 0..40)
        ) {
            use EntryKind::*;
            let kinds = [Gift, Fee, Refund, RefundFee, RefundFailed, DisputeWithdrawn, DisputeFee, DisputeReinstated,
                DisputeFeeReturned, Correction, Returned];
            let all: Vec<Moved> = amounts.iter().map(|(k, hand, minor, fund)| moved(&format!("f{fund}"), *hand, kinds[*k], *minor)).collect();
            let made = lines(&all, &CHART, |_| "200".to_owned());
            prop_assert_eq!(made.iter().map(Line::debit).sum::<i64>(), made.iter().map(Line::credit).sum::<i64>());
            let income: i64 = all.iter().filter(|m| Share::of(m.kind) == Share::Gross).map(|m| m.amount_minor).sum();
            let booked: i64 = made.iter().filter(|l| l.account == "200" && l.what == "Gifts").map(|l| -l.minor).sum();
            prop_assert_eq!(booked, income);
            let gbp: Currency = "GBP".parse().expect("a currency");
            let mut backwards = all.clone();
            backwards.reverse();
            let again = lines(&backwards, &CHART, |_| "200".to_owned());
            prop_assert_eq!(batch_id("uk", "2026-11", gbp, &made), batch_id("uk", "2026-11", gbp, &again));
        }
    }
}
