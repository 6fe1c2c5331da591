//! What happens to keys by itself: rests that end, hours that begin, days that are over.
//!
//! Invariant: each slot has one alarm at most, for the first change ahead of it; it stands in the calendar
//! of all and, while the key is here, in that of its cohort.

use super::{Keys, Slot};
use crate::spending::day_of;
use crate::time::Moment;

impl Keys {
    /// When something changes by itself next. Days end for every pool.
    pub(in super::super) fn next_alarm(&self) -> Option<Moment> {
        let first = self.alarms.first().map(|(at, _)| *at);
        if self.slots.len() == self.vacant.len() {
            return first;
        }
        first.into_iter().chain([self.midnight()]).min()
    }

    /// Lets everything happen whose time has come.
    pub(in super::super) fn wake(&mut self, now: Moment) {
        if now >= self.midnight() {
            self.begin_day(now);
        }
        while let Some((_, index)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.clear_alarm(index);
            let unix_ms = self.unix_ms(now);
            let until = self.slots.get(index).and_then(|slot| slot.state.until());
            let barred = |slot: &Slot| !slot.rare.barred.is_empty() && !slot.leaving;
            if self.slots.get(index).is_some_and(barred) {
                self.renew(index, now, |slot| slot.pass_time(now, unix_ms));
            } else {
                self.pass_time(index, now);
                self.relist(index, now);
            }
            self.tell(index, None, until.unwrap_or(now).min(now));
            self.set_alarm(index, now);
            self.vacate_if_done(index);
        }
    }

    fn pass_time(&mut self, index: usize, now: Moment) {
        let unix_ms = self.unix_ms(now);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let before = slot.in_flight;
        slot.pass_time(now, unix_ms);
        let ended = before - slot.in_flight;
        if !slot.leaving
            && let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize)
        {
            cohort.in_flight -= ended;
        }
    }

    /// Turns all keys to a new day. What was spent on the last one is booked on it.
    fn begin_day(&mut self, now: Moment) {
        for index in std::mem::take(&mut self.unbooked) {
            self.book(index);
        }
        let unix_ms = self.unix_ms(now);
        self.day = day_of(unix_ms);
        self.past.clear();
        for index in 0..self.slots.len() {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.begin_day(unix_ms);
            }
            self.relist(index, now);
        }
    }

    /// Sets the alarm for when this slot changes by itself.
    pub(super) fn set_alarm(&mut self, index: usize, now: Moment) {
        let unix_ms = self.unix_ms(now);
        let Some(slot) = self.slots.get(index).filter(|slot| slot.key.is_some()) else {
            return;
        };
        let turn = slot.next_turn(unix_ms).map(|turn| self.moment(turn));
        let models = slot.rare.barred.iter().map(|(_, until)| *until);
        let ghosts = slot.rare.ghosts.iter().copied();
        let midnight = slot.spent.is_exhausted().then(|| self.midnight());
        let turns = turn.into_iter().chain(midnight).chain(models).chain(ghosts);
        let next = slot.state.until().into_iter().chain(turns).min();
        if next == slot.rare.alarm {
            return;
        }
        self.clear_alarm(index);
        let (Some(at), Some(slot)) = (next, self.slots.get_mut(index)) else {
            return;
        };
        slot.rare.alarm = next;
        self.alarms.insert((at, index));
        if !slot.leaving
            && let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize)
        {
            cohort.turns.insert((at, index));
        }
    }

    pub(super) fn clear_alarm(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let Some(at) = slot.rare.alarm.take() else { return };
        self.alarms.remove(&(at, index));
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize) {
            cohort.turns.remove(&(at, index));
        }
    }
}
