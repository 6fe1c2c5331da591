//! The next way for an attempt, and what is noted of how it went.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::egress::{Ask, Blame, By, Failure, Next, Tries, Trouble};
use potluck_filters::id::OutboundProxyId;
use potluck_filters::judge::{Outcome, Scope, Stage, Verdict};

use super::exits::{Exit, Exits};
use crate::clock::{chance, unix_ms};
use crate::edge::addresses::NodeAddresses;
use crate::edge::guard::LeaseGuard;
use crate::edge::live::LiveUpstream;
use crate::edge::peer::Peer;

/// A way out: the peer to connect to, and the proxy on the way.
pub(in crate::edge) struct Way {
    pub(in crate::edge) peer: Arc<Peer>,
    pub(in crate::edge) exit: Option<Arc<Exit>>,
}

/// The outbound proxies of a request's snapshot; `None` where there are none.
pub(in crate::edge) type Known<'a> = Option<&'a Arc<Exits>>;

/// Who leaves, by which proxies, and to where.
#[derive(Clone, Copy)]
pub(super) struct Leaver<'a> {
    pub(super) exits: Known<'a>,
    pub(super) upstream: &'a LiveUpstream,
    /// The proxies to leave through. Empty: straight, without a word from the machine.
    pub(super) list: &'a [OutboundProxyId],
    /// What makes those who leave prefer the same proxy; `None`: one after the other.
    pub(super) turn: Option<u64>,
    pub(super) by: By,
}

impl<'a> Leaver<'a> {
    /// A request on this lease.
    pub(super) fn on(lease: &'a LeaseGuard, exits: Known<'a>) -> Self {
        let key = lease.key().map(AsRef::as_ref);
        let upstream = lease.upstream();
        let list = match exits {
            Some(exits) => exits.list(&upstream.upstream.name, key),
            // No proxy is left; who is bound to some all the same does not leave straight.
            None => key.and_then(|key| key.egress.as_deref()).unwrap_or_default(),
        };
        Self {
            exits,
            upstream,
            list,
            turn: lease.key_id().map(|id| id.0.cast_unsigned()),
            by: By::Traffic,
        }
    }

    pub(super) fn is_straight(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn usable(&self, id: OutboundProxyId) -> Option<&'a Arc<Exit>> {
        self.exits?.usable(id)
    }

    /// What the machine says, and that it was taken.
    pub(super) fn next(&self, tries: &mut Tries) -> Next {
        let upstream = &self.upstream.upstream;
        let ask = Ask {
            upstream: &upstream.name,
            list: self.list,
            turn: self.turn,
            direct_when_down: upstream.egress.direct_when_down,
        };
        let around = self.upstream.around();
        let usable = |id| self.usable(id).is_some();
        let next = around
            .standings
            .lock()
            .next(&ask, tries, usable, around.clock.now());
        tries.took(next);
        next
    }

    /// Notes that a proxy opened no way to a node, and says whose fault that is.
    pub(super) fn failed(
        &self,
        (exit, node): (&Exit, &NodeAddresses),
        trouble: Trouble,
        tries: &mut Tries,
    ) -> Blame {
        tries.failed(exit.id(), trouble);
        let usable = self.list.iter().copied();
        let usable: Vec<_> = usable.filter(|id| self.usable(*id).is_some()).collect();
        let target = node.node().base.origin();
        note_failure(self.upstream, &usable, exit, &target, (trouble, self.by))
    }
}

impl Way {
    /// The peer of the lease's node.
    ///
    /// # Errors
    /// While the node's name was never found.
    pub(super) async fn straight(node: Option<&NodeAddresses>) -> Result<Self, Stage> {
        let node = node.ok_or(Stage::Connect)?;
        let peer = match node.next() {
            Some(peer) => peer,
            None => Box::pin(node.found()).await.ok_or(Stage::Connect)?,
        };
        Ok(Self { peer, exit: None })
    }

    /// The next way for this attempt.
    ///
    /// # Errors
    /// How far the attempt came, where there is none.
    pub(in crate::edge) async fn next(
        exits: Known<'_>,
        lease: &LeaseGuard,
        tries: &mut Tries,
    ) -> Result<Self, Stage> {
        let (leaver, node) = (Leaver::on(lease, exits), lease.node());
        if leaver.is_straight() {
            return Self::straight(node).await;
        }
        let node = node.ok_or(Stage::Connect)?;
        let patience = leaver.upstream.upstream.timeouts.connect;
        loop {
            match leaver.next(tries) {
                Next::Direct => return Self::straight(Some(node)).await,
                Next::Nothing => return Err(Stage::Proxy),
                Next::Through { proxy, last: _ } => {
                    let exit = leaver.usable(proxy).ok_or(Stage::Proxy)?;
                    if node.is_out_of_bounds() {
                        return Err(Stage::Connect);
                    }
                    if let Some(address) = exit.address(patience).await {
                        let peer = node.through.get(node, exit, address);
                        let exit = Some(Arc::clone(exit));
                        return Ok(Self { peer, exit });
                    }
                    leaver.failed((exit, node), Trouble::Unreachable, tries);
                }
            }
        }
    }
}

/// Notes that a proxy opened no way, and says whose fault that is.
pub(in crate::edge) fn failed(
    (exits, lease): (Known<'_>, &LeaseGuard),
    exit: &Exit,
    trouble: Trouble,
    tries: &mut Tries,
) -> Blame {
    match lease.node() {
        Some(node) => Leaver::on(lease, exits).failed((exit, node), trouble, tries),
        None => {
            tries.failed(exit.id(), trouble);
            Blame::Proxy(None)
        }
    }
}

/// Notes a failure, and tells of a rest that begins with it.
pub(super) fn note_failure(
    upstream: &LiveUpstream,
    list: &[OutboundProxyId],
    exit: &Exit,
    target: &str,
    (trouble, by): (Trouble, By),
) -> Blame {
    let around = upstream.around();
    let failure = Failure {
        upstream: &upstream.upstream.name,
        list,
        target,
        proxy: exit.id(),
        trouble,
        by,
    };
    let when = (around.clock.now(), unix_ms());
    let settings = &upstream.upstream.egress;
    let blame = around.standings.lock().failed(&failure, settings, when, chance());
    let (proxy, upstream) = (&*exit.proxy.name, &*upstream.upstream.name);
    match blame {
        Blame::Proxy(Some(rest)) => tell_of_rest(proxy, upstream, trouble, rest),
        Blame::Proxy(None) => {}
        Blame::Target => tracing::info!(target, upstream, "no outbound proxy reaches this node"),
    }
    blame
}

fn tell_of_rest(proxy: &str, upstream: &str, trouble: Trouble, rest: Duration) {
    let (why, rest_ms) = (trouble.word(), rest.as_millis());
    tracing::warn!(proxy, upstream, why, rest_ms, "an outbound proxy rests");
}

/// Notes that a proxy opened the way.
pub(in crate::edge) fn worked(upstream: &LiveUpstream, exit: &Exit, target: &str, seen: (By, Duration)) {
    let around = upstream.around();
    let name = &upstream.upstream.name;
    let when = (around.clock.now(), unix_ms());
    let back = around
        .standings
        .lock()
        .worked(name, target, exit.id(), seen, when);
    if back {
        let proxy = &*exit.proxy.name;
        tracing::info!(proxy, upstream = &**name, "an outbound proxy is back");
    }
}

impl LeaseGuard {
    /// Notes for the proxy on the way what the upstream said to the attempt.
    pub(in crate::edge) fn tell_egress(&self, verdict: &Verdict, retry_after: Option<Duration>) {
        let Some(proxy) = self.through else { return };
        let upstream = &self.upstream().upstream;
        let around = self.upstream().around();
        if verdict.scope == Scope::Proxy {
            let length = |streak| {
                upstream
                    .cool_downs
                    .cool_down(verdict.cool_down, streak, retry_after, chance())
            };
            let when = (around.clock.now(), unix_ms());
            let mut standings = around.standings.lock();
            standings.unwelcome(&upstream.name, proxy, verdict.rule, when, length);
        } else if verdict.outcome == Outcome::Ok {
            around.standings.lock().welcome(&upstream.name, proxy);
        }
    }

    /// Whether the same key and node may be tried again through another proxy, after the upstream would not
    /// have the request from the last one.
    pub(in crate::edge) fn has_another_exit(&self, exits: Known<'_>, tries: &Tries) -> bool {
        if exits.is_none() {
            return false;
        }
        match Leaver::on(self, exits).next(&mut tries.clone()) {
            Next::Direct | Next::Through { last: false, .. } => true,
            Next::Nothing | Next::Through { last: true, .. } => false,
        }
    }
}
