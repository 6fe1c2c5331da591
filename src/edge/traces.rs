//! The traces of the last requests whose course was not the plain one, for whoever asks soon.
//!
//! A bounded ring: the oldest go first. Plain requests never come here, so its lock is met by few.

use std::collections::VecDeque;
use std::sync::Arc;

use potluck_filters::trace::Trace;
use potluck_filters::usage::RequestNumber;

use super::Mutex;

/// How many are kept: a few megabytes at the most.
const KEPT: usize = 4096;

/// The last traces.
#[derive(Default)]
pub(super) struct Traces(Mutex<VecDeque<(RequestNumber, Arc<Trace>)>>);

impl Traces {
    /// Keeps the trace of a request that has ended.
    pub(super) fn keep(&self, request: RequestNumber, trace: Arc<Trace>) {
        let mut ring = self.0.lock();
        if ring.len() == KEPT {
            ring.pop_front();
        }
        ring.push_back((request, trace));
    }

    /// The trace of that request, if it is still here.
    pub(super) fn of(&self, request: RequestNumber) -> Option<Arc<Trace>> {
        let ring = self.0.lock();
        let kept = ring.iter().rev().find(|(kept, _)| *kept == request);
        kept.map(|(_, trace)| Arc::clone(trace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u16) -> RequestNumber {
        RequestNumber::parse(&format!("{n:020x}")).unwrap()
    }

    #[test]
    fn the_last_are_kept_and_the_oldest_go() {
        let traces = Traces::default();
        let all = u16::try_from(KEPT).unwrap() + 3;
        (0..all).for_each(|n| traces.keep(number(n), Arc::default()));
        assert!(traces.of(number(2)).is_none());
        assert!(traces.of(number(3)).is_some());
        assert!(traces.of(number(all - 1)).is_some());
        assert!(traces.of(number(all)).is_none());
    }
}
