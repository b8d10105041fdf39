//! Which passwords a donor may choose: long, not guessed early, any characters (NIST SP 800-63B-4; ASVS 6.2).

use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

/// A password is the only factor, so it has at least this many characters.
pub const AT_LEAST: usize = 15;
/// Longer ones are a slip of the clipboard.
pub const AT_MOST: usize = 1000;
/// The estimate looks at no more: its work grows faster than the text.
const ESTIMATED: usize = 64;

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer than [`AT_LEAST`] characters.
    TooShort,
    /// More than [`AT_MOST`] characters.
    TooLong,
    /// Among the first that anybody would try: common ones, patterns, words that belong to the donor or the charity.
    Guessable,
}

/// The form that is hashed: one keyboard's `é` is another's `e` with an accent (NFKC). Nothing is cut or trimmed.
pub fn canonical(password: &str) -> String {
    password.nfkc().collect()
}

/// Whether a password may be chosen. `context` holds what an attacker knows: names, e-mail address, charity.
///
/// # Errors
/// [`PasswordProblem`] says what to put right.
pub fn check(password: &str, context: &[&str]) -> Result<(), PasswordProblem> {
    let password = canonical(password);
    let length = password.chars().count();
    if length < AT_LEAST {
        return Err(PasswordProblem::TooShort);
    }
    if length > AT_MOST {
        return Err(PasswordProblem::TooLong);
    }
    let start: String = password.chars().take(ESTIMATED).collect();
    let words = context_words(context);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if zxcvbn(&start, &words).score() < Score::Three || only_context(&start, &words) {
        return Err(PasswordProblem::Guessable);
    }
    Ok(())
}

/// Each text whole and in its parts: `ada.marsh@donors.example` is also `ada` and `marsh`.
fn context_words(context: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in context {
        let text = text.to_lowercase();
        words.extend(text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned));
        words.push(text);
    }
    words
}

/// `lantern-freedom-2026`: with the known words and the digits taken away, nothing is left to guess.
fn only_context(password: &str, words: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    let mut known: Vec<&str> = words.to_vec();
    known.sort_by_key(|w| std::cmp::Reverse(w.len()));
    for word in known {
        rest = rest.replace(word, "");
    }
    let mattering = |c: &char| !c.is_ascii_digit() && !c.is_ascii_punctuation() && !c.is_whitespace();
    rest.len() < password.len() && rest.chars().filter(mattering).count() < 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTEXT: &[&str] =
        &["Lantern Freedom Trust", "ada.marsh@donors.example", "Ada", "Marsh", "almoner"];

    #[test]
    fn lengths_count_characters_and_nothing_is_cut() {
        assert_eq!(check("k", CONTEXT), Err(PasswordProblem::TooShort));
        assert_eq!(check("vq8-mulberry-7k", CONTEXT), Ok(()));
        assert_eq!(check("vq8-mulberry-7", CONTEXT), Err(PasswordProblem::TooShort));
        assert_eq!(
            check("лошадь скрепка", CONTEXT),
            Err(PasswordProblem::TooShort),
            "14 characters, 27 bytes"
        );
        assert_eq!(check("лошадь скрепка!", CONTEXT), Ok(()));
        let wide = (0..64u32).filter_map(|n| char::from_u32(0x1F300 + n * n * 7 % 251)).collect::<String>();
        assert_eq!((wide.len(), check(&wide, CONTEXT)), (256, Ok(())), "64 characters of four bytes");
        assert_eq!(check(&"oak river lamp ".repeat(66), CONTEXT), Ok(()), "990");
        assert_eq!(check(&"x7 Lk".repeat(201), CONTEXT), Err(PasswordProblem::TooLong));
    }

    #[test]
    fn what_anybody_would_try_first_is_refused() {
        for guess in [
            "passwordpassword",
            "password1234567",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345",
            "qwertyuiopasdfgh",
            "lantern-freedom-2026",
            "LanternFreedomTrust1",
            "ada.marsh@donors.example",
            "marsh-marsh-marsh-1",
            "iloveyouiloveyou",
        ] {
            assert_eq!(check(guess, CONTEXT), Err(PasswordProblem::Guessable), "{guess}");
        }
        for good in ["correct-heron-bicycle-soup", "tJ4!vLq9#xRw2$z", "my dog eats raw carrots"] {
            assert_eq!(check(good, CONTEXT), Ok(()), "{good}");
        }
    }

    #[test]
    fn two_keyboards_spell_one_password() {
        assert_eq!(canonical("cafe\u{301}"), canonical("caf\u{e9}"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_trap(text in "\\PC{0,200}") {
            let _ = check(&text, CONTEXT);
        }
    }
}
