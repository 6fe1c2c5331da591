//! What came of a simulation.

use serde_json::{Value, json};

use crate::load::Scenario;
use crate::run::Frame;

/// What is counted on the way. Waits are in milliseconds.
#[derive(Debug)]
pub(crate) struct Tally {
    asked_by: Vec<u64>,
    served_of: Vec<u64>,
    waits: Vec<u64>,
    busy_ms: u64,
    asked: u64,
    refused: u64,
    left: u64,
}

impl Tally {
    pub(crate) fn new(users: usize) -> Self {
        let (asked_by, served_of) = (vec![0; users], vec![0; users]);
        Self {
            asked_by,
            served_of,
            waits: Vec::new(),
            busy_ms: 0,
            asked: 0,
            refused: 0,
            left: 0,
        }
    }

    pub(crate) fn asked(&mut self, user: usize, counts: bool) {
        self.asked += u64::from(counts);
        if let Some(asked) = self.asked_by.get_mut(user) {
            *asked += u64::from(counts);
        }
    }

    pub(crate) fn served(&mut self, user: usize, waited: u64, counts: bool) {
        if !counts {
            return;
        }
        self.waits.push(waited);
        if let Some(served) = self.served_of.get_mut(user) {
            *served += 1;
        }
    }

    pub(crate) fn busy(&mut self, ms: u64) {
        self.busy_ms += ms;
    }

    pub(crate) fn refused(&mut self, counts: bool) {
        self.refused += u64::from(counts);
    }

    pub(crate) fn left(&mut self, counts: bool) {
        self.left += u64::from(counts);
    }

    pub(crate) fn outcome(mut self, frame: &Frame, scenario: &Scenario) -> Outcome {
        self.waits.sort_unstable();
        let at = |part: f64| {
            self.waits
                .get((self.waits.len() as f64 * part) as usize)
                .copied()
                .unwrap_or(0)
        };
        let span = (frame.end_ms - frame.warm_up_ms) as f64 * frame.accounts as f64;
        Outcome {
            utilisation: self.busy_ms as f64 / span,
            jain: jain(&self.got(scenario)),
            wait_p50: at(0.5),
            wait_p99: at(0.99),
            asked: self.asked,
            served: self.waits.len() as u64,
            refused: self.refused,
            left: self.left,
        }
    }

    /// What each user got: where all are backlogged, requests over weight; elsewhere, the part of its
    /// requests that was served.
    fn got(&self, scenario: &Scenario) -> Vec<f64> {
        let users = self.served_of.iter().zip(&self.asked_by).enumerate();
        let of = |(user, (served, asked)): (usize, (&u64, &u64))| {
            let entitled = if scenario.is_backlogged() {
                f64::from(scenario.weight(user))
            } else {
                *asked as f64
            };
            (entitled > 0.0).then(|| {
                (*served as f64 / entitled).min(if scenario.is_backlogged() { f64::MAX } else { 1.0 })
            })
        };
        users.filter_map(of).collect()
    }
}

/// Jain's fairness index: 1 where all got the same, 1/n where one of n got all.
fn jain(got: &[f64]) -> f64 {
    let (sum, squares) = got
        .iter()
        .fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    if squares == 0.0 {
        1.0
    } else {
        sum * sum / (got.len() as f64 * squares)
    }
}

/// What came of a simulation, after its warm-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The part of the time in which accounts were at work.
    pub(crate) utilisation: f64,
    pub(crate) jain: f64,
    /// Of requests that were served.
    pub(crate) wait_p50: u64,
    pub(crate) wait_p99: u64,
    pub(crate) asked: u64,
    pub(crate) served: u64,
    /// Sent away at once, or to make room.
    pub(crate) refused: u64,
    /// Waited in vain.
    pub(crate) left: u64,
}

impl Outcome {
    pub(crate) fn json(&self) -> Value {
        json!({
            "utilisation": self.utilisation, "jain": self.jain,
            "wait_ms": { "p50": self.wait_p50, "p99": self.wait_p99 },
            "asked": self.asked, "served": self.served, "refused": self.refused, "left": self.left,
        })
    }

    /// The part of all requests that came to nothing.
    pub(crate) fn lost(&self) -> f64 {
        if self.asked == 0 {
            0.0
        } else {
            (self.refused + self.left) as f64 / self.asked as f64
        }
    }
}
