//! What a contributor allows others to do with a pool key. Absent is no cap; 0 is never.

use serde::{Deserialize, Serialize};

use super::Hours;
use crate::limit::Limit;

/// A contributor's caps on a pool key. The default caps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Only generations that cost this account nothing.
    pub free_only: bool,
    /// Anlas that may be spent on a day (UTC).
    pub anlas_per_day: Limit,
    /// Anlas that must stay on the account.
    pub keep_anlas: u32,
    /// Requests that may be served on a day (UTC).
    pub requests_per_day: Limit,
    /// Hours of the day in which it may serve.
    pub hours: Hours,
}

impl Caps {
    /// Whether others can use the key at all, at some hour of some day.
    #[must_use]
    pub fn ever_serve(&self) -> bool {
        self.requests_per_day.allows_one_more(0)
    }
}
