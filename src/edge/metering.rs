//! What a request uses, counted beside the answer on its way to the client.
//!
//! Pieces are looked at after they have gone out. When the answer ends, in whatever way it ends, the sum goes into the
//! books, and off the key's credit where its balance is known. Where neither is kept, there is nothing here.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use potluck_filters::id::PoolKeyId;
use potluck_filters::meter::{Figures, Head, Meter};
use potluck_filters::usage::Endpoint;

use super::Edge;
use super::guard::LeaseGuard;
use super::live::LiveUpstream;

/// An answer that is being counted.
pub(super) struct Metering {
    /// `None` once it is settled.
    meter: Option<Meter>,
    /// Whose credit it comes off.
    charged: Option<(Arc<LiveUpstream>, PoolKeyId)>,
}

impl Edge {
    /// Begins to count an answer with that head to a request whose body had `asked` bytes; `None` where nobody wants
    /// to know. Of refusals nothing is counted.
    pub(super) fn metering(
        &self,
        endpoint: Endpoint,
        (upstream, lease): (&Arc<LiveUpstream>, &LeaseGuard),
        (status, headers): (StatusCode, &HeaderMap),
        asked: u64,
    ) -> Option<Box<Metering>> {
        let charged = charged(upstream, lease);
        if !status.is_success() || charged.is_none() && !self.keeps_books() {
            return None;
        }
        let header = |name: HeaderName| headers.get(name).map(HeaderValue::as_bytes);
        let meter = Meter::new(&Head {
            endpoint,
            content_type: header(CONTENT_TYPE),
            content_encoding: header(CONTENT_ENCODING),
            asked,
        });
        Some(Box::new(Metering {
            meter: Some(meter),
            charged,
        }))
    }
}

/// Use is taken off a balance; where none was ever seen, there is nothing to take it off.
fn charged(upstream: &Arc<LiveUpstream>, lease: &LeaseGuard) -> Option<(Arc<LiveUpstream>, PoolKeyId)> {
    upstream.upstream.credit.as_ref()?;
    let key = lease.key().filter(|key| key.credit.is_some())?;
    Some((Arc::clone(upstream), key.id))
}

impl Metering {
    /// Looks at a piece that has gone out.
    pub(super) fn observe(&mut self, piece: &[u8]) {
        if let Some(meter) = &mut self.meter {
            meter.observe(piece);
        }
    }

    /// The answer has ended.
    pub(super) fn settle(mut self: Box<Self>) -> Figures {
        self.charge().unwrap_or_default()
    }

    fn charge(&mut self) -> Option<Figures> {
        let figures = self.meter.take().map(Meter::finish)?;
        if let Some((upstream, key)) = &self.charged {
            upstream
                .desk
                .look(|scheduler, now| scheduler.pool().charge(*key, &figures, now));
        }
        Some(figures)
    }
}

/// A second handle on a piece, where it is to be looked at after it has gone out.
pub(super) fn copy(metering: Option<&Metering>, piece: Option<&Bytes>) -> Option<Bytes> {
    metering.and(piece).cloned()
}

/// Looks at a piece that has gone out, where somebody counts.
pub(super) fn observe(metering: &mut Option<Box<Metering>>, piece: Option<Bytes>) {
    if let (Some(metering), Some(piece)) = (metering, piece) {
        metering.observe(&piece);
    }
}

/// A request that is dropped on its way has used what it used.
impl Drop for Metering {
    fn drop(&mut self) {
        let _ = self.charge();
    }
}
