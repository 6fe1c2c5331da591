//! What was used on a pool key since its balance was seen.
//!
//! Invariants: bounded memory; a use that ended after a balance was asked for is never taken to be part of
//! that balance, so between two looks the estimate is rather too low than too high.

use std::collections::VecDeque;

use super::tariff::{Sum, Tariffs};
use crate::meter::Figures;
use crate::model::Credit;

/// Prices of which use is kept apart; beyond, it is not learned from.
const MOST_LINES: usize = 16;
/// Spans of time of which the sum is remembered, each so many milliseconds long; old ones are put together.
const MOST_MARKS: usize = 32;
const LONG: i64 = 100;

/// Uses that ended in one span of time, in Unix time in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Mark {
    first: i64,
    last: i64,
    /// The sum before them.
    before: u64,
}

/// What was used on one key. Amounts are in millionths and only grow.
#[derive(Clone, Debug, Default)]
pub struct Tab {
    total: u64,
    /// How much of it the last balance has.
    seen: u64,
    marks: VecDeque<Mark>,
    /// By price, since the last look.
    lines: Vec<Sum>,
    /// Of what the upstream itself reported since: how many requests, and what they cost.
    reported: (u32, u64),
}

impl Tab {
    /// Puts a request on it that ended now, in Unix time in milliseconds.
    pub fn charge(&mut self, figures: &Figures, tariffs: &mut Tariffs, unix_ms: i64) {
        let used = tariffs.rate(figures);
        self.mark(unix_ms);
        self.total = self.total.saturating_add(used.cost);
        let Some(line) = used.line else {
            let (requests, cost) = self.reported;
            self.reported = (requests.saturating_add(1), cost.saturating_add(used.cost));
            return;
        };
        if let Some(sum) = self.lines.iter_mut().find(|sum| sum.line == line) {
            sum.units += used.units;
            sum.requests = sum.requests.saturating_add(1);
        } else if self.lines.len() < MOST_LINES {
            let (units, requests) = (used.units, 1);
            self.lines.push(Sum {
                line,
                units,
                requests,
            });
        }
    }

    fn mark(&mut self, unix_ms: i64) {
        if let Some(mark) = self.marks.back_mut()
            && (mark.first..mark.first + LONG).contains(&unix_ms)
        {
            mark.last = mark.last.max(unix_ms);
            return;
        }
        if self.marks.len() == MOST_MARKS
            && let Some(second) = self.marks.remove(1)
            && let Some(first) = self.marks.front_mut()
        {
            first.last = first.last.max(second.last);
        }
        self.marks.push_back(Mark {
            first: unix_ms,
            last: unix_ms,
            before: self.total,
        });
    }

    /// A balance was seen in place of an older one: what was used before it was asked for is part of it, and what
    /// became of the older one says what things cost.
    pub fn see(&mut self, older: Option<&Credit>, newer: &Credit, tariffs: &mut Tariffs) {
        while self.marks.front().is_some_and(|mark| mark.last < newer.asked_at) {
            self.marks.pop_front();
        }
        self.seen = self.marks.front().map_or(self.total, |mark| mark.before);
        let lines = std::mem::take(&mut self.lines);
        let reported = std::mem::take(&mut self.reported);
        if let Some(cost) = older.and_then(|older| newer.used_since(older)) {
            tariffs.learn(&lines, cost, reported);
        }
    }

    /// What was used that the balance does not have.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.total.saturating_sub(self.seen)
    }

    /// Whether nothing was used since the last look.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.unseen() == 0 && self.lines.is_empty() && self.reported.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meter::Figure;

    fn paid(cost: u64) -> Figures {
        Figures {
            cost: Figure::Reported(cost),
            ..Figures::default()
        }
    }

    fn credit(balance: u64, asked_at: i64) -> Credit {
        let used = None;
        Credit {
            balance,
            used,
            asked_at,
        }
    }

    #[test]
    fn what_ended_after_the_balance_was_asked_for_still_counts() {
        let (mut tab, mut tariffs) = (Tab::default(), Tariffs::default());
        for (cost, at) in [(10, 1_000), (20, 2_000), (40, 3_000)] {
            tab.charge(&paid(cost), &mut tariffs, at);
        }
        assert_eq!(tab.unseen(), 70);
        tab.see(None, &credit(500, 2_500), &mut tariffs);
        assert_eq!(tab.unseen(), 40);
        tab.see(None, &credit(460, 3_500), &mut tariffs);
        assert_eq!(tab.unseen(), 0);
        assert!(tab.is_clear());
        tab.charge(&paid(5), &mut tariffs, 3_600);
        assert_eq!(tab.unseen(), 5);
    }

    #[test]
    fn looks_teach_what_a_token_costs() {
        let (mut tab, mut tariffs) = (Tab::default(), Tariffs::default());
        let figures = Figures {
            model: Some("gpt".into()),
            completion: Figure::Estimated(100),
            ..Figures::default()
        };
        tab.charge(&figures, &mut tariffs, 1_000);
        assert_eq!(tab.unseen(), 0, "nothing is known of prices yet");
        assert!(!tab.is_clear());
        tab.see(Some(&credit(9_000, 0)), &credit(8_000, 5_000), &mut tariffs);
        tab.charge(&figures, &mut tariffs, 6_000);
        assert_eq!(tab.unseen(), 1_000);
    }

    proptest! {
        /// Whatever the times, only uses that ended before the question may be forgotten, and marks stay few.
        #[test]
        fn the_estimate_never_forgets_what_came_later(
            gaps in prop::collection::vec(0_i64..400, 1..200),
            asked in 0_i64..40_000,
        ) {
            let (mut tab, mut tariffs) = (Tab::default(), Tariffs::default());
            let (mut now, mut later) = (0, 0);
            for gap in gaps {
                now += gap;
                tab.charge(&paid(1), &mut tariffs, now);
                later += u64::from(now >= asked);
            }
            prop_assert!(tab.marks.len() <= MOST_MARKS);
            tab.see(None, &credit(0, asked), &mut tariffs);
            prop_assert!(tab.unseen() >= later);
        }
    }
}
