//! What holds for the edge as a whole, whatever it serves. It comes from the configuration and never changes.

use std::time::Duration;

use http::HeaderValue;
use potluck_filters::framing::HeadLimits;

/// What an edge is told at its start and keeps to its end.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Goes out as `X-Potluck-Edge`.
    pub name: HeaderValue,
    /// Bounds on a request's head.
    pub head: HeadLimits,
    /// Bytes of request bodies held at once by the whole process.
    pub body_memory: u64,
    /// Bytes of these that one user may hold.
    pub body_memory_per_user: u64,
    /// How long a body waits for room.
    pub body_wait: Duration,
    /// Failed authentications per minute and address, after which further ones are 429.
    pub failures_per_minute: u32,
    /// Requests per minute and address on routes without a client key.
    pub anonymous_per_minute: u32,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Between two reads of a request.
    pub client_read: Duration,
    /// One write of an answer.
    pub client_write: Duration,
    /// Slower readers than this many bytes per second are cut off; 0 lets them be.
    pub min_send_rate: usize,
    /// Whether each request is logged in one line.
    pub access_log: bool,
    /// Idle connections that Pingora keeps to upstreams, for the whole process: those of h2, and those of its own path.
    pub keepalive_pool: usize,
    /// Whether answers tell what of their time was whose, in `Server-Timing`.
    pub server_timing: bool,
    /// How long an upstream's list of models is answered from memory before it is asked for again.
    pub models_refresh: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let mib = 1024 * 1024;
        Self {
            name: HeaderValue::from_static("potluck"),
            head: HeadLimits {
                bytes: 64 * 1024,
                count: 100,
            },
            body_memory: 512 * mib,
            body_memory_per_user: 64 * mib,
            body_wait: Duration::from_secs(5),
            failures_per_minute: 30,
            anonymous_per_minute: 60,
            keep_alive: Duration::from_secs(75),
            client_read: Duration::from_secs(30),
            client_write: Duration::from_secs(30),
            min_send_rate: 1024,
            access_log: true,
            keepalive_pool: 1024,
            server_timing: false,
            models_refresh: Duration::from_secs(300),
        }
    }
}
