//! Dates for people, by locale.

use jiff::civil::Date;

const EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const NL: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

fn month_name(date: Date, locale: &str) -> &'static str {
    let names = match locale.split('-').next().unwrap_or("en") {
        "de" => &DE,
        "fr" => &FR,
        "nl" => &NL,
        _ => &EN,
    };
    names[(date.month() as usize).saturating_sub(1).min(11)]
}

/// `April 2026`.
pub fn month(date: Date, locale: &str) -> String {
    format!("{} {}", month_name(date, locale), date.year())
}

/// `5 April 2026` (en-GB), `April 5, 2026` (en-US), `5. April 2026` (de), `5 avril 2026` (fr), `5 april 2026` (nl).
pub fn long(date: Date, locale: &str) -> String {
    let month = month_name(date, locale);
    let (day, year) = (date.day(), date.year());
    match locale.split('-').next().unwrap_or("en") {
        "de" => format!("{day}. {month} {year}"),
        _ if locale == "en-US" => format!("{month} {day}, {year}"),
        _ => format!("{day} {month} {year}"),
    }
}

/// The number of an English month, from its name or the first three letters of it: `November`, `nov`.
pub fn month_named(name: &str) -> Option<i8> {
    let name = name.to_lowercase();
    let fits = |month: &str| {
        let month = month.to_lowercase();
        name == month || (name.len() >= 3 && name.is_ascii() && month.starts_with(&name))
    };
    EN.iter().position(|month| fits(month)).and_then(|n| i8::try_from(n + 1).ok())
}

/// `1st`, `22nd`, `31st`: the day of a month in English.
pub fn ordinal(day: i8) -> String {
    let suffix = match (day % 100, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{day}{suffix}")
}

/// The day `days` working days after `date` (Monday to Friday; bank holidays are not known here).
pub fn add_working_days(date: Date, days: u32) -> Date {
    let mut day = date;
    let mut left = days;
    while left > 0 {
        let Ok(next) = day.tomorrow() else { return day };
        day = next;
        if !matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_locale_writes_its_own_way() {
        let day = date(2026, 4, 5);
        assert_eq!(long(day, "en-GB"), "5 April 2026");
        assert_eq!(long(day, "en-US"), "April 5, 2026");
        assert_eq!(long(day, "de-DE"), "5. April 2026");
        assert_eq!(ordinal(22), "22nd");
        assert_eq!(ordinal(11), "11th");
    }

    #[test]
    fn working_days_skip_the_weekend() {
        assert_eq!(add_working_days(date(2026, 11, 20), 4), date(2026, 11, 26));
        assert_eq!(add_working_days(date(2026, 11, 22), 1), date(2026, 11, 23));
    }
}
