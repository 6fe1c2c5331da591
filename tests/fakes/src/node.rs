//! A self-run GPU node: plain HTTP, server-sent events, chunks, large bodies, ranges and WebSockets.
//!
//! Every answer of its own carries [`NODE_HEADER`]; a scripted fault's does not.

mod file;
mod paths;
mod socket;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::map_response_with_state;
use axum::routing::{any, get};

use crate::fault::Faults;
use crate::pace::Pace;
use crate::record::Records;
use crate::server::{FakeServer, TestCa};

/// Names the node that answered.
pub const NODE_HEADER: &str = "x-fake-node";

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Its name: visible ASCII.
    pub name: String,
    /// Where to listen; port 0 takes a free one. Not used with `tls`.
    pub addr: SocketAddr,
    /// Serve TLS with a certificate of this authority.
    pub tls: Option<TestCa>,
    /// Speed.
    pub pace: Pace,
    /// Where requests are noted.
    pub records: Records,
}

impl NodeOptions {
    /// Plaintext on a free loopback port.
    pub fn named(name: &str) -> NodeOptions {
        NodeOptions {
            name: name.to_owned(),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            pace: Pace::default(),
            records: Records::new(),
        }
    }
}

/// A running node.
#[derive(Debug)]
pub struct NodeFake {
    /// The server: address, faults, records.
    pub server: FakeServer,
    /// Its name.
    pub name: String,
    /// Its speed.
    pub pace: Pace,
    healthy: Arc<AtomicBool>,
}

impl NodeFake {
    /// Starts a healthy node on a free loopback port.
    pub async fn start(name: &str) -> io::Result<NodeFake> {
        NodeFake::start_with(NodeOptions::named(name)).await
    }

    /// Starts a healthy node with given settings.
    pub async fn start_with(options: NodeOptions) -> io::Result<NodeFake> {
        let NodeOptions {
            name,
            addr,
            tls,
            pace,
            records,
        } = options;
        let label = HeaderValue::from_str(&name).map_err(io::Error::other)?;
        let healthy = Arc::new(AtomicBool::new(true));
        let site = Site {
            name: name.clone().into(),
            label,
            healthy: Arc::clone(&healthy),
            pace: pace.clone(),
        };
        let faults = Faults::new();
        let server = match tls {
            None => FakeServer::start_on(addr, router(site), faults, records).await?,
            Some(ca) => FakeServer::start_tls_with(&ca, router(site), faults, records).await?,
        };
        Ok(NodeFake {
            server,
            name,
            pace,
            healthy,
        })
    }

    /// What `/health` says from now on.
    pub fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::Release);
    }
}

/// What all handlers of a node share.
#[derive(Clone)]
pub(crate) struct Site {
    name: Arc<str>,
    label: HeaderValue,
    healthy: Arc<AtomicBool>,
    pace: Pace,
}

fn router(site: Site) -> Router {
    Router::new()
        .route("/health", get(paths::health))
        .route("/api/echo", any(paths::echo))
        .route("/api/echo/{*rest}", any(paths::echo))
        .route("/api/stream", any(paths::stream))
        .route("/api/chunked", get(paths::chunked))
        .route("/api/trailers", get(paths::trailers))
        .route("/api/big", get(paths::big))
        .route("/api/status/{code}", any(paths::status))
        .route("/api/file", get(file::serve))
        .route("/api/ws", any(socket::echo))
        .route("/api/ws/eager", any(socket::eager))
        .fallback(paths::unknown)
        .layer(DefaultBodyLimit::disable())
        .layer(map_response_with_state(site.clone(), label))
        .with_state(site)
}

async fn label<B>(State(site): State<Site>, mut answer: Response<B>) -> Response<B> {
    answer
        .headers_mut()
        .insert(HeaderName::from_static(NODE_HEADER), site.label);
    answer
}

#[cfg(test)]
mod tests;
