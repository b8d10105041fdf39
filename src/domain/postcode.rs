//! British postcodes (UK-29 and the pattern of HMRC's schedule).

/// Puts a typed postcode into HMRC's form: capitals, one space before the last three. `None` when it cannot be one.
pub fn normalise_uk(typed: &str) -> Option<String> {
    let compact: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    if !(5..=7).contains(&compact.len()) || !typed.is_ascii() {
        return None;
    }
    let (outward, inward) = compact.split_at(compact.len() - 3);
    let fits = compact == "GIR0AA" || (outward_fits(outward) && shape(inward) == "9AA");
    fits.then(|| format!("{outward} {inward}"))
}

/// Letters as `A`, digits as `9`.
fn shape(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect()
}

/// `A9 A99 AA9 AA99 A9A AA9A`; a second letter is never I or Z.
fn outward_fits(outward: &str) -> bool {
    let known = ["A9", "A99", "AA9", "AA99", "A9A", "AA9A"].contains(&shape(outward).as_str());
    let second = outward.as_bytes().get(1).copied().unwrap_or_default();
    known && !matches!(second, b'I' | b'Z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_47_real_postcodes_pass() {
        for code in [
            "EC1A 1BB", "W1O 7HG", "SW1A 1AA", "M99 2QD", "B33 8TH", "CR2 6XH", "DN55 1PT", "GIR 0AA",
            "BT1 1AA", "BF1 2AA",
        ] {
            assert_eq!(normalise_uk(code).as_deref(), Some(code));
        }
    }

    #[test]
    fn case_48_others_do_not() {
        for code in ["12345", "SW1 1A", "ABCDE", "EC1A 1A1", "AI1 1AA", "D02 AF30", ""] {
            assert_eq!(normalise_uk(code), None, "{code}");
        }
    }

    #[test]
    fn case_49_typed_ones_are_put_right() {
        assert_eq!(normalise_uk("NE270QQ").as_deref(), Some("NE27 0QQ"));
        assert_eq!(normalise_uk("ne27 0qq").as_deref(), Some("NE27 0QQ"));
        assert_eq!(normalise_uk("SW1A  1AA").as_deref(), Some("SW1A 1AA"));
    }
}
