//! The tax year of the receiving entity.

use jiff::civil::Date;

/// The label of the tax year that holds `day`, for a year that begins on `month`/`day_of_month`: `2026` when it is
/// the calendar year, else `2025-26` (UK-33, AU-3; the second part is always two digits: `2099-00`).
pub fn label(day: Date, start_month: i8, start_day: i8) -> String {
    if (start_month, start_day) == (1, 1) {
        return day.year().to_string();
    }
    let begun = (day.month(), day.day()) >= (start_month, start_day);
    let first = if begun { day.year() } else { day.year() - 1 };
    format!("{first}-{:02}", (first + 1).rem_euclid(100))
}

/// Month and day on which the tax year of `country` (ISO alpha-2) begins.
pub fn starts_on(country: &str) -> (i8, i8) {
    match country {
        "GB" => (4, 6),
        "AU" => (7, 1),
        _ => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ts;
    use jiff::tz::TimeZone;

    fn year(at: &str, zone: &str, country: &str) -> String {
        let (month, day) = starts_on(country);
        label(Ts::parse(at).unwrap().date_in(&TimeZone::get(zone).unwrap()), month, day)
    }

    #[test]
    fn case_01_to_04_the_uk_year_turns_at_midnight_in_london() {
        assert_eq!(year("2026-04-05T22:59:59Z", "Europe/London", "GB"), "2025-26");
        assert_eq!(year("2026-04-05T23:00:00Z", "Europe/London", "GB"), "2026-27");
        assert_eq!(year("2026-04-05T23:30:00Z", "Europe/London", "GB"), "2026-27");
        assert_eq!(year("2026-04-04T23:30:00Z", "Europe/London", "GB"), "2025-26");
    }

    #[test]
    fn case_07_to_09_other_entities_follow_their_own_zone() {
        assert_eq!(year("2027-01-01T03:30:00Z", "America/New_York", "US"), "2026");
        assert_eq!(year("2026-12-31T23:00:00Z", "Europe/Berlin", "DE"), "2027");
        assert_eq!(year("2026-06-30T14:00:00Z", "Australia/Sydney", "AU"), "2026-27");
        assert_eq!(year("2026-06-30T13:59:59Z", "Australia/Sydney", "AU"), "2025-26");
    }

    #[test]
    fn case_13_the_label_has_two_digits_at_the_turn_of_a_century() {
        assert_eq!(label(jiff::civil::date(2099, 6, 1), 4, 6), "2099-00");
    }
}
