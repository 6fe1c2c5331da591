//! What a queue is doing, for whoever looks at it.

use super::{Class, Scheduler};
use crate::queue::{InLine, Queue};

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

/// The queue as it was.
#[derive(Debug)]
pub struct WaitingLine(Queue<Class>);

impl WaitingLine {
    /// The first of those who waited, in the order of their turns.
    #[must_use]
    pub fn first(self, most: usize) -> Vec<InLine> {
        self.0.into_line(most)
    }
}

impl Scheduler {
    /// A copy of the queue as it is now, to be looked at when nobody waits for that.
    #[must_use]
    pub fn waiting_line(&self) -> WaitingLine {
        WaitingLine(self.queue.clone())
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
