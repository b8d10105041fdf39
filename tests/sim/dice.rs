//! The seed's chance.

use almoner::random::Random;

/// One stream of numbers; the same for the same seed.
pub struct Dice(Random);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        // An odd multiplier keeps neighbouring seeds apart.
        Dice(Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x51ed)))
    }

    /// 0 to `bound - 1`; 0 for 0.
    pub fn below(&self, bound: usize) -> usize {
        usize::try_from(self.0.below(bound as u64)).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// One of these, by weight.
    pub fn weighed<T: Copy>(&self, all: &[(usize, T)]) -> T {
        let mut at = self.below(all.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in all {
            if at < *weight {
                return *one;
            }
            at -= weight;
        }
        all[0].1
    }

    /// A seed for somebody's own stream.
    pub fn seed(&self) -> u64 {
        self.0.below(u64::MAX)
    }
}
