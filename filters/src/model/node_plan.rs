//! What was changed at run time about the nodes of an upstream, and the nodes in use that come of it.
//!
//! Invariant: a plan says only what differs from the configuration, so that a node which is added to the
//! file later is in use without anybody saying so again.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Node, Role};

/// What was changed at run time about the nodes of one upstream. It wins over the configuration; names that
/// neither has are of no account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePlan {
    /// Nodes that were added, in this order after those of the configuration. One that has the name of a
    /// configured node stands in its place.
    pub added: Vec<Node>,
    /// Names of configured nodes that were taken out.
    pub removed: BTreeSet<Arc<str>>,
    /// Names of nodes, configured or added, that get no new requests.
    pub drained: BTreeSet<Arc<str>>,
    /// The node that `active-first` prefers while it is well.
    pub active: Option<Arc<str>>,
}

/// The nodes of one upstream that are in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet {
    /// Configured ones first, then those that were added. Names are unique.
    pub nodes: Vec<NodeInUse>,
    /// Name of the node that `active-first` prefers; one of `nodes`.
    pub active: Option<Arc<str>>,
}

/// A node, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInUse {
    /// The node.
    pub node: Node,
    /// It ends what it has and gets nothing new.
    pub draining: bool,
    /// It stands in the configuration file, whose author may name addresses that others may not.
    pub configured: bool,
}

impl NodePlan {
    /// The nodes in use when this plan is laid over those of the configuration.
    #[must_use]
    pub fn over(&self, configured: &[Node]) -> NodeSet {
        let replaced = |node: &Node| self.added.iter().any(|added| added.name == node.name);
        let kept = configured
            .iter()
            .filter(|node| !self.removed.contains(&node.name) && !replaced(node));
        let in_use = |node: &Node, configured| NodeInUse {
            node: node.clone(),
            draining: self.drained.contains(&node.name),
            configured,
        };
        let kept = kept.map(|node| in_use(node, true));
        let nodes: Vec<_> = kept
            .chain(self.added.iter().map(|node| in_use(node, false)))
            .collect();
        let known = |name: &Arc<str>| nodes.iter().any(|used| used.node.name == *name);
        let active = self.active.clone().filter(known);
        NodeSet { nodes, active }
    }
}

impl NodeSet {
    /// The node of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NodeInUse> {
        self.nodes.iter().find(|used| *used.node.name == *name)
    }

    /// Whether new requests for this role have somewhere to go.
    #[must_use]
    pub fn serves(&self, role: Role) -> bool {
        self.nodes
            .iter()
            .any(|used| used.node.role == role && !used.draining)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::tests::node;

    fn names(set: &NodeSet) -> Vec<(&str, bool, bool)> {
        let nodes = set.nodes.iter();
        nodes
            .map(|used| (&*used.node.name, used.draining, used.configured))
            .collect()
    }

    #[test]
    fn a_plan_says_only_what_differs_from_the_configuration() {
        let configured = [node("a", Role::Any), node("b", Role::Any), node("c", Role::Any)];
        let plan = NodePlan {
            added: vec![node("d", Role::Any), node("c", Role::Any)],
            removed: ["a".into(), "no-longer-there".into()].into(),
            drained: ["d".into()].into(),
            active: Some("b".into()),
        };
        let set = plan.over(&configured);
        let expected = [("b", false, true), ("d", true, false), ("c", false, false)];
        assert_eq!(names(&set), expected);
        assert_eq!(set.active.as_deref(), Some("b"));
        assert!(set.serves(Role::Any) && !set.serves(Role::Image));
        assert_eq!(names(&NodePlan::default().over(&configured)).len(), 3);
    }

    #[test]
    fn a_preferred_node_that_is_not_there_is_none() {
        let plan = NodePlan {
            active: Some("gone".into()),
            ..NodePlan::default()
        };
        assert_eq!(plan.over(&[node("a", Role::Any)]).active, None);
    }
}
