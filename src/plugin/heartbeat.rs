//! A comment that goes out while nothing else does, so that nothing between here and the client takes a quiet
//! stream for a dead one.

use std::time::Duration;

use bytes::Bytes;

/// A comment in a stream of events, and how often it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub(crate) every: Duration,
    pub(crate) comment: Bytes,
}

impl Heartbeat {
    /// After each `every` of silence, a comment of this text. Line ends become spaces: it is one line.
    #[must_use]
    pub fn comment(every: Duration, text: &str) -> Self {
        let text = text.replace(['\r', '\n'], " ");
        Self {
            every,
            comment: format!(": {text}\n\n").into(),
        }
    }
}
