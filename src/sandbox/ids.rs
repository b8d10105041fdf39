//! Ids that look like Stripe's and follow from the seed alone.

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id with this prefix and number.
pub(super) fn make(seed: u64, prefix: &str, number: u64) -> String {
    let length = match prefix {
        "cs_test" => 58,
        "cus" | "prod" | "si" | "req" => 14,
        _ => 24,
    };
    format!("{prefix}_{}", letters(seed, prefix, number, length))
}

/// `length` characters of base 62 that follow from the arguments.
pub(super) fn letters(seed: u64, label: &str, number: u64, length: usize) -> String {
    let block = |round: u8| {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(label.as_bytes());
        hash.update(number.to_be_bytes());
        hash.update([round]);
        hash.finalize()
    };
    (0u8..=u8::MAX)
        .flat_map(block)
        .take(length)
        .map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
        .collect()
}
