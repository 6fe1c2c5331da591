//! A lease that gives itself back: on success, error, panic, time-out, and when the request is dropped.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::id::PoolKeyId;
use potluck_filters::judge::Verdict;
use potluck_filters::model::PoolKey;
use potluck_filters::pool::{Ended, Lease, NoWay, Want};
use potluck_filters::rejection::{Code, Rejection};

use super::addresses::NodeAddresses;
use super::live::LiveUpstream;
use crate::clock::{Clock, chance};

/// A lease with the pool it came from.
pub(super) struct LeaseGuard {
    upstream: Arc<LiveUpstream>,
    clock: Clock,
    /// `None` once it is given back.
    lease: Option<Lease>,
}

impl LeaseGuard {
    pub(super) fn acquire(
        upstream: &Arc<LiveUpstream>,
        want: &Want<'_>,
        clock: Clock,
    ) -> Result<Self, NoWay> {
        let lease = upstream.pool.lock().acquire(want, clock.now())?;
        Ok(Self {
            upstream: Arc::clone(upstream),
            clock,
            lease: Some(lease),
        })
    }

    pub(super) fn key(&self) -> Option<&Arc<PoolKey>> {
        self.lease.as_ref().and_then(Lease::key)
    }

    pub(super) fn key_id(&self) -> Option<PoolKeyId> {
        self.key().map(|key| key.id)
    }

    pub(super) fn node_index(&self) -> usize {
        self.lease.as_ref().map_or(usize::MAX, Lease::node)
    }

    pub(super) fn node(&self) -> Option<&NodeAddresses> {
        self.upstream.nodes.get(self.node_index())
    }

    /// Gives the lease back with what its attempt showed.
    pub(super) fn end(mut self, verdict: &Verdict, retry_after: Option<Duration>) {
        if let Some(lease) = self.lease.take() {
            let ended = Ended { verdict, retry_after };
            self.upstream
                .pool
                .lock()
                .release(lease, &ended, self.clock.now(), chance());
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.upstream.pool.lock().give_back(lease, self.clock.now());
        }
    }
}

/// The words for a request that found no way.
pub(super) fn no_lease(no_way: NoWay) -> Rejection {
    match no_way {
        NoWay::Empty => Code::PoolEmpty.into(),
        NoWay::Exhausted => Code::AttemptsExhausted.into(),
        NoWay::Busy { retry_after } => {
            Rejection::new(Code::PoolBusy).after(retry_after.unwrap_or(Duration::from_secs(1)))
        }
    }
}
