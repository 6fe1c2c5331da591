//! What happened in the last quarter of an hour, in steps of ten seconds, as an edge has it in memory.
//!
//! A step is the difference between what had been counted at its two ends, so nothing of it is on a request's way.
//! Invariant: bounded; steps follow one another without gap or overlap, and the last of them is not over.

mod users;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::UsageEvent;
use crate::meter::Figure;

pub use users::RecentOfUsers;

/// How long a step is, in milliseconds.
pub const STEP_MS: i64 = 10_000;
/// Steps that are kept, with the one that is not over.
const STEPS: usize = 91;

/// What was counted of an upstream since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests that have ended.
    pub requests: u64,
    /// Those of them that failed by no fault of the client.
    pub failed: u64,
    /// Tokens of what was asked, as far as they are known.
    pub prompt: u64,
    /// Tokens of what was answered, as far as they are known.
    pub completion: u64,
    /// Requests that have left the queue for pool keys.
    pub waited: u64,
    /// How long they waited there together, in microseconds.
    pub waited_us: u64,
}

impl Counted {
    /// One request that has ended.
    fn of(event: &UsageEvent) -> Self {
        let amount = |figure| match figure {
            Figure::None => 0,
            Figure::Estimated(amount) | Figure::Reported(amount) => amount,
        };
        Self {
            requests: 1,
            failed: u64::from(event.status >= 500),
            prompt: amount(event.used.prompt),
            completion: amount(event.used.completion),
            waited: u64::from(event.times.queued > 0),
            waited_us: event.times.queued,
        }
    }

    /// Each figure with its like.
    fn with(self, other: Self, figure: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            requests: figure(self.requests, other.requests),
            failed: figure(self.failed, other.failed),
            prompt: figure(self.prompt, other.prompt),
            completion: figure(self.completion, other.completion),
            waited: figure(self.waited, other.waited),
            waited_us: figure(self.waited_us, other.waited_us),
        }
    }

    /// What came to it since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }
}

/// What was counted, by upstream.
pub type Counts = BTreeMap<Arc<str>, Counted>;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentStep {
    /// When it began, in milliseconds since the Unix epoch.
    pub at: i64,
    /// How long it was, in milliseconds: [`STEP_MS`], unless it is the first or not over, or the machine slept.
    pub ms: i64,
    /// What came in it.
    pub counted: Counted,
}

/// The marks between steps.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<(i64, Counts)>);

impl Recent {
    /// A step ends, and the next begins.
    pub fn mark(&mut self, at: i64, counts: Counts) {
        if self.0.back().is_some_and(|(last, _)| *last >= at) {
            // The clock was turned back: what is known would stand at times that come again.
            self.0.clear();
        }
        if self.0.len() == STEPS {
            self.0.pop_front();
        }
        self.0.push_back((at, counts));
    }

    /// The steps up to now, for each upstream that was counted, the oldest first. `counts`: what is counted now.
    #[must_use]
    pub fn steps(&self, now: i64, counts: &Counts) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        let of = |name: &Arc<str>| {
            let at = |counts: &Counts| counts.get(name).copied().unwrap_or_default();
            let marks = self.0.iter().map(|(time, counts)| (*time, at(counts)));
            let ends = marks.clone().skip(1).chain([(now, at(counts))]);
            let steps = marks.zip(ends).map(|((from, before), (to, after))| RecentStep {
                at: from,
                ms: (to - from).max(0),
                counted: after.since(before),
            });
            (Arc::clone(name), steps.collect())
        };
        counts.keys().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, u64)]) -> Counts {
        let one = |(name, requests): &(&str, u64)| {
            let counted = Counted {
                requests: *requests,
                ..Counted::default()
            };
            (Arc::from(*name), counted)
        };
        of.iter().map(one).collect()
    }

    fn told(recent: &Recent, now: i64, of: &[(&str, u64)], name: &str) -> Vec<(i64, i64, u64)> {
        let steps = recent.steps(now, &counts(of));
        let steps = steps.get(name).into_iter().flatten();
        steps
            .map(|step| (step.at, step.ms, step.counted.requests))
            .collect()
    }

    #[test]
    fn a_step_is_what_came_between_two_marks_and_the_last_is_not_over() {
        let mut recent = Recent::default();
        recent.mark(7_000, counts(&[("a", 2)]));
        recent.mark(10_000, counts(&[("a", 5)]));
        recent.mark(20_000, counts(&[("a", 5), ("b", 3)]));
        let now = [("a", 9), ("b", 4)];
        assert_eq!(
            told(&recent, 23_000, &now, "a"),
            [(7_000, 3_000, 3), (10_000, 10_000, 0), (20_000, 3_000, 4)]
        );
        assert_eq!(
            told(&recent, 23_000, &now, "b"),
            [(7_000, 3_000, 0), (10_000, 10_000, 3), (20_000, 3_000, 1)]
        );
    }

    #[test]
    fn a_quarter_of_an_hour_is_kept() {
        let mut recent = Recent::default();
        for n in 0..500 {
            recent.mark(n * STEP_MS, counts(&[("a", n as u64)]));
        }
        let told = told(&recent, 500 * STEP_MS, &[("a", 500)], "a");
        assert_eq!((told.len(), told[0]), (91, (409 * STEP_MS, STEP_MS, 1)));
    }

    #[test]
    fn a_clock_that_is_turned_back_begins_anew() {
        let mut recent = Recent::default();
        recent.mark(90_000, counts(&[("a", 1)]));
        recent.mark(50_000, counts(&[("a", 2)]));
        assert_eq!(told(&recent, 51_000, &[("a", 2)], "a"), [(50_000, 1_000, 0)]);
    }
}
