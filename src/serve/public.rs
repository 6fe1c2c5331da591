//! The public listener: Pingora's, with the edge behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pingora::apps::HttpServerOptions;
use pingora::listeners::ListenerConfig;
use pingora::protocols::l4::stream::L4BufferSettings;
use pingora::proxy::{HttpProxy, ProxyServiceBuilder};
use pingora::server::configuration::ServerConf;
use pingora::services::listening::Service;

use crate::edge::{Edge, Proxy};

/// How long a stop waits for what is in flight.
const DRAIN: Duration = Duration::from_secs(30);
/// Requests on one connection before it is closed, so that its memory is given back.
const REQUESTS_PER_CONNECTION: u32 = 100_000;
/// Read buffer of a client's connection, in bytes; Pingora's own is 64 KiB, for each of them.
const READ_BUFFER: usize = 8 * 1024;

/// The service that relays on `address`, over HTTP/1.1 and, where wanted, h2 with prior knowledge.
#[must_use]
pub fn service(
    conf: &Arc<ServerConf>,
    edge: Arc<Edge>,
    address: SocketAddr,
    h2: bool,
) -> Service<HttpProxy<Proxy>> {
    let mut options = HttpServerOptions::default();
    options.h2c = h2;
    options.keepalive_request_limit = Some(REQUESTS_PER_CONNECTION);
    options.h2_idle_timeout = Some(edge.idle_timeout());
    let mut service = ProxyServiceBuilder::new(conf, Proxy(edge))
        .name("public")
        .server_options(options)
        .build();
    let buffers = L4BufferSettings::default().read(READ_BUFFER);
    service.add_listener(ListenerConfig::tcp(address.to_string()).l4_buffer(buffers));
    service
}

/// Pingora's settings for a relay.
#[must_use]
pub fn server_conf(threads: usize, keepalive_pool: usize) -> ServerConf {
    ServerConf {
        threads,
        upstream_keepalive_pool_size: keepalive_pool,
        // The longest that is waited for what is in flight; the shutdown watch ends the wait early.
        grace_period_seconds: Some(DRAIN.as_secs()),
        graceful_shutdown_timeout_seconds: Some(1),
        max_retries: 16,
        // Tokio's timers cost nothing where nothing has to wait; Pingora's own read the clock each time.
        fast_timeout_to_tokio_threshold_seconds: Some(0),
        ..ServerConf::default()
    }
}
