//! Chance that always falls the same way for a seed.

use crate::random::Random;

/// One donor's own stream: what becomes of the others does not change it.
pub struct Dice(Random);

impl Dice {
    /// The stream of a number under a seed.
    pub fn new(seed: u64, number: u64) -> Dice {
        // An odd multiplier keeps neighbouring seeds and numbers apart.
        Dice(Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number)))
    }

    /// 0 to `bound - 1`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.below(bound as u64)).unwrap_or(0)
    }

    /// `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from((high - low).max(0)).unwrap_or(0) + 1;
        low + i64::try_from(self.0.below(span)).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// True in `of_thousand` of a thousand cases.
    pub fn permille(&mut self, of_thousand: usize) -> bool {
        self.below(1000) < of_thousand
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
