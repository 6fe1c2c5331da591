//! An exact sliding window: at most `n` admissions in any 60 seconds, to the millisecond.
//!
//! Every admission is remembered until it has left the window, so nothing is estimated. A window
//! holds at most as many entries as its limit admits, 8 bytes each.
//! Invariant: entries are in order of time, and none is older than the span at the last look.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limit::Limit;
use crate::time::Moment;

/// The span over which requests per minute are counted.
pub const SPAN: Duration = Duration::from_secs(60);

/// The admissions of the last [`SPAN`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    admitted: VecDeque<Moment>,
    /// The ends of the line, at hand without a look into it: of thousands of windows few are in the
    /// processor's cache. Meaningless while it is empty.
    first: Moment,
    last: Moment,
}

/// What a limit leaves after this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The limit itself.
    pub limit: u32,
    /// Admissions still possible now.
    pub remaining: u32,
    /// Until the window is empty, if nothing more is admitted.
    pub reset: Duration,
}

/// How a window is filled, for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Admissions that count now.
    pub used: u32,
    /// Until one more is admitted; zero is now.
    pub wait: Duration,
}

impl Window {
    /// Whether one more is admitted now; if not, the exact time until one is.
    ///
    /// # Errors
    /// The wait until the oldest entries have left the window. A limit of 0 never admits: [`SPAN`].
    pub fn check(&mut self, limit: Limit, now: Moment) -> Result<(), Duration> {
        self.forget_before(now);
        let Limit::AtMost(most) = limit else { return Ok(()) };
        let taken = self.admitted.len();
        let most = most as usize;
        if taken < most {
            return Ok(());
        }
        // After a limit was lowered there may be more entries than places: as many must leave as
        // are too many, and one more.
        let leaves = self.admitted.get(taken - most).filter(|_| most > 0);
        Err(leaves.map_or(SPAN, |entry| (*entry + SPAN).since(now)))
    }

    /// Counts one admission, and returns the moment under which it can be given back: `now`, or later
    /// where another thread was first. Call only after [`Window::check`] said yes for the same `now`.
    pub fn admit(&mut self, limit: Limit, now: Moment) -> Moment {
        let empty = self.is_empty();
        let now = if empty { now } else { now.max(self.last) };
        match limit {
            Limit::Unlimited => {}
            Limit::AtMost(_) => {
                if empty {
                    self.first = now;
                }
                self.last = now;
                self.admitted.push_back(now);
            }
        }
        now
    }

    /// Gives one admission of that moment back: the request was refused after all.
    pub fn give_back(&mut self, at: Moment) {
        if let Some(place) = self.admitted.iter().rposition(|entry| *entry == at) {
            self.admitted.remove(place);
            self.note_ends();
        }
    }

    /// What is left, for the `x-ratelimit-*` headers. `None` when nothing limits.
    #[must_use]
    pub fn remaining(&self, limit: Limit, now: Moment) -> Option<Remaining> {
        let Limit::AtMost(limit) = limit else { return None };
        let taken = self.taken();
        let reset = if self.is_empty() {
            Duration::ZERO
        } else {
            (self.last + SPAN).since(now)
        };
        Some(Remaining {
            limit,
            remaining: limit.saturating_sub(taken),
            reset,
        })
    }

    /// Admissions that are remembered; as of the last look.
    #[must_use]
    pub fn taken(&self) -> u32 {
        u32::try_from(self.admitted.len()).unwrap_or(u32::MAX)
    }

    /// Whether nothing is remembered: such a window may be dropped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.admitted.is_empty()
    }

    /// Drops entries that have left the window.
    pub fn forget_before(&mut self, now: Moment) {
        if self.is_empty() || self.first + SPAN > now {
            return;
        }
        while self.admitted.front().is_some_and(|entry| *entry + SPAN <= now) {
            self.admitted.pop_front();
        }
        self.note_ends();
    }

    fn note_ends(&mut self) {
        self.first = self.admitted.front().copied().unwrap_or_default();
        self.last = self.admitted.back().copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::from_millis(ms)
    }

    fn admit(window: &mut Window, limit: u32, ms: u64) -> Result<(), Duration> {
        let limit = Limit::AtMost(limit);
        window.check(limit, at(ms))?;
        window.admit(limit, at(ms));
        Ok(())
    }

    #[test]
    fn the_wait_is_exact_to_the_millisecond() {
        let mut window = Window::default();
        admit(&mut window, 2, 1_000).unwrap();
        admit(&mut window, 2, 5_000).unwrap();
        assert_eq!(admit(&mut window, 2, 6_000), Err(Duration::from_millis(55_000)));
        assert_eq!(admit(&mut window, 2, 60_999), Err(Duration::from_millis(1)));
        assert_eq!(admit(&mut window, 2, 61_000), Ok(()));
    }

    #[test]
    fn a_lowered_limit_waits_until_enough_have_left() {
        let mut window = Window::default();
        for ms in [0, 10, 20, 30] {
            admit(&mut window, 4, ms).unwrap();
        }
        assert_eq!(admit(&mut window, 2, 40), Err(Duration::from_millis(59_980)));
    }

    #[test]
    fn zero_admits_nothing_and_unlimited_everything() {
        let mut window = Window::default();
        assert_eq!(admit(&mut window, 0, 0), Err(SPAN));
        for _ in 0..1_000 {
            window.check(Limit::Unlimited, at(0)).unwrap();
            window.admit(Limit::Unlimited, at(0));
        }
        assert!(window.is_empty());
    }

    #[test]
    fn a_refused_request_gives_its_place_back() {
        let mut window = Window::default();
        admit(&mut window, 1, 0).unwrap();
        window.give_back(at(0));
        assert_eq!(admit(&mut window, 1, 1), Ok(()));
    }

    #[test]
    fn what_remains_is_told() {
        let mut window = Window::default();
        admit(&mut window, 3, 0).unwrap();
        admit(&mut window, 3, 500).unwrap();
        let left = window.remaining(Limit::AtMost(3), at(1_000)).unwrap();
        assert_eq!((left.remaining, left.reset), (1, Duration::from_millis(59_500)));
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            limit in 0_u32..12,
            gaps in prop::collection::vec(0_u64..20_000, 1..200),
        ) {
            let mut window = Window::default();
            let mut admitted: Vec<u64> = Vec::new();
            let mut now = 0;
            for gap in gaps {
                now += gap;
                match admit(&mut window, limit, now) {
                    Ok(()) => admitted.push(now),
                    Err(wait) if limit > 0 => {
                        // The promised moment is the first that admits.
                        let wait = wait.as_millis() as u64;
                        let mut then = window.clone();
                        prop_assert!(admit(&mut then.clone(), limit, now + wait - 1).is_err());
                        prop_assert!(admit(&mut then, limit, now + wait).is_ok());
                    }
                    Err(_) => {}
                }
            }
            for (i, start) in admitted.iter().enumerate() {
                let inside = admitted.iter().skip(i).filter(|t| **t < start + 60_000).count();
                prop_assert!(inside <= limit as usize, "{inside} in the window from {start}");
            }
        }
    }
}
