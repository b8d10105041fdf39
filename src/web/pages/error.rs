//! The page for a request that cannot be answered.

use super::{Layout, Link};

/// A plain sentence, a next step, a reference.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// What happened, as a plain sentence.
    pub heading: String,
    /// What it means and what to do, one paragraph each.
    pub text: Vec<String>,
    /// The one next step, as a button.
    pub action: Option<Link>,
    /// The reference someone can quote; empty: left out.
    pub reference: String,
}

impl ErrorPage {
    /// The words for an HTTP status; every status without its own words reads like 500 (or 400 below 500).
    pub fn for_status(layout: Layout, status: u16, reference: impl Into<String>) -> Self {
        let home = Some(Link::new("Go to the start page", layout.home_href.clone()));
        let give = Some(Link::new("Go to the giving form", "/give"));
        let nothing = "If you were giving: nothing was taken.";
        let (heading, text, action): (&str, Vec<&str>, Option<Link>) = match status {
            401 | 403 => (
                "This page is not open to you",
                vec![
                    "You may need to sign in first, or the form was open for too long. Go back, load the page again and try once more.",
                    nothing,
                ],
                home,
            ),
            404 | 410 => (
                "We could not find that page",
                vec![
                    "The address may have been cut short or mistyped. If a link in one of our e-mails led you here, write to us and we'll put it right.",
                ],
                home,
            ),
            405 => (
                "This address works another way",
                vec!["The page exists but cannot be opened like this. Start from its form instead.", nothing],
                give,
            ),
            408 | 409 => (
                "Something changed in the meantime",
                vec!["The page you saw is out of date. Load it again to see how things stand now.", nothing],
                home,
            ),
            413 => (
                "That was too long for us",
                vec![
                    "Your message or one of your details is longer than we can take. Go back and make it shorter. A message can have 500 letters.",
                    nothing,
                ],
                give,
            ),
            422 => (
                "Some details need another look",
                vec!["Go back to the form, check what you typed and send it again.", nothing],
                give,
            ),
            429 => (
                "Too many tries in a short time",
                vec![
                    "We slow things down to keep everyone's money safe. Wait a minute, then try again.",
                    nothing,
                ],
                give,
            ),
            503 => (
                "We are away for a moment",
                vec![
                    "The site is being looked after and comes back by itself. Try again in a few minutes.",
                    "Gifts already on their way are safe and monthly gifts go on as planned.",
                ],
                home,
            ),
            500.. => (
                "Something went wrong on our side",
                vec![
                    "It is not your fault. Try again in a few minutes.",
                    "If you were paying: look for our e-mail before you give a second time. If the gift went through, it is on its way to you.",
                ],
                home,
            ),
            _ => (
                "We could not read that",
                vec![
                    "Part of what your browser sent was missing or changed on the way. Go back, load the page again and try once more.",
                    nothing,
                ],
                give,
            ),
        };
        let layout = Layout { title: heading.into(), noindex: true, ..layout };
        Self {
            layout,
            heading: heading.into(),
            text: text.into_iter().map(Into::into).collect(),
            action,
            reference: reference.into(),
        }
    }

    /// Samples: every status that has its own words, and a long reference.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |status| Self::for_status(Layout::sample(""), status, "01JD8Q4T9V");
        let mut long = page(500);
        long.reference = "01JD8Q4T9V".repeat(12);
        vec![
            ("400", page(400)),
            ("403", page(403)),
            ("404", page(404)),
            ("405", page(405)),
            ("413", page(413)),
            ("422", page(422)),
            ("429", page(429)),
            ("500", page(500)),
            ("503", page(503)),
            ("long", long),
        ]
    }
}
