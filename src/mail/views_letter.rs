//! The plain letter: a heading, a few paragraphs, perhaps a code, a button and some figures.
//!
//! For sign-in links and everything else that says one thing: an address confirmed, a password changed, choices kept.

use super::views::{MailFrame, MailLink, MailRow};
use super::views_text::{one_line, rows, tidy};

/// A letter.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// The frame; its `reason` says why they got it.
    pub frame: MailFrame,
    /// The subject. A code is never in it: it would be read on a locked screen.
    pub subject: String,
    /// What a mail program shows after the subject; neither code nor link.
    pub preheader: String,
    /// The heading.
    pub heading: String,
    /// The sentence under it; may be empty.
    pub lead: String,
    /// More of them, one paragraph each.
    pub paragraphs: Vec<String>,
    /// The button.
    pub link: Option<MailLink>,
    /// The sentence over the code: "Or type this code where you asked for the link:"; may be empty.
    pub code_line: String,
    /// "1234 5678"; empty: left out.
    pub code: String,
    /// Details, line by line; may be empty.
    pub rows: Vec<MailRow>,
    /// Small print at the end: "You can ignore this e-mail if you did not ask for it."
    pub closing: Vec<String>,
}

impl Letter {
    /// The subject, on one line.
    pub fn subject(&self) -> String {
        one_line(&self.subject)
    }

    /// What a mail program shows after the subject.
    pub fn preheader(&self) -> String {
        self.preheader.clone()
    }

    /// The details, each on one line.
    pub fn rows(&self) -> Vec<MailRow> {
        let lines: Vec<(&str, &str)> =
            self.rows.iter().map(|row| (row.label.as_str(), row.value.as_str())).collect();
        rows(&lines)
    }

    /// The HTML part.
    pub fn html(&self) -> Result<String, askama::Error> {
        askama::Template::render(&LetterHtml { m: self, f: &self.frame })
    }

    /// The text part.
    pub fn text(&self) -> Result<String, askama::Error> {
        askama::Template::render(&LetterText { m: self, f: &self.frame }).map(|t| tidy(&t))
    }
}

#[derive(askama::Template)]
#[template(path = "mail/letter.html")]
struct LetterHtml<'a> {
    m: &'a Letter,
    f: &'a MailFrame,
}

#[derive(askama::Template)]
#[template(path = "mail/letter.txt")]
struct LetterText<'a> {
    m: &'a Letter,
    f: &'a MailFrame,
}

#[path = "views_letter_samples.rs"]
mod samples;
