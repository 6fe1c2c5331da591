//! Which findings are new, which go on, and which are over.
//!
//! Invariant: a trouble that goes away for less than [`HOLD_MS`] is one finding, and nobody is told of it twice.

use std::collections::HashMap;

use super::{Finding, Severity};

/// A finding that was not seen for so long, in milliseconds, is over.
pub const HOLD_MS: i64 = 60_000;
/// A finding whose figures change is written down again after so long, in milliseconds.
const REFRESH_MS: i64 = 30_000;

/// A finding that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// How bad it is, as it is written down.
    pub severity: Severity,
    /// What it says, as it is written down.
    pub cause: String,
    /// When it was written down, in Unix milliseconds.
    pub written: i64,
    /// When it was seen last, in Unix milliseconds.
    pub seen: i64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It is new.
    Open(Finding),
    /// It goes on, and has changed. Whether it has become worse.
    Update(i64, Finding, bool),
    /// It is over.
    Resolve(i64),
}

/// Compares what was found with what is open, by names. Those that are over are taken out; what was seen is noted.
pub fn settle(open: &mut HashMap<String, Known>, found: Vec<Finding>, now: i64) -> Vec<Step> {
    let mut steps = Vec::new();
    for finding in found {
        let Some(known) = open.get_mut(&finding.name().to_string()) else {
            steps.push(Step::Open(finding));
            continue;
        };
        known.seen = now;
        let changed = finding.cause != known.cause && now - known.written >= REFRESH_MS;
        if changed || finding.severity != known.severity {
            let worse = finding.severity > known.severity;
            (known.severity, known.written) = (finding.severity, now);
            known.cause.clone_from(&finding.cause);
            steps.push(Step::Update(known.id, finding, worse));
        }
    }
    open.retain(|_, known| {
        let over = now - known.seen >= HOLD_MS;
        if over {
            steps.push(Step::Resolve(known.id));
        }
        !over
    });
    steps
}
