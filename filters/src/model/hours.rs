//! Hours of the day in which something may happen, as a contributor's clock shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Zone;

/// Hours of the day, one bit each: bit 0 is 00:00 to 01:00. The default is all of them, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Hours {
    open: u32,
    zone: Zone,
}

/// In UTC a number alone.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Stored {
    Utc(u32),
    In { open: u32, zone: Zone },
}

impl From<Stored> for Hours {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Utc(open) => Self {
                open,
                zone: Zone::default(),
            },
            Stored::In { open, zone } => Self { open, zone },
        }
    }
}

impl From<Hours> for Stored {
    fn from(hours: Hours) -> Self {
        let Hours { open, zone } = hours;
        if zone == Zone::default() {
            Self::Utc(open)
        } else {
            Self::In { open, zone }
        }
    }
}

const ALL: u32 = (1 << 24) - 1;
const HOUR_MS: i64 = 3_600_000;
/// Zones differ by whole quarters of an hour, so nothing turns between two of them.
const QUARTER_MS: i64 = HOUR_MS / 4;
/// Quarters of two days: every turn comes round within them, even where a clock is put forward over it.
const LOOK_AHEAD: i64 = 2 * 96;

impl Default for Hours {
    fn default() -> Self {
        Self {
            open: ALL,
            zone: Zone::default(),
        }
    }
}

impl Hours {
    /// From the full hour `from` to the full hour `to` in UTC, over midnight where `to` is not later; equal
    /// hours are the whole day. `None` above 24.
    #[must_use]
    pub fn between(from: u8, to: u8) -> Option<Self> {
        if from > 24 || to > 24 {
            return None;
        }
        let (from, to) = (u32::from(from % 24), u32::from(to % 24));
        let length = (to + 24 - from) % 24;
        let hours = if length == 0 { ALL } else { (1 << length) - 1 };
        Some(Self {
            open: (hours << from | hours >> (24 - from)) & ALL,
            zone: Zone::default(),
        })
    }

    /// The same hours of another place's clocks. The whole day is the same everywhere.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        if self.is_always() {
            self
        } else {
            Self { zone, ..self }
        }
    }

    /// Whose clocks show them.
    #[must_use]
    pub fn zone(self) -> Zone {
        self.zone
    }

    /// Something to sort by.
    pub(crate) fn order(self) -> (u32, &'static str) {
        (self.open, self.zone.name())
    }

    /// Whether they are the whole day.
    #[must_use]
    pub fn is_always(self) -> bool {
        self.open == ALL
    }

    /// Whether that full hour (0 to 23) of the zone's clocks is one of them.
    #[must_use]
    pub fn has(self, hour: u8) -> bool {
        self.open >> (hour % 24) & 1 == 1
    }

    /// Whether a request may be served at that time.
    #[must_use]
    pub fn open_at(self, unix_ms: i64) -> bool {
        if self.is_always() {
            return true;
        }
        let local = self.zone.local(unix_ms);
        self.open >> local.div_euclid(HOUR_MS).rem_euclid(24) & 1 == 1
    }

    /// When that next changes, in milliseconds since the Unix epoch; `None` if it never does.
    #[must_use]
    pub fn next_turn(self, unix_ms: i64) -> Option<i64> {
        if self.is_always() {
            return None;
        }
        let quarter = unix_ms.div_euclid(QUARTER_MS);
        let now = self.open_at(unix_ms);
        (1..=LOOK_AHEAD)
            .map(|ahead| (quarter + ahead) * QUARTER_MS)
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

    #[test]
    fn hours_are_those_of_the_zones_clocks() {
        let hours = Hours::between(22, 6).unwrap();
        let saigon = hours.in_zone("Asia/Ho_Chi_Minh".parse().unwrap());
        // 22:00 there is 15:00 UTC.
        let day = 20_000 * 24 * HOUR_MS;
        assert!(!saigon.open_at(day + 15 * HOUR_MS - 1));
        assert!(saigon.open_at(day + 15 * HOUR_MS));
        assert_eq!(saigon.next_turn(day + 15 * HOUR_MS), Some(day + 23 * HOUR_MS));
        let kathmandu = hours.in_zone("Asia/Kathmandu".parse().unwrap());
        assert_eq!(
            kathmandu.next_turn(day + 12 * HOUR_MS),
            Some(day + 16 * HOUR_MS + QUARTER_MS)
        );
    }

    #[test]
    fn what_was_stored_before_zones_were_known_is_read() {
        let night = Hours::between(22, 6).unwrap();
        let text = serde_json::to_string(&night).unwrap();
        assert!(text.parse::<u32>().is_ok());
        assert_eq!(serde_json::from_str::<Hours>(&text).unwrap(), night);
        let zoned = night.in_zone("Europe/Berlin".parse().unwrap());
        let text = serde_json::to_string(&zoned).unwrap();
        assert_eq!(serde_json::from_str::<Hours>(&text).unwrap(), zoned);
        assert_eq!(
            Hours::default().in_zone("Europe/Berlin".parse().unwrap()),
            Hours::default()
        );
    }
}
