//! Routes and upstreams: the part of a snapshot that comes from the configuration file.

use std::sync::Arc;
use std::time::Duration;

use super::{Extension, Kind, ModelRoutes, Network, Node, Opened};
use crate::credit::CreditTerms;
use crate::egress::EgressSettings;
use crate::health::HealthSettings;
use crate::judge::{CoolDownSettings, JudgeTable};
use crate::pool::Policy;
use crate::queue::QueueSettings;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAuth {
    /// A client key is required.
    Key,
    /// A client key is used where one is sent; without one as `None`.
    Optional,
    /// Anybody; contributed keys are never used.
    None,
}

/// A path prefix (and optional host) that leads to an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Starts with `/`; matches whole path segments only. `/` matches everything.
    pub prefix: Arc<str>,
    /// Matches any host when absent; lower case, without port.
    pub host: Option<Arc<str>>,
    /// Index into [`Layout::upstreams`]. With `models`, one of theirs: it speaks for all, which are alike in
    /// kind and openness.
    pub upstream: usize,
    /// Several upstreams, chosen by the model; `None` where there is one.
    pub models: Option<Arc<ModelRoutes>>,
    /// Who may use it.
    pub auth: RouteAuth,
    /// Whether the prefix is taken off before the path is sent on.
    pub strip_prefix: bool,
    /// Longest wait for a lease; `None` takes the upstream's.
    pub max_wait: Option<Duration>,
    /// Its plug-ins; `None` where it has none.
    pub plugins: Option<Extension>,
}

/// Separate time-outs of one attempt, and one for the whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS together.
    pub connect: Duration,
    /// One write of the request's body.
    pub write: Duration,
    /// From the end of the request to the answer's head.
    pub first_byte: Duration,
    /// Between two reads of the answer's body.
    pub idle: Duration,
    /// The whole request with all its attempts; streams end with it too.
    pub total: Duration,
    /// Between two messages of a WebSocket, either way, pings too. Of the others, none bounds it.
    pub websocket: Duration,
}

/// Bounds on request bodies, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bodies {
    /// Kept for replay up to here; longer bodies stream past where that is allowed, else 413.
    pub replay: u64,
    /// Longer bodies are 413 everywhere.
    pub max: u64,
}

/// A named service behind the relay.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// Unique; the same word in configuration, database, API, metrics and logs.
    pub name: Arc<str>,
    /// What it speaks.
    pub kind: Kind,
    /// What of it may be reached (openai only).
    pub opened: Opened,
    /// Whether streams are asked for their usage where their clients did not (openai only).
    pub asks_usage: bool,
    /// Where it is. Never empty.
    pub nodes: Vec<Node>,
    /// Whether requests carry a pool key (`false`: nodes that need no credential).
    pub keyed: bool,
    /// How the next key (or node) is chosen.
    pub policy: Policy,
    /// Credit at or under which the credit-weighted policy leaves a key out, in its unit.
    pub min_credit: u64,
    /// Where the balances of its pool keys are asked for; `None` where they are not.
    pub credit: Option<CreditTerms>,
    /// Who waits, and how long, when all that could serve are busy.
    pub queue: QueueSettings,
    /// Requests in flight at once on one pool key, where the key says nothing else.
    pub key_concurrency: u32,
    /// Tries of one request on different keys or nodes, at least 1.
    pub attempts: u8,
    /// Time-outs.
    pub timeouts: Timeouts,
    /// Body bounds.
    pub bodies: Bodies,
    /// Certificates (PEM) trusted for this upstream instead of the system's; `None` trusts the system's.
    pub ca_pem: Option<Arc<str>>,
    /// How its nodes are checked.
    pub health: HealthSettings,
    /// Private networks that its nodes' names may lead into. Where nodes of the configuration are literal
    /// addresses, those need no leave.
    pub private_networks: Arc<[Network]>,
    /// What its answers mean.
    pub judge: JudgeTable,
    /// How long keys and nodes rest after a failure.
    pub cool_downs: CoolDownSettings,
    /// How sensitive it is to the troubles of its outbound proxies.
    pub egress: EgressSettings,
    /// How long a client's answer may be read on after the client left, in bytes (novelai only:
    /// its accounts stay locked until the upstream ends).
    pub drain: u64,
}

/// All routes and upstreams, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The longest matching prefix wins; a route with a host wins over one without.
    pub routes: Vec<Route>,
    /// Referred to by index from [`Route::upstream`].
    pub upstreams: Vec<Upstream>,
}

impl Layout {
    /// The upstream of that name with its index.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<(usize, &Upstream)> {
        self.upstreams.iter().enumerate().find(|(_, u)| &*u.name == name)
    }
}
