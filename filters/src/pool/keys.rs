//! The pool keys of an upstream: leases, cool-downs, and which one is next.
//!
//! Keys that are alike in all that decides eligibility form a cohort; a request looks at each cohort
//! once and never at each key.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::lease::LeasedKey;
use super::nodes::Nodes;
use super::ready::{Ready, level};
use super::{NoWay, Policy, Want};
use crate::id::PoolKeyId;
use crate::model::PoolKey;
use crate::time::Moment;

#[derive(Debug)]
struct Slot {
    /// `None` once the key is gone and its last lease has ended.
    key: Option<Arc<PoolKey>>,
    cohort: usize,
    concurrency: u32,
    in_flight: u32,
    cooling_until: Moment,
    streak: u32,
    /// Gone from the snapshot; no new lease.
    leaving: bool,
}

#[derive(Debug)]
struct Cohort {
    operator_owned: bool,
    /// Indices of the nodes its keys may be sent to.
    nodes: Arc<[usize]>,
    members: usize,
    ready: Ready,
}

/// A key that was chosen and is not yet leased.
#[derive(Debug)]
pub(super) struct Chosen {
    slot: usize,
    pub(super) nodes: Arc<[usize]>,
}

/// All keys.
#[derive(Debug)]
pub(super) struct Keys {
    policy: Policy,
    slots: Vec<Slot>,
    vacant: Vec<usize>,
    by_id: HashMap<PoolKeyId, usize>,
    cohorts: Vec<Cohort>,
    /// Ends of cool-downs. An entry may be stale (the deadline was moved); it is checked on its way out.
    alarms: BinaryHeap<Reverse<(Moment, usize)>>,
    cursor: usize,
}

impl Keys {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            slots: Vec::new(),
            vacant: Vec::new(),
            by_id: HashMap::new(),
            cohorts: Vec::new(),
            alarms: BinaryHeap::new(),
            cursor: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.members).sum()
    }

    pub(super) fn ready(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.ready.len()).sum()
    }

    pub(super) fn cooling(&self, now: Moment) -> usize {
        self.slots
            .iter()
            .filter(|slot| !slot.leaving && slot.cooling_until > now)
            .count()
    }

    pub(super) fn put(&mut self, key: Arc<PoolKey>, nodes: Box<[usize]>, concurrency: u32) {
        let cohort = self.cohort(key.operator_owned, nodes);
        let index = match self.by_id.get(&key.id) {
            Some(index) => *index,
            None => self.vacancy(key.id),
        };
        self.unlist(index);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.key = Some(key);
        slot.cohort = cohort;
        slot.concurrency = concurrency;
        slot.leaving = false;
        if let Some(cohort) = self.cohorts.get_mut(cohort) {
            cohort.members += 1;
        }
        self.list(index);
    }

    fn cohort(&mut self, operator_owned: bool, nodes: Box<[usize]>) -> usize {
        let alike = |c: &Cohort| c.operator_owned == operator_owned && *c.nodes == *nodes;
        self.cohorts.iter().position(alike).unwrap_or_else(|| {
            let nodes = Arc::from(nodes);
            self.cohorts.push(Cohort {
                operator_owned,
                nodes,
                members: 0,
                ready: Ready::default(),
            });
            self.cohorts.len() - 1
        })
    }

    fn vacancy(&mut self, id: PoolKeyId) -> usize {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                key: None,
                cohort: 0,
                concurrency: 0,
                in_flight: 0,
                cooling_until: Moment::default(),
                streak: 0,
                leaving: true,
            });
            self.slots.len() - 1
        });
        self.by_id.insert(id, index);
        index
    }

    pub(super) fn gone(&mut self, id: PoolKeyId) {
        let Some(index) = self.by_id.get(&id).copied() else {
            return;
        };
        self.unlist(index);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.leaving = true;
        }
        self.vacate_if_done(index);
    }

    /// Frees the slot of a key that is gone once nothing is in flight on it.
    fn vacate_if_done(&mut self, index: usize) {
        let Some(slot) = self
            .slots
            .get_mut(index)
            .filter(|s| s.leaving && s.in_flight == 0)
        else {
            return;
        };
        let Some(key) = slot.key.take() else { return };
        slot.cooling_until = Moment::default();
        slot.streak = 0;
        self.by_id.remove(&key.id);
        self.vacant.push(index);
    }

    /// Takes a slot out of its cohort before it changes.
    fn unlist(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index).filter(|slot| !slot.leaving) else {
            return;
        };
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort) {
            cohort.members -= 1;
            cohort.ready.remove(level(self.policy, slot.in_flight), index);
        }
    }

    /// Lists a slot as ready, if it can take one more and is not cooling.
    fn list(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        let open =
            !slot.leaving && slot.in_flight < slot.concurrency && slot.cooling_until == Moment::default();
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort).filter(|_| open) {
            cohort.ready.insert(level(self.policy, slot.in_flight), index);
        }
    }

    fn hide(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort) {
            cohort.ready.remove(level(self.policy, slot.in_flight), index);
        }
    }

    /// Lists the keys whose cool-down has ended.
    pub(super) fn wake(&mut self, now: Moment) {
        while let Some(Reverse((_, index))) =
            self.alarms.peek().copied().filter(|Reverse((at, _))| *at <= now)
        {
            self.alarms.pop();
            let Some(slot) = self.slots.get_mut(index) else {
                continue;
            };
            if slot.cooling_until <= now {
                slot.cooling_until = Moment::default();
                self.list(index);
            }
        }
    }

    /// The next key of the policy for this request.
    pub(super) fn choose(&self, want: &Want<'_>, nodes: &Nodes, now: Moment) -> Result<Chosen, NoWay> {
        let able = |c: &&Cohort| {
            c.members > 0
                && (c.operator_owned || !want.operator_owned_only)
                && nodes.could_serve(want, &c.nodes)
        };
        let best = self.cohorts.iter().filter(able).filter_map(|cohort| {
            let (level, slot) = cohort
                .ready
                .first(self.cursor, |slot| !self.was_tried(slot, want))?;
            let turn = slot.wrapping_sub(self.cursor);
            Some((
                (level, turn),
                Chosen {
                    slot,
                    nodes: Arc::clone(&cohort.nodes),
                },
            ))
        });
        let best = best.min_by_key(|(rank, _)| *rank).map(|(_, chosen)| chosen);
        best.ok_or_else(|| {
            self.no_way(
                self.cohorts.iter().filter(able).map(|c| c.members).sum(),
                want,
                now,
            )
        })
    }

    fn was_tried(&self, slot: usize, want: &Want<'_>) -> bool {
        let key = self.slots.get(slot).and_then(|slot| slot.key.as_ref());
        key.is_none_or(|key| want.tried_keys.contains(&key.id))
    }

    fn no_way(&self, able: usize, want: &Want<'_>, now: Moment) -> NoWay {
        let tried = want
            .tried_keys
            .iter()
            .filter(|id| self.by_id.contains_key(id))
            .count();
        if able > tried {
            let first = self.alarms.peek().map(|Reverse((at, _))| at.since(now));
            NoWay::Busy { retry_after: first }
        } else if tried > 0 {
            NoWay::Exhausted
        } else {
            NoWay::Empty
        }
    }

    pub(super) fn lease(&mut self, Chosen { slot: index, .. }: Chosen) -> Option<LeasedKey> {
        self.hide(index);
        let slot = self.slots.get_mut(index)?;
        slot.in_flight += 1;
        let key = Arc::clone(slot.key.as_ref()?);
        self.cursor = index + 1;
        self.list(index);
        Some(LeasedKey { slot: index, key })
    }

    pub(super) fn release(
        &mut self,
        LeasedKey { slot: index, .. }: LeasedKey,
        well: bool,
        cool: Option<&dyn Fn(u32) -> Duration>,
        now: Moment,
    ) {
        self.hide(index);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.in_flight = slot.in_flight.saturating_sub(1);
        if well {
            slot.streak = 0;
        }
        if let Some(cool) = cool {
            slot.streak = slot.streak.saturating_add(1);
            let until = now + cool(slot.streak);
            if until > now && until > slot.cooling_until {
                slot.cooling_until = until;
                self.alarms.push(Reverse((until, index)));
            }
        }
        self.list(index);
        self.vacate_if_done(index);
    }
}
