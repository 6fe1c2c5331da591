//! Which models upstreams list, kept in memory and refreshed behind the answers.
//!
//! Invariants: of one list at most one fetch is under way; what is known is answered at once, however old,
//! while an upstream is away; nobody waits longer than [`PATIENCE`] for a list that is not known yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pingora::connectors::http::Connector;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::route::Listing;
use potluck_filters::time::Moment;
use tokio::sync::Notify;

use super::attempt::{Fetch, fetch};
use super::egress::Exits;
use super::live::LiveUpstream;
use crate::clock::Clock;

/// Longest wait for a list that is not known yet, and longest time of one fetch.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a fetch that failed, while an old list is known.
const PAUSE: Duration = Duration::from_secs(5);

/// The list of one upstream, on the path on which it is asked for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Which {
    upstream: Arc<str>,
    path: Box<str>,
    /// Routes without a client key never use contributed keys, for this neither.
    operator_owned_only: bool,
}

/// All lists. Outlives every snapshot.
#[derive(Default)]
pub(super) struct Catalogues(Mutex<HashMap<Which, Arc<Catalogue>>>);

#[derive(Default)]
struct Catalogue {
    state: Mutex<State>,
    /// Told after each fetch.
    ended: Notify,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Listing>>,
    /// From when on it is to be fetched anew.
    due: Moment,
    fetching: bool,
    /// What the last fetch came to, where it failed.
    failed: Option<Rejection>,
}

/// Who asks for lists.
#[derive(Clone)]
pub(super) struct Fetcher {
    pub(super) connector: Arc<Connector>,
    pub(super) clock: Clock,
    /// The outbound proxies that may be left through.
    pub(super) exits: Option<Arc<Exits>>,
    /// How long a list is taken for new.
    pub(super) fresh: Duration,
}

/// Ends a fetch on every way out.
struct Fetching(Arc<Catalogue>);

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.state.lock().fetching = false;
        self.0.ended.notify_waiters();
    }
}

impl Catalogues {
    /// The models of an upstream, which its `path` lists.
    ///
    /// # Errors
    /// Why they are not known.
    pub(super) async fn listing(
        &self,
        fetcher: &Fetcher,
        upstream: &Arc<LiveUpstream>,
        path: &str,
        operator_owned_only: bool,
    ) -> Result<Arc<Listing>, Rejection> {
        let which = Which {
            upstream: Arc::clone(&upstream.upstream.name),
            path: path.into(),
            operator_owned_only,
        };
        let catalogue = Arc::clone(self.0.lock().entry(which).or_default());
        let ended = catalogue.ended.notified();
        tokio::pin!(ended);
        // From here on no end of a fetch is missed.
        ended.as_mut().enable();
        if catalogue.begin(fetcher.clock.now()) {
            let (fetcher, upstream, path) = (fetcher.clone(), Arc::clone(upstream), path.to_owned());
            let fetching = Fetching(Arc::clone(&catalogue));
            tokio::spawn(async move {
                fetcher
                    .refresh(&fetching.0, &upstream, &path, operator_owned_only)
                    .await;
            });
        }
        if let Some(known) = catalogue.known() {
            return Ok(known);
        }
        let _ = tokio::time::timeout(PATIENCE, ended).await;
        let failed = || catalogue.state.lock().failed.clone();
        catalogue
            .known()
            .ok_or_else(|| failed().unwrap_or_else(|| Code::UpstreamTimeout.into()))
    }
}

impl Catalogue {
    fn known(&self) -> Option<Arc<Listing>> {
        self.state.lock().known.clone()
    }

    /// `true` for whoever is to fetch.
    fn begin(&self, now: Moment) -> bool {
        let mut state = self.state.lock();
        let due = state.known.is_none() || state.due <= now;
        let mine = due && !state.fetching;
        state.fetching |= mine;
        mine
    }
}

impl Fetcher {
    async fn refresh(
        &self,
        catalogue: &Catalogue,
        upstream: &Arc<LiveUpstream>,
        path: &str,
        operator_owned_only: bool,
    ) {
        let asked = Fetch {
            connector: &self.connector,
            clock: self.clock,
            upstream,
            exits: self.exits.as_ref(),
            operator_owned_only,
        };
        let fetched = tokio::time::timeout(PATIENCE, fetch(&asked, path)).await;
        let fetched = fetched.unwrap_or_else(|_| Err(Code::UpstreamTimeout.into()));
        let listing = fetched.and_then(|body| Listing::parse(&body).ok_or(Code::UpstreamBroken.into()));
        let now = self.clock.now();
        let mut state = catalogue.state.lock();
        match listing {
            Ok(listing) => {
                state.known = Some(Arc::new(listing));
                state.due = now + self.fresh;
                state.failed = None;
            }
            Err(rejection) => {
                let upstream = &*upstream.upstream.name;
                tracing::warn!(
                    upstream,
                    code = rejection.code.as_str(),
                    "its models cannot be listed"
                );
                state.due = now + PAUSE;
                state.failed = Some(rejection);
            }
        }
    }
}
