//! How long something rests. Pure: chance is an argument.

use std::time::Duration;

use super::CoolDown;

/// Lengths of the cool-down classes. The first failure rests for the base, each further one in a row
/// (where `doubling`) for twice as long, up to `max_factor` times the base and never longer than `max`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoolDownSettings {
    /// Base after a conflict (409).
    pub conflict: Duration,
    /// Base after too many requests (429) without a `Retry-After`.
    pub rate_limited: Duration,
    /// Base after a server error (5xx).
    pub server_error: Duration,
    /// Base after a lack of credit (402).
    pub payment: Duration,
    /// Base after a failed connection.
    pub connect: Duration,
    /// Rest of a pool key after each success; never lengthened. Zero: it may serve again at once.
    pub after_success: Duration,
    /// Whether each further failure in a row doubles the rest.
    pub doubling: bool,
    /// Largest multiple of a base.
    pub max_factor: u32,
    /// Longest cool-down that is computed; also the length for a refused credential.
    pub max: Duration,
    /// Longest wait that an upstream may ask for with `Retry-After`.
    pub max_retry_after: Duration,
}

impl Default for CoolDownSettings {
    fn default() -> Self {
        Self {
            conflict: Duration::from_secs(3),
            rate_limited: Duration::from_secs(8),
            server_error: Duration::from_secs(15),
            payment: Duration::from_secs(60),
            connect: Duration::from_secs(3),
            after_success: Duration::ZERO,
            doubling: true,
            max_factor: 16,
            max: Duration::from_secs(300),
            max_retry_after: Duration::from_secs(3600),
        }
    }
}

impl CoolDownSettings {
    /// How long to rest after the `streak`-th failure in a row (1 is the first).
    ///
    /// `retry_after` is what the upstream asked for and wins over the computed length. `jitter`, 0 to
    /// 1, lengthens the rest by up to a tenth, so that what fell together does not rise together.
    #[must_use]
    pub fn cool_down(
        &self,
        class: CoolDown,
        streak: u32,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Duration {
        let base = match class {
            CoolDown::None => return Duration::ZERO,
            CoolDown::Conflict => self.conflict,
            CoolDown::RateLimited => self.rate_limited,
            CoolDown::ServerError => self.server_error,
            CoolDown::Payment => self.payment,
            CoolDown::Connect => self.connect,
            CoolDown::Credential => self.max,
        };
        let (length, most) = match retry_after {
            Some(asked) => (asked, self.max_retry_after),
            None => (base.saturating_mul(self.factor(streak)), self.max),
        };
        lengthened(length.min(most), jitter).min(most)
    }

    fn factor(&self, streak: u32) -> u32 {
        if !self.doubling {
            return 1;
        }
        2_u32
            .saturating_pow(streak.saturating_sub(1))
            .min(self.max_factor)
            .max(1)
    }
}

fn lengthened(length: Duration, jitter: f64) -> Duration {
    // NaN clamps to NaN, and the conversion turns that into no addition.
    let tenth = Duration::try_from_secs_f64(length.as_secs_f64() * 0.1 * jitter.clamp(0.0, 1.0));
    length.saturating_add(tenth.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(class: CoolDown, streak: u32) -> u64 {
        CoolDownSettings::default()
            .cool_down(class, streak, None, 0.0)
            .as_secs()
    }

    #[test]
    fn each_further_failure_doubles_up_to_the_factor_and_the_maximum() {
        let rests: Vec<u64> = (0..8)
            .map(|streak| seconds(CoolDown::RateLimited, streak))
            .collect();
        assert_eq!(rests, [8, 8, 16, 32, 64, 128, 128, 128]);
        assert_eq!(seconds(CoolDown::Payment, 9), 300);
        assert_eq!(seconds(CoolDown::ServerError, u32::MAX), 240);
        assert_eq!(seconds(CoolDown::Credential, 1), 300);
    }

    #[test]
    fn without_doubling_every_rest_is_the_base() {
        let settings = CoolDownSettings {
            doubling: false,
            ..CoolDownSettings::default()
        };
        let rest = |streak| settings.cool_down(CoolDown::RateLimited, streak, None, 0.0);
        assert_eq!((rest(1).as_secs(), rest(9).as_secs()), (8, 8));
    }

    #[test]
    fn no_class_rests_for_nothing_even_if_asked() {
        let asked = Some(Duration::from_secs(9));
        assert_eq!(
            CoolDownSettings::default().cool_down(CoolDown::None, 5, asked, 1.0),
            Duration::ZERO
        );
    }

    #[test]
    fn what_the_upstream_asks_for_wins_within_bounds() {
        let settings = CoolDownSettings::default();
        let rest =
            |asked| settings.cool_down(CoolDown::RateLimited, 7, Some(Duration::from_secs(asked)), 0.0);
        assert_eq!(rest(2).as_secs(), 2);
        assert_eq!(rest(1_000_000).as_secs(), 3600);
    }

    #[test]
    fn jitter_only_lengthens_and_by_a_tenth_at_most() {
        let settings = CoolDownSettings::default();
        for jitter in [0.0, 0.3, 1.0, 7.0, -1.0, f64::NAN] {
            let rest = settings.cool_down(CoolDown::Conflict, 1, None, jitter);
            assert!((3.0..=3.3001).contains(&rest.as_secs_f64()), "{jitter} {rest:?}");
        }
    }
}
