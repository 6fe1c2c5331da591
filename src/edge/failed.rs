//! Attempts that failed by more than their client's fault, for whoever looks for what they have in common.
//!
//! Invariant: bounded; the newest win. Nothing is written down of what went well, so that it costs nothing there.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use potluck_filters::finding::FailedAttempt;
use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::judge::{Outcome, Verdict};

use crate::clock::unix_ms;

/// Attempts that wait to be read.
const MOST: usize = 4096;

/// The attempts since the last look, with their upstreams' names. Locked for a few steps, and only where one failed.
#[derive(Debug, Default)]
pub(super) struct Failed(Mutex<VecDeque<(Arc<str>, FailedAttempt)>>);

impl Failed {
    /// Writes an attempt down, if it failed in a way that says something.
    pub(super) fn note(
        &self,
        upstream: &Arc<str>,
        verdict: &Verdict,
        (key, proxy): (Option<PoolKeyId>, Option<OutboundProxyId>),
    ) {
        match verdict.outcome {
            Outcome::Ok | Outcome::Client | Outcome::Busy | Outcome::Relay => return,
            Outcome::Key | Outcome::Quota | Outcome::Upstream | Outcome::Egress => {}
        }
        let attempt = FailedAttempt {
            at: unix_ms(),
            key,
            proxy,
            outcome: verdict.outcome,
            rule: verdict.rule,
        };
        let mut list = self.0.lock();
        if list.len() >= MOST {
            list.pop_front();
        }
        list.push_back((Arc::clone(upstream), attempt));
    }

    /// The attempts since the last look.
    pub(super) fn take(&self) -> Vec<(String, FailedAttempt)> {
        let taken = std::mem::take(&mut *self.0.lock());
        let taken = taken.into_iter();
        taken
            .map(|(upstream, attempt)| (upstream.to_string(), attempt))
            .collect()
    }
}
