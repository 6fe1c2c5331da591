//! Which proxies one request has tried.

use super::{Next, Side, Trouble};
use crate::id::OutboundProxyId;

/// Which proxies one request has tried, so that none is tried twice for the same reason.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    /// Those that will not do for this request, wherever it goes.
    anywhere: Vec<OutboundProxyId>,
    /// Those that did not reach the target of this attempt.
    here: Vec<OutboundProxyId>,
    /// Whether one was tried that rests, because there was no other.
    last: bool,
}

impl Tries {
    /// A new attempt begins, perhaps at another target.
    pub fn begin(&mut self) {
        self.here.clear();
        self.last = false;
    }

    /// Notes which way was given.
    pub fn took(&mut self, next: Next) {
        self.last |= matches!(next, Next::Through { last: true, .. });
    }

    /// Notes a trouble on the way.
    pub fn failed(&mut self, proxy: OutboundProxyId, trouble: Trouble) {
        match trouble.side() {
            Side::Proxy => self.anywhere.push(proxy),
            Side::Beyond => self.here.push(proxy),
        }
    }

    /// Notes that the upstream would not have this request from there.
    pub fn unwelcome(&mut self, proxy: OutboundProxyId) {
        self.anywhere.push(proxy);
    }

    pub(super) fn has(&self, proxy: OutboundProxyId) -> bool {
        self.anywhere.contains(&proxy) || self.here.contains(&proxy)
    }

    pub(super) fn took_the_last(&self) -> bool {
        self.last
    }
}
