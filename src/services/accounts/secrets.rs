//! The link and the code of a question sent to a mailbox. Both are worked out from the question's id and the server's
//! secret, so neither is kept anywhere: who reads the database, or the outbox in it, cannot sign in with it.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::domain::ids::ProofId;
use crate::domain::receipt::sha256_hex;

/// Stands in a queued mail where the secret half of the link goes.
pub const LINK_MARK: &str = "linkgoeshere0000000000000000";
/// Stands in a queued mail where the code goes.
pub const CODE_MARK: &str = "codegoeshere";

const CODE_DIGITS: usize = 8;
const SEAL_BYTES: usize = 16;

fn seal(key: &SecretString, what: &[u8], id: &ProofId) -> [u8; 32] {
    // HMAC takes keys of any length, so the error arm cannot be reached; nothing compares equal to a seal of zeros
    // by chance.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else { return [0; 32] };
    mac.update(what);
    mac.update(id.as_str().as_bytes());
    mac.finalize().into_bytes().into()
}

/// The secret half of a link: 128 bits in hex.
pub fn link_secret(key: &SecretString, id: &ProofId) -> String {
    hex::encode(&seal(key, b"almoner mailbox link", id)[..SEAL_BYTES])
}

/// The last part of a link's address.
pub fn token(id: &ProofId, secret: &str) -> String {
    format!("{}.{secret}", id.as_str().trim_start_matches(ProofId::PREFIX))
}

/// The question a link belongs to, if the link is one of ours.
pub fn read_token(key: &SecretString, token: &str) -> Option<ProofId> {
    let (id, secret) = token.split_once('.')?;
    let id: ProofId = format!("{}{id}", ProofId::PREFIX).parse().ok()?;
    let right = link_secret(key, &id);
    bool::from(right.as_bytes().ct_eq(secret.as_bytes())).then_some(id)
}

/// Eight digits.
pub fn code(key: &SecretString, id: &ProofId) -> String {
    let seal = seal(key, b"almoner mailbox code", id);
    let number = seal[..8].iter().fold(0u64, |n, b| n << 8 | u64::from(*b)) % 100_000_000;
    format!("{number:08}")
}

/// `12345678` as it is read out: `1234 5678`.
pub fn spaced(code: &str) -> String {
    match code.split_at_checked(CODE_DIGITS / 2) {
        Some((left, right)) => format!("{left} {right}"),
        None => code.to_owned(),
    }
}

/// Whether what was typed is the code; spaces and dashes do not matter.
pub fn is_code(key: &SecretString, id: &ProofId, typed: &str) -> bool {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    code(key, id).as_bytes().ct_eq(digits.as_bytes()).into()
}

/// The form in which a browser's mark is kept.
pub fn browser_hash(mark: &str) -> String {
    sha256_hex(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ts;
    use crate::random::Random;

    #[test]
    fn a_link_is_good_for_its_own_question_and_server() {
        let key = SecretString::from("k".repeat(40));
        let random = Random::seeded(5);
        let id = ProofId::new(Ts::from_unix(1_800_000_000), &random);
        let token = token(&id, &link_secret(&key, &id));
        assert_eq!(read_token(&key, &token), Some(id.clone()));
        assert_eq!(read_token(&SecretString::from("other".repeat(10)), &token), None);
        for garbled in ["", ".", "x", &token[1..], &token[..token.len() - 1], &format!("{token}0")] {
            assert_eq!(read_token(&key, garbled), None, "{garbled}");
        }
        let code = code(&key, &id);
        assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()));
        assert!(is_code(&key, &id, &spaced(&code)) && is_code(&key, &id, &format!(" {code} ")));
        assert!(!is_code(&key, &id, "") && !is_code(&key, &id, &code[1..]));
    }
}
