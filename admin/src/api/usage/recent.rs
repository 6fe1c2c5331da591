//! The last quarter of an hour, as the edge has it in memory.

use std::sync::Arc;

use potluck_filters::usage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened in the last quarter of an hour, in steps of ten seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentUsage {
    /// When that is.
    pub at: i64,
    /// How long a step is, in milliseconds.
    pub step_ms: i64,
    /// Of all upstreams together, and of requests that came to none.
    pub all: Vec<RecentStep>,
    /// Of each upstream.
    pub upstreams: Vec<RecentOfUpstream>,
}

/// The same of one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentOfUpstream {
    /// Which.
    pub upstream: Arc<str>,
    /// Its steps, the oldest first.
    pub steps: Vec<RecentStep>,
}

impl RecentUsage {
    /// What a listener has not heard yet: steps from a time on, as far as anything came in them, and each last one.
    pub(crate) fn since(mut self, at: i64) -> Self {
        let fresh = |steps: &mut Vec<RecentStep>| {
            let last = steps.last().map(|last| last.at);
            steps.retain(|step| Some(step.at) == last || step.at >= at && !step.is_empty());
        };
        fresh(&mut self.all);
        self.upstreams.iter_mut().for_each(|one| fresh(&mut one.steps));
        self.upstreams
            .retain(|one| one.steps.iter().any(|step| !step.is_empty()));
        self
    }

    /// When the step began that is not over.
    pub(crate) fn last_at(&self) -> i64 {
        self.all.last().map_or(0, |step| step.at)
    }

    /// Requests and waits, wherever they were counted: whether something came.
    pub(crate) fn counted(&self) -> Vec<RecentStep> {
        let each = self.upstreams.iter().flat_map(|one| &one.steps);
        let filled = self.all.iter().chain(each).filter(|step| !step.is_empty());
        filled.map(|step| RecentStep { ms: 0, ..*step }).collect()
    }
}

impl RecentStep {
    fn is_empty(&self) -> bool {
        let Self {
            requests,
            waited,
            prompt,
            completion,
            ..
        } = *self;
        [requests, waited, prompt, completion] == [0; 4]
    }
}

/// One step, counted where it happened: it may differ by what is on its way to the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentStep {
    /// When it began.
    pub at: i64,
    /// How long it was: `step_ms`, but for the first and the last, which is not over.
    pub ms: i64,
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed by no fault of the client.
    pub failed: u64,
    /// Tokens of what was asked, as far as they are known.
    pub prompt: u64,
    /// Tokens of what was answered, as far as they are known.
    pub completion: u64,
    /// Requests that left the queue for pool keys, served or not.
    pub waited: u64,
    /// How long they had waited there together, in milliseconds.
    pub waited_ms: u64,
}

impl From<usage::RecentStep> for RecentStep {
    fn from(step: usage::RecentStep) -> Self {
        let counted = step.counted;
        Self {
            at: step.at,
            ms: step.ms,
            requests: counted.requests,
            failed: counted.failed,
            prompt: counted.prompt,
            completion: counted.completion,
            waited: counted.waited,
            waited_ms: counted.waited_us / 1000,
        }
    }
}
