//! For how long what is kept.

use potluck_filters::spending::{DAY_MS, day_of};

use super::level::Level;

/// Days for which each part of the books is kept, whole days (UTC) at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Requests one by one.
    pub events: u32,
    /// Sums of minutes.
    pub minutes: u32,
    /// Sums of hours.
    pub hours: u32,
    /// Sums of days.
    pub days: u32,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            events: 30,
            minutes: 2,
            hours: 60,
            days: 400,
        }
    }
}

impl Kept {
    /// The first day of which requests are kept, counted from the Unix epoch.
    #[must_use]
    pub fn events_since(&self, now: i64) -> i64 {
        day_of(now) - i64::from(self.events)
    }

    /// The first day of which sums are kept.
    #[must_use]
    pub fn sums_since(&self, level: Level, now: i64) -> i64 {
        let days = match level {
            Level::Minute => self.minutes,
            Level::Hour => self.hours,
            Level::Day => self.days,
        };
        day_of(now) - i64::from(days)
    }

    /// Whether there are sums of this level from that time on, both in milliseconds since the Unix epoch.
    #[must_use]
    pub fn has(&self, level: Level, from: i64, now: i64) -> bool {
        from >= self.sums_since(level, now).saturating_mul(DAY_MS)
    }
}
