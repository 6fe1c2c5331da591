//! A set of small numbers that finds its next member in a few steps, however large it is.
//!
//! Three layers of 64-bit words: each bit of a layer says whether the word below it is non-zero.
//! 262 144 members, and each operation touches at most three words a direction. Larger numbers get a
//! fourth word scan of the topmost layer, which at a million members is four words.

/// Numbers that are in, of `0..capacity`; grows as needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// `layers[0]` holds the members, `layers[i + 1]` which words of `layers[i]` are non-zero.
    layers: [Vec<u64>; 3],
    len: usize,
}

fn split(index: usize) -> (usize, u64) {
    (index / 64, 1 << (index % 64))
}

impl Bits {
    /// How many numbers are in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `index` is in.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        let (word, bit) = split(index);
        let [members, ..] = &self.layers;
        members.get(word).is_some_and(|w| w & bit != 0)
    }

    /// Puts `index` in.
    pub fn insert(&mut self, index: usize) {
        if self.contains(index) {
            return;
        }
        self.len += 1;
        let mut index = index;
        for layer in &mut self.layers {
            let (word, bit) = split(index);
            if layer.len() <= word {
                layer.resize(word + 1, 0);
            }
            if let Some(w) = layer.get_mut(word) {
                *w |= bit;
            }
            index = word;
        }
    }

    /// Takes `index` out.
    pub fn remove(&mut self, index: usize) {
        if !self.contains(index) {
            return;
        }
        self.len -= 1;
        let mut index = index;
        for layer in &mut self.layers {
            let (word, bit) = split(index);
            let Some(w) = layer.get_mut(word) else { return };
            *w &= !bit;
            if *w != 0 {
                return;
            }
            index = word;
        }
    }

    /// The smallest member that is `from` or more.
    #[must_use]
    pub fn next(&self, from: usize) -> Option<usize> {
        self.next_in(0, from)
    }

    /// Members from `from` on, then from the start up to it: each once.
    pub fn cycle(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.next(from);
        let upper = std::iter::from_fn(move || {
            let now = at?;
            at = self.next(now + 1);
            Some(now)
        });
        let mut at = self.next(0);
        let lower = std::iter::from_fn(move || {
            let now = at.filter(|i| *i < from)?;
            at = self.next(now + 1);
            Some(now)
        });
        upper.chain(lower)
    }

    fn next_in(&self, layer: usize, from: usize) -> Option<usize> {
        let words = self.layers.get(layer)?;
        let (word, _) = split(from);
        let here = words.get(word)? & (u64::MAX << (from % 64));
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        let word = if layer + 1 < self.layers.len() {
            self.next_in(layer + 1, word + 1)?
        } else {
            word + 1 + words.get(word + 1..)?.iter().position(|w| *w != 0)?
        };
        Some(word * 64 + words.get(word)?.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_far_apart_are_found() {
        let mut bits = Bits::default();
        for index in [0, 63, 64, 4_095, 4_096, 262_143, 262_144, 999_999] {
            bits.insert(index);
        }
        assert_eq!(bits.next(1), Some(63));
        assert_eq!(bits.next(65), Some(4_095));
        assert_eq!(bits.next(4_097), Some(262_143));
        assert_eq!(bits.next(262_145), Some(999_999));
        assert_eq!(bits.next(1_000_000), None);
        assert_eq!(
            bits.cycle(262_144).take(3).collect::<Vec<_>>(),
            [262_144, 999_999, 0]
        );
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_sorted_set(
            acts in prop::collection::vec((any::<bool>(), 0_usize..9_000), 0..300),
            from in 0_usize..9_000,
        ) {
            let mut bits = Bits::default();
            let mut model = BTreeSet::new();
            for (put, index) in acts {
                if put { bits.insert(index); model.insert(index); }
                else { bits.remove(index); model.remove(&index); }
                prop_assert_eq!(bits.len(), model.len());
            }
            prop_assert_eq!(bits.next(from), model.range(from..).next().copied());
            let expected: Vec<_> = model.range(from..).chain(model.range(..from)).copied().collect();
            prop_assert_eq!(bits.cycle(from).collect::<Vec<_>>(), expected);
        }
    }
}
