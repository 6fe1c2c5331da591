//! Who waits for a pool key, and how long, as it is written.

use potluck_filters::queue::QueueSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::Period;

/// What happens while all pool keys that could serve a request are busy: it waits, in turns that are fair among users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// Longest wait. A route may say otherwise, and a client may ask for less with `x-potluck-max-wait`. Many
    /// clients give up after 30 seconds. `0s`: nobody waits.
    pub max_wait: Period,
    /// Most requests that wait at once. Beyond, the newest of the user with most of them is refused.
    #[schemars(range(min = 0, max = 100_000))]
    pub per_upstream: u32,
    /// Most requests of one user that wait at once.
    #[schemars(range(min = 1, max = 100_000))]
    pub per_user: u32,
}

impl Default for Queue {
    fn default() -> Self {
        let settings = QueueSettings::default();
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            max_wait: Period(settings.max_wait),
            per_upstream: count(settings.per_upstream),
            per_user: count(settings.per_user),
        }
    }
}

impl From<&Queue> for QueueSettings {
    fn from(queue: &Queue) -> Self {
        Self {
            max_wait: queue.max_wait.0,
            per_upstream: queue.per_upstream as usize,
            per_user: queue.per_user as usize,
        }
    }
}
