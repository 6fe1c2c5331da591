//! What the one `ArcSwap` holds: a snapshot, and beside it what outlives every snapshot.

use std::sync::Arc;

use parking_lot::Mutex;
use potluck_filters::model::Upstream;
use potluck_filters::pool::Pool;
use potluck_filters::snapshot::{Delta, PoolKeyChange, Problem, Snapshot};

use super::addresses::NodeAddresses;

/// The view that requests are served from.
pub(super) struct Live {
    pub(super) snapshot: Snapshot,
    /// In the order of the snapshot's layout.
    pub(super) upstreams: Vec<Arc<LiveUpstream>>,
}

/// An upstream at work. Kept over reloads as long as its settings stay as they are.
pub(super) struct LiveUpstream {
    pub(super) upstream: Arc<Upstream>,
    /// Held for one decision at a time, never across an await.
    pub(super) pool: Mutex<Pool>,
    /// In the order of the upstream's nodes.
    pub(super) nodes: Vec<NodeAddresses>,
}

impl Live {
    /// A view of `snapshot` that takes over what `before` had at work.
    pub(super) fn new(snapshot: Snapshot, before: Option<&Self>) -> Self {
        let kept = |upstream: &Upstream| {
            let old = before?
                .upstreams
                .iter()
                .find(|live| *live.upstream == *upstream)?;
            Some(Arc::clone(old))
        };
        let fresh = |upstream: &Upstream| {
            let live = LiveUpstream::new(upstream);
            let own = snapshot.pool_keys().filter(|key| key.upstream == upstream.name);
            // In the order in which they were brought, whatever order the snapshot keeps them in.
            let mut own: Vec<_> = own.collect();
            own.sort_unstable_by_key(|key| key.id);
            own.into_iter()
                .for_each(|key| live.pool.lock().put(Arc::clone(key)));
            Arc::new(live)
        };
        let layout = snapshot.layout();
        let upstreams = layout
            .upstreams
            .iter()
            .map(|u| kept(u).unwrap_or_else(|| fresh(u)))
            .collect();
        Self { upstreams, snapshot }
    }

    /// The view after a change. Pools learn of keys that came or went at once.
    pub(super) fn after(&self, delta: Delta) -> Result<Self, Vec<Problem>> {
        let changed: Vec<_> = delta.pool_keys.iter().map(PoolKeyChange::id).collect();
        let next = Self::new(self.snapshot.apply(delta)?, Some(self));
        for id in changed {
            let known = self.snapshot.pool_key(id).or_else(|| next.snapshot.pool_key(id));
            let live = known.and_then(|key| next.upstreams.iter().find(|u| u.upstream.name == key.upstream));
            let Some(live) = live else { continue };
            match next.snapshot.pool_key(id) {
                Some(key) => live.pool.lock().put(Arc::clone(key)),
                None => live.pool.lock().gone(id),
            }
        }
        Ok(next)
    }
}

impl LiveUpstream {
    fn new(upstream: &Upstream) -> Self {
        let nodes = upstream
            .nodes
            .iter()
            .map(|node| NodeAddresses::new(node, upstream))
            .collect();
        let upstream = Arc::new(upstream.clone());
        Self {
            pool: Mutex::new(Pool::new(Arc::clone(&upstream))),
            upstream,
            nodes,
        }
    }
}
