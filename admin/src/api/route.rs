//! Routes: which paths lead to which upstream, and what bounds a request on its way.

use potluck_filters::model::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A path prefix that leads to upstreams, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// The path prefix, matched by whole segments.
    pub prefix: String,
    /// Only requests to this host; `null`: any.
    pub host: Option<String>,
    /// Who may use it.
    pub auth: RouteAccess,
    /// Whether the prefix is taken off before the path is sent on.
    pub strip_prefix: bool,
    /// The upstream that serves what no model names; `null` where there is none.
    pub upstream: Option<String>,
    /// Upstreams chosen by the model; the first that matches wins.
    pub models: Vec<RouteModels>,
    /// Upstreams that are tried in this order where the chosen one has no way.
    pub fallback: Vec<String>,
    /// Names of the plug-ins around its requests, in this order.
    pub plugins: Vec<String>,
    /// The longest wait for a pool key, in milliseconds, where the route has one of its own; `null`: the upstream's.
    pub max_wait_ms: Option<u64>,
    /// The bounds of each upstream that it may lead to.
    pub bounds: Vec<RouteBounds>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteAccess {
    /// Whoever sends a client key.
    Key,
    /// Anybody; a client key counts where one is sent.
    Optional,
    /// Anybody.
    None,
}

/// Models that one upstream serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteModels {
    /// Names of models, in which `*` stands for any text.
    pub patterns: Vec<String>,
    /// The upstream.
    pub upstream: String,
}

/// What bounds a request that goes to an upstream. Times are in milliseconds, bodies in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteBounds {
    /// The upstream.
    pub upstream: String,
    /// What it speaks.
    pub kind: Kind,
    /// Most tries of one request, each on another pool key or node.
    pub attempts: u8,
    /// Requests at once on one pool key, where the key says nothing else; `null` where it takes no keys.
    pub key_concurrency: Option<u32>,
    /// The longest wait for a pool key.
    pub queue_max_wait_ms: u64,
    /// Most requests that wait at once.
    pub queue_requests: u32,
    /// Most requests of one user that wait at once.
    pub queue_requests_per_user: u32,
    /// Making a connection, TLS included.
    pub connect_ms: u64,
    /// One write of the request.
    pub write_ms: u64,
    /// From the request's end to the first byte of the answer.
    pub first_byte_ms: u64,
    /// Between two parts of the answer.
    pub idle_ms: u64,
    /// The whole request with all its attempts.
    pub total_ms: u64,
    /// Between two messages of a WebSocket.
    pub websocket_ms: u64,
    /// The longest body that is kept for another attempt.
    pub body_replay: u64,
    /// The longest body.
    pub body_max: u64,
}
