//! One node at work.

use std::sync::Arc;

use super::super::{Chance, CheckReport, NodeReport, NodeState};
use super::handle::NodeHandle;
use super::pulse::Pulse;
use crate::health::{Condition, Health, HealthSettings, first_check};
use crate::model::{NodeInUse, Role};
use crate::time::Moment;

#[derive(Debug)]
pub(super) struct NodeSlot {
    pub(super) used: Arc<NodeInUse>,
    pub(super) origin: String,
    /// The node's, where each choice looks at it.
    pub(super) role: Role,
    /// Told from whom stood here before.
    pub(super) life: u32,
    pub(super) state: NodeState,
    pub(super) in_flight: u32,
    pub(super) cooling_until: Moment,
    /// Failures in a row.
    pub(super) streak: u32,
    pub(super) pulse: Pulse,
    pub(super) health: Health,
    /// Its checks fail, and enough others are well: it comes last.
    pub(super) shunned: bool,
    /// When it is checked next; `None` where nodes are not checked by themselves.
    pub(super) check_at: Option<Moment>,
    /// Parts of turns that it has saved up while it is let back in.
    pub(super) turns: f32,
}

impl NodeSlot {
    pub(super) fn new(
        used: &NodeInUse,
        life: u32,
        health: &HealthSettings,
        now: Moment,
        chance: Chance<'_>,
    ) -> Self {
        Self {
            origin: used.node.base.origin(),
            role: used.node.role,
            used: Arc::new(used.clone()),
            life,
            state: NodeState::Active,
            in_flight: 0,
            cooling_until: Moment::default(),
            streak: 0,
            pulse: Pulse::default(),
            health: Health::default(),
            shunned: false,
            check_at: health.enabled.then(|| first_check(health, now, chance())),
            turns: 0.0,
        }
    }

    pub(super) fn handle(&self, index: usize) -> NodeHandle {
        NodeHandle::new(index, self.life)
    }

    /// Whether this is that node, draining or not.
    pub(super) fn holds(&self, used: &NodeInUse) -> bool {
        self.used.node == used.node && self.used.configured == used.configured
    }

    /// Whether it gets new requests.
    pub(super) fn takes(&self) -> bool {
        match self.state {
            NodeState::Active => true,
            NodeState::Draining | NodeState::Removed => false,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.state == NodeState::Removed
    }

    /// Whether this turn is one of those that count while it is let back in.
    pub(super) fn takes_its_turn(&mut self, health: &HealthSettings, now: Moment) -> bool {
        if self.health.condition() != Condition::Recovering {
            return true;
        }
        self.turns += self.health.share(health, now);
        let whole = self.turns >= 1.0;
        if whole {
            self.turns -= 1.0;
        }
        whole
    }

    pub(super) fn report(&self, preferred: bool, now: Moment) -> NodeReport {
        let (node, health) = (&self.used.node, &self.health);
        let last = health.last();
        let millis = |since: Moment| now.millis().saturating_sub(since.millis());
        NodeReport {
            node: node.name.to_string(),
            url: node.base.to_string(),
            role: node.role,
            state: self.state,
            preferred,
            health: health.condition(),
            health_for_ms: last.map(|_| millis(health.since())),
            last_check: last.map(|(checked, ended)| CheckReport::new(&checked, ended, now)),
            in_flight: self.in_flight,
            cooling: self.cooling_until > now,
            latency_ms: self.pulse.ms(now).map(u64::from),
        }
    }
}
