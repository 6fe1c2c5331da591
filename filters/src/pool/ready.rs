//! The keys of a cohort that could take one more request, in the order of the policy.

use super::tree::Tree;
use super::weights::Weights;
use super::{Chance, Policy};

/// Levels above this are as busy as this one.
const BUSIEST: u32 = 63;

/// How a slot stands among those that are ready. The default is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its part of the draw.
    weight: u64,
    /// What it may spend and one more; 0 where it can take nothing now.
    pub(super) has: u32,
    /// Lower comes first.
    level: u8,
}

impl Standing {
    /// Where a slot with `in_flight` requests, `has` to spend and `credit` left stands.
    pub(super) fn new(policy: Policy, in_flight: u32, has: u32, credit: u64) -> Self {
        let (level, weight) = match policy {
            Policy::RoundRobin | Policy::ActiveFirst | Policy::LeastLatency => (0, 0),
            Policy::LeastBusy => (in_flight.min(BUSIEST) as u8, 0),
            Policy::CreditWeighted => (0, if has == 0 { 0 } else { credit }),
        };
        Self { weight, has, level }
    }
}

/// Slots by how busy they are; under all policies but least-busy all are equal.
#[derive(Debug, Default)]
pub(super) struct Ready {
    levels: Vec<Tree>,
    weights: Weights,
    /// How far the draws have swept over the line of weights, in `0.0..1.0`; `None` before the first.
    swept: Option<f64>,
    len: usize,
}

impl Ready {
    /// Moves a slot from where it stood to where it stands now.
    pub(super) fn place(&mut self, slot: usize, before: Standing, now: Standing) {
        if before == now {
            return;
        }
        self.len = self.len + usize::from(now.has > 0) - usize::from(before.has > 0);
        if before.level != now.level
            && let Some(tree) = self.levels.get_mut(usize::from(before.level))
        {
            tree.set(slot, 0);
        }
        let level = usize::from(now.level);
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Tree::default);
        }
        if let Some(tree) = self.levels.get_mut(level) {
            tree.set(slot, now.has);
        }
        if before.weight != now.weight {
            self.weights.set(slot, now.weight);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The sum of all parts of the draw.
    pub(super) fn weight(&self) -> u64 {
        self.weights.total()
    }

    /// A slot by lot, in proportion to the weights.
    ///
    /// The draws sweep over the line on which each slot is as long as its weight: from a point at random in
    /// steps at random, as long as a slot on average. So each point is as likely as any other, and yet
    /// what is drawn next lies near what was drawn last, in memory too.
    pub(super) fn draw(&mut self, chance: Chance<'_>) -> Option<usize> {
        let step = match self.swept {
            None => chance(),
            Some(_) => 2.0 * chance() / self.len.max(1) as f64,
        };
        let swept = (self.swept.unwrap_or_default() + step).fract();
        self.swept = Some(swept);
        self.weights.at(scaled(swept, self.weights.total()))
    }

    /// The first slot of the lowest level with `need`, turning from `cursor` on, that `free` accepts.
    ///
    /// `free` refuses only what this request has tried, so a handful of slots are looked at.
    pub(super) fn first(
        &mut self,
        cursor: usize,
        need: u32,
        free: impl Fn(usize) -> bool,
    ) -> Option<(usize, usize)> {
        let levels = self.levels.iter_mut().enumerate();
        levels
            .filter_map(|(level, tree)| Some((level, tree.turn(cursor, need, &free)?)))
            .next()
    }

    /// The first two of the lowest level, as [`Self::first`] finds them.
    pub(super) fn two(
        &mut self,
        cursor: usize,
        need: u32,
        free: impl Fn(usize) -> bool,
    ) -> Option<(usize, Option<usize>)> {
        self.levels.first_mut()?.two(cursor, need, &free)
    }
}

/// The point of a line of that length that corresponds to a number in `0.0..1.0`.
fn scaled(chance: f64, length: u64) -> u64 {
    // Precise enough: beyond 2^53 the lowest bits of a sum of credits do not matter.
    ((chance * length as f64) as u64).min(length.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_slot_is_drawn_in_proportion_to_its_weight() {
        let weights = [1_u64, 2, 0, 3, 4];
        let mut ready = Ready::default();
        for (slot, weight) in weights.into_iter().enumerate() {
            let standing = Standing::new(Policy::CreditWeighted, 0, u32::from(weight > 0), weight);
            ready.place(slot, Standing::default(), standing);
        }
        // A congruential generator will do: its high bits are even enough.
        let seed = Cell::new(7_u64);
        let chance = || {
            seed.set(
                seed.get()
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407),
            );
            (seed.get() >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut drawn = [0_u64; 5];
        for _ in 0..10_000 {
            drawn[ready.draw(&chance).unwrap()] += 1;
        }
        for (slot, weight) in weights.into_iter().enumerate() {
            assert!(drawn[slot].abs_diff(weight * 1_000) <= 100, "{drawn:?}");
        }
    }
}
