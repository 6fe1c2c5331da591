//! The last quarter of an hour, as the edge has it in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use potluck_filters::id::UserId;
use potluck_filters::usage::{Counted, RecentStep, STEP_MS};

use crate::api::{RecentOfUpstream, RecentUsage};
use crate::control::Control;

/// Under which requests stand that came to no upstream.
const NONE: &str = "-";

impl Control {
    /// What happened in the last quarter of an hour, in all and by upstream.
    pub(crate) fn recent_usage(&self) -> RecentUsage {
        self.told_recent(self.live.recent())
    }

    /// The same of a user's requests.
    pub(crate) fn my_recent_usage(&self, user: UserId) -> RecentUsage {
        self.told_recent(self.live.recent_of(user))
    }

    fn told_recent(&self, steps: BTreeMap<Arc<str>, Vec<RecentStep>>) -> RecentUsage {
        let all = together(steps.values());
        let known = self.upstreams();
        let is_known = |name: &Arc<str>| **name != *NONE && known.iter().any(|facts| *facts.name == **name);
        let upstreams = steps.into_iter().filter(|(name, _)| is_known(name));
        RecentUsage {
            at: self.now_ms(),
            step_ms: STEP_MS,
            all: all.into_iter().map(Into::into).collect(),
            upstreams: upstreams
                .map(|(upstream, steps)| RecentOfUpstream {
                    upstream,
                    steps: steps.into_iter().map(Into::into).collect(),
                })
                .collect(),
        }
    }
}

/// The sums of steps; all have the same ones.
fn together<'s>(mut each: impl Iterator<Item = &'s Vec<RecentStep>>) -> Vec<RecentStep> {
    let first = each.next().cloned().unwrap_or_default();
    each.fold(first, |sums, steps| {
        let none = Counted::default();
        let others = steps.iter().map(|step| step.counted);
        let pairs = sums.into_iter().zip(others.chain(std::iter::repeat(none)));
        let plus = |(sum, other): (RecentStep, Counted)| RecentStep {
            counted: sum.counted.plus(other),
            ..sum
        };
        pairs.map(plus).collect()
    })
}
