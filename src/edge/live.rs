//! What the one `ArcSwap` holds: a snapshot, and beside it what outlives every snapshot.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use potluck_filters::egress::Standings;
use potluck_filters::id::PoolKeyId;
use potluck_filters::life::Observation;
use potluck_filters::model::{NodeSet, PoolKey, Upstream};
use potluck_filters::pool::Report;
use potluck_filters::scheduler::{Effect, QueueReport, Scheduler};
use potluck_filters::snapshot::{Delta, PoolKeyChange, Problem, Snapshot};
use potluck_filters::spending::{Spending, Whose};
use potluck_filters::time::Moment;
use serde::Serialize;
use tokio::sync::watch;

use super::desk::Desk;
use super::egress::Exits;
use super::failed::Failed;
use super::node_places::NodePlaces;
use super::tally::{Tallies, Tally};
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
    /// What is counted of its requests.
    pub(super) tally: Arc<Tally>,
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
    /// What is counted, by upstream.
    pub(super) tallies: Arc<Tallies>,
    /// What failed lately.
    pub(super) failed: Arc<Failed>,
}

/// Who is told what is seen of pool keys; nobody, until somebody asks.
pub(super) type Observer = std::sync::OnceLock<Box<dyn Fn(Observation) + Send + Sync>>;

/// What becomes of a pool key with a change.
type KeyChange = (PoolKeyId, Option<Arc<PoolKey>>);

impl Live {
    /// The first view.
    pub(super) fn new(snapshot: Snapshot, around: &Surroundings) -> Self {
        let next = Self::with(snapshot, None, around);
        for index in 0..next.upstreams.len() {
            next.settle(index, Vec::new(), false);
        }
        next
    }

    /// A view of `snapshot` that takes over what `before` had at work. It is yet to be settled.
    fn with(snapshot: Snapshot, before: Option<&Self>, around: &Surroundings) -> Self {
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
        let exits = Exits::of(snapshot.egress(), before.map(|before| &before.exits));
        Self {
            upstreams,
            snapshot,
            exits,
        }
    }

    /// The view after a change. Pools learn of keys and nodes that came or went at once.
    pub(super) fn after(&self, delta: Delta, around: &Surroundings) -> Result<Self, Vec<Problem>> {
        let changed: Vec<_> = delta.pool_keys.iter().map(PoolKeyChange::id).collect();
        let next = Self::with(self.snapshot.apply(delta)?, Some(self), around);
        let mut changes: Vec<(Vec<KeyChange>, bool)> = vec![Default::default(); next.upstreams.len()];
        for id in changed {
            let (old, new) = (self.snapshot.pool_key(id), next.snapshot.pool_key(id));
            let Some(known) = old.or(new) else { continue };
            let place = next
                .upstreams
                .iter()
                .position(|live| live.upstream.name == known.upstream);
            if let Some((keys, narrower)) = place.and_then(|place| changes.get_mut(place)) {
                *narrower |= old.is_some_and(|old| is_narrower(old, new));
                keys.push((id, new.cloned()));
            }
        }
        for (index, (keys, narrower)) in changes.into_iter().enumerate() {
            next.settle(index, keys, narrower);
        }
        Ok(next)
    }

    /// Closes idle connections that will not serve again.
    pub(super) fn tidy(&self, now: Moment) {
        self.upstreams.iter().for_each(|live| live.nodes.tidy(now));
    }

    /// Tells an upstream what is new: its policy, its nodes, and these keys. `narrower`: some request may have
    /// lost its last way.
    fn settle(&self, index: usize, keys: Vec<KeyChange>, narrower: bool) {
        if let Some(live) = self.upstreams.get(index) {
            let policy = self.snapshot.policy(&live.upstream);
            live.desk
                .update(|scheduler, now| scheduler.set_policy(policy, now));
            match self.snapshot.nodes(index).filter(|set| !live.nodes.are(set)) {
                Some(set) => live.move_to(set, keys),
                None => live.take_over(keys, narrower),
            }
        }
    }
}

/// Whether a change of a key may leave a request without a way.
fn is_narrower(old: &PoolKey, new: Option<&Arc<PoolKey>>) -> bool {
    new.is_none_or(|new| old.origins != new.origins || old.operator_owned && !new.operator_owned)
}

impl LiveUpstream {
    fn new(upstream: &Upstream, around: &Surroundings) -> Self {
        let upstream = Arc::new(upstream.clone());
        Self {
            desk: Arc::new(Desk::new(Arc::clone(&upstream), around.clock)),
            nodes: NodePlaces::default(),
            tally: around.tallies.of(&upstream.name),
            upstream,
            surroundings: around.clone(),
            models_matter: AtomicBool::new(false),
        }
    }

    /// From now on these are its nodes, and its keys have changed like this. Nobody gets a lease on a new node
    /// before it is known where that is, and nobody sees new nodes with old keys: that might be no way at all.
    fn move_to(&self, set: &Arc<NodeSet>, keys: Vec<KeyChange>) {
        self.desk.update(|scheduler, now| {
            let mut effects = scheduler.set_nodes(set, now, &chance);
            let placed = scheduler.pool().placed_nodes();
            self.nodes.take(&self.upstream, set, placed);
            for change in keys {
                effects.extend(take_over(scheduler, change, now));
            }
            effects.extend(scheduler.turn_away());
            effects
        });
        self.surroundings.nodes_changed.send_replace(());
    }

    /// Keys have changed. One at a time, since there may be many, and requests ask in between.
    fn take_over(&self, keys: Vec<KeyChange>, narrower: bool) {
        for change in keys {
            self.desk
                .update(|scheduler, now| take_over(scheduler, change, now));
        }
        if narrower {
            self.desk.update(|scheduler, _| scheduler.turn_away());
        }
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

fn take_over(scheduler: &mut Scheduler, (id, key): KeyChange, now: Moment) -> Vec<Effect> {
    match key {
        Some(key) => scheduler.put(key, now),
        None => {
            scheduler.gone(id);
            Vec::new()
        }
    }
}
