//! How mail leaves, and under whose name.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::is_placeholder;
use super::settings::Source;
use super::urls::{folder, without_secrets};

/// Longest mailbox accepted, in bytes.
const MAILBOX_MAX: usize = 200;

/// The transport and the sender.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `SMTP_URL`.
    pub transport: MailTransport,
    /// `MAIL_FROM`: `Name <address>` or a bare address, without line breaks.
    pub from: String,
}

/// Where messages go. `Debug` and `Display` never show a password.
#[derive(Clone)]
pub enum MailTransport {
    /// A server: `smtp://` or `smtps://`, user and password optional.
    Smtp {
        /// The whole address.
        url: SecretString,
    },
    /// A folder that keeps each message as a file: `file://dir`.
    Folder(PathBuf),
}

impl fmt::Display for MailTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MailTransport::Smtp { url } => f.write_str(&without_secrets(url)),
            MailTransport::Folder(path) => write!(f, "file://{}", path.display()),
        }
    }
}

impl fmt::Debug for MailTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailTransport({self})")
    }
}

/// Reads both settings, noting every problem.
pub(super) fn read(source: &mut Source<'_>) -> Option<MailConfig> {
    let transport = source.read("SMTP_URL", read_transport);
    let from = source.read("MAIL_FROM", read_mailbox);
    Some(MailConfig { transport: transport?, from: from? })
}

fn read_transport(value: &str) -> Result<MailTransport, String> {
    const HOW: &str = "use smtps://user:password@host, smtp://host:port or file://folder";
    if let Some(path) = value.strip_prefix("file://") {
        return folder(path).map(MailTransport::Folder);
    }
    if !value.starts_with("smtp://") && !value.starts_with("smtps://") {
        return Err(format!("must begin with smtp://, smtps:// or file://; {HOW}"));
    }
    let url = Url::parse(value).map_err(|e| format!("is no address ({e}); {HOW}"))?;
    if is_placeholder(url.password().unwrap_or_default()) {
        return Err("still holds the password of .env.example".to_owned());
    }
    if url.host_str().unwrap_or_default().is_empty() {
        return Err(format!("has no host; {HOW}"));
    }
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(format!("must end after the host and port; {HOW}"));
    }
    Ok(MailTransport::Smtp { url: value.to_owned().into() })
}

pub(super) fn read_mailbox(value: &str) -> Result<String, String> {
    const HOW: &str = "must be an address, as Name <address@example.org> or address@example.org";
    if value.chars().any(char::is_control) {
        return Err("must be one line, without control characters".to_owned());
    }
    if value.len() > MAILBOX_MAX {
        return Err(format!("must have at most {MAILBOX_MAX} characters"));
    }
    let (name, address) = match value.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<').ok_or(HOW)?,
        None => ("", value),
    };
    let name = name.trim();
    let quoted = name.len() >= 2 && name.starts_with('"') && name.ends_with('"');
    let bare = if quoted { &name[1..name.len() - 1] } else { name };
    if bare.contains(['"', '\\'])
        || (!quoted && bare.contains(['(', ')', '<', '>', '[', ']', ':', ';', '@', ',', '.']))
    {
        return Err("has a name with punctuation: put the name in \"double quotes\"".to_owned());
    }
    if !is_email(address) { Err(HOW.to_owned()) } else { Ok(value.to_owned()) }
}

/// A plain check for an address: one `@`, printable ASCII, a host of labels. Delivery tells the rest.
pub fn is_email(address: &str) -> bool {
    let Some((local, host)) = address.split_once('@') else { return false };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(atom)
        && host.split('.').all(label)
}
