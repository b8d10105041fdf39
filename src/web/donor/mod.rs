//! The donor's area: `/portal`.

pub mod again;
pub mod gift;
pub mod gifts;
pub mod overview;
pub mod preferences;
pub mod profile;
pub mod security;
mod view;

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
        "others" => ("You are signed out everywhere else.", ""),
        _ => return None,
    };
    Some(Notice { tone: Tone::Success, title: title.to_owned(), text: text.to_owned() })
}
