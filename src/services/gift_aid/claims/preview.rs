//! A claim before it is made: everything an entity received is weighed, person by person, in the state of one moment.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::report::{ByDay, FileFigures, Remarks, Report, Tally};
use super::weigh::{self, Back, Ground, Outcome, Ready, Weighed};
use super::words;
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::gift_aid::amounts;
use crate::domain::gift_aid::schedule::Cells;
use crate::domain::gift_aid::schedule::parts::ROWS;
use crate::domain::ids::{AdjustmentId, ClaimRowId, DeclarationId, GiftId};
use crate::domain::money::{Currency, Money};
use crate::services::{Deps, Result, ServiceError};
use crate::store::claim_candidates::{self, Wanted};
use crate::store::claim_rows::{Adjustment, Row};
use crate::store::{Day, claims};

/// Records looked at with one read.
const PEOPLE: i64 = 500;
/// Gifts of more years ago are past every time limit: four years from the end of their year (UK-35).
pub(super) const YEARS_BACK: i64 = 6;
/// A gift that can be claimed.
#[derive(Clone, Debug)]
pub struct PreviewRow {
    /// Which gift.
    pub gift: GiftId,
    /// The declaration it stands on.
    pub declaration: DeclarationId,
    /// The day it was received.
    pub given_on: Date,
    /// In pence.
    pub amount_minor: i64,
    /// Gift Aid in percent of it.
    pub percent: Decimal,
    /// The last day on which it can be claimed (UK-35).
    pub deadline: Date,
    /// The displayed texts of columns C to K.
    pub cells: Cells,
}

/// Tax to give back on a gift.
#[derive(Clone, Debug)]
pub struct Due {
    /// Which gift.
    pub gift: GiftId,
    /// `refund`, `dispute`, …
    pub why: &'static str,
    /// On how much of it, in pence.
    pub amount_minor: i64,
    /// In pence, rounded up (UK-45).
    pub tax_minor: i64,
}

/// A claim as it would be made now.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Of which entity.
    pub entity_id: String,
    /// With gifts received up to this day.
    pub up_to: Date,
    /// Its gifts, the first one received first.
    pub rows: Vec<PreviewRow>,
    /// What is given back with it.
    pub adjustments: Vec<Due>,
    /// What the gifts come to.
    pub gifts: Money,
    /// The tax expected on them, rounded down on the sum (UK-32).
    pub tax: Money,
    /// The tax to give back (UK-42).
    pub adjustment: Money,
    /// What HMRC is told about that; empty without.
    pub adjustment_words: String,
    /// What else was found; without its files.
    pub report: Report,
    /// How often claims were sent when this was worked out.
    pub(super) times_sent: i64,
}

/// The tax on gifts that may be of years with different rates: rounded down once for each rate.
fn tax_on(rows: &[PreviewRow]) -> Money {
    let mut by_rate: BTreeMap<Decimal, i64> = BTreeMap::new();
    for row in rows {
        let sum = by_rate.entry(row.percent).or_default();
        *sum = sum.saturating_add(row.amount_minor);
    }
    let minor = by_rate.iter().map(|(percent, sum)| amounts::gift_aid(pounds(*sum), *percent).minor());
    pounds(minor.fold(0, i64::saturating_add))
}

/// The tax expected on some of the gifts of a claim (UK-32).
pub fn tax_of<'a>(rows: impl Iterator<Item = &'a PreviewRow>) -> Money {
    let rows: Vec<PreviewRow> = rows.cloned().collect();
    tax_on(&rows)
}

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

impl Preview {
    /// The rows of each file.
    pub fn parts(&self) -> impl Iterator<Item = &[PreviewRow]> {
        self.rows.chunks(ROWS)
    }

    /// Whether more is to be given back than the claim brings (UK-43). Each file is a claim to HMRC, so what each of them
    /// brings by itself counts.
    pub fn is_too_much_back(&self) -> bool {
        let tax = self.parts().map(|rows| tax_on(rows).minor()).fold(0, i64::saturating_add);
        self.adjustment.minor() > tax
    }

    /// The figures of each file, without its bytes. What is given back goes with the first files, and with none more than it
    /// brings.
    pub fn figures(&self) -> Vec<FileFigures> {
        let mut left = self.adjustment.minor();
        let mut all = Vec::new();
        for (part, rows) in (1_i64..).zip(self.parts()) {
            let tax_minor = tax_on(rows).minor();
            let adjustment_minor = left.min(tax_minor);
            left = left.saturating_sub(adjustment_minor);
            all.push(FileFigures {
                part,
                rows: super::count(rows.len()),
                gifts_minor: rows.iter().map(|r| r.amount_minor).fold(0, i64::saturating_add),
                tax_minor,
                earliest: rows.iter().map(|r| r.given_on).min().unwrap_or(self.up_to),
                adjustment_minor,
                bytes: 0,
                sha256: String::new(),
            });
        }
        all
    }

    /// The rows as they are frozen.
    pub(super) fn frozen_rows(&self, deps: &Deps, now: Ts) -> Result<Vec<Row>> {
        let mut all = Vec::with_capacity(self.rows.len());
        for (part, rows) in (1_i64..).zip(self.parts()) {
            for (item, row) in (1_i64..).zip(rows) {
                let cells = serde_json::to_string(&row.cells);
                all.push(Row {
                    id: ClaimRowId::new(now, &deps.random),
                    part,
                    item,
                    gift_id: row.gift.clone(),
                    declaration_id: row.declaration.clone(),
                    given_on: Day(row.given_on),
                    amount_minor: row.amount_minor,
                    cells: cells.map_err(|e| ServiceError::Unexpected(e.to_string()))?,
                });
            }
        }
        Ok(all)
    }

    /// The adjustments as they are frozen.
    pub(super) fn frozen_adjustments(&self, deps: &Deps, now: Ts) -> Vec<Adjustment> {
        let one = |due: &Due| Adjustment {
            id: AdjustmentId::new(now, &deps.random),
            gift_id: due.gift.clone(),
            why: due.why,
            amount_minor: due.amount_minor,
            tax_minor: due.tax_minor,
        };
        self.adjustments.iter().map(one).collect()
    }
}

/// What a claim of everything received up to a day would be. Nothing is written.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn preview(deps: &Deps, entity: &Entity, up_to: Date) -> Result<Preview> {
    let today = deps.clock.now().date_in(&entity.time_zone);
    let since = today.saturating_sub(Span::new().years(YEARS_BACK));
    let wanted = Wanted { entity: &entity.id, since: Day(since), up_to: Day(up_to) };
    let ground = Ground { entity, today, up_to };
    let mut found = Found::default();
    let mut read = deps.store.snapshot().await?;
    let times_sent = claims::times_sent(&mut read, &entity.id).await?;
    let mut after = String::new();
    while let Some(people) = claim_candidates::next_people(&mut read, &wanted, &after, PEOPLE).await? {
        for person in &people.people {
            weigh::person(&ground, person).into_iter().for_each(|weighed| found.take(weighed));
        }
        after = people.last;
    }
    drop(read);
    Ok(found.finish(entity, up_to, times_sent))
}

/// What is found, as it is found.
#[derive(Default)]
struct Found {
    rows: Vec<PreviewRow>,
    adjustments: Vec<Due>,
    held: BTreeMap<Date, Tally>,
    deadlines: BTreeMap<Date, Tally>,
    report: Report,
}

impl Found {
    fn take(&mut self, weighed: Weighed) {
        let Weighed { gift, given_on, minor, outcome } = weighed;
        match outcome {
            Outcome::Claim(ready) => self.claim(gift, given_on, *ready),
            Outcome::GiveBack(Back { why, amount_minor, tax_minor }) => {
                self.adjustments.push(Due { gift, why, amount_minor, tax_minor });
            }
            Outcome::Held(day) => self.held.entry(day).or_default().add(minor),
            Outcome::Undeclared => self.report.undeclared.add(minor),
            Outcome::Disputed => self.report.disputed.add(minor),
            Outcome::TooLate(_) => self.report.too_late.add(minor),
            Outcome::Blocked(words) => self.report.blocked.add(&gift, minor, words),
            Outcome::Claimed | Outcome::Never(_) => {}
        }
    }

    fn claim(&mut self, gift: GiftId, given_on: Date, ready: Ready) {
        let minor = ready.amount_minor;
        let remark = |to: &mut Remarks, all: &[String]| {
            if !all.is_empty() {
                to.add(&gift, minor, all.join(" "));
            }
        };
        remark(&mut self.report.changed, &ready.changed);
        remark(&mut self.report.flagged, &ready.flagged);
        self.deadlines.entry(ready.deadline).or_default().add(minor);
        self.rows.push(PreviewRow {
            gift,
            declaration: ready.declaration,
            given_on,
            amount_minor: minor,
            percent: ready.percent,
            deadline: ready.deadline,
            cells: ready.cells,
        });
    }

    fn finish(mut self, entity: &Entity, up_to: Date, times_sent: i64) -> Preview {
        self.rows.sort_by(|a, b| (a.given_on, &a.gift).cmp(&(b.given_on, &b.gift)));
        self.adjustments.sort_by(|a, b| a.gift.cmp(&b.gift));
        let by_day = |(day, all): (Date, Tally)| ByDay { day, all };
        self.report.held = self.held.into_iter().map(by_day).collect();
        self.report.deadlines = self.deadlines.into_iter().map(by_day).collect();
        let gifts = self.rows.iter().map(|r| r.amount_minor).fold(0, i64::saturating_add);
        let back = self.adjustments.iter().map(|a| a.tax_minor).fold(0, i64::saturating_add);
        Preview {
            entity_id: entity.id.clone(),
            up_to,
            gifts: pounds(gifts),
            tax: tax_on(&self.rows),
            adjustment: pounds(back),
            adjustment_words: words::explanation(&self.adjustments),
            rows: self.rows,
            adjustments: self.adjustments,
            report: self.report,
            times_sent,
        }
    }
}
