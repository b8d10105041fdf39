//! When people give: more towards the end of the year, most on the giving day, and in daylight.

use jiff::civil::{Date, Weekday};

use super::dice::Dice;
use super::people::Home;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// How much is given in each month, January first.
const MONTHS: [u32; 12] = [80, 70, 90, 95, 85, 80, 70, 60, 90, 100, 150, 260];

/// The days of the demo's past, each with its share of the giving.
pub struct Season {
    start: i64,
    /// Sum of the shares up to and with each day.
    upto: Vec<u64>,
}

/// Unix seconds at which a day begins.
pub fn midnight(day: Date) -> i64 {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |z| z.timestamp().as_second())
}

/// The Tuesday after the fourth Thursday of November.
fn is_giving_day(day: Date) -> bool {
    let november = day.with().month(11).day(1).build();
    let thursday = november.and_then(|d| d.nth_weekday_of_month(4, Weekday::Thursday));
    thursday.is_ok_and(|thursday| thursday.saturating_add(jiff::Span::new().days(5)) == day)
}

fn share(day: Date, number: i64, days: i64) -> u64 {
    let month = u64::from(MONTHS[usize::try_from(day.month() - 1).unwrap_or(0)]);
    let weekday = match day.weekday() {
        Weekday::Saturday => 7,
        Weekday::Sunday => 9,
        _ => 10,
    };
    let special = match (day.month(), day.day()) {
        _ if is_giving_day(day) => 70,
        (12, 22..=24) => 18,
        (12, 25) => 6,
        (12, 29..=31) => 25,
        _ => 10,
    };
    // The charity grows by half over the time shown.
    let growth = 100 + u64::try_from(number * 50 / days.max(1)).unwrap_or(0);
    month * weekday * special * growth
}

impl Season {
    /// From the first day to the day before `end`.
    pub fn new(first: Date, end: Date) -> Season {
        let days = (midnight(end) - midnight(first)) / DAY;
        let mut sum = 0;
        let mut upto = Vec::new();
        let mut day = first;
        for number in 0..days {
            sum += share(day, number, days);
            upto.push(sum);
            day = day.saturating_add(jiff::Span::new().days(1));
        }
        Season { start: midnight(first), upto }
    }

    /// How many days there are.
    pub fn days(&self) -> i64 {
        i64::try_from(self.upto.len()).unwrap_or(0)
    }

    /// A moment between two days (numbers from 0, the second not included), chosen as people choose.
    pub fn moment(&self, dice: &mut Dice, home: Home, from: i64, to: i64) -> i64 {
        let days = self.days();
        let from = from.clamp(0, days - 1);
        let to = to.clamp(from + 1, days);
        let index = |day: i64| usize::try_from(day).unwrap_or(0);
        let low = if from == 0 { 0 } else { self.upto[index(from - 1)] };
        let high = self.upto[index(to - 1)];
        let wanted = low + dice.between(0, i64::try_from(high - low).unwrap_or(1) - 1).unsigned_abs();
        let day = self.upto.partition_point(|sum| *sum <= wanted);
        self.on(dice, home, i64::try_from(day).unwrap_or(0))
    }

    /// A moment of a day, while donors there are awake.
    pub fn on(&self, dice: &mut Dice, home: Home, day: i64) -> i64 {
        let (from, to) = match home {
            Home::Uk => (6 * 3600, 21 * 3600),
            Home::Us | Home::Ca => (13 * 3600, 22 * 3600),
        };
        self.start + day * DAY + dice.between(from, to)
    }

    /// The number of the day a moment is in.
    pub fn day_of(&self, at: i64) -> i64 {
        (at - self.start).div_euclid(DAY)
    }

    /// The moment all of it begins.
    pub fn start(&self) -> i64 {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_giving_day_is_found_in_november_and_december() {
        assert!(is_giving_day(date(2024, 12, 3)));
        assert!(is_giving_day(date(2025, 12, 2)));
        assert!(is_giving_day(date(2023, 11, 28)));
        assert!(!is_giving_day(date(2023, 11, 21)));
    }

    #[test]
    fn december_has_more_than_august() {
        let season = Season::new(date(2025, 1, 1), date(2026, 1, 1));
        let mut dice = Dice::new(1, 1);
        let mut months = [0; 13];
        for _ in 0..2000 {
            let at = season.moment(&mut dice, Home::Uk, 0, 365);
            let day = crate::clock::Ts::from_unix(at).date_in(&jiff::tz::TimeZone::UTC);
            months[usize::try_from(day.month()).unwrap()] += 1;
        }
        assert!(months[12] > 3 * months[8], "{months:?}");
    }
}
