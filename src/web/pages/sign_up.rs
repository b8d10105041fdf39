//! Creating an account, and choosing a new password.

use super::parts::Hidden;
use super::sign_in::collect;
use super::{Field, Layout, Link, Notice, Problem};

/// What a password must be, said under every field for a new one.
pub const PASSWORD_HINT: &str = "At least 15 characters. Three or four random words work well.";

/// `/sign-up`. Posts `given_name`, `family_name`, `email`, `password` (may be empty) and `next`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// A sentence under the heading.
    pub lead: String,
    /// Where it posts to: `/sign-up`.
    pub action: String,
    /// First name.
    pub given_name: Field,
    /// Last name.
    pub family_name: Field,
    /// E-mail.
    pub email: Field,
    /// Password; never sent back, only its error is shown.
    pub password: Field,
    /// What a password must be.
    pub password_hint: String,
    /// Hidden field `next`; empty: left out.
    pub next: String,
    /// Other hidden fields.
    pub hidden: Vec<Hidden>,
    /// "Sign in".
    pub sign_in: Link,
}

impl SignUpPage {
    /// The page with its usual words and addresses.
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            lead:
                "See what you have given, keep your receipts in one place and change your details yourself."
                    .into(),
            action: "/sign-up".into(),
            password_hint: PASSWORD_HINT.into(),
            sign_in: Link::new("Sign in", "/sign-in"),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("email", &self.email),
            ("password", &self.password),
        ])
    }

    /// Samples: first visit, and things to put right.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::new(Layout { noindex: true, ..Layout::sample_portal_css("Create an account") });
        let wrong = Self {
            given_name: Field::wrong("", "Enter your first name"),
            family_name: Field::of("محمد عبد الرحمن الراشد"),
            email: Field::wrong("ada(at)donor", "Enter an e-mail address like name@example.org"),
            password: Field::wrong(
                "",
                "This password is on lists of stolen ones. Choose another of 15 characters or more.",
            ),
            ..usual.clone()
        };
        vec![("usual", usual), ("wrong", wrong)]
    }
}

/// `/password/forgot`. Posts `email`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/forgot.html")]
pub struct ForgotPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// Where it posts to: `/password/forgot`.
    pub action: String,
    /// E-mail.
    pub email: Field,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// "Back to sign in".
    pub back: Link,
}

impl ForgotPage {
    /// The page with its usual words and addresses.
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            action: "/password/forgot".into(),
            back: Link::new("Back to sign in", "/sign-in"),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("email", &self.email)])
    }

    /// Samples: first visit, and nothing typed.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::new(Layout { noindex: true, ..Layout::sample_portal_css("Forgot your password?") });
        let wrong = Self { email: Field::wrong("", "Enter your e-mail address"), ..usual.clone() };
        vec![("usual", usual), ("wrong", wrong)]
    }
}

/// `/password/new`, reached from a mail. Posts `password`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/new_password.html")]
pub struct NewPasswordPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// Where it posts to: `/password/new`.
    pub action: String,
    /// Whose password it is: "ada@donor.example".
    pub email: String,
    /// The new password; never sent back, only its error is shown.
    pub password: Field,
    /// What a password must be.
    pub password_hint: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// What happens with other browsers: "You stay signed in here and are signed out everywhere else."; may be empty.
    pub after: String,
}

impl NewPasswordPage {
    /// The page with its usual words and addresses.
    pub fn new(layout: Layout, email: &str) -> Self {
        Self {
            layout,
            action: "/password/new".into(),
            email: email.into(),
            password_hint: PASSWORD_HINT.into(),
            after: "You will be signed in here and signed out everywhere else.".into(),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("password", &self.password)])
    }

    /// Samples: first visit, and one that is too short.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let frame = Layout { noindex: true, ..Layout::sample_portal_css("Choose a new password") };
        let usual = Self::new(frame, "ada@donor.example");
        let wrong =
            Self { password: Field::wrong("", "Make it longer: 15 characters or more"), ..usual.clone() };
        vec![("usual", usual), ("wrong", wrong)]
    }
}
