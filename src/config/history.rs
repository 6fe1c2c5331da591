//! How long it is kept how things fared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::scalar::Period;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// How long it is kept how pool keys, nodes and outbound proxies fared, and what was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// Changes of states, starts, findings that are over, and alerts that were sent go after this time. From 1h to
    /// 400d. The last change of what is still there stays.
    pub keep: Period,
}

impl Default for History {
    fn default() -> Self {
        Self {
            keep: Period::seconds(30 * DAY),
        }
    }
}

impl History {
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        if !(HOUR..=400 * DAY).contains(&self.keep.0.as_secs()) {
            faults.push(Fault::new(
                Path::of("history").key("keep"),
                "must be from 1h to 400d",
            ));
        }
    }
}
