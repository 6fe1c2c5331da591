//! What a check asks, what it expects, and how often.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::Ailment;

/// Statuses in a row.
pub type StatusRange = RangeInclusive<u16>;

/// How the nodes of an upstream are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthSettings {
    /// Whether they are checked by themselves; on demand they are in any case.
    pub enabled: bool,
    /// What is asked, after the node's own prefix; `None`: a connection, with TLS where the node has it, is all.
    pub path: Option<Arc<str>>,
    /// Between two checks of a node.
    pub interval: Duration,
    /// How far the time of each check is moved at random, in percent of the interval.
    pub spread: u8,
    /// Longest wait for the whole of a check.
    pub timeout: Duration,
    /// Statuses of a node that is well. A redirect is an answer like any other: it is not followed.
    pub expect_status: Vec<StatusRange>,
    /// Text that the answer's body contains, where its first 64 KiB are looked at.
    pub expect_body: Option<Arc<str>>,
    /// Failed checks in a row until a node is unhealthy; at least 1.
    pub unhealthy_after: u32,
    /// Good checks in a row until it is healthy again; at least 1.
    pub healthy_after: u32,
    /// How long it takes a node that is healthy again to get all of its share.
    pub slow_start: Duration,
    /// With fewer than so many percent of an upstream's nodes healthy (of a role's, where it has roles), all
    /// are used.
    pub panic_threshold: u8,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            path: None,
            interval: Duration::from_secs(10),
            spread: 20,
            timeout: Duration::from_secs(5),
            expect_status: vec![200..=299],
            expect_body: None,
            unhealthy_after: 3,
            healthy_after: 2,
            slow_start: Duration::from_secs(30),
            panic_threshold: 50,
        }
    }
}

impl HealthSettings {
    /// What an answer says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge(&self, status: u16, body: &[u8]) -> Result<(), Ailment> {
        if !self.expect_status.iter().any(|range| range.contains(&status)) {
            return Err(Ailment::Status(status));
        }
        match self.expect_body.as_deref().map(str::as_bytes) {
            Some(text) if !contains(body, text) => Err(Ailment::Body),
            Some(_) | None => Ok(()),
        }
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}
