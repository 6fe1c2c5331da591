//! How pool keys are probed, as it is written.

use std::num::NonZeroU32;

use potluck_filters::probe::Settings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::scalar::Period;

/// How the accounts of pool keys are asked whether they work and what is left on them. For upstreams of kind
/// `novelai`, and for those that are asked for `credit`. Two of the keys stand for variables of the NovelAI Pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// Whether they are asked. Where not, new pool keys serve at once, nobody checks a refused key, and pool
    /// keys that are a username and password do not work. Was `HEALTH_CHECK_ENABLED`.
    pub enabled: bool,
    /// Between two probes of a pool key that is well. A probe costs nothing. Was
    /// `HEALTH_CHECK_INTERVAL_SECONDS`, 300 there.
    pub interval: Period,
    /// How far the time of each probe is moved at random, in percent of its interval.
    #[schemars(range(max = 100))]
    pub spread: u8,
    /// Most probes a minute, per upstream; what is due beyond that waits. A key's first probe and a login take
    /// one to three more requests.
    #[schemars(range(min = 1, max = 6000))]
    pub per_minute: u32,
    /// Longest wait for the whole of an answer.
    pub timeout: Period,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Period::seconds(600),
            spread: 20,
            per_minute: 60,
            timeout: Period::seconds(15),
        }
    }
}

impl Probe {
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        for (key, period) in [("interval", self.interval), ("timeout", self.timeout)] {
            if period.0.is_zero() {
                faults.push(Fault::new(Path::of("probe").key(key), "must be longer than zero"));
            }
        }
    }
}

impl From<&Probe> for Settings {
    fn from(written: &Probe) -> Self {
        Self {
            enabled: written.enabled,
            interval: written.interval.0,
            spread: written.spread,
            per_minute: NonZeroU32::new(written.per_minute).unwrap_or(NonZeroU32::MIN),
            timeout: written.timeout.0,
        }
    }
}
