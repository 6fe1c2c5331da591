//! Which nodes are to be checked, and what their checks mean for the choice.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::Chance;
use super::{NodeHandle, Nodes};
use crate::health::{Checked, Condition, next_check, panics};
use crate::model::{NodeInUse, Role};
use crate::time::Moment;

impl Nodes {
    /// The nodes whose checks are due; each is then due again an interval later.
    pub(in super::super) fn checks_due(&mut self, now: Moment, chance: Chance<'_>) -> Vec<NodeHandle> {
        let health = &self.health;
        let slots = self.slots.iter_mut().enumerate();
        let due = slots.filter(|(_, slot)| !slot.is_gone() && slot.check_at.is_some_and(|at| at <= now));
        due.map(|(index, slot)| {
            slot.check_at = Some(next_check(health, now, chance()));
            slot.handle(index)
        })
        .collect()
    }

    /// When the next check is due.
    pub(in super::super) fn next_check(&self) -> Option<Moment> {
        self.each().filter_map(|(_, slot)| slot.check_at).min()
    }

    /// The node of that name.
    pub(in super::super) fn named(&self, name: &str) -> Option<(NodeHandle, &Arc<NodeInUse>)> {
        let (index, slot) = self.each().find(|(_, slot)| *slot.used.node.name == *name)?;
        Some((slot.handle(index), &slot.used))
    }

    /// Takes over what a check showed. The node's condition, where that has changed.
    pub(in super::super) fn checked(
        &mut self,
        handle: NodeHandle,
        checked: Checked,
        now: Moment,
    ) -> Option<Condition> {
        let health = self.health.clone();
        let slot = self.slot_mut(handle)?;
        if checked.result.is_ok() {
            slot.pulse.observe(checked.took, now);
        }
        let changed = slot.health.observe(checked, &health, now);
        let condition = slot.health.condition();
        if changed {
            self.weigh_up();
        }
        changed.then_some(condition)
    }

    /// Ends the slow starts whose time is over.
    pub(in super::super) fn pass_time(&mut self, now: Moment) {
        if self.ramping == 0 {
            return;
        }
        let health = &self.health;
        let ended = self.slots.iter_mut().filter_map(|slot| {
            let over = slot.health.tick(health, now);
            over.then_some(())
        });
        if ended.count() > 0 {
            self.weigh_up();
        }
    }

    /// Decides anew who is shunned: those whose checks fail, where enough others of their role are well.
    pub(super) fn weigh_up(&mut self) {
        let mut roles: HashMap<Role, (usize, usize)> = HashMap::new();
        self.ramping = 0;
        for (_, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.takes()) {
            let (well, all) = roles.entry(slot.role).or_default();
            *all += 1;
            *well += usize::from(slot.health.condition() != Condition::Unhealthy);
            self.ramping += usize::from(slot.health.condition() == Condition::Recovering);
        }
        for slot in &mut self.slots {
            let (well, all) = roles.get(&slot.role).copied().unwrap_or_default();
            slot.shunned =
                slot.health.condition() == Condition::Unhealthy && !panics(well, all, &self.health);
        }
    }
}
