//! The words that every document has, from `labels.toml`: by locale, else by language, else English.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

const FILE: &str = include_str!("labels.toml");

macro_rules! labels {
    ($($name:ident)*) => {
        /// Words of a document in one language; `{…}` in them is filled in by [`fill`].
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Labels { $(pub(super) $name: String,)* }
    };
}

labels! {
    receipt receipt_heading thanks acknowledgment official official_year not_official
    statement statement_heading period
    amount remains eligible number issued_on received_on fund campaign method kind once monthly quarterly yearly instalment
    fee_cover first_given went_back gift_aid gift_aid_yes gift_aid_no advantage worth in_memory in_honour note donor replaces
    copy cancelled superseded code check page lost_letters
    you_gave in_currency aided grossed_up other given_in_all returned_in_all aided_gifts other_gifts all_gifts
    date gift receipt_number given returned counts total no_receipt confirmed disputed in_return nothing changed instead_of
}

/// What the German pattern says on every confirmation (DE-1, DE-2).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    pub(super) issuer: String,
    pub(super) under_law: String,
    pub(super) purpose: String,
    pub(super) purpose_year: String,
    pub(super) sign_here: String,
    pub(super) machine: String,
    pub(super) hint: String,
    pub(super) hints: Vec<String>,
    pub(super) annex: String,
    pub(super) left_out: String,
    pub(super) waiver: String,
    pub(super) money_gift: String,
    pub(super) no: String,
    pub(super) amount: String,
}

#[derive(Debug, Default)]
struct Words {
    english: Labels,
    by_locale: BTreeMap<String, Labels>,
    pattern: Pattern,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Words, toml::de::Error> {
    let mut file: BTreeMap<String, toml::Table> = toml::from_str(FILE)?;
    let pattern = toml::Value::Table(file.remove("pattern").unwrap_or_default()).try_into()?;
    let mut by_locale = BTreeMap::new();
    for locale in file.keys() {
        let mut words = toml::Table::new();
        for layer in ["en", language(locale), locale] {
            words.extend(file.get(layer).cloned().unwrap_or_default());
        }
        by_locale.insert(locale.clone(), toml::Value::Table(words).try_into()?);
    }
    let english = by_locale.get("en").cloned().unwrap_or_default();
    Ok(Words { english, by_locale, pattern })
}

fn language(locale: &str) -> &str {
    locale.split('-').next().unwrap_or("en")
}

/// The words for a locale.
pub(super) fn of(locale: &str) -> &'static Labels {
    let words = &*WORDS;
    words.by_locale.get(locale).or_else(|| words.by_locale.get(language(locale))).unwrap_or(&words.english)
}

/// The words of the German pattern.
pub(super) fn pattern() -> &'static Pattern {
    &WORDS.pattern
}

/// The words with every `{name}` replaced by its value. What stands in a value is never replaced itself.
pub(super) fn fill(words: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(values.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value));
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound_and_every_language_is_whole() {
        let words = read().expect("sound");
        let locales: Vec<&str> = words.by_locale.keys().map(String::as_str).collect();
        assert_eq!(locales, ["de", "en", "en-AU", "en-CA", "en-US", "fr", "nl"]);
        assert_eq!(words.pattern.hints.len(), 2);
        assert_eq!(of("en-US").statement_heading, "Your giving in {year}");
        assert_eq!(of("fr-CA").receipt, "Reçu");
        assert_eq!(of("pt-BR").receipt, "Receipt");
    }

    #[test]
    fn what_stands_in_a_value_is_not_filled_in() {
        assert_eq!(
            fill("{what}, worth {value}", &[("what", "a {value}"), ("value", "£1")]),
            "a {value}, worth £1"
        );
        assert_eq!(fill("{gone} {", &[]), " {");
    }
}
