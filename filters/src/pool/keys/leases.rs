//! Leases that are taken and given back, and what they teach.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use super::super::latency::class;
use super::super::lease::LeasedKey;
use super::super::{LEAST_REST, Policy, Want};
use super::{Chosen, Keys};
use crate::judge::RuleName;
use crate::life::Event;
use crate::time::Moment;

/// Most cohorts. Clients choose the models they ask for, and must not be able to make more of them.
const MOST_COHORTS: usize = 256;

/// What an attempt means for its key.
#[derive(Debug, Default)]
pub(in super::super) struct Lesson<'a> {
    /// `None` where the end says nothing about the key.
    pub(in super::super) event: Option<Event>,
    /// The rule that says so.
    pub(in super::super) rule: Option<RuleName>,
    /// A model that rests on this key.
    pub(in super::super) bar: Option<(&'a str, Duration)>,
    /// Whether the work counts against balance and caps.
    pub(in super::super) charged: bool,
    /// Whether it was a failure of the key's own; `None` leaves the count of failures alone.
    pub(in super::super) failed: Option<bool>,
    pub(in super::super) first_byte: Option<Duration>,
    /// Whether the time it took says how long such requests take.
    pub(in super::super) whole: bool,
}

impl Keys {
    /// Takes the lease on a key that was chosen.
    pub(in super::super) fn lease(
        &mut self,
        chosen: &Chosen,
        want: &Want<'_>,
        now: Moment,
    ) -> Option<LeasedKey> {
        let Chosen {
            slot: index, anlas, ..
        } = *chosen;
        let slot = self.slots.get_mut(index)?;
        let (id, key) = (slot.id, Arc::clone(slot.key.as_ref()?));
        slot.in_flight += 1;
        slot.spent.reserve(anlas);
        if let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize) {
            cohort.in_flight += 1;
        }
        match self.policy {
            // Stays with the same key until that fails.
            Policy::ActiveFirst => {}
            // Sweeps on by a key on average, and seldom by more than two.
            Policy::CreditWeighted => {
                self.fetch(index + 1);
                self.fetch(index + 2);
            }
            Policy::RoundRobin | Policy::LeastLatency | Policy::LeastBusy => {
                self.cursor = index + 1;
                self.fetch(self.cursor);
            }
        }
        self.relist(index, now);
        Some(LeasedKey {
            slot: index,
            id,
            key,
            anlas,
            class: class(want.price.full),
        })
    }

    /// Has the processor bring near what the next turn will most likely touch, while this one goes on.
    fn fetch(&self, index: usize) {
        let key = self.slots.get(index).and_then(|slot| slot.key.as_ref());
        black_box(key.map(Arc::strong_count));
    }

    /// Ends a lease, with what it showed of the key.
    pub(in super::super) fn release(
        &mut self,
        leased: &LeasedKey,
        lesson: &Lesson<'_>,
        held: Duration,
        now: Moment,
    ) {
        let index = leased.slot;
        self.settle(leased, lesson, held);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.in_flight = slot.in_flight.saturating_sub(1);
        if !slot.leaving
            && let Some(cohort) = self.cohorts.get_mut(slot.cohort as usize)
        {
            cohort.in_flight = cohort.in_flight.saturating_sub(1);
        }
        self.learn(index, lesson, now);
        self.relist(index, now);
        self.vacate_if_done(index);
    }

    /// Keeps a lease out until the upstream is expected to have ended, since its connection broke.
    pub(in super::super) fn outlive(
        &mut self,
        leased: &LeasedKey,
        lesson: &Lesson<'_>,
        (held, patience): (Duration, Duration),
        now: Moment,
    ) {
        self.settle(leased, lesson, Duration::ZERO);
        let expected = self.holds.expected(leased.class);
        let Some(slot) = self.slots.get_mut(leased.slot) else {
            return;
        };
        let expected = expected.map_or(patience, |expected| slot.tempo.of(expected));
        slot.rare
            .ghosts
            .push(now + expected.saturating_sub(held).max(LEAST_REST));
        self.learn(leased.slot, lesson, now);
        self.relist(leased.slot, now);
        self.set_alarm(leased.slot, now);
    }

    fn settle(&mut self, leased: &LeasedKey, lesson: &Lesson<'_>, held: Duration) {
        let Some(slot) = self.slots.get_mut(leased.slot) else {
            return;
        };
        if lesson.charged && !slot.unbooked {
            slot.unbooked = true;
            self.unbooked.push(leased.slot);
        }
        if lesson.charged && (leased.anlas > 0 || slot.spent.counts_requests()) {
            self.urgent.push(leased.slot);
        }
        slot.spent.settle(leased.anlas, lesson.charged);
        // What is left is far from what a lease touches, so it is looked at only where draws go by it.
        if lesson.charged && leased.anlas > 0 && self.policy == Policy::CreditWeighted {
            slot.reweigh(self.min_credit);
        }
        if let Some(span) = lesson.first_byte {
            slot.latency.observe(span);
        }
        if lesson.whole {
            self.holds.observe(leased.class, held);
            if let Some(expected) = self.holds.expected(leased.class) {
                slot.tempo.observe(held, expected);
            }
        }
    }

    fn learn(&mut self, index: usize, lesson: &Lesson<'_>, now: Moment) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        match lesson.failed {
            Some(true) => slot.streak = slot.streak.saturating_add(1),
            Some(false) => slot.streak = 0,
            None => {}
        }
        let before = slot.state;
        if let Some(event) = lesson.event {
            slot.state = slot.state.after(event, now);
        }
        let rests = slot.state != before;
        if rests && !slot.state.serves(now) && self.cursor == index {
            self.cursor = index + 1;
        }
        // A pause that the upstream's settings ask for after each success is no trouble.
        if rests && lesson.failed == Some(true) {
            self.tell(index, lesson.rule, now);
        }
        if let Some((model, span)) = lesson.bar {
            self.bar(index, model, now + span, now);
        } else if rests {
            self.set_alarm(index, now);
        }
    }

    fn bar(&mut self, index: usize, model: &str, until: Moment, now: Moment) {
        let inhabited = self.cohorts.iter().filter(|cohort| cohort.members > 0).count();
        if inhabited < MOST_COHORTS {
            self.renew(index, now, |slot| slot.bar(model, until));
        }
    }
}
