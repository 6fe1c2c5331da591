//! How a node is named between a pool and whoever holds a lease on it.

/// A node as it was when a lease was given on it. One pool never gives the same handle to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeHandle {
    slot: u32,
    life: u32,
}

impl NodeHandle {
    pub(super) fn new(slot: usize, life: u32) -> Self {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        Self { slot, life }
    }

    /// Its place in [`Pool::placed_nodes`](crate::pool::Pool::placed_nodes). No other node stands there
    /// before the lease has come back.
    #[must_use]
    pub fn index(self) -> usize {
        self.slot as usize
    }
}
