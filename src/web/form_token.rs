//! The mark of a form: random, signed with its time. One mark starts at most one payment, and a robot that sends a
//! form faster than a person can read it is asked again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::clock::Ts;
use crate::random::Random;

/// No person fills in a form faster.
pub const AT_LEAST: Duration = Duration::from_secs(2);
/// After this the page is made anew (what was typed stays).
pub const AT_MOST: Duration = Duration::from_secs(24 * 3600);

const NONCE: usize = 16;
const TIME: usize = 8;
const SEAL: usize = 32;

/// The key the marks are signed with.
pub struct FormKey(SecretString);

impl std::fmt::Debug for FormKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormKey")
    }
}

/// Why a mark will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// Not made by us.
    Forged,
    /// Sent faster than a person can.
    TooFast,
    /// Open for more than a day.
    TooOld,
}

impl FormKey {
    /// From the session secret.
    pub fn new(secret: &SecretString) -> FormKey {
        FormKey(secret.clone())
    }

    fn seal(&self, body: &[u8]) -> [u8; SEAL] {
        // HMAC takes keys of any length, so the error arm cannot be reached; an all-zero seal fits no mark of ours.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()) else {
            return [0; SEAL];
        };
        mac.update(b"almoner give form");
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    /// A new mark.
    pub fn issue(&self, now: Ts, random: &Random) -> String {
        let mut bytes = now.as_micros().to_be_bytes().to_vec();
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        bytes.extend(nonce);
        bytes.extend(self.seal(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The random part of a mark of ours that is neither too young nor too old.
    ///
    /// # Errors
    /// [`TokenProblem`] says why not.
    pub fn check(&self, token: &str, now: Ts) -> Result<String, TokenProblem> {
        let (made, nonce) = self.read(token, now)?;
        if now < made.plus(AT_LEAST) {
            return Err(TokenProblem::TooFast);
        }
        Ok(nonce)
    }

    /// The random part of a mark of ours that is not too old, for forms of one button.
    ///
    /// # Errors
    /// [`TokenProblem`] says why not.
    pub fn nonce_of(&self, token: &str, now: Ts) -> Result<String, TokenProblem> {
        Ok(self.read(token, now)?.1)
    }

    fn read(&self, token: &str, now: Ts) -> Result<(Ts, String), TokenProblem> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenProblem::Forged)?;
        if bytes.len() != TIME + NONCE + SEAL {
            return Err(TokenProblem::Forged);
        }
        let (body, seal) = bytes.split_at(TIME + NONCE);
        if !bool::from(self.seal(body).as_slice().ct_eq(seal)) {
            return Err(TokenProblem::Forged);
        }
        let (time, nonce) = body.split_at(TIME);
        let made = Ts::from_micros(i64::from_be_bytes(time.try_into().map_err(|_| TokenProblem::Forged)?));
        if now > made.plus(AT_MOST) {
            return Err(TokenProblem::TooOld);
        }
        Ok((made, hex::encode(nonce)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_good_for_a_day_and_cannot_be_made_up() {
        let key = FormKey::new(&SecretString::from("k".repeat(40)));
        let made = Ts::from_unix(1_000_000);
        let token = key.issue(made, &Random::seeded(1));
        assert_eq!(key.check(&token, made.plus(Duration::from_secs(1))), Err(TokenProblem::TooFast));
        assert!(key.check(&token, made.plus(Duration::from_secs(2))).is_ok());
        assert_eq!(key.check(&token, made.plus(Duration::from_secs(90_000))), Err(TokenProblem::TooOld));
        let other = FormKey::new(&SecretString::from("x".repeat(40)));
        assert_eq!(other.check(&token, made.plus(AT_LEAST)), Err(TokenProblem::Forged));
        assert_eq!(key.check("", made), Err(TokenProblem::Forged));
        assert_eq!(key.check("AAAA", made), Err(TokenProblem::Forged));
    }
}
