//! How often which size was met, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::metrics::Spread;

/// Bounds of one kind of histogram, in units of what is observed, and what of them is one of the unit that is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<const N: usize> {
    pub(super) upper: [u64; N],
    pub(super) one: f64,
}

/// A histogram of at most `N` bounds and what is above all.
#[derive(Debug)]
pub(super) struct Histogram<const N: usize> {
    bounds: &'static Bounds<N>,
    met: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    pub(super) fn new(bounds: &'static Bounds<N>) -> Self {
        Self {
            bounds,
            met: std::array::from_fn(|_| AtomicU64::new(0)),
            above: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts one.
    pub(super) fn observe(&self, size: u64) {
        let place = self.bounds.upper.partition_point(|bound| *bound < size);
        // Relaxed, both: each number is right for itself. Who reads them meanwhile may see one request in the one
        // and not yet in the other.
        self.met
            .get(place)
            .unwrap_or(&self.above)
            .fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    /// How many were counted, and their sum.
    pub(super) fn count_and_sum(&self) -> (u64, u64) {
        // Relaxed: see above.
        let met = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (
            self.met.iter().chain([&self.above]).map(met).sum(),
            met(&self.sum),
        )
    }

    /// What was counted so far.
    pub(super) fn read(&self) -> Spread {
        // Relaxed: see above.
        let met = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let bounds = self.bounds.upper.iter();
        let each = bounds.map(|bound| *bound as f64 / self.bounds.one);
        let mut buckets: Vec<_> = each.zip(self.met.iter().map(met)).collect();
        buckets.push((f64::INFINITY, met(&self.above)));
        Spread {
            sum: met(&self.sum) as f64 / self.bounds.one,
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_counts_what_is_no_larger() {
        static BOUNDS: Bounds<2> = Bounds {
            upper: [100, 1_000],
            one: 1_000.0,
        };
        let histogram = Histogram::new(&BOUNDS);
        for size in [0, 100, 101, 1_000, 1_001, 5_000] {
            histogram.observe(size);
        }
        let Spread { sum, buckets } = histogram.read();
        assert_eq!(buckets, [(0.1, 2), (1.0, 2), (f64::INFINITY, 2)]);
        assert!((sum - 7.202).abs() < 1e-9, "{sum}");
    }
}
