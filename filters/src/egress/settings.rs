//! How sensitive an upstream is to the troubles of its outbound proxies.

use std::time::Duration;

use crate::model::BaseUrl;

/// How sensitive an upstream is to the troubles of its outbound proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressSettings {
    /// Whether requests may leave straight while all proxies are down.
    pub direct_when_down: bool,
    /// Failures in a row after which a proxy rests, at least 1.
    pub failures: u32,
    /// The first rest; each further failure doubles it, up to sixteen times.
    pub cool_down: Duration,
    /// Between two probes of a proxy; zero: never.
    pub probe_interval: Duration,
    /// What a probe fetches; `None`: it only opens a way to the upstream's first node.
    pub probe_url: Option<BaseUrl>,
}

/// Largest multiple of [`EgressSettings::cool_down`].
const MOST: u32 = 16;

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            direct_when_down: false,
            failures: 3,
            cool_down: Duration::from_secs(30),
            probe_interval: Duration::from_secs(60),
            probe_url: None,
        }
    }
}

impl EgressSettings {
    /// How long to rest after the `streak`-th failure in a row; `None` while it is too early for a rest.
    /// `jitter`, 0 to 1, lengthens it by up to a tenth.
    #[must_use]
    pub fn rest(&self, streak: u32, jitter: f64) -> Option<Duration> {
        let over = streak.checked_sub(self.failures.max(1))?;
        let factor = 2_u32.saturating_pow(over).min(MOST);
        let length = self.cool_down.saturating_mul(factor);
        Some(length.saturating_add(length.mul_f64(0.1 * jitter.clamp(0.0, 1.0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_begins_with_the_last_failure_allowed_and_doubles() {
        let settings = EgressSettings::default();
        let seconds = |streak| settings.rest(streak, 0.0).map(|rest| rest.as_secs());
        let rests: Vec<_> = (1..10).map(seconds).collect();
        let some = |list: [u64; 7]| list.map(Some);
        assert_eq!(rests[..2], [None, None]);
        assert_eq!(rests[2..], some([30, 60, 120, 240, 480, 480, 480]));
        assert_eq!(settings.rest(3, 1.0), Some(Duration::from_secs(33)));
    }
}
