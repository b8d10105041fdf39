//! Payouts explained: everything that a payout carried to the bank, held against the books (AC-6, AC-7).

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Deps, Result};
use crate::clock::Ts;
use crate::documents::cell::Cell;
use crate::documents::csv::Sheet;
use crate::domain::balance::{LineClass, LineStanding, category_words};
use crate::domain::money::{Currency, Money};
use crate::store::balance::{self, CategorySum, Line};
use crate::store::paging::Place;
use crate::store::payouts::{self, PayoutRow};

/// Lines read at once.
const AT_ONCE: i64 = 5_000;
/// Lines that are named one by one because they are not a gift of the books.
pub const NAMED: usize = 200;

/// A payout with what it was made of.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The payout.
    pub payout: PayoutRow,
    /// What it carried, by category.
    pub sums: Vec<CategorySum>,
    /// Lines whose gifts the books have to the penny, or at Stripe's rate.
    pub agreeing: usize,
    /// Lines that are no gift of the books, or not as the books have it: the first [`NAMED`] of them, each with its reason.
    pub named: Vec<(Line, LineStanding)>,
    /// How many of those there are.
    pub others: usize,
    /// What the lines sum up to, in minor units.
    pub carried: i64,
    /// Of it, in the books.
    pub in_books: i64,
    /// Of it, between the charity and Stripe.
    pub of_stripe: i64,
    /// Of it, not in the books: unknown, or otherwise there.
    pub astray: i64,
    /// The lines that were asked for.
    pub page: Vec<Line>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// Which lines of a payout are wanted, one by one.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of this category; all when it is empty.
    pub category: &'a str,
    /// Behind this place.
    pub after: Option<&'a Place>,
    /// So many at most.
    pub most: usize,
}

impl Wanted<'_> {
    fn is_met_by(&self, line: &Line) -> bool {
        let behind = self.after.is_none_or(|p| (line.made_at, line.id.as_str()) > (p.at, p.id.as_str()));
        behind && (self.category.is_empty() || self.category == line.traced.category)
    }
}

impl Explained {
    /// What no line explains, in minor units: 0 unless Stripe's list lacks something (AC-7).
    pub fn remainder(&self) -> i64 {
        self.payout.amount_minor.saturating_sub(self.carried)
    }

    /// Whether every penny of it is in the books, or between the charity and Stripe.
    pub fn is_whole(&self) -> bool {
        self.payout.listed_at.is_some() && self.remainder() == 0 && self.astray == 0
    }
}

/// Explains a payout; its id or Stripe's. `None`: there is none. Every line is held against the books, and those that are wanted
/// come along.
///
/// # Errors
/// When the database refuses.
pub async fn explain(deps: &Deps, id: &str, wanted: Wanted<'_>) -> Result<Option<Explained>> {
    let mut read = deps.store.read().await?;
    let Some(payout) = payouts::one(&mut read, id).await? else { return Ok(None) };
    let mut e = Explained {
        payout,
        sums: Vec::new(),
        agreeing: 0,
        named: Vec::new(),
        others: 0,
        carried: 0,
        in_books: 0,
        of_stripe: 0,
        astray: 0,
        page: Vec::new(),
        more: false,
    };
    let mut sums: BTreeMap<String, CategorySum> = BTreeMap::new();
    let mut after = None;
    loop {
        let stripe_payout = &e.payout.stripe_payout;
        let lines = balance::of_payout(&mut read, stripe_payout, after.as_ref(), AT_ONCE).await?;
        let Some(last) = lines.last() else { break };
        after = Some(last.place());
        let more = lines.len() as i64 == AT_ONCE;
        for line in lines {
            let category = line.traced.category.clone();
            let none = || CategorySum { category: category.clone(), count: 0, amount: 0, fee: 0, net: 0 };
            let sum = sums.entry(category.clone()).or_insert_with(none);
            sum.count += 1;
            sum.amount += line.traced.amount;
            sum.fee += line.fee.minor();
            sum.net += line.traced.net;
            if wanted.is_met_by(&line) {
                e.more = e.page.len() == wanted.most;
                if !e.more {
                    e.page.push(line.clone());
                }
            }
            e.add(line);
        }
        if !more {
            break;
        }
    }
    e.sums = sums.into_values().collect();
    Ok(Some(e))
}

/// Every line of a payout as a spreadsheet, with how it stands in the books; none when there is no such payout.
///
/// # Errors
/// When the database refuses.
pub async fn lines_csv(deps: &Deps, id: &str) -> Result<Option<(usize, Vec<u8>)>> {
    let mut read = deps.store.read().await?;
    let Some(payout) = payouts::one(&mut read, id).await? else { return Ok(None) };
    let mut sheet = Sheet::new(&[
        "payout",
        "line",
        "made_at_utc",
        "kind",
        "of",
        "gift",
        "currency",
        "gross",
        "fee",
        "net",
        "in_the_books",
        "differs_by",
    ]);
    let (mut count, mut after) = (0, None);
    loop {
        let lines = balance::of_payout(&mut read, &payout.stripe_payout, after.as_ref(), AT_ONCE).await?;
        let Some(last) = lines.last() else { break };
        after = Some(last.place());
        count += lines.len();
        for line in &lines {
            sheet.cells(csv_cells(&payout.stripe_payout, line).into_iter())?;
        }
        if (lines.len() as i64) < AT_ONCE {
            break;
        }
    }
    Ok(Some((count, sheet.finish())))
}

fn csv_cells<'a>(payout: &'a str, line: &'a Line) -> [Cell<'a>; 12] {
    let currency = line.traced.currency;
    let standing = line.traced.standing();
    let by = match standing {
        LineStanding::Differs { by } => Cell::money(Money::new(by, currency)),
        LineStanding::Converted { rounding } => Cell::money(Money::new(rounding, currency)),
        LineStanding::Agrees | LineStanding::Stripe | LineStanding::Payout | LineStanding::Unknown => {
            Cell::Empty
        }
    };
    [
        Cell::text(payout),
        Cell::text(&*line.id),
        Cell::Instant(line.made_at.civil_in(&TimeZone::UTC)),
        Cell::text(category_words(&line.traced.category)),
        Cell::maybe(line.source.as_deref()),
        Cell::maybe(line.gift_id.as_ref().map(|g| g.as_str())),
        Cell::text(currency.code()),
        Cell::money(line.amount()),
        Cell::money(line.fee),
        Cell::money(line.net()),
        Cell::text(standing.words()),
        by,
    ]
}

impl Explained {
    fn add(&mut self, line: Line) {
        let (net, standing) = (line.traced.net, line.traced.standing());
        self.carried += net;
        match standing {
            LineStanding::Agrees | LineStanding::Converted { .. } => {
                self.agreeing += 1;
                self.in_books += net;
                return;
            }
            LineStanding::Stripe | LineStanding::Payout => self.of_stripe += net,
            LineStanding::Unknown => self.astray += net,
            LineStanding::Differs { by } => {
                self.astray += by;
                self.in_books += net - by;
            }
        }
        self.others += 1;
        if self.named.len() < NAMED {
            self.named.push((line, standing));
        }
    }
}

/// A month of the balance in one currency: opening + activity − payouts = closing (AC-7).
#[derive(Clone, Debug)]
pub struct Roll {
    /// In which currency.
    pub currency: Currency,
    /// What was there when the month began.
    pub opening: Money,
    /// What moved, by category, but payouts.
    pub activity: Vec<CategorySum>,
    /// What went to the bank, and came back from it.
    pub payouts: Vec<CategorySum>,
    /// What was there when it ended.
    pub closing: Money,
    /// Of the closing balance: lines that no payout had carried by then, and their sum.
    pub waiting: (i64, Money),
    /// Since when lines are known: what came before is in no figure.
    pub known_since: Ts,
}

impl Roll {
    /// Whether there is anything to tell of the month.
    pub fn has_moved(&self) -> bool {
        !self.opening.is_zero() || !self.activity.is_empty() || !self.payouts.is_empty()
    }

    /// Opening and everything that moved, less the closing: 0 always.
    pub fn remainder(&self) -> i64 {
        let moved: i64 = self.activity.iter().chain(&self.payouts).map(|s| s.net).sum();
        self.opening.minor() + moved - self.closing.minor()
    }
}

/// The month that begins on a day, in the office's zone, in every currency there is a balance in.
///
/// # Errors
/// When the database refuses.
pub async fn roll(deps: &Deps, month: Date, zone: &TimeZone) -> Result<Vec<Roll>> {
    let (from, to) = (begin(month, zone), begin(next_month(month), zone));
    let mut read = deps.store.read().await?;
    let mut rolls = Vec::new();
    for (currency, known_since) in balance::currencies(&mut read).await? {
        let opening = Money::new(balance::before(&mut read, currency, from).await?, currency);
        let closing = Money::new(balance::before(&mut read, currency, to).await?, currency);
        let sums = balance::activity(&mut read, currency, from, to).await?;
        let (payouts, activity) =
            sums.into_iter().partition(|s| LineClass::of(&s.category) == LineClass::Payout);
        let (count, minor) = balance::not_carried(&mut read, currency, to).await?;
        let waiting = (count, Money::new(minor, currency));
        rolls.push(Roll { currency, opening, activity, payouts, closing, waiting, known_since });
    }
    Ok(rolls)
}

fn begin(day: Date, zone: &TimeZone) -> Ts {
    Ts::start_of(day, zone)
}

/// The first day of the month after.
pub fn next_month(month: Date) -> Date {
    month.first_of_month().checked_add(jiff::Span::new().months(1)).unwrap_or(month)
}

/// The first day of the month before.
pub fn month_before(month: Date) -> Date {
    month.first_of_month().checked_sub(jiff::Span::new().months(1)).unwrap_or(month)
}
