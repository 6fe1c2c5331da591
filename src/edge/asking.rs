//! `usage: ask`: what the filters decide, where a request leaves and where its answer comes by.
//!
//! Off the way of requests to upstreams without that setting but for one look at it.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use potluck_filters::asking::{Hiding, asking};
use potluck_filters::usage::Endpoint;

use super::Edge;
use super::plan::Relay;
use super::relay::is_event_stream;

impl Edge {
    /// The body as it goes on: asking for usage where it should, and somebody wants to know. On routes with plug-ins, of
    /// which some see the answer, nothing is asked.
    pub(super) fn ask_usage(
        &self,
        relay: &mut Relay,
        endpoint: Endpoint,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Bytes {
        let asks = relay.upstream.upstream.asks_usage && relay.plugins.is_none() && self.keeps_books();
        let says = matches!(endpoint, Endpoint::Chat | Endpoint::Completions);
        if !asks || !says {
            return body;
        }
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &http::HeaderValue| value.to_str().ok())
        };
        let Some(asking) = asking(text(CONTENT_TYPE), text(CONTENT_ENCODING), &body) else {
            return body;
        };
        relay.asked_usage = true;
        asking.into()
    }
}

/// What hides the answer to that question, where it is a stream that can be read. It will be shorter than announced.
pub(super) fn hiding(relay: &Relay, headers: &mut HeaderMap) -> Option<Box<Hiding>> {
    if !relay.asked_usage || !is_event_stream(headers) || headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    headers.remove(CONTENT_LENGTH);
    Some(Box::default())
}

/// What goes on of a piece.
pub(super) fn shown(hiding: &mut Option<Box<Hiding>>, piece: Option<Bytes>, end: bool) -> Option<Bytes> {
    let Some(hiding) = hiding else { return piece };
    match hiding.pass(piece.as_deref().unwrap_or_default(), end) {
        Some(shown) => (!shown.is_empty()).then(|| shown.into()),
        None => piece,
    }
}
