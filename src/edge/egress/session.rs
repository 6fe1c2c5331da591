//! Connecting for the relay's own attempts: straight, or through one proxy after the other.

use std::sync::Arc;

use pingora::connectors::http::Connector;
use pingora::protocols::http::client::HttpSession;
use potluck_filters::egress::{Blame, By, Tries};
use potluck_filters::judge::Stage;

use super::tunnel::trouble_of;
use super::way::{Known, Leaver, Way, failed, worked};
use crate::edge::exchange::Pace;
use crate::edge::guard::LeaseGuard;
use crate::edge::peer::Peer;
use crate::edge::send::Failed;

/// A connection: its session, whether it carried requests before, and where it leads.
pub(in crate::edge) type Connected = (Box<HttpSession>, bool, Arc<Peer>);

/// The proxies that may be left through, and those that the request has tried.
pub(in crate::edge) type Out<'a> = (Known<'a>, &'a mut Tries);

/// Connects to the lease's node. The proxies on the way are part of the same attempt: a connection that
/// was not made has cost nothing.
pub(in crate::edge) async fn session(
    connector: &Connector,
    (exits, tries): Out<'_>,
    lease: &mut LeaseGuard,
    pace: Pace,
) -> Result<Connected, Failed> {
    lease.through = None;
    if Leaver::on(lease, exits).is_straight() {
        let way = Way::straight(lease.node())
            .await
            .map_err(|stage| Failed::at(stage, None))?;
        let peer = way.peer;
        let connected = peer.session(connector, lease.upgrade, pace.clock.now()).await;
        let (session, reused) = connected.map_err(|error| Failed::at(Stage::Connect, Some(error)))?;
        return Ok((session, reused, peer));
    }
    // Off the usual way, so its future is not part of every request's.
    Box::pin(through(connector, (exits, tries), lease, pace)).await
}

async fn through(
    connector: &Connector,
    (exits, tries): Out<'_>,
    lease: &mut LeaseGuard,
    pace: Pace,
) -> Result<Connected, Failed> {
    tries.begin();
    let mut last = None;
    loop {
        let way = match Way::next(exits, lease, tries).await {
            Ok(way) => way,
            Err(stage) => return Err(Failed::at(stage, last)),
        };
        let began = pace.clock.now();
        let peer = way.peer;
        let connected = peer.session(connector, lease.upgrade, began).await;
        let Some(exit) = way.exit else {
            let (session, reused) = connected.map_err(|error| Failed::at(Stage::Connect, Some(error)))?;
            return Ok((session, reused, peer));
        };
        match connected {
            Ok((session, reused)) => {
                if let Some(node) = lease.node().filter(|_| !reused) {
                    let seen = (By::Traffic, pace.clock.now().since(began));
                    worked(lease.upstream(), &exit, &node.node().base.origin(), seen);
                }
                lease.through = Some(exit.id());
                return Ok((session, reused, peer));
            }
            Err(error) => match failed((exits, lease), &exit, trouble_of(&error), tries) {
                Blame::Target => return Err(Failed::at(Stage::Connect, Some(error))),
                Blame::Proxy(_) if pace.left().is_zero() => {
                    return Err(Failed::at(Stage::Proxy, Some(error)));
                }
                Blame::Proxy(_) => last = Some(error),
            },
        }
    }
}
