//! Sealing what must be read again but not by whoever reads the database: secrets of authenticators.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::random::Random;

fn key(secret: &SecretString) -> Option<LessSafeKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(b"almoner sealed secrets of staff");
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?))
}

/// Seals `plain` for `owner`: moved to another row it does not open.
pub fn seal(secret: &SecretString, owner: &str, plain: &[u8], random: &Random) -> Option<String> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce);
    let mut body = plain.to_vec();
    let sealed = Nonce::assume_unique_for_key(nonce);
    key(secret)?.seal_in_place_append_tag(sealed, Aad::from(owner.as_bytes()), &mut body).ok()?;
    Some(STANDARD_NO_PAD.encode([nonce.as_slice(), &body].concat()))
}

/// Opens what was sealed for `owner`; `None` when the key is another or something was changed.
pub fn open(secret: &SecretString, owner: &str, sealed: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
    let (nonce, body) = bytes.split_at_checked(NONCE_LEN)?;
    let mut body = body.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = key(secret)?.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut body).ok()?;
    Some(plain.to_vec())
}

/// Letters of a browser's mark: 104 bits.
const MARK_LETTERS: usize = 26;

/// What a browser keeps that has been inside for `mailbox`: it opens nothing, but its tries are counted apart from those of
/// strangers, who so cannot lock anybody out.
pub fn browser_mark(secret: &SecretString, mailbox: &str) -> String {
    // HMAC takes keys of any length, so the error arm cannot be reached; an empty mark is never sent nor taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(b"almoner browser of staff ");
    mac.update(mailbox.as_bytes());
    hex::encode(mac.finalize().into_bytes()).chars().take(MARK_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_alone() {
        let secret = SecretString::from("k".repeat(40));
        let sealed = seal(&secret, "stf_1", b"twenty bytes of salt", &Random::seeded(4)).expect("sealed");
        assert_eq!(open(&secret, "stf_1", &sealed).as_deref(), Some(b"twenty bytes of salt".as_slice()));
        assert_eq!(open(&secret, "stf_2", &sealed), None);
        assert_eq!(open(&SecretString::from("x".repeat(40)), "stf_1", &sealed), None);
        assert_eq!(open(&secret, "stf_1", &sealed[1..]), None);
        assert_eq!(open(&secret, "stf_1", ""), None);
    }
}
