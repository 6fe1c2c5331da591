//! How one proxy fares with one upstream.

use std::time::Duration;

use super::EgressSettings;
use crate::time::Moment;

/// How one proxy fares with one upstream. What one service refuses, another may let through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// Failures in a row to get through.
    pub(super) failures: u32,
    /// Rests until then, since it did not get through.
    down_until: Moment,
    /// Times in a row that the upstream would not have requests from there.
    unwelcome: u32,
    /// Rests until then, since the upstream said so.
    unwelcome_until: Moment,
    /// Whether it has ever got through.
    pub(super) proven: bool,
    /// When it is to be probed next.
    pub(super) probe_at: Moment,
}

impl Standing {
    /// Until when it rests; long past for one that does not.
    pub(super) fn rests_until(&self) -> Moment {
        self.down_until.max(self.unwelcome_until)
    }

    /// It got through. Only that is known: whether it is welcome there is another matter.
    /// Returns whether it had been down.
    pub(super) fn worked(&mut self, now: Moment) -> bool {
        let was_down = self.down_until > now;
        self.failures = 0;
        self.down_until = Moment::default();
        self.proven = true;
        was_down
    }

    /// It did not get through. While it rests, nothing more is held against it: many requests may have
    /// met the same trouble at once. Returns its new rest, if one begins.
    pub(super) fn failed(&mut self, settings: &EgressSettings, now: Moment, jitter: f64) -> Option<Duration> {
        if self.down_until > now {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let rest = settings.rest(self.failures, jitter)?;
        self.down_until = now + rest;
        Some(rest)
    }

    /// It was found to be without fault.
    pub(super) fn acquit(&mut self) {
        self.failures = 0;
        self.down_until = Moment::default();
    }

    /// The upstream would not have a request from there.
    pub(super) fn unwelcome(&mut self, now: Moment, length: impl FnOnce(u32) -> Duration) -> Duration {
        self.unwelcome = self.unwelcome.saturating_add(1);
        let rest = length(self.unwelcome);
        self.unwelcome_until = self.unwelcome_until.max(now + rest);
        rest
    }

    /// The upstream took a request from there.
    pub(super) fn welcome(&mut self) {
        self.unwelcome = 0;
    }
}
