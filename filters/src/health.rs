//! Whether a node is well, as its checks say: what is asked, what an answer means, and when a node is let
//! back in. Pure: times and chance are arguments.
//!
//! Invariant: a node changes its state only after as many equal results in a row as the settings say, and
//! one that comes back gets its share of the traffic little by little.

mod settings;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use settings::{HealthSettings, StatusRange};

use crate::time::Moment;

/// The least share of its traffic that a node gets which has just come back.
const FLOOR: f32 = 0.1;

/// How a node fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Never checked; it serves.
    #[default]
    Unknown,
    /// Its checks succeed.
    Healthy,
    /// Its checks fail: it serves only where too few others do.
    Unhealthy,
    /// Well again, and let back in little by little.
    Recovering,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ailment {
    /// No address: the name was not found, or none of its addresses may be connected to.
    #[error("no address to connect to")]
    NoAddress,
    /// No outbound proxy opened a way there: that says nothing about the node.
    #[error("no outbound proxy opened a way")]
    Egress,
    /// No connection was made: refused or unreachable.
    #[error("no connection")]
    NoConnection,
    /// The other side is there, and TLS with it failed.
    #[error(
        "TLS failed: the certificate is not one that is trusted for this host, or TLS is not spoken there"
    )]
    Tls,
    /// Not in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke, or what came was no HTTP.
    #[error("the answer broke off")]
    Broke,
    /// Another status than expected.
    #[error("status {0} is not an expected one")]
    Status(u16),
    /// The body does not contain what is expected.
    #[error("the body does not contain the expected text")]
    Body,
}

/// A check that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was wrong, if something was.
    pub result: Result<(), Ailment>,
    /// The answer's status, where one came.
    pub status: Option<u16>,
    /// From the way out to the answer's head, or for a check without a path to the connection.
    pub took: Duration,
}

/// A node's health, and what it was told from.
#[derive(Clone, Debug, Default)]
pub struct Health {
    condition: Condition,
    /// Since when it is in this condition.
    since: Moment,
    /// Equal results in a row, and which.
    streak: u32,
    well: bool,
    last: Option<(Checked, Moment)>,
}

impl Health {
    /// Takes over what a check showed. `true` when the node's condition has changed.
    pub fn observe(&mut self, checked: Checked, settings: &HealthSettings, now: Moment) -> bool {
        self.last = Some((checked, now));
        if checked.result == Err(Ailment::Egress) {
            return false;
        }
        let well = checked.result.is_ok();
        let same = self.streak > 0 && self.well == well;
        self.streak = if same { self.streak.saturating_add(1) } else { 1 };
        self.well = well;
        let next = match (self.condition, well) {
            // The first word on a node is taken at once: it is all that is known.
            (Condition::Unknown, true) => Condition::Healthy,
            (Condition::Unknown | Condition::Healthy | Condition::Recovering, false)
                if self.streak >= settings.unhealthy_after =>
            {
                Condition::Unhealthy
            }
            (Condition::Unhealthy, true) if self.streak >= settings.healthy_after => {
                if settings.slow_start.is_zero() {
                    Condition::Healthy
                } else {
                    Condition::Recovering
                }
            }
            (same, _) => same,
        };
        self.enter(next, now)
    }

    /// Lets time pass. `true` when the node's condition has changed.
    pub fn tick(&mut self, settings: &HealthSettings, now: Moment) -> bool {
        let over = self.condition == Condition::Recovering && now >= self.since + settings.slow_start;
        over && self.enter(Condition::Healthy, now)
    }

    fn enter(&mut self, next: Condition, now: Moment) -> bool {
        let changed = next != self.condition;
        if changed {
            (self.condition, self.since) = (next, now);
        }
        changed
    }

    /// How the node fares.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Since when it fares like this.
    #[must_use]
    pub fn since(&self) -> Moment {
        self.since
    }

    /// The last check, and when it ended.
    #[must_use]
    pub fn last(&self) -> Option<(Checked, Moment)> {
        self.last
    }

    /// The part of its usual share that the node gets now, in `FLOOR..=1.0`: in a straight line from the
    /// floor to all of it.
    #[must_use]
    pub fn share(&self, settings: &HealthSettings, now: Moment) -> f32 {
        match self.condition {
            Condition::Recovering if !settings.slow_start.is_zero() => {
                let passed = now.since(self.since).as_secs_f32() / settings.slow_start.as_secs_f32();
                FLOOR + (1.0 - FLOOR) * passed.clamp(0.0, 1.0)
            }
            Condition::Recovering | Condition::Unknown | Condition::Healthy | Condition::Unhealthy => 1.0,
        }
    }
}

/// Whether so few are well that the checks are not to be believed, and all are used.
#[must_use]
pub fn panics(well: usize, all: usize, settings: &HealthSettings) -> bool {
    well * 100 < all * usize::from(settings.panic_threshold)
}

/// When a node is checked next: the interval, moved by up to `spread` percent either way. `chance` is in
/// `0.0..1.0`.
#[must_use]
pub fn next_check(settings: &HealthSettings, now: Moment, chance: f64) -> Moment {
    let spread = f64::from(settings.spread.min(100)) / 100.0;
    now + settings.interval.mul_f64(1.0 + spread * (2.0 * chance - 1.0))
}

/// Of its first interval a new node waits any part, so that many do not ask at once.
#[must_use]
pub fn first_check(settings: &HealthSettings, now: Moment, chance: f64) -> Moment {
    let spread = f64::from(settings.spread.min(100)) / 100.0;
    now + settings.interval.mul_f64(spread * chance)
}

#[cfg(test)]
mod tests;
