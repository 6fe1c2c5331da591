//! The nodes of an upstream: in flight, cooling, and the next one to take.
//!
//! Invariant: a cool-down never removes the last way. When all nodes that could serve are cooling,
//! the one that comes back first is used.

use std::time::Duration;

use super::latency::Latency;
use super::{NodeReport, NodeState, Policy, Want};
use crate::health::Condition;
use crate::model::{Role, Upstream};
use crate::time::Moment;

#[derive(Debug)]
struct NodeSlot {
    role: Role,
    origin: String,
    in_flight: u32,
    cooling_until: Moment,
    streak: u32,
    latency: Latency,
}

/// All nodes, in the order of the layout.
#[derive(Debug)]
pub(super) struct Nodes {
    slots: Vec<NodeSlot>,
    cursor: usize,
}

impl Nodes {
    pub(super) fn new(upstream: &Upstream) -> Self {
        let slot = |node: &crate::model::Node| NodeSlot {
            role: node.role,
            origin: node.base.origin(),
            in_flight: 0,
            cooling_until: Moment::default(),
            streak: 0,
            latency: Latency::default(),
        };
        Self {
            slots: upstream.nodes.iter().map(slot).collect(),
            cursor: 0,
        }
    }

    /// Indices of the nodes that a key with these origins may be sent to.
    pub(super) fn bound_to(&self, origins: &[Box<str>]) -> Box<[usize]> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter(|(_, n)| origins.iter().any(|o| **o == *n.origin))
            .map(|(i, _)| i)
            .collect()
    }

    /// Whether one of `bound` could serve this request at all.
    pub(super) fn could_serve(&self, want: &Want<'_>, bound: &[usize]) -> bool {
        bound.iter().any(|index| self.serves(want, *index))
    }

    fn serves(&self, want: &Want<'_>, index: usize) -> bool {
        self.slots.get(index).is_some_and(|node| node.role == want.role) && !want.tried_nodes.contains(&index)
    }

    /// The next node of the policy among `bound` (all, if `None`).
    pub(super) fn choose(
        &mut self,
        policy: Policy,
        want: &Want<'_>,
        bound: Option<&[usize]>,
        now: Moment,
    ) -> Option<usize> {
        let len = self.slots.len();
        let rank = |index: usize, node: &NodeSlot| {
            let back = if node.cooling_until <= now {
                Moment::default()
            } else {
                node.cooling_until
            };
            let busy = match policy {
                Policy::RoundRobin | Policy::ActiveFirst | Policy::CreditWeighted => 0,
                Policy::LeastBusy => u64::from(node.in_flight),
                // Nodes are few: all are looked at, not only two.
                Policy::LeastLatency => node.latency.score(node.in_flight),
            };
            (back, busy, (index + len - self.cursor % len) % len)
        };
        let usable = |index: &usize| self.serves(want, *index) && bound.is_none_or(|b| b.contains(index));
        let indexed = self.slots.iter().enumerate().filter(|(index, _)| usable(index));
        let (index, _) = indexed.min_by_key(|(index, node)| rank(*index, node))?;
        self.cursor = match policy {
            // Stays while it is well: one that rests comes last by itself.
            Policy::ActiveFirst => index,
            Policy::RoundRobin | Policy::LeastLatency | Policy::LeastBusy | Policy::CreditWeighted => {
                index + 1
            }
        };
        Some(index)
    }

    pub(super) fn lease(&mut self, index: usize) {
        if let Some(node) = self.slots.get_mut(index) {
            node.in_flight += 1;
        }
    }

    pub(super) fn release(
        &mut self,
        index: usize,
        well: bool,
        cool: Option<&dyn Fn(u32) -> Duration>,
        now: Moment,
    ) {
        let Some(node) = self.slots.get_mut(index) else {
            return;
        };
        node.in_flight = node.in_flight.saturating_sub(1);
        if well {
            node.streak = 0;
        }
        if let Some(cool) = cool {
            node.streak = node.streak.saturating_add(1);
            node.cooling_until = node.cooling_until.max(now + cool(node.streak));
        }
    }

    /// Notes how soon the node's answer began.
    pub(super) fn observe(&mut self, index: usize, first_byte: Option<Duration>) {
        if let (Some(node), Some(span)) = (self.slots.get_mut(index), first_byte) {
            node.latency.observe(span);
        }
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.slots.iter().map(|node| node.in_flight).sum()
    }

    pub(super) fn report(&self, upstream: &Upstream, now: Moment) -> Vec<NodeReport> {
        let named = upstream.nodes.iter().zip(&self.slots);
        named
            .map(|(node, slot)| NodeReport {
                node: node.name.to_string(),
                url: node.base.to_string(),
                role: node.role,
                state: NodeState::Active,
                preferred: false,
                health: Condition::Unknown,
                health_for_ms: None,
                last_check: None,
                in_flight: slot.in_flight,
                cooling: slot.cooling_until > now,
                latency_ms: None,
            })
            .collect()
    }
}
