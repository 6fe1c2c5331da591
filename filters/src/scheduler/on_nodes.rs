//! What a change of nodes and keys means for those who wait.

use super::{Effect, Refused, Scheduler};
use crate::model::NodeSet;
use crate::pool::Chance;
use crate::time::Moment;

impl Scheduler {
    /// From now on these are the upstream's nodes. Who waits and can be served on a new one is.
    pub fn set_nodes(&mut self, set: &NodeSet, now: Moment, chance: Chance<'_>) -> Vec<Effect> {
        self.pool.set_nodes(set, now, chance);
        let mut effects = self.serve(now);
        while let Some(effect) = self.served_elsewhere(now, chance) {
            effects.push(effect);
        }
        effects
    }

    /// Refuses whom nobody can serve any more, whatever becomes free. Called when all of a change of nodes and
    /// keys is known: in between, somebody may seem to have no way who gets one with the rest of it.
    pub fn turn_away(&mut self) -> Vec<Effect> {
        let pool = &mut self.pool;
        let hopeless = self.queue.all(|class| pool.hopeless(&class.want()));
        let mut effects = Vec::with_capacity(hopeless.len());
        for (id, why) in hopeless {
            self.queue.leave(id);
            self.refused += 1;
            effects.push(Effect::Refuse(id, Refused::NoWay(why)));
        }
        effects
    }

    /// Serves the first waiter for whom there is a way that no slot told of.
    fn served_elsewhere(&mut self, now: Moment, chance: Chance<'_>) -> Option<Effect> {
        let pool = &mut self.pool;
        let (id, class) = self.queue.first(|class| pool.has_way(&class.want()))?;
        let lease = self.pool.acquire(&class.want(), now, chance).ok()?;
        Some(self.wake(id, lease, now))
    }
}
