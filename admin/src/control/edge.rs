//! The edge, as the control plane sees it: what it is told, and what it is asked.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use potluck_filters::egress::{ProbeReport, ProxyJournal, ProxyReport};
use potluck_filters::finding::{FailedAttempt, SpoolScene};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, UserId};
use potluck_filters::pool::{Journal, KeyReport, NodeReport};
use potluck_filters::snapshot::Delta;
use potluck_filters::trace::Trace;
use potluck_filters::usage::{LiveRequest, QueuedRequest, RecentStep, RequestNumber};
use potluck_filters::window::Filled;

/// The edge, as a change sees it.
pub trait Publisher: Send + Sync {
    /// Whether the edge could serve after this delta. Called before the change is committed.
    ///
    /// # Errors
    /// Everything that speaks against it.
    fn check(&self, delta: &Delta) -> Result<(), Vec<String>>;

    /// Serve it from now on. Returns when the next request will see it.
    ///
    /// # Errors
    /// Why the edge still serves what it had.
    fn publish(&self, delta: Delta) -> Result<(), Vec<String>>;
}

/// The edge, as the status sees it.
pub trait Live: Send + Sync {
    /// What it says of itself: revision, requests in flight, the pool's health.
    fn status(&self) -> serde_json::Value;

    /// What it thinks is left behind those pool keys whose upstreams tell it, in millionths of their currency.
    fn credit_left(&self) -> HashMap<PoolKeyId, u64> {
        HashMap::new()
    }

    /// How a user's window is filled; `None` where no edge runs, or nothing is counted.
    fn window(&self, _user: UserId) -> Option<Filled> {
        None
    }

    /// How a request came to its end, where that was not the plain way and not long ago.
    fn trace(&self, _request: RequestNumber) -> Option<Arc<Trace>> {
        None
    }

    /// How a pool key does, where there is an edge that has it.
    fn pool_key(&self, _upstream: &str, _id: PoolKeyId) -> Option<KeyReport> {
        None
    }

    /// When pool keys began and ended to rest, since the last time somebody asked.
    fn take_key_moves(&self) -> Journal {
        Journal::default()
    }

    /// How each pool key does.
    fn pool_keys(&self) -> Vec<KeyReport> {
        Vec::new()
    }

    /// How each outbound proxy fares, without what happened to it; and whether it may be used.
    fn proxy_standings(&self) -> Vec<(ProxyReport, bool)> {
        Vec::new()
    }

    /// Attempts that failed by more than their client's fault, since the last time somebody asked, with their upstreams'
    /// names.
    fn take_failed(&self) -> Vec<(String, FailedAttempt)> {
        Vec::new()
    }

    /// Requests of an upstream that have ended since the start, and those of them that failed by no fault of the client;
    /// `None` where nobody counts.
    fn requests(&self, _upstream: &str) -> Option<(u64, u64)> {
        None
    }

    /// What happened in the last quarter of an hour, by upstream; nothing where no edge runs.
    fn recent(&self) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        BTreeMap::new()
    }

    /// The same of a user's requests.
    fn recent_of(&self, _user: UserId) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        BTreeMap::new()
    }

    /// What waits to be written into the books; `None` where nobody knows.
    fn spool(&self) -> Option<SpoolScene> {
        None
    }

    /// What was seen of outbound proxies since the last time somebody asked.
    fn take_proxy_events(&self) -> ProxyJournal {
        ProxyJournal::default()
    }

    /// Somebody wants pool keys tried again at once, whatever they rest for.
    fn recheck(&self, which: Recheck<'_>);

    /// Requests on their way, of everybody or of one user, the oldest first.
    fn live_requests(&self, _of: Option<UserId>, _most: usize) -> Vec<LiveRequest> {
        Vec::new()
    }

    /// Those who wait for a pool key of an upstream, in the order of their turns, and how many they are together.
    fn queue(&self, _upstream: &str, _most: usize) -> Option<(Vec<QueuedRequest>, usize)> {
        None
    }

    /// How the nodes of an upstream do, where there is an edge that has them.
    fn nodes(&self, _upstream: &str) -> Vec<NodeReport> {
        Vec::new()
    }

    /// How an outbound proxy fares, where there is an edge that has it.
    fn proxy(&self, _id: OutboundProxyId) -> Option<ProxyReport> {
        None
    }

    /// Probes an outbound proxy now, for each upstream that leaves through it. `None` where there is nobody
    /// to do it, or no such proxy.
    fn check_proxy(&self, _id: OutboundProxyId) -> Probing<'_> {
        Box::pin(std::future::ready(None))
    }

    /// Checks a node now. `None` where there is nobody to do it, or no such node.
    fn check_node<'a>(&'a self, _upstream: &'a str, _node: &'a str) -> Checking<'a> {
        Box::pin(std::future::ready(None))
    }
}

/// What probes find, when they have ended.
pub type Probing<'a> = Pin<Box<dyn Future<Output = Option<Vec<ProbeReport>>> + Send + 'a>>;

/// What a check finds, when it has ended.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Option<NodeReport>> + Send + 'a>>;

/// Which pool keys an edge is to try again at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recheck<'a> {
    /// This one.
    Key(PoolKeyId),
    /// All of an upstream.
    Upstream(&'a str),
}

/// Stands in where no edge runs.
pub(super) struct NoEdge;

impl Publisher for NoEdge {
    fn check(&self, _: &Delta) -> Result<(), Vec<String>> {
        Ok(())
    }

    fn publish(&self, _: Delta) -> Result<(), Vec<String>> {
        Ok(())
    }
}

impl Live for NoEdge {
    fn status(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn recheck(&self, _: Recheck<'_>) {}
}
