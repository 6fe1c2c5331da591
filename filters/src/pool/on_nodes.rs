//! What a pool is told of its nodes, and what it says of them.

use std::sync::Arc;

use super::{Chance, NoWay, NodeHandle, NodeReport, Pool, Want};
use crate::health::{Checked, Condition};
use crate::model::{NodeInUse, NodeSet};
use crate::time::Moment;

impl Pool {
    /// From now on these are the nodes. Leases that are out stay as they are; what is known of nodes that
    /// stay is kept. A node with another URL is another node.
    pub fn set_nodes(&mut self, set: &NodeSet, now: Moment, chance: Chance<'_>) {
        self.keys.wake(now);
        self.nodes.set(set, now, chance);
        self.keys.set_nodes(&self.nodes);
    }

    /// The nodes in the order of [`NodeHandle::index`], also such as are the upstream's no longer.
    pub fn placed_nodes(&self) -> impl Iterator<Item = &Arc<NodeInUse>> {
        self.nodes.placed()
    }

    /// The upstream's node of that name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<(NodeHandle, &Arc<NodeInUse>)> {
        self.nodes.named(name)
    }

    /// The nodes whose checks are due. Each is due again an interval later.
    pub fn checks_due(&mut self, now: Moment, chance: Chance<'_>) -> Vec<NodeHandle> {
        self.nodes.checks_due(now, chance)
    }

    /// When the next check is due; `None` where nodes are not checked by themselves.
    #[must_use]
    pub fn next_check(&self) -> Option<Moment> {
        self.nodes.next_check()
    }

    /// Takes over what a check showed: its latency counts like that of an answer. The node's condition,
    /// where that has changed.
    pub fn checked(&mut self, node: NodeHandle, checked: Checked, now: Moment) -> Option<Condition> {
        self.nodes.checked(node, checked, now)
    }

    /// What each node is doing.
    pub fn report_nodes(&mut self, now: Moment) -> Vec<NodeReport> {
        self.nodes.pass_time(now);
        self.nodes.report(now)
    }

    /// Whether some key can serve this request now.
    pub(crate) fn has_way(&mut self, want: &Want<'_>) -> bool {
        match want.only_key {
            _ if !self.upstream.keyed => self.nodes.could_take(want),
            None => self.keys.has_way(want, &self.nodes),
            Some(only) => {
                let index = self.keys.index_of(only);
                index.is_some_and(|index| self.keys.can(index, want, &self.nodes).is_some())
            }
        }
    }

    /// Why this request will never be served by the keys that are here, if it will not.
    pub(crate) fn hopeless(&mut self, want: &Want<'_>) -> Option<NoWay> {
        match want.only_key {
            _ if !self.upstream.keyed => None,
            None => self.keys.never(want, &self.nodes),
            Some(only) => match self.keys.index_of(only) {
                Some(index) => self.keys.never_on(index, want, &self.nodes),
                None => Some(NoWay::Empty),
            },
        }
    }
}
