//! The one place where the relay reads a clock or rolls a die. Everything else takes them as values.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the shell's own clock and chance"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use potluck_filters::time::Moment;
use potluck_filters::usage::RequestNumber;

/// The origin lies so long before the clock was made that the last minute before that has moments, too: windows know
/// of requests that an earlier process let in.
const BEFORE: Duration = Duration::from_secs(120);

/// The process's clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    /// The wall clock at the origin, in milliseconds since the Unix epoch.
    origin_unix_ms: i64,
    began_unix_ms: i64,
}

impl Default for Clock {
    fn default() -> Self {
        let (now, began_unix_ms) = (Instant::now(), unix_ms());
        let origin = now.checked_sub(BEFORE).unwrap_or(now);
        let before = i64::try_from(now.duration_since(origin).as_millis()).unwrap_or(0);
        Self {
            origin,
            origin_unix_ms: began_unix_ms - before,
            began_unix_ms,
        }
    }
}

impl Clock {
    /// The monotonic clock.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::from_millis(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The wall clock at the monotonic clock's origin, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn origin_unix_ms(&self) -> i64 {
        self.origin_unix_ms
    }

    /// When it was made, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn began_unix_ms(&self) -> i64 {
        self.began_unix_ms
    }

    /// The moment of a time of the wall clock, in milliseconds since the Unix epoch; the first one of those before it.
    #[must_use]
    pub fn moment_of(&self, unix_ms: i64) -> Moment {
        Moment::from_millis(u64::try_from(unix_ms.saturating_sub(self.origin_unix_ms)).unwrap_or(0))
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

/// A number that no other process has: the wall clock, and chance below it. That of a later process is larger, as long
/// as the clock is not turned back.
#[must_use]
pub fn epoch() -> i64 {
    unix_ms() << 20 | i64::from(rand::random::<u32>() >> 12)
}

/// A number in `0.0..1.0`, for jitter.
#[must_use]
pub fn chance() -> f64 {
    rand::random()
}

/// Bits at random, to tell things apart.
#[must_use]
pub fn bits() -> u128 {
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
    /// The next id.
    #[must_use]
    pub fn next(&self) -> RequestId {
        // Relaxed: only uniqueness matters, and a read-modify-write never hands out a value twice.
        RequestId::new(self.prefix, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// A request's id: 20 lower-case hexadecimal digits, and the number that they write.
#[derive(Clone, Debug)]
pub struct RequestId {
    digits: [u8; 20],
    number: RequestNumber,
}

impl RequestId {
    fn new(prefix: u32, number: u64) -> Self {
        // Twelve digits of the number are kept; a process does not live to see the thirteenth.
        let bits = u128::from(prefix) << 48 | u128::from(number & 0xffff_ffff_ffff);
        Self {
            digits: std::array::from_fn(|place| hexadecimal((bits >> (76 - 4 * place)) as u8 & 0xf)),
            number: RequestNumber(std::array::from_fn(|place| (bits >> (72 - 8 * place)) as u8)),
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits).unwrap_or_default()
    }

    /// As ten bytes, for the books.
    #[must_use]
    pub fn number(&self) -> RequestNumber {
        self.number
    }

    /// As a header's value.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.digits).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self {
            digits: [b'0'; 20],
            number: RequestNumber::default(),
        }
    }
}

fn hexadecimal(digit: u8) -> u8 {
    if digit < 10 {
        b'0' + digit
    } else {
        b'a' + digit - 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_prefix_and_the_number_in_twenty_digits() {
        let id = RequestId::new(0x12ab, 0xfed);
        assert_eq!(id.as_str(), "000012ab000000000fed");
        assert_eq!(id.number().to_string(), id.as_str());
        assert_eq!(RequestId::new(u32::MAX, u64::MAX).as_str(), "f".repeat(20));
    }
}
