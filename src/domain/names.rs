//! The words by which a donor is found: lower case, without accents, cut at spaces and marks.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Nobody has more; whoever types more is found by the first of them.
const WORDS_AT_MOST: usize = 24;
/// No index holds longer words. Both sides are cut at the same place, so that a long name is still found.
const LETTERS_AT_MOST: usize = 100;

/// Lower case without accents: `Zoë` and `zoe` are one word. Letters that fall apart only in other tongues' ears (`ø`, `ß`)
/// are written as people type them who lack the key.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ł' => out.push('l'),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            _ if is_combining_mark(c) => {}
            _ => out.push(c),
        }
    }
    out
}

/// Marks within a word that people leave out or put in: O'Brien, Anne-Marie.
fn joins(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '-' | '\u{2010}' | '\u{2011}')
}

fn cut(word: &str) -> String {
    word.chars().take(LETTERS_AT_MOST).collect()
}

/// The words of a text as somebody searches for them, in order, each once; marks within a word are left out.
pub fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in fold(text).split(|c: char| !c.is_alphanumeric() && !joins(c)) {
        let word: String = cut(&word.replace(joins, ""));
        if !word.is_empty() && !found.contains(&word) {
            found.push(word);
            if found.len() == WORDS_AT_MOST {
                break;
            }
        }
    }
    found
}

/// Every word under which a name is found: `O'Brien` as `obrien`, `o` and `brien`.
fn into_terms(text: &str, terms: &mut BTreeSet<String>) {
    terms.extend(words(text));
    if text.contains(joins) {
        terms.extend(words(&text.replace(joins, " ")));
    }
}

/// The words by which a donor with these names and this mailbox (normalised; may be empty) is found.
pub fn terms_of(given: &str, family: &str, organisation: Option<&str>, mailbox: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for name in [given, family, organisation.unwrap_or_default()] {
        into_terms(name, &mut terms);
    }
    if !mailbox.is_empty() {
        let mailbox = cut(mailbox);
        let local = mailbox.split('@').next().unwrap_or_default();
        into_terms(local, &mut terms);
        terms.insert(local.to_owned());
        terms.insert(mailbox);
    }
    // PostgreSQL takes no NUL in a text, and no name has one.
    terms.retain(|t| !t.is_empty() && !t.contains('\0'));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(given: &str, family: &str, mailbox: &str) -> Vec<String> {
        terms_of(given, family, None, mailbox).into_iter().collect()
    }

    #[test]
    fn names_are_found_as_people_type_them() {
        assert_eq!(words("Zoë  O’Brien, Łódź"), ["zoe", "obrien", "lodz"]);
        assert_eq!(words("STRASSE Straße"), ["strasse"]);
        assert_eq!(
            terms("Anne-Marie", "O'Brien", ""),
            ["anne", "annemarie", "brien", "marie", "o", "obrien"]
        );
        assert_eq!(
            terms("", "", "ada.marsh@donors.example"),
            ["ada", "ada.marsh", "ada.marsh@donors.example", "marsh"]
        );
        assert_eq!(words("王小明 محمد"), ["王小明", "محمد"]);
        assert!(words(" -'- \u{202e}\u{1f600}").is_empty());
    }

    proptest! {
        #[test]
        fn whatever_a_name_is_its_own_words_find_it(given in ".{0,40}", family in "\\PC{0,40}") {
            let terms = terms_of(&given, &family, None, "");
            for word in words(&given).iter().chain(&words(&family)) {
                prop_assert!(terms.contains(word), "{word:?}");
            }
            prop_assert!(terms.iter().all(|t| !t.is_empty() && !t.contains('\0') && t.chars().count() <= LETTERS_AT_MOST));
        }

        #[test]
        fn folding_twice_is_folding_once(text in ".{0,60}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
