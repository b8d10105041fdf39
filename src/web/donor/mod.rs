//! The donor's area: `/portal`.

pub mod again;
pub mod gift;
pub mod gift_aid;
pub mod gift_aid_end;
pub mod gift_aid_view;
pub mod gifts;
pub mod monthly;
pub mod overview;
pub mod plan_acts;
mod plan_fields;
mod plan_panel;
pub mod plan_stop;
pub mod plan_words;
pub mod preferences;
pub mod profile;
pub mod security;
pub mod statements;
pub mod view;

use axum::extract::Query;
use serde::Deserialize;

use crate::web::pages::{Notice, Tone};

/// What has just happened, in a word of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// The notice for what has just happened.
fn flash(Query(done): &Query<Done>) -> Option<Notice> {
    let (title, text) = match done.done.as_str() {
        "opened" => ("Your account is open.", "Whatever you give while signed in is kept here."),
        "opened_with_gifts" => {
            ("Your account is open.", "The gifts given with your address are here already.")
        }
        "had_account" => {
            ("You had an account already, and are signed in.", "Its name and password are as they were.")
        }
        "joined" => ("You are signed in.", "Gifts given with your address have joined your account."),
        "copy" => ("A copy of the receipt is on its way to you.", "It can take a few minutes."),
        "name" => {
            ("Your name is saved.", "Receipts from now on carry it; earlier ones stay as they were issued.")
        }
        "contact" => ("Your details are saved.", ""),
        "address" => (
            "Your address is saved.",
            "Receipts from now on carry it; earlier ones stay as they were issued.",
        ),
        "choices" => ("Your choices are saved.", ""),
        "password" => ("Your new password is set.", "You are signed out in every other browser."),
        "email" => ("Your new address is confirmed.", "From now on you sign in with it."),
        "plan" => ("Your change is confirmed.", "You get an e-mail about it."),
        "plan_restart" => ("Your gift goes on. Thank you.", "Nothing was taken today."),
        "others" => ("You are signed out everywhere else.", ""),
        _ => return None,
    };
    Some(Notice { tone: Tone::Success, title: title.to_owned(), text: text.to_owned() })
}

/// The notice of an act about a plan that is not, or not yet, done.
fn plan_flash(Query(done): &Query<Done>) -> Option<Notice> {
    let (tone, title, text) = match done.done.as_str() {
        "plan_asked" => (
            Tone::Info,
            "Being confirmed.",
            "We have asked for your change and wait for the answer. This page shows it as soon as it is there, and you get an e-mail.",
        ),
        "plan_busy" => (
            Tone::Attention,
            "One change at a time.",
            "Your last change is still being confirmed. Try again in a minute; nothing was changed.",
        ),
        "plan_refused" => {
            (Tone::Problem, "That could not be done, and nothing was changed.", "Try again, or write to us.")
        }
        "plan_old" => (
            Tone::Attention,
            "That page was open for a long time.",
            "Nothing was changed. Please do it once more.",
        ),
        "plan_choose" => (
            Tone::Attention,
            "That gift cannot be begun again.",
            "Its card or account is no longer there. Begin a new one: it takes a minute.",
        ),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}
