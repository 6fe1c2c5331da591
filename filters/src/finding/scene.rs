//! What findings are made of: what was seen in the last minutes, as values.

use std::collections::BTreeMap;

use crate::history::State;
use crate::id::{OutboundProxyId, PoolKeyId, Revision};
use crate::judge::{Outcome, RuleName};

/// All that is known now.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Now, in Unix milliseconds.
    pub now: i64,
    /// Each upstream.
    pub upstreams: Vec<UpstreamScene>,
    /// Outbound proxies, on the way to each upstream.
    pub proxies: Vec<ProxyScene>,
    /// What waits to be written into the books, where that is known.
    pub spool: Option<SpoolScene>,
    /// What the edge serves from.
    pub snapshot: Option<SnapshotScene>,
    /// Jobs that ended by a fault lately.
    pub jobs: Vec<FailedJob>,
}

/// An upstream.
#[derive(Clone, Debug, Default)]
pub struct UpstreamScene {
    /// Its name.
    pub name: String,
    /// Whether its requests need a pool key.
    pub keyed: bool,
    /// How many pool keys are in which state.
    pub keys: BTreeMap<State, u64>,
    /// Keys that are not accepted any more.
    pub invalid: Vec<InvalidKey>,
    /// Its nodes.
    pub nodes: Vec<NodeScene>,
    /// Its queue.
    pub queue: QueueScene,
    /// Attempts that failed in the last minutes, the oldest first.
    pub failed: Vec<FailedAttempt>,
    /// How many requests there were in the last minutes, where that is known.
    pub rates: Option<Rates>,
}

/// A pool key that was found not to be accepted any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey {
    /// Which one.
    pub key: PoolKeyId,
    /// Since when, in Unix milliseconds.
    pub since: i64,
    /// Why, in a stable word.
    pub reason: Option<String>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeScene {
    /// Its name.
    pub name: String,
    /// How it fares.
    pub state: State,
    /// Since when, in Unix milliseconds.
    pub since: i64,
    /// What its last check met.
    pub error: Option<String>,
}

/// A queue, over the last minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueScene {
    /// Requests that wait now.
    pub waiting: u64,
    /// Requests that were turned away because of the wait.
    pub refused: u64,
    /// Requests that waited and were served.
    pub served: u64,
    /// When that began to be counted, in Unix milliseconds.
    pub since: i64,
}

/// An outbound proxy on the way to an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyScene {
    /// Which one.
    pub proxy: OutboundProxyId,
    /// On the way to which upstream.
    pub upstream: String,
    /// How it fares.
    pub state: State,
    /// Since when, in Unix milliseconds.
    pub since: i64,
    /// Failures in a row.
    pub failures: u32,
}

/// An attempt that failed, by more than its client's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// When, in Unix milliseconds.
    pub at: i64,
    /// The pool key, where there was one.
    pub key: Option<PoolKeyId>,
    /// The outbound proxy, where there was one.
    pub proxy: Option<OutboundProxyId>,
    /// Whom the judge blamed.
    pub outcome: Outcome,
    /// By which rule.
    pub rule: RuleName,
}

/// Requests over the last minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// All that were sent on.
    pub requests: u64,
    /// Those that failed by no fault of the client's.
    pub failed: u64,
    /// Over so many minutes.
    pub minutes: u64,
}

/// What waits to be written into the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolScene {
    /// Bytes that it has.
    pub bytes: u64,
    /// Bytes that it may have.
    pub most: u64,
    /// Lines that were lost since the start; there should be none.
    pub lost: u64,
}

/// What the edge serves from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotScene {
    /// The change that it has.
    pub edge: Revision,
    /// The last change that was stored.
    pub stored: Revision,
    /// Since when they differ, in Unix milliseconds.
    pub since: i64,
}

/// A job that ended by a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedJob {
    /// Its id.
    pub id: i64,
    /// What it was to do, in a stable word.
    pub kind: String,
    /// When it ended, in Unix milliseconds.
    pub at: i64,
}
