//! What was seen of proxies that bears on whether they rest, for whoever keeps it: so that other settings can be tried on
//! what has happened.
//!
//! Invariant: of successes in a row only the first is told, so that traffic that goes well makes no journal; bounded.

use std::sync::Arc;
use std::time::Duration;

use super::{By, Trouble};
use crate::id::OutboundProxyId;
use crate::judge::RuleName;

/// Events that wait to be read; more are lost.
const MOST: usize = 4096;

/// What a proxy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// It opened a way, the first time ever or since it last failed.
    Worked,
    /// It opened none.
    Failed {
        /// What was wrong.
        why: Trouble,
        /// How long it rests for that, if a rest began.
        rest: Option<Duration>,
    },
    /// Its failures turned out to be their target's.
    Excused,
    /// The upstream would not have requests from there.
    Unwelcome {
        /// The rule that says so.
        rule: RuleName,
        /// How long it rests for that.
        rest: Duration,
    },
}

/// Something that a proxy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyEvent {
    /// Unix time in milliseconds.
    pub at: i64,
    /// Which one.
    pub proxy: OutboundProxyId,
    /// On the way to which upstream.
    pub upstream: Arc<str>,
    /// Who saw it.
    pub by: By,
    /// What it did.
    pub did: Did,
}

/// The events since the last look.
#[derive(Clone, Debug, Default)]
pub struct ProxyJournal {
    /// In their order.
    pub events: Vec<ProxyEvent>,
    /// How many more there were.
    pub lost: u64,
}

impl ProxyJournal {
    pub(super) fn push(
        &mut self,
        proxy: OutboundProxyId,
        upstream: &Arc<str>,
        (by, did): (By, Did),
        at: i64,
    ) {
        if self.events.len() >= MOST {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        let upstream = Arc::clone(upstream);
        self.events.push(ProxyEvent {
            at,
            proxy,
            upstream,
            by,
            did,
        });
    }
}
