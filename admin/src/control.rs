//! The control plane's calls. Handlers and in-process callers alike make them here.
//!
//! A change's way: take the turn → rows and revision in one transaction → the edge checks what would change →
//! commit → the edge serves it → the answer. Invariant: changes take turns, so that what the edge is given is
//! in revision order; what it was not given (it refused, or the process ended) is part of the next delta.

mod about;
mod account;
mod alerts;
mod audit;
mod auth;
mod bulk;
mod checks;
mod client_keys;
mod credentials;
mod edge;
mod effective;
mod export;
mod fields;
mod findings;
mod histories;
mod history;
mod holds;
mod jobs;
mod key_uses;
mod limits;
mod listening;
mod live_requests;
mod marks;
mod my_jobs;
mod my_keys;
mod my_pool_keys;
mod nodes;
mod notice;
mod outbound_proxies;
mod personal_tokens;
mod pool_keys;
mod registration;
mod requests;
mod second_factor;
mod sessions;
mod settings;
mod standing;
mod these;
mod turn;
mod upstreams;
mod usage;
mod users;
mod who;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) use bulk::{Bulk, Stepped};
use edge::NoEdge;
pub use edge::{Checking, Live, Probing, Publisher, Recheck};
pub use nodes::{Found, LookUp};
pub(crate) use notice::notice;
pub(crate) use outbound_proxies::ProxyNames;
use parking_lot::RwLock;
use potluck_filters::id::Revision;
use potluck_filters::spending::day_of;
use potluck_store::usage::UsageStore;
use potluck_store::{Parts, Store};
pub(crate) use sessions::From as LoginFrom;
use tokio::sync::{Mutex, Notify};
pub use turn::Turn;

use crate::api::{Database, Effective, Route, Status, UpstreamFacts};
use crate::audit::Failures;
use crate::auth::AuthSettings;
use crate::error::ControlError;
use crate::events::Events;
use crate::throttle::Throttle;
use auth::Auth;

/// Between two heartbeats of a stream of events: half of what a page waits before it says that it is behind.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Between two tellings of how requests come.
const SERIES: Duration = Duration::from_secs(1);

/// Calls that one caller may make in a minute, unless it is set otherwise.
pub const CALLS_PER_MINUTE: u32 = 600;

/// The control plane of one relay.
pub struct Control {
    pub(crate) store: Store,
    /// The books, where they are open.
    usage: Option<UsageStore>,
    upstreams: RwLock<Arc<[UpstreamFacts]>>,
    routes: Arc<[Route]>,
    publisher: Arc<dyn Publisher>,
    pub(crate) live: Arc<dyn Live>,
    clock: fn() -> i64,
    look_up: Box<LookUp>,
    pub(crate) auth: Auth,
    public_base_url: Option<String>,
    configured: Effective,
    /// What the edge has been given. Held for the whole of a change: it is the turn.
    pub(crate) published: Mutex<Revision>,
    probe_due: Notify,
    job_due: Notify,
    heartbeat: Duration,
    series_every: Duration,
    failures: Failures,
    pub(crate) events: Events,
    pub(crate) throttle: Throttle,
    /// Calls that one caller may make in a minute.
    calls_per_minute: AtomicU32,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Control {
    /// A control plane whose edge has been given nothing yet: [`Control::load`] comes next. `clock` gives Unix
    /// time in milliseconds.
    #[must_use]
    pub fn new(
        store: Store,
        upstreams: Vec<UpstreamFacts>,
        publisher: Arc<dyn Publisher>,
        live: Arc<dyn Live>,
        clock: fn() -> i64,
    ) -> Self {
        let (upstreams, published) = (RwLock::new(upstreams.into()), Mutex::new(Revision(0)));
        Self {
            store,
            usage: None,
            upstreams,
            routes: Arc::default(),
            publisher,
            live,
            clock,
            look_up: Box::new(nodes::system),
            auth: Auth::new(AuthSettings::default()),
            public_base_url: None,
            configured: Effective::default(),
            published,
            probe_due: Notify::new(),
            job_due: Notify::new(),
            heartbeat: HEARTBEAT,
            series_every: SERIES,
            failures: Failures::default(),
            events: Events::default(),
            throttle: Throttle::default(),
            calls_per_minute: AtomicU32::new(CALLS_PER_MINUTE),
        }
    }

    /// The same, for clients that reach the relay at this URL.
    #[must_use]
    pub fn reached_at(mut self, public_base_url: Option<String>) -> Self {
        self.public_base_url = public_base_url;
        self
    }

    /// Where clients reach the relay, if that was configured.
    #[must_use]
    pub fn public_base_url(&self) -> Option<&str> {
        self.public_base_url.as_deref()
    }

    /// The same, for a configuration with these routes.
    #[must_use]
    pub fn with_routes(mut self, routes: Vec<Route>) -> Self {
        self.routes = routes.into();
        self
    }

    /// The routes of the configuration.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The same with another time between two heartbeats of a stream of events.
    #[must_use]
    pub fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// The same with another time between two tellings of how requests come.
    #[must_use]
    pub fn with_series_every(mut self, every: Duration) -> Self {
        self.series_every = every;
        self
    }

    pub(crate) fn series_every(&self) -> Duration {
        self.series_every
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    /// The same with another way to look names up.
    #[must_use]
    pub fn looking_up_with(mut self, look_up: Box<LookUp>) -> Self {
        self.look_up = look_up;
        self
    }

    /// The same with other rules for accounts.
    #[must_use]
    pub fn with_auth(mut self, settings: AuthSettings) -> Self {
        self.auth = Auth::new(settings);
        self
    }

    /// The same with the books of usage.
    #[must_use]
    pub fn with_usage(mut self, usage: UsageStore) -> Self {
        self.usage = Some(usage);
        self
    }

    /// The books of usage, where they are open.
    #[must_use]
    pub fn usage(&self) -> Option<&UsageStore> {
        self.usage.as_ref()
    }

    /// The database, for jobs and bookings. What an edge serves is changed by a [`Turn`] alone.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Woken when people want a probe at once. A wake that finds nobody waiting is kept for the next who waits.
    #[must_use]
    pub fn probe_due(&self) -> &Notify {
        &self.probe_due
    }

    /// Sets how many calls one caller may make in a minute.
    pub fn allow_calls(&self, per_minute: u32) {
        // Relaxed: a number on its own.
        self.calls_per_minute.store(per_minute, Ordering::Relaxed);
    }

    pub(crate) fn calls_per_minute(&self) -> u32 {
        self.calls_per_minute.load(Ordering::Relaxed)
    }

    /// Now, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Today (UTC), as days since the epoch.
    fn today(&self) -> i64 {
        day_of((self.clock)())
    }

    /// A control plane beside a stopped relay, whose changes are loaded at the next start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn without_edge(
        store: Store,
        upstreams: Vec<UpstreamFacts>,
        clock: fn() -> i64,
    ) -> Result<Self, ControlError> {
        let revision = store.revision().await?;
        let control = Self::new(store, upstreams, Arc::new(NoEdge), Arc::new(NoEdge), clock);
        control.begin_at(revision).await;
        Ok(control)
    }

    /// Everything the edge begins with. What changes from here on is published.
    ///
    /// # Errors
    /// When the database fails, or cannot be read or opened.
    pub async fn load(&self) -> Result<Parts, ControlError> {
        let mut published = self.published.lock().await;
        let parts = self.store.load().await?;
        *published = parts.revision;
        self.events.begin_at(parts.revision);
        Ok(parts)
    }

    /// Takes note that the edge begins with what [`Store::load`] gave before this control plane was made.
    pub async fn begin_at(&self, revision: Revision) {
        *self.published.lock().await = revision;
        self.events.begin_at(revision);
    }

    /// The upstreams of the configuration.
    #[must_use]
    pub fn upstreams(&self) -> Arc<[UpstreamFacts]> {
        Arc::clone(&self.upstreams.read())
    }

    /// Takes over the upstreams of a configuration that was read again.
    pub fn set_upstreams(&self, upstreams: Vec<UpstreamFacts>) {
        *self.upstreams.write() = upstreams.into();
    }

    /// How the relay is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status(&self) -> Result<Status, ControlError> {
        let kind = self.store.dialect().as_str().to_owned();
        let (epoch, revision) = (self.store.epoch().to_owned(), self.store.revision().await?);
        Ok(Status {
            database: Database {
                kind,
                epoch,
                revision,
            },
            books: self.books_size().await,
            spool: self.live.spool().map(Into::into),
            edge: self.live.status(),
        })
    }

    /// Closes the database, when the last call has ended.
    pub async fn close(&self) {
        let _turn = self.published.lock().await;
        if let Some(usage) = &self.usage {
            usage.close().await;
        }
        self.store.close().await;
    }
}
