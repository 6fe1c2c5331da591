//! What a contributor allows others to do with a pool key. Absent is no cap; 0 is never.

use serde::{Deserialize, Serialize};

use crate::limit::Limit;

/// A contributor's caps on a pool key. The default caps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Only generations that cost this account nothing.
    pub free_only: bool,
    /// Anlas that may be spent on a day (UTC).
    pub anlas_per_day: Limit,
    /// Anlas that must stay on the account.
    pub keep_anlas: u32,
    /// Requests that may be served on a day (UTC).
    pub requests_per_day: Limit,
    /// Hours of the day (UTC) in which it may serve.
    pub hours: Hours,
}

/// Hours of the day in UTC, one bit each: bit 0 is 00:00 to 01:00. The default is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hours(u32);

const ALL: u32 = (1 << 24) - 1;
const HOUR_MS: i64 = 3_600_000;

impl Default for Hours {
    fn default() -> Self {
        Self(ALL)
    }
}

impl Hours {
    /// From the full hour `from` to the full hour `to`, over midnight where `to` is not later; equal
    /// hours are the whole day. `None` above 24.
    #[must_use]
    pub fn between(from: u8, to: u8) -> Option<Self> {
        if from > 24 || to > 24 {
            return None;
        }
        let (from, to) = (u32::from(from % 24), u32::from(to % 24));
        let length = (to + 24 - from) % 24;
        let hours = if length == 0 { ALL } else { (1 << length) - 1 };
        Some(Self((hours << from | hours >> (24 - from)) & ALL))
    }

    /// Whether a request may be served at that time.
    #[must_use]
    pub fn open_at(self, unix_ms: i64) -> bool {
        self.0 >> unix_ms.div_euclid(HOUR_MS).rem_euclid(24) & 1 == 1
    }

    /// When that next changes, in milliseconds since the Unix epoch; `None` if it never does.
    #[must_use]
    pub fn next_turn(self, unix_ms: i64) -> Option<i64> {
        let hour = unix_ms.div_euclid(HOUR_MS);
        let now = self.open_at(unix_ms);
        (1..=24)
            .map(|ahead| (hour + ahead) * HOUR_MS)
            .find(|turn| self.open_at(*turn) != now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(hours: Hours) -> Vec<i64> {
        (0..24).filter(|hour| hours.open_at(hour * HOUR_MS)).collect()
    }

    #[test]
    fn hours_may_go_over_midnight() {
        assert_eq!(open(Hours::between(8, 11).unwrap()), [8, 9, 10]);
        assert_eq!(open(Hours::between(22, 2).unwrap()), [0, 1, 22, 23]);
        assert_eq!(open(Hours::between(22, 24).unwrap()), [22, 23]);
        assert_eq!(open(Hours::between(7, 7).unwrap()).len(), 24);
        assert_eq!(Hours::between(1, 25), None);
    }

    #[test]
    fn the_next_turn_is_the_full_hour_at_which_it_opens_or_closes() {
        let hours = Hours::between(22, 2).unwrap();
        assert_eq!(hours.next_turn(23 * HOUR_MS + 5), Some(26 * HOUR_MS));
        assert_eq!(hours.next_turn(26 * HOUR_MS), Some(46 * HOUR_MS));
        assert_eq!(Hours::default().next_turn(0), None);
    }
}
