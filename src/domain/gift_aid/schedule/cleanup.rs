//! Clean-up before a name or address goes to HMRC, which silently drops what its reader does not know (UK-27, UK-28).

use unicode_normalization::UnicodeNormalization;

/// A text that has no Latin spelling: the donor is asked for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLatin;

/// Characters that HMRC's reader keeps: printable ASCII and the upper half of Latin-1.
pub fn is_kept(c: char) -> bool {
    matches!(c, '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}')
}

/// The text as HMRC can read it: punctuation made plain, Latin letters beyond Latin-1 written without their marks, runs of
/// spaces made one. Letters of other scripts are not guessed at.
///
/// # Errors
/// [`NoLatin`] when a letter has no Latin form, or nothing is left.
pub fn latin(text: &str) -> Result<String, NoLatin> {
    let mut out = String::new();
    for c in text.nfc() {
        match c {
            '’' | '‘' | 'ʼ' | '′' | '`' => out.push('\''),
            '“' | '”' | '„' => out.push('"'),
            '–' | '—' | '‐' | '‑' | '−' => out.push('-'),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c if is_kept(c) => out.push(c),
            c if is_latin(c) => out.push_str(deunicode::deunicode_char(c).ok_or(NoLatin)?),
            c if is_mark(c) => {}
            c if c.is_alphabetic() => return Err(NoLatin),
            // Signs, emoji and marks that turn the direction of writing say nothing to HMRC.
            _ => {}
        }
    }
    let clean = out.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().any(char::is_alphanumeric) { Ok(clean) } else { Err(NoLatin) }
}

/// Letters of the Latin script beyond Latin-1.
fn is_latin(c: char) -> bool {
    matches!(c, '\u{100}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}')
        && c.is_alphabetic()
}

/// A mark over the letter before it that has no letter of its own with it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The first `most` characters, and whether any were cut off (UK-28).
pub fn cut(text: &str, most: usize) -> (String, bool) {
    let kept: String = text.chars().take(most).collect();
    let was_cut = kept.chars().count() < text.chars().count();
    (kept.trim_end().to_owned(), was_cut)
}

/// `ne27 0qq` as `NE27 0QQ`: capitals, no other signs, one space before the last three (UK-29).
pub fn postcode(typed: &str) -> String {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    match plain.len().checked_sub(3).and_then(|at| plain.split_at_checked(at)) {
        Some((out, inward)) if !out.is_empty() => format!("{out} {inward}"),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_44_and_45_names_are_made_readable_and_never_guessed() {
        assert_eq!(latin("O’Brien").as_deref(), Ok("O'Brien"));
        assert_eq!(latin("Łukasz").as_deref(), Ok("Lukasz"));
        assert_eq!(latin("José").as_deref(), Ok("José"));
        assert_eq!(latin("Jose\u{301}").as_deref(), Ok("José"));
        assert_eq!(latin("Ngũgĩ  wa\u{a0}Thiong’o").as_deref(), Ok("Ngugi wa Thiong'o"));
        for other in ["李明", "Иван", "Ελένη", "علي", "שלום", "", "🙂", "…"] {
            assert_eq!(latin(other), Err(NoLatin), "{other}");
        }
        assert_eq!(latin("Ada 🙂").as_deref(), Ok("Ada"));
    }

    #[test]
    fn case_49_postcodes_are_put_in_order() {
        for (typed, clean) in
            [("NE270QQ", "NE27 0QQ"), ("ne27 0qq", "NE27 0QQ"), ("SW1A  1AA", "SW1A 1AA"), ("ab", "AB")]
        {
            assert_eq!(postcode(typed), clean);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_out_hmrc_keeps(text in "\\PC{0,60}") {
            if let Ok(clean) = latin(&text) {
                proptest::prop_assert!(clean.chars().all(is_kept) && !clean.contains("  ") && clean.trim() == clean);
            }
        }
    }
}
