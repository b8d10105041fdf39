//! Reading the mail the demo caught in its folder.

use std::path::Path;

use mail_parser::{Message, MessageParser};

/// One caught mail.
#[derive(Clone, Debug)]
pub struct Caught {
    /// File name without its ending.
    pub name: String,
    /// Whom it is for.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// Date header as seconds since 1970.
    pub date: i64,
    /// Plain text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// The newest mails, newest first; their names begin with their time, so that only those shown are read.
pub fn newest(folder: &Path, most: usize) -> Vec<Caught> {
    let Ok(entries) = std::fs::read_dir(folder.join("mail")) else { return Vec::new() };
    let names =
        entries.flatten().filter_map(|e| Some(e.file_name().to_str()?.strip_suffix(".eml")?.to_owned()));
    let mut names: Vec<String> = names.filter(|n| is_name(n)).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.truncate(most);
    names.iter().filter_map(|n| read(folder, n)).collect()
}

/// One mail by name.
pub fn read(folder: &Path, name: &str) -> Option<Caught> {
    if !is_name(name) {
        return None;
    }
    let bytes = std::fs::read(folder.join("mail").join(format!("{name}.eml"))).ok()?;
    let message = MessageParser::default().parse(&bytes)?;
    Some(Caught {
        name: name.to_owned(),
        to: recipient(&message),
        subject: message.subject().unwrap_or_default().to_owned(),
        date: message.date().map_or(0, |d| d.to_timestamp()),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
    })
}

fn recipient(message: &Message<'_>) -> String {
    message.to().and_then(|t| t.first()).and_then(|a| a.address()).unwrap_or_default().to_owned()
}

/// Names that we gave: no dots, no slashes.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
