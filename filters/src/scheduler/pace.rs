//! How fast the line moves, learned while somebody waits.

use std::time::Duration;

use crate::time::Moment;

/// Before so many were served, nothing is promised.
const LEARNED: u32 = 8;

/// The mean time between two waiters that are served, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    last: Moment,
    micros: u64,
    seen: u32,
}

impl Pace {
    /// Somebody was served who had waited so long. Time in which nobody waited says nothing.
    pub(super) fn served(&mut self, waited: Duration, now: Moment) {
        let span = now.since(std::mem::replace(&mut self.last, now)).min(waited);
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(1);
        // The plain mean at first, then a moving one.
        let weight = u64::from(self.seen.min(4 * LEARNED));
        self.micros = self.micros.saturating_mul(weight - 1).saturating_add(span) / weight;
    }

    /// How long so many in the line are expected to take.
    pub(super) fn expected(&self, many: usize) -> Option<Duration> {
        (self.seen >= LEARNED).then(|| Duration::from_micros(self.micros.saturating_mul(many as u64)))
    }
}
