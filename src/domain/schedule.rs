//! When a plan charges: Stripe's rhythm as arithmetic. The same code shows a donor the coming charges and works out what
//! Stripe is asked for when they skip, pause, move or end them (docs/decisions/0015).
//!
//! Stripe counts in UTC from an anchor: every charge is the anchor plus whole months, and where a month is too short, its
//! last day (docs.stripe.com/billing/subscriptions/billing-cycle). Nothing is counted from the charge before, so a gift on
//! the 31st falls on 28 February and on 31 March again.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::Ts;

/// Collection begins again this long before the first charge that is meant to happen: far enough from every charge that
/// Stripe's hour between invoice and charge makes no difference.
pub const MARGIN: Duration = Duration::from_secs(24 * 3600);
/// The hour of the day, in the entity's zone, at which a gift moved to another day is charged.
const HOUR: i8 = 9;
/// The last day that every month has.
pub const LAST_DAY: i8 = 28;

/// What keeps charges from happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Nothing.
    No,
    /// Charges before this instant do not happen.
    Until(Ts),
    /// No charge happens until somebody lifts it.
    Open,
}

/// When a plan charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What the months are counted from.
    pub anchor: Ts,
    /// Months between two charges.
    pub months: u32,
    /// The next instant at which Stripe makes a charge, or leaves it out.
    pub next: Ts,
    /// What keeps charges from happening.
    pub pause: Pause,
    /// No charge happens from this instant on.
    pub ends_at: Option<Ts>,
}

/// A coming charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// When.
    pub at: Ts,
    /// Left out.
    pub skipped: bool,
}

impl Schedule {
    /// Every instant of the rhythm from the next one on, whatever is paused or ended.
    fn rhythm(&self) -> impl Iterator<Item = Ts> + use<> {
        let (anchor, months, next) = (self.anchor, i64::from(self.months.max(1)), self.next);
        // A month has at most 31 days: never too far.
        let gone = next.as_unix().saturating_sub(anchor.as_unix()).max(0) / (31 * 86_400 * months);
        let rest = (gone..).map_while(move |n| step(anchor, n.saturating_mul(months)));
        // Stripe's word on the next charge counts, even off the rhythm.
        std::iter::once(next).chain(rest.skip_while(move |at| *at <= next))
    }

    /// The coming charges until `count` of them have happened, those left out between them included.
    pub fn coming(&self, count: usize) -> Vec<Coming> {
        let mut left = count;
        let mut coming = Vec::new();
        // A pause of twelve months over a monthly plan leaves out twelve; nothing sensible needs more than this.
        for at in self.rhythm().take(count.saturating_add(60)) {
            if left == 0 || self.pause == Pause::Open || self.ends_at.is_some_and(|end| at >= end) {
                break;
            }
            let skipped = matches!(self.pause, Pause::Until(back) if at < back);
            left -= usize::from(!skipped);
            coming.push(Coming { at, skipped });
        }
        // What is left out at the very end is no longer coming.
        while coming.last().is_some_and(|c| c.skipped) && left > 0 {
            coming.pop();
        }
        coming
    }

    /// The first charge that will happen.
    pub fn first(&self) -> Option<Ts> {
        self.coming(1).into_iter().find(|c| !c.skipped).map(|c| c.at)
    }

    /// Whether the coming charge is on the anchor's day, and not on a shorter month's last.
    pub fn keeps_its_day(&self) -> bool {
        let day = |at: Ts| at.date_in(&TimeZone::UTC).day();
        day(self.anchor) == day(self.next)
    }

    /// The first instant of the rhythm after `after`, whatever is paused or ended.
    pub fn first_after(&self, after: Ts) -> Option<Ts> {
        self.rhythm().take(1200).find(|at| *at > after)
    }

    /// The last charge before the end, when there is an end and a charge before it.
    pub fn last(&self) -> Option<Ts> {
        let end = self.ends_at?;
        let before = self.rhythm().take_while(|at| *at < end).take(1200);
        before.filter(|at| !matches!(self.pause, Pause::Until(back) if *at < back)).last()
    }

    /// The charges that a pause leaves out.
    pub fn skipped(&self) -> Vec<Ts> {
        self.coming(1).into_iter().filter(|c| c.skipped).map(|c| c.at).collect()
    }

    /// Paused so that the first coming charge does not happen, and the one after it does.
    pub fn skip_one(&self) -> Option<Ts> {
        let first = self.first()?;
        let after = self.rhythm().find(|at| *at > first)?;
        Some(after.minus(MARGIN))
    }

    /// Paused so that nothing is charged for `months` months from the first coming charge on.
    pub fn pause_months(&self, months: u32) -> Option<Ts> {
        let first = self.first()?;
        let until = step(first, i64::from(months))?;
        // The end of a short month must not cost a charge.
        let day = until.minus(3 * MARGIN);
        let back = self.rhythm().find(|at| *at > first && *at >= day)?;
        Some(back.minus(MARGIN))
    }

    /// Paused so that the first charge on or after `date` is the next that happens; `None` when that is the coming one.
    pub fn pause_until(&self, date: Date, zone: &TimeZone) -> Option<Ts> {
        let first = self.first()?;
        let back = self.rhythm().take(1200).find(|at| at.date_in(zone) >= date)?;
        (back > first).then(|| back.minus(MARGIN))
    }

    /// Ended so that the last charge on or before `date` still happens; `None` when there is none. The end is the charge
    /// that is no longer made: an end between two charges would have Stripe ask for a part of the last gift.
    pub fn end_after(&self, date: Date, zone: &TimeZone) -> Option<Ts> {
        let first = self.first()?;
        let after = self.rhythm().take(1200).find(|at| at.date_in(zone) > date)?;
        (first < after).then_some(after)
    }

    /// The next charge when the plan moves to another day of the month: in the month of the coming charge, or in the
    /// month after it when that day is today or gone.
    pub fn moved_to(&self, day: i8, today: Date, zone: &TimeZone) -> Option<Ts> {
        let month = self.first()?.date_in(zone).with().day(day.clamp(1, LAST_DAY)).build().ok()?;
        let date = if month > today { month } else { month.checked_add(1.month()).ok()? };
        let at = date.at(HOUR, 0, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(Ts::from_unix(at.timestamp().as_second()))
    }
}

/// `anchor` and whole months; the 31st becomes a short month's last day.
fn step(anchor: Ts, months: i64) -> Option<Ts> {
    let civil = Timestamp::from_microsecond(anchor.as_micros()).ok()?.to_zoned(TimeZone::UTC).datetime();
    let moved = civil.checked_add(months.months()).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Ts::from_micros(moved.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Ts {
        Ts::from_unix(text.parse::<Timestamp>().expect(text).as_second())
    }

    fn monthly(anchor: &str, next: &str) -> Schedule {
        Schedule { anchor: at(anchor), months: 1, next: at(next), pause: Pause::No, ends_at: None }
    }

    fn days(coming: &[Coming]) -> Vec<String> {
        let day = |c: &Coming| {
            format!("{}{}", &c.at.to_fixed_text()[..10], if c.skipped { " skipped" } else { "" })
        };
        coming.iter().map(day).collect()
    }

    #[test]
    fn the_thirty_first_neither_loses_february_nor_drifts() {
        let schedule = monthly("2027-10-31T10:00:00Z", "2027-12-31T10:00:00Z");
        assert_eq!(
            days(&schedule.coming(5)),
            ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
        );
    }

    #[test]
    fn a_skip_leaves_out_one_and_a_second_skip_the_next() {
        let mut schedule = monthly("2027-01-31T10:00:00Z", "2027-02-28T10:00:00Z");
        schedule.pause = Pause::Until(schedule.skip_one().expect("a charge"));
        assert_eq!(days(&schedule.coming(2)), ["2027-02-28 skipped", "2027-03-31", "2027-04-30"]);
        schedule.pause = Pause::Until(schedule.skip_one().expect("a charge"));
        assert_eq!(days(&schedule.coming(1)), ["2027-02-28 skipped", "2027-03-31 skipped", "2027-04-30"]);
        assert_eq!(schedule.first(), Some(at("2027-04-30T10:00:00Z")));
    }

    #[test]
    fn a_pause_of_months_comes_back_on_the_same_day() {
        let mut schedule = monthly("2027-01-31T10:00:00Z", "2027-01-31T10:00:00Z");
        for (months, back) in [(1, "2027-02-28"), (2, "2027-03-31"), (12, "2028-01-31")] {
            schedule.pause = Pause::Until(schedule_of("2027-01-31").pause_months(months).expect("a day"));
            let first = schedule.first().expect("a charge").to_fixed_text();
            assert_eq!(&first[..10], back, "{months} months");
            assert_eq!(schedule.skipped().len(), months as usize);
        }
        let yearly = Schedule { months: 12, pause: Pause::No, ..schedule };
        let back = yearly.pause_months(3).expect("a day");
        assert_eq!(&back.to_fixed_text()[..10], "2028-01-30", "the next of a yearly gift is a year away");
    }

    fn schedule_of(next: &str) -> Schedule {
        monthly("2027-01-31T10:00:00Z", &format!("{next}T10:00:00Z"))
    }

    #[test]
    fn an_end_keeps_the_last_charge_on_its_day() {
        let zone = TimeZone::get("Europe/London").expect("a zone");
        let mut schedule = monthly("2027-01-05T10:00:00Z", "2027-02-05T10:00:00Z");
        let day = |text: &str| text.parse::<Date>().expect(text);
        assert_eq!(schedule.end_after(day("2027-02-04"), &zone), None, "no gift before that");
        schedule.ends_at = schedule.end_after(day("2027-04-05"), &zone);
        assert_eq!(days(&schedule.coming(12)), ["2027-02-05", "2027-03-05", "2027-04-05"]);
        assert_eq!(schedule.last(), Some(at("2027-04-05T10:00:00Z")));
    }

    #[test]
    fn a_moved_gift_stays_in_its_month_unless_the_day_is_gone() {
        let zone = TimeZone::get("Europe/London").expect("a zone");
        let schedule = monthly("2027-01-22T10:00:00Z", "2027-11-22T10:00:00Z");
        let moved = |day, today: &str| {
            let at = schedule.moved_to(day, today.parse().expect(today), &zone).expect("a day");
            at.date_in(&zone).to_string()
        };
        assert_eq!(moved(25, "2027-11-10"), "2027-11-25");
        assert_eq!(moved(12, "2027-11-10"), "2027-11-12");
        assert_eq!(moved(10, "2027-11-10"), "2027-12-10", "today is too late");
        assert_eq!(moved(31, "2027-11-10"), "2027-11-28", "days that not every month has are not offered");
    }

    #[test]
    fn nothing_comes_while_paused_without_an_end() {
        let schedule = Schedule { pause: Pause::Open, ..schedule_of("2027-02-28") };
        assert!(
            schedule.coming(12).is_empty() && schedule.first().is_none() && schedule.skip_one().is_none()
        );
    }

    proptest! {
        #[test]
        fn charges_are_in_order_on_the_anchors_day_and_as_many_as_asked(
            anchor in 1_600_000_000_i64..2_200_000_000, gone in 0_i64..60, months in prop::sample::select(vec![1_u32, 3, 12])
        ) {
            let anchor = Ts::from_unix(anchor);
            let next = step(anchor, gone * i64::from(months)).expect("in range");
            let schedule = Schedule { anchor, months, next, pause: Pause::No, ends_at: None };
            let coming = schedule.coming(24);
            prop_assert_eq!(coming.len(), 24);
            prop_assert_eq!(coming[0].at, next);
            let day = |at: Ts| at.date_in(&TimeZone::UTC);
            for pair in coming.windows(2) {
                let (one, two) = (day(pair[0].at), day(pair[1].at));
                let apart = (i32::from(two.year()) * 12 + i32::from(two.month()))
                    - (i32::from(one.year()) * 12 + i32::from(one.month()));
                prop_assert_eq!(apart, months as i32);
                prop_assert!(two.day() == day(anchor).day() || two.day() == two.days_in_month());
            }
        }
    }
}
