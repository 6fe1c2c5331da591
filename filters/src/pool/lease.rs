//! The right to have one request in flight on a node and a pool key.

use std::sync::Arc;
use std::time::Duration;

use super::NodeHandle;
use crate::cost::Price;
use crate::id::PoolKeyId;
use crate::judge::Verdict;
use crate::model::{PoolKey, Role};
use crate::time::Moment;

/// A lease. Neither `Clone` nor `Copy`: it is given back by value, so only once. The shell keeps it
/// in a guard that gives it back on every way out, a panic's too.
#[must_use = "a lease that is dropped stays out for ever: give it back to its pool"]
#[derive(Debug)]
pub struct Lease {
    pub(super) key: Option<LeasedKey>,
    pub(super) node: NodeHandle,
    pub(super) since: Moment,
}

#[derive(Debug)]
pub(super) struct LeasedKey {
    pub(super) slot: usize,
    /// The key's, which need not be fetched for it.
    pub(super) id: PoolKeyId,
    pub(super) key: Arc<PoolKey>,
    /// Anlas reserved on it.
    pub(super) anlas: u32,
    /// Class of the request's cost, for what is learned about how long it takes.
    pub(super) class: usize,
}

impl Lease {
    /// The pool key, for upstreams that need one.
    #[must_use]
    pub fn key(&self) -> Option<&Arc<PoolKey>> {
        self.key.as_ref().map(|leased| &leased.key)
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> NodeHandle {
        self.node
    }

    /// When it was taken.
    #[must_use]
    pub fn since(&self) -> Moment {
        self.since
    }

    /// Anlas that the request is expected to cost on this key.
    #[must_use]
    pub fn anlas(&self) -> u32 {
        self.key.as_ref().map_or(0, |leased| leased.anlas)
    }
}

/// What a request needs of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// Which of the upstream's hosts.
    pub role: Role,
    /// Only keys that operators brought (routes without a client key).
    pub operator_owned_only: bool,
    /// What it costs.
    pub price: Price,
    /// Anlas that whoever asks may spend on it.
    pub most: u32,
    /// The model it asks for, where that is known.
    pub model: Option<&'a str>,
    /// The one key that may serve it: what the request names is kept there.
    pub only_key: Option<PoolKeyId>,
    /// Keys that this request has tried.
    pub tried_keys: &'a [PoolKeyId],
    /// Nodes that this request has found wanting.
    pub tried_nodes: &'a [NodeHandle],
}

/// Why nothing could be leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// No key here could ever serve this request.
    Empty,
    /// Every key or node that could serve has been tried by this request.
    Exhausted,
    /// No key may spend what this request costs: balances and caps are in the way.
    Unaffordable {
        /// The least it would cost, in Anlas.
        anlas: u32,
    },
    /// All that could serve are leased or cooling down.
    Busy {
        /// When the first of them can serve again; `None` where that depends on leases that are out.
        until: Option<Moment>,
    },
}

/// What an attempt showed.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The judge's words.
    pub verdict: &'a Verdict,
    /// What the upstream asked for, if it did.
    pub retry_after: Option<Duration>,
    /// From the request's way out to the first byte of the answer, if one came.
    pub first_byte: Option<Duration>,
    /// The model that the request asked for, where that is known.
    pub model: Option<&'a str>,
    /// Whether the upstream was left before it had ended, so that it may still be at work.
    pub broke: bool,
}
