//! How soon a node's answers begin.

use std::time::Duration;

use crate::time::Moment;

/// What was seen counts half as much after so many milliseconds: a node that was slow once is tried again
/// though nobody has asked it meanwhile.
const HALF_LIFE_MS: u64 = 10_000;

/// Time to the first byte as a peak-sensitive moving average: a slow answer counts at once, quick ones pull
/// it down by an eighth each, and time by half every ten seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse(Option<(u32, Moment)>);

impl Pulse {
    pub(super) fn observe(&mut self, span: Duration, now: Moment) {
        let seen = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let mean = match self.ms(now) {
            Some(mean) if seen < mean => mean - (mean - seen) / 8,
            Some(_) | None => seen,
        };
        self.0 = Some((mean, now));
    }

    /// Milliseconds; `None` before the first answer.
    pub(super) fn ms(self, now: Moment) -> Option<u32> {
        let (mean, at) = self.0?;
        let halves = now.since(at).as_millis() as u64 / HALF_LIFE_MS;
        Some(
            mean.checked_shr(u32::try_from(halves).unwrap_or(u32::MAX))
                .unwrap_or(0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_counts_at_once_and_is_forgotten_by_quick_ones_and_by_time() {
        let (mut pulse, at) = (Pulse::default(), Moment::from_millis);
        assert_eq!(pulse.ms(at(0)), None);
        pulse.observe(Duration::from_millis(10), at(0));
        pulse.observe(Duration::from_millis(800), at(0));
        assert_eq!(pulse.ms(at(9_999)), Some(800));
        assert_eq!(
            (pulse.ms(at(10_000)), pulse.ms(at(20_000))),
            (Some(400), Some(200))
        );
        pulse.observe(Duration::from_millis(0), at(9_000));
        assert_eq!(pulse.ms(at(9_000)), Some(700));
        assert_eq!(pulse.ms(at(u64::MAX)), Some(0));
    }
}
