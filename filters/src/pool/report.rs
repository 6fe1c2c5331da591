//! What a pool is doing, for `status` and for whoever asks about one key.

use serde::Serialize;

use super::slot::Slot;
use super::{NodeReport, Policy, Pool, State};
use crate::id::PoolKeyId;
use crate::time::Moment;

/// What a pool is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How the next key is chosen.
    pub policy: Policy,
    /// Pool keys that may serve.
    pub keys: usize,
    /// Of these, keys that could take a request now.
    pub ready: usize,
    /// Of these, keys that rest after a failure.
    pub cooling: usize,
    /// Of those that rest, how many rest for which reason.
    #[serde(skip)]
    pub resting: Resting,
    /// Leases that are out.
    pub in_flight: u32,
    /// Node by node.
    pub nodes: Vec<NodeReport>,
}

/// Keys that do not serve, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resting {
    /// They rest after a failure.
    pub cooling: usize,
    /// Their accounts have run dry.
    pub drained: usize,
    /// Their credentials were refused once.
    pub suspect: usize,
    /// They have yet to show that they work, or people hold them back.
    pub held: usize,
}

impl Resting {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> usize {
        self.cooling + self.drained + self.suspect + self.held
    }
}

/// What one key is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// Which one.
    pub key: PoolKeyId,
    /// How it fares.
    #[serde(flatten)]
    pub state: State,
    /// Milliseconds until it is tried again, where it rests.
    pub rests_ms: Option<u64>,
    /// Leases that are out on it.
    pub in_flight: u32,
    /// Requests served today (UTC).
    pub requests_today: u64,
    /// Anlas spent today (UTC).
    pub anlas_today: u64,
    /// What is thought to be left behind it: millionths of the currency, or Anlas.
    pub left: Option<u64>,
}

impl Pool {
    /// What the pool is doing.
    pub fn report(&mut self, now: Moment) -> Report {
        self.keys.wake(now);
        self.nodes.pass_time(now);
        let resting = self.keys.resting(now);
        Report {
            policy: self.policy,
            keys: self.keys.len(),
            ready: self.keys.ready(),
            cooling: resting.all(),
            resting,
            in_flight: self.nodes.in_flight(),
            nodes: self.nodes.report(now),
        }
    }

    /// What each key is doing, in the order of their ids.
    pub fn report_keys(&mut self, now: Moment) -> Vec<KeyReport> {
        self.keys.wake(now);
        let each = self.keys.each();
        let mut reports: Vec<_> = each.map(|(key, slot)| report(key.id, slot, now)).collect();
        reports.sort_unstable_by_key(|report| report.key);
        reports
    }

    /// What one key is doing, if it is here.
    pub fn report_key(&mut self, key: PoolKeyId, now: Moment) -> Option<KeyReport> {
        self.keys.wake(now);
        let slot = self.keys.slot(key).filter(|slot| !slot.leaving)?;
        Some(report(key, slot, now))
    }
}

fn report(key: PoolKeyId, slot: &Slot, now: Moment) -> KeyReport {
    let until = slot.state.until();
    KeyReport {
        key,
        state: slot.state,
        rests_ms: until.map(|until| until.millis().saturating_sub(now.millis())),
        in_flight: slot.in_flight,
        requests_today: u64::from(slot.today().requests),
        anlas_today: slot.today().anlas,
        left: slot.left(),
    }
}
