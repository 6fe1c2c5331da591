//! Moments as people write and read them. Inside they are milliseconds since the Unix epoch.

use chrono::{DateTime, Days, NaiveDate};

use crate::config::Period;

/// When a key stops working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// It does not.
    Never,
    /// So long from now.
    After(Period),
    /// At this moment, in milliseconds since the Unix epoch.
    At(i64),
}

impl Expiry {
    /// The moment, given the present one.
    pub(super) fn unix_ms(self, now: i64) -> Option<i64> {
        match self {
            Self::Never => None,
            Self::After(period) => {
                Some(now.saturating_add(i64::try_from(period.0.as_millis()).unwrap_or(i64::MAX)))
            }
            Self::At(moment) => Some(moment),
        }
    }
}

impl std::str::FromStr for Expiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(period) = text.parse::<Period>() {
            return Ok(Self::After(period));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(moment.timestamp_millis()));
        }
        // A day counts to its end.
        let day = text
            .parse::<NaiveDate>()
            .ok()
            .and_then(|day| day.checked_add_days(Days::new(1)));
        let end = day.and_then(|day| day.and_hms_opt(0, 0, 0));
        end.map(|end| Self::At(end.and_utc().timestamp_millis()))
            .ok_or_else(|| {
                "write a time from now (30d, 12h), a day (2027-12-31, to its end in UTC), a moment \
             (2027-12-31T12:00:00Z) or never"
                    .to_owned()
            })
    }
}

/// `2026-11-21 04:00 UTC`.
pub(super) fn shown(unix_ms: i64) -> String {
    DateTime::from_timestamp_millis(unix_ms).map_or_else(
        || unix_ms.to_string(),
        |moment| moment.format("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// `04:00:10 UTC`.
pub(super) fn clock(unix_ms: i64) -> String {
    DateTime::from_timestamp_millis(unix_ms).map_or_else(
        || unix_ms.to_string(),
        |moment| moment.format("%H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_time_from_now_a_day_a_moment_or_never() {
        let now = 1_000;
        for (text, expected) in [
            ("never", None),
            ("30d", Some(1_000 + 2_592_000_000)),
            ("90m", Some(5_401_000)),
            ("1970-01-01", Some(86_400_000)),
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("1970-01-01T01:00:01+01:00", Some(1_000)),
        ] {
            assert_eq!(text.parse::<Expiry>().unwrap().unix_ms(now), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "tomorrow", "30", "2027-02-30", "2027-13-01", "31.12.2027"] {
            assert!(text.parse::<Expiry>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_shown_to_the_minute() {
        assert_eq!(shown(1_795_233_600_000), "2026-11-21 04:00 UTC");
    }
}
