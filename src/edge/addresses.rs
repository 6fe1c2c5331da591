//! Where a node is: its name looked up without blocking, its connection settings made ready.
//!
//! Pingora's own look-up blocks a worker and panics on an unknown name, so it is never used: peers
//! are made of socket addresses only. A failed look-up keeps the addresses of the last good one.
//!
//! Invariant: a peer is made of an address that was judged, and of nothing else, so what a name leads to
//! between that and the connection makes no difference.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;
use pingora::listeners::ALPN;
use pingora::tls::x509::X509;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::address::{allowed, judge};
use potluck_filters::model::{HttpVersion, Network, Node, NodeInUse, Scheme, Upstream};
use potluck_filters::time::Moment;

use super::egress::PeersThrough;
use super::peer::{IDLE, Peer};

const H2_PING: Duration = Duration::from_secs(30);
const H2_STREAMS: usize = 100;

/// A node and its peers.
pub(super) struct NodeAddresses {
    node: Node,
    configured: bool,
    /// Private networks that it may be in.
    allowed: Arc<[Network]>,
    /// `Host` and `:authority`, made once. `None` for a host that can be neither.
    authority: Option<HeaderValue>,
    connect: Duration,
    write: Duration,
    ca: Option<Arc<Box<[X509]>>>,
    peers: ArcSwap<Vec<Arc<Peer>>>,
    turn: AtomicUsize,
    /// Whether the last look-up found nothing.
    missing: AtomicBool,
    /// Whether a look-up has ended.
    looked_up: AtomicBool,
    /// Its peers behind outbound proxies.
    pub(super) through: PeersThrough,
}

impl NodeAddresses {
    pub(super) fn new(used: &NodeInUse, upstream: &Upstream) -> Self {
        let node = &used.node;
        let ca = upstream
            .ca_pem
            .as_ref()
            .and_then(|pem| X509::stack_from_pem(pem.as_bytes()).ok());
        let new = Self {
            node: node.clone(),
            configured: used.configured,
            allowed: allowed(&node.base, used.configured, &upstream.private_networks),
            authority: HeaderValue::try_from(node.base.authority()).ok(),
            connect: upstream.timeouts.connect,
            write: upstream.timeouts.write,
            ca: ca.map(|stack| Arc::new(stack.into_boxed_slice())),
            peers: ArcSwap::default(),
            turn: AtomicUsize::new(0),
            missing: AtomicBool::new(false),
            looked_up: AtomicBool::new(false),
            through: PeersThrough::default(),
        };
        if let Ok(ip) = node.base.host.parse() {
            new.take(vec![SocketAddr::new(ip, node.base.port)]);
        }
        new
    }

    /// Whether this is that node.
    pub(super) fn is_of(&self, used: &NodeInUse) -> bool {
        self.node == used.node && self.configured == used.configured
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    /// What goes into `Host`.
    pub(super) fn authority(&self) -> Option<&HeaderValue> {
        self.authority.as_ref()
    }

    /// The peer to use next, or `None` while the name has never been found.
    pub(super) fn next(&self) -> Option<Arc<Peer>> {
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

    /// The peer to use next, for a node that has perhaps never been looked up: it is new then, and this
    /// request is the first to need it.
    pub(super) async fn found(&self) -> Option<Arc<Peer>> {
        let peer = self.next();
        // Relaxed: a second look-up would do no harm.
        if peer.is_some() || self.looked_up.load(Ordering::Relaxed) {
            return peer;
        }
        // Off the usual way, so its future is not part of every request's. The system bounds a look-up, and
        // a request may wait for it as long as for a connection.
        let _ = tokio::time::timeout(self.connect, Box::pin(self.resolve())).await;
        self.next()
    }

    /// Looks the name up again. Address literals need no look-up.
    pub(super) async fn resolve(&self) {
        let (host, port) = (&*self.node.base.host, self.node.base.port);
        if host.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        match tokio::net::lookup_host((host, port)).await {
            Ok(found) => self.take(found.collect()),
            Err(error) => self.warn_once(&error),
        }
        self.looked_up.store(true, Ordering::Relaxed);
    }

    /// Says why there is no address, once until there is one again.
    fn warn_once(&self, why: &dyn Display) {
        // Relaxed: it only keeps the log from saying the same thing again and again.
        if !self.missing.swap(true, Ordering::Relaxed) {
            let (node, host) = (&*self.node.name, &*self.node.base.host);
            tracing::warn!(%node, %host, %why, "no address to connect to; trying again");
        }
    }

    /// Whether the name has never been found.
    pub(super) fn is_unknown(&self) -> bool {
        self.peers.load().is_empty()
    }

    /// Takes over the addresses that may be connected to. Where there is none, those of before are kept.
    fn take(&self, found: Vec<SocketAddr>) {
        let (mut good, mut refused) = (Vec::new(), None);
        for address in found {
            match judge(address.ip(), &self.allowed) {
                Ok(()) => good.push(address),
                Err(why) => refused = Some(format!("{} {why}", address.ip())),
            }
        }
        if good.is_empty() {
            self.warn_once(&refused.as_deref().unwrap_or("nothing was found"));
            return;
        }
        self.missing.store(false, Ordering::Relaxed);
        good.sort_unstable();
        good.dedup();
        let old = self.peers.load();
        let same = old
            .iter()
            .map(|peer| peer.http._address.as_inet().copied())
            .eq(good.iter().copied().map(Some));
        if !same {
            // Those that stay keep their connections.
            let at = |address| move |peer: &&Arc<Peer>| peer.http._address.as_inet() == Some(address);
            let peers = good.iter().map(|address| {
                let kept = old.iter().find(at(address));
                kept.map_or_else(|| Peer::new(self.peer_at(*address)), Arc::clone)
            });
            self.peers.store(Arc::new(peers.collect()));
        }
    }

    /// Closes connections that will not serve again.
    pub(super) fn tidy(&self, now: Moment) {
        self.peers.load().iter().for_each(|peer| peer.tidy(now));
        self.through.tidy(now);
    }

    /// Whether it is an address literal that nothing may connect to, through a proxy neither.
    pub(super) fn is_out_of_bounds(&self) -> bool {
        self.is_unknown() && self.node.base.host.parse::<std::net::IpAddr>().is_ok()
    }

    /// How the node is spoken to by way of `address`.
    pub(super) fn peer_at(&self, address: SocketAddr) -> HttpPeer {
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
        peer
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use potluck_filters::model::Role;

    use super::*;
    use crate::config::Config;

    /// An added node of that name, and what it would connect to once its name has led to each of these.
    fn peers(url: &str, private: &[&str], found: &[&[&str]]) -> Vec<String> {
        let layout = Config::default().layout().unwrap();
        let upstream = Upstream {
            private_networks: private.iter().map(|network| network.parse().unwrap()).collect(),
            ..layout.upstreams[1].clone()
        };
        let node = Node {
            name: "x".into(),
            role: Role::Any,
            base: url.parse().unwrap(),
            http: HttpVersion::Auto,
        };
        let (draining, configured) = (false, false);
        let used = NodeInUse {
            node,
            draining,
            configured,
        };
        let place = NodeAddresses::new(&used, &upstream);
        for addresses in found {
            let addresses = addresses.iter().map(|ip| ip.parse::<IpAddr>().unwrap());
            place.take(addresses.map(|ip| SocketAddr::new(ip, 443)).collect());
        }
        let peers = place.peers.load();
        peers.iter().map(|peer| peer.http._address.to_string()).collect()
    }

    #[test]
    fn a_name_that_leads_elsewhere_later_moves_no_connection_inside() {
        let url = "https://gpu.example";
        let inside: &[&str] = &[
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::1",
            "::ffff:10.0.0.1",
        ];
        assert_eq!(peers(url, &[], &[inside]), [""; 0]);
        assert_eq!(peers(url, &[], &[&["1.1.1.1"], inside]), ["1.1.1.1:443"]);
        assert_eq!(
            peers(url, &[], &[&["10.0.0.1", "1.1.1.1", "::1"]]),
            ["1.1.1.1:443"]
        );
        assert_eq!(peers(url, &[], &[&["1.1.1.1"], &["8.8.8.8"]]), ["8.8.8.8:443"]);
        let allowed = peers(url, &["10.0.0.0/8"], &[inside]);
        assert_eq!(allowed, ["10.0.0.1:443", "[::ffff:10.0.0.1]:443"]);
        assert_eq!(
            peers(url, &["0.0.0.0/0", "::/0"], &[&["169.254.169.254"]]),
            [""; 0]
        );
    }

    #[test]
    fn literal_addresses_are_judged_like_those_that_are_found() {
        assert_eq!(peers("https://10.0.0.1", &[], &[]), [""; 0]);
        assert_eq!(peers("https://10.0.0.1", &["10.0.0.0/8"], &[]), ["10.0.0.1:443"]);
        assert_eq!(peers("https://1.1.1.1:8443", &[], &[]), ["1.1.1.1:8443"]);
    }
}
