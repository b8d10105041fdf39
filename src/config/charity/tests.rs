//! What a charity file may and may not say, on the shipped example.

use std::path::Path;

use super::*;

const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h9v9z\"/></svg>";

fn parse(toml: &str) -> Result<Charity, Vec<String>> {
    Charity::parse_with(toml, &|name| match name {
        "assets/logo-demo.svg" => Ok(LOGO.to_owned()),
        _ => Err("cannot be read: no such file".to_owned()),
    })
}

/// The example with `from` replaced once; the only problem it then has.
fn spoilt(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "{from}");
    let problems = parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.concat()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn wording_is_filled_in_versioned_and_fingerprinted() {
    let charity = Charity::example();
    let (uk, us) = (charity.entity("uk").unwrap(), charity.entity("us").unwrap());
    let book = &charity.wording;
    let old = book.current(WordingKey::Refund, uk, day("2025-06-30")).unwrap();
    let new = book.current(WordingKey::Refund, uk, day("2025-07-01")).unwrap();
    assert_eq!((old.version.as_str(), new.version.as_str()), ("2020-01", "2025-07"));
    assert_ne!(old.sha256, new.sha256);
    assert_eq!(new.sha256.len(), 64);
    assert_eq!(book.by_version(WordingKey::Refund, uk, "2020-01"), Some(old));
    assert_eq!(book.by_version(WordingKey::Refund, uk, "1999-01"), None);
    assert_eq!(book.current(WordingKey::Refund, uk, day("2019-12-31")), None);
    assert_eq!(book.current(WordingKey::GiftAidDeclaration, us, day("2026-01-01")), None);
    let receipt = book.current(WordingKey::Receipt, us, day("2026-01-01")).unwrap().text();
    assert!(receipt.contains("is a 501(c)(3) organization, EIN 00-0000000."));
    let mut own = EXAMPLE.to_owned();
    own.push_str("[[wording]]\nkey = \"refund\"\nentity = \"us\"\nversion = \"us-1\"\n");
    own.push_str("valid_from = 2021-01-01\ntext = \"Ask {brand_name}.\"\n");
    let other = parse(&own).unwrap();
    let us = other.entity("us").unwrap();
    let closest = other.wording.current(WordingKey::Refund, us, day("2026-01-01")).unwrap();
    assert_eq!(closest.paragraphs, ["Ask Lantern Freedom Trust."]);
}

/// What is written, what is put in its place, and what the problem must say.
const CASES: &[(&str, &str, &str)] = &[
    ("\"#1c2430\"", "\"#aaaaaa\"", "the nearest that can is #"),
    ("accent_dark = \"#6fc7bd\"", "accent_dark = \"#002200\"", "[brand] accent_dark"),
    ("accent = \"#0b5f5a\"", "accent = \"teal\"", "must be a colour"),
    ("giving@lantern.example", "giving", "[brand] contact_email"),
    ("\"assets/logo-demo.svg\"", "\"absent.svg\"", "[brand] logo: \"absent.svg\" cannot be read"),
    ("locale = \"en-US\"", "locale = \"english\"", "[entity.us] locale"),
    ("minimum = { GBP = 2, EUR = 2 }", "minimum = { GBP = \"0.29\", EUR = 2 }", "at least £0.30"),
    ("minimum = { GBP = 2, EUR = 2 }", "minimum = { GBP = 2 }", "must name an amount for EUR"),
    ("maximum = { USD = 50000 }", "maximum = { USD = 1000000 }", "at most $999,999.99"),
    ("maximum = { USD = 50000 }", "maximum = { USD = 499 }", "amounts: $500.00 is more than the maximum"),
    ("percent = \"1.5\"", "percent = 1.5", "[entity.uk.cover_fee] percent"),
    ("GBP = \"0.20\"", "GBP = 0.20", "quotes around an amount with decimals"),
    ("\"America/New_York\"", "\"New York\"", "[entity.us] time_zone"),
    ("gift_aid = true ", "gift_aid = \"yes\" ", "[entity.uk] gift_aid"),
    ("\"00-0000000\"", "\"none\"", "must hold the EIN"),
    ("000000000RR0000", "RR0000", "123456789RR0001"),
    ("address_required = \"always\" ", "address_required = \"optional\" ", "(CA-1)"),
    ("receipt_prefix = \"LFUS\"", "receipt_prefix = \"LFT\"", "\"LFT\" is there twice"),
    ("\"LANTERN FREEDOM US\"", "\"LANTERN FREEDOM UNITED STATES\"", "statement_descriptor"),
    (
        "restriction = \"unrestricted\"",
        "restriction = \"unrestricted\"\nentities = [\"uk\", \"us\"]",
        "[entity.ca] must have at least one unrestricted fund",
    ),
    ("id = \"classroom\"", "id = \"justice\"", "[fund] id: \"justice\" is there twice"),
    ("ends = 2027-01-31", "ends = 2026-01-31", "[campaign.winter-light] ends"),
    ("starts = 2026-11-01", "starts = 1", "must be a date"),
    ("lead = \"Every step", "leed = \"Every step", "leed: is not known here; is lead meant?"),
    ("Please keep this letter", "No goods or services were provided. Keep this letter", "(US-1, US-5)"),
    ("Keep this with your tax records", "This is an official receipt", "(CA-1, CA-9)"),
    ("hmrc_reference = \"AB12345\"", "hmrc_reference = \"12345\"", "one or two capitals"),
    ("accounting_year_end = \"12-31\"", "accounting_year_end = \"31-12\"", "month and day"),
    ("form = \"company\"", "form = \"club\"", "must be company or trust"),
    ("within 30 days of this letter", "soon", "(UK-20)"),
    ("treat the gifts", "treat the {gifts}", "{gifts} is not a placeholder"),
    ("I am a UK taxpayer", "I am a taxpayer", "(UK-14)"),
    ("I want {legal_name}", "I want you", "must name the charity"),
    (
        "key = \"consent\"\nversion = \"2020-01\"",
        "key = \"privacy\"\nversion = \"2019-01\"",
        "[entity.uk] wording consent: is missing",
    ),
    ("version = \"2025-07\"", "version = \"2020-01\"", "[entity.uk] wording refund: has version"),
    ("amounts = [30, 60, 120]", "amounts = [30, 20, 120]", "must grow"),
    ("amounts = [30, 60, 120]", "amounts = [30, \"60.001\", 120]", "more decimals"),
];

#[test]
fn a_spoilt_charity_file_names_what_to_mend() {
    for (from, to, wanted) in CASES {
        let toml = EXAMPLE.replacen(from, to, 1);
        assert_ne!(toml, EXAMPLE, "{from}");
        let problems = parse(&toml).map(|_| ()).unwrap_err();
        assert!(problems.iter().any(|p| p.contains(wanted)), "{to}: {wanted}\n{problems:#?}");
        assert!(problems.len() <= 3, "{to}: one slip, few problems\n{problems:#?}");
    }
    let syntax = spoilt("[brand]", "[brand");
    assert!(syntax.starts_with("is not TOML: line ") && syntax.lines().count() == 1, "{syntax}");
    assert!(spoilt("[[campaign]]", "[[campain]]\nid = \"x\"\n[[campaign]]").contains("is campaign meant?"));
    assert!(Charity::parse("", Path::new("")).unwrap_err().concat().contains("[brand]: is missing"));
}
