//! What Pingora connects to: a node behind a proxy.
//!
//! Invariants: the peer's address is the proxy's, since Pingora uses a pooled connection again only where
//! its socket leads to the peer's address; the group key tells targets and proxies apart, so that no
//! connection serves another target, a proxy with another login, or a request that leaves straight.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use parking_lot::RwLock;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::model::OutboundProxy;
use potluck_filters::time::Moment;

use super::exits::Exit;
use super::tunnel::Tunnel;
use crate::edge::addresses::NodeAddresses;
use crate::edge::peer::Peer;

/// The peers of one node through proxies, as far as they were needed.
#[derive(Default)]
pub(in crate::edge) struct PeersThrough(RwLock<Vec<Through>>);

struct Through {
    generation: u64,
    address: SocketAddr,
    /// Whether the proxy is still there.
    proxy: Weak<Exit>,
    peer: Arc<Peer>,
}

impl PeersThrough {
    /// The peer for `node` through the proxy at `address`.
    pub(super) fn get(&self, node: &NodeAddresses, exit: &Arc<Exit>, address: SocketAddr) -> Arc<Peer> {
        let same = |one: &&Through| one.generation == exit.generation && one.address == address;
        if let Some(known) = self.0.read().iter().find(same) {
            return Arc::clone(&known.peer);
        }
        let peer = Peer::new(peer(node, &exit.proxy, exit.generation, address));
        let mut all = self.0.write();
        all.retain(|one| one.proxy.strong_count() > 0);
        all.push(Through {
            generation: exit.generation,
            address,
            proxy: Arc::downgrade(exit),
            peer: Arc::clone(&peer),
        });
        peer
    }

    /// Forgets proxies that are gone, and closes what will not serve again.
    pub(in crate::edge) fn tidy(&self, now: Moment) {
        let mut all = self.0.write();
        all.retain(|one| one.proxy.strong_count() > 0);
        let kept: Vec<_> = all.iter().map(|one| Arc::clone(&one.peer)).collect();
        drop(all);
        kept.iter().for_each(|peer| peer.tidy(now));
    }
}

fn peer(node: &NodeAddresses, proxy: &Arc<OutboundProxy>, generation: u64, address: SocketAddr) -> HttpPeer {
    let mut peer = node.peer_at(address);
    let base = &node.node().base;
    let patience = peer.options.connection_timeout.unwrap_or_default();
    peer.group_key = group_key(&base.origin(), generation);
    peer.options.custom_l4 = Some(Arc::new(Tunnel {
        proxy: Arc::clone(proxy),
        host: Arc::clone(&base.host),
        port: base.port,
        patience,
    }));
    // The tunnel keeps its own time, and TLS behind it its own: with one time-out for both, nobody could tell
    // whether the proxy or the target was slow.
    peer.options.total_connection_timeout = None;
    peer
}

fn group_key(origin: &str, generation: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (origin, generation).hash(&mut hasher);
    // 0 is what leaves straight.
    hasher.finish().max(1)
}
