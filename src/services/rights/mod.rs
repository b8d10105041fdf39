//! What a donor may ask for: a copy of everything that is held about them (PR-10), and to be forgotten (PR-11).

pub mod copy;
pub mod erase;
pub mod keep;

use std::collections::{HashMap, HashSet};

use super::Result;
use crate::domain::donor::normalise_email;
use crate::domain::receipt::sha256_hex;
use crate::store::{Conn, erasures};

/// What is kept of the mailbox of somebody who was forgotten: SHA-256 of it, normalised (PR-6). `None`: it is empty.
fn mailbox_hash(email: &str) -> Option<String> {
    let mailbox = normalise_email(email);
    (!mailbox.is_empty()).then(|| sha256_hex(&mailbox))
}

/// Which of these mailboxes, as typed, are those of people who asked to be forgotten and have not come back by themselves
/// since; normalised.
///
/// # Errors
/// When the database refuses.
pub async fn forgotten<'m>(
    conn: &mut Conn,
    emails: impl Iterator<Item = &'m str>,
) -> Result<HashSet<String>> {
    let asked: HashMap<String, String> =
        emails.filter_map(|e| Some((mailbox_hash(e)?, normalise_email(e)))).collect();
    let hashes: Vec<String> = asked.keys().cloned().collect();
    let mut gone = HashSet::new();
    for hash in erasures::suppressed(conn, &hashes).await? {
        let Some(mailbox) = asked.get(&hash) else { continue };
        if erasures::is_gone(conn, mailbox, &hash).await? {
            gone.insert(mailbox.clone());
        }
    }
    Ok(gone)
}

/// Whether a mailbox, as typed, is that of somebody who asked to be forgotten and has not come back by themselves since.
///
/// # Errors
/// When the database refuses.
pub async fn is_forgotten(conn: &mut Conn, email: &str) -> Result<bool> {
    match mailbox_hash(email) {
        Some(hash) => Ok(erasures::is_gone(conn, &normalise_email(email), &hash).await?),
        None => Ok(false),
    }
}
