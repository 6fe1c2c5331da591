//! By which way the jobs' own requests leave: the rules are those of clients' requests.
//!
//! Invariants: a request that is to leave through proxies leaves straight only where its upstream says so, and
//! only when all of them are down; how proxies fare outlives every change of them, by id.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use potluck_filters::egress::{Ask, Blame, By, Egress, Failure, Next, Standings, Tries, Trouble};
use potluck_filters::id::OutboundProxyId;
use potluck_filters::judge::RuleName;
use potluck_filters::model::{BaseUrl, OutboundProxy, Upstream};
use potluck_store::ProbeTarget;

use super::outcome::moment;
use super::tunnels::Tunnels;

/// How long a proxy is passed over whose address the upstream would not have: longer than until the same account is
/// asked again.
const UNWELCOME: Duration = Duration::from_secs(600);

/// All outbound proxies, and how they fare.
pub(super) struct Ways {
    pub(super) tunnels: Arc<dyn Tunnels>,
    now: fn() -> i64,
    chance: fn() -> f64,
    egress: Mutex<Arc<Egress>>,
    /// Seen by the jobs alone: they may run where no edge does.
    standings: Mutex<Standings>,
}

/// The ways of one account.
#[derive(Clone)]
pub(super) struct Leave {
    ways: Arc<Ways>,
    egress: Arc<Egress>,
    /// The pool key's own list.
    own: Option<Arc<[OutboundProxyId]>>,
    /// So that an account is seen from the address that its requests come from.
    turn: u64,
}

impl Ways {
    pub(super) fn new(tunnels: Arc<dyn Tunnels>, now: fn() -> i64, chance: fn() -> f64) -> Self {
        Self {
            tunnels,
            now,
            chance,
            egress: Mutex::default(),
            standings: Mutex::default(),
        }
    }

    /// Takes over which proxies there are and who leaves through them.
    pub(super) fn lay(&self, egress: Egress) {
        let mut known = self.egress.lock();
        if **known == egress {
            return;
        }
        let is_known = |id| egress.proxies.contains_key(&id);
        self.standings.lock().keep(is_known, |_| true);
        *known = Arc::new(egress);
    }

    /// The ways of an account, as they are now.
    pub(super) fn of(self: &Arc<Self>, target: &ProbeTarget) -> Leave {
        Leave {
            ways: Arc::clone(self),
            egress: Arc::clone(&self.egress.lock()),
            own: target.egress.clone(),
            turn: target.id.0.cast_unsigned(),
        }
    }
}

impl Leave {
    fn list(&self, upstream: &Upstream) -> &[OutboundProxyId] {
        self.egress.list_of(&upstream.name, self.own.as_deref())
    }

    pub(super) fn is_straight(&self, upstream: &Upstream) -> bool {
        self.list(upstream).is_empty()
    }

    /// The proxy with that id, if it may be used.
    pub(super) fn usable(&self, id: OutboundProxyId) -> Option<&OutboundProxy> {
        self.egress.proxies.get(&id).filter(|proxy| proxy.enabled)
    }

    pub(super) fn tunnels(&self) -> &dyn Tunnels {
        &*self.ways.tunnels
    }

    /// Unix time in milliseconds.
    pub(super) fn now(&self) -> i64 {
        (self.ways.now)()
    }

    /// The way to take now, and that it was taken.
    pub(super) fn next(&self, upstream: &Upstream, tries: &mut Tries) -> Next {
        let ask = Ask {
            upstream: &upstream.name,
            list: self.list(upstream),
            turn: Some(self.turn),
            direct_when_down: upstream.egress.direct_when_down,
        };
        let usable = |id| self.usable(id).is_some();
        let now = moment(self.now());
        let next = self.ways.standings.lock().next(&ask, tries, usable, now);
        tries.took(next);
        next
    }

    /// Notes that a proxy opened the way, `began` being when it was asked to.
    pub(super) fn worked(&self, upstream: &Upstream, target: &BaseUrl, proxy: &OutboundProxy, began: i64) {
        let now = self.now();
        let took = moment(now).since(moment(began));
        let (seen, when) = ((By::Probe, took), (moment(now), now));
        let mut standings = self.ways.standings.lock();
        standings.worked(&upstream.name, &target.origin(), proxy.id, seen, when);
    }

    /// Notes that the upstream would not have a request from there: its accounts are asked through others for a
    /// while, where there are any.
    pub(super) fn unwelcome(&self, upstream: &Upstream, proxy: OutboundProxyId) {
        let now = self.now();
        let (rule, when) = (RuleName::BuiltIn("probe"), (moment(now), now));
        let mut standings = self.ways.standings.lock();
        standings.unwelcome(&upstream.name, proxy, rule, when, |_| UNWELCOME);
    }

    /// Notes that it did not, and says whose fault that is.
    pub(super) fn failed(
        &self,
        upstream: &Upstream,
        target: &BaseUrl,
        proxy: &OutboundProxy,
        trouble: Trouble,
    ) -> Blame {
        let list = self.list(upstream).iter().copied();
        let list: Vec<_> = list.filter(|id| self.usable(*id).is_some()).collect();
        let failure = Failure {
            upstream: &upstream.name,
            list: &list,
            target: &target.origin(),
            proxy: proxy.id,
            trouble,
            by: By::Probe,
        };
        let now = self.now();
        let (when, jitter) = ((moment(now), now), (self.ways.chance)());
        let mut standings = self.ways.standings.lock();
        let blame = standings.failed(&failure, &upstream.egress, when, jitter);
        drop(standings);
        if let Blame::Proxy(Some(_)) = blame {
            let (proxy, upstream, why) = (&*proxy.name, &*upstream.name, trouble.word());
            tracing::warn!(
                proxy,
                upstream,
                why,
                "an outbound proxy rests, for probes and logins"
            );
        }
        blame
    }
}
