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

/// The label of the tax year of `country` that holds `day`.
pub fn of(day: Date, country: &str) -> String {
    let (month, first) = starts_on(country);
    label(day, month, first)
}

/// First and last day of the tax year with this label; `None` when it is no year's label.
pub fn bounds(label: &str, country: &str) -> Option<(Date, Date)> {
    let year: i16 = label.get(..4)?.parse().ok()?;
    let (month, day) = starts_on(country);
    let first = Date::new(year, month, day).ok()?;
    let next = first.checked_add(jiff::Span::new().years(1)).ok()?;
    (of(first, country) == label).then_some((first, next.yesterday().ok()?))
}

/// The label of the year before; `None` when it is no year's label. A label says by itself of which kind it is.
pub fn previous(label: &str) -> Option<String> {
    let (first, second) =
        label.split_once('-').map_or((label, None), |(first, second)| (first, Some(second)));
    let digits = first.len() == 4 && first.bytes().all(|b| b.is_ascii_digit());
    let year: i16 = first.parse().ok().filter(|year| digits && *year > 0)?;
    match second {
        None => Some(format!("{:04}", year - 1)),
        Some(second) if second == format!("{:02}", (year + 1).rem_euclid(100)) => {
            Some(format!("{:04}-{:02}", year - 1, year.rem_euclid(100)))
        }
        Some(_) => None,
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
    fn case_05_and_06_the_clocks_change_within_a_day() {
        let london = TimeZone::get("Europe/London").unwrap();
        let at = |text| Ts::parse(text).unwrap();
        for (first, second, day, times) in [
            (
                "2026-03-29T00:59:59Z",
                "2026-03-29T01:00:00Z",
                jiff::civil::date(2026, 3, 29),
                ["00:59:59", "02:00:00"],
            ),
            (
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
                jiff::civil::date(2026, 10, 25),
                ["01:30:00", "01:30:00"],
            ),
        ] {
            let (first, second) = (at(first), at(second));
            assert!(first < second, "the order of instants stays");
            assert_eq!([first, second].map(|t| t.date_in(&london)), [day, day]);
            assert_eq!([first, second].map(|t| t.civil_in(&london).time().to_string()), times);
        }
    }

    #[test]
    fn case_75_a_card_charged_on_new_years_eve_in_new_york_is_of_the_old_year() {
        assert_eq!(year("2027-01-01T03:30:00Z", "America/New_York", "US"), "2026");
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

    proptest::proptest! {
        #[test]
        fn every_day_lies_within_its_year(offset in 0_i64..40_000, country in "GB|US|CA|AU|DE|NL") {
            let day = jiff::civil::date(1990, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
            let (first, last) = bounds(&of(day, &country), &country).unwrap();
            proptest::prop_assert!(first <= day && day <= last);
            let next = last.tomorrow().unwrap();
            let after = of(next, &country);
            proptest::prop_assert_eq!(bounds(&after, &country).map(|b| b.0), Some(next));
            proptest::prop_assert_eq!(previous(&after), Some(of(day, &country)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,12}", country in "GB|US") {
            if let Some(before) = previous(&text) {
                proptest::prop_assert_eq!(before.len(), text.len());
            }
            if let Some((first, _)) = bounds(&text, &country) {
                proptest::prop_assert_eq!(of(first, &country), text);
            }
        }
    }

    #[test]
    fn the_year_before_has_the_same_shape() {
        for (year, before) in
            [("2026", "2025"), ("2025-26", "2024-25"), ("2100-01", "2099-00"), ("2099-00", "2098-99")]
        {
            assert_eq!(previous(year).as_deref(), Some(before));
        }
        for wrong in ["", "26", "2025-27", "2025-2", "2025-26-27", "0000", "+202", "2025-26 "] {
            assert_eq!(previous(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_other_text_is_a_year() {
        for wrong in ["", "2025", "2025-27", "25-26", "2025-26x", "../2025", "2025-26 "] {
            assert_eq!(bounds(wrong, "GB"), None, "{wrong}");
        }
        assert_eq!(bounds("2025-26", "US"), None);
        assert!(bounds("2099-00", "GB").is_some());
    }
}
