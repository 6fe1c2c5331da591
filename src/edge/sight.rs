//! What an edge has seen of pool keys and outbound proxies, for whoever keeps the history of it.
//!
//! Invariant: nothing here is on a request's way; what is read was written down where something changed.

use potluck_filters::egress::{ProxyJournal, ProxyReport};
use potluck_filters::finding::{FailedAttempt, SpoolScene};
use potluck_filters::pool::Journal;

use super::Edge;

impl Edge {
    /// When pool keys began and ended to rest, since the last time somebody asked.
    #[must_use]
    pub fn take_key_moves(&self) -> Journal {
        let live = self.live.load();
        let mut all = Journal::default();
        for upstream in &live.upstreams {
            let own = upstream
                .desk
                .look(|scheduler, now| scheduler.pool().take_journal(now));
            all.moves.extend(own.moves);
            all.lost |= own.lost;
        }
        all.moves.sort_by_key(|one| one.at);
        all
    }

    /// How each outbound proxy fares, without what happened to it; and whether it may be used.
    #[must_use]
    pub fn proxy_standings(&self) -> Vec<(ProxyReport, bool)> {
        let live = self.live.load();
        if live.exits.for_request().is_none() {
            return Vec::new();
        }
        let now = self.clock.now();
        let standings = self.around.standings.lock();
        let proxies = live.snapshot.egress().proxies.keys().copied();
        proxies
            .map(|id| (standings.standing(id, now), live.exits.usable(id).is_some()))
            .collect()
    }

    /// Attempts that failed by more than their client's fault, since the last time somebody asked.
    #[must_use]
    pub fn take_failed(&self) -> Vec<(String, FailedAttempt)> {
        self.around.failed.take()
    }

    /// Requests of an upstream that have ended since the start, and those of them that failed by no fault of the client.
    #[must_use]
    pub fn ended_requests(&self, upstream: &str) -> Option<(u64, u64)> {
        let live = self.live.load();
        let live = live
            .upstreams
            .iter()
            .find(|live| *live.upstream.name == *upstream)?;
        Some(live.tally.ended_and_failed())
    }

    /// What waits to be written into the books, as far as it is known here.
    #[must_use]
    pub fn spool_scene(&self) -> Option<SpoolScene> {
        let report = self.usage()?;
        Some(SpoolScene {
            bytes: report.waiting_bytes,
            most: report.most_bytes,
            lost: report.lost,
        })
    }

    /// What was seen of outbound proxies since the last time somebody asked.
    #[must_use]
    pub fn take_proxy_events(&self) -> ProxyJournal {
        self.around.standings.lock().take_journal()
    }
}
