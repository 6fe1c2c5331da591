//! What the one `ArcSwap` holds: a snapshot, and beside it what outlives every snapshot.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use potluck_filters::egress::Standings;
use potluck_filters::life::Observation;
use potluck_filters::model::{NodeSet, Upstream};
use potluck_filters::pool::Report;
use potluck_filters::scheduler::QueueReport;
use potluck_filters::snapshot::{Delta, PoolKeyChange, Problem, Snapshot};
use potluck_filters::spending::{Spending, Whose};
use potluck_filters::time::Moment;
use serde::Serialize;
use tokio::sync::watch;

use super::desk::Desk;
use super::egress::Exits;
use super::node_places::NodePlaces;
use crate::clock::{Clock, chance};

/// The view that requests are served from.
pub(super) struct Live {
    pub(super) snapshot: Snapshot,
    /// In the order of the snapshot's layout.
    pub(super) upstreams: Vec<Arc<LiveUpstream>>,
    /// The snapshot's outbound proxies.
    pub(super) exits: Arc<Exits>,
}

/// An upstream at work. Kept over reloads as long as its settings stay as they are.
pub(super) struct LiveUpstream {
    pub(super) upstream: Arc<Upstream>,
    /// Where its leases are given out.
    pub(super) desk: Arc<Desk>,
    /// Where its nodes are.
    pub(super) nodes: NodePlaces,
    surroundings: Surroundings,
    /// Whether a key was met that may not serve some model: from then on requests are read for theirs.
    pub(super) models_matter: AtomicBool,
}

/// What an upstream is doing.
#[derive(Debug, Serialize)]
pub(super) struct UpstreamReport {
    #[serde(flatten)]
    pub(super) pool: Report,
    pub(super) queue: QueueReport,
}

/// What an upstream at work needs of the edge around it.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    /// Told what the admin should look at.
    pub(super) observer: Arc<Observer>,
    /// Told when an upstream has got other nodes.
    pub(super) nodes_changed: Arc<watch::Sender<()>>,
    /// How the outbound proxies fare. Locked for well under a microsecond, and only where there are any.
    pub(super) standings: Arc<Mutex<Standings>>,
}

/// Who is told what is seen of pool keys; nobody, until somebody asks.
pub(super) type Observer = std::sync::OnceLock<Box<dyn Fn(Observation) + Send + Sync>>;

impl Live {
    /// A view of `snapshot` that takes over what `before` had at work.
    pub(super) fn new(snapshot: Snapshot, before: Option<&Self>, around: &Surroundings) -> Self {
        let kept = |upstream: &Upstream| {
            let old = before?
                .upstreams
                .iter()
                .find(|live| *live.upstream == *upstream)?;
            Some(Arc::clone(old))
        };
        let fresh = |upstream: &Upstream| {
            let live = LiveUpstream::new(upstream, around);
            let own = snapshot.pool_keys().filter(|key| key.upstream == upstream.name);
            // In the order in which they were brought, whatever order the snapshot keeps them in.
            let mut own: Vec<_> = own.collect();
            own.sort_unstable_by_key(|key| key.id);
            live.desk.look(|scheduler, now| {
                own.into_iter()
                    .for_each(|key| scheduler.pool().put(Arc::clone(key), now));
            });
            Arc::new(live)
        };
        let layout = snapshot.layout();
        let upstreams = layout
            .upstreams
            .iter()
            .map(|u| kept(u).unwrap_or_else(|| fresh(u)))
            .collect::<Vec<Arc<LiveUpstream>>>();
        for (index, live) in upstreams.iter().enumerate() {
            let policy = snapshot.policy(&live.upstream);
            live.desk
                .update(|scheduler, now| scheduler.set_policy(policy, now));
            if let Some(set) = snapshot.nodes(index) {
                live.set_nodes(set);
            }
        }
        let exits = Exits::of(snapshot.egress(), before.map(|before| &before.exits));
        Self {
            upstreams,
            snapshot,
            exits,
        }
    }

    /// The view after a change. Pools learn of keys that came or went at once.
    pub(super) fn after(&self, delta: Delta, around: &Surroundings) -> Result<Self, Vec<Problem>> {
        let changed: Vec<_> = delta.pool_keys.iter().map(PoolKeyChange::id).collect();
        let next = Self::new(self.snapshot.apply(delta)?, Some(self), around);
        for id in changed {
            let known = self.snapshot.pool_key(id).or_else(|| next.snapshot.pool_key(id));
            let live = known.and_then(|key| next.upstreams.iter().find(|u| u.upstream.name == key.upstream));
            let Some(live) = live else { continue };
            match next.snapshot.pool_key(id) {
                Some(key) => live
                    .desk
                    .update(|scheduler, now| scheduler.put(Arc::clone(key), now)),
                None => live.desk.look(|scheduler, _| scheduler.gone(id)),
            }
        }
        Ok(next)
    }

    /// Closes idle connections that will not serve again.
    pub(super) fn tidy(&self, now: Moment) {
        self.upstreams.iter().for_each(|live| live.nodes.tidy(now));
    }
}

impl LiveUpstream {
    fn new(upstream: &Upstream, around: &Surroundings) -> Self {
        let upstream = Arc::new(upstream.clone());
        Self {
            desk: Arc::new(Desk::new(Arc::clone(&upstream), around.clock)),
            upstream,
            nodes: NodePlaces::default(),
            surroundings: around.clone(),
            models_matter: AtomicBool::new(false),
        }
    }

    /// From now on these are its nodes. Nobody gets a lease on a new one before it is known where that is.
    fn set_nodes(&self, set: &Arc<NodeSet>) {
        if self.nodes.are(set) {
            return;
        }
        self.desk.update(|scheduler, now| {
            let effects = scheduler.set_nodes(set, now, &chance);
            let placed = scheduler.pool().placed_nodes();
            self.nodes.take(&self.upstream, set, placed);
            effects
        });
        self.surroundings.nodes_changed.send_replace(());
    }

    /// What it needs of the edge around it.
    pub(super) fn around(&self) -> &Surroundings {
        &self.surroundings
    }

    /// What it is doing, for `status`.
    pub(super) fn report(&self) -> UpstreamReport {
        self.desk.look(|scheduler, now| UpstreamReport {
            pool: scheduler.pool().report(now),
            queue: scheduler.report(),
        })
    }

    /// Takes over what was spent on one of its keys before this process began.
    pub(super) fn restore(&self, spent: &Spending) {
        let Whose::PoolKey(key) = spent.whose else { return };
        self.desk.look(|scheduler, now| {
            scheduler
                .pool()
                .restore(key, spent.day, spent.requests, spent.anlas, now);
        });
    }

    /// Tells the admin what was seen of a pool key.
    pub(super) fn observe(&self, observation: Observation) {
        if let Some(observer) = self.surroundings.observer.get() {
            observer(observation);
        }
    }
}
