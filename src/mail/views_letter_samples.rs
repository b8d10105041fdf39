//! Samples of the letter.

use super::{Letter, MailFrame, MailLink, MailRow};

fn frame(reason: &str) -> MailFrame {
    MailFrame {
        lang: "en-GB".into(),
        brand: "Lantern Freedom Trust".into(),
        accent: "#0b5f5a".into(),
        on_accent: "#ffffff".into(),
        entity_lines: vec![
            "Lantern Freedom Trust (UK)".into(),
            "Registered charity in England and Wales 1234567 · Company 07654321".into(),
            "12 Harbour Street, London SE1 0AA".into(),
        ],
        reason: reason.into(),
        contact_email: "hello@lantern.example".into(),
        contact_phone: "+44 20 7946 0000".into(),
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

impl Letter {
    /// Samples: sign-in link, no account, confirm an address, new password, password changed, new sign-in,
    /// address changed, copy of the e-mail choices.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let link = |label: &str, path: &str| {
            Some(MailLink::new(label, format!("https://give.lantern.example{path}")))
        };
        let asked = "You got this because someone asked for it with this address on 22 November 2026.";
        let account = "You got this because you have an account with Lantern Freedom Trust.";
        let ignore = "If you did not ask for this, you can ignore this e-mail: nobody gets in without the link or the code.";
        let sign_in = Self {
            frame: frame(asked),
            subject: "Your sign-in link for Lantern Freedom Trust".into(),
            preheader: "It works once, for 10 minutes.".into(),
            heading: "Sign in".into(),
            lead: "Open this link in the browser where you asked for it. It works once, for 10 minutes."
                .into(),
            link: link("Sign in", "/sign-in/link/pT4mZ0aVdQ8rKx2b"),
            code_line: "In another browser, or on another device? Type this code there:".into(),
            code: "4821 9037".into(),
            closing: strings(&[ignore, "Nobody from Lantern Freedom Trust will ever ask you for the code."]),
            ..Self::default()
        };
        let unknown = Self {
            frame: frame(asked),
            subject: "No account with this address yet".into(),
            preheader: "You can create one in a minute, or try another address.".into(),
            heading: "We do not know this address yet".into(),
            lead: "Someone, perhaps you, wanted to sign in with it at Lantern Freedom Trust.".into(),
            paragraphs: strings(&[
                "If you give with another address, use that one. If you are new here, create an account.",
            ]),
            link: link("Create an account", "/sign-up"),
            closing: strings(&["If it was not you, there is nothing to do."]),
            ..Self::default()
        };
        let confirm = Self {
            subject: "Confirm your address for Lantern Freedom Trust".into(),
            preheader: "One press, and your account is ready.".into(),
            heading: "Is this your address?".into(),
            lead: "Confirm it, and your account is ready. Gifts given with this address appear in it. The link works once, for 10 minutes.".into(),
            link: link("Confirm my address", "/sign-in/link/pT4mZ0aVdQ8rKx2b"),
            code_line: "Or type this code where you signed up:".into(),
            closing: strings(&["If you did not sign up, you can ignore this e-mail: no account is made without the link or the code."]),
            ..sign_in.clone()
        };
        let reset = Self {
            subject: "Choose a new password".into(),
            preheader: "The link works once, for 10 minutes.".into(),
            heading: "Choose a new password".into(),
            lead: "Open this link in the browser where you asked for it. It works once, for 10 minutes. Until you choose a new password, the present one goes on working.".into(),
            link: link("Choose a new password", "/sign-in/link/pT4mZ0aVdQ8rKx2b"),
            closing: strings(&["If you did not ask for this, you can ignore this e-mail. Your password stays as it is."]),
            ..sign_in.clone()
        };
        let row = |label: &str, value: &str| MailRow::new(label, value);
        let where_ = vec![row("When", "22 November 2026, 18:42 (London)"), row("Where", "Firefox on Linux")];
        let changed = Self {
            frame: frame(account),
            subject: "Your password was changed".into(),
            preheader: "If it was you, there is nothing to do.".into(),
            heading: "Your password was changed".into(),
            lead: "You are signed out everywhere but in the browser where you changed it. If it was you, there is nothing to do.".into(),
            paragraphs: strings(&["Was it not you? Choose a new password now. That signs out whoever changed it."]),
            rows: where_.clone(),
            link: link("It was not me", "/password/forgot"),
            ..Self::default()
        };
        let new_sign_in = Self {
            subject: "New sign-in to your account".into(),
            preheader: "From a browser we have not seen before. If it was you, there is nothing to do."
                .into(),
            heading: "Someone signed in to your account".into(),
            lead: "We have not seen this browser before. If it was you, there is nothing to do.".into(),
            paragraphs: strings(&["Was it not you? Sign out everywhere and change your password."]),
            link: link("See where I am signed in", "/portal/security"),
            ..changed.clone()
        };
        let address = Self {
            subject: "Your sign-in address was changed".into(),
            preheader: "From now on you sign in with the new address.".into(),
            heading: "Your sign-in address was changed".into(),
            lead: "From now on you sign in with the new address, and receipts go there. This is the last e-mail to the old one.".into(),
            rows: vec![row("Old address", "ada@donor.example"), row("New address", "a•••@post.example"), row("When", "22 November 2026, 18:42 (London)")],
            paragraphs: strings(&["Was it not you? Put the old address back. The link works for 7 days and signs out everyone else."]),
            link: link("Put the old address back", "/sign-in/undo/pT4mZ0aVdQ8rKx2b"),
            ..changed.clone()
        };
        let choices = Self {
            subject: "Your e-mail choices".into(),
            preheader: "What we write to you about from now on.".into(),
            heading: "Your e-mail choices are saved".into(),
            lead: "A copy for you. You can change them whenever you like.".into(),
            rows: vec![
                row("Stories from the field", "Yes"),
                row("Events in your area", "No"),
                row("Other ways to help", "Yes"),
                row("Changed", "22 November 2026"),
            ],
            paragraphs: strings(&[
                "You agreed to this: “Lantern Freedom Trust (UK) writes to you by e-mail about what you tick here. We never pass on your address. Every e-mail has a link to stop.”",
            ]),
            link: link("Change my choices", "/portal/preferences"),
            closing: strings(&["Receipts and news about your own gifts always come."]),
            ..changed.clone()
        };
        vec![
            ("sign_in", sign_in),
            ("unknown", unknown),
            ("confirm", confirm),
            ("reset", reset),
            ("password_changed", changed),
            ("new_sign_in", new_sign_in),
            ("address_changed", address),
            ("choices", choices),
        ]
    }
}
