//! The same of each user, counted of their requests that have ended.
//!
//! Invariant: bounded, whoever asks for how much; a user's steps are of their own requests alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Counted, RecentStep, STEP_MS, STEPS};
use crate::id::UserId;
use crate::usage::UsageEvent;

/// Users and upstreams of all steps together: some megabytes. More make the oldest steps go.
const MOST: usize = 65_536;

/// A user and an upstream.
type Whose = (UserId, Arc<str>);

/// What users' requests were.
#[derive(Debug)]
pub struct RecentOfUsers {
    /// When counting began, in milliseconds since the Unix epoch.
    began: i64,
    /// By how many steps lie between the Unix epoch and this one.
    steps: BTreeMap<i64, HashMap<Whose, Counted>>,
    /// Of all steps.
    entries: usize,
    most: usize,
    /// Where requests stand that came to no upstream.
    nowhere: Arc<str>,
}

impl RecentOfUsers {
    /// Nothing yet. `now` is in milliseconds since the Unix epoch.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self {
            began: now,
            steps: BTreeMap::new(),
            entries: 0,
            most: MOST,
            nowhere: Arc::from("-"),
        }
    }

    /// Counts a request that ended just now.
    pub fn note(&mut self, event: &UsageEvent) {
        let Some(user) = event.user else { return };
        let step = event.ended_at.div_euclid(STEP_MS);
        let newest = self.steps.last_key_value().map_or(step, |(newest, _)| *newest);
        if step <= newest - STEPS as i64 {
            // The clock was turned back: what is known would stand at times that come again.
            *self = Self::new(event.ended_at);
        }
        let upstream = event.upstream.as_ref().unwrap_or(&self.nowhere);
        let of_step = self.steps.entry(step).or_default();
        let before = of_step.len();
        let counted = of_step.entry((user, Arc::clone(upstream))).or_default();
        *counted = counted.plus(Counted::of(event));
        self.entries += of_step.len() - before;
        self.forget();
    }

    /// What is older than a quarter of an hour, and what there is no room for.
    fn forget(&mut self) {
        let Some((&newest, _)) = self.steps.last_key_value() else {
            return;
        };
        while let Some(oldest) = self.steps.first_entry() {
            let is_old = *oldest.key() <= newest - STEPS as i64;
            let is_too_much = self.entries > self.most && *oldest.key() < newest;
            if !is_old && !is_too_much {
                return;
            }
            self.entries -= oldest.remove().len();
        }
    }

    /// A user's steps up to now, the oldest first, for each upstream that they asked; under `-` what came to none.
    #[must_use]
    pub fn steps(&self, user: UserId, now: i64) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        let last = now.div_euclid(STEP_MS);
        let first = self.began.div_euclid(STEP_MS).max(last - STEPS as i64 + 1);
        let known = self.steps.range(first..=last.max(first));
        let names = known.flat_map(|(_, of_step)| of_step.keys().filter(|(whose, _)| *whose == user));
        let mut names: BTreeSet<Arc<str>> = names.map(|(_, name)| Arc::clone(name)).collect();
        names.insert(Arc::clone(&self.nowhere));
        let steps = |name: Arc<str>| {
            let whose = (user, name);
            let steps = (first..=last).map(|step| self.step(step, &whose, now)).collect();
            (whose.1, steps)
        };
        names.into_iter().map(steps).collect()
    }

    fn step(&self, step: i64, whose: &Whose, now: i64) -> RecentStep {
        let at = (step * STEP_MS).max(self.began);
        let of_step = self.steps.get(&step);
        RecentStep {
            at,
            ms: (((step + 1) * STEP_MS).min(now) - at).max(0),
            counted: of_step
                .and_then(|of_step| of_step.get(whose))
                .copied()
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Figure;
    use crate::usage::before::tests::event as ended;
    use crate::usage::{Times, Used};

    const BEGAN: i64 = 1_000 * STEP_MS + 3_000;

    fn event(user: i64, upstream: &str, at: i64) -> UsageEvent {
        UsageEvent {
            user: Some(UserId(user)),
            upstream: Some(upstream.into()),
            ended_at: at,
            status: 503,
            times: Times {
                queued: 250,
                ..Times::default()
            },
            used: Used {
                prompt: Figure::Reported(7),
                completion: Figure::Estimated(2),
                ..Used::default()
            },
            ..ended()
        }
    }

    /// Requests of each step of a user's upstream.
    fn told(recent: &RecentOfUsers, user: i64, name: &str, now: i64) -> Vec<(i64, i64, u64)> {
        let steps = recent.steps(UserId(user), now);
        let steps = steps.get(name).into_iter().flatten();
        steps
            .map(|step| (step.at - BEGAN, step.ms, step.counted.requests))
            .collect()
    }

    #[test]
    fn a_user_is_told_of_their_own_requests_by_upstream() {
        let mut recent = RecentOfUsers::new(BEGAN);
        for (user, upstream, after) in [(1, "a", 0), (2, "a", 0), (1, "a", 6_999), (1, "b", 7_000)] {
            recent.note(&event(user, upstream, BEGAN + after));
        }
        let now = BEGAN + 9_000;
        assert_eq!(told(&recent, 1, "a", now), [(0, 7_000, 2), (7_000, 2_000, 0)]);
        assert_eq!(told(&recent, 1, "b", now), [(0, 7_000, 0), (7_000, 2_000, 1)]);
        assert_eq!(told(&recent, 2, "a", now), [(0, 7_000, 1), (7_000, 2_000, 0)]);
        assert_eq!(told(&recent, 2, "b", now), []);
        assert_eq!(told(&recent, 3, "-", now), [(0, 7_000, 0), (7_000, 2_000, 0)]);
        let whole = recent.steps(UserId(1), now)["a"][0].counted;
        let counted = Counted {
            requests: 2,
            failed: 2,
            prompt: 14,
            completion: 4,
            waited: 2,
            waited_us: 500,
        };
        assert_eq!(whole, counted);
    }

    #[test]
    fn a_quarter_of_an_hour_is_kept_and_no_more_than_there_is_room_for() {
        let mut recent = RecentOfUsers::new(BEGAN);
        for n in 0..500 {
            recent.note(&event(1, "a", BEGAN + n * STEP_MS));
        }
        assert_eq!((recent.steps.len(), recent.entries), (STEPS, STEPS));
        let told = told(&recent, 1, "a", BEGAN + 499 * STEP_MS);
        assert_eq!(told.len(), STEPS);
        assert!(told.iter().all(|(_, _, requests)| *requests == 1));
        recent.most = 20;
        for user in 0..30 {
            recent.note(&event(user, "a", BEGAN + 500 * STEP_MS));
        }
        assert_eq!(
            (recent.steps.len(), recent.entries),
            (1, 30),
            "one step is kept whole"
        );
    }

    #[test]
    fn a_clock_that_is_turned_back_begins_anew() {
        let mut recent = RecentOfUsers::new(BEGAN);
        recent.note(&event(1, "a", BEGAN + 3_600_000));
        recent.note(&event(1, "a", BEGAN + 8_000));
        assert_eq!(told(&recent, 1, "a", BEGAN + 9_000), [(8_000, 1_000, 1)]);
    }
}
