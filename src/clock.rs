//! The only source of time. Everything else is told what time it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// An instant in UTC, truncated to microseconds so that both databases hold it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Ts(Timestamp);

/// 1 January of the year 1 and 30 December 9999: four-digit years, so that text order stays time order.
const EARLIEST: i64 = -62_135_596_800_000_000;
const LATEST: i64 = 253_402_128_000_000_000;

impl Ts {
    /// From microseconds since 1970, clamped to the years that can be held.
    pub fn from_micros(micros: i64) -> Ts {
        let clamped = micros.clamp(EARLIEST, LATEST);
        Ts(Timestamp::from_microsecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// From Stripe's unix seconds.
    pub fn from_unix(seconds: i64) -> Ts {
        Ts::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Whole seconds since 1970, rounded down.
    pub fn as_unix(self) -> i64 {
        self.as_micros().div_euclid(1_000_000)
    }

    /// This instant moved by `by`, forwards.
    pub fn plus(self, by: Duration) -> Ts {
        Ts::from_micros(self.as_micros().saturating_add(by.as_micros() as i64))
    }

    /// This instant moved by `by`, backwards.
    pub fn minus(self, by: Duration) -> Ts {
        Ts::from_micros(self.as_micros().saturating_sub(by.as_micros() as i64))
    }

    /// The calendar day in `zone` (the receiving entity's, for everything about tax: UK-33).
    pub fn date_in(self, zone: &TimeZone) -> civil::Date {
        zone.to_datetime(self.0).date()
    }

    /// The calendar day and the time of day in `zone`.
    pub fn civil_in(self, zone: &TimeZone) -> civil::DateTime {
        zone.to_datetime(self.0)
    }

    /// The first instant of a calendar day in `zone`.
    pub fn start_of(day: civil::Date, zone: &TimeZone) -> Ts {
        let start = day.to_zoned(zone.clone()).map(|z| z.timestamp().as_microsecond());
        // Only days at the ends of time have no instant of their own.
        Ts::from_micros(start.unwrap_or(if day.year() > 0 { LATEST } else { EARLIEST }))
    }

    /// `10:04 GMT`: the time of day in `zone`, with the zone's short name.
    pub fn clock_time_in(self, zone: &TimeZone) -> String {
        self.0.to_zoned(zone.clone()).strftime("%H:%M %Z").to_string()
    }

    /// The hour in `zone`, 0 to 23.
    pub fn hour_in(self, zone: &TimeZone) -> i8 {
        zone.to_datetime(self.0).hour()
    }

    /// `2026-04-05T22:59:59.000000Z`: fixed width, so that text order is time order.
    pub fn to_fixed_text(self) -> String {
        let dt = TimeZone::UTC.to_datetime(self.0);
        dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    }

    /// Reads any RFC 3339 text.
    pub fn parse(text: &str) -> Option<Ts> {
        text.parse::<Timestamp>().ok().map(|t| Ts::from_micros(t.as_microsecond()))
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_fixed_text())
    }
}

/// Tells the time: the system's, the system's moved by a shared offset (the demo), or a frozen one (tests).
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The machine's clock plus an offset in microseconds that others may move.
    Shifted(Arc<AtomicI64>),
    /// Stands still until somebody moves it; microseconds since 1970.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn frozen(at: Ts) -> Clock {
        Clock::Frozen(Arc::new(AtomicI64::new(at.as_micros())))
    }

    /// Now.
    pub fn now(&self) -> Ts {
        match self {
            Clock::System => system_now(),
            Clock::Shifted(offset) => {
                Ts::from_micros(system_now().as_micros() + offset.load(Ordering::SeqCst))
            }
            Clock::Frozen(at) => Ts::from_micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a shifted or frozen clock forward. The system's clock cannot be moved: nothing happens.
    pub fn advance(&self, by: Duration) {
        match self {
            Clock::System => {}
            Clock::Shifted(at) | Clock::Frozen(at) => {
                at.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> Ts {
    Ts::from_micros(Timestamp::now().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order_and_text_reads_back() {
        let whole = Ts::from_unix(1_775_430_000);
        let half = whole.plus(Duration::from_millis(500));
        assert!(whole.to_fixed_text() < half.to_fixed_text());
        assert_eq!(Ts::parse(&half.to_fixed_text()), Some(half));
        assert_eq!(whole.to_fixed_text().len(), 27);
    }

    #[test]
    fn instants_out_of_reach_are_held_at_the_ends() {
        assert!(Ts::from_unix(i64::MAX).to_fixed_text().starts_with("9999-12-30"));
        assert!(Ts::from_unix(i64::MIN).to_fixed_text().starts_with("0001-01-01"));
    }

    #[test]
    fn the_uk_tax_year_turns_an_hour_before_midnight_utc() {
        let london = TimeZone::get("Europe/London").unwrap();
        let before = Ts::parse("2026-04-05T22:59:59Z").unwrap();
        assert_eq!(before.date_in(&london).to_string(), "2026-04-05");
        assert_eq!(before.plus(Duration::from_secs(1)).date_in(&london).to_string(), "2026-04-06");
    }
}
