//! Weights by slot, and a slot drawn in proportion to them: a tree of sums.
//!
//! Each layer holds the sums of every 32 numbers of the layer below, so a weight is set with one addition
//! a layer, and a slot drawn by walking through one short block a layer.

const FAN: usize = 32;

/// Weights by slot; 0 where none was set.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    /// `layers[0]` has the weights, `layers[i + 1]` the sums of the blocks of `layers[i]`.
    layers: Vec<Vec<u64>>,
    total: u64,
}

impl Weights {
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn set(&mut self, slot: usize, weight: u64) {
        let old = self.layers.first().and_then(|weights| weights.get(slot)).copied();
        if old.is_none() && weight > 0 {
            self.grow(slot + 1);
        }
        let old = old.unwrap_or_default();
        let mut index = slot;
        for layer in &mut self.layers {
            let Some(sum) = layer.get_mut(index) else { return };
            *sum = *sum - old + weight;
            index /= FAN;
        }
        self.total = self.total - old + weight;
    }

    /// The slot at `point` of the line on which each slot is as long as its weight; `point` is below
    /// the total.
    pub(super) fn at(&self, point: u64) -> Option<usize> {
        let (mut index, mut rest) = (0, point);
        for layer in self.layers.iter().rev() {
            let block = layer.get(index * FAN..)?.iter().take(FAN);
            let mut place = None;
            for (at, sum) in block.enumerate() {
                if rest < *sum {
                    place = Some(at);
                    break;
                }
                rest -= sum;
            }
            index = index * FAN + place?;
        }
        (!self.layers.is_empty()).then_some(index)
    }

    /// Room for `slots` weights, and a top layer of one block.
    fn grow(&mut self, slots: usize) {
        let mut length = slots.next_multiple_of(FAN);
        for height in 0.. {
            if self.layers.len() <= height {
                let below = height.checked_sub(1).and_then(|below| self.layers.get(below));
                let sums = below.map(|below| below.chunks(FAN).map(|block| block.iter().sum()).collect());
                self.layers.push(sums.unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_point_of_the_line_belongs_to_the_slot_that_covers_it(
            acts in prop::collection::vec((0_usize..70, 0_u64..5), 1..100),
        ) {
            let mut weights = Weights::default();
            let mut model = [0_u64; 70];
            for (slot, weight) in acts {
                weights.set(slot, weight);
                model[slot] = weight;
            }
            prop_assert_eq!(weights.total(), model.iter().sum::<u64>());
            let line: Vec<_> = (0..70).flat_map(|slot| std::iter::repeat_n(slot, model[slot] as usize)).collect();
            let drawn: Vec<_> = (0..weights.total()).map(|point| weights.at(point).unwrap()).collect();
            prop_assert_eq!(drawn, line);
            prop_assert_eq!(weights.at(weights.total()), None);
        }
    }
}
