//! A lease that gives itself back: on success, error, panic, time-out, and when the request is dropped.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::judge::{Scope, Verdict};
use potluck_filters::model::PoolKey;
use potluck_filters::pool::{Ended, Lease, NoWay, NodeHandle, Want, counts};
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::scheduler::Refused;

use super::addresses::NodeAddresses;
use super::attempt::cut;
use super::live::LiveUpstream;
use super::purse::Purse;
use crate::clock::unix_ms;

/// A lease with the pool it came from, and the purse that pays for the request.
pub(super) struct LeaseGuard {
    upstream: Arc<LiveUpstream>,
    /// `None` once it is given back.
    lease: Option<Lease>,
    node: Option<Arc<NodeAddresses>>,
    purse: Option<Purse>,
    /// The model that the request asks for, where that is known.
    pub(super) model: Option<Arc<str>>,
    /// Whether the request may have reached the upstream.
    pub(super) out: bool,
    /// Whether a WebSocket is asked for, which only HTTP/1.1 has.
    pub(super) upgrade: bool,
    /// Whether the upstream was left before it had ended.
    pub(super) broke: bool,
    /// From the request's way out to the first byte of the answer.
    pub(super) first_byte: Option<Duration>,
    /// The outbound proxy that the request is out through.
    pub(super) through: Option<OutboundProxyId>,
}

impl LeaseGuard {
    pub(super) fn new(
        upstream: &Arc<LiveUpstream>,
        lease: Lease,
        purse: Option<Purse>,
        model: Option<Arc<str>>,
    ) -> Self {
        Self {
            upstream: Arc::clone(upstream),
            node: upstream.nodes.of(lease.node()),
            lease: Some(lease),
            purse,
            model,
            out: false,
            upgrade: false,
            broke: false,
            first_byte: None,
            through: None,
        }
    }

    /// Another lease for the same request, in place of this one. This one ends with what it showed.
    pub(super) fn replace(&mut self, next: Lease, verdict: &Verdict, retry_after: Option<Duration>) {
        let next = Self::new(&self.upstream, next, None, self.model.clone());
        let old = std::mem::replace(self, next);
        self.purse = old.end(verdict, retry_after);
    }

    /// A lease on another way that is free now.
    pub(super) fn elsewhere(&self, want: &Want<'_>) -> Result<Lease, NoWay> {
        self.upstream.desk.ask_now(want)
    }

    pub(super) fn key(&self) -> Option<&Arc<PoolKey>> {
        self.lease.as_ref().and_then(Lease::key)
    }

    /// The pool that it came from.
    pub(super) fn upstream(&self) -> &LiveUpstream {
        &self.upstream
    }

    pub(super) fn purse(&self) -> Option<&Purse> {
        self.purse.as_ref()
    }

    /// Anlas that the request is expected to cost on this key.
    pub(super) fn anlas(&self) -> u32 {
        self.lease.as_ref().map_or(0, Lease::anlas)
    }

    pub(super) fn key_id(&self) -> Option<PoolKeyId> {
        self.key().map(|key| key.id)
    }

    pub(super) fn node_handle(&self) -> Option<NodeHandle> {
        self.lease.as_ref().map(Lease::node)
    }

    /// Where the leased node is: for as long as the lease is out, whatever becomes of the node.
    pub(super) fn node(&self) -> Option<&NodeAddresses> {
        self.node.as_deref()
    }

    /// Gives the lease back with what its attempt showed. The purse comes back where nothing was spent.
    pub(super) fn end(mut self, verdict: &Verdict, retry_after: Option<Duration>) -> Option<Purse> {
        self.give_back(verdict, retry_after);
        self.purse.take()
    }

    fn give_back(&mut self, verdict: &Verdict, retry_after: Option<Duration>) {
        let Some(lease) = self.lease.take() else { return };
        self.upstream.tally.tried(verdict);
        self.tell_egress(verdict, retry_after);
        let by = (lease.key().map(|key| key.id), self.through);
        let failed = &self.upstream.around().failed;
        failed.note(&self.upstream.upstream.name, verdict, by);
        if counts(verdict)
            && let Some(purse) = self.purse.take()
        {
            purse.spend(lease.anlas(), unix_ms());
        }
        let ended = Ended {
            verdict,
            retry_after,
            first_byte: self.first_byte,
            model: self.model.as_deref(),
            broke: self.broke,
        };
        if let Some(observation) = self.upstream.desk.release(lease, &ended) {
            self.upstream.observe(observation);
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if self.lease.is_none() {
            return;
        }
        if self.out {
            // Nobody saw how it ended: the upstream may be at work on it, and is not to blame.
            self.broke = true;
            let unseen = self.upstream.upstream.judge.judge(&cut(false));
            let verdict = Verdict {
                scope: Scope::None,
                ..unseen
            };
            self.give_back(&verdict, None);
        } else if let Some(lease) = self.lease.take() {
            self.upstream.desk.give_back(lease);
        }
    }
}

/// The words for a request that found no way.
pub(super) fn refused(refused: &Refused) -> Rejection {
    match refused {
        Refused::NoWay(no_way) => no_lease(*no_way),
        Refused::TooLate { retry_after } => Rejection::new(Code::PoolBusy).after(*retry_after),
        Refused::Full { retry_after } => Rejection::new(Code::QueueFull).after(*retry_after),
    }
}

/// The words for a request that found no way now.
pub(super) fn no_lease(no_way: NoWay) -> Rejection {
    match no_way {
        NoWay::Empty => Code::PoolEmpty.into(),
        NoWay::Exhausted => Code::AttemptsExhausted.into(),
        NoWay::Unaffordable { anlas } => Rejection::new(Code::Unaffordable).saying(format!(
            "This request costs at least {anlas} Anlas, and no pool key that you may use can spend that now."
        )),
        NoWay::Busy { until: _ } => Rejection::new(Code::PoolBusy).after(Duration::from_secs(1)),
    }
}
