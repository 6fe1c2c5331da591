//! What a node is doing, for `status` and for whoever asks about nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::{Checked, Condition};
use crate::model::Role;
use crate::time::Moment;

/// What a node is doing. Spans of time are in milliseconds and end now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeReport {
    /// Its name.
    pub node: String,
    /// Where it is.
    pub url: String,
    /// Whom it serves.
    pub role: Role,
    /// Whether it gets new requests.
    pub state: NodeState,
    /// Whether it is the one that `active-first` prefers.
    pub preferred: bool,
    /// What its checks say.
    pub health: Condition,
    /// How long it has been in that condition; `None` before the first check.
    pub health_for_ms: Option<u64>,
    /// The last check.
    pub last_check: Option<CheckReport>,
    /// Requests in flight.
    pub in_flight: u32,
    /// Whether it is held back after a failure.
    pub cooling: bool,
    /// How soon its answers begin, as a peak-sensitive average; `None` before the first.
    pub latency_ms: Option<u64>,
}

/// Whether a node gets new requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// It does.
    Active,
    /// It does not, by an operator's word.
    Draining,
    /// It is no longer one of the upstream's; its last requests are coming to their ends.
    Removed,
}

/// What a check showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// Whether all was as expected.
    pub ok: bool,
    /// The answer's status, where one came.
    pub status: Option<u16>,
    /// What was wrong, in words.
    pub error: Option<String>,
    /// How long it took.
    pub latency_ms: u64,
    /// How long ago it ended.
    pub ago_ms: u64,
}

impl CheckReport {
    /// A check that ended at `ended`.
    #[must_use]
    pub fn new(checked: &Checked, ended: Moment, now: Moment) -> Self {
        let millis = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            ok: checked.result.is_ok(),
            status: checked.status,
            error: checked.result.err().map(|ailment| ailment.to_string()),
            latency_ms: millis(checked.took),
            ago_ms: millis(now.since(ended)),
        }
    }
}
