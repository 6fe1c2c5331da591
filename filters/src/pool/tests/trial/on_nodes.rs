//! Nodes that come, go and are checked in a trial.

use super::*;
use crate::health::{Ailment, Checked};
use crate::model::{NodeInUse, NodeSet};

impl Trial {
    /// Takes nodes in and out; `true` are draining.
    pub(super) fn set_nodes(&mut self, nodes: &[(&'static str, bool)]) {
        let in_use = nodes.iter().map(|(name, draining)| NodeInUse {
            node: node(name, Role::Any),
            draining: *draining,
            configured: true,
        });
        let set = NodeSet {
            nodes: in_use.collect(),
            active: nodes.last().map(|(name, _)| (*name).into()),
        };
        self.pool.set_nodes(&set, at(self.now), FAIR);
        let open = nodes.iter().filter(|(_, draining)| !draining);
        self.open = open.map(|(name, _)| *name).collect();
    }

    pub(super) fn check(&mut self, name: &str, well: bool) {
        let Some((handle, _)) = self.pool.node(name) else {
            return;
        };
        let checked = Checked {
            result: if well { Ok(()) } else { Err(Ailment::NoConnection) },
            status: None,
            took: Duration::from_millis(7),
        };
        self.pool.checked(handle, checked, at(self.now));
    }

    pub(super) fn place(&self, lease: &Lease) -> Arc<str> {
        let used = self.pool.placed_nodes().nth(lease.node().index());
        Arc::clone(&used.unwrap().node.name)
    }
}
