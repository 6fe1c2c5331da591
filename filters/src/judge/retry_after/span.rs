//! A length of time or a moment, in every form that upstreams write: `7`, `0.5`, `6m0s`, `250ms`, Unix time in
//! seconds or milliseconds, an HTTP date, an ISO date. A moment that is over is no wait at all.

use std::time::{Duration, UNIX_EPOCH};

/// Numbers from here on are Unix time: in seconds, or from a thousand times this on in milliseconds.
const UNIX_TIME_FROM: f64 = 1e9;

/// How long that is from now.
pub(super) fn span(text: &str, now_unix_ms: i64) -> Option<Duration> {
    let until = |at: Duration| {
        let now = Duration::from_millis(u64::try_from(now_unix_ms).ok()?);
        Some(at.saturating_sub(now))
    };
    match number(text) {
        Some(number) if number < UNIX_TIME_FROM => seconds(number),
        Some(number) if number < UNIX_TIME_FROM * 1e3 => until(seconds(number)?),
        Some(number) => until(seconds(number / 1e3)?),
        None => units(text).or_else(|| until(http_date(text).or_else(|| iso_date(text))?)),
    }
}

/// A plain number of milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<Duration> {
    seconds(number(text)? / 1e3)
}

fn number(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// `1h2m3.5s`, `250ms`: numbers with units, one after the other.
fn units(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (amount, after) = rest.split_at_checked(rest.find(char::is_alphabetic)?)?;
        let unit_end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        total = total.checked_add(seconds(number(amount)? * seconds_per(unit)?)?)?;
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
        "us" | "µs" | "μs" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` and its two older forms (RFC 9110 §5.6.7), since the Unix epoch.
fn http_date(text: &str) -> Option<Duration> {
    httpdate::parse_http_date(text)
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()
}

/// `1994-11-06T08:49:37Z`, with a fraction, a blank for the `T` or an offset (RFC 3339), since the Unix epoch.
fn iso_date(text: &str) -> Option<Duration> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (clock, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            let (clock, offset) = time.split_at_checked(time.find(['+', '-'])?)?;
            (clock, self::offset(offset)?)
        }
    };
    let moment = days(date)? * 86_400 + i64::from(second_of_day(clock)?) - offset;
    let fraction = match clock.split_once('.') {
        Some((_, digits)) => number(&format!("0.{digits}"))?,
        None => 0.0,
    };
    Duration::from_secs(u64::try_from(moment).ok()?).checked_add(seconds(fraction)?)
}

/// `+02:00` in seconds.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(sign * i64::from(digits(hours, 2, 23)? * 3600 + digits(minutes, 2, 59)? * 60))
}

fn second_of_day(clock: &str) -> Option<u32> {
    let whole = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let mut parts = whole.splitn(3, ':');
    let mut part = |most| digits(parts.next()?, 2, most);
    let (hour, minute, second) = (part(23)?, part(59)?, part(60)?);
    Some(hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to `YYYY-MM-DD`, by the leap years between.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let mut part = |length, most| digits(parts.next()?, length, most);
    let (year, month, day) = (i64::from(part(4, 9999)?), part(2, 12)?, part(2, 31)?);
    if month == 0 || day == 0 {
        return None;
    }
    // The year is counted from March, so that a leap day is its last.
    let year = year - i64::from(month <= 2);
    let months_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * months_from_march + 2) / 5 + i64::from(day) - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

/// So many digits and nothing else, up to `most`.
fn digits(text: &str, length: usize, most: u32) -> Option<u32> {
    let plain = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= most)
}
