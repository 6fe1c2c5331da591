//! Which key is next, by the policy, among those that can serve a request now.

use std::sync::Arc;

use super::super::cohort::Cohort;
use super::super::nodes::Nodes;
use super::super::slot::Slot;
use super::super::{Chance, Policy, Want};
use super::{Chosen, Keys};

/// Draws before a draw that only meets tried keys is given up for the first that can serve.
const DRAWS: usize = 8;

/// A key that could be chosen: what it costs there, and where it stands in the policy's order.
#[derive(Clone, Copy)]
struct Candidate {
    cohort: usize,
    slot: usize,
    anlas: u32,
    rank: (u64, usize),
}

/// What a choice goes by.
struct Choice<'a> {
    policy: Policy,
    cursor: usize,
    slots: &'a [Slot],
    want: &'a Want<'a>,
    chance: Chance<'a>,
}

impl Keys {
    /// The next key of the policy for this request: cheapest first, so that what is free stays free.
    pub(in super::super) fn choose(
        &mut self,
        want: &Want<'_>,
        nodes: &Nodes,
        chance: Chance<'_>,
    ) -> Option<Chosen> {
        let (policy, cursor, slots) = (self.policy, self.cursor, &*self.slots);
        let choice = Choice {
            policy,
            cursor,
            slots,
            want,
            chance,
        };
        let mut best: Option<Candidate> = None;
        for (number, cohort) in self.cohorts.iter_mut().enumerate() {
            if cohort.ready.len() == 0 || !cohort.traits.could_serve(want, nodes) {
                continue;
            }
            let next = choice.candidate(number, cohort);
            best = best
                .into_iter()
                .chain(next)
                .min_by_key(|candidate| (candidate.anlas, candidate.rank));
        }
        let Candidate {
            cohort, slot, anlas, ..
        } = best?;
        let nodes = Arc::clone(&self.cohorts.get(cohort)?.traits.bound.nodes);
        Some(Chosen { slot, nodes, anlas })
    }

    /// Whether some key can serve this request now.
    pub(in super::super) fn has_way(&mut self, want: &Want<'_>, nodes: &Nodes) -> bool {
        let slots = &*self.slots;
        let free = |slot| !was_tried(slots, slot, want);
        let mut able = self
            .cohorts
            .iter_mut()
            .filter(|cohort| cohort.ready.len() > 0 && cohort.traits.could_serve(want, nodes));
        able.any(|cohort| {
            let need = cohort.traits.cost(want).saturating_add(1);
            cohort.ready.first(0, need, free).is_some()
        })
    }

    pub(super) fn was_tried(&self, slot: usize, want: &Want<'_>) -> bool {
        was_tried(&self.slots, slot, want)
    }
}

impl Choice<'_> {
    /// The cohort's best key for this request.
    fn candidate(&self, number: usize, cohort: &mut Cohort) -> Option<Candidate> {
        let anlas = cohort.traits.cost(self.want);
        let need = anlas.saturating_add(1);
        let free = |slot| !was_tried(self.slots, slot, self.want);
        let of = |slot, rank| Candidate {
            cohort: number,
            slot,
            anlas,
            rank,
        };
        // One alone is found sooner from the start than from where the turn is.
        let alone = cohort.ready.len() == 1;
        let from = if alone { 0 } else { self.cursor };
        match self.policy {
            Policy::RoundRobin | Policy::ActiveFirst | Policy::LeastBusy => {
                let (level, slot) = cohort.ready.first(from, need, free)?;
                Some(of(slot, (level as u64, slot.wrapping_sub(self.cursor))))
            }
            Policy::LeastLatency => {
                // The next two in turn, which each key is with both its neighbours: as good as two drawn at
                // random, and they lie side by side in memory.
                let (one, other) = if alone {
                    (cohort.ready.first(from, need, free)?.1, None)
                } else {
                    cohort.ready.two(from, need, free)?
                };
                let ranked = [Some(one), other].into_iter().flatten().enumerate();
                ranked
                    .map(|(place, slot)| of(slot, (self.score(slot), place)))
                    .min_by_key(|of| of.rank)
            }
            Policy::CreditWeighted => {
                let fits = |slot: &usize| free(*slot) && self.has(*slot) >= need;
                let drawn = std::iter::repeat_with(|| cohort.ready.draw(self.chance));
                let slot = drawn.take(DRAWS).flatten().find(fits);
                let slot = slot.or_else(|| Some(cohort.ready.first(0, need, free)?.1))?;
                // Among cohorts, too, the chance of each follows its weight.
                Some(of(
                    slot,
                    (key_of_draw((self.chance)(), cohort.ready.weight()), slot),
                ))
            }
        }
    }

    fn score(&self, slot: usize) -> u64 {
        self.slots
            .get(slot)
            .map_or(u64::MAX, |slot| slot.latency.score(slot.in_flight))
    }

    fn has(&self, slot: usize) -> u32 {
        self.slots.get(slot).map_or(0, |slot| slot.listed.has)
    }
}

fn was_tried(slots: &[Slot], slot: usize, want: &Want<'_>) -> bool {
    if want.tried_keys.is_empty() {
        return false;
    }
    slots
        .get(slot)
        .is_none_or(|slot| want.tried_keys.contains(&slot.id))
}

/// A rank such that the lowest of several is each one with a probability in proportion to its weight:
/// the time at which a clock that ticks `weight` times a second ticks first.
fn key_of_draw(chance: f64, weight: u64) -> u64 {
    let time = -(1.0 - chance).ln() / (weight.max(1) as f64);
    (time * 1e15) as u64
}
