//! Links in mails that do one thing without a sign-in: put a failed charge right, raise, take a change back, begin again.
//! Each is sealed for its purpose, its plan and its last day; nothing about it is kept.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::clock::Ts;
use crate::domain::ids::{ChangeId, PledgeId};
use crate::services::Deps;

const SEAL_BYTES: usize = 16;
const DAY: Duration = Duration::from_secs(86_400);

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Pay a failed charge, or leave another card or account.
    Fix(PledgeId),
    /// Give more; never less.
    Raise(PledgeId),
    /// Take a change back.
    Undo(ChangeId),
    /// Begin a plan again that is over.
    Restart(PledgeId),
}

impl Purpose {
    fn parts(&self) -> (char, &str) {
        match self {
            Purpose::Fix(id) => ('f', id.as_str().trim_start_matches(PledgeId::PREFIX)),
            Purpose::Raise(id) => ('r', id.as_str().trim_start_matches(PledgeId::PREFIX)),
            Purpose::Undo(id) => ('u', id.as_str().trim_start_matches(ChangeId::PREFIX)),
            Purpose::Restart(id) => ('s', id.as_str().trim_start_matches(PledgeId::PREFIX)),
        }
    }

    fn read(letter: char, body: &str) -> Option<Purpose> {
        let pledge = || format!("{}{body}", PledgeId::PREFIX).parse().ok();
        Some(match letter {
            'f' => Purpose::Fix(pledge()?),
            'r' => Purpose::Raise(pledge()?),
            's' => Purpose::Restart(pledge()?),
            'u' => Purpose::Undo(format!("{}{body}", ChangeId::PREFIX).parse().ok()?),
            _ => return None,
        })
    }

    /// How long it works from the day of the mail.
    fn good_for(&self) -> Duration {
        match self {
            Purpose::Fix(_) => 30 * DAY,
            Purpose::Raise(_) => 60 * DAY,
            Purpose::Undo(_) => 7 * DAY,
            Purpose::Restart(_) => 90 * DAY,
        }
    }
}

/// A link that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// It works.
    Good(Purpose),
    /// It was ours and is too old.
    Expired(Purpose),
}

fn seal(key: &SecretString, what: &str) -> String {
    // HMAC takes keys of any length, so the error arm cannot be reached; an empty seal is never accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(b"almoner plan link ");
    mac.update(what.as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..SEAL_BYTES])
}

/// The last part of a link's address: purpose and plan, last second, seal.
fn token(key: &SecretString, purpose: &Purpose, until: Ts) -> String {
    let (letter, body) = purpose.parts();
    let what = format!("{letter}{body}.{:x}", until.as_unix());
    let seal = seal(key, &what);
    format!("{what}.{seal}")
}

/// What a token is good for at `now`; `None` when it is not one of ours.
pub fn read(key: &SecretString, token: &str, now: Ts) -> Option<Link> {
    let (what, given) = token.rsplit_once('.')?;
    let right = seal(key, what);
    if right.is_empty() || !bool::from(right.as_bytes().ct_eq(given.as_bytes())) {
        return None;
    }
    let (subject, until) = what.split_once('.')?;
    let letter = subject.chars().next()?;
    let purpose = Purpose::read(letter, subject.get(1..)?)?;
    let until = Ts::from_unix(i64::from_str_radix(until, 16).ok()?);
    Some(if now < until { Link::Good(purpose) } else { Link::Expired(purpose) })
}

/// The whole address of a link that begins to work now.
pub fn address(deps: &Deps, purpose: &Purpose) -> String {
    let token = token(&deps.config.session_secret, purpose, deps.clock.now().plus(purpose.good_for()));
    deps.config.base_url.join(&format!("/monthly/{token}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_link_does_one_thing_until_its_day() {
        let key = SecretString::from("k".repeat(40));
        let now = Ts::from_unix(1_800_000_000);
        let id = PledgeId::new(now, &Random::seeded(5));
        let made = token(&key, &Purpose::Raise(id.clone()), now.plus(DAY));
        assert_eq!(read(&key, &made, now), Some(Link::Good(Purpose::Raise(id.clone()))));
        assert_eq!(read(&key, &made, now.plus(DAY)), Some(Link::Expired(Purpose::Raise(id))));
        let other = format!("f{}", &made[1..]);
        for garbled in ["", ".", "x", &other, &made[1..], &made[..made.len() - 1], &format!("{made}0")] {
            assert_eq!(read(&key, garbled, now), None, "{garbled}");
        }
        assert_eq!(read(&SecretString::from("other".repeat(10)), &made, now), None);
    }
}
