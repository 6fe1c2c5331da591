//! Events as bytes: msgpack with the names of all fields, and words in place of numbers, so that a newer process reads
//! what an older one wrote.
//!
//! Invariant: a field that is added to an event has a default; one that is read is never renamed.

use potluck_filters::usage::UsageEvent;

/// Why bytes are no events.
#[derive(Debug, thiserror::Error)]
#[error("a record cannot be read: {0}")]
pub(super) struct Unreadable(#[from] rmp_serde::decode::Error);

/// Events, one after the other.
///
/// # Errors
/// Never for events as they are made; the encoder says so as an error all the same.
pub(super) fn encode(events: &[UsageEvent]) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    rmp_serde::to_vec_named(events)
}

/// Reads them back.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<UsageEvent>, Unreadable> {
    Ok(rmp_serde::from_slice(bytes)?)
}
