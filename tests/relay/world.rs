//! A world for a test: fakes of the upstreams, and a real relay in front of them on a port of its own.
//!
//! Everything is real but the upstreams: Pingora's server with its listener, in a thread, stopped on drop.

mod listener;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use listener::{StopWatch, until_open};
use parking_lot::Mutex;
use pingora::server::{RunArgs, Server};
use potluck::edge::{Edge, Settings};
use potluck::serve::public;
use potluck_fakes::fault::Faults;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::{Account, Holder, NovelAi, Settings as NovelAiSettings};
use potluck_fakes::openai::OpenAiFake;
use potluck_fakes::record::Records;
use potluck_fakes::server::FakeServer;
use potluck_filters::egress::{Egress, EgressSettings};
use potluck_filters::id::{ClientKeyId, PoolKeyId, Revision, UserId};
use potluck_filters::judge::{CoolDownSettings, JudgeTable};
use potluck_filters::limit::{Limit, LimitPolicy};
use potluck_filters::model::{
    Bodies, Caps, ClientKey, ClientKeyState, HttpVersion, KeyHash, Kind, Layout, Node, NodePlan, Opened,
    PoolCredential, PoolKey, Role, Route, RouteAuth, Timeouts, Upstream, User,
};
use potluck_filters::pool::Policy;
use potluck_filters::queue::QueueSettings;
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::{Delta, Draft, PoolKeyChange, Snapshot};
use tokio::sync::oneshot;

use crate::address::free_address;

/// The client key of most tests.
pub const CLIENT_KEY: &str = "np-test-client-key-0123456789abcdefghijklmnop";

/// A relay that listens.
pub struct World {
    pub address: SocketAddr,
    pub edge: Arc<Edge>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    revision: Mutex<i64>,
}

/// What a world is made of; change it before [`Plan::start`].
pub struct Plan {
    pub settings: Settings,
    pub layout: Layout,
    pub users: Vec<User>,
    pub client_keys: Vec<ClientKey>,
    pub pool_keys: Vec<PoolKey>,
    pub egress: Egress,
    pub limits: LimitPolicy,
}

pub fn user(id: i64) -> User {
    User::new(UserId(id))
}

pub fn client_key(id: i64, text: &str) -> ClientKey {
    ClientKey {
        id: ClientKeyId(id),
        user: UserId(1),
        hash: KeyHash::of(text),
        state: ClientKeyState::Active,
        expires_at: None,
        rate_limit: Limit::Unlimited,
        concurrency: Limit::Unlimited,
        anlas_per_day: Limit::Unlimited,
        models: None,
        addresses: None,
    }
}

pub fn upstream(name: &str, kind: Kind, nodes: &[(&str, Role, &str)]) -> Upstream {
    let node = |(name, role, url): &(&str, Role, &str)| Node {
        name: (*name).into(),
        role: *role,
        base: url.parse().expect("a base URL"),
        http: HttpVersion::Auto,
    };
    let judge = JudgeTable::for_kind(kind);
    let keyed = kind != Kind::Http;
    Upstream {
        name: name.into(),
        kind,
        nodes: nodes.iter().map(node).collect(),
        keyed,
        policy: Policy::RoundRobin,
        key_concurrency: if kind == Kind::Novelai { 1 } else { 64 },
        attempts: 3,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            write: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(60),
            websocket: Duration::from_secs(60),
        },
        bodies: Bodies {
            replay: 16 << 20,
            max: 64 << 20,
        },
        ca_pem: None,
        health: potluck_filters::health::HealthSettings::default(),
        private_networks: Arc::default(),
        judge: if keyed { judge } else { judge.keyless() },
        cool_downs: CoolDownSettings::default(),
        opened: Opened::Stateless,
        asks_usage: false,
        min_credit: 0,
        credit: None,
        queue: QueueSettings::default(),
        egress: EgressSettings::default(),
        drain: 8 << 20,
    }
}

pub fn route(prefix: &str, upstream: usize, strip_prefix: bool) -> Route {
    Route {
        prefix: prefix.into(),
        host: None,
        upstream,
        auth: RouteAuth::Key,
        strip_prefix,
        max_wait: None,
        models: None,
        plugins: None,
    }
}

impl Plan {
    /// One user with [`CLIENT_KEY`], and these upstreams.
    pub fn new(upstreams: Vec<Upstream>, routes: Vec<Route>) -> Self {
        Self {
            settings: Settings {
                access_log: false,
                ..Settings::default()
            },
            layout: Layout { routes, upstreams },
            users: vec![user(1)],
            client_keys: vec![client_key(1, CLIENT_KEY)],
            pool_keys: vec![],
            egress: Egress::default(),
            limits: LimitPolicy::default(),
        }
    }

    /// Adds pool keys for an upstream, bound to all its nodes. Ids count on from 1.
    pub fn with_pool_keys<S: AsRef<str>>(mut self, upstream: &str, secrets: &[S]) -> Self {
        for secret in secrets {
            let id = self.pool_keys.len() as i64 + 1;
            let key = self.pool_key(id, upstream, secret.as_ref());
            self.pool_keys.push(key);
        }
        self
    }

    /// Nobody waits for a pool key.
    pub fn impatient(mut self) -> Self {
        for upstream in &mut self.layout.upstreams {
            upstream.queue.max_wait = Duration::ZERO;
        }
        self
    }

    pub fn pool_key(&self, id: i64, upstream: &str, secret: &str) -> PoolKey {
        let (_, found) = self.layout.upstream(upstream).expect("a known upstream");
        PoolKey {
            id: PoolKeyId(id),
            upstream: upstream.into(),
            contributor: UserId(1),
            operator_owned: true,
            concurrency: None,
            origins: found.nodes.iter().map(|node| node.base.origin().into()).collect(),
            credential: PoolCredential::bearer(&Secret::new(secret)).expect("a sendable key"),
            account: None,
            credit: None,
            egress: None,
            caps: Caps::default(),
        }
    }

    pub fn start(self) -> World {
        let draft = Draft {
            revision: Revision(1),
            layout: Arc::new(self.layout),
            users: self.users,
            client_keys: self.client_keys,
            pool_keys: self.pool_keys,
            egress: self.egress,
            limits: self.limits,
            ..Draft::default()
        };
        let edge = Arc::new(Edge::new(
            self.settings,
            Snapshot::build(draft).expect("a sound draft"),
        ));
        World::start(edge)
    }
}

impl World {
    fn start(edge: Arc<Edge>) -> Self {
        // Pingora wants to bind by itself.
        let address = free_address();
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&edge);
        let thread = std::thread::spawn(move || {
            let mut server = Server::new_with_opt_and_conf(None, public::server_conf(2, 256));
            server.bootstrap();
            server.add_service(public::service(&server.configuration, serving, address, true));
            server.run(RunArgs {
                shutdown_signal: Box::new(StopWatch::new(stopped)),
            });
        });
        until_open(address);
        Self {
            address,
            edge,
            stop: Some(stop),
            thread: Some(thread),
            revision: Mutex::new(1),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Puts a change into force, as the control plane does.
    pub fn change(&self, client_keys: Vec<ClientKey>, pool_keys: Vec<PoolKeyChange>) {
        let mut revision = self.revision.lock();
        let (from, to) = (Revision(*revision), Revision(*revision + 1));
        let delta = Delta {
            from,
            to,
            client_keys,
            pool_keys,
            ..Delta::default()
        };
        self.edge.apply(delta).expect("a sound change");
        *revision += 1;
    }

    /// Puts any change into force; its revisions are filled in.
    pub fn put(&self, change: Delta) {
        let mut revision = self.revision.lock();
        let delta = Delta {
            from: Revision(*revision),
            to: Revision(*revision + 1),
            ..change
        };
        self.edge.apply(delta).expect("a sound change");
        *revision += 1;
    }

    /// Puts what is said about an upstream's nodes into force.
    pub fn change_nodes(&self, upstream: &str, plan: NodePlan) {
        let mut revision = self.revision.lock();
        let delta = Delta {
            from: Revision(*revision),
            to: Revision(*revision + 1),
            nodes: Some([(upstream.into(), plan)].into()),
            ..Delta::default()
        };
        self.edge.apply(delta).expect("a sound change");
        *revision += 1;
    }

    /// Puts other outbound proxies into force.
    pub fn leave_through(&self, egress: Egress) {
        let mut revision = self.revision.lock();
        let (from, to) = (Revision(*revision), Revision(*revision + 1));
        let egress = Some(egress);
        let delta = Delta {
            from,
            to,
            egress,
            ..Delta::default()
        };
        self.edge.apply(delta).expect("a sound change");
        *revision += 1;
    }

    /// Waits until no request is in flight: only then are all leases back.
    pub async fn idle(&self) {
        while self.edge.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Leases that are out, over all upstreams.
    pub fn leases(&self) -> u64 {
        let report = self.edge.report();
        let upstreams = report["upstreams"].as_object().expect("a report of upstreams");
        upstreams
            .values()
            .map(|upstream| upstream["in_flight"].as_u64().expect("a count"))
            .sum()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A NovelAI fake with so many Opus accounts.
pub struct NovelAiWorld {
    pub fake: NovelAi,
    pub server: FakeServer,
    pub accounts: Vec<Holder>,
    pub tokens: Vec<String>,
}

pub async fn novelai(accounts: usize, settings: NovelAiSettings) -> NovelAiWorld {
    let fake = NovelAi::new(settings);
    let tokens: Vec<String> = (0..accounts).map(|n| format!("pst-{n:064}")).collect();
    let accounts = tokens
        .iter()
        .enumerate()
        .map(|(n, token)| fake.add(Account::opus(&format!("u{n}@example.com"), token)));
    let accounts = accounts.collect();
    let server = FakeServer::start(fake.router(), Faults::new(), Records::new())
        .await
        .expect("a fake");
    NovelAiWorld {
        fake,
        server,
        accounts,
        tokens,
    }
}

impl NovelAiWorld {
    /// A relay in front of it, all three roles on the one fake.
    pub fn plan(&self) -> Plan {
        let url = self.server.url();
        let nodes = [
            ("image", Role::Image, &*url),
            ("text", Role::Text, &url),
            ("api", Role::Api, &url),
        ];
        let upstreams = vec![upstream("novelai", Kind::Novelai, &nodes)];
        let routes = vec![
            route("/v1/novelai", 0, true),
            route("/ai", 0, false),
            route("/user", 0, false),
            route("/oa", 0, false),
        ];
        Plan::new(upstreams, routes).with_pool_keys("novelai", &self.tokens)
    }
}

/// A relay in front of an OpenAI fake that knows so many keys.
pub async fn openai(keys: usize) -> (OpenAiFake, Vec<String>, Plan) {
    let fake = OpenAiFake::start().await.expect("a fake");
    let keys: Vec<String> = (0..keys).map(|n| format!("vck_{n:056}")).collect();
    keys.iter().for_each(|key| fake.keys.add(key, 1_000_000));
    let url = fake.server.url();
    let plan = Plan::new(
        vec![upstream("vercel", Kind::Openai, &[("main", Role::Any, &url)])],
        vec![route("/v1", 0, false)],
    );
    let plan = plan.with_pool_keys("vercel", &keys);
    (fake, keys, plan)
}

/// A relay in front of nodes.
pub fn gpu(nodes: &[NodeFake]) -> Plan {
    let urls: Vec<_> = nodes
        .iter()
        .map(|node| (node.name.clone(), node.server.url()))
        .collect();
    let nodes: Vec<_> = urls
        .iter()
        .map(|(name, url)| (name.as_str(), Role::Any, url.as_str()))
        .collect();
    Plan::new(
        vec![upstream("gpu", Kind::Http, &nodes)],
        vec![route("/api", 0, false)],
    )
}

/// A client without a pool of its own surprises: no proxies, no redirects.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}
