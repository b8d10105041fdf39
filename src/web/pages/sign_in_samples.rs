//! Samples of the pages that sign someone in.

use super::super::{Field, Layout, Notice, Tone};
use super::{CheckMailPage, OpenLinkPage, Purpose, SignInPage};

fn frame(title: &str) -> Layout {
    Layout { noindex: true, ..Layout::sample_portal_css(title) }
}

impl SignInPage {
    /// Samples: first visit, signed out, wrong password, nothing typed.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::new(frame("Sign in"));
        let notice =
            |tone, title: &str, text: &str| Some(Notice { tone, title: title.into(), text: text.into() });
        let out = Self {
            notice: notice(Tone::Success, "You are signed out.", "Come back whenever you like."),
            ..usual.clone()
        };
        let wrong = Self {
            email: Field::of("ada@donor.example"),
            password: Field::wrong(
                "",
                "This address and password do not go together. Try again, or have a link e-mailed to you.",
            ),
            next: "/portal/gifts".into(),
            ..usual.clone()
        };
        let empty = Self {
            email: Field::wrong("ada(at)donor", "Enter an e-mail address like name@example.org"),
            ..usual.clone()
        };
        vec![("usual", usual), ("signed_out", out), ("wrong", wrong), ("empty", empty)]
    }
}

impl CheckMailPage {
    /// Samples: each purpose, sent again, a wrong code, a long address.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let of = |purpose, email: &str| Self::new(frame("Check your e-mail"), purpose, email, "");
        let usual = of(Purpose::SignIn, "ada@donor.example");
        let again = Self {
            notice: Some(Notice {
                tone: Tone::Success,
                title: "Sent again.".into(),
                text: "Use the newest e-mail: the one before no longer works.".into(),
            }),
            ..usual.clone()
        };
        let wrong = Self {
            code: Field::wrong(
                "1234 567",
                "Enter the 8 digits from the newest e-mail. You have 4 tries left.",
            ),
            ..usual.clone()
        };
        let long = of(Purpose::SignIn, &format!("{}@donor.example", "a.very.long.address".repeat(10)));
        vec![
            ("sign_in", usual),
            ("sign_up", of(Purpose::SignUp, "ada@donor.example")),
            ("reset", of(Purpose::Reset, "ada@donor.example")),
            ("change_email", of(Purpose::ChangeEmail, "ada.marlow@donor.example")),
            ("again", again),
            ("wrong", wrong),
            ("long", long),
        ]
    }
}

impl OpenLinkPage {
    /// Samples: each state, and each with something to put right.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let masked = "a•••@donor.example";
        let here = Self::here(frame("Sign in"), masked, "/sign-in/link/t0k3n");
        let elsewhere = Self::elsewhere(frame("Type the code"), masked, "/sign-in/link/t0k3n/code");
        let gone = Self::gone(frame("This link no longer works"));
        let wrong = Self {
            code: Field::wrong(
                "0000 0000",
                "Enter the 8 digits from the newest e-mail. You have 3 tries left.",
            ),
            ..elsewhere.clone()
        };
        let gone_wrong = Self { email: Field::wrong("", "Enter your e-mail address"), ..gone.clone() };
        vec![
            ("here", here),
            ("elsewhere", elsewhere),
            ("gone", gone),
            ("wrong", wrong),
            ("gone_wrong", gone_wrong),
        ]
    }
}
