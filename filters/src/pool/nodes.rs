//! The nodes of an upstream: in flight, cooling, well or not, and the next one to take.
//!
//! Invariants: neither a cool-down nor a failed check ever removes the last way: what is in trouble comes
//! last, and is used where nothing else is left. A node that is removed or drained keeps its slot until its
//! last lease has come back, so that a lease's handle means one node for as long as it is out.

mod checks;
mod handle;
mod pulse;
mod slot;

use std::sync::Arc;
use std::time::Duration;

pub use handle::NodeHandle;
use slot::NodeSlot;

use super::{Chance, NodeReport, NodeState, Policy, Want};
use crate::health::HealthSettings;
use crate::model::{NodeInUse, NodeSet};
use crate::time::Moment;

/// Where a node comes in the order of choice: the lowest is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Its checks fail, and enough others are well.
    shunned: bool,
    /// When it comes back, where it rests after a failure.
    back: Moment,
    /// Another one is preferred.
    not_preferred: bool,
    busy: u64,
    turn: usize,
}

impl Rank {
    /// Whether nothing speaks against it.
    fn is_well(self) -> bool {
        !self.shunned && self.back == Moment::default()
    }
}

/// All nodes.
#[derive(Debug)]
pub(super) struct Nodes {
    slots: Vec<NodeSlot>,
    /// Slots of those that get new requests.
    takers: Arc<[usize]>,
    /// The one that `active-first` prefers.
    preferred: Option<usize>,
    cursor: usize,
    /// How often a slot has got another node.
    lives: u32,
    /// Slots that are let back in little by little.
    ramping: usize,
    health: HealthSettings,
}

impl Nodes {
    pub(super) fn new(health: HealthSettings) -> Self {
        Self {
            slots: Vec::new(),
            takers: Arc::from([]),
            preferred: None,
            cursor: 0,
            lives: 0,
            ramping: 0,
            health,
        }
    }

    /// From now on these are the nodes. What is known of those that stay is kept.
    pub(super) fn set(&mut self, set: &NodeSet, now: Moment, chance: Chance<'_>) {
        let stays = |slot: &NodeSlot| set.nodes.iter().any(|used| slot.holds(used));
        for slot in self.slots.iter_mut().filter(|slot| !stays(slot)) {
            slot.state = NodeState::Removed;
        }
        for used in &set.nodes {
            let index = self.place(used, now, chance);
            if let Some(slot) = self.slots.get_mut(index) {
                slot.state = if used.draining {
                    NodeState::Draining
                } else {
                    NodeState::Active
                };
            }
        }
        let named = |slot: &NodeSlot| set.active.as_deref() == Some(&*slot.used.node.name);
        let preferred = self.each().find(|(_, slot)| named(slot));
        let preferred = preferred.map(|(index, _)| index);
        let takers = self
            .each()
            .filter(|(_, slot)| slot.takes())
            .map(|(index, _)| index)
            .collect();
        (self.preferred, self.takers) = (preferred, takers);
        self.weigh_up();
    }

    /// The slot of a node: its own, or one that nobody needs any more.
    fn place(&mut self, used: &NodeInUse, now: Moment, chance: Chance<'_>) -> usize {
        let fresh = |life| NodeSlot::new(used, life, &self.health, now, chance);
        if let Some(own) = self.slots.iter_mut().position(|slot| slot.holds(used)) {
            if let Some(slot) = self.slots.get_mut(own).filter(|slot| slot.is_gone()) {
                // It may have been mended meanwhile: only what is in flight on it still counts.
                *slot = NodeSlot {
                    in_flight: slot.in_flight,
                    ..fresh(slot.life)
                };
            }
            return own;
        }
        self.lives = self.lives.wrapping_add(1);
        let fresh = fresh(self.lives);
        let vacant = |slot: &NodeSlot| slot.is_gone() && slot.in_flight == 0;
        let index = self.slots.iter().position(vacant).unwrap_or(self.slots.len());
        match self.slots.get_mut(index) {
            Some(slot) => *slot = fresh,
            None => self.slots.push(fresh),
        }
        index
    }

    /// Slots of nodes that are the upstream's.
    fn each(&self) -> impl Iterator<Item = (usize, &NodeSlot)> {
        let slots = self.slots.iter().enumerate();
        slots.filter(|(_, slot)| !slot.is_gone())
    }

    /// Each slot's node, also where it is the upstream's no longer.
    pub(super) fn placed(&self) -> impl Iterator<Item = &Arc<NodeInUse>> {
        self.slots.iter().map(|slot| &slot.used)
    }

    /// Slots of the nodes that a key with these origins may be sent to.
    pub(super) fn bound_to(&self, origins: &[Box<str>]) -> Arc<[usize]> {
        let slots = self.each().filter(|(_, slot)| slot.takes());
        slots
            .filter(|(_, slot)| origins.iter().any(|origin| **origin == *slot.origin))
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether one of `bound` could serve this request at all.
    pub(super) fn could_serve(&self, want: &Want<'_>, bound: &[usize]) -> bool {
        bound.iter().any(|index| self.serving(want, *index).is_some())
    }

    /// Whether one of all could serve this request at all.
    pub(super) fn could_take(&self, want: &Want<'_>) -> bool {
        self.could_serve(want, &self.takers)
    }

    fn serving(&self, want: &Want<'_>, index: usize) -> Option<&NodeSlot> {
        let slot = self.slots.get(index)?;
        let tried = || want.tried_nodes.iter().any(|tried| *tried == slot.handle(index));
        (slot.role == want.role && slot.takes() && !tried()).then_some(slot)
    }

    /// The next node of the policy among `bound` (all, if `None`).
    pub(super) fn choose(
        &mut self,
        policy: Policy,
        want: &Want<'_>,
        bound: Option<&[usize]>,
        now: Moment,
    ) -> Option<usize> {
        let among = bound.unwrap_or(&self.takers);
        let (mut index, _) = self.best(policy, want, among, now, &[])?;
        if self.ramping > 0 {
            let among = Arc::from(among);
            index = self.let_in(index, now, |nodes, passed| {
                nodes.best(policy, want, &among, now, passed)
            });
        }
        self.cursor = match policy {
            // Stays while it is well: one that rests comes last by itself.
            Policy::ActiveFirst => index,
            Policy::RoundRobin | Policy::LeastLatency | Policy::LeastBusy | Policy::CreditWeighted => {
                index + 1
            }
        };
        Some(index)
    }

    fn best(
        &self,
        policy: Policy,
        want: &Want<'_>,
        bound: &[usize],
        now: Moment,
        passed: &[usize],
    ) -> Option<(usize, Rank)> {
        let len = self.slots.len();
        let turn = self.cursor % len.max(1);
        let could = bound.iter().filter(|index| !passed.contains(index));
        let could = could.filter_map(|index| Some((*index, self.serving(want, *index)?)));
        // A node that nobody has asked yet is taken to be as quick as the quickest.
        let quickest = match policy {
            Policy::LeastLatency => could.clone().filter_map(|(_, slot)| slot.pulse.ms(now)).min(),
            Policy::RoundRobin | Policy::ActiveFirst | Policy::LeastBusy | Policy::CreditWeighted => None,
        };
        let rank = |(index, slot): (usize, &NodeSlot)| {
            let back = if slot.cooling_until <= now {
                Moment::default()
            } else {
                slot.cooling_until
            };
            let busy = match policy {
                Policy::RoundRobin | Policy::ActiveFirst | Policy::CreditWeighted => 0,
                Policy::LeastBusy => u64::from(slot.in_flight),
                // Nodes are few: all are looked at, not only two.
                Policy::LeastLatency => {
                    let ms = slot.pulse.ms(now).or(quickest).unwrap_or_default();
                    u64::from(ms.max(1)) * (u64::from(slot.in_flight) + 1)
                }
            };
            let preferred = policy == Policy::ActiveFirst && self.preferred.is_some();
            let rank = Rank {
                shunned: slot.shunned,
                back,
                not_preferred: preferred && self.preferred != Some(index),
                busy,
                turn: (index + len - turn) % len,
            };
            (index, rank)
        };
        could.map(rank).min_by_key(|(_, rank)| *rank)
    }

    /// The first node in the policy's order whose turn counts: one that is let back in passes over so many
    /// of its turns, unless nobody else is well.
    fn let_in(
        &mut self,
        first: usize,
        now: Moment,
        next: impl Fn(&Self, &[usize]) -> Option<(usize, Rank)>,
    ) -> usize {
        self.pass_time(now);
        let mut passed = Vec::new();
        let mut index = first;
        while !self.takes_its_turn(index, now) {
            passed.push(index);
            match next(self, &passed) {
                Some((other, rank)) if rank.is_well() => index = other,
                Some(_) | None => return first,
            }
        }
        index
    }

    fn takes_its_turn(&mut self, index: usize, now: Moment) -> bool {
        let health = &self.health;
        self.slots
            .get_mut(index)
            .is_none_or(|slot| slot.takes_its_turn(health, now))
    }

    /// Takes the lease on a node that was chosen.
    pub(super) fn lease(&mut self, index: usize) -> Option<NodeHandle> {
        let slot = self.slots.get_mut(index)?;
        slot.in_flight += 1;
        Some(slot.handle(index))
    }

    pub(super) fn release(
        &mut self,
        handle: NodeHandle,
        well: bool,
        cool: Option<&dyn Fn(u32) -> Duration>,
        now: Moment,
    ) {
        let Some(slot) = self.slot_mut(handle) else {
            return;
        };
        slot.in_flight = slot.in_flight.saturating_sub(1);
        if well {
            slot.streak = 0;
        }
        if let Some(cool) = cool {
            slot.streak = slot.streak.saturating_add(1);
            slot.cooling_until = slot.cooling_until.max(now + cool(slot.streak));
        }
    }

    /// Notes how soon the node's answer began.
    pub(super) fn observe(&mut self, handle: NodeHandle, first_byte: Option<Duration>, now: Moment) {
        if let (Some(slot), Some(span)) = (self.slot_mut(handle), first_byte) {
            slot.pulse.observe(span, now);
        }
    }

    fn slot_mut(&mut self, handle: NodeHandle) -> Option<&mut NodeSlot> {
        let slot = self.slots.get_mut(handle.index())?;
        (slot.handle(handle.index()) == handle).then_some(slot)
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.slots.iter().map(|node| node.in_flight).sum()
    }

    /// Node by node; those that are gone while something is in flight on them come last.
    pub(super) fn report(&self, now: Moment) -> Vec<NodeReport> {
        let report = |(index, slot): (usize, &NodeSlot)| slot.report(self.preferred == Some(index), now);
        let ending = self.slots.iter().enumerate();
        let ending = ending.filter(|(_, slot)| slot.is_gone() && slot.in_flight > 0);
        self.each().chain(ending).map(report).collect()
    }
}
