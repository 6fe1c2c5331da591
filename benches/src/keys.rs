//! The client keys and pool keys of a run: made here, known to nobody else, gone with the folder.

use rand::{RngExt, SeedableRng, rngs::StdRng};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Letters behind the prefix: 62^43 is more than 2^256.
const LENGTH: usize = 43;

/// `count` different client keys, equal in every run, so that rounds of different runs compare.
#[must_use]
pub fn client_keys(count: usize) -> Vec<String> {
    made("np-", 1, count)
}

/// `count` different pool keys.
#[must_use]
pub fn pool_keys(count: usize) -> Vec<String> {
    made("sk-bench-", 2, count)
}

fn made(prefix: &str, seed: u64, count: usize) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|_| {
            prefix
                .chars()
                .chain((0..LENGTH).map(|_| letter(&mut rng)))
                .collect()
        })
        .collect()
}

fn letter(rng: &mut StdRng) -> char {
    LETTERS
        .get(rng.random_range(0..LETTERS.len()))
        .copied()
        .map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_are_different_from_each_other_and_equal_between_runs() {
        let keys = client_keys(1000);
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 1000);
        assert!(keys.iter().all(|key| key.starts_with("np-") && key.len() == 46));
        assert_eq!(keys, client_keys(1000));
    }
}
