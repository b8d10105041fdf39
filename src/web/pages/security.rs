//! Sign-in address, password and signed-in browsers at `/portal/security`.

use super::parts::{Act, Hidden};
use super::sign_in::collect;
use super::sign_up::PASSWORD_HINT;
use super::{Field, Layout, Link, Notice, Problem, Tone};

/// One browser that is signed in.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// "Chrome on Windows".
    pub name: String,
    /// "Signed in on 3 November 2026".
    pub signed_in: String,
    /// "In use now", "Last used on 20 November 2026"; may be empty.
    pub last_used: String,
    /// Whether it is this one.
    pub here: bool,
    /// Signs this one out.
    pub sign_out: Option<Act>,
}

/// `/portal/security`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/security.html")]
pub struct SecurityPage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "Signing in".
    pub heading: String,
    /// The sign-in address.
    pub email: String,
    /// "We have sent a link to ada.marlow@donor.example. Until you open it, the address above stays."; may be empty.
    pub email_pending: String,
    /// What other addresses sign in to this account; empty: none.
    pub email_others: String,
    /// "Change".
    pub email_change: Link,
    /// "Set on 3 May 2026" or "You have none. You sign in by e-mail link."
    pub password_line: String,
    /// "Change" or "Choose a password".
    pub password_change: Link,
    /// The signed-in browsers, this one first.
    pub browsers: Vec<Browser>,
    /// "Sign out everywhere else"; none when there is nowhere else.
    pub sign_out_others: Option<Act>,
}

impl SecurityPage {
    /// Samples: the usual, one browser without a password, an address to be confirmed.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let browser = |name: &str, signed_in: &str, last_used: &str, here| Browser {
            name: name.into(),
            signed_in: format!("Signed in on {signed_in}"),
            last_used: last_used.into(),
            here,
            sign_out: None,
        };
        let usual = Self {
            layout: Layout::sample_portal("Security", "/portal/security"),
            heading: "Security".into(),
            email: "ada@donor.example".into(),
            email_change: Link::new("Change", "/portal/security/email"),
            password_line: "Set on 3 May 2026".into(),
            password_change: Link::new("Change", "/portal/security/password"),
            browsers: vec![
                browser("Chrome on Windows", "3 November 2026", "In use now", true),
                browser("Safari on iPhone", "12 October 2026", "Last used on 20 November 2026", false),
                browser("Firefox on Linux", "1 September 2026", "Last used on 1 September 2026", false),
            ],
            sign_out_others: Some(Act::new("Sign out everywhere else", "/portal/security/sign-out-others")),
            ..Self::default()
        };
        let one = Self {
            password_line: "You have none. You sign in by e-mail link.".into(),
            password_change: Link::new("Choose a password", "/portal/security/password"),
            browsers: usual.browsers.iter().take(1).cloned().collect(),
            sign_out_others: None,
            ..usual.clone()
        };
        let pending = Self {
            notice: Some(Notice {
                tone: Tone::Success,
                title: "You are signed out everywhere else.".into(),
                text: "Two other browsers have to sign in again.".into(),
            }),
            email_pending:
                "We have sent a link to ada.marlow@donor.example. Until you open it, the address above stays."
                    .into(),
            ..one.clone()
        };
        let merged =
            Self { email_others: "ada.marlow@work.example signs in here, too.".into(), ..usual.clone() };
        vec![("usual", usual), ("one", one), ("pending", pending), ("merged", merged)]
    }
}

/// `/portal/security/password`. Posts `current_password` (when one is set) and `new_password`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/security_password.html")]
pub struct SecurityPasswordPage {
    /// The frame.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// "Change your password" or "Choose a password".
    pub heading: String,
    /// Where it posts to.
    pub action: String,
    /// Whose password it is, for password managers.
    pub email: String,
    /// Whether the present password is asked for.
    pub ask_current: bool,
    /// The present password; only its error is shown.
    pub current_password: Field,
    /// The new password; only its error is shown.
    pub new_password: Field,
    /// What a password must be.
    pub password_hint: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// "Forgot your password?"; none: left out.
    pub forgot: Option<Link>,
    /// "Back without changing".
    pub cancel: Link,
}

impl SecurityPasswordPage {
    /// The page with its usual words; `ask_current` when a password is set.
    pub fn new(layout: Layout, email: &str, ask_current: bool) -> Self {
        Self {
            layout,
            heading: if ask_current { "Change your password" } else { "Choose a password" }.into(),
            action: "/portal/security/password".into(),
            email: email.into(),
            ask_current,
            password_hint: PASSWORD_HINT.into(),
            forgot: ask_current.then(|| Link::new("Forgot your password?", "/password/forgot")),
            cancel: Link::new("Back without changing", "/portal/security"),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("current_password", &self.current_password), ("new_password", &self.new_password)])
    }

    /// Samples: changing, choosing, things to put right.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |ask| {
            Self::new(Layout::sample_portal("Your password", "/portal/security"), "ada@donor.example", ask)
        };
        let wrong = Self {
            current_password: Field::wrong("", "That is not your present password. Try again."),
            new_password: Field::wrong("", "Make it longer: 15 characters or more"),
            ..page(true)
        };
        vec![("change", page(true)), ("choose", page(false)), ("wrong", wrong)]
    }
}

/// `/portal/security/email`. Posts `new_email` and `current_password` (when one is set).
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/security_email.html")]
pub struct SecurityEmailPage {
    /// The frame.
    pub layout: Layout,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// What happens: "We send a link to the new address. Until you open it, nothing changes."
    pub lead: String,
    /// Where it posts to.
    pub action: String,
    /// The present address.
    pub email: String,
    /// The new address.
    pub new_email: Field,
    /// Whether the present password is asked for.
    pub ask_password: bool,
    /// The present password; only its error is shown.
    pub current_password: Field,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// "Back without changing".
    pub cancel: Link,
}

impl SecurityEmailPage {
    /// The page with its usual words; `ask_password` when a password is set.
    pub fn new(layout: Layout, email: &str, ask_password: bool) -> Self {
        Self {
            layout,
            lead: "We send a link to the new address. Until you open it, nothing changes. We also tell the present address.".into(),
            action: "/portal/security/email".into(),
            email: email.into(),
            ask_password,
            cancel: Link::new("Back without changing", "/portal/security"),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("new_email", &self.new_email), ("current_password", &self.current_password)])
    }

    /// Samples: with and without a password, things to put right.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |ask| {
            Self::new(
                Layout::sample_portal("Your sign-in address", "/portal/security"),
                "ada@donor.example",
                ask,
            )
        };
        let wrong = Self {
            new_email: Field::wrong("ada@donor.example", "This is your present address. Enter the new one."),
            current_password: Field::wrong("", "Enter your present password"),
            ..page(true)
        };
        vec![("usual", page(true)), ("no_password", page(false)), ("wrong", wrong)]
    }
}
