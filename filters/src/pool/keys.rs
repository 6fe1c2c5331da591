//! The pool keys of an upstream: leases, rests, what is spent, and which one is next.
//!
//! Invariant: whatever changes what a slot may do ends in [`Keys::relist`], so that what is listed as
//! ready is ready, and every slot that opened is told in [`Keys::opened`].

mod calendar;
mod choose;
mod credits;
mod journal;
mod leases;
mod members;
mod no_way;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::cohort::{Cohort, Traits};
use super::latency::Holds;
use super::nodes::Nodes;
use super::spent::Mark;
use super::{Policy, Resting, Slot, State, Want};
use crate::credit::Tariffs;
use crate::id::PoolKeyId;
use crate::model::PoolKey;
use crate::spending::{Booking, DAY_MS, Spending, Whose, day_of};
use crate::spread::Spreading;
use crate::time::Moment;
pub use journal::{Journal, KeyMove};
pub(super) use leases::Lesson;
use members::Past;

/// A key that was chosen and is not yet leased.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) slot: usize,
    pub(super) nodes: Arc<[usize]>,
    anlas: u32,
}

/// All keys.
#[derive(Debug)]
pub(super) struct Keys {
    policy: Policy,
    min_credit: u64,
    /// What the upstream was found to charge.
    tariffs: Tariffs,
    /// The wall clock at the origin of [`Moment`], in milliseconds since the Unix epoch.
    origin: i64,
    /// Days since the Unix epoch.
    day: i64,
    slots: Vec<Slot>,
    vacant: Vec<usize>,
    by_id: HashMap<PoolKeyId, usize, Spreading>,
    cohorts: Vec<Cohort>,
    /// When slots change by themselves, one entry each.
    alarms: BTreeSet<(Moment, usize)>,
    /// Where the next turn of the policy begins.
    cursor: usize,
    holds: Holds,
    /// Slots that opened since the last look.
    opened: Vec<usize>,
    /// Slots with something to be booked, and those of them where it is urgent.
    unbooked: Vec<usize>,
    urgent: Vec<usize>,
    /// What else is to be booked: of keys that are gone, and of days that are over.
    left: Vec<Spending>,
    /// What keys that are gone have spent today, should they come back.
    past: HashMap<PoolKeyId, Past, Spreading>,
    /// When keys began and ended to rest.
    journal: Journal,
}

impl Keys {
    pub(super) fn new(policy: Policy, min_credit: u64, origin: i64) -> Self {
        Self {
            policy,
            min_credit,
            tariffs: Tariffs::default(),
            origin,
            day: day_of(origin),
            slots: Vec::new(),
            vacant: Vec::new(),
            by_id: HashMap::default(),
            cohorts: Vec::new(),
            alarms: BTreeSet::new(),
            cursor: 0,
            holds: Holds::default(),
            opened: Vec::new(),
            unbooked: Vec::new(),
            urgent: Vec::new(),
            left: Vec::new(),
            past: HashMap::default(),
            journal: Journal::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.members).sum()
    }

    pub(super) fn ready(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.ready.len()).sum()
    }

    pub(super) fn resting(&self, now: Moment) -> Resting {
        let mut found = Resting::default();
        let resting = |slot: &&Slot| !slot.leaving && !slot.state.serves(now);
        for slot in self.slots.iter().filter(resting) {
            let of_its_kind = match slot.state {
                State::Healthy | State::Cooling { .. } => &mut found.cooling,
                State::Drained { .. } => &mut found.drained,
                State::Suspect { .. } => &mut found.suspect,
                State::Pending | State::Invalid | State::Paused | State::Withdrawn => &mut found.held,
            };
            *of_its_kind += 1;
        }
        found
    }

    /// The keys with how they fare, in no order.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Arc<PoolKey>, &Slot)> {
        let here = self.slots.iter().filter(|slot| !slot.leaving);
        here.filter_map(|slot| Some((slot.key.as_ref()?, slot)))
    }

    /// What was spent since the last time somebody asked.
    pub(super) fn take_spending(&mut self, booking: Booking) -> Vec<Spending> {
        let mut slots = std::mem::take(&mut self.urgent);
        match booking {
            Booking::Urgent => {}
            Booking::All => slots.append(&mut self.unbooked),
        }
        for index in slots {
            self.book(index);
        }
        std::mem::take(&mut self.left)
    }

    /// Puts what a key has spent among what is to be booked.
    fn book(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index).filter(|slot| slot.unbooked) else {
            return;
        };
        slot.unbooked = false;
        let Mark { requests, anlas } = slot.spent.book(&mut slot.rare.marks);
        let (whose, day, requests) = (Whose::PoolKey(slot.id), self.day, u64::from(requests));
        self.left.push(Spending {
            whose,
            day,
            requests,
            anlas,
        });
    }

    fn unix_ms(&self, now: Moment) -> i64 {
        self.origin
            .saturating_add(i64::try_from(now.millis()).unwrap_or(i64::MAX))
    }

    fn moment(&self, unix_ms: i64) -> Moment {
        Moment::from_millis(u64::try_from(unix_ms.saturating_sub(self.origin)).unwrap_or(0))
    }

    /// When the day ends.
    pub(super) fn midnight(&self) -> Moment {
        self.moment((self.day + 1) * DAY_MS)
    }

    /// Lists a slot for what it can do now.
    fn relist(&mut self, index: usize, now: Moment) {
        let Some(slot) = self.slots.get_mut(index).filter(|slot| !slot.leaving) else {
            return;
        };
        let could = slot.could_spend();
        let standing = slot.standing(self.policy, now);
        if standing.has > slot.listed.has && !slot.opened {
            slot.opened = true;
            self.opened.push(index);
        }
        let turned = (could == 0) != (slot.could == 0);
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize) {
            cohort.place(index, slot, standing, could);
        }
        if turned {
            // Its requests of the day are used up, or no longer so.
            self.set_alarm(index, now);
        }
    }

    /// A slot that opened since the last look.
    pub(super) fn opened(&mut self) -> Option<usize> {
        let index = self.opened.pop()?;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.opened = false;
        }
        Some(index)
    }

    pub(super) fn has_opened(&self) -> bool {
        !self.opened.is_empty()
    }

    /// Failures in a row of the key in that slot.
    pub(super) fn streak(&self, index: usize) -> u32 {
        self.slots.get(index).map_or(0, |slot| u32::from(slot.streak))
    }

    /// From now on keys are chosen like this.
    pub(super) fn set_policy(&mut self, policy: Policy, now: Moment) {
        if self.policy == policy {
            return;
        }
        self.policy = policy;
        for index in 0..self.slots.len() {
            self.reweigh(index, now);
        }
    }

    /// Looks anew which nodes each cohort may go to.
    pub(super) fn set_nodes(&mut self, nodes: &Nodes) {
        for cohort in &mut self.cohorts {
            cohort.traits.bound.renew(nodes);
        }
    }

    /// Whether a key of a kind that may serve this request is there at all.
    pub(super) fn suit(&self, want: &Want<'_>, nodes: &Nodes) -> bool {
        let mut inhabited = self.cohorts.iter().filter(|cohort| cohort.members > 0);
        inhabited.any(|cohort| cohort.traits.suit(want, nodes))
    }

    /// Where the key with that id is, if it is here.
    pub(super) fn index_of(&self, id: PoolKeyId) -> Option<usize> {
        let index = *self.by_id.get(&id)?;
        self.slots.get(index).filter(|slot| !slot.leaving).map(|_| index)
    }

    /// Whether the key in that slot could take this request now.
    pub(super) fn can(&self, index: usize, want: &Want<'_>, nodes: &Nodes) -> Option<Chosen> {
        let slot = self
            .slots
            .get(index)
            .filter(|slot| slot.listed.has > 0 && want.only_key.is_none_or(|only| only == slot.id))
            .filter(|_| !self.was_tried(index, want))?;
        let cohort = self.cohorts.get(slot.cohort as usize)?;
        let anlas = cohort.traits.cost(want);
        let able = slot.listed.has > anlas && cohort.traits.could_serve(want, nodes);
        able.then(|| Chosen {
            slot: index,
            nodes: Arc::clone(&cohort.traits.bound.nodes),
            anlas,
        })
    }

    /// What a slot has in common with others.
    pub(super) fn traits_of(&self, slot: &Slot) -> Option<&Traits> {
        self.cohorts
            .get(slot.cohort as usize)
            .map(|cohort| &cohort.traits)
    }

    /// Keys of a kind that may not serve this request.
    pub(super) fn unsuited(&self, want: &Want<'_>, nodes: &Nodes) -> usize {
        let apart = self
            .cohorts
            .iter()
            .filter(|cohort| !cohort.traits.suit(want, nodes));
        apart.map(|cohort| cohort.members).sum()
    }

    /// How the next key is chosen.
    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// When the hours of a slot next begin or end.
    pub(super) fn next_turn(&self, slot: &Slot, now: Moment) -> Option<Moment> {
        slot.next_turn(self.unix_ms(now)).map(|turn| self.moment(turn))
    }

    #[cfg(test)]
    pub(super) fn slots_in_use(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }

    #[cfg(test)]
    pub(super) fn alarms_set(&self) -> usize {
        self.alarms.len()
    }

    /// How many cohorts there are.
    #[cfg(test)]
    pub(super) fn kinds(&self) -> usize {
        self.cohorts.len()
    }

    pub(super) fn slot(&self, id: PoolKeyId) -> Option<&Slot> {
        self.slots.get(*self.by_id.get(&id)?)
    }
}
