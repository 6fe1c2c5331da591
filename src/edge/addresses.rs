//! Where a node is: its name looked up without blocking, its connection settings made ready.
//!
//! Pingora's own look-up blocks a worker and panics on an unknown name, so it is never used: peers
//! are made of socket addresses only. A failed look-up keeps the addresses of the last good one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;
use pingora::listeners::ALPN;
use pingora::tls::x509::X509;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::model::{HttpVersion, Node, Scheme, Upstream};

/// How long an idle connection to a node is kept; below what common origins keep theirs.
const IDLE: Duration = Duration::from_secs(55);
const H2_PING: Duration = Duration::from_secs(30);
const H2_STREAMS: usize = 100;

/// A node and its peers.
pub(super) struct NodeAddresses {
    node: Node,
    /// `Host` and `:authority`, made once. `None` for a host that can be neither.
    authority: Option<HeaderValue>,
    connect: Duration,
    write: Duration,
    ca: Option<Arc<Box<[X509]>>>,
    peers: ArcSwap<Vec<Arc<HttpPeer>>>,
    turn: AtomicUsize,
    /// Whether the last look-up found nothing.
    missing: AtomicBool,
}

impl NodeAddresses {
    pub(super) fn new(node: &Node, upstream: &Upstream) -> Self {
        let ca = upstream
            .ca_pem
            .as_ref()
            .and_then(|pem| X509::stack_from_pem(pem.as_bytes()).ok());
        let new = Self {
            node: node.clone(),
            authority: HeaderValue::try_from(node.base.authority()).ok(),
            connect: upstream.timeouts.connect,
            write: upstream.timeouts.write,
            ca: ca.map(|stack| Arc::new(stack.into_boxed_slice())),
            peers: ArcSwap::default(),
            turn: AtomicUsize::new(0),
            missing: AtomicBool::new(false),
        };
        if let Ok(ip) = node.base.host.parse() {
            new.peers
                .store(Arc::new(vec![new.peer(SocketAddr::new(ip, node.base.port))]));
        }
        new
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    /// What goes into `Host`.
    pub(super) fn authority(&self) -> Option<&HeaderValue> {
        self.authority.as_ref()
    }

    /// The peer to use next, or `None` while the name has never been found.
    pub(super) fn next(&self) -> Option<Arc<HttpPeer>> {
        let peers = self.peers.load();
        match peers.as_slice() {
            [] => None,
            [only] => Some(Arc::clone(only)),
            // Relaxed: a turn taken twice or left out only shifts the spread.
            many => many
                .get(self.turn.fetch_add(1, Ordering::Relaxed) % many.len())
                .map(Arc::clone),
        }
    }

    /// Looks the name up again. Address literals need no look-up.
    pub(super) async fn resolve(&self) {
        let (host, port) = (&*self.node.base.host, self.node.base.port);
        if host.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        match tokio::net::lookup_host((host, port)).await {
            Ok(found) => {
                self.missing.store(false, Ordering::Relaxed);
                self.take(found.collect());
            }
            // Relaxed: it only keeps the log from saying the same thing again and again.
            Err(error) if !self.missing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(node = %self.node.name, %host, %error, "name not found; trying again");
            }
            Err(_) => {}
        }
    }

    /// Whether the name has never been found.
    pub(super) fn is_unknown(&self) -> bool {
        self.peers.load().is_empty()
    }

    fn take(&self, mut found: Vec<SocketAddr>) {
        found.sort_unstable();
        found.dedup();
        let old = self.peers.load();
        let same = old
            .iter()
            .map(|peer| peer._address.as_inet().copied())
            .eq(found.iter().copied().map(Some));
        if !found.is_empty() && !same {
            self.peers.store(Arc::new(
                found.into_iter().map(|address| self.peer(address)).collect(),
            ));
        }
    }

    fn peer(&self, address: SocketAddr) -> Arc<HttpPeer> {
        let tls = self.node.base.scheme == Scheme::Https;
        // With an empty name the certificate would not be checked: the host is never empty.
        let mut peer = HttpPeer::new(address, tls, self.node.base.host.to_string());
        peer.options.alpn = match (self.node.http, self.node.base.scheme) {
            (HttpVersion::Auto, Scheme::Https) => ALPN::H2H1,
            (HttpVersion::H2, _) => ALPN::H2,
            (HttpVersion::H1, _) | (HttpVersion::Auto, Scheme::Http) => ALPN::H1,
        };
        peer.options.ca.clone_from(&self.ca);
        peer.options.connection_timeout = Some(self.connect);
        peer.options.total_connection_timeout = Some(self.connect);
        peer.options.write_timeout = Some(self.write);
        peer.options.idle_timeout = Some(IDLE);
        peer.options.max_h2_streams = H2_STREAMS;
        peer.options.h2_ping_interval = Some(H2_PING);
        Arc::new(peer)
    }
}
