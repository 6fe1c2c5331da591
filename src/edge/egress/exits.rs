//! The snapshot's outbound proxies, made ready to be left through.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use potluck_filters::egress::Egress;
use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{OutboundProxy, PoolKey, ProxyUrl, may_be_proxy};

/// All proxies of one snapshot.
#[derive(Default)]
pub(in crate::edge) struct Exits {
    egress: Arc<Egress>,
    by_id: HashMap<OutboundProxyId, Arc<Exit>>,
    /// The generation of the next proxy.
    next: u64,
}

/// One proxy.
pub(in crate::edge) struct Exit {
    pub(in crate::edge) proxy: Arc<OutboundProxy>,
    /// Part of what connections are pooled by: those of a proxy that is gone or was changed are not used again.
    pub(super) generation: u64,
    addresses: ArcSwap<Vec<SocketAddr>>,
    turn: AtomicUsize,
}

impl Exits {
    /// The proxies of `egress`. What did not change is taken over, with its connections.
    pub(in crate::edge) fn of(egress: &Arc<Egress>, before: Option<&Arc<Self>>) -> Arc<Self> {
        let (known, mut next) = match before {
            Some(before) if before.egress == *egress => return Arc::clone(before),
            Some(before) => (Some(&before.by_id), before.next),
            None => (None, 1),
        };
        let exit = |(id, proxy): (&OutboundProxyId, &OutboundProxy)| {
            let kept = known
                .and_then(|known| known.get(id))
                .filter(|e| *e.proxy == *proxy);
            let exit = kept.map(Arc::clone).unwrap_or_else(|| {
                next += 1;
                Arc::new(Exit::new(proxy, next))
            });
            (*id, exit)
        };
        let by_id = egress.proxies.iter().map(exit).collect();
        Arc::new(Self {
            egress: Arc::clone(egress),
            by_id,
            next,
        })
    }

    /// These, for a request to keep; nothing where there are none.
    pub(in crate::edge) fn for_request(self: &Arc<Self>) -> Option<Arc<Self>> {
        (!self.by_id.is_empty()).then(|| Arc::clone(self))
    }

    /// The proxies that a request leaves through.
    pub(super) fn list<'a>(&'a self, upstream: &str, key: Option<&'a PoolKey>) -> &'a [OutboundProxyId] {
        self.egress.list(upstream, key)
    }

    /// The proxy with that id, if it may be used.
    pub(in crate::edge) fn usable(&self, id: OutboundProxyId) -> Option<&Arc<Exit>> {
        self.by_id.get(&id).filter(|exit| exit.proxy.enabled)
    }

    pub(super) fn get(&self, id: OutboundProxyId) -> Option<&Arc<Exit>> {
        self.by_id.get(&id)
    }

    pub(in crate::edge) fn each(&self) -> impl Iterator<Item = &Arc<Exit>> {
        self.by_id.values()
    }

    /// Looks the names of proxies up again: all, or those that were never found.
    pub(in crate::edge) async fn resolve(&self, all: bool) {
        let wanted = self.each().filter(|exit| all || exit.addresses.load().is_empty());
        futures_util::future::join_all(wanted.map(|exit| exit.resolve())).await;
    }
}

impl Exit {
    fn new(proxy: &OutboundProxy, generation: u64) -> Self {
        let literal = proxy.url.host.parse().ok();
        let literal = literal.map(|ip| SocketAddr::new(ip, proxy.url.port));
        Self {
            proxy: Arc::new(proxy.clone()),
            generation,
            addresses: ArcSwap::from_pointee(literal.into_iter().filter(may_be).collect()),
            turn: AtomicUsize::new(0),
        }
    }

    pub(in crate::edge) fn id(&self) -> OutboundProxyId {
        self.proxy.id
    }

    /// Where to connect next; a name that was never found is looked up now, for at most so long.
    pub(super) async fn address(&self, patience: Duration) -> Option<SocketAddr> {
        if let Some(known) = self.known() {
            return Some(known);
        }
        // What it finds is kept for others, also when it comes too late for this one.
        let _ = tokio::time::timeout(patience, self.resolve()).await;
        self.known()
    }

    fn known(&self) -> Option<SocketAddr> {
        let known = self.addresses.load();
        // Relaxed: a turn taken twice or left out only shifts the spread.
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        known.get(turn.checked_rem(known.len())?).copied()
    }

    /// A look-up that finds nothing keeps what the last good one found.
    async fn resolve(&self) {
        if self.proxy.url.host.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        let found = look_up(&self.proxy.url).await;
        if !found.is_empty() && **self.addresses.load() != found {
            self.addresses.store(Arc::new(found));
        }
    }
}

/// Where a proxy is, as far as one may be there; nothing where its name is not known.
pub(super) async fn look_up(url: &ProxyUrl) -> Vec<SocketAddr> {
    let Ok(found) = tokio::net::lookup_host((&*url.host, url.port)).await else {
        return Vec::new();
    };
    let mut found: Vec<SocketAddr> = found.filter(may_be).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn may_be(address: &SocketAddr) -> bool {
    may_be_proxy(address.ip()).is_ok()
}
