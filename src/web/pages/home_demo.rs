//! The first page of a demo: what there is to see, and the sign-ins.

use super::{Layout, Link};

/// Where to start in a demo.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/home_demo.html")]
pub struct HomeDemoPage {
    /// The frame, with the demo bar.
    pub layout: Layout,
    /// The one heading.
    pub heading: String,
    /// A sentence or two.
    pub lead: String,
    /// The places to go to, in order.
    pub places: Vec<Place>,
    /// The sign-ins that work here; may be empty.
    pub sign_ins: Vec<SignIn>,
}

/// One place to go to.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The link.
    pub link: Link,
    /// What is there, in a sentence.
    pub text: String,
}

/// One sign-in of the demo.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// Who it is: "Donor with a monthly gift".
    pub who: String,
    /// The e-mail.
    pub email: String,
    /// How to sign in: the password, or "link by e-mail".
    pub secret: String,
    /// Where to sign in.
    pub href: String,
}

impl HomeDemoPage {
    /// Samples: with and without sign-ins.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let place =
            |label: &str, href: &str, text: &str| Place { link: Link::new(label, href), text: text.into() };
        let usual = Self {
            layout: Layout { css: Layout::sample_portal_css("").css, ..Layout::sample_demo("Demo") },
            heading: "See Almoner at work".into(),
            lead: "An invented charity, a stand-in for Stripe and a mailbox, all on this machine. No money moves and no mail leaves.".into(),
            places: vec![
                place("Give", "/give", "The giving form, once or every month."),
                place("Read the mailbox", "/sandbox/mail", "Every receipt and link the charity has sent."),
                place("Move time", "/sandbox/clock", "See next month's gift arrive now."),
            ],
            sign_ins: vec![
                SignIn { who: "Donor with a monthly gift".into(), email: "ada@donor.example".into(), secret: "link by e-mail".into(), href: "/sign-in".into() },
                SignIn { who: "Finance".into(), email: "finance@lantern.example".into(), secret: "harbour-lamp-north-7".into(), href: "/staff/sign-in".into() },
            ],
        };
        let empty = Self { sign_ins: vec![], ..usual.clone() };
        vec![("usual", usual), ("empty", empty)]
    }
}
