//! A hash for what nobody outside can choose: our own row numbers and SHA-256 digests.
//!
//! Invariant: never used for anything that a client sends as it is, since who chooses keys could choose
//! ones that collide.

use std::hash::{BuildHasherDefault, Hasher};

/// Spreads ids and digests, at the cost of one multiplication each.
#[derive(Clone, Debug, Default)]
pub struct Spread(u64);

/// For the maps that are keyed by ids or digests.
pub type Spreading = BuildHasherDefault<Spread>;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // Knuth's multiplicative hash with 2^64 / golden ratio; the fold brings high bits down.
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
