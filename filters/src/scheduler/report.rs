//! What a queue is doing, for whoever looks at it.

use super::Scheduler;
use crate::queue::InLine;

/// What a queue is doing, for `status`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct QueueReport {
    /// Requests that wait.
    pub waiting: usize,
    /// Users that they belong to.
    pub users: usize,
    /// How long somebody who joins now is expected to wait, in milliseconds.
    pub expected_ms: Option<u64>,
    /// Waiters that were served.
    pub served: u64,
    /// Requests that were refused because of the queue: too late, or too many.
    pub refused: u64,
    /// Waiters that left by themselves: their clients went away, or their time was up.
    pub left: u64,
}

impl Scheduler {
    /// The first of those who wait, in the order of their turns.
    #[must_use]
    pub fn in_line(&self, most: usize) -> Vec<InLine> {
        self.queue.in_line(most)
    }

    /// What the queue is doing.
    #[must_use]
    pub fn report(&self) -> QueueReport {
        let expected = self
            .pace
            .expected(self.queue.len() + 1)
            .filter(|_| !self.queue.is_empty());
        QueueReport {
            waiting: self.queue.len(),
            users: self.queue.users(),
            expected_ms: expected.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
            served: self.served,
            refused: self.refused,
            left: self.left,
        }
    }
}
