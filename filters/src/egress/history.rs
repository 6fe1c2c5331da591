//! What happened to a proxy lately: the last hundred events.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Events that are kept.
const KEPT: usize = 100;

/// Who saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A new connection for a request.
    Traffic,
    /// A probe.
    Probe,
    /// The judge, from an upstream's answer.
    Judge,
}

/// Something that happened to a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Unix time in milliseconds.
    pub at: i64,
    /// On the way to which upstream.
    pub upstream: Box<str>,
    /// Who saw it.
    pub by: By,
    /// What was wrong, as the word of a trouble or the judge's rule; nothing, where all was well.
    pub why: Option<Box<str>>,
    /// Until the way was open (or, for a probe of a URL, answered), in milliseconds.
    pub latency_ms: Option<u64>,
}

/// The last events, the oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History(VecDeque<Event>);

impl History {
    pub(super) fn push(&mut self, event: Event) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    /// The newest first.
    pub(super) fn newest_first(&self) -> Vec<Event> {
        self.0.iter().rev().cloned().collect()
    }

    /// The newest of each upstream.
    pub(super) fn last_of_each(&self) -> Vec<Event> {
        let mut last: Vec<Event> = Vec::new();
        for event in self.0.iter().rev() {
            if last.iter().all(|newer| newer.upstream != event.upstream) {
                last.push(event.clone());
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hundred_are_kept_and_the_newest_is_shown_first() {
        let mut history = History::default();
        for at in 0..250 {
            history.push(Event {
                at,
                upstream: "gpu".into(),
                by: By::Probe,
                why: (at % 2 == 0).then(|| "slow".into()),
                latency_ms: None,
            });
        }
        let shown = history.newest_first();
        assert_eq!((shown.len(), shown[0].at, shown[99].at), (100, 249, 150));
        assert_eq!(history.last_of_each(), shown[..1]);
    }
}
