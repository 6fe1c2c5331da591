//! Upstreams, and what is switched about them at run time.

use super::Control;
use crate::api::{EditUpstream, Page, Upstream, UpstreamFacts};
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;

impl Control {
    /// All upstreams with what was switched.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn upstream_page(&self) -> Result<Page<Upstream>, ControlError> {
        let policies = self.store.policies().await?;
        let active = self.store.active_nodes().await?;
        let egress = self.upstream_egress().await?;
        let upstream = |facts: &UpstreamFacts| Upstream {
            egress: egress.get(&facts.name).cloned(),
            policy: policies.get(facts.name.as_str()).copied(),
            active_node: active.get(&facts.name).cloned(),
            facts: facts.clone(),
        };
        Ok(Page {
            items: self.upstreams().iter().map(upstream).collect(),
            next: None,
        })
    }

    /// One upstream.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn upstream(&self, name: &str) -> Result<Upstream, ControlError> {
        let facts = self.facts(name)?;
        let policies = self.store.policies().await?;
        Ok(Upstream {
            facts,
            policy: policies.get(name).copied(),
            active_node: self.store.active_nodes().await?.remove(name),
            egress: self.upstream_egress().await?.remove(name),
        })
    }

    /// Switches something about an upstream.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn edit_upstream(
        &self,
        by: &By,
        name: &str,
        edit: EditUpstream,
    ) -> Result<Upstream, ControlError> {
        self.facts(name)?;
        let mut turn = self.turn(by).await?;
        // Outside of the change, which nobody else can make meanwhile.
        let before = self.upstream(name).await?;
        let mut after = before.clone();
        if let Some(policy) = edit.policy {
            turn.change.set_policy(name, policy).await?;
            after.policy = policy;
        }
        if let Some(node) = &edit.active_node {
            turn.prefer(name, node.as_deref()).await?;
            after.active_node.clone_from(node);
        }
        if let Some(list) = &edit.egress {
            turn.assign_to_upstream(name, list.as_deref()).await?;
            after.egress.clone_from(list);
        }
        if edit.policy.is_some() || edit.active_node.is_some() || edit.egress.is_some() {
            let object = Object::named(ObjectKind::Upstream, name);
            let note = Note::new(Act::UpstreamEdited, object).was(&before).is(&after);
            turn.end(note).await?;
        }
        self.upstream(name).await
    }

    pub(super) fn facts(&self, name: &str) -> Result<UpstreamFacts, ControlError> {
        let upstreams = self.upstreams();
        let facts = upstreams.iter().find(|facts| facts.name == name);
        facts.cloned().ok_or_else(|| {
            let names = upstreams.iter().map(|facts| facts.name.clone());
            ControlError::NoUpstream(names.collect())
        })
    }
}
