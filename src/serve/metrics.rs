//! The listener of a monitoring system: `GET /metrics`, without a password and without a secret in it.
//!
//! [`page`] is where the parts of the process tell what they have to.

mod process;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use pingora::server::Server;
use pingora::services::listening::Service;
use tokio::runtime::{Handle, Runtime};

use super::binding::Ports;
use super::control::ControlApp;
use crate::config::{Config, Listener};
use crate::edge::Edge;
use crate::metrics::Page;

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Has the server open it where the configuration says so. Gives the address, which has a port by now.
///
/// # Errors
/// When there is no free port.
pub(super) fn open(
    config: &Config,
    ports: &mut Ports,
    server: &mut Server,
    edge: &Arc<Edge>,
    runtime: &Runtime,
) -> Result<Option<SocketAddr>> {
    let address = match config.metrics.listen {
        Listener::Off => return Ok(None),
        Listener::At(address) => ports.fixed(address)?,
    };
    server.add_service(service(address, Arc::clone(edge), runtime.handle().clone()));
    Ok(Some(address))
}

/// Waits until it is open, and says where it is.
pub(super) fn until_open(address: SocketAddr, server: &JoinHandle<()>) -> Result<()> {
    super::until_bound(address, server)?;
    tracing::info!(%address, "the metrics listen");
    Ok(())
}

/// Everything, as OpenMetrics text.
fn page(edge: &Edge) -> String {
    let mut page = Page::new();
    process::tell(&mut page, edge.began_unix_ms());
    edge.metrics(&mut page);
    page.finish()
}

fn service(address: SocketAddr, edge: Arc<Edge>, runtime: Handle) -> Service<ControlApp> {
    let told = move || {
        let text = page(&edge);
        async { ([(CONTENT_TYPE, OPEN_METRICS)], text) }
    };
    let app = ControlApp::for_strangers(Router::new().route("/metrics", get(told)), runtime);
    let mut service = Service::new("metrics".to_owned(), app);
    service.threads = Some(1);
    service.add_tcp(&address.to_string());
    service
}
