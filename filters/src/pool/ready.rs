//! The keys of a cohort that could take one more request, in the order of the policy.

use super::Policy;
use super::tree::Tree;
use super::weights::Weights;

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

    /// The slot at a point of the draw.
    pub(super) fn at(&self, point: u64) -> Option<usize> {
        self.weights.at(point)
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
