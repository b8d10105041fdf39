//! The table of settings, and reading one from the environment or from the file in `NAME_FILE`.

use super::ConfigError;

/// The value `.env.example` gives `SESSION_SECRET`: refused at start.
pub const EXAMPLE_SESSION_SECRET: &str = "replace-me-with-what-openssl-rand-base64-48-prints";

/// Longest file `NAME_FILE` may point to, in bytes.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// One environment variable that the program reads.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// What is used when it is absent or empty; `None` means it must be set. An empty default means "none".
    pub default: Option<&'static str>,
    /// True when it may hold a password or key: hidden in output, and readable from `NAME_FILE`.
    pub secret: bool,
    /// One sentence for the operator.
    pub help: &'static str,
}

/// Every setting, in the order of `.env.example` (a test keeps the two alike).
///
/// A setting with `secret` may come from a file instead: `NAME_FILE` holds the path, the file's trailing
/// line breaks are cut off, and setting both `NAME` and `NAME_FILE` is an error.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "DATABASE_URL",
        default: Some("sqlite://almoner.db"),
        secret: true,
        help: "sqlite://path (three slashes for an absolute path) or postgres://user:password@host/database",
    },
    Setting {
        name: "BASE_URL",
        default: None,
        secret: false,
        help: "the public address, such as https://give.example.org: the only source of links in mail",
    },
    Setting {
        name: "LISTEN_ADDR",
        default: Some("127.0.0.1:8080"),
        secret: false,
        help: "the IP address and port to listen on",
    },
    Setting {
        name: "EXPORT_DIR",
        default: Some(""),
        secret: false,
        help: "the folder for exported workbooks; empty for one beside the SQLite file, or a temporary one",
    },
    Setting {
        name: "STRIPE_SECRET_KEY",
        default: None,
        secret: true,
        help: "Stripe's secret or restricted key: sk_test_…, sk_live_…, rk_test_… or rk_live_…",
    },
    Setting {
        name: "STRIPE_WEBHOOK_SECRET",
        default: None,
        secret: true,
        help: "the webhook endpoint's signing secret, whsec_…; two with a comma between while rolling",
    },
    Setting {
        name: "STRIPE_API_BASE",
        default: Some("https://api.stripe.com"),
        secret: false,
        help: "where Stripe's API is; only tests and the stand-in change it",
    },
    Setting {
        name: "SMTP_URL",
        default: None,
        secret: true,
        help: "smtps://user:password@host, smtp://host:port, or file://folder to keep mail in a folder",
    },
    Setting {
        name: "MAIL_FROM",
        default: None,
        secret: false,
        help: "the sender of every message: Name <address@example.org>",
    },
    Setting {
        name: "SESSION_SECRET",
        default: None,
        secret: true,
        help: "at least 32 random characters; changing it signs everyone out",
    },
    Setting {
        name: "TRUSTED_PROXIES",
        default: Some(""),
        secret: false,
        help: "addresses or networks of the reverse proxies in front, with commas between; empty for none",
    },
    Setting {
        name: "METRICS_ADDR",
        default: Some(""),
        secret: false,
        help: "a second IP address and port that answers /metrics for Prometheus; empty for none",
    },
    Setting {
        name: "ALARM_EMAIL",
        default: Some(""),
        secret: false,
        help: "who gets an e-mail when something is wrong that needs somebody; empty for nobody",
    },
    Setting {
        name: "CHARITY_CONFIG",
        default: None,
        secret: false,
        help: "path of the TOML file that describes the charity; begin with charity.example.toml",
    },
];

/// The row of [`SETTINGS`] with this name.
fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.name == name)
}

/// Reads settings one by one and gathers what is wrong with them.
pub(super) struct Source<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    errors: Vec<ConfigError>,
}

impl<'a> Source<'a> {
    /// A source over `env`.
    pub(super) fn new(env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Source { env, errors: Vec::new() }
    }

    /// Reads `name` and passes its value to `parse`; a problem is noted and gives `None`.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read_all(name, |value| parse(value).map_err(|problem| vec![problem]))
    }

    /// As [`Source::read`], for a setting that can have many problems.
    pub(super) fn read_all<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Vec<String>>,
    ) -> Option<T> {
        let found = self.value(name).map_err(|problem| vec![problem]);
        match found.and_then(|value| parse(&value)) {
            Ok(read) => Some(read),
            Err(problems) => {
                self.errors
                    .extend(problems.into_iter().map(|problem| ConfigError { setting: name, problem }));
                None
            }
        }
    }

    /// Every problem noted so far.
    pub(super) fn finish(self) -> Vec<ConfigError> {
        self.errors
    }

    fn value(&self, name: &'static str) -> Result<String, String> {
        let Some(setting) = setting(name) else { return Err("is not in the table of settings".to_owned()) };
        let direct = self.present(name);
        let file = self.present(&format!("{name}_FILE"));
        match (direct, file) {
            (Some(_), Some(_)) => Err(format!("is set twice: keep either {name} or {name}_FILE")),
            (None, Some(_)) if !setting.secret => {
                Err(format!("is no secret, so {name}_FILE is not read; set {name} itself"))
            }
            (Some(value), None) => Ok(value),
            (None, Some(path)) => from_file(name, &path),
            (None, None) => {
                setting.default.map(str::to_owned).ok_or_else(|| format!("must be set: {}", setting.help))
            }
        }
    }

    /// The variable without blanks around it, or `None` when nothing is left.
    fn present(&self, name: &str) -> Option<String> {
        let value = (self.env)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }
}

fn from_file(name: &str, path: &str) -> Result<String, String> {
    let cannot = |e: std::io::Error| format!("cannot read {path:?} of {name}_FILE: {e}");
    if std::fs::metadata(path).map_err(cannot)?.len() > SECRET_FILE_MAX {
        return Err(format!("{path:?} of {name}_FILE is too long to be a secret"));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    let value = text.trim_end_matches(['\n', '\r']);
    if value.is_empty() {
        return Err(format!("{path:?} of {name}_FILE is empty"));
    }
    Ok(value.to_owned())
}
