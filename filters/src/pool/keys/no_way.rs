//! Why no key can serve a request now, and when one can again.

use super::super::nodes::Nodes;
use super::super::slot::Slot;
use super::super::{NoWay, Want};
use super::Keys;
use crate::time::Moment;

/// Keys that are looked at for when the first of them can serve again. They are looked at in the order
/// in which they change, so that one of the first is it; were there more, the answer is too early.
const LOOKS: usize = 64;

/// What stands in the way of a request, over all keys of a kind that may serve it.
#[derive(Debug, Default)]
struct Obstacles {
    members: usize,
    /// The least it would cost, whoever asks may spend that or not.
    least: Option<u32>,
    /// Leases that are out on cohorts of which somebody could pay, or is not open.
    leased: u32,
    /// Whether somebody may serve at all today.
    open: bool,
    /// Whether somebody could pay.
    payable: bool,
}

impl Obstacles {
    fn unaffordable(&self) -> NoWay {
        NoWay::Unaffordable {
            anlas: self.least.unwrap_or(u32::MAX),
        }
    }
}

impl Keys {
    /// Why there is no key for this request, given that none can serve it now.
    pub(in super::super) fn no_way(&mut self, want: &Want<'_>, nodes: &Nodes, now: Moment) -> NoWay {
        let obstacles = self.obstacles(want, nodes);
        let tried = self.tried(want, nodes);
        if let Some(never) = self.never_for(want, nodes, (&obstacles, tried)) {
            return never;
        }
        let unaffordable = obstacles.unaffordable();
        match obstacles {
            Obstacles {
                open: true,
                payable: false,
                ..
            } => unaffordable,
            Obstacles { leased: 1.., .. } => NoWay::Busy { until: None },
            Obstacles { .. } => match self.first_to_open(want, nodes, now) {
                Some(at) => NoWay::Busy { until: Some(at) },
                None if tried > 0 => NoWay::Exhausted,
                None => unaffordable,
            },
        }
    }

    /// Why no key that is here will ever serve this request, if none will.
    pub(in super::super) fn never(&mut self, want: &Want<'_>, nodes: &Nodes) -> Option<NoWay> {
        let obstacles = self.obstacles(want, nodes);
        let tried = self.tried(want, nodes);
        self.never_for(want, nodes, (&obstacles, tried))
    }

    fn never_for(
        &self,
        want: &Want<'_>,
        nodes: &Nodes,
        (obstacles, tried): (&Obstacles, usize),
    ) -> Option<NoWay> {
        if !self.suit(want, nodes) {
            let untried = Want {
                tried_nodes: &[],
                ..*want
            };
            return Some(if self.suit(&untried, nodes) {
                NoWay::Exhausted
            } else {
                NoWay::Empty
            });
        }
        match obstacles.members {
            0 => Some(obstacles.unaffordable()),
            members => (members <= tried).then_some(NoWay::Exhausted),
        }
    }

    /// Why this one key will never serve this request, if it will not.
    pub(in super::super) fn never_on(&self, index: usize, want: &Want<'_>, nodes: &Nodes) -> Option<NoWay> {
        if self.was_tried(index, want) {
            return Some(NoWay::Exhausted);
        }
        let slot = self.slots.get(index);
        let cohort = slot.and_then(|slot| self.cohorts.get(slot.cohort as usize));
        let suits = cohort.is_some_and(|cohort| cohort.traits.suit(want, nodes));
        (!suits).then_some(NoWay::Empty)
    }

    /// Why this one key cannot serve a request now that no other may serve.
    pub(in super::super) fn no_way_on(
        &self,
        index: usize,
        want: &Want<'_>,
        nodes: &Nodes,
        now: Moment,
    ) -> NoWay {
        if let Some(never) = self.never_on(index, want, nodes) {
            return never;
        }
        let slot = self.slots.get(index);
        let Some((slot, cohort)) =
            slot.and_then(|slot| Some((slot, self.cohorts.get(slot.cohort as usize)?)))
        else {
            return NoWay::Empty;
        };
        if slot.concurrency > 0 && slot.in_flight >= slot.concurrency {
            return NoWay::Busy { until: None };
        }
        let need = cohort.traits.cost(want).saturating_add(1);
        match self.opens(slot, want, need, now) {
            Some(at) => NoWay::Busy { until: Some(at) },
            None => NoWay::Empty,
        }
    }

    fn obstacles(&mut self, want: &Want<'_>, nodes: &Nodes) -> Obstacles {
        let mut found = Obstacles::default();
        for cohort in self
            .cohorts
            .iter_mut()
            .filter(|c| c.members > 0 && c.traits.suit(want, nodes))
        {
            let anlas = cohort.traits.cost(want);
            found.least = Some(found.least.map_or(anlas, |least| least.min(anlas)));
            if anlas > want.most {
                continue;
            }
            found.members += cohort.members;
            let payable = cohort.could_pay(anlas, &mut self.slots);
            let open = payable || cohort.could_pay(0, &mut self.slots);
            if payable || !open {
                found.leased += cohort.in_flight;
            }
            found.payable |= payable;
            found.open |= open;
        }
        found
    }

    /// How many keys that might serve it this request has tried.
    fn tried(&self, want: &Want<'_>, nodes: &Nodes) -> usize {
        let slots = want
            .tried_keys
            .iter()
            .filter_map(|id| self.slots.get(*self.by_id.get(id)?));
        let might = slots.filter(|slot| !slot.leaving).filter(|slot| {
            let cohort = self.cohorts.get(slot.cohort as usize);
            cohort.is_some_and(|c| c.traits.suit(want, nodes) && c.traits.cost(want) <= want.most)
        });
        might.count()
    }

    /// When the first key can serve this request by itself.
    fn first_to_open(&self, want: &Want<'_>, nodes: &Nodes, now: Moment) -> Option<Moment> {
        let suits = self
            .cohorts
            .iter()
            .filter(|c| c.members > 0 && c.traits.suit(want, nodes));
        let pays = suits.filter(|c| c.traits.cost(want) <= want.most);
        let firsts = pays.filter_map(|cohort| {
            let need = cohort.traits.cost(want).saturating_add(1);
            let mut best = None;
            for (at, index) in cohort.turns.iter().take(LOOKS) {
                if best.is_some_and(|best| best <= *at) {
                    break;
                }
                let slot = self.slots.get(*index).filter(|_| !self.was_tried(*index, want));
                let opens = slot.and_then(|slot| self.opens(slot, want, need, now));
                best = best.into_iter().chain(opens).min();
            }
            best
        });
        firsts.min()
    }

    /// When this key can serve this request, if nothing else happens to it.
    fn opens(&self, slot: &Slot, want: &Want<'_>, need: u32, now: Moment) -> Option<Moment> {
        if slot.is_poor(self.policy) || slot.concurrency == 0 || slot.in_flight >= slot.concurrency {
            return None;
        }
        let exhausted = slot.spent.is_exhausted();
        let has = if exhausted {
            slot.has_tomorrow()
        } else {
            slot.spent.has()
        };
        if has < need {
            return None;
        }
        let turn = slot.next_turn(self.unix_ms(now)).filter(|_| !slot.open);
        let turn = turn.map(|turn| self.moment(turn));
        let midnight = exhausted.then(|| self.midnight());
        let rests = slot.state.until().into_iter().chain(slot.bars(want.model));
        rests.chain(turn).chain(midnight).chain([now]).max()
    }
}
