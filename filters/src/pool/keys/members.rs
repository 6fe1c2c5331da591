//! Keys that come, go, and change in what their cohort has in common.

use std::sync::Arc;

use super::super::cohort::{Bound, Cohort, Traits};
use super::super::ready::Standing;
use super::super::slot::{Terms, checked_at};
use super::super::spent::{Mark, Marks, Spent};
use super::{Keys, Slot};
use crate::credit::Tab;
use crate::id::PoolKeyId;
use crate::life::Event;
use crate::model::PoolKey;
use crate::spending::day_of;
use crate::time::Moment;

/// The account book of a key that is gone.
#[derive(Clone, Debug)]
pub(super) struct Past {
    spent: Spent,
    marks: Marks,
    tab: Tab,
    checked_at: Option<i64>,
}

impl Keys {
    pub(in super::super) fn put(&mut self, key: Arc<PoolKey>, bound: Bound, concurrency: u32, now: Moment) {
        let index = match self.by_id.get(&key.id) {
            Some(index) => *index,
            None => self.vacancy(&key),
        };
        let unix_ms = self.unix_ms(now);
        self.unlist(index);
        self.see_credit(index, &key);
        if let Some(slot) = self.slots.get_mut(index) {
            let min_credit = self.min_credit;
            slot.take_over(
                key,
                Terms {
                    concurrency,
                    min_credit,
                },
                now,
                unix_ms,
            );
        }
        self.enlist(index, bound, now);
        self.tell(index, None, now);
    }

    /// A slot for a key that has none. A key that was here before today goes on where it was: holding it
    /// back for a moment is no way around a cap.
    fn vacancy(&mut self, key: &PoolKey) -> usize {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(Slot::vacant());
            self.slots.len() - 1
        });
        self.by_id.insert(key.id, index);
        if let (Some(slot), Some(past)) = (self.slots.get_mut(index), self.past.remove(&key.id)) {
            (slot.spent, slot.rare.marks, slot.rare.tab) = (past.spent, past.marks, past.tab);
            if checked_at(key) > past.checked_at {
                slot.spent.seen(&mut slot.rare.marks);
            }
        }
        index
    }

    pub(in super::super) fn gone(&mut self, id: PoolKeyId) {
        let Some(index) = self.by_id.get(&id).copied() else {
            return;
        };
        self.unlist(index);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.leaving = true;
            // Until its last lease has ended, nothing else can happen to it.
            if let Some(at) = slot.rare.ghosts.iter().min().copied() {
                slot.rare.alarm = Some(at);
                self.alarms.insert((at, index));
            }
        }
        self.vacate_if_done(index);
    }

    /// Frees the slot of a key that is gone once nothing is in flight on it.
    pub(super) fn vacate_if_done(&mut self, index: usize) {
        let done = |slot: &Slot| slot.leaving && slot.in_flight == 0 && slot.key.is_some();
        if !self.slots.get(index).is_some_and(done) {
            return;
        }
        self.book(index);
        self.clear_alarm(index);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let slot = std::mem::replace(slot, Slot::vacant());
        let Some(key) = &slot.key else { return };
        self.by_id.remove(&key.id);
        self.vacant.push(index);
        let unseen = slot.spent.unseen(&slot.rare.marks) > 0 || !slot.rare.tab.is_clear();
        if slot.today() != Mark::default() || unseen {
            let past = Past {
                spent: slot.spent,
                marks: slot.rare.marks,
                checked_at: checked_at(key),
                tab: slot.rare.tab,
            };
            self.past.insert(key.id, past);
        }
    }

    /// Takes a slot out of its cohort before what they have in common changes.
    fn unlist(&mut self, index: usize) {
        self.clear_alarm(index);
        let Some(slot) = self.slots.get_mut(index).filter(|slot| !slot.leaving) else {
            return;
        };
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize) {
            cohort.members -= 1;
            cohort.in_flight -= slot.in_flight;
            cohort.place(index, slot, Standing::default(), 0);
        }
    }

    /// Puts a slot into the cohort that it belongs to now.
    fn enlist(&mut self, index: usize, bound: Bound, now: Moment) {
        let Some(slot) = self.slots.get(index).filter(|slot| !slot.leaving) else {
            return;
        };
        let Some(key) = &slot.key else { return };
        let traits = Traits::of(key, slot, bound);
        let number = self.cohort(traits);
        let (Some(slot), Some(cohort)) = (self.slots.get_mut(index), self.cohorts.get_mut(number)) else {
            return;
        };
        cohort.members += 1;
        cohort.in_flight += slot.in_flight;
        slot.cohort = u32::try_from(number).unwrap_or(u32::MAX);
        self.relist(index, now);
        self.set_alarm(index, now);
    }

    fn cohort(&mut self, traits: Traits) -> usize {
        let alike = self.cohorts.iter().position(|cohort| cohort.traits == traits);
        // One that was left by all its members is used again, so their number stays small.
        let left = || self.cohorts.iter().position(|cohort| cohort.members == 0);
        let number = alike.or_else(left).unwrap_or(self.cohorts.len());
        match self.cohorts.get_mut(number) {
            Some(_) if alike.is_some() => {}
            Some(left) => *left = Cohort::new(traits),
            None => self.cohorts.push(Cohort::new(traits)),
        }
        number
    }

    /// Changes a slot in what its cohort has in common.
    pub(super) fn renew(&mut self, index: usize, now: Moment, change: impl FnOnce(&mut Slot)) {
        let Some(slot) = self.slots.get(index).filter(|slot| slot.key.is_some()) else {
            return;
        };
        let cohort = self.cohorts.get(slot.cohort as usize);
        let bound = cohort.map(|cohort| cohort.traits.bound.clone());
        self.unlist(index);
        if let Some(slot) = self.slots.get_mut(index) {
            change(slot);
        }
        if let Some(bound) = bound {
            self.enlist(index, bound, now);
        }
        self.set_alarm(index, now);
    }

    /// Ends the rest of keys that were found to be without fault.
    pub(in super::super) fn acquit(&mut self, ids: &[PoolKeyId], now: Moment) {
        for index in ids
            .iter()
            .filter_map(|id| self.by_id.get(id).copied())
            .collect::<Vec<_>>()
        {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.state = slot.state.after(Event::ProbedWell, now);
                slot.streak = 0;
            }
            self.tell(index, None, now);
            self.relist(index, now);
            self.set_alarm(index, now);
        }
    }

    /// Sets keys to be tried again at once, whatever they rest for.
    pub(in super::super) fn recheck(&mut self, id: PoolKeyId, now: Moment) {
        let Some(index) = self.by_id.get(&id).copied() else {
            return;
        };
        self.renew(index, now, |slot| {
            slot.state = slot.state.after(Event::Recheck, now);
            slot.rare.barred.clear();
            slot.streak = 0;
        });
        self.tell(index, None, now);
    }

    /// Takes over what was spent on a day before this process began.
    pub(in super::super) fn restore(
        &mut self,
        id: PoolKeyId,
        (day, requests, anlas): (i64, u64, u64),
        now: Moment,
    ) {
        let Some(index) = self.by_id.get(&id).copied() else {
            return;
        };
        if day != day_of(self.unix_ms(now)) {
            return;
        }
        if let Some(slot) = self.slots.get_mut(index) {
            let requests = u32::try_from(requests).unwrap_or(u32::MAX);
            slot.spent.restore(&mut slot.rare.marks, Mark { requests, anlas });
            slot.recount();
        }
        self.relist(index, now);
    }
}
