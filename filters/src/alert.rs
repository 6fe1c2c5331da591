//! Who is told of a finding, when, and how often it is tried. Pure.
//!
//! Invariant: in quiet hours only what is critical is told; all else waits for their end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::finding::{Kind, Severity};
use crate::model::Hours;

/// After the first try that failed; each further one waits twice as long.
const FIRST: Duration = Duration::from_secs(5);
/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(3600);
/// It is tried for so long.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// What somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Findings of these kinds; `None`: of all.
    pub kinds: Option<Vec<Kind>>,
    /// Findings that are at least so bad.
    pub min_severity: Severity,
    /// The hours in which only what is critical is told.
    pub quiet: Option<Hours>,
}

impl Wish {
    /// Whether such a finding is to be told.
    #[must_use]
    pub fn wants(&self, kind: Kind, severity: Severity) -> bool {
        severity >= self.min_severity && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether these are quiet hours.
    #[must_use]
    pub fn is_quiet(&self, unix_ms: i64) -> bool {
        self.quiet.is_some_and(|quiet| quiet.open_at(unix_ms))
    }

    /// Whether what it says of such a finding has to wait now.
    #[must_use]
    pub fn holds(&self, severity: Severity, unix_ms: i64) -> bool {
        severity < Severity::Critical && self.is_quiet(unix_ms)
    }
}

/// When to try again after so many tries that failed, at least 1; `None`: it has been tried for long enough. Times are
/// Unix milliseconds; `chance`, 0 to 1, moves it by up to a fifth either way.
#[must_use]
pub fn again(tries: u32, created: i64, now: i64, chance: f64) -> Option<i64> {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
    let pause = FIRST.saturating_mul(doubled).min(LONGEST);
    let pause = pause.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0));
    let next = now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
    let patience = i64::try_from(PATIENCE.as_millis()).unwrap_or(i64::MAX);
    (next - created <= patience).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn kinds_and_severity_decide_and_quiet_hours_hold_back_all_but_what_is_critical() {
        let wish = Wish {
            kinds: Some(vec![Kind::PoolDrained, Kind::KeyInvalid]),
            min_severity: Severity::Warning,
            quiet: Hours::between(22, 7).map(|hours| hours.in_zone("Asia/Ho_Chi_Minh".parse().unwrap())),
        };
        assert!(wish.wants(Kind::PoolDrained, Severity::Critical));
        assert!(!wish.wants(Kind::PoolDrained, Severity::Info));
        assert!(!wish.wants(Kind::NodeDown, Severity::Critical));
        // 23:00 there.
        let night = 16 * HOUR;
        assert!(wish.holds(Severity::Warning, night) && !wish.holds(Severity::Critical, night));
        assert!(!wish.holds(Severity::Warning, 2 * HOUR));
    }

    #[test]
    fn tries_come_ever_less_often_and_end_after_a_day() {
        let (mut now, mut tries, mut pauses) = (0, 0, Vec::new());
        loop {
            tries += 1;
            let Some(next) = again(tries, 0, now, 0.5) else {
                break;
            };
            pauses.push((next - now) / 1000);
            now = next;
        }
        assert_eq!(pauses[..6], [5, 10, 20, 40, 80, 160]);
        assert_eq!(pauses.last(), Some(&3600));
        assert!(now > 22 * HOUR && now <= 24 * HOUR, "{now}");
        assert_eq!(again(1, 0, 0, 0.0), Some(4000));
        assert_eq!(again(1, 0, 0, 1.0), Some(6000));
    }
}
