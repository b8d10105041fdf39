//! Configuration: the environment (twelve-factor) and the charity file, read once at start.
//!
//! Every problem is collected, so an operator mends them in one go; no message and no `Debug`
//! output ever holds a secret.

pub mod charity;
mod mail;
mod operations;
mod settings;
mod stripe;
mod urls;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

pub use charity::{
    Accounts, AddressRule, Ask, AskSet, Brand, Campaign, Charity, Country, CoverFee, Entity, Fund,
    Registration, Restriction, Rgb, StaffRules, Wording, WordingBook, WordingKey,
};
pub use mail::{MailConfig, MailTransport, is_email};
pub use operations::OperationsConfig;
pub use settings::{EXAMPLE_SESSION_SECRET, SETTINGS, Setting};
pub use stripe::StripeConfig;
pub use urls::{BaseUrl, DatabaseUrl};

use settings::Source;

/// Fewest characters of `SESSION_SECRET`.
const SESSION_SECRET_MIN: usize = 32;

/// Everything the program needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATABASE_URL`.
    pub database: DatabaseUrl,
    /// `BASE_URL`: the only source of links in mail.
    pub base_url: BaseUrl,
    /// `LISTEN_ADDR`.
    pub listen: SocketAddr,
    /// `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET`, `STRIPE_API_BASE`.
    pub stripe: StripeConfig,
    /// `SMTP_URL`, `MAIL_FROM`.
    pub mail: MailConfig,
    /// `SESSION_SECRET`, at least 32 characters.
    pub session_secret: SecretString,
    /// `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is believed; empty trusts nobody.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// `EXPORT_DIR`: where workbooks wait to be downloaded. Made when it is first needed.
    pub export_dir: PathBuf,
    /// `METRICS_ADDR`, `ALARM_EMAIL`.
    pub operations: OperationsConfig,
    /// The file named by `CHARITY_CONFIG`.
    pub charity: Charity,
}

/// One setting and what is wrong with it. Never holds a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The name of the setting, such as `BASE_URL`.
    pub setting: &'static str,
    /// What is wrong and how to put it right.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

/// Every problem found, in the order of [`SETTINGS`]; displayed one to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// Reads every setting through `env` (a name to its value), and the files they point to.
    ///
    /// # Errors
    /// [`ConfigErrors`] lists every bad setting at once, the charity file's problems among them.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigErrors> {
        let mut source = Source::new(env);
        let database = source.read("DATABASE_URL", |v| v.parse());
        let base_url = source.read("BASE_URL", |v| v.parse());
        let listen = source.read("LISTEN_ADDR", read_listen);
        let export_dir = source.read("EXPORT_DIR", |v| Ok(PathBuf::from(v)));
        let stripe = stripe::read(&mut source);
        let mail = mail::read(&mut source);
        let session_secret = source.read("SESSION_SECRET", read_session_secret);
        let trusted_proxies = source.read("TRUSTED_PROXIES", read_proxies);
        let operations = operations::read(&mut source);
        let charity = source.read_all("CHARITY_CONFIG", read_charity);
        let errors = source.finish();
        let rest = operations.zip(charity);
        match (database, base_url, listen, export_dir, stripe, mail, session_secret, trusted_proxies, rest) {
            (
                Some(database),
                Some(base_url),
                Some(listen),
                Some(export_dir),
                Some(stripe),
                Some(mail),
                Some(session_secret),
                Some(trusted_proxies),
                Some((operations, charity)),
            ) if errors.is_empty() => Ok(Config {
                export_dir: export_folder(&database, export_dir),
                database,
                base_url,
                listen,
                stripe,
                mail,
                session_secret,
                trusted_proxies,
                operations,
                charity,
            }),
            _ => Err(ConfigErrors(errors)),
        }
    }

    /// A table for people, one setting to a line; secrets are shown as `•••` and a length class.
    pub fn redacted(&self) -> String {
        let hooks: Vec<String> = self.stripe.webhook_secrets.iter().map(hidden).collect();
        let proxies: Vec<String> = self.trusted_proxies.iter().map(ToString::to_string).collect();
        let mode = if self.stripe.livemode { "live" } else { "test" };
        let rows = [
            ("DATABASE_URL", self.database.to_string()),
            ("BASE_URL", self.base_url.to_string()),
            ("LISTEN_ADDR", self.listen.to_string()),
            ("EXPORT_DIR", self.export_dir.display().to_string()),
            ("STRIPE_SECRET_KEY", format!("{} {mode} mode", hidden(&self.stripe.secret_key))),
            ("STRIPE_WEBHOOK_SECRET", hooks.join(", ")),
            ("STRIPE_API_BASE", self.stripe.api_base.clone()),
            ("SMTP_URL", self.mail.transport.to_string()),
            ("MAIL_FROM", self.mail.from.clone()),
            ("SESSION_SECRET", hidden(&self.session_secret)),
            ("TRUSTED_PROXIES", if proxies.is_empty() { "none".to_owned() } else { proxies.join(", ") }),
            ("METRICS_ADDR", self.operations.metrics.map_or_else(|| "none".to_owned(), |at| at.to_string())),
            ("ALARM_EMAIL", self.operations.alarm_email.clone().unwrap_or_else(|| "none".to_owned())),
            ("CHARITY_CONFIG", self.charity.summary()),
        ];
        rows.iter().map(|(name, value)| format!("{name:<22} {value}\n")).collect()
    }
}

/// `•••` and how long the secret is, in classes too wide to help a guesser.
fn hidden(secret: &SecretString) -> String {
    let class = match secret.expose_secret().chars().count() {
        0..32 => "under 32 characters",
        32..64 => "32 to 63 characters",
        _ => "64 characters or more",
    };
    format!("••• ({class})")
}

fn read_listen(value: &str) -> Result<SocketAddr, String> {
    value.parse().map_err(|_| {
        format!("must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080, not {value:?}")
    })
}

/// The named folder; else `exports` beside the SQLite file, or a folder of ours among the machine's temporary ones.
fn export_folder(database: &DatabaseUrl, named: PathBuf) -> PathBuf {
    match database {
        _ if !named.as_os_str().is_empty() => named,
        DatabaseUrl::Sqlite(file) => file.with_file_name("exports"),
        DatabaseUrl::Postgres(_) => std::env::temp_dir().join("almoner-exports"),
    }
}

fn read_session_secret(value: &str) -> Result<SecretString, String> {
    const HOW: &str = "make one with: openssl rand -base64 48";
    if value.contains(EXAMPLE_SESSION_SECRET) || is_placeholder(value) {
        return Err(format!("is still the value of .env.example; {HOW}"));
    }
    if value.chars().count() < SESSION_SECRET_MIN {
        return Err(format!("must have at least {SESSION_SECRET_MIN} characters; {HOW}"));
    }
    Ok(value.to_owned().into())
}

/// True for the values `.env.example` ships where a person must put their own.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower.contains("replace-me") || lower.contains("replace_me")
}

fn read_proxies(value: &str) -> Result<Vec<ipnet::IpNet>, String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(read_proxy).collect()
}

fn read_proxy(part: &str) -> Result<ipnet::IpNet, String> {
    let alone = part.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    let net = alone.or_else(|_| part.parse::<ipnet::IpNet>()).map_err(|_| {
        format!("must be addresses or networks with commas between, as 10.0.0.0/8, ::1; {part:?} is neither")
    })?;
    if net.prefix_len() == 0 {
        return Err(format!(
            "{part} trusts the whole internet to name a visitor's address; name the proxies"
        ));
    }
    Ok(net)
}

fn read_charity(value: &str) -> Result<Charity, Vec<String>> {
    let path = Path::new(value);
    let text = std::fs::read_to_string(path).map_err(|e| vec![format!("cannot read {value:?}: {e}")])?;
    Charity::parse(&text, path.parent().unwrap_or(Path::new("")))
}
