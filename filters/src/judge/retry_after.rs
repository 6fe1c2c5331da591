//! When an upstream wants to be asked again, read from the headers in use for that.
//!
//! In order: `retry-after-ms`, `Retry-After` (seconds or a date), then the resets of the rate limits
//! that are used up (`x-ratelimit-reset*`: `1s`, `6m0s`, `250ms`, seconds, or Unix time).

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;

const RESETS: [(&str, &str); 3] = [
    ("x-ratelimit-reset", "x-ratelimit-remaining"),
    ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
    ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
];

/// Numbers from here on are Unix time: in seconds, or from a thousand times this on in milliseconds.
const UNIX_TIME_FROM: f64 = 1e9;

/// How long the upstream asks to be left alone, or nothing where it does not say (or says nonsense).
#[must_use]
pub fn retry_after(headers: &HeaderMap, now_unix_ms: i64) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(number) {
        return duration(wait / 1000.0);
    }
    if let Some(value) = text("retry-after") {
        return number(value)
            .and_then(duration)
            .or_else(|| date(value, now_unix_ms));
    }
    let used_up = |remaining: &str| text(remaining).and_then(number).is_none_or(|left| left < 1.0);
    let resets = RESETS.iter().filter(|(_, remaining)| used_up(remaining));
    resets
        .filter_map(|(reset, _)| span(text(reset)?, now_unix_ms))
        .max()
}

fn number(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

fn date(text: &str, now_unix_ms: i64) -> Option<Duration> {
    let at = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    Some(at.saturating_sub(Duration::from_millis(u64::try_from(now_unix_ms).ok()?)))
}

fn span(text: &str, now_unix_ms: i64) -> Option<Duration> {
    let Some(number) = number(text) else {
        return units(text);
    };
    if number < UNIX_TIME_FROM {
        return duration(number);
    }
    let at = duration(if number < UNIX_TIME_FROM * 1e3 {
        number
    } else {
        number / 1e3
    })?;
    Some(at.saturating_sub(Duration::from_millis(u64::try_from(now_unix_ms).ok()?)))
}

/// `1h2m3.5s`, `250ms`: numbers with units, one after the other.
fn units(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (amount, after) = rest.split_at_checked(rest.find(|c: char| c.is_ascii_alphabetic())?)?;
        let unit_end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        total = total.checked_add(duration(number(amount)? * seconds_per(unit)?)?)?;
        rest = next;
    }
    (!text.is_empty()).then_some(total)
}

fn seconds_per(unit: &str) -> Option<f64> {
    match unit {
        "d" => Some(86_400.0),
        "h" => Some(3600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// 1994-11-06 08:49:37 UTC.
    const NOW: i64 = 784_111_777_000;

    fn check(headers: &[(&str, &str)], expected_ms: Option<u64>) {
        let pair = |(name, value): &(&str, &str)| {
            (
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        let map: HeaderMap = headers.iter().map(pair).collect();
        assert_eq!(
            retry_after(&map, NOW),
            expected_ms.map(Duration::from_millis),
            "{headers:?}"
        );
    }

    #[test]
    fn seconds_dates_and_milliseconds_are_read() {
        check(&[("retry-after", "7")], Some(7000));
        check(&[("retry-after", "0.5")], Some(500));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")], Some(30_000));
        check(&[("retry-after", "Sunday, 06-Nov-94 08:49:39 GMT")], Some(2000));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT")], Some(0));
        check(&[("retry-after-ms", "1500"), ("retry-after", "9")], Some(1500));
    }

    #[test]
    fn resets_count_where_the_limit_is_used_up() {
        check(&[("x-ratelimit-reset-requests", "6m0s")], Some(360_000));
        check(
            &[
                ("x-ratelimit-reset-requests", "120ms"),
                ("x-ratelimit-reset-tokens", "1s"),
            ],
            Some(1000),
        );
        check(
            &[
                ("x-ratelimit-reset-tokens", "9s"),
                ("x-ratelimit-remaining-tokens", "5"),
            ],
            None,
        );
        check(
            &[
                ("x-ratelimit-reset-tokens", "9s"),
                ("x-ratelimit-remaining-tokens", "0"),
            ],
            Some(9000),
        );
        check(&[("x-ratelimit-reset", "784111787")], Some(784_111_787_000));
        check(
            &[("x-ratelimit-reset", "1700000000")],
            Some(1_700_000_000_000 - NOW.unsigned_abs()),
        );
        check(
            &[("x-ratelimit-reset", "1700000000000")],
            Some(1_700_000_000_000 - NOW.unsigned_abs()),
        );
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in [
            "",
            "soon",
            "-1",
            "NaN",
            "inf",
            "1e400",
            "5x",
            "s5",
            "Sun, 99 Nov 1994 08:49:37 GMT",
        ] {
            check(&[("retry-after", value)], None);
            check(&[("x-ratelimit-reset", value)], None);
        }
        check(&[], None);
    }
}
