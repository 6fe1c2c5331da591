//! Probes: whether proxies open ways, found out before a request needs one.
//!
//! Invariant: a probe carries no credential but the proxy's own login.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::header::HOST;
use pingora::http::RequestHeader;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::egress::{By, ProbeReport, Trouble};
use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{BaseUrl, Scheme};

use super::exits::Exit;
use super::tunnel::{Tunnel, trouble_of};
use super::way::{note_failure, worked};
use crate::clock::chance;
use crate::edge::Edge;
use crate::edge::live::{Live, LiveUpstream};

/// Probes at once.
const AT_ONCE: usize = 8;

/// One proxy that an upstream leaves through.
struct Pair {
    upstream: Arc<LiveUpstream>,
    exit: Arc<Exit>,
    /// All proxies of the same list.
    list: Arc<[OutboundProxyId]>,
}

impl Edge {
    /// Probes the outbound proxies whose turn it is. Called from time to time.
    pub async fn probe_proxies(&self) {
        let live = self.live.load_full();
        let mut due = pairs(&live);
        due.retain(|pair| {
            let around = pair.upstream.around();
            let interval = pair.upstream.upstream.egress.probe_interval;
            let name = &pair.upstream.upstream.name;
            let mut standings = around.standings.lock();
            standings.probe_is_due(name, pair.exit.id(), interval, around.clock.now(), chance())
        });
        self.probe_all(due).await;
    }

    /// Probes one outbound proxy now, for each upstream that leaves through it. `None`: there is no such
    /// proxy here, or it is switched off.
    pub async fn check_proxy(&self, id: OutboundProxyId) -> Option<Vec<ProbeReport>> {
        let live = self.live.load_full();
        live.exits.usable(id)?;
        let mut own = pairs(&live);
        own.retain(|pair| pair.exit.id() == id);
        Some(self.probe_all(own).await)
    }

    async fn probe_all(&self, pairs: Vec<Pair>) -> Vec<ProbeReport> {
        let probes = pairs.into_iter().map(|pair| self.probe(pair));
        futures_util::stream::iter(probes)
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    /// `None` for an upstream that has no node to open a way to.
    async fn probe(&self, pair: Pair) -> Option<ProbeReport> {
        let upstream = &pair.upstream.upstream;
        let began = self.clock.now();
        let url = upstream.egress.probe_url.as_ref();
        let first = pair.upstream.nodes.in_use().into_iter().next();
        let target = url.or_else(|| first.as_ref().map(|node| &node.node().base))?;
        let found = match pair.tunnel(target).await {
            Ok((address, tunnel)) if url.is_none() => {
                let address = address.into();
                tunnel.open(&address).await.map(drop)
            }
            Ok((address, tunnel)) => self.fetch(address, tunnel, target).await,
            Err(trouble) => Err(trouble),
        };
        let latency = self.clock.now().since(began);
        let origin = target.origin();
        match found {
            Ok(()) => worked(&pair.upstream, &pair.exit, &origin, (By::Probe, latency)),
            Err(trouble) => {
                let what = (trouble, By::Probe);
                note_failure(&pair.upstream, &pair.list, &pair.exit, &origin, what);
            }
        }
        Some(ProbeReport {
            upstream: upstream.name.to_string(),
            why: found.err(),
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Fetches the URL of a probe over a connection of its own.
    async fn fetch(
        &self,
        address: std::net::SocketAddr,
        tunnel: Tunnel,
        url: &BaseUrl,
    ) -> Result<(), Trouble> {
        let patience = tunnel.patience;
        let mut peer = HttpPeer::new(address, url.scheme == Scheme::Https, url.host.to_string());
        peer.options.connection_timeout = Some(patience);
        peer.options.custom_l4 = Some(Arc::new(tunnel));
        // Never taken from the pool, and never given back to it.
        peer.group_key = u64::MAX;
        let (mut session, _) = self
            .connector
            .get_http_session(&peer)
            .await
            .map_err(|error| trouble_of(&error))?;
        let answered = tokio::time::timeout(patience, async {
            session.write_request_header(head(url)?).await?;
            session.finish_request_body().await?;
            session.read_response_header().await?;
            Ok::<_, Box<pingora::Error>>(session.response_header().map(|head| head.status.as_u16()))
        });
        let status = answered.await.map_err(|_| Trouble::Slow)?;
        match status.map_err(|error| trouble_of(&error))? {
            Some(200..=399) => Ok(()),
            Some(_) | None => Err(Trouble::ProbeRefused),
        }
    }
}

fn head(url: &BaseUrl) -> Result<Box<RequestHeader>, Box<pingora::Error>> {
    let path = if url.prefix.is_empty() { "/" } else { &*url.prefix };
    let mut head = RequestHeader::build("GET", path.as_bytes(), Some(2))?;
    head.insert_header(HOST, url.authority())?;
    head.insert_header("user-agent", "potluck")?;
    Ok(Box::new(head))
}

impl Pair {
    /// The way to open, and where the proxy is.
    async fn tunnel(&self, target: &BaseUrl) -> Result<(std::net::SocketAddr, Tunnel), Trouble> {
        let patience: Duration = self.upstream.upstream.timeouts.connect;
        let address = self.exit.address(patience).await.ok_or(Trouble::Unreachable)?;
        let tunnel = Tunnel {
            proxy: Arc::clone(&self.exit.proxy),
            host: Arc::clone(&target.host),
            port: target.port,
            patience,
        };
        Ok((address, tunnel))
    }
}

/// All that is left through now, each proxy once for each upstream.
fn pairs(live: &Live) -> Vec<Pair> {
    if live.exits.for_request().is_none() {
        return Vec::new();
    }
    let mut pairs: Vec<Pair> = Vec::new();
    let keys = live.snapshot.pool_keys();
    let own = keys.filter_map(|key| Some((&*key.upstream, key.egress.clone()?)));
    let lists = live.snapshot.egress().upstreams.iter();
    let lists = lists.map(|(name, list)| (&**name, Arc::clone(list)));
    for (name, list) in lists.chain(own) {
        let upstream = live.upstreams.iter().find(|one| *one.upstream.name == *name);
        let Some(upstream) = upstream else { continue };
        for exit in list.iter().filter_map(|id| live.exits.usable(*id)) {
            let known = pairs
                .iter()
                .any(|pair| Arc::ptr_eq(&pair.exit, exit) && Arc::ptr_eq(&pair.upstream, upstream));
            if !known {
                pairs.push(Pair {
                    upstream: Arc::clone(upstream),
                    exit: Arc::clone(exit),
                    list: Arc::clone(&list),
                });
            }
        }
    }
    pairs
}
