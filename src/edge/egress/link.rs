//! Connecting for a check of a node: by the ways that the upstream's own list gives, like its requests.
//!
//! Invariant: where requests may not leave straight, a check does not either; and a proxy's fault is not
//! taken for the node's.

use std::sync::Arc;

use pingora::Error;
use pingora::connectors::http::Connector;
use pingora::protocols::http::client::HttpSession;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::egress::{Blame, By, Next, Tries, Trouble};

use super::exits::{Exit, Exits};
use super::tunnel::trouble_of;
use super::way::{Leaver, worked};
use crate::edge::addresses::NodeAddresses;
use crate::edge::live::LiveUpstream;

/// Why there is no connection.
pub(in crate::edge) enum Unlinked {
    /// The node has no address, or none that may be connected to.
    NoAddress,
    /// The node is to blame, or the way to it that all proxies share.
    Node(Option<Box<Error>>),
    /// No proxy opened a way.
    Egress,
}

/// The node of an upstream, to be connected to.
pub(in crate::edge) struct Target<'a> {
    pub(in crate::edge) upstream: &'a LiveUpstream,
    pub(in crate::edge) node: &'a NodeAddresses,
    pub(in crate::edge) exits: &'a Arc<Exits>,
}

impl Target<'_> {
    fn leaver(&self) -> Leaver<'_> {
        Leaver {
            exits: Some(self.exits),
            upstream: self.upstream,
            list: self.exits.list(&self.upstream.upstream.name, None),
            turn: None,
            by: By::Probe,
        }
    }

    /// Whether it is not connected to straight.
    pub(in crate::edge) fn is_behind_proxies(&self) -> bool {
        !self.leaver().is_straight()
    }

    /// A connection of its own, that nobody else is given.
    pub(in crate::edge) async fn link(&self, connector: &Connector) -> Result<HttpSession, Unlinked> {
        let leaver = self.leaver();
        if leaver.is_straight() {
            return self.straight(connector).await;
        }
        let mut tries = Tries::default();
        tries.begin();
        loop {
            let exit = match leaver.next(&mut tries) {
                Next::Direct => return self.straight(connector).await,
                Next::Nothing => return Err(Unlinked::Egress),
                Next::Through { proxy, last: _ } => leaver.usable(proxy).ok_or(Unlinked::Egress)?,
            };
            if self.node.is_out_of_bounds() {
                return Err(Unlinked::NoAddress);
            }
            let (trouble, error) = match self.through(connector, exit).await {
                Ok(session) => return Ok(session),
                Err(error) => (error.as_deref().map_or(Trouble::Unreachable, trouble_of), error),
            };
            if leaver.failed((exit, self.node), trouble, &mut tries) == Blame::Target {
                return Err(Unlinked::Node(error));
            }
        }
    }

    async fn straight(&self, connector: &Connector) -> Result<HttpSession, Unlinked> {
        let peer = self.node.found().await.ok_or(Unlinked::NoAddress)?;
        let connected = connector.get_http_session(&alone(&peer.http)).await;
        let (session, _) = connected.map_err(|error| Unlinked::Node(Some(error)))?;
        Ok(session)
    }

    /// `None` where the proxy itself was not found.
    async fn through(
        &self,
        connector: &Connector,
        exit: &Arc<Exit>,
    ) -> Result<HttpSession, Option<Box<Error>>> {
        let patience = self.upstream.upstream.timeouts.connect;
        let address = exit.address(patience).await.ok_or(None)?;
        let peer = self.node.through.get(self.node, exit, address);
        let clock = self.upstream.around().clock;
        let began = clock.now();
        let (session, _) = connector
            .get_http_session(&alone(&peer.http))
            .await
            .map_err(Some)?;
        let seen = (By::Probe, clock.now().since(began));
        worked(self.upstream, exit, &self.node.node().base.origin(), seen);
        Ok(session)
    }
}

/// A peer whose connection carries one stream, and so is not kept for others.
fn alone(peer: &HttpPeer) -> HttpPeer {
    let mut peer = peer.clone();
    peer.options.max_h2_streams = 1;
    peer
}
