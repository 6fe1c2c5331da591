//! Where the nodes of an upstream are, by the handles under which leases name them.
//!
//! Invariant: what stands at a handle's index is exchanged under the desk's lock, and only for a node on which
//! no lease is out. So a lease finds its own node here until it is given back.

use std::sync::Arc;

use arc_swap::ArcSwap;
use potluck_filters::model::{NodeInUse, NodeSet, Upstream};
use potluck_filters::pool::NodeHandle;
use potluck_filters::time::Moment;

use super::addresses::NodeAddresses;

/// The places of all nodes.
#[derive(Default)]
pub(super) struct NodePlaces(ArcSwap<Places>);

#[derive(Default)]
struct Places {
    set: Arc<NodeSet>,
    at: Vec<Arc<NodeAddresses>>,
}

impl NodePlaces {
    /// Where a leased node is.
    pub(super) fn of(&self, node: NodeHandle) -> Option<Arc<NodeAddresses>> {
        self.0.load().at.get(node.index()).cloned()
    }

    /// Whether these nodes are in use already.
    pub(super) fn are(&self, set: &Arc<NodeSet>) -> bool {
        let places = self.0.load();
        Arc::ptr_eq(&places.set, set) || places.set == *set
    }

    /// Takes other nodes over; `placed` are those with a slot, in the order of their handles.
    pub(super) fn take<'a>(
        &self,
        upstream: &Upstream,
        set: &Arc<NodeSet>,
        placed: impl Iterator<Item = &'a Arc<NodeInUse>>,
    ) {
        let before = self.0.load();
        let at = placed.enumerate().map(|(index, used)| {
            let kept = before.at.get(index).filter(|place| place.is_of(used));
            kept.map_or_else(|| Arc::new(NodeAddresses::new(used, upstream)), Arc::clone)
        });
        let at = at.collect();
        let set = Arc::clone(set);
        self.0.store(Arc::new(Places { set, at }));
    }

    /// Closes connections that will not serve again.
    pub(super) fn tidy(&self, now: Moment) {
        self.0.load().at.iter().for_each(|place| place.tidy(now));
    }

    /// Those of the nodes in use, without such as only end what they have.
    pub(super) fn in_use(&self) -> Vec<Arc<NodeAddresses>> {
        let places = self.0.load();
        let used = |place: &&Arc<NodeAddresses>| places.set.nodes.iter().any(|used| place.is_of(used));
        places.at.iter().filter(used).cloned().collect()
    }
}
