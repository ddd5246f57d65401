//! A hash for pairs of small numbers: one multiplication, with a seed that a repository's author cannot know.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Two numbers as one, the first in front.
pub(super) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Makes hashers of one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded(u64);

impl Default for Folded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Folded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding(self.0)
    }
}

/// What was hashed so far.
pub(super) struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        // Both halves of the product: each bit of the number reaches each bit of the hash (the multiplier is the golden ratio's).
        let product = u128::from(number ^ self.0) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn neighbours_are_spread_in_high_bits_and_low_ones() {
        for seed in 0..8 {
            let hash = |number: u64| Folded(seed << 57 | seed).hash_one(number);
            for shift in [0, 57] {
                let buckets: HashSet<u64> = (0..4096).map(|number| hash(number << 20) >> shift & 0x7f).collect();
                assert!(buckets.len() > 120, "{} of 128 buckets are used", buckets.len());
            }
        }
    }
}
