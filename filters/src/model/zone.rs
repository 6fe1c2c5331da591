//! A place's time: a zone of the IANA database, daylight saving included.

use std::str::FromStr;

use chrono_tz::Tz;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time zone, by its name in the IANA database. The default is UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// No zone has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time zone has this name; write one of the IANA database, such as Asia/Ho_Chi_Minh or UTC")]
pub struct UnknownZone;

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }
}

impl Zone {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What local clocks show at that time, in milliseconds as if they stood in UTC.
    #[must_use]
    pub fn local(self, unix_ms: i64) -> i64 {
        use chrono::{Offset as _, TimeZone as _};
        if self.0 == Tz::UTC {
            return unix_ms;
        }
        let utc = chrono::DateTime::from_timestamp_millis(unix_ms).map(|at| at.naive_utc());
        let offset = utc.map(|utc| self.0.offset_from_utc_datetime(&utc).fix().local_minus_utc());
        unix_ms.saturating_add(i64::from(offset.unwrap_or(0)) * 1000)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Zone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A time zone of the IANA database.", "examples": ["UTC", "Asia/Ho_Chi_Minh"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_clocks_follow_daylight_saving() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        // 2026-01-15 and 2026-07-15, both 12:00 UTC.
        for (unix_ms, hours) in [(1_768_478_400_000, 1), (1_784_116_800_000, 2)] {
            assert_eq!(berlin.local(unix_ms) - unix_ms, hours * 3_600_000);
        }
        let nepal: Zone = "Asia/Kathmandu".parse().unwrap();
        assert_eq!(nepal.local(0), 19_800_000, "it was 5:30 then, and is 5:45 now");
        assert_eq!(Zone::default().local(5), 5);
    }

    #[test]
    fn a_zone_is_written_by_its_name() {
        let zone: Zone = "Asia/Ho_Chi_Minh".parse().unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"Asia/Ho_Chi_Minh\"");
        assert_eq!(
            serde_json::from_str::<Zone>("\"Asia/Ho_Chi_Minh\"").unwrap(),
            zone
        );
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }
}
