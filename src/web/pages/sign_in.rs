//! Signing in: by e-mail link, by code or by password.

use super::parts::{Act, Hidden};
use super::{Field, Layout, Link, Notice, Problem};

/// Adds the fields that need another look to an error summary.
pub(super) fn collect(fields: &[(&str, &Field)]) -> Vec<Problem> {
    fields
        .iter()
        .filter_map(|(id, field)| {
            field.error.as_ref().map(|text| Problem { id: (*id).to_owned(), text: text.clone() })
        })
        .collect()
}

/// `/sign-in`. Posts `email`, `password`, `next` and `way` to itself.
///
/// `way` is `link` or `password` by the button pressed, and `enter` when someone pressed Enter in a field:
/// then a filled-in password means `password`, an empty one `link`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// "You are signed out.", "Sign in to see this page."
    pub notice: Option<Notice>,
    /// Where it posts to: `/sign-in`.
    pub action: String,
    /// E-mail.
    pub email: Field,
    /// Password; never sent back, only its error is shown.
    pub password: Field,
    /// Hidden field `next`: where to go afterwards; empty: left out.
    pub next: String,
    /// Other hidden fields.
    pub hidden: Vec<Hidden>,
    /// "Forgot your password?"
    pub forgot: Link,
    /// "Create an account"; none: left out.
    pub sign_up: Option<Link>,
    /// "Gifts given with your address appear once you have signed in by e-mail."; may be empty.
    pub gifts_line: String,
}

impl SignInPage {
    /// The page with its usual words and addresses.
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            action: "/sign-in".into(),
            forgot: Link::new("Forgot your password?", "/password/forgot"),
            sign_up: Some(Link::new("Create an account", "/sign-up")),
            gifts_line:
                "Gave without an account? Sign in by e-mail, and the gifts given with your address appear."
                    .into(),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("email", &self.email), ("password", &self.password)])
    }
}

/// Why a link and a code are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    #[default]
    SignIn,
    /// To confirm the address of a new account.
    SignUp,
    /// To choose a new password.
    Reset,
    /// To confirm a new address of an account.
    ChangeEmail,
}

impl Purpose {
    /// The heading of the page that says a mail was sent.
    pub fn heading(self) -> &'static str {
        match self {
            Self::SignIn | Self::Reset => "Check your e-mail",
            Self::SignUp => "One more step: confirm your address",
            Self::ChangeEmail => "Confirm your new address",
        }
    }

    /// The sentence before the address; the same whether or not there is an account.
    pub fn lead(self) -> &'static str {
        match self {
            Self::SignIn => {
                "If we know this address, an e-mail with a sign-in link and a code is on its way to it:"
            }
            Self::SignUp => "We have sent an e-mail with a link and a code to:",
            Self::Reset => {
                "If we know this address, an e-mail with a link to choose a new password is on its way to it:"
            }
            Self::ChangeEmail => {
                "We have sent a link and a code to the address below. Until you confirm it, nothing changes."
            }
        }
    }
}

/// `/sign-in/link`, after a link was asked for: what to do now, and the place to type the code.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/check_mail.html")]
pub struct CheckMailPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// "We have sent it again."
    pub notice: Option<Notice>,
    /// The one heading.
    pub heading: String,
    /// The sentence before the address.
    pub lead: String,
    /// The address as typed.
    pub email: String,
    /// Where the code is posted to.
    pub action: String,
    /// The code; eight digits, spaces allowed.
    pub code: Field,
    /// Hidden fields sent with the code.
    pub hidden: Vec<Hidden>,
    /// The button: "Sign in", "Confirm".
    pub button: String,
    /// "Both work once, for 10 minutes."
    pub validity: String,
    /// "Send it again".
    pub again: Act,
    /// "Use another address".
    pub other: Link,
}

impl CheckMailPage {
    /// The page with the usual words; `email` as typed, `next` where to go afterwards (may be empty).
    pub fn new(layout: Layout, purpose: Purpose, email: &str, next: &str) -> Self {
        let (again, other, button) = match purpose {
            Purpose::SignIn => ("/sign-in/link", "/sign-in", "Sign in"),
            Purpose::SignUp => ("/sign-in/link", "/sign-up", "Confirm"),
            Purpose::Reset => ("/password/forgot", "/password/forgot", "Go on"),
            Purpose::ChangeEmail => ("/portal/security/email", "/portal/security/email", "Confirm"),
        };
        let field = if purpose == Purpose::ChangeEmail { "new_email" } else { "email" };
        let mut act = Act::new("Send it again", again).with(field, email);
        let mut hidden = Vec::new();
        if !next.is_empty() {
            act = act.with("next", next);
            hidden.push(Hidden::new("next", next));
        }
        Self {
            layout,
            notice: None,
            heading: purpose.heading().into(),
            lead: purpose.lead().into(),
            email: email.into(),
            action: "/sign-in/code".into(),
            code: Field::default(),
            hidden,
            button: button.into(),
            validity: "Link and code work once, for 10 minutes.".into(),
            again: act,
            other: Link::new("Use another address", other),
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("code", &self.code)])
    }
}

/// How an opened link stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenLinkState {
    /// Asked for in this browser: one button signs in.
    Here,
    /// Asked for in another browser: the code is needed.
    Elsewhere,
    /// Too old, used before or unknown.
    #[default]
    Gone,
}

/// `/sign-in/link/{token}`, where the link of a mail lands. Opening it does nothing yet.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/open_link.html")]
pub struct OpenLinkPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// How the link stands.
    pub state: OpenLinkState,
    /// The one heading.
    pub heading: String,
    /// What it means and what to do, one paragraph each.
    pub lead: Vec<String>,
    /// "a•••@donor.example"; empty: left out.
    pub masked: String,
    /// Where the form posts to.
    pub action: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// The button.
    pub button: String,
    /// The code from the mail (only `Elsewhere`).
    pub code: Field,
    /// The address a new link goes to (only `Gone`).
    pub email: Field,
    /// Another way: "Sign in with a password".
    pub other: Option<Link>,
}

impl OpenLinkPage {
    /// Asked for in this browser. `action` signs in.
    pub fn here(layout: Layout, masked: &str, action: &str) -> Self {
        Self {
            layout,
            state: OpenLinkState::Here,
            heading: "Sign in".into(),
            lead: vec!["Your link works. Press the button, and you are in.".into()],
            masked: masked.into(),
            action: action.into(),
            button: "Sign in".into(),
            ..Self::default()
        }
    }

    /// Opened in another browser than the one it was asked for in. `action` takes the code.
    pub fn elsewhere(layout: Layout, masked: &str, action: &str) -> Self {
        Self {
            layout,
            state: OpenLinkState::Elsewhere,
            heading: "Type the code from your e-mail".into(),
            lead: vec![
                "You asked for this link in another browser. To be sure that it is you, we need the code from the same e-mail.".into(),
                "Or go back to the first browser and open the link there.".into(),
            ],
            masked: masked.into(),
            action: action.into(),
            button: "Sign in".into(),
            ..Self::default()
        }
    }

    /// Too old, used before or unknown.
    pub fn gone(layout: Layout) -> Self {
        Self {
            layout,
            state: OpenLinkState::Gone,
            heading: "This link no longer works".into(),
            lead: vec![
                "A link works once, for 10 minutes, and only the newest one. Have a new one sent: it takes a moment.".into(),
            ],
            action: "/sign-in/link".into(),
            button: "E-mail me a new link".into(),
            other: Some(Link::new("Sign in with a password", "/sign-in")),
            ..Self::default()
        }
    }

    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("code", &self.code), ("email", &self.email)])
    }

    /// Whether one button is all there is.
    pub fn is_here(&self) -> bool {
        self.state == OpenLinkState::Here
    }

    /// Whether the code is asked for.
    pub fn is_elsewhere(&self) -> bool {
        self.state == OpenLinkState::Elsewhere
    }
}

#[path = "sign_in_samples.rs"]
mod samples;
