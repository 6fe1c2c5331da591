//! The one place where the relay reads a clock or rolls a die. Everything else takes them as values.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the shell's own clock and chance"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use potluck_filters::time::Moment;

/// The process's clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock {
    /// The monotonic clock.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::from_millis(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Microseconds since the clock's origin, for durations in the access line.
    #[must_use]
    pub fn micros(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// The wall clock, in milliseconds since the Unix epoch.
#[must_use]
pub fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A number in `0.0..1.0`, for jitter.
#[must_use]
pub fn chance() -> f64 {
    rand::random()
}

/// Names requests: a random prefix per process and a counter, so that ids never repeat and two
/// processes do not share them.
#[derive(Debug)]
pub struct RequestIds {
    prefix: u32,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self {
            prefix: rand::random(),
            next: AtomicU64::new(1),
        }
    }
}

impl RequestIds {
    /// The next id: 20 lower-case hexadecimal digits.
    #[must_use]
    pub fn next(&self) -> String {
        // Relaxed: only uniqueness matters, and a read-modify-write never hands out a value twice.
        format!(
            "{:08x}{:012x}",
            self.prefix,
            self.next.fetch_add(1, Ordering::Relaxed)
        )
    }
}
