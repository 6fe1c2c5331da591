//! What a request uses, counted beside the answer on its way to the client.
//!
//! Pieces are looked at after they have gone out, and the sum is taken off the key's credit when the answer ends, in
//! whatever way it ends. Only for keys whose balance is known; for all other requests there is nothing here.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use potluck_filters::id::PoolKeyId;
use potluck_filters::meter::Meter;

use super::attempt::Answer;
use super::guard::LeaseGuard;
use super::live::LiveUpstream;
use super::plan::Relay;

/// An answer that is being counted.
pub(super) struct Metering {
    upstream: Arc<LiveUpstream>,
    key: PoolKeyId,
    /// `None` once it is settled.
    meter: Option<Meter>,
}

impl Metering {
    /// For an answer with that head to a request whose body had `asked` bytes; `None` where nothing is to be counted.
    pub(super) fn begin(
        upstream: &Arc<LiveUpstream>,
        lease: &LeaseGuard,
        (status, headers): (StatusCode, &HeaderMap),
        asked: u64,
    ) -> Option<Box<Self>> {
        upstream.upstream.credit.as_ref()?;
        // Use is taken off a balance; where none was ever seen, there is nothing to take it off.
        let known = lease.key().filter(|key| key.credit.is_some());
        let key = known.filter(|_| status.is_success())?.id;
        let content_type = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        Some(Box::new(Self {
            upstream: Arc::clone(upstream),
            key,
            meter: Some(Meter::new(content_type, asked)),
        }))
    }

    /// Looks at a piece that has gone out.
    pub(super) fn observe(&mut self, piece: &[u8]) {
        if let Some(meter) = &mut self.meter {
            meter.observe(piece);
        }
    }
}

impl Answer {
    /// Counts what this answer says was used.
    pub(super) fn metering(&self, relay: &Relay) -> Option<Box<Metering>> {
        let head = self.exchange.head()?;
        let seen = (head.status, &head.headers);
        Metering::begin(&relay.upstream, &self.lease, seen, relay.body_bytes)
    }
}

/// A second handle on a piece, where it is to be looked at after it has gone out.
pub(super) fn copy(metering: Option<&Metering>, piece: Option<&Bytes>) -> Option<Bytes> {
    metering.and(piece).cloned()
}

impl Drop for Metering {
    fn drop(&mut self) {
        let Some(figures) = self.meter.take().map(Meter::finish) else {
            return;
        };
        self.upstream
            .desk
            .look(|scheduler, now| scheduler.pool().charge(self.key, &figures, now));
    }
}
