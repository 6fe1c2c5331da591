//! The nodes of an upstream as they are: what was said at run time, laid over the configuration.

use potluck_filters::pool::NodeState;
use potluck_store::table::nodes::NodeRow;

use super::{NOUN, blank};
use crate::api::{Node, NodeFacts, NodeSource, UpstreamFacts};
use crate::error::ControlError;

/// What is known of an upstream's nodes.
pub(super) struct Nodes {
    pub(super) facts: UpstreamFacts,
    pub(super) rows: Vec<NodeRow>,
    pub(super) preferred: Option<String>,
}

impl Nodes {
    /// All of them: configured ones in their order, then those that were added.
    pub(super) fn list(&self) -> Vec<Node> {
        let configured = self.facts.nodes.iter().map(|facts| self.configured(facts));
        let is_configured = |row: &&NodeRow| self.facts.nodes.iter().any(|node| node.name == row.name);
        let added = self.rows.iter().filter(|row| !is_configured(row));
        let added = added.filter(|row| row.state != NodeState::Removed);
        configured
            .chain(added.filter_map(|row| self.added(row)))
            .collect()
    }

    fn configured(&self, facts: &NodeFacts) -> Node {
        let row = self.rows.iter().find(|row| row.name == facts.name);
        let in_its_place = row
            .filter(|row| row.state != NodeState::Removed)
            .and_then(|row| self.added(row));
        in_its_place.unwrap_or_else(|| Node {
            upstream: self.facts.name.clone(),
            name: facts.name.clone(),
            role: facts.role,
            url: facts.url.clone(),
            origin: facts.origin.clone(),
            http: facts.http,
            source: NodeSource::Configured,
            state: row.map_or(NodeState::Active, |row| row.state),
            preferred: self.preferred.as_ref() == Some(&facts.name),
            metadata: row.map(|row| row.metadata.clone()).unwrap_or_default(),
            created_at: None,
            revision: row.map(|row| row.revision),
            live: None,
        })
    }

    /// `None` for a row about a node that the configuration has lost.
    fn added(&self, row: &NodeRow) -> Option<Node> {
        let place = row.place.as_ref()?;
        Some(Node {
            upstream: self.facts.name.clone(),
            name: row.name.clone(),
            role: place.role,
            url: place.url.to_string(),
            origin: place.url.origin(),
            http: place.http,
            source: NodeSource::Added,
            state: row.state,
            preferred: self.preferred.as_ref() == Some(&row.name),
            metadata: row.metadata.clone(),
            created_at: Some(row.created_at),
            revision: Some(row.revision),
            live: None,
        })
    }

    pub(super) fn get(&self, name: &str) -> Result<Node, ControlError> {
        let found = self.list().into_iter().find(|node| node.name == name);
        found.ok_or(ControlError::NotFound(NOUN))
    }

    /// Whether a node of this name is in use.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_ok_and(|node| node.is_in_use())
    }

    /// What was said of a node, or what says nothing yet.
    pub(super) fn row(&self, name: &str) -> Result<NodeRow, ControlError> {
        self.get(name)?;
        let said = self.rows.iter().find(|row| row.name == name);
        Ok(said
            .cloned()
            .unwrap_or_else(|| blank(&self.facts.name, name, None)))
    }

    /// As it will be when this is said.
    pub(super) fn with(mut self, row: &NodeRow) -> Self {
        self.rows.retain(|said| said.name != row.name);
        self.rows.push(row.clone());
        self
    }

    pub(super) fn keep_each_role(&self) -> Result<(), ControlError> {
        let list = self.list();
        let serves = |role| {
            list.iter()
                .any(|node| node.role == role && node.state == NodeState::Active)
        };
        let lost = self
            .facts
            .nodes
            .iter()
            .map(|node| node.role)
            .find(|role| !serves(*role));
        lost.map_or(Ok(()), |role| Err(ControlError::LastNode(role)))
    }

    /// The upstream with its nodes in use.
    pub(super) fn in_use(&self) -> UpstreamFacts {
        let nodes = self.list().into_iter().filter(Node::is_in_use);
        let nodes = nodes.map(|node| NodeFacts {
            name: node.name,
            role: node.role,
            url: node.url,
            origin: node.origin,
            http: node.http,
        });
        UpstreamFacts {
            nodes: nodes.collect(),
            ..self.facts.clone()
        }
    }
}
