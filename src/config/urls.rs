//! Addresses: the database, the public base address, and the rules both share with Stripe's.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Where the records live. `Debug` and `Display` never show a password.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file, relative to the working directory or absolute.
    Sqlite(PathBuf),
    /// The whole address, user and password within.
    Postgres(SecretString),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scheme = text.split("://").next().unwrap_or_default();
        match scheme {
            "sqlite" => sqlite_path(&text["sqlite://".len()..]).map(DatabaseUrl::Sqlite),
            "postgres" | "postgresql" => postgres(text),
            _ => Err(refused_database(text)),
        }
    }
}

fn refused_database(text: &str) -> String {
    const KNOWN: &str = "use sqlite://path or postgres://user:password@host/database";
    if text.starts_with("sqlite:") {
        return format!("write sqlite:// with two slashes and then the path; {KNOWN}");
    }
    match text.split_once("://").map(|(scheme, _)| scheme) {
        Some(s) if s.len() <= 20 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => {
            format!("{s}: is not supported; {KNOWN}")
        }
        _ => format!("has no scheme; {KNOWN}"),
    }
}

fn sqlite_path(path: &str) -> Result<PathBuf, String> {
    if path.is_empty() || path.ends_with('/') {
        return Err("must name a file, such as sqlite://almoner.db".to_owned());
    }
    if path.contains(":memory:") {
        return Err("a database in memory is lost at the next start; name a file".to_owned());
    }
    if path.contains(['?', '#', '\0']) {
        return Err("takes no options after the path".to_owned());
    }
    Ok(PathBuf::from(path))
}

fn postgres(text: &str) -> Result<DatabaseUrl, String> {
    const HOW: &str = "write postgres://user:password@host/database";
    let url = Url::parse(text).map_err(|e| format!("is no address ({e}); {HOW}"))?;
    let socket = url.query_pairs().any(|(k, _)| k == "host");
    if !socket && url.host_str().unwrap_or_default().is_empty() {
        return Err(format!("has no host; {HOW}"));
    }
    if url.path().trim_start_matches('/').is_empty() {
        return Err(format!("has no database name; {HOW}"));
    }
    Ok(DatabaseUrl::Postgres(text.to_owned().into()))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Scheme, user, host, port and path; the password as `•••`; query and fragment left out.
pub(super) fn without_secrets(secret: &SecretString) -> String {
    let Ok(url) = Url::parse(secret.expose_secret()) else { return "•••".to_owned() };
    let user = match (url.username(), url.password()) {
        ("", None) => String::new(),
        (name, None) => format!("{name}@"),
        (name, Some(_)) => format!("{name}:•••@"),
    };
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let more = if url.query().is_some() { " (and options)" } else { "" };
    format!("{}://{user}{}{port}{}{more}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The public address of the site: scheme, host and port, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
    secure: bool,
}

impl BaseUrl {
    /// The address of `path` on this site; `path` may begin with a slash or not.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{}", self.text, path.trim_start_matches('/'))
    }

    /// True for `https`: cookies carry `Secure`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host without the port; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Scheme, host and port, as a browser sends it in `Origin`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = web_address(text)?;
        if url.path() != "/" {
            return Err("must end after the host: the site has to be at the root, without a path".to_owned());
        }
        Ok(BaseUrl {
            text: url.origin().ascii_serialization(),
            host: url.host_str().unwrap_or_default().to_owned(),
            secure: url.scheme() == "https",
        })
    }
}

/// An `https` address, or `http` on this machine, without user, query or fragment. Never echoes `text`.
pub(super) fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|e| format!("is no web address ({e}); write it like https://give.example.org"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(
                "must begin with https:// (http:// only for localhost, 127.0.0.1 or [::1])".to_owned()
            );
        }
        other => return Err(format!("must begin with https://, not {other}:")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must have neither ? nor #".to_owned());
    }
    Ok(url)
}

/// True when the address is on this very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The folder of a `file://` address: `file://mail` is relative, `file:///var/mail` absolute.
pub(super) fn folder(path: &str) -> Result<PathBuf, String> {
    if path.is_empty() || path.contains('\0') {
        return Err("must name a folder, such as file://mail or file:///var/spool/almoner".to_owned());
    }
    Ok(PathBuf::from(path))
}
