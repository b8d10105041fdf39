//! Words with legal weight, in versions: what was said on a day can be said again (§9, PR-1, UK-14).

use std::str::FromStr;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use toml::Value;

use super::brand::Brand;
use super::entity::Entity;
use super::reader::Reader;

/// Which text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordingKey {
    /// The Gift Aid declaration with the tax explanation (UK-13, UK-14).
    GiftAidDeclaration,
    /// What is shown with it: when to tell us, higher-rate relief (UK-16).
    GiftAidNotes,
    /// What a person agrees to when they ask for news (PR-1, PR-3).
    Consent,
    /// The statement on every receipt, by the entity's country (RC-1, RC-2, US-1, CA-1).
    Receipt,
    /// The small print below a receipt.
    ReceiptFooter,
    /// The Direct Debit Guarantee (PR-13).
    DirectDebitGuarantee,
    /// When and how a gift is given back (RC-9, RC-11).
    Refund,
    /// What is done with the donor's details.
    Privacy,
    /// What an annual statement is, and what a donor can do with it (UK-36, US-9).
    Statement,
    /// The tick that declares for the four years before too (UK-15).
    GiftAidPast,
    /// What a written record of an oral declaration says (UK-20).
    GiftAidOralRecord,
    /// What ending a declaration means (UK-21).
    GiftAidEnded,
}

impl WordingKey {
    /// All of them.
    pub const ALL: [WordingKey; 12] = [
        WordingKey::GiftAidDeclaration,
        WordingKey::GiftAidNotes,
        WordingKey::Consent,
        WordingKey::Receipt,
        WordingKey::ReceiptFooter,
        WordingKey::DirectDebitGuarantee,
        WordingKey::Refund,
        WordingKey::Privacy,
        WordingKey::Statement,
        WordingKey::GiftAidPast,
        WordingKey::GiftAidOralRecord,
        WordingKey::GiftAidEnded,
    ];

    /// The word in files and records, such as `gift_aid_declaration`.
    pub fn as_str(self) -> &'static str {
        match self {
            WordingKey::GiftAidDeclaration => "gift_aid_declaration",
            WordingKey::GiftAidNotes => "gift_aid_notes",
            WordingKey::Consent => "consent",
            WordingKey::Receipt => "receipt",
            WordingKey::ReceiptFooter => "receipt_footer",
            WordingKey::DirectDebitGuarantee => "direct_debit_guarantee",
            WordingKey::Refund => "refund",
            WordingKey::Privacy => "privacy",
            WordingKey::Statement => "statement",
            WordingKey::GiftAidPast => "gift_aid_past",
            WordingKey::GiftAidOralRecord => "gift_aid_oral_record",
            WordingKey::GiftAidEnded => "gift_aid_ended",
        }
    }
}

impl FromStr for WordingKey {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        WordingKey::ALL.into_iter().find(|k| k.as_str() == word).ok_or_else(|| {
            let all: Vec<&str> = WordingKey::ALL.iter().map(|k| k.as_str()).collect();
            format!("must be one of {}", all.join(", "))
        })
    }
}

/// One text, ready to print, and the evidence of which it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Which text.
    pub key: WordingKey,
    /// Its version, such as `2026-01`.
    pub version: String,
    /// The first day it is used.
    pub valid_from: Date,
    /// Paragraphs with every placeholder filled in.
    pub paragraphs: Vec<String>,
    /// SHA-256 of [`Wording::text`], in hexadecimal.
    pub sha256: String,
}

impl Wording {
    /// The paragraphs with an empty line between each.
    pub fn text(&self) -> String {
        self.paragraphs.join("\n\n")
    }
}

/// Every version of every text.
///
/// A text may be for one entity, for one locale, or for all. Where several fit an entity, the one for that
/// entity goes before the one for its locale, and that before the one for all; among equals, the latest.
#[derive(Clone, Debug)]
pub struct WordingBook {
    blocks: Vec<Block>,
    names: Names,
}

/// What placeholders stand for beside the entity's own details.
#[derive(Clone, Debug)]
struct Names {
    brand: String,
    programme: String,
    email: String,
    phone: Option<String>,
    website: String,
}

/// One `[[wording]]` of the file.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) key: WordingKey,
    pub(super) version: String,
    pub(super) valid_from: Date,
    pub(super) entity: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) text: Vec<String>,
}

impl Block {
    /// True when `entity` may use it.
    pub(super) fn fits(&self, key: WordingKey, entity: &Entity) -> bool {
        self.key == key
            && self.entity.as_ref().is_none_or(|e| *e == entity.id)
            && self.locale.as_ref().is_none_or(|l| *l == entity.locale)
    }

    fn rank(&self) -> (bool, bool, Date) {
        (self.entity.is_some(), self.locale.is_some(), self.valid_from)
    }
}

impl WordingBook {
    /// The book of `blocks`, with the brand's name and contacts for the placeholders.
    pub(super) fn new(blocks: Vec<Block>, brand: &Brand) -> Self {
        let names = Names {
            brand: brand.name.clone(),
            programme: brand.programme.clone(),
            email: brand.contact_email.clone(),
            phone: brand.contact_phone.clone(),
            website: brand.website.clone(),
        };
        WordingBook { blocks, names }
    }

    /// The text `entity` uses on the day `on` of its own time zone; `None` when no version has begun.
    pub fn current(&self, key: WordingKey, entity: &Entity, on: Date) -> Option<Wording> {
        let fitting = self.fitting(key, entity).filter(|b| b.valid_from <= on);
        fitting.max_by_key(|b| b.rank()).and_then(|b| self.render(b, entity))
    }

    /// The text of a version once used. It is filled in with today's names: compare `sha256` before
    /// presenting it as evidence of what was shown.
    pub fn by_version(&self, key: WordingKey, entity: &Entity, version: &str) -> Option<Wording> {
        let block = self.fitting(key, entity).find(|b| b.version == version)?;
        self.render(block, entity)
    }

    /// Every version an entity may use, as `receipt 2026-01`, in the file's order.
    pub fn versions_of(&self, entity: &Entity) -> Vec<String> {
        let fitting = self.blocks.iter().filter(|b| b.fits(b.key, entity));
        fitting.map(|b| format!("{} {}", b.key.as_str(), b.version)).collect()
    }

    /// Every text that `entity` may use for `key`.
    pub(super) fn fitting<'a>(
        &'a self,
        key: WordingKey,
        entity: &'a Entity,
    ) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| b.fits(key, entity))
    }

    /// `block` in the name of `entity`; `None` when a placeholder cannot be filled (refused at load).
    pub(super) fn render(&self, block: &Block, entity: &Entity) -> Option<Wording> {
        let fill = |text: &String| fill(text, |name| self.value(name, entity)).ok();
        let paragraphs: Vec<String> = block.text.iter().map(fill).collect::<Option<_>>()?;
        let sha256 = hex::encode(Sha256::digest(paragraphs.join("\n\n").as_bytes()));
        let (key, version, valid_from) = (block.key, block.version.clone(), block.valid_from);
        Some(Wording { key, version, valid_from, paragraphs, sha256 })
    }

    fn value(&self, name: &str, entity: &Entity) -> Option<String> {
        let names = &self.names;
        Some(match name {
            "legal_name" => entity.legal_name.clone(),
            "legal_form" => entity.legal_form.clone(),
            "address" => entity.address.join(", "),
            "registrations" => entity.registrations_line(),
            "brand_name" => names.brand.clone(),
            "programme" => names.programme.clone(),
            "contact_email" => names.email.clone(),
            "contact_phone" => names.phone.clone()?,
            "website" => names.website.clone(),
            _ => return None,
        })
    }
}

/// The names that may stand in braces.
const PLACEHOLDERS: [&str; 9] = [
    "legal_name",
    "legal_form",
    "address",
    "registrations",
    "brand_name",
    "programme",
    "contact_email",
    "contact_phone",
    "website",
];

/// Puts a value for every `{name}`; a brace that is no placeholder is an error naming it.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let inside = rest[at..].strip_prefix('{').and_then(|r| r.split_once('}'));
        let (name, after) = inside.ok_or("has a { or } that is not part of a placeholder")?;
        out.push_str(&value(name).ok_or_else(|| format!("{{{name}}}"))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads one `[[wording]]`.
pub(super) fn read(mut r: Reader<'_>, has_phone: bool) -> Option<Block> {
    let key: Option<WordingKey> = r.parsed("key");
    let version = r.text("version");
    let entity = r.text_opt("entity");
    let label = [key.map(WordingKey::as_str), entity.as_deref(), Some(version.as_str())];
    let label: Vec<&str> = label.into_iter().flatten().filter(|s| !s.is_empty()).collect();
    if key.is_some() {
        r.rename(format!("wording.{}", label.join(" ")));
    }
    if version.len() > 16 || !version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) {
        r.note("version", "must have 1 to 16 letters, digits, hyphens or full stops, such as \"2026-01\"");
    }
    let locale = r.text_opt("locale");
    super::brand::check_locale(&r, locale.as_deref().unwrap_or_default());
    let valid_from = r.date_opt("valid_from");
    if valid_from.is_none() {
        r.note("valid_from", "must be the first day this version is used, such as 2026-04-06");
    }
    let text = read_text(&mut r, has_phone);
    r.finish();
    Some(Block { key: key?, version, valid_from: valid_from?, entity, locale, text })
}

/// Paragraphs: a list of texts, or one text with empty lines between.
fn read_text(r: &mut Reader<'_>, has_phone: bool) -> Vec<String> {
    let whole: Vec<String> = match r.take("text") {
        Some(Value::String(s)) => vec![s],
        Some(Value::Array(items)) => items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let joined = whole.join("\n\n").replace("\r\n", "\n");
    let paragraphs: Vec<String> = joined
        .split("\n\n")
        .map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|p| !p.is_empty())
        .collect();
    if paragraphs.is_empty() {
        r.note("text", "must have at least one paragraph in quotes");
    }
    for problem in paragraphs.iter().filter_map(|p| placeholder_problem(p, has_phone)) {
        r.note("text", problem);
    }
    paragraphs
}

fn placeholder_problem(text: &str, has_phone: bool) -> Option<String> {
    if text.chars().any(char::is_control) {
        return Some("has control characters".to_owned());
    }
    let known = |name: &str| PLACEHOLDERS.contains(&name).then(String::new);
    match fill(text, known) {
        Err(name) if name.starts_with('{') => {
            let all: Vec<String> = PLACEHOLDERS.iter().map(|p| format!("{{{p}}}")).collect();
            Some(format!("{name} is not a placeholder; there are {}", all.join(" ")))
        }
        Err(problem) => Some(problem),
        Ok(_) if !has_phone && text.contains("{contact_phone}") => {
            Some("uses {contact_phone}, but [brand] has no contact_phone".to_owned())
        }
        Ok(_) => None,
    }
}
