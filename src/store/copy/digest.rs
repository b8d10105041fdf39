//! What a table holds, in one number that does not depend on the order of its rows.

use sha2::{Digest as _, Sha256};

/// How many rows, and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    sum: u128,
}

impl Digest {
    /// Adds a row: values in the order of the columns' names.
    pub(super) fn add(&mut self, values: &[Option<String>]) {
        let mut hash = Sha256::new();
        for value in values {
            match value {
                None => hash.update([0]),
                Some(text) => {
                    hash.update([1]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&bytes[..16]);
        self.rows += 1;
        // A sum, not an XOR: two equal rows do not cancel each other.
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows, {:032x}", self.rows, self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Option<&str>]]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            let row: Vec<Option<String>> = row.iter().map(|v| v.map(str::to_owned)).collect();
            digest.add(&row);
        }
        digest
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let (a, b): (&[Option<&str>], &[Option<&str>]) = (&[Some("a"), None], &[Some("b"), Some("")]);
        assert_eq!(of(&[a, b]), of(&[b, a]));
        assert_ne!(of(&[a, a]), of(&[]), "two equal rows are two");
        assert_ne!(of(&[a]), of(&[&[Some("a"), Some("")]]), "nothing is not the empty text");
        assert_ne!(
            of(&[&[Some("ab"), Some("c")]]),
            of(&[&[Some("a"), Some("bc")]]),
            "where one value ends counts"
        );
    }
}
