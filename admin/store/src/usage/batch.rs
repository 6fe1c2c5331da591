//! What an edge ships at once, and how far it has been written.

use std::sync::Arc;

use potluck_filters::usage::UsageEvent;

/// Events of one process of an edge, numbered one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The edge's stable id.
    pub edge: Arc<str>,
    /// The edge's process: each has numbers of its own.
    pub epoch: i64,
    /// The number of the first event.
    pub first: u64,
    /// The events, in the order of their numbers.
    pub events: Vec<UsageEvent>,
}

/// The number up to which the events of an edge's process are written. Kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HighWater(pub u64);
