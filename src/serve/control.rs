//! The control plane beside the edge: changes handed over in the process, and the control socket.
//!
//! The socket is Pingora's like every other listener, so that it can travel to a new process; axum is
//! served on the streams that Pingora accepts. The database is only ever driven by the control plane's
//! own runtime.

use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use pingora::apps::ServerApp;
use pingora::protocols::Stream;
use pingora::server::ShutdownWatch;
use pingora::services::listening::Service;
use potluck_admin::gate::Peer;
use potluck_admin::{Checking, Control, Live, Probing, Publisher, Recheck, operator_router};
use potluck_filters::egress::{ProxyJournal, ProxyReport};
use potluck_filters::finding::{FailedAttempt, SpoolScene};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, UserId};
use potluck_filters::pool::{Journal, KeyReport, NodeReport};
use potluck_filters::snapshot::{Delta, Problem};
use potluck_filters::trace::Trace;
use potluck_filters::usage::{LiveRequest, QueuedRequest, RequestNumber};
use potluck_filters::window::Filled;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::edge::{Edge, RecentSteps};

/// The edge as the control plane sees it.
pub(super) struct EdgeLink(pub(super) Arc<Edge>);

fn words(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

impl Publisher for EdgeLink {
    fn check(&self, delta: &Delta) -> Result<(), Vec<String>> {
        self.0.check(delta).map_err(|problems| words(&problems))
    }

    fn publish(&self, delta: Delta) -> Result<(), Vec<String>> {
        self.0.apply(delta).map_err(|problems| {
            let problems = words(&problems);
            tracing::error!(?problems, "a change was refused; the last good snapshot is kept");
            problems
        })
    }
}

impl Live for EdgeLink {
    fn proxy(&self, id: OutboundProxyId) -> Option<ProxyReport> {
        self.0.proxy_report(id)
    }

    fn check_proxy(&self, id: OutboundProxyId) -> Probing<'_> {
        Box::pin(self.0.check_proxy(id))
    }

    fn status(&self) -> serde_json::Value {
        self.0.report()
    }

    fn trace(&self, request: RequestNumber) -> Option<Arc<Trace>> {
        self.0.trace(request)
    }

    fn credit_left(&self) -> HashMap<PoolKeyId, u64> {
        let reports = self.0.pool_keys().into_iter();
        reports
            .filter_map(|report| Some((report.key, report.left?)))
            .collect()
    }

    fn window(&self, user: UserId) -> Option<Filled> {
        self.0.window(user)
    }

    fn live_requests(&self, of: Option<UserId>, most: usize) -> Vec<LiveRequest> {
        self.0.live_requests(of, most)
    }

    fn queue(&self, upstream: &str, most: usize) -> Option<(Vec<QueuedRequest>, usize)> {
        self.0.queue(upstream, most)
    }

    fn pool_key(&self, upstream: &str, id: PoolKeyId) -> Option<KeyReport> {
        self.0.pool_key(upstream, id)
    }

    fn nodes(&self, upstream: &str) -> Vec<NodeReport> {
        self.0.nodes(upstream).unwrap_or_default()
    }

    fn check_node<'a>(&'a self, upstream: &'a str, node: &'a str) -> Checking<'a> {
        Box::pin(self.0.check_node(upstream, node))
    }

    fn take_key_moves(&self) -> Journal {
        self.0.take_key_moves()
    }

    fn pool_keys(&self) -> Vec<KeyReport> {
        self.0.pool_keys()
    }

    fn proxy_standings(&self) -> Vec<(ProxyReport, bool)> {
        self.0.proxy_standings()
    }

    fn requests(&self, upstream: &str) -> Option<(u64, u64)> {
        self.0.ended_requests(upstream)
    }

    fn recent(&self) -> RecentSteps {
        self.0.recent()
    }

    fn recent_of(&self, user: UserId) -> RecentSteps {
        self.0.recent_of(user)
    }

    fn spool(&self) -> Option<SpoolScene> {
        self.0.spool_scene()
    }

    fn take_failed(&self) -> Vec<(String, FailedAttempt)> {
        self.0.take_failed()
    }

    fn take_proxy_events(&self) -> ProxyJournal {
        self.0.take_proxy_events()
    }

    fn recheck(&self, which: Recheck<'_>) {
        match which {
            Recheck::Key(key) => self.0.recheck(key),
            Recheck::Upstream(name) => self.0.recheck_all(name),
        }
    }
}

/// How long a request's head may take, and how long a connection may stay without one.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes of the longest head.
const LONGEST_HEAD: usize = 32 * 1024;

/// Connections of strangers at once on one listener, so that they cannot take all of the process's files.
const STRANGERS: usize = 256;

/// Axum on a stream of Pingora's.
pub(super) struct ControlApp {
    router: axum::Router,
    runtime: Handle,
    http: http1::Builder,
    /// A connection that finds no place is closed at once.
    places: Semaphore,
}

impl ControlApp {
    /// For a listener that only the operator can reach.
    fn for_operator(router: axum::Router, runtime: Handle) -> Self {
        Self {
            router,
            runtime,
            http: http1::Builder::new(),
            places: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    /// For a listener that others than the operator can reach.
    pub(super) fn for_strangers(router: axum::Router, runtime: Handle) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(LONGEST_HEAD);
        Self {
            router,
            runtime,
            http,
            places: Semaphore::new(STRANGERS),
        }
    }
}

#[async_trait]
impl ServerApp for ControlApp {
    async fn process_new(self: &Arc<Self>, session: Stream, _shutdown: &ShutdownWatch) -> Option<Stream> {
        let _place = self.places.try_acquire().ok()?;
        let (router, peer) = (self.router.clone(), peer(&session));
        let service = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(peer);
            }
            router.clone().oneshot(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(session), service);
        if let Ok(Err(error)) = self.runtime.spawn(connection).await {
            tracing::debug!(%error, "a control connection broke off");
        }
        None
    }
}

/// Who is at the other end of a TCP connection; a Unix socket has nobody there that has an address.
fn peer(session: &Stream) -> Option<Peer> {
    let digest = session.get_socket_digest()?;
    let address = digest.peer_addr()?.as_inet()?;
    Some(Peer(address.ip().to_canonical()))
}

/// The control socket: who may open it is the operator, so it is its owner's alone.
pub(super) fn service(socket: &Path, control: Arc<Control>, runtime: Handle) -> Service<ControlApp> {
    // The data folder's lock is held, so a socket that is still there belongs to nobody.
    let _ = std::fs::remove_file(socket);
    let app = ControlApp::for_operator(operator_router(control), runtime);
    let mut service = Service::new("control".to_owned(), app);
    service.threads = Some(1);
    service.add_uds(&socket.to_string_lossy(), Some(Permissions::from_mode(0o600)));
    service
}
