//! Mail: what each says, and how it leaves the house.

pub mod transport;
pub mod views;
pub mod views_letter;
mod views_text;

pub use transport::{Attachment, MailError, Mailer, Outgoing};
