//! How the outbound proxies fare, for whoever asks; and forgetting those that are gone.

use potluck_filters::egress::ProxyReport;
use potluck_filters::id::OutboundProxyId;

use crate::edge::Edge;

impl Edge {
    /// How an outbound proxy fares, with what happened to it lately. `None` where there is none with this id.
    #[must_use]
    pub fn proxy_report(&self, id: OutboundProxyId) -> Option<ProxyReport> {
        self.live.load().exits.get(id)?;
        Some(self.around.standings.lock().report(id, self.clock.now()))
    }

    /// Forgets the proxies and upstreams that are gone.
    pub(in crate::edge) fn tidy_proxies(&self) {
        let live = self.live.load();
        self.around.standings.lock().keep(
            |id| live.exits.get(id).is_some(),
            |name| live.upstreams.iter().any(|one| *one.upstream.name == *name),
        );
    }
}
