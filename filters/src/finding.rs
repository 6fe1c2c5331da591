//! What is wrong, who is to blame, and what can be done: from what was seen of late. Pure.
//!
//! [`look()`] makes findings of a [`Scene`]; [`settle()`] says which of them are new and which are over.
//!
//! Invariants: no pool key is blamed without proof: many that fail alike are a finding about their upstream or the way
//! out, and a key's own finding is one that a probe has confirmed; the same trouble of the same thing has the same name.

mod alike;
mod look;
mod scene;
mod settle;
mod supply;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use look::look;
pub use scene::{
    FailedAttempt, FailedJob, InvalidKey, NodeScene, ProxyScene, QueueScene, Rates, Scene, SnapshotScene,
    SpoolScene, UpstreamScene,
};
pub use settle::{HOLD_MS, Known, Step, settle};

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Many pool keys of an upstream fail in the same way at the same time.
    KeysFailAlike,
    /// No pool key of an upstream can serve, or few can.
    PoolDrained,
    /// A pool key is not accepted, as a probe has found.
    KeyInvalid,
    /// All nodes of an upstream fail their checks.
    UpstreamDown,
    /// A node fails its checks.
    NodeDown,
    /// An outbound proxy opens no ways.
    ProxyDown,
    /// Requests are turned away because the wait would be too long.
    QueueRefuses,
    /// An edge serves from an older state than the one that is stored.
    SnapshotStale,
    /// What was used piles up and is not written into the books.
    SpoolFilling,
    /// Many requests of an upstream fail.
    ErrorRate,
    /// A job ended by a fault.
    JobFailed,
}

impl Kind {
    /// Each of them.
    pub const ALL: [Self; 11] = [
        Self::KeysFailAlike,
        Self::PoolDrained,
        Self::KeyInvalid,
        Self::UpstreamDown,
        Self::NodeDown,
        Self::ProxyDown,
        Self::QueueRefuses,
        Self::SnapshotStale,
        Self::SpoolFilling,
        Self::ErrorRate,
        Self::JobFailed,
    ];

    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeysFailAlike => "keys_fail_alike",
            Self::PoolDrained => "pool_drained",
            Self::KeyInvalid => "key_invalid",
            Self::UpstreamDown => "upstream_down",
            Self::NodeDown => "node_down",
            Self::ProxyDown => "proxy_down",
            Self::QueueRefuses => "queue_refuses",
            Self::SnapshotStale => "snapshot_stale",
            Self::SpoolFilling => "spool_filling",
            Self::ErrorRate => "error_rate",
            Self::JobFailed => "job_failed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look soon.
    Warning,
    /// Requests fail, or something will be lost.
    Critical,
}

impl Severity {
    /// Each of them, the least bad first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// Whose doing it is, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The upstream's.
    Upstream,
    /// The way out's: an outbound proxy, or this machine's address.
    Egress,
    /// The pool's: there are too few keys for what is asked.
    Pool,
    /// A pool key's contributor can mend it.
    Contributor,
    /// The relay's own.
    Relay,
    /// Nobody can say yet.
    Unknown,
}

impl Whose {
    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Egress => "egress",
            Self::Pool => "pool",
            Self::Contributor => "contributor",
            Self::Relay => "relay",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word; one that is not known is nobody's.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        [
            Self::Upstream,
            Self::Egress,
            Self::Pool,
            Self::Contributor,
            Self::Relay,
        ]
        .into_iter()
        .find(|whose| whose.as_str() == text)
        .unwrap_or(Self::Unknown)
    }
}

/// A call of the API that can do no harm that cannot be undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// What it does, in words.
    pub label: String,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The body; `null`: none.
    pub body: Option<Value>,
}

impl Action {
    fn post(label: impl Into<String>, path: impl Into<String>, body: Option<Value>) -> Self {
        Self {
            label: label.into(),
            method: "POST".to_owned(),
            path: path.into(),
            body,
        }
    }

    fn patch(label: impl Into<String>, path: impl Into<String>, body: Value) -> Self {
        Self {
            label: label.into(),
            method: "PATCH".to_owned(),
            path: path.into(),
            body: Some(body),
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What kind of trouble.
    pub kind: Kind,
    /// What it is about: an upstream's name, `upstream/node`, an id.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whose doing it is.
    pub whose: Whose,
    /// Since when, in Unix milliseconds, as far as can be seen.
    pub since: i64,
    /// What is wrong and why, in a sentence or two.
    pub cause: String,
    /// What that was told from.
    pub evidence: Value,
    /// What can be done at once, the best first; at most three.
    pub actions: Vec<Action>,
}

impl Finding {
    /// What the same trouble of the same thing is always called.
    #[must_use]
    pub fn name(&self) -> Name<'_> {
        Name(self)
    }
}

/// A finding's name, for display.
#[derive(Debug)]
pub struct Name<'f>(&'f Finding);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.kind.as_str(), self.0.subject)
    }
}

#[cfg(test)]
mod tests;
