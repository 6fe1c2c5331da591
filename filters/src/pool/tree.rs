//! Numbers by slot, and the next slot that has enough: a tree of maxima.
//!
//! Each layer holds a number for every 32 of the layer below: their maximum, or more where numbers have
//! been lowered since. So lowering a number touches it alone, raising one touches a number in each
//! layer, and whoever looks for a slot and finds less than was promised puts the promise right. Each of
//! these costs a few short blocks, however many slots there are and however few of them have enough.

const FAN: usize = 32;

/// Numbers by slot; 0 where none was set.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// `layers[0]` has the numbers, `layers[i + 1]` what the blocks of `layers[i]` do not exceed.
    layers: Vec<Vec<u32>>,
}

impl Tree {
    #[cfg(test)]
    fn get(&self, slot: usize) -> u32 {
        let numbers = self.layers.first();
        numbers.and_then(|n| n.get(slot)).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, slot: usize, number: u32) {
        if self.layers.first().is_none_or(|layer| layer.len() <= slot) {
            if number == 0 {
                return;
            }
            self.grow(slot + 1);
        }
        let mut layers = self.layers.iter_mut();
        if let Some(here) = layers.next().and_then(|numbers| numbers.get_mut(slot)) {
            *here = number;
        }
        let mut index = slot;
        for layer in layers {
            index /= FAN;
            match layer.get_mut(index) {
                Some(most) if *most < number => *most = number,
                Some(_) | None => return,
            }
        }
    }

    /// The first slot from `from` on with `need` or more. `need` is at least 1.
    pub(super) fn next(&mut self, from: usize, need: u32) -> Option<usize> {
        self.search(from, 0, need)
    }

    /// The first slot with `need` or more.
    pub(super) fn first(&mut self, need: u32) -> Option<usize> {
        self.search(0, self.layers.len().saturating_sub(1), need)
    }

    fn search(&mut self, from: usize, height: usize, need: u32) -> Option<usize> {
        let (mut from, mut height) = (from, height);
        loop {
            match self.found(from, height, need)? {
                Some(found) if height == 0 => return Some(found),
                Some(found) => {
                    from = found * FAN;
                    height -= 1;
                }
                None => {
                    // The rest of this block has nothing: on from the next one, a layer up.
                    from = from / FAN + 1;
                    height += 1;
                }
            }
        }
    }

    /// Where in the block of `from`, from there on, a number is that promises enough; the first `None` is
    /// for layers that there are not.
    fn found(&mut self, from: usize, height: usize, need: u32) -> Option<Option<usize>> {
        let index = from / FAN;
        let layer = self.layers.get(height)?;
        let promised = self.layers.get(height + 1).and_then(|above| above.get(index));
        if promised.is_some_and(|promised| *promised < need) {
            return Some(None);
        }
        let found = first_in(block(layer, index), from % FAN, need);
        if found.is_none() && from.is_multiple_of(FAN) {
            self.put_right(height, index);
        }
        Some(found.map(|found| index * FAN + found))
    }

    /// A whole block was found to have less than was promised for it.
    fn put_right(&mut self, height: usize, index: usize) {
        let Some(most) = self
            .layers
            .get(height)
            .and_then(|layer| block(layer, index).iter().max())
            .copied()
        else {
            return;
        };
        if let Some(promised) = self
            .layers
            .get_mut(height + 1)
            .and_then(|layer| layer.get_mut(index))
        {
            *promised = most;
        }
    }

    /// The first slot with `need` or more that `free` accepts, turning from `from` on.
    pub(super) fn turn(&mut self, from: usize, need: u32, free: &impl Fn(usize) -> bool) -> Option<usize> {
        self.ahead(from, need, free)
            .or_else(|| self.behind(from, need, free))
    }

    /// The first two of such slots; the second only where there is one.
    pub(super) fn two(
        &mut self,
        from: usize,
        need: u32,
        free: &impl Fn(usize) -> bool,
    ) -> Option<(usize, Option<usize>)> {
        let one = self.turn(from, need, free)?;
        if one + 1 == from {
            // The turn has come round.
            return Some((one, None));
        }
        let other = self.ahead(one + 1, need, free);
        // What lies before the first was looked at if the turn has begun anew.
        let anew = other.is_none() && one >= from;
        Some((one, if anew { self.behind(one, need, free) } else { other }))
    }

    fn ahead(&mut self, from: usize, need: u32, free: &impl Fn(usize) -> bool) -> Option<usize> {
        let mut next = self.next(from, need);
        while let Some(slot) = next.filter(|slot| !free(*slot)) {
            next = self.next(slot + 1, need);
        }
        next
    }

    fn behind(&mut self, from: usize, need: u32, free: &impl Fn(usize) -> bool) -> Option<usize> {
        let mut next = self.first(need);
        while let Some(slot) = next.filter(|slot| *slot < from && !free(*slot)) {
            next = self.next(slot + 1, need);
        }
        next.filter(|slot| *slot < from)
    }

    /// Room for `slots` numbers, and a top layer of one block.
    fn grow(&mut self, slots: usize) {
        let mut length = slots.next_multiple_of(FAN);
        for height in 0.. {
            if self.layers.len() <= height {
                let below = height.checked_sub(1).and_then(|below| self.layers.get(below));
                let maxima = below.map(|below| maxima(below)).unwrap_or_default();
                self.layers.push(maxima);
            }
            if let Some(layer) = self.layers.get_mut(height) {
                layer.resize(length.max(layer.len()), 0);
            }
            if length <= FAN {
                return;
            }
            length = (length / FAN).next_multiple_of(FAN);
        }
    }
}

fn maxima(layer: &[u32]) -> Vec<u32> {
    layer
        .chunks(FAN)
        .map(|block| block.iter().copied().max().unwrap_or_default())
        .collect()
}

fn block(layer: &[u32], index: usize) -> &[u32] {
    let start = index * FAN;
    layer.get(start..start + FAN).unwrap_or_default()
}

/// Where in a block the first number from `from` on is that is `need` or more.
fn first_in(block: &[u32], from: usize, need: u32) -> Option<usize> {
    let rest = block.get(from..)?;
    let (eights, few) = rest.as_chunks::<8>();
    // Eight are compared at once, without a branch each.
    let has = |eight: &&[u32; 8]| eight.iter().fold(false, |any, number| any | (*number >= need));
    let hit = eights.iter().take_while(|eight| !has(eight)).count();
    let last = eights.get(hit).map_or(few, |eight| eight);
    Some(from + hit * 8 + last.iter().position(|number| *number >= need)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_of_many_is_found_from_everywhere() {
        let mut tree = Tree::default();
        tree.set(70_001, 5);
        for from in [0, 31, 32, 1_024, 70_000, 70_001] {
            assert_eq!(tree.next(from, 5), Some(70_001));
        }
        assert_eq!((tree.next(70_002, 5), tree.next(0, 6)), (None, None));
        assert_eq!(tree.turn(70_002, 1, &|_| true), Some(70_001));
        tree.set(70_001, 0);
        assert_eq!(tree.next(0, 1), None);
    }

    #[test]
    fn a_promise_that_is_not_kept_is_put_right_on_the_way() {
        let mut tree = Tree::default();
        (0..5_000).for_each(|slot| tree.set(slot, 7));
        (0..5_000).for_each(|slot| tree.set(slot, 1));
        assert_eq!(tree.layers[2][0], 7);
        // One look finds that there is nothing in the lowest blocks, the next that there is nothing in theirs.
        assert_eq!(
            (tree.first(2), tree.first(2), tree.first(1)),
            (None, None, Some(0))
        );
        assert!(tree.layers.iter().flatten().all(|most| *most <= 1));
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_sorted_map(
            acts in prop::collection::vec((0_usize..3_000, 0_u32..9, 1_u32..9), 0..200),
            from in 0_usize..3_000,
        ) {
            let mut tree = Tree::default();
            let mut model = BTreeMap::new();
            for (slot, number, need) in acts {
                tree.set(slot, number);
                model.insert(slot, number);
                prop_assert_eq!(tree.get(slot), number);
                let enough = |(slot, number): (&usize, &u32)| (*number >= need).then_some(*slot);
                prop_assert_eq!(tree.next(from, need), model.range(from..).find_map(enough));
                prop_assert_eq!(tree.first(need), model.iter().find_map(enough));
                let odd = |slot: &usize| slot % 2 == 1;
                let mut turned = model.range(from..).chain(model.range(..from)).filter_map(enough).filter(odd);
                let (one, other) = (turned.next(), turned.next());
                prop_assert_eq!(tree.turn(from, need, &|slot| slot % 2 == 1), one);
                prop_assert_eq!(tree.two(from, need, &|slot| slot % 2 == 1), one.map(|one| (one, other)));
            }
        }
    }
}
