//! Sending: by SMTP, or as files into a folder (demo, tests, a host's own pick-up directory).

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::{Mailbox, MultiPart, header};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::clock::Ts;
use crate::config::{MailConfig, MailTransport};
use crate::failpoints::{self, Point};
use crate::guard;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a mail did not leave. Texts carry no address.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Try again later.
    #[error("mail host: {0}")]
    Temporary(String),
    /// No use in another try: the address or the content is refused.
    #[error("refused: {0}")]
    Permanent(String),
}

/// A mail ready to leave.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// One mailbox.
    pub to: &'a str,
    /// Subject line.
    pub subject: &'a str,
    /// Plain text part.
    pub text: &'a str,
    /// HTML part.
    pub html: &'a str,
    /// Stable over retries, so that a repeat can be dropped by the receiver; without angle brackets.
    pub message_id: &'a str,
    /// Date header.
    pub date: Ts,
    /// What goes with it.
    pub attachment: Option<&'a Attachment>,
}

/// A PDF that goes with a mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// What the file is called: letters, digits, dots and hyphens.
    pub name: String,
    /// Its bytes.
    pub pdf: Vec<u8>,
}

/// Sends mail.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

impl Mailer {
    /// A mailer for the configured transport; nothing is contacted yet.
    ///
    /// # Errors
    /// When the sender or the URL cannot be read.
    pub fn new(config: &MailConfig) -> anyhow::Result<Mailer> {
        let from: Mailbox = config.from.parse()?;
        let way = match &config.transport {
            MailTransport::Smtp { url } => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())?
                    .timeout(Some(TIMEOUT))
                    .build();
                Way::Smtp(transport)
            }
            MailTransport::Folder(dir) => Way::Folder(dir.clone()),
        };
        Ok(Mailer { from, way })
    }

    /// The host part of the sender, for Message-IDs.
    pub fn host(&self) -> &str {
        self.from.email.domain()
    }

    /// Hands one mail to the next host, or writes it to the folder.
    ///
    /// # Errors
    /// [`MailError`] says whether another try makes sense.
    pub async fn send(&self, mail: &Outgoing<'_>) -> Result<(), MailError> {
        guard::assert_no_open_write("mail");
        let message = self.build(mail)?;
        failpoints::reach(Point::BeforeMail).await;
        let sent = match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await.map(|_| ()).map_err(|e| {
                let what = match e.status() {
                    Some(code) => format!("answered {code}"),
                    None if e.is_timeout() => "time-out".to_owned(),
                    None if e.is_tls() => "TLS failed".to_owned(),
                    None => "no connection".to_owned(),
                };
                // Only what is wrong with this mailbox or mail is for good. A refused login or a blocked sender is
                // ours to put right, and then every waiting receipt must still go out.
                let code = e.status().map(u16::from).unwrap_or_default();
                let this_mail = matches!(code, 501 | 550 | 551 | 552 | 553);
                if this_mail { MailError::Permanent(what) } else { MailError::Temporary(what) }
            }),
            Way::Folder(dir) => write_file(dir, mail, message.formatted()).await,
        };
        failpoints::reach(Point::AfterMail).await;
        sent
    }

    fn build(&self, mail: &Outgoing<'_>) -> Result<Message, MailError> {
        let name = mail.attachment.map_or("", |file| file.name.as_str());
        for value in [mail.to, mail.subject, mail.message_id, name] {
            if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
                return Err(MailError::Permanent("control characters in a header".to_owned()));
            }
        }
        let address: lettre::Address =
            mail.to.parse().map_err(|_| MailError::Permanent("not a mailbox".to_owned()))?;
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(mail.date.as_unix().max(0).unsigned_abs());
        let words = MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned());
        let body = match mail.attachment {
            None => words,
            Some(file) => {
                let kind = header::ContentType::parse("application/pdf")
                    .map_err(|e| MailError::Permanent(e.to_string()))?;
                let file = lettre::message::Attachment::new(file.name.clone()).body(file.pdf.clone(), kind);
                MultiPart::mixed().multipart(words).singlepart(file)
            }
        };
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject)
            .message_id(Some(format!("<{}>", mail.message_id)))
            .date(date)
            .header(AutoSubmitted)
            .multipart(body)
            .map_err(|e| MailError::Permanent(e.to_string()))
    }
}

/// `Auto-Submitted: auto-generated` keeps out-of-office robots quiet (RFC 3834).
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }
    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

async fn write_file(dir: &Path, mail: &Outgoing<'_>, bytes: Vec<u8>) -> Result<(), MailError> {
    let left = mail.message_id.split('@').next().unwrap_or_default();
    let name: String = format!("{}-{left}", mail.date.as_micros())
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-')
        .collect();
    let dir = dir.to_owned();
    // One errand to the thread for such work, not one for each step.
    let work = move || {
        std::fs::create_dir_all(&dir)?;
        let part = dir.join(format!(".{name}.part"));
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, dir.join(format!("{name}.eml")))
    };
    let written = tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(std::io::Error::other(e)));
    written.map_err(|e| MailError::Temporary(format!("mail folder: {}", e.kind())))
}
