//! Why the keys of a pool stand by while a request finds none: for whoever asks later why it waited or was refused.
//!
//! Bounded, however many keys there are: a few are named, the others counted by what is known of them without a look
//! at each.

use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::slot::Slot;
use super::{Pool, State, Want};
use crate::id::PoolKeyId;
use crate::time::Moment;

/// Keys that are named.
const NAMED: usize = 16;
/// Keys that are looked at for that.
const LOOKS: usize = 64;

/// Why a key does not take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedOver {
    /// This request has tried it.
    Tried,
    /// It may not go to the nodes that the request is for, or is not the operator's own where it has to be.
    Unsuited,
    /// All its leases are out.
    Leased,
    /// It rests after a failure.
    Cooling,
    /// Its account has run dry.
    Drained,
    /// Its credential was refused once, and is being looked at.
    Suspect,
    /// The model that is asked for rests on it.
    ModelRests,
    /// This is none of the hours in which it may serve.
    OutOfHours,
    /// It has served as much today as it may.
    CapReached,
    /// Its balance, its contributor's rules or whoever asks do not cover what the request costs.
    Unaffordable,
    /// It has less credit than the policy takes.
    LowCredit,
    /// It could take the request.
    Ready,
}

/// One key, and why it does not take the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Candidate {
    /// Which one.
    pub pool_key: PoolKeyId,
    /// Why not.
    pub why: PassedOver,
    /// Milliseconds until that ends by itself, where it does.
    pub back_in_ms: Option<u64>,
}

/// The keys of a pool, as a request met them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Census {
    /// All that may serve.
    pub keys: usize,
    /// Of these, keys that could have taken some request.
    pub ready: usize,
    /// Of these, keys of a kind that may not serve this one.
    pub unsuited: usize,
    /// Some of them by name.
    pub named: Vec<Candidate>,
}

impl Pool {
    /// How the keys stand to a request now.
    pub fn census(&mut self, want: &Want<'_>, now: Moment) -> Census {
        self.keys.wake(now);
        let named = self.keys.each().take(LOOKS).map(|(key, slot)| {
            let (why, until) = self.keys.passed_over(key.id, slot, want, (&self.nodes, now));
            let back_in_ms = until.map(|until| until.millis().saturating_sub(now.millis()));
            Candidate {
                pool_key: key.id,
                why,
                back_in_ms,
            }
        });
        let mut named: Vec<_> = named.collect();
        // Those that nearly could are told first.
        named.sort_by_key(|one| {
            (
                one.why == PassedOver::Unsuited,
                one.back_in_ms.unwrap_or(u64::MAX),
            )
        });
        named.truncate(NAMED);
        Census {
            keys: self.keys.len(),
            ready: self.keys.ready(),
            unsuited: self.keys.unsuited(want, &self.nodes),
            named,
        }
    }
}

impl Keys {
    fn passed_over(
        &self,
        id: PoolKeyId,
        slot: &Slot,
        want: &Want<'_>,
        (nodes, now): (&super::Nodes, Moment),
    ) -> (PassedOver, Option<Moment>) {
        let Some(traits) = self.traits_of(slot) else {
            return (PassedOver::Unsuited, None);
        };
        if want.tried_keys.contains(&id) {
            return (PassedOver::Tried, None);
        }
        if !traits.suit(want, nodes) || want.only_key.is_some_and(|only| only != id) {
            return (PassedOver::Unsuited, None);
        }
        if let Some(rests) = resting(slot.state).filter(|_| !slot.state.serves(now)) {
            return (rests, slot.state.until());
        }
        if let Some(until) = slot.bars(want.model) {
            return (PassedOver::ModelRests, Some(until));
        }
        let anlas = traits.cost(want);
        match () {
            () if !slot.open => (PassedOver::OutOfHours, self.next_turn(slot, now)),
            () if slot.spent.is_exhausted() => (PassedOver::CapReached, Some(self.midnight())),
            () if slot.is_poor(self.policy()) => (PassedOver::LowCredit, None),
            () if anlas > want.most || slot.could_spend() <= anlas => (PassedOver::Unaffordable, None),
            () if slot.in_flight >= slot.concurrency => (PassedOver::Leased, None),
            () => (PassedOver::Ready, None),
        }
    }
}

/// The word for a state in which a key rests.
fn resting(state: State) -> Option<PassedOver> {
    match state {
        State::Healthy => None,
        State::Cooling { .. } => Some(PassedOver::Cooling),
        State::Drained { .. } => Some(PassedOver::Drained),
        State::Suspect { .. } => Some(PassedOver::Suspect),
        // Not on an edge.
        State::Pending | State::Invalid | State::Paused | State::Withdrawn => Some(PassedOver::Unsuited),
    }
}
