//! Which nodes may be asked about an account.
//!
//! Invariant: a credential goes only to a node that is in use, whose origin its pool key is bound to, and which is
//! at no address where no node may be.

use potluck_filters::model::{Node, NodeInUse, NodePlan, Role, Upstream};

use super::resolve::Judging;

/// The nodes of one upstream that answer such questions.
pub(super) struct Askable {
    configured: Vec<Node>,
    judging: Judging,
    in_use: Vec<NodeInUse>,
}

impl Askable {
    /// As the configuration has them.
    pub(super) fn of(upstream: &Upstream) -> Self {
        Self::new(upstream.nodes.clone(), Judging::of(upstream))
    }

    fn new(configured: Vec<Node>, judging: Judging) -> Self {
        let mut new = Self {
            configured,
            judging,
            in_use: Vec::new(),
        };
        new.lay(None);
        new
    }

    /// Takes over what was said about nodes at run time.
    pub(super) fn lay(&mut self, plan: Option<&NodePlan>) {
        let set = plan.cloned().unwrap_or_default().over(&self.configured);
        let asks = |used: &NodeInUse| match used.node.role {
            Role::Image | Role::Any => self.judging.takes(&used.node.base),
            Role::Text | Role::Api => false,
        };
        self.in_use = set.nodes.into_iter().filter(asks).collect();
    }

    /// The node to ask about a key that is bound to these origins: after each failure another one. One that is
    /// drained only where there is no other.
    pub(super) fn one_of(&self, origins: &[Box<str>], streak: u32) -> Option<Node> {
        let bound = |used: &&NodeInUse| {
            let origin = used.node.base.origin();
            origins.iter().any(|known| **known == *origin)
        };
        let all: Vec<&NodeInUse> = self.in_use.iter().filter(bound).collect();
        let active: Vec<&NodeInUse> = all.iter().copied().filter(|used| !used.draining).collect();
        let nodes = if active.is_empty() { all } else { active };
        let turn = usize::try_from(streak).unwrap_or(0).checked_rem(nodes.len())?;
        nodes.get(turn).map(|used| used.node.clone())
    }
}

#[cfg(test)]
mod tests {
    use potluck_filters::model::HttpVersion;

    use super::*;

    fn node(name: &str, role: Role, url: &str) -> Node {
        Node {
            name: name.into(),
            role,
            base: url.parse().unwrap(),
            http: HttpVersion::Auto,
        }
    }

    fn asked(nodes: &Askable, origins: &[&str]) -> Vec<String> {
        let origins: Vec<Box<str>> = origins.iter().map(|&origin| origin.into()).collect();
        let asked = (0..3).filter_map(|streak| nodes.one_of(&origins, streak));
        asked.map(|node| node.name.to_string()).collect()
    }

    #[test]
    fn only_nodes_in_use_that_a_key_is_bound_to_are_asked() {
        let configured = vec![
            node("text", Role::Text, "https://text.example"),
            node("one", Role::Image, "https://one.example"),
            node("two", Role::Image, "https://two.example"),
        ];
        let mut nodes = Askable::new(configured, Judging::default());
        let (one, both) = (["one.example:443"], ["one.example:443", "two.example:443"]);
        let every = [&both[..], &["text.example:443", "new.example:443"]].concat();
        assert_eq!(asked(&nodes, &both), ["one", "two", "one"]);
        assert_eq!(asked(&nodes, &["text.example:443"]), [""; 0]);
        let added = node("new", Role::Image, "https://new.example");
        let inside = node("inside", Role::Image, "https://10.0.0.1");
        let mut plan = NodePlan {
            added: vec![added, inside],
            removed: ["one".into()].into(),
            ..NodePlan::default()
        };
        nodes.lay(Some(&plan));
        assert_eq!(asked(&nodes, &one), [""; 0], "it was taken out");
        assert_eq!(asked(&nodes, &both), ["two", "two", "two"]);
        assert_eq!(asked(&nodes, &every), ["two", "new", "two"]);
        assert_eq!(asked(&nodes, &["10.0.0.1:443"]), [""; 0]);
        plan.drained = ["two".into()].into();
        nodes.lay(Some(&plan));
        assert_eq!(asked(&nodes, &every), ["new", "new", "new"]);
        assert_eq!(asked(&nodes, &both), ["two", "two", "two"], "there is no other");
        nodes.lay(None);
        assert_eq!(asked(&nodes, &one), ["one", "one", "one"]);
    }
}
