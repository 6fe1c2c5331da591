//! One pool key at work: its leases, its rests, what it has spent and what was learned of it.
//!
//! What each lease touches lies together in two lines of the processor's cache, a copy of what the key's
//! settings come to included; all else is [`Rare`].

use std::sync::Arc;

use super::Policy;
use super::latency::{Latency, Tempo};
use super::ready::Standing;
use super::spent::{Mark, Marks, Spent};
use crate::credit::Tab;
use crate::id::PoolKeyId;
use crate::life::{Event, State};
use crate::model::PoolKey;
use crate::time::Moment;

/// Most models of one key that rest at once; beyond, the oldest rest ends early.
const MOST_BARRED: usize = 8;
/// What a key of unknown credit weighs: one unit of the currency.
const UNKNOWN_CREDIT: f32 = 1e6;

// In the order in which a lease touches it, so that the processor sees one line after the other coming.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Slot {
    pub(super) id: PoolKeyId,
    /// `None` once the key is gone and its last lease has ended.
    pub(super) key: Option<Arc<PoolKey>>,
    pub(super) in_flight: u32,
    pub(super) concurrency: u32,
    pub(super) cohort: u32,
    /// What its cohort thinks that it could spend, and one more.
    pub(super) could: u32,
    pub(super) state: State,
    /// Where it stands among those that are ready.
    pub(super) listed: Standing,
    pub(super) spent: Spent,
    pub(super) rare: Box<Rare>,
    /// What the draw of the credit-weighted policy goes by; 0 leaves it out.
    credit: f32,
    pub(super) latency: Latency,
    pub(super) tempo: Tempo,
    /// Failures in a row.
    pub(super) streak: u8,
    /// Gone from the snapshot; no new lease.
    pub(super) leaving: bool,
    /// Whether this is one of the hours in which it may serve.
    pub(super) open: bool,
    /// Whether it is among those with something to be booked.
    pub(super) unbooked: bool,
    /// Whether it is among those that opened.
    pub(super) opened: bool,
}

/// What changes seldom, or is looked at seldom.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) marks: Marks,
    /// What was used of its credit.
    pub(super) tab: Tab,
    /// When this slot is to be looked at.
    pub(super) alarm: Option<Moment>,
    /// Models that rest here, and until when.
    pub(super) barred: Vec<(Box<str>, Moment)>,
    /// When leases end whose connections broke while the upstream works on.
    pub(super) ghosts: Vec<Moment>,
    /// In which rest it was last told to be; `None`: in none.
    pub(super) told: Option<std::mem::Discriminant<State>>,
}

impl Slot {
    pub(super) fn vacant() -> Self {
        Self {
            key: None,
            id: PoolKeyId(0),
            rare: Box::default(),
            state: State::Healthy,
            spent: Spent::default(),
            listed: Standing::default(),
            could: 0,
            cohort: 0,
            concurrency: 0,
            in_flight: 0,
            credit: 0.0,
            latency: Latency::default(),
            tempo: Tempo::default(),
            streak: 0,
            leaving: true,
            open: true,
            unbooked: false,
            opened: false,
        }
    }

    /// What it could spend on a request, and one more, if it were idle; 0 where it may not serve now,
    /// however idle.
    pub(super) fn could_spend(&self) -> u32 {
        let may = !self.leaving && self.open && self.concurrency > 0;
        if may { self.spent.has() } else { 0 }
    }

    /// Where it stands now.
    pub(super) fn standing(&self, policy: Policy, now: Moment) -> Standing {
        let free = self.in_flight < self.concurrency && self.state.serves(now) && !self.is_poor(policy);
        let has = if free { self.could_spend() } else { 0 };
        Standing::new(policy, self.in_flight, has, self.credit as u64)
    }

    /// Whether the policy leaves it out for its lack of credit.
    pub(super) fn is_poor(&self, policy: Policy) -> bool {
        match policy {
            Policy::CreditWeighted => self.credit == 0.0,
            Policy::RoundRobin | Policy::ActiveFirst | Policy::LeastLatency | Policy::LeastBusy => false,
        }
    }

    /// Takes over the settings of a key. A new credential or a newer look at the account ends what only
    /// they could end.
    pub(super) fn take_over(&mut self, key: Arc<PoolKey>, terms: Terms, now: Moment, unix_ms: i64) {
        if let Some(old) = &self.key {
            let probed = checked_at(&key) > checked_at(old);
            if probed {
                self.spent.seen(&mut self.rare.marks);
            }
            let heartened = asked_at(&key) > asked_at(old) && !self.is_dry(&key);
            if probed || heartened || key.credential != old.credential {
                self.state = self.state.after(Event::ProbedWell, now);
            }
        }
        self.concurrency = terms.concurrency;
        self.id = key.id;
        self.leaving = false;
        self.open = key.caps.hours.open_at(unix_ms);
        self.spent.recount(&self.rare.marks, &key);
        self.key = Some(key);
        self.reweigh(terms.min_credit);
    }

    /// Whether it rests because nothing is left, and still nothing is.
    fn is_dry(&self, key: &PoolKey) -> bool {
        let nothing = key.credit.is_some_and(|credit| credit.balance == 0);
        nothing && matches!(self.state, State::Drained { .. })
    }

    /// What is left behind it, by what was last seen and what was used since; `None` where nobody knows.
    pub(super) fn left(&self) -> Option<u64> {
        let key = self.key.as_ref()?;
        let anlas = || {
            let account = key.account?;
            Some(u64::from(account.anlas).saturating_sub(self.spent.unseen(&self.rare.marks)))
        };
        let credit = key
            .credit
            .map(|credit| credit.balance.saturating_sub(self.rare.tab.unseen()));
        credit.or_else(anlas)
    }

    /// Weighs it anew for draws by credit, after what is left has changed. What is not known has its part.
    pub(super) fn reweigh(&mut self, min_credit: u64) {
        self.credit = match self.left() {
            Some(left) if left > min_credit => left as f32,
            Some(_) => 0.0,
            None => UNKNOWN_CREDIT,
        };
    }

    /// Counts anew what is left to it.
    pub(super) fn recount(&mut self) {
        if let Some(key) = &self.key {
            self.spent.recount(&self.rare.marks, key);
        }
    }

    /// Lets go of everything whose time has come.
    pub(super) fn pass_time(&mut self, now: Moment, unix_ms: i64) {
        self.state = self.state.after(Event::Tick, now);
        self.rare.barred.retain(|(_, until)| *until > now);
        let held = self.rare.ghosts.len();
        self.rare.ghosts.retain(|end| *end > now);
        let ended = u32::try_from(held - self.rare.ghosts.len()).unwrap_or(u32::MAX);
        self.in_flight = self.in_flight.saturating_sub(ended);
        self.look_at_the_clock(unix_ms);
    }

    /// A new day: what was spent on the last one no longer counts.
    pub(super) fn begin_day(&mut self, unix_ms: i64) {
        self.spent.turn(&mut self.rare.marks);
        self.recount();
        self.look_at_the_clock(unix_ms);
    }

    fn look_at_the_clock(&mut self, unix_ms: i64) {
        self.open = self
            .key
            .as_ref()
            .is_none_or(|key| key.caps.hours.open_at(unix_ms));
    }

    /// Lets a model rest until then.
    pub(super) fn bar(&mut self, model: &str, until: Moment) {
        let barred = &mut self.rare.barred;
        match barred.iter_mut().find(|(barred, _)| **barred == *model) {
            Some((_, old)) => *old = until.max(*old),
            None => {
                if barred.len() == MOST_BARRED {
                    barred.remove(0);
                }
                barred.push((model.into(), until));
            }
        }
    }

    /// Until when a model rests.
    pub(super) fn bars(&self, model: Option<&str>) -> Option<Moment> {
        let mut barred = self.rare.barred.iter();
        barred
            .find(|(barred, _)| Some(&**barred) == model)
            .map(|(_, until)| *until)
    }

    /// The models that rest, in order.
    pub(super) fn barred_models(&self) -> Box<[Box<str>]> {
        let mut models: Vec<_> = self.rare.barred.iter().map(|(model, _)| model.clone()).collect();
        models.sort_unstable();
        models.into()
    }

    /// When the hours in which it may serve next begin or end, in milliseconds since the Unix epoch.
    pub(super) fn next_turn(&self, unix_ms: i64) -> Option<i64> {
        self.key.as_ref()?.caps.hours.next_turn(unix_ms)
    }

    /// What it will be able to spend when the day is over, and one more.
    pub(super) fn has_tomorrow(&self) -> u32 {
        let (mut spent, mut marks) = (self.spent, self.rare.marks);
        spent.turn(&mut marks);
        let Some(key) = &self.key else { return 0 };
        spent.recount(&marks, key);
        spent.has()
    }

    /// What was spent today.
    pub(super) fn today(&self) -> Mark {
        self.spent.today(&self.rare.marks)
    }
}

/// What an upstream asks of its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Requests in flight at once.
    pub(super) concurrency: u32,
    /// Credit at or under which the credit-weighted policy leaves a key out.
    pub(super) min_credit: u64,
}

/// When a key's balance was last asked for.
pub(super) fn asked_at(key: &PoolKey) -> Option<i64> {
    key.credit.map(|credit| credit.asked_at)
}

/// When a key's account was last looked at.
pub(super) fn checked_at(key: &PoolKey) -> Option<i64> {
    key.account.map(|account| account.checked_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lease_touches_fits_two_cache_lines() {
        assert_eq!(size_of::<Slot>(), 128);
    }
}
