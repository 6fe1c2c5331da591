//! Many keys that fail alike in a short time: then the fault is not theirs.
//!
//! A pure machine per upstream, fed with the end of every attempt. Only refused credentials
//! ([`Outcome::Key`]) count as failing: a drained or busy account says so for itself, and several may be
//! so at once. Invariants: what one key does never moves the blame; a success anywhere acquits the
//! upstream; memory is bounded, and so is the work of one observation.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Outcome, RuleName, Verdict};
use crate::id::PoolKeyId;
use crate::time::Moment;

/// Different keys that must fail alike.
const KEYS: usize = 3;
/// Within so long.
const WINDOW: Duration = Duration::from_secs(10);
/// Keys that are remembered; more than enough to tell, and a bound on the work.
const REMEMBERED: usize = 64;

/// Whose fault a key's failure is, seen beside those of other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// As the verdict has it.
    Key,
    /// The upstream's or the way out's: no key rests for it (see [`Verdict::not_the_key`]), and those in
    /// [`Correlation::acquitted`] are to be set free.
    Upstream,
}

/// What happened on the pool keys of one upstream since the last success.
#[derive(Clone, Debug, Default)]
pub struct Correlation {
    /// The latest failure of each key, in the order of time.
    seen: VecDeque<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    key: PoolKeyId,
    at: Moment,
    /// The rule that refused the key; `None` for an end that says nothing about it.
    refused_by: Option<RuleName>,
}

impl Correlation {
    /// Notes how an attempt on `key` ended and says whose fault it is.
    pub fn observe(&mut self, key: PoolKeyId, verdict: &Verdict, now: Moment) -> Blame {
        let refused_by = match verdict.outcome {
            Outcome::Ok => {
                self.seen.clear();
                return Blame::Key;
            }
            Outcome::Key => Some(verdict.rule),
            Outcome::Client
            | Outcome::Quota
            | Outcome::Busy
            | Outcome::Upstream
            | Outcome::Egress
            | Outcome::Relay => None,
        };
        self.forget(key, now);
        let at = now;
        self.seen.push_back(Seen { key, at, refused_by });
        self.blame(refused_by)
    }

    /// The keys that were refused by the same rule as the latest one, itself among them: after
    /// [`Blame::Upstream`], what they rest for is not their fault either.
    pub fn acquitted(&self) -> impl Iterator<Item = PoolKeyId> {
        let rule = self.seen.back().and_then(|latest| latest.refused_by);
        self.seen
            .iter()
            .filter(move |seen| rule.is_some() && seen.refused_by == rule)
            .map(|seen| seen.key)
    }

    /// Makes room for news of `key`, and lets go of what is too old to matter.
    fn forget(&mut self, key: PoolKeyId, now: Moment) {
        self.seen
            .retain(|seen| seen.key != key && now.since(seen.at) < WINDOW);
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
    }

    fn blame(&self, refused_by: Option<RuleName>) -> Blame {
        let alike = self
            .seen
            .iter()
            .filter(|seen| refused_by.is_some() && seen.refused_by == refused_by)
            .count();
        if alike >= KEYS && alike * 2 >= self.seen.len() {
            Blame::Upstream
        } else {
            Blame::Key
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::{CoolDown, Retry, Scope};

    fn refused(rule: &'static str) -> Verdict {
        Verdict::refused(Outcome::Key, Scope::Key, CoolDown::Credential, rule)
    }

    fn busy() -> Verdict {
        Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "busy")
    }

    fn node() -> Verdict {
        Verdict::node(CoolDown::ServerError, Retry::Never, "down")
    }

    fn at(ms: u64) -> Moment {
        Moment::from_millis(ms)
    }

    /// Feeds ends of `(key, verdict, milliseconds)` and gives the last blame.
    fn last(ends: &[(i64, Verdict, u64)]) -> Blame {
        let mut correlation = Correlation::default();
        ends.iter().fold(Blame::Key, |_, (key, verdict, ms)| {
            correlation.observe(PoolKeyId(*key), verdict, at(*ms))
        })
    }

    #[test]
    fn three_different_keys_failing_alike_in_two_seconds_are_not_at_fault() {
        let r = refused("unauthorized");
        assert_eq!(last(&[(1, r, 0), (2, r, 900)]), Blame::Key);
        assert_eq!(last(&[(1, r, 0), (2, r, 900), (3, r, 2000)]), Blame::Upstream);
        assert_eq!(
            last(&[(1, r, 0), (2, r, 900), (3, r, 2000), (4, r, 9000)]),
            Blame::Upstream
        );
    }

    #[test]
    fn one_success_acquits_the_upstream() {
        let r = refused("unauthorized");
        let well = Verdict::ok("success");
        assert_eq!(last(&[(1, r, 0), (2, r, 1), (4, well, 2), (3, r, 3)]), Blame::Key);
        assert_eq!(
            last(&[
                (1, r, 0),
                (2, r, 1),
                (3, r, 2),
                (3, well, 3),
                (1, r, 4),
                (2, r, 5)
            ]),
            Blame::Key
        );
    }

    #[test]
    fn what_lies_too_far_apart_or_differs_is_no_pattern() {
        let (r, other) = (refused("unauthorized"), refused("forbidden"));
        assert_eq!(last(&[(1, r, 0), (2, r, 5000), (3, r, 10_000)]), Blame::Key);
        assert_eq!(last(&[(1, r, 0), (2, other, 1), (3, r, 2)]), Blame::Key);
        assert_eq!(
            last(&[(1, busy(), 0), (2, busy(), 1), (3, busy(), 2)]),
            Blame::Key
        );
        assert_eq!(
            last(&[(1, r, 0), (2, r, 1), (3, r, 2), (4, node(), 3)]),
            Blame::Key
        );
    }

    #[test]
    fn at_least_half_of_the_tried_keys_must_have_failed_alike() {
        let (r, n) = (refused("unauthorized"), node());
        let tried = |others: i64| -> Vec<(i64, Verdict, u64)> {
            let others = (10..10 + others).map(|key| (key, n, 0));
            others.chain([(1, r, 1), (2, r, 2), (3, r, 3)]).collect()
        };
        assert_eq!(last(&tried(3)), Blame::Upstream);
        assert_eq!(last(&tried(4)), Blame::Key);
    }

    #[test]
    fn the_keys_that_failed_alike_are_named() {
        let mut correlation = Correlation::default();
        for (key, verdict) in [
            (1, refused("a")),
            (2, busy()),
            (3, refused("b")),
            (4, refused("a")),
        ] {
            correlation.observe(PoolKeyId(key), &verdict, at(0));
        }
        let acquitted: Vec<_> = correlation.acquitted().collect();
        assert_eq!(acquitted, [PoolKeyId(1), PoolKeyId(4)]);
        correlation.observe(PoolKeyId(5), &busy(), at(1));
        assert_eq!(correlation.acquitted().count(), 0);
    }

    fn any_end() -> impl Strategy<Value = (i64, Verdict, u64)> {
        let verdicts = vec![refused("a"), refused("b"), busy(), node(), Verdict::client("c")];
        (0_i64..200, prop::sample::select(verdicts), 0_u64..3000)
    }

    proptest! {
        #[test]
        fn one_bad_key_never_moves_the_blame(
            ends in prop::collection::vec((any::<bool>(), 0_i64..50, 0_u64..3000), 0..300),
        ) {
            let (mut correlation, mut now) = (Correlation::default(), 0);
            for (bad, key, later) in ends {
                now += later;
                let (key, verdict) = if bad { (0, refused("a")) } else { (key + 1, node()) };
                prop_assert_eq!(correlation.observe(PoolKeyId(key), &verdict, at(now)), Blame::Key);
            }
        }

        #[test]
        fn blame_moves_exactly_when_enough_keys_failed_alike(
            ends in prop::collection::vec((prop::bool::weighted(0.05), any_end()), 0..200),
        ) {
            let (mut correlation, mut now) = (Correlation::default(), 0);
            let mut history: Vec<(i64, Verdict, u64)> = Vec::new();
            for (well, (key, verdict, later)) in ends {
                now += later;
                if well {
                    history.clear();
                    correlation.observe(PoolKeyId(key), &Verdict::ok("success"), at(now));
                    continue;
                }
                history.retain(|(other, _, when)| *other != key && now - when < 10_000);
                history.push((key, verdict, now));
                let alike = |v: &Verdict| v.outcome == Outcome::Key && v.rule == verdict.rule;
                let count = history.iter().filter(|(_, v, _)| alike(v)).count();
                let moved = alike(&verdict) && count >= 3 && count * 2 >= history.len();
                let blame = correlation.observe(PoolKeyId(key), &verdict, at(now));
                // Beyond the bound only the newest keys count.
                if history.len() <= REMEMBERED {
                    prop_assert_eq!(blame == Blame::Upstream, moved);
                }
                prop_assert!(correlation.seen.len() <= REMEMBERED);
            }
        }
    }
}
