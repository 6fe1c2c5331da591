//! How soon answers begin and how long generations take, learned from what was seen.

use std::time::Duration;

/// Time to the first byte of an answer as a peak-sensitive moving average: a slow answer counts at
/// once, quick ones pull it down by an eighth each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latency(u32);

impl Latency {
    pub(super) fn observe(&mut self, span: Duration) {
        let seen = millis(span);
        self.0 = if seen >= self.0 {
            seen
        } else {
            self.0 - (self.0 - seen) / 8
        };
    }

    /// Lower is better. What was never seen is tried first.
    pub(super) fn score(self, in_flight: u32) -> u64 {
        u64::from(self.0) * (u64::from(in_flight) + 1)
    }
}

/// Classes of cost: 0 costs nothing, each further one is up to twice as dear.
const CLASSES: usize = 8;

/// How long requests hold a key on average, by class of cost; 0 where none was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holds([u32; CLASSES]);

/// The class of a request that costs so many Anlas where nothing is free. Cost follows pixels times
/// steps times samples, and so does time.
pub(super) fn class(anlas: u32) -> usize {
    ((u32::BITS - anlas.leading_zeros()) as usize).min(CLASSES - 1)
}

impl Holds {
    pub(super) fn observe(&mut self, class: usize, span: Duration) {
        if let Some(mean) = self.0.get_mut(class) {
            let seen = millis(span).max(1);
            *mean = if *mean == 0 {
                seen
            } else {
                mean.saturating_mul(3) / 4 + seen / 4
            };
        }
    }

    pub(super) fn expected(&self, class: usize) -> Option<Duration> {
        let mean = self.0.get(class).copied().filter(|mean| *mean > 0)?;
        Some(Duration::from_millis(u64::from(mean)))
    }
}

/// How long one key takes for what takes all of them so long on average, in thousandths; 0 where nothing
/// was seen. A few bytes a key, and what was learned of one class of cost holds for all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tempo(u16);

impl Tempo {
    pub(super) fn observe(&mut self, held: Duration, expected: Duration) {
        let seen = u64::from(millis(held).max(1)) * 1_000 / u64::from(millis(expected).max(1));
        let seen = u16::try_from(seen).unwrap_or(u16::MAX).max(1);
        self.0 = if self.0 == 0 {
            seen
        } else {
            self.0 / 4 * 3 + seen / 4
        };
    }

    pub(super) fn of(self, expected: Duration) -> Duration {
        if self.0 == 0 {
            expected
        } else {
            expected.saturating_mul(u32::from(self.0)) / 1_000
        }
    }
}

fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_counts_at_once_and_is_forgotten_slowly() {
        let mut latency = Latency::default();
        latency.observe(Duration::from_millis(800));
        assert_eq!(latency.score(0), 800);
        latency.observe(Duration::from_millis(0));
        assert_eq!((latency.score(0), latency.score(1)), (700, 1_400));
    }

    #[test]
    fn what_costs_alike_is_expected_to_take_alike() {
        let mut holds = Holds::default();
        assert_eq!(holds.expected(class(20)), None);
        holds.observe(class(17), Duration::from_secs(8));
        holds.observe(class(20), Duration::from_secs(4));
        assert_eq!(holds.expected(class(31)), Some(Duration::from_secs(7)));
        assert_eq!(holds.expected(class(0)), None);
    }

    #[test]
    fn a_key_that_took_twice_as_long_as_others_is_expected_to_do_so_again() {
        let mut tempo = Tempo::default();
        let span = Duration::from_secs;
        assert_eq!(tempo.of(span(8)), span(8));
        tempo.observe(span(10), span(5));
        assert_eq!(tempo.of(span(20)), span(40));
    }
}
