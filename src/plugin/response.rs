//! An answer as plug-ins see it: its head, then what they asked for of its body.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::headers::Side;
use super::{About, HeaderError, Headers};

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The upstream's.
    Upstream,
    /// The relay's own: a refusal, an answer for the pool as a whole, another plug-in's answer, or the head under
    /// which heartbeats go out (then the upstream's comes later).
    Relay,
}

/// What of an answer's body a plug-in wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deliver {
    /// Nothing: it passes.
    Pass,
    /// Each piece, as it comes and before it goes out. The answer loses its length.
    Chunks,
    /// All of it at once, before its head goes out.
    Whole {
        /// The longest that is waited for, in bytes; a longer one is `plugin_failed`.
        most: usize,
    },
}

/// The head of an answer.
#[derive(Debug)]
pub struct Response<'a> {
    pub(crate) about: &'a About,
    pub(crate) source: Source,
    pub(crate) status: &'a mut StatusCode,
    pub(crate) headers: &'a mut HeaderMap,
}

impl Response<'_> {
    /// What is known of the request.
    #[must_use]
    pub fn about(&self) -> &About {
        self.about
    }

    /// Whose answer it is.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        *self.status
    }

    /// Gives it another status.
    ///
    /// # Errors
    /// Where either is one that has no body: informational, 204 and 304.
    pub fn set_status(&mut self, status: StatusCode) -> Result<(), HeaderError> {
        let bodiless = |status: StatusCode| status.as_u16() < 200 || matches!(status.as_u16(), 204 | 304);
        if bodiless(*self.status) || bodiless(status) {
            return Err(HeaderError::Status);
        }
        *self.status = status;
        Ok(())
    }

    /// Its headers.
    pub fn headers(&mut self) -> Headers<'_> {
        Headers::new(self.headers, Side::ToClient, None)
    }
}

/// A piece of an answer's body. What a plug-in leaves in `data` goes on; it may keep some back for later.
#[derive(Debug)]
pub struct Chunk {
    /// The bytes; empty where only the end is told.
    pub data: Bytes,
    /// Whether nothing follows.
    pub end: bool,
}
