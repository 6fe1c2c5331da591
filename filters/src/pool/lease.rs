//! The right to have one request in flight on a node and a pool key.

use std::sync::Arc;
use std::time::Duration;

use crate::id::PoolKeyId;
use crate::judge::Verdict;
use crate::model::{PoolKey, Role};

/// A lease. Neither `Clone` nor `Copy`: it is given back by value, so only once. The shell keeps it
/// in a guard that gives it back on every way out, a panic's too.
#[must_use = "a lease that is dropped stays out for ever: give it back to its pool"]
#[derive(Debug)]
pub struct Lease {
    pub(super) key: Option<LeasedKey>,
    pub(super) node: usize,
}

#[derive(Debug)]
pub(super) struct LeasedKey {
    pub(super) slot: usize,
    pub(super) key: Arc<PoolKey>,
}

impl Lease {
    /// The pool key, for upstreams that need one.
    #[must_use]
    pub fn key(&self) -> Option<&Arc<PoolKey>> {
        self.key.as_ref().map(|leased| &leased.key)
    }

    /// Index of the node among the upstream's nodes.
    #[must_use]
    pub fn node(&self) -> usize {
        self.node
    }
}

/// What a request needs of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// Which of the upstream's hosts.
    pub role: Role,
    /// Only keys that operators brought (routes without a client key).
    pub operator_owned_only: bool,
    /// Keys that this request has tried.
    pub tried_keys: &'a [PoolKeyId],
    /// Nodes that this request has found wanting.
    pub tried_nodes: &'a [usize],
}

/// Why nothing could be leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// No key here could ever serve this request.
    Empty,
    /// Every key or node that could serve has been tried by this request.
    Exhausted,
    /// All that could serve are leased or cooling down.
    Busy {
        /// When the first cool-down ends; `None` while all are leased.
        retry_after: Option<Duration>,
    },
}

/// What an attempt showed.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The judge's words.
    pub verdict: &'a Verdict,
    /// What the upstream asked for, if it did.
    pub retry_after: Option<Duration>,
}
