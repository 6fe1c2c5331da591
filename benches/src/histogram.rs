//! Latencies in logarithmic buckets: constant memory, relative error below 0.8 %.

use std::time::Duration;

/// Each power of two of nanoseconds is cut into 2^7 buckets.
const SUB_BITS: u32 = 7;
const SUB_BUCKETS: u64 = 1 << SUB_BITS;
const BUCKETS: usize = (64 - SUB_BITS as usize + 1) << SUB_BITS;

/// Counts of latencies, with the exact maximum beside them.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
            longest: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one latency.
    pub fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
        }
        self.total += 1;
        self.longest = self.longest.max(latency);
    }

    /// Adds all that another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// How many latencies were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The longest latency, exactly.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The latency that the share `quantile` (0 to 1) of all stays at or below; zero when empty.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among fewer than 2^52 requests"
    )]
    pub fn quantile(&self, quantile: f64) -> Duration {
        let rank = ((self.total as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(middle(index)).min(self.longest);
            }
        }
        self.longest
    }
}

fn bucket(nanos: u64) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(SUB_BITS + 1);
    let offset = if nanos < SUB_BUCKETS {
        0
    } else {
        u64::from(shift + 1) << SUB_BITS
    };
    usize::try_from(offset + ((nanos >> shift) & (SUB_BUCKETS - 1))).unwrap_or(BUCKETS - 1)
}

fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let (power, sub) = (bucket >> SUB_BITS, bucket & (SUB_BUCKETS - 1));
    match power.checked_sub(1) {
        None => sub,
        Some(shift) => ((SUB_BUCKETS + sub) << shift) + ((1 << shift) >> 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_within_a_hundredth_of_what_it_holds() {
        for nanos in (0..63).flat_map(|power| [1_u64 << power, (1 << power) + (1 << power) / 3]) {
            let error = middle(bucket(nanos)).abs_diff(nanos) as f64 / nanos as f64;
            assert!(error < 0.008, "{nanos} became {}", middle(bucket(nanos)));
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_read_from_merged_counts() {
        let (mut odd, mut even) = (Histogram::default(), Histogram::default());
        for micros in 1..=1000 {
            let into = if micros % 2 == 1 { &mut odd } else { &mut even };
            into.record(Duration::from_micros(micros));
        }
        odd.merge(&even);
        assert_eq!((odd.total(), odd.longest()), (1000, Duration::from_millis(1)));
        for (quantile, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let micros = odd.quantile(quantile).as_secs_f64() * 1e6;
            assert!(
                (micros - expected).abs() / expected < 0.008,
                "{quantile}: {micros}"
            );
        }
    }

    #[test]
    fn an_empty_histogram_says_zero() {
        assert_eq!(Histogram::default().quantile(0.99), Duration::ZERO);
    }
}
