//! How many rows a step of forgetting takes, by how long those before it took.
//!
//! A row costs what the disk and its indexes make it cost, which nobody knows beforehand. Invariant: from one step to
//! the next it is at most doubled, so that rows that become dearer are noticed while they are few.

use std::time::Duration;

/// What a step should take: well below the 50 ms that are the most, so that one that takes three times as long still is.
const AIM: Duration = Duration::from_millis(15);
const FIRST: u64 = 100;
const LEAST: u64 = 10;
const MOST: u64 = 10_000;

/// Rows of the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace(u64);

impl Default for Pace {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Pace {
    /// How many rows the next step takes, at most.
    pub(super) const fn rows(self) -> u64 {
        self.0
    }

    /// So many rows took so long.
    pub(super) fn took(&mut self, rows: u64, long: Duration) {
        let us = long.as_micros().max(1);
        let fitting = u128::from(rows) * AIM.as_micros() / us;
        let fitting = u64::try_from(fitting).unwrap_or(MOST);
        self.0 = fitting.min(self.0.saturating_mul(2)).clamp(LEAST, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pace after steps of which each row took so many microseconds.
    fn after(steps: &[u64]) -> u64 {
        let mut pace = Pace::default();
        for us in steps {
            let rows = pace.rows();
            pace.took(rows, Duration::from_micros(rows * us));
        }
        pace.rows()
    }

    #[test]
    fn rows_are_as_many_as_the_time_allows() {
        assert_eq!(after(&[]), 100);
        assert_eq!(after(&[25]), 200);
        assert_eq!(after(&[25; 9]), 600);
        assert_eq!(after(&[1000; 9]), 15);
    }

    #[test]
    fn dearer_rows_are_fewer_at_once_and_cheaper_ones_more_step_by_step() {
        assert_eq!(after(&[25, 25, 25, 25, 300]), 50);
        assert_eq!(after(&[300, 300, 25]), 100);
    }

    #[test]
    fn there_is_always_a_step_and_never_one_without_bound() {
        assert_eq!(after(&[1_000_000; 3]), 10);
        assert_eq!(after(&[0; 30]), 10_000);
    }
}
