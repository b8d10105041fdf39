//! Our own copy of the rules that HMRC holds a schedule against, for the spreadsheet and for the XML route: the two do not
//! accept the same values (UK-26).

use jiff::civil::Date;

use super::rows::Cells;

/// By which way a claim goes to HMRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The spreadsheet.
    Ods,
    /// The XML of the charities' schema.
    Xml,
}

/// Longest first and last name (§1.4).
pub const NAME_LETTERS: usize = 35;
/// Longest house name or number (§1.4).
pub const HOUSE_LETTERS: usize = 40;
const AMOUNT_DIGITS: usize = 15;
/// Most of an aggregated row, in pence (§1.4).
const AGGREGATED_AT_MOST: i64 = 100_000;

/// A title that HMRC takes: letters, hyphens and apostrophes; in the spreadsheet two to four of them (cases 40, 41).
pub fn title(text: &str, route: Route) -> bool {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = letters.all(|c| c.is_ascii_alphabetic() || c == '\'' || c == '-');
    let length = text.chars().count();
    begins && rest && length <= 4 && (route == Route::Xml || length >= 2)
}

/// A postcode that HMRC takes: one space, capitals, the second letter neither I nor Z (cases 47, 48).
pub fn postcode(text: &str) -> bool {
    if text == "GIR 0AA" {
        return true;
    }
    let Some((out, inward)) = text.split_once(' ') else { return false };
    let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
    let letter = |c: Option<&u8>| c.is_some_and(u8::is_ascii_uppercase);
    let second = |c: Option<&u8>| letter(c) && !matches!(c, Some(b'I' | b'Z'));
    let (o, i) = (out.as_bytes(), inward.as_bytes());
    let inward = i.len() == 3 && digit(i.first()) && letter(i.get(1)) && letter(i.get(2));
    let outward = letter(o.first())
        && match o.len() {
            2 => digit(o.get(1)),
            3 => {
                digit(o.get(1)) && (digit(o.get(2)) || letter(o.get(2)))
                    || second(o.get(1)) && digit(o.get(2))
            }
            4 => second(o.get(1)) && digit(o.get(2)) && (digit(o.get(3)) || letter(o.get(3))),
            _ => false,
        };
    inward && outward
}

/// A Crown dependency's postcode: it passes the pattern, and HMRC has not said whether it should (UK-25, case 52).
pub fn is_crown_dependency(postcode: &str) -> bool {
    ["JE", "GY", "IM"].iter().any(|area| postcode.starts_with(area))
}

/// `31/12/25` as a day that is not after `today`: HMRC takes no other form (case 53).
pub fn date(text: &str, today: Date) -> Option<Date> {
    let parts: Vec<&str> = text.split('/').collect();
    let [day, month, year] = parts.as_slice() else { return None };
    if parts.iter().any(|p| p.len() != 2 || !p.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let year: i16 = year.parse().ok()?;
    let date = Date::new(2000 + year, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date <= today).then_some(date)
}

/// `240.00` in pence: two decimals, no sign and no thousands, at least a penny (case 54).
pub fn amount(text: &str) -> Option<i64> {
    let (whole, pence) = text.split_once('.')?;
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(pence) || pence.len() != 2 || whole.len() + 2 > AMOUNT_DIGITS {
        return None;
    }
    let minor = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(pence.parse().ok()?)?;
    (minor > 0).then_some(minor)
}

/// What is wrong with a row; empty: HMRC takes it. `today`: no gift is in the future.
pub fn check(cells: &Cells, route: Route, today: Date) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut hold = |good: bool, what| {
        if !good {
            wrong.push(what);
        }
    };
    let length = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    hold(date(&cells.date, today).is_some(), "the date");
    hold(amount(&cells.amount).is_some(), "the amount");
    if !cells.aggregated.is_empty() {
        hold(length(&cells.aggregated, NAME_LETTERS), "the description of an aggregated row");
        let person = [&cells.title, &cells.first_name, &cells.last_name, &cells.house, &cells.postcode];
        hold(person.iter().all(|c| c.is_empty()), "a name in an aggregated row");
        hold(cells.sponsored.is_empty(), "a sponsored event in an aggregated row");
        hold(
            amount(&cells.amount).is_some_and(|m| m <= AGGREGATED_AT_MOST),
            "the amount of an aggregated row",
        );
        return wrong;
    }
    hold(cells.title.is_empty() || title(&cells.title, route), "the title");
    hold(length(&cells.first_name, NAME_LETTERS), "the first name");
    hold(length(&cells.last_name, NAME_LETTERS), "the last name");
    hold(length(&cells.house, HOUSE_LETTERS), "the house name or number");
    let overseas = match route {
        Route::Ods => cells.postcode == "X",
        Route::Xml => cells.postcode.is_empty(),
    };
    hold(overseas || postcode(&cells.postcode), "the postcode");
    hold(cells.sponsored.is_empty() || cells.sponsored.eq_ignore_ascii_case("yes"), "the sponsored event");
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    #[test]
    fn case_40_and_41_titles() {
        assert!(["Mr", "Prof", "Miss", "Revd"].iter().all(|t| title(t, Route::Ods)));
        assert!(["Mister", "Mr.", "123", ""].iter().all(|t| !title(t, Route::Ods)));
        assert!(!title("M", Route::Ods) && title("M", Route::Xml));
    }

    #[test]
    fn case_47_and_48_postcodes() {
        for good in [
            "EC1A 1BB", "W1O 7HG", "SW1A 1AA", "M99 2QD", "B33 8TH", "CR2 6XH", "DN55 1PT", "GIR 0AA",
            "BT1 1AA", "BF1 2AA", "JE2 3AB",
        ] {
            assert!(postcode(good), "{good}");
        }
        for wrong in
            ["12345", "SW1 1A", "ABCDE", "EC1A 1A1", "AI1 1AA", "D02 AF30", "sw1a 1aa", "SW1A  1AA", "", "x"]
        {
            assert!(!postcode(wrong), "{wrong}");
        }
        assert!(is_crown_dependency("JE2 3AB") && !is_crown_dependency("SW1A 1AA"));
    }

    #[test]
    fn case_53_dates() {
        let today = day(2026, 11, 26);
        assert!(date("31/12/25", today).is_some() && date("29/02/24", today).is_some());
        for wrong in ["29/02/25", "12/01/2026", "2026-01-12", "27/11/26", "1/1/26", "12-01-26"] {
            assert_eq!(date(wrong, today), None, "{wrong}");
        }
    }

    #[test]
    fn case_54_amounts() {
        assert_eq!((amount("0.01"), amount("240.00")), (Some(1), Some(24_000)));
        assert_eq!(amount("9999999999999.99"), Some(999_999_999_999_999));
        for wrong in ["£10.00", "10.000", "240", "-1.00", "0.00", "1,000.00", "99999999999999.99", ""] {
            assert_eq!(amount(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn case_50_51_and_55_overseas_and_aggregated_rows() {
        let today = day(2026, 11, 26);
        let row = Cells {
            first_name: "Ada".into(),
            last_name: "Marsh".into(),
            house: "100 Champs Elysees, Paris".into(),
            postcode: "X".into(),
            date: "03/04/26".into(),
            amount: "10.00".into(),
            ..Cells::default()
        };
        assert!(check(&row, Route::Ods, today).is_empty());
        assert_eq!(check(&row, Route::Xml, today), ["the postcode"]);
        assert_eq!(
            check(&Cells { postcode: "x".into(), ..row.clone() }, Route::Ods, today),
            ["the postcode"]
        );
        let gathered = |description: &str, amount: &str| Cells {
            aggregated: description.into(),
            date: "03/04/26".into(),
            amount: amount.into(),
            ..Cells::default()
        };
        assert!(check(&gathered(&"d".repeat(35), "1000.00"), Route::Ods, today).is_empty());
        assert!(!check(&gathered(&"d".repeat(36), "1000.00"), Route::Ods, today).is_empty());
        assert!(!check(&gathered("Box", "1000.01"), Route::Ods, today).is_empty());
        assert!(
            !check(&Cells { first_name: "Ada".into(), ..gathered("Box", "10.00") }, Route::Ods, today)
                .is_empty()
        );
        assert!(
            !check(&Cells { sponsored: "Yes".into(), ..gathered("Box", "10.00") }, Route::Ods, today)
                .is_empty()
        );
    }
}
