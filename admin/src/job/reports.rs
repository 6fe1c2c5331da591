//! How soon an edge's report about a pool key is looked into. Plain values: times are arguments.
//!
//! Invariant: however many reports come in, a key is probed for them at most once per [`REPORT_GAP`], and never
//! before [`REPORT_WAIT`], in which the reports of one storm gather.

use std::collections::HashMap;

use potluck_filters::id::PoolKeyId;
use potluck_filters::probe::{REPORT_GAP, REPORT_WAIT, spread};

use super::outcome::ms;

/// The keys that were reported. All times are Unix time in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Reports {
    due: HashMap<PoolKeyId, i64>,
    visited: HashMap<PoolKeyId, i64>,
}

impl Reports {
    /// Takes a report; one that waits already is not put off.
    pub(super) fn note(&mut self, key: PoolKeyId, now: i64, chance: f64) {
        let soon = now.saturating_add(ms(spread(REPORT_WAIT, chance)));
        let again = self
            .visited
            .get(&key)
            .map_or(soon, |last| last.saturating_add(ms(REPORT_GAP)));
        self.due.entry(key).or_insert(soon.max(again));
    }

    /// The key that has been due longest, taken out.
    pub(super) fn take(&mut self, now: i64) -> Option<PoolKeyId> {
        let (key, at) = self.due.iter().min_by_key(|(_, at)| **at)?;
        let (key, is_due) = (*key, *at <= now);
        is_due.then(|| self.due.remove(&key)).map(|_| key)
    }

    /// Puts a key back that could not be visited yet.
    pub(super) fn put_back(&mut self, key: PoolKeyId, at: i64) {
        self.due.entry(key).or_insert(at);
    }

    /// When the next key is due.
    pub(super) fn next(&self) -> Option<i64> {
        self.due.values().min().copied()
    }

    /// Takes note of a visit, for whatever reason it was made.
    pub(super) fn visited(&mut self, key: PoolKeyId, now: i64) {
        let gap = ms(REPORT_GAP);
        self.visited.retain(|_, last| last.saturating_add(gap) > now);
        self.visited.insert(key, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PoolKeyId = PoolKeyId(7);
    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn a_storm_of_reports_is_one_visit() {
        let mut reports = Reports::default();
        for n in 0..100 {
            reports.note(KEY, NOW + n, 0.5);
        }
        assert_eq!(reports.next(), Some(NOW + 2000));
        assert_eq!(reports.take(NOW + 1999), None);
        assert_eq!(reports.take(NOW + 2000), Some(KEY));
        assert_eq!((reports.take(NOW + 2000), reports.next()), (None, None));
    }

    #[test]
    fn after_a_visit_the_next_waits_for_the_gap() {
        let mut reports = Reports::default();
        reports.visited(KEY, NOW);
        reports.note(KEY, NOW + 100, 0.0);
        assert_eq!(reports.next(), Some(NOW + 30_000));
        reports.take(NOW + 30_000);
        reports.note(KEY, NOW + 60_000, 0.0);
        assert_eq!(
            reports.next(),
            Some(NOW + 61_000),
            "an old visit puts nothing off"
        );
    }

    #[test]
    fn who_has_waited_longest_comes_first() {
        let mut reports = Reports::default();
        reports.note(PoolKeyId(1), NOW, 1.0);
        reports.note(PoolKeyId(2), NOW, 0.0);
        assert_eq!(reports.take(NOW + 9000), Some(PoolKeyId(2)));
        reports.put_back(PoolKeyId(2), NOW + 2000);
        assert_eq!(reports.take(NOW + 9000), Some(PoolKeyId(2)));
        assert_eq!(reports.take(NOW + 9000), Some(PoolKeyId(1)));
    }
}
