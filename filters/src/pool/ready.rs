//! The keys that could take one more request, in the order of the policy.

use super::Policy;
use crate::bits::Bits;

/// Levels above this are as busy as this one.
const BUSIEST: u32 = 63;

/// Slots by how busy they are; under round-robin all are equal.
#[derive(Debug, Default)]
pub(super) struct Ready {
    levels: Vec<Bits>,
}

/// Where a slot stands in the order: lower comes first.
pub(super) fn level(policy: Policy, in_flight: u32) -> usize {
    match policy {
        Policy::RoundRobin => 0,
        Policy::LeastBusy => in_flight.min(BUSIEST) as usize,
    }
}

impl Ready {
    pub(super) fn insert(&mut self, level: usize, slot: usize) {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Bits::default);
        }
        if let Some(bits) = self.levels.get_mut(level) {
            bits.insert(slot);
        }
    }

    pub(super) fn remove(&mut self, level: usize, slot: usize) {
        if let Some(bits) = self.levels.get_mut(level) {
            bits.remove(slot);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.levels.iter().map(Bits::len).sum()
    }

    /// The first slot of the lowest level, turning from `cursor` on, that `free` accepts.
    ///
    /// `free` refuses only what this request has tried, so a handful of slots are looked at.
    pub(super) fn first(&self, cursor: usize, free: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
        self.levels.iter().enumerate().find_map(|(level, bits)| {
            bits.cycle(cursor)
                .find(|slot| free(*slot))
                .map(|slot| (level, slot))
        })
    }
}
