//! An answer that a plug-in gives in the upstream's stead.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// How a request goes on.
#[derive(Debug)]
pub enum Flow {
    /// To the next plug-in, and to the upstream in the end.
    Continue,
    /// Not at all: this is its answer.
    Answer(Answer),
}

/// An answer. Length, framing, `x-request-id` and what is left of the client's limits are the relay's to add.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// With one header more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}
