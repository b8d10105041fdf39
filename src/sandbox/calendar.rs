//! Civil arithmetic in UTC: working days, midnights and anchored billing periods.

use jiff::{Timestamp, ToSpan, civil::DateTime, civil::Weekday, tz::TimeZone};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

fn civil(at: i64) -> DateTime {
    Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC).datetime()
}

fn unix(civil: DateTime) -> i64 {
    civil.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_second()).unwrap_or_default()
}

/// Whether the UTC day is Monday to Friday. Bank holidays are not known here.
pub(super) fn is_working_day(at: i64) -> bool {
    !matches!(civil(at).weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The same time of day, `days` working days on.
pub(super) fn add_working_days(at: i64, days: u32) -> i64 {
    let mut at = at;
    let mut left = days;
    while left > 0 {
        at += DAY;
        if is_working_day(at) {
            left -= 1;
        }
    }
    at
}

/// Midnight at the start of the day `at` lies in.
pub(super) fn midnight(at: i64) -> i64 {
    at.div_euclid(DAY) * DAY
}

/// The next midnight after `at` that begins a working day.
pub(super) fn next_working_midnight(at: i64) -> i64 {
    let mut next = midnight(at) + DAY;
    while !is_working_day(next) {
        next += DAY;
    }
    next
}

/// Year and month of an instant, as `YYYY-MM-DD`.
pub(super) fn date(at: i64) -> String {
    civil(at).date().to_string()
}

/// `anchor` plus `steps` times `count` intervals; the 31st becomes a short month's last day.
fn step(anchor: i64, interval: &str, count: i64, steps: i64) -> i64 {
    let total = count.saturating_mul(steps);
    let from = civil(anchor);
    let moved = match interval {
        "day" => from.checked_add(total.days()),
        "week" => from.checked_add(total.weeks()),
        "year" => from.checked_add(total.years()),
        _ => from.checked_add(total.months()),
    };
    moved.map(unix).unwrap_or(i64::MAX)
}

/// The first period boundary of the anchor that lies after `after`.
pub(super) fn next_boundary(anchor: i64, interval: &str, count: i64, after: i64) -> i64 {
    let days = match interval {
        "day" => 1,
        "week" => 7,
        "year" => 366,
        _ => 31,
    };
    let count = count.max(1);
    let mut steps = ((after - anchor) / (days * count * DAY) - 1).max(0);
    loop {
        let boundary = step(anchor, interval, count, steps);
        if boundary > after {
            return boundary;
        }
        steps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn the_thirty_first_comes_back() {
        let anchor = at("2026-01-31T10:00:00Z");
        let february = next_boundary(anchor, "month", 1, anchor);
        assert_eq!(february, at("2026-02-28T10:00:00Z"));
        let march = next_boundary(anchor, "month", 1, february);
        assert_eq!(march, at("2026-03-31T10:00:00Z"));
        assert_eq!(next_boundary(anchor, "month", 1, at("2031-03-31T09:59:59Z")), at("2031-03-31T10:00:00Z"));
    }

    #[test]
    fn weekends_do_not_count() {
        assert_eq!(add_working_days(at("2026-10-02T15:00:00Z"), 4), at("2026-10-08T15:00:00Z"));
        assert_eq!(next_working_midnight(at("2026-10-02T15:00:00Z")), at("2026-10-05T00:00:00Z"));
    }
}
