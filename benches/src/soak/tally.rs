//! What became of the requests, counted by kind and end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Descriptions of malformed answers that are kept; the rest is only counted.
const KEPT: usize = 20;

/// How a request ended that went as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a whole answer of this status.
    Status(u16),
    /// With a stream that said that it was cut.
    Cut,
    /// By the client, who left.
    Left,
    /// By the relay, which closed the connection without a word.
    Closed,
}

impl Ended {
    fn word(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Cut => "cut".to_owned(),
            Self::Left => "left".to_owned(),
            Self::Closed => "closed".to_owned(),
        }
    }
}

/// The counts. The lock is held for one count at a time.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

/// The counts, as they are reported.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Counts {
    /// By kind of request, then by end.
    pub(super) outcomes: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// How many answers were malformed.
    pub(super) malformed: u64,
    /// What was wrong with the first of them.
    pub(super) problems: Vec<String>,
    /// Requests that were not sent, since too many were in flight.
    pub(super) held_back: u64,
}

impl Tally {
    pub(super) fn note(&self, what: &'static str, ended: anyhow::Result<Ended>) {
        self.with(|counts| {
            let ends = counts.outcomes.entry(what).or_default();
            match ended {
                Ok(ended) => *ends.entry(ended.word()).or_default() += 1,
                Err(error) => {
                    counts.malformed += 1;
                    if counts.problems.len() < KEPT {
                        counts.problems.push(format!("{what}: {error:#}"));
                    }
                }
            }
        });
    }

    pub(super) fn held_back(&self) {
        self.with(|counts| counts.held_back += 1);
    }

    pub(super) fn counts(&self) -> Counts {
        self.with(|counts| counts.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counts) -> T) -> T {
        // A count is never half done, so one that panicked elsewhere left it sound.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts {
    /// All requests that were sent.
    pub(super) fn total(&self) -> u64 {
        self.outcomes.values().flat_map(BTreeMap::values).sum::<u64>() + self.malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_counted_and_only_the_first_problems_kept() {
        let tally = Tally::default();
        tally.note("chat", Ok(Ended::Status(200)));
        tally.note("chat", Ok(Ended::Status(200)));
        tally.note("chat", Ok(Ended::Left));
        for number in 0..KEPT + 5 {
            tally.note("image", Err(anyhow::anyhow!("number {number}")));
        }
        let counts = tally.counts();
        assert_eq!(counts.outcomes["chat"]["200"], 2);
        assert_eq!((counts.malformed, counts.problems.len()), (KEPT as u64 + 5, KEPT));
        assert_eq!(counts.total(), 3 + KEPT as u64 + 5);
    }
}
