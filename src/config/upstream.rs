//! Upstreams and routes as they are written; [`super::layout`] makes of them what an edge serves.

use std::collections::BTreeMap;
use std::path::PathBuf;

use potluck_filters::model::{HttpVersion, Kind, Role};
use potluck_filters::pool::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cool_downs::CoolDowns;
use super::credit::Credit;
use super::egress::Egress;
use super::health::{Health, PrivateNetwork};
use super::judge::OwnRule;
use super::model_routes::ModelRule;
use super::one_or_many::OneOrMany;
use super::plugins::PluginEntry;
use super::queue::Queue;
use super::reach::{Reach, Stateful};
use super::scalar::{Period, Size, Url};
use super::usage::UsageOfStreams;

/// A named service behind the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// What it speaks: `novelai` (its native API on three hosts), `openai` (any OpenAI-compatible API) or
    /// `http` (any HTTP service, for example self-run GPU nodes). Required.
    #[schemars(with = "String", extend("enum" = ["novelai", "openai", "http"]))]
    pub kind: Kind,
    /// Where it is; at least one node, here or in `nodes_from_env`.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// Prefix of variables that name further nodes: with `NODE_`, those of `NODE_0=name|url`, `NODE_1=name|url` and
    /// so on are added to `nodes`. Default: none.
    #[serde(default)]
    pub nodes_from_env: Option<String>,
    /// Which endpoints may be reached, for `openai`: `stateless` (chat, completions, responses, embeddings, images,
    /// audio, moderations, models) or `all` (everything but account, organisation and credit endpoints; members see
    /// each other's objects, so every pool key must be an operator's). See [reach.md](reach.md).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["stateless", "all"]))]
    pub reach: Reach,
    /// Whether members may keep files, batches, stored responses, conversations and fine-tuning jobs, for `openai`:
    /// `off`, or `owned` (each member sees what that member made, and nothing else). See [reach.md](reach.md).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["off", "owned"]))]
    pub stateful: Stateful,
    /// What is done about streams of chat and completions whose clients do not ask for usage, for `openai`: `as-sent`
    /// (they say nothing of it, and the books guess) or `ask` (the relay adds `stream_options.include_usage`, and keeps
    /// what that brings from the client). Take `ask` only where the upstream knows that option. See
    /// [usage.md](usage.md).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["as-sent", "ask"]))]
    pub usage: UsageOfStreams,
    /// Whether requests carry a pool key. Default: true for `novelai` and `openai`, false for `http`.
    #[serde(default)]
    pub keyed: Option<bool>,
    /// How the next pool key or node is chosen among those that can serve now: `round-robin` (one after the
    /// other), `active-first` (the same while it is well, then the next), `least-latency` (of the next two the
    /// one whose answers begin sooner), `least-busy` (fewest requests in flight) or `credit-weighted` (at random,
    /// in proportion to what is left on each). Can be switched while the relay runs.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["round-robin", "active-first", "least-latency", "least-busy", "credit-weighted"]))]
    pub policy: Policy,
    /// Requests in flight at once on one pool key, where the key says nothing else. Default: 1 for
    /// `novelai`, whose accounts make one image at a time, 64 for the others.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub key_concurrency: Option<u32>,
    /// For `credit-weighted`: keys with this much credit or less are left out. In Anlas for `novelai`, in
    /// hundredths of the currency for `openai`.
    #[serde(default)]
    pub min_credit: u32,
    /// How the upstream is asked what is left on each pool key. See [credit.md](credit.md).
    #[serde(default)]
    pub credit: Credit,
    /// What happens while all pool keys that could serve a request are busy.
    #[serde(default)]
    pub queue: Queue,
    /// Most tries of one request, each on another pool key or node.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u8,
    /// How long each part of a request may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Bounds on request bodies.
    #[serde(default)]
    pub bodies: Bodies,
    /// How long a pool key or node rests after a failure; each further failure in a row doubles the rest. In brackets
    /// stand the variables of the NovelAI Pool that a key replaces; those count in seconds.
    #[serde(default)]
    pub cool_downs: CoolDowns,
    /// How its nodes are checked.
    #[serde(default)]
    pub health: Health,
    /// What its answers mean, where the relay does not know it: rules that are looked at before the built-in ones,
    /// the first that matches wins. See [judge.md](judge.md).
    #[serde(default)]
    pub judge: Vec<OwnRule>,
    /// How outbound proxies are used, where any are assigned.
    #[serde(default)]
    pub egress: Egress,
    /// Bytes of an answer that are read on after its client has left. Only for `novelai`, whose accounts
    /// stay locked until the answer has ended; the others are cancelled at once.
    #[serde(default = "eight_mib")]
    pub drain: Size,
    /// Allows `http://` nodes that are not on this machine. Pool keys then cross the network in clear.
    #[serde(default)]
    pub allow_plaintext: bool,
    /// Private networks that its nodes may be in: `10.0.0.0/8`, or a list of them. Names that lead into
    /// others, and into this machine, are not connected to. A node that stands in this file with a literal address,
    /// or as `localhost`, needs no entry. Link-local and metadata addresses are never connected to. Default: none.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub private_networks: OneOrMany<PrivateNetwork>,
    /// A PEM file with the certificate authorities to trust for its nodes. Default: those of the system.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// One base URL of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Unique within its upstream: lower-case letters, digits and `-`. Required.
    pub name: String,
    /// Which host of NovelAI it stands for: `image` (also all account paths), `text` or `api`. Required
    /// for kind `novelai`, and for no other.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["image", "text", "api"]))]
    pub role: Option<Role>,
    /// Base URL, with a path prefix where it has one. Required. `https://` unless the node is on this machine.
    pub url: Url,
    /// HTTP version: `auto` (h2 where TLS offers it, else HTTP/1.1), `h1` or `h2`.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["auto", "h1", "h2"]))]
    pub http: HttpVersion,
}

/// How long each part of a request may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Making a connection, TLS included.
    pub connect: Period,
    /// One write of the request.
    pub write: Period,
    /// From the request's end to the first byte of the answer.
    pub first_byte: Period,
    /// Between two parts of the answer.
    pub idle: Period,
    /// The whole request with all its attempts; a stream ends with it too.
    pub total: Period,
    /// Between two messages of a WebSocket, either way; pings count, and no other time-out here holds for it.
    pub websocket: Period,
}

/// Bounds on request bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bodies {
    /// Longest body that is kept for another attempt. Longer ones stream past with one attempt where their
    /// path allows it, else they are refused with 413.
    pub replay: Size,
    /// Longest body at all; longer ones are refused with 413.
    pub max: Size,
}

/// A path prefix that leads to an upstream. The longest matching prefix wins; with the same prefix, a route
/// with a host wins over one without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Path prefix, matched by whole segments: `/v1` matches `/v1/models` and not `/v10`. Required.
    pub prefix: String,
    /// Only for requests to this host, without port. Default: any host.
    #[serde(default)]
    pub host: Option<String>,
    /// Name of the upstream. Required, unless `models` is there; with `models`, it serves what they do not match.
    #[serde(default)]
    pub upstream: Option<String>,
    /// Several upstreams of kind `openai`, chosen by the model that a request names: the first entry that matches
    /// wins. See [model-routing.md](model-routing.md).
    #[serde(default)]
    pub models: Vec<ModelRule>,
    /// Names of upstreams of kind `openai` that are tried in this order where the chosen one has no way.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// Who may use it: `key` (a client key is required), `optional` (one is used where it is sent) or `none`
    /// (anybody; contributed pool keys are never used).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["key", "optional", "none"]))]
    pub auth: Access,
    /// Whether the prefix is taken off before the path is sent on.
    #[serde(default)]
    pub strip_prefix: bool,
    /// Longest wait for a pool key. Default: the upstream's `queue.max_wait`.
    #[serde(default)]
    pub max_wait: Option<Period>,
    /// What runs around its requests, in this order; around their answers in reverse. See [plugins.md](plugins.md).
    #[serde(default)]
    pub plugins: Vec<PluginEntry>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Whoever sends a client key.
    #[default]
    Key,
    /// Anybody; a client key counts where one is sent.
    Optional,
    /// Anybody.
    None,
}

const fn three() -> u8 {
    3
}

const fn eight_mib() -> Size {
    Size::mib(8)
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Period::seconds(5),
            write: Period::seconds(30),
            first_byte: Period::seconds(300),
            idle: Period::seconds(120),
            total: Period::seconds(900),
            websocket: Period::seconds(3600),
        }
    }
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            replay: Size::mib(16),
            max: Size::mib(128),
        }
    }
}

impl Upstream {
    /// An upstream of that kind with all else at its default.
    #[must_use]
    pub fn new(kind: Kind, nodes: Vec<Node>) -> Self {
        Self {
            kind,
            nodes,
            nodes_from_env: None,
            reach: Reach::default(),
            stateful: Stateful::default(),
            usage: UsageOfStreams::default(),
            keyed: None,
            policy: Policy::default(),
            min_credit: 0,
            credit: Credit::default(),
            queue: Queue::default(),
            key_concurrency: None,
            attempts: three(),
            timeouts: Timeouts::default(),
            bodies: Bodies::default(),
            cool_downs: CoolDowns::default(),
            health: Health::default(),
            private_networks: OneOrMany::default(),
            judge: Vec::new(),
            egress: Egress::default(),
            drain: eight_mib(),
            allow_plaintext: false,
            ca_file: None,
        }
    }

    /// [`Self::min_credit`] in the unit in which credit is kept.
    #[must_use]
    pub fn least_credit(&self) -> u64 {
        let unit = match self.kind {
            Kind::Novelai => 1,
            Kind::Openai | Kind::Http => 10_000,
        };
        u64::from(self.min_credit) * unit
    }

    /// Whether requests carry a pool key, with the kind's default resolved.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.keyed.unwrap_or(match self.kind {
            Kind::Novelai | Kind::Openai => true,
            Kind::Http => false,
        })
    }

    /// Requests in flight at once on one pool key, with the kind's default resolved.
    #[must_use]
    pub fn concurrency(&self) -> u32 {
        self.key_concurrency.unwrap_or(match self.kind {
            Kind::Novelai => 1,
            Kind::Openai | Kind::Http => 64,
        })
    }
}

/// NovelAI and the Vercel AI Gateway, at their official hosts.
pub(super) fn default_upstreams() -> BTreeMap<String, Upstream> {
    let novelai = [
        ("image", Role::Image, "image.novelai.net"),
        ("text", Role::Text, "text.novelai.net"),
        ("api", Role::Api, "api.novelai.net"),
    ];
    let novelai = novelai.map(|(name, role, host)| official(name, Some(role), host));
    let vercel = official("gateway", None, "ai-gateway.vercel.sh");
    BTreeMap::from([
        ("novelai".to_owned(), Upstream::new(Kind::Novelai, novelai.into())),
        ("vercel".to_owned(), Upstream::new(Kind::Openai, vec![vercel])),
    ])
}

fn official(name: &str, role: Option<Role>, host: &str) -> Node {
    let base = potluck_filters::model::BaseUrl {
        scheme: potluck_filters::model::Scheme::Https,
        host: host.into(),
        port: 443,
        prefix: "".into(),
    };
    Node {
        name: name.to_owned(),
        role,
        url: Url(base),
        http: HttpVersion::Auto,
    }
}

/// The paths that clients of these services use unchanged.
pub(super) fn default_routes() -> Vec<Route> {
    let route = |prefix: &str, upstream: &str, strip_prefix| Route {
        prefix: prefix.to_owned(),
        host: None,
        upstream: Some(upstream.to_owned()),
        models: Vec::new(),
        fallback: Vec::new(),
        auth: Access::Key,
        strip_prefix,
        max_wait: None,
        plugins: Vec::new(),
    };
    vec![
        route("/v1/novelai", "novelai", true),
        route("/ai", "novelai", false),
        route("/user", "novelai", false),
        route("/oa", "novelai", false),
        route("/v1", "vercel", false),
    ]
}
