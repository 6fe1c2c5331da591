//! One decision for node and pool key, taken as a lease.
//!
//! A [`Pool`] is what an upstream's keys and nodes are doing right now: who has requests in flight,
//! who cools down. It is a pure machine; the shell guards it with one lock, held for well under a
//! microsecond. It outlives every snapshot and is keyed by stable ids.
//!
//! Invariants: a key never has more leases than its concurrency; a key that is cooling or gone is
//! never chosen; every lease is given back exactly once ([`Lease`] can not be copied). Choosing costs
//! a few word look-ups, however many keys there are and however few can serve.

mod keys;
mod lease;
mod nodes;
mod ready;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use keys::Keys;
pub use lease::{Ended, Lease, NoWay, Want};
pub use nodes::NodeReport;
use nodes::Nodes;

use crate::id::PoolKeyId;
use crate::judge::{Outcome, Scope};
use crate::model::{PoolKey, Upstream};
use crate::time::Moment;

/// How the next pool key is chosen among those that can serve now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// One after the other, each key once a turn.
    #[default]
    RoundRobin,
    /// The key with the fewest requests in flight; among equals, one after the other.
    LeastBusy,
}

/// The keys and nodes of one upstream, as they are doing now.
#[derive(Debug)]
pub struct Pool {
    upstream: Arc<Upstream>,
    nodes: Nodes,
    keys: Keys,
}

/// What a pool is doing, for `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Pool keys that may serve.
    pub keys: usize,
    /// Of these, keys that could take a request now.
    pub ready: usize,
    /// Of these, keys that are cooling down.
    pub cooling: usize,
    /// Leases that are out.
    pub in_flight: u32,
    /// Node by node.
    pub nodes: Vec<NodeReport>,
}

impl Pool {
    /// A pool without keys, all its nodes well.
    #[must_use]
    pub fn new(upstream: Arc<Upstream>) -> Self {
        let nodes = Nodes::new(&upstream);
        let keys = Keys::new(upstream.policy);
        Self {
            upstream,
            nodes,
            keys,
        }
    }

    /// Adds a key or takes over its new settings; leases and cool-downs stay.
    pub fn put(&mut self, key: Arc<PoolKey>) {
        let nodes = self.nodes.bound_to(&key.origins);
        let concurrency = key.concurrency.unwrap_or(self.upstream.key_concurrency);
        self.keys.put(key, nodes, concurrency);
    }

    /// Takes a key out. Its leases end on their own; no new one is given.
    pub fn gone(&mut self, id: PoolKeyId) {
        self.keys.gone(id);
    }

    /// Chooses a node and, where the upstream needs one, a key, and takes the lease on both.
    ///
    /// # Errors
    /// Why there is no way now.
    pub fn acquire(&mut self, want: &Want<'_>, now: Moment) -> Result<Lease, NoWay> {
        self.keys.wake(now);
        let key = if self.upstream.keyed {
            Some(self.keys.choose(want, &self.nodes, now)?)
        } else {
            None
        };
        let bound = key.as_ref().map(|chosen| &*chosen.nodes);
        let node = self
            .nodes
            .choose(self.upstream.policy, want, bound, now)
            .ok_or(NoWay::Exhausted)?;
        let key = key.and_then(|chosen| self.keys.lease(chosen));
        self.nodes.lease(node);
        Ok(Lease { key, node })
    }

    /// Gives a lease back with what its attempt showed. `jitter` is in `0.0..1.0`.
    pub fn release(&mut self, lease: Lease, ended: &Ended<'_>, now: Moment, jitter: f64) {
        let cool = |streak: u32| {
            self.upstream
                .cool_downs
                .cool_down(ended.verdict.cool_down, streak, ended.retry_after, jitter)
        };
        let well = ended.verdict.outcome == Outcome::Ok;
        let (key, node) = match ended.verdict.scope {
            Scope::Key => (Some(&cool as &dyn Fn(u32) -> Duration), None),
            Scope::Node => (None, Some(&cool as &dyn Fn(u32) -> Duration)),
            // What is wrong with one model of a key, or beyond the node, does not take either out.
            Scope::None | Scope::KeyModel | Scope::Proxy | Scope::Upstream => (None, None),
        };
        self.nodes.release(lease.node, well, node, now);
        if let Some(leased) = lease.key {
            self.keys.release(leased, well, key, now);
        }
    }

    /// Gives a lease back of which nothing was learned (the client left, the process stops).
    pub fn give_back(&mut self, lease: Lease, now: Moment) {
        self.nodes.release(lease.node, false, None, now);
        if let Some(leased) = lease.key {
            self.keys.release(leased, false, None, now);
        }
    }

    /// What the pool is doing.
    pub fn report(&mut self, now: Moment) -> Report {
        self.keys.wake(now);
        Report {
            keys: self.keys.len(),
            ready: self.keys.ready(),
            cooling: self.keys.cooling(now),
            in_flight: self.nodes.in_flight(),
            nodes: self.nodes.report(&self.upstream, now),
        }
    }
}

#[cfg(test)]
mod tests;
