//! Legal entities: who receives the money, in which currencies, and what donors are asked.

use std::str::FromStr;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::amounts;
use super::brand::check_locale;
use super::country::Country;
use super::reader::{Problems, Reader};
use super::tax;
use crate::domain::frequency::Frequency;
use crate::domain::jurisdiction::TaxEntity;
use crate::domain::money::{Currency, Money};

/// One legal entity of the charity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Short name in addresses and records: `[a-z0-9-]{1,16}`, unique.
    pub id: String,
    /// Where it is registered.
    pub country: Country,
    /// The name on receipts and declarations (UK-13a, US-1).
    pub legal_name: String,
    /// What kind of body it is, in words.
    pub legal_form: String,
    /// The address on receipts, line by line.
    pub address: Vec<String>,
    /// At least one; printed as "label number".
    pub registrations: Vec<Registration>,
    /// What it takes; the first is the default.
    pub currencies: Vec<Currency>,
    /// Decides on which day and in which tax year a gift was received (UK-33, US-6).
    pub time_zone: TimeZone,
    /// The zone's IANA name, such as `Europe/London`.
    pub time_zone_name: String,
    /// Begins every receipt number: `[A-Z0-9]{1,8}`, unique (RC-6).
    pub receipt_prefix: String,
    /// Language and country of its pages and mail, such as `en-GB`; the brand's when left out.
    pub locale: String,
    /// True when donors may add Gift Aid; only in the United Kingdom (UK-7).
    pub gift_aid: bool,
    /// When the donor's home address is asked for.
    pub address_required: AddressRule,
    /// The smallest gift, one for each currency, in its order.
    pub minimum: Vec<Money>,
    /// The largest gift taken on the form, one for each currency, in its order.
    pub maximum: Vec<Money>,
    /// Suggested amounts.
    pub asks: Vec<AskSet>,
    /// When set, donors may add the payment fee to the gift.
    pub cover_fee: Option<CoverFee>,
    /// What the form offers, in this order.
    pub frequencies: Vec<Frequency>,
    /// On the donor's bank statement: 5 to 22 Latin characters, at least one a letter.
    pub statement_descriptor: Option<String>,
    /// What its tax office knows of it.
    pub tax: TaxEntity,
}

/// A number some authority gave the entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Whose number it is: "Registered charity in England and Wales".
    pub label: String,
    /// The number as the authority writes it.
    pub number: String,
}

/// When a home address is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRule {
    /// With every gift: an official receipt needs it (CA-1).
    Always,
    /// With Gift Aid only (UK-13b).
    WithGiftAid,
    /// Never demanded.
    Optional,
}

impl AddressRule {
    /// The word in the file: `always`, `with_gift_aid`, `optional`.
    pub fn as_str(self) -> &'static str {
        match self {
            AddressRule::Always => "always",
            AddressRule::WithGiftAid => "with_gift_aid",
            AddressRule::Optional => "optional",
        }
    }
}

impl FromStr for AddressRule {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [AddressRule::Always, AddressRule::WithGiftAid, AddressRule::Optional]
            .into_iter()
            .find(|rule| rule.as_str() == word)
            .ok_or("must be always, with_gift_aid or optional")
    }
}

/// The amounts suggested for one rhythm in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskSet {
    /// For gifts in this rhythm.
    pub frequency: Frequency,
    /// For gifts in this currency.
    pub currency: Currency,
    /// From the smallest to the largest; at least one.
    pub amounts: Vec<Ask>,
    /// The index of the amount chosen when the page opens.
    pub preselected: usize,
}

/// One suggested amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The amount.
    pub amount: Money,
    /// What it can do, in a short sentence.
    pub impact: Option<String>,
}

/// What a payment costs, as the charity states it to donors who want to cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverFee {
    /// Part of the whole charge, in per cent: 0 to 20.
    pub percent: Decimal,
    /// Fixed part, one for each currency of the entity, in its order; zero where the file has none.
    pub fixed: Vec<Money>,
}

impl CoverFee {
    /// The fixed part in `currency`.
    pub fn fixed_in(&self, currency: Currency) -> Option<Money> {
        in_currency(&self.fixed, currency)
    }
}

impl Entity {
    /// The currency the form opens with.
    pub fn default_currency(&self) -> Currency {
        self.currencies.first().copied().unwrap_or(Currency::GBP)
    }

    /// The smallest gift in `currency`; `None` when it is not taken.
    pub fn minimum_in(&self, currency: Currency) -> Option<Money> {
        in_currency(&self.minimum, currency)
    }

    /// The largest gift in `currency`; `None` when it is not taken.
    pub fn maximum_in(&self, currency: Currency) -> Option<Money> {
        in_currency(&self.maximum, currency)
    }

    /// The amounts to suggest, if the file has any for this rhythm and currency.
    pub fn ask_set(&self, frequency: Frequency, currency: Currency) -> Option<&AskSet> {
        self.asks.iter().find(|a| a.frequency == frequency && a.currency == currency)
    }

    /// "Registered charity 0000001, company 00000001": every label and number.
    pub fn registrations_line(&self) -> String {
        let all: Vec<String> =
            self.registrations.iter().map(|r| format!("{} {}", r.label, r.number)).collect();
        all.join(", ")
    }
}

fn in_currency(amounts: &[Money], currency: Currency) -> Option<Money> {
    amounts.iter().copied().find(|m| m.currency() == currency)
}

/// Reads one `[[entity]]`; `None` after a problem that leaves no entity to check further.
pub(super) fn read(mut r: Reader<'_>, brand_locale: &str, problems: &Problems) -> Option<Entity> {
    let id = read_id(&mut r, 16);
    let country: Option<Country> = r.parsed("country");
    let (legal_name, legal_form) = (r.text("legal_name"), r.text("legal_form"));
    let address = r.lines("address");
    if address.is_empty() {
        r.note("address", "must have at least one line");
    }
    let registrations = read_registrations(&mut r, country, problems);
    let currencies: Vec<Currency> = r.parsed_list("currencies");
    let zone = read_time_zone(&mut r);
    let receipt_prefix = read_prefix(&mut r);
    let locale = r.text_opt("locale").unwrap_or_else(|| brand_locale.to_owned());
    check_locale(&r, &locale);
    let gift_aid = r.flag("gift_aid");
    let address_required: Option<AddressRule> = r.parsed("address_required");
    check_address_rule(&r, country, gift_aid, address_required);
    let frequencies: Vec<Frequency> = r.parsed_list("frequencies");
    let (minimum, maximum) = amounts::read_limits(&mut r, &currencies);
    let cover_fee = amounts::read_cover_fee(&mut r, &currencies, problems);
    let statement_descriptor = read_descriptor(&mut r);
    let tax = tax::read(r.table("tax"), r.place(), country, gift_aid, problems);
    let limits = amounts::Limits { minimum: &minimum, maximum: &maximum };
    let asks = amounts::read_asks(&mut r, &frequencies, &currencies, limits, problems);
    r.finish();
    let (time_zone, time_zone_name) = zone?;
    Some(Entity {
        id,
        country: country?,
        legal_name,
        legal_form,
        address,
        registrations,
        currencies,
        time_zone,
        time_zone_name,
        receipt_prefix,
        locale,
        gift_aid,
        address_required: address_required?,
        minimum,
        maximum,
        asks,
        cover_fee,
        frequencies,
        statement_descriptor,
        tax,
    })
}

/// Reads `id`: small letters, digits and hyphens, `max` at most.
pub(super) fn read_id(r: &mut Reader<'_>, max: usize) -> String {
    let id = r.text("id");
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.len() > max || !id.bytes().all(good) {
        r.note("id", format!("must have 1 to {max} small letters, digits or hyphens, not {id:?}"));
    }
    id
}

fn read_registrations(
    r: &mut Reader<'_>,
    country: Option<Country>,
    problems: &Problems,
) -> Vec<Registration> {
    let mut out = Vec::new();
    for table in r.tables("registrations") {
        let mut one = Reader::new(table, format!("{}.registrations", r.place()), problems);
        out.push(Registration { label: one.text("label"), number: one.text("number") });
        one.finish();
    }
    if out.is_empty() {
        r.note("registrations", "must have at least one { label = \"…\", number = \"…\" }");
    } else if let Some(problem) = country.and_then(|c| c.registration_problem(&out)) {
        r.note("registrations", problem);
    }
    out
}

fn read_time_zone(r: &mut Reader<'_>) -> Option<(TimeZone, String)> {
    let name = r.text("time_zone");
    if name.is_empty() {
        return None;
    }
    match TimeZone::get(&name) {
        Ok(zone) => Some((zone, name)),
        Err(_) => {
            r.note("time_zone", format!("must be a zone such as \"Europe/London\", not {name:?}"));
            None
        }
    }
}

fn read_prefix(r: &mut Reader<'_>) -> String {
    let prefix = r.text("receipt_prefix");
    if prefix.len() > 8 || !prefix.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        r.note("receipt_prefix", format!("must have 1 to 8 capitals or digits, not {prefix:?}"));
    }
    prefix
}

fn check_address_rule(r: &Reader<'_>, country: Option<Country>, gift_aid: bool, rule: Option<AddressRule>) {
    if gift_aid && country.is_some_and(|c| c != Country::GB) {
        r.note("gift_aid", "can be true only for country \"GB\" (UK-7)");
    }
    match rule {
        Some(AddressRule::Optional) if gift_aid => {
            r.note(
                "address_required",
                "must be with_gift_aid or always: Gift Aid needs a home address (UK-13)",
            );
        }
        Some(AddressRule::WithGiftAid) if !gift_aid => {
            r.note("address_required", "is with_gift_aid, but gift_aid is not true");
        }
        Some(AddressRule::WithGiftAid | AddressRule::Optional) if country == Some(Country::CA) => {
            r.note(
                "address_required",
                "must be always: an official receipt names the donor's address (CA-1)",
            );
        }
        _ => {}
    }
}

fn read_descriptor(r: &mut Reader<'_>) -> Option<String> {
    let text = r.text_opt("statement_descriptor")?;
    let allowed = |c: char| (c.is_ascii_graphic() || c == ' ') && !"<>\\'\"*".contains(c);
    let length = (5..=22).contains(&text.len());
    if !length || !text.chars().all(allowed) || !text.contains(|c: char| c.is_ascii_alphabetic()) {
        r.note(
            "statement_descriptor",
            "must have 5 to 22 Latin characters, one of them a letter, and none of < > \\ ' \" *",
        );
    }
    Some(text)
}
