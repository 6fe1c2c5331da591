//! Nodes at run time: added, drained, resumed, taken out, preferred.
//!
//! Invariant: each role keeps a node that takes new requests. No pool key goes to a node because of anything in
//! here; that is in `grants`.

mod fields;
mod grants;
mod list;
mod lookup;

use potluck_filters::id::Revision;
use potluck_filters::pool::{NodeReport, NodeState};
use potluck_store::table::nodes::{NodeRow, Place};

use super::{Control, Turn};
use crate::api::{AddNode, EditNode, Node, NodeSwitch, Page, UpstreamFacts};
use crate::audit::{Act, NodeFacts, Note, Object};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;
use list::Nodes;
pub(super) use lookup::system;
pub use lookup::{Found, LookUp};

const NOUN: &str = "node";
/// Nodes of one upstream. Each is looked up and checked from time to time.
const MOST: usize = 256;

impl Control {
    /// The nodes of an upstream, with those that were taken out of the configured ones.
    ///
    /// # Errors
    /// When there is no such upstream.
    pub async fn nodes(&self, upstream: &str) -> Result<Page<Node>, ControlError> {
        let nodes = self.listed(upstream).await?;
        let mut reports = self.live.nodes(upstream);
        let mut items = nodes.list();
        for node in &mut items {
            // One that was taken out may still end its requests beside a new one of the same name.
            let is_it = |report: &NodeReport| {
                report.node == node.name && (report.state == NodeState::Removed) != node.is_in_use()
            };
            let at = reports.iter().position(is_it);
            node.live = at.map(|at| reports.swap_remove(at));
        }
        Ok(Page { items, next: None })
    }

    /// One node.
    ///
    /// # Errors
    /// When there is no such upstream or node.
    pub async fn node(&self, upstream: &str, name: &str) -> Result<Node, ControlError> {
        let all = self.nodes(upstream).await?;
        let found = all.items.into_iter().find(|node| node.name == name);
        found.ok_or(ControlError::NotFound(NOUN))
    }

    /// Adds a node. It serves when this returns; pool keys go to its host only where that was allowed.
    ///
    /// # Errors
    /// When its name is taken, or its URL or another field cannot be what it is.
    pub async fn add_node(&self, by: &By, upstream: &str, new: AddNode) -> Result<Node, ControlError> {
        let facts = self.facts(upstream)?;
        let place = fields::place(&facts, &new)?;
        self.judge_addresses(&place.url, &facts).await?;
        let name = fields::name(&new.name)?;
        let metadata = fields::metadata(new.metadata)?;
        let mut turn = self.turn(by).await?;
        let nodes = turn.nodes(facts).await?;
        if nodes.has(&name) {
            return Err(ControlError::Exists(NOUN));
        }
        if nodes.list().len() >= MOST {
            let why = format!("an upstream has at most {MOST} nodes; remove one first");
            return Err(ControlError::invalid("name", why));
        }
        let row = NodeRow {
            metadata,
            created_at: turn.now_ms,
            ..blank(upstream, &name, Some(place))
        };
        let note = noted(Act::NodeAdded, (upstream, &name)).is(&NodeFacts::from(&row));
        turn.write(nodes, row).await?;
        turn.end(note).await?;
        self.node(upstream, &name).await
    }

    /// Drains or resumes a node, or notes something about it.
    ///
    /// # Errors
    /// When there is none of this name, or it is the last one that takes new requests.
    pub async fn edit_node(
        &self,
        by: &By,
        upstream: &str,
        name: &str,
        expected: IfMatch,
        edit: EditNode,
    ) -> Result<Node, ControlError> {
        let facts = self.facts(upstream)?;
        let mut turn = self.turn(by).await?;
        let nodes = turn.nodes(facts).await?;
        let mut row = nodes.row(name)?;
        expected.fits(row.revision)?;
        let before = NodeFacts::from(&row);
        if let Some(state) = edit.state {
            if row.state == NodeState::Removed {
                // It comes back as the file has it.
                row.place = None;
            }
            row.state = match state {
                NodeSwitch::Active => NodeState::Active,
                NodeSwitch::Draining => NodeState::Draining,
            };
        }
        if let Some(metadata) = edit.metadata {
            row.metadata = fields::metadata(metadata)?;
        }
        let note = noted(Act::NodeEdited, (upstream, name));
        let note = note.was(&before).is(&NodeFacts::from(&row));
        turn.write(nodes, row).await?;
        turn.end(note).await?;
        self.node(upstream, name).await
    }

    /// Takes a node out. What it has in flight ends as it would have.
    ///
    /// # Errors
    /// When there is none of this name, or it is the last one that takes new requests.
    pub async fn remove_node(&self, by: &By, upstream: &str, name: &str) -> Result<Node, ControlError> {
        let facts = self.facts(upstream)?;
        let mut turn = self.turn(by).await?;
        let nodes = turn.nodes(facts).await?;
        let mut gone = nodes.get(name)?;
        let mut row = nodes.row(name)?;
        let note = noted(Act::NodeRemoved, (upstream, name)).was(&NodeFacts::from(&row));
        row.state = NodeState::Removed;
        row.metadata.clear();
        turn.write(nodes, row).await?;
        if gone.preferred {
            turn.change.set_active_node(upstream, None).await?;
        }
        turn.end(note).await?;
        gone.state = NodeState::Removed;
        gone.preferred = false;
        Ok(gone)
    }

    /// Makes a node the one that the policy `active-first` prefers.
    ///
    /// # Errors
    /// When there is none of this name, or it takes no new requests.
    pub async fn activate_node(&self, by: &By, upstream: &str, name: &str) -> Result<Node, ControlError> {
        let mut turn = self.turn(by).await?;
        turn.prefer(upstream, Some(name)).await?;
        turn.end(noted(Act::NodeActivated, (upstream, name))).await?;
        self.node(upstream, name).await
    }

    /// Checks a node now, and says what came of it.
    ///
    /// # Errors
    /// When there is none of this name, or no relay runs that could check it.
    pub async fn check_node(&self, upstream: &str, name: &str) -> Result<Node, ControlError> {
        let mut node = self.listed(upstream).await?.get(name)?;
        match node.state {
            NodeState::Active | NodeState::Draining => {}
            NodeState::Removed => return Err(ControlError::NotFound(NOUN)),
        }
        let report = self.live.check_node(upstream, name).await;
        node.live = Some(report.ok_or(ControlError::NoEdge)?);
        Ok(node)
    }

    async fn listed(&self, upstream: &str) -> Result<Nodes, ControlError> {
        let facts = self.facts(upstream)?;
        Ok(Nodes {
            rows: self.store.nodes(upstream).await?,
            preferred: self.store.active_nodes().await?.remove(upstream),
            facts,
        })
    }
}

impl Turn<'_> {
    async fn nodes(&mut self, facts: UpstreamFacts) -> Result<Nodes, ControlError> {
        Ok(Nodes {
            rows: self.change.nodes(&facts.name).await?,
            preferred: self.change.active_node(&facts.name).await?,
            facts,
        })
    }

    /// An upstream with the nodes in use in place of the configured ones: those that pool keys may be brought for.
    pub(super) async fn facts_in_use(&mut self, upstream: &str) -> Result<UpstreamFacts, ControlError> {
        let facts = self.control.facts(upstream)?;
        Ok(self.nodes(facts).await?.in_use())
    }

    /// Has `active-first` prefer a node that takes new requests; `None`: the first one.
    pub(super) async fn prefer(&mut self, upstream: &str, name: Option<&str>) -> Result<(), ControlError> {
        if let Some(name) = name {
            let facts = self.control.facts(upstream)?;
            let node = self.nodes(facts).await?.get(name)?;
            if node.state != NodeState::Active {
                let why = "takes no new requests; resume it first";
                return Err(ControlError::invalid("node", why));
            }
        }
        self.change.set_active_node(upstream, name).await?;
        Ok(())
    }

    /// Writes a row, if every role keeps a node with it.
    async fn write(&mut self, nodes: Nodes, row: NodeRow) -> Result<(), ControlError> {
        nodes.with(&row).keep_each_role()?;
        self.change.save_node(&row).await?;
        Ok(())
    }
}

/// That something was done to a node.
fn noted(act: Act, (upstream, name): (&str, &str)) -> Note {
    Note::new(act, Object::node(upstream, name))
}

/// A row that says nothing yet.
fn blank(upstream: &str, name: &str, place: Option<Place>) -> NodeRow {
    NodeRow {
        upstream: upstream.to_owned(),
        name: name.to_owned(),
        place,
        state: NodeState::Active,
        metadata: std::collections::BTreeMap::new(),
        created_at: 0,
        revision: Revision(0),
    }
}

impl Node {
    /// Whether it is one of the upstream's now.
    pub(super) fn is_in_use(&self) -> bool {
        match self.state {
            NodeState::Active | NodeState::Draining => true,
            NodeState::Removed => false,
        }
    }
}
