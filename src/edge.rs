//! The data plane: relays requests, deciding everything from the snapshot it pinned.
//!
//! A request's way through these files: [`proxy`] (the phases, in Pingora's order) → [`serve`] (the steps of one
//! request) → [`plan`] (route, authenticate, admit, limit: no await) → [`hooks`] (plug-ins, where the route has
//! any) → [`body`] (read it, bounded) → [`attempt`] (lease, inject, send, judge; again elsewhere where the judge
//! allows it) → [`relay`] (the answer, as it comes) → [`access`] (one line). Bodies past the replay bound leave
//! [`attempt`] out and take Pingora's own path, in [`native`].
//!
//! Invariants: a request loads the live view once; no lock is held across an await; every lease and
//! every place in a window is held by a guard that gives it back on drop.

mod access;
mod addresses;
mod answer;
mod asking;
mod attempt;
mod body;
mod carried;
mod catalogues;
mod choice;
mod converse;
mod course;
mod decimal;
mod desk;
mod downstream;
mod egress;
mod exchange;
mod failed;
mod follow;
mod guard;
mod health;
mod heart;
mod hooks;
mod live;
mod memory;
mod metering;
mod metrics;
mod models;
pub mod mount;
mod names;
mod native;
mod node_places;
mod noted;
mod objects;
mod peer;
mod plan;
mod proxy;
mod purse;
mod read_ahead;
mod recent;
mod relay;
mod send;
mod serve;
mod server_timing;
mod settings;
mod sight;
mod spans;
mod tally;
mod timekeeper;
mod together;
mod traces;
mod traffic;
mod under_way;
mod wait;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use pingora::connectors::ConnectorOptions;
use pingora::connectors::http::Connector;
use pingora_limits::rate::Rate;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::life::Observation;
use potluck_filters::limit::Limit;
use potluck_filters::pool::KeyReport;
use potluck_filters::snapshot::{Delta, Problem, Snapshot};
use potluck_filters::trace::Trace;
use potluck_filters::usage::{Recent, RequestNumber};
use potluck_filters::window::{Filled, SPAN};

use crate::clock::{Clock, RequestIds, chance, unix_ms};
use crate::spool::{Inlet, Report};
use addresses::NodeAddresses;
use catalogues::{Catalogues, Fetcher};
use desk::Desk;
pub(crate) use egress::Opener;
pub(crate) use heart::Heart;
use live::{Live, Surroundings};
use memory::BodyMemory;
use metrics::Changed;
use mount::Mount;
use names::Names;
use objects::Shelves;
pub(crate) use plan::neighbourhood;
pub use proxy::Proxy;
use purse::Purses;
pub use recent::RecentSteps;
pub use settings::Settings;
pub(crate) use spans::{Attempt, Traced, Tracer};
use tally::Tallies;
use traces::Traces;
use traffic::Traffic;
use under_way::UnderWay;

/// The edge. Shared by all requests; lives as long as the process.
pub struct Edge {
    settings: Settings,
    live: ArcSwap<Live>,
    /// Taken by whoever changes `live`, so that deltas are applied one after the other.
    change: Mutex<Vec<Arc<Live>>>,
    traffic: Arc<Traffic>,
    purses: Arc<Purses>,
    objects: Shelves,
    traces: Traces,
    under_way: Arc<UnderWay>,
    memory: BodyMemory,
    failures: Rate,
    anonymous: Rate,
    /// For checks of nodes, whose connections are theirs alone.
    checks: Connector,
    connector: Arc<Connector>,
    catalogues: Catalogues,
    /// Where requests go that have ended, once somebody keeps books.
    usage: OnceLock<Inlet>,
    /// Who collects spans, if somebody does.
    tracer: OnceLock<Arc<Tracer>>,
    /// Models, for the books.
    models: Names,
    /// What answers under `/manage`, once there is something.
    mount: OnceLock<Mount>,
    around: Surroundings,
    tallies: Arc<Tallies>,
    /// What the tallies had counted from time to time.
    recent: Mutex<Recent>,
    changed: Changed,
    clock: Clock,
    ids: RequestIds,
    draining: AtomicBool,
    /// Cloned by each request that is being served.
    in_flight: Arc<()>,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge")
            .field("revision", &self.live.load().snapshot.revision())
            .finish_non_exhaustive()
    }
}

impl Edge {
    /// An edge that serves this snapshot.
    #[must_use]
    pub fn new(settings: Settings, snapshot: Snapshot) -> Self {
        let connector = Connector::new(Some(ConnectorOptions::new(settings.keepalive_pool)));
        let clock = Clock::default();
        let around = Surroundings {
            clock,
            observer: Arc::default(),
            nodes_changed: Arc::default(),
            standings: Arc::default(),
            tallies: Arc::default(),
            failed: Arc::default(),
        };
        Self {
            memory: BodyMemory::new(&settings),
            live: ArcSwap::from_pointee(Live::new(snapshot, &around)),
            change: Mutex::default(),
            traffic: Arc::default(),
            purses: Arc::default(),
            objects: Shelves::default(),
            traces: Traces::default(),
            under_way: Arc::default(),
            failures: Rate::new(SPAN),
            anonymous: Rate::new(SPAN),
            checks: Connector::new(None),
            connector: Arc::new(connector),
            catalogues: Catalogues::default(),
            usage: OnceLock::new(),
            tracer: OnceLock::new(),
            models: Names::default(),
            mount: OnceLock::new(),
            tallies: Arc::clone(&around.tallies),
            recent: Mutex::default(),
            changed: Changed::default(),
            around,
            clock,
            ids: RequestIds::default(),
            draining: AtomicBool::new(false),
            in_flight: Arc::default(),
            settings,
        }
    }

    /// Whether this change would be taken, without taking it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, delta: &Delta) -> Result<(), Vec<Problem>> {
        self.live.load().snapshot.apply(delta.clone()).map(|_| ())
    }

    /// Takes a change over: from the moment this returns, new requests see it.
    ///
    /// # Errors
    /// Everything that is wrong with it; the edge goes on with what it had.
    pub fn apply(&self, delta: Delta) -> Result<(), Vec<Problem>> {
        let mut retired = self.change.lock();
        let next = self.live.load().after(delta, &self.around);
        let next = next.inspect_err(|_| self.changed.refused())?;
        retired.push(self.live.swap(Arc::new(next)));
        self.changed.at(self.clock.now());
        // What no request holds any more is freed here, on the changing thread and not on a serving one.
        retired.retain(|old| Arc::strong_count(old) > 1);
        Ok(())
    }

    /// Who asks upstreams for their models.
    fn fetcher(&self, exits: Option<&Arc<egress::Exits>>) -> Fetcher {
        Fetcher {
            exits: exits.cloned(),
            connector: Arc::clone(&self.connector),
            clock: self.clock,
            fresh: self.settings.models_refresh,
        }
    }

    /// From now on `/readyz` says no, so that balancers look elsewhere.
    pub fn drain(&self) {
        // Relaxed: a flag on its own; nothing is published with it.
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Idle connections kept to upstreams.
    #[must_use]
    pub fn keepalive_pool(&self) -> usize {
        self.settings.keepalive_pool
    }

    /// How long an idle client connection is kept.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        self.settings.keep_alive
    }

    /// When it began, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn began_unix_ms(&self) -> i64 {
        self.clock.began_unix_ms()
    }

    /// The wall clock at the origin of its own, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn origin_unix_ms(&self) -> i64 {
        self.clock.origin_unix_ms()
    }

    /// Requests being served.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        Arc::strong_count(&self.in_flight) - 1
    }

    /// What the edge is doing, for `status`.
    #[must_use]
    pub fn report(&self) -> serde_json::Value {
        let live = self.live.load();
        let upstreams = live
            .upstreams
            .iter()
            .map(|live| (live.upstream.name.to_string(), live.report()));
        let upstreams: std::collections::BTreeMap<_, _> = upstreams.collect();
        let counts = live.snapshot.counts();
        serde_json::json!({
            "edge": self.settings.name.to_str().unwrap_or_default(),
            "version": env!("CARGO_PKG_VERSION"),
            "began_at": self.began_unix_ms(),
            "revision": live.snapshot.revision(),
            "in_flight": self.in_flight(),
            "draining": self.draining.load(Ordering::Relaxed),
            "users": counts.users,
            "client_keys": counts.client_keys,
            "usage": self.usage.get().map(|inlet| inlet.status().report()),
            "upstreams": upstreams,
        })
    }

    /// Looks all node names up again. Called at the start and from time to time.
    pub async fn resolve(&self) {
        self.resolve_where(|_| true).await;
    }

    /// Waits until an upstream has got other nodes.
    pub async fn nodes_changed(&self) {
        // The sender lives as long as this edge.
        let _ = self.around.nodes_changed.subscribe().changed().await;
    }

    /// Looks those names up that have never been found.
    pub async fn resolve_missing(&self) {
        self.resolve_where(NodeAddresses::is_unknown).await;
    }

    async fn resolve_where(&self, wanted: impl Fn(&NodeAddresses) -> bool) {
        let live = self.live.load_full();
        let nodes = live.upstreams.iter().flat_map(|upstream| upstream.nodes.in_use());
        let wanted = nodes.filter(|node| wanted(node));
        let resolved = wanted.map(|node| async move { node.resolve().await });
        futures_util::future::join_all(resolved).await;
    }

    /// Looks the names of outbound proxies up again: all, or those that were never found.
    pub async fn resolve_proxies(&self, all: bool) {
        let exits = Arc::clone(&self.live.load().exits);
        exits.resolve(all).await;
    }

    /// What each pool key is doing, by upstream.
    #[must_use]
    pub fn pool_keys(&self) -> Vec<KeyReport> {
        let live = self.live.load();
        let reports = live.upstreams.iter();
        reports
            .flat_map(|live| live.desk.look(|scheduler, now| scheduler.pool().report_keys(now)))
            .collect()
    }

    /// What one pool key is doing, if it is here.
    #[must_use]
    pub fn pool_key(&self, upstream: &str, key: PoolKeyId) -> Option<KeyReport> {
        self.desk(upstream)?
            .look(|scheduler, now| scheduler.pool().report_key(key, now))
    }

    fn desk(&self, upstream: &str) -> Option<Arc<Desk>> {
        let live = self.live.load();
        let mut upstreams = live.upstreams.iter();
        let live = upstreams.find(|live| *live.upstream.name == *upstream)?;
        Some(Arc::clone(&live.desk))
    }

    /// How a user's window is filled; `None` where there is no such user, or nothing is counted.
    #[must_use]
    pub fn window(&self, user: UserId) -> Option<Filled> {
        let live = self.live.load();
        let user = live.snapshot.user(user)?;
        let limit = live
            .snapshot
            .limits()
            .of(user, unix_ms)
            .unwrap_or(Limit::AtMost(0));
        (limit != Limit::Unlimited).then(|| self.traffic.of_user(user.id, limit, self.clock.now()))
    }

    /// From now on `observer` is told what is seen of pool keys. It is called on the request path and must
    /// not wait. Only the first call counts.
    pub fn on_observation(&self, observer: impl Fn(Observation) + Send + Sync + 'static) {
        let _ = self.around.observer.set(Box::new(observer));
    }

    /// From now on requests that have ended go there. Only the first call counts.
    pub fn on_usage(&self, inlet: Inlet) {
        let _ = self.usage.set(inlet);
    }

    /// How what is noted of requests fares on its way to the books; `None` where nobody keeps any.
    #[must_use]
    pub fn usage(&self) -> Option<Report> {
        self.usage.get().map(|inlet| inlet.status().report())
    }

    /// How a request came to its end, where that was not the plain way and not long ago.
    #[must_use]
    pub fn trace(&self, request: RequestNumber) -> Option<Arc<Trace>> {
        self.traces.of(request)
    }

    /// Lets a pool key be tried again at once, whatever it rests for.
    pub fn recheck(&self, key: PoolKeyId) {
        for live in &self.live.load().upstreams {
            live.desk.update(|scheduler, now| scheduler.recheck(key, now));
        }
    }

    /// Lets all pool keys of an upstream be tried again at once.
    pub fn recheck_all(&self, upstream: &str) {
        let live = self.live.load();
        for live in live
            .upstreams
            .iter()
            .filter(|live| *live.upstream.name == *upstream)
        {
            let keys = live.desk.look(|scheduler, now| scheduler.pool().report_keys(now));
            for report in keys {
                live.desk
                    .update(|scheduler, now| scheduler.recheck(report.key, now));
            }
        }
    }

    /// Forgets windows that have run empty. Called from time to time.
    pub fn tidy(&self) {
        let now = self.clock.now();
        self.traffic.tidy(now);
        self.live.load().tidy(now);
        self.purses.tidy(unix_ms());
        self.objects.tidy(unix_ms());
        self.tidy_proxies();
        self.change.lock().retain(|old| Arc::strong_count(old) > 1);
    }
}
