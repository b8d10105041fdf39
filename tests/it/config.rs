//! Configuration: every problem at once, no secret shown, and two charity files read whole.

use std::collections::HashMap;
use std::path::Path;

use almoner::config::*;
use secrecy::ExposeSecret;

const ENV_EXAMPLE: &str = include_str!("../../.env.example");
const CHARITY_EXAMPLE: &str = include_str!("../../charity.example.toml");
const WEBHOOK: &str = "whsec_0123456789abcdefghijklmnop";
const LOGO: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><path d=\"M0 0h9v9z\"/></svg>";

/// A folder with a charity file and its logo, and an environment that points to it.
struct Setup {
    dir: tempfile::TempDir,
    env: HashMap<String, String>,
}

impl Setup {
    fn good() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("logo.svg"), LOGO).unwrap();
        let charity = CHARITY_EXAMPLE.replace("assets/logo-demo.svg", "logo.svg");
        std::fs::write(dir.path().join("charity.toml"), charity).unwrap();
        let path = dir.path().join("charity.toml").display().to_string();
        let pairs = [
            ("BASE_URL", "https://give.example.org"),
            ("STRIPE_SECRET_KEY", "sk_test_KEYKEYKEY"),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK),
            ("SMTP_URL", "smtps://postman:MAILPASS@mail.example.org"),
            ("MAIL_FROM", "Lantern <giving@lantern.example>"),
            ("SESSION_SECRET", "SESSIONSESSIONSESSIONSESSIONSESSION"),
            ("CHARITY_CONFIG", &path),
        ];
        let env = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        Setup { dir, env }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn load(&self) -> Result<Config, ConfigErrors> {
        Config::from_env(&|name| self.env.get(name).cloned())
    }

    fn problems(&self) -> String {
        self.load().err().map(|e| e.to_string()).unwrap_or_default()
    }
}

fn refused(name: &str, value: &str) -> String {
    let problems = Setup::good().with(name, value).problems();
    assert!(problems.starts_with(&format!("{name}: ")), "{name}={value:?} gave {problems:?}");
    assert_eq!(problems.lines().count(), 1, "{problems}");
    problems
}

fn charity(toml: &str) -> Result<Charity, Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("logo.svg"), LOGO).unwrap();
    Charity::parse(&toml.replace("assets/logo-demo.svg", "logo.svg"), dir.path())
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn the_env_example_lists_every_setting_and_no_other() {
    let lines = ENV_EXAMPLE.lines().map(|l| l.strip_prefix('#').unwrap_or(l));
    let pairs: Vec<(&str, &str)> = lines
        .filter_map(|l| l.split_once('='))
        .filter(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .collect();
    let mut listed: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let mut known: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
    for (name, value) in pairs {
        let setting = SETTINGS.iter().find(|s| s.name == name).unwrap();
        let commented = ENV_EXAMPLE.contains(&format!("\n#{name}="));
        assert_eq!(
            commented,
            setting.default.is_some(),
            "{name}: commented out exactly when it has a default"
        );
        if let Some(default) = setting.default {
            assert_eq!(value, default, "{name}");
        }
    }
}

#[test]
fn the_env_example_does_not_start_until_a_person_has_put_their_own_secrets() {
    let env: HashMap<&str, &str> = ENV_EXAMPLE.lines().filter_map(|l| l.split_once('=')).collect();
    let problems = Config::from_env(&|name| env.get(name).map(ToString::to_string)).unwrap_err();
    let bad: Vec<&str> = problems.0.iter().map(|e| e.setting).collect();
    let expected =
        ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_URL", "SESSION_SECRET", "CHARITY_CONFIG"];
    assert_eq!(bad, expected, "{problems}");
    assert_eq!(env["SESSION_SECRET"], EXAMPLE_SESSION_SECRET);
}

#[test]
fn a_good_environment_is_read_with_its_defaults() {
    let config = Setup::good().load().unwrap();
    assert_eq!(config.database.to_string(), "sqlite://almoner.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.stripe.api_base, "https://api.stripe.com");
    assert!(!config.stripe.livemode);
    assert!(config.trusted_proxies.is_empty());
    assert_eq!(config.export_dir, std::path::Path::new("exports"));
    let elsewhere =
        Setup::good().with("DATABASE_URL", "sqlite:///var/lib/almoner/almoner.db").load().unwrap();
    assert_eq!(elsewhere.export_dir, std::path::Path::new("/var/lib/almoner/exports"));
    let named = Setup::good().with("EXPORT_DIR", "/srv/exports").load().unwrap();
    assert_eq!(named.export_dir, std::path::Path::new("/srv/exports"));
    assert_eq!(config.base_url.join("/portal"), "https://give.example.org/portal");
    assert_eq!(config.charity.entities[0].id, "uk");
}

#[test]
fn every_problem_is_listed_at_once_with_one_line_each() {
    let nothing = Config::from_env(&|_| None).unwrap_err();
    let named: Vec<&str> = nothing.0.iter().map(|e| e.setting).collect();
    let required: Vec<&str> = SETTINGS.iter().filter(|s| s.default.is_none()).map(|s| s.name).collect();
    assert_eq!(named, required);

    let absent = Setup::good().with("CHARITY_CONFIG", "/nowhere/charity.toml");
    assert!(absent.problems().contains("CHARITY_CONFIG: cannot read"));

    let setup = Setup::good();
    let toml = CHARITY_EXAMPLE
        .replace("assets/logo-demo.svg", "logo.svg")
        .replace("\"#0b5f5a\"", "\"#ffd400\"")
        .replace("country = \"GB\"", "country = \"FR\"")
        .replace("receipt_prefix = \"LFUS\"", "receipt_prefx = \"LFUS\"")
        .replace("preselected = 75", "preselected = 76")
        .replace("fund = \"justice\"", "fund = \"nowhere\"");
    let path = setup.file("bad.toml", &toml);
    let problems = setup.with("CHARITY_CONFIG", &path).with("LISTEN_ADDR", "here").problems();
    for wanted in [
        "LISTEN_ADDR: must be an IP address",
        "CHARITY_CONFIG: [brand] accent: #ffd400 cannot be read",
        "CHARITY_CONFIG: [entity.uk] country: must be GB, US",
        "CHARITY_CONFIG: [entity.us] receipt_prefix: is missing",
        "CHARITY_CONFIG: [entity.us] receipt_prefx: is not known here; is receipt_prefix meant?",
        "CHARITY_CONFIG: [entity.us.asks once USD] preselected: must be one of the amounts",
        "CHARITY_CONFIG: [campaign.freedom-walk] fund: there is no fund \"nowhere\"",
    ] {
        assert!(problems.lines().any(|l| l.starts_with(wanted)), "{wanted}\n---\n{problems}");
    }
}

#[test]
fn bad_addresses_are_refused_by_name() {
    for value in ["mysql://u:p@h/d", "sqlite:almoner.db", "sqlite://", "sqlite://:memory:", "almoner.db"] {
        refused("DATABASE_URL", value);
    }
    for value in ["postgres://", "postgres://host", "sqlite://a.db?mode=ro", "é://x", "://"] {
        refused("DATABASE_URL", value);
    }
    assert!(refused("DATABASE_URL", "mysql://u:TOPSECRET@h/d").contains("mysql: is not supported"));
    for value in [
        "http://give.example.org",
        "https://give.example.org/path",
        "https://give.example.org?x=1",
        "https://give.example.org/#x",
        "https://me:you@give.example.org",
        "ftp://give.example.org",
        "http://localhost.evil.example",
        "give.example.org",
    ] {
        refused("BASE_URL", value);
    }
    for value in ["http://api.stripe.com", "https://api.stripe.com?x", "ftp://127.0.0.1"] {
        refused("STRIPE_API_BASE", value);
    }
    for value in ["localhost", "127.0.0.1", "127.0.0.1:99999"] {
        refused("LISTEN_ADDR", value);
    }
    for value in ["10.0.0.0/33", "proxy", "0.0.0.0/0", "10.0.0.1 10.0.0.2"] {
        refused("TRUSTED_PROXIES", value);
    }
    for value in ["9464", "localhost:9464", "127.0.0.1", "127.0.0.1:99999"] {
        refused("METRICS_ADDR", value);
    }
    for value in ["it", "IT <it@charity.example>", "it@charity.example, me@charity.example"] {
        refused("ALARM_EMAIL", value);
    }
}

#[test]
fn good_addresses_keep_their_meaning() {
    let database = |v: &str| Setup::good().with("DATABASE_URL", v).load().unwrap().database;
    assert!(matches!(database("sqlite:///var/a.db"), DatabaseUrl::Sqlite(p) if p == Path::new("/var/a.db")));
    assert!(matches!(database("sqlite://data/a.db"), DatabaseUrl::Sqlite(p) if p == Path::new("data/a.db")));
    assert_eq!(database("postgresql://u:p@h:5433/d").to_string(), "postgresql://u:•••@h:5433/d");
    for (value, text, host) in [
        ("http://[::1]:3000/", "http://[::1]:3000", "[::1]"),
        ("http://LOCALHOST:3000", "http://localhost:3000", "localhost"),
        ("http://127.0.0.1", "http://127.0.0.1", "127.0.0.1"),
    ] {
        let url = Setup::good().with("BASE_URL", value).load().unwrap().base_url;
        assert_eq!((url.as_str(), url.host(), url.is_secure()), (text, host, false));
        assert_eq!(url.join("a/b"), format!("{text}/a/b"));
    }
    let stand_in = Setup::good().with("STRIPE_API_BASE", "http://127.0.0.1:9000/").load().unwrap();
    assert_eq!(stand_in.stripe.api_base, "http://127.0.0.1:9000");
    let proxies = Setup::good().with("TRUSTED_PROXIES", "10.0.0.0/8, ::1,").load().unwrap().trusted_proxies;
    assert_eq!(proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn weak_or_wrong_secrets_are_refused() {
    for value in ["pk_test_abc", "sk_test_", "sk_live_", "sk_abc", "sk_test_a b", "sk_test_replace_me"] {
        refused("STRIPE_SECRET_KEY", value);
    }
    for value in ["whsec_short", "0123456789abcdef0123456789abcdef0123", ","] {
        refused("STRIPE_WEBHOOK_SECRET", value);
    }
    refused("STRIPE_WEBHOOK_SECRET", &format!("{WEBHOOK},"));
    assert!(refused("STRIPE_WEBHOOK_SECRET", &format!("{WEBHOOK},whsec_x")).contains("secret 2"));
    assert!(refused("STRIPE_WEBHOOK_SECRET", "   ").contains("must be set"));
    refused("SESSION_SECRET", "too short");
    refused("SESSION_SECRET", EXAMPLE_SESSION_SECRET);
    let rolling =
        Setup::good().with("STRIPE_WEBHOOK_SECRET", &format!("{WEBHOOK}, {WEBHOOK}2")).load().unwrap();
    assert_eq!(rolling.stripe.webhook_secrets.len(), 2);
    for key in ["sk_live_abc", "rk_live_abc"] {
        assert!(Setup::good().with("STRIPE_SECRET_KEY", key).load().unwrap().stripe.livemode);
    }
}

#[test]
fn mail_has_a_real_sender_and_a_known_transport() {
    for value in ["http://mail", "smtp://", "file://", "mail.example.org", "smtp://host/path"] {
        refused("SMTP_URL", value);
    }
    for value in [
        "nobody",
        "Name <a@b>\r\nBcc: c@d.example",
        "Name <a@b",
        "Name <>",
        "a@b@c",
        "Trust, Inc. <a@b.example>",
        "<<a@b.example>",
        "a@-b.example",
    ] {
        refused("MAIL_FROM", value);
    }
    for value in [
        "a@b.example",
        "Lantern Trust <a+b@c.example>",
        "\"Trust, Inc.\" <a@b.example>",
        "Żółć <a@b.example>",
    ] {
        assert_eq!(Setup::good().with("MAIL_FROM", value).load().unwrap().mail.from, value);
    }
    let mail = Setup::good().with("SMTP_URL", "file://mail").load().unwrap().mail;
    assert!(matches!(mail.transport, MailTransport::Folder(p) if p == Path::new("mail")));
}

#[test]
fn a_secret_may_come_from_a_file() {
    let setup = Setup::good();
    let path = setup.file("session", "FILEFILEFILEFILEFILEFILEFILEFILEFILE\r\n");
    let setup = setup.without("SESSION_SECRET").with("SESSION_SECRET_FILE", &path);
    assert_eq!(setup.load().unwrap().session_secret.expose_secret(), "FILEFILEFILEFILEFILEFILEFILEFILEFILE");

    let both = setup.with("SESSION_SECRET", "OTHEROTHEROTHEROTHEROTHEROTHEROTHER");
    assert!(both.problems().contains("SESSION_SECRET: is set twice"));
    let absent = Setup::good().without("SESSION_SECRET").with("SESSION_SECRET_FILE", "/nowhere/at/all");
    assert!(absent.problems().contains("SESSION_SECRET: cannot read"));
    let setup = Setup::good();
    let empty = setup.file("empty", "\n");
    let setup = setup.without("SESSION_SECRET").with("SESSION_SECRET_FILE", &empty);
    assert!(setup.problems().contains("is empty"));
    let no_secret = Setup::good().without("MAIL_FROM").with("MAIL_FROM_FILE", "/tmp/x");
    assert!(no_secret.problems().contains("MAIL_FROM: is no secret"));
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let setup = Setup::good()
        .with("DATABASE_URL", "postgres://books:DBPASS@db.example/almoner?password=DBPASS")
        .with("STRIPE_WEBHOOK_SECRET", &format!("{WEBHOOK},{WEBHOOK}ROLLED"));
    let config = setup.load().unwrap();
    let printed = format!("{}\n{config:?}\n{config:#?}", config.redacted());
    for secret in ["DBPASS", "KEYKEYKEY", "0123456789abc", "ROLLED", "MAILPASS", "SESSIONSESSION"] {
        assert!(!printed.contains(secret), "{secret}");
    }
    for setting in SETTINGS {
        assert!(config.redacted().contains(setting.name), "{}", setting.name);
    }
    let spoilt = [
        ("DATABASE_URL", "SECRET"),
        ("DATABASE_URL", "postgres://u:SECRET@h:port/d"),
        ("DATABASE_URL", "SECRET:x@y"),
        ("STRIPE_SECRET_KEY", "SECRET"),
        ("STRIPE_WEBHOOK_SECRET", "SECRET"),
        ("SMTP_URL", "smtp://u:SECRET@h:port"),
        ("SMTP_URL", "smtp://u:SECRET@h/path"),
        ("BASE_URL", "https://u:SECRET@h"),
        ("SESSION_SECRET", "SECRET"),
    ];
    for (name, value) in spoilt {
        assert!(!refused(name, value).replace(name, "").contains("SECRET"), "{name}={value}");
    }
}

#[test]
fn the_shipped_charity_is_whole() {
    let charity = Charity::example();
    assert!(charity.entities.iter().map(|e| e.id.as_str()).eq(["uk", "us", "ca"]));
    assert_eq!((charity.funds.len(), charity.campaigns.len()), (4, 2));
    let uk = charity.entity("uk").unwrap();
    assert_eq!((uk.default_currency().code(), uk.gift_aid, uk.country), ("GBP", true, Country::GB));
    assert_eq!(uk.minimum_in(uk.default_currency()).unwrap().minor(), 200);
    let monthly = uk.asks.iter().find(|a| a.frequency.as_str() == "monthly").unwrap();
    assert_eq!(monthly.amounts[monthly.preselected].amount.minor(), 2000);
    assert!(charity.brand.accent.contrast(Rgb(255, 255, 255)) >= 4.5);
    let missing = |on| charity.missing_wording(day(on)).len();
    assert_eq!((missing("2020-01-01"), missing("2019-12-31")), (0, 14));
    let words = CHARITY_EXAMPLE.lines().filter(|l| !l.starts_with('#')).collect::<String>();
    assert!(!words.contains('!'));
}

/// Another charity: one entity, no campaigns, no suggested amounts, words in German.
const SECOND_CHARITY: &str = r##"
[brand]
name = "Brunnen für alle"
programme = "Brunnenpate"
heading = "Wasser für ein Dorf"
lead = "Ein Brunnen hält zwanzig Jahre."
logo = "logo.svg"
accent = "#7a1f5c"
ink = "#201a1e"
contact_email = "post@brunnen.example"
website = "https://brunnen.example"
locale = "de-DE"

[[entity]]
id = "de"
country = "DE"
legal_name = "Brunnen für alle e.V."
legal_form = "eingetragener Verein"
address = ["Beispielweg 1", "00000 Musterstadt"]
registrations = [{ label = "Vereinsregister", number = "VR 0000" }]
currencies = ["EUR", "JPY"]
time_zone = "Europe/Berlin"
receipt_prefix = "BFA"
address_required = "always"
frequencies = ["once", "yearly"]
minimum = { EUR = "0.50", JPY = 50 }
maximum = { EUR = "999999.99", JPY = 1000000 }

[[fund]]
id = "allgemein"
name = "Wo es am nötigsten ist"
description = "Für alle Brunnen."
restriction = "unrestricted"

[[wording]]
key = "consent"
version = "1"
valid_from = "2026-01-01"
text = ["Ja, {brand_name} darf mir schreiben.", "Das kann ich jederzeit ändern."]

[[wording]]
key = "receipt"
version = "1"
valid_from = 2026-01-01
text = "Danke. {registrations}"

[[wording]]
key = "refund"
version = "1"
valid_from = 2026-01-01
text = "Schreiben Sie an {contact_email}."
"##;

#[test]
fn a_second_charity_writes_its_own_file() {
    let charity = charity(SECOND_CHARITY).unwrap();
    let de = &charity.entities[0];
    assert_eq!((de.locale.as_str(), de.gift_aid, de.asks.len()), ("de-DE", false, 0));
    assert!(de.cover_fee.is_none() && charity.campaigns.is_empty());
    let light = charity.brand.accent_dark;
    assert!(light != charity.brand.accent && light.contrast(Rgb(0x1a, 0x20, 0x27)) >= 4.5);
    let consent = charity.wording.current(WordingKey::Consent, de, day("2026-05-01")).unwrap();
    assert_eq!(consent.text(), "Ja, Brunnen für alle darf mir schreiben.\n\nDas kann ich jederzeit ändern.");
    let with_phone = SECOND_CHARITY.replace("Danke.", "{contact_phone}");
    assert!(self::charity(&with_phone).unwrap_err().concat().contains("no contact_phone"));
}
