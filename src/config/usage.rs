//! The section of the books: how long usage is kept, and how much of it may wait.

use potluck_admin::store::usage::Kept;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::scalar::Size;

/// Less would not hold what one sync brings.
const LEAST_SPOOL: u64 = 1 << 20;

/// What is kept of requests that have ended, and for how long. Days are whole days (UTC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// Days for which each request is kept by itself.
    #[schemars(range(min = 1, max = 3650))]
    pub keep_raw: u32,
    /// Days for which the sums of each minute are kept.
    #[schemars(range(min = 1, max = 366))]
    pub keep_minutes: u32,
    /// Days for which the sums of each hour are kept.
    #[schemars(range(min = 1, max = 3650))]
    pub keep_hours: u32,
    /// Days for which the sums of each day are kept.
    #[schemars(range(min = 1, max = 36500))]
    pub keep_days: u32,
    /// Disk that requests may take in `usage/` of the data folder while the database does not take them. What comes
    /// on top of that is lost to the books, and counted. A request takes about 600 bytes. At least 1MiB.
    pub spool: Size,
}

/// Whether a stream is asked what it used where its client did not ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageOfStreams {
    /// The request goes on as it was sent.
    #[default]
    AsSent,
    /// The relay asks, and hides the answer from the client.
    Ask,
}

impl Default for Usage {
    fn default() -> Self {
        let kept = Kept::default();
        Self {
            keep_raw: kept.events,
            keep_minutes: kept.minutes,
            keep_hours: kept.hours,
            keep_days: kept.days,
            spool: Size::mib(1024),
        }
    }
}

impl Usage {
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        if self.spool.0 < LEAST_SPOOL {
            faults.push(Fault::new(Path::of("usage.spool"), "must be at least 1MiB"));
        }
    }

    /// As the books take it.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept {
            events: self.keep_raw,
            minutes: self.keep_minutes,
            hours: self.keep_hours,
            days: self.keep_days,
        }
    }
}
